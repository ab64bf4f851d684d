import { beforeAll, describe, expect, test } from "vitest";
import { MOTION_FIGURES } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { FITTED, LAYOUTS, scaledTo, sweepOf, UNFITTED } from "../clouds.ts";
import { type PointRows, rowsOf } from "../point-rows.ts";
import * as reference from "../reference/sweep-motion.ts";
import { ROOM_PERIOD_S, type RoomOptions, sweepRoom } from "../room.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

function run({ bytes, count, stride, at }: PointRows, hasRing = true) {
  const mark = kernels.mark();
  const rows = guardedBytes(kernels, bytes);
  const out = guarded(kernels, 8 * MOTION_FIGURES);
  const n = kernels.exports.sweepMotion(
    ...([rows.pointer, count, stride, at.x[0], at.y[0], at.z[0], at.x[1], ...at.time] as const),
    ...([hasRing ? at.ring[0] : -1, at.ring[1], out.pointer] as const),
  );
  for (const region of [rows, out]) region.expectIntact();
  const [counted = 0, base = 0, begin = 0, span = 0, spin = 0, still = 0, moving = 0, ...axis] = new Float64Array(
    kernels.exports.memory.buffer.slice(out.pointer, out.pointer + 8 * MOTION_FIGURES),
  );
  kernels.release(mark);
  return { n, points: counted, base, begin, span, spin, still, moving, axis };
}

/**
 * What azimuths in float32, to 1.2e-5 rad, and fits of six rounds may be off by, radians: residuals and the spin, and leans and turns. And metres.
 */
const [ANGLE, LEAN, LENGTH] = [3e-5, 2e-4, 1e-3];
/** Lasers by elevation mix what looks elsewhere, and six rounds are not their end. */
const BY_ELEVATION = 30;

/** Of less the median residual is that of a fit. */
const FITS = 0.05;
/** No axis within reach describes it. */
const BEYOND = "an axis beyond 3 m";

/** What the sample alone says, and the median residual about the axis found, which has phases of its own. */
function expectSample(rows: PointRows, hasRing = true): ReturnType<typeof run> {
  const got = run(rows, hasRing);
  const sample = reference.sampleOfMotion(rows.points, hasRing);
  const isEnough = sample.points.length >= 500;
  const want = isEnough ? { points: sample.points.length, base: sample.base, span: sample.span } : { points: 0, base: 0, span: 0 };
  expect({ n: got.n, points: got.points, base: got.base, span: got.span }).toEqual({ n: want.points, ...want });
  expect(got.begin).toBeCloseTo(isEnough ? sample.begin : 0, 300);
  if (!isEnough) expect([got.spin, got.still, got.moving, ...got.axis]).toEqual(new Array(12).fill(0));
  // Where no axis fits, phases hang on the last bit.
  else if (got.moving < FITS)
    expect(Math.abs(got.moving - reference.medianAbout(sample, got.axis))).toBeLessThan(ANGLE + 0.02 * got.moving);
  return got;
}

/** Every figure against its definition. @param slack how many times the bounds */
function expectDefinition(rows: PointRows, hasRing = true, slack = 1): void {
  const got = expectSample(rows, hasRing);
  const want = reference.sweepMotion(rows.points, hasRing);
  if (!want) return;
  expect(Math.abs(got.spin - want.spin)).toBeLessThan(slack * ANGLE);
  expect(Math.abs(got.still - want.still)).toBeLessThan(slack * ANGLE);
  expect(Math.abs(got.moving - want.moving)).toBeLessThan(slack * ANGLE);
  for (const [d, value] of got.axis.entries()) {
    expect([d, Math.abs(value - (want.axis[d] ?? 0)) < slack * (d === 0 ? ANGLE : d < 5 ? LENGTH : LEAN)]).toEqual([d, true]);
  }
}

describe("is the definition", () => {
  for (const [name, cloud] of Object.entries(FITTED)) {
    // What less than a turn tells less well.
    const slack = name === "a quarter of a turn" ? 5 : 1;
    test(name, () => (name === BEYOND ? expectSample(rowsOf(cloud())) : expectDefinition(rowsOf(cloud()), true, slack)));
  }

  for (const [name, cloud] of Object.entries(UNFITTED)) test(`${name}, for the axis found`, () => void expectSample(rowsOf(cloud())));

  for (const options of [
    { speed: 10, removed: "all" },
    { speed: 5, yawRate: 0.5, pitchRate: 0.2, removed: "all" },
    { speed: 10, mount: [1.2, 0.3, 1.5] },
    { pitchRate: 0.3, removed: "turns" },
    { speed: 12, yawRate: -0.4, removed: "way" },
  ] as const) {
    test(`a room, ${JSON.stringify(options)}`, () => {
      const rows = rowsOf(sweepRoom(options));
      expectDefinition(rows);
      expectDefinition(rows, false, BY_ELEVATION);
    });
  }

  for (const count of [0, 1, 4, 499, 500, 501, 512, 4095, 4096, 4097, 20_001]) {
    test(`${count} points`, () => {
      const rows = rowsOf(sweepOf(count));
      if (count > 2000) expectDefinition(rows);
      else expectSample(rows);
      expectSample(rows, false);
    });
  }

  for (const layout of LAYOUTS) {
    test(`rows of ${JSON.stringify(layout)}`, () => {
      const rows = rowsOf(scaledTo(layout, sweepOf(5003)), layout);
      expectSample(rows);
      expectSample(rows, false);
    });
  }
});

