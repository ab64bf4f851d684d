/**
 * integrity/frame-sequence: is each frame there once, in its place, and a new one?
 *
 * Three witnesses: the source's own numbers (step-runs.ts lays the counter out), the digest of the payload, and its
 * size. A number that counts nothing (constant, several publishers in one topic) is not believed, and then says so.
 */
import { AMOUNT, type Conclusion, type Defect, defineStreamCheck, type Options, SHARE } from "../../check/check.ts";
import { contentOf } from "../../summary/content.ts";
import { type Histogram, HistogramBuilder, median, mergeHistograms } from "../../summary/histogram.ts";
import {
  gravestRuns,
  joinRuns,
  leastGrave,
  moreOf,
  NO_RUNS,
  type Run,
  type Runs,
  RunsBuilder,
  shiftRuns,
  timesOf,
  weightOf,
} from "../../summary/runs.ts";
import { Clock, type Edge, edgeAt, nsBetween, rounded, type Strip, seamStrip, shiftEdge, stripOf } from "../../summary/seam.ts";
import { mergeSizes, observeSizes, type SizeChanges, type SizeColumns, sizeChanges } from "../../summary/sizes.ts";
import { type Jump, joinSteps, observeSteps, readSteps, type StepRuns, type Steps, shiftSteps } from "../../summary/step-runs.ts";
import type { Block, More, Severity, StreamInfo, StreamKind } from "../../types.ts";

/**
 * Repeats of the frame before, by what moved on beside the payload; the figure of a run is the most log time that passed from frame to
 * frame, its total the log time it lasted, its tag the size.
 */
interface Repeats {
  readonly nothing: Runs;
  readonly stamp: Runs;
  readonly sequence: Runs;
  readonly both: Runs;
}

interface Summary extends SizeColumns {
  readonly frames: number;
  readonly head: Edge;
  readonly tail: Edge;
  readonly sequenced: boolean;
  /** Of the sequence number; none where the source does not number. */
  readonly steps: StepRuns;
  readonly repeats: Repeats;
  readonly emptyPayloads: Runs;
  /** Point clouds without a point in a payload that is not empty. */
  readonly emptyClouds: Runs;
  readonly cloudPoints: Histogram;
  readonly malformed: Runs;
}

type Pairs = Pick<Summary, "steps" | "repeats">;

/** Neighbouring frames. */
function pairRule(strip: Strip, sequenced: boolean): Pairs {
  const { stampNs, sequence, bytes, content, count } = strip;
  const stamps = new Clock(stampNs);
  const log = new Clock(strip.logNs);
  const digest = new Uint32Array(strip.digest.buffer, strip.digest.byteOffset, 2 * strip.digest.length);
  const repeats = [new RunsBuilder(stampNs), new RunsBuilder(stampNs), new RunsBuilder(stampNs), new RunsBuilder(stampNs)] as const;
  for (let row = 1; row < count; row++) {
    const frame = strip.index?.[row] ?? row;
    const samePayload = digest[2 * row] === digest[2 * row - 2] && digest[2 * row + 1] === digest[2 * row - 1] && (bytes[row] ?? 0) > 0;
    const sameContent = content !== null && content[row] === content[row - 1];
    if (!samePayload && !sameContent) continue;
    const moved = stamps.between(row - 1, row) !== 0;
    const passedNs = Math.abs(log.between(row - 1, row));
    if (samePayload || moved)
      repeats[(moved ? 1 : 0) + (sequence[row] !== sequence[row - 1] ? 2 : 0)]?.add(frame, row, passedNs, bytes[row] ?? 0, passedNs);
  }
  return {
    steps: observeSteps(strip, sequenced),
    repeats: { nothing: repeats[0].finish(), stamp: repeats[1].finish(), sequence: repeats[2].finish(), both: repeats[3].finish() },
  };
}

function joinPairs(left: Pairs, right: Pairs): Pairs {
  return {
    steps: joinSteps(left.steps, right.steps),
    repeats: {
      nothing: joinRuns(left.repeats.nothing, right.repeats.nothing),
      stamp: joinRuns(left.repeats.stamp, right.repeats.stamp),
      sequence: joinRuns(left.repeats.sequence, right.repeats.sequence),
      both: joinRuns(left.repeats.both, right.repeats.both),
    },
  };
}

