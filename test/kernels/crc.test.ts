import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/wasm.ts";
import * as reference from "../reference/crc.ts";
import { testShared } from "../shared-data.ts";
import { atTheEnd, guarded, guardedBytes, painted } from "./regions.ts";

const CHECK = new TextEncoder().encode("123456789");

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** Both CRCs as functions of a pointer, over numbers of their own. */
function crc32At(pointer: number, length: number, crc = 0): number {
  return kernels.exports.crc32(pointer, length, crc) >>> 0;
}

function crc64At(pointer: number, length: number, crc = 0n): bigint {
  const mark = kernels.mark();
  const state = kernels.alloc(8);
  kernels.u64(state, 1).set([crc]);
  kernels.exports.crc64Nvme(pointer, length, state);
  const result = kernels.u64(state, 1)[0] ?? 0n;
  kernels.release(mark);
  return result;
}

/** Lengths whose answer is not the reference's, of every length in [from, to]; the reference goes on byte by byte. */
function wrongLengths(pointer: number, bytes: Uint8Array, from: number, to: number, crc = 0): readonly number[] {
  let expected = reference.crc32(bytes.subarray(0, from), crc);
  const wrong: number[] = [];
  for (let length = from; length <= to; length++) {
    if (crc32At(pointer, length, crc) !== expected) wrong.push(length);
    expected = reference.crc32(bytes.subarray(length, length + 1), expected);
  }
  return wrong;
}

describe("crc32", () => {
  test("check value of the catalogue", () => {
    expect(crc32At(kernels.put(CHECK), CHECK.length)).toBe(0xcbf43926);
  });

  testShared("check value of shared data", (shared) => {
    expect(crc32At(kernels.put(CHECK), CHECK.length)).toBe(Number(checkOf(shared, "CRC-32/ISO-HDLC")));
  });

  test("every length 0..1100 at every byte offset", () => {
    for (let offset = 0; offset < 16; offset++) {
      const bytes = painted(1100, offset + 1);
      const region = guardedBytes(kernels, bytes, offset);
      expect(wrongLengths(region.pointer, bytes, 0, 1100, offset * 0x0badcafe)).toEqual([]);
      region.expectIntact();
    }
  });

  // The stages: near from 512, far from 25,600; its circle comes round every 12,480, so a window that long stops it everywhere on it.
  test.each([
    ["the first lengths of the far stage, once round its circle", 25_600 - 64, 25_600 + 12_480 + 400],
    ["its fifth time round", 12_528 + 62_400 - 200, 12_528 + 62_400 + 400],
    ["1 MiB", 2 ** 20 - 200, 2 ** 20 + 200],
  ])("every length around %s", (_name, from, to) => {
    const bytes = painted(to, from);
    const region = guardedBytes(kernels, bytes, from % 16);
    expect(wrongLengths(region.pointer, bytes, from, to, 0x12345678)).toEqual([]);
    region.expectIntact();
  });

  test("lengths up to 600,000, constant and sparse content", () => {
    const contents = [painted(600_000, 7), new Uint8Array(600_000), new Uint8Array(600_000).fill(255), new Uint8Array(600_000)];
    for (let i = 0; i < 600_000; i += 12_347) contents[3]?.set([1 << (i % 8)], i);
    for (const [i, bytes] of contents.entries()) {
      const region = guardedBytes(kernels, bytes, i);
      for (const length of [30_011, 99_991, 262_144, 600_000 - i]) {
        expect(crc32At(region.pointer, length)).toBe(reference.crc32(bytes.subarray(0, length)));
      }
    }
  });

  test("cut anywhere and continued equals one pass", () => {
    const bytes = painted(60_000, 9);
    const pointer = guardedBytes(kernels, bytes, 3).pointer;
    const whole = reference.crc32(bytes);
    for (let cut = 0; cut <= bytes.length; cut += cut < 40 || cut > bytes.length - 40 ? 1 : 599) {
      expect(crc32At(pointer + cut, bytes.length - cut, crc32At(pointer, cut))).toBe(whole);
    }
  });

  test("both sparse multiples are multiples of the polynomial", () => {
    // In distances: z^t is x^(most - t), and 16-byte vectors count 128 bits.
    const multiple = (distances: readonly number[]): bigint => {
      const most = Math.max(...distances);
      return reference.remainder32(distances.map((t) => most - t));
    };
    expect(multiple([0, 145, 183, 211, 300])).toBe(0n);
    const vectors = (list: readonly number[]): readonly number[] => list.map((v) => v * 128);
    expect(multiple([...vectors([0, 6, 9, 10]), ...vectors([0, 5, 9]).map((t) => t + 12370 * 8)])).toBe(0n);
    expect(multiple([0, 145, 183, 211, 301])).not.toBe(0n);
  });
});

