/**
 * Sealed frames against present ones: which changed, vanished, appeared, were duplicated or moved.
 *
 * A frame is its leaf and its stamp. Explanations are tried in this order, each frame gets the first that fits:
 *
 *  1. kept: in the longest common subsequence of its stream (align.ts). Where two neighbouring groups of equal size changed
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
import { copies, ids, type Known, nothingKnown, occurrences, type Search } from "./identity.ts";

export type ChangeKind = "changed" | "vanished" | "appeared" | "duplicated" | "moved";

/** Frames of one stream. `leaves` holds the same number of bytes for each. */
export interface FrameSet {
  readonly id: string;
  readonly count: number;
  readonly leaves: Uint8Array;
  readonly stampNs: BigInt64Array;
}

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

const FATES = ["open", "kept", "changed", "vanished", "appeared", "duplicated", "moved"] as const;
type Fate = (typeof FATES)[number];
const OPEN = 0;
const KEPT = 1;
const LEAF = 1;
const STAMP = 2;

/** One stream as sealed and as it is, without the frames both begin and end with. */
interface Side {
  readonly set: FrameSet;
  readonly from: number;
  readonly to: number;
  /** By frame - from, here and below. */
  readonly fate: Uint8Array;
  /** Equal for frames of equal leaf and stamp, over all streams. */
  readonly whole: Int32Array;
  /** Equal for frames of equal leaf. */
  readonly leaf: Int32Array;
  /** Kept frames before it. */
  readonly gap: Int32Array;
}

interface Pair {
  readonly sealed: Side;
  readonly present: Side;
  /** Of each present frame that has one: stream (index of the pair) and frame. */
  readonly partnerStream: Int32Array;
  readonly partnerFrame: Int32Array;
  readonly differs: Uint8Array;
}

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

function pairUp(sealed: readonly FrameSet[], present: readonly FrameSet[]): readonly Pair[] {
  const names = [...new Set([...sealed, ...present].map(({ id }) => id))];
  const known = nothingKnown();
  return names.map((id) => {
    const a = sealed.find((one) => one.id === id) ?? nothing(id);
    const b = present.find((one) => one.id === id) ?? nothing(id);
    const [head, common] = commonEnds(a, b);
    // The end may hold the second of two copies, of which the first is the original: it must be there to slide to.
    const tail = common - copies(b, head, b.count - common);
    const count = b.count - tail - head;
    return {
      sealed: sideOf(a, head, a.count - tail, known),
      present: sideOf(b, head, b.count - tail, known),
      partnerStream: new Int32Array(count).fill(NONE),
      partnerFrame: new Int32Array(count).fill(NONE),
      differs: new Uint8Array(count),
    };
  });
}

function nothing(id: string): FrameSet {
  return { id, count: 0, leaves: new Uint8Array(0), stampNs: new BigInt64Array(0) };
}

function sideOf(set: FrameSet, from: number, to: number, known: Known): Side {
  const { whole, leaf } = ids(set, from, to, known);
  return { set, from, to, whole, leaf, fate: new Uint8Array(to - from), gap: new Int32Array(to - from) };
}

/** How many frames both begin with, and both end with after those. */
function commonEnds(a: FrameSet, b: FrameSet): readonly [number, number] {
  const most = Math.min(a.count, b.count);
  if (most === 0) return [0, 0];
  const words = a.leaves.length / a.count / 4;
  const x = wordsOf(a);
  const y = wordsOf(b);
  const same = (i: number, j: number): boolean => {
    for (let w = 0; w < words; w++) if (x.leaf[i * words + w] !== y.leaf[j * words + w]) return false;
    return x.stamp[2 * i] === y.stamp[2 * j] && x.stamp[2 * i + 1] === y.stamp[2 * j + 1];
  };
  let head = 0;
  while (head < most && same(head, head)) head++;
  let tail = 0;
  while (tail < most - head && same(a.count - 1 - tail, b.count - 1 - tail)) tail++;
  return [head, tail];
}

function wordsOf({ leaves, stampNs }: FrameSet): { readonly leaf: Uint32Array; readonly stamp: Uint32Array } {
  return {
    leaf: new Uint32Array(leaves.buffer, leaves.byteOffset, leaves.length / 4),
    stamp: new Uint32Array(stampNs.buffer, stampNs.byteOffset, 2 * stampNs.length),
  };
}

