import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/wasm.ts";
import * as reference from "../reference/xxh3.ts";
import { testShared } from "../shared-data.ts";
import { atTheEnd, guardedBytes, painted, xxhashInput } from "./regions.ts";

/** Length and hash, seed 0, one for every way of hashing: cli/xsum_sanity_check.c of xxHash. */
const PUBLISHED: readonly (readonly [number, bigint])[] = [
  [0, 0x2d06800538d394c2n],
  [1, 0xc44bdff4074eecdbn],
  [6, 0x27b56a84cd2d7325n],
  [12, 0xa713daf0dfbb77e7n],
  [24, 0xa3fe70bf9d3510ebn],
  [48, 0x397da259ecba1f11n],
  [80, 0xbcdefbbb2c47c90an],
  [195, 0xcd94217ee362ec3an],
  [403, 0xcdeb804d65c6dea4n],
  [512, 0x617e49599013cb6bn],
  [2048, 0xdd59e2c3a5f038e0n],
  [2099, 0xc6b9d9b3fc9ac765n],
  [2240, 0x6e73a90539cf2948n],
  [2367, 0xcb37aeb9e5d361edn],
];

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

function xxh3At(pointer: number, length: number): bigint {
  const mark = kernels.mark();
  const out = kernels.alloc(8);
  kernels.exports.xxh3(pointer, length, out);
  const result = kernels.u64(out, 1)[0] ?? 0n;
  kernels.release(mark);
  return result;
}

describe("xxh3", () => {
  test.each(PUBLISHED)("published: %i bytes", (length, hash) => {
    expect(reference.xxh3(xxhashInput(length))).toBe(hash);
    expect(xxh3At(kernels.put(xxhashInput(length)), length)).toBe(hash);
  });

  testShared("published, in shared data", (shared) => {
    const { XXH3 } = JSON.parse(readFileSync(join(shared, "5-vectors/xxhash.json"), "utf8")) as {
      XXH3: { len: number; seed: string; hash: string }[];
    };
    const plain = XXH3.filter(({ seed }) => seed === "0");
    expect(plain.length).toBeGreaterThan(5);
    for (const { len, hash } of plain) expect(xxh3At(kernels.put(xxhashInput(len)), len)).toBe(BigInt(`0x${hash}`));
  });

  test("every length 0..1100", () => {
    for (let length = 0; length <= 1100; length++) {
      const bytes = painted(length, length + 1);
      const mark = kernels.mark();
      const region = guardedBytes(kernels, bytes, length % 16);
      expect([length, xxh3At(region.pointer, length)]).toEqual([length, reference.xxh3(bytes)]);
      region.expectIntact();
      kernels.release(mark);
    }
  });

  test("every byte offset, lengths on both sides of every way of hashing", () => {
    for (const length of [0, 1, 3, 4, 8, 9, 16, 17, 32, 33, 64, 65, 96, 97, 128, 129, 144, 240, 241, 256, 257, 1024, 1025, 1088, 1089]) {
      const bytes = painted(length, length);
      const expected = reference.xxh3(bytes);
      for (let offset = 0; offset < 16; offset++) {
        expect([length, offset, xxh3At(guardedBytes(kernels, bytes, offset).pointer, length)]).toEqual([length, offset, expected]);
      }
    }
  });

  // Stripes are 64 bytes, blocks 1,024.
  test.each([2, 3, 16])("every length around %i blocks", (blocks) => {
    const bytes = painted(blocks * 1024 + 70, blocks);
    const pointer = guardedBytes(kernels, bytes, 5).pointer;
    for (let length = blocks * 1024 - 66; length <= bytes.length; length++) {
      expect([length, xxh3At(pointer, length)]).toEqual([length, reference.xxh3(bytes.subarray(0, length))]);
    }
  });

  test("a flipped bit anywhere changes the hash", () => {
    const bytes = painted(1500, 2);
    const pointer = kernels.put(bytes);
    const whole = xxh3At(pointer, bytes.length);
    for (let bit = 0; bit < bytes.length * 8; bit += 5) {
      const at = kernels.u8(pointer + (bit >> 3), 1);
      at[0] = (at[0] ?? 0) ^ (1 << (bit & 7));
      expect(xxh3At(pointer, bytes.length)).not.toBe(whole);
      at[0] = (at[0] ?? 0) ^ (1 << (bit & 7));
    }
  });
});

test("no byte after the region is read: memory ends there", async () => {
  const bytes = painted(2200, 4);
  const { kernels: edge, place } = await atTheEnd(bytes.length);
  const out = edge.alloc(8);
  for (let length = 0; length <= bytes.length; length += length < 300 ? 1 : 37) {
    const part = bytes.subarray(0, length);
    edge.exports.xxh3(place(part), length, out);
    expect([length, edge.u64(out, 1)[0]]).toEqual([length, reference.xxh3(part)]);
  }
});
