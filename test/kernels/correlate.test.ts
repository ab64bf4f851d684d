import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import * as reference from "../reference/correlate.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const bytesOf = (values: Float64Array | Float32Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

describe("crossCorrelate", () => {
  const run = (a: readonly number[], b: readonly number[], lags: number): readonly number[] => {
    const mark = kernels.mark();
    const n = a.length;
    const x = guardedBytes(kernels, bytesOf(Float32Array.from(a)), 4);
    const y = guardedBytes(kernels, bytesOf(Float32Array.from([...new Array(lags).fill(0), ...b, ...new Array(lags + 8).fill(0)])), 8);
    const out = guarded(kernels, 8 * (2 * lags + 1));
    kernels.exports.crossCorrelate(x.pointer, y.pointer, n, lags, out.pointer);
    out.expectIntact();
    const values = [...new Float64Array(kernels.exports.memory.buffer, out.pointer, 2 * lags + 1)];
    kernels.release(mark);
    return values;
  };

  for (const n of [1, 2, 3, 4, 5, 7, 8, 9, 31, 2047, 2048, 2049, 4103]) {
    for (const lags of [0, 1, 3, 4, 7, 8, 20]) {
      test(`${n} samples, ${lags} lags`, () => {
        const random = randomStream(n * 100 + lags, "correlate");
        const [a, b] = [0, 1].map(() => Array.from({ length: n }, () => Math.fround(random.normal()))) as [number[], number[]];
        const want = reference.crossCorrelate(a, b, lags);
        for (const [k, value] of run(a, b, lags).entries()) expect(value).toBeCloseTo(want[k] ?? Number.NaN, 2);
      });
    }
  }

  test("whole numbers are exact", () => {
    const numbers = fc.array(fc.integer({ min: -64, max: 64 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(numbers, fc.nat(12), (a, lags) => {
        const b = a.map((value, i) => ((value * 7 + i) % 31) - 15);
        expect(run(a, b, lags)).toEqual(reference.crossCorrelate(a, b, lags).map((sum) => sum + 0));
      }),
    );
  });
});

test("meanRates is the reference's, over any intervals, gaps and lags", () => {
  const random = randomStream(7, "rates");
  for (const axes of [1, 3] as const) {
    for (const m of [2, 3, 40]) {
      const t = [0];
      while (t.length < m) t.push((t.at(-1) ?? 0) + random.pick([0.01, 0.02, 0.013, 0.2]));
      const rows = (): number[][] => t.map(() => Array.from({ length: axes }, () => random.normal()));
      const knots = { t, turn: rows(), rate: rows() };
      const end = t.at(-1) ?? 0;
      const starts = Array.from({ length: 60 }, () => random.between(-0.1, end + 0.05)).sort((a, b) => a - b);
      const intervals = [...starts.map((from) => [from, from + random.between(0.001, 0.3)] as const), [0, end] as const].sort(
        (a, b) => a[0] - b[0],
      );
      for (const lag of [0, -0.033, 0.1]) {
        const mark = kernels.mark();
        const put = (values: readonly number[]): number => guardedBytes(kernels, bytesOf(Float64Array.from(values))).pointer;
        const [from, to] = [put(intervals.map(([a]) => a)), put(intervals.map(([, b]) => b))];
        const [at, turn, rate] = [put(t), put(knots.turn.flat()), put(knots.rate.flat())];
        const n = intervals.length;
        const [mean, slope] = [guarded(kernels, 8 * axes * n), guarded(kernels, 8 * axes * n)];
        const covered = kernels.exports.meanRates(from, to, n, at, turn, rate, m, axes, 0.1, lag, mean.pointer, slope.pointer);
        mean.expectIntact();
        slope.expectIntact();
        const want = reference.meanRates(intervals, knots, 0.1, lag);
        expect(covered).toBe(want.filter((one) => one !== null).length);
        const got = [mean, slope].map(({ pointer }) => new Float64Array(kernels.exports.memory.buffer, pointer, axes * n));
        for (const [i, one] of want.entries()) {
          for (let axis = 0; axis < axes; axis++) {
            const pair = got.map((values) => values[axes * i + axis] ?? 0);
            if (!one) expect(pair).toEqual([Number.NaN, Number.NaN]);
            else for (const [k, value] of pair.entries()) expect(value / ([one.mean, one.slope][k]?.[axis] ?? 0)).toBeCloseTo(1, 6);
          }
        }
        kernels.release(mark);
      }
    }
  }
});
