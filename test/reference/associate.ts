/** Stamps of two streams that belong together, as it is defined. */

/** For each of `a` the row of the nearest of `b` (the earlier of two equally near) and how far it is. */
export function nearestStamps(a: readonly bigint[], b: readonly bigint[]): { readonly index: number[]; readonly gap: bigint[] } {
  const index = a.map((stamp) => {
    let nearest = 0;
    for (const [j, other] of b.entries()) {
      const [size, least] = [distance(other, stamp), distance(b[nearest] ?? 0n, stamp)];
      if (size < least) nearest = j;
    }
    return nearest;
  });
  return { index, gap: index.map((j, i) => held((b[j] ?? 0n) - (a[i] ?? 0n))) };
}

/**
 * The rule of associate.py (TUM RGB-D): all pairs closer than the limit, sorted by distance, first stamp, second stamp; each is taken if both of
 * its stamps are still free.
 *
 * @returns rows of `b` for those of `a`, -1 for none
 */
export function pairStamps(a: readonly bigint[], b: readonly bigint[], limit: number): number[] {
  const close = a
    .flatMap((x, i) => b.map((y, j) => ({ i, j, apart: distance(x, y) })))
    .filter(({ apart }) => apart < BigInt(Math.ceil(limit)))
    .sort((p, q) => (p.apart < q.apart ? -1 : p.apart > q.apart ? 1 : p.i - q.i || p.j - q.j));
  const index = a.map(() => -1);
  const taken = new Set<number>();
  for (const { i, j } of close) {
    if (index[i] !== -1 || taken.has(j)) continue;
    index[i] = j;
    taken.add(j);
  }
  return index;
}

function distance(x: bigint, y: bigint): bigint {
  return x < y ? y - x : x - y;
}

/** Within int64. */
function held(gap: bigint): bigint {
  const most = (1n << 63n) - 1n;
  return gap > most ? most : gap < -most ? -most : gap;
}
