/** Rates over intervals and correlation of series, as they are defined. */

/** sum over i of a[i] * b[i + k], for k from -lags to lags; outside of b there is nothing. */
export function crossCorrelate(a: readonly number[], b: readonly number[], lags: number): readonly number[] {
  return Array.from({ length: 2 * lags + 1 }, (_, k) => a.reduce((sum, x, i) => sum + x * (b[i + k - lags] ?? 0), 0));
}

export interface Knots {
  readonly t: readonly number[];
  /** By knot, by axis. */
  readonly turn: readonly (readonly number[])[];
  readonly rate: readonly (readonly number[])[];
}

/** By interval: mean and its change with the lag by axis, or null where the knots do not reach or leave a gap. */
export function meanRates(
  intervals: readonly (readonly [number, number])[],
  knots: Knots,
  maxGap: number,
  lag: number,
): readonly ({ readonly mean: readonly number[]; readonly slope: readonly number[] } | null)[] {
  return intervals.map(([from, to]) => {
    const [a, b] = [at(knots, from + lag, maxGap), at(knots, to + lag, maxGap)];
    if (!a || !b) return null;
    const over = (end: readonly number[], start: readonly number[]): number[] => end.map((y, k) => (y - (start[k] ?? 0)) / (to - from));
    return { mean: over(b.turn, a.turn), slope: over(b.rate, a.rate) };
  });
}

/** The cubic through two knots and their rates, by Bernstein's polynomials. */
function at({ t, turn, rate }: Knots, x: number, maxGap: number) {
  const k = t.findIndex((left, i) => left <= x && x <= (t[i + 1] ?? Number.NEGATIVE_INFINITY));
  const h = (t[k + 1] ?? 0) - (t[k] ?? 0);
  if (k < 0 || h > maxGap) return null;
  const u = (x - (t[k] ?? 0)) / h;
  const corners = (turn[k] ?? []).map((y, axis) => {
    const end = turn[k + 1]?.[axis] ?? 0;
    return [y, y + (h / 3) * (rate[k]?.[axis] ?? 0), end - (h / 3) * (rate[k + 1]?.[axis] ?? 0), end] as const;
  });
  const v = 1 - u;
  return {
    turn: corners.map(([a, b, c, d]) => a * v ** 3 + 3 * b * v * v * u + 3 * c * v * u * u + d * u ** 3),
    rate: corners.map(([a, b, c, d]) => (3 / h) * ((b - a) * v * v + 2 * (c - b) * v * u + (d - c) * u * u)),
  };
}
