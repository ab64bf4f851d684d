import { describe, expect, test } from "vitest";
import { loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/merkle.ts";
import { guarded, guardedBytes, painted } from "./regions.ts";

const kernels = await loadKernels();
const KEY = painted(32, 77);
const key = kernels.put(KEY);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Nodes of blocks of frames whose leaves and stamps all differ; regions at odd places. */
function blocks(frames: number, leafBytes: number, perBlock: number): { readonly got: readonly string[]; readonly expected: string[] } {
  const leaves = painted(frames * leafBytes, frames + perBlock);
  const stamps = painted(frames * 8, 3 * frames + 1);
  const mark = kernels.mark();
  const [a, b] = [guardedBytes(kernels, leaves, 3), guardedBytes(kernels, stamps, 5)];
  const out = guarded(kernels, Math.ceil(frames / perBlock) * 32, 1);
  const count = kernels.exports.merkleBlocks(a.pointer, leafBytes, b.pointer, frames, perBlock, key, out.pointer);
  for (const region of [a, b, out]) region.expectIntact();
  const got = Array.from({ length: count }, (_, i) => hex(kernels.u8(out.pointer + 32 * i, 32)));
  expect([hex(kernels.u8(a.pointer, leaves.length)), hex(kernels.u8(b.pointer, stamps.length))]).toEqual([hex(leaves), hex(stamps)]);
  kernels.release(mark);
  const view = new DataView(stamps.buffer);
  const entries = Array.from({ length: frames }, (_, i) => ({
    leaf: leaves.subarray(i * leafBytes, (i + 1) * leafBytes),
    stampNs: view.getBigInt64(8 * i, true),
  }));
  return { got, expected: reference.merkleBlocks(entries, perBlock, KEY).map(hex) };
}

describe("merkleBlocks", () => {
  test.each([16, 32])("any number of frames, leaves of %i bytes", (leafBytes) => {
    for (let frames = 0; frames <= 200; frames++) {
      const { got, expected } = blocks(frames, leafBytes, 10);
      expect([frames, got]).toEqual([frames, expected]);
    }
  });

  // 42 frames of 24 bytes, or 25 of 40, are what fits a chunk of BLAKE3; 64 bytes are its block.
  test.each([16, 32])("any size of block, leaves of %i bytes", (leafBytes) => {
    for (const perBlock of [1, 2, 3, 7, 8, 9, 24, 25, 26, 41, 42, 43, 100, 341, 1000]) {
      for (const frames of [perBlock - 1, perBlock, 8 * perBlock, 9 * perBlock + 1]) {
        const { got, expected } = blocks(frames, leafBytes, perBlock);
        expect([perBlock, frames, got]).toEqual([perBlock, frames, expected]);
      }
    }
  });
});

describe("merkleTop", () => {
  test("of any number of nodes; nothing outside them is written", () => {
    for (const count of [...Array.from({ length: 70 }, (_, i) => i + 1), 127, 128, 129, 255, 256, 257]) {
      const nodes = painted(32 * count, count);
      const mark = kernels.mark();
      const region = guardedBytes(kernels, nodes, 7);
      kernels.exports.merkleTop(region.pointer, count, key);
      region.expectIntact();
      const each = Array.from({ length: count }, (_, i) => nodes.subarray(32 * i, 32 * i + 32));
      expect([count, hex(kernels.u8(region.pointer, 32))]).toEqual([count, hex(reference.merkleTop(each, KEY))]);
      kernels.release(mark);
    }
  });
});
