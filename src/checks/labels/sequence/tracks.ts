/**
 * Labels as tracks: who follows whom, where each box is expected from its neighbours in time, and how far off it is.
 *
 * One space per table: 3D centres in metres, or the four edges of 2D boxes in pixels. 2D boxes breathe edge by edge
 * (gait, clipping, occlusion), so the distance between two of them is the median over the edges; edges at the image
 * border say nothing and are left out.
 */
import type { LabelTable } from "../../../columns/labels.ts";
import type { StreamInfo } from "../../../types.ts";

export type Dimensions = "2d" | "3d";

/** Values a row: x y z and 0, or left top right bottom. */
export const WIDTH = 4;
/** Neighbours further apart than this in frames say nothing about what lies between. */
export const MOST_GAP_FRAMES = 3;
/** An edge this near the border of the image is clipped. */
const BORDER_PX = 2;

/** Tracks that can be repaired: rows change frames and tracks while faults are found, never their values. */
export class Tracks {
  readonly table: LabelTable;
  readonly dimensions: Dimensions;
  /** f64[WIDTH * rows]. */
  readonly place: Float64Array;
  /** By row. */
  readonly frame: Int32Array;
  /** By row; -1 where it has no track, is to be ignored, is no box, or repeats its track within a frame. */
  readonly track: Int32Array;
  /** By track: its rows in order of frames. */
  readonly rows: number[][];
  /** By frame, in seconds from the first. */
  readonly seconds: Float64Array;
  /** By row, a bit for every edge at the border; empty in 3D. */
  readonly edges: Uint8Array;
  readonly #frames: number[][];
  readonly #forgotten = new Set<number>();

  constructor(table: LabelTable, dimensions: Dimensions, { imageSize }: Pick<StreamInfo, "imageSize">, place?: Float64Array) {
    const { labels, frames, stampNs } = table;
    this.table = table;
    this.dimensions = dimensions;
    this.place = place ?? placesOf(table, dimensions);
    this.frame = labels.frame.slice();
    this.track = new Int32Array(labels.count).fill(-1);
    this.#frames = Array.from({ length: frames }, () => []);
    this.rows = labels.tracks.map(() => []);
    this.seconds = secondsOf(stampNs, frames);
    this.edges = new Uint8Array(dimensions === "2d" ? labels.count : 0);
    for (let row = 0; row < labels.count; row++) {
      const track = labels.track[row] ?? -1;
      const rows = this.rows[track];
      if (!rows || labels.ignored[row] || !this.#isPlaced(row)) continue;
      const last = rows.at(-1);
      if (last !== undefined && (this.frame[last] ?? 0) >= (this.frame[row] ?? 0)) continue;
      this.track[row] = track;
      rows.push(row);
      this.#frames[this.frame[row] ?? 0]?.push(row);
      if (dimensions === "2d" && imageSize) this.edges[row] = this.#clipped(row, imageSize.width, imageSize.height);
    }
  }

  #isPlaced(row: number): boolean {
    for (let i = WIDTH * row; i < WIDTH * (row + 1); i++) if (!Number.isFinite(this.place[i])) return false;
    return true;
  }

