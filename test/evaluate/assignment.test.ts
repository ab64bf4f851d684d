import fc from "fast-check";
import { expect, test } from "vitest";
import { assign } from "../../src/evaluate/assignment.ts";

/** Of all ways to pair rows with columns: the most pairs, then the least cost. */
function best(cost: readonly number[], rows: number, columns: number): readonly [number, number] {
  const go = (row: number, taken: number): readonly [number, number] => {
    if (row === rows) return [0, 0];
    let most = go(row + 1, taken);
    for (let j = 0; j < columns; j++) {
      const price = cost[row * columns + j] ?? 0;
      if (taken & (1 << j) || price === Number.POSITIVE_INFINITY) continue;
      const [pairs, sum] = go(row + 1, taken | (1 << j));
      if (pairs + 1 > most[0] || (pairs + 1 === most[0] && sum + price < most[1])) most = [pairs + 1, sum + price];
    }
    return most;
  };
  return go(0, 0);
}

test("as many pairs as possible, at the least cost", () => {
  const price = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(Number.POSITIVE_INFINITY));
  const table = fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }))
    .chain(([rows, columns]) =>
      fc.tuple(fc.constant(rows), fc.constant(columns), fc.array(price, { minLength: rows * columns, maxLength: rows * columns })),
    );
  fc.assert(
    fc.property(table, ([rows, columns, cost]) => {
      const columnOf = [...assign(Float64Array.from(cost), rows, columns)];
      const pairs = columnOf.flatMap((j, i) => (j < 0 ? [] : [cost[i * columns + j] ?? Number.NaN]));
      expect(new Set(columnOf.filter((j) => j >= 0)).size).toBe(pairs.length);
      expect([pairs.length, pairs.reduce((a, b) => a + b, 0)]).toEqual(best(cost, rows, columns));
    }),
    { numRuns: 500 },
  );
});
