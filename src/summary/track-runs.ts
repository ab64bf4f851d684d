/**
 * Runs of frames per track: what a label check keeps of the places it found. The runs of different tracks overlap in
 * time, so a run may grow over a cut while others have begun since: of every run that touches the first or last frame of
 * a part its other end is kept, in columns, and of those between the `KEPT_RUNS` gravest. Counts are exact, the merge is
 * associative, and memory is bounded by the cap and by the boxes of one frame (some 30 bytes each).
 */
import type { Meeting } from "../check/table.ts";
import { addRest, KEPT_RUNS, KeptRuns, type Rest, type Run, shiftRest } from "./runs.ts";

/** A run of one track; `tag` is the track, "" for rows without one. */
export type TrackRun = Run & { readonly tag: string };

/** Runs that touch the first frame of a part, or the last one: their tracks, and their other ends. Ascending by track. */
export interface TrackEnds {
  readonly tracks: readonly string[];
  readonly frame: Int32Array;
  readonly ns: BigInt64Array;
  readonly worst: Float64Array;
}

export interface TrackRuns {
  /** Runs in all, also those not kept. */
  readonly runs: number;
  /** Rows (boxes) in all. */
  readonly rows: number;
  /** Stamps of the part's first and last frame; 0 where no run is at that end. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Those that begin in the part's first frame, and those that end in its last one; a run may do both. */
  readonly heads: TrackEnds;
  readonly tails: TrackEnds;
  /** The gravest of the others, by first frame, then track; and what is left. */
  readonly kept: readonly TrackRun[];
  readonly rest: Rest | null;
}

const NO_ENDS: TrackEnds = { tracks: [], frame: new Int32Array(0), ns: new BigInt64Array(0), worst: new Float64Array(0) };

export const NO_TRACK_RUNS: TrackRuns = {
  ...{ runs: 0, rows: 0, startNs: 0n, endNs: 0n, heads: NO_ENDS, tails: NO_ENDS, kept: [], rest: null },
};

