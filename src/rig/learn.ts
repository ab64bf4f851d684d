/**
 * Learning a rig from good runs: what every one of them held is what the next one should hold. Pure: reports in, a rig
 * and notes for the person out. It learns presence, kind, rate and the longest gap; everything else a person adds.
 */
import { decade, tenTo } from "../geometry/elementary.ts";
import * as given from "../given.ts";
import type { Finding, Plain, Report, StreamKind, Verdict } from "../types.ts";
import { type Rig, type RigStream, STREAM_KINDS } from "./rig.ts";

export interface Learnt {
  readonly rig: Rig;
  /** What a person should know before trusting the rig, one line each; recording and stream names as they are. */
  readonly notes: readonly string[];
}

/** Rates of a stream that differ by more than this over good runs are no rate. */
const RATE_SPREAD = 0.2;
/** A gap may be this much longer than the longest seen in a good run… */
const GAP_MARGIN = 1.5;
/** …and is at least this many periods, or this many of a stream that never jittered: as time/rate judges without a rig. */
const GAP_PERIODS = 2.5;
const STEADY_GAP_PERIODS = 1.75;
/** In periods, at the 95th percentile. */
const STEADY_JITTER = 0.1;
/** What is slower than once in a year or faster than a stamp can tell is no rate, and a longer gap is no gap of a recording. */
const SLOWEST_HZ = 3e-8;
const FASTEST_HZ = 1e9;
const LONGEST_MS = 1e12;

/** What is read of a report: so it may also come from a file. */
interface Run {
  readonly interrupted?: boolean;
  readonly recording: {
    readonly name: string;
    readonly streams: readonly Pick<Report["recording"]["streams"][number], "id" | "kind" | "frames">[];
  };
  readonly verdicts: readonly Pick<Verdict, "check" | "stream" | "status" | "observed">[];
  readonly findings: readonly Pick<Finding, "severity">[];
}

const kind: given.Given<StreamKind> = (value, name) =>
  STREAM_KINDS.find((one) => one === value) ?? given.wrong(name, `one of ${STREAM_KINDS.join(", ")}`, value);
const stream = given.record<Run["recording"]["streams"][number]>("a stream", { id: given.text, kind, frames: given.integer(0) }, [
  "id",
  "kind",
  "frames",
]);
const verdict = given.record<Run["verdicts"][number]>(
  "a verdict",
  {
    check: given.text,
    stream: (value, name) => (value === null ? null : given.text(value, name)),
    status: given.text as given.Given<Verdict["status"]>,
    observed: (value, name) => (given.isObject(value) ? (value as Verdict["observed"]) : given.wrong(name, "an object", value)),
  },
  ["check", "stream", "status", "observed"],
);
const run = given.record<Run>(
  "a report",
  {
    interrupted: given.flag,
    recording: given.record<Run["recording"]>("a recording", { name: given.text, streams: given.listOf("streams", stream) }, [
      "name",
      "streams",
    ]),
    verdicts: given.listOf("verdicts", verdict),
    findings: given.listOf(
      "findings",
      given.record<Run["findings"][number]>("a finding", { severity: given.text as given.Given<Finding["severity"]> }, ["severity"]),
    ),
  },
  ["recording", "verdicts", "findings"],
);

/** @throws RangeError when no report of a whole run is given; TypeError for what is no list of reports */
export function learnRig(reports: readonly Report[]): Learnt {
  const all = given.listOf("reports", run)(reports, "reports");
  const whole = all.filter((report) => !report.interrupted);
  if (whole.length === 0) throw new RangeError(`expected a report of at least one whole run, got ${reports.length}, all interrupted`);
  const notes = [...all.flatMap(doubts), ...(whole.length === 1 ? ["learnt from one run: more runs tell what varies"] : [])];
  const streams: RigStream[] = [];
  for (const [id, runs] of runsById(whole)) {
    if (id === "") notes.push("a stream without a name, left out");
    else if (runs.length === 0) notes.push(`${id}: no frame in any run, left out`);
    else streams.push(learnStream(id, runs, whole.length, notes));
  }
  if (streams.length === 0) notes.push("no stream with frames in any run: the rig requires nothing");
  return { rig: { schema: "plumbline.rig/1", streams }, notes };
}

/** A stream in one run. */
interface Seen {
  readonly kind: StreamKind;
  /** What time/rate saw of it, where it could answer. */
  readonly observed: Readonly<Record<string, Plain>>;
}

