/**
 * The report for a person at 2 a.m.: what the recording holds, what is wrong and exactly where, what was not looked
 * at, and one line with the verdict last. Nothing is left out without saying how many.
 */
import type { Finding, Report, Severity, Verdict } from "../types.ts";
import { visible } from "./escape.ts";
import { counted, describeFinding, folded, isComplete, type RenderContext } from "./render.ts";
import { paint, type Style, table, wrap } from "./terminal.ts";
import { bytesText, durationText, locationText, moreText } from "./units.ts";

/** Findings shown per check, and verdicts that failed; the others are counted. The other formats show all that are located. */
const SHOWN = 25;

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };
const STYLE: Readonly<Record<Severity, Style>> = { error: "red", warning: "yellow", info: "cyan" };

export function render(reports: readonly Report[], context: RenderContext): string {
  return reports.map((report) => `${lines(report, context).join("\n")}\n`).join("\n");
}

function lines(report: Report, context: RenderContext): readonly string[] {
  const sections = [header(report, context), ...findings(report, context), notChecked(report, context), [verdictLine(report, context)]];
  return sections.filter((section) => section.length > 0).flatMap((section, i) => (i === 0 ? section : ["", ...section]));
}

/** Name, format, size and duration, and the table of streams. */
export function header({ recording }: Report, context: Pick<RenderContext, "color" | "width">): readonly string[] {
  const { name, format, bytes, startNs, endNs, attachments, metadata, streams } = recording;
  const frames = streams.reduce((sum, stream) => sum + stream.frames, 0);
  const facts = [
    visible(format),
    bytesText(bytes),
    ...(startNs !== null && endNs !== null ? [durationText(milliseconds(endNs - startNs)), `from ${startNs} ns`] : []),
    count(streams.length, "stream"),
    count(frames, "frame"),
    ...(attachments > 0 ? [count(attachments, "attachment")] : []),
    ...(metadata > 0 ? [count(metadata, "metadata record")] : []),
  ];
  const rows = streams.map((stream) => [
    visible(stream.id),
    stream.kind,
    visible(stream.type),
    `${stream.frames}`,
    rateText(stream),
    bytesText(stream.bytes),
    `${stream.points ?? ""}`,
    `${stream.boxes ?? ""}`,
    `${stream.tracks ?? ""}`,
  ]);
  const titles = ["stream", "kind", "type", "frames", "rate", "bytes", "points", "boxes", "tracks"];
  return [
    ...wrap(`${paint(visible(name), "bold", context.color)}  ${facts.join(", ")}`, context.width, "", "  "),
    ...(rows.length > 0 ? table(titles, rows, "lllrrrrrr").map((row, i) => `  ${i === 0 ? paint(row, "dim", context.color) : row}`) : []),
  ];
}

/** One section per check that found something, gravest findings first. */
function findings(report: Report, context: RenderContext): readonly (readonly string[])[] {
  const byCheck = new Map<string, Finding[]>();
  for (const verdict of report.verdicts) if (verdict.status === "fail") byCheck.set(verdict.check, []);
  for (const finding of report.findings) {
    const list = byCheck.get(finding.check);
    if (list) list.push(finding);
    else byCheck.set(finding.check, [finding]);
  }
  const left = Map.groupBy(counted(report), ({ check }) => check);
  for (const check of left.keys()) if (!byCheck.has(check)) byCheck.set(check, []);
  return [...byCheck].map(([check, list]) => {
    const sorted = list.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
    const hidden = sorted.slice(SHOWN);
    const title = paint(visible(check), "bold", context.color);
    const unshown = hidden.length > 0 ? [`  … and ${hidden.length} more (${tally(hidden)}); --format json lists them`] : [];
    const shown = sorted.slice(0, SHOWN).flatMap((finding) => findingLines(finding, report, context));
    const rest = (left.get(check) ?? []).flatMap(({ stream, more }) =>
      wrap(visible(`… and ${moreText(stream, more, report)}`), context.width, "  ", "    "),
    );
    const all = [...list, ...(left.get(check) ?? []).map(({ more }) => more)];
    return [`${title}  ${tally(all)}`, ...shown, ...unshown, ...rest, ...failures(report, check, context)];
  });
}

function findingLines(finding: Finding, report: Report, context: RenderContext): readonly string[] {
  const mark = paint(finding.severity.padEnd(7), STYLE[finding.severity], context.color);
  const what = wrap(`${mark}  ${visible(describeFinding(finding, context))}`, context.width, "  ", INDENT);
  const where = wrap(visible(locationText(finding, report)), context.width, INDENT, INDENT);
  return [...what, ...where.map((line) => paint(line, "dim", context.color))];
}

const INDENT = " ".repeat(11);

