import { beforeAll, describe, expect, test } from "vitest";
import { SWEEP_FIGURES, SWEEP_LASERS } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { FITTED, LAYOUTS, SIZES, scaledTo, sweepOf, UNFITTED } from "../clouds.ts";
import { type PointRows, rowsOf } from "../point-rows.ts";
import { around } from "../reference/sweep-axis.ts";
import * as reference from "../reference/sweep-fit.ts";
import { type SweepPoint, sweep } from "../sweep.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

function run({ bytes, count, stride, at }: PointRows, hasRing = true) {
  const mark = kernels.mark();
  const rows = guardedBytes(kernels, bytes);
  const out = guarded(kernels, 8 * (SWEEP_FIGURES + 2 * SWEEP_LASERS));
  const n = kernels.exports.sweepFit(
    ...([rows.pointer, count, stride, at.x[0], at.y[0], at.z[0], at.x[1], ...at.time] as const),
    ...([hasRing ? at.ring[0] : -1, at.ring[1], out.pointer] as const),
  );
  for (const region of [rows, out]) region.expectIntact();
  const values = new Float64Array(kernels.exports.memory.buffer, out.pointer, SWEEP_FIGURES + 2 * SWEEP_LASERS).slice();
  kernels.release(mark);
  const [counted = 0, spin = 0, x = 0, y = 0, resultant = 0, median = 0, off = 0, least = 0, most = 0, back = 0, stuck = 0] = values;
  const [far = 0, parts = 0, lost = 0, base = 0, begin = 0, span = 0] = values.slice(11);
  const lasers = Array.from({ length: SWEEP_LASERS }, (_, l) => values[SWEEP_FIGURES + 2 * l] ?? 0);
  const phases = lasers.map((_, l) => values[SWEEP_FIGURES + 2 * l + 1] ?? 0);
  return {
    n,
    counted,
    spin,
    axis: [x, y],
    resultant,
    median,
    off,
    times: [least, most],
    back,
    stuck,
    far,
    parts,
    lost,
    base,
    begin,
    span,
    lasers,
    phases,
  };
}

/** What azimuths in float32, to 1.2e-5 rad, and a fit that ends once a step is small, may be off by: radians and metres. */
const [ANGLE, LENGTH] = [2e-5, 3e-4];
/** Points are held against the fit with a sine to 3e-4: those so near a border may fall to either side. */
const BORDER = 5e-4;
/** To this the cosine of a residual is taken. */
const COSINE = 0.0017;

/** Every figure but the fit against its definition, for the fit that was found. */
function expectDefinition(rows: PointRows, hasRing = true): ReturnType<typeof run> {
  const got = run(rows, hasRing);
  const phases = new Map([...got.phases.entries()].filter(([, phase]) => !Number.isNaN(phase)));
  const want = reference.sweepFit(rows.points, hasRing, { axis: [got.spin * got.span, ...got.axis, 0, 0, 0, 0, 0, 0], phases });
  for (const name of ["base", "span", "parts", "times", "back", "stuck", "lasers"] as const)
    expect([name, got[name]]).toEqual([name, want[name]]);
  expect(got.begin).toBeCloseTo(want.begin, 300);
  const counts = want.offs.filter((off) => !Number.isNaN(off)).length;
  expect([got.n, got.counted]).toEqual([counts, counts]);
  expect(Math.abs(got.resultant - want.resultant)).toBeLessThanOrEqual(COSINE);
  if (Number.isFinite(want.median)) expect(Math.abs(got.median - want.median)).toBeLessThan(ANGLE);
  else expect(got.median).toBe(want.median);
  const beyond = (angle: number, row: (row: number) => boolean = () => true): number =>
    want.offs.filter((off, i) => Math.abs(off) > angle && row(i)).length;
  const isLeast = (row: number): boolean => want.isLeast[row] ?? false;
  for (const [share, angle, row] of [
    [got.off, 0.05],
    [got.far, 0.3],
    [got.lost, 0.3, isLeast],
  ] as const) {
    const points = Math.round(share * counts);
    expect(Math.abs(share * counts - points)).toBeLessThan(1e-6);
    expect(points).toBeGreaterThanOrEqual(beyond(angle + BORDER, row));
    expect(points).toBeLessThanOrEqual(beyond(angle - BORDER, row));
  }
  return got;
}

/** The fit too. */
function expectFit(rows: PointRows, hasRing = true): void {
  const got = expectDefinition(rows, hasRing);
  const want = reference.sweepFit(rows.points, hasRing);
  const { axis = [], phases = new Map<number, number>() } = want.fit ?? {};
  expect(Math.abs(got.spin - want.spin) * got.span).toBeLessThan(ANGLE);
  for (const d of [0, 1]) expect(Math.abs((got.axis[d] ?? 0) - (axis[d + 1] ?? 0))).toBeLessThan(LENGTH);
  expect(Math.abs(got.resultant - want.resultant)).toBeLessThan(2 * ANGLE);
  for (const [laser, phase] of got.phases.entries()) {
    if (want.fit && phases.has(laser)) expect(Math.abs(around(phase - (phases.get(laser) ?? 0)))).toBeLessThan(ANGLE);
    else expect(phase).toBe(want.fit ? Number.NaN : 0);
  }
}

