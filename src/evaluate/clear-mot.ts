/**
 * How well tracks follow the truth: the CLEAR MOT figures (Bernardin and Stiefelhagen 2008, doi:10.1155/2008/246309), as the MOTChallenge
 * counts them.
 *
 * In each frame pairs of the frame before are kept while their boxes still overlap enough; the others are paired so that as many as
 * possible go together, and of those the ones that overlap most.
 */

import * as given from "../given.ts";
import { compileKernelsNow, Kernels } from "../kernels.ts";
import { lazy } from "../lazy.ts";
import { assign } from "./assignment.ts";

/** A box of a track. */
export interface TrackedBox {
  readonly frame: number;
  readonly track: string;
  /** left, top, right, bottom. */
  readonly box: readonly [number, number, number, number];
}

export interface ClearMot {
  readonly frames: number;
  /** Boxes of the truth, and of the tracks that are tested. */
  readonly objects: number;
  readonly predictions: number;
  readonly matches: number;
  readonly falsePositives: number;
  readonly misses: number;
  /** Objects whose track is another than the one they had last. */
  readonly switches: number;
  /** Times an object is lost and found again. */
  readonly fragmentations: number;
  /** Objects tracked in at least 80 %, 20 to 80 %, and less than 20 % of their frames. */
  readonly mostlyTracked: number;
  readonly partiallyTracked: number;
  readonly mostlyLost: number;
  /** 1 - (misses + false positives + switches) / objects; NaN without objects. */
  readonly mota: number;
  /** Mean of 1 - IoU over matches; NaN without matches. */
  readonly motp: number;
}

const shared = lazy(() => new Kernels(new WebAssembly.Instance(compileKernelsNow(), {})));

export interface ClearMotOptions {
  /** Boxes that overlap less do not go together. Above 0, at most 1; default 0.5. */
  readonly leastIou?: number | undefined;
}

const fields: given.Fields<ClearMotOptions> = { leastIou: given.number("a share above 0, at most 1", (n) => n > 0 && n <= 1) };
const frameNumber = given.integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const side = given.number("a finite number", Number.isFinite);

const boxes = given.listOf(
  "boxes",
  given.record<TrackedBox>("a box", { frame: frameNumber, track: given.text, box: given.tuple(4, side) }, ["frame", "track", "box"]),
);

/** @throws TypeError or RangeError for boxes or options that are none */
export function clearMot(truth: readonly TrackedBox[], tested: readonly TrackedBox[], options: ClearMotOptions = {}): ClearMot {
  const { leastIou = 0.5 } = given.optionsOf<ClearMotOptions>(options, fields);
  boxes(truth, "truth");
  boxes(tested, "tested");
  const [objects, predictions] = [byFrame(truth), byFrame(tested)];
  const frames = [...new Set([...objects.keys(), ...predictions.keys()])].sort((a, b) => a - b);
  /** The track each object had last, and whether in each of its frames it had one. */
  const last = new Map<string, string>();
  const history = new Map<string, boolean[]>();
  let [matches, switches, distance] = [0, 0, 0];
  for (const frame of frames) {
    const [own, other] = [objects.get(frame) ?? [], predictions.get(frame) ?? []];
    const apart = distances(own, other, leastIou);
    const partner = pairsOf(own, other, apart, last);
    for (const [i, { track }] of own.entries()) {
      const j = partner[i] ?? -1;
      const seen = history.get(track) ?? [];
      seen.push(j >= 0);
      history.set(track, seen);
      const now = other[j]?.track;
      if (now === undefined) continue;
      matches++;
      distance += apart[i * other.length + j] ?? 0;
      if (last.has(track) && last.get(track) !== now) switches++;
      last.set(track, now);
    }
  }
  const shares = [...history.values()].map((seen) => seen.filter((is) => is).length / seen.length);
  const misses = truth.length - matches;
  const falsePositives = tested.length - matches;
  return {
    frames: frames.length,
    objects: truth.length,
    predictions: tested.length,
    matches,
    falsePositives,
    misses,
    switches,
    fragmentations: [...history.values()].reduce((sum, seen) => sum + gapsWithin(seen), 0),
    mostlyTracked: shares.filter((share) => share >= 0.8).length,
    partiallyTracked: shares.filter((share) => share >= 0.2 && share < 0.8).length,
    mostlyLost: shares.filter((share) => share < 0.2).length,
    mota: truth.length === 0 ? Number.NaN : 1 - (misses + falsePositives + switches) / truth.length,
    motp: matches === 0 ? Number.NaN : distance / matches,
  };
}

function byFrame(boxes: readonly TrackedBox[]): ReadonlyMap<number, readonly TrackedBox[]> {
  const frames = new Map<number, TrackedBox[]>();
  for (const box of boxes) {
    const own = frames.get(box.frame);
    if (own) own.push(box);
    else frames.set(box.frame, [box]);
  }
  return frames;
}

/** 1 - IoU of every object with every prediction; Infinity where they overlap too little. */
function distances(own: readonly TrackedBox[], other: readonly TrackedBox[], leastIou: number): Float64Array {
  const kernels = shared();
  const mark = kernels.mark();
  const count = own.length * other.length;
  const put = (column: Float64Array | Int32Array): number => kernels.put(new Uint8Array(column.buffer));
  const [a, b] = [own, other].map((boxes) => put(Float64Array.from(boxes.flatMap(({ box }) => box)))) as [number, number];
  const pairs = put(
    Int32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? Math.floor(i / 2 / other.length) : (i >> 1) % other.length)),
  );
  const out = kernels.alloc(8 * count);
  kernels.exports.axisIou(a, b, pairs, count, out);
  const apart = new Float64Array(kernels.exports.memory.buffer, out, count).map((iou) =>
    iou >= leastIou ? 1 - iou : Number.POSITIVE_INFINITY,
  );
  kernels.release(mark);
  return apart;
}

/** The prediction of each object, -1 where it has none. */
function pairsOf(
  own: readonly TrackedBox[],
  other: readonly TrackedBox[],
  apart: Float64Array,
  last: ReadonlyMap<string, string>,
): Int32Array {
  const partner = new Int32Array(own.length).fill(-1);
  const taken = new Set<number>();
  for (const [i, { track }] of own.entries()) {
    const j = other.findIndex((one, k) => one.track === last.get(track) && !taken.has(k));
    if (j < 0 || apart[i * other.length + j] === Number.POSITIVE_INFINITY) continue;
    partner[i] = j;
    taken.add(j);
  }
  const [rows, columns] = [[...own.keys()].filter((i) => partner[i] === -1), [...other.keys()].filter((j) => !taken.has(j))];
  const cost = Float64Array.from(rows.flatMap((i) => columns.map((j) => apart[i * other.length + j] ?? 0)));
  for (const [r, c] of assign(cost, rows.length, columns.length).entries()) partner[rows[r] ?? -1] = c < 0 ? -1 : (columns[c] ?? -1);
  return partner;
}

/** How often it is lost between two times it is there. */
function gapsWithin(seen: readonly boolean[]): number {
  const [first, last] = [seen.indexOf(true), seen.lastIndexOf(true)];
  let gaps = 0;
  for (let i = first + 1; i <= last; i++) if (!seen[i] && seen[i - 1]) gaps++;
  return gaps;
}
