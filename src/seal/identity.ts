/** Equality of frames as small integers, and where a leaf occurs among the sealed frames. */
import type { FrameSet } from "./frame-set.ts";

/** Keys met so far, over all streams. In many maps, for one ends at 2^24 entries. */
export interface Known {
  readonly shards: readonly Map<string, number>[];
  count: number;
}

const SHARDS = 64;

export function nothingKnown(): Known {
  return { shards: Array.from({ length: SHARDS }, () => new Map<string, number>()), count: 0 };
}

/** Of frames [from, to): equal numbers for equal frames (leaf and stamp), and for equal leaves. */
export function ids(set: FrameSet, from: number, to: number, known: Known): { readonly whole: Int32Array; readonly leaf: Int32Array } {
  const whole = new Int32Array(to - from);
  const leaf = new Int32Array(to - from);
  const number = (key: string): number => {
    const shard = known.shards[key.charCodeAt(0) % SHARDS] as Map<string, number>;
    const old = shard.get(key);
    if (old !== undefined) return old;
    shard.set(key, known.count);
    return known.count++;
  };
  for (let i = from; i < to; i++) {
    const key = leafKey(set, i);
    leaf[i - from] = number(key);
    whole[i - from] = number(key + stampKey(set, i));
  }
  return { whole, leaf };
}

/** How many frames right behind [from, to) are copies of frames in it; not more than there are in it. */
export function copies(set: FrameSet, from: number, to: number): number {
  if (from === to || to === set.count) return 0;
  const keys = new Set<string>();
  for (let i = from; i < to; i++) keys.add(leafKey(set, i) + stampKey(set, i));
  const end = Math.min(set.count, to + to - from);
  let at = to;
  while (at < end && keys.has(leafKey(set, at) + stampKey(set, at))) at++;
  return at - to;
}

/** The bytes as text: two to a character. Leaves are of one length, so a longer key is never a leaf's. */
function leafKey({ leaves, count }: FrameSet, frame: number): string {
  const size = leaves.length / count / 2;
  const words = new Uint16Array(leaves.buffer, leaves.byteOffset + frame * size * 2, size);
  return String.fromCharCode(...words);
}

function stampKey({ stampNs }: FrameSet, frame: number): string {
  return String.fromCharCode(...new Uint16Array(stampNs.buffer, stampNs.byteOffset + frame * 8, 4));
}

export interface SealedPlace {
  /** Index into the sealed sets. */
  readonly stream: number;
  readonly frame: number;
}

export interface Search {
  /** A sealed frame with the leaf (and, when `isWhole`, the stamp) of a present one; of stream `near` if there is one. */
  find(set: FrameSet, frame: number, near: number, isWhole: boolean): SealedPlace | null;
  /** The sealed frame with this leaf, when there is one such and only one such frame was asked about. */
  only(set: FrameSet, frame: number): SealedPlace | null;
}

interface Entry {
  /** Frames asked about. */
  asked: number;
  sealed: number;
  /** First place by stream. */
  readonly first: Map<number, number>;
  /** By stamp asked about: first place by stream. */
  readonly byStamp: Map<bigint, Map<number, number>>;
}

/** Looks the leaves of the asked frames up among all sealed ones: one pass over these, one word each. */
export function occurrences(
  sealed: readonly FrameSet[],
  asked: readonly { readonly set: FrameSet; readonly frames: readonly number[] }[],
): Search {
  const entries = new Map<string, Entry>();
  const words = new Set<number>();
  for (const { set, frames } of asked) {
    for (const frame of frames) {
      const key = leafKey(set, frame);
      let entry = entries.get(key);
      if (!entry) {
        entry = { asked: 0, sealed: 0, first: new Map(), byStamp: new Map() };
        entries.set(key, entry);
        words.add(firstWord(set, frame));
      }
      entry.asked++;
      entry.byStamp.set(set.stampNs[frame] ?? 0n, new Map());
    }
  }
  for (const [stream, set] of sealed.entries()) {
    for (let frame = 0; frame < set.count && words.size > 0; frame++) {
      if (!words.has(firstWord(set, frame))) continue;
      const entry = entries.get(leafKey(set, frame));
      if (!entry) continue;
      entry.sealed++;
      if (!entry.first.has(stream)) entry.first.set(stream, frame);
      const same = entry.byStamp.get(set.stampNs[frame] ?? 0n);
      if (same && !same.has(stream)) same.set(stream, frame);
    }
  }
  const nearest = (places: ReadonlyMap<number, number> | undefined, near: number): SealedPlace | null => {
    const here = places?.get(near);
    if (here !== undefined) return { stream: near, frame: here };
    const [other] = places ?? [];
    return other ? { stream: other[0], frame: other[1] } : null;
  };
  return {
    find(set, frame, near, isWhole) {
      const entry = entries.get(leafKey(set, frame));
      return nearest(isWhole ? entry?.byStamp.get(set.stampNs[frame] ?? 0n) : entry?.first, near);
    },
    only(set, frame) {
      const entry = entries.get(leafKey(set, frame));
      return entry?.asked === 1 && entry.sealed === 1 ? nearest(entry.first, 0) : null;
    },
  };
}

function firstWord({ leaves, count }: FrameSet, frame: number): number {
  const at = (frame * leaves.length) / count;
  return (
    (leaves[at] as number) | ((leaves[at + 1] as number) << 8) | ((leaves[at + 2] as number) << 16) | ((leaves[at + 3] as number) << 24)
  );
}
