/** Messages large enough to be summed as they are found: their checksums are joined into the chunk's and the section's. */
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readMcap } from "./mcap-read.ts";
import { type Layout, type Written, writeMcap } from "./mcap-write.ts";

/** Sizes on both sides of where summing begins, mixed, and an empty one. */
const SIZES = [40_000, 10, 16_361, 16_362, 16_363, 0, 70_000, 16_384, 500];
const messages: readonly Written[] = SIZES.map((bytes, i) => ({
  topic: i % 2 === 0 ? "/a" : "/b",
  sequence: i,
  logTime: BigInt(i) * 1000n,
  data: new Uint8Array(bytes).map((_, k) => (k * 31 + i * 7 + (k >> 8)) & 0xff),
}));

const LAYOUTS: Readonly<Record<string, Layout>> = {
  "chunked, not compressed": { chunkSize: 100_000 },
  "chunked, lz4": { chunkSize: 100_000, compression: "lz4" },
  "chunked, zstd": { chunkSize: 100_000, compression: "zstd" },
  unchunked: { useChunks: false },
};

describe.each(Object.entries(LAYOUTS))("%s", (_, layout) => {
  test("every frame is named by its CRC-32 and length, every checksum agrees", async () => {
    const { frames, damages, conclusion } = readMcap(await writeMcap(messages, layout));
    expect(damages).toEqual([]);
    expect(conclusion.status).toBe("pass");
    expect(conclusion.coverage.checked).toBe(conclusion.coverage.items);
    for (const [topic, rows] of Object.entries(frames)) {
      const written = messages.filter((m) => m.topic === topic);
      expect(rows.map(({ digest }) => digest)).toEqual(written.map(({ data }) => (BigInt(crc32(data)) << 32n) | BigInt(data.length)));
    }
  });

  test("a flipped bit anywhere in a large payload is found", async () => {
    const bytes = await writeMcap(messages, layout);
    const needle = messages[6]?.data.subarray(1000, 1040) ?? new Uint8Array();
    const at = Buffer.from(bytes).indexOf(needle);
    // Where zstd took the payload apart, its own data is hit instead.
    const place = at >= 0 ? at : Math.floor(bytes.length / 3);
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    const { conclusion, damages } = readMcap(bytes);
    expect(conclusion.status).toBe("fail");
    const ranges = [...damages, ...conclusion.defects].flatMap(({ bytes: range }) => (range ? [range] : []));
    if (layout.useChunks !== false) expect(ranges.some(([from, to]) => from <= place && place < to)).toBe(true);
  });
});
