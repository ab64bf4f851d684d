/** What the analysis of a label sequence finds, before checks make findings of it. */
import { GravestList, LOCATED } from "../../../check/gravest.ts";
import type { More, Plain } from "../../../types.ts";

export type FaultKind =
  | "class-flicker"
  | "class-switch"
  | "class-swap"
  | "swap"
  | "persistent-swap"
  | "rotation"
  | "exchange"
  | "stale"
  | "shift"
  | "jitter"
  | "teleport"
  | "broken"
  | "missing"
  | "ghost"
  | "size-jump"
  | "size-drift"
  | "yaw-flip"
  | "duplicate";

export interface LabelFault {
  readonly kind: FaultKind;
  /** Frames of the label stream, inclusive. */
  readonly frames: readonly [number, number];
  /** Names of the tracks concerned, at most `MOST_NAMED`; empty for the whole set. */
  readonly tracks: readonly string[];
  /** How grave it is among those of its kind: larger is graver. */
  readonly weight: number;
  readonly observed: Readonly<Record<string, Plain>>;
  readonly expected: Readonly<Record<string, Plain>>;
  readonly signals: readonly string[];
}

/** Tracks that a fault names. */
export const MOST_NAMED = 16;

/** Faults as they are found: of each kind the gravest are held, the others are counted. */
export class FaultList {
  readonly #limit: number;
  readonly #kinds = new Map<FaultKind, GravestList<LabelFault & Pick<More, "severity">>>();

  /** @param limit of each kind */
  constructor(limit: number = LOCATED) {
    this.#limit = limit;
  }

  add(fault: LabelFault): void {
    const list = this.#kinds.get(fault.kind) ?? new GravestList(this.#limit);
    this.#kinds.set(fault.kind, list);
    // The severity is the check's to say: it is one for all of a kind.
    list.add({ ...fault, severity: "error" });
  }

  /** By first frame, then kind; and those that are only counted, by kind. */
  finish(): { readonly faults: readonly LabelFault[]; readonly more: readonly (Omit<More, "kind"> & { readonly kind: FaultKind })[] } {
    const lists = [...this.#kinds].map(([kind, list]) => ({ kind, ...list.finish() }));
    const faults = lists.flatMap(({ kept }) => kept.map(({ severity: _, ...fault }): LabelFault => fault));
    return {
      faults: faults.sort((a, b) => a.frames[0] - b.frames[0] || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0)),
      more: lists.flatMap(({ kind, more }) => more.map((one) => ({ ...one, kind }))),
    };
  }
}

/**
 * Figures of findings are rounded: they are read by people and compared between machines. Coordinates may be so large that the distance
 * between them is no number any more.
 */
export function rounded(value: number, digits = 3): Plain {
  return value === Number.POSITIVE_INFINITY ? "more than 1e308" : Number(value.toFixed(digits));
}
