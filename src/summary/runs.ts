/**
 * A bounded, mergeable list of runs of frames: what a check keeps of the places it found.
 *
 * Neighbouring frames of one tag coalesce into one run, also across the seam of a merge. Counts are exact, the `KEPT_RUNS`
 * gravest keep their place, and of the others it is known how many frames they are and from where to where they lie: so
 * memory is bounded however damaged a recording is. Associative by construction: the first and the last run, which may
 * grow over a seam, stand apart until they cannot grow any more, and the gravest of a union are among those of its parts.
 */
import { LOCATED } from "../check/gravest.ts";
import type { More, Severity } from "../types.ts";
import { LONGEST_NS } from "./seam.ts";

export const KEPT_RUNS = LOCATED;

/** Frames [first, last], inclusive, and the times of these two. */
export interface Run {
  readonly first: number;
  readonly last: number;
  /** Of the first frame; not before `endNs` when the stamps of the run go back. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** The largest of the frames' figures (a gap, a size ratio, …); 0 where a place needs none. */
  readonly worst: number;
  /** The sum of what its frames were given, where that says how grave a run is; saturates at `LONGEST_NS`. */
  readonly total?: number;
  /** What the frames have in common (a step, a size, a reason); only runs of the same tag join. */
  readonly tag?: number | string;
  /** The frame before the first one, where a run lies between two. */
  readonly before?: Before;
}

export interface Before {
  readonly frame: number;
  readonly ns: bigint;
  /** Where a counter stood there, from the part's first frame on, and the source's own number one frame later. */
  readonly counter?: { readonly at: bigint; readonly number: number };
}

/** Runs that are not kept: how many, their frames, and from where to where they lie. */
export interface Rest {
  readonly runs: number;
  readonly frames: number;
  readonly first: number;
  readonly last: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** The largest figure among them. */
  readonly worst: number;
}

export interface Runs {
  /** Frames in all runs, also those not kept. */
  readonly frames: number;
  /** All runs, also those not kept. */
  readonly runs: number;
  /** The first and the last run, which may be one and the same. */
  readonly head: Run | null;
  readonly tail: Run | null;
  /** The gravest of the runs between these two, in order. */
  readonly kept: readonly Run[];
  readonly rest: Rest | null;
}

export const NO_RUNS: Runs = { frames: 0, runs: 0, head: null, tail: null, kept: [], rest: null };

export function oneRun(run: Run): Runs {
  return { frames: run.last - run.first + 1, runs: 1, head: run, tail: run, kept: [], rest: null };
}

/** The runs that are located: the gravest of all, in order, and what is left. */
export function gravestRuns(
  { head, tail, kept, rest, runs }: Runs,
  cap: number = KEPT_RUNS,
): { readonly kept: readonly Run[]; readonly rest: Rest | null } {
  if (!head || !tail) return { kept: [], rest };
  return keepGravest(runs === 1 ? [head] : [head, ...kept, tail], rest, cap);
}

/** Of `rest`, for a report. */
export function moreOf(kind: string, severity: Severity, rest: Rest | null): readonly More[] {
  if (!rest) return [];
  return [{ kind, severity, count: rest.runs, frames: [rest.first, rest.last], timeNs: [rest.startNs, rest.endNs] }];
}

/**
 * The same runs, `frames` later: for the right side of a merge whose left side holds `frames` frames.
 *
 * @param advance how far a counter went on over these
 */
export function shiftRuns(runs: Runs, frames: number, advance = 0n): Runs {
  const { head, tail, kept, rest } = runs;
  if ((frames === 0 && advance === 0n) || !head || !tail) return runs;
  const shift = ({ before, ...run }: Run): Run => ({
    ...run,
    ...{ first: run.first + frames, last: run.last + frames },
    ...(before && { before: shiftBefore(before, frames, advance) }),
  });
  const first = shift(head);
  return {
    ...runs,
    head: first,
    tail: runs.runs === 1 ? first : shift(tail),
    kept: kept.map(shift),
    rest: shiftRest(rest, frames),
  };
}

