/** What the analysis of a label sequence finds, before checks make findings of it. */
import type { Plain } from "../../../types.ts";

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
  /** Names of the tracks concerned; empty for the whole set. */
  readonly tracks: readonly string[];
  readonly observed: Readonly<Record<string, Plain>>;
  readonly expected: Readonly<Record<string, Plain>>;
  readonly signals: readonly string[];
}

/** Figures of findings are rounded: they are read by people and compared between machines. */
export function rounded(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}
