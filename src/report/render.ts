/**
 * What every report format shares: the signature of a renderer, the wording of a finding, and which findings explain
 * which verdict. A renderer is a pure function over plain reports: no clock, no environment, no machine.
 */
import type { AnyCheck } from "../check/check.ts";
import type { Finding, More, Report, Verdict } from "../types.ts";

export interface RenderContext {
  /** Known checks: the wording of findings and the meaning of their kinds. */
  readonly checks: readonly AnyCheck[];
  /** Version of plumbline. */
  readonly version: string;
  /** True when more than one recording was asked for: then JSON is an array, even of one report or none. */
  readonly several: boolean;
  /** Inputs of which nothing could be read. Formats that have a place for them state them. */
  readonly unread: readonly Unread[];
  /** ANSI colours; text only. */
  readonly color: boolean;
  /** Columns to wrap text at; `Infinity` never wraps. */
  readonly width: number;
  /** Checks that must be answered in full: where one is not, the last line of the text says so. */
  readonly required?: readonly string[];
}

export interface Unread {
  /** Base name of the input. */
  readonly name: string;
  readonly message: string;
}

export type Render = (reports: readonly Report[], context: RenderContext) => string;

/** One line for a finding, in the words of its check. May hold names as the recording spells them: escape it. */
export function describeFinding(finding: Finding, context: RenderContext): string {
  return context.checks.find((check) => check.id === finding.check)?.describe(finding) ?? finding.kind;
}

/** Verdicts of one check that no format for people tells one by one: above this many that say the same they are one. */
const MOST_ALIKE = 20;
/** Streams that are named for them. */
const NAMED = 3;

/** A verdict, or many that are alike. */
export interface Folded {
  /** The first of them. */
  readonly verdict: Verdict;
  /** How many. */
  readonly count: number;
  /** " on /lidar", " on 65535 streams (/a, /b, /c, …)" or "": as the recording spells the names. */
  readonly place: string;
}

/** Verdicts in order; where many of a check have one status and one reason, the first stands for all. */
export function folded(verdicts: readonly Verdict[]): readonly Folded[] {
  const alike = Map.groupBy(verdicts, ({ check, status, reason }) => JSON.stringify([check, status, reason ?? null]));
  const first = new Set([...alike.values()].filter(({ length }) => length > MOST_ALIKE).map(([one]) => one));
  return verdicts.flatMap((verdict): readonly Folded[] => {
    const { check, stream, status, reason } = verdict;
    const same = alike.get(JSON.stringify([check, status, reason ?? null])) ?? [];
    if (same.length <= MOST_ALIKE) return [{ verdict, count: 1, place: stream === null ? "" : ` on ${stream}` }];
    if (!first.has(verdict)) return [];
    const names = same.slice(0, NAMED).map((one) => one.stream ?? "the whole recording");
    return [{ verdict, count: same.length, place: ` on ${same.length} streams (${names.join(", ")}, …)` }];
  });
}

/** Findings of a verdict that are only counted. */
export interface Counted {
  readonly check: string;
  readonly stream: string | null;
  readonly more: More;
}

/** What all verdicts count; where it is of many streams, one for each check, kind and severity, of no stream. */
export function counted(report: Report): readonly Counted[] {
  const all = report.verdicts.flatMap(({ check, stream, more = [] }) => more.map((one): Counted => ({ check, stream, more: one })));
  const alike = Map.groupBy(all, ({ check, more: { kind, severity } }) => JSON.stringify([check, kind, severity]));
  return [...alike.values()].flatMap((list) => {
    const [first] = list;
    if (!first || list.length <= MOST_ALIKE) return list;
    const count = list.reduce((sum, { more }) => sum + more.count, 0);
    const { kind, severity } = first.more;
    return [{ check: first.check, stream: null, more: { kind, severity, count, frames: null, timeNs: null } }];
  });
}

export interface Answer {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/**
 * Every verdict with the findings that explain it, in report order. A finding belongs to the verdict of its check and
 * stream, else to its check's first verdict; one without any verdict is returned in `loose`, never dropped.
 */
export function answers(report: Report): { readonly answers: readonly Answer[]; readonly loose: readonly Finding[] } {
  const byPlace = new Map<string, Finding[]>();
  const byCheck = new Map<string, Finding[]>();
  const list = report.verdicts.map((verdict) => {
    const findings: Finding[] = [];
    byPlace.set(place(verdict), findings);
    if (!byCheck.has(verdict.check)) byCheck.set(verdict.check, findings);
    return { verdict, findings };
  });
  const loose: Finding[] = [];
  for (const finding of report.findings) (byPlace.get(place(finding)) ?? byCheck.get(finding.check) ?? loose).push(finding);
  return { answers: list, loose };
}

/** True when a verdict looked at everything it could have looked at. */
export function isComplete(verdict: Verdict): boolean {
  return verdict.coverage.checked >= verdict.coverage.items;
}

function place(of: { readonly check: string; readonly stream: string | null }): string {
  return JSON.stringify([of.check, of.stream]);
}
