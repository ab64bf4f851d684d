/**
 * time/order: do the stamps of a stream ascend?
 *
 * Each frame is compared with the frame before it; a frame whose stamp is 0 among set ones was never stamped, is
 * reported as such and skipped, so it does not look like a jump of decades; so is one whose payload does not decode. The recorder's log clock is judged
 * beside the sensor's stamp, but only where it goes back on its own: one defect, one finding.
 */
import { AMOUNT, type Conclusion, type Defect, defineStreamCheck, type Options, SHARE } from "../../check/check.ts";
import { countWithin, type Histogram, HistogramBuilder, median, mergeHistograms, NO_VALUES } from "../../summary/histogram.ts";
import { KEPT_LARGEST, type Largest, LargestBuilder, mergeLargest, type Ranked } from "../../summary/largest.ts";
import {
  type Before,
  gravestRuns,
  joinNeighbours,
  joinRuns,
  moreOf,
  NO_RUNS,
  type Run,
  type Runs,
  RunsBuilder,
  shiftRuns,
  timesOf,
  weightOf,
} from "../../summary/runs.ts";
import { Clock, type Edge, edgeAt, ms, nsBetween, rounded, type Strip, seamStrip, shiftEdge, stampedStrip } from "../../summary/seam.ts";
import { mergeValueSpans, spanWithin, type ValueSpans, ValueSpansBuilder } from "../../summary/value-spans.ts";
import type { More, Severity, StreamInfo } from "../../types.ts";

