/** The exit code of a run, a pure function of how each input ended: DESIGN 6, and `plumbline check --help`. */

import { isComplete } from "../report/render.ts";
import { NOT_REQUIRED, type Rig } from "../rig/rig.ts";
import type { Report, Severity, Verdict } from "../types.ts";

export const EXIT = { clean: 0, findings: 1, usage: 2, unread: 3, internal: 4, interrupted: 130 } as const;

/** How one input ended. */
export type Outcome =
  /** It has a report. `rig` is the one it was checked against: what it accepts counts under `strict`. */
  | { readonly kind: "report"; readonly report: Report; readonly rig: Rig | null }
  /** Nothing of it could be read. */
  | { readonly kind: "unread" }
  /** Its configuration is wrong. */
  | { readonly kind: "config" }
  | { readonly kind: "internal" };

export interface ExitOptions {
  /** Findings of this severity or graver make the run fail. */
  readonly failOn: Severity;
  /** Every question must be answered in full, or the rig must accept that it is not. */
  readonly strict: boolean;
  /** Checks that were asked for by what was given: they must be answered in full in any case, or the rig accept that they are not. */
  readonly required?: readonly string[];
  /** The person stopped the run. */
  readonly interrupted: boolean;
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 };
/** Gravest first: an input nobody could answer for outweighs one that was answered with findings. */
const GRAVITY: readonly number[] = [EXIT.interrupted, EXIT.internal, EXIT.usage, EXIT.unread, EXIT.findings, EXIT.clean];

/** The gravest of the inputs' codes. */
export function exitCode(outcomes: readonly Outcome[], options: ExitOptions): number {
  const codes = new Set(outcomes.map((outcome) => codeOf(outcome, options)));
  if (options.interrupted) codes.add(EXIT.interrupted);
  return GRAVITY.find((code) => codes.has(code)) ?? EXIT.clean;
}

function codeOf(outcome: Outcome, { failOn, strict, required = [] }: ExitOptions): number {
  if (outcome.kind !== "report") return { unread: EXIT.unread, config: EXIT.usage, internal: EXIT.internal }[outcome.kind];
  const { report, rig } = outcome;
  if (report.interrupted) return EXIT.interrupted;
  const open = report.verdicts.filter((verdict) => isOpen(verdict) && !isAccepted(verdict, rig));
  if (strict && open.length > 0) return EXIT.unread;
  const isGrave = ({ severity }: { readonly severity: Severity }): boolean => RANK[severity] >= RANK[failOn];
  const isFound = report.findings.some(isGrave) || report.verdicts.some(({ more = [] }) => more.some(isGrave));
  if (isFound) return EXIT.findings;
  return open.some(({ check }) => required.includes(check)) ? EXIT.unread : EXIT.clean;
}

/** Not answered, or not for everything that could have been looked at. */
function isOpen(verdict: Verdict): boolean {
  return verdict.status === "not_run" || !isComplete(verdict);
}

/** By an entry of `accept`, where one without `reason` or `stream` accepts any; or by a stream's `required: false`. */
function isAccepted(verdict: Verdict, rig: Rig | null): boolean {
  const isOptional = rig?.streams?.some(({ id, required }) => id === verdict.stream && required === false);
  if (isOptional && verdict.reason === NOT_REQUIRED) return true;
  return (rig?.accept ?? []).some(
    (entry) =>
      entry.check === verdict.check &&
      entry.status === verdict.status &&
      (entry.reason === undefined || entry.reason === verdict.reason) &&
      (entry.stream === undefined || entry.stream === verdict.stream),
  );
}
