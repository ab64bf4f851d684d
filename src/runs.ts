/**
 * A capped, mergeable list of runs of frames: what a check keeps of the places it found.
 *
 * Neighbouring frames coalesce into one run, also across the seam of a merge. Counts are exact; the first
 * `KEPT_RUNS` runs keep their place, so memory is bounded however damaged a recording is. Associative by
 * construction: the first K of a concatenation need only the first K of each part, and the last run is always kept
 * so that it can grow over a seam.
 */
export const KEPT_RUNS = 100;

/** Frames [first, last], inclusive, and their times. */
export interface Run {
  readonly first: number;
  readonly last: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** The largest of the frames' figures (a gap, a size ratio, …); 0 where a place needs none. */
  readonly worst: number;
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

/** Concatenates; `left` precedes `right` and indices are already in one numbering. */
export function joinRuns(left: Runs, right: Runs): Runs {
  const head = right.kept[0];
  if (!left.tail || !head || !right.tail) return left.tail ? left : right;
  const frames = left.frames + right.frames;
  if (left.tail.last + 1 < head.first) {
    return { frames, runs: left.runs + right.runs, kept: left.kept.concat(right.kept).slice(0, KEPT_RUNS), tail: right.tail };
  }
  const joined: Run = {
    first: left.tail.first,
    last: head.last,
    startNs: left.tail.startNs,
    endNs: head.endNs,
    worst: Math.max(left.tail.worst, head.worst),
  };
  const kept = left.runs <= KEPT_RUNS ? [...left.kept.slice(0, -1), joined, ...right.kept.slice(1)] : left.kept;
  return {
    frames,
    runs: left.runs + right.runs - 1,
    kept: kept.slice(0, KEPT_RUNS),
    tail: right.runs === 1 ? joined : right.tail,
  };
}
