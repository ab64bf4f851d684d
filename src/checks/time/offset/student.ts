/** Student's t, two-sided 95 %: how many standard errors a confidence interval reaches. */

/** Degrees of freedom and quantile. https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm */
const TABLE = [
  [1, 12.706],
  [1.5, 6.205],
  [2, 4.303],
  [2.5, 3.558],
  [3, 3.182],
  [4, 2.776],
  [5, 2.571],
  [6, 2.447],
  [8, 2.306],
  [10, 2.228],
  [15, 2.131],
  [30, 2.042],
  [Number.POSITIVE_INFINITY, 1.96],
] as const;

/** @param freedom at least 1; between the table's rows the quantile is linear in its inverse */
export function student95(freedom: number): number {
  for (const [k, [above, quantile]] of TABLE.entries()) {
    const before = TABLE[k - 1];
    if (freedom > above) continue;
    if (!before) return quantile;
    const share = (1 / before[0] - 1 / freedom) / (1 / before[0] - 1 / above);
    return before[1] + share * (quantile - before[1]);
  }
  return 1.96;
}
