/**
 * What the numbers a source gives its frames say: which were lost, which came late, where the counter began again.
 *
 * Kept are the runs of equal steps between neighbouring frames that are not 0 or 1: of those ahead the longest steps, of
 * those back too, with where the counter stood before each. So the counter can be laid out: stretches of frames the
 * counter passed through, with a jump between each two. A number that a jump skips was lost only if no other stretch
 * holds it; so a frame delivered late is one defect and not two losses besides. Where there are more jumps than are kept,
 * the shorter ones are counted. Merging is associative.
 */
import { countWithin, type Histogram, HistogramBuilder, histogramOf, mergeHistograms, weights } from "./histogram.ts";
import { type Before, gravestRuns, isSplit, joinRuns, type Rest, type Run, type Runs, RunsBuilder, shiftRuns } from "./runs.ts";
import { Clock, nsBetween, type Strip } from "./seam.ts";

/** Runs of steps a stream keeps, each way: so many jumps are laid out one by one. */
export const KEPT_STEPS = 1000;

/** The step of a u32 counter from `a` to `b`, wrapped: 4294967295 to 0 is 1. So is 65535 to 0, of a u16 counter. */
export function stepBetween(a: number, b: number): number {
  const step = (b - a) | 0;
  return a <= 0xffff && a >= 0xffff - U16_NEAR && b <= U16_NEAR ? step + 0x10000 : step;
}

/** How near its end a u16 counter must be for the wrap to be believed. */
const U16_NEAR = 1023;

/** Frames of a run are those that were stepped to; its tag is the step, its figure how long that is. */
export interface StepRuns {
  /** Steps in all. */
  readonly steps: number;
  /** Sum of all. */
  readonly advance: bigint;
  /** Time that steps of 1 took. */
  readonly unitNs: bigint;
  /** Steps that do not go back; and those of `ahead` that equal the step before: what these are fewer are runs. */
  readonly lengths: Histogram;
  readonly repeated: Histogram;
  /** Steps of 2 and more. */
  readonly ahead: Runs;
  readonly back: Runs;
}

/** A sum of integers beyond 2^53. */
class Sum {
  #whole = 0n;
  #carried = 0;

  add(value: number): void {
    const sum = this.#carried + value;
    if (Number.isSafeInteger(sum)) {
      this.#carried = sum;
      return;
    }
    this.#whole += BigInt(this.#carried);
    this.#carried = value;
  }

  get value(): bigint {
    return this.#whole + BigInt(this.#carried);
  }
}

/** Neighbouring frames; none where the source does not number. */
export function observeSteps(strip: Strip, sequenced: boolean): StepRuns {
  const { stampNs, sequence } = strip;
  const count = sequenced ? strip.count : 1;
  const stamps = new Clock(stampNs);
  const [advance, unitNs] = [new Sum(), new Sum()];
  const [lengths, repeated] = [new HistogramBuilder(), new HistogramBuilder()];
  const [ahead, back] = [new RunsBuilder(stampNs, KEPT_STEPS), new RunsBuilder(stampNs, KEPT_STEPS)];
  let row = 1;
  let last = Number.NaN;
  const frameAt = (at: number): number => strip.index?.[at] ?? at;
  const before = (): Before => ({
    frame: frameAt(row - 1),
    ns: stampNs[row - 1] ?? 0n,
    counter: { at: advance.value, number: sequence[row] ?? 0 },
  });
  for (; row < count; row++) {
    const step = stepBetween(sequence[row - 1] ?? 0, sequence[row] ?? 0);
    lengths.add(step);
    if (step > 1 && step === last) repeated.add(step);
    if (step === 1) unitNs.add(stamps.between(row - 1, row));
    else if (step !== 0) (step < 0 ? back : ahead).add(frameAt(row), row, Math.abs(step), step, undefined, before);
    advance.add(step);
    last = step;
  }
  return {
    steps: Math.max(0, count - 1),
    advance: advance.value,
    unitNs: unitNs.value,
    lengths: lengths.finish(),
    repeated: repeated.finish(),
    ahead: ahead.finish(),
    back: back.finish(),
  };
}

/** Concatenates; places of `right` are already numbered as those of `left`. */
export function joinSteps(left: StepRuns, right: StepRuns): StepRuns {
  const seam = histogramOf(isSplit(left.ahead, right.ahead) ? [Number(right.ahead.head?.tag)] : []);
  return {
    steps: left.steps + right.steps,
    advance: left.advance + right.advance,
    unitNs: left.unitNs + right.unitNs,
    lengths: mergeHistograms(left.lengths, right.lengths),
    repeated: mergeHistograms(mergeHistograms(left.repeated, seam), right.repeated),
    ahead: joinRuns(left.ahead, shiftRuns(right.ahead, 0, left.advance), KEPT_STEPS),
    back: joinRuns(left.back, shiftRuns(right.back, 0, left.advance), KEPT_STEPS),
  };
}

/** The same, `frames` later. */
export function shiftSteps(steps: StepRuns, frames: number): StepRuns {
  return { ...steps, ahead: shiftRuns(steps.ahead, frames), back: shiftRuns(steps.back, frames) };
}

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
  /** In order. */
  readonly jumps: readonly Jump[];
  /** Frames lost, and jumps back that are no restart: of all, also of those that are not laid out. */
  readonly missing: number;
  readonly reordered: number;
  /** Jumps ahead and back that are not laid out. */
  readonly restAhead: Rest | null;
  readonly restBack: Rest | null;
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

