import { beforeAll, describe, expect, test } from "vitest";
import { SHAPE_FIGURES, SHAPE_SECTORS, SWEEP_LASERS } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import { FITTED, LAYOUTS, SIZES, scaledTo, UNFITTED } from "../clouds.ts";
import { type PointRows, type RowPoint, rowsOf } from "../point-rows.ts";
import * as reference from "../reference/sweep-shape.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const FARTHEST = 120;

function run({ bytes, count, stride, at }: PointRows, farthest = FARTHEST, has = { ring: true, intensity: true }) {
  const mark = kernels.mark();
  const rows = guardedBytes(kernels, bytes);
  const out = guarded(kernels, 4 * (SHAPE_FIGURES + SWEEP_LASERS + SHAPE_SECTORS));
  const n = kernels.exports.sweepShape(
    ...([rows.pointer, count, stride, at.x[0], at.y[0], at.z[0], at.x[1], has.ring ? at.ring[0] : -1, at.ring[1]] as const),
    ...([has.intensity ? at.intensity[0] : -1, at.intensity[1], farthest, out.pointer] as const),
  );
  for (const region of [rows, out]) region.expectIntact();
  const [placed = 0, unplaced = 0, zero = 0, far = 0, repeated = 0, bright = 0, ...counts] = kernels.u32(
    out.pointer,
    SHAPE_FIGURES + SWEEP_LASERS + SHAPE_SECTORS,
  );
  kernels.release(mark);
  expect(placed).toBe(n);
  return { placed, unplaced, zero, far, repeated, bright, lasers: counts.slice(0, SWEEP_LASERS), sectors: counts.slice(SWEEP_LASERS) };
}

/** Azimuths are taken to 1.2e-5 rad: what is so near a border of two sectors may fall to either, but for the axes, which are borders and are hit. */
function isBetween({ x, y }: { readonly x: number; readonly y: number }): boolean {
  if (x === 0 || y === 0) return true;
  const sector = (Math.atan2(y, x) * SHAPE_SECTORS) / (2 * Math.PI);
  return !(Math.abs(sector - Math.round(sector)) < 0.001);
}

function expectDefinition(rows: PointRows, farthest?: number): void {
  expect(run(rows, farthest)).toEqual(reference.sweepShape(rows.points, farthest ?? FARTHEST, SHAPE_SECTORS));
}

/** Points anywhere within 150 m: some are none, some at the origin, some twice, some on an axis. */
function anywhere(count: number, seed = count): Partial<RowPoint>[] {
  const random = randomStream(seed, "shape");
  const points: Partial<RowPoint>[] = [];
  while (points.length < count) {
    const [x = 0, y = 0, z = 0] = Array.from({ length: 3 }, () => random.between(-150, 150));
    const point = { x, y, z, laser: random.below(300), intensity: random.below(8) };
    const kind = random.below(16);
    if (kind === 0)
      points.push({
        ...point,
        [random.pick(["x", "y", "z"])]: random.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
      });
    else if (kind === 1) points.push({ ...point, x: 0, y: -0, z: 0 });
    else if (kind === 2) points.push({ ...point, [random.pick(["x", "y", "z"])]: random.pick([0, -0]) });
    else if (kind === 3) points.push({ ...point, x: 0, y: 0 });
    else if (kind === 4) points.push(point, { ...point, laser: random.below(300) });
    else if (kind === 5) points.push(point, { x: 0, y: 0, z: 0 }, point);
    else points.push(point);
  }
  return points.slice(0, count);
}

/** Those that are between borders once they are in a field. */
function between(points: readonly Partial<RowPoint>[], layout = {}): PointRows {
  const { points: held } = rowsOf(points, layout);
  return rowsOf(
    points.filter((_, i) => isBetween(held[i] ?? { x: 0, y: 0 })),
    layout,
  );
}

