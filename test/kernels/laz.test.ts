import { beforeAll, describe, expect, test } from "vitest";
import { LAZ_BYTE, LAZ_BYTE14, LAZ_POINT10, LAZ_POINT14 } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { type Random, randomStream } from "../../src/simulate/random.ts";
import * as reference from "../reference/laz.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const ARENA = 6 * 2 ** 20;

function itemsOf(isLayered: boolean, extra: number, version = isLayered ? 3 : 2): Uint8Array {
  const items = isLayered ? [LAZ_POINT14, 30, version, 0] : [LAZ_POINT10, 20, version, 0];
  if (extra > 0) items.push(isLayered ? LAZ_BYTE14 : LAZ_BYTE, extra, version, 0);
  return new Uint8Array(Uint16Array.from(items).buffer);
}

function unpack(chunk: Uint8Array, count: number, recordBytes: number, items: Uint8Array) {
  kernels.release();
  const [from, list] = [guardedBytes(kernels, chunk), guardedBytes(kernels, items)];
  const out = guarded(kernels, count * recordBytes);
  const arena = kernels.alloc(ARENA);
  const done = kernels.exports.lazChunk(
    ...([from.pointer, chunk.length, count, list.pointer, items.length / 8, recordBytes, arena, ARENA, out.pointer] as const),
  );
  for (const region of [from, list, out]) region.expectIntact();
  return { done, bytes: new Uint8Array(kernels.exports.memory.buffer.slice(out.pointer, out.pointer + count * recordBytes)) };
}

/** Points of a survey, or noise in every byte. */
function recordsOf(count: number, isLayered: boolean, extra: number, isNoise: boolean, random: Random): Uint8Array[] {
  const size = (isLayered ? 30 : 20) + extra;
  let [x, y, time] = [0, 0, 1e9];
  return Array.from({ length: count }, (_, i) => {
    const record = Uint8Array.from({ length: size }, () => (isNoise ? random.below(256) : 0));
    // One scanner channel.
    if (isLayered) record[15] = (record[15] ?? 0) & 0xcf;
    if (isNoise) return record;
    const view = new DataView(record.buffer);
    x += Math.round(300 * random.normal());
    y += Math.round(40 * random.normal());
    for (const [d, value] of [x, y, 1000 + Math.round(50 * random.normal())].entries()) view.setInt32(4 * d, value, true);
    view.setUint16(12, 500 + random.below(90), true);
    const n = 1 + random.below(4);
    const r = 1 + random.below(n);
    view.setUint8(14, isLayered ? r | (n << 4) : r | (n << 3));
    view.setUint8(isLayered ? 16 : 15, random.below(3));
    if (random.chance(0.1)) view.setUint16(isLayered ? 20 : 18, random.below(5), true);
    if (isLayered && random.chance(0.5)) time += random.uniform();
    if (isLayered) view.setFloat64(22, time, true);
    for (let b = size - extra; b < size; b++) record[b] = (i + b) & 255;
    return record;
  });
}

describe("what the encoder makes is read back byte for byte", () => {
  for (const isLayered of [false, true]) {
    for (const isNoise of [false, true]) {
      for (const extra of [0, 1, 7]) {
        test(`${isLayered ? "layered" : "pointwise"}, ${isNoise ? "noise" : "a survey"}, ${extra} extra bytes`, () => {
          for (const count of [1, 2, 3, 200, 3000]) {
            const records = recordsOf(count, isLayered, extra, isNoise, randomStream(count, "laz"));
            const size = records[0]?.length ?? 0;
            const got = unpack(reference.lazChunk(records, isLayered), count, size, itemsOf(isLayered, extra));
            expect(got.done).toBe(count);
            expect(Buffer.compare(got.bytes, Buffer.concat(records))).toBe(0);
          }
        });
      }
    }
  }
  test("more points than counts hold without being halved", () => {
    const records = recordsOf(36_000, false, 0, false, randomStream(2, "many"));
    const got = unpack(reference.lazChunk(records, false), 36_000, 20, itemsOf(false, 0));
    expect([got.done, Buffer.compare(got.bytes, Buffer.concat(records))]).toEqual([36_000, 0]);
  });

  test("steps as wide as an integer", () => {
    const records = recordsOf(40, false, 0, false, randomStream(3, "wide"));
    for (const [i, record] of records.entries()) new DataView(record.buffer).setInt32(0, i % 2 === 0 ? 0 : -(2 ** 31), true);
    const got = unpack(reference.lazChunk(records, false), 40, 20, itemsOf(false, 0));
    expect([got.done, Buffer.compare(got.bytes, Buffer.concat(records))]).toEqual([40, 0]);
  });

  test("version 4 is version 3 on one scanner channel", () => {
    const records = recordsOf(500, true, 2, false, randomStream(1, "four"));
    expect(unpack(reference.lazChunk(records, true), 500, 32, itemsOf(true, 2, 4)).done).toBe(500);
  });
});

