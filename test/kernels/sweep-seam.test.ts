import { beforeAll, describe, expect, test } from "vitest";
import { SEAM_FIGURES } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import { FITTED, LAYOUTS, scaledTo, shuffled, UNFITTED } from "../clouds.ts";
import { type Layout, type PointRows, type RowPoint, rowsOf } from "../point-rows.ts";
import * as reference from "../reference/sweep-seam.ts";
import { ROOM_PERIOD_S, type RoomOptions, sweepRoom } from "../room.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

function run({ bytes, count, stride, at }: PointRows) {
  const mark = kernels.mark();
  const rows = guardedBytes(kernels, bytes);
  const out = guarded(kernels, 8 * SEAM_FIGURES);
  const n = kernels.exports.sweepSeam(
    ...([rows.pointer, count, stride, at.x[0], at.y[0], at.z[0], at.x[1], ...at.time, out.pointer] as const),
  );
  for (const region of [rows, out]) region.expectIntact();
  const [early = 0, late = 0, apart = 0, planes = 0, off = 0, heapedEarly = 0, heapedLate = 0, heapedBoth = 0] = new Float64Array(
    kernels.exports.memory.buffer.slice(out.pointer, out.pointer + 8 * SEAM_FIGURES),
  );
  kernels.release(mark);
  expect(n).toBe(planes);
  return { early, late, apart, planes, off, heapedEarly, heapedLate, heapedBoth };
}

/** Elevations are taken to 1.2e-5 rad and counted in steps of 1e-3: what is near a border may fall to either. */
function between(points: readonly Partial<RowPoint>[], layout: Layout = {}): PointRows {
  const { points: held } = rowsOf(points, layout);
  return rowsOf(
    points.filter((_, i) => {
      const { x = 0, y = 0, z = 0 } = held[i] ?? {};
      const step = reference.elevationOf([Math.fround(x), Math.fround(y), Math.fround(z)]);
      return !(Math.abs(step - Math.round(step)) < 0.02);
    }),
    layout,
  );
}

/** Every figure. Directions are taken to 1.2e-5 rad; the rest differs by the last bits of float64. */
function expectDefinition(rows: PointRows): ReturnType<typeof run> {
  const got = run(rows);
  const want = reference.sweepSeam(rows.points);
  for (const name of ["early", "late", "planes"] as const) expect([name, got[name]]).toEqual([name, want[name]]);
  expect(Math.abs(got.apart - want.apart)).toBeLessThan(2.4e-5);
  for (const name of ["off", "heapedEarly", "heapedLate", "heapedBoth"] as const) {
    expect([name, Math.abs(got[name] - want[name]) <= 1e-9 * Math.max(1, want[name])]).toEqual([name, true]);
  }
  return got;
}

/** The wall beside it meets itself where the sweep begins and ends, ahead of the right. */
const BESIDE = { heading: -0.6 };

