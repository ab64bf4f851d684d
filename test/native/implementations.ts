/** Every implementation of the digests behind one interface: the definitions, WASM, and C++ where it is built. */
import type { NativeKernels } from "../../native/index.ts";
import type { Kernels } from "../../src/kernels.ts";
import { blake3 } from "../reference/blake3.ts";
import { crc32, crc32c, crc64Nvme } from "../reference/crc.ts";
import { xxh3Seeded } from "../reference/xxh3.ts";
import { xxh3Wide } from "../reference/xxh3-wide.ts";

export const REFERENCE: NativeKernels = {
  crc32,
  crc32c,
  crc64Nvme,
  xxh3: (bytes, seed = 0n) => xxh3Seeded(bytes, seed),
  xxh3Wide: (bytes, seed = 0n) => xxh3Wide(bytes, seed),
  blake3: (bytes, key, outLength) => blake3(bytes, key ?? null, outLength),
};

/** The one-shot kernels over `kernels`. */
export function wasm(kernels: Kernels): NativeKernels {
  const { exports } = kernels;
  /** Copies `bytes` to where their alignment is what it is outside, and gives everything back. */
  const over = <T>(bytes: Uint8Array, run: (pointer: number) => T): T => {
    const mark = kernels.mark();
    const pointer = kernels.alloc(bytes.length + 64) + (bytes.byteOffset % 64);
    kernels.u8(pointer, bytes.length).set(bytes);
    const result = run(pointer);
    kernels.release(mark);
    return result;
  };
  /** An in-out region of `words` u64, of which the first is `first`. */
  const words = (first: bigint, count: number, run: (pointer: number) => void): bigint => {
    const pointer = kernels.alloc(count * 8);
    kernels.u64(pointer, 1).set([first]);
    run(pointer);
    const [low = 0n, high = 0n] = kernels.u64(pointer, count);
    return (high << 64n) | low;
  };
  return {
    crc32: (bytes, crc = 0) => over(bytes, (p) => exports.crc32(p, bytes.length, crc) >>> 0),
    crc32c: (bytes, crc = 0) => over(bytes, (p) => exports.crc32c(p, bytes.length, crc) >>> 0),
    crc64Nvme: (bytes, crc = 0n) => over(bytes, (p) => words(crc, 1, (state) => exports.crc64Nvme(p, bytes.length, state))),
    xxh3: (bytes, seed = 0n) => over(bytes, (p) => words(seed, 1, (at) => exports.xxh3Seeded(p, bytes.length, at, at))),
    xxh3Wide: (bytes, seed = 0n) => over(bytes, (p) => words(seed, 2, (at) => exports.xxh3Wide(p, bytes.length, at, at))),
    blake3: (bytes, key, outLength = 32) =>
      over(bytes, (p) => {
        const out = kernels.alloc(outLength);
        exports.blake3(p, bytes.length, key ? kernels.put(key) : 0, out, outLength);
        return kernels.u8(out, outLength).slice();
      }),
  };
}
