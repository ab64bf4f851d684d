/**
 * What the numbers a source gives its frames say: which were lost, which came late, where the counter began again.
 *
 * Input are the runs of equal steps between neighbouring frames (`Run.tag` is the step, a run's frames are those that
 * were stepped to), so the whole counter can be laid out: stretches of frames the counter passed through, with a jump
 * between each two. A number that a jump skips was lost only if no other stretch holds it; so a frame delivered late
 * is one defect and not two losses besides. Pure: called once, when a recording is concluded.
 */
import type { Run, Runs } from "./runs.ts";
import { nsBetween } from "./seam.ts";

/** How many runs of steps a stream keeps: enough for 100 findings of each kind. */
export const KEPT_STEPS = 1000;

/** The step of a u32 counter from `a` to `b`, wrapped: 4294967295 to 0 is 1. So is 65535 to 0, of a u16 counter. */
export function stepBetween(a: number, b: number): number {
  const step = (b - a) | 0;
  return a <= 0xffff && a >= 0xffff - U16_NEAR && b <= U16_NEAR ? step + 0x10000 : step;
}

/** How near its end a u16 counter must be for the wrap to be believed. */
const U16_NEAR = 1023;

export interface StepRule {
  /** Share of the steps that must be the usual one, and that may go back, for the counter to be believed. */
  readonly minStepShare: number;
  readonly maxBackShare: number;
}

export interface Jump {
  readonly kind: "missing" | "reordered" | "restarted";
  readonly first: number;
  readonly last: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Frames lost; 0 for the other kinds. */
  readonly missing: number;
  /** How far the counter goes back; 0 for `missing`. */
  readonly back: number;
  /** Time the jump took, in usual periods of the stream; NaN where the stream has none. */
  readonly periods: number;
}

export interface Steps {
  /** `constant`: every step is 0. `unreliable`: several counters, or none that counts frames. */
  readonly sequence: "counts" | "constant" | "unreliable" | "too few frames";
  /** The usual step; 0 unless `counts`. */
  readonly step: number;
  readonly jumps: readonly Jump[];
  /** True when only the first part of the steps was kept, so `jumps` may end early. */
  readonly truncated: boolean;
}

/** Numbers [low, high] of the unrolled counter. */
interface Range {
  readonly low: number;
  high: number;
}

/** A stretch of frames whose numbers lie `step` apart, and the jump that led to it. */
interface Stretch extends Range {
  readonly first: number;
  last: number;
  readonly jump: Run | null;
  readonly restart: boolean;
}

const FEWEST_STEPS = 3;

/** @param first the first frame's own number */
export function readSteps(steps: Runs, first: number, rule: StepRule): Steps {
  const none = { step: 0, jumps: [], truncated: false };
  if (steps.frames < FEWEST_STEPS) return { ...none, sequence: "too few frames" };
  const byStep = new Map<number, number>();
  let kept = 0;
  let back = 0;
  for (const run of steps.kept) {
    const step = Number(run.tag);
    const frames = run.last - run.first + 1;
    kept += frames;
    if (step < 0) back += frames;
    byStep.set(step, (byStep.get(step) ?? 0) + frames);
  }
  if (byStep.size === 1 && byStep.has(0)) return { ...none, sequence: "constant" };
  const [usual, share] = [...byStep].reduce((best, one) => (one[1] > best[1] ? one : best));
  if (usual <= 0 || share < rule.minStepShare * kept || back > rule.maxBackShare * kept) return { ...none, sequence: "unreliable" };
  const stretches = layOut(steps.kept, usual, first);
  return { sequence: "counts", step: usual, jumps: jumpsOf(stretches, usual, periodOf(steps.kept, usual)), truncated: kept < steps.frames };
}

/** Mean time of a usual step, ns; NaN when the stamps do not advance. */
function periodOf(kept: readonly Run[], usual: number): number {
  let ns = 0;
  let frames = 0;
  for (const run of kept) {
    if (run.tag !== usual) continue;
    ns += nsBetween(run.startNs, run.endNs);
    frames += run.last - run.first + 1;
  }
  return ns > 0 ? ns / frames : Number.NaN;
}

/** The counter unrolled: wraps become plain addition, a restart begins a range of its own. */
function layOut(kept: readonly Run[], usual: number, first: number): readonly Stretch[] {
  let now: Stretch = { first: 0, last: 0, low: first, high: first, jump: null, restart: false };
  const all = [now];
  let epoch = 0;
  for (const run of kept) {
    const step = Number(run.tag);
    const frames = run.last - run.first + 1;
    if (step === usual) {
      now.last = run.last;
      now.high += frames * step;
      continue;
    }
    let from = now.high;
    const restart = isRestart(run, from - epoch + step, usual);
    if (restart) {
      epoch += EPOCH;
      from += EPOCH;
    }
    now = { first: run.last, last: run.last, low: from + frames * step, high: from + frames * step, jump: run, restart };
    all.push(now);
  }
  return all;
}

/** Keeps the numbers of a counter that began again apart from those before. */
const EPOCH = 2 ** 40;

/** A counter that begins again while time goes on: a driver was started anew. */
function isRestart(run: Run, value: number, usual: number): boolean {
  return Number(run.tag) < 0 && run.first === run.last && run.startNs < run.endNs && value >= 0 && value <= usual;
}

function jumpsOf(stretches: readonly Stretch[], usual: number, periodNs: number): readonly Jump[] {
  const jumps: Jump[] = [];
  // What a jump has lost is told once: a late frame has the same hole on both sides.
  const told: Range[] = [...stretches];
  for (const [i, stretch] of stretches.entries()) {
    const before = stretches[i - 1];
    const run = stretch.jump;
    if (!run || !before) continue;
    const step = Number(run.tag);
    const at = { startNs: run.startNs, endNs: run.endNs, missing: 0, back: 0, periods: nsBetween(run.startNs, run.endNs) / periodNs };
    if (stretch.restart) {
      jumps.push({ ...at, kind: "restarted", first: stretch.first, last: stretch.first, back: -step });
    } else if (step > usual) {
      const missing = lost(before.high, stretch.low, usual, run, told);
      if (missing > 0) told.push({ low: before.high + usual, high: stretch.low - usual });
      if (missing > 0) jumps.push({ ...at, kind: "missing", first: run.first - 1, last: run.last, missing });
    } else if (step < 0) {
      jumps.push({ ...at, kind: "reordered", ...displaced(before, stretch, run), back: -step });
    }
  }
  return jumps;
}

/** Numbers between two stretches that none of `ranges` holds, less the frames the run itself stepped to. */
function lost(low: number, high: number, usual: number, run: Run, ranges: readonly Range[]): number {
  const inside = ranges.filter((range) => range.high > low && range.low < high).sort((a, b) => a.low - b.low);
  let next = low + usual;
  let missing = 0;
  for (const range of inside) {
    missing += numbersBelow(Math.min(range.low, high), next, usual);
    next = Math.max(next, range.high + usual);
  }
  return Math.max(0, missing + numbersBelow(high, next, usual) - (run.last - run.first));
}

/** How many of `next`, `next + usual`, … lie below `end`. */
function numbersBelow(end: number, next: number, usual: number): number {
  return Math.max(0, Math.ceil((end - next) / usual));
}

/** Of the two stretches around a step back, the shorter one is out of its place; of equals the later. */
function displaced(before: Stretch, after: Stretch, run: Run): Pick<Jump, "first" | "last"> {
  if (run.first !== run.last) return { first: run.first, last: run.last };
  const { first, last } = before.last - before.first < after.last - after.first ? before : after;
  return { first, last };
}