describe("is the definition", () => {
  for (const options of [
    {},
    BESIDE,
    { ...BESIDE, speed: 10 },
    { ...BESIDE, lasers: 40, firings: 700, speed: 8, yawRate: 0.6, pitchRate: 0.2, removed: "all" },
    { heading: 0.9, speed: 10, lasers: 3 },
  ] as readonly RoomOptions[]) {
    test(`a room, ${JSON.stringify(options)}`, () => {
      const got = expectDefinition(between(sweepRoom(options)));
      expect(got.planes).toBeGreaterThan(options.lasers === 3 ? 0 : 5);
    });
  }

  for (const [name, cloud] of Object.entries({ ...FITTED, ...UNFITTED })) test(name, () => void expectDefinition(between(cloud())));

  for (const count of [0, 1, 2, 30, 31, 64, 65, 1023, 1024, 1025, 4099]) {
    test(`${count} points`, () => void expectDefinition(between(shuffled(sweepRoom(BESIDE), count).slice(0, count))));
  }

  for (const firings of [4260, 4281, 8600]) {
    // 68,267 points and more: as 3 in 100 of them are more than 2,048, the ends are thinned.
    test(`${16 * firings} points`, () => {
      const got = expectDefinition(between(sweepRoom({ ...BESIDE, firings, speed: 5 })));
      expect(got.early).toBeGreaterThan(900);
    });
  }

  test("ends where points crowd are no more than 2,048", () => {
    const points = sweepRoom({ ...BESIDE, firings: 4000 }).map((point) => {
      const share = point.time / ROOM_PERIOD_S;
      const crowded = share < 0.046 ? share / 4 : share > 0.954 ? 1 - (1 - share) / 4 : share;
      return { ...point, time: ROOM_PERIOD_S * crowded };
    });
    const { early, late } = expectDefinition(between(points));
    expect([early, late]).toEqual([2048, 2048]);
  });

  for (const layout of LAYOUTS) {
    test(`rows of ${JSON.stringify(layout)}`, () => void expectDefinition(between(scaledTo(layout, sweepRoom(BESIDE)), layout)));
  }

  for (const count of [2900, 8600, 14_500, 17_300, 40_000]) {
    test(`two walls and the ground at random, ${count} points: no more than 256 are held against planes`, () => {
      const { planes } = expectDefinition(between(walls(count)));
      expect(planes).toBeGreaterThan(count < 5000 ? 5 : 50);
      if (count > 10_000) expect(planes).toBe(256);
    });
  }

  test("of neighbours as near as each other, the first", () => {
    // Places on a grid come many times over, and late ones lie right between: many distances are equal.
    const grid = walls(9000).map(({ x, y, z, time }, i) => {
      const on = (v: number, step: number): number => step * Math.round(v / step) + (i % 2) * 0.01;
      return { x: on(x, 0.5), y: on(y, 0.5), z: on(z, 0.25) + (time > 0.96 ? 0.125 : 0), time };
    });
    expect(expectDefinition(between(grid)).planes).toBeGreaterThan(50);
  });
});

/** What is seen of two walls and the ground, everywhere all the time. */
function walls(count: number): { readonly x: number; readonly y: number; readonly z: number; readonly time: number }[] {
  const random = randomStream(count, "walls");
  return Array.from({ length: count }, (_, i) => {
    const [along, up, off] = [random.between(-7, 7), random.between(-1.8, 2), 0.02 * random.normal()];
    const place =
      i % 30 === 0
        ? { x: along, y: random.between(2, 5), z: -1.8 + off }
        : i % 2 === 0
          ? { x: along, y: 5 + off, z: up }
          : { x: 7 + off, y: along / 2, z: up };
    return { ...place, time: i / count };
  });
}

const of = (options: RoomOptions): ReturnType<typeof run> => run(rowsOf(sweepRoom(options)));

test("walls meet themselves where nothing moves, and beside themselves where the sensor drove", () => {
  expect(of(BESIDE).off).toBeLessThan(0.03);
  const driven = of({ ...BESIDE, heading: 0.9, speed: 10 });
  expect(driven.off).toBeGreaterThan(0.5);
  expect(driven.off).toBeLessThan(1.05);
  expect(of({ ...BESIDE, heading: 0.9, speed: 10, removed: "all" }).off).toBeLessThan(0.05);
});

test("elevations stay as measured, and are elsewhere once the cloud was moved", () => {
  const measured = of({ pitchRate: 0.3 });
  expect(measured.heapedBoth).toBeGreaterThan(0.9 * Math.min(measured.heapedEarly, measured.heapedLate));
  const moved = of({ pitchRate: 0.3, removed: "all" });
  expect(Math.max(moved.heapedEarly, moved.heapedLate)).toBeGreaterThan(10);
  expect(moved.heapedBoth).toBeLessThan(1);
});

test("ends that do not meet are said to be apart", () => {
  const part = sweepRoom().filter(({ time }) => time < 0.6 * ROOM_PERIOD_S);
  expect(expectDefinition(between(part)).apart).toBeGreaterThan(1.5);
});

test("few points, no points, strange points", () => {
  expect(run(rowsOf([])).planes).toBe(0);
  expect(of({ firings: 3 }).planes).toBe(0);
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, 0, 1e30, -1e30];
  for (const axis of ["x", "y", "z", "time"] as const) {
    const points = sweepRoom({ firings: 200 }).map((one, i) => ({ ...one, [axis]: i % 3 === 0 ? (strange[i % 5] ?? 0) : one[axis] }));
    expectDefinition(between(points));
  }
});
