import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { CHECKSUM, FULL, MALFORMED, TRUNCATED } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/lz4.ts";
import { xxh32 } from "../reference/xxh32.ts";
import { testShared } from "../shared-data.ts";
import { blockOf, concat, contentOf, encode, type FrameOptions, frameOf, type Sequence, skippable } from "./lz4-encoder.ts";
import { atTheEnd, guarded, guardedBytes, painted, xxhashInput } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** Runs the kernel between guard bytes. */
function lz4Frames(source: Uint8Array, room: number, offset = 0): reference.Decoded {
  const mark = kernels.mark();
  const from = guardedBytes(kernels, source, offset);
  const to = guarded(kernels, room, (offset * 7) % 16);
  const result = guarded(kernels, 8);
  const returned = kernels.exports.lz4Frames(from.pointer, source.length, to.pointer, room, result.pointer);
  const [written = -1, consumed = -1] = kernels.u32(result.pointer, 2);
  for (const region of [from, to, result]) region.expectIntact();
  expect(Buffer.compare(kernels.u8(from.pointer, source.length), source)).toBe(0);
  expect(written).toBeLessThanOrEqual(room);
  if (returned >= 0) expect(returned).toBe(written);
  const bytes = kernels.u8(to.pointer, written).slice();
  kernels.release(mark);
  return { status: Math.min(returned, 0), bytes, consumed };
}

/** The kernel's answer, after comparing it with the reference's. */
function decode(source: Uint8Array, room: number, offset = 0): reference.Decoded {
  const decoded = lz4Frames(source, room, offset);
  const expected = reference.lz4Frames(source, room);
  expect([decoded.status, decoded.consumed, decoded.bytes.length]).toEqual([expected.status, expected.consumed, expected.bytes.length]);
  expect(Buffer.compare(decoded.bytes, expected.bytes)).toBe(0);
  return decoded;
}

function expectContent(source: Uint8Array, content: Uint8Array, room = content.length): void {
  for (const offset of [0, 5]) {
    const decoded = decode(source, room, offset);
    expect([decoded.status, decoded.consumed]).toEqual([0, source.length]);
    expect(Buffer.compare(decoded.bytes, content)).toBe(0);
  }
}

const last = (length: number): Sequence => ({ literals: painted(length, length + 1), distance: 0, match: 0 });
/** The end of a block: shorter than what the quick way leaves alone, so that all is done exactly; and longer. */
const ENDS = [5, 700] as const;
const NOTHING = new Uint8Array();

