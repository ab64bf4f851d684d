/** CRC-32 of byte ranges of the file, read in pieces through kernel memory. */
import type { Input } from "../../input.ts";
import type { Kernels } from "../../wasm.ts";
import { PIECE } from "./format.ts";

/** CRC-32 of [start, end), continuing `crc`; of what is there, when the file ends before. */
export function fileCrc(input: Input, kernels: Kernels, start: number, end: number, crc = 0): number {
  const mark = kernels.mark();
  const pointer = kernels.alloc(Math.min(PIECE, end - start));
  let sum = crc;
  for (let at = start; at < end; ) {
    const want = Math.min(PIECE, end - at);
    const got = input.read(0, at, kernels.u8(pointer, want));
    sum = kernels.exports.crc32(pointer, got, sum);
    if (got < want) break;
    at += got;
  }
  kernels.release(mark);
  return sum >>> 0;
}
