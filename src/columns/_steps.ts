/**
 * What neighbouring frames say together, collected without keeping the frames: steps, and the profiles of the two ends, so that the step over a cut
 * is made when both of its sides are there, by the same kernel. Over a hole none is made.
 */
import type { Meeting } from "../check/table.ts";
import type { Kernels } from "../kernels.ts";

/** One frame reduced to a profile; null where it has none. */
export type Profile = Float32Array | null;

/** What was measured between two neighbouring frames. */
export interface Step {
  /** Radians, or columns of an image; NaN where the two cannot be laid over each other. */
  readonly turn: number;
  /** The moment it belongs to, s after both stamps. */
  readonly momentS: number;
}

export interface StepTable {
  readonly stampNs: BigInt64Array;
  /** f64[n]: since the frame before; NaN at the first. */
  readonly turn: Float64Array;
  readonly momentS: Float64Array;
  /** How far the stamps may lie from what the moments are counted from, s. */
  readonly unsureS: number;
}

/** Pieces in file order, and the profiles of the first and the last frame of all. */
export interface Steps {
  readonly pieces: readonly StepTable[];
  readonly first: Profile;
  readonly last: Profile;
}

export const NO_STEP: Step = { turn: Number.NaN, momentS: Number.NaN };

export type Measure = (before: Float32Array, after: Float32Array, kernels: Kernels) => Step;

/** @param profiles of the frames of one block, in order */
export function stepsOf(stampNs: BigInt64Array, profiles: readonly Profile[], unsureS: number, measure: Measure, kernels: Kernels): Steps {
  const steps = profiles.map((profile, k) => between(profiles[k - 1] ?? null, profile, measure, kernels));
  const piece = {
    stampNs: stampNs.slice(0, profiles.length),
    turn: Float64Array.from(steps, ({ turn }) => turn),
    momentS: Float64Array.from(steps, ({ momentS }) => momentS),
    unsureS,
  };
  return { pieces: [piece], first: profiles[0] ?? null, last: profiles.at(-1) ?? null };
}

export function joinSteps(left: Steps, right: Steps, measure: Measure, { kernels, touching, skipped }: Meeting): Steps {
  const [head, ...rest] = right.pieces;
  if (!head) return left;
  const step = touching ? between(left.last, right.first, measure, kernels) : NO_STEP;
  const joined = { ...head, turn: withFirst(head.turn, step.turn), momentS: withFirst(head.momentS, step.momentS) };
  return { pieces: [...left.pieces, ...leftOut(skipped), joined, ...rest], first: left.first, last: right.last };
}

/** The steps of a stream. */
export function stepTable({ pieces }: Steps): StepTable {
  const n = pieces.reduce((sum, { stampNs }) => sum + stampNs.length, 0);
  const table = { stampNs: new BigInt64Array(n), turn: new Float64Array(n), momentS: new Float64Array(n) };
  let at = 0;
  for (const { stampNs, turn, momentS } of pieces) {
    table.stampNs.set(stampNs, at);
    table.turn.set(turn, at);
    table.momentS.set(momentS, at);
    at += stampNs.length;
  }
  return { ...table, unsureS: pieces.reduce((most, { unsureS }) => Math.max(most, unsureS), 0) };
}

function between(before: Profile, after: Profile, measure: Measure, kernels: Kernels): Step {
  return before && after ? measure(before, after, kernels) : NO_STEP;
}

function withFirst(values: Float64Array, first: number): Float64Array {
  const copy = values.slice();
  copy[0] = first;
  return copy;
}

/** Frames that were left out keep their places. */
function leftOut(frames: number): readonly StepTable[] {
  const unknown = (): Float64Array => new Float64Array(frames).fill(Number.NaN);
  return frames === 0 ? [] : [{ stampNs: new BigInt64Array(frames), turn: unknown(), momentS: unknown(), unsureS: 0 }];
}