describe("lz4Frames: blocks", () => {
  test.each(ENDS)("every distance 1..40 with matches of 4..90 bytes, at the target's end and before it; %i bytes behind", (end) => {
    for (let distance = 1; distance <= 40; distance++) {
      for (let match = 4; match <= 90; match++) {
        const sequences = [{ literals: painted(41, distance), distance, match }, last(end)];
        const content = contentOf(sequences);
        const decoded = lz4Frames(frameOf([blockOf(sequences)], content), content.length + (match % 2) * 70);
        expect([distance, match, decoded.status, Buffer.compare(decoded.bytes, content)]).toEqual([distance, match, 0, 0]);
      }
    }
  });

  const LENGTHS = [0, 1, 13, 14, 15, 16, 17, 31, 32, 255, 256, 257, 269, 270, 271, 272, 524, 525, 526, 1034, 5000];
  test.each([0, ...ENDS])("literals and matches on both sides of every length coding; %i bytes behind", (end) => {
    for (const literals of LENGTHS) {
      for (const extra of LENGTHS) {
        const first = { literals: painted(70, 9), distance: 1 + (extra % 70), match: 4 };
        const sequences = [
          first,
          { literals: painted(literals, 3), distance: 1 + (literals % 60), match: 4 + extra },
          last(end || literals % 20),
        ];
        expectContent(frameOf([blockOf(sequences)], contentOf(sequences)), contentOf(sequences));
      }
    }
  });

  test.each(ENDS)("distances up to 65,535 into the block before, if they are linked; %i bytes behind", (end) => {
    const before = painted(65536, 6);
    const stored = { bytes: before, stored: true };
    for (const distance of [16, 17, 1000, 32_768, 65_534, 65_535]) {
      const sequences = [{ literals: NOTHING, distance, match: 250 + (distance % 60) }, last(end)];
      const content = concat([before, contentOf(sequences, before)]);
      expectContent(frameOf([stored, blockOf(sequences)], content, { independent: false }), content);
      expect(decode(frameOf([stored, blockOf(sequences)], content, { independent: true }), content.length).status).toBe(MALFORMED);
    }
  });

  test.each(ENDS)("a match reaches the first byte and not one before it; %i bytes behind", (end) => {
    const at = (distance: number): reference.Decoded => {
      const sequences = [{ literals: painted(20, 2), distance, match: 25 }, last(end)];
      return decode(concat([encode(painted(500, 1)), frameOf([blockOf(sequences)], NOTHING, { independent: false })]), 2000);
    };
    expect(at(20).status).toBe(0);
    expect(at(21)).toMatchObject({ status: MALFORMED });
    expect(at(21).bytes.length).toBe(520);
    expect(at(0).status).toBe(MALFORMED);
  });

  test("sequences at random, linked and not, equal the reference", () => {
    const sequence = fc.record({
      length: fc.oneof(fc.nat(20), fc.nat(600)),
      far: fc.oneof(fc.nat(40), fc.nat(65535)),
      match: fc.oneof(fc.integer({ min: 4, max: 24 }), fc.integer({ min: 4, max: 700 })),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(
        fc.array(fc.array(sequence, { maxLength: 12 }), { maxLength: 4 }),
        fc.boolean(),
        fc.constantFrom(...ENDS),
        (drafts, independent, end) => {
          let all: Uint8Array = NOTHING;
          const blocks = drafts.map((draft) => {
            let reach = independent ? 0 : all.length;
            const sequences: Sequence[] = [];
            for (const { length, far, match, seed } of draft) {
              const literals = painted(reach + length === 0 ? 1 : length, seed);
              reach += literals.length;
              sequences.push({ literals, distance: 1 + (far % Math.min(reach, 65535)), match });
              reach += match;
            }
            sequences.push(last(end));
            all = concat([all, contentOf(sequences, independent ? NOTHING : all)]);
            return blockOf(sequences);
          });
          const source = frameOf(blocks, all, { independent, blockSums: true, contentSize: true, contentSum: true });
          const decoded = decode(source, all.length);
          expect([decoded.status, Buffer.compare(decoded.bytes, all)]).toEqual([0, 0]);
        },
      ),
      { numRuns: 120 },
    );
  });
});

describe("lz4Frames: frames", () => {
  const contents = { rows: rows(9000), noise: painted(150_000, 8), zeros: new Uint8Array(150_000), nothing: NOTHING, byte: painted(1, 1) };
  const options: FrameOptions[] = [];
  for (let bits = 0; bits < 16; bits++) {
    options.push({ independent: !(bits & 1), blockSums: !(bits & 2), contentSize: !(bits & 4), contentSum: !(bits & 8) });
  }

  test.each(Object.entries(contents))("every combination of flags: %s", (_name, content) => {
    for (const [i, option] of options.entries()) {
      const source = encode(content, { ...option, blockSize: 4 + (i % 4) });
      const decoded = lz4Frames(source, content.length, i);
      expect([i, decoded.status, decoded.consumed, Buffer.compare(decoded.bytes, content)]).toEqual([i, 0, source.length, 0]);
    }
  });

  test("frames in a row, with skippable frames of every kind between them", () => {
    const parts: Uint8Array[] = [];
    const expected: Uint8Array[] = [];
    for (let variant = 0; variant < 16; variant++) {
      const content = painted(variant * 37, variant);
      parts.push(skippable(variant, painted(variant, 1)), encode(content, options[variant]));
      expected.push(content);
    }
    expectContent(concat(parts), concat(expected));
    expectContent(skippable(3, painted(9, 1)), NOTHING);
    expectContent(NOTHING, NOTHING);
  });

  test("xxHash32, on which the checksums of these frames rest, equals published values", () => {
    expect(xxh32(NOTHING)).toBe(0x02cc5d05);
    expect(xxh32(new TextEncoder().encode("Nobody inspects the spammish repetition"))).toBe(0xe2293b2f);
  });

  testShared("xxHash32 equals the values in shared data", (shared) => {
    const { XXH32 } = JSON.parse(readFileSync(join(shared, "5-vectors/xxhash.json"), "utf8")) as {
      XXH32: { len: number; seed: string; hash: string }[];
    };
    const plain = XXH32.filter(({ seed }) => seed === "0");
    expect(plain.length).toBeGreaterThan(0);
    for (const { len, hash } of plain) expect(xxh32(xxhashInput(len))).toBe(Number.parseInt(hash, 16));
  });

  test("every length of content 0..300 under its checksum", () => {
    for (let length = 0; length <= 300; length++) {
      const content = painted(length, length);
      const decoded = lz4Frames(encode(content, { contentSum: true, blockSums: true }), length, length);
      expect([length, decoded.status, Buffer.compare(decoded.bytes, content)]).toEqual([length, 0, 0]);
    }
  });
});

describe("lz4Frames: damage", () => {
  const content = rows(1500);
  const source = encode(content, { blockSums: true, contentSize: true, contentSum: true, independent: false }, 400);
  /** Without checksums: damage reaches the block decoder. */
  const bare = encode(content, { independent: false }, 700);
  /** One block, most of which is decoded the quick way. */
  const long = encode(rows(4000), { independent: false });

  test("every cut, with whatever was decoded before it", () => {
    for (const whole of [source, bare]) {
      for (let length = 1; length < whole.length; length++)
        expect(decode(whole.subarray(0, length), content.length).status).toBe(TRUNCATED);
    }
    for (let length = 1; length < long.length; length += 7) expect(decode(long.subarray(0, length), 4000).status).toBe(TRUNCATED);
  });

  test("every size of target below the content's: FULL, and what fits is there", () => {
    for (const whole of [source, bare]) {
      for (let room = 0; room < content.length; room += 3) {
        const decoded = decode(whole, room);
        expect(decoded.status).toBe(FULL);
        expect(Buffer.compare(decoded.bytes, content.subarray(0, decoded.bytes.length))).toBe(0);
      }
    }
    for (let room = 0; room < 4000; room += 11) expect(decode(long, room).status).toBe(FULL);
  });

  test("stored blocks and skippable frames, cut or without room", () => {
    const noise = painted(700, 2);
    const stored = encode(noise, {}, 300);
    for (let room = 0; room < noise.length; room += 7) {
      expect(decode(stored, room)).toMatchObject({ status: FULL, bytes: noise.subarray(0, room - (room % 300)) });
    }
    for (let length = 1; length < stored.length; length++) expect(decode(stored.subarray(0, length), 700).status).toBe(TRUNCATED);
    const skipped = skippable(0, noise.subarray(0, 30));
    for (let length = 1; length < skipped.length; length++) expect(decode(skipped.subarray(0, length), 0).status).toBe(TRUNCATED);
  });

  test("every flipped bit is noticed under checksums, before it spoils what was decoded", () => {
    const unprotected = storedBits(source);
    for (let bit = 0; bit < source.length * 8; bit++) {
      const { status, bytes } = lz4Frames(flip(source, bit), content.length, bit);
      expect([bit, status < 0]).toEqual([bit, true]);
      const contentSum = bit >= (source.length - 4) * 8;
      if (!unprotected.has(bit) && !contentSum) expect([bit, Buffer.compare(bytes, content.subarray(0, bytes.length))]).toEqual([bit, 0]);
    }
  });

  test("header, block and content checksums are named so, and keep what was right", () => {
    const damagedAt = (at: number): reference.Decoded => decode(flip(source, at * 8), content.length);
    expect(damagedAt(14)).toMatchObject({ status: CHECKSUM, consumed: 0, bytes: NOTHING });
    expect(damagedAt(20)).toMatchObject({ status: CHECKSUM, consumed: 15, bytes: NOTHING });
    expect(damagedAt(source.length - 1)).toMatchObject({ status: CHECKSUM, bytes: content });
    const second = 15 + 8 + new DataView(source.buffer).getUint32(15, true);
    expect(damagedAt(second + 9)).toMatchObject({ status: CHECKSUM, consumed: second, bytes: content.subarray(0, 400) });
  });

  test("every flipped bit without checksums: as the reference says", () => {
    for (let bit = 0; bit < bare.length * 8; bit++) decode(flip(bare, bit), content.length + 200, bit);
    for (let bit = 0; bit < long.length * 8; bit += 7) decode(flip(long, bit), 4800, bit);
  });

  test("bytes changed, removed, doubled at random: as the reference says", () => {
    const change = fc.record({ at: fc.nat(), remove: fc.nat(6), insert: fc.uint8Array({ maxLength: 6 }) });
    const small = encode(rows(120), { independent: false }, 300);
    fc.assert(
      fc.property(
        fc.constantFrom(source, bare, small, long),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(6000),
        (whole, changes, room) => {
          let damaged = whole;
          for (const { at, remove, insert } of changes) {
            const cut = at % (damaged.length + 1);
            damaged = concat([damaged.subarray(0, cut), insert, damaged.subarray(cut + remove)]);
          }
          decode(damaged, room);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test.each([
    [80, 400],
    [1500, 9000],
  ])("random bytes, up to %i, as a block: as the reference says", (maxLength, most) => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength, size: "max" }), { minLength: 1, maxLength: 3 }),
        fc.nat(most),
        (blocks, room) => {
          const bytes = frameOf(
            blocks.map((block) => ({ bytes: block, stored: false })),
            NOTHING,
            { independent: false },
          );
          decode(bytes, room);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("no dictionary, no reserved bit, no other version, no legacy frame", () => {
    const header = (flags: number, descriptor: number): Uint8Array => {
      const fields = Uint8Array.of(flags, descriptor);
      return concat([[0x04, 0x22, 0x4d, 0x18], fields, [(xxh32(fields) >> 8) & 255], [0, 0, 0, 0]]);
    };
    expect(decode(header(0x60, 0x40), 0).status).toBe(0);
    for (const flags of [0x61, 0x62, 0x20, 0xa0, 0xe0]) expect(decode(header(flags, 0x40), 0).status).toBe(MALFORMED);
    for (const descriptor of [0x00, 0x30, 0x41, 0x48, 0xc0]) expect(decode(header(0x60, descriptor), 0).status).toBe(MALFORMED);
    expect(decode(Uint8Array.of(0x02, 0x21, 0x4c, 0x18, 0, 0, 0, 0), 0).status).toBe(MALFORMED);
  });

  test("a block longer than the frame allows, stored, compressed or decoded", () => {
    const big = painted(65537, 1);
    expect(decode(frameOf([{ bytes: big, stored: true }], big), 1e6).status).toBe(MALFORMED);
    expect(decode(frameOf([{ bytes: big, stored: false }], big), 1e6).status).toBe(MALFORMED);
    const run = [{ literals: painted(1, 1), distance: 1, match: 65536 - 1 - 5 }, last(5)];
    expect(decode(frameOf([blockOf(run)], NOTHING), 1e6).status).toBe(0);
    const longer = [{ literals: painted(1, 1), distance: 1, match: 65536 - 5 }, last(5)];
    expect(decode(frameOf([blockOf(longer)], NOTHING), 1e6)).toMatchObject({ status: MALFORMED });
    expect(decode(frameOf([blockOf(longer)], NOTHING), 65536).status).toBe(MALFORMED);
    expect(decode(frameOf([blockOf(longer)], NOTHING), 65536 - 5).status).toBe(FULL);
  });

  test("a content size that is not the content's", () => {
    for (const claimed of [content.length - 1, content.length + 1, 0, 4_000_000_000]) {
      const lying = { length: claimed } as Uint8Array;
      const blocks = [{ bytes: content.subarray(0, 1000), stored: true }];
      expect(decode(frameOf(blocks, lying, { contentSize: true }), 5000).status).toBe(MALFORMED);
    }
  });

  test("a block that is all length bytes ends", () => {
    const bytes = new Uint8Array(60_000).fill(255);
    expect(decode(frameOf([{ bytes, stored: false }], NOTHING), 1e6)).toMatchObject({ status: MALFORMED, consumed: 7 });
  });
});

test("nothing past either region is touched: memory ends there", async () => {
  const { kernels: edge, place, room } = await atTheEnd(200_000);
  const spare = edge.alloc(60_000);
  const result = edge.alloc(8);
  const lengths = [...Array.from({ length: 301 }, (_, i) => i), ...Array.from({ length: 100 }, (_, i) => 1500 + 3 * i)];
  for (const length of lengths) {
    const content = rows(length);
    const source = encode(content, { contentSum: length % 2 === 0 }, length <= 300 ? 130 : undefined);
    const pointer = place(source);
    expect(edge.exports.lz4Frames(pointer, source.length, spare, length, result)).toBe(length);
    edge.u8(spare, source.length).set(source);
    expect(edge.exports.lz4Frames(spare, source.length, room(length), length, result)).toBe(length);
    expect(Buffer.compare(edge.u8(room(length), length), content)).toBe(0);
  }
});

test("nothing past a block is read: memory ends with its last literal", async () => {
  const { kernels: edge, place } = await atTheEnd(1000);
  const spare = edge.alloc(1000);
  const result = edge.alloc(8);
  const END_MARK = 4;
  for (let literals = 0; literals <= 40; literals++) {
    for (let tail = 0; tail <= 40; tail++) {
      const sequences = [last(3), { literals: painted(literals, 4), distance: 2, match: 4 }, last(tail)].map((one, i) =>
        i === 0 ? { ...one, distance: 1, match: 4 } : one,
      );
      const content = contentOf(sequences);
      const source = frameOf([blockOf(sequences)], content).subarray(0, -END_MARK);
      const status = edge.exports.lz4Frames(place(source), source.length, spare, 1000, result);
      expect([literals, tail, status, ...edge.u32(result, 2)]).toEqual([literals, tail, TRUNCATED, content.length, source.length]);
      expect(Buffer.compare(edge.u8(spare, content.length), content)).toBe(0);
    }
  }
});

/** Bytes like a point cloud's: rows of 16 with slow, fast and constant columns. */
function rows(length: number): Uint8Array {
  return painted(length, 5).map((noise, i) => {
    const row = i >> 4;
    return [noise, row & 255, row >> 8, 0x41, 0x80, noise & 3, 7, 0][i & 7] ?? 0;
  });
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

/** The bits of a frame with block sums and content size that no block sum covers: whether a block is stored. */
function storedBits(frame: Uint8Array): ReadonlySet<number> {
  const bits = new Set<number>();
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  for (let at = 15; view.getUint32(at, true) !== 0; at += 8 + (view.getUint32(at, true) & 0x7fffffff)) bits.add(at * 8 + 31);
  return bits;
}
