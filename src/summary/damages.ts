/**
 * A bounded list of damages: the first `KEPT_DAMAGES` by byte order, and exact counts of the rest.
 *
 * The first K of a union need only the first K of each part, so lists of spans join in any tree to the same list.
 */
import type { Damage, MoreDamages } from "../types.ts";

export const KEPT_DAMAGES = 100;

/** By file, place, kind and what was seen: a total order up to equal damages. */
export function compareDamages(a: Damage, b: Damage): number {
  return (
    compareText(a.file ?? "", b.file ?? "") ||
    (a.bytes?.[0] ?? -1) - (b.bytes?.[0] ?? -1) ||
    (a.bytes?.[1] ?? -1) - (b.bytes?.[1] ?? -1) ||
    compareText(a.kind, b.kind) ||
    (a.stream ?? -1) - (b.stream ?? -1) ||
    compareText(text(a), text(b))
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function text(damage: Damage): string {
  return JSON.stringify([damage.severity, damage.observed, damage.expected], (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

/** The first damages of both, in order, and the counts of those left out. */
export function joinDamages(
  kept: readonly Damage[],
  more: readonly MoreDamages[],
): { readonly kept: readonly Damage[]; readonly more: readonly MoreDamages[] } {
  const sorted = [...kept].sort(compareDamages);
  if (sorted.length <= KEPT_DAMAGES) return { kept: sorted, more: addUp(more) };
  const left = sorted.slice(KEPT_DAMAGES).map(({ kind, severity }) => ({ kind, severity, count: 1 }));
  return { kept: sorted.slice(0, KEPT_DAMAGES), more: addUp([...more, ...left]) };
}

function addUp(counts: readonly MoreDamages[]): readonly MoreDamages[] {
  const sums = new Map<string, MoreDamages>();
  for (const one of counts) {
    const key = `${one.kind} ${one.severity}`;
    sums.set(key, { ...one, count: (sums.get(key)?.count ?? 0) + one.count });
  }
  return [...sums.entries()].sort(([a], [b]) => compareText(a, b)).map(([, sum]) => sum);
}

/** What a source fills while it reads. */
export class DamageList {
  #kept: readonly Damage[] = [];
  #more: readonly MoreDamages[] = [];
  #fresh: Damage[] = [];

  get length(): number {
    return this.#kept.length + this.#fresh.length;
  }

  add(damage: Damage): void {
    this.#fresh.push(damage);
    if (this.#fresh.length >= 4 * KEPT_DAMAGES) this.#settle();
  }

  /** For `ContainerFacts`. */
  facts(): { readonly damages: readonly Damage[]; readonly moreDamages?: readonly MoreDamages[] } {
    this.#settle();
    return { damages: this.#kept, ...(this.#more.length > 0 && { moreDamages: this.#more }) };
  }

  #settle(): void {
    if (this.#fresh.length === 0) return;
    const joined = joinDamages([...this.#kept, ...this.#fresh], this.#more);
    this.#kept = joined.kept;
    this.#more = joined.more;
    this.#fresh = [];
  }
}
