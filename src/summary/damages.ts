/**
 * A bounded list of damages: the gravest `LOCATED` in byte order, and the others counted. How much of the file a damage
 * covers says how grave it is among those of its kind.
 *
 * The gravest of a union are among the gravest of its parts, so lists of spans join in any tree to the same list.
 */
import { addMore, countMore, gravest, LOCATED } from "../check/gravest.ts";
import type { Damage, More } from "../types.ts";

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

/** How grave a damage is among those of its kind: bytes it covers. */
export function weightOf({ bytes }: Damage): number {
  return bytes ? bytes[1] - bytes[0] : 0;
}

/** The gravest damages of both, in order, and the counts of all others. */
export function joinDamages(
  damages: readonly Damage[],
  more: readonly More[],
): { readonly kept: readonly Damage[]; readonly more: readonly More[] } {
  const sorted = damages.toSorted(compareDamages).map((damage) => ({ ...damage, weight: weightOf(damage) }));
  const { kept, rest } = gravest(sorted, LOCATED);
  return { kept: kept.map(({ weight: _, ...damage }) => damage), more: addMore(more, countMore(rest)) };
}

/** What a source fills while it reads. */
export class DamageList {
  #kept: readonly Damage[] = [];
  #more: readonly More[] = [];
  #fresh: Damage[] = [];

  get length(): number {
    return this.#kept.length + this.#fresh.length;
  }

  /** Of no stream, where none is named. */
  add(damage: Omit<Damage, "stream"> & Partial<Pick<Damage, "stream">>): void {
    this.#fresh.push({ stream: null, ...damage });
    if (this.#fresh.length >= 4 * LOCATED) this.#settle();
  }

  /** For `ContainerFacts`. */
  facts(): { readonly damages: readonly Damage[]; readonly moreDamages?: readonly More[] } {
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