describe("is the definition", () => {
  for (const [name, cloud] of Object.entries(FITTED)) test(name, () => expectFit(rowsOf(cloud())));

  for (const [name, cloud] of Object.entries(UNFITTED)) test(`${name}, for the fit found`, () => void expectDefinition(rowsOf(cloud())));

  for (const [name, cloud] of Object.entries({ ...FITTED, ...UNFITTED })) {
    test(`${name}, lasers by elevation, for the fit found`, () => void expectDefinition(rowsOf(cloud()), false));
  }

  for (const [i, count] of SIZES.entries()) {
    test(`${count} points`, () => {
      const layout = LAYOUTS[i % 3] ?? {};
      const rows = rowsOf(scaledTo(layout, sweepOf(count)), layout);
      if (count > 1536) expectFit(rows);
      else expectDefinition(rows);
      if (count < 1e4) expectDefinition(rows, false);
    });
  }

  for (const layout of LAYOUTS) {
    test(`rows of ${JSON.stringify(layout)}`, () => {
      const rows = rowsOf(scaledTo(layout, sweepOf(5003)), layout);
      expectDefinition(rows);
      expectDefinition(rows, false);
      expectDefinition(rowsOf(scaledTo(layout, FITTED["places that are none"]?.() ?? []), layout));
    });
  }
});

const of = (points: readonly SweepPoint[], hasRing = true) => run(rowsOf(points), hasRing);

describe("the spin and the axis a sweep was made with", () => {
  for (const axis of [
    [0, 0],
    [1.4, -0.3],
  ] as const) {
    for (const spin of [-62.8, 62.8, 125]) {
      test(`axis at ${axis.join(", ")}, ${spin} rad/s`, () => {
        const points = sweep({ axis, spin, periodS: Math.abs((2 * Math.PI) / spin) });
        const got = of(points);
        expect(got.spin / spin).toBeCloseTo(1, 4);
        expect(Math.hypot((got.axis[0] ?? 0) - axis[0], (got.axis[1] ?? 0) - axis[1])).toBeLessThan(0.02);
        expect([got.n, got.off, got.far, got.back]).toEqual([points.length, 0, 0, 0]);
        // Without numbers, lasers with hardly a point in the sample are not held against it.
        const byElevation = of(points, false);
        expect(byElevation.n).toBeGreaterThan(0.97 * points.length);
        expect(byElevation.spin / spin).toBeCloseTo(1, 2);
        expect(byElevation.resultant).toBeGreaterThan(0.99);
      });
    }
  }

  test("every laser has its phase", () => {
    const { phases } = of(sweep());
    for (const [l, phase] of phases.slice(0, 16).entries()) expect(phase - (phases[0] ?? 0)).toBeCloseTo(0.018 * (l % 4), 2);
  });

  test("few lasers, seen from beside their axis, near and far by turns", () => {
    const points = sweep({ seed: 6, lasers: 2, firings: 5000, axis: [1.4, 0] }).map((point, i) => {
      const near = i % 3 === 0 ? 0.25 : 1;
      return { ...point, x: 1.4 + (point.x - 1.4) * near, y: point.y * near };
    });
    const { resultant, axis, off } = of(points);
    expect(resultant).toBeGreaterThan(0.999);
    expect(axis[0]).toBeCloseTo(1.4, 1);
    expect(off).toBeLessThan(0.01);
  });
});

test("what lies says so", () => {
  const resultants = Object.fromEntries(Object.entries(UNFITTED).map(([name, cloud]) => [name, of(cloud()).resultant]));
  expect(resultants["shuffled"]).toBeLessThan(0.4);
  expect(resultants["counted from each packet"]).toBeLessThan(0.5);
  expect(resultants["a tenth shuffled"]).toBeGreaterThan(0.85);
});

test("few points, no points, strange points", () => {
  const at = (x: number, time = 0): SweepPoint => ({ x, y: 3, z: 0, time, laser: 0 });
  expect(of([]).n).toBe(0);
  expect(of([at(5)]).n).toBe(0);
  expect(of(Array.from({ length: 199 }, (_, i) => at(5 + i, i))).n).toBe(0);
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, 0, 1e30];
  expectDefinition(rowsOf(Array.from({ length: 1000 }, (_, i) => at(strange[i % 4] ?? 0, strange[(i >> 2) % 4] ?? 0))));
  expect(of(Array.from({ length: 1000 }, (_, i) => at(5, i))).n).toBe(1000);
});
