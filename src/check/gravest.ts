/**
 * Which findings are located, and how the others are told: one limit for every check.
 *
 * Of what a check finds on a stream the gravest are located: by severity, then by how grave a finding is among those of
 * its kind. Kinds take turns, so that a thousand of one kind do not hide the only one of another. The others are
 * counted by kind and severity, with the frames and the time they lie in.
 *
 * The gravest of a union are among the gravest of its parts, so lists may be cut at every merge: a finding's turn in a
 * part is never later than in the whole, and turns are ordered by kind, which no merge changes.
 */
import type { More, Severity } from "../types.ts";

/** Findings that are located for each verdict, per check and stream, where the check does not ask for more. */
export const LOCATED = 100;
/** Findings of one check that are located over all its streams, and the most a check may ask for on one. */
export const MOST_LOCATED = 1000;

/** Findings that are located for each verdict of a check. */
export function limitOf({ locates = LOCATED }: { readonly locates?: number }): number {
  return Math.min(locates, MOST_LOCATED);
}

/** What the order of findings looks at. */
export interface Grave {
  readonly kind: string;
  readonly severity: Severity;
  /** How grave it is among those of its kind: larger is graver; 0 when absent. */
  readonly weight?: number;
  readonly frames?: readonly [number, number] | null;
  readonly timeNs?: readonly [bigint, bigint] | null;
  readonly bytes?: readonly [number, number] | null;
  readonly file?: string | null;
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/**
 * The `limit` gravest, and the rest, both in the order given; of equals the earlier is graver.
 *
 * @param groupOf whose turns are taken: the kind, where nothing else is given
 * O(n log n)
 */
export function gravest<T extends Grave>(
  items: readonly T[],
  limit: number,
  groupOf: (item: T) => string = ({ kind }) => kind,
): { readonly kept: readonly T[]; readonly rest: readonly T[] } {
  if (items.length <= limit) return { kept: items, rest: [] };
  const groups = new Map<string, number[]>();
  for (const [i, item] of items.entries()) {
    const key = `${RANK[item.severity]} ${groupOf(item)}`;
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  }
  const weightOf = (i: number): number => items[i]?.weight ?? 0;
  const turns = [...groups.keys()]
    .sort(compareText)
    .map((key) => (groups.get(key) ?? []).sort((a, b) => weightOf(b) - weightOf(a) || a - b));
  const severityOf = (group: readonly number[]): number => RANK[items[group[0] ?? -1]?.severity ?? "info"];
  const isKept = new Uint8Array(items.length);
  let left = limit;
  for (const severity of Object.values(RANK)) {
    let waiting = turns.filter((group) => severityOf(group) === severity);
    for (let turn = 0; left > 0 && waiting.length > 0; turn++) {
      for (const group of waiting.slice(0, left)) isKept[group[turn] ?? 0] = 1;
      left -= Math.min(left, waiting.length);
      waiting = waiting.filter((group) => group.length > turn + 1);
    }
  }
  return { kept: items.filter((_, i) => isKept[i] === 1), rest: items.filter((_, i) => isKept[i] === 0) };
}

/** Counts by kind and severity, gravest first. */
export function countMore(items: readonly Grave[]): readonly More[] {
  return addMore(
    items.map(({ kind, severity, frames, timeNs, bytes, file }) => ({
      ...{ kind, severity, count: 1, frames: frames ?? null, timeNs: timeNs ?? null },
      // Of several files together a range says nothing.
      ...(bytes && file == null && { bytes }),
    })),
  );
}

/** The counts of all lists together. */
export function addMore(...lists: readonly (readonly More[])[]): readonly More[] {
  const sums = new Map<string, More>();
  for (const list of lists) {
    for (const one of list) {
      const key = `${RANK[one.severity]} ${one.kind}`;
      const sum = sums.get(key);
      sums.set(key, sum ? joined(sum, one) : one);
    }
  }
  return [...sums.keys()].sort(compareText).flatMap((key) => sums.get(key) ?? []);
}

function joined(a: More, b: More): More {
  const bytes = a.bytes && b.bytes && hull(a.bytes, b.bytes);
  return {
    ...{ kind: a.kind, severity: a.severity, count: a.count + b.count },
    frames: a.frames && b.frames ? hull(a.frames, b.frames) : (a.frames ?? b.frames),
    timeNs: a.timeNs && b.timeNs ? hull(a.timeNs, b.timeNs) : (a.timeNs ?? b.timeNs),
    ...(bytes && { bytes }),
  };
}

function hull<T extends number | bigint>([a, b]: readonly [T, T], [c, d]: readonly [T, T]): readonly [T, T] {
  return [a < c ? a : c, b > d ? b : d];
}

/** By UTF-16 code unit: no locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Findings as they come, in order; never many more than `limit` of them are held. */
export class GravestList<T extends Grave> {
  readonly #limit: number;
  #held: T[] = [];
  #more: readonly More[] = [];

  constructor(limit: number = LOCATED) {
    this.#limit = limit;
  }

  add(item: T): void {
    this.#held.push(item);
    if (this.#held.length >= 4 * this.#limit) this.#settle();
  }

  /** The gravest in the order they came, and the others counted. */
  finish(): { readonly kept: readonly T[]; readonly more: readonly More[] } {
    this.#settle();
    return { kept: this.#held, more: this.#more };
  }

  #settle(): void {
    const { kept, rest } = gravest(this.#held, this.#limit);
    if (rest.length === 0) return;
    this.#held = [...kept];
    this.#more = addMore(this.#more, countMore(rest));
  }
}
