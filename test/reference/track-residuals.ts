/** Boxes against their own tracks, as it is defined: on objects, one row after another. */
export interface Row {
  readonly track: number;
  readonly frame: number;
  /** x y z 0, or left top right bottom. */
  readonly place: readonly number[];
  /** A bit for every edge that does not count; null for places in 3D. */
  readonly edges: number | null;
}

/** Rows with a track, by frame. */
export function sortByFrame(rows: readonly Row[]): readonly number[] {
  return [...rows.keys()].filter((i) => (rows[i]?.track ?? -1) >= 0).sort((a, b) => (rows[a]?.frame ?? 0) - (rows[b]?.frame ?? 0) || a - b);
}

export function linkTracks(
  rows: readonly Row[],
  mostGap: number,
): { readonly before: readonly number[]; readonly after: readonly number[] } {
  const before = rows.map(() => -1);
  const after = rows.map(() => -1);
  const last = new Map<number, number>();
  for (const i of sortByFrame(rows)) {
    const { track, frame } = rows[i] as Row;
    const past = last.get(track);
    const gap = past === undefined ? 1 : frame - (rows[past]?.frame ?? 0);
    if (gap <= 0) continue;
    if (past !== undefined && gap <= mostGap) {
      before[i] = past;
      after[past] = i;
    }
    last.set(track, i);
  }
  return { before, after };
}

export function trackResiduals(rows: readonly Row[], seconds: readonly number[], mostGap: number): readonly number[] {
  const { before, after } = linkTracks(rows, mostGap);
  return rows.map((row, i) => {
    const expected = expectedAt(row, rows[before[i] ?? -1], rows[after[i] ?? -1], seconds);
    return expected ? apart(row, expected) : Number.NaN;
  });
}

/** For rows off by more than `least`: [row, its partner, how far that is from where this row should be]. */
export function swapPartners(
  rows: readonly Row[],
  seconds: readonly number[],
  mostGap: number,
  least: readonly number[],
): readonly (readonly [number, number, number])[] {
  const residuals = trackResiduals(rows, seconds, mostGap);
  const { before, after } = linkTracks(rows, mostGap);
  const suspects = [...rows.keys()].filter((i) => (residuals[i] ?? Number.NaN) > (least[i] ?? 0));
  return suspects.flatMap((i) => {
    const own = rows[i];
    const expected = own && expectedAt(own, rows[before[i] ?? -1], rows[after[i] ?? -1], seconds);
    const others = suspects.filter((j) => j !== i && rows[j]?.frame === own?.frame);
    if (!expected || others.length === 0) return [];
    const fits = others.map((j) => apart(rows[j] as Row, expected));
    const fit = Math.min(...fits);
    return [[i, others[fits.indexOf(fit)] ?? -1, fit] as const];
  });
}

/** Standard deviation of a value from the median absolute deviation of second differences over even steps, and their count. */
export function secondDifferenceMad(
  rows: readonly Row[],
  values: readonly number[],
  mostGap: number,
  angle: boolean,
): readonly [number, number] {
  const { before, after } = linkTracks(rows, mostGap);
  const turn = (by: number): number => (angle ? Math.atan2(Math.sin(by), Math.cos(by)) : by);
  const bends = rows.flatMap(({ frame }, i) => {
    const [a, b] = [before[i] ?? -1, after[i] ?? -1];
    if (a < 0 || b < 0 || frame - (rows[a]?.frame ?? 0) !== (rows[b]?.frame ?? 0) - frame) return [];
    const [p, q, r] = [values[a] ?? 0, values[i] ?? 0, values[b] ?? 0];
    return [turn(turn(r - q) - turn(q - p))];
  });
  if (bends.length === 0) return [0, 0];
  const upper = (all: readonly number[]): number => all.toSorted((x, y) => x - y)[all.length >> 1] ?? 0;
  const middle = upper(bends);
  return [(1.4826 / Math.sqrt(6)) * upper(bends.map((bend) => Math.abs(bend - middle))), bends.length];
}

function expectedAt({ frame }: Row, a: Row | undefined, b: Row | undefined, seconds: readonly number[]): readonly number[] | null {
  if (!a || !b) return null;
  const at = (f: number): number => seconds[f] ?? 0;
  const share = (at(frame) - at(a.frame)) / (at(b.frame) - at(a.frame));
  return a.place.map((from, d) => from + ((b.place[d] ?? 0) - from) * share);
}

function apart({ place, edges }: Row, expected: readonly number[]): number {
  const off = place.map((value, d) => Math.abs(value - (expected[d] ?? 0)));
  if (edges === null) return Math.hypot(...off.slice(0, 3));
  const counted = off.filter((_, e) => ((edges >> e) & 1) === 0).sort((x, y) => x - y);
  if (counted.length === 0) return 0;
  return ((counted[(counted.length - 1) >> 1] ?? 0) + (counted[counted.length >> 1] ?? 0)) / 2;
}
