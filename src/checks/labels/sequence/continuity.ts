/** Faults of one track against its own line: teleports, single frames missing or made up, a track that goes on under a new id. */

import { hypot } from "../../../geometry/elementary.ts";
import { type FaultList, rounded } from "./faults.ts";
import { jitterFaults } from "./jitter.ts";
import { MOST_SUSPECTS } from "./residuals.ts";
import type { Scale } from "./scale.ts";
import { type Tracks, WIDTH } from "./tracks.ts";

const TELEPORT_SCALES = 6;
/** In metres, or shares of the width: what a teleport is at least. */
const TELEPORT_3D = 0.5;
const TELEPORT_2D = 0.35;
/** A 2D box that leaps as a whole, its edges together, is told from fewer widths. */
const LEAP_SCALES = 4;
const LEAP_2D = 0.3;
const TOGETHER = 0.5;
/** Share of what is too small to speak of, below which no box is looked at. */
const LOOK = 0.5;
/** The neighbours of a box out of place fit their own lines across it. */
const MOST_LEFT = 0.4;
/** Share of all boxes that are near enough for a track of one box to be strange. */
const IN_REACH = 0.99;
/** A track goes on under a new id within so many frames, this near to where it is expected. */
const MOST_BREAK_FRAMES = 3;
const LEAST_ROWS = 3;
const BREAK_M = 1;
const BREAK_WIDTHS = 0.5;
const SAME_SIZE_3D = 0.02;
const SAME_SIZE_2D = 0.6;

/** @param off residual of every row, as the tracks are now */
export function continuityFaults(tracks: Tracks, scale: Scale, off: Float64Array, faults: FaultList): void {
  ghostFaults(tracks, faults);
  /** By row: 1 for a box that leaps, which is no jitter. */
  const leaps = new Uint8Array(tracks.table.labels.count);
  for (let track = 0; track < tracks.count; track++) {
    if (tracks.lengthOf(track) > 2) teleports(tracks, scale, track, off, leaps, faults);
    if (tracks.lengthOf(track) > 3) holes(tracks, track, faults);
  }
  jitterFaults(tracks, scale, off, leaps, faults);
  brokenTracks(tracks, faults);
}

function nameOf(tracks: Tracks, track: number): string {
  return tracks.table.labels.tracks[track] ?? "";
}

function teleports(tracks: Tracks, scale: Scale, track: number, residual: Float64Array, leaps: Uint8Array, faults: FaultList): void {
  const [at, leap] = [new Float64Array(WIDTH), new Float64Array(WIDTH)];
  for (const [i, row] of tracks.rowsOf(track).entries()) {
    if (!((residual[row] ?? 0) > LOOK * scale.floor(row))) continue;
    const off = tracks.residual(track, i, at);
    const usual = scale.local(track, i);
    const least = (tracks.dimensions === "3d" ? TELEPORT_3D : TELEPORT_2D) * tracks.size(row);
    tracks.displacement(row, at, leap);
    const by = hypot(leap[0] ?? 0, leap[1] ?? 0) * tracks.size(row);
    const isLeap =
      tracks.dimensions === "2d" &&
      by > Math.max(LEAP_2D * tracks.size(row), LEAP_SCALES * usual) &&
      (leap[3] ?? 0) * tracks.size(row) < TOGETHER * by;
    if (!isLeap && !(off > Math.max(least, TELEPORT_SCALES * usual))) continue;
    const frame = tracks.frame[row] ?? 0;
    // Both neighbours fit their lines without this row; a kink in the motion leaves one of them off.
    const bridged = [across(tracks, track, i, -1), across(tracks, track, i, 1)].filter((r) => Number.isFinite(r));
    if (bridged.length === 0 || bridged.some((r) => r > MOST_LEFT * Math.max(off, by))) continue;
    leaps[row] = 1;
    faults.add({
      kind: "teleport",
      frames: [frame, frame],
      tracks: [nameOf(tracks, track)],
      weight: Math.max(off, by) / tracks.size(row),
      observed: { off: rounded(Math.max(off, isLeap ? by : 0)) },
      expected: { off: rounded(usual) },
      signals: ["motion of the track"],
    });
  }
}

/** Residual of the neighbour of the row at `i`, on the given side, with that row left out; NaN without neighbours. */
function across(tracks: Tracks, track: number, i: number, side: -1 | 1): number {
  const mine = tracks.rowOf(track, i + side);
  const frame = tracks.frame[mine] ?? 0;
  if (mine < 0) return Number.NaN;
  const [a, b] = [tracks.near(track, i + 2 * side, frame), tracks.near(track, i - side, frame)];
  if (a < 0 || b < 0) return Number.NaN;
  const at = new Float64Array(WIDTH);
  tracks.line(a, b, frame, at);
  return tracks.gap(mine, at);
}

/** A frame without the track between two rows on each side. */
function holes(tracks: Tracks, track: number, faults: FaultList): void {
  const rows = tracks.rowsOf(track);
  const frameAt = (i: number): number => tracks.frame[rows[i] ?? -1] ?? Number.NaN;
  for (let i = 2; i + 1 < rows.length; i++) {
    const frame = frameAt(i);
    if (frame - frameAt(i - 1) !== 2 || frameAt(i - 1) - frameAt(i - 2) !== 1 || frameAt(i + 1) - frame !== 1) continue;
    if (tracks.isForgotten(frame - 1)) continue;
    faults.add({
      kind: "missing",
      frames: [frame - 1, frame - 1],
      tracks: [nameOf(tracks, track)],
      weight: 0,
      observed: { boxes: 0 },
      expected: { boxes: 1 },
      signals: ["presence of the track"],
    });
  }
}

