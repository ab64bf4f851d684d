/**
 * Runs of frames per track: what a label check keeps of the places it found. The runs of different tracks overlap in
 * time, so a run may grow over a cut while others have begun since: every run that touches the first or last frame
 * of a part is kept whole, and beside them the first `KEPT_RUNS` by frame and track. Counts are exact, the merge is
 * associative, and memory is bounded by the cap and by the boxes of one frame.
 */
import { joinNeighbours, KEPT_RUNS, type Run } from "./runs.ts";

/** A run of one track; `tag` is the track, "" for rows without one. */
export type TrackRun = Run & { readonly tag: string };

export interface TrackRuns {
  /** Runs in all, also those not kept. */
  readonly runs: number;
  /** Rows (boxes) in all. */
  readonly rows: number;
  /** The first ones, by first frame, then track. */
  readonly kept: readonly TrackRun[];
  /** Those that begin in the part's first frame, by track. */
  readonly heads: readonly TrackRun[];
  /** Those that end in the part's last frame, by track. */
  readonly tails: readonly TrackRun[];
}

export const NO_TRACK_RUNS: TrackRuns = { runs: 0, rows: 0, kept: [], heads: [], tails: [] };

export class TrackRunsBuilder {
  readonly #stampNs: BigInt64Array;
  readonly #frames: number;
  readonly #runs: { first: number; last: number; worst: number; tag: string }[] = [];
  readonly #open = new Map<string, { first: number; last: number; worst: number; tag: string }>();
  #rows = 0;

  /** @param stampNs stamps of the part's frames */
  constructor(stampNs: BigInt64Array) {
    this.#stampNs = stampNs;
    this.#frames = stampNs.length;
  }

  /** Adds a row of `track` in `frame`; frames must not go back. */
  add(frame: number, track: string, worst: number): void {
    this.#rows++;
    const open = this.#open.get(track);
    if (open && frame - open.last <= 1) {
      open.last = frame;
      if (worst > open.worst) open.worst = worst;
      return;
    }
    const run = { first: frame, last: frame, worst, tag: track };
    this.#open.set(track, run);
    this.#runs.push(run);
  }

  finish(): TrackRuns {
    const all = this.#runs
      .map((run): TrackRun => ({ ...run, startNs: this.#stamp(run.first), endNs: this.#stamp(run.last) }))
      .sort(byPlace);
    return {
      runs: all.length,
      rows: this.#rows,
      kept: all.slice(0, KEPT_RUNS),
      heads: all.filter(({ first }) => first === 0),
      tails: all.filter(({ last }) => last === this.#frames - 1).sort(byTrack),
    };
  }

  #stamp(frame: number): bigint {
    return this.#stampNs[frame] ?? 0n;
  }
}

/** @param frames frames of the left part; no part is empty */
export function mergeTrackRuns(left: TrackRuns, unshifted: TrackRuns, frames: number): TrackRuns {
  const right = shift(unshifted, frames);
  const tails = new Map(left.tails.map((run) => [run.tag, run]));
  /** Joined runs by track: at most one of a track ends at the cut. */
  const joined = new Map<string, TrackRun>();
  for (const head of right.heads) {
    const tail = tails.get(head.tag);
    const run = tail && joinNeighbours(tail, head);
    if (run) joined.set(head.tag, { ...run, tag: head.tag });
  }
  const end = frames - 1;
  const grown = (run: TrackRun): TrackRun => (run.last === end ? (joined.get(run.tag) ?? run) : run);
  const isNew = (run: TrackRun): boolean => !(run.first === frames && joined.has(run.tag));
  return {
    runs: left.runs + right.runs - joined.size,
    rows: left.rows + right.rows,
    kept: [...left.kept.map(grown), ...right.kept.filter(isNew)].sort(byPlace).slice(0, KEPT_RUNS),
    heads: left.heads.map(grown),
    tails: right.tails.map((run) => (isNew(run) ? run : (joined.get(run.tag) ?? run))),
  };
}

function shift(runs: TrackRuns, frames: number): TrackRuns {
  const move = (run: TrackRun): TrackRun => ({ ...run, first: run.first + frames, last: run.last + frames });
  return { ...runs, kept: runs.kept.map(move), heads: runs.heads.map(move), tails: runs.tails.map(move) };
}

function byPlace(a: TrackRun, b: TrackRun): number {
  return a.first - b.first || byTrack(a, b);
}

/** By UTF-16 code unit: no locale. */
function byTrack(a: TrackRun, b: TrackRun): number {
  return a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0;
}
