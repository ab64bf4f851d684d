/**
 * time/sensor-offset: do the streams agree on when things happened, by what they saw and not by what they are stamped?
 *
 * A constant offset passes every test of stamps: the nearest stamp is always near. What several streams saw of the same motion does not lie:
 * the turns of the vehicle (gyroscope, poses, LiDAR, camera) and the standing objects that must stand still (poses against labels).
 * See docs/time-offsets.md.
 */
import { AMOUNT, type Conclusion, type Defect, defineCheck, type Options } from "../../check/check.ts";
import type { Seen } from "../../check/table.ts";
import { imageSteps, imageTable } from "../../columns/image-steps.ts";
import { imuRows, imuTable } from "../../columns/imu.ts";
import { type LabelTable, labelRows, labelTables } from "../../columns/labels.ts";
import { poseRows, poseTable } from "../../columns/poses.ts";
import { sweepSteps, sweepTable } from "../../columns/sweep-steps.ts";
import type { Kernels } from "../../kernels.ts";
import type { Rig } from "../../rig/rig.ts";
import { rounded } from "../../summary/seam.ts";
import type { Severity, StreamCensus, StreamInfo } from "../../types.ts";
import { closings, fused } from "./offset/loops.ts";
import { type Motion, motionOfImu, motionOfPoses, motionOfSteps } from "./offset/motion.ts";
import { type Offset, PAIR_DEFAULTS, type PairAnswer, pairOffset } from "./offset/pair.ts";
import { standingOffset } from "./offset/standing.ts";

