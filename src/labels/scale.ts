/** How much tracks wander when nothing is wrong: what every threshold is a multiple of. */
import { median, type Tracks } from "./tracks.ts";

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
 * @param least what is too small to speak of: metres, or a share of the box's width
 */
export function scaleOf(tracks: Tracks, least: number): Scale {
  const residuals = tracks.rows.map((rows, track) => rows.map((row, i) => tracks.residual(track, i) / tracks.size(row)));
  const known = residuals.flat().filter((r) => Number.isFinite(r));
  const log = known.length === 0 ? least : median(known);
  return {
    log,
    floor: (row) => least * tracks.size(row),
    local(track, i) {
      const mine = residuals[track] ?? [];
      const near: number[] = [];
      for (let k = Math.max(0, i - AROUND - 1); k <= i + AROUND + 1; k++) {
        const r = mine[k];
        if (Math.abs(k - i) > 1 && r !== undefined && Number.isFinite(r)) near.push(r);
      }
      const row = tracks.rows[track]?.[i] ?? -1;
      const own = near.length === 0 ? log : median(near);
      return Math.min(Math.max(own, log), Math.max(MOST_OF_LOG * log, least)) * tracks.size(row);
    },
  };
}
