/**
 * Conclude: the folded whole becomes verdicts, findings and a report. Pure; the last step of every run.
 */

import type { AnyCheck, Conclusion, Context, Defect, Partial, Whole } from "../check/check.ts";
import { digestHex } from "../check/fingerprint.ts";
import { addMore, countMore, gravest, limitOf, MOST_LOCATED } from "../check/gravest.ts";
import { type Collected, nothingEarly, seenOf } from "../check/table.ts";
import type { Kernels } from "../kernels.ts";
import type { Rig } from "../rig/rig.ts";
import type { Seal } from "../seal/seal.ts";
import type { Damage, Finding, More, RecordingIndex, Report, StreamCensus, Verdict } from "../types.ts";
import { concludeCensus } from "./census.ts";
import type { Part } from "./observe.ts";
import type { Plan } from "./plan.ts";

/** What the recording is held against. */
export interface Given {
  readonly rig: Rig | null;
  readonly seal: Seal | null;
}

/**
 * @param early what the pass before has collected
 * @param changes of the recording's files while they were read
 */
export function conclude(
  checks: readonly AnyCheck[],
  plan: Plan,
  index: RecordingIndex,
  whole: Part,
  given: Given,
  partial: Partial | null,
  kernels: Kernels,
  early: Collected,
  changes: readonly Damage[] = [],
): Report {
  const streams = index.streams.map((info, i) => concludeCensus(whole.census[i] ?? null, info));
  const seen = seenOf(index.streams, { ...nothingEarly(checks, index.streams), ...early, ...whole.collected }, kernels);
  const context: Context = { recording: index, claims: index.claims, streams, ...given, seen, kernels, changes, partial };
  // Whoever did not ask for the check that tells of it must not be left to believe that nothing happened.
  const isTold = plan.run.some(({ id }) => id === "integrity/container");
  const unproven = partial ?? (changes.length > 0 && !isTold ? "changed while it was read" : null);
  const verdicts: Verdict[] = [];
  const findings: Finding[] = [];
  for (const [c, { id, options }] of plan.run.entries()) {
    const check = checks.find((known) => known.id === id);
    if (!check) throw new RangeError(`expected a known check, got "${id}"`);
    const { answers, located } = limited(check, check.conclude(foldedBy(whole.summaries[c] ?? null, context), options));
    for (const { conclusion, more } of answers) verdicts.push(verdict(check, conclusion, more, unproven));
    for (const { conclusion, defect } of located) findings.push(finding(check, conclusion, defect, kernels));
  }
  const more = verdicts.reduce((sum, one) => sum + (one.more ?? []).reduce((count, { count: own }) => count + own, 0), 0);
  return {
    schema: "plumbline.report/1",
    recording: recordingOf(index, streams),
    plan: { seed: plan.seed, checks: plan.checks },
    ...(partial === "interrupted" && { interrupted: true }),
    ...(partial === "provisional" && { provisional: true }),
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

/** The summaries of a check beside what it may know: those of the streams, and the container's, which comes last. */
function foldedBy(summaries: readonly unknown[] | null, context: Context): Whole<unknown> {
  const count = context.streams.length;
  return { ...context, summaries: summaries?.slice(0, count) ?? context.streams.map(() => null), container: summaries?.[count] ?? null };
}

/** What a check answers of a stream, without its defects, and the findings that are only counted. */
interface Limited {
  readonly conclusion: Omit<Conclusion, "defects">;
  more: readonly More[];
}

/** A defect, and the position of its answer. */
type Located = Defect & { readonly answer: number };

/** The limits of src/check/gravest.ts: of each answer, and of all answers together, where every stream has its turn. */
function limited(
  check: AnyCheck,
  all: Iterable<Conclusion>,
): {
  readonly answers: readonly Limited[];
  readonly located: readonly { readonly conclusion: Limited["conclusion"]; readonly defect: Defect }[];
} {
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
  for (const { defects, ...conclusion } of all) {
    const { kept, rest } = gravest(defects.toSorted(byPlace), limit);
    const answer = answers.push({ conclusion, more: addMore(conclusion.more ?? [], countMore(rest)) }) - 1;
    for (const defect of kept) located.push({ ...defect, answer });
    if (located.length > 4 * MOST_LOCATED) settle();
  }
  settle();
  return {
    answers,
    located: located.flatMap((defect) => {
      const answer = answers[defect.answer];
      return answer ? [{ conclusion: answer.conclusion, defect }] : [];
    }),
  };
}

/**
 * A run that was cut short, or still goes on, or whose recording changed, proves nothing about the rest: what would have passed was not run.
 *
 * @param unproven why
 */
function verdict(check: AnyCheck, conclusion: Limited["conclusion"], more: readonly More[], unproven: string | null): Verdict {
  const isOpen = unproven !== null && conclusion.status === "pass";
  const reason = isOpen ? unproven : conclusion.reason;
  return {
    check: check.id,
    stream: conclusion.stream ?? null,
    status: isOpen ? "not_run" : conclusion.status,
    ...(reason !== undefined && { reason }),
    coverage: conclusion.coverage,
    observed: conclusion.observed,
    ...(more.length > 0 && { more }),
  };
}

function finding(check: AnyCheck, { stream }: Pick<Conclusion, "stream">, defect: Defect, kernels: Kernels): Finding {
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
