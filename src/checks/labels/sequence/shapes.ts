/** Size and heading of rigid objects: 3D boxes of a track keep their size to the centimetre and never turn about in one frame. */

import { wrapped } from "../../../geometry/elementary.ts";
import { type FaultList, rounded } from "./faults.ts";
import { median, middleOf, type Tracks } from "./tracks.ts";

/** Sizes within a track differ by less than this share, or a centimetre. */
const SIZE_SHARE = 0.02;
const SIZE_M = 0.01;
/** Where annotators measure anew in every frame, sizes differ by so many medians of what they usually differ by. */
const SIZE_SCALES = 8;
/** Rows a drift takes to be one. */
const LEAST_DRIFT = 6;
/** A turn within this of half a circle between neighbouring frames. */
const FLIP_WITHIN = 0.5;
/** Turns of a clean track; a spinning object proves nothing. */
const MOST_TURN = 0.5;

export function shapeFaults(tracks: Tracks, faults: FaultList): void {
  if (tracks.dimensions === "2d") return;
  const share = Math.max(SIZE_SHARE, SIZE_SCALES * sizeNoise(tracks));
  for (let track = 0; track < tracks.count; track++) {
    if (tracks.lengthOf(track) > 2) sizeFaults(tracks, track, share, faults);
    if (tracks.lengthOf(track) > 1) yawFaults(tracks, track, faults);
  }
}

/** Length, width or height (3, 4, 5) of the rows of a track. */
function sizesOf(tracks: Tracks, track: number, at: number): Float64Array {
  const { box3d } = tracks.table.labels;
  return Float64Array.from(tracks.rowsOf(track), (row) => box3d[7 * row + at] ?? 0);
}

/** Median share by which sizes differ from the usual one of their track: 0 where annotators copy sizes from frame to frame. */
function sizeNoise(tracks: Tracks): number {
  let rows = 0;
  for (let track = 0; track < tracks.count; track++) if (tracks.lengthOf(track) > 1) rows += tracks.lengthOf(track);
  const off = new Float64Array(3 * rows);
  let count = 0;
  for (let track = 0; track < tracks.count; track++) {
    if (tracks.lengthOf(track) < 2) continue;
    for (let at = 3; at < 6; at++) {
      const sizes = sizesOf(tracks, track, at);
      const usual = mode(sizes);
      for (const size of sizes) off[count++] = Math.abs(size - usual) / Math.max(Math.abs(usual), 1e-9);
    }
  }
  return count === 0 ? 0 : middleOf(off.sort());
}

function sizeFaults(tracks: Tracks, track: number, share: number, faults: FaultList): void {
  const { labels } = tracks.table;
  const rows = tracks.rowsOf(track);
  const usual = [3, 4, 5].map((at) => mode(sizesOf(tracks, track, at)));
  const off = Float64Array.from(rows, (row) =>
    usual.reduce((most, size, d) => Math.max(most, excess(labels.box3d[7 * row + 3 + d] ?? 0, size, share)), Number.NEGATIVE_INFINITY),
  );
  for (let i = 0; i < rows.length; i++) {
    if ((off[i] ?? 0) <= 0) continue;
    let end = i;
    while (end + 1 < rows.length && (off[end + 1] ?? 0) > 0) end++;
    let worstAt = i;
    for (let k = i; k <= end; k++) if ((off[k] ?? 0) > (off[worstAt] ?? 0)) worstAt = k;
    const worst = rows[worstAt] ?? -1;
    const sizes = [0, 1, 2].map((d) => rounded(labels.box3d[7 * worst + 3 + d] ?? 0));
    faults.add({
      kind: end - i + 1 >= LEAST_DRIFT ? "size-drift" : "size-jump",
      weight: off[worstAt] ?? 0,
      frames: [tracks.frame[rows[i] ?? -1] ?? 0, tracks.frame[rows[end] ?? -1] ?? 0],
      tracks: [labels.tracks[track] ?? ""],
      observed: { sizeM: sizes },
      expected: { sizeM: usual.map((size) => rounded(size)) },
      signals: ["size of the track"],
    });
    i = end;
  }
}

/** How far a size is beyond what sizes of one track differ by. */
function excess(size: number, usual: number, share: number): number {
  return Math.abs(size - usual) - Math.max(SIZE_M, share * Math.abs(usual));
}

/** The most frequent value; the median where all differ (labels that are measured anew each time). */
function mode(values: Float64Array): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best = Number.NaN;
  let most = 1;
  for (const [value, count] of counts) {
    if (count <= most) continue;
    most = count;
    best = value;
  }
  return most * 4 > values.length ? best : median(values);
}

function yawFaults(tracks: Tracks, track: number, faults: FaultList): void {
  const { labels } = tracks.table;
  const rows = tracks.rowsOf(track);
  const yaw = (i: number): number => labels.box3d[7 * (rows[i] ?? -1) + 6] ?? Number.NaN;
  const steps = Float64Array.from(rows, (row, i) =>
    i === 0 || tracks.near(track, i - 1, tracks.frame[row] ?? 0) < 0 ? 0 : wrapped(yaw(i) - yaw(i - 1)),
  );
  const usual = median(steps.map((step) => Math.abs(step)).filter((step) => step <= Math.PI - FLIP_WITHIN));
  if (usual > MOST_TURN / 2) return;
  // Turns about part the track into two ways of heading: the one with fewer boxes is wrong.
  const ways = new Uint8Array(rows.length);
  let [way, turned] = [0, 0];
  for (const [i, step] of steps.entries()) {
    if (Math.abs(step) > Math.PI - FLIP_WITHIN) way = 1 - way;
    ways[i] = way;
    turned += way;
  }
  if (turned === 0) return;
  const wrong = 2 * turned <= rows.length ? 1 : 0;
  for (let i = 0; i < rows.length; i++) {
    if (ways[i] !== wrong) continue;
    let end = i;
    while (end + 1 < rows.length && ways[end + 1] === wrong) end++;
    faults.add({
      kind: "yaw-flip",
      weight: end - i + 1,
      frames: [tracks.frame[rows[i] ?? -1] ?? 0, tracks.frame[rows[end] ?? -1] ?? 0],
      tracks: [labels.tracks[track] ?? ""],
      observed: { turnRad: rounded(Math.abs(steps[i === 0 ? end + 1 : i] ?? 0)) },
      expected: { turnRad: rounded(usual) },
      signals: ["heading of the track"],
    });
    i = end;
  }
}