  /** A bit for every edge at the border. */
  #clipped(row: number, width: number, height: number): number {
    const [left, top, right, bottom] = this.place.subarray(WIDTH * row, WIDTH * row + 4);
    return (
      ((left ?? 0) <= BORDER_PX ? 1 : 0) |
      ((top ?? 0) <= BORDER_PX ? 2 : 0) |
      ((right ?? 0) >= width - 1 - BORDER_PX ? 4 : 0) |
      ((bottom ?? 0) >= height - 1 - BORDER_PX ? 8 : 0)
    );
  }

  /** True where a 2D box touches the border. */
  isClipped(row: number): boolean {
    return (this.edges[row] ?? 0) !== 0;
  }

  /** Width of the box in the space's unit: what distances are measured by in 2D. */
  size(row: number): number {
    if (this.dimensions === "3d") return 1;
    return Math.max(1, (this.place[WIDTH * row + 2] ?? 0) - (this.place[WIDTH * row] ?? 0));
  }

  /** Distance between where `row` is and an expected place (at `at` in `expected`), in metres or pixels. */
  gap(row: number, expected: Float64Array, at = 0): number {
    const { place } = this;
    const o = WIDTH * row;
    if (this.dimensions === "3d") {
      const x = (place[o] ?? 0) - (expected[at] ?? 0);
      const y = (place[o + 1] ?? 0) - (expected[at + 1] ?? 0);
      const z = (place[o + 2] ?? 0) - (expected[at + 2] ?? 0);
      return Math.sqrt(x * x + y * y + z * z);
    }
    const clipped = this.edges[row] ?? 0;
    const off: number[] = [];
    for (let e = 0; e < 4; e++) if (((clipped >> e) & 1) === 0) off.push(Math.abs((place[o + e] ?? 0) - (expected[at + e] ?? 0)));
    return off.length === 0 ? 0 : median(off);
  }

  /**
   * How `row` as a whole is displaced from an expected place, in metres or widths, to `out`: x, y, z, and how much its edges disagree
   * about it. An edge at the border has no say; without its opposite it speaks for both.
   */
  displacement(row: number, expected: Float64Array, out: Float64Array): void {
    const o = WIDTH * row;
    const off = (d: number): number => (this.place[o + d] ?? 0) - (expected[d] ?? 0);
    out.fill(0);
    if (this.dimensions === "3d") {
      for (let d = 0; d < 3; d++) out[d] = off(d);
      return;
    }
    const clipped = this.edges[row] ?? 0;
    const size = this.size(row);
    for (let d = 0; d < 2; d++) {
      const [low, high] = [(clipped >> d) & 1, (clipped >> (d + 2)) & 1];
      const [a, b] = [low ? off(d + 2) : off(d), high ? off(d) : off(d + 2)];
      if (low && high) continue;
      out[d] = (a + b) / 2 / size;
      out[3] = Math.max(out[3] ?? 0, Math.abs(a - b) / 2 / size);
    }
  }

  /** Row of a track at position `i` of its list, if its frame is within reach of `frame`. */
  near(track: number, i: number, frame: number): number {
    const row = this.rows[track]?.[i] ?? -1;
    return row >= 0 && Math.abs((this.frame[row] ?? 0) - frame) <= MOST_GAP_FRAMES ? row : -1;
  }

  /** Where rows `a` and `b` of one object put it in `frame`, to `out`: between them or beyond, on a straight line in time. */
  line(a: number, b: number, frame: number, out: Float64Array): void {
    const ta = this.seconds[this.frame[a] ?? 0] ?? 0;
    const tb = this.seconds[this.frame[b] ?? 0] ?? 0;
    const share = ((this.seconds[frame] ?? 0) - ta) / (tb - ta);
    for (let i = 0; i < WIDTH; i++) {
      const from = this.place[WIDTH * a + i] ?? 0;
      out[i] = from + ((this.place[WIDTH * b + i] ?? 0) - from) * share;
    }
  }

  /** Where the cubic through four rows of one object puts it in `frame`, to `out`. */
  cubic(rows: readonly number[], frame: number, out: Float64Array): void {
    const t = this.seconds[frame] ?? 0;
    const times = rows.map((row) => this.seconds[this.frame[row] ?? 0] ?? 0);
    out.fill(0);
    for (const [j, row] of rows.entries()) {
      let share = 1;
      for (const [m, time] of times.entries()) if (m !== j) share *= (t - time) / ((times[j] ?? 0) - time);
      for (let i = 0; i < WIDTH; i++) out[i] = (out[i] ?? 0) + share * (this.place[WIDTH * row + i] ?? 0);
    }
  }

  /** |place - the straight line between its neighbours| of the row at position `i` of a track; NaN without both. */
  residual(track: number, i: number, out: Float64Array = new Float64Array(WIDTH)): number {
    const row = this.rows[track]?.[i] ?? -1;
    const frame = this.frame[row] ?? 0;
    const before = this.near(track, i - 1, frame);
    const after = this.near(track, i + 1, frame);
    if (row < 0 || before < 0 || after < 0) return Number.NaN;
    this.line(before, after, frame, out);
    return this.gap(row, out);
  }

  /** Position of the track's row in `frame`, or -1. */
  indexAt(track: number, frame: number): number {
    const rows = this.rows[track] ?? [];
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.frame[rows[middle] ?? 0] ?? 0) < frame) low = middle + 1;
      else high = middle;
    }
    return this.frame[rows[low] ?? -1] === frame ? low : -1;
  }

  rowAt(track: number, frame: number): number {
    return this.rows[track]?.[this.indexAt(track, frame)] ?? -1;
  }

  /** Rows of a frame, of those that have a track now. */
  inFrame(frame: number): readonly number[] {
    return this.#frames[frame] ?? [];
  }

  /** Gives each row of a cycle to the track of the one before it, in one frame. `cycle[i]`'s box is where `cycle[i - 1]` should be. */
  exchange(cycle: readonly number[], frame: number): void {
    const at = cycle.map((track) => this.indexAt(track, frame));
    const rows = cycle.map((track, i) => this.rows[track]?.[at[i] ?? -1] ?? -1);
    for (const [i, track] of cycle.entries()) this.#put(track, at[i] ?? -1, rows[(i + 1) % rows.length] ?? -1);
  }

  /** The same from `frame` on. */
  exchangeFrom(cycle: readonly number[], frame: number): void {
    const tails = cycle.map((track) => {
      const rows = this.rows[track] ?? [];
      const first = rows.findIndex((row) => (this.frame[row] ?? 0) >= frame);
      return first < 0 ? [] : rows.splice(first);
    });
    for (const [i, track] of cycle.entries()) {
      const tail = tails[(i + 1) % tails.length] ?? [];
      this.rows[track]?.push(...tail);
      for (const row of tail) this.track[row] = track;
    }
  }

  /** The label sets of two frames change places. */
  exchangeFrames(a: number, b: number): void {
    for (const rows of this.rows) {
      let touched = false;
      for (const row of rows) {
        const frame = this.frame[row];
        if (frame !== a && frame !== b) continue;
        this.frame[row] = frame === a ? b : a;
        touched = true;
      }
      if (touched) rows.sort((x, y) => (this.frame[x] ?? 0) - (this.frame[y] ?? 0));
    }
    [this.#frames[a], this.#frames[b]] = [this.#frames[b] ?? [], this.#frames[a] ?? []];
  }

  /** Rows of frames [first, last] say nothing from now on. */
  forget(first: number, last: number): void {
    for (let frame = first; frame <= last; frame++) {
      this.#forgotten.add(frame);
      for (const row of this.#frames[frame] ?? []) this.track[row] = -1;
      if (this.#frames[frame]) this.#frames[frame] = [];
    }
    for (const rows of this.rows) {
      const kept = rows.filter((row) => (this.frame[row] ?? 0) < first || (this.frame[row] ?? 0) > last);
      if (kept.length === rows.length) continue;
      rows.length = 0;
      for (const row of kept) rows.push(row);
    }
  }

  /** The same tracks, as repaired so far, in another frame of reference. */
  placed(place: Float64Array): Tracks {
    const other = new Tracks(this.table, this.dimensions, {}, place);
    other.frame.set(this.frame);
    other.track.set(this.track);
    for (const [track, rows] of this.rows.entries()) other.rows[track] = [...rows];
    for (const [frame, rows] of this.#frames.entries()) other.#frames[frame] = [...rows];
    for (const frame of this.#forgotten) other.#forgotten.add(frame);
    return other;
  }

  isForgotten(frame: number): boolean {
    return this.#forgotten.has(frame);
  }

  #put(track: number, at: number, row: number): void {
    const rows = this.rows[track];
    if (!rows || at < 0 || row < 0) return;
    rows[at] = row;
    this.track[row] = track;
  }
}

function placesOf({ labels }: LabelTable, dimensions: Dimensions): Float64Array {
  if (dimensions === "2d") return labels.box2d;
  const place = new Float64Array(WIDTH * labels.count);
  for (let row = 0; row < labels.count; row++) {
    for (let i = 0; i < 3; i++) place[WIDTH * row + i] = labels.box3d[7 * row + i] ?? Number.NaN;
  }
  return place;
}

/** Seconds from the first frame; frame numbers where the stamps do not rise. */
function secondsOf(stampNs: BigInt64Array, frames: number): Float64Array {
  const seconds = new Float64Array(frames);
  const first = stampNs[0] ?? 0n;
  for (let f = 0; f < frames; f++) seconds[f] = Number((stampNs[f] ?? 0n) - first) / 1e9;
  for (let f = 1; f < frames; f++) if (!((seconds[f] ?? 0) > (seconds[f - 1] ?? 0))) return seconds.map((_, i) => i);
  return seconds;
}

/** Mean of the middle two where their number is even; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
