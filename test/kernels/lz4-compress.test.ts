import decompress from "@foxglove/wasm-lz4";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { FULL, LZ4_FRAME, LZ4_TABLE } from "../../src/abi.ts";
import { loadSimulatorKernels, type SimulatorKernels } from "../../src/simulate/kernels.ts";
import { lz4Frames } from "../reference/lz4.ts";
import * as reference from "../reference/lz4-compress.ts";
import { atTheEnd, guarded, guardedBytes, painted } from "./regions.ts";

let kernels: SimulatorKernels;
beforeAll(async () => {
  await decompress.isLoaded;
  kernels = await loadSimulatorKernels();
});

function compress(content: Uint8Array, offset = 0): Uint8Array {
  const mark = kernels.mark();
  const room = content.length + LZ4_FRAME + 4 * Math.ceil(content.length / (4 << 20));
  const table = guarded(kernels, LZ4_TABLE);
  const target = guarded(kernels, room, offset);
  const source = guardedBytes(kernels, content, (offset * 7) % 16);
  kernels.u8(table.pointer, LZ4_TABLE).fill(0xa5);
  const written = kernels.exports.lz4Compress(source.pointer, content.length, target.pointer, room, table.pointer);
  for (const region of [table, target, source]) region.expectIntact();
  expect(kernels.exports.lz4Compress(source.pointer, content.length, target.pointer, room - 1, table.pointer)).toBe(FULL);
  const bytes = written < 0 ? new Uint8Array() : kernels.u8(target.pointer, written).slice();
  kernels.release(mark);
  return bytes;
}

/** Equal to the definition, and read back by another library's decoder. */
function expectFrame(content: Uint8Array, offset = 0): Uint8Array {
  const frame = compress(content, offset);
  expect([content.length, Buffer.compare(frame, reference.lz4Compress(content))]).toEqual([content.length, 0]);
  if (content.length > 0) expect(Buffer.compare(decompress(frame, content.length), content)).toBe(0);
  return frame;
}

/** Runs, repeats near and far, and noise, as the seed has it. */
function mixed(length: number, seed: number): Uint8Array {
  const noise = painted(length, seed);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const [kind = 0, size = 0, far = 0] = [noise[at], noise[(at + 1) % length], noise[(at + 2) % length]];
    const run = 1 + (kind % 5 === 0 ? size * 9 : size % 40);
    const distance = 1 + ((size * 256 + far) % Math.max(1, at));
    for (const end = Math.min(length, at + run); at < end; at++) {
      bytes[at] = kind % 3 === 0 ? (noise[at] ?? 0) : kind % 3 === 1 ? kind : (bytes[Math.max(0, at - distance)] ?? 0);
    }
  }
  return bytes;
}

describe("lz4Compress", () => {
  test("every length 0..600 of noise, of zeros and of repeats", () => {
    for (let length = 0; length <= 600; length++) {
      expectFrame(painted(length, length), length % 16);
      expectFrame(new Uint8Array(length), (length * 3) % 16);
      expectFrame(mixed(length, length + 1), (length * 5) % 16);
    }
  });

  test("sizes around a match's reach, in which far repeats count or do not", () => {
    for (const distance of [65_534, 65_535, 65_536, 65_537]) {
      const content = painted(distance + 400, distance);
      content.copyWithin(distance + 20, 20, 300);
      expectFrame(content);
    }
    for (const length of [20_000, 300_000]) expectFrame(mixed(length, 3), 5);
  });

  test("repeats are found and noise costs four bytes a block", () => {
    expect(compress(new Uint8Array(100_000)).length).toBeLessThan(500);
    expect(compress(painted(100_000, 9)).length).toBe(100_000 + LZ4_FRAME + 4);
    const rows = mixed(100_000, 4);
    expect(compress(rows).length).toBeLessThan(rows.length);
  });

  test("content beyond one block", () => {
    const content = new Uint8Array((4 << 20) + 70_000);
    content.set(painted(80_000, 2), (4 << 20) - 30_000);
    content.set(painted(30_000, 2), 100);
    const frame = compress(content);
    expect(Buffer.compare(decompress(frame, content.length), content)).toBe(0);
    const exact = content.subarray(0, 4 << 20);
    expect(Buffer.compare(decompress(compress(exact), exact.length), exact)).toBe(0);
  });

  test("generated content: as the reference says, and its own decoder's answer", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.nat(255), fc.nat(600)).map(([b, n]) => new Uint8Array(n).fill(b)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(15), fc.boolean(), (pieces, offset, twice) => {
        const all = Uint8Array.from([...pieces, ...(twice ? pieces : [])].flatMap((one) => [...one]));
        const frame = expectFrame(all, offset);
        expect(lz4Frames(frame, all.length)).toEqual({ status: 0, bytes: all, consumed: frame.length });
      }),
      { numRuns: 200 },
    );
  });

  test("nothing past the source is read: memory ends there", async () => {
    const { kernels: edge, place } = await atTheEnd(2000, loadSimulatorKernels);
    const table = edge.alloc(LZ4_TABLE);
    const target = edge.alloc(3000);
    for (let length = 0; length <= 300; length++) {
      const content = mixed(length, length + 7);
      const written = edge.exports.lz4Compress(place(content), length, target, 3000, table);
      expect(lz4Frames(edge.u8(target, written).slice(), length).bytes).toEqual(content);
    }
  });
});
