/**
 * The plan: which checks run, with which options, and what was left out and why. A pure function over plain data;
 * the plan is printed in the report and sent to the workers.
 */
import { type AnyCheck, CONTAINER, type Options } from "../check/check.ts";
import { tablesOf } from "../check/table.ts";
import { ConfigError } from "../errors.ts";
import { nearest, short } from "../rig/expect.ts";
import type { LeafRecipe } from "../seal/leaves.ts";
import type { Need, PlannedCheck, RecordingIndex } from "../types.ts";

export interface PlanOptions {
  readonly level: 0 | 1 | 2;
  /** Ids, or `domain/*`. All when absent. */
  readonly checks?: readonly string[] | undefined;
  /** Options by check id, over the checks' defaults. */
  readonly options?: Readonly<Record<string, Options>> | undefined;
  readonly seed: number;
  /** How a seal's leaves are taken; absent without a seal. */
  readonly leaves?: LeafRecipe | null | undefined;
  /** Ids of the streams that the rig takes together. */
  readonly together?: readonly string[] | undefined;
}

export interface Plan {
  readonly seed: number;
  /** Every known check: planned (rate 1) or left out (rate 0, with the reason). */
  readonly checks: readonly PlannedCheck[];
  /** The planned ones in report order. */
  readonly run: readonly { readonly id: string; readonly options: Options }[];
  readonly needs: readonly Need[];
  /** Ids of the tables collected on the way. */
  readonly tables: readonly string[];
  readonly leaves: LeafRecipe | null;
  /** Ids of the streams that the rig takes together: some tables are kept of these alone. */
  readonly together: readonly string[];
}

/** What the census reads besides frames. */
const CENSUS_NEEDS: readonly Need[] = ["frames", "digests", "points", "labels"];

/** @throws ConfigError for an unknown check or option, or a check asked for by name that lacks what it requires */
export function makePlan(checks: readonly AnyCheck[], options: PlanOptions): Plan {
  for (const pattern of options.checks ?? []) expectKnown(checks, pattern);
  for (const id of Object.keys(options.options ?? {})) expectKnown(checks, id, (known) => known === id);
  const planned: PlannedCheck[] = [];
  const run: { id: string; options: Options }[] = [];
  const needs = new Set<Need>(CENSUS_NEEDS);
  const tables = new Set<string>();
  for (const check of checks) {
    const own = withOptions(check, options.options?.[check.id]);
    const reason = leftOut(check, options);
    if (reason === NO_SEAL && options.checks?.includes(check.id)) throw new ConfigError(`${check.id}: expected a seal, got none`);
    planned.push(reason === null ? { check: check.id, rate: 1 } : { check: check.id, rate: 0, reason });
    if (reason !== null) continue;
    run.push({ id: check.id, options: own });
    for (const need of check.needs) needs.add(need);
    for (const table of check.early ? [] : (check.sees ?? [])) {
      tables.add(table.id);
      for (const need of table.needs) needs.add(need);
    }
  }
  const { seed, leaves = null, together = [] } = options;
  return { seed, checks: planned, run, needs: [...needs].sort(), tables: [...tables], leaves, together };
}

/** The pass before and the pass itself. */
export interface Passes {
  /** What collects the tables that checks see while they observe, and the spans these can be in; null where nothing asks: most recordings are read once. */
  readonly before: { readonly plan: Plan; readonly spans: RecordingIndex["spans"] } | null;
  /** What is collected before is not collected again. */
  readonly plan: Plan;
}

export function passesOf(checks: readonly AnyCheck[], plan: Plan, index: RecordingIndex): Passes {
  const isAsking = (check: AnyCheck): boolean => {
    const isPlanned = check.early && plan.run.some(({ id }) => id === check.id);
    return isPlanned === true && [...index.streams, CONTAINER].some((stream) => check.fold?.looksAt(stream) ?? true);
  };
  const asked = checks.filter(isAsking).flatMap(({ sees = [] }) => sees.map(({ id }) => id));
  const tables = tablesOf(checks, [...new Set(asked)]);
  const holds = index.streams.map((stream) => tables.some((table) => table.appliesTo(stream, plan.together)));
  if (!holds.includes(true)) return { before: null, plan };
  const ids = tables.map(({ id }) => id);
  return {
    before: {
      plan: { ...plan, run: [], needs: [...new Set(tables.flatMap(({ needs }) => needs))].sort(), tables: ids, leaves: null },
      spans: index.spans.filter((span) => span.kind === "bytes" || holds[span.stream]),
    },
    plan: { ...plan, tables: plan.tables.filter((id) => !ids.includes(id)) },
  };
}

const NO_SEAL = "no seal given";

function leftOut(check: AnyCheck, options: PlanOptions): string | null {
  if (options.checks && !options.checks.some((pattern) => matches(check.id, pattern))) return "not selected";
  if (check.level > options.level) return `level ${check.level} not asked for`;
  if (check.requires === "seal" && !options.leaves) return NO_SEAL;
  return null;
}

function matches(id: string, pattern: string): boolean {
  return pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
}

/**
 * @param pattern an id, or `domain/*`
 * @throws ConfigError unless one of the checks is meant
 */
export function expectKnown(checks: readonly AnyCheck[], pattern: string, isMeant = (id: string): boolean => matches(id, pattern)): void {
  if (checks.some(({ id }) => isMeant(id))) return;
  const ids = checks.map(({ id }) => id);
  const near = nearest(pattern, ids);
  throw new ConfigError(
    `expected a check (see: plumbline checks), got ${JSON.stringify(short(pattern))}${near === null ? "" : `; did you mean ${near}?`}`,
  );
}

/** @throws ConfigError for an option the check has not, or a value beyond its range */
function withOptions(check: AnyCheck, given: Options = {}): Options {
  const { id, defaults, ranges = {} } = check;
  const names = Object.keys(defaults);
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) {
      const near = nearest(name, names);
      const hint = near === null ? `expected ${names.length > 0 ? `one of ${names.join(", ")}` : "none"}` : `did you mean ${near}?`;
      throw new ConfigError(`options.${id}.${short(name)}: unknown option; ${hint}`);
    }
    const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = ranges[name] ?? {};
    if (!Number.isFinite(value) || value < least || value > most) {
      throw new ConfigError(`options.${id}.${name}: expected ${rangeText(check, name)}, got ${value}`);
    }
  }
  return { ...defaults, ...given };
}

/** What an option of a check may be: "a number from 0 to 1". */
export function rangeText({ ranges = {} }: Pick<AnyCheck, "ranges">, option: string): string {
  const range = ranges[option];
  if (!range) return "a finite number";
  return range.most === undefined ? `a number >= ${range.least}` : `a number from ${range.least} to ${range.most}`;
}
