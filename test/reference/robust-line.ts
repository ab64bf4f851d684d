/** Lines through points with outliers, and below points, as they are defined. */
export interface Line {
  readonly base: number;
  readonly slope: number;
}

/** Iterated least squares with Tukey's weights, from the median slope over pairs half the points apart. */
export function robustLine(
  x: readonly number[],
  y: readonly number[],
  least: number,
): (Line & { readonly scale: number; readonly count: number }) | null {
  const half = x.length >> 1;
  const slopes = x.flatMap((left, i) => {
    const [right, end] = [x[i + half], y[i + half]];
    return right !== undefined && end !== undefined && right > left ? [(end - (y[i] ?? 0)) / (right - left)] : [];
  });
  if (slopes.length === 0) return null;
  let slope = upperMedian(slopes);
  let base = upperMedian(y.map((value, i) => value - slope * (x[i] ?? 0)));
  let scale = least;
  let count = 0;
  for (let iteration = 0; iteration < 12; iteration++) {
    const errors = y.map((value, i) => value - base - slope * (x[i] ?? 0));
    scale = Math.max(least, 1.4826 * upperMedian(errors.map(Math.abs)));
    const weights = errors.map((error) => Math.max(0, 1 - (error / (4.685 * scale)) ** 2) ** 2);
    count = weights.filter((w) => w > 0).length;
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, v, i) => sum + v * (weights[i] ?? 0), 0) / weights.reduce((sum, w) => sum + w, 0);
    const [mx, my] = [mean(x), mean(y)];
    const before = slope;
    slope = mean(x.map((v, i) => (v - mx) * ((y[i] ?? 0) - my))) / mean(x.map((v) => (v - mx) ** 2));
    base = my - slope * mx;
    if (Math.abs(slope - before) <= 1e-13 * Math.max(1, Math.abs(slope))) break;
  }
  return { base, slope, scale, count };
}

/** Of all lines through two of the points that no point lies below, the one with the least sum of distances. */
export function lowerLine(x: readonly number[], y: readonly number[]): Line | null {
  let best: (Line & { readonly cost: number }) | null = null;
  for (const [i, left] of x.entries()) {
    for (const [j, right] of x.entries()) {
      if (right <= left) continue;
      const slope = ((y[j] ?? 0) - (y[i] ?? 0)) / (right - left);
      const base = (y[i] ?? 0) - slope * left;
      const gaps = y.map((value, k) => value - base - slope * (x[k] ?? 0));
      const cost = gaps.reduce((sum, gap) => sum + gap, 0);
      if (gaps.every((gap) => gap > -1e-9) && (!best || cost < best.cost - 1e-9)) best = { base, slope, cost };
    }
  }
  return best;
}

function upperMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
