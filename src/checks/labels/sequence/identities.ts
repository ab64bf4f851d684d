/**
 * Identity faults: tracks that exchange places for a frame, for some frames, or from one frame on.
 *
 * A box off its track's own line is a suspect. Suspects of one frame whose expected places are each other's boxes form a
 * cycle: two of them are a swap, more a rotation. It counts only when exchanging fits absolutely: less than 0.4 of the
 * residual is left. For one frame the line goes through the neighbours on both sides; for a swap from one frame on, the
 * lines before and after are carried across the boundary.
 */
import { type FaultList, type LabelFault, rounded } from "./faults.ts";
import { MOST_SUSPECTS, type Residuals } from "./residuals.ts";
import type { Scale } from "./scale.ts";
import { type Tracks, WIDTH } from "./tracks.ts";

const MOST_LEFT = 0.4;
const SUSPECT_SCALES = 3;
const LONGEST_CYCLE = 8;
/** Two opposite swaps of one pair this near are one swap of some frames. */
const MOST_TRANSIENT = 30;
/** Swaps from one frame on that are repaired: each takes moving the rest of its tracks. */
const MOST_REPAIRS = 1000;

interface Cycle {
  readonly frame: number;
  readonly tracks: readonly number[];
  readonly before: number;
  readonly after: number;
}

/**
 * Finds and repairs.
 *
 * @param isPair tracks on one object, which never swap
 * @returns whether any are exchanged
 */
export function identityFaults(
  tracks: Tracks,
  scale: Scale,
  { exchanged, leaping }: Residuals,
  isPair: (a: number, b: number) => boolean,
  faults: FaultList,
): boolean {
  const single = settle(
    tracks,
    exchanged,
    (frame, rows) => cyclesAt(tracks, frame, suspects(tracks, scale, rows), isPair),
    (cycle) => tracks.exchange(cycle.tracks, cycle.frame),
    Number.POSITIVE_INFINITY,
  );
  const boundary = settle(
    tracks,
    leaping,
    (frame, rows) => cyclesAt(tracks, frame, jumpers(tracks, scale, rows), isPair),
    (cycle) => tracks.exchangeFrom(cycle.tracks, cycle.frame),
    MOST_REPAIRS,
  );
  for (const cycle of single) faults.add(faultOf(tracks, cycle, "frame", cycle.frame));
  addJoined(tracks, boundary, faults);
  return single.length + boundary.length > 0;
}

/**
 * Cycles of all frames, the clearest first, each repaired before the next is judged again.
 *
 * @param most how many are repaired; further ones are told as they were found
 */
function settle(
  tracks: Tracks,
  worthwhile: Uint8Array,
  find: (frame: number, rows: Int32Array) => readonly Cycle[],
  repair: (cycle: Cycle) => void,
  most: number,
): Cycle[] {
  const found: Cycle[] = [];
  for (const [frame, isWorth] of worthwhile.entries()) {
    for (const cycle of isWorth ? find(frame, tracks.inFrame(frame)) : []) found.push(cycle);
  }
  found.sort((a, b) => b.before - b.after - (a.before - a.after) || a.frame - b.frame);
  const accepted: Cycle[] = [];
  for (const cycle of found) {
    const rows = Int32Array.from(cycle.tracks, (track) => tracks.rowAt(track, cycle.frame)).filter((row) => row >= 0);
    const again = find(cycle.frame, rows).find((one) => one.tracks.length === cycle.tracks.length);
    if (!again) continue;
    if (accepted.length < most) repair(again);
    accepted.push(again);
  }
  return accepted.sort((a, b) => a.frame - b.frame);
}

/** A box, the place its track expects in its stead, and how far apart they are. */
interface Suspect {
  readonly track: number;
  readonly row: number;
  readonly off: number;
  /** Where the rows from this box on put the track in the frame before. */
  readonly back?: Float64Array;
  /** How far another box is from what this track expects. */
  fit(other: Suspect): number;
}

function suspects(tracks: Tracks, scale: Scale, rows: Int32Array): Suspect[] {
  const found: Suspect[] = [];
  let expected = new Float64Array(WIDTH);
  for (const row of rows) {
    const track = tracks.track[row] ?? -1;
    const i = tracks.indexAt(track, tracks.frame[row] ?? 0);
    const off = tracks.residual(track, i, expected);
    if (!(off > Math.max(SUSPECT_SCALES * scale.local(track, i), 2 * scale.floor(row)))) continue;
    const own = expected;
    found.push({ track, row, off, fit: (other) => tracks.gap(other.row, own) });
    if (found.length > MOST_SUSPECTS) break;
    expected = new Float64Array(WIDTH);
  }
  return found;
}

