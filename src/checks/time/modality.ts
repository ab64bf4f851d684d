/**
 * time/modality: is every stream there that the rig asks for, from the beginning to the end?
 *
 * Begin and end are compared on the recorder's clock, the only one all streams share, with the middle one of the
 * rig's streams: a single stream that starts early or stops late does not put the others in the wrong.
 *
 * It also answers for the rig's tables: one that was not read is an open question, so that a rig is never obeyed in part and in silence.
 */
import { AMOUNT, type Conclusion, type Context, type Defect, defineCheck, type Options } from "../../check/check.ts";
import { NOT_REQUIRED, type RigStream } from "../../rig/rig.ts";
import { ms, nsBetween } from "../../summary/seam.ts";
import type { Plain, Severity, StreamCensus } from "../../types.ts";

const kinds = {
  missing: { severity: "error", meaning: "a stream the rig requires is not in the recording, or has no frame" },
  "wrong-kind": { severity: "error", meaning: "the stream is there but does not carry what the rig states" },
  "late-start": { severity: "warning", meaning: "the stream begins later than the others" },
  "early-end": { severity: "warning", meaning: "the stream ends before the others" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

interface Times {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export const modality = defineCheck({
  id: "time/modality",
  title: "Is every stream the rig asks for there, from beginning to end, and is all of the rig checked?",
  level: 0,
  needs: ["frames"],
  defaults: { toleranceMs: 1000, tolerancePeriods: 3 },
  ranges: { toleranceMs: AMOUNT, tolerancePeriods: AMOUNT },
  kinds,
  blindSpots: [
    "everything, when there is no rig: what a recording should hold is not guessed",
    "a stream that begins late together with most of the others",
    "streams with nominal stamps, or on a clock that does not meet the others', are not compared in time",
    "messages without a rate stated in the rig: plain bytes, or fewer than 10 frames, may begin and end when they like",
    "silence in the middle of a stream: see time/rate",
    "tables of the rig that were not read: not_run, one by one",
  ],

  conclude(context, options) {
    const wanted = context.rig?.streams ?? [];
    const unread = unreadTables(context);
    if (wanted.length === 0) {
      const reason = context.rig ? "the rig names no stream" : "no rig";
      return [{ status: "not_run", reason, coverage: { items: 0, checked: 0 }, observed: {}, defects: [] }, ...unread];
    }
    const others = reference(wanted, context);
    return [...wanted.map((stream) => judge(stream, others, context, options)), ...unread];
  },

  describe({ kind, observed, expected }) {
    switch (kind) {
      case "missing":
        return "the rig requires this stream; the recording has no frame of it";
      case "wrong-kind":
        return `the rig states ${expected["kind"]}, the stream carries ${observed["kind"]}`;
      case "late-start":
        return `begins ${observed["lateMs"]} ms after the others`;
      default:
        return `ends ${observed["earlyMs"]} ms before the others`;
    }
  },
});

/** Tables of the rig that are not there: each an open question of its own. */
function unreadTables({ rig, streams: there }: Context): readonly Conclusion[] {
  return (rig?.streams ?? [])
    .filter((stream) => isTable(stream) && !there.some(({ info }) => info.id === stream.id))
    .map(({ id }) => open(id, "a table that was not read"));
}

function isTable({ path, columns, units, header }: RigStream): boolean {
  return [path, columns, units, header].some((clause) => clause !== undefined);
}

/** One question that was asked and not answered. */
function open(stream: string | null, reason: string): Conclusion {
  return { status: "not_run", reason, stream, coverage: { items: 1, checked: 0 }, observed: {}, defects: [] };
}

/** Begin and end of the middle stream among those the rig names; null with fewer than two to compare. */
function reference(wanted: readonly RigStream[], context: Context): Times | null {
  const times = wanted.flatMap(
    (stream) =>
      timesOf(
        stream,
        context.streams.find(({ info }) => info.id === stream.id),
      ) ?? [],
  );
  if (times.length < 2) return null;
  const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
  const starts = times.map(({ startNs }) => startNs).sort(ascending);
  const ends = times.map(({ endNs }) => endNs).sort(ascending);
  // Of an even number the earlier begin and the later end: with two streams the longer one is the reference.
  return { startNs: starts[(starts.length - 1) >> 1] ?? 0n, endNs: ends[ends.length >> 1] ?? 0n };
}

/** Enough frames to say that a stream without a stated rate goes on all the time. */
const MANY_FRAMES = 10;

/** Null where begin and end say nothing: no clock, or messages that come when they come (events, latched topics). */
function timesOf(wanted: RigStream, stream: StreamCensus | undefined): Times | null {
  if (!stream || stream.info.stamps === "nominal" || stream.startNs === null || stream.endNs === null) return null;
  const continuous = wanted.rateHz !== undefined || (stream.info.kind !== "bytes" && stream.frames >= MANY_FRAMES);
  return continuous ? { startNs: stream.startNs, endNs: stream.endNs } : null;
}

function judge(wanted: RigStream, others: Times | null, context: Context, options: Options): Conclusion {
  const stream = context.streams.find(({ info }) => info.id === wanted.id);
  const frames = stream?.frames ?? 0;
  if (!stream || frames === 0) return absent(wanted, frames, context);

  const defects: Defect[] = [];
  const observed: Record<string, Plain> = { frames, kind: stream.info.kind };
  const add = (
    kind: keyof typeof kinds,
    at: readonly [number, number],
    timeNs: Defect["timeNs"],
    seen: Defect["observed"],
    wish: Defect["expected"],
  ): void => {
    defects.push({ kind, severity: kinds[kind].severity, stream: wanted.id, frames: at, timeNs, observed: seen, expected: wish });
  };
  if (wanted.kind !== undefined && wanted.kind !== stream.info.kind)
    add("wrong-kind", [0, frames - 1], null, { kind: stream.info.kind }, { kind: wanted.kind });

  const times = timesOf(wanted, stream);
  const comparable = times !== null && others !== null && times.startNs <= others.endNs && others.startNs <= times.endNs;
  observed["compared"] = comparable ? "with the others" : notCompared(times, others);
  if (comparable) {
    const toleranceMs = tolerance(wanted, times, frames, options);
    const lateMs = ms(nsBetween(others.startNs, times.startNs));
    const earlyMs = ms(nsBetween(times.endNs, others.endNs));
    observed["lateMs"] = lateMs;
    observed["earlyMs"] = earlyMs;
    if (lateMs > toleranceMs) add("late-start", [0, 0], [others.startNs, times.startNs], { lateMs }, { toleranceMs });
    if (earlyMs > toleranceMs && context.partial === null)
      add("early-end", [frames - 1, frames - 1], [times.endNs, others.endNs], { earlyMs }, { toleranceMs });
  }
  return {
    status: defects.length > 0 ? "fail" : "pass",
    stream: wanted.id,
    coverage: { items: frames, checked: frames },
    observed,
    defects,
  };
}

function notCompared(times: Times | null, others: Times | null): string {
  if (!times) return "not: no clock or no steady rate";
  return others ? "not: no time in common with the others" : "not: no other stream";
}

/** The larger of the fixed tolerance and a few of the stream's own periods, ms. */
function tolerance(wanted: RigStream, times: Times, frames: number, options: Options): number {
  const statedMs = wanted.rateHz ? 1e3 / wanted.rateHz : 0;
  const ownMs = frames > 1 ? ms(nsBetween(times.startNs, times.endNs)) / (frames - 1) : 0;
  return Math.max(options["toleranceMs"] ?? 0, (options["tolerancePeriods"] ?? 0) * (statedMs || ownMs));
}

function absent(wanted: RigStream, frames: number, context: Context): Conclusion {
  const base = { stream: wanted.id, coverage: { items: 1, checked: 1 }, observed: { frames } };
  if (context.partial) return { ...base, status: "not_run", reason: context.partial, defects: [] };
  if (!wanted.required) return open(wanted.id, NOT_REQUIRED);
  const defect: Defect = {
    kind: "missing",
    severity: "error",
    stream: wanted.id,
    frames: null,
    timeNs: null,
    observed: { frames },
    expected: { required: true, ...(wanted.kind && { kind: wanted.kind }) },
  };
  return { ...base, status: "fail", defects: [defect] };
}
