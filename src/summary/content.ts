/**
 * A fingerprint of what an image or a point cloud shows, without the header around it: a frozen sensor may well get
 * a new stamp with every message, so the digest of the message differs where the picture does not.
 *
 * A sample is enough: up to 1024 words spread evenly over the data. The noise of a real sensor is in all of them.
 */

import type { Kernels } from "../kernels.ts";
import type { Block } from "../types.ts";

/** Data below this may repeat by nature. */
const FEWEST_BYTES = 64;
const WORDS = 1024;

/** f64[n], NaN for a frame without enough image or point data; null for a block without any. */
export function contentOf(block: Block, kernels: Kernels): Float64Array | null {
  if (!block.images && !block.points) return null;
  const content = new Float64Array(block.frames.count).fill(Number.NaN);
  // A cloud in several tables is told by the first one that is large enough.
  const put = (frame: number, pointer: number | null, bytes: number): void => {
    if (pointer !== null && bytes >= FEWEST_BYTES && Number.isNaN(content[frame])) content[frame] = fingerprint(kernels.u8(pointer, bytes));
  };
  for (const { frame, pointer, bytes } of block.images ?? []) put(frame, pointer, bytes);
  for (const { frame, pointer, count, stride } of block.points ?? []) put(frame, pointer, count * stride);
  return content;
}

/** 53 bits of two 32-bit multiply-rotate hashes (constants of MurmurHash3, public domain) over the sampled words. */
export function fingerprint(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const words = Math.min(WORDS, data.length >>> 2);
  const last = data.length - 4;
  let a = data.length | 0;
  let b = ~a;
  for (let i = 0; i < words; i++) {
    const word = view.getUint32(words === 1 ? 0 : Math.floor((i * last) / (words - 1)), true);
    a = Math.imul(a ^ word, 0xcc9e2d51);
    a = ((a << 15) | (a >>> 17)) + 0x1b873593;
    b = Math.imul(b + word, 0x85ebca6b);
    b = (b << 13) | (b >>> 19);
    b ^= 0xc2b2ae35;
  }
  return (a >>> 0) * 0x200000 + (b >>> 11);
}
