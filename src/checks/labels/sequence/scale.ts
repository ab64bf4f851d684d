/** How much tracks wander when nothing is wrong: what every threshold is a multiple of. */
import type { Tracks } from "./tracks.ts";

/** Rows on each side a local scale is taken from. */
const AROUND = 5;
/** Short tracks: one fault dirties three residuals, so a local scale is never far above the log's. */
const MOST_OF_LOG = 4;

export interface Scale {
  /** Median residual of the whole log, in the space's unit (2D: share of the box's width). */
  readonly log: number;
  /** What is too small to speak of, for a row. */
  floor(row: number): number;
  /** Residual to expect of the row at position `i` of a track, without its own and its neighbours'. */
  local(track: number, i: number): number;
}

/**
 * @param off residual of every row (residuals.ts)
 * @param least what is too small to speak of: metres, or a share of the box's width
 */
export function scaleOf(tracks: Tracks, off: Float64Array, least: number): Scale {
  const share = (row: number): number => (off[row] ?? Number.NaN) / tracks.size(row);
  // No filter and no map: of a million rows they would make a million objects.
  let count = 0;
  const all = new Float64Array(off.length);
  for (let row = 0; row < off.length; row++) {
    const r = (tracks.track[row] ?? -1) < 0 ? Number.NaN : share(row);
    if (Number.isFinite(r)) all[count++] = r;
  }
  const known = all.subarray(0, count).sort();
  const log = known.length === 0 ? least : middleOf(known, known.length);
  const near = new Float64Array(2 * AROUND + 3);
  return {
    log,
    floor: (row) => least * tracks.size(row),
    local(track, i) {
      let count = 0;
      for (let k = Math.max(0, i - AROUND - 1); k <= Math.min(tracks.lengthOf(track) - 1, i + AROUND + 1); k++) {
        const r = Math.abs(k - i) > 1 ? share(tracks.rowOf(track, k)) : Number.NaN;
        if (!Number.isFinite(r)) continue;
        let at = count++;
        for (; at > 0 && (near[at - 1] ?? 0) > r; at--) near[at] = near[at - 1] ?? 0;
        near[at] = r;
      }
      const own = count === 0 ? log : middleOf(near, count);
      return Math.min(Math.max(own, log), Math.max(MOST_OF_LOG * log, least)) * tracks.size(tracks.rowOf(track, i));
    },
  };
}

/** Median of the first `count` values, which ascend. */
function middleOf(sorted: Float64Array, count: number): number {
  return ((sorted[(count - 1) >> 1] ?? Number.NaN) + (sorted[count >> 1] ?? Number.NaN)) / 2;
}
