/**
 * Sealed frames against present ones: which changed, vanished, appeared, were duplicated or moved.
 *
 * A frame is its leaf and its stamp. Explanations are tried in this order, each frame gets the first that fits:
 *
 *  1. kept: in the longest common subsequence of its stream (keep.ts). Where two neighbouring groups of equal size changed
 *     places, nobody can tell which one moved: both did.
 *  2. moved: leaf and stamp are as sealed, in another place of the stream or in another stream.
 *  3. duplicated: leaf and stamp are those of a sealed frame that is accounted for. But changed, where a frame with this very
 *     stamp is lost in its place: small payloads become equal to others by a single bit.
 *  4. a leaf that occurs once among the sealed frames and once among those left: the frame with another stamp.
 *     Opposite its place it is changed, elsewhere moved.
 *  5. changed: between the same two kept frames, the same stamp with another leaf; then the same leaf with another stamp;
 *     then, when as many frames are lost there as are new, whatever stands opposite.
 *  6. duplicated: the leaf of a sealed frame under another stamp.
 *  7. appeared; and what is left of the sealed frames vanished.
 *
 * Linear in the frames outside changed places, O(n log n) or a bounded table inside (align.ts).
 */
import { align, NONE } from "./align.ts";
import type { FrameSet } from "./frame-set.ts";
import { occurrences, type Search } from "./identity.ts";
import { keep } from "./keep.ts";
import { FATES, KEPT, OPEN, openFrames, type Pair, pairUp, type Side, settle } from "./pairs.ts";

export type ChangeKind = "changed" | "vanished" | "appeared" | "duplicated" | "moved";

export interface Place {
  readonly stream: string;
  /** The first frame of a run. */
  readonly frame: number;
}

/** A run of `count` frames with one fate: neighbours in the sealed and in the present recording. */
export interface Change {
  readonly kind: ChangeKind;
  readonly count: number;
  /** Where they were when sealed; the original of a duplicate. Null for what appeared. */
  readonly sealed: Place | null;
  /** Where they are now. Null for what vanished. */
  readonly present: Place | null;
  /** What differs from the sealed frame. */
  readonly leafDiffers: boolean;
  readonly stampDiffers: boolean;
}

/** What differs from the sealed frame. */
const LEAF = 1;
const STAMP = 2;

/** @returns runs by stream (sealed streams first, then those that only exist now), in order of place */
export function compare(sealed: readonly FrameSet[], present: readonly FrameSet[]): readonly Change[] {
  const pairs = pairUp(sealed, present);
  for (const pair of pairs) keep(pair);
  moveWithin(pairs);
  moveAcross(pairs);
  const search = occurrences(
    pairs.map(({ sealed }) => sealed.set),
    pairs.map(({ present }) => ({ set: present.set, frames: openFrames(present) })),
  );
  for (const [s, pair] of pairs.entries()) repeat(pair, s, search, true);
  explainUnique(pairs, search);
  for (const [s, pair] of pairs.entries()) explainGaps(pair, s);
  for (const [s, pair] of pairs.entries()) repeat(pair, s, search, false);
  return pairs.flatMap((pair) => runsOf(pair, pairs));
}

/** Step 2 within each stream, in order. */
function moveWithin(pairs: readonly Pair[]): void {
  for (const [s, pair] of pairs.entries()) move([pair], () => s, pair);
}

/** Step 2 between streams, in order of streams. */
function moveAcross(pairs: readonly Pair[]): void {
  const index = new Map(pairs.map((pair, s) => [pair, s]));
  move(pairs, (pair) => index.get(pair) ?? NONE, ...pairs);
}

