/**
 * Conclude: the folded whole becomes verdicts, findings and a report. Pure; the last step of every run.
 */
import { concludeCensus } from "./census.ts";
import type { Check, Conclusion, Context, Defect, Options } from "./check.ts";
import { digestHex } from "./fingerprint.ts";
import { gatheredOf, nothingKnown } from "./gather.ts";
import { addMore, countMore, gravest, limitOf, MOST_LOCATED } from "./gravest.ts";
import type { GatheredParts, Part } from "./observe.ts";
import type { Plan } from "./plan.ts";
import type { Rig } from "./rig.ts";
import type { Seal } from "./seal/seal.ts";
import type { Finding, More, RecordingIndex, Report, StreamCensus, Verdict } from "./types.ts";
import type { Kernels } from "./wasm.ts";

/** What the recording is held against. */
export interface Given {
  readonly rig: Rig | null;
  readonly seal: Seal | null;
}

/** @param known what the pass before has collected */
export function conclude(
  checks: readonly Check[],
  plan: Plan,
  index: RecordingIndex,
  whole: Part,
  given: Given,
  interrupted: boolean,
  kernels: Kernels,
  known: GatheredParts,
): Report {
  const streams = index.streams.map((info, i) => concludeCensus(whole.census[i] ?? null, info));
  const gathered = gatheredOf(index.streams, { ...nothingKnown(checks, index.streams), ...known, ...whole.gathered }, kernels);
  const context: Context = { recording: index, claims: index.claims, streams, ...given, gathered, kernels, interrupted };
  const verdicts: Verdict[] = [];
  const findings: Finding[] = [];
  for (const [c, { id, options }] of plan.run.entries()) {
    const check = checks.find((known) => known.id === id);
    if (!check) throw new RangeError(`expected a known check, got "${id}"`);
    const { answers, located } = limited(check, conclusions(check, whole.summaries[c] ?? [], context, options));
    for (const { stream, conclusion, more } of answers) verdicts.push(verdict(check, stream, conclusion, more, interrupted));
    for (const { stream, defect } of located) findings.push(finding(check, stream, defect, kernels));
  }
  const more = verdicts.reduce((sum, one) => sum + (one.more ?? []).reduce((count, { count: own }) => count + own, 0), 0);
  return {
    schema: "plumbline.report/1",
    recording: recordingOf(index, streams),
    plan: { seed: plan.seed, checks: plan.checks },
    ...(interrupted && { interrupted }),
    verdicts,
    findings,
    summary: {
      pass: count(verdicts, "pass"),
      fail: count(verdicts, "fail"),
      not_run: count(verdicts, "not_run"),
      not_observable: count(verdicts, "not_observable"),
      findings: findings.length + more,
      ...(more > 0 && { more }),
    },
  };
}

interface Answer {
  readonly stream: string | null;
  readonly conclusion: Conclusion;
}

function* conclusions(check: Check, summaries: readonly unknown[], context: Context, options: Options): Generator<Answer> {
  if (check.scope === "container") {
    yield { stream: null, conclusion: check.conclude(summaries[0], context, options) };
  } else if (check.scope === "recording" || check.scope === "streams") {
    const all = check.scope === "recording" ? check.conclude(context, options) : check.conclude(summaries, context, options);
    for (const conclusion of all) yield { stream: conclusion.stream ?? null, conclusion };
  } else {
    let isAbsent = true;
    for (const [i, stream] of context.streams.entries()) {
      if (!check.appliesTo(stream.info)) continue;
      isAbsent = false;
      yield { stream: stream.info.id, conclusion: check.conclude(summaries[i] ?? null, stream, context, options) };
    }
    const nothing = { coverage: { items: 0, checked: 0 }, observed: {}, defects: [] };
    if (isAbsent) yield { stream: null, conclusion: { ...nothing, status: "not_run", reason: check.absent } };
  }
}

/** What a check answers of a stream, without its defects, and the findings that are only counted. */
interface Limited {
  readonly stream: string | null;
  readonly conclusion: Omit<Conclusion, "defects">;
  more: readonly More[];
}

/** A defect, and the position of its answer. */
type Located = Defect & { readonly answer: number };

