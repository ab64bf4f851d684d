import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/crc.ts";
import { testShared } from "../shared-data.ts";
import { atTheEnd, guarded, guardedBytes, painted } from "./regions.ts";

const CHECK = new TextEncoder().encode("123456789");

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

type Window = readonly [name: string, from: number, to: number];

interface Crc {
  readonly name: string;
  /** In the RevEng catalogue. */
  readonly listedAs: string;
  readonly check: bigint;
  /** Bit-reflected. */
  readonly poly: bigint;
  /** Any register to begin with. */
  readonly start: bigint;
  /** Length from which each stage is used. */
  readonly stages: readonly number[];
  readonly windows: readonly Window[];
  /** By the kernel. */
  at(by: Kernels, pointer: number, length: number, crc: bigint): bigint;
  define(bytes: Uint8Array, crc: bigint): bigint;
  combine(a: bigint, b: bigint, lengthB: number): bigint;
  defineCombine(a: bigint, b: bigint, lengthB: number): bigint;
}

/** Lengths at which a middle stage moves its ring: whole chunks of 11,520 bytes and the residue. */
const moves = (residue: number): readonly Window[] => [
  ["where the ring is moved for the first time", 11_520 + residue - 200, 11_520 + residue + 400],
  ["where it is moved for the second time", 23_040 + residue - 200, 23_040 + residue + 400],
];
const MIB: Window = ["1 MiB", 2 ** 20 - 200, 2 ** 20 + 200];

const crcs: readonly Crc[] = [
  {
    name: "crc32",
    listedAs: "CRC-32/ISO-HDLC",
    check: 0xcbf43926n,
    poly: 0xedb88320n,
    start: 0x0badcafen,
    stages: [448, 4608, 196_608],
    windows: [
      ["the first lengths of the middle stage", 4608 - 64, 4608 + 1296 + 400],
      ...moves(1296),
      // Its circle comes round every 12,480 bytes, so a window that long stops it everywhere on it.
      ["the first lengths of the far stage, once round its circle", 196_608 - 64, 196_608 + 12_480 + 400],
      MIB,
    ],
    at: (by, pointer, length, crc) => BigInt(by.exports.crc32(pointer, length, Number(crc)) >>> 0),
    define: (bytes, crc) => BigInt(reference.crc32(bytes, Number(crc))),
    combine: (a, b, lengthB) => BigInt(kernels.exports.crc32Combine(Number(a), Number(b), lengthB) >>> 0),
    defineCombine: (a, b, lengthB) => BigInt(reference.crc32Combine(Number(a), Number(b), lengthB)),
  },
  {
    name: "crc32c",
    listedAs: "CRC-32/ISCSI",
    check: 0xe3069283n,
    poly: 0x82f63b78n,
    start: 0x0badcafen,
    stages: [448, 4608],
    windows: [["the first lengths of the middle stage", 4608 - 64, 4608 + 1520 + 400], ...moves(1520), MIB],
    at: (by, pointer, length, crc) => BigInt(by.exports.crc32c(pointer, length, Number(crc)) >>> 0),
    define: (bytes, crc) => BigInt(reference.crc32c(bytes, Number(crc))),
    combine: (a, b, lengthB) => BigInt(kernels.exports.crc32cCombine(Number(a), Number(b), lengthB) >>> 0),
    defineCombine: (a, b, lengthB) => BigInt(reference.crc32cCombine(Number(a), Number(b), lengthB)),
  },
  {
    name: "crc64Nvme",
    listedAs: "CRC-64/NVME",
    check: 0xae8b14860a799888n,
    poly: 0x9a6c9329ac4bc9b5n,
    start: 0xfedcba9876543210n,
    stages: [3584],
    windows: [["the first lengths of the middle stage", 3584 - 64, 3584 + 2208 + 400], ...moves(2208), MIB],
    at: (by, pointer, length, crc) => words(by, [crc], (state) => by.exports.crc64Nvme(pointer, length, state)),
    define: reference.crc64Nvme,
    combine: (a, b, lengthB) => words(kernels, [a, b], (state) => kernels.exports.crc64NvmeCombine(state, state + 8, lengthB)),
    defineCombine: reference.crc64NvmeCombine,
  },
];

