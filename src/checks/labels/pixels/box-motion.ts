/**
 * What the pixels inside a labelled box did from one image to the next, against what the label did.
 *
 * The luma inside a box is looked for around its place in the next image (sum of absolute differences, exposure evened out, a parabola
 * between cells). It is trusted per axis: where the best place stands out from those two cells beside it, and from every other place.
 */

import type { BoxTable } from "../../../columns/label-frames.ts";
import type { Kernels } from "../../../kernels.ts";
import { CELL_PX, type Luma } from "../../../luma/types.ts";

/** An image and the labels that belong to it. */
export interface Sight {
  /** Image frame. */
  readonly frame: number;
  readonly stampNs: bigint;
  readonly labelFrame: number;
  readonly luma: Luma;
}

/** One track from one image to the next. Pixels; x then y. */
export interface BoxStep {
  /** Index into the table's tracks. */
  readonly track: number;
  readonly centre: readonly [number, number];
  readonly size: readonly [number, number];
  /** How far the label's centre moved. */
  readonly label: readonly [number, number];
  /** How far the pixels moved; null along an axis that does not tell. */
  readonly pixels: readonly [number | null, number | null];
  /** Mean difference of luma at the best place, where the label went, and where it was; levels of 256. */
  readonly best: number;
  readonly followed: number;
  readonly stayed: number;
}

/** From one image to the next. */
export interface ImageStep {
  /** The later image's frame. */
  readonly frame: number;
  readonly stampNs: readonly [bigint, bigint];
  readonly labelFrames: readonly [number, number];
  /** Not one cell changed. */
  readonly still: boolean;
  /** Both label frames have the same tracks in the same places; at least one. */
  readonly repeated: boolean;
  /** Tracks in both, and of them those too small, cut off by the border, or twice in one frame. */
  readonly tracks: number;
  readonly unseen: number;
  readonly boxes: readonly BoxStep[];
}

const LEAST_CELLS = 3;
const LEAST_RADIUS = 3;
const MOST_RADIUS = 8;
/** How far beyond the search a label may have gone to be included in it, in cells. */
const REACH = 6;
/** Pixels from the border within which a box may be cut off. */
const BORDER_PX = 3;
/** Levels by which the best place must stand out, and its difference as a share of the others'. */
const LEAST_RISE = 2.5;
const MOST_RATIO = 0.75;
const MOST_DIFFERENCE = 24;
/** Gains beyond are no exposure. */
const LEAST_GAIN = 64;
const MOST_GAIN = 256;
/** Of exact repetition, in pixels. */
const SAME_PX = 1e-3;

/** Boxes of one image that are looked at, the first of them: each takes a search, and is kept. */
const MOST_BOXES = 1000;

export function measureStep(before: Sight, after: Sight, table: BoxTable, kernels: Kernels): ImageStep | null {
  const [a, b] = [before.luma, after.luma];
  if (a.width !== b.width || a.height !== b.height) return null;
  const mark = kernels.mark();
  const from = rowsOf(table, before.labelFrame);
  const to = rowsOf(table, after.labelFrame);
  const gain = gainOf(kernels.u8(a.pointer, a.columns * a.rows), kernels.u8(b.pointer, b.columns * b.rows));
  const boxes: BoxStep[] = [];
  let [tracks, unseen, moved] = [0, 0, 0];
  for (const [track, row] of from) {
    const next = to.get(track);
    if (next === undefined) continue;
    tracks++;
    const [p, q] = [boxAt(table, row), boxAt(table, next)];
    if (p.some((edge, i) => Math.abs(edge - (q[i] ?? 0)) > SAME_PX)) moved++;
    const inside = row >= 0 && next >= 0 && [p, q].every((box) => isInside(box, a));
    const step = inside && boxes.length < MOST_BOXES ? boxStep(track, p, q, gain, before.luma, after.luma, kernels) : null;
    if (step) boxes.push(step);
    else unseen++;
  }
  kernels.release(mark);
  return {
    frame: after.frame,
    stampNs: [before.stampNs, after.stampNs],
    labelFrames: [before.labelFrame, after.labelFrame],
    still: gain.still,
    repeated: tracks > 0 && moved === 0 && from.size === to.size && tracks === from.size,
    tracks,
    unseen,
    boxes,
  };
}

type Edges = readonly [number, number, number, number];

/** Row of each track of a frame; -1 - row of one that is there twice. */
function rowsOf({ labels, rowOf }: BoxTable, frame: number): Map<number, number> {
  const rows = new Map<number, number>();
  for (let row = rowOf[frame] ?? 0; row < (rowOf[frame + 1] ?? 0); row++) {
    const track = labels.track[row] ?? -1;
    const drawn = track >= 0 && !labels.ignored[row] && labels.box2d.subarray(4 * row, 4 * row + 4).every(Number.isFinite);
    if (drawn) rows.set(track, rows.has(track) ? -1 - row : row);
  }
  return rows;
}

function boxAt({ labels }: BoxTable, row: number): Edges {
  const at = 4 * (row < 0 ? -1 - row : row);
  return [labels.box2d[at] ?? 0, labels.box2d[at + 1] ?? 0, labels.box2d[at + 2] ?? 0, labels.box2d[at + 3] ?? 0];
}

