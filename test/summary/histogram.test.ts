import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BINS_PER_OCTAVE,
  countWithin,
  histogramOf,
  median,
  mergeHistograms,
  NO_VALUES,
  quantile,
  quantileOf,
  spread,
} from "../../src/summary/histogram.ts";

const value = fc.oneof(
  fc.nat(3000),
  fc.maxSafeNat(),
  fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
  fc.integer({ min: 99_000_000, max: 101_000_000 }),
  fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER, 100_000_000),
);
const values = fc.array(value, { maxLength: 200, size: "max" });

/** The definition: the value of rank ceil(q n) of the sorted list. */
function sortedQuantile(list: readonly number[], q: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? Number.NaN;
}
/** A bin is 1/1024 of an octave wide, an answer its middle: off by less than half of that. */
const near = (got: number, want: number): boolean => Math.abs(got - want) <= want / BINS_PER_OCTAVE / 2;

describe("histogram", () => {
  test("merging is associative and commutative, and equals counting at once", () => {
    fc.assert(
      fc.property(values, values, values, (x, y, z) => {
        const [a, b, c] = [histogramOf(x), histogramOf(y), histogramOf(z)];
        const whole = histogramOf([...x, ...y, ...z]);
        expect(mergeHistograms(mergeHistograms(a, b), c)).toEqual(whole);
        expect(mergeHistograms(a, mergeHistograms(b, c))).toEqual(whole);
        expect(mergeHistograms(mergeHistograms(c, a), b)).toEqual(whole);
      }),
    );
  });

  test("quantiles are within half a bin of the sorted list's", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
        fc.pre(list.length > 0);
        expect(near(quantile(histogramOf(list), q), sortedQuantile(list, q))).toBe(true);
      }),
    );
  });

  test("whole numbers below 2048, and lists of one value, come back exactly", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2047), { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
        expect(quantile(histogramOf(list), q)).toBe(sortedQuantile(list, q));
      }),
    );
    fc.assert(fc.property(value, fc.integer({ min: 1, max: 20 }), (v, n) => median(histogramOf(Array(n).fill(v))) === v));
  });

  test("bins: exact to 2047, then two numbers share one; never backwards", () => {
    const bins = (list: number[]): number => histogramOf(list).rows.length / 4;
    expect([bins([2046, 2047, 2048]), bins([2048, 2049]), bins([2048, 2050]), bins([1024 * 1024, 1024 * 1024 + 1023])]).toEqual([
      3, 1, 2, 1,
    ]);
    const ladder = Array.from({ length: 5000 }, (_, i) => i * 37);
    const { rows } = histogramOf(ladder);
    for (let i = 4; i < rows.length; i += 4) expect(rows[i]).toBeGreaterThan(rows[i - 4] as number);
  });

  test("spread and shares", () => {
    const list = histogramOf([100, 100, 100, 90, 110, 100, 500]);
    expect([median(list), spread(list, 100), countWithin(list, 90, 110), countWithin(list, 101, Infinity)]).toEqual([100, 0, 6, 2]);
    expect(spread(histogramOf([1, 2, 3, 4, 100]), 3)).toBe(1);
    expect(quantileOf(histogramOf([1, 2, 3, 4]), (v) => 10 - v, 0.25)).toBe(6);
    // A bin stands for the middle of what is in it.
    expect(median(histogramOf([2048, 2049]))).toBe(2048.5);
  });

  test("nothing: no median, and nothing to merge", () => {
    expect([median(NO_VALUES), spread(NO_VALUES, 0), countWithin(NO_VALUES, 0, 1)]).toEqual([Number.NaN, Number.NaN, 0]);
    const one = histogramOf([5]);
    expect([mergeHistograms(NO_VALUES, one), mergeHistograms(one, NO_VALUES)]).toEqual([one, one]);
  });

  test("the smallest amounts there are have bins of their own", () => {
    for (const amount of [Number.MIN_VALUE, 2.5e-311, 5e-311, 2.3e-308]) expect(median(histogramOf([amount]))).toBe(amount);
  });

  test("what is no amount is left out", () => {
    expect(histogramOf([-1, Number.NaN, Number.POSITIVE_INFINITY, -0, 7]).count).toBe(2);
    expect(quantile(histogramOf([-0]), 1)).toBe(0);
  });
});
