import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import * as reference from "../reference/column-profile.ts";
import { guarded, guardedBytes, painted } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

describe("columnProfile", () => {
  for (const [width, stride, first, rows, step] of [
    [1, 1, 0, 1, 1],
    [16, 16, 0, 16, 1],
    [33, 40, 3, 9, 2],
    [256, 256, 5, 7, 1],
    [1000, 1003, 2, 5, 4],
  ] as const) {
    test(`${width} wide, rows ${first} to ${first + rows}, ${step} columns in one`, () => {
      const luma = painted(stride * (first + rows), width);
      const mark = kernels.mark();
      const image = guardedBytes(kernels, luma, 3);
      const columns = Math.floor(width / step);
      const out = guarded(kernels, 4 * columns);
      expect(kernels.exports.columnProfile(image.pointer, width, stride, first, rows, step, out.pointer)).toBe(columns);
      out.expectIntact();
      const want = reference.columnProfile(luma, width, stride, first, rows, step).map(Math.fround);
      expect([...new Float32Array(kernels.exports.memory.buffer, out.pointer, columns)]).toEqual(want);
      kernels.release(mark);
    });
  }

  test("no more columns than a profile holds", () => {
    const out = guarded(kernels, 4 * 256);
    expect(kernels.exports.columnProfile(guardedBytes(kernels, painted(300)).pointer, 300, 300, 0, 1, 1, out.pointer)).toBe(256);
    out.expectIntact();
  });
});

describe("matchColumns", () => {
  /** Smooth texture seen through a shift, a spread, contrast and brightness. */
  const view = (n: number, shift: number, spread: number, contrast: number, brightness: number): number[] => {
    const random = randomStream(n, "texture");
    const waves = Array.from({ length: 12 }, () => [random.between(0.05, 0.9), random.between(0, 6), random.between(2, 12)] as const);
    return Array.from({ length: n }, (_, i) => {
      const half = (n - 1) / 2;
      const x = (i - half - shift) / (1 + spread);
      return Math.fround(128 + brightness + contrast * waves.reduce((sum, [f, phase, size]) => sum + size * Math.sin(f * x + phase), 0));
    });
  };
  const match = (a: readonly number[], b: readonly number[], reach: number) => {
    const mark = kernels.mark();
    const at = [a, b].map((values) => guardedBytes(kernels, new Uint8Array(Float32Array.from(values).buffer)));
    const out = guarded(kernels, 32);
    const used = kernels.exports.matchColumns(at[0]?.pointer ?? 0, at[1]?.pointer ?? 0, a.length, reach, out.pointer);
    for (const region of [...at, out]) region.expectIntact();
    const [shift = 0, spread = 0, deviation = 0, correlation = 0] = new Float64Array(kernels.exports.memory.buffer, out.pointer, 4);
    kernels.release(mark);
    return { used, shift, spread, deviation, correlation };
  };

  for (const [n, shift, spread, contrast, brightness] of [
    [80, 0, 0, 1, 0],
    [80, 0.37, 0, 1, 0],
    [120, -4.6, 0.01, 0.9, 6],
    [256, 17.25, -0.02, 1.2, -9],
  ] as const) {
    test(`${n} columns moved by ${shift}`, () => {
      const [a, b] = [view(n, 0, 0, 1, 0), view(n, shift, spread, contrast, brightness)];
      const got = match(a, b, n >> 2);
      expect(Math.abs(got.shift - shift)).toBeLessThan(0.03);
      expect(Math.abs(got.spread - spread)).toBeLessThan(0.003);
      expect(got.correlation).toBeGreaterThan(0.98);
      const want = reference.matchColumns(a, b, n >> 2);
      expect(got.shift).toBeCloseTo(want?.shift ?? Number.NaN, 5);
      expect(got.spread).toBeCloseTo(want?.spread ?? Number.NaN, 6);
    });
  }

  test("flat images show nothing", () => {
    const flat = new Array<number>(80).fill(100);
    expect(match(flat, flat, 20).used).toBe(0);
    expect(match(view(80, 0, 0, 1, 0), flat, 20).used).toBe(0);
  });
});
