/** Where a label sequence is restless: one pass of the kernels over all boxes, so that only those frames are looked at closely. */
import type { Kernels } from "../../../kernels.ts";
import { MOST_GAP_FRAMES, type Tracks } from "./tracks.ts";

/** Shares of what is too small to speak of, by which a box is off its line where a closer look could find something. */
const RESTLESS = 0.3;
const LEAPING = 0.9;
const SUSPECT = 2;
/** A partner that fits no better than this share is none. */
const MOST_LEFT = 0.4;
/** More suspects in one frame than this and nothing is said about them pair by pair. */
export const MOST_SUSPECTS = 400;

export interface Residuals {
  /** f64, by row: distance from the straight line between its neighbours in time, in metres or pixels; NaN without both. */
  readonly off: Float64Array;
  /** By frame, not 0: some box is off its line at all; two suspects may have changed places; two tracks leap from the frame before to it. */
  readonly restless: Uint8Array;
  readonly exchanged: Uint8Array;
  readonly leaping: Uint8Array;
}

/**
 * @param tracks as repaired so far
 * @param least what is too small to speak of: metres, or a share of the box's width
 */
export function residualsOf(tracks: Tracks, least: number, kernels: Kernels): Residuals {
  const { frames } = tracks.table;
  const rows = tracks.frame.length;
  const mark = kernels.mark();
  const put = (column: Float64Array | Int32Array | Uint8Array): number =>
    kernels.put(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  const floors = new Float64Array(rows);
  for (let row = 0; row < rows; row++) if ((tracks.track[row] ?? -1) >= 0) floors[row] = SUSPECT * least * tracks.size(row);
  const [place, seconds, frame, track] = [put(tracks.place), put(tracks.seconds), put(tracks.frame), put(tracks.track)];
  const edges = tracks.dimensions === "2d" ? put(tracks.edges) : 0;
  const floor = put(floors);
  const [starts, last] = [kernels.alloc(4 * (frames + 1)), kernels.alloc(4 * tracks.count)];
  const [members, before, after, partner, suspects] = [0, 0, 0, 0, 0].map(() => kernels.alloc(4 * rows)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [residual, fit] = [kernels.alloc(8 * rows), kernels.alloc(8 * rows)];
  const { exports } = kernels;
  const count = exports.sortByFrame(frame, track, rows, frames, starts, members);
  exports.linkTracks(members, count, track, frame, rows, tracks.count, MOST_GAP_FRAMES, before, after, last);
  exports.trackResiduals(place, seconds, frame, before, after, edges, rows, residual);
  exports.swapPartners(
    place,
    seconds,
    frame,
    before,
    after,
    edges,
    members,
    starts,
    frames,
    residual,
    floor,
    MOST_SUSPECTS,
    partner,
    fit,
    suspects,
  );
  const { buffer } = exports.memory;
  const off = new Float64Array(buffer, residual, rows).slice();
  const partners = new Int32Array(buffer, partner, rows);
  const fits = new Float64Array(buffer, fit, rows);
  const earlier = new Int32Array(buffer, before, rows);
  const flags = { restless: new Uint8Array(frames), exchanged: new Uint8Array(frames), leaping: new Uint8Array(frames) };
  const leaps = new Uint8Array(frames);
  for (let row = 0; row < rows; row++) {
    if ((tracks.track[row] ?? -1) < 0) continue;
    const at = tracks.frame[row] ?? 0;
    const [own, usual] = [off[row] ?? 0, (floors[row] ?? 0) / SUSPECT];
    if (own > RESTLESS * usual) flags.restless[at] = 1;
    if (own > SUSPECT * usual && (partners[row] ?? -1) >= 0 && (fits[row] ?? 0) < MOST_LEFT * own) flags.exchanged[at] = 1;
    if (!(own > LEAPING * usual) && !((off[earlier[row] ?? -1] ?? 0) > LEAPING * usual)) continue;
    leaps[at] = Math.min(2, (leaps[at] ?? 0) + 1);
    if (leaps[at] === 2) flags.leaping[at] = 1;
  }
  kernels.release(mark);
  return { off, ...flags };
}

/** Whether any track has three boxes. */
export function hasThree(tracks: Tracks): boolean {
  for (let track = 0; track < tracks.count; track++) if (tracks.lengthOf(track) > 2) return true;
  return false;
}