describe("is the definition", () => {
  for (const count of SIZES.filter((size) => size < 1e5)) test(`${count} points`, () => expectDefinition(between(anywhere(count))));

  for (const [name, cloud] of Object.entries({ ...FITTED, ...UNFITTED })) test(name, () => expectDefinition(between(cloud())));

  for (const layout of LAYOUTS) {
    test(`rows of ${JSON.stringify(layout)}`, () => {
      const points = anywhere(3001).map(({ x = 0, y = 0, z = 0, laser = 0, intensity = 0 }) => ({ x, y, z, time: 0, laser, intensity }));
      expectDefinition(between(scaledTo(layout, points), layout), 60);
    });
  }
});

describe("at the edges", () => {
  const at = (x: number, y = 0, z = 0): Partial<RowPoint> => ({ x, y, z });

  test("farther than the farthest, not as far", () => {
    expect(run(rowsOf([at(120), at(0, -120), at(0, 0, 120.00001), at(-119.99999)])).far).toBe(1);
  });

  test("a repetition is of the point before that has a place", () => {
    const points = [at(1), at(1), at(Number.NaN), at(0), at(1), at(1, 2), at(1, 2, 3), at(1, 2, 3), at(-1, 2, 3)];
    expect(run(rowsOf(points)).repeated).toBe(3);
  });

  test("places so large or so small that their squares are none", () => {
    const rows = rowsOf([at(1e200, 1), at(1, -1e300), at(1e-200, 3e-200), at(0, 0, 1e-300), at(1e-170, -1e-170, 0)], { place: "f64" });
    const { placed, unplaced, zero, far } = run(rows);
    expect([placed, unplaced, zero, far]).toEqual([5, 0, 0, 2]);
  });

  test("the axes begin their sectors; straight up is none", () => {
    const { sectors } = run(rowsOf([at(1), at(0, 1), at(-1), at(-1, -0), at(0, -1), at(0, 0, 5), at(0, 0, -5)]));
    expect(sectors.flatMap((count, s) => (count > 0 ? [[s, count]] : []))).toEqual([
      [90, 1],
      [180, 1],
      [270, 1],
      [359, 2],
    ]);
  });

  test("intensities that are none do not count, whatever else there is", () => {
    const bright = (values: readonly number[]): number =>
      run(
        rowsOf(
          values.map((intensity) => ({ x: 1, intensity })),
          { intensity: "f32" },
        ),
      ).bright;
    expect(bright([Number.NaN, 3, Number.NaN, 3, 2])).toBe(2);
    expect(bright([Number.NaN, Number.NaN])).toBe(0);
    expect(bright([5, Number.POSITIVE_INFINITY])).toBe(1);
    expect(bright([-2, -1, -1])).toBe(2);
  });

  for (const [ring, numbers] of [
    ["u16", [0, 255, 256, 511, 65_535]],
    ["i16", [-1, -256, -257, 32_767]],
    ["u32", [2 ** 31, 2 ** 31 + 7, 2 ** 32 - 1, 2 ** 32 - 256]],
    ["i64", [2 ** 40 + 5, -3]],
    ["f64", [3.9, -1.2, Number.NaN]],
  ] as const) {
    test(`numbers of lasers in ${ring}: their low 8 bits`, () => {
      const { lasers } = run(
        rowsOf(
          numbers.map((laser) => ({ x: 1, laser })),
          { ring },
        ),
      );
      const want = numbers.map((number) => Number(BigInt.asUintN(8, BigInt(Math.trunc(number) || 0))));
      expect(lasers.flatMap((count, l) => new Array<number>(count).fill(l))).toEqual(want.sort((a, b) => a - b));
    });
  }

  test("without numbers of lasers, and without intensities", () => {
    const rows = between(anywhere(700));
    const { lasers, bright, ...others } = run(rows, FARTHEST, { ring: false, intensity: false });
    const { lasers: _, bright: __, ...want } = run(rows);
    expect([others, bright, lasers.every((count) => count === 0)]).toEqual([want, 0, true]);
  });
});
