/** An undamaged track set as rows, and how noisy each of its tracks is by itself: what decides what can be seen at all. */

import { inFixedFrame } from "../../../src/checks/labels/sequence/fixed-frame.ts";
import type { LabelTable } from "../../../src/columns/labels.ts";
import type { TrackSet } from "./sets.ts";

export interface Row {
  /** Frame it belongs to in truth; `frame` is where it is delivered. */
  readonly origin: number;
  frame: number;
  track: string;
  class: string;
  readonly annotator: string;
  readonly confidence: number;
  readonly ignored: boolean;
  readonly box2d: number[];
  readonly box3d: number[];
  /** Where it is, as delivered and in the frame of the poses: x y z, or left top right bottom. */
  readonly given: readonly number[];
  readonly fixed: readonly number[];
}

export type Space = "given" | "fixed";

export class Clean {
  readonly set: TrackSet;
  readonly rows: readonly Row[];
  /** Rows of each track, in order of frames. */
  readonly tracks = new Map<string, Row[]>();
  readonly byFrame: Row[][];
  readonly classes: readonly string[];
  readonly #at = new Map<string, Row>();
  readonly #noise = new Map<string, number>();

  constructor(set: TrackSet) {
    const { table } = set;
    this.set = set;
    this.rows = rowsOf(set);
    this.byFrame = Array.from({ length: table.frames }, () => []);
    for (const row of this.rows) {
      if (row.track === "" || row.ignored) continue;
      this.byFrame[row.frame]?.push(row);
      this.#at.set(`${row.frame} ${row.track}`, row);
      const track = this.tracks.get(row.track);
      if (track) track.push(row);
      else this.tracks.set(row.track, [row]);
    }
    this.classes = [...new Set([...this.tracks.values()].flat().map((row) => row.class))];
  }

  get frames(): number {
    return this.set.table.frames;
  }

  get is3d(): boolean {
    return this.set.dimensions === "3d";
  }

  at(track: string, frame: number): Row | undefined {
    return this.#at.get(`${frame} ${track}`);
  }

  /** Whether a track has a row in every frame from `first` to `last`. */
  has(track: string, first: number, last: number): boolean {
    for (let frame = first; frame <= last; frame++) if (!this.at(track, frame)) return false;
    return true;
  }

  /** Metres, or the median shift of the four edges in pixels. */
  distance(a: Row, b: Row, space: Space): number {
    return distance(this.is3d, a[space], b[space]);
  }

  /** `metres` in 3D, this share of the box's width in 2D. */
  reach(row: Row, metres: number, share: number): number {
    return this.is3d ? metres : share * width(row);
  }

  /** |place - straight line between the neighbours|; NaN where one is missing. */
  residual(track: string, frame: number, space: Space): number {
    const key = `${space} ${frame} ${track}`;
    const known = this.#noise.get(key);
    if (known !== undefined) return known;
    const [before, row, after] = [this.at(track, frame - 1), this.at(track, frame), this.at(track, frame + 1)];
    let value = Number.NaN;
    if (before && row && after) {
      const stamp = (f: number): number => Number((this.set.table.stampNs[f] ?? 0n) - (this.set.table.stampNs[frame] ?? 0n));
      const [t0, t2] = [stamp(frame - 1), stamp(frame + 1)];
      const share = t2 > t0 ? -t0 / (t2 - t0) : 0.5;
      const line = before[space].map((from, i) => from + ((after[space][i] ?? 0) - from) * share);
      value = distance(this.is3d, row[space], line);
    }
    this.#noise.set(key, value);
    return value;
  }

  /** n of the rule: the larger of the residual's median over 5 frames on each side and its value here. */
  noise(track: string, frame: number, space: Space): number {
    const around: number[] = [];
    for (let f = frame - 5; f <= frame + 5; f++) {
      const r = this.residual(track, f, space);
      if (Number.isFinite(r)) around.push(r);
    }
    around.sort((a, b) => a - b);
    const here = this.residual(track, frame, space);
    const middle = around[around.length >> 1] ?? 0;
    return Number.isFinite(here) ? Math.max(here, middle) : middle;
  }
}

export function width(row: Row): number {
  return Math.max(1, (row.box2d[2] ?? 0) - (row.box2d[0] ?? 0));
}

export function distance(is3d: boolean, a: readonly number[], b: readonly number[]): number {
  const off = a.map((value, i) => Math.abs(value - (b[i] ?? 0)));
  if (is3d) return Math.hypot(...off);
  off.sort((p, q) => p - q);
  return ((off[1] ?? 0) + (off[2] ?? 0)) / 2;
}

function rowsOf({ table, poses, dimensions }: TrackSet): readonly Row[] {
  const { labels } = table;
  const [pose] = poses;
  const fixed = dimensions === "3d" && pose ? inFixedFrame(table, pose, labels.frame) : null;
  return Array.from({ length: labels.count }, (_, i): Row => {
    const box2d = [...labels.box2d.subarray(4 * i, 4 * i + 4)];
    const box3d = [...labels.box3d.subarray(7 * i, 7 * i + 7)];
    const given = dimensions === "3d" ? box3d.slice(0, 3) : box2d.slice();
    const frame = labels.frame[i] ?? 0;
    return {
      origin: frame,
      frame,
      track: labels.tracks[labels.track[i] ?? -1] ?? "",
      class: labels.classes[labels.class[i] ?? -1] ?? "",
      annotator: labels.annotators[labels.annotator[i] ?? -1] ?? "",
      confidence: labels.confidence[i] ?? Number.NaN,
      ignored: labels.ignored[i] === 1,
      box2d,
      box3d,
      given,
      fixed: fixed ? [...fixed.subarray(4 * i, 4 * i + 3)] : given,
    };
  });
}

export function copied(row: Row, changes: Partial<Row> = {}): Row {
  return { ...row, box2d: [...row.box2d], box3d: [...row.box3d], ...changes };
}

/** Rows as a source would deliver them: by frame. */
export function tableOf({ table }: TrackSet, rows: readonly Row[]): LabelTable {
  const sorted = rows.toSorted((a, b) => a.frame - b.frame);
  const names = (of: (row: Row) => string): readonly [readonly string[], Int32Array] => {
    const index = new Map<string, number>();
    const values = sorted.map((row) => {
      const name = of(row);
      if (name === "") return -1;
      if (!index.has(name)) index.set(name, index.size);
      return index.get(name) ?? -1;
    });
    return [[...index.keys()], Int32Array.from(values)];
  };
  const [tracks, track] = names((row) => row.track);
  const [classes, cls] = names((row) => row.class);
  const [annotators, annotator] = names((row) => row.annotator);
  return {
    frames: table.frames,
    stampNs: table.stampNs,
    labels: {
      count: sorted.length,
      frame: Int32Array.from(sorted, (row) => row.frame),
      track,
      tracks,
      class: cls,
      classes,
      annotator,
      annotators,
      confidence: Float64Array.from(sorted, (row) => row.confidence),
      box2d: Float64Array.from(sorted.flatMap((row) => row.box2d)),
      box3d: Float64Array.from(sorted.flatMap((row) => row.box3d)),
      ignored: Uint8Array.from(sorted, (row) => (row.ignored ? 1 : 0)),
    },
  };
}
