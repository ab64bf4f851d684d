/** What reading the container revealed, as far as it decides whether every reader finds the same frames in it. */
import { joinDamages } from "../summary/damages.ts";
import type { ContainerFacts, Damage, More } from "../types.ts";

/** One id or type that is defined twice, differently: what its frames mean depends on who reads. */
const CONFLICTS: ReadonlySet<string> = new Set(["schema-conflict", "channel-conflict"]);

/** Plain data. */
export interface ContainerPart {
  /** Damages that are more than remarks, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first damages of all, by byte order: the same however the work is cut. */
  readonly damages: readonly Damage[];
}

export function observeContainer({ damages, moreDamages = [] }: ContainerFacts): ContainerPart {
  return {
    counts: countsOf([...damages.map(({ kind, severity }) => ({ kind, severity, count: 1 })), ...moreDamages]),
    damages: joinDamages(damages, []).kept,
  };
}

export function mergeContainer(left: ContainerPart, right: ContainerPart): ContainerPart {
  const all = [left, right].flatMap(({ counts }) =>
    Object.entries(counts).map(([kind, count]) => ({ kind, severity: "error", count }) as const),
  );
  return { counts: countsOf(all), damages: joinDamages([...left.damages, ...right.damages], []).kept };
}

/** Of a part and of what was sealed: kinds of which there are more now, in order. */
export function freshDamage({ counts }: ContainerPart, sealed: Readonly<Record<string, number>>): readonly string[] {
  return Object.keys(counts).filter((kind) => (counts[kind] ?? 0) > (sealed[kind] ?? 0));
}

export function isConflict(kind: string): boolean {
  return CONFLICTS.has(kind);
}

function countsOf(all: readonly Pick<More, "kind" | "severity" | "count">[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind, severity, count } of all) if (severity !== "info") counts[kind] = (counts[kind] ?? 0) + count;
  // In order of their kinds, however the work was cut.
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
