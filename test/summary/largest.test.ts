import fc from "fast-check";
import { expect, test } from "vitest";
import { type Largest, LargestBuilder, mergeLargest, type Ranked } from "../../src/summary/largest.ts";

function build(values: readonly number[], cap: number): Largest<Ranked> {
  const builder = new LargestBuilder<Ranked>(cap);
  for (const [index, value] of values.entries()) if (builder.wants(value)) builder.add({ value, index });
  return builder.finish();
}

/** The definition: sorted by value, of equals the earlier first. */
function plain(values: readonly number[], cap: number): Largest<Ranked> {
  return values
    .map((value, index) => ({ value, index }))
    .sort((a, b) => b.value - a.value || a.index - b.index)
    .slice(0, cap);
}

test("the K largest of the whole, for any cut and either tree", () => {
  const values = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer()), { maxLength: 80, size: "max" });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 12 }), fc.nat(80), fc.nat(80), (list, cap, x, y) => {
      const [a, b] = [Math.min(x, y, list.length), Math.min(Math.max(x, y), list.length)];
      const part = (from: number, to: number) => build(list.slice(from, to), cap);
      const [p, q, r] = [part(0, a), part(a, b), part(b, list.length)];
      const expected = plain(list, cap);
      expect(build(list, cap)).toEqual(expected);
      expect(mergeLargest(mergeLargest(p, q, a, cap), r, b, cap)).toEqual(expected);
      expect(mergeLargest(p, mergeLargest(q, r, b - a, cap), a, cap)).toEqual(expected);
    }),
  );
});

test("a hundred where nobody says how many", () => {
  const builder = new LargestBuilder<Ranked>();
  for (let index = 0; index < 101; index++) if (builder.wants(index)) builder.add({ value: index, index });
  expect(builder.finish().length).toBe(100);
  const list = (value: number): Largest<Ranked> => Array.from({ length: 60 }, (_, index) => ({ value: value - index, index }));
  // 200 to 191 of one, then two of each down to the hundredth.
  expect(mergeLargest(list(200), list(190), 60).at(-1)).toEqual({ value: 146, index: 104 });
  expect(mergeLargest(list(200), list(190), 60).length).toBe(100);
});

test("what cannot be among them is not wanted", () => {
  const builder = new LargestBuilder<Ranked>(2);
  expect(builder.wants(Number.NEGATIVE_INFINITY)).toBe(true);
  builder.add({ value: 5, index: 0 });
  builder.add({ value: 7, index: 1 });
  expect([builder.wants(5), builder.wants(6), builder.wants(4)]).toEqual([false, true, false]);
});