/** What a failed verdict counted and measured: findings are located up to a limit, these numbers are of all. */
function failures(report: Report, check: string, context: RenderContext): readonly string[] {
  const failed = report.verdicts.filter((verdict) => verdict.check === check && verdict.status === "fail");
  const others = failed.length > SHOWN ? [`  … and ${failed.length - SHOWN} more streams failed`] : [];
  return failed
    .slice(0, SHOWN)
    .flatMap(({ stream, reason, observed }) => {
      const facts = Object.entries(observed).flatMap(([name, value]) =>
        value !== null && typeof value === "object" ? [] : [`${name} ${value}`],
      );
      const all = [...(reason === undefined ? [] : [reason]), ...facts];
      if (all.length === 0) return [];
      const line = visible(`observed on ${stream ?? "the whole recording"}: ${all.join(", ")}`);
      return wrap(line, context.width, "  ", INDENT).map((part) => paint(part, "dim", context.color));
    })
    .concat(others);
}

/** Every question that has no answer, or only part of one, with its reason; and what an answer leaves out. */
function notChecked(report: Report, context: RenderContext): readonly string[] {
  const isTold = (verdict: Verdict): boolean =>
    isUnanswered(verdict) || !isComplete(verdict) || (verdict.status === "pass" && verdict.reason !== undefined);
  const open = folded(report.verdicts.filter(isTold)).map(({ verdict, count: alike, place }) => {
    const { check, status, reason, coverage } = verdict;
    if (isUnanswered(verdict)) {
      const part = alike === 1 && coverage.checked > 0 ? ` (${coverage.checked} of ${coverage.items} looked at)` : "";
      return `${check}${place}: ${status.replace("_", " ")}: ${reason ?? "no reason given"}${part}`;
    }
    if (isComplete(verdict)) return `${check}${place}: ${reason ?? ""}`;
    const part = alike === 1 ? `${coverage.checked} of ${coverage.items} looked at` : "not all looked at";
    return `${check}${place}: ${part}${reason === undefined ? "" : `: ${reason}`}`;
  });
  const left = new Map<string, string[]>();
  for (const { check, rate, reason } of report.plan.checks) {
    if (rate >= 1) continue;
    const why = `${rate === 0 ? "not planned" : `planned for ${rate} of the recording`}: ${reason ?? "no reason given"}`;
    left.set(why, [...(left.get(why) ?? []), check]);
  }
  const all = [...open, ...[...left].map(([why, checks]) => `${checks.join(", ")}: ${why}`)];
  if (all.length === 0) return [];
  return [paint("not checked", "bold", context.color), ...all.flatMap((line) => wrap(visible(line), context.width, "  ", "    "))];
}

function isUnanswered({ status }: Verdict): boolean {
  return status === "not_run" || status === "not_observable";
}

function verdictLine(report: Report, context: RenderContext): string {
  const { pass, fail, not_run, not_observable } = report.summary;
  const all = [...report.findings, ...report.verdicts.flatMap(({ more = [] }) => more)];
  const [word, style]: readonly [string, Style] =
    fail > 0 || all.some(({ severity }) => severity !== "info")
      ? ["FAIL", "red"]
      : report.interrupted
        ? ["INTERRUPTED", "yellow"]
        : report.verdicts.some(
              (verdict) => context.required?.includes(verdict.check) && !(verdict.status === "pass" && isComplete(verdict)),
            )
          ? ["NOT SHOWN", "yellow"]
          : pass > 0
            ? ["PASS", "green"]
            : ["NOTHING CHECKED", "yellow"];
  const verdicts = `${pass} passed, ${fail} failed, ${not_run} not run, ${not_observable} not observable`;
  const cut = report.interrupted ? "; interrupted: the first part of the recording only" : "";
  return `${paint(word, style, context.color)}  ${visible(report.recording.name)}: ${tally(all)}; ${verdicts}${cut}`;
}

/** By severity: what is located counts once. */
function tally(list: readonly { readonly severity: Severity; readonly count?: number }[]): string {
  if (list.length === 0) return "no findings";
  const of = (severity: Severity) => list.reduce((sum, one) => sum + (one.severity === severity ? (one.count ?? 1) : 0), 0);
  const parts = [
    of("error") && count(of("error"), "error"),
    of("warning") && count(of("warning"), "warning"),
    of("info") && `${of("info")} info`,
  ];
  return parts.filter((part) => typeof part === "string").join(", ");
}

function rateText({ frames, startNs, endNs }: Report["recording"]["streams"][number]): string {
  if (startNs === null || endNs === null || frames < 2 || endNs <= startNs) return "";
  const hz = ((frames - 1) * 1e9) / Number(endNs - startNs);
  return `${hz >= 99.95 ? hz.toFixed(0) : hz >= 1 ? hz.toFixed(1) : hz.toPrecision(2)} Hz`;
}

function milliseconds(ns: bigint): number {
  return Number(ns / 1_000_000n);
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
