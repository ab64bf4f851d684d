/**
 * A capped, mergeable list of runs of frames: what a check keeps of the places it found.
 *
 * Neighbouring frames of one tag coalesce into one run, also across the seam of a merge. Counts are exact; the first
 * `cap` runs keep their place, so memory is bounded however damaged a recording is. Associative by construction: the
 * first K of a concatenation need only the first K of each part, and the last run is always kept so that it can grow
 * over a seam.
 */
export const KEPT_RUNS = 100;

/** Frames [first, last], inclusive, and the times of these two. */
export interface Run {
  readonly first: number;
  readonly last: number;
  /** Of the first frame; not before `endNs` when the stamps of the run go back. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** The largest of the frames' figures (a gap, a size ratio, …); 0 where a place needs none. */
  readonly worst: number;
  /** What the frames have in common (a step, a size, a reason); only runs of the same tag join. */
  readonly tag?: number | string;
}

export interface Runs {
  /** Frames in all runs, also those not kept. */
  readonly frames: number;
  /** All runs, also those not kept. */
  readonly runs: number;
  readonly kept: readonly Run[];
  readonly tail: Run | null;
}

export const NO_RUNS: Runs = { frames: 0, runs: 0, kept: [], tail: null };

export function oneRun(run: Run): Runs {
  return { frames: run.last - run.first + 1, runs: 1, kept: [run], tail: run };
}

/** The same runs, `frames` later: for the right side of a merge whose left side holds `frames` frames. */
export function shiftRuns(runs: Runs, frames: number): Runs {
  if (frames === 0 || runs.runs === 0) return runs;
  const shift = (run: Run): Run => ({ ...run, first: run.first + frames, last: run.last + frames });
  return { ...runs, kept: runs.kept.map(shift), tail: runs.tail && shift(runs.tail) };
}

/** Concatenates; `left` precedes `right`, indices are already in one numbering, both were made with this `cap`. */
export function joinRuns(left: Runs, right: Runs, cap: number = KEPT_RUNS): Runs {
  const head = right.kept[0];
  if (!left.tail || !head || !right.tail) return left.tail ? left : right;
  const frames = left.frames + right.frames;
  const joined = joinNeighbours(left.tail, head);
  if (!joined) return { frames, runs: left.runs + right.runs, kept: first(left.kept, right.kept, cap), tail: right.tail };
  const kept = left.runs <= cap ? first([...left.kept.slice(0, -1), joined], right.kept.slice(1), cap) : left.kept;
  return { frames, runs: left.runs + right.runs - 1, kept, tail: right.runs === 1 ? joined : right.tail };
}

/** The two runs as one when the second begins right after the first and they have the same tag, else null. */
export function joinNeighbours(a: Run, b: Run): Run | null {
  if (a.last + 1 !== b.first || a.tag !== b.tag) return null;
  return { ...a, last: b.last, endNs: b.endNs, worst: Math.max(a.worst, b.worst) };
}

function first(a: readonly Run[], b: readonly Run[], cap: number): readonly Run[] {
  return a.length >= cap || b.length === 0 ? a : a.concat(b).slice(0, cap);
}

/** Collects runs frame by frame, in ascending order; reads a stamp only where a run begins or ends. */
export class RunsBuilder {
  readonly #stampNs: BigInt64Array;
  readonly #cap: number;
  readonly #kept: Run[] = [];
  #frames = 0;
  #runs = 0;
  #first = -1;
  #from = -1;
  #last = -2;
  #lastRow = -1;
  #worst = 0;
  #tag: number | string | undefined;

  /** @param stampNs stamps by row */
  constructor(stampNs: BigInt64Array, cap: number = KEPT_RUNS) {
    this.#stampNs = stampNs;
    this.#cap = cap;
  }

  /**
   * Adds frame `frame`, whose stamp is in row `row`. `from` is the row whose stamp a run that begins here starts at:
   * another than `row` where the place lies between two frames.
   */
  add(frame: number, row: number, worst = 0, tag?: number | string, from: number = row): void {
    this.#frames++;
    if (frame === this.#last + 1 && tag === this.#tag) {
      if (worst > this.#worst) this.#worst = worst;
    } else {
      if (this.#runs > 0 && this.#kept.length < this.#cap) this.#kept.push(this.#run());
      this.#runs++;
      this.#first = frame;
      this.#from = from;
      this.#worst = worst;
      this.#tag = tag;
    }
    this.#last = frame;
    this.#lastRow = row;
  }

  finish(): Runs {
    if (this.#runs === 0) return NO_RUNS;
    const tail = this.#run();
    if (this.#kept.length < this.#cap) this.#kept.push(tail);
    return { frames: this.#frames, runs: this.#runs, kept: this.#kept, tail };
  }

  /** The run that is being built. */
  #run(): Run {
    return {
      first: this.#first,
      last: this.#last,
      startNs: this.#stampNs[this.#from] ?? 0n,
      endNs: this.#stampNs[this.#lastRow] ?? 0n,
      worst: this.#worst,
      ...(this.#tag !== undefined && { tag: this.#tag }),
    };
  }
}

/** The time range of a run, earlier stamp first: stamps inside may go back. */
export function timesOf(run: Pick<Run, "startNs" | "endNs">): readonly [bigint, bigint] {
  return run.startNs <= run.endNs ? [run.startNs, run.endNs] : [run.endNs, run.startNs];
}
