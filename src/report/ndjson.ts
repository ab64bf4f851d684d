/**
 * The report as newline-delimited JSON: one record a line, for log pipelines. Per recording one `recording` (with its
 * plan), then its `verdict`s and `finding`s, then one `summary`. Every line carries the position of its recording
 * among the arguments (`index`), since names need not differ.
 */
import type { Report } from "../types.ts";
import { json } from "./escape.ts";
import { type JsonObject, jsonFinding, jsonPlan, jsonRecording, jsonSummary, jsonVerdict } from "./json.ts";

export function render(reports: readonly Report[]): string {
  return reports.flatMap(records).map(line).join("");
}

function records(report: Report, index: number): readonly JsonObject[] {
  const { schema, interrupted, provisional, plan, verdicts, findings, summary } = report;
  return [
    { type: "recording", index, schema, recording: jsonRecording(report.recording), plan: jsonPlan(plan) },
    ...verdicts.map((verdict) => ({ type: "verdict", index, ...jsonVerdict(verdict) })),
    ...findings.map((finding) => ({ type: "finding", index, ...jsonFinding(finding) })),
    { type: "summary", index, ...(interrupted && { interrupted }), ...(provisional && { provisional }), ...jsonSummary(summary) },
  ];
}

function line(record: JsonObject): string {
  return `${json(record)}\n`;
}
