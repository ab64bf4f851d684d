/**
 * Tracks on one object: they lie on each other frame after frame. Those that lie on each other two by two are one group, and one
 * fault, however many pairs they make.
 */
import type { Kernels } from "../../../kernels.ts";
import { type FaultList, MOST_NAMED } from "./faults.ts";
import { type Tracks, WIDTH } from "./tracks.ts";

/** Frames two boxes must share a place in. */
const LEAST_FRAMES = 5;
/** Intersection over union, of 3D boxes from above. */
const LEAST_IOU = 0.9;
/** Boxes that overlap so much are no further apart along one axis than this share of their size. */
const REACH = 0.11;
/** Boxes of a frame on each side that one is compared with, at most: a million on one spot take no more. */
const MOST_NEAR = 50;
/** Pairs of boxes that are measured together. */
const BATCH = 4096;

/**
 * Tells `faults` the groups.
 *
 * @returns whether two tracks are of one group
 * O(rows * log(rows)), and `MOST_NEAR` a row where boxes crowd
 */
export function duplicateGroups(tracks: Tracks, kernels: Kernels, faults: FaultList): (a: number, b: number) => boolean {
  if (longTracks(tracks) < 2) return () => false;
  const frames = sortedFrames(tracks);
  const groups = new Groups(tracks.count);
  const together = new Together(tracks, kernels);
  for (let track = 0; track < tracks.count; track++) {
    if (tracks.lengthOf(track) < LEAST_FRAMES) continue;
    for (const row of tracks.rowsOf(track)) {
      eachNear(tracks, frames, row, (a, b) => {
        const other = tracks.track[a === row ? b : a] ?? -1;
        // Of a crowd that is known for one nobody needs all pairs.
        if (other > track && !(groups.isOne(track, other) && groups.size(track) > MOST_NEAR)) together.add(a, b, other);
      });
    }
    together.finish((other, count, first, last) => groups.join(track, other, count, first, last));
  }
  together.release();
  tell(tracks, groups, faults);
  return (a, b) => groups.isOne(a, b);
}

/** Tracks that have boxes in enough frames. */
function longTracks(tracks: Tracks): number {
  let count = 0;
  for (let track = 0; track < tracks.count; track++) if (tracks.lengthOf(track) >= LEAST_FRAMES) count++;
  return count;
}

/** Rows of tracks long enough, by frame, then along the first axis, then by track; and where each row stands. */
interface SortedFrames {
  readonly rows: Int32Array;
  readonly start: Int32Array;
  readonly placeOf: Int32Array;
  /** How far apart two boxes of a frame can be at most. */
  readonly reach: Float64Array;
}

function sortedFrames(tracks: Tracks): SortedFrames {
  const { frames, labels } = tracks.table;
  const start = new Int32Array(frames + 1);
  const rows = new Int32Array(labels.count);
  const reach = new Float64Array(frames);
  const placeOf = new Int32Array(labels.count).fill(-1);
  const x = (row: number): number => tracks.place[WIDTH * row] ?? 0;
  let at = 0;
  for (let frame = 0; frame < frames; frame++) {
    for (const row of tracks.inFrame(frame)) {
      if (tracks.lengthOf(tracks.track[row] ?? -1) < LEAST_FRAMES) continue;
      rows[at++] = row;
      reach[frame] = Math.max(reach[frame] ?? 0, reachOf(tracks, row));
    }
    start[frame + 1] = at;
    rows.subarray(start[frame], at).sort((a, b) => x(a) - x(b) || (tracks.track[a] ?? 0) - (tracks.track[b] ?? 0));
  }
  for (let i = 0; i < at; i++) placeOf[rows[i] ?? 0] = i;
  return { rows, start, placeOf, reach };
}

function reachOf(tracks: Tracks, row: number): number {
  const { box3d } = tracks.table.labels;
  return REACH * (tracks.dimensions === "3d" ? Math.max(box3d[7 * row + 3] ?? 0, box3d[7 * row + 4] ?? 0) : tracks.size(row));
}

