/**
 * Payload sizes of a stream against each other: a raw image always has the same size, a JPEG or a point cloud varies
 * around a median. Which of the two a stream is, its own sizes tell.
 */
import type { Options } from "../check/check.ts";
import type { FrameColumns, StreamInfo } from "../types.ts";
import { type Histogram, HistogramBuilder, median, spread } from "./histogram.ts";
import { type Largest, LargestBuilder, type Ranked } from "./largest.ts";
import { joinNeighbours, type Run, type Runs, RunsBuilder } from "./runs.ts";

/** Runs of equal size that are kept: enough for 100 changes there and back. */
export const KEPT_SIZE_RUNS = 300;

/** A frame and its size; negated for the smallest. */
export interface SizePlace extends Ranked {
  readonly stampNs: bigint;
}

export interface SizeColumns {
  /** Bytes of the payloads that have any. */
  readonly sizes: Histogram;
  /** Runs of frames of equal size, the size their tag. */
  readonly sizeRuns: Runs;
  readonly biggest: Largest<SizePlace>;
  readonly smallest: Largest<SizePlace>;
}

/** @param judged false for streams whose sizes say nothing: then the columns stay empty */
export function observeSizes({ count, bytes, stampNs }: FrameColumns, judged: boolean): SizeColumns {
  const sizes = new HistogramBuilder();
  const sizeRuns = new RunsBuilder(stampNs, KEPT_SIZE_RUNS);
  const biggest = new LargestBuilder<SizePlace>();
  const smallest = new LargestBuilder<SizePlace>();
  for (let i = 0; judged && i < count; i++) {
    const size = bytes[i] ?? 0;
    if (size === 0) continue;
    sizes.add(size);
    sizeRuns.add(i, i, size, size);
    if (biggest.wants(size)) biggest.add({ value: size, index: i, stampNs: stampNs[i] ?? 0n });
    if (smallest.wants(-size)) smallest.add({ value: -size, index: i, stampNs: stampNs[i] ?? 0n });
  }
  return { sizes: sizes.finish(), sizeRuns: sizeRuns.finish(), biggest: biggest.finish(), smallest: smallest.finish() };
}

export interface SizeChanges {
  /** How the stream was judged. */
  readonly rule: "fixed" | "varying" | "too few frames" | "not judged";
  /** `worst` of a run is the size in bytes. */
  readonly changes: readonly { readonly run: Run; readonly usual: number }[];
}

/** Share of frames that may have another size in a stream of fixed size, and be outliers in one that varies. */
const FIXED_SHARE = 0.05;
const OUTLIER_SHARE = 0.01;
const FEW_OUTLIERS = 3;

export function sizeChanges(columns: SizeColumns, info: StreamInfo, options: Options): SizeChanges {
  const { sizes, sizeRuns } = columns;
  // Key frames of a video are many times larger than the frames between them.
  if ((info.kind !== "image" && info.kind !== "points") || /Video/.test(info.type)) return { rule: "not judged", changes: [] };
  if (sizes.count < (options["minSizeFrames"] ?? 0)) return { rule: "too few frames", changes: [] };
  if (sizeRuns.runs <= 1 + 2 * Math.ceil(FIXED_SHARE * sizes.count)) {
    const usual = mostCommon(sizeRuns.kept);
    const changes = sizeRuns.kept.filter(({ tag }) => tag !== usual).slice(0, 100);
    return { rule: "fixed", changes: changes.map((run) => ({ run, usual })) };
  }
  const usual = median(sizes);
  return { rule: "varying", changes: outliers(columns, usual, options).map((run) => ({ run, usual })) };
}

/** The size most frames have; of equals the first. */
function mostCommon(runs: readonly Run[]): number {
  const frames = new Map<number, number>();
  for (const { first, last, tag } of runs) frames.set(Number(tag), (frames.get(Number(tag)) ?? 0) + last - first + 1);
  return [...frames].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0])[0];
}

/** Far from the median by ratio and by the stream's own spread. Many such are no outliers but what the stream is like. */
function outliers({ sizes, biggest, smallest }: SizeColumns, usual: number, options: Options): readonly Run[] {
  const ratio = options["sizeRatio"] ?? Number.POSITIVE_INFINITY;
  const distance = (options["sizeMads"] ?? 0) * spread(sizes, usual);
  const stands = (size: number): boolean => Math.abs(size - usual) > distance;
  const places = [
    ...biggest.filter(({ value }) => value > ratio * usual && stands(value)).map((place) => ({ ...place, tag: "larger" })),
    ...smallest
      .filter(({ value }) => -value * ratio < usual && stands(-value))
      .map((place) => ({ ...place, tag: "smaller", value: -place.value })),
  ].sort((a, b) => a.index - b.index);
  if (places.length > Math.max(FEW_OUTLIERS, OUTLIER_SHARE * sizes.count)) return [];
  const runs: Run[] = [];
  for (const { value, index, stampNs, tag } of places) {
    const run: Run = { first: index, last: index, startNs: stampNs, endNs: stampNs, worst: value, tag };
    const last = runs.at(-1);
    const joined = last && joinNeighbours(last, run);
    if (joined) runs[runs.length - 1] = joined;
    else runs.push(run);
  }
  return runs.slice(0, 100);
}