function shift(s: Summary, frames: number): Summary {
  const { nothing, stamp, sequence, both } = s.repeats;
  return {
    ...s,
    head: shiftEdge(s.head, frames),
    tail: shiftEdge(s.tail, frames),
    steps: shiftSteps(s.steps, frames),
    repeats: {
      nothing: shiftRuns(nothing, frames),
      stamp: shiftRuns(stamp, frames),
      sequence: shiftRuns(sequence, frames),
      both: shiftRuns(both, frames),
    },
    emptyPayloads: shiftRuns(s.emptyPayloads, frames),
    emptyClouds: shiftRuns(s.emptyClouds, frames),
    malformed: shiftRuns(s.malformed, frames),
  };
}

const kinds = {
  missing: { severity: "warning", meaning: "the source's numbers skip frames (info when the stamps show no time for them)" },
  duplicated: { severity: "warning", meaning: "the frame before again: same number or stamp, and bit for bit the same payload" },
  reordered: { severity: "error", meaning: "the source's number goes back: frames in the wrong order" },
  restarted: { severity: "info", meaning: "the source's number begins again while time goes on: a driver restarted" },
  frozen: { severity: "error", meaning: "bit for bit the same image, point cloud or IMU sample again although time goes on" },
  empty: { severity: "error", meaning: "a payload without bytes (warning where it is not a sensor's), or a point cloud without points" },
  "size-change": { severity: "warning", meaning: "an image or point cloud whose size does not fit the rest of its stream" },
  malformed: { severity: "error", meaning: "the payload does not decode as the type it declares" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

export const frameSequence = defineStreamCheck<Summary>({
  id: "integrity/frame-sequence",
  title: "Is each frame there once, in its place, and a new one?",
  level: 0,
  needs: ["frames", "digests", "points", "images"],
  defaults: {
    /** The numbers are believed when this share of the steps is the usual step … */
    minStepShare: 0.6,
    /** … and no more than this goes back. */
    maxBackShare: 0.1,
    /** A payload below this size may repeat by nature. */
    minPayloadBytes: 64,
    /** IMU samples in a row that must be equal: noise alone makes one repeat possible. */
    minFrozenImuFrames: 3,
    /** Empty clouds are a defect in a stream whose median cloud has this many points. */
    minMedianPoints: 100,
    sizeRatio: 4,
    sizeMads: 8,
    minSizeFrames: 10,
  },
  ranges: {
    minStepShare: SHARE,
    maxBackShare: SHARE,
    minPayloadBytes: AMOUNT,
    minFrozenImuFrames: { least: 2 },
    minMedianPoints: AMOUNT,
    sizeRatio: { least: 1 },
    sizeMads: AMOUNT,
    minSizeFrames: AMOUNT,
  },
  kinds,
  absent: "no stream",
  blindSpots: [
    "loss in streams without numbers of their own: only time/rate sees it, and verdicts say `sequence: absent`",
    "numbers given by the recorder: what was lost before it has no gap",
    "loss before the first frame and after the last one",
    "repeats of a frame that is not the one directly before; frozen poses, labels and plain messages, which may stand still by nature",
    "frozen IMU samples that get a new stamp inside the payload",
    "a frozen image or cloud whose header changes is recognised from a sample of up to 1024 words, not from every byte",
    "a change of content without a change of size",
    "the content of sensor types whose schema is not understood (the verdict says so), and of all types nobody here knows",
    "of more than 1000 jumps of the numbers the longest are laid out, the others counted: what is late among these counts as lost",
  ],
  appliesTo: () => true,

  observe(block, { kernels, stream }) {
    const { frames } = block;
    const { count, stampNs, bytes } = frames;
    const strip = stripOf(frames, contentOf(block, kernels));
    const emptyPayloads = new RunsBuilder(stampNs);
    for (let i = 0; i < count; i++) if (bytes[i] === 0) emptyPayloads.add(i, i);
    const emptyClouds = new RunsBuilder(stampNs);
    const cloudPoints = new HistogramBuilder();
    for (const [frame, points] of pointsOf(block)) {
      cloudPoints.add(points);
      if (points === 0 && bytes[frame] !== 0) emptyClouds.add(frame, frame);
    }
    const malformed = new RunsBuilder(stampNs);
    for (const { frame, reason } of block.malformed) malformed.add(frame, frame, 0, reason);
    return {
      ...pairRule(strip, stream.sequenced),
      ...observeSizes(frames, SIZED.has(stream.kind)),
      frames: count,
      head: edgeAt(strip, 0),
      tail: edgeAt(strip, count - 1),
      sequenced: stream.sequenced,
      emptyPayloads: emptyPayloads.finish(),
      emptyClouds: emptyClouds.finish(),
      cloudPoints: cloudPoints.finish(),
      malformed: malformed.finish(),
    };
  },

  merge(left, unshifted, { touching, skipped }) {
    const before = left.frames + skipped;
    const right = shift(unshifted, before);
    return {
      ...joinPairs(touching ? joinPairs(left, pairRule(seamStrip(left.tail, right.head), left.sequenced)) : left, right),
      frames: before + right.frames,
      head: left.head,
      tail: right.tail,
      sequenced: left.sequenced,
      emptyPayloads: joinRuns(left.emptyPayloads, right.emptyPayloads),
      emptyClouds: joinRuns(left.emptyClouds, right.emptyClouds),
      cloudPoints: mergeHistograms(left.cloudPoints, right.cloudPoints),
      malformed: joinRuns(left.malformed, right.malformed),
      ...mergeSizes(left, unshifted, before),
    };
  },

  answer(summary, { info }, _context, options) {
    if (!summary || summary.frames === 0) {
      return { status: "not_observable", reason: "no frames", coverage: { items: 0, checked: 0 }, observed: {}, defects: [] };
    }
    return judge(summary, info, options);
  },

  describe({ kind, frames, observed, expected }) {
    const [first, last] = frames ?? [0, 0];
    const at = first === last ? `frame ${first}` : `frames ${first}-${last}`;
    switch (kind) {
      case "missing":
        return `${observed["missing"]} frames are missing between frames ${first} and ${last}`;
      case "duplicated":
        return `${at}: the frame before again`;
      case "reordered":
        return `${at}: out of order, the source's number goes back by ${observed["back"]}`;
      case "restarted":
        return `${at}: the source's number begins again`;
      case "frozen":
        return `${at}: the same data as in frame ${first - 1}, ${observed["repeats"]} times`;
      case "empty":
        return `${at}: ${observed["points"] === 0 ? "no points" : "no bytes"}`;
      case "size-change":
        return `${at}: ${observed["bytes"]} bytes where ${expected["bytes"]} are usual`;
      default:
        return `${at}: does not decode (${observed["reason"]})`;
    }
  },
});

/** Points by frame, ascending: a cloud may lie in several tables. */
function pointsOf({ points }: Block): ReadonlyMap<number, number> {
  const byFrame = new Map<number, number>();
  for (const { frame, count } of points ?? []) byFrame.set(frame, (byFrame.get(frame) ?? 0) + count);
  return byFrame;
}

/** Streams whose payload size says something. */
const SIZED: ReadonlySet<StreamKind> = new Set(["image", "points"]);
/** Streams of a sensor that never measures the same twice. */
const MEASURED: ReadonlySet<StreamKind> = new Set(["image", "points", "imu"]);

function judge(summary: Summary, info: StreamInfo, options: Options): Conclusion {
  const option = (name: string): number => options[name] ?? 0;
  const steps = readSteps(summary.steps, {
    minStepShare: option("minStepShare"),
    maxBackShare: option("maxBackShare"),
  });
  const repeats = judgeRepeats(summary, info, steps, options);
  const sizes = sizeChanges(summary, info, options);
  const empty = judgeEmpty(summary, info, options);
  const malformed = gravestRuns(summary.malformed);
  const jumps = steps.jumps.map((jump) => jumpDefect(jump, info));
  const defects = [
    ...jumps,
    ...repeats.defects,
    ...empty.defects,
    ...sizes.changes.map((run) => ({
      ...defectAt("size-change", "warning", run, { bytes: run.worst }, { bytes: sizes.usual }, "size"),
      weight: Math.abs(run.worst - sizes.usual),
    })),
    ...malformed.kept.map((run) => defectAt("malformed", "error", run, { reason: String(run.tag) }, {}, "payload")),
  ];
  const more = [
    // What was lost where nobody looked closer is taken for no graver than what was looked at.
    ...moreOf(
      "missing",
      jumps.some(({ kind, severity }) => kind === "missing" && severity === "info") ? "info" : "warning",
      steps.restAhead,
    ),
    ...moreOf("reordered", kinds.reordered.severity, steps.restBack),
    ...repeats.more,
    ...empty.more,
    ...sizesMore(summary, sizes),
    ...moreOf("malformed", "error", malformed.rest),
  ];
  const isFail = defects.some(({ severity }) => severity !== "info");
  // Numbers and repeats say nothing against it, but whether a cloud is empty or an image decodes was never asked.
  const isUnjudged = info.opaque !== undefined && !isFail;
  return {
    status: isFail ? "fail" : isUnjudged ? "not_observable" : "pass",
    ...(isUnjudged && { reason: `${info.opaque}: the content was not judged` }),
    coverage: { items: summary.frames, checked: isUnjudged ? 0 : summary.frames },
    observed: {
      ...(info.opaque !== undefined && { content: info.opaque }),
      sequence: info.sequenced ? steps.sequence : "absent",
      ...(steps.sequence === "counts" && {
        step: steps.step,
        missing: steps.missing,
        reordered: steps.reordered,
      }),
      duplicated: repeats.frames.duplicated,
      frozen: repeats.frames.frozen,
      empty: summary.emptyPayloads.frames + summary.emptyClouds.frames,
      malformed: summary.malformed.frames,
      ...(SIZED.has(info.kind) && { medianBytes: rounded(median(summary.sizes) || 0), sizes: sizes.rule }),
    },
    defects,
    more,
  };
}

/** Changes of size that are neither among the largest nor among the smallest: how many, somewhere in the stream. */
function sizesMore({ frames, head, tail }: Summary, { changes, runs }: SizeChanges): readonly More[] {
  const count = runs - changes.length;
  if (count <= 0) return [];
  const timeNs = timesOf({ startNs: head.stampNs, endNs: tail.stampNs });
  return [{ kind: "size-change", severity: kinds["size-change"].severity, count, frames: [0, frames - 1], timeNs }];
}

function jumpDefect(jump: Jump, info: StreamInfo): Defect {
  // Less time than a lost frame takes: the numbers skip, the sensor may not have.
  const timeless = info.stamps === "sensor" && jump.periods < 1.5;
  return {
    kind: jump.kind,
    severity: jump.kind === "missing" && timeless ? "info" : kinds[jump.kind].severity,
    frames: [jump.first, jump.last],
    timeNs: timesOf(jump),
    weight: jump.kind === "missing" ? jump.missing : jump.back,
    observed: jump.kind === "missing" ? { missing: jump.missing } : { back: jump.back },
    expected: jump.kind === "missing" ? { missing: 0 } : { back: 0 },
    signals: jump.kind === "missing" && info.stamps !== "nominal" && jump.periods >= 1.5 ? ["sequence", "stamp"] : ["sequence"],
  };
}

interface Judged {
  readonly frames: Readonly<Record<"duplicated" | "frozen", number>>;
  readonly defects: readonly Defect[];
  readonly more: readonly More[];
}

/** What a repeat is depends on what moved on with it; see the rule beside each line. */
function judgeRepeats({ repeats, frames, head, tail }: Summary, info: StreamInfo, steps: Steps, options: Options): Judged {
  const numbered = steps.sequence === "counts";
  const large = ({ tag }: Run): boolean => Number(tag) >= (options["minPayloadBytes"] ?? 0);
  const halfPeriodNs = Math.abs(nsBetween(head.logNs, tail.logNs)) / (2 * Math.max(1, frames - 1));
  const defects: Defect[] = [];
  const more: More[] = [];
  const counts = { duplicated: 0, frozen: 0 };
  const put = (kind: keyof typeof counts, runs: Runs, keep: (run: Run) => boolean): void => {
    const { kept, rest } = gravestRuns(runs);
    const found = kept.filter(keep);
    if (found.length === 0) return;
    for (const run of found) defects.push(repeatDefect(kind, run));
    counts[kind] += framesOf(found);
    // The others are counted as what the least grave of the kept ones is.
    if (!rest || !keep(leastGrave(kept))) return;
    counts[kind] += rest.frames;
    for (const one of moreOf(kind, kinds[kind].severity, rest)) more.push(one);
  };

  // The same number twice is the same frame twice.
  if (numbered) {
    put("duplicated", repeats.nothing, () => true);
    put("duplicated", repeats.stamp, () => true);
  }
  // The same stamp. Of a sensor: frozen when the number or the recorder's clock shows that a frame's time passed.
  // Of anything else (latched, transforms): only when the recorder's clock stands still too.
  const inPlace = (run: Run): boolean => (numbered ? true : run.worst > 0 && run.worst >= halfPeriodNs);
  for (const runs of numbered ? [repeats.sequence] : [repeats.nothing, repeats.sequence]) {
    if (!MEASURED.has(info.kind)) put("duplicated", runs, (run) => run.worst === 0 && large(run));
    else {
      put("frozen", runs, (run) => inPlace(run) && large(run));
      put("duplicated", runs, (run) => !inPlace(run));
    }
  }
  // A new stamp: an image or a cloud never repeats; an IMU sample might, once.
  const longEnough = (run: Run): boolean => info.kind !== "imu" || run.last - run.first + 1 >= (options["minFrozenImuFrames"] ?? 0);
  if (MEASURED.has(info.kind)) {
    for (const runs of numbered ? [repeats.both] : [repeats.stamp, repeats.both])
      put("frozen", runs, (run) => large(run) && longEnough(run));
  }
  return { frames: counts, defects, more };
}

function framesOf(runs: readonly Run[]): number {
  return runs.reduce((n, { first, last }) => n + last - first + 1, 0);
}

function repeatDefect(kind: "duplicated" | "frozen", run: Run): Defect {
  return defectAt(kind, kinds[kind].severity, run, { repeats: run.last - run.first + 1 }, { repeats: 0 }, "payload");
}

function judgeEmpty(
  summary: Summary,
  info: StreamInfo,
  options: Options,
): { readonly defects: readonly Defect[]; readonly more: readonly More[] } {
  const measured = MEASURED.has(info.kind);
  const medianPoints = median(summary.cloudPoints);
  // A message type without fields is empty by nature: only among others an empty payload says something.
  const payloads = gravestRuns(measured || summary.emptyPayloads.frames < summary.frames ? summary.emptyPayloads : NO_RUNS);
  const clouds = gravestRuns(medianPoints >= (options["minMedianPoints"] ?? 0) ? summary.emptyClouds : NO_RUNS);
  const severity = measured ? "error" : "warning";
  return {
    defects: [
      ...payloads.kept.map((run) => defectAt("empty", severity, run, { bytes: 0 }, {}, "size")),
      ...clouds.kept.map((run) => defectAt("empty", "error", run, { points: 0 }, { medianPoints }, "points")),
    ],
    more: [...moreOf("empty", severity, payloads.rest), ...moreOf("empty", "error", clouds.rest)],
  };
}

function defectAt(
  kind: keyof typeof kinds,
  severity: Severity,
  run: Run,
  observed: Defect["observed"],
  expected: Defect["expected"],
  signal: string,
): Defect {
  const frames = [run.first, run.last] as const;
  return { kind, severity, frames, timeNs: timesOf(run), weight: weightOf(run), observed, expected, signals: [signal] };
}