describe("tables of chunks", () => {
  for (const isVariable of [false, true]) {
    test(isVariable ? "points and bytes" : "bytes", () => {
      const random = randomStream(4, "table");
      const chunks = Array.from({ length: 300 }, () => ({ points: 1 + random.below(60_000), bytes: random.below(2 ** 21) }));
      const table = reference.lazChunkTable(chunks, isVariable);
      const ask = (bytes: Uint8Array) => {
        kernels.release();
        const from = guardedBytes(kernels, bytes);
        const out = guarded(kernels, 8 * chunks.length);
        const isRead = kernels.exports.lazChunkTable(
          ...([from.pointer, bytes.length, chunks.length, Number(isVariable), kernels.alloc(ARENA), ARENA, out.pointer] as const),
        );
        for (const region of [from, out]) region.expectIntact();
        return { isRead, columns: kernels.u32(out.pointer, 2 * chunks.length).slice() };
      };
      const { isRead, columns } = ask(table);
      expect(isRead).toBe(1);
      expect([...columns]).toEqual(chunks.flatMap(({ points, bytes }) => [isVariable ? points : 0, bytes]));
      expect(ask(table.subarray(0, 40)).isRead).toBe(0);
      expect(ask(new Uint8Array(0)).isRead).toBe(0);
    });
  }
});

describe("damage", () => {
  for (const isLayered of [false, true]) {
    const records = recordsOf(300, isLayered, 3, false, randomStream(9, "damage"));
    const chunk = reference.lazChunk(records, isLayered);
    const size = records[0]?.length ?? 0;
    test(`${isLayered ? "layered" : "pointwise"}: cut anywhere, nothing is read behind the end`, () => {
      for (let end = 0; end < chunk.length - 8; end += 7) {
        expect(unpack(chunk.slice(0, end), 300, size, itemsOf(isLayered, 3)).done).toBeLessThan(300);
      }
    });
    test(`${isLayered ? "layered" : "pointwise"}: 300 flipped bytes, no trap, nothing outside`, () => {
      const random = randomStream(11, "flips");
      for (let i = 0; i < 300; i++) {
        const copy = chunk.slice();
        const at = random.below(copy.length);
        copy[at] = (copy[at] ?? 0) ^ (1 + random.below(255));
        expect(unpack(copy, 300, size, itemsOf(isLayered, 3)).done).toBeLessThanOrEqual(300);
      }
    });
    test(`${isLayered ? "layered" : "pointwise"}: a decoder that took a wrong turn does not end where it should`, () => {
      const random = randomStream(12, "turns");
      let unnoticed = 0;
      for (let i = 0; i < 500; i++) {
        const copy = chunk.slice();
        const at = size + random.below(copy.length - size);
        copy[at] = (copy[at] ?? 0) ^ (1 + random.below(255));
        const { done, bytes } = unpack(copy, 300, size, itemsOf(isLayered, 3));
        if (done === 300 && Buffer.compare(bytes, Buffer.concat(records)) !== 0) unnoticed++;
      }
      expect(unnoticed).toBeLessThan(isLayered ? 40 : 5);
      expect(unpack(Uint8Array.of(...chunk, 0), 300, size, itemsOf(isLayered, 3)).done).toBeLessThan(300);
    });
    test(`${isLayered ? "layered" : "pointwise"}: too little memory for models is no points`, () => {
      kernels.release();
      const [from, list] = [kernels.put(chunk), kernels.put(itemsOf(isLayered, 3))];
      const out = kernels.alloc(300 * size);
      for (const room of [0, 100, 20_000, 50_000]) {
        const arena = guarded(kernels, Math.max(room, 8));
        expect(kernels.exports.lazChunk(from, chunk.length, 300, list, 2, size, arena.pointer, room, out)).toBe(0);
        arena.expectIntact();
      }
    });
  }
});
