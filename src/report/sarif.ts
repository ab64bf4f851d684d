/**
 * The report as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code-scanning dashboards. One run
 * holds all recordings: an artifact each, a result per finding, a rule per kind of finding. Findings that are only counted
 * are one result with their number. What was not answered is a notification, so that a run without results is never
 * mistaken for a clean recording; of many streams one with their number.
 */

import type { Finding, Report, Severity } from "../types.ts";
import { json, uri, visible } from "./escape.ts";
import { type Json, type JsonObject, jsonFinding, jsonSummary, jsonVerdict, toJson } from "./json.ts";
import { type Counted, counted, describeFinding, type Folded, folded, type RenderContext, type Unread } from "./render.ts";
import { moreText } from "./units.ts";

const LEVEL: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "note" };

const NOTICES: Readonly<Record<string, string>> = {
  not_run: "A check did not run on this recording or stream.",
  not_observable: "A check ran, but what it looks for cannot be seen in this recording.",
  interrupted: "The run was cut short: the report covers the first part of the recording only.",
  unread: "Nothing of an input could be read.",
};

export function render(reports: readonly Report[], context: RenderContext): string {
  const rules = rulesOf(reports, context);
  const artifacts = [...reports.map((report) => report.recording.name), ...context.unread.map((input) => input.name)];
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: driver(rules, context) },
        invocations: [
          {
            executionSuccessful: context.unread.length === 0 && !reports.some((report) => report.interrupted),
            toolExecutionNotifications: [
              ...reports.flatMap((report, index) => notices(report, index)),
              ...context.unread.map((input, i) => unreadNotice(input, reports.length + i)),
            ],
          },
        ],
        artifacts: artifacts.map((name, index) => artifact(name, reports[index])),
        results: reports.flatMap((report, index) => [
          ...report.findings.map((finding) => result(finding, report, index, rules, context)),
          ...counted(report).map((one) => countedResult(one, report, index, rules)),
        ]),
      },
    ],
  };
  return `${json(log, 2)}\n`;
}

interface Rule {
  readonly id: string;
  readonly title: string;
  readonly meaning: string;
  readonly severity: Severity;
}

/** A rule per kind of every known check, then one per kind that only the reports know. */
function rulesOf(reports: readonly Report[], context: RenderContext): ReadonlyMap<string, Rule & { readonly index: number }> {
  const known = context.checks.flatMap((check) =>
    Object.entries(check.kinds).map(([kind, { severity, meaning }]) => ({
      id: `${check.id}/${kind}`,
      title: check.title,
      meaning,
      severity,
    })),
  );
  const found = reports.flatMap((report) =>
    [...report.findings, ...counted(report).map(({ check, more }) => ({ check, ...more }))].map((one) => ({
      ...{ id: ruleId(one), title: one.check, meaning: one.kind, severity: one.severity },
    })),
  );
  const rules = new Map<string, Rule & { readonly index: number }>();
  for (const rule of [...known, ...found]) if (!rules.has(rule.id)) rules.set(rule.id, { ...rule, index: rules.size });
  return rules;
}

function driver(rules: ReadonlyMap<string, Rule>, context: RenderContext): JsonObject {
  return {
    name: "Plumbline",
    version: context.version,
    rules: [...rules.values()].map(({ id, title, meaning, severity }) => ({
      id,
      shortDescription: { text: meaning },
      fullDescription: { text: title },
      defaultConfiguration: { level: LEVEL[severity] },
    })),
    notifications: Object.entries(NOTICES).map(([id, text]) => ({ id, shortDescription: { text } })),
  };
}

function artifact(name: string, report: Report | undefined): JsonObject {
  return {
    location: { uri: uri(name) },
    ...(report && {
      length: report.recording.bytes,
      properties: { format: toJson(report.recording.format), summary: jsonSummary(report.summary) },
    }),
  };
}