function shiftBefore({ frame, ns, counter }: Before, frames: number, advance: bigint): Before {
  return { frame: frame + frames, ns, ...(counter && { counter: { ...counter, at: counter.at + advance } }) };
}

/** Concatenates; `left` precedes `right`, indices are already in one numbering, both were made with this `cap`. */
export function joinRuns(left: Runs, right: Runs, cap: number = KEPT_RUNS): Runs {
  if (!left.head || !left.tail) return right;
  if (!right.head || !right.tail) return left;
  const joined = joinNeighbours(left.tail, right.head);
  const ends = joined ? [joined] : [left.tail, right.head];
  // What was the end of a part lies between the ends of the whole, unless it is one of these.
  const between = [...ends];
  let { head } = left;
  let { tail } = right;
  if (left.runs === 1) head = between.shift() ?? head;
  if (right.runs === 1) tail = between.pop() ?? head;
  const runs = left.runs + right.runs - (joined ? 1 : 0);
  const inner = keepGravest([...left.kept, ...between, ...right.kept], addRest(left.rest, right.rest), cap);
  return { frames: left.frames + right.frames, runs, head, tail, ...inner };
}

/** Whether the last run of one part and the first of the next are one. */
export function isSplit(left: Runs, right: Runs): boolean {
  return left.tail !== null && right.head !== null && joinNeighbours(left.tail, right.head) !== null;
}

/** The two runs as one when the second begins right after the first and they have the same tag, else null. */
export function joinNeighbours<R extends Run>(a: R, b: R): R | null {
  if (a.last + 1 !== b.first || a.tag !== b.tag) return null;
  const total = a.total !== undefined && b.total !== undefined ? { total: saturated(a.total + b.total) } : {};
  return { ...a, last: b.last, endNs: b.endNs, worst: Math.max(a.worst, b.worst), ...total };
}

export function saturated(ns: number): number {
  return Math.min(ns, LONGEST_NS);
}

/** For a finding: how grave a run is among those of its list; of runs without a figure the longest. */
export function weightOf({ total, worst, first, last }: Run): number {
  return (total ?? worst) || last - first + 1;
}

/** Negative where `a` is graver: by what its frames sum up to or by the worst of them, then by how many they are, then the earlier one. */
function byGravity(a: Run, b: Run): number {
  return (b.total ?? b.worst) - (a.total ?? a.worst) || b.last - b.first - (a.last - a.first) || byPlace(a, b);
}

/** By first frame, then tag: runs of different tracks may begin in one. */
function byPlace(a: Run, b: Run): number {
  return a.first - b.first || ((a.tag ?? "") < (b.tag ?? "") ? -1 : (a.tag ?? "") > (b.tag ?? "") ? 1 : 0);
}

/** @param runs one or more */
export function leastGrave(runs: readonly Run[]): Run {
  return runs.reduce((least, run) => (byGravity(run, least) > 0 ? run : least));
}

/** The gravest of runs as they come: never more than twice `cap` of them are held. */
export class KeptRuns<R extends Run = Run> {
  readonly #cap: number;
  #kept: R[] = [];
  #rest: Rest | null;

  /** @param rest what was left before */
  constructor(cap: number, rest: Rest | null = null) {
    this.#cap = cap;
    this.#rest = rest;
  }