/** By UTF-16 code unit: no locale. */
function compareTracks(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export class TrackRunsBuilder {
  readonly #stampNs: BigInt64Array;
  readonly #tracks: readonly string[];
  /** By track; the run that is open, first -1 where none is. Behind the last one: rows without a track. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #worst: Float64Array;
  readonly #untracked: number;
  /** Runs from the first frame on that have ended: tracks. */
  readonly #heads: { readonly track: number; readonly last: number; readonly worst: number }[] = [];
  readonly #kept = new KeptRuns<TrackRun>(KEPT_RUNS);
  #runs = 0;
  #rows = 0;

  /**
   * @param stampNs stamps of the part's frames
   * @param tracks names, all different
   */
  constructor(stampNs: BigInt64Array, tracks: readonly string[]) {
    this.#stampNs = stampNs;
    this.#tracks = tracks;
    const unnamed = tracks.indexOf("");
    this.#untracked = unnamed < 0 ? tracks.length : unnamed;
    this.#first = new Int32Array(tracks.length + 1).fill(-1);
    this.#last = new Int32Array(tracks.length + 1);
    this.#worst = new Float64Array(tracks.length + 1);
  }

  /** Adds a row of a track (-1: of none) in `frame`; frames must not go back. */
  add(frame: number, track: number, worst: number): void {
    const at = track < 0 ? this.#untracked : track;
    this.#rows++;
    if ((this.#first[at] ?? -1) >= 0 && frame - (this.#last[at] ?? 0) <= 1) {
      this.#last[at] = frame;
      if (worst > (this.#worst[at] ?? 0)) this.#worst[at] = worst;
      return;
    }
    this.#close(at);
    this.#runs++;
    this.#first[at] = frame;
    this.#last[at] = frame;
    this.#worst[at] = worst;
  }

  finish(): TrackRuns {
    const end = this.#stampNs.length - 1;
    const tails: number[] = [];
    for (const [at, first] of this.#first.entries()) {
      if (first < 0) continue;
      if (this.#last[at] === end) tails.push(at);
      if (this.#last[at] !== end || first === 0) this.#close(at);
    }
    const name = (at: number): string => this.#tracks[at] ?? "";
    const heads = this.#heads.sort((a, b) => compareTracks(name(a.track), name(b.track)));
    tails.sort((a, b) => compareTracks(name(a), name(b)));
    return {
      runs: this.#runs,
      rows: this.#rows,
      startNs: heads.length > 0 ? this.#stamp(0) : 0n,
      endNs: tails.length > 0 ? this.#stamp(end) : 0n,
      heads: {
        tracks: heads.map(({ track }) => name(track)),
        frame: Int32Array.from(heads, ({ last }) => last),
        ns: BigInt64Array.from(heads, ({ last }) => this.#stamp(last)),
        worst: Float64Array.from(heads, ({ worst }) => worst),
      },
      tails: {
        tracks: tails.map(name),
        frame: Int32Array.from(tails, (at) => this.#first[at] ?? 0),
        ns: BigInt64Array.from(tails, (at) => this.#stamp(this.#first[at] ?? 0)),
        worst: Float64Array.from(tails, (at) => this.#worst[at] ?? 0),
      },
      ...this.#kept.finish(),
    };
  }

  /** Puts a run that is open where it belongs. */
  #close(at: number): void {
    const [first, last, worst] = [this.#first[at] ?? -1, this.#last[at] ?? 0, this.#worst[at] ?? 0];
    if (first === 0) this.#heads.push({ track: at, last, worst });
    else if (first > 0)
      this.#kept.add({ first, last, startNs: this.#stamp(first), endNs: this.#stamp(last), worst, tag: this.#tracks[at] ?? "" });
  }

  #stamp(frame: number): bigint {
    return this.#stampNs[frame] ?? 0n;
  }
}

/** The runs that are located: the gravest of all, by first frame, then track; and what is left. */
export function gravestTrackRuns(
  { heads, tails, kept, rest, startNs, endNs }: TrackRuns,
  frames: number,
): {
  readonly kept: readonly TrackRun[];
  readonly rest: Rest | null;
} {
  const list = new KeptRuns<TrackRun>(KEPT_RUNS, rest);
  for (const run of kept) list.add(run);
  for (const [i, tag] of heads.tracks.entries())
    list.add({ first: 0, last: heads.frame[i] ?? 0, startNs, endNs: heads.ns[i] ?? 0n, worst: heads.worst[i] ?? 0, tag });
  for (const [i, tag] of tails.tracks.entries()) {
    const first = tails.frame[i] ?? 0;
    if (first > 0) list.add({ first, last: frames - 1, startNs: tails.ns[i] ?? 0n, endNs, worst: tails.worst[i] ?? 0, tag });
  }
  return list.finish();
}

/**
 * @param frames frames of the left part; no part is empty
 * @param seam over a hole no run goes on
 */
export function mergeTrackRuns(
  left: TrackRuns,
  right: TrackRuns,
  frames: number,
  { touching, skipped }: Pick<Meeting, "touching" | "skipped"> = { touching: true, skipped: 0 },
): TrackRuns {
  if (left.runs + right.runs === 0) return left;
  const begin = frames + skipped;
  const [heads, tails] = [copyOf(left.heads, 0), copyOf(right.tails, begin)];
  const list = new KeptRuns<TrackRun>(KEPT_RUNS, addRest(left.rest, shiftRest(right.rest, begin)));
  for (const run of left.kept) list.add(run);
  let joined = 0;
  // Ends meet by track; each of the four lists ascends.
  let [h, t] = [0, 0];
  const [a, b] = [left.tails, right.heads];
  for (let [i, j] = [0, 0]; i < a.tracks.length || j < b.tracks.length; ) {
    const met = i >= a.tracks.length ? 1 : j >= b.tracks.length ? -1 : compareTracks(a.tracks[i] ?? "", b.tracks[j] ?? "");
    const order = met === 0 && !touching ? -1 : met;
    const tag = (order <= 0 ? a.tracks[i] : b.tracks[j]) ?? "";
    const before = order <= 0 ? { first: a.frame[i] ?? 0, ns: a.ns[i] ?? 0n, worst: a.worst[i] ?? 0 } : null;
    const after = order >= 0 ? { last: (b.frame[j] ?? 0) + begin, ns: b.ns[j] ?? 0n, worst: b.worst[j] ?? 0 } : null;
    if (before) i++;
    if (after) j++;
    while (h < heads.tracks.length && compareTracks(heads.tracks[h] ?? "", tag) < 0) h++;
    while (t < tails.tracks.length && compareTracks(tails.tracks[t] ?? "", tag) < 0) t++;
    const isHead = before?.first === 0;
    const isTail = after !== null && tails.tracks[t] === tag && tails.frame[t] === begin;
    const worst = Math.max(before?.worst ?? 0, after?.worst ?? 0);
    if (before && after) joined++;
    if (isHead && after) {
      heads.frame[h] = after.last;
      heads.ns[h] = after.ns;
      heads.worst[h] = worst;
    }
    if (isTail && before) {
      tails.frame[t] = before.first;
      tails.ns[t] = before.ns;
      tails.worst[t] = worst;
    }
    if (isHead || isTail) continue;
    const [first, startNs] = before ? [before.first, before.ns] : [begin, right.startNs];
    const [last, endNs] = after ? [after.last, after.ns] : [frames - 1, left.endNs];
    list.add({ first, last, startNs, endNs, worst, tag });
  }
  for (const run of right.kept) list.add({ ...run, first: run.first + begin, last: run.last + begin });
  return {
    runs: left.runs + right.runs - joined,
    rows: left.rows + right.rows,
    startNs: left.startNs,
    endNs: right.endNs,
    heads,
    tails,
    ...list.finish(),
  };
}

function copyOf({ tracks, frame, ns, worst }: TrackEnds, shift: number): TrackEnds {
  return { tracks, frame: frame.map((one) => one + shift), ns: ns.slice(), worst: worst.slice() };
}
