import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import * as reference from "../reference/robust-line.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const bytesOf = (values: readonly number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);

function run(name: "robustLine" | "lowerLine", x: readonly number[], y: readonly number[], least = 1e-9): readonly number[] | null {
  const mark = kernels.mark();
  const n = x.length;
  const [xs, ys] = [guardedBytes(kernels, bytesOf(x)), guardedBytes(kernels, bytesOf(y))];
  const scratch = guarded(kernels, 8 * n);
  const out = guarded(kernels, 40);
  const fits =
    name === "robustLine"
      ? kernels.exports.robustLine(xs.pointer, ys.pointer, n, least, scratch.pointer, out.pointer)
      : kernels.exports.lowerLine(xs.pointer, ys.pointer, n, scratch.pointer, out.pointer);
  for (const region of [xs, ys, scratch, out]) region.expectIntact();
  const values = [...new Float64Array(kernels.exports.memory.buffer, out.pointer, 5)];
  kernels.release(mark);
  return fits === 0 ? null : values;
}

describe("robustLine", () => {
  for (const n of [2, 3, 4, 5, 10, 101, 1000]) {
    for (const share of [0, 0.1, 0.3]) {
      test(`${n} points, ${share} of them stray`, () => {
        const random = randomStream(n, `line ${share}`);
        const x = Array.from({ length: n }, (_, i) => i * 0.1 + 0.01 * random.uniform());
        const y = x.map((at) => 3 + 2e-5 * at + 1e-3 * random.normal() + (random.chance(share) ? random.between(0.1, 5) : 0));
        const got = run("robustLine", x, y);
        const want = reference.robustLine(x, y, 1e-9);
        expect(got?.[0]).toBeCloseTo(want?.base ?? Number.NaN, 9);
        expect(got?.[1]).toBeCloseTo(want?.slope ?? Number.NaN, 9);
        expect(got?.[2]).toBeCloseTo(want?.scale ?? Number.NaN, 9);
        expect(got?.[4]).toBe(want?.count);
        if (n >= 1000) expect(Math.abs((got?.[1] ?? 1) - 2e-5)).toBeLessThan(4 * (got?.[3] ?? 0));
      });
    }
  }

  test("all at one time", () => expect(run("robustLine", [1, 1, 1], [1, 2, 3])).toBeNull());
});

test("lowerLine is the closest line below all points", () => {
  const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -40, max: 40 })), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(points, (unsorted) => {
      const rows = [...unsorted].sort((a, b) => a[0] - b[0]);
      const [x, y] = [rows.map(([at]) => at), rows.map(([, value]) => value)];
      const want = reference.lowerLine(x, y);
      const got = run("lowerLine", x, y);
      if (!want || !got) {
        expect([want, got]).toEqual([null, null]);
        return;
      }
      const cost = (base: number, slope: number): number => y.reduce((sum, value, k) => sum + value - base - slope * (x[k] ?? 0), 0);
      expect(cost(got[0] ?? 0, got[1] ?? 0)).toBeCloseTo(cost(want.base, want.slope), 6);
      for (const [k, value] of y.entries()) expect(value - (got[0] ?? 0) - (got[1] ?? 0) * (x[k] ?? 0)).toBeGreaterThan(-1e-9);
    }),
  );
});
