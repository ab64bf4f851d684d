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
  /** How many names there are. */
  readonly count: number;
  /** f64[WIDTH * rows]. */
  readonly place: Float64Array;
  /** By row. */
  readonly frame: Int32Array;
  /** By row; -1 where it has no track, is to be ignored, is no box, or repeats its track within a frame. */
  readonly track: Int32Array;
  /** By frame, in seconds from the first. */
  readonly seconds: Float64Array;
  /** By row, a bit for every edge at the border; empty in 3D. */
  readonly edges: Uint8Array;
  /** Rows of each track in order of frames, one track behind the other: where it begins, and how many it has. */
  #rows: Int32Array;
  #start: Int32Array;
  #length: Int32Array;
  /** Of tracks that have exchanged the rest of their rows with others. */
  readonly #exchanged = new Map<number, Int32Array>();
  /** Rows of each frame, one set behind the other; and which of the sets a frame has. */
  #sets: Int32Array;
  #setStart: Int32Array;
  #setOf: Int32Array;
  readonly #forgotten: Uint8Array;

  constructor(table: LabelTable, dimensions: Dimensions, { imageSize }: Pick<StreamInfo, "imageSize">, place?: Float64Array) {
    const { labels, frames, stampNs } = table;
    this.table = table;
    this.dimensions = dimensions;
    this.count = labels.tracks.length;
    this.place = place ?? placesOf(table, dimensions);
    this.frame = labels.frame.slice();
    this.track = new Int32Array(labels.count).fill(-1);
    this.seconds = secondsOf(stampNs, frames);
    this.edges = new Uint8Array(dimensions === "2d" ? labels.count : 0);
    this.#start = new Int32Array(this.count);
    this.#length = new Int32Array(this.count);
    this.#setStart = new Int32Array(frames + 1);
    this.#setOf = Int32Array.from({ length: frames }, (_, frame) => frame);
    this.#forgotten = new Uint8Array(frames);
    const last = new Int32Array(this.count).fill(-1);
    let rows = 0;
    for (let row = 0; row < labels.count; row++) {
      const track = labels.track[row] ?? -1;
      const frame = this.frame[row] ?? 0;
      if (track < 0 || labels.ignored[row] || !this.#isPlaced(row) || (last[track] ?? -1) >= frame) continue;
      last[track] = frame;
      this.track[row] = track;
      this.#length[track] = (this.#length[track] ?? 0) + 1;
      this.#setStart[frame + 1] = (this.#setStart[frame + 1] ?? 0) + 1;
      rows++;
      if (dimensions === "2d" && imageSize) this.edges[row] = this.#clipped(row, imageSize.width, imageSize.height);
    }
    for (let track = 1; track < this.count; track++) this.#start[track] = (this.#start[track - 1] ?? 0) + (this.#length[track - 1] ?? 0);
    for (let frame = 0; frame < frames; frame++)
      this.#setStart[frame + 1] = (this.#setStart[frame + 1] ?? 0) + (this.#setStart[frame] ?? 0);
    this.#rows = new Int32Array(rows);
    this.#sets = new Int32Array(rows);
    const next = this.#start.slice();
    const free = this.#setStart.slice();
    for (let row = 0; row < labels.count; row++) {
      const track = this.track[row] ?? -1;
      if (track < 0) continue;
      const frame = this.frame[row] ?? 0;
      const [at, to] = [next[track] ?? 0, free[frame] ?? 0];
      this.#rows[at] = row;
      this.#sets[to] = row;
      next[track] = at + 1;
      free[frame] = to + 1;
    }
  }

  /** How many rows a track has. */
  lengthOf(track: number): number {
    return this.#length[track] ?? 0;
  }

  /** The row at position `i` of a track; -1 beyond its ends. */
  rowOf(track: number, i: number): number {
    if (i < 0 || i >= this.lengthOf(track)) return -1;
    const own = this.#exchanged.size > 0 ? this.#exchanged.get(track) : undefined;
    return own ? (own[i] ?? -1) : (this.#rows[(this.#start[track] ?? 0) + i] ?? -1);
  }

  /** All of them, in order of frames: a view, good until rows change. */
  rowsOf(track: number): Int32Array {
    const length = this.lengthOf(track);
    const start = this.#start[track] ?? 0;
    return (this.#exchanged.get(track) ?? this.#rows.subarray(start, start + length)).subarray(0, length);
  }

  #isPlaced(row: number): boolean {
    for (let i = WIDTH * row; i < WIDTH * (row + 1); i++) if (!Number.isFinite(this.place[i])) return false;
    return true;
  }

  /** A bit for every edge at the border. */
  #clipped(row: number, width: number, height: number): number {
    const edge = (i: number): number => this.place[WIDTH * row + i] ?? 0;
    return (
      (edge(0) <= BORDER_PX ? 1 : 0) |
      (edge(1) <= BORDER_PX ? 2 : 0) |
      (edge(2) >= width - 1 - BORDER_PX ? 4 : 0) |
      (edge(3) >= height - 1 - BORDER_PX ? 8 : 0)
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
    // The first three of four edges at most, in order: asked too often for an array.
    let [count, a, b, c] = [0, 0, 0, 0];
    for (let e = 0; e < 4; e++) {
      if (((clipped >> e) & 1) === 1) continue;
      const off = Math.abs((place[o + e] ?? 0) - (expected[at + e] ?? 0));
      if (count === 0 || off < a) {
        c = b;
        b = a;
        a = off;
      } else if (count === 1 || off < b) {
        c = b;
        b = off;
      } else if (count === 2 || off < c) c = off;
      count++;
    }
    return count === 4 ? (b + c) / 2 : count === 3 ? b : count === 2 ? (a + b) / 2 : a;
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
    const row = this.rowOf(track, i);
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
    const row = this.rowOf(track, i);
    const frame = this.frame[row] ?? 0;
    const before = this.near(track, i - 1, frame);
    const after = this.near(track, i + 1, frame);
    if (row < 0 || before < 0 || after < 0) return Number.NaN;
    this.line(before, after, frame, out);
    return this.gap(row, out);
  }

  /** Position of the track's row in `frame`, or -1. */
  indexAt(track: number, frame: number): number {
    const at = this.#indexFrom(track, frame);
    return this.frame[this.rowOf(track, at)] === frame ? at : -1;
  }

  /** Position of the track's first row in `frame` or later. */
  #indexFrom(track: number, frame: number): number {
    let low = 0;
    let high = this.lengthOf(track);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.frame[this.rowOf(track, middle)] ?? 0) < frame) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  rowAt(track: number, frame: number): number {
    return this.rowOf(track, this.indexAt(track, frame));
  }

  /** Rows of a frame, of those that have a track now. */
  inFrame(frame: number): Int32Array {
    const set = this.#setOf[frame] ?? -1;
    return set < 0 ? NO_ROWS : this.#sets.subarray(this.#setStart[set], this.#setStart[set + 1]);
  }

  /** Gives each row of a cycle to the track of the one before it, in one frame. `cycle[i]`'s box is where `cycle[i - 1]` should be. */
  exchange(cycle: readonly number[], frame: number): void {
    const at = cycle.map((track) => this.indexAt(track, frame));
    const rows = cycle.map((track, i) => this.rowOf(track, at[i] ?? -1));
    for (const [i, track] of cycle.entries()) this.#put(track, at[i] ?? -1, rows[(i + 1) % rows.length] ?? -1);
  }

  /** The same from `frame` on. */
  exchangeFrom(cycle: readonly number[], frame: number): void {
    const heads = cycle.map((track) => this.rowsOf(track).slice(0, this.#indexFrom(track, frame)));
    const tails = cycle.map((track) => this.rowsOf(track).slice(this.#indexFrom(track, frame)));
    for (const [i, track] of cycle.entries()) {
      const [head, tail] = [heads[i] ?? NO_ROWS, tails[(i + 1) % tails.length] ?? NO_ROWS];
      const rows = new Int32Array(head.length + tail.length);
      rows.set(head);
      rows.set(tail, head.length);
      this.#exchanged.set(track, rows);
      this.#length[track] = rows.length;
      for (const row of tail) this.track[row] = track;
    }
  }

  /** The label sets of a frame and the next one change places. */
  exchangeFrames(frame: number): void {
    const [now, then] = [this.inFrame(frame), this.inFrame(frame + 1)];
    for (const row of now) {
      const track = this.track[row] ?? -1;
      const at = this.indexAt(track, frame);
      const next = this.rowOf(track, at + 1);
      if (this.frame[next] !== frame + 1) continue;
      this.#put(track, at, next);
      this.#put(track, at + 1, row);
    }
    for (const row of now) this.frame[row] = frame + 1;
    for (const row of then) this.frame[row] = frame;
    const [a, b] = [this.#setOf[frame] ?? -1, this.#setOf[frame + 1] ?? -1];
    this.#setOf[frame] = b;
    this.#setOf[frame + 1] = a;
  }

  /** Rows of these frames, each first and last, say nothing from now on. */
  forget(ranges: readonly (readonly [number, number])[]): void {
    if (ranges.length === 0) return;
    for (const [first, last] of ranges) {
      for (let frame = Math.max(0, first); frame <= last; frame++) {
        for (const row of this.inFrame(frame)) this.track[row] = -1;
        if (frame < this.#setOf.length) this.#setOf[frame] = -1;
        this.#forgotten[frame] = 1;
      }
    }
    for (let track = 0; track < this.count; track++) {
      const rows = this.rowsOf(track);
      let kept = 0;
      for (const row of rows) if (this.track[row] === track) rows[kept++] = row;
      this.#length[track] = kept;
    }
  }

  /** The same tracks, as repaired so far, in another frame of reference. */
  placed(place: Float64Array): Tracks {
    const other = new Tracks(this.table, this.dimensions, {}, place);
    other.frame.set(this.frame);
    other.track.set(this.track);
    [other.#rows, other.#start, other.#length] = [this.#rows.slice(), this.#start, this.#length.slice()];
    [other.#sets, other.#setStart, other.#setOf] = [this.#sets, this.#setStart, this.#setOf.slice()];
    for (const [track, rows] of this.#exchanged) other.#exchanged.set(track, rows.slice());
    other.#forgotten.set(this.#forgotten);
    return other;
  }

  isForgotten(frame: number): boolean {
    return this.#forgotten[frame] === 1;
  }

  #put(track: number, at: number, row: number): void {
    if (at < 0 || row < 0) return;
    const own = this.#exchanged.get(track);
    if (own) own[at] = row;
    else this.#rows[(this.#start[track] ?? 0) + at] = row;
    this.track[row] = track;
  }
}

const NO_ROWS = new Int32Array(0);

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
export function median(values: ArrayLike<number>): number {
  return middleOf(Float64Array.from(values).sort());
}

/** The same of values that ascend. */
export function middleOf(sorted: Float64Array): number {
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