export function readSteps(steps: StepRuns, rule: StepRule): Steps {
  const none = { step: 0, jumps: [], missing: 0, reordered: 0, restAhead: null, restBack: null };
  const { lengths, back } = steps;
  if (steps.steps < FEWEST_STEPS) return { ...none, sequence: "too few frames" };
  if (countWithin(lengths, 0, 0) === steps.steps) return { ...none, sequence: "constant" };
  const { usual, share } = usualStep(steps);
  if (usual <= 0 || share < rule.minStepShare * steps.steps || back.frames > rule.maxBackShare * steps.steps)
    return { ...none, sequence: "unreliable" };
  const [ahead, behind] = [gravestRuns(steps.ahead, KEPT_STEPS), gravestRuns(back, KEPT_STEPS)];
  const longer = ahead.kept.filter(({ tag }) => Number(tag) > usual);
  const events = [...longer, ...behind.kept].sort((a, b) => a.first - b.first);
  const jumps = jumpsOf(layOut(events, usual, steps), usual, periodOf(steps, usual));
  const isAll = !ahead.rest || ahead.rest.worst <= usual;
  const runs = countWithin(lengths, usual + 1, MOST) - countWithin(steps.repeated, usual + 1, MOST);
  return {
    sequence: "counts",
    step: usual,
    jumps,
    missing: jumps.reduce((sum, { missing }) => sum + missing, 0) + (isAll ? 0 : skipped(lengths, usual) - skippedBy(longer, usual)),
    reordered: jumps.filter(({ kind }) => kind === "reordered").length + (behind.rest?.runs ?? 0),
    restAhead: isAll ? null : ahead.rest && { ...ahead.rest, runs: runs - longer.length },
    restBack: behind.rest,
  };
}

const MOST = 2 ** 32;

/** The step most frames are apart, and how many are. Of two within a bin of the histogram the one of most kept runs. */
function usualStep({ lengths, ahead }: StepRuns): { readonly usual: number; readonly share: number } {
  const { rows } = lengths;
  let most = 0;
  for (let i = 4; i < rows.length; i += 4) if ((rows[i + 1] ?? 0) > (rows[most + 1] ?? 0)) most = i;
  const [low, high] = [rows[most + 2] ?? 0, rows[most + 3] ?? 0];
  if (low === high) return { usual: low, share: rows[most + 1] ?? 0 };
  const byStep = new Map<number, number>();
  for (const { tag, first, last } of gravestRuns(ahead, KEPT_STEPS).kept)
    if (Number(tag) >= low && Number(tag) <= high) byStep.set(Number(tag), (byStep.get(Number(tag)) ?? 0) + last - first + 1);
  return [...byStep].reduce((best, [usual, share]) => (share > best.share ? { usual, share } : best), { usual: 0, share: 0 });
}

/** Frames that steps longer than the usual one skip. */
function skipped(lengths: Histogram, usual: number): number {
  return weights(lengths).reduce((sum, { value, count }) => sum + (value > usual ? count * (Math.ceil(value / usual) - 1) : 0), 0);
}

function skippedBy(runs: readonly Run[], usual: number): number {
  return runs.reduce((sum, { tag, first, last }) => sum + (last - first + 1) * (Math.ceil(Number(tag) / usual) - 1), 0);
}

/** Mean time of a usual step, ns; NaN when the stamps do not advance. */
function periodOf({ lengths, unitNs, ahead }: StepRuns, usual: number): number {
  let ns = usual === 1 ? Number(unitNs) : 0;
  let frames = usual === 1 ? countWithin(lengths, 1, 1) : 0;
  for (const run of usual === 1 ? [] : gravestRuns(ahead, KEPT_STEPS).kept) {
    if (run.tag !== usual) continue;
    ns += nsBetween(run.before?.ns ?? 0n, run.endNs);
    frames += run.last - run.first + 1;
  }
  return ns > 0 ? ns / frames : Number.NaN;
}

/** The counter unrolled: wraps become plain addition, a restart begins a range of its own. */
function layOut(events: readonly Run[], usual: number, { steps, advance }: StepRuns): readonly Stretch[] {
  let now: Stretch = { first: 0, last: 0, low: 0, high: 0, jump: null, restart: false };
  const all = [now];
  let epoch = 0;
  for (const run of events) {
    now.last = run.first - 1;
    now.high = Number(run.before?.counter?.at ?? 0n) + epoch;
    const restart = isRestart(run, usual);
    if (restart) epoch += EPOCH;
    const low = now.high + (restart ? EPOCH : 0) + (run.last - run.first + 1) * Number(run.tag);
    now = { first: run.last, last: run.last, low, high: low, jump: run, restart };
    all.push(now);
  }
  now.last = steps;
  now.high = Number(advance) + epoch;
  return all;
}

/** Keeps the numbers of a counter that began again apart from those before. */
const EPOCH = 2 ** 40;

/** A counter that begins again while time goes on: a driver was started anew. */
function isRestart({ tag, first, last, before, endNs }: Run, usual: number): boolean {
  const number = before?.counter?.number ?? Number.NaN;
  return Number(tag) < 0 && first === last && before !== undefined && before.ns < endNs && number <= usual;
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
    const startNs = run.before?.ns ?? run.startNs;
    const at = { startNs, endNs: run.endNs, missing: 0, back: 0, periods: nsBetween(startNs, run.endNs) / periodNs };
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
