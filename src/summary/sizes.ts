/**
 * Payload sizes of a stream against each other: a raw image always has the same size, a JPEG or a point cloud varies
 * around a median. Which of the two a stream is, its own sizes tell.
 */
import type { Options } from "../check/check.ts";
import type { FrameColumns, StreamInfo } from "../types.ts";
import { countWithin, type Histogram, HistogramBuilder, histogramOf, median, mergeHistograms, spread } from "./histogram.ts";
import { gravestRuns, isSplit, joinNeighbours, joinRuns, type Run, type Runs, RunsBuilder, shiftRuns } from "./runs.ts";

export interface SizeColumns {
  /** Bytes of the payloads that have any. */
  readonly sizes: Histogram;
  /** Those of frames that are as large as the frame before: what there are fewer of than of `sizes` are runs. */
  readonly repeated: Histogram;
  /** Runs of frames of equal size, the size their tag; kept are the largest, and the smallest, whose figures are negated. */
  readonly largest: Runs;
  readonly smallest: Runs;
}

/** @param judged false for streams whose sizes say nothing: then the columns stay empty */
export function observeSizes({ count, bytes, stampNs }: FrameColumns, judged: boolean): SizeColumns {
  const sizes = new HistogramBuilder();
  const repeated = new HistogramBuilder();
  const largest = new RunsBuilder(stampNs);
  const smallest = new RunsBuilder(stampNs);
  for (let i = 0; judged && i < count; i++) {
    const size = bytes[i] ?? 0;
    if (size === 0) continue;
    sizes.add(size);
    if (i > 0 && size === bytes[i - 1]) repeated.add(size);
    largest.add(i, i, size, size);
    smallest.add(i, i, -size, size);
  }
  return { sizes: sizes.finish(), repeated: repeated.finish(), largest: largest.finish(), smallest: smallest.finish() };
}

/** @param frames frames of the left part: places of `right` move by so many */
export function mergeSizes(left: SizeColumns, right: SizeColumns, frames: number): SizeColumns {
  const largest = shiftRuns(right.largest, frames);
  const seam = histogramOf(isSplit(left.largest, largest) ? [Number(largest.head?.tag)] : []);
  return {
    sizes: mergeHistograms(left.sizes, right.sizes),
    repeated: mergeHistograms(mergeHistograms(left.repeated, seam), right.repeated),
    largest: joinRuns(left.largest, largest),
    smallest: joinRuns(left.smallest, shiftRuns(right.smallest, frames)),
  };
}

export interface SizeChanges {
  /** How the stream was judged. */
  readonly rule: "fixed" | "varying" | "too few frames" | "not judged";
  /** `tag` of a run is the size in bytes, or which way it is off; `worst` the size. */
  readonly changes: readonly Run[];
  /** Runs in all, also those that `changes` does not hold. */
  readonly runs: number;
  readonly usual: number;
}

/** Share of frames that may have another size in a stream of fixed size, and be outliers in one that varies. */
const FIXED_SHARE = 0.05;
const OUTLIER_SHARE = 0.01;
const FEW_OUTLIERS = 3;

export function sizeChanges(columns: SizeColumns, info: StreamInfo, options: Options): SizeChanges {
  const { sizes, largest } = columns;
  const none = { changes: [], runs: 0, usual: 0 };
  // Key frames of a video are many times larger than the frames between them.
  if ((info.kind !== "image" && info.kind !== "points") || /Video/.test(info.type)) return { ...none, rule: "not judged" };
  if (sizes.count < (options["minSizeFrames"] ?? 0)) return { ...none, rule: "too few frames" };
  if (largest.runs <= 1 + 2 * Math.ceil(FIXED_SHARE * sizes.count)) {
    const { usual, runs } = usualSize(columns);
    const changes = extremes(columns, (run) => run.tag !== usual);
    return { rule: "fixed", changes, runs: Math.max(changes.length, largest.runs - runs), usual };
  }
  const usual = median(sizes);
  return { rule: "varying", usual, ...outliers(columns, usual, options) };
}

/** The size most frames have, of equals the first, and how many runs have it. */
function usualSize({ sizes, repeated, largest }: SizeColumns): { readonly usual: number; readonly runs: number } {
  const { kept, rest } = gravestRuns(largest);
  if (!rest) {
    const frames = new Map<number, number>();
    for (const { first, last, tag } of kept) frames.set(Number(tag), (frames.get(Number(tag)) ?? 0) + last - first + 1);
    const [usual] = [...frames].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0]);
    return { usual, runs: kept.filter(({ tag }) => tag === usual).length };
  }
  const { rows } = sizes;
  let most = 0;
  for (let i = 4; i < rows.length; i += 4) if ((rows[i + 1] ?? 0) > (rows[most + 1] ?? 0)) most = i;
  const [low, high] = [rows[most + 2] ?? 0, rows[most + 3] ?? 0];
  return { usual: Math.round((low + high) / 2), runs: countWithin(sizes, low, high) - countWithin(repeated, low, high) };
}

/** Frames and runs whose sizes lie outside of [low, high]: to the bins' 0.1 %. */
function countOutside({ sizes, repeated }: SizeColumns, low: number, high: number): { readonly frames: number; readonly runs: number } {
  const frames = sizes.count - countWithin(sizes, low, high);
  return { frames, runs: frames - (repeated.count - countWithin(repeated, low, high)) };
}

/** The runs of `is` among the largest and the smallest, in order. */
function extremes({ largest, smallest }: SizeColumns, is: (run: Run) => boolean): readonly Run[] {
  const byPlace = new Map([largest, smallest].flatMap((runs) => gravestRuns(runs).kept).map((run) => [run.first, run]));
  return [...byPlace.values()]
    .map((run) => ({ ...run, worst: Math.abs(run.worst) }))
    .filter(is)
    .sort((a, b) => a.first - b.first);
}

/** Far from the median by ratio and by the stream's own spread. Many such are no outliers but what the stream is like. */
function outliers(columns: SizeColumns, usual: number, options: Options): Pick<SizeChanges, "changes" | "runs"> {
  const { sizes, largest } = columns;
  const ratio = options["sizeRatio"] ?? Number.POSITIVE_INFINITY;
  const distance = (options["sizeMads"] ?? 0) * spread(sizes, usual);
  const [low, high] = [Math.min(usual / ratio, usual - distance), Math.max(ratio * usual, usual + distance)];
  const isOut = ({ worst: size }: Run): boolean => (size > ratio * usual || size * ratio < usual) && Math.abs(size - usual) > distance;
  const places = extremes(columns, isOut).map((run): Run => ({ ...run, tag: run.worst > usual ? "larger" : "smaller" }));
  const located = places.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const all = gravestRuns(largest).rest ? countOutside(columns, low, high) : { frames: 0, runs: 0 };
  if (Math.max(located, all.frames) > Math.max(FEW_OUTLIERS, OUTLIER_SHARE * sizes.count)) return { changes: [], runs: 0 };
  const runs: Run[] = [];
  for (const run of places) {
    const last = runs.at(-1);
    const joined = last && joinNeighbours(last, run);
    if (joined) runs[runs.length - 1] = joined;
    else runs.push(run);
  }
  return { changes: runs, runs: all.frames > located ? all.runs : runs.length };
}
