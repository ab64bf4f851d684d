import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compressSource, eightSource } from "../../scripts/blake3-rounds.mjs";
import { BLAKE3_STATE } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/blake3.ts";
import { testShared } from "../shared-data.ts";
import { ROOT } from "../structure/modules.ts";
import { unseenBits } from "./bit-flips.ts";
import { atTheEnd, guarded, guardedBytes, painted } from "./regions.ts";

const CHUNK = 1024;
const MIB = 2 ** 20;
const KEY = new TextEncoder().encode("whats the Elvish word for friend");

/** Input length, hash and keyed hash with KEY: https://github.com/BLAKE3-team/BLAKE3/blob/master/test_vectors/test_vectors.json */
const PUBLISHED: readonly (readonly [number, string, string])[] = [
  [
    0,
    "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26",
  ],
  [
    2,
    "7b7015bb92cf0b318037702a6cdd81dee41224f734684c2c122cd6359cb1ee63",
    "5392ddae0e0a69d5f40160462cbd9bd889375082ff224ac9c758802b7a6fd20a",
  ],
  [
    64,
    "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98",
    "ba8ced36f327700d213f120b1a207a3b8c04330528586f414d09f2f7d9ccb7e6",
  ],
  [
    129,
    "683aaae9f3c5ba37eaaf072aed0f9e30bac0865137bae68b1fde4ca2aebdcb12",
    "d4a64dae6cdccbac1e5287f54f17c5f985105457c1a2ec1878ebd4b57e20d38f",
  ],
  [
    1_024,
    "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
    "75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4",
  ],
  [
    3_072,
    "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2",
    "044a0e7b172a312dc02a4c9a818c036ffa2776368d7f528268d2e6b5df191770",
  ],
  [
    8_192,
    "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63",
    "dc9637c8845a770b4cbf76b8daec0eebf7dc2eac11498517f08d44c8fc00d58a",
  ],
  [
    102_400,
    "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
    "1c35d1a5811083fd7119f5d5d1ba027b4d01c0c6c49fb6ff2cf75393ea5db4a7",
  ],
];

let kernels: Kernels;
let key: number;
beforeAll(async () => {
  kernels = await loadKernels();
  key = kernels.put(KEY);
});

/** Runs `fn` with scratch that is given back. */
function scratch<T>(fn: () => T): T {
  const mark = kernels.mark();
  try {
    return fn();
  } finally {
    kernels.release(mark);
  }
}

function hash(pointer: number, length: number, keyPointer = 0, outLength = 32): string {
  return scratch(() => {
    const out = kernels.alloc(outLength);
    kernels.exports.blake3(pointer, length, keyPointer, out, outLength);
    return hex(kernels.u8(out, outLength));
  });
}

/** Every chunk of its own kind: the cycle of 251 bytes, and the chunk's number. */
function numbered(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i % 251) ^ Math.imul(i >>> 10, 0x9d));
}