/** A gap close to nothing; `value` is its length in ns, negated, so that the shortest rank first. */
interface Near extends Ranked {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** What the pairwise rules find; indices count from the part's first frame. */
interface Pairs {
  readonly regressions: Runs;
  readonly duplicates: Runs;
  readonly logRegressions: Runs;
  readonly gaps: Histogram;
  readonly nearest: Largest<Near>;
  /** Where gaps of each length lie, of those that can be near-duplicates. */
  readonly spans: ValueSpans;
}

interface Summary extends Pairs {
  readonly frames: number;
  /** True where only the recorder's clock is known: what goes back is then the log clock. */
  readonly recorder: boolean;
  /** Frames with stamp 0. */
  readonly unset: Runs;
  /** First and last frame. */
  readonly head: Edge;
  readonly tail: Edge;
  /** First and last frame whose stamp is set. */
  readonly first: Edge | null;
  readonly last: Edge | null;
}

/** The longest gap that can be a near-duplicate. */
const NEAR_NS = 1_000_000;

/** Neighbouring set stamps. */
function stampRule(strip: Strip): Pairs {
  const clock = new Clock(strip.stampNs);
  const regressions = new RunsBuilder(strip.stampNs);
  const duplicates = new RunsBuilder(strip.stampNs);
  const gaps = new HistogramBuilder();
  const nearest = new LargestBuilder<Near>();
  const spans = new ValueSpansBuilder(strip.stampNs);
  let before = -1;
  const beforeIt = (): Before => ({ frame: strip.index?.[before] ?? before, ns: strip.stampNs[before] ?? 0n });
  for (let row = 0; row < strip.count; row++) {
    if (clock.isZero(row)) continue;
    if (before >= 0) {
      const frame = strip.index?.[row] ?? row;
      const gap = clock.between(before, row);
      if (gap < 0) regressions.add(frame, row, -gap, undefined, undefined, beforeIt);
      else if (gap === 0) duplicates.add(frame, row);
      else {
        gaps.add(gap);
        if (gap <= NEAR_NS) spans.add(gap, frame, before, row);
        if (gap <= NEAR_NS && nearest.wants(-gap))
          nearest.add({ value: -gap, index: frame, startNs: strip.stampNs[before] ?? 0n, endNs: strip.stampNs[row] ?? 0n });
      }
    }
    before = row;
  }
  return {
    regressions: regressions.finish(),
    duplicates: duplicates.finish(),
    logRegressions: NO_RUNS,
    gaps: gaps.finish(),
    nearest: nearest.finish(),
    spans: spans.finish(),
  };
}

/** Neighbouring log times; where the stamp goes back too it is the same defect and not told twice. */
function logRule(strip: Strip): Runs {
  const stamps = new Clock(strip.stampNs);
  const log = new Clock(strip.logNs);
  const runs = new RunsBuilder(strip.logNs);
  for (let row = 1; row < strip.count; row++) {
    const gap = log.between(row - 1, row);
    if (gap >= 0 || stamps.between(row - 1, row) < 0) continue;
    runs.add(strip.index?.[row] ?? row, row, -gap);
  }
  return runs.finish();
}

/** @param frames added to the places of `right.nearest`; runs are already numbered in the left part's frames */
function joinPairs(left: Pairs, right: Pairs, frames = 0): Pairs {
  return {
    regressions: joinRuns(left.regressions, right.regressions),
    duplicates: joinRuns(left.duplicates, right.duplicates),
    logRegressions: joinRuns(left.logRegressions, right.logRegressions),
    gaps: mergeHistograms(left.gaps, right.gaps),
    nearest: mergeLargest(left.nearest, right.nearest, frames),
    spans: mergeValueSpans(left.spans, right.spans, frames),
  };
}

function shift(s: Summary, frames: number): Summary {
  return {
    ...s,
    regressions: shiftRuns(s.regressions, frames),
    duplicates: shiftRuns(s.duplicates, frames),
    logRegressions: shiftRuns(s.logRegressions, frames),
    unset: shiftRuns(s.unset, frames),
    head: shiftEdge(s.head, frames),
    tail: shiftEdge(s.tail, frames),
    first: s.first && shiftEdge(s.first, frames),
    last: s.last && shiftEdge(s.last, frames),
  };
}

/**
 * Streams that several publishers write to by design, each with its own delay: their stamps interleave, and two
 * messages may well bear the same one.
 */
function shared({ kind, type }: StreamInfo): boolean {
  return kind === "bytes" || /(^|[/.:])(tfMessage|TFMessage|FrameTransforms?)$/.test(type);
}

const kinds = {
  regression: {
    severity: "error",
    meaning: "the sensor's stamp goes back against the frame before (info on streams several publishers share)",
  },
  duplicate: { severity: "warning", meaning: "the same stamp as the frame before (info on streams several publishers share)" },
  // In order and nothing lost, and normal where two lists of stamps were united (Argoverse 2 poses), so not a warning.
  "near-duplicate": {
    severity: "info",
    meaning: "a gap below 1 % of the median period and at most 1 ms: dividing by it gives absurd rates",
  },
  unset: { severity: "warning", meaning: "stamp 0 among set stamps (info before the first set one: a clock not yet there)" },
  "log-regression": { severity: "warning", meaning: "the recorder's clock goes back where the stamp does not (info up to the tolerance)" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

export const order = defineStreamCheck<Summary>({
  id: "time/order",
  title: "Do the stamps of each stream ascend?",
  level: 0,
  needs: ["frames"],
  defaults: { nearDuplicateShare: 0.01, logToleranceMs: 1 },
  ranges: { nearDuplicateShare: SHARE, logToleranceMs: AMOUNT },
  kinds,
  absent: "no stream",
  blindSpots: [
    "a constant offset or a drift: the order stays right",
    "near-duplicates above 1 ms, and duplicates on streams that only have the recorder's clock: two messages may arrive within one tick",
    "equal log times, for the same reason",
    "no verdict where stamps are nominal (made from a frame number)",
  ],
  appliesTo: () => true,

  observe(block, { stream }) {
    const strip = stampedStrip(block, stream);
    const recorder = stream.stamps === "log";
    const clock = new Clock(strip.stampNs);
    const written = new Clock(block.frames.stampNs);
    const unset = new RunsBuilder(block.frames.stampNs);
    let first = -1;
    let last = -1;
    for (let row = 0; row < strip.count; row++) {
      if (written.isZero(row)) unset.add(row, row);
      if (clock.isZero(row)) continue;
      if (first < 0) first = row;
      last = row;
    }
    return {
      ...stampRule(strip),
      logRegressions: recorder ? NO_RUNS : logRule(strip),
      frames: strip.count,
      recorder,
      unset: unset.finish(),
      head: edgeAt(strip, 0),
      tail: edgeAt(strip, strip.count - 1),
      first: first < 0 ? null : edgeAt(strip, first),
      last: last < 0 ? null : edgeAt(strip, last),
    };
  },

  merge(left, unshifted, { touching, skipped }) {
    const before = left.frames + skipped;
    const right = shift(unshifted, before);
    let pairs: Pairs = left;
    if (touching && left.last && right.first) pairs = joinPairs(pairs, stampRule(seamStrip(left.last, right.first)));
    if (touching && !left.recorder) pairs = joinPairs(pairs, { ...NO_PAIRS, logRegressions: logRule(seamStrip(left.tail, right.head)) });
    return {
      ...joinPairs(pairs, right, before),
      frames: before + right.frames,
      recorder: left.recorder,
      unset: joinRuns(left.unset, right.unset),
      head: left.head,
      tail: right.tail,
      first: left.first ?? right.first,
      last: right.last ?? left.last,
    };
  },

  answer(summary, { info }, _context, options) {
    const frames = summary?.frames ?? 0;
    const coverage = { items: frames, checked: frames };
    if (info.stamps === "nominal") return silent("stamps are nominal", frames);
    if (!summary || frames < 2) return silent(frames === 0 ? "no frames" : "a single frame", frames);
    const { defects, more } = defectsOf(summary, info, options);
    const failed = defects.some((defect) => defect.severity !== "info");
    if (!failed && !summary.first) return silent("no stamp is set", frames);
    return {
      status: failed ? "fail" : "pass",
      coverage,
      observed: {
        clock: summary.recorder ? "log" : "sensor",
        regressions: (summary.recorder ? NO_RUNS : summary.regressions).frames,
        duplicates: (summary.recorder ? NO_RUNS : summary.duplicates).frames,
        nearDuplicates: nearCount(summary, options),
        ...shortest(summary, options),
        unset: summary.unset.frames,
        logRegressions: (summary.recorder ? summary.regressions : summary.logRegressions).frames,
      },
      defects,
      more,
    };
  },

  describe({ kind, frames, observed }) {
    const [first, last] = frames ?? [0, 0];
    const at = first === last ? `frame ${first}` : `frames ${first}-${last}`;
    switch (kind) {
      case "regression":
        return `${at}: the stamp goes back by ${observed["backMs"]} ms; ${stepBack(first, observed)}`;
      case "log-regression":
        return `${at}: the log clock goes back by ${observed["backMs"]} ms`;
      case "duplicate":
        return `${at}: the same stamp as the frame before`;
      case "near-duplicate":
        return `${at}: the stamp is only ${observed["gapNs"]} ns after the frame before`;
      default:
        return `${at}: the stamp is 0 (not set)`;
    }
  },
});

const NO_PAIRS: Pairs = {
  regressions: NO_RUNS,
  duplicates: NO_RUNS,
  logRegressions: NO_RUNS,
  gaps: NO_VALUES,
  nearest: [],
  spans: [],
};

/** Names both frames of a step back: which of the two is the odd one, their stamps tell. */
function stepBack(frame: number, { beforeFrame, beforeNs, stampNs }: Defect["observed"]): string {
  const backNs = typeof beforeNs === "bigint" && typeof stampNs === "bigint" ? nsBetween(stampNs, beforeNs) : 0;
  const back = backNs < 1e9 ? `${ms(backNs)} ms` : `${rounded(backNs / 1e9, 1)} s`;
  return `frame ${frame} is ${back} before frame ${beforeFrame}`;
}

function silent(reason: string, frames: number): Conclusion {
  return { status: "not_observable", reason, coverage: { items: frames, checked: 0 }, observed: {}, defects: [] };
}

function defectsOf(
  summary: Summary,
  info: StreamInfo,
  options: Options,
): { readonly defects: readonly Defect[]; readonly more: readonly More[] } {
  const { recorder, regressions, duplicates, logRegressions, unset } = summary;
  const toleranceNs = 1e6 * (options["logToleranceMs"] ?? 0);
  const logSeverity = ({ worst }: Pick<Run, "worst">): Severity => (worst > toleranceNs ? "warning" : "info");
  const back = (run: Run) => ({ backMs: ms(run.worst) });
  const defects: Defect[] = [];
  const more: More[][] = [];
  const tell = (kind: Kind, runs: Runs, severity: (run: Pick<Run, "worst">) => Severity, figures: (run: Run) => Figures): void => {
    const { kept, rest } = gravestRuns(runs);
    for (const run of kept) defects.push(defect(kind, severity(run), run, figures(run)));
    if (rest) more.push([...moreOf(kind, severity(rest), rest)]);
  };
  if (!recorder) {
    const isShared = shared(info);
    tell(
      "regression",
      regressions,
      () => (isShared ? "info" : "error"),
      (run) => {
        const step = { beforeFrame: run.before?.frame ?? 0, beforeNs: run.before?.ns ?? run.startNs, stampNs: run.startNs };
        return { observed: { ...back(run), ...step }, expected: { backMs: 0 } };
      },
    );
    tell(
      "duplicate",
      duplicates,
      () => (isShared ? "info" : "warning"),
      () => ({ observed: { gapNs: 0 }, expected: {} }),
    );
    const near = nearDuplicates(summary, options);
    const medianMs = ms(median(summary.gaps));
    for (const run of near)
      defects.push(defect("near-duplicate", "info", run, { observed: { gapNs: -run.worst }, expected: { medianMs } }));
    more.push(moreNear(summary, near, options));
  }
  tell("log-regression", recorder ? regressions : logRegressions, logSeverity, (run) => ({
    observed: back(run),
    expected: { backMs: 0 },
  }));
  if (summary.first) {
    const figures = { observed: { stampNs: 0 }, expected: {} };
    const { kept, rest } = gravestRuns(unset);
    for (const run of kept) {
      // One frame at time 0 is how a simulated or relative clock begins.
      if (run.first === 0 && run.last === 0) continue;
      defects.push(defect("unset", run.first === 0 ? "info" : "warning", run, figures));
    }
    more.push([...moreOf("unset", "warning", rest)]);
  }
  return { defects, more: more.flat() };
}

type Kind = keyof typeof kinds;
type Figures = Pick<Defect, "observed" | "expected">;

function defect(kind: Kind, severity: Severity, run: Run, figures: Figures): Defect {
  const place = { frames: [run.first, run.last], timeNs: timesOf(run), weight: weightOf(run) } as const;
  return { kind, severity, ...place, ...figures, signals: [kind === "log-regression" ? "log" : "stamp"] };
}

/** The shortest gap that is no near-duplicate, in ns. */
function nearLimit(gaps: Histogram, options: Options): number {
  return Math.min((options["nearDuplicateShare"] ?? 0) * median(gaps), NEAR_NS + 1);
}

/** Exact while the kept list holds them all; beyond it to the bins' 0.1 %. */
function nearCount({ recorder, gaps, nearest }: Summary, options: Options): number {
  if (recorder) return 0;
  const limitNs = nearLimit(gaps, options);
  const kept = nearest.filter(({ value }) => -value < limitNs).length;
  return kept < KEPT_LARGEST ? kept : countWithin(gaps, 0, limitNs);
}

/** The shortest near-duplicates: how short, and how many of exactly that length among the kept. */
function shortest(summary: Summary, options: Options): Conclusion["observed"] {
  const gapNs = -(summary.nearest[0]?.value ?? 0);
  if (nearCount(summary, options) === 0) return {};
  return { shortestGapNs: gapNs, shortestGaps: summary.nearest.filter(({ value }) => -value === gapNs).length };
}

/** Gaps that are short enough and not among the shortest kept. */
function moreNear(summary: Summary, near: readonly Run[], options: Options): More[] {
  const located = near.reduce((sum, run) => sum + run.last - run.first + 1, 0);
  const count = nearCount(summary, options) - located;
  const span = spanWithin(summary.spans, 1, nearLimit(summary.gaps, options));
  if (count <= 0 || !span) return [];
  return [{ kind: "near-duplicate", severity: "info", count, frames: [span.first, span.last], timeNs: timesOf(span) }];
}

/** The gaps short enough against the stream's own median, in file order, neighbours as one run. */
function nearDuplicates({ recorder, gaps, nearest }: Summary, options: Options): readonly Run[] {
  if (recorder) return [];
  const limitNs = nearLimit(gaps, options);
  const near = nearest.filter(({ value }) => -value < limitNs).sort((a, b) => a.index - b.index);
  const runs: Run[] = [];
  for (const { value, index, startNs, endNs } of near) {
    const run: Run = { first: index, last: index, startNs, endNs, worst: value };
    const last = runs.at(-1);
    const joined = last && joinNeighbours(last, run);
    if (joined) runs[runs.length - 1] = joined;
    else runs.push(run);
  }
  return runs;
}