/** Metres the fitted place moves in a sweep. */
const wayOf = (options: RoomOptions, hasRing = true): readonly [number, number] => {
  const { axis, span } = run(rowsOf(sweepRoom(options)), hasRing);
  return [((axis[3] ?? 0) * ROOM_PERIOD_S) / span, ((axis[4] ?? 0) * ROOM_PERIOD_S) / span];
};

test("the span and the spin of a sweep", () => {
  const points = sweepRoom();
  const { n, base, begin, span, spin } = run(rowsOf(points));
  expect(n).toBe(4096);
  expect((points[base]?.time ?? 0) + begin).toBeCloseTo(0, 3);
  expect(span).toBeCloseTo(ROOM_PERIOD_S, 3);
  expect(spin / span).toBeCloseTo((-2 * Math.PI) / ROOM_PERIOD_S, 1);
});

describe("how far the place moves that a sweep was measured from", () => {
  for (const speed of [0, 1, 10, 30]) {
    test(`as measured, at ${speed} m/s: it stays`, () => {
      const [x, y] = wayOf({ speed, yawRate: 0.3 });
      expect(Math.hypot(x, y)).toBeLessThan(0.01);
    });
    test(`moved to one moment, at ${speed} m/s: as far as was driven`, () => {
      const [x, y] = wayOf({ speed, yawRate: 0.3, removed: "all" });
      expect(Math.hypot(x - 0.1 * speed, y)).toBeLessThan(0.02 + 0.004 * speed);
    });
  }

  test("never further than 8 m, nor leans and turns beyond 0.5 rad", () => {
    for (const removed of ["way", "all"] as const) {
      const { axis } = run(rowsOf(sweepRoom({ speed: 95, pitchRate: 9, removed })));
      const lengths = [1, 3, 5, 7].map((d) => Math.hypot(axis[d] ?? 0, axis[d + 1] ?? 0));
      expect(lengths.map((length, i) => length < ([3, 8, 0.5, 0.5][i] ?? 0) + 1e-9)).toEqual([true, true, true, true]);
      if (removed === "way") expect(lengths[1]).toBeCloseTo(8, 9);
    }
  });

  test("lasers by their elevation, and a sensor that is mounted ahead", () => {
    expect(wayOf({ speed: 10 }, false)[0]).toBeCloseTo(0, 1);
    expect(wayOf({ speed: 10, removed: "all", mount: [1.2, 0.3, 0] })[0]).toBeCloseTo(1, 1);
    expect(wayOf({ speed: 10, mount: [1.2, 0.3, 1.5] })[0]).toBeCloseTo(0, 1);
  });

  test("turns that were taken out add to the spin, and lean the axis", () => {
    const [turned, straight] = [{ yawRate: 0.5, removed: "turns" as const }, {}].map((options) => run(rowsOf(sweepRoom(options))));
    expect((turned?.axis[0] ?? 0) / (turned?.span ?? 0) - (straight?.axis[0] ?? 0) / (straight?.span ?? 0)).toBeCloseTo(0.5, 1);
    // Nose down by 0.03 rad in the sweep: about y.
    const pitched = run(rowsOf(sweepRoom({ pitchRate: 0.3, removed: "turns" })));
    expect(Math.hypot(pitched.axis[7] ?? 0, pitched.axis[8] ?? 0)).toBeCloseTo(0.03, 2);
    expect(pitched.moving).toBeLessThan(pitched.still);
  });
});

test("few points, no points, strange points", () => {
  expect(run(rowsOf([])).n).toBe(0);
  expect(run(rowsOf(sweepRoom({ firings: 30 }))).n).toBe(0);
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, 0, 1e30];
  const points = sweepRoom({ firings: 100 });
  expect(run(rowsOf(points.map((one, i) => ({ ...one, time: strange[i % 4] ?? 0 })))).n).toBeLessThanOrEqual(points.length);
  expectSample(rowsOf(points.map((one, i) => ({ ...one, x: i % 4 === 3 ? one.x : (strange[i % 4] ?? 0) }))));
});
