/** Each stream as sealed and as it is, side by side, and what is known so far about every frame of it. */

import { NONE } from "./align.ts";
import type { FrameSet } from "./frame-set.ts";
import { copies, ids, type Known, nothingKnown } from "./identity.ts";

export const FATES = ["open", "kept", "changed", "vanished", "appeared", "duplicated", "moved"] as const;
export type Fate = (typeof FATES)[number];
export const OPEN = 0;
export const KEPT = 1;

/** One stream as sealed and as it is, without the frames both begin and end with. */
export interface Side {
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

export interface Pair {
  readonly sealed: Side;
  readonly present: Side;
  /** Of each present frame that has one: stream (index of the pair) and frame. */
  readonly partnerStream: Int32Array;
  readonly partnerFrame: Int32Array;
  /** LEAF and STAMP bits (compare.ts) of what differs from the partner. */
  readonly differs: Uint8Array;
}

export function pairUp(sealed: readonly FrameSet[], present: readonly FrameSet[]): readonly Pair[] {
  const was = new Map(sealed.map((set) => [set.id, set]));
  const is = new Map(present.map((set) => [set.id, set]));
  const known = nothingKnown();
  return [...new Set([...was.keys(), ...is.keys()])].map((id) => {
    const a = was.get(id) ?? nothing(id);
    const b = is.get(id) ?? nothing(id);
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

export function settle(pair: Pair, j: number, fate: Fate, stream: number, frame: number, differs: number): void {
  pair.present.fate[j] = FATES.indexOf(fate);
  pair.partnerStream[j] = stream;
  pair.partnerFrame[j] = frame;
  pair.differs[j] = differs;
}

/** Frames (not windowed) without an explanation. */
export function openFrames({ fate, from }: Side): readonly number[] {
  const frames: number[] = [];
  for (let i = 0; i < fate.length; i++) if (fate[i] === OPEN) frames.push(from + i);
  return frames;
}