/** Step 1. */
function keep({ sealed, present }: Pair): void {
  const partner = align(sealed.whole, present.whole);
  keepFirstCopies(present.whole, partner);
  for (const [j, i] of partner.entries()) {
    if (i === NONE) continue;
    present.fate[j] = KEPT;
    sealed.fate[i] = KEPT;
  }
  openExchanged(sealed, present, partner);
  for (const side of [sealed, present]) {
    let kept = 0;
    for (let i = 0; i < side.gap.length; i++) {
      side.gap[i] = kept;
      if (side.fate[i] === KEPT) kept++;
    }
  }
}

/**
 * Which of two equal neighbouring groups was put in does not show: the first one is the original. Groups of new frames slide
 * down as long as the kept frame behind them equals their first; each kept frame is passed once.
 */
function keepFirstCopies(whole: Int32Array, partner: Int32Array): void {
  const count = partner.length;
  for (let start = 0, end = 0; start < count; ) {
    if (partner[start] !== NONE) {
      start++;
      continue;
    }
    end = Math.max(end, start + 1);
    while (end < count && partner[end] === NONE) end++;
    if (end < count && whole[end] === whole[start]) {
      partner[start] = partner[end] as number;
      partner[end] = NONE;
      start++;
    } else start = end;
  }
}

/** Groups of equal size that changed places with their neighbours: the one that was kept is open again. */
function openExchanged(sealed: Side, present: Side, partner: Int32Array): void {
  const lost = new Map<number, number>();
  for (let i = sealed.fate.length - 1; i >= 0; i--) if (sealed.fate[i] === OPEN) lost.set(sealed.whole[i] as number, i);
  for (let j = 0; j < present.fate.length; ) {
    const i = present.fate[j] === OPEN ? (lost.get(present.whole[j] as number) ?? NONE) : NONE;
    let size = 0;
    while (i !== NONE && isSameOpen(sealed, present, i + size, j + size)) size++;
    // Kept frames behind it in the one and before it in the other recording, in one straight run.
    for (const [si, pj] of [[i + size, j - size] as const, [i - size, j + size] as const]) {
      if (size === 0 || !isStraight(partner, si, pj, size) || !isInPlace(partner, Math.min(i, si), Math.min(j, pj), 2 * size, sealed))
        continue;
      for (let k = 0; k < size; k++) {
        sealed.fate[si + k] = OPEN;
        present.fate[pj + k] = OPEN;
        partner[pj + k] = NONE;
      }
      break;
    }
    j += Math.max(1, size);
  }
}

function isSameOpen(sealed: Side, present: Side, i: number, j: number): boolean {
  return sealed.fate[i] === OPEN && present.fate[j] === OPEN && sealed.whole[i] === present.whole[j];
}

function isStraight(partner: Int32Array, i: number, j: number, size: number): boolean {
  if (i < 0 || j < 0) return false;
  for (let k = 0; k < size; k++) if (partner[j + k] !== i + k) return false;
  return true;
}

/** Kept frames are looked for this far around a pair of groups: a frame left alone further out decides nothing. */
const NEAR = 64;

/** Whether both groups together stand where they stood, seen from the next kept frame before or behind them. */
function isInPlace(partner: Int32Array, i: number, j: number, size: number, sealed: Side): boolean {
  const ends = [
    [j - 1, -1, -1, -1],
    [j + size, 1, partner.length, sealed.fate.length],
  ] as const;
  return ends.some(([from, by, end, sealedEnd]) => {
    for (let k = from; Math.abs(k - from) < NEAR; k += by) {
      if (k === end) return sealedEnd - k === i - j;
      if (partner[k] !== NONE) return (partner[k] as number) - k === i - j;
    }
    return false;
  });
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

function settle(pair: Pair, j: number, fate: Fate, stream: number, frame: number, differs: number): void {
  pair.present.fate[j] = FATES.indexOf(fate);
  pair.partnerStream[j] = stream;
  pair.partnerFrame[j] = frame;
  pair.differs[j] = differs;
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

/** Frames (not windowed) without an explanation. */
function openFrames({ fate, from }: Side): readonly number[] {
  const frames: number[] = [];
  for (let i = 0; i < fate.length; i++) if (fate[i] === OPEN) frames.push(from + i);
  return frames;
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
