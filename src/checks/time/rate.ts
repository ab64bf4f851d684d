/**
 * time/rate: does a stream keep its rate, and where is it silent?
 *
 * The stream is measured against itself: the median gap is its period. A gap is then judged by how many periods it
 * lasts, so a lost frame (a gap of two periods) is loss and not jitter. A stream whose gaps do not agree has no
 * rate to keep (events, transforms, latched topics) and is not judged, unless the rig says what it should do.
 *
 * Where stamps go back, the gap that such a step undoes was never a silence: one stamp an hour ahead is a matter of
 * order. Figures are then taken over the believed gaps alone, and not at all where too many to tell apart are undone.
 */
import { AMOUNT, type Conclusion, type Context, type Defect, defineStreamCheck, type Options, SHARE } from "../../check/check.ts";
import { countWithin, type Histogram, HistogramBuilder, median, mergeHistograms, quantileOf, weights } from "../../summary/histogram.ts";
import { KEPT_LARGEST, type Largest, LargestBuilder, mergeLargest, type Ranked } from "../../summary/largest.ts";
import { type Before, gravestRuns, joinRuns, type Runs, RunsBuilder, shiftRuns, timesOf } from "../../summary/runs.ts";
import {
  Clock,
  type Edge,
  edgeAt,
  LONGEST_NS,
  ms,
  nsBetween,
  rounded,
  type Strip,
  seamStrip,
  shiftEdge,
  stampedStrip,
} from "../../summary/seam.ts";
import { mergeValueSpans, spanWithin, type ValueSpans, ValueSpansBuilder } from "../../summary/value-spans.ts";
import type { More, Severity, StreamInfo } from "../../types.ts";

/** Silence before frame `index`; `value` is its length in ns, or its share for each frame where some have no stamp. */
interface Gap extends Ranked {
  /** Frames since the one before with a stamp: 1 unless frames between have none. They were there all the same. */
  readonly since: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** The same gap by the recorder's clock, ns. */
  readonly logNs: number;
}

interface Pairs {
  /** Ascending neighbours only, ns. */
  readonly gaps: Histogram;
  /** Their sum, whole gaps; exact beyond 2^53. */
  readonly advanceNs: bigint;
  readonly longest: Largest<Gap>;
  /** Where gaps of each length lie. */
  readonly spans: ValueSpans;
  /** Steps back: a gap around the stamp before or the late one is a matter of order. */
  readonly late: Runs;
}

interface Summary extends Pairs {
  readonly frames: number;
  /** Frames with a stamp to believe. */
  readonly stamped: number;
  readonly earliestNs: bigint;
  readonly latestNs: bigint;
  /** First and last frame whose stamp is set. */
  readonly first: Edge | null;
  readonly last: Edge | null;
}

/** Neighbouring set stamps. */
function gapRule(strip: Strip): Pairs {
  const clock = new Clock(strip.stampNs);
  const log = new Clock(strip.logNs);
  const gaps = new HistogramBuilder();
  const longest = new LargestBuilder<Gap>();
  const spans = new ValueSpansBuilder(strip.stampNs);
  const late = new RunsBuilder(strip.stampNs);
  let advanceNs = 0n;
  let carried = 0;
  let before = -1;
  const beforeIt = (): Before => ({ frame: strip.index?.[before] ?? before, ns: strip.stampNs[before] ?? 0n });
  for (let row = 0; row < strip.count; row++) {
    if (clock.isZero(row)) continue;
    if (before >= 0) {
      const frame = strip.index?.[row] ?? row;
      const since = frame - (strip.index?.[before] ?? before);
      const whole = clock.between(before, row);
      const gap = since === 1 ? whole : Math.floor(whole / since);
      if (gap < 0) late.add(frame, row, -gap, undefined, undefined, beforeIt);
      else if (gap > 0) {
        gaps.add(gap);
        spans.add(gap, frame, before, row);
        if (carried + whole > LONGEST_NS) {
          advanceNs += BigInt(carried);
          carried = 0;
        }
        carried += whole;
        if (longest.wants(gap)) {
          const [startNs, endNs] = [strip.stampNs[before] ?? 0n, strip.stampNs[row] ?? 0n];
          longest.add({ value: gap, index: frame, since, startNs, endNs, logNs: log.between(before, row) });
        }
      }
    }
    before = row;
  }
  return {
    gaps: gaps.finish(),
    advanceNs: advanceNs + BigInt(carried),
    longest: longest.finish(),
    spans: spans.finish(),
    late: late.finish(),
  };
}

