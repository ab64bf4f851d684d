import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { XXH3_STATE } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { blockAccumulators, xxh3Seeded } from "../reference/xxh3.ts";
import * as reference from "../reference/xxh3-wide.ts";
import { testShared } from "../shared-data.ts";
import { ALL_BITS, unseenBits } from "./bit-flips.ts";
import { atTheEnd, guarded, guardedBytes, painted, xxhashInput } from "./regions.ts";

const SEEDS = [0n, 2654435761n, 0x9e3779b185ebca8dn, 0xffffffffffffffffn];

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** Runs a kernel with the seed in memory and room for its answer; fails if it writes anything else. */
function withSeed(seed: bigint, run: (seed: number, out: number) => void, words: 1 | 2): bigint {
  const mark = kernels.mark();
  const at = kernels.alloc(8);
  kernels.u64(at, 1).set([seed]);
  const out = guarded(kernels, words * 8);
  run(at, out.pointer);
  out.expectIntact();
  const [low = 0n, high = 0n] = kernels.u64(out.pointer, words);
  kernels.release(mark);
  return (high << 64n) | low;
}

function narrow(pointer: number, length: number, seed = 0n): bigint {
  return withSeed(seed, (at, out) => kernels.exports.xxh3Seeded(pointer, length, at, out), 1);
}

function wide(pointer: number, length: number, seed = 0n): bigint {
  return withSeed(seed, (at, out) => kernels.exports.xxh3Wide(pointer, length, at, out), 2);
}

/** Both widths of every prefix at `lengths`, where they are not the reference's. */
function wrongLengths(pointer: number, bytes: Uint8Array, lengths: readonly number[], seed: bigint): readonly number[] {
  const known = blockAccumulators(bytes, seed);
  return lengths.filter((length) => {
    const part = bytes.subarray(0, length);
    return (
      narrow(pointer, length, seed) !== xxh3Seeded(part, seed, known) ||
      wide(pointer, length, seed) !== reference.xxh3Wide(part, seed, known)
    );
  });
}

const range = (from: number, to: number, step = 1): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