function move(from: readonly Pair[], indexOf: (pair: Pair) => number, ...to: readonly Pair[]): void {
  const wanted = new Set<number>();
  for (const { present } of to) for (const frame of openFrames(present)) wanted.add(present.whole[frame - present.from] as number);
  if (wanted.size === 0) return;
  const lost = new Map<number, { readonly pair: Pair; readonly i: number }[]>();
  for (const pair of from) {
    for (let i = 0; i < pair.sealed.fate.length; i++) {
      const whole = pair.sealed.whole[i] as number;
      if (pair.sealed.fate[i] !== OPEN || !wanted.has(whole)) continue;
      const list = lost.get(whole);
      if (list) list.push({ pair, i });
      else lost.set(whole, [{ pair, i }]);
    }
  }
  if (lost.size === 0) return;
  const taken = new Map<number, number>();
  for (const pair of to) {
    for (let j = 0; j < pair.present.fate.length; j++) {
      if (pair.present.fate[j] !== OPEN) continue;
      const whole = pair.present.whole[j] as number;
      const k = taken.get(whole) ?? 0;
      const original = lost.get(whole)?.[k];
      if (!original) continue;
      taken.set(whole, k + 1);
      original.pair.sealed.fate[original.i] = FATES.indexOf("moved");
      settle(pair, j, "moved", indexOf(original.pair), original.pair.sealed.from + original.i, 0);
    }
  }
}

/** Steps 3 (the same stamp too) and 6. */
function repeat(pair: Pair, s: number, search: Search, isWhole: boolean): void {
  const { sealed, present } = pair;
  let lost: Map<string, number[]> | null = null;
  for (const frame of openFrames(present)) {
    const j = frame - present.from;
    const found = search.find(present.set, frame, s, isWhole);
    if (!found) continue;
    lost ??= isWhole ? lostByStamp(sealed) : new Map();
    const i = lost.get(`${present.gap[j]} ${present.set.stampNs[frame]}`)?.pop();
    if (i === undefined) settle(pair, j, "duplicated", found.stream, found.frame, isWhole ? 0 : STAMP);
    else {
      sealed.fate[i] = FATES.indexOf("changed");
      settle(pair, j, "changed", s, sealed.from + i, LEAF);
    }
  }
}

/** Lost frames by gap and stamp, the last one first. */
function lostByStamp(sealed: Side): Map<string, number[]> {
  const lost = new Map<string, number[]>();
  for (const frame of openFrames(sealed).toReversed()) {
    const key = `${sealed.gap[frame - sealed.from]} ${sealed.set.stampNs[frame]}`;
    const list = lost.get(key);
    if (list) list.push(frame - sealed.from);
    else lost.set(key, [frame - sealed.from]);
  }
  return lost;
}

/** Step 4. */
function explainUnique(pairs: readonly Pair[], search: Search): void {
  for (const [s, pair] of pairs.entries()) {
    const { present } = pair;
    /** Those opposite their place, by gap. */
    const opposite = new Map<number, { readonly i: number; readonly j: number }[]>();
    for (const frame of openFrames(present)) {
      const j = frame - present.from;
      const found = search.only(present.set, frame);
      const original = found && pairs[found.stream]?.sealed;
      if (!found || !original) continue;
      const i = found.frame - original.from;
      if (i < 0 || original.fate[i] !== OPEN) continue;
      if (found.stream === s && original.gap[i] === present.gap[j]) {
        const list = opposite.get(present.gap[j] as number);
        if (list) list.push({ i, j });
        else opposite.set(present.gap[j] as number, [{ i, j }]);
      } else {
        original.fate[i] = FATES.indexOf("moved");
        settle(pair, j, "moved", found.stream, found.frame, STAMP);
      }
    }
    for (const list of opposite.values()) {
      const inOrder = align(
        Int32Array.from(list, ({ i }) => i).sort(),
        Int32Array.from(list, ({ i }) => i),
      );
      for (const [n, { i, j }] of list.entries()) {
        const fate = inOrder[n] === NONE ? "moved" : "changed";
        pair.sealed.fate[i] = FATES.indexOf(fate);
        settle(pair, j, fate, s, pair.sealed.from + i, STAMP);
      }
    }
  }
}