/** @param frames added to the places of `right.longest`; runs are already numbered in the left part's frames */
function joinPairs(left: Pairs, right: Pairs, frames = 0): Pairs {
  return {
    gaps: mergeHistograms(left.gaps, right.gaps),
    advanceNs: left.advanceNs + right.advanceNs,
    longest: mergeLargest(left.longest, right.longest, frames),
    spans: mergeValueSpans(left.spans, right.spans, frames),
    late: joinRuns(left.late, right.late),
  };
}

function shift(s: Summary, frames: number): Summary {
  return {
    ...s,
    late: shiftRuns(s.late, frames),
    first: s.first && shiftEdge(s.first, frames),
    last: s.last && shiftEdge(s.last, frames),
  };
}

const kinds = {
  gap: {
    severity: "warning",
    meaning:
      "silence: longer than the stream's own period allows (info for plain messages that are not steady), or than the rig's maxGapMs (error)",
  },
  rate: { severity: "error", meaning: "the rate is not the rig's" },
  jitter: { severity: "info", meaning: "gaps scatter by more than a quarter of the period (warning when the rig states a rate)" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

export const rate = defineStreamCheck<Summary>({
  id: "time/rate",
  title: "Does each stream keep its rate, and where is it silent?",
  level: 0,
  needs: ["frames"],
  defaults: {
    /** Silence longer than this many periods. */
    maxGapPeriods: 2.5,
    /** The same for a stream whose p95 jitter is below `steadyJitter` periods: one lost frame shows. */
    maxSteadyGapPeriods: 1.75,
    steadyJitter: 0.1,
    /** A stream is periodic when this share of its gaps lies within `periodTolerance` of the median. */
    minPeriodicShare: 0.8,
    periodTolerance: 0.25,
    minFrames: 10,
    rateTolerance: 0.05,
    maxJitter: 0.25,
  },
  ranges: {
    maxGapPeriods: { least: 1 },
    maxSteadyGapPeriods: { least: 1 },
    steadyJitter: AMOUNT,
    minPeriodicShare: SHARE,
    periodTolerance: SHARE,
    minFrames: { least: 2 },
    rateTolerance: AMOUNT,
    maxJitter: AMOUNT,
  },
  kinds,
  absent: "no stream",
  blindSpots: [
    "streams without a regular rate of their own, unless the rig states rateHz or maxGapMs",
    "frames lost before the first or after the last one: see time/modality",
    "a rate that changes within the recording: such a stream has no regular rate",
    "a whole recording at the wrong rate, unless the rig states rateHz",
    "single lost frames of a stream that jitters by more than 10 % of its period, or that only has the recorder's clock",
    "silence around a stamp that goes back: see time/order",
    "no verdict where stamps are nominal (made from a frame number), or go back too often to tell silence from disorder",
  ],
  appliesTo: () => true,

  observe(block, { stream }) {
    const strip = stampedStrip(block, stream);
    const clock = new Clock(strip.stampNs);
    let first = -1;
    let last = -1;
    let stamped = 0;
    let low = 0;
    let high = 0;
    for (let row = 0; row < strip.count; row++) {
      if (clock.isZero(row)) continue;
      if (first < 0) {
        first = row;
        low = row;
        high = row;
      } else if (clock.between(low, row) < 0) low = row;
      else if (clock.between(high, row) > 0) high = row;
      last = row;
      stamped++;
    }
    return {
      ...gapRule(strip),
      frames: strip.count,
      stamped,
      earliestNs: strip.stampNs[low] ?? 0n,
      latestNs: strip.stampNs[high] ?? 0n,
      first: first < 0 ? null : edgeAt(strip, first),
      last: last < 0 ? null : edgeAt(strip, last),
    };
  },

  merge(left, unshifted, { touching, skipped }) {
    const before = left.frames + skipped;
    const right = shift(unshifted, before);
    const seam = touching && left.last && right.first ? gapRule(seamStrip(left.last, right.first)) : null;
    const [low, high] = !left.first ? [right, right] : !right.first ? [left, left] : [left, right];
    return {
      ...joinPairs(seam ? joinPairs(left, seam) : left, right, before),
      frames: before + right.frames,
      stamped: left.stamped + right.stamped,
      earliestNs: low.earliestNs < high.earliestNs ? low.earliestNs : high.earliestNs,
      latestNs: low.latestNs > high.latestNs ? low.latestNs : high.latestNs,
      first: left.first ?? right.first,
      last: right.last ?? left.last,
    };
  },

  answer(summary, { info }, context, options) {
    const rig = context.rig?.streams?.find(({ id }) => id === info.id);
    const frames = summary?.frames ?? 0;
    if (info.stamps === "nominal") return silent("stamps are nominal", frames);
    if (!summary || frames === 0) return silent("no frames", frames);
    if (summary.stamped === 0) return silent("no stamp is set", frames);
    const few = summary.stamped < (rig ? 3 : (options["minFrames"] ?? 0));
    if (few || summary.gaps.count === 0) return silent("too few frames", frames);
    return judge(summary, info, rig ?? {}, options);
  },

  describe({ kind, frames, observed, expected }) {
    const [first, last] = frames ?? [0, 0];
    switch (kind) {
      case "gap":
        return `silent for ${observed["gapMs"]} ms between frames ${first} and ${last}, ${lost(Number(observed["missingFrames"]))}`;
      case "rate":
        return `${observed["rateHz"]} Hz where the rig states ${expected["rateHz"]} Hz`;
      default:
        return `gaps scatter by ${observed["jitterMs"]} ms around ${observed["medianMs"]} ms`;
    }
  },
});

function lost(frames: number): string {
  return frames === 0 ? "no frame lost" : `about ${frames} ${frames === 1 ? "frame" : "frames"} lost`;
}

function silent(reason: string, frames: number, observed: Conclusion["observed"] = {}): Conclusion {
  return { status: "not_observable", reason, coverage: { items: frames, checked: 0 }, observed, defects: [] };
}

type Stated = Pick<NonNullable<NonNullable<Context["rig"]>["streams"]>[number], "rateHz" | "maxGapMs">;

/** Of a stream whose stamps go back, silence must be less than this share of the time for its figures to be told. */
const SANE_COVERAGE = 0.5;

function judge(summary: Summary, info: StreamInfo, rig: Stated, options: Options): Conclusion {
  const { gaps, stamped, frames, earliestNs, latestNs } = summary;
  const option = (name: string): number => options[name] ?? 0;
  const medianNs = median(gaps);
  const tolerance = option("periodTolerance");
  const regular = countWithin(gaps, (1 - tolerance) * medianNs, (1 + tolerance) * medianNs) / (stamped - 1);
  const periodic = stamped >= option("minFrames") && regular >= option("minPeriodicShare");
  const believed = believe(summary);
  if (believed.steps < 1) return silent(STAMPS_GO_BACK, frames);
  const meanHz = (1e9 * believed.steps) / believed.timeNs;
  const observed: Record<string, number> = {
    rateHz: rounded(meanHz),
    medianMs: ms(medianNs),
    longestGapMs: ms(believed.longestNs),
  };
  if (!periodic && rig.rateHz === undefined && rig.maxGapMs === undefined) {
    return silent("no regular rate", frames, { ...observed, regularShare: rounded(regular, 4) });
  }

  const rigPeriodNs = rig.rateHz ? 1e9 / rig.rateHz : null;
  const periodNs = periodic ? medianNs : (rigPeriodNs ?? medianNs);
  const rateHz = periodic ? 1e9 / medianNs : meanHz;
  const otherRate = rig.rateHz !== undefined && Math.abs(rateHz / rig.rateHz - 1) > option("rateTolerance");
  const jitterNs = quantileOf(gaps, (gap) => offBeat(gap, periodNs), 0.95);
  const steady = periodic && jitterNs <= option("steadyJitter") * periodNs;
  const longPeriods = option(steady && info.stamps === "sensor" ? "maxSteadyGapPeriods" : "maxGapPeriods");
  const statedNs = rig.maxGapMs !== undefined ? 1e6 * rig.maxGapMs : longPeriods * periodNs;
  // A stream that runs at another rate as a whole is one finding, not one for each of its periods.
  const limitNs = otherRate ? Math.max(statedNs, longPeriods * medianNs) : statedNs;
  const long = silences(summary, believed.gaps, limitNs, periodNs);
  // A plain message stream that is not steady may just have had nothing to say (a mouse at rest).
  const severity = rig.maxGapMs !== undefined ? "error" : info.kind !== "bytes" || steady || rig.rateHz !== undefined ? "warning" : "info";
  const defects: Defect[] = long.kept.map((gap) => gapDefect(gap, rigPeriodNs ?? periodNs, limitNs, severity, info));
  const more = moreGaps(summary, long, limitNs, severity);
  const whole = { frames: [0, frames - 1], timeNs: [earliestNs, latestNs], signals: ["stamp"] } as const;

  if (otherRate && rig.rateHz !== undefined) {
    defects.push({
      kind: "rate",
      severity: "error",
      ...whole,
      observed: { rateHz: rounded(rateHz) },
      expected: { rateHz: rig.rateHz, tolerance: option("rateTolerance") },
    });
  }
  if (periodic && info.stamps === "sensor" && jitterNs > option("maxJitter") * periodNs) {
    defects.push({
      kind: "jitter",
      severity: rig.rateHz !== undefined ? "warning" : "info",
      ...whole,
      observed: { jitterMs: ms(jitterNs), medianMs: ms(medianNs) },
      expected: { jitterMs: ms(option("maxJitter") * periodNs) },
    });
  }
  const failed = defects.some(({ severity }) => severity !== "info");
  const coverage = Math.max(0, 1 - long.silentNs / believed.timeNs);
  const doubtful = long.count > long.kept.length || coverage < SANE_COVERAGE;
  if (!failed && summary.late.runs > 0 && doubtful) return { ...silent(STAMPS_GO_BACK, frames, { medianMs: ms(medianNs) }), defects, more };
  return {
    status: failed ? "fail" : "pass",
    coverage: { items: frames, checked: stamped },
    observed: {
      ...observed,
      medianHz: rounded(1e9 / medianNs),
      jitterMs: ms(jitterNs),
      gaps: long.count,
      coverage: rounded(coverage, 4),
    },
    defects,
    more,
  };
}

/** Gaps that are not among the longest kept. */
function moreGaps({ spans }: Summary, { kept, count }: Silences, limitNs: number, severity: Severity): readonly More[] {
  const span = spanWithin(spans, limitNs, LONGEST_NS);
  if (count <= kept.length || !span) return [];
  const timeNs = timesOf(span);
  return [{ kind: "gap", severity, count: count - kept.length, frames: [span.first - 1, span.last], timeNs }];
}

const STAMPS_GO_BACK = "stamps go back: see time/order";

interface Believed {
  /** Longest first, of the kept. */
  readonly gaps: Largest<Gap>;
  /** Steps to a frame that is neither early nor late, and the time they take. */
  readonly steps: number;
  readonly timeNs: number;
  readonly longestNs: number;
}

/** What is left of the gaps without those that a step back undoes. */
function believe({ longest, late, stamped, advanceNs, earliestNs, latestNs }: Summary): Believed {
  if (late.runs === 0) {
    const longestNs = longest[0]?.value ?? 0;
    return { gaps: longest, steps: stamped - 1, timeNs: nsBetween(earliestNs, latestNs), longestNs };
  }
  const steps = gravestRuns(late).kept;
  const undone = (gap: Gap): boolean => steps.some((run) => inside(gap, run.before?.ns ?? run.startNs) || inside(gap, run.endNs));
  const gaps: Gap[] = [];
  let timeNs = advanceNs;
  for (const gap of longest) {
    if (undone(gap)) timeNs -= BigInt(nsBetween(gap.startNs, gap.endNs));
    else gaps.push(gap);
  }
  const forward = stamped - 1 - late.frames - (longest.length - gaps.length);
  const unknownNs = longest.length < KEPT_LARGEST ? 0 : (longest.at(-1)?.value ?? 0);
  return { gaps, steps: timeNs > 0n ? forward : 0, timeNs: Number(timeNs), longestNs: gaps[0]?.value ?? unknownNs };
}

/** How far a gap is from a whole number of periods, at least one: lost frames are loss, not jitter. */
function offBeat(gapNs: number, periodNs: number): number {
  return Math.abs(gapNs - Math.max(1, Math.round(gapNs / periodNs)) * periodNs);
}

interface Silences {
  /** In file order; the longest are kept, all are counted. */
  readonly kept: readonly Gap[];
  readonly count: number;
  /** What they last beyond the one period that a gap may. */
  readonly silentNs: number;
}

/** The believed gaps above the limit. */
function silences({ gaps, longest }: Summary, believed: Largest<Gap>, limitNs: number, periodNs: number): Silences {
  const above = (list: Largest<Gap>): Largest<Gap> => list.filter(({ value }) => value > limitNs);
  const beyond = (list: Largest<Gap>): number =>
    list.reduce((ns, { startNs, endNs, since }) => ns + Math.max(0, nsBetween(startNs, endNs) - since * periodNs), 0);
  const [all, kept] = [above(longest), above(believed)];
  const inOrder = kept.toSorted((a, b) => a.index - b.index);
  if (all.length < KEPT_LARGEST) return { kept: inOrder, count: kept.length, silentNs: beyond(kept) };
  // Those that are not kept are only in the histogram.
  const rest = weights(gaps).filter(({ value }) => value > limitNs);
  const undone = all.length - kept.length;
  const count = rest.reduce((sum, weight) => sum + weight.count, 0) - undone;
  const totalNs = rest.reduce((ns, weight) => ns + weight.count * Math.max(0, weight.value - periodNs), 0);
  return { kept: inOrder, count, silentNs: Math.max(0, totalNs - (beyond(all) - beyond(kept))) };
}

function inside(gap: Gap, ns: bigint): boolean {
  return gap.startNs < ns && ns < gap.endNs;
}

function gapDefect(gap: Gap, periodNs: number, limitNs: number, severity: Severity, info: StreamInfo): Defect {
  const gapNs = nsBetween(gap.startNs, gap.endNs);
  const twoClocks = info.stamps === "sensor" && gap.logNs > gapNs / 2;
  return {
    kind: "gap",
    severity,
    frames: [gap.index - gap.since, gap.index],
    timeNs: [gap.startNs, gap.endNs],
    weight: gapNs,
    observed: { gapMs: ms(gapNs), missingFrames: Math.max(0, Math.round(gapNs / periodNs) - gap.since) },
    expected: { maxGapMs: ms(limitNs) },
    signals: twoClocks ? ["stamp", "log"] : ["stamp"],
  };
}
