/** What reading the container revealed, as far as it decides whether every reader finds the same frames in it. */
import { joinDamages } from "../damages.ts";
import type { ContainerFacts, Damage, MoreDamages } from "../types.ts";

/** One id or type that is defined twice, differently: what its frames mean depends on who reads. */
const CONFLICTS: ReadonlySet<string> = new Set(["schema-conflict", "channel-conflict"]);

/** Plain data. */
export interface ContainerPart {
  /** Damages that are more than remarks, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first of those that contradict each other about the meaning of frames. */
  readonly conflicts: readonly Damage[];
}

export function observeContainer({ damages, moreDamages = [] }: ContainerFacts): ContainerPart {
  return {
    counts: countsOf([...damages.map(({ kind, severity }) => ({ kind, severity, count: 1 })), ...moreDamages]),
    conflicts: joinDamages(
      damages.filter(({ kind }) => CONFLICTS.has(kind)),
      [],
    ).kept,
  };
}

export function mergeContainer(left: ContainerPart, right: ContainerPart): ContainerPart {
  const all = [left, right].flatMap(({ counts }) =>
    Object.entries(counts).map(([kind, count]) => ({ kind, severity: "error", count }) as const),
  );
  return { counts: countsOf(all), conflicts: joinDamages([...left.conflicts, ...right.conflicts], []).kept };
}

/** Of a part and of what was sealed: kinds of which there are more now, in order. */
export function freshDamage({ counts }: ContainerPart, sealed: Readonly<Record<string, number>>): readonly string[] {
  return Object.keys(counts)
    .filter((kind) => (counts[kind] ?? 0) > (sealed[kind] ?? 0))
    .sort();
}

export function isConflict(kind: string): boolean {
  return CONFLICTS.has(kind);
}

function countsOf(all: readonly MoreDamages[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind, severity, count } of all) if (severity !== "info") counts[kind] = (counts[kind] ?? 0) + count;
  return counts;
}
