/** Digests on a page are those on Node. */
import { describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import { algorithms, allocate, crc32Combine, digest } from "../../src/browser/index.ts";
import { bytesOf, digestsOf } from "./digest-cases.ts";

const LENGTHS = [0, 1, 3, 8, 16, 17, 63, 128, 129, 240, 241, 512, 1023, 1024, 1025, 4097, 8193, 26_000, 100_003, 700_001];

describe("digests", () => {
  test("of every algorithm, at once and in parts, are Node's", async () => {
    const here = digestsOf(LENGTHS);
    expect(new Set(here.map(([name]) => name.split(" ")[0]))).toEqual(new Set(algorithms));
    expect(here).toEqual(await commands.digestsOnNode(LENGTHS));
  });

  test("of bytes in kernel memory are those of a copy", () => {
    const bytes = bytesOf(70_000);
    const placed = allocate(bytes.length);
    placed.set(bytes);
    for (const name of algorithms) expect([name, digest(placed, name)]).toEqual([name, digest(bytes, name)]);
  });

  test("of two halves combine", () => {
    const bytes = bytesOf(5000);
    const [a, b] = [bytes.subarray(0, 1777), bytes.subarray(1777)];
    expect(crc32Combine(digest(a, "crc32"), digest(b, "crc32"), b.length)).toBe(digest(bytes, "crc32"));
  });
});
