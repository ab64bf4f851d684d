import { beforeAll, describe, expect, test } from "vitest";
import { BOX_POINTS_CHUNK } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import { rowsOf as fieldsOf } from "../point-rows.ts";
import * as reference from "../reference/box-points.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const F32 = 6;
const U32 = 5;
const STRIDE = 19;

/** Rows of x, y, z (f32) at 1, 5, 9 and a time (u32, from 7) at 13. */
function rowsOf(points: readonly reference.Point[]): Uint8Array {
  const rows = new Uint8Array(STRIDE * points.length);
  const view = new DataView(rows.buffer);
  for (const [i, { x, y, z, time }] of points.entries()) {
    view.setFloat32(STRIDE * i + 1, x, true);
    view.setFloat32(STRIDE * i + 5, y, true);
    view.setFloat32(STRIDE * i + 9, z, true);
    view.setUint32(STRIDE * i + 13, time, true);
  }
  return rows;
}

function run(points: readonly reference.Point[], boxes: readonly (readonly number[])[], withTime = true): readonly number[][] {
  const mark = kernels.mark();
  const rows = guardedBytes(kernels, rowsOf(points));
  const at = guardedBytes(kernels, new Uint8Array(Float64Array.from(boxes.flat()).buffer));
  const scratch = guarded(kernels, 8 * BOX_POINTS_CHUNK);
  const out = guarded(kernels, 32 * boxes.length);
  const compared = kernels.exports.pointsInBoxes(
    ...([rows.pointer, points.length, STRIDE, 1, 5, 9, F32] as const),
    ...([withTime ? 13 : -1, U32, at.pointer, boxes.length, scratch.pointer, out.pointer] as const),
  );
  expect(compared).toBe(points.length * boxes.length);
  for (const region of [rows, at, scratch, out]) region.expectIntact();
  const answers = boxes.map((_, b) => [...new Float64Array(kernels.exports.memory.buffer, out.pointer + 32 * b, 4)]);
  kernels.release(mark);
  return answers;
}

function cloud(count: number, seed: number, about = 0): readonly reference.Point[] {
  const random = randomStream(seed, "cloud");
  const f32 = Math.fround;
  return Array.from({ length: count }, () => ({
    x: f32(about + random.between(-40, 40)),
    y: f32(random.between(-40, 40)),
    z: f32(random.between(-2, 2)),
    time: 1000 + random.below(100_000),
  }));
}

describe("is the definition", () => {
  for (const [count, about] of [
    [0, 0],
    [1, 0],
    [15, 0],
    [2047, 0],
    [2049, 0],
    [5000, 0],
    [5000, 30_000],
  ] as const) {
    test(`${count} points about ${about} m`, () => {
      const random = randomStream(count, "boxes");
      const points = cloud(count, count, about);
      const boxes = Array.from({ length: 30 }, () => [
        ...[about + random.between(-40, 40), random.between(-40, 40), 0],
        ...[random.between(0.5, 20), random.between(0.5, 8), random.between(0.5, 4), random.between(-7, 7)],
      ]);
      for (const [b, [inside, mean, least, most]] of run(points, boxes).entries()) {
        const want = reference.pointsInBoxes(points, boxes[b] ?? []);
        const times = want.map((i) => (points[i]?.time ?? 0) - (points[0]?.time ?? 0));
        expect(inside).toBe(want.length);
        if (times.length === 0) expect([mean, least, most]).toEqual([0, 0, 0]);
        else expect([least, most]).toEqual([Math.min(...times), Math.max(...times)]);
        if (times.length > 0) expect(mean).toBeCloseTo(times.reduce((a, t) => a + t, 0) / times.length, 6);
      }
    });
  }
});

describe("what float32 rounds is not lost: points in the corners of boxes", () => {
  for (const [east, north] of [
    [0, 0],
    [40, 0],
    [0, -3000],
    [5e5, 0],
    [0, 5e6],
    [-5e5, 4e6],
  ] as const) {
    test(`about ${east}, ${north} m`, () => {
      const random = randomStream(Math.abs(east + north), "corners");
      for (let round = 0; round < 50; round++) {
        const [length, width, yaw] = [random.between(0.1, 20), random.between(0.1, 8), random.between(-7, 7)];
        const [x, y] = [east * random.between(0.9, 1.1), north * random.between(0.9, 1.1)];
        const [cos, sin] = [Math.cos(yaw), Math.sin(yaw)];
        // Inside by less than float32 tells anywhere.
        const corners = [-1, 1].flatMap((a) => [-1, 1].map((b) => [a * (length / 2 - 1e-8), b * (width / 2 - 1e-8)] as const));
        const points = corners.map(([along, across]) => ({ x: x + cos * along - sin * across, y: y + sin * along + cos * across }));
        const { bytes, count, stride, at } = fieldsOf(points, { place: "f64" });
        const mark = kernels.mark();
        const rows = guardedBytes(kernels, bytes);
        const boxes = guardedBytes(kernels, new Uint8Array(Float64Array.of(x, y, 0, length, width, 1, yaw).buffer));
        const [scratch, out] = [guarded(kernels, 8 * BOX_POINTS_CHUNK), guarded(kernels, 32)];
        kernels.exports.pointsInBoxes(
          ...([rows.pointer, count, stride, at.x[0], at.y[0], at.z[0], at.x[1], -1, 0] as const),
          ...([boxes.pointer, 1, scratch.pointer, out.pointer] as const),
        );
        expect(new Float64Array(kernels.exports.memory.buffer, out.pointer, 1)[0]).toBe(4);
        kernels.release(mark);
      }
    });
  }
});

test("bounds are closed, times may be absent, what is not finite is nowhere", () => {
  const at = (x: number, y = 0, z = 0): reference.Point => ({ x, y, z, time: 0 });
  const box = [0, 0, 0, 4, 2, 1, 0];
  expect(run([at(2), at(-2, 1, 0.5), at(2.0000002)], [box], false)).toEqual([[2, 0, 0, 0]]);
  const strange = [at(Number.NaN), at(Number.POSITIVE_INFINITY), at(0, Number.NaN), at(0, 0, Number.NaN)];
  expect(run(strange, [box]).map(([inside]) => inside)).toEqual([0]);
  const boxes = [Number.NaN, Number.POSITIVE_INFINITY].flatMap((v) => [0, 3, 6].map((d) => box.map((own, i) => (i === d ? v : own))));
  for (const [inside] of run([at(0)], boxes)) expect(inside).toBeLessThanOrEqual(1);
  expect(run([at(0)], [[0, 0, 0, 0, 0, 0, 0]])[0]?.[0]).toBe(1);
});