/** The limits of gravest.ts: of each answer, and of all answers together, where every stream has its turn. */
function limited(
  check: Check,
  all: Iterable<Answer>,
): { readonly answers: readonly Limited[]; readonly located: readonly { readonly stream: string | null; readonly defect: Defect }[] } {
  const limit = limitOf(check);
  const answers: Limited[] = [];
  let located: Located[] = [];
  const settle = (): void => {
    const { kept, rest } = gravest(located, MOST_LOCATED, ({ kind, answer }) => `${kind} ${String(answer).padStart(9, "0")}`);
    located = [...kept];
    const left = Map.groupBy(rest, ({ answer }) => answer);
    for (const [answer, defects] of left) {
      const one = answers[answer];
      if (one) one.more = addMore(one.more, countMore(defects));
    }
  };
  for (const {
    stream,
    conclusion: { defects, ...conclusion },
  } of all) {
    const { kept, rest } = gravest(defects.toSorted(byPlace), limit);
    const answer = answers.push({ stream, conclusion, more: addMore(conclusion.more ?? [], countMore(rest)) }) - 1;
    for (const defect of kept) located.push({ ...defect, answer });
    if (located.length > 4 * MOST_LOCATED) settle();
  }
  settle();
  return { answers, located: located.map((defect) => ({ stream: answers[defect.answer]?.stream ?? null, defect })) };
}

/** A run that was cut short proves nothing about the rest: what would have passed was not run. */
function verdict(
  check: Check,
  stream: string | null,
  conclusion: Omit<Conclusion, "defects">,
  more: readonly More[],
  interrupted: boolean,
): Verdict {
  const cut = interrupted && conclusion.status === "pass";
  const reason = cut ? "interrupted" : conclusion.reason;
  return {
    check: check.id,
    stream,
    status: cut ? "not_run" : conclusion.status,
    ...(reason !== undefined && { reason }),
    coverage: conclusion.coverage,
    observed: conclusion.observed,
    ...(more.length > 0 && { more }),
  };
}

function finding(check: Check, stream: string | null, defect: Defect, kernels: Kernels): Finding {
  const place = stream ?? defect.stream ?? null;
  const between = defect.from && defect.to ? [defect.from.stream, defect.to.stream] : [];
  const identity = [
    check.id,
    defect.kind,
    place,
    defect.frames,
    defect.bytes ?? null,
    defect.file ?? null,
    defect.tracks ?? null,
    ...between,
  ];
  return {
    check: check.id,
    kind: defect.kind,
    severity: defect.severity,
    stream: place,
    frames: defect.frames,
    timeNs: defect.timeNs,
    ...(defect.bytes && { bytes: defect.bytes }),
    ...(defect.file !== undefined && { file: defect.file }),
    ...(defect.tracks && { tracks: defect.tracks }),
    ...(defect.annotator !== undefined && { annotator: defect.annotator }),
    ...(defect.from && { from: defect.from }),
    ...(defect.to && { to: defect.to }),
    observed: defect.observed,
    expected: defect.expected,
    signals: defect.signals ?? [],
    fingerprint: digestHex(JSON.stringify(identity), kernels),
  };
}

/** By frame, then byte, then kind: the order a person walks the recording. Stable for the rest. */
function byPlace(a: Defect, b: Defect): number {
  return (
    (a.frames?.[0] ?? -1) - (b.frames?.[0] ?? -1) ||
    (a.bytes?.[0] ?? -1) - (b.bytes?.[0] ?? -1) ||
    (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0)
  );
}

function count(verdicts: readonly Verdict[], status: Verdict["status"]): number {
  return verdicts.filter((v) => v.status === status).length;
}

function recordingOf(index: RecordingIndex, streams: readonly StreamCensus[]): Report["recording"] {
  let startNs: bigint | null = null;
  let endNs: bigint | null = null;
  for (const stream of streams) {
    if (stream.info.attached) continue;
    if (stream.startNs !== null && (startNs === null || stream.startNs < startNs)) startNs = stream.startNs;
    if (stream.endNs !== null && (endNs === null || stream.endNs > endNs)) endNs = stream.endNs;
  }
  return {
    name: index.name,
    format: index.format,
    bytes: index.bytes,
    startNs,
    endNs,
    attachments: index.attachments,
    metadata: index.metadata,
    streams: streams.map(({ info, points, boxes, tracks, ...counts }) => ({
      id: info.id,
      kind: info.kind,
      type: info.type,
      ...counts,
      ...(points !== null && { points }),
      ...(boxes !== null && { boxes }),
      ...(tracks !== null && { tracks }),
    })),
  };
}
