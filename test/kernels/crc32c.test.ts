import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/wasm.ts";
import * as reference from "../reference/crc.ts";
import { testShared } from "../shared-data.ts";
import { unseenBits } from "./bit-flips.ts";
import { atTheEnd, guardedBytes, painted } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

function crc32cAt(pointer: number, length: number, crc = 0): number {
  return kernels.exports.crc32c(pointer, length, crc) >>> 0;
}

/** Lengths in [from, to] whose answer is not the reference's; the reference goes on byte by byte. */
function wrongLengths(pointer: number, bytes: Uint8Array, from: number, to: number, crc = 0): readonly number[] {
  let expected = reference.crc32c(bytes.subarray(0, from), crc);
  const wrong: number[] = [];
  for (let length = from; length <= to; length++) {
    if (crc32cAt(pointer, length, crc) !== expected) wrong.push(length);
    expected = reference.crc32c(bytes.subarray(length, length + 1), expected);
  }
  return wrong;
}

describe("crc32c", () => {
  // RFC 3720, B.4, and the check value of the RevEng catalogue (CRC-32/ISCSI).
  test.each([
    ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(255), 0x62a8ab43],
    ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])("published: %s", (_name, bytes, crc) => {
    expect(reference.crc32c(bytes)).toBe(crc);
    expect(crc32cAt(kernels.put(bytes), bytes.length)).toBe(crc);
  });

  testShared("published, in shared data", (shared) => {
    const rows = JSON.parse(readFileSync(join(shared, "5-vectors/crc32c_rfc3720.json"), "utf8")) as { hex: string; crc32c: string }[];
    expect(rows.length).toBeGreaterThan(1);
    for (const { hex, crc32c } of rows) {
      const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
      expect(crc32cAt(kernels.put(bytes), bytes.length)).toBe(Number.parseInt(crc32c, 16));
    }
  });

  test("every length 0..4200", () => {
    const bytes = painted(4200, 8);
    const region = guardedBytes(kernels, bytes, 1);
    expect(wrongLengths(region.pointer, bytes, 0, 4200, 0x0badcafe)).toEqual([]);
    region.expectIntact();
  });

  test("every byte offset 0..63, lengths on both sides of every stage", () => {
    for (let offset = 0; offset < 64; offset++) {
      const bytes = painted(1800, offset + 1);
      const mark = kernels.mark();
      const region = guardedBytes(kernels, bytes, offset);
      for (const [from, to] of [
        [0, 40],
        [375, 420],
        [1690, 1730],
      ] as const) {
        expect(wrongLengths(region.pointer, bytes, from, to)).toEqual([]);
      }
      region.expectIntact();
      kernels.release(mark);
    }
  });

  // Far from 47,360 (15,792 of residue), the ring moves at 65,520.
  test.each([
    ["the first lengths of the far stage", 47_360 - 100, 47_360 + 400],
    ["where the ring moves for the first time", 65_520 + 15_792 - 200, 65_520 + 15_792 + 400],
    ["where it moves for the second time", 131_040 + 15_792 - 200, 131_040 + 15_792 + 400],
    ["1 MiB", 2 ** 20 - 65, 2 ** 20 + 65],
  ])("every length around %s", (_name, from, to) => {
    const bytes = painted(to, from);
    const region = guardedBytes(kernels, bytes, from % 16);
    expect(wrongLengths(region.pointer, bytes, from, to, 0x12345678)).toEqual([]);
    region.expectIntact();
  });

  test("constant and sparse content", () => {
    const contents = [new Uint8Array(300_000), new Uint8Array(300_000).fill(255), new Uint8Array(300_000)];
    for (let i = 0; i < 300_000; i += 12_347) contents[2]?.set([1 << (i % 8)], i);
    for (const [i, bytes] of contents.entries()) {
      const region = guardedBytes(kernels, bytes, i);
      for (const length of [20_011, 99_991, 262_144, 300_000 - i]) {
        expect(crc32cAt(region.pointer, length)).toBe(reference.crc32c(bytes.subarray(0, length)));
      }
    }
  });

  test("cut anywhere and continued equals one pass", () => {
    const bytes = painted(100_000, 9);
    const pointer = guardedBytes(kernels, bytes, 3).pointer;
    const whole = reference.crc32c(bytes);
    for (let cut = 0; cut <= bytes.length; cut += cut < 40 || cut > bytes.length - 40 ? 1 : 599) {
      expect(crc32cAt(pointer + cut, bytes.length - cut, crc32cAt(pointer, cut))).toBe(whole);
    }
  });

  test("does not disturb a CRC-32 of the same bytes, nor that it", () => {
    const bytes = painted(100_000, 4);
    const pointer = kernels.put(bytes);
    for (let i = 0; i < 2; i++) {
      expect(crc32cAt(pointer, bytes.length)).toBe(reference.crc32c(bytes));
      expect(kernels.exports.crc32(pointer, bytes.length, 0) >>> 0).toBe(reference.crc32(bytes));
    }
  });

  test("the sparse multiples are multiples of the polynomial", () => {
    // In distances: z^t is x^(most - t).
    const multiple = (distances: readonly number[]): bigint => reference.remainder32c(distances.map((t) => Math.max(...distances) - t));
    expect(multiple([0, 144, 15370, 15780])).toBe(0n);
    expect(multiple([0, 260, 620, 680, 780, 836])).toBe(0n);
    expect(multiple([0, 65, 155, 170, 195, 209])).toBe(0n);
    expect(multiple([0, 65, 155, 170, 195, 210])).not.toBe(0n);
  });

  test("a flipped bit anywhere in 64 KiB changes it: 2,000 of them", () => {
    expect(unseenBits(kernels, 2000, crc32cAt)).toEqual([]);
  });
});

describe("crc32cCombine", () => {
  const combine = (a: number, b: number, lengthB: number): number => kernels.exports.crc32cCombine(a, b, lengthB) >>> 0;

  test("two parts joined equal the whole, at every cut", () => {
    const bytes = painted(300, 3);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const [a, b] = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(combine(reference.crc32c(a), reference.crc32c(b), b.length)).toBe(reference.crc32c(bytes));
    }
  });

  test("lengths up to 2^53 - 1 equal polynomial arithmetic", () => {
    for (const length of [0, 1, 255, 65_537, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
      expect(combine(0xdeadbeef, 0x01234567, length)).toBe(reference.crc32cCombine(0xdeadbeef, 0x01234567, length));
    }
  });
});

test("no byte after the region is read: memory ends there", async () => {
  const bytes = painted(80_000, 11);
  const { kernels: edge, place } = await atTheEnd(bytes.length);
  for (const length of [0, 1, 3, 4, 15, 16, 17, 383, 384, 415, 416, 1695, 1696, 1727, 1728, 47_359, 47_360, 47_503, 47_504, 80_000]) {
    const part = bytes.subarray(0, length);
    expect([length, edge.exports.crc32c(place(part), length, 0) >>> 0]).toEqual([length, reference.crc32c(part)]);
  }
});
