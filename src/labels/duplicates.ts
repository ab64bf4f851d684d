/** Two tracks on one object: they lie on each other frame after frame. */
import type { Tracks } from "./tracks.ts";
import { WIDTH } from "./tracks.ts";

/** Frames two boxes must share a place in. */
const LEAST_FRAMES = 5;
/** Centres this near, as a share of the box: about IoU 0.9. */
const MOST_OFF = 0.05;

export interface DuplicatePair {
  readonly tracks: readonly [number, number];
  readonly frames: readonly [number, number];
  readonly count: number;
}

/** Pairs by a sweep along the first axis: linear in boxes where they do not crowd. */
export function duplicatePairs(tracks: Tracks): readonly DuplicatePair[] {
  const { labels } = tracks.table;
  const pairs = new Map<string, { tracks: readonly [number, number]; first: number; last: number; count: number }>();
  const reach = (row: number): number =>
    MOST_OFF * (tracks.dimensions === "3d" ? Math.max(labels.box3d[7 * row + 3] ?? 0, labels.box3d[7 * row + 4] ?? 0) : tracks.size(row));
  for (let frame = 0; frame < tracks.table.frames; frame++) {
    const rows = tracks.inFrame(frame);
    if (rows.length < 2) continue;
    const x = (row: number): number => tracks.place[WIDTH * row] ?? 0;
    const sorted = rows.toSorted((a, b) => x(a) - x(b) || a - b);
    for (const [i, a] of sorted.entries()) {
      for (let j = i + 1; j < sorted.length && j < i + 50; j++) {
        const b = sorted[j] ?? -1;
        if (x(b) - x(a) > reach(a)) break;
        if (!liesOn(tracks, a, b, reach(a))) continue;
        const [s, t] = [tracks.track[a] ?? -1, tracks.track[b] ?? -1].sort((p, q) => p - q) as [number, number];
        const pair = pairs.get(`${s} ${t}`) ?? { tracks: [s, t] as const, first: frame, last: frame, count: 0 };
        pairs.set(`${s} ${t}`, { ...pair, last: frame, count: pair.count + 1 });
      }
    }
  }
  return [...pairs.values()]
    .filter(({ count }) => count >= LEAST_FRAMES)
    .map(({ tracks: pair, first, last, count }) => ({ tracks: pair, frames: [first, last], count }));
}

function liesOn(tracks: Tracks, a: number, b: number, reach: number): boolean {
  const { labels } = tracks.table;
  for (let d = 0; d < (tracks.dimensions === "3d" ? 3 : 4); d++) {
    if (Math.abs((tracks.place[WIDTH * a + d] ?? 0) - (tracks.place[WIDTH * b + d] ?? 0)) > reach) return false;
  }
  if (tracks.dimensions === "2d") return true;
  return [3, 4].every((d) => {
    const [p, q] = [labels.box3d[7 * a + d] ?? 0, labels.box3d[7 * b + d] ?? 0];
    return Math.abs(p - q) <= 0.1 * Math.max(p, q);
  });
}