/** Boxes that are not where the rows before expect them, and whose rows after do not lead back to them. */
function jumpers(tracks: Tracks, scale: Scale, rows: Int32Array): Suspect[] {
  const found: Suspect[] = [];
  for (const row of rows) {
    if (found.length > MOST_SUSPECTS) break;
    const track = tracks.track[row] ?? -1;
    const frame = tracks.frame[row] ?? 0;
    const i = tracks.indexAt(track, frame);
    const [a, b, after] = [tracks.near(track, i - 2, frame), tracks.near(track, i - 1, frame), tracks.near(track, i + 1, frame)];
    if (a < 0 || b < 0 || after < 0) continue;
    const forward = new Float64Array(WIDTH);
    const backward = new Float64Array(WIDTH);
    tracks.line(a, b, frame, forward);
    tracks.line(row, after, tracks.frame[b] ?? 0, backward);
    const off = (tracks.gap(row, forward) + tracks.gap(b, backward)) / 2;
    if (!(off > Math.max(2 * SUSPECT_SCALES * scale.local(track, i), 2 * scale.floor(row)))) continue;
    const fit = (other: Suspect): number => (tracks.gap(other.row, forward) + tracks.gap(b, other.back ?? forward)) / 2;
    found.push({ track, row, off, back: backward, fit });
  }
  return found;
}

function cyclesAt(tracks: Tracks, frame: number, all: readonly Suspect[], isPair: (a: number, b: number) => boolean): readonly Cycle[] {
  if (all.length < 2 || all.length > MOST_SUSPECTS) return [];
  const next = all.map((one) => {
    let best = -1;
    let least = MOST_LEFT * one.off;
    for (const [j, other] of all.entries()) {
      if (other.track === one.track || isPair(one.track, other.track)) continue;
      const fit = one.fit(other);
      if (fit >= least) continue;
      least = fit;
      best = j;
    }
    return { to: best, fit: least };
  });
  const cycles: Cycle[] = [];
  const used = new Set<number>();
  for (const start of all.keys()) {
    const path: number[] = [];
    for (let at = start; at >= 0 && !used.has(at) && path.length <= LONGEST_CYCLE; at = next[at]?.to ?? -1) {
      if (path.includes(at)) break;
      path.push(at);
    }
    if (path.length < 2 || path.length > LONGEST_CYCLE || next[path.at(-1) ?? -1]?.to !== start) continue;
    for (const one of path) used.add(one);
    const sum = (of: (i: number) => number): number => path.reduce((total, i) => total + of(i) / tracks.size(all[i]?.row ?? 0), 0);
    cycles.push({
      frame,
      tracks: path.map((i) => all[i]?.track ?? -1),
      before: sum((i) => all[i]?.off ?? 0),
      after: sum((i) => next[i]?.fit ?? 0),
    });
  }
  return cycles;
}

/** A swap and its undoing soon after are one swap of the frames between. */
function addJoined(tracks: Tracks, boundary: readonly Cycle[], faults: FaultList): void {
  const all: { readonly cycle: Cycle; end: number | null }[] = [];
  /** By tracks: those not undone yet, the last one last. */
  const open = new Map<string, (typeof all)[number][]>();
  for (const cycle of boundary) {
    const key = [...cycle.tracks].sort((a, b) => a - b).join();
    const waiting = open.get(key) ?? [];
    open.set(key, waiting);
    const partner = waiting.at(-1);
    if (partner && cycle.frame - partner.cycle.frame <= MOST_TRANSIENT) {
      partner.end = cycle.frame - 1;
      waiting.pop();
    } else {
      const one = { cycle, end: null };
      waiting.push(one);
      all.push(one);
    }
  }
  for (const { cycle, end } of all) faults.add(faultOf(tracks, cycle, end === null ? "on" : "frames", end ?? lastFrame(tracks, cycle)));
}

function lastFrame(tracks: Tracks, { tracks: cycle, frame }: Cycle): number {
  return cycle.reduce((last, track) => Math.max(last, tracks.frame[tracks.rowOf(track, tracks.lengthOf(track) - 1)] ?? frame), frame);
}

function faultOf(tracks: Tracks, cycle: Cycle, how: "frame" | "frames" | "on", end: number): LabelFault {
  const kind = cycle.tracks.length > 2 ? "rotation" : how === "on" ? "persistent-swap" : "swap";
  return {
    kind,
    frames: [cycle.frame, end],
    tracks: cycle.tracks.map((track) => tracks.table.labels.tracks[track] ?? "").sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
    weight: cycle.before - cycle.after,
    observed: { residual: rounded(cycle.before), residualExchanged: rounded(cycle.after), persists: how === "on" },
    expected: { residual: rounded(cycle.after) },
    signals: ["motion of each track"],
  };
}
