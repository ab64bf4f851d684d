import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/box-iou.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const bytesOf = (values: ArrayLike<number>): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);

/** IoU of a[i] and b[i] for all i. */
function run(name: "axisIou" | "orientedIou", a: readonly (readonly number[])[], b: readonly (readonly number[])[]): readonly number[] {
  const mark = kernels.mark();
  const each = name === "axisIou" ? 1 : 2;
  const [as, bs] = [guardedBytes(kernels, bytesOf(a.flat())), guardedBytes(kernels, bytesOf(b.flat()))];
  const pairs = guardedBytes(kernels, new Uint8Array(Int32Array.from(a.flatMap((_, i) => [i, i])).buffer));
  const out = guarded(kernels, 8 * each * a.length);
  kernels.exports[name](as.pointer, bs.pointer, pairs.pointer, a.length, out.pointer);
  for (const region of [as, bs, pairs, out]) region.expectIntact();
  const values = [...new Float64Array(kernels.exports.memory.buffer, out.pointer, each * a.length)];
  kernels.release(mark);
  return values;
}

const near = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true });

test("axisIou is the definition", () => {
  const box = fc.tuple(near(-50, 50), near(-50, 50), near(-5, 60), near(-5, 60)).map(([l, t, w, h]) => [l, t, l + w, t + h]);
  fc.assert(
    fc.property(fc.array(fc.tuple(box, box), { minLength: 1, maxLength: 20 }), (cases) => {
      const got = run(
        "axisIou",
        cases.map(([a]) => a),
        cases.map(([, b]) => b),
      );
      for (const [i, [a, b]] of cases.entries()) expect(got[i]).toBeCloseTo(reference.axisIou(a, b), 12);
    }),
  );
  expect(run("axisIou", [[0, 0, 2, 2]], [[1, 0, 3, 2]])).toEqual([1 / 3]);
  expect(run("axisIou", [[0, 0, 0, 0]], [[0, 0, 0, 0]])).toEqual([0]);
  expect(run("axisIou", [[Number.NaN, 0, 1, 1]], [[0, 0, 1, 1]])).toEqual([Number.NaN]);
});

test("orientedIou is the definition", () => {
  const box = fc.tuple(near(-3, 3), near(-3, 3), near(-1, 1), near(0.1, 6), near(0.1, 3), near(0.1, 2), near(-7, 7));
  fc.assert(
    fc.property(fc.array(fc.tuple(box, box), { minLength: 1, maxLength: 20 }), (cases) => {
      const got = run(
        "orientedIou",
        cases.map(([a]) => a),
        cases.map(([, b]) => b),
      );
      for (const [i, [a, b]] of cases.entries()) {
        const [ground, body] = reference.orientedIou(a, b);
        expect(got[2 * i]).toBeCloseTo(ground, 6);
        expect(got[2 * i + 1]).toBeCloseTo(body, 6);
      }
    }),
    { numRuns: 300 },
  );
});

test("orientedIou of known pairs", () => {
  const box = (x: number, yaw: number, z = 0): number[] => [x, 0, z, 4, 2, 1, yaw];
  expect(run("orientedIou", [box(0, 0)], [box(0, 0)])).toEqual([1, 1]);
  expect(run("orientedIou", [box(0, 0)], [box(2, 0)])[0]).toBeCloseTo(1 / 3, 12);
  expect(run("orientedIou", [box(0, 0.3)], [box(0, 0.3 + Math.PI)])[0]).toBeCloseTo(1, 12);
  expect(run("orientedIou", [box(0, 0)], [box(0, Math.PI / 2)])[0]).toBeCloseTo(1 / 3, 12);
  expect(run("orientedIou", [box(0, 0)], [box(0, 0, 0.5)])).toEqual([1, 1 / 3]);
  expect(run("orientedIou", [box(0, 0)], [box(50, 1)])).toEqual([0, 0]);
  expect(run("orientedIou", [[0, 0, 0, 0, 0, 0, 0]], [[0, 0, 0, 0, 0, 0, 0]])).toEqual([0, 0]);
  expect(run("orientedIou", [[Number.NaN, 0, 0, 1, 1, 1, 0]], [box(0, 0)]).every((v) => Number.isNaN(v) || v === 0)).toBe(true);
});
