/** Two tracks on one object: they lie on each other frame after frame. */
import type { Kernels } from "../../../kernels.ts";
import { type Tracks, WIDTH } from "./tracks.ts";

/** Frames two boxes must share a place in. */
const LEAST_FRAMES = 5;
/** Intersection over union, of 3D boxes from above. */
const LEAST_IOU = 0.9;
/** Boxes that overlap so much are no further apart along one axis than this share of their size. */
const REACH = 0.11;
/** Boxes of a frame that one is compared with, at most: a million on one spot take no more. */
const MOST_NEAR = 50;

export interface DuplicatePair {
  readonly tracks: readonly [number, number];
  readonly frames: readonly [number, number];
  readonly count: number;
}

export function duplicatePairs(tracks: Tracks, kernels: Kernels): readonly DuplicatePair[] {
  const near = neighbours(tracks);
  const iou = overlaps(tracks, near, kernels);
  const pairs = new Map<string, { tracks: readonly [number, number]; first: number; last: number; count: number }>();
  for (let i = 0; i < iou.length; i++) {
    if (!((iou[i] ?? 0) > LEAST_IOU)) continue;
    const [a, b] = [near[2 * i] ?? -1, near[2 * i + 1] ?? -1];
    const frame = tracks.frame[a] ?? 0;
    const [s, t] = [tracks.track[a] ?? -1, tracks.track[b] ?? -1].sort((p, q) => p - q) as [number, number];
    const pair = pairs.get(`${s} ${t}`) ?? { tracks: [s, t] as const, first: frame, last: frame, count: 0 };
    pairs.set(`${s} ${t}`, { ...pair, last: frame, count: pair.count + 1 });
  }
  return [...pairs.values()]
    .filter(({ count }) => count >= LEAST_FRAMES)
    .map(({ tracks: pair, first, last, count }) => ({ tracks: pair, frames: [first, last], count }));
}

/** Pairs of rows (two numbers each) that may overlap, by a sweep along the first axis: linear in boxes where they do not crowd. */
function neighbours(tracks: Tracks): readonly number[] {
  const { labels } = tracks.table;
  const x = (row: number): number => tracks.place[WIDTH * row] ?? 0;
  const reach = (row: number): number =>
    REACH * (tracks.dimensions === "3d" ? Math.max(labels.box3d[7 * row + 3] ?? 0, labels.box3d[7 * row + 4] ?? 0) : tracks.size(row));
  const near: number[] = [];
  for (let frame = 0; frame < tracks.table.frames; frame++) {
    const rows = tracks.inFrame(frame);
    if (rows.length < 2) continue;
    const sorted = rows.toSorted((a, b) => x(a) - x(b) || a - b);
    for (const [i, a] of sorted.entries()) {
      const most = reach(a);
      for (let j = i + 1; j < sorted.length && j < i + MOST_NEAR; j++) {
        const b = sorted[j] ?? -1;
        if (x(b) - x(a) > most) break;
        // In every axis: which of them points up depends on the format.
        const isNear = [1, 2].every((d) => Math.abs((tracks.place[WIDTH * a + d] ?? 0) - (tracks.place[WIDTH * b + d] ?? 0)) <= most);
        if (isNear) near.push(a, b);
      }
    }
  }
  return near;
}

/** Intersection over union of each pair of rows. */
function overlaps(tracks: Tracks, near: readonly number[], kernels: Kernels): Float64Array {
  const is3d = tracks.dimensions === "3d";
  const width = is3d ? 7 : 4;
  const { labels } = tracks.table;
  const from = is3d ? labels.box3d : labels.box2d;
  const boxes = new Float64Array(width * near.length);
  for (const [i, row] of near.entries()) boxes.set(from.subarray(width * row, width * (row + 1)), width * i);
  const mark = kernels.mark();
  const count = near.length / 2;
  const at = kernels.put(new Uint8Array(boxes.buffer));
  const pairs = kernels.put(new Uint8Array(Int32Array.from({ length: near.length }, (_, i) => i).buffer));
  const each = is3d ? 2 : 1;
  const out = kernels.alloc(8 * each * count);
  kernels.exports[is3d ? "orientedIou" : "axisIou"](at, at, pairs, count, out);
  const iou = new Float64Array(kernels.exports.memory.buffer, out, each * count).filter((_, i) => i % each === 0);
  kernels.release(mark);
  return iou;
}