/** Of every stream, in order of first appearance, the runs in which it had frames. */
function runsById(reports: readonly Run[]): ReadonlyMap<string, readonly Seen[]> {
  const runs = new Map<string, Seen[]>();
  for (const { recording, verdicts } of reports) {
    const rates = new Map<string | null, Seen["observed"]>();
    for (const { check, stream, status, observed } of verdicts) {
      if (check === "time/rate" && (status === "pass" || status === "fail") && !rates.has(stream)) rates.set(stream, observed);
    }
    const held = new Set<string>();
    for (const { id, kind, frames } of recording.streams) {
      const own = runs.get(id) ?? [];
      runs.set(id, own);
      if (frames > 0 && !held.has(id)) own.push({ kind, observed: rates.get(id) ?? {} });
      if (frames > 0) held.add(id);
    }
  }
  return runs;
}

function learnStream(id: string, runs: readonly Seen[], total: number, notes: string[]): RigStream {
  const kind = sameKind(id, runs, notes);
  const required = runs.length === total;
  if (!required) notes.push(`${id}: in ${runs.length} of ${total} runs, so not required`);
  const rateHz = learnRate(id, runs, notes);
  return {
    id,
    ...(kind !== null && { kind }),
    required,
    ...(rateHz !== null && { rateHz, maxGapMs: learnGap(rateHz, runs) }),
  };
}

function sameKind(id: string, runs: readonly Seen[], notes: string[]): StreamKind | null {
  const kinds = [...new Set(runs.map((run) => run.kind))];
  if (kinds.length === 1) return kinds[0] ?? null;
  notes.push(`${id}: ${kinds.join(" in one run, ")} in another, so of no kind`);
  return null;
}

/** Median over the runs whose rate could be measured; null when it could not, or when they disagree. */
function learnRate(id: string, runs: readonly Seen[], notes: string[]): number | null {
  const rates = runs.flatMap((run) => rateOf(run) ?? []).sort((a, b) => a - b);
  const [least, most] = [rates[0], rates.at(-1)];
  if (least === undefined || most === undefined) return null;
  if (most - least > RATE_SPREAD * most) {
    notes.push(`${id}: from ${round(least)} to ${round(most)} Hz over the runs, so no rate`);
    return null;
  }
  return round(median(rates));
}

/** By the median gap where there is one, as time/rate compares it: lost frames do not lower it. */
function rateOf(run: Seen): number | null {
  const medianMs = seen(run, "medianMs");
  const rateHz = medianMs ? 1000 / medianMs : seen(run, "rateHz");
  return rateHz !== null && rateHz >= SLOWEST_HZ && rateHz <= FASTEST_HZ ? rateHz : null;
}

function learnGap(rateHz: number, runs: readonly Seen[]): number {
  const periodMs = 1000 / rateHz;
  const steady = runs.every((run) => (seen(run, "jitterMs") ?? Number.POSITIVE_INFINITY) <= STEADY_JITTER * periodMs);
  const longestMs = runs.reduce((longest, run) => Math.max(longest, seen(run, "longestGapMs") ?? 0), 0);
  return ceil(Math.max((steady ? STEADY_GAP_PERIODS : GAP_PERIODS) * periodMs, GAP_MARGIN * longestMs));
}

/** A number that time/rate observed. */
function seen({ observed }: Seen, name: string): number | null {
  const value = observed[name];
  return typeof value === "number" && value >= 0 && value <= LONGEST_MS ? value : null;
}

function doubts({ recording: { name }, findings, interrupted }: Run): readonly string[] {
  if (interrupted) return [`${name}: interrupted, not learnt from`];
  const of = (severity: string): number => findings.filter((finding) => finding.severity === severity).length;
  if (of("error") + of("warning") === 0) return [];
  return [
    `${name}: not a clean run (error findings: ${of("error")}, warnings: ${of("warning")}); what is wrong in it may have been learnt`,
  ];
}

/** To an integer when within half a percent of one, else to three significant digits. */
function round(hz: number): number {
  const whole = Math.round(hz);
  return Math.abs(hz - whole) <= 0.005 * whole ? whole : Number(hz.toPrecision(3));
}

/** Up to two significant digits. */
function ceil(ms: number): number {
  const step = tenTo(decade(ms) - 1);
  return Number((Math.ceil(ms / step - 1e-9) * step).toPrecision(2));
}

function median(sorted: readonly number[]): number {
  const right = sorted[sorted.length >> 1] ?? 0;
  return sorted.length % 2 === 1 ? right : ((sorted[(sorted.length >> 1) - 1] ?? 0) + right) / 2;
}