function result(finding: Finding, report: Report, index: number, rules: ReturnType<typeof rulesOf>, context: RenderContext): JsonObject {
  const { fingerprint, stream, frames, timeNs, tracks, annotator, from, to, observed, expected, signals } = jsonFinding(finding);
  const properties = { stream, frames, timeNs, tracks, annotator, from, to, observed, expected, signals };
  return {
    ruleId: ruleId(finding),
    ruleIndex: rules.get(ruleId(finding))?.index ?? -1,
    level: LEVEL[finding.severity],
    message: { text: visible(describeFinding(finding, context)) },
    locations: [location(finding, report, index)],
    partialFingerprints: { "plumbline/v1": fingerprint ?? "" },
    properties: present(properties),
  };
}

function countedResult({ check, stream, more }: Counted, report: Report, index: number, rules: ReturnType<typeof rulesOf>): JsonObject {
  const { kind, severity, count, frames, timeNs, bytes } = more;
  const id = ruleId({ check, kind });
  return {
    ruleId: id,
    ruleIndex: rules.get(id)?.index ?? -1,
    level: LEVEL[severity],
    message: { text: visible(moreText(stream, more, report)) },
    locations: [location({ stream, frames, ...(bytes && { bytes }) }, report, index)],
    occurrenceCount: count,
    properties: { stream: toJson(stream), timeNs: toJson(timeNs) },
  };
}

function location(finding: Pick<Finding, "bytes" | "file" | "stream" | "frames">, report: Report, index: number): JsonObject {
  const { bytes, file, stream, frames } = finding;
  const name = report.recording.name;
  const place = stream === null ? null : visible(stream);
  const at = frames && (frames[0] === frames[1] ? `frame ${frames[0]}` : `frames ${frames[0]}-${frames[1]}`);
  const logical = [
    ...(place === null ? [] : [{ name: place, fullyQualifiedName: place, kind: "stream" }]),
    ...(at ? [{ name: at, fullyQualifiedName: place === null ? at : `${place} ${at}`, kind: "frames" }] : []),
  ];
  return {
    physicalLocation: {
      artifactLocation: file === undefined ? { uri: uri(name), index } : { uri: uri(`${name}/${file}`) },
      ...(bytes && { region: { byteOffset: bytes[0], byteLength: Math.max(0, bytes[1] - bytes[0]) } }),
    },
    ...(logical.length > 0 && { logicalLocations: logical }),
  };
}

function notices(report: Report, index: number): readonly JsonObject[] {
  const { name } = report.recording;
  const open = report.verdicts.filter((verdict) => verdict.status === "not_run" || verdict.status === "not_observable");
  const cut = report.interrupted
    ? [notice("interrupted", "warning", "interrupted: the report covers the first part only", name, index)]
    : [];
  return [...cut, ...folded(open).map((one) => ({ ...unanswered(one, name, index), properties: properties(one) }))];
}

/** Of many verdicts what they have in common. */
function properties({ verdict, count }: Folded): JsonObject {
  const { check, status, reason = null } = verdict;
  return count === 1 ? { verdict: jsonVerdict(verdict) } : { check, status, reason: toJson(reason), streams: count };
}

function unanswered({ verdict, place }: Folded, name: string, index: number): JsonObject {
  const { check, status, reason } = verdict;
  const text = `${check}${visible(place)}: ${status.replace("_", " ")}: ${visible(reason ?? "no reason given")}`;
  return notice(status, "note", text, name, index);
}

function unreadNotice({ name, message }: Unread, index: number): JsonObject {
  return notice("unread", "error", visible(message), name, index);
}

function notice(id: string, level: string, text: string, name: string, index: number): JsonObject {
  return {
    descriptor: { id, index: Object.keys(NOTICES).indexOf(id) },
    level,
    message: { text },
    locations: [{ physicalLocation: { artifactLocation: { uri: uri(name), index } } }],
  };
}

function ruleId(finding: Pick<Finding, "check" | "kind">): string {
  return `${finding.check}/${finding.kind}`;
}

function present(fields: { readonly [key: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
