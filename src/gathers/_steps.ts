/**
 * What neighbouring frames say together, gathered without keeping the frames: a piece holds its steps and the profiles of its two ends, so that
 * the step over a cut is made when the whole is there, by the same kernel.
 */
import type { Kernels } from "../wasm.ts";

/** One frame reduced to a profile; null where it has none. */
export type Profile = Float32Array | null;

/** What was measured between two neighbouring frames. */
export interface Step {
  /** Radians, or columns of an image; NaN where the two cannot be laid over each other. */
  readonly turn: number;
  /** The moment it belongs to, s after both stamps. */
  readonly momentS: number;
}

export interface StepPiece {
  readonly stampNs: BigInt64Array;
  readonly first: Profile;
  readonly last: Profile;
  /** f64[n]: from the frame before; that of the first frame is not known to the piece. */
  readonly turn: Float64Array;
  readonly momentS: Float64Array;
  /** How far the stamps may lie from what the moments are counted from, s. */
  readonly unsureS: number;
}

export interface StepTable {
  readonly stampNs: BigInt64Array;
  /** f64[n]: since the frame before; NaN at the first. */
  readonly turn: Float64Array;
  readonly momentS: Float64Array;
  readonly unsureS: number;
}

export const NO_STEP: Step = { turn: Number.NaN, momentS: Number.NaN };

export type Measure = (before: Float32Array, after: Float32Array, kernels: Kernels) => Step;

/** @param profiles of the frames of one block, in order */
export function stepPiece(
  stampNs: BigInt64Array,
  profiles: readonly Profile[],
  unsureS: number,
  measure: Measure,
  kernels: Kernels,
): StepPiece {
  const n = profiles.length;
  const turn = new Float64Array(n).fill(Number.NaN);
  const momentS = new Float64Array(n).fill(Number.NaN);
  for (let k = 1; k < n; k++) put(turn, momentS, k, between(profiles[k - 1] ?? null, profiles[k] ?? null, measure, kernels));
  return { stampNs: stampNs.slice(0, n), first: profiles[0] ?? null, last: profiles.at(-1) ?? null, turn, momentS, unsureS };
}

export function stepTable(pieces: readonly StepPiece[], measure: Measure, kernels: Kernels): StepTable {
  const n = pieces.reduce((sum, { stampNs }) => sum + stampNs.length, 0);
  const stampNs = new BigInt64Array(n);
  const turn = new Float64Array(n);
  const momentS = new Float64Array(n);
  let at = 0;
  for (const [p, piece] of pieces.entries()) {
    stampNs.set(piece.stampNs, at);
    turn.set(piece.turn, at);
    momentS.set(piece.momentS, at);
    put(turn, momentS, at, between(pieces[p - 1]?.last ?? null, piece.first, measure, kernels));
    at += piece.stampNs.length;
  }
  return { stampNs, turn, momentS, unsureS: pieces.reduce((most, { unsureS }) => Math.max(most, unsureS), 0) };
}

function between(before: Profile, after: Profile, measure: Measure, kernels: Kernels): Step {
  return before && after ? measure(before, after, kernels) : NO_STEP;
}

function put(turn: Float64Array, momentS: Float64Array, row: number, step: Step): void {
  turn[row] = step.turn;
  momentS[row] = step.momentS;
}