  add(run: R): void {
    this.#kept.push(run);
    if (this.#kept.length >= 2 * this.#cap) this.#settle();
  }

  /** In order, and what is left. */
  finish(): { readonly kept: readonly R[]; readonly rest: Rest | null } {
    if (this.#kept.length > this.#cap) this.#settle();
    return { kept: this.#kept.sort(byPlace), rest: this.#rest };
  }

  #settle(): void {
    this.#kept.sort(byGravity);
    for (const run of this.#kept.slice(this.#cap)) this.#rest = addRest(this.#rest, restOf(run));
    this.#kept.length = this.#cap;
  }
}

function keepGravest(runs: readonly Run[], rest: Rest | null, cap: number): { readonly kept: readonly Run[]; readonly rest: Rest | null } {
  if (runs.length <= cap) return { kept: runs, rest };
  const list = new KeptRuns(cap, rest);
  for (const run of runs) list.add(run);
  return list.finish();
}

function restOf(run: Run): Rest {
  const [startNs, endNs] = timesOf(run);
  return { runs: 1, frames: run.last - run.first + 1, first: run.first, last: run.last, startNs, endNs, worst: run.worst };
}

export function shiftRest(rest: Rest | null, frames: number): Rest | null {
  return rest && { ...rest, first: rest.first + frames, last: rest.last + frames };
}

export function addRest(a: Rest | null, b: Rest | null): Rest | null {
  if (!a || !b) return a ?? b;
  return {
    runs: a.runs + b.runs,
    frames: a.frames + b.frames,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    startNs: a.startNs < b.startNs ? a.startNs : b.startNs,
    endNs: a.endNs > b.endNs ? a.endNs : b.endNs,
    worst: Math.max(a.worst, b.worst),
  };
}

/** Collects runs frame by frame, in ascending order; reads a stamp only where a run begins or ends. */
export class RunsBuilder {
  readonly #stampNs: BigInt64Array;
  #frames = 0;
  #runs = 0;
  #head: Run | null = null;
  /** Runs between the first one and the one that is being built. */
  readonly #kept: KeptRuns;
  #first = -1;
  #firstRow = -1;
  #last = -2;
  #lastRow = -1;
  #worst = 0;
  #total: number | undefined;
  #tag: number | string | undefined;
  #before: Before | undefined;

  /** @param stampNs stamps by row */
  constructor(stampNs: BigInt64Array, cap: number = KEPT_RUNS) {
    this.#stampNs = stampNs;
    this.#kept = new KeptRuns(cap);
  }

  /**
   * Adds frame `frame`, whose stamp is in row `row`.
   *
   * @param total what it adds to a run's total; given for all frames or for none
   * @param before asked for the frame before where a run begins here, of runs that lie between two
   */
  add(frame: number, row: number, worst = 0, tag?: number | string, total?: number, before?: () => Before): void {
    this.#frames++;
    if (frame === this.#last + 1 && tag === this.#tag) {
      if (worst > this.#worst) this.#worst = worst;
      if (total !== undefined) this.#total = saturated((this.#total ?? 0) + total);
    } else {
      if (this.#runs > 0) this.#close();
      this.#runs++;
      this.#first = frame;
      this.#firstRow = row;
      this.#worst = worst;
      this.#total = total;
      this.#tag = tag;
      this.#before = before?.();
    }
    this.#last = frame;
    this.#lastRow = row;
  }

  finish(): Runs {
    if (this.#runs === 0) return NO_RUNS;
    const tail = this.#run();
    const head = this.#head ?? tail;
    return { frames: this.#frames, runs: this.#runs, head, tail, ...this.#kept.finish() };
  }

  #close(): void {
    const run = this.#run();
    if (this.#runs === 1) this.#head = run;
    else this.#kept.add(run);
  }

  /** The run that is being built. */
  #run(): Run {
    return {
      first: this.#first,
      last: this.#last,
      startNs: this.#stampNs[this.#firstRow] ?? 0n,
      endNs: this.#stampNs[this.#lastRow] ?? 0n,
      worst: this.#worst,
      ...(this.#total !== undefined && { total: this.#total }),
      ...(this.#tag !== undefined && { tag: this.#tag }),
      ...(this.#before && { before: this.#before }),
    };
  }
}

/** The time range of a run, earlier stamp first: stamps inside may go back. */
export function timesOf(run: Pick<Run, "startNs" | "endNs">): readonly [bigint, bigint] {
  return run.startNs <= run.endNs ? [run.startNs, run.endNs] : [run.endNs, run.startNs];
}
