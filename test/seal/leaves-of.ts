/** Leaves by hand: a frame is two small numbers, its leaf and its stamp. */

import type { FrameSet } from "../../src/seal/frame-set.ts";
import type { Leaves } from "../../src/seal/leaves.ts";

export type Tiny = readonly [leaf: number, stamp: number];

export const LEAF = 16;

export function leavesOf(frames: readonly Tiny[]): Leaves {
  const digests = new Uint8Array(LEAF * frames.length);
  for (const [i, [leaf]] of frames.entries()) new DataView(digests.buffer).setUint32(i * LEAF, leaf, true);
  return {
    count: frames.length,
    digests,
    stampNs: BigInt64Array.from(frames, ([, stamp]) => BigInt(stamp)),
    forms: null,
    places: null,
  };
}

export function setOf(id: string, frames: readonly Tiny[]): FrameSet {
  const { count, digests, stampNs } = leavesOf(frames);
  return { id, count, leaves: digests, stampNs };
}