/** Pairs of `row` and one of the same frame that may overlap with it, in order along the axis: reach is that of the first. */
function eachNear(
  tracks: Tracks,
  { rows, start, placeOf, reach }: SortedFrames,
  row: number,
  tell: (first: number, second: number) => void,
): void {
  const frame = tracks.frame[row] ?? 0;
  const at = placeOf[row] ?? -1;
  const { place } = tracks;
  const isNear = (a: number, b: number, most: number): boolean => {
    // In every axis: which of them points up depends on the format.
    for (let d = 0; d < 3; d++) if (Math.abs((place[WIDTH * a + d] ?? 0) - (place[WIDTH * b + d] ?? 0)) > most) return false;
    return true;
  };
  const own = reachOf(tracks, row);
  const [from, to] = [Math.max(start[frame] ?? 0, at - MOST_NEAR + 1), Math.min(start[frame + 1] ?? 0, at + MOST_NEAR)];
  for (let i = at + 1; i < to; i++) {
    const other = rows[i] ?? -1;
    if ((place[WIDTH * other] ?? 0) - (place[WIDTH * row] ?? 0) > own) break;
    if (isNear(row, other, own)) tell(row, other);
  }
  for (let i = at - 1; i >= from; i--) {
    const other = rows[i] ?? -1;
    if ((place[WIDTH * row] ?? 0) - (place[WIDTH * other] ?? 0) > (reach[frame] ?? 0)) break;
    if (isNear(other, row, reachOf(tracks, other))) tell(other, row);
  }
}

/** Counts the frames in which other tracks lie on one. */
class Together {
  readonly #kernels: Kernels;
  readonly #is3d: boolean;
  readonly #from: Float64Array;
  readonly #tracks: Tracks;
  readonly #mark: number;
  /** Boxes of pairs, one behind the other. */
  readonly #boxes: Float64Array;
  /** In kernel memory: these boxes, their numbers, and what comes of it. */
  readonly #at: number;
  readonly #pairs: number;
  readonly #out: number;
  readonly #frame = new Int32Array(BATCH);
  readonly #other = new Int32Array(BATCH);
  #waiting = 0;
  /** By track. */
  readonly #count: Int32Array;
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  #touched: number[] = [];

  constructor(tracks: Tracks, kernels: Kernels) {
    this.#tracks = tracks;
    this.#kernels = kernels;
    this.#is3d = tracks.dimensions === "3d";
    this.#from = this.#is3d ? tracks.table.labels.box3d : tracks.table.labels.box2d;
    this.#mark = kernels.mark();
    this.#boxes = new Float64Array(this.#width * 2 * BATCH);
    this.#at = kernels.alloc(this.#boxes.byteLength);
    this.#pairs = kernels.put(new Uint8Array(Int32Array.from({ length: 2 * BATCH }, (_, i) => i).buffer));
    this.#out = kernels.alloc(8 * 2 * BATCH);
    this.#count = new Int32Array(tracks.count);
    this.#first = new Int32Array(tracks.count);
    this.#last = new Int32Array(tracks.count);
  }