describe("blake3", () => {
  test.each(PUBLISHED)("published: %i bytes", (length, plain, keyed) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
    expect([hex(reference.blake3(bytes)), hex(reference.blake3(bytes, KEY))]).toEqual([plain, keyed]);
    const pointer = kernels.put(bytes);
    expect([hash(pointer, length), hash(pointer, length, key)]).toEqual([plain, keyed]);
  });

  testShared("published, in shared data, with extended output", (shared) => {
    const { key: ascii, cases } = JSON.parse(readFileSync(join(shared, "5-vectors/blake3_test_vectors.json"), "utf8")) as {
      key: string;
      cases: { input_len: number; hash: string; keyed_hash: string }[];
    };
    expect(ascii).toBe(new TextDecoder().decode(KEY));
    expect(cases.length).toBeGreaterThan(10);
    for (const { input_len: length, hash: plain, keyed_hash: keyed } of cases) {
      const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
      scratch(() => {
        const pointer = kernels.put(bytes);
        expect([length, hash(pointer, length, 0, plain.length / 2)]).toEqual([length, plain]);
        expect([length, hash(pointer, length, key, keyed.length / 2)]).toEqual([length, keyed]);
        expect([length, hash(pointer, length)]).toEqual([length, plain.slice(0, 64)]);
      });
      expect([length, hex(reference.blake3(bytes, KEY, keyed.length / 2))]).toEqual([length, keyed]);
    }
  });

  test.each([
    ["plain", null],
    ["keyed", KEY],
  ] as const)("every length 0..4200, %s", (_name, own) => {
    const bytes = numbered(4200);
    const wrong: number[] = [];
    for (let length = 0; length <= bytes.length; length++) {
      scratch(() => {
        const region = guardedBytes(kernels, bytes.subarray(0, length), length % 16);
        const got = hash(region.pointer, length, own ? key : 0);
        if (got !== hex(reference.blake3(bytes.subarray(0, length), own))) wrong.push(length);
        region.expectIntact();
      });
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    ["plain", null],
    ["keyed", KEY],
  ] as const)("up to 1 MiB: every length around powers of two of chunks, three around every chunk, %s", (_name, own) => {
    const bytes = numbered(MIB + 65);
    const pointer = kernels.put(bytes);
    const expected = cachedReference(bytes, own);
    const wrong: number[] = [];
    for (let chunks = 1; chunks <= 1024; chunks++) {
      const reach = Number.isInteger(Math.log2(chunks)) ? 65 : 1;
      for (let length = chunks * CHUNK - reach; length <= chunks * CHUNK + reach; length++) {
        if (hash(pointer, length, own ? key : 0) !== expected(length)) wrong.push(length);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("every number of chunks 1..200, the last half full", () => {
    const bytes = numbered(200 * CHUNK);
    const pointer = kernels.put(bytes);
    const expected = cachedReference(bytes, null);
    const wrong: number[] = [];
    for (let chunks = 1; chunks <= 200; chunks++) {
      const length = chunks * CHUNK - 500;
      if (hash(pointer, length) !== expected(length)) wrong.push(length);
    }
    expect(wrong).toEqual([]);
  });

  test("every byte offset 0..63", () => {
    for (const length of [0, 1, 63, 65, 1024, 1025, 3000, 8192, 9001]) {
      const bytes = painted(length, length + 1);
      const expected = hex(reference.blake3(bytes));
      for (let offset = 0; offset < 64; offset++) {
        scratch(() => {
          const region = guardedBytes(kernels, bytes, offset);
          expect([length, offset, hash(region.pointer, length)]).toEqual([length, offset, expected]);
          region.expectIntact();
        });
      }
    }
  });

  test("any output length is a prefix of a longer one, and nothing beyond it is written", () => {
    for (const length of [0, 64, 1024, 5000]) {
      const bytes = painted(length, 5);
      const pointer = kernels.put(bytes);
      const longest = hex(reference.blake3(bytes, KEY, 300));
      for (const outLength of [0, 1, 31, 32, 33, 63, 64, 65, 128, 131, 300]) {
        scratch(() => {
          const out = guarded(kernels, outLength, outLength % 16);
          kernels.exports.blake3(pointer, length, key, out.pointer, outLength);
          expect(hex(kernels.u8(out.pointer, outLength))).toBe(longest.slice(0, outLength * 2));
          out.expectIntact();
        });
      }
    }
  });

  test("a flipped bit anywhere in 64 KiB changes the hash, plain and keyed: 2,000 of them", () => {
    expect(unseenBits(kernels, 2000, hash)).toEqual([]);
    expect(unseenBits(kernels, 2000, (pointer, length) => hash(pointer, length, key))).toEqual([]);
  });
});

test("blake3Rows: many regions, of any length and at any place, in one call", () => {
  const bytes = numbered(9000);
  for (const own of [null, KEY]) {
    for (const count of [0, 1, 7, 60]) {
      scratch(() => {
        const region = guardedBytes(kernels, bytes, 1);
        const parts = Array.from({ length: count }, (_, i) => [(i * 37) % 4000, i % 3 === 0 ? i % 20 : (i * 97) % 5000] as const);
        const pointers = guardedBytes(kernels, new Uint8Array(Uint32Array.from(parts, ([at]) => region.pointer + at).buffer));
        const lengths = guardedBytes(kernels, new Uint8Array(Float64Array.from(parts, ([, n]) => n).buffer));
        const out = guarded(kernels, 32 * count, 1);
        expect(kernels.exports.blake3Rows(pointers.pointer, lengths.pointer, count, own ? key : 0, out.pointer)).toBe(0);
        for (const one of [region, pointers, lengths, out]) one.expectIntact();
        const expected = reference.blake3Rows(
          parts.map(([at, n]) => bytes.subarray(at, at + n)),
          own,
        );
        expect(hex(kernels.u8(out.pointer, 32 * count))).toBe(expected.map(hex).join(""));
      });
    }
  }
});

describe("blake3Init, blake3Update, blake3Final", () => {
  /** Bytes hashed in parts that end at `cuts`; the state and the parts lie between guard bytes. */
  function streamed(bytes: Uint8Array, cuts: readonly number[], keyPointer: number): string {
    return scratch(() => {
      const { blake3Init, blake3Update, blake3Final } = kernels.exports;
      const state = guarded(kernels, BLAKE3_STATE);
      const pointer = kernels.put(bytes);
      const out = guarded(kernels, 32);
      blake3Init(state.pointer, keyPointer);
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        blake3Update(state.pointer, pointer + at, cut - at);
        at = cut;
      }
      blake3Final(state.pointer, out.pointer, 32);
      state.expectIntact();
      out.expectIntact();
      return hex(kernels.u8(out.pointer, 32));
    });
  }

  test("any cuts equal one pass", () => {
    // Generated as parts' lengths, some around the sizes at which something happens.
    const part = fc.oneof(fc.nat(200), fc.integer({ min: 1000, max: 1050 }), fc.integer({ min: 8100, max: 8300 }), fc.nat(150_000));
    fc.assert(
      fc.property(fc.array(part, { size: "max", maxLength: 12 }), fc.boolean(), (parts, keyed) => {
        const cuts = parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, n) => sum + n, 0));
        const bytes = numbered(cuts.at(-1) ?? 0);
        const pointer = keyed ? key : 0;
        const whole = scratch(() => hash(kernels.put(bytes), bytes.length, pointer));
        expect(streamed(bytes, cuts.slice(0, -1), pointer)).toBe(whole);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test("equals the reference of the parts put together", () => {
    const stream = reference.blake3Init(KEY);
    const bytes = numbered(20_000);
    const cuts = [1, 1, 1025, 9217, 9218, 17_500];
    for (const [i, cut] of cuts.entries()) reference.blake3Update(stream, bytes.subarray(cuts[i - 1] ?? 0, cut));
    reference.blake3Update(stream, bytes.subarray(17_500));
    expect(streamed(bytes, cuts, key)).toBe(hex(reference.blake3Final(stream)));
  });

  test("one byte at a time, asked after every byte, equals one pass", () => {
    const bytes = numbered(9300);
    const pointer = kernels.put(bytes);
    const state = kernels.alloc(BLAKE3_STATE);
    const out = kernels.alloc(32);
    kernels.exports.blake3Init(state, 0);
    const wrong: number[] = [];
    for (let length = 0; length <= bytes.length; length++) {
      kernels.exports.blake3Final(state, out, 32);
      if (hex(kernels.u8(out, 32)) !== hash(pointer, length)) wrong.push(length);
      kernels.exports.blake3Update(state, pointer + length, 1);
    }
    expect(wrong).toEqual([]);
  });

  test("two states do not know each other, nor the whole hash", () => {
    const { blake3Init, blake3Update, blake3Final } = kernels.exports;
    const [a, b] = [numbered(30_000), painted(30_000)];
    const [pa, pb] = [kernels.put(a), kernels.put(b)];
    const [sa, sb] = [kernels.alloc(BLAKE3_STATE), kernels.alloc(BLAKE3_STATE)];
    const out = kernels.alloc(32);
    blake3Init(sa, 0);
    blake3Init(sb, key);
    for (let at = 0; at < 30_000; at += 3000) {
      blake3Update(sa, pa + at, 3000);
      hash(pb, 20_000, key);
      blake3Update(sb, pb + at, 3000);
    }
    blake3Final(sa, out, 32);
    expect(hex(kernels.u8(out, 32))).toBe(hash(pa, 30_000));
    blake3Final(sb, out, 32);
    expect(hex(kernels.u8(out, 32))).toBe(hash(pb, 30_000, key));
  });
});

describe("blake3Subtree, blake3Parent, blake3Root", () => {
  function subtree(pointer: number, length: number, first: number, keyPointer = 0): Uint8Array {
    return scratch(() => {
      const out = guarded(kernels, 32);
      kernels.exports.blake3Subtree(pointer, length, first, keyPointer, out.pointer);
      out.expectIntact();
      return kernels.u8(out.pointer, 32).slice();
    });
  }

  function parent(left: Uint8Array, right: Uint8Array, keyPointer = 0): Uint8Array {
    return scratch(() => {
      const [l, r, out] = [kernels.put(left), kernels.put(right), guarded(kernels, 32)];
      kernels.exports.blake3Parent(l, r, keyPointer, out.pointer);
      out.expectIntact();
      return kernels.u8(out.pointer, 32).slice();
    });
  }

  function root(left: Uint8Array, right: Uint8Array, keyPointer = 0, outLength = 32): string {
    return scratch(() => {
      const [l, r, out] = [kernels.put(left), kernels.put(right), guarded(kernels, outLength)];
      kernels.exports.blake3Root(l, r, keyPointer, out.pointer, outLength);
      out.expectIntact();
      return hex(kernels.u8(out.pointer, outLength));
    });
  }

  /** Chaining value of `length` bytes from parts of at most `grain` chunks, joined as the tree demands. */
  function joined(pointer: number, length: number, first: number, grain: number, keyPointer: number): Uint8Array {
    if (length <= grain * CHUNK) return subtree(pointer, length, first, keyPointer);
    const left = leftChunks(length);
    return parent(
      joined(pointer, left * CHUNK, first, grain, keyPointer),
      joined(pointer + left * CHUNK, length - left * CHUNK, first + left, grain, keyPointer),
      keyPointer,
    );
  }

  test("joined over any power of two of chunks equal one pass", () => {
    const pointer = kernels.put(numbered(MIB));
    for (const length of [1025, 2048, 5000, 8192, 65_536, 65_537, 200_001, 700_000, MIB - 1, MIB]) {
      const left = leftChunks(length);
      for (let grain = 1; grain <= left; grain *= 2) {
        const parts = [
          joined(pointer, left * CHUNK, 0, grain, key),
          joined(pointer + left * CHUNK, length - left * CHUNK, left, grain, key),
        ] as const;
        expect([length, grain, root(...parts, key, 80)]).toEqual([length, grain, hash(pointer, length, key, 80)]);
      }
    }
  });

  test("equal the reference, also where the counter passes 2^32 and at offsets no memory reaches", () => {
    const bytes = numbered(40 * CHUNK);
    const pointer = kernels.put(bytes);
    for (const first of [0, 64, 2 ** 32 - 64, 2 ** 32 - 8, 2 ** 32, 2 ** 43]) {
      for (const length of [1, 1024, 3000, 4096, 8192]) {
        const expected = reference.blake3Subtree(bytes.subarray(0, length), first, KEY);
        expect([first, length, hex(subtree(pointer, length, first, key))]).toEqual([first, length, hex(expected)]);
      }
    }
    // Not a place a subtree can begin, but every lane's counter must carry on its own.
    const across = reference.blake3Subtree(bytes.subarray(0, 16 * CHUNK), 2 ** 32 - 5);
    expect(hex(subtree(pointer, 16 * CHUNK, 2 ** 32 - 5))).toBe(hex(across));
  });

  test("parents and roots equal the reference", () => {
    const [left, right] = [painted(32, 1), painted(32, 2)];
    expect(hex(parent(left, right))).toBe(hex(reference.blake3Parent(left, right)));
    expect(hex(parent(left, right, key))).toBe(hex(reference.blake3Parent(left, right, KEY)));
    expect(root(left, right)).toBe(hex(reference.blake3Root(left, right)));
    expect(root(left, right, key, 131)).toBe(hex(reference.blake3Root(left, right, KEY, 131)));
    expect(root(right, left)).not.toBe(root(left, right));
  });
});

test("no byte after the region is read: memory ends there", async () => {
  const bytes = numbered(70_000);
  const { kernels: edge, place, room } = await atTheEnd(bytes.length);
  const state = edge.alloc(BLAKE3_STATE);
  const out = edge.alloc(32);
  for (const length of [0, 1, 63, 64, 65, 127, 1023, 1024, 1025, 2047, 3072, 4096, 4097, 7168, 8191, 8192, 9000, 65_536, 70_000]) {
    const part = bytes.subarray(0, length);
    const expected = scratch(() => hash(kernels.put(part), length));
    edge.exports.blake3(place(part), length, 0, out, 32);
    expect([length, hex(edge.u8(out, 32))]).toEqual([length, expected]);
    edge.exports.blake3Init(state, 0);
    edge.exports.blake3Update(state, room(length), length);
    edge.exports.blake3Final(state, room(32), 32);
    expect([length, hex(edge.u8(room(32), 32))]).toEqual([length, expected]);
  }
});

test("the generated rounds are fresh (else: node scripts/blake3-rounds.mjs)", () => {
  expect(readFileSync(join(ROOT, "assembly/hash/_blake3-compress.ts"), "utf8")).toBe(compressSource());
  expect(readFileSync(join(ROOT, "assembly/hash/_blake3-eight.ts"), "utf8")).toBe(eightSource());
});

/** The reference's hash of the first `length` bytes, full subtrees kept from one length to the next. */
function cachedReference(bytes: Uint8Array, own: reference.Key): (length: number) => string {
  const known = new Map<string, Uint8Array>();
  const value = (from: number, length: number): Uint8Array => {
    const name = `${from}+${length}`;
    let result = known.get(name);
    if (!result) {
      const left = leftChunks(length) * CHUNK;
      result =
        length <= CHUNK
          ? reference.blake3Subtree(bytes.subarray(from, from + length), from / CHUNK, own)
          : reference.blake3Parent(value(from, left), value(from + left, length - left), own);
      known.set(name, result);
    }
    return result;
  };
  return (length) => {
    if (length <= CHUNK) return hex(reference.blake3(bytes.subarray(0, length), own));
    const left = leftChunks(length) * CHUNK;
    return hex(reference.blake3Root(value(0, left), value(left, length - left), own));
  };
}

/** Chunks of the left subtree of a tree over `length` > 1,024 bytes. */
function leftChunks(length: number): number {
  return 2 ** Math.floor(Math.log2(Math.ceil(length / CHUNK) - 1));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