const kinds = {
  offset: { severity: "warning", meaning: "two streams saw the same motion at different times by their stamps" },
  loop: { severity: "warning", meaning: "the offsets measured around a loop of streams do not add up to nothing" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

export const sensorOffset = defineCheck({
  id: "time/sensor-offset",
  title: "Do the streams agree on when things happened, by what they saw?",
  level: 1,
  needs: ["frames"],
  sees: [imuRows, poseRows, labelRows, sweepSteps, imageSteps],
  defaults: {
    /** Offsets are looked for between minus and plus this, ms. */
    maxOffsetMs: 2000,
    /** Without a rig: an offset is a finding when its interval lies wholly beyond. */
    toleranceMs: 5,
    /** The same where a camera takes part: exposure and readout belong to the image and are not in its stamp. */
    cameraToleranceMs: 25,
    /** No answer is given when the interval reaches further than this to either side. */
    mostHalfWidthMs: 25,
    /** A drive whose rate of turn varies by less is at rest, mrad/s. */
    leastRateMrad: 10,
  },
  ranges: {
    maxOffsetMs: { least: 1, most: 60_000 },
    toleranceMs: AMOUNT,
    cameraToleranceMs: AMOUNT,
    mostHalfWidthMs: AMOUNT,
    leastRateMrad: AMOUNT,
  },
  kinds,
  blindSpots: [
    "a vehicle at rest, or that never turns or changes speed: not_observable, never a pass",
    "an offset beyond 2 s: clocks that far apart are a matter of time/clock-model",
    "an offset all streams share",
    "an offset that comes and goes: the halves of the log are compared, not its seconds",
    "sweeps without a time per point may be stamped at their begin or their end: the interval is wider by half a sweep",
    "a camera's exposure and readout, which are part of the offset of its images: its interval is wider by 15 ms",
  ],

  conclude({ seen, streams, rig, kernels, partial }, options) {
    // A log cut short is asked again and again while it is read.
    if (partial) return [nothing("not_run", partial)];
    const asked = pairsToAsk(sourcesOf(seen), rig);
    if (asked.length === 0) return [nothing("not_observable", "fewer than two streams that show motion")];
    const answers = asked.map((pair) => ({ pair, answer: answer(pair, options, kernels) }));
    const measured = answers.flatMap(({ pair, answer: result }) =>
      "offset" in result && pair.a && pair.b ? [{ pair, offset: result.offset }] : [],
    );
    const edges = measured.map(({ pair, offset }) => ({ a: pair.a?.index ?? -1, b: pair.b?.index ?? -1, ...offset }));
    const closing = closings(edges);
    const together = fused(edges);
    return answers.map(({ pair, answer: result }) => {
      const at = measured.findIndex((one) => one.pair === pair);
      const loop = closing[at] ?? null;
      return conclusion(pair, result, loop && { ...loop, fusedS: together[at] ?? 0 }, streams, options);
    });
  },

  describe({ kind, observed, expected, from, to }) {
    if (kind === "loop")
      return `${from?.stream} to ${to?.stream}: offsets around a loop differ by ${observed["residualMs"]} ms, expected at most ${expected["allowedMs"]}`;
    const interval = `between ${observed["ciLowMs"]} and ${observed["ciHighMs"]} ms`;
    const later = `stamps of ${to?.stream} are ${observed["offsetMs"]} ms later than those of ${from?.stream} for the same motion`;
    return `${later} (${interval}), expected ${expected["offsetMs"]} ± ${expected["toleranceMs"]} ms`;
  },
});

function nothing(status: "not_run" | "not_observable", reason: string): Conclusion {
  return { status, reason, coverage: { items: 0, checked: 0 }, observed: {}, defects: [] };
}

/** A stream and what it shows. */
interface Source {
  readonly index: number;
  readonly info: StreamInfo;
  /** Null where it shows none. */
  readonly motion: Motion | null;
}

interface Asked {
  /** Null where the recording has no such stream. */
  readonly a: Source | null;
  readonly b: Source | null;
  readonly names: readonly [string, string];
  readonly expectedMs: number;
  readonly toleranceMs: number | null;
  readonly standing: boolean;
  readonly measure: (options: Options, kernels: Kernels) => PairAnswer;
}

interface Sources {
  readonly sources: readonly Source[];
  /** Label streams with 3D boxes of tracks, those with most frames first. */
  readonly boxed: readonly Source[];
  readonly standing: (a: Source, b: Source, options: Options) => PairAnswer;
}

function sourcesOf(seen: Seen): Sources {
  const imu = seen.of(imuRows).map((pieces) => pieces && imuTable(pieces));
  const poses = seen.of(poseRows).map((pieces) => pieces && poseTable(pieces));
  const sweeps = seen.of(sweepSteps).map((pieces) => pieces && sweepTable(pieces));
  const images = seen.of(imageSteps).map((pieces) => pieces && imageTable(pieces));
  const first = seen.streams.flatMap((_, i) => {
    const stamp = (imu[i] ?? poses[i] ?? sweeps[i] ?? images[i])?.stampNs[0];
    return stamp === undefined ? [] : [stamp];
  });
  const epochNs = first.reduce((least, stamp) => (stamp < least ? stamp : least), first[0] ?? 0n);
  const motionOf = (i: number): Motion | null => {
    const [samples, track, sweep, image] = [imu[i], poses[i], sweeps[i], images[i]];
    if (samples) return motionOfImu(samples, epochNs);
    if (track) return motionOfPoses(track, epochNs);
    if (sweep) return motionOfSteps(sweep.stampNs, sweep.turn, sweep.momentS, epochNs, sweep.unsureS);
    return image ? motionOfSteps(image.stampNs, image.turn, image.momentS, epochNs, image.unsureS) : null;
  };
  const sources = seen.streams.map((info, index) => ({ index, info, motion: info.stamps === "nominal" ? null : motionOf(index) }));
  const tables = seen.derive(labelTables);
  const frames = ({ index }: Source): number => tables[index]?.frames ?? 0;
  const boxed = sources.filter(({ index }) => hasTracks(tables[index] ?? null)).sort((a, b) => frames(b) - frames(a));
  return {
    sources,
    boxed,
    standing: (a, b, options) => {
      const [track, table] = [poses[a.index], tables[b.index]];
      if (!track || !table) return { reason: "no poses or no labels", peak: 0, contrast: 0 };
      return standingOffset(track, table, {
        maxOffsetS: (options["maxOffsetMs"] ?? 0) / 1e3,
        mostHalfWidthS: (options["mostHalfWidthMs"] ?? 0) / 1e3,
      });
    },
  };
}

function hasTracks(table: LabelTable | null): boolean {
  const labels = table?.labels;
  for (let row = 0; labels && row < labels.count; row++)
    if ((labels.track[row] ?? -1) >= 0 && Number.isFinite(labels.box3d[7 * row])) return true;
  return false;
}

/** What the rig states, or every pair there is. */
function pairsToAsk({ sources, boxed, standing }: Sources, rig: Rig | null): readonly Asked[] {
  const ask = (a: Source, b: Source, names: readonly [string, string], expectedMs: number, toleranceMs: number | null): Asked => {
    const withLabels = a.info.kind === "pose" && b.info.kind === "labels";
    const labelsFirst = b.info.kind === "pose" && a.info.kind === "labels";
    const measure = (options: Options, kernels: Kernels): PairAnswer => {
      if (withLabels) return standing(a, b, options);
      if (labelsFirst) return negated(standing(b, a, options));
      if (!a.motion || !b.motion) return { reason: `${(a.motion ? b : a).info.id} shows no motion`, peak: 0, contrast: 0 };
      return pairOffset(a.motion, b.motion, pairOptions(options), kernels);
    };
    return { a, b, names, expectedMs, toleranceMs, standing: withLabels || labelsFirst, measure };
  };
  const stated = rig?.offsets ?? [];
  if (stated.length > 0) {
    return stated.map(({ between, expectedMs, toleranceMs }) => {
      const [a, b] = between.map((id) => resolve(id, sources, boxed)) as [Source | null, Source | null];
      if (a && b) return ask(a, b, between, expectedMs, toleranceMs);
      const reason = `${a ? between[1] : between[0]} is not in the recording`;
      return { a, b, names: between, expectedMs, toleranceMs, standing: false, measure: () => ({ reason, peak: 0, contrast: 0 }) };
    });
  }
  const moving = sources.filter(({ motion }) => motion !== null).slice(0, MOST_STREAMS);
  const pairs = moving.flatMap((a, i) => moving.slice(i + 1).map((b) => ask(a, b, [a.info.id, b.info.id], 0, null)));
  const track = moving.find(({ info }) => info.kind === "pose");
  const labelled = boxed.find(({ info }) => info.stamps !== "nominal");
  return track && labelled ? [...pairs, ask(track, labelled, [track.info.id, labelled.info.id], 0, null)] : pairs;
}

/** 28 pairs. */
const MOST_STREAMS = 8;

/** `poses` and `labels` name the pose and label streams of a folder. */
function resolve(id: string, sources: readonly Source[], boxed: readonly Source[]): Source | null {
  const exact = sources.find(({ info }) => info.id === id);
  if (exact) return exact;
  if (id === "poses") return sources.find(({ info, motion }) => info.kind === "pose" && motion !== null) ?? null;
  return id === "labels" ? (boxed[0] ?? sources.find(({ info }) => info.kind === "labels") ?? null) : null;
}

function pairOptions(options: Options) {
  return {
    ...PAIR_DEFAULTS,
    maxOffsetS: (options["maxOffsetMs"] ?? 0) / 1e3,
    mostHalfWidthS: (options["mostHalfWidthMs"] ?? 0) / 1e3,
    leastRate: (options["leastRateMrad"] ?? 0) / 1e3,
  };
}

function negated(result: PairAnswer): PairAnswer {
  return "offset" in result ? { offset: { ...result.offset, offsetS: -result.offset.offsetS } } : result;
}

function answer({ measure }: Asked, options: Options, kernels: Kernels): PairAnswer {
  const mark = kernels.mark();
  const result = measure(options, kernels);
  kernels.release(mark);
  return result;
}

interface Loop {
  readonly residualS: number;
  readonly allowedS: number;
  readonly fusedS: number;
}

function conclusion(pair: Asked, result: PairAnswer, loop: Loop | null, streams: readonly StreamCensus[], options: Options): Conclusion {
  const between = { between: [...pair.names] };
  const [a, b] = [pair.a && streams[pair.a.index], pair.b && streams[pair.b.index]];
  const frames = (a?.frames ?? 0) + (b?.frames ?? 0);
  const place = { stream: pair.names[1], coverage: { items: frames, checked: "offset" in result ? frames : 0 } };
  if (!("offset" in result)) {
    const observed = { ...between, contrast: rounded(result.contrast, 2), correlation: rounded(result.peak, 4) };
    return { ...place, status: "not_observable", reason: result.reason, observed, defects: [] };
  }
  const { offset } = result;
  const observed = { ...between, ...figures(offset), ...(loop && { fusedMs: ms(loop.fusedS), loopMs: ms(loop.residualS) }) };
  const hasCamera = [pair.a, pair.b].some((source) => source?.info.kind === "image");
  const toleranceMs = pair.toleranceMs ?? options[hasCamera ? "cameraToleranceMs" : "toleranceMs"] ?? 0;
  const low = (offset.offsetS - offset.halfWidthS) * 1e3 - pair.expectedMs;
  const high = (offset.offsetS + offset.halfWidthS) * 1e3 - pair.expectedMs;
  const closes = loop ? Math.abs(loop.residualS) <= LOOP_SLACK * loop.allowedS : null;
  const signals = [...offset.signals, ...(closes ? ["loop"] : [])];
  const isOff = low > toleranceMs || high < -toleranceMs;
  const isWithin = low >= -toleranceMs && high <= toleranceMs;
  const range = (census: StreamCensus | null | undefined): readonly [number, number] => [0, Math.max(0, (census?.frames ?? 1) - 1)];
  const located = {
    severity: pair.toleranceMs === null ? ("warning" as const) : ("error" as const),
    stream: pair.names[1],
    frames: range(b),
    timeNs: b?.startNs != null && b.endNs != null ? ([b.startNs, b.endNs] as const) : null,
    from: { stream: pair.names[0], frames: range(a) },
    to: { stream: pair.names[1], frames: range(b) },
    signals,
  };
  const defects: Defect[] = [];
  if (isOff) defects.push({ kind: "offset", ...located, observed: figures(offset), expected: { offsetMs: pair.expectedMs, toleranceMs } });
  if (closes === false && loop) {
    const expected = { allowedMs: ms(LOOP_SLACK * loop.allowedS) };
    defects.push({
      kind: "loop",
      ...located,
      severity: "warning",
      observed: { residualMs: ms(loop.residualS), fusedMs: ms(loop.fusedS) },
      expected,
    });
  }
  const status = defects.length > 0 ? "fail" : isWithin || pair.toleranceMs === null ? "pass" : "not_observable";
  return {
    ...place,
    status,
    ...(status === "not_observable" && { reason: `the interval reaches beyond the tolerance of ${toleranceMs} ms` }),
    observed: { ...observed, signals: [...signals] },
    defects,
  };
}

/** Intervals are at 95 %; a loop is accused when it does not close by half as much again. */
const LOOP_SLACK = 1.5;

function figures(offset: Offset) {
  return {
    offsetMs: ms(offset.offsetS),
    ciLowMs: ms(offset.offsetS - offset.halfWidthS),
    ciHighMs: ms(offset.offsetS + offset.halfWidthS),
    excitation: rounded(offset.excitation, 4),
    noise: rounded(offset.noise, 5),
    contrast: rounded(Math.min(offset.contrast, 1e6), 2),
    correlation: rounded(offset.peak, 4),
  };
}

/** Seconds as milliseconds, to the microsecond. */
function ms(seconds: number): number {
  return rounded(seconds * 1e3, 3);
}
