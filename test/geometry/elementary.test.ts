import { describe, expect, test } from "vitest";
import * as math from "../../src/geometry/elementary.ts";
import { randomStream } from "../../src/simulate/random.ts";

/** The distance of neighbouring doubles at x. */
function ulp(x: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(x));
  bits.setBigUint64(0, bits.getBigUint64(0) + 1n);
  return bits.getFloat64(0) - Math.abs(x);
}

/** The largest error in ulp against `Math`, itself within 1 ulp. */
function worst(ours: (x: number) => number, theirs: (x: number) => number, inputs: readonly number[]): number {
  return Math.max(...inputs.map((x) => Math.abs(ours(x) - theirs(x)) / ulp(theirs(x))));
}

/** Uniform over the range, plus every multiple of `step` in it and the doubles beside. */
function inputs(low: number, high: number, step: number): readonly number[] {
  const random = randomStream(1, `${low} to ${high}`);
  const list = Array.from({ length: 20_000 }, () => random.between(low, high));
  for (let i = Math.ceil(low / step); i * step <= high && list.length < 40_000; i++) list.push(i * step, i * step * (1 + 2 ** -52));
  return list.filter((x) => x >= low && x <= high);
}

describe("accuracy against Math", () => {
  test.each([
    ["sin", math.sin, Math.sin, [-30, 30, Math.PI / 4], 1],
    ["sin of large angles", math.sin, Math.sin, [-math.MAX_ANGLE, math.MAX_ANGLE, 12345 * Math.PI], 1],
    ["sin of tiny angles", math.sin, Math.sin, [-1e-9, 1e-9, 1e-10], 1],
    ["cos", math.cos, Math.cos, [-30, 30, Math.PI / 4], 1],
    ["cos of large angles", math.cos, Math.cos, [-math.MAX_ANGLE, math.MAX_ANGLE, 12345 * Math.PI], 1],
    ["tan", math.tan, Math.tan, [-1.5, 1.5, 1 / 16], 4],
    ["atan", math.atan, Math.atan, [-5, 5, 1 / 16], 1],
    ["atan of large values", math.atan, Math.atan, [-1e9, 1e9, 1e6], 1],
    ["asin", math.asin, Math.asin, [-1, 1, 1 / 16], 3],
    ["exp", math.exp, Math.exp, [-700, 700, Math.LN2], 1],
    ["exp near 0", math.exp, Math.exp, [-0.1, 0.1, 1 / 64], 1],
    ["log", math.log, Math.log, [1e-9, 10, 1 / 16], 1],
    ["log of large values", math.log, Math.log, [1, 1e300, 1e297], 1],
  ] as const)("%s", (_name, ours, theirs, [low, high, step], bound) => {
    expect(worst(ours, theirs, inputs(low, high, step))).toBeLessThanOrEqual(bound);
  });

  test("atan2 in every quadrant and on every axis", () => {
    const random = randomStream(2, "atan2");
    for (let i = 0; i < 20_000; i++) {
      const [y, x] = [random.normal(), random.normal()];
      expect(Math.abs(math.atan2(y, x) - Math.atan2(y, x))).toBeLessThanOrEqual(2 * ulp(Math.atan2(y, x)));
    }
    for (const [y, x] of [
      [0, 1],
      [1, 0],
      [0, -1],
      [-1, 0],
      [1, 1],
      [1, -1],
      [-1, -1],
      [0, 0],
    ] as const) {
      expect([y, x, math.atan2(y, x)]).toEqual([y, x, Math.atan2(y, x)]);
    }
  });

  test("pow, in the bound it states", () => {
    const random = randomStream(3, "pow");
    for (let i = 0; i < 20_000; i++) {
      const [x, y] = [random.between(0, 20), random.between(-8, 8)];
      const bound = 2 + 2 * Math.abs(y * Math.log(x));
      expect(Math.abs(math.pow(x, y) - x ** y) / ulp(x ** y)).toBeLessThanOrEqual(bound);
    }
    expect([math.pow(0, 2), math.pow(0, -1), math.pow(7, 0), math.pow(1, 5)]).toEqual([0, Number.POSITIVE_INFINITY, 1, 1]);
  });

  test("the ends of the ranges", () => {
    expect([math.exp(0), math.exp(710), math.exp(-746), math.log(1)]).toEqual([1, Number.POSITIVE_INFINITY, 0, 0]);
    expect(math.exp(-745)).toBe(Math.exp(-745));
    expect(math.exp(709.7)).toBeCloseTo(Math.exp(709.7), -295);
    expect([math.log(0), math.log(-1), math.log(5e-324)]).toEqual([Number.NEGATIVE_INFINITY, Number.NaN, Math.log(5e-324)]);
    expect([math.sin(math.MAX_ANGLE * 1.01), math.wrapped(1e9), math.wrapped(7 * Math.PI)]).toEqual([
      Number.NaN,
      Number.NaN,
      expect.closeTo(Math.PI, 12),
    ]);
    expect(math.cos(Number.NaN)).toBeNaN();
  });
});

test("the same bits for ever: a digest of all functions", () => {
  const random = randomStream(4, "golden");
  let digest = 0n;
  const bits = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 5000; i++) {
    const x = random.between(-50, 50);
    for (const value of [math.sin(x), math.cos(x), math.atan2(x, 3), math.exp(x), math.log(x * x), math.pow(x * x, 0.45)]) {
      bits.setFloat64(0, value);
      digest = BigInt.asUintN(64, (digest ^ bits.getBigUint64(0)) * 1099511628211n);
    }
  }
  expect(digest.toString(16)).toBe("98e8dcb8b9f7bb02");
});