/** How far away objects are, metres; in 2D how small their boxes are, as 1 / px: what lies further comes and goes. */
function distanceOf(tracks: Tracks, row: number): number {
  if (tracks.dimensions === "2d") return 1 / tracks.size(row);
  const { box3d } = tracks.table.labels;
  return hypot(box3d[7 * row] ?? 0, box3d[7 * row + 1] ?? 0, box3d[7 * row + 2] ?? 0);
}

function reachOf(tracks: Tracks): number {
  let count = 0;
  const all = new Float64Array(tracks.track.length);
  for (let row = 0; row < all.length; row++) if ((tracks.track[row] ?? -1) >= 0) all[count++] = distanceOf(tracks, row);
  const distances = all.subarray(0, count).sort();
  return distances[Math.floor(IN_REACH * distances.length)] ?? Number.POSITIVE_INFINITY;
}

/** Tracks of a single box. */
export function ghostFaults(tracks: Tracks, faults: FaultList): void {
  const reach = reachOf(tracks);
  for (let track = 0; track < tracks.count; track++) ghosts(tracks, track, reach, faults);
}

/** A track of one box in the middle of the recording, within reach and away from the border. */
function ghosts(tracks: Tracks, track: number, reach: number, faults: FaultList): void {
  const row = tracks.rowOf(track, 0);
  const frame = tracks.frame[row] ?? 0;
  if (tracks.lengthOf(track) !== 1 || frame === 0 || frame >= tracks.table.frames - 1 || tracks.isClipped(row)) return;
  if (distanceOf(tracks, row) > reach) return;
  if (tracks.isForgotten(frame - 1) || tracks.isForgotten(frame + 1)) return;
  faults.add({
    kind: "ghost",
    frames: [frame, frame],
    tracks: [nameOf(tracks, track)],
    weight: 0,
    observed: { boxes: 1 },
    expected: { boxes: 0 },
    signals: ["presence of the track"],
  });
}

/** Tracks that end where another of their class and size begins. */
function brokenTracks(tracks: Tracks, faults: FaultList): void {
  const births = new Map<number, number[]>();
  for (let track = 0; track < tracks.count; track++) {
    const frame = tracks.frame[tracks.rowOf(track, 0)] ?? -1;
    if (tracks.lengthOf(track) < LEAST_ROWS || frame <= 0) continue;
    const born = births.get(frame);
    if (born) born.push(track);
    else births.set(frame, [track]);
  }
  const at = new Float64Array(WIDTH);
  for (let track = 0; track < tracks.count; track++) {
    const length = tracks.lengthOf(track);
    const last = tracks.rowOf(track, length - 1);
    const end = tracks.frame[last] ?? 0;
    const before = tracks.near(track, length - 2, end);
    if (length < LEAST_ROWS || before < 0) continue;
    let [heir, heirs, distance] = [-1, 0, 0];
    for (let frame = end + 1; frame <= end + MOST_BREAK_FRAMES && heirs < 2; frame++) {
      const born = births.get(frame) ?? [];
      // Where so many begin at once nobody can tell whose heir each is.
      if (born.length > MOST_SUSPECTS) heirs = 2;
      if (heirs > 1) break;
      tracks.line(before, last, frame, at);
      for (const one of born) {
        const first = tracks.rowOf(one, 0);
        const off = tracks.gap(first, at) / tracks.size(last);
        if (off > (tracks.dimensions === "3d" ? BREAK_M : BREAK_WIDTHS) || !isAlike(tracks, last, first)) continue;
        [heir, heirs, distance] = [heirs === 0 ? one : heir, heirs + 1, off];
      }
    }
    if (heirs !== 1) continue;
    const begin = tracks.frame[tracks.rowOf(heir, 0)] ?? 0;
    faults.add({
      kind: "broken",
      frames: [begin, begin],
      tracks: [nameOf(tracks, track), nameOf(tracks, heir)],
      weight: 0,
      observed: { off: rounded(distance), gapFrames: begin - end - 1 },
      expected: { tracks: 1 },
      signals: ["motion of the track", "class and size"],
    });
  }
}

function isAlike(tracks: Tracks, a: number, b: number): boolean {
  const { labels } = tracks.table;
  if (labels.class[a] !== labels.class[b]) return false;
  const near = (x: number, y: number, share: number): boolean =>
    Math.abs(x - y) <= Math.max(0.01, share * Math.max(Math.abs(x), Math.abs(y)));
  if (tracks.dimensions === "3d") {
    return [3, 4, 5].every((d) => near(labels.box3d[7 * a + d] ?? 0, labels.box3d[7 * b + d] ?? 0, SAME_SIZE_3D));
  }
  const extent = (row: number, d: number): number => (tracks.place[WIDTH * row + d + 2] ?? 0) - (tracks.place[WIDTH * row + d] ?? 0);
  return [0, 1].every((d) => near(extent(a, d), extent(b, d), SAME_SIZE_2D));
}