/** Runs `call` over u64s in kernel memory; what the first has become. */
function words(by: Kernels, values: readonly bigint[], call: (pointer: number) => void): bigint {
  const mark = by.mark();
  const pointer = by.alloc(8 * values.length);
  by.u64(pointer, values.length).set(values);
  call(pointer);
  const result = by.u64(pointer, 1)[0] ?? 0n;
  by.release(mark);
  return result;
}

/** Lengths in [from, to] whose answer is not the reference's; the reference goes on byte by byte. */
function wrongLengths(crc: Crc, pointer: number, bytes: Uint8Array, from: number, to: number): readonly number[] {
  let expected = crc.define(bytes.subarray(0, from), crc.start);
  const wrong: number[] = [];
  for (let length = from; length <= to; length++) {
    if (crc.at(kernels, pointer, length, crc.start) !== expected) wrong.push(length);
    expected = crc.define(bytes.subarray(length, length + 1), expected);
  }
  return wrong;
}

describe.each(crcs)("$name", (crc) => {
  test("check value of the catalogue", () => {
    expect(crc.define(CHECK, 0n)).toBe(crc.check);
    expect(crc.at(kernels, kernels.put(CHECK), CHECK.length, 0n)).toBe(crc.check);
  });

  testShared("check value of shared data", (shared) => {
    const listed = JSON.parse(readFileSync(join(shared, "5-vectors/crc_catalogue.json"), "utf8")) as { name: string; check: string }[];
    expect(BigInt(listed.find(({ name }) => name === crc.listedAs)?.check ?? -1)).toBe(crc.check);
  });

  test.each([0, 1, 2, 3, 7, 8, 13, 16, 31, 63])("every length 0..4200 at offset %i", (offset) => {
    const bytes = painted(4200, offset + 1);
    const region = guardedBytes(kernels, bytes, offset);
    expect(wrongLengths(crc, region.pointer, bytes, 0, 4200)).toEqual([]);
    region.expectIntact();
  });

  test("every offset 0..63, at both sides of every stage", () => {
    for (let offset = 0; offset < 64; offset++) {
      const bytes = painted(5000, offset + 1);
      const mark = kernels.mark();
      const region = guardedBytes(kernels, bytes, offset);
      for (const from of [20, ...crc.stages.filter((length) => length < 5000)]) {
        expect(wrongLengths(crc, region.pointer, bytes, from - 20, from + 40)).toEqual([]);
      }
      region.expectIntact();
      kernels.release(mark);
    }
  });

  test.each(crc.windows)("every length around %s", (_name, from, to) => {
    const bytes = painted(to, from);
    const mark = kernels.mark();
    const region = guardedBytes(kernels, bytes, from % 16);
    expect(wrongLengths(crc, region.pointer, bytes, from, to)).toEqual([]);
    region.expectIntact();
    kernels.release(mark);
  });

  test("constant and sparse content", () => {
    const contents = [new Uint8Array(300_000), new Uint8Array(300_000).fill(255), new Uint8Array(300_000)];
    for (let i = 0; i < 300_000; i += 12_347) contents[2]?.set([1 << (i % 8)], i);
    for (const [i, bytes] of contents.entries()) {
      const pointer = guardedBytes(kernels, bytes, i).pointer;
      for (const length of [20_011, 99_991, 262_144, 300_000 - i]) {
        expect(crc.at(kernels, pointer, length, 0n)).toBe(crc.define(bytes.subarray(0, length), 0n));
      }
    }
  });

  test("in pieces, cut anywhere, equals one pass", () => {
    const bytes = painted(300_000, 9);
    const pointer = guardedBytes(kernels, bytes, 3).pointer;
    const prefix = new Map<number, bigint>([[0, crc.start]]);
    for (const length of [700, 5000, 30_000, 300_000]) prefix.set(length, crc.define(bytes.subarray(0, length), crc.start));
    fc.assert(
      fc.property(fc.constantFrom(700, 5000, 30_000, 300_000), fc.array(fc.nat(), { maxLength: 12 }), (length, anywhere) => {
        const ends = [...anywhere.map((n) => n % (length + 1)), length].sort((a, b) => a - b);
        let sum = crc.start;
        for (const [i, end] of ends.entries()) {
          const from = ends[i - 1] ?? 0;
          sum = crc.at(kernels, pointer + from, end - from, sum);
        }
        expect(sum).toBe(prefix.get(length));
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  // The CRC is linear: flipping the last bit adds the polynomial, and flipping the bit before it adds x times as much. What lies before
  // the flip's sixteen KiB is not read again for each.
  test("every single bit of 64 KiB, flipped, changes it, and by what it should", () => {
    const [bytes, piece] = [65_536, 16_384];
    const pointer = kernels.put(painted(bytes, 6));
    const view = kernels.u8(pointer, bytes);
    const whole = crc.at(kernels, pointer, bytes, crc.start);
    let expected = crc.poly;
    const wrong: number[] = [];
    for (let from = bytes - piece; from >= 0; from -= piece) {
      const before = crc.at(kernels, pointer, from, crc.start);
      for (let bit = (from + piece) * 8 - 1; bit >= from * 8; bit--) {
        const byte = view[bit >> 3] ?? 0;
        view[bit >> 3] = byte ^ (1 << (bit & 7));
        const flipped = crc.at(kernels, pointer + from, bytes - from, before);
        if (flipped === whole || (flipped ^ whole) !== expected) wrong.push(bit);
        view[bit >> 3] = byte;
        expected = expected & 1n ? (expected >> 1n) ^ crc.poly : expected >> 1n;
      }
    }
    expect(wrong).toEqual([]);
  });

  test("no byte after the region is read: memory ends there", async () => {
    const bytes = painted(230_000, 11);
    const { kernels: edge, place } = await atTheEnd(bytes.length);
    const lengths = Array.from({ length: 700 }, (_, i) => i);
    for (const from of crc.stages) for (let length = from - 20; length < from + 220; length += from < 10_000 ? 1 : 31) lengths.push(length);
    lengths.push(12_816, 12_817, 13_040, 13_728, 230_000);
    for (const length of lengths) {
      const part = bytes.subarray(0, length);
      expect([length, crc.at(edge, place(part), length, 0n)]).toEqual([length, crc.define(part, 0n)]);
    }
  });

  describe("combine", () => {
    test("two parts joined equal the whole, at every cut", () => {
      const bytes = painted(300, 3);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const [a, b] = [bytes.subarray(0, cut), bytes.subarray(cut)];
        expect(crc.combine(crc.define(a, 0n), crc.define(b, 0n), b.length)).toBe(crc.define(bytes, 0n));
      }
    });

    test("lengths up to 2^53 - 1 equal polynomial arithmetic", () => {
      const [a, b] = [crc.start, crc.check];
      for (const length of [0, 1, 255, 65_537, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 0x1234567_89abcd, Number.MAX_SAFE_INTEGER]) {
        expect(crc.combine(a, b, length)).toBe(crc.defineCombine(a, b, length));
      }
    });
  });
});

test("the three share their ring, and one does not disturb another", () => {
  const bytes = painted(250_000, 4);
  const pointer = kernels.put(bytes);
  for (const length of [500, 5000, 40_000, 250_000]) {
    const expected = crcs.map((crc) => crc.define(bytes.subarray(0, length), 0n));
    for (let round = 0; round < 3; round++) {
      expect(crcs.map((crc) => crc.at(kernels, pointer, length, 0n))).toEqual(expected);
    }
  }
});

test("2^32 - 1 bytes turn the CRC-32 once round: its polynomial is primitive", () => {
  expect(kernels.exports.crc32Combine(0xcafebabe, 0, 2 ** 32 - 1) >>> 0).toBe(0xcafebabe);
});

describe("crc32c", () => {
  // RFC 3720, B.4.
  test.each([
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(255), 0x62a8ab43],
    ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])("published: %s", (_name, bytes, crc) => {
    expect(reference.crc32c(bytes)).toBe(crc);
    expect(kernels.exports.crc32c(kernels.put(bytes), bytes.length, 0) >>> 0).toBe(crc);
  });

  testShared("published, in shared data", (shared) => {
    const rows = JSON.parse(readFileSync(join(shared, "5-vectors/crc32c_rfc3720.json"), "utf8")) as { hex: string; crc32c: string }[];
    expect(rows.length).toBeGreaterThan(1);
    for (const { hex, crc32c } of rows) {
      const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
      expect(kernels.exports.crc32c(kernels.put(bytes), bytes.length, 0) >>> 0).toBe(Number.parseInt(crc32c, 16));
    }
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
