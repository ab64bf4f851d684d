/**
 * The plan: which checks run, with which options, and what was left out and why. A pure function over plain data;
 * the plan is printed in the report and sent to the workers.
 */
import { type AnyCheck, CONTAINER, type Options } from "../check/check.ts";
import { tablesOf } from "../check/table.ts";
import { ConfigError } from "../errors.ts";
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
}

/** What the census reads besides frames. */
const CENSUS_NEEDS: readonly Need[] = ["frames", "digests", "points", "labels"];

/** @throws ConfigError for an unknown check or option, or a check asked for by name that lacks what it requires */
export function makePlan(checks: readonly AnyCheck[], options: PlanOptions): Plan {
  for (const pattern of options.checks ?? []) {
    if (!checks.some((check) => matches(check.id, pattern)))
      throw new ConfigError(`expected a check (see \`plumbline checks\`), got "${pattern}"`);
  }
  const planned: PlannedCheck[] = [];
  const run: { id: string; options: Options }[] = [];
  const needs = new Set<Need>(CENSUS_NEEDS);
  const tables = new Set<string>();
  for (const check of checks) {
    const reason = leftOut(check, options);
    if (reason === NO_SEAL && options.checks?.includes(check.id)) throw new ConfigError(`${check.id}: expected a seal, got none`);
    planned.push(reason === null ? { check: check.id, rate: 1 } : { check: check.id, rate: 0, reason });
    if (reason !== null) continue;
    run.push({ id: check.id, options: withOptions(check, options.options?.[check.id]) });
    for (const need of check.needs) needs.add(need);
    for (const table of check.early ? [] : (check.sees ?? [])) {
      tables.add(table.id);
      for (const need of table.needs) needs.add(need);
    }
  }
  return { seed: options.seed, checks: planned, run, needs: [...needs].sort(), tables: [...tables], leaves: options.leaves ?? null };
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
  const holds = index.streams.map((stream) => tables.some((table) => table.appliesTo(stream)));
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

function withOptions(check: AnyCheck, given: Options | undefined): Options {
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!(name in check.defaults))
      throw new ConfigError(`${check.id}: expected one of ${Object.keys(check.defaults).join(", ")}, got "${name}"`);
    if (!Number.isFinite(value)) throw new ConfigError(`${check.id}.${name}: expected a finite number, got ${value}`);
  }
  return { ...check.defaults, ...given };
}
