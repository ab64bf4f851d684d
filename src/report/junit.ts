/**
 * The report as JUnit XML, for build servers: a suite per recording, a test case per verdict. `fail` is a failure with
 * the text of its findings; `not_run` and `not_observable` are skipped with their reason, so they show, and are not green.
 * Many streams that are skipped for one reason are one case.
 */
import type { Finding, More, Report } from "../types.ts";
import { xml } from "./escape.ts";
import { type Answer, answers, describeFinding, folded, type RenderContext, type Unread } from "./render.ts";
import { locationText, moreText } from "./units.ts";

export function render(reports: readonly Report[], context: RenderContext): string {
  const suites = [...reports.map((report) => suite(report, context)), ...context.unread.map(unreadSuite)];
  const total = (key: keyof Counts) => suites.reduce((sum, { counts }) => sum + counts[key], 0);
  const counts = { tests: total("tests"), failures: total("failures"), errors: total("errors"), skipped: total("skipped") };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="plumbline"${attributes(counts)}>`,
    ...suites.flatMap(({ lines }) => lines),
    "</testsuites>",
    "",
  ].join("\n");
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
}

interface Suite {
  readonly counts: Counts;
  readonly lines: readonly string[];
}

function suite(report: Report, context: RenderContext): Suite {
  const { name } = report.recording;
  const { answers: list, loose } = answers(report);
  const isSkipped = ({ verdict, findings }: Answer): boolean =>
    (verdict.status === "not_run" || verdict.status === "not_observable") && findings.length === 0 && !verdict.more;
  const alike = new Map(folded(list.filter(isSkipped).map(({ verdict }) => verdict)).map((one) => [one.verdict, one]));
  const cases = [
    ...list.flatMap((answer) => {
      const one = alike.get(answer.verdict);
      return one || !isSkipped(answer) ? [testcase(answer, one && one.count > 1 ? one.place : null, report, context)] : [];
    }),
    ...(loose.length > 0 ? [failed(name, "findings", "fail", loose, [], report, context)] : []),
    ...(report.interrupted ? [errored(name, "run", "interrupted: the report covers the first part only")] : []),
  ];
  return wrap(name, cases);
}

function unreadSuite({ name, message }: Unread): Suite {
  return wrap(name, [errored(name, "open", message)]);
}

interface Case {
  readonly outcome: "passed" | "failures" | "errors" | "skipped";
  readonly lines: readonly string[];
}

/** @param place where it stands for many */
function testcase({ verdict, findings }: Answer, place: string | null, report: Report, context: RenderContext): Case {
  const { check, stream, status, reason, more = [] } = verdict;
  const recording = report.recording.name;
  const name = place !== null ? `${check}${place}` : stream === null ? check : `${check} [${stream}]`;
  if (status === "fail") return failed(recording, name, reason ?? "fail", findings, more, report, context);
  const notes = findings.length + more.length > 0 ? [`      <system-out>${text(findings, more, report, context)}</system-out>`] : [];
  if (status === "pass") return { outcome: "passed", lines: element(recording, name, notes) };
  const message = `${status.replace("_", " ")}: ${reason ?? "no reason given"}`;
  return { outcome: "skipped", lines: element(recording, name, [`      <skipped message="${xml(message)}"/>`, ...notes]) };
}

function failed(
  recording: string,
  name: string,
  fallback: string,
  findings: readonly Finding[],
  more: readonly More[],
  report: Report,
  context: RenderContext,
): Case {
  const [first] = findings;
  const others = findings.length - 1 + more.reduce((sum, { count }) => sum + count, 0);
  const [only] = more;
  const told = only ? moreText(null, only, report) : fallback;
  const message = first ? `${describeFinding(first, context)}${others > 0 ? ` (and ${others} more)` : ""}` : told;
  const open = `      <failure message="${xml(message)}" type="${xml((first ?? only)?.kind ?? "fail")}">`;
  return { outcome: "failures", lines: element(recording, name, [`${open}${text(findings, more, report, context)}</failure>`]) };
}

function errored(recording: string, name: string, message: string): Case {
  return { outcome: "errors", lines: element(recording, name, [`      <error message="${xml(message)}"/>`]) };
}

function text(findings: readonly Finding[], more: readonly More[], report: Report, context: RenderContext): string {
  const located = findings.map((finding) => `${finding.severity}: ${describeFinding(finding, context)} (${locationText(finding, report)})`);
  return [...located, ...more.map((one) => moreText(null, one, report))].map(xml).join("\n");
}

function element(classname: string, name: string, children: readonly string[]): readonly string[] {
  const open = `    <testcase classname="${xml(classname)}" name="${xml(name)}"`;
  return children.length > 0 ? [`${open}>`, ...children, "    </testcase>"] : [`${open}/>`];
}

function wrap(name: string, cases: readonly Case[]): Suite {
  const count = (outcome: Case["outcome"]) => cases.filter((one) => one.outcome === outcome).length;
  const counts = { tests: cases.length, failures: count("failures"), errors: count("errors"), skipped: count("skipped") };
  const open = `  <testsuite name="${xml(name)}"${attributes(counts)}>`;
  return { counts, lines: [open, ...cases.flatMap(({ lines }) => lines), "  </testsuite>"] };
}

function attributes(counts: Counts): string {
  return Object.entries(counts)
    .map(([key, value]) => ` ${key}="${value}"`)
    .join("");
}
