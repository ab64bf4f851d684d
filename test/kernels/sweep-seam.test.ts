import { beforeAll, describe, expect, test } from "vitest";
import { SEAM_FIGURES } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/sweep-seam.ts";
import { ROOM_PERIOD_S, sweepRoom } from "../room.ts";
import type { SweepPoint } from "../sweep.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const STRIDE = 21;
const [F32, F64] = [6, 7];

/** f32 x y z at 1, f64 time at 13. */
function run(points: readonly SweepPoint[]) {
  const mark = kernels.mark();
  const bytes = new Uint8Array(STRIDE * points.length);
  const view = new DataView(bytes.buffer);
  for (const [i, { x, y, z, time }] of points.entries()) {
    for (const [d, value] of [x, y, z].entries()) view.setFloat32(STRIDE * i + 1 + 4 * d, value, true);
    view.setFloat64(STRIDE * i + 13, time, true);
  }
  const rows = guardedBytes(kernels, bytes);
  const out = guarded(kernels, 8 * SEAM_FIGURES);
  const n = kernels.exports.sweepSeam(rows.pointer, points.length, STRIDE, 1, 5, 9, F32, 13, F64, out.pointer);
  for (const region of [rows, out]) region.expectIntact();
  const [early = 0, late = 0, apart = 0, planes = 0, off = 0, heapedEarly = 0, heapedLate = 0, heapedBoth = 0] = new Float64Array(
    kernels.exports.memory.buffer.slice(out.pointer, out.pointer + 8 * SEAM_FIGURES),
  );
  kernels.release(mark);
  return { n, early, late, apart, planes, off, heapedEarly, heapedLate, heapedBoth };
}

const f32 = ({ x, y, z }: SweepPoint): reference.Place => [Math.fround(x), Math.fround(y), Math.fround(z)];
/** The wall beside it meets itself where the sweep begins and ends, ahead of the right. */
const BESIDE = { heading: -0.6 };

describe("against the definition", () => {
  for (const options of [
    BESIDE,
    { ...BESIDE, speed: 10 },
    { ...BESIDE, speed: 8, yawRate: 0.6, pitchRate: 0.2, removed: "all" },
  ] as const) {
    test(JSON.stringify(options), () => {
      const points = sweepRoom(options);
      const got = run(points);
      // Which points are of an end is told from a sample: compare by those in the middle of what may be.
      const { offs, ...heaps } = reference.sweepSeam(points.slice(0, got.early).map(f32), points.slice(-got.late).map(f32));
      expect(got.planes).toBe(Math.min(256, offs.length));
      expect(Math.abs(got.off - (offs[offs.length >> 1] ?? 0))).toBeLessThan(1e-4 + 0.05 * got.off);
      for (const name of ["heapedEarly", "heapedLate", "heapedBoth"] as const) {
        expect(Math.abs(got[name] - heaps[name])).toBeLessThan(0.4);
      }
      expect(got.apart).toBeGreaterThan(0.1);
      expect(got.apart).toBeLessThan(0.25);
    });
  }
});

test("walls meet themselves where nothing moves, and beside themselves where the sensor drove", () => {
  expect(run(sweepRoom(BESIDE)).off).toBeLessThan(0.03);
  const driven = run(sweepRoom({ ...BESIDE, heading: 0.9, speed: 10 }));
  expect(driven.off).toBeGreaterThan(0.5);
  expect(driven.off).toBeLessThan(1.05);
  expect(run(sweepRoom({ ...BESIDE, heading: 0.9, speed: 10, removed: "all" })).off).toBeLessThan(0.05);
});

test("elevations stay as measured, and are elsewhere once the cloud was moved", () => {
  const measured = run(sweepRoom({ pitchRate: 0.3 }));
  expect(measured.heapedBoth).toBeGreaterThan(0.9 * Math.min(measured.heapedEarly, measured.heapedLate));
  const moved = run(sweepRoom({ pitchRate: 0.3, removed: "all" }));
  expect(Math.max(moved.heapedEarly, moved.heapedLate)).toBeGreaterThan(10);
  expect(moved.heapedBoth).toBeLessThan(1);
});

test("ends that do not meet are said to be apart", () => {
  const part = sweepRoom().filter(({ time }) => time < 0.6 * ROOM_PERIOD_S);
  expect(run(part).apart).toBeGreaterThan(1.5);
});

test("few points, no points, strange points", () => {
  expect(run([]).n).toBe(0);
  expect(run(sweepRoom({ firings: 3 })).n).toBe(0);
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, 0, 1e30, -1e30];
  for (const axis of ["x", "y", "z", "time"] as const) {
    const points = sweepRoom({ firings: 200 }).map((one, i) => ({ ...one, [axis]: i % 3 === 0 ? (strange[i % 5] ?? 0) : one[axis] }));
    expect(run(points).n).toBeLessThanOrEqual(points.length);
  }
});