  get #width(): number {
    return this.#is3d ? 7 : 4;
  }

  /** Rows of one frame, of the track in question and of track `other`; frames must not go back. */
  add(a: number, b: number, other: number): void {
    const [width, at] = [this.#width, this.#waiting++];
    for (let i = 0; i < width; i++) {
      this.#boxes[2 * width * at + i] = this.#from[width * a + i] ?? Number.NaN;
      this.#boxes[2 * width * at + width + i] = this.#from[width * b + i] ?? Number.NaN;
    }
    this.#frame[at] = this.#tracks.frame[a] ?? 0;
    this.#other[at] = other;
    if (this.#waiting === BATCH) this.#measure();
  }

  /** Tells the tracks that lie on this one, and begins with the next. */
  finish(tell: (other: number, count: number, first: number, last: number) => void): void {
    this.#measure();
    for (const other of this.#touched) {
      const count = this.#count[other] ?? 0;
      if (count >= LEAST_FRAMES) tell(other, count, this.#first[other] ?? 0, this.#last[other] ?? 0);
      this.#count[other] = 0;
    }
    if (this.#touched.length > 0) this.#touched = [];
  }

  release(): void {
    this.#kernels.release(this.#mark);
  }

  #measure(): void {
    if (this.#waiting === 0) return;
    const { exports } = this.#kernels;
    const each = this.#is3d ? 2 : 1;
    const used = this.#boxes.subarray(0, 2 * this.#width * this.#waiting);
    new Float64Array(exports.memory.buffer, this.#at, used.length).set(used);
    exports[this.#is3d ? "orientedIou" : "axisIou"](this.#at, this.#at, this.#pairs, this.#waiting, this.#out);
    const iou = new Float64Array(exports.memory.buffer, this.#out, each * this.#waiting);
    for (let i = 0; i < this.#waiting; i++) {
      if (!((iou[each * i] ?? 0) > LEAST_IOU)) continue;
      const [other, frame] = [this.#other[i] ?? 0, this.#frame[i] ?? 0];
      if (this.#count[other] === 0) {
        this.#touched.push(other);
        this.#first[other] = frame;
      }
      this.#count[other] = (this.#count[other] ?? 0) + 1;
      this.#last[other] = frame;
    }
    this.#waiting = 0;
  }
}

/** Disjoint sets of tracks, each with the frames it was found in. The root is the smallest of a set. */
class Groups {
  readonly #parent: Int32Array;
  readonly #size: Int32Array;
  /** By root: the most frames two of them are together, the first and the last frame of any two. */
  readonly together: Int32Array;
  readonly first: Int32Array;
  readonly last: Int32Array;

  constructor(tracks: number) {
    this.#parent = Int32Array.from({ length: tracks }, (_, track) => track);
    this.#size = new Int32Array(tracks).fill(1);
    this.together = new Int32Array(tracks);
    this.first = new Int32Array(tracks).fill(0x7fffffff);
    this.last = new Int32Array(tracks).fill(-1);
  }

  root(track: number): number {
    let at = track;
    while (this.#parent[at] !== at) {
      this.#parent[at] = this.#parent[this.#parent[at] ?? 0] ?? 0;
      at = this.#parent[at] ?? 0;
    }
    return at;
  }

  isOne(a: number, b: number): boolean {
    return this.root(a) === this.root(b);
  }

  size(track: number): number {
    return this.#size[this.root(track)] ?? 1;
  }

  join(a: number, b: number, count: number, first: number, last: number): void {
    const [p, q] = [this.root(a), this.root(b)];
    const [to, from] = [Math.min(p, q), Math.max(p, q)];
    if (to !== from) {
      this.#parent[from] = to;
      this.#size[to] = (this.#size[to] ?? 0) + (this.#size[from] ?? 0);
    }
    this.together[to] = Math.max(this.together[to] ?? 0, this.together[from] ?? 0, count);
    this.first[to] = Math.min(this.first[to] ?? 0, this.first[from] ?? 0, first);
    this.last[to] = Math.max(this.last[to] ?? 0, this.last[from] ?? 0, last);
  }
}

function tell(tracks: Tracks, groups: Groups, faults: FaultList): void {
  const names = new Map<number, string[]>();
  for (let track = 0; track < tracks.count; track++) {
    const root = groups.root(track);
    if (groups.size(root) < 2) continue;
    const list = names.get(root) ?? [];
    names.set(root, list);
    list.push(tracks.table.labels.tracks[track] ?? "");
  }
  for (const [root, list] of names) {
    const framesTogether = groups.together[root] ?? 0;
    faults.add({
      kind: "duplicate",
      frames: [groups.first[root] ?? 0, groups.last[root] ?? 0],
      tracks: list.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).slice(0, MOST_NAMED),
      weight: (list.length - 1) * framesTogether,
      observed: { framesTogether, ...(list.length > 2 && { tracks: list.length }) },
      expected: { framesTogether: 0 },
      signals: ["place and size"],
    });
  }
}
