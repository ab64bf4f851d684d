/** Does a digest see every bit? */
import type { Kernels } from "../../src/kernels.ts";
import { painted } from "./regions.ts";

const BYTES = 65_536;
/** Bits of the block. */
export const ALL_BITS = BYTES * 8;

/**
 * Flips bits of a 64 KiB block, one at a time, `samples` of them evenly spread over the block.
 *
 * @param digest of a region of kernel memory
 * @returns the bits whose flipping left the digest as it was
 */
export function unseenBits(
  kernels: Kernels,
  samples: number,
  digest: (pointer: number, length: number) => string | number | bigint,
): readonly number[] {
  const pointer = kernels.put(painted(BYTES, 6));
  const whole = digest(pointer, BYTES);
  const unseen: number[] = [];
  for (let i = 0; i < samples; i++) {
    const bit = Math.floor((i * ALL_BITS) / samples) + (samples < ALL_BITS ? i % 8 : 0);
    flip(kernels, pointer, bit);
    if (digest(pointer, BYTES) === whole) unseen.push(bit);
    flip(kernels, pointer, bit);
  }
  if (digest(pointer, BYTES) !== whole) throw new Error("expected the block as it was");
  return unseen;
}

function flip(kernels: Kernels, pointer: number, bit: number): void {
  const at = kernels.u8(pointer + (bit >> 3), 1);
  at[0] = (at[0] ?? 0) ^ (1 << (bit & 7));
}
