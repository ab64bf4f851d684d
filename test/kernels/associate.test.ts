import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { decimalNs } from "../../src/sources/tables/decimal.ts";
import * as reference from "../reference/associate.ts";
import { describeShared } from "../shared-data.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const bytesOf = (stamps: readonly bigint[]): Uint8Array => new Uint8Array(BigInt64Array.from(stamps).buffer);

function nearest(a: readonly bigint[], b: readonly bigint[]) {
  const mark = kernels.mark();
  const [first, second] = [guardedBytes(kernels, bytesOf(a)), guardedBytes(kernels, bytesOf(b))];
  const [index, gap] = [guarded(kernels, 4 * a.length), guarded(kernels, 8 * a.length)];
  kernels.exports.nearestStamps(first.pointer, a.length, second.pointer, b.length, index.pointer, gap.pointer);
  for (const region of [first, second, index, gap]) region.expectIntact();
  const { buffer } = kernels.exports.memory;
  const out = {
    index: [...new Int32Array(buffer.slice(index.pointer, index.pointer + 4 * a.length))],
    gap: [...new BigInt64Array(buffer.slice(gap.pointer, gap.pointer + 8 * a.length))],
  };
  kernels.release(mark);
  return out;
}

function pairs(a: readonly bigint[], b: readonly bigint[], limit: number): number[] {
  const mark = kernels.mark();
  const [first, second] = [guardedBytes(kernels, bytesOf(a)), guardedBytes(kernels, bytesOf(b))];
  const [index, scratch] = [guarded(kernels, 4 * a.length), guarded(kernels, 28 * (a.length + b.length))];
  const count = kernels.exports.pairStamps(first.pointer, a.length, second.pointer, b.length, limit, index.pointer, scratch.pointer);
  for (const region of [first, second, index, scratch]) region.expectIntact();
  const out = [...new Int32Array(kernels.exports.memory.buffer.slice(index.pointer, index.pointer + 4 * a.length))];
  kernels.release(mark);
  expect(out.filter((row) => row >= 0)).toHaveLength(count);
  return out;
}

const ascending = (values: readonly bigint[]): bigint[] => [...values].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
const wild = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const dense = fc.bigInt({ min: 0n, max: 60n });
const stamps = (one: fc.Arbitrary<bigint>, minLength: number) => fc.array(one, { minLength, maxLength: 40, size: "max" }).map(ascending);

describe("nearestStamps", () => {
  test.each([
    ["dense", dense],
    ["over all of int64", wild],
  ])("%s", (_, one) => {
    fc.assert(
      fc.property(stamps(one, 0), stamps(one, 1), (a, b) => {
        const [got, want] = [nearest(a, b), reference.nearestStamps(a, b)];
        expect(got.gap).toEqual(want.gap);
        // Of equal stamps any is the nearest.
        expect(got.index.map((row) => b[row])).toEqual(want.index.map((row) => b[row]));
      }),
    );
  });
});

describe("pairStamps", () => {
  const named = (a: readonly bigint[], b: readonly bigint[], rows: readonly number[]) =>
    rows.map((row, i) => `${a[i]} ${row < 0 ? null : b[row]}`).sort();

  test("no stamp twice in a stream: the very rows", () => {
    const unique = fc.uniqueArray(dense, { maxLength: 30, size: "max" }).map(ascending);
    fc.assert(
      fc.property(unique, unique, fc.integer({ min: 1, max: 30 }), (a, b, limit) => {
        expect(pairs(a, b, limit)).toEqual(reference.pairStamps(a, b, limit));
      }),
      { numRuns: 1000 },
    );
  });

  test("equal stamps in a stream: as many pairs of the same stamps", () => {
    fc.assert(
      fc.property(stamps(dense, 0), stamps(dense, 0), fc.integer({ min: 1, max: 30 }), (a, b, limit) => {
        expect(named(a, b, pairs(a, b, limit))).toEqual(named(a, b, reference.pairStamps(a, b, limit)));
      }),
      { numRuns: 1000 },
    );
  });

  test("over all of int64", () => {
    fc.assert(
      fc.property(stamps(wild, 0), stamps(wild, 0), fc.constantFrom(1, 2 ** 40, 2 ** 62), (a, b, limit) => {
        expect(named(a, b, pairs(a, b, limit))).toEqual(named(a, b, reference.pairStamps(a, b, limit)));
      }),
    );
  });

  test("a chain of ever smaller gaps is not gone over again and again", () => {
    const n = 100_000;
    const chain = Array.from({ length: n }, (_, i) => BigInt(i) * BigInt(2 * n - i));
    const index = pairs(
      chain.filter((_, i) => i % 2 === 0),
      chain.filter((_, i) => i % 2 === 1),
      1e9,
    );
    expect(index.filter((row) => row >= 0)).toHaveLength(n / 2);
  });
});

/** Two columns of stamps: associate.py's answer, and its question when each is taken by itself. */
describeShared("the peer's lists", (folder) => {
  test.each(["fr1_xyz", "fr1_desk", "fr2_desk"])("TUM %s, pair for pair", (name) => {
    const text = readFileSync(`${folder}/6-sync/tum-euroc-timestamps/associations/${name}.txt`, "utf8");
    const rows = text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" "));
    const column = (at: number) => rows.map((row) => decimalNs(row[at], 9) ?? 0n);
    const [rgb, depth] = [column(0), column(2)];
    const want = rgb.map((stamp, i) => [stamp, depth[i]] as const);
    const [a, b] = [ascending(rgb), ascending(depth)];
    const found = pairs(a, b, 2e7).flatMap((row, i) => (row < 0 ? [] : [[a[i], b[row]]]));
    expect(found).toEqual([...want].sort(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0)));
  });
});