describe("xxh3Seeded, xxh3Wide", () => {
  // cli/xsum_sanity_check.c of xxHash.
  test.each([
    [0, 0n, 0x99aa06d3014798d86001c324468d497fn],
    [0, 2654435761n, 0x92220ae55e14ab505444f7869c671ab0n],
    [6, 0n, 0x082afe0b8162d12a3e7039bdda43cfc6n],
    [6, 2654435761n, 0x5a865b5389abd2b1269d8f70be98856en],
    [24, 0n, 0x0ce966e4678d37611e7044d28b1b901dn],
    [24, 2654435761n, 0x3162026714a6a243d7304c54ebad40a9n],
    [81, 0n, 0x4952f58181ab00425e8bafb9f95fb803n],
    [81, 2654435761n, 0x2724ec7adc750fb6703fbb3d7a5f755cn],
    [403, 0n, 0x1b6de21e332dd73dcdeb804d65c6dea4n],
    [403, 11400714785074694797n, 0xbed311971e0be8f26259f6ecfd6443fdn],
    [2048, 0n, 0xf736557fd47073a5dd59e2c3a5f038e0n],
    [2048, 2654435761n, 0x7fb03f7e7186c3ea230d43f30206260bn],
    [2367, 0n, 0xe89c0f6ff369b427cb37aeb9e5d361edn],
    [2367, 2654435761n, 0xd23aae4b76c31ecb6f5360ae69c2f406n],
  ])("published: %i bytes, seed %i", (length, seed, hash) => {
    expect(reference.xxh3Wide(xxhashInput(length), seed)).toBe(hash);
    expect(wide(kernels.put(xxhashInput(length)), length, seed)).toBe(hash);
  });

  testShared("published, in shared data", (shared) => {
    interface Row {
      readonly len: number;
      readonly seed: string;
      readonly hash: string;
    }
    const published = JSON.parse(readFileSync(join(shared, "5-vectors/xxhash.json"), "utf8")) as { XXH3: Row[]; XXH128: Row[] };
    expect([published.XXH3.length > 10, published.XXH128.length > 10]).toEqual([true, true]);
    for (const { len, seed, hash } of published.XXH3) {
      expect([len, seed, narrow(kernels.put(xxhashInput(len)), len, BigInt(seed))]).toEqual([len, seed, BigInt(`0x${hash}`)]);
    }
    for (const { len, seed, hash } of published.XXH128) {
      expect([len, seed, wide(kernels.put(xxhashInput(len)), len, BigInt(seed))]).toEqual([len, seed, BigInt(`0x${hash}`)]);
    }
  });

  test.each(SEEDS)("every length 0..4200 with seed %i", (seed) => {
    const bytes = painted(4200, 1 + Number(seed & 0xffn));
    const region = guardedBytes(kernels, bytes, 3);
    expect(wrongLengths(region.pointer, bytes, range(0, 4200), seed)).toEqual([]);
    region.expectIntact();
  });

  test("every byte offset 0..63, lengths on both sides of every way of hashing", () => {
    const lengths = [0, 1, 3, 4, 8, 9, 16, 17, 32, 33, 64, 65, 96, 97, 128, 129, 159, 160, 191, 192, 240, 241, 1024, 1025, 2113];
    const bytes = painted(2113, 5);
    const expected = lengths.map((length) => {
      const part = bytes.subarray(0, length);
      return [xxh3Seeded(part, 7n), reference.xxh3Wide(part, 7n)];
    });
    for (let offset = 0; offset < 64; offset++) {
      const mark = kernels.mark();
      const region = guardedBytes(kernels, bytes, offset);
      expect(lengths.map((length) => [narrow(region.pointer, length, 7n), wide(region.pointer, length, 7n)])).toEqual(expected);
      region.expectIntact();
      kernels.release(mark);
    }
  });

  // Stripes are 64 bytes, blocks 1,024.
  test.each([0n, 42n])("up to 1 MiB: every length around powers of two of blocks, three around every block, with seed %i", (seed) => {
    const bytes = painted(2 ** 20 + 70, 2);
    const region = guardedBytes(kernels, bytes, 5);
    const lengths = Array.from({ length: 1024 }, (_, i) => i + 1).flatMap((blocks) => {
      const reach = Number.isInteger(Math.log2(blocks)) ? 70 : 1;
      return range(blocks * 1024 - reach, blocks * 1024 + reach);
    });
    expect(wrongLengths(region.pointer, bytes, lengths, seed)).toEqual([]);
    region.expectIntact();
  });

  test("seeds may alternate: each has its own secret", () => {
    const bytes = painted(3000, 8);
    const pointer = kernels.put(bytes);
    for (const seed of [5n, 0n, 6n, 5n, 6n, 0n]) expect(wide(pointer, 3000, seed)).toBe(reference.xxh3Wide(bytes, seed));
  });

  test("any seed, any content", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600, size: "max" }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (bytes, seed) => {
        const mark = kernels.mark();
        const pointer = kernels.put(bytes);
        expect(narrow(pointer, bytes.length, seed)).toBe(xxh3Seeded(bytes, seed));
        expect(wide(pointer, bytes.length, seed)).toBe(reference.xxh3Wide(bytes, seed));
        kernels.release(mark);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test("every flipped bit of 64 KiB changes both", () => {
    const [out, seed] = [kernels.alloc(16), kernels.alloc(8)];
    const digest =
      (kernel: "xxh3Seeded" | "xxh3Wide", words: 1 | 2) =>
      (pointer: number, length: number): string => {
        kernels.exports[kernel](pointer, length, seed, out);
        return kernels.u32(out, 2 * words).join();
      };
    kernels.u64(seed, 1).set([0n]);
    expect(unseenBits(kernels, ALL_BITS, digest("xxh3Seeded", 1))).toEqual([]);
    expect(unseenBits(kernels, ALL_BITS, digest("xxh3Wide", 2))).toEqual([]);
    kernels.u64(seed, 1).set([0x9e3779b185ebca8dn]);
    expect(unseenBits(kernels, ALL_BITS / 16, digest("xxh3Wide", 2))).toEqual([]);
  });
});

test("xxh3WideRows: many regions, of any length and at any place, in one call", () => {
  const bytes = painted(9000, 4);
  const mark = kernels.mark();
  const region = guardedBytes(kernels, bytes, 1);
  for (const count of [0, 1, 7, 300]) {
    const parts = Array.from({ length: count }, (_, i) => [(i * 37) % 4000, i % 3 === 0 ? i % 20 : (i * 97) % 5000] as const);
    const pointers = guardedBytes(kernels, new Uint8Array(Uint32Array.from(parts, ([at]) => region.pointer + at).buffer));
    const lengths = guardedBytes(kernels, new Uint8Array(Float64Array.from(parts, ([, n]) => n).buffer));
    const out = guarded(kernels, 16 * count, 1);
    expect(kernels.exports.xxh3WideRows(pointers.pointer, lengths.pointer, count, out.pointer)).toBe(0);
    for (const one of [region, pointers, lengths, out]) one.expectIntact();
    const view = new DataView(kernels.u8(out.pointer, 16 * count).slice().buffer);
    const got = parts.map((_, i) => (view.getBigUint64(16 * i + 8, true) << 64n) | view.getBigUint64(16 * i, true));
    expect(got).toEqual(reference.xxh3WideRows(parts.map(([at, n]) => bytes.subarray(at, at + n))));
  }
  kernels.release(mark);
});

describe("xxh3Init, xxh3Update, xxh3Final, xxh3WideFinal", () => {
  /** Both widths of bytes hashed in parts that end at `cuts`. */
  function streamed(bytes: Uint8Array, cuts: readonly number[], seed: bigint): readonly [bigint, bigint] {
    const mark = kernels.mark();
    const state = guarded(kernels, XXH3_STATE);
    const pointer = kernels.put(bytes);
    withSeed(seed, (at) => kernels.exports.xxh3Init(state.pointer, at), 1);
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      kernels.exports.xxh3Update(state.pointer, pointer + from, cut - from);
      from = cut;
    }
    const low = withSeed(0n, (_, out) => kernels.exports.xxh3Final(state.pointer, out), 1);
    const both = withSeed(0n, (_, out) => kernels.exports.xxh3WideFinal(state.pointer, out), 2);
    state.expectIntact();
    kernels.release(mark);
    return [low, both];
  }

  test("any cuts equal one pass", () => {
    const part = fc.oneof(fc.nat(80), fc.integer({ min: 950, max: 1100 }), fc.nat(5000));
    fc.assert(
      fc.property(fc.array(part, { size: "max", maxLength: 10 }), fc.constantFrom(...SEEDS), (parts, seed) => {
        const cuts = parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, n) => sum + n, 0));
        const bytes = painted(cuts.at(-1) ?? 0, 3);
        const mark = kernels.mark();
        const pointer = kernels.put(bytes);
        const whole = [narrow(pointer, bytes.length, seed), wide(pointer, bytes.length, seed)];
        kernels.release(mark);
        expect(streamed(bytes, cuts.slice(0, -1), seed)).toEqual(whole);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test("equals the reference of the parts put together", () => {
    const bytes = painted(3000, 2);
    const stream = reference.xxh3Init(11n);
    for (const [from, to] of [
      [0, 1],
      [1, 1025],
      [1025, 2048],
      [2048, 3000],
    ] as const) {
      reference.xxh3Update(stream, bytes.subarray(from, to));
    }
    expect(streamed(bytes, [1, 1025, 2048], 11n)).toEqual([reference.xxh3Final(stream), reference.xxh3WideFinal(stream)]);
  });

  test("one byte at a time, asked after every byte, equals one pass", () => {
    const bytes = painted(2200, 6);
    const pointer = kernels.put(bytes);
    const state = kernels.alloc(XXH3_STATE);
    withSeed(9n, (at) => kernels.exports.xxh3Init(state, at), 1);
    const wrong: number[] = [];
    for (let length = 0; length <= bytes.length; length++) {
      const got = withSeed(0n, (_, out) => kernels.exports.xxh3WideFinal(state, out), 2);
      if (got !== wide(pointer, length, 9n)) wrong.push(length);
      kernels.exports.xxh3Update(state, pointer + length, 1);
    }
    expect(wrong).toEqual([]);
  });
});

test("no byte after the region is read: memory ends there", async () => {
  const bytes = painted(2200, 4);
  const { kernels: edge, place } = await atTheEnd(bytes.length);
  const out = edge.alloc(16);
  const seed = edge.alloc(8);
  edge.u64(seed, 1).set([1n]);
  for (let length = 0; length <= bytes.length; length += length < 300 ? 1 : 37) {
    const part = bytes.subarray(0, length);
    edge.exports.xxh3Wide(place(part), length, seed, out);
    const [low = 0n, high = 0n] = edge.u64(out, 2);
    expect([length, (high << 64n) | low]).toEqual([length, reference.xxh3Wide(part, 1n)]);
  }
});
