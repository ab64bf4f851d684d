/**
 * LZF, as PCD uses it: runs of 1 to 32 literals, or a match of 3 to 264 bytes at a distance of 1 to 8192.
 *
 *     000LLLLL literals (L + 1), or LLLddddd [LLLLLLLL where L is 7] dddddddd: L + 2 bytes from d + 1 before
 *
 * Format: Marc Lehmann's liblzf, lzf_d.c. One output byte needs at least 1/88 of an input byte, so a claim beyond that is none.
 */
export const LZF_MOST_RATIO = 88;

/**
 * Decodes source [from, from + length) of `memory` to `to`; the regions do not overlap. Nothing outside them is touched.
 *
 * @returns bytes written; less than `room` where the source is damaged or ends early
 */
export function lzfDecode(memory: Uint8Array, from: number, length: number, to: number, room: number): number {
  const end = from + length;
  const last = to + room;
  let p = from;
  let t = to;
  while (p < end) {
    const control = memory[p++] ?? 0;
    if (control < 32) {
      const run = control + 1;
      if (run > end - p || run > last - t) break;
      for (const stop = t + run; t < stop; t++, p++) memory[t] = memory[p] ?? 0;
      continue;
    }
    const long = control >>> 5 === 7;
    if (end - p < (long ? 2 : 1)) break;
    const run = (control >>> 5) + 2 + (long ? (memory[p++] ?? 0) : 0);
    const distance = ((control & 31) << 8) + (memory[p++] ?? 0) + 1;
    if (distance > t - to || run > last - t) break;
    for (const stop = t + run; t < stop; t++) memory[t] = memory[t - distance] ?? 0;
  }
  return t - to;
}
