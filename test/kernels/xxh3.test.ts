import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
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

  // Everything else about this width is tested with seeds, 0 among them, in xxh3-wide.test.ts.
  test("is the seeded hash with seed 0, at every length 0..4200", () => {
    const bytes = painted(4200, 9);
    const known = reference.blockAccumulators(bytes, 0n);
    const region = guardedBytes(kernels, bytes, 1);
    for (let length = 0; length <= bytes.length; length++) {
      expect([length, xxh3At(region.pointer, length)]).toEqual([length, reference.xxh3Seeded(bytes.subarray(0, length), 0n, known)]);
    }
    region.expectIntact();
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
