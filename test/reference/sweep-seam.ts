/** Where the end of a sweep meets its beginning, as it is defined. */
export type Place = readonly [number, number, number];

/** What `early` and `late` points show twice. Planes are of 8 neighbours. */
export function sweepSeam(early: readonly Place[], late: readonly Place[]) {
  return {
    offs: late.flatMap((point) => offPlane(point, early, 8) ?? []).sort((a, b) => a - b),
    heapedEarly: heaped(early, early, true),
    heapedLate: heaped(late, late, true),
    heapedBoth: heaped(early, late, false),
  };
}

/** Distance of a point from the plane through its `count` nearest of `others`; null beyond 2.5 m, or where they make no upright plane. */
function offPlane(point: Place, others: readonly Place[], count: number): number | null {
  const near = others
    .map((other) => ({ other, square: other.reduce((sum, v, d) => sum + (v - (point[d] ?? 0)) ** 2, 0) }))
    .filter(({ square }) => square <= 2.5 ** 2)
    .sort((a, b) => a.square - b.square)
    .slice(0, count)
    .map(({ other }) => other);
  if (near.length < count) return null;
  const mean = [0, 1, 2].map((d) => near.reduce((sum, other) => sum + (other[d] ?? 0), 0) / count);
  const spread = [0, 1, 2].map((i) =>
    [0, 1, 2].map(
      (j) => near.reduce((sum, other) => sum + ((other[i] ?? 0) - (mean[i] ?? 0)) * ((other[j] ?? 0) - (mean[j] ?? 0)), 0) / count,
    ),
  );
  const [thin, broad] = jacobi(spread);
  if (!thin || !broad || thin.value > 0.07 ** 2 || broad.value < 0.1 ** 2 || Math.abs(thin.vector[2] ?? 0) > 0.8) return null;
  return Math.abs(thin.vector.reduce((sum, v, d) => sum + v * ((point[d] ?? 0) - (mean[d] ?? 0)), 0));
}

/** How many of `others` have the elevation of a point of `own` (steps of 1 mrad), against the mean over 8 steps to either side. */
function heaped(own: readonly Place[], others: readonly Place[], isSame: boolean): number {
  const step = ([x, y, z]: Place): number => Math.floor((Math.atan2(z, Math.hypot(x, y)) + 1.6) / 0.001);
  const steps = others.map(step);
  let [there, around] = [0, 0];
  for (const point of own) {
    const at = step(point);
    there += steps.filter((other) => other === at).length - (isSame ? 1 : 0);
    around += (steps.filter((other) => Math.abs(other - at) <= 8).length - (isSame ? 1 : 0)) / 17;
  }
  return around > 0 ? there / around : 0;
}

interface Eigen {
  readonly value: number;
  readonly vector: readonly number[];
}

/** Eigenvalues and vectors of a symmetric 3 x 3 matrix, ascending, by Jacobi's rotations. */
function jacobi(matrix: readonly (readonly number[])[]): readonly Eigen[] {
  const a = matrix.map((row) => [...row]);
  const v = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : 0)));
  const at = (m: number[][], i: number, j: number): number => m[i]?.[j] ?? 0;
  const put = (m: number[][], i: number, j: number, value: number): void => {
    const row = m[i];
    if (row) row[j] = value;
  };
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const angle = 0.5 * Math.atan2(2 * at(a, p, q), at(a, q, q) - at(a, p, p));
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (const m of [a, v]) {
        for (let k = 0; k < 3; k++) {
          const [x, y] = [at(m, k, p), at(m, k, q)];
          put(m, k, p, c * x - s * y);
          put(m, k, q, s * x + c * y);
        }
      }
      for (let k = 0; k < 3; k++) {
        const [x, y] = [at(a, p, k), at(a, q, k)];
        put(a, p, k, c * x - s * y);
        put(a, q, k, s * x + c * y);
      }
    }
  }
  return [0, 1, 2].map((i) => ({ value: at(a, i, i), vector: [0, 1, 2].map((k) => at(v, k, i)) })).sort((x, y) => x.value - y.value);
}