describe("crc32Rows", () => {
  test("names regions of every kind in order by checksum and length, and writes nothing else", () => {
    const bytes = painted(30_000, 3);
    const pointer = kernels.put(bytes);
    const parts = [0, 1, 5, 12, 100, 1024, 1025, 4000, 0, 20_000, 3].map((length, i) => [i * 7, length] as const);
    const table = kernels.alloc(parts.length * 8);
    kernels.u32(table, parts.length * 2).set(parts.flatMap(([start, length]) => [pointer + start, length]));
    const out = guarded(kernels, parts.length * 8);
    kernels.exports.crc32Rows(table, parts.length, out.pointer);
    const expected = reference.crc32Rows(parts.map(([start, length]) => bytes.subarray(start, start + length)));
    expect([...kernels.u64(out.pointer, parts.length)]).toEqual(expected);
    out.expectIntact();
  });
});

describe("crc64Nvme", () => {
  test("check value of the catalogue", () => {
    expect(crc64At(kernels.put(CHECK), CHECK.length)).toBe(0xae8b14860a799888n);
  });

  testShared("check value of shared data", (shared) => {
    expect(crc64At(kernels.put(CHECK), CHECK.length)).toBe(BigInt(checkOf(shared, "CRC-64/NVME")));
  });

  test("every length 0..1100 at every byte offset", () => {
    for (let offset = 0; offset < 16; offset++) {
      const bytes = painted(1100, offset + 1);
      const region = guardedBytes(kernels, bytes, offset);
      let expected = BigInt(offset) * 0x0badcafedeadbeefn;
      const start = expected & 0xffffffffffffffffn;
      expected = start;
      const wrong: number[] = [];
      for (let length = 0; length <= 1100; length++) {
        if (crc64At(region.pointer, length, start) !== expected) wrong.push(length);
        expected = reference.crc64Nvme(bytes.subarray(length, length + 1), expected);
      }
      expect(wrong).toEqual([]);
      region.expectIntact();
    }
  });

  test("cut anywhere and continued equals one pass", () => {
    const bytes = painted(700, 5);
    const pointer = guardedBytes(kernels, bytes, 1).pointer;
    const whole = reference.crc64Nvme(bytes);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(crc64At(pointer + cut, bytes.length - cut, crc64At(pointer, cut))).toBe(whole);
    }
  });
});

describe("crc32Combine, crc64NvmeCombine", () => {
  function combine64(a: bigint, b: bigint, lengthB: number): bigint {
    const mark = kernels.mark();
    const state = kernels.alloc(16);
    kernels.u64(state, 2).set([a, b]);
    kernels.exports.crc64NvmeCombine(state, state + 8, lengthB);
    const result = kernels.u64(state, 1)[0] ?? 0n;
    kernels.release(mark);
    return result;
  }
  const combine32 = (a: number, b: number, lengthB: number): number => kernels.exports.crc32Combine(a, b, lengthB) >>> 0;

  test("two parts joined equal the whole, at every cut", () => {
    const bytes = painted(300, 3);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const [a, b] = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(combine32(reference.crc32(a), reference.crc32(b), b.length)).toBe(reference.crc32(bytes));
      expect(combine64(reference.crc64Nvme(a), reference.crc64Nvme(b), b.length)).toBe(reference.crc64Nvme(bytes));
    }
  });

  test("lengths up to 2^53 - 1 equal polynomial arithmetic", () => {
    for (const length of [0, 1, 255, 65_537, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 0x1234567_89abcd, Number.MAX_SAFE_INTEGER]) {
      expect(combine32(0xdeadbeef, 0x01234567, length)).toBe(reference.crc32Combine(0xdeadbeef, 0x01234567, length));
      const [a, b] = [0xfedcba9876543210n, 0x0f1e2d3c4b5a6978n];
      expect(combine64(a, b, length)).toBe(reference.crc64NvmeCombine(a, b, length));
    }
  });

  test("2^32 - 1 bytes turn the CRC-32 once round: its polynomial is primitive", () => {
    expect(combine32(0xcafebabe, 0, 2 ** 32 - 1)).toBe(0xcafebabe);
  });
});

test("no byte after the region is read: memory ends there", async () => {
  const bytes = painted(80_000, 11);
  const { kernels: edge, place } = await atTheEnd(bytes.length);
  for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 511, 512, 513, 527, 543, 544, 25_599, 25_600, 25_601, 25_760, 79_999]) {
    const part = bytes.subarray(0, length);
    expect(edge.exports.crc32(place(part), length, 0) >>> 0).toBe(reference.crc32(part));
    const state = edge.alloc(8);
    edge.u64(state, 1).fill(0n);
    edge.exports.crc64Nvme(place(part), length, state);
    expect(edge.u64(state, 1)[0]).toBe(reference.crc64Nvme(part));
  }
});

/** The catalogue's check value of an algorithm. */
function checkOf(shared: string, name: string): string {
  const entries = JSON.parse(readFileSync(join(shared, "5-vectors/crc_catalogue.json"), "utf8")) as { name: string; check: string }[];
  const entry = entries.find((one) => one.name === name);
  if (!entry) throw new RangeError(`expected ${name} in the catalogue`);
  return entry.check;
}
