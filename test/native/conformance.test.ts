/**
 * All digests by all implementations: what C++ says at any level of instructions is what WASM says, and both say what the definitions say.
 * Without `npm run build:native`, and at levels the machine does not have, the C++ tests are skipped by name.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { LEVELS, loadNative, type NativeKernels } from "../../native/index.ts";
import { loadKernels } from "../../src/kernels.ts";
import { painted } from "../kernels/regions.ts";
import { REFERENCE, wasm } from "./implementations.ts";

const MIB = 2 ** 20;
const KEY = painted(32, 5);
const SEED = 0xfedcba9876543210n;

const DIGESTS: readonly (readonly [string, (by: NativeKernels, bytes: Uint8Array) => string])[] = [
  ["crc32", (by, bytes) => `${by.crc32(bytes)} ${by.crc32(bytes, 0x9abcdef0)}`],
  ["crc32c", (by, bytes) => `${by.crc32c(bytes)} ${by.crc32c(bytes, 0x9abcdef0)}`],
  ["crc64Nvme", (by, bytes) => `${by.crc64Nvme(bytes)} ${by.crc64Nvme(bytes, SEED)}`],
  ["xxh3", (by, bytes) => `${by.xxh3(bytes)} ${by.xxh3(bytes, SEED)}`],
  ["xxh3Wide", (by, bytes) => `${by.xxh3Wide(bytes)} ${by.xxh3Wide(bytes, SEED)}`],
  ["blake3", (by, bytes) => [by.blake3(bytes), by.blake3(bytes, KEY, 131)].map((out) => Buffer.from(out).toString("hex")).join(" ")],
];

const native = loadNative();
const bytes = painted(MIB + 128, 7);
let kernels: NativeKernels;
beforeAll(async () => {
  kernels = wasm(await loadKernels());
});

const range = (from: number, to: number, step = 1): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

/** Lengths at which `a` and `b` differ, the bytes beginning at `offset`. */
function differing(
  digest: (by: NativeKernels, bytes: Uint8Array) => string,
  a: NativeKernels,
  b: NativeKernels,
  lengths: readonly number[],
  offset = 0,
): readonly number[] {
  return lengths.filter((length) => {
    const part = bytes.subarray(offset, offset + length);
    return digest(a, part) !== digest(b, part);
  });
}

describe.each(DIGESTS)("%s", (_name, digest) => {
  test("wasm is the definition", () => {
    expect(differing(digest, REFERENCE, kernels, [...range(0, 300), ...range(301, 4200, 97), 8191, 8192, 8193, 40_000])).toEqual([]);
  });

  for (const level of LEVELS) {
    const by = native?.get(level);
    test.skipIf(!by)(`native ${level} is wasm: lengths 0..4200, around powers of two to 1 MiB, offsets 0..63`, () => {
      if (!by) return;
      expect(differing(digest, kernels, by, range(0, 4200), 3)).toEqual([]);
      for (let size = 8192; size <= MIB; size *= 2)
        expect(differing(digest, kernels, by, [size - 1, size, size + 1, size + 65])).toEqual([]);
      for (const offset of range(0, 63)) expect(differing(digest, kernels, by, [0, 1, 17, 129, 241, 1025, 3000], offset)).toEqual([]);
    });
  }
});

test.skipIf(!native)("native: misuse is a TypeError or RangeError", () => {
  const by = native?.get("portable");
  if (!by) return;
  expect(() => by.crc32("text" as unknown as Uint8Array)).toThrow(new TypeError("expected a Uint8Array"));
  expect(() => by.crc32c(new Uint16Array(2) as unknown as Uint8Array)).toThrow(TypeError);
  expect(() => by.xxh3(bytes, 1 as unknown as bigint)).toThrow(new TypeError("expected a bigint"));
  expect(() => by.blake3(bytes, new Uint8Array(0))).toThrow(new RangeError("expected a key of 32 bytes"));
});
