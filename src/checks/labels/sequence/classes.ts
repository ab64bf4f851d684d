/** Class faults: runs of classes along a track. A..A B A..A flickers, A..A B..B switches, two tracks exchanging theirs are one swap. */
import type { FaultList } from "./faults.ts";
import type { Tracks } from "./tracks.ts";

/** A longer run between two of another class is no flicker but two switches. */
const MOST_FLICKER = 5;
/** Rows on each side that make a switch. */
const LEAST_SWITCH = 3;

/** Changes of class as columns: by track, then time. */
interface Changes {
  readonly track: number[];
  readonly from: number[];
  readonly to: number[];
  /** Frames of the run in question; to the track's end for a switch. */
  readonly first: number[];
  readonly last: number[];
  /** 1 where the class is as before after it, 0 where it stays. */
  readonly flickers: number[];
}

export function classFaults(tracks: Tracks, faults: FaultList): void {
  const changes: Changes = { track: [], from: [], to: [], first: [], last: [], flickers: [] };
  for (let track = 0; track < tracks.count; track++) addChanges(tracks, track, changes);
  const partner = partners(changes);
  const { classes, tracks: names } = tracks.table.labels;
  const name = (i: number): string => names[changes.track[i] ?? -1] ?? "";
  const className = (column: readonly number[], i: number): string => classes[column[i] ?? -1] ?? "";
  for (const [i, first] of changes.first.entries()) {
    const other = partner[i] ?? -1;
    // Told with the one before.
    if (other >= 0 && other < i) continue;
    const last = Math.max(changes.last[i] ?? first, other < 0 ? first : (changes.last[other] ?? first));
    const common = { frames: [first, last], weight: last - first + 1 } as const;
    if (other >= 0) {
      faults.add({
        ...{ ...common, kind: "class-swap" },
        tracks: [name(i), name(other)].sort((a, b) => (a < b ? -1 : 1)),
        observed: { classes: [className(changes.to, i), className(changes.to, other)] },
        expected: { classes: [className(changes.from, i), className(changes.from, other)] },
        signals: ["class of both tracks"],
      });
    } else {
      faults.add({
        ...{ ...common, kind: changes.flickers[i] === 1 ? "class-flicker" : "class-switch" },
        tracks: [name(i)],
        observed: { class: className(changes.to, i) },
        expected: { class: className(changes.from, i) },
        signals: ["class of the track"],
      });
    }
  }
}

/** Of each change the one that changes the other way round in the same frame, the first with the first; -1 where there is none. */
function partners({ from, to, first, flickers }: Changes): Int32Array {
  const low = (i: number): number => Math.min(from[i] ?? 0, to[i] ?? 0);
  const high = (i: number): number => Math.max(from[i] ?? 0, to[i] ?? 0);
  const compare = (a: number, b: number): number =>
    (first[a] ?? 0) - (first[b] ?? 0) || (flickers[a] ?? 0) - (flickers[b] ?? 0) || low(a) - low(b) || high(a) - high(b);
  const order = Int32Array.from(first.keys()).sort((a, b) => compare(a, b) || a - b);
  const partner = new Int32Array(order.length).fill(-1);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && compare(order[start] ?? 0, order[end] ?? 0) === 0) end++;
    const group = order.subarray(start, end);
    const up = group.filter((i) => (from[i] ?? 0) < (to[i] ?? 0));
    const down = group.filter((i) => (from[i] ?? 0) > (to[i] ?? 0));
    for (let k = 0; k < Math.min(up.length, down.length); k++) {
      const [a, b] = [up[k] ?? 0, down[k] ?? 0];
      partner[a] = b;
      partner[b] = a;
    }
    start = end;
  }
  return partner;
}

/** A run of rows of one class: where it begins and ends in the track, and how many rows count as its own. */
interface ClassRun {
  readonly class: number;
  readonly begin: number;
  readonly end: number;
  rows: number;
}

function addChanges(tracks: Tracks, track: number, out: Changes): void {
  const { labels } = tracks.table;
  const length = tracks.lengthOf(track);
  const runAt = (begin: number): ClassRun | null => {
    if (begin >= length) return null;
    const index = labels.class[tracks.rowOf(track, begin)] ?? -1;
    let end = begin + 1;
    while (end < length && labels.class[tracks.rowOf(track, end)] === index) end++;
    return { class: index, begin, end, rows: end - begin };
  };
  const add = (before: ClassRun, run: ClassRun, flickers: number): void => {
    out.track.push(track);
    out.from.push(before.class);
    out.to.push(run.class);
    out.first.push(tracks.frame[tracks.rowOf(track, run.begin)] ?? 0);
    out.last.push(tracks.frame[tracks.rowOf(track, run.end - 1)] ?? 0);
    out.flickers.push(flickers);
  };
  let before = runAt(0);
  let run = before && runAt(before.end);
  while (before && run) {
    const after = runAt(run.end);
    if (after && after.class === before.class && run.rows <= MOST_FLICKER && before.rows > run.rows && after.rows > run.rows) {
      add(before, run, 1);
      // Back to what it was: the run after continues the one before.
      after.rows += before.rows;
      before = after;
      run = runAt(after.end);
    } else {
      if (before.rows >= LEAST_SWITCH && run.rows >= LEAST_SWITCH) add(before, run, 0);
      before = run;
      run = after;
    }
  }
}
