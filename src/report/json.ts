/**
 * The report as JSON, the shape of docs/report.md: keys in one fixed order, int64 as decimal strings, two spaces of
 * indentation, a trailing newline. Same bytes and same configuration give the same text everywhere.
 */

import type { Finding, More, Plain, Report, Verdict } from "../types.ts";
import { json } from "./escape.ts";
import type { RenderContext } from "./render.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** One object for one recording, an array in argument order for several. */
export function render(reports: readonly Report[], context: Pick<RenderContext, "several"> = { several: reports.length > 1 }): string {
  const [only] = reports;
  return `${json(!context.several && only ? jsonReport(only) : reports.map(jsonReport), 2)}\n`;
}

export function jsonReport(report: Report): JsonObject {
  return {
    schema: report.schema,
    recording: jsonRecording(report.recording),
    plan: jsonPlan(report.plan),
    ...(report.interrupted && { interrupted: true }),
    ...(report.provisional && { provisional: true }),
    verdicts: report.verdicts.map(jsonVerdict),
    findings: report.findings.map(jsonFinding),
    summary: jsonSummary(report.summary),
  };
}

export function jsonPlan({ seed, checks }: Report["plan"]): JsonObject {
  return { seed, checks: checks.map(({ check, rate, reason }) => pick({ check, rate, reason })) };
}

export function jsonRecording(recording: Report["recording"]): JsonObject {
  const { name, format, bytes, startNs, endNs, attachments, metadata, streams } = recording;
  return {
    ...pick({ name, format, bytes, startNs, endNs, attachments, metadata }),
    streams: streams.map((s) =>
      pick({
        id: s.id,
        kind: s.kind,
        type: s.type,
        frames: s.frames,
        bytes: s.bytes,
        startNs: s.startNs,
        endNs: s.endNs,
        digest: s.digest,
        points: s.points,
        boxes: s.boxes,
        tracks: s.tracks,
      }),
    ),
  };
}

export function jsonVerdict({ check, stream, status, reason, coverage: { items, checked }, observed, more }: Verdict): JsonObject {
  return pick({ check, stream, status, reason, coverage: { items, checked }, observed, more: more?.map(jsonMore) });
}

function jsonMore({ kind, severity, count, frames, timeNs, bytes }: More): JsonObject {
  return pick({ kind, severity, count, frames, timeNs, bytes });
}

export function jsonFinding(f: Finding): JsonObject {
  return pick({
    check: f.check,
    kind: f.kind,
    severity: f.severity,
    stream: f.stream,
    frames: f.frames,
    timeNs: f.timeNs,
    bytes: f.bytes,
    file: f.file,
    tracks: f.tracks,
    annotator: f.annotator,
    from: f.from && { stream: f.from.stream, frames: f.from.frames },
    to: f.to && { stream: f.to.stream, frames: f.to.frames },
    observed: f.observed,
    expected: f.expected,
    signals: f.signals,
    fingerprint: f.fingerprint,
  });
}

export function jsonSummary({ pass, fail, not_run, not_observable, findings, more }: Report["summary"]): JsonObject {
  return pick({ pass, fail, not_run, not_observable, findings, more });
}

/**
 * int64 become decimal strings; what JSON cannot hold (NaN, infinities) becomes null, and half a surrogate pair the
 * replacement character: many readers refuse a whole document for one.
 */
export function toJson(value: Plain): Json {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string") return value.toWellFormed();
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), toJson(item)]));
}

/** The given fields in the given order, without the absent ones. */
function pick(fields: { readonly [key: string]: Plain | undefined }): JsonObject {
  const out: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) out[key] = toJson(value);
  return out;
}

/** `Array.isArray` does not narrow a readonly array. */
function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}
