/** Leaves are the digests the seal's documentation says they are, and stay in order however they are merged. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digest } from "../../src/digest/digest.ts";
import { loadKernels } from "../../src/kernels.ts";
import {
  isBlank,
  joined,
  type LeafParts,
  type LeafRecipe,
  type Leaves,
  mergeLeaves,
  observeLeaves,
  streamedLeaf,
} from "../../src/seal/leaves.ts";
import type { Block } from "../../src/types.ts";
import { blockOf } from "../blocks.ts";
import { painted } from "../kernels/regions.ts";

const kernels = await loadKernels();
const KEY = painted(32, 5);
const RECIPES = [
  { version: 2, algorithm: "xxh3-128", key: null },
  { version: 2, algorithm: "blake3", key: null },
  { version: 2, algorithm: "blake3", key: KEY },
] as const satisfies readonly LeafRecipe[];

/** A block of these payloads, which begin at frame `first`; null for one that was too large to be loaded. */
function blockOfPayloads(payloads: readonly (Uint8Array | null)[], first: number): Block {
  const block = blockOf(
    payloads.map((payload, i) => {
      const stampNs = BigInt(1000 * (first + i));
      return { stampNs, logNs: stampNs + 7n, sequence: i, bytes: payload?.length ?? 2 ** 31, digest: 0x1234_5678_8000_0000n };
    }),
  );
  const at = payloads.map((payload) => (payload ? kernels.put(payload) : 0));
  const { frames } = block;
  const start = Float64Array.from(payloads, (_, i) => 5000 * (first + i));
  return { ...block, frames: { ...frames, pointer: Uint32Array.from(at), start, end: start.map((from) => from + 100) } };
}

const leafOf = ({ digests, count }: Leaves, i: number): string =>
  Buffer.from(digests.subarray((i * digests.length) / count, ((i + 1) * digests.length) / count)).toString("hex");
const reversed = (hex: string): string => Buffer.from(hex, "hex").reverse().toString("hex");

describe.each(RECIPES)("leaves of $algorithm, key $key", ({ algorithm, key }) => {
  const definition = (payload: Uint8Array): string =>
    algorithm === "blake3" ? digest(payload, algorithm, key ? { key } : {}) : reversed(digest(payload, algorithm));
  const size = algorithm === "blake3" ? 32 : 16;

  test("are digests of the payloads, under the logged time", () => {
    const payloads = [0, 1, 16, 17, 240, 241, 1024, 1025, 5000, 70_000].map((length) => painted(length, length + 1));
    const [leaves] = observeLeaves(blockOfPayloads(payloads, 0), { version: 2, algorithm, key }, kernels);
    if (!leaves) throw new Error("expected leaves");
    expect(payloads.map((_, i) => leafOf(leaves, i))).toEqual(payloads.map(definition));
    expect([...leaves.stampNs]).toEqual(payloads.map((_, i) => BigInt(1000 * i + 7)));
    expect(leaves.places?.end[3]).toBe(15_100);
  });

  test("of a payload that was not read is blank, of an empty one the digest of nothing; in version 1 size and CRC-32 stand in", () => {
    const payloads = [painted(50, 1), null, new Uint8Array(0), painted(60, 2)];
    for (const version of [1, 2] as const) {
      const recipe = { version, algorithm, key, placed: false };
      const [leaves] = observeLeaves(blockOfPayloads(payloads, 0), recipe, kernels);
      if (!leaves) throw new Error("expected leaves");
      expect(leafOf(leaves, 1)).toBe(`${version === 1 ? "0000008078563412" : "00".repeat(8)}${"00".repeat(size - 8)}`);
      for (const i of [0, 2, 3]) expect(leafOf(leaves, i)).toBe(definition(payloads[i] ?? new Uint8Array(0)));
      expect(payloads.map((_, i) => isBlank(leaves.digests, i, size))).toEqual([false, true, false, false]);
      expect(leaves.places).toBeNull();
    }
  });

  test("of a payload that is never in memory whole is its digest, piece by piece; there is none in version 1", () => {
    const payload = painted(70_000, 3);
    for (const pieces of [[70_000], [1, 69_999], [1000, 0, 60_000, 9000]]) {
      const mark = kernels.mark();
      const leaf = streamedLeaf({ version: 2, algorithm, key }, kernels);
      let at = 0;
      for (const bytes of pieces) {
        leaf?.piece(kernels.put(payload.subarray(at, at + bytes)), bytes);
        at += bytes;
      }
      const digests = leaf?.finish() ?? new Uint8Array(0);
      expect(Buffer.from(digests).toString("hex")).toBe(definition(payload));
      const block = { ...blockOfPayloads([painted(5, 1), null], 0), leaves: new Map([[1, digests]]) };
      const [leaves] = observeLeaves(block, { version: 2, algorithm, key }, kernels);
      expect(leaves && leafOf(leaves, 1)).toBe(definition(payload));
      kernels.release(mark);
    }
    expect(streamedLeaf({ version: 1, algorithm, key }, kernels)).toBeNull();
  });

  test("of a frame the reader names as not read is blank, whatever else it says", () => {
    const block = { ...blockOfPayloads([painted(5, 1), new Uint8Array(0)], 0), leaves: new Map([[1, null]]) };
    const [leaves] = observeLeaves(block, { version: 2, algorithm, key }, kernels);
    expect(leaves && [0, 1].map((i) => isBlank(leaves.digests, i, size))).toEqual([false, true]);
  });
});

describe("merging", () => {
  const recipe = RECIPES[0];
  const partsOf = (sizes: readonly number[], placed: boolean): readonly LeafParts[] => {
    let first = 0;
    return sizes.map((count) => {
      const payloads = Array.from({ length: count }, (_, i) => Uint8Array.of((first + i) & 255, (first + i) >> 8));
      const block = blockOfPayloads(payloads, first);
      const form = Uint16Array.from({ length: count }, (_, i) => (first + i) % 3);
      const parts = observeLeaves({ ...block, frames: { ...block.frames, form } }, { ...recipe, placed }, kernels);
      first += count;
      return parts;
    });
  };

  test.each([true, false])("in any tree gives the leaves of one block, in few pieces; placed: %s", (placed) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (sizes, picks) => {
          const mark = kernels.mark();
          let parts = [...partsOf(sizes, placed)];
          while (parts.length > 1) {
            const at = (picks.next().value ?? 0) % (parts.length - 1);
            parts = parts.toSpliced(at, 2, mergeLeaves(parts[at] ?? [], parts[at + 1] ?? []));
          }
          const total = sizes.reduce((sum, count) => sum + count, 0);
          const [whole = []] = partsOf([total], placed);
          expect(joined(parts[0] ?? [])).toEqual(whole[0]);
          kernels.release(mark);
        },
      ),
      { seed: 9, numRuns: 60 },
    );
  });

  test("span after span keeps a few hundred pieces, and copies a frame once or twice", () => {
    let all: LeafParts = [];
    const [one = []] = partsOf([3], true);
    const copied = new Map<Leaves, number>(one.map((part) => [part, 0]));
    let most = 0;
    for (let i = 0; i < 5000; i++) {
      all = mergeLeaves(all, one);
      most = Math.max(most, all.length);
      for (const part of all) if (!copied.has(part)) copied.set(part, part.count);
    }
    const frames = all.reduce((sum, { count }) => sum + count, 0);
    const copies = [...copied.values()].reduce((sum, count) => sum + count, 0);
    expect(frames).toBe(15_000);
    expect(most).toBeLessThan(300);
    expect(copies / frames).toBeLessThan(3);
  });
});