/** Step 5, gap by gap. */
function explainGaps(pair: Pair, s: number): void {
  const { sealed, present } = pair;
  let [i, j] = [0, 0];
  while (i < sealed.fate.length && j < present.fate.length) {
    const gap = Math.min(sealed.gap[i] as number, present.gap[j] as number);
    const lost: number[] = [];
    const gained: number[] = [];
    for (; i < sealed.fate.length && sealed.gap[i] === gap; i++) if (sealed.fate[i] === OPEN) lost.push(i);
    for (; j < present.fate.length && present.gap[j] === gap; j++) if (present.fate[j] === OPEN) gained.push(j);
    if (lost.length > 0 && gained.length > 0) explainGap(pair, s, lost, gained);
  }
}

function explainGap(pair: Pair, s: number, lost: readonly number[], gained: readonly number[]): void {
  const { sealed, present } = pair;
  const stampAt = (side: Side, i: number): bigint => side.set.stampNs[side.from + i] ?? 0n;
  const change = (i: number, j: number): void => {
    sealed.fate[i] = FATES.indexOf("changed");
    const differs = (sealed.leaf[i] === present.leaf[j] ? 0 : LEAF) | (stampAt(sealed, i) === stampAt(present, j) ? 0 : STAMP);
    settle(pair, j, "changed", s, sealed.from + i, differs);
  };
  const byStamp = new Map<bigint, number[]>();
  for (const i of [...lost].reverse()) {
    const stamp = stampAt(sealed, i);
    const list = byStamp.get(stamp);
    if (list) list.push(i);
    else byStamp.set(stamp, [i]);
  }
  for (const j of gained) {
    const i = byStamp.get(stampAt(present, j))?.pop();
    if (i !== undefined) change(i, j);
  }
  const stillLost = lost.filter((i) => sealed.fate[i] === OPEN);
  const stillNew = gained.filter((j) => present.fate[j] === OPEN);
  const sameLeaf = align(
    Int32Array.from(stillLost, (i) => sealed.leaf[i] as number),
    Int32Array.from(stillNew, (j) => present.leaf[j] as number),
  );
  for (const [n, k] of sameLeaf.entries()) if (k !== NONE) change(stillLost[k] as number, stillNew[n] as number);
  const lastLost = stillLost.filter((i) => sealed.fate[i] === OPEN);
  const lastNew = stillNew.filter((j) => present.fate[j] === OPEN);
  if (lastLost.length !== lastNew.length) return;
  for (const [n, i] of lastLost.entries()) change(i, lastNew[n] as number);
}

function runsOf(pair: Pair, pairs: readonly Pair[]): readonly Change[] {
  const { sealed, present, partnerStream, partnerFrame, differs } = pair;
  const runs: (Change & { count: number })[] = [];
  for (let j = 0; j < present.fate.length; j++) {
    const fate = present.fate[j] as number;
    if (fate === KEPT) continue;
    const isPartnered = partnerStream[j] !== NONE;
    const continues =
      j > 0 &&
      fate === present.fate[j - 1] &&
      differs[j] === differs[j - 1] &&
      partnerStream[j] === partnerStream[j - 1] &&
      (!isPartnered || partnerFrame[j] === (partnerFrame[j - 1] as number) + 1);
    const run = runs[runs.length - 1];
    if (continues && run) {
      run.count++;
      continue;
    }
    const stream = pairs[partnerStream[j] as number]?.sealed.set.id;
    runs.push({
      kind: fate === OPEN ? "appeared" : (FATES[fate] as ChangeKind),
      count: 1,
      sealed: stream === undefined ? null : { stream, frame: partnerFrame[j] as number },
      present: { stream: present.set.id, frame: present.from + j },
      leafDiffers: ((differs[j] as number) & LEAF) !== 0,
      stampDiffers: ((differs[j] as number) & STAMP) !== 0,
    });
  }
  for (let i = 0; i < sealed.fate.length; i++) {
    if (sealed.fate[i] !== OPEN) continue;
    let end = i + 1;
    while (end < sealed.fate.length && sealed.fate[end] === OPEN) end++;
    const at = { stream: sealed.set.id, frame: sealed.from + i };
    runs.push({ kind: "vanished", count: end - i, sealed: at, present: null, leafDiffers: false, stampDiffers: false });
    i = end;
  }
  return runs;
}
