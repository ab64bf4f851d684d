import { expect, test } from "vitest";
import { student95 } from "../../src/checks/time/offset/student.ts";
import { polar, solve } from "../../src/geometry/small-matrix.ts";
import { randomStream } from "../../src/simulate/random.ts";

const product = (a: Float64Array, b: Float64Array): number[] =>
  Array.from({ length: 9 }, (_, at) =>
    [0, 1, 2].reduce((sum, k) => sum + (a[3 * Math.floor(at / 3) + k] ?? 0) * (b[3 * k + (at % 3)] ?? 0), 0),
  );
const transposed = (m: Float64Array): Float64Array => Float64Array.from(m, (_, at) => m[3 * (at % 3) + Math.floor(at / 3)] ?? 0);
const trace = (m: readonly number[]): number => (m[0] ?? 0) + (m[4] ?? 0) + (m[8] ?? 0);

test("polar: the orthogonal matrix that explains most, and how much that is", () => {
  const random = randomStream(1, "polar");
  for (let round = 0; round < 50; round++) {
    const c = Float64Array.from({ length: 9 }, () => random.normal());
    const { nuclear, rotation } = polar(c);
    for (const [at, value] of product(rotation, transposed(rotation)).entries()) expect(value).toBeCloseTo(at % 4 === 0 ? 1 : 0, 9);
    expect(trace(product(transposed(rotation), c))).toBeCloseTo(nuclear, 9);
    const other = polar(Float64Array.from({ length: 9 }, () => random.normal())).rotation;
    expect(trace(product(transposed(other), c))).toBeLessThan(nuclear + 1e-12);
  }
  expect(polar(Float64Array.of(0, 0, 0, 0, 0, 0, 0, 0, -3)).nuclear).toBeCloseTo(3, 12);
  expect(polar(new Float64Array(9)).nuclear).toBe(0);
});

test("solve: a positive system", () => {
  const m = Float64Array.of(4, 1, 0.5, 1, 3, -0.2, 0.5, -0.2, 2);
  const [x, y, z] = solve(m, [1, 2, 3]);
  for (const [row, want] of [1, 2, 3].entries())
    expect((m[3 * row] ?? 0) * x + (m[3 * row + 1] ?? 0) * y + (m[3 * row + 2] ?? 0) * z).toBeCloseTo(want, 6);
});

test("student95: the published quantiles and between them", () => {
  expect([1, 2, 5, 30, 1e9].map((freedom) => student95(freedom))).toEqual([12.706, 4.303, 2.571, 2.042, expect.closeTo(1.96, 6)]);
  expect(student95(7)).toBeCloseTo(2.365, 1);
  expect(student95(20)).toBeCloseTo(2.086, 2);
});
