/** The digests there are, one entry each: how its state begins, goes on and ends in kernel memory. */
import type { Kernels } from "../kernels.ts";

/** What an algorithm may be given besides bytes. */
export type Parameter = "seed" | "key";

export interface Algorithm {
  readonly takes: Parameter | null;
  readonly digestBytes: number;
  /** A number is written least significant byte first and shown most significant first; bytes are shown as they come. */
  readonly gives: "number" | "bytes";
  /** `parameter` points to the seed (u64, zero without one) or to the key (u8[32]; 0 without one). */
  begin(kernels: Kernels, state: number, parameter: number): void;
  update(kernels: Kernels, state: number, pointer: number, length: number): void;
  /** Writes the digest of everything so far. The state stays as it is. */
  finish(kernels: Kernels, state: number, out: number): void;
}

/** A 32-bit CRC keeps nothing but itself. */
function crc32Like(kernel: "crc32" | "crc32c"): Algorithm {
  return {
    takes: null,
    digestBytes: 4,
    gives: "number",
    begin: (kernels, state) => kernels.u32(state, 1).fill(0),
    update(kernels, state, pointer, length) {
      const crc = kernels.u32(state, 1);
      crc[0] = kernels.exports[kernel](pointer, length, crc[0] ?? 0);
    },
    finish: (kernels, state, out) => kernels.u8(out, 4).set(kernels.u8(state, 4)),
  };
}

function xxh3Like(digestBytes: number, kernel: "xxh3Final" | "xxh3WideFinal"): Algorithm {
  return {
    takes: "seed",
    digestBytes,
    gives: "number",
    begin: (kernels, state, seed) => kernels.exports.xxh3Init(state, seed),
    update: (kernels, state, pointer, length) => kernels.exports.xxh3Update(state, pointer, length),
    finish: (kernels, state, out) => kernels.exports[kernel](state, out),
  };
}

const crc64Nvme: Algorithm = {
  takes: null,
  digestBytes: 8,
  gives: "number",
  begin: (kernels, state) => kernels.u8(state, 8).fill(0),
  update: (kernels, state, pointer, length) => kernels.exports.crc64Nvme(pointer, length, state),
  finish: (kernels, state, out) => kernels.u8(out, 8).set(kernels.u8(state, 8)),
};

const blake3: Algorithm = {
  takes: "key",
  digestBytes: 32,
  gives: "bytes",
  begin: (kernels, state, key) => kernels.exports.blake3Init(state, key),
  update: (kernels, state, pointer, length) => kernels.exports.blake3Update(state, pointer, length),
  finish: (kernels, state, out) => kernels.exports.blake3Final(state, out, 32),
};

export const ALGORITHMS = {
  crc32: crc32Like("crc32"),
  crc32c: crc32Like("crc32c"),
  "crc64-nvme": crc64Nvme,
  "xxh3-64": xxh3Like(8, "xxh3Final"),
  "xxh3-128": xxh3Like(16, "xxh3WideFinal"),
  blake3,
} as const satisfies Readonly<Record<string, Algorithm>>;

export type AlgorithmName = keyof typeof ALGORITHMS;