function isInside([left, top, right, bottom]: Edges, { width, height }: Luma): boolean {
  return (
    left >= BORDER_PX && top >= BORDER_PX && right <= width - BORDER_PX && bottom <= height - BORDER_PX && right > left && bottom > top
  );
}

/** Brightness of the second over that of the first, times 128; and whether they are the same image. */
function gainOf(a: Uint8Array, b: Uint8Array): { readonly times128: number; readonly still: boolean } {
  let [first, second, different] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [p, q] = [a[i] ?? 0, b[i] ?? 0];
    first += p;
    second += q;
    if (p !== q) different++;
  }
  const times128 = Math.min(MOST_GAIN, Math.max(LEAST_GAIN, Math.round((128 * second) / Math.max(1, first))));
  return { times128, still: different === 0 };
}

function boxStep(
  track: number,
  p: Edges,
  q: Edges,
  { times128 }: { readonly times128: number },
  a: Luma,
  b: Luma,
  kernels: Kernels,
): BoxStep | null {
  const left = Math.round(p[0] / CELL_PX);
  const top = Math.round(p[1] / CELL_PX);
  const width = Math.min(a.columns, Math.round(p[2] / CELL_PX)) - left;
  const height = Math.min(a.rows, Math.round(p[3] / CELL_PX)) - top;
  if (width < LEAST_CELLS || height < LEAST_CELLS) return null;
  const label = [(q[0] + q[2] - p[0] - p[2]) / 2, (q[1] + q[3] - p[1] - p[3]) / 2] as const;
  const [lx, ly] = [label[0] / CELL_PX, label[1] / CELL_PX];

  const radius = Math.min(MOST_RADIUS, Math.max(LEAST_RADIUS, Math.round(Math.max(width, height) / 2)));
  const near = Math.max(Math.abs(lx), Math.abs(ly)) <= radius + REACH;
  const x0 = near ? Math.min(-radius, Math.floor(lx) - 1) : -radius;
  const y0 = near ? Math.min(-radius, Math.floor(ly) - 1) : -radius;
  const across = (near ? Math.max(radius, Math.ceil(lx) + 1) : radius) - x0 + 1;
  const down = (near ? Math.max(radius, Math.ceil(ly) + 1) : radius) - y0 + 1;
  const mark = kernels.mark();
  const deltas = (x: number, y: number, columns: number, rows: number): Uint32Array => {
    const out = kernels.alloc(4 * columns * rows);
    const { boxDeltas } = kernels.exports;
    boxDeltas(a.pointer, b.pointer, a.columns, a.rows, left, top, width, height, times128, x, y, columns, rows, out);
    return kernels.u32(out, columns * rows).slice();
  };
  const sums = deltas(x0, y0, across, down);
  const atLabel = near ? null : deltas(Math.floor(lx), Math.floor(ly), 2, 2);
  kernels.release(mark);

  const area = width * height;
  const cost = (x: number, y: number): number => {
    const [i, j] = [x - x0, y - y0];
    const sum = i < 0 || j < 0 || i >= across || j >= down ? 0xffffffff : (sums[j * across + i] ?? 0xffffffff);
    return sum === 0xffffffff ? Number.POSITIVE_INFINITY : sum / area;
  };
  let [bx, by, best] = [0, 0, Number.POSITIVE_INFINITY];
  for (let y = y0; y < y0 + down; y++) {
    for (let x = x0; x < x0 + across; x++) if (cost(x, y) < best) [bx, by, best] = [x, y, cost(x, y)];
  }
  let other = Number.POSITIVE_INFINITY;
  for (let y = y0; y < y0 + down; y++) {
    for (let x = x0; x < x0 + across; x++) if (Math.max(Math.abs(x - bx), Math.abs(y - by)) > 2) other = Math.min(other, cost(x, y));
  }
  const around = [0, 1].flatMap((i) => [0, 1].map((j) => cost(Math.floor(lx) + i, Math.floor(ly) + j)));
  const followed = atLabel ? Math.min(...atLabel) / area : Math.min(...around);
  const clear = best <= MOST_DIFFERENCE && best <= MOST_RATIO * other && other - best >= LEAST_RISE;
  const along = (dx: number, dy: number): number | null => {
    const rise = Math.min(cost(bx - 2 * dx, by - 2 * dy), cost(bx + 2 * dx, by + 2 * dy)) - best;
    const [low, high] = [cost(bx - dx, by - dy), cost(bx + dx, by + dy)];
    if (!clear || !Number.isFinite(low + high) || rise < LEAST_RISE || best > MOST_RATIO * (rise + best)) return null;
    // Differences rise in straight lines from their least: the vertex of two lines of the same slope.
    return CELL_PX * (dx * bx + dy * by + (low - high) / (2 * Math.max(low - best, high - best, 1e-9)));
  };
  return {
    track,
    centre: [(p[0] + p[2]) / 2, (p[1] + p[3]) / 2],
    size: [p[2] - p[0], p[3] - p[1]],
    label,
    pixels: [along(1, 0), along(0, 1)],
    best,
    followed: Number.isFinite(followed) && followed < 256 ? followed : 255,
    stayed: Math.min(255, cost(0, 0)),
  };
}
