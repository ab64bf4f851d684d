/**
 * The report as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code-scanning dashboards. One run
 * holds all recordings: an artifact each, a result per finding, a rule per kind of finding. What was not answered is a
 * notification, so that a run without results is never mistaken for a clean recording.
 */
import type { Finding, Report, Severity, Verdict } from "../types.ts";
import { json, uri, visible } from "./escape.ts";
import { type Json, type JsonObject, jsonFinding, jsonSummary, jsonVerdict, toJson } from "./json.ts";
import { describeFinding, type RenderContext, type Unread } from "./render.ts";

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
        results: reports.flatMap((report, index) => report.findings.map((finding) => result(finding, report, index, rules, context))),
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
    report.findings.map((f) => ({ id: ruleId(f), title: f.check, meaning: f.kind, severity: f.severity })),
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

function location(finding: Finding, report: Report, index: number): JsonObject {
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
  return [...cut, ...open.map((verdict) => ({ ...unanswered(verdict, name, index), properties: { verdict: jsonVerdict(verdict) } }))];
}

function unanswered({ check, stream, status, reason }: Verdict, name: string, index: number): JsonObject {
  const on = stream === null ? "" : ` on ${visible(stream)}`;
  return notice(status, "note", `${check}${on}: ${status.replace("_", " ")}: ${visible(reason ?? "no reason given")}`, name, index);
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

function ruleId(finding: Finding): string {
  return `${finding.check}/${finding.kind}`;
}

function present(fields: { readonly [key: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
