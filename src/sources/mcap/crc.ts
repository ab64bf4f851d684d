/** CRC-32 of byte ranges of the file. */
import type { Input } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
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

/** A stretch of kernel memory whose CRC-32 is known. */
export interface SummedBytes {
  readonly pointer: number;
  readonly bytes: number;
  readonly crc: number;
}

/**
 * CRC-32 of `length` bytes at `pointer`, continuing `crc`. No byte is summed twice: where a checksum inside the region
 * (a chunk's) was computed already, it is joined by `crc32Combine`.
 * @param summed stretches, ascending; those outside the region are passed over
 */
export function joinedCrc(kernels: Kernels, pointer: number, length: number, summed: readonly SummedBytes[], crc: number): number {
  const { crc32, crc32Combine } = kernels.exports;
  const end = pointer + length;
  let sum = crc;
  let at = pointer;
  for (const part of summed) {
    if (part.pointer < at || part.pointer + part.bytes > end) continue;
    sum = crc32Combine(crc32(at, part.pointer - at, sum), part.crc, part.bytes);
    at = part.pointer + part.bytes;
  }
  return crc32(at, end - at, sum) >>> 0;
}
