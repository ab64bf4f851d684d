/** Everything the peer's writer can write, read back; and what is known about damage in each layout. */
import { describe, expect, test } from "vitest";
import { loadKernels } from "../../src/kernels.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { mcap } from "../../src/sources/mcap/source.ts";
import type { Damage } from "../../src/types.ts";
import { bad, expectSame, mcapInput, readMcap, withoutSpans } from "./mcap-read.ts";
import { type Layout, someMessages, type Written, writeMcap } from "./mcap-write.ts";

const messages = someMessages(400);
const switches = ["useStatistics", "useSummaryOffsets", "repeatSchemas", "repeatChannels", "useMessageIndex", "useChunkIndex"] as const;
const layouts: readonly (readonly [string, Layout])[] = [
  ["unchunked", { useChunks: false }],
  ["chunked", { chunkSize: 2000, extras: 5 }],
  ["one chunk", { chunkSize: 1 << 24 }],
  ["zstd", { chunkSize: 2000, compression: "zstd" }],
  ["lz4", { chunkSize: 2000, compression: "lz4" }],
  ["no index at all", Object.fromEntries([...switches, "useAttachmentIndex", "useMetadataIndex"].map((key) => [key, false]))],
  ["unchunked, no index at all", { useChunks: false, ...Object.fromEntries(switches.map((key) => [key, false])) }],
  ...switches.map((key) => [`without ${key}`, { chunkSize: 2000, extras: 2, [key]: false }] as const),
];

function byTopic(all: readonly Written[]): Record<string, unknown[]> {
  const out: Record<string, unknown[]> = {};
  for (const { topic, sequence, logTime, data } of all) {
    const list = out[topic] ?? [];
    out[topic] = list;
    list.push([logTime, sequence, [...data]]);
  }
  return out;
}

function rowsOf(read: ReturnType<typeof readMcap>): Record<string, unknown[]> {
  return Object.fromEntries(
    Object.entries(read.frames).map(([id, rows]) => [id, rows.map(({ logNs, sequence, payload }) => [logNs, sequence, [...payload]])]),
  );
}

describe.each(layouts)("%s", (_name, layout) => {
  test("reads as written, with nothing to complain about, at every grain", async () => {
    const bytes = await writeMcap(messages, layout);
    const read = readMcap(bytes);
    expect(bad(read.damages)).toEqual([]);
    expect(read.conclusion.defects).toEqual([]);
    expect([read.conclusion.status, read.conclusion.observed["dataCrc"]]).toEqual(["pass", "match"]);
    expect(rowsOf(read)).toEqual(byTopic(messages));
    expect(read.order).toEqual(messages.map(({ topic }) => topic));
    expect([read.index.attachments, read.index.metadata]).toEqual([layout.extras ?? 0, layout.extras ?? 0]);
    expect(read.regions.verified).toBe(read.regions.total - 1);
    for (const spanBytes of [1, 1024, 8 << 20]) expectSame(withoutSpans(readMcap(bytes, spanBytes)), withoutSpans(read));
  });

  test("spans cover the data section without holes", async () => {
    const bytes = await writeMcap(messages, layout);
    const kernels = await loadKernels();
    const { spans, claims } = mcap.open(mcapInput(bytes), kernels, nodePlatform, { spanBytes: 3000 });
    let at = 0;
    for (const span of spans) {
      expect(span.kind === "bytes" && span.start).toBe(at);
      at = span.kind === "bytes" ? span.end : -1;
    }
    expect(at).toBe(claims.crc?.bytes[1]);
  });
});

/** Top-level records of a sound file. */
function recordsOf(bytes: Uint8Array): readonly { readonly opcode: number; readonly at: number; readonly end: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = [];
  for (let at = 8; at < bytes.length - 8; ) {
    const end = at + 9 + Number(view.getBigUint64(at + 1, true));
    out.push({ opcode: bytes[at] ?? 0, at, end });
    at = end;
  }
  return out;
}

function changed(bytes: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(new DataView(copy.buffer), copy);
  return copy;
}

function total(read: ReturnType<typeof readMcap>): number {
  return Object.values(read.frames).reduce((sum, rows) => sum + rows.length, 0);
}

function only(damages: readonly Damage[], kind: string): Damage {
  const found = damages.filter((one) => one.kind === kind);
  expect(found.map(({ kind: k }) => k)).toEqual([kind]);
  return found[0] as Damage;
}

describe("one damage each", () => {
  const nth = (bytes: Uint8Array, opcode: number, n: number): { readonly at: number; readonly end: number } => {
    const record = recordsOf(bytes).filter((one) => one.opcode === opcode)[n];
    if (!record) throw new Error(`expected record ${opcode} number ${n}`);
    return record;
  };

  test.each([
    ["2^63", 1n << 63n],
    ["2^64 - 1", (1n << 64n) - 1n],
    ["2^40", 1n << 40n],
    ["a little more", 0n],
  ])("the length of a chunk says %s: the chunk is read all the same", async (_name, length) => {
    const bytes = await writeMcap(messages, { chunkSize: 2000 });
    const { at, end } = nth(bytes, 6, 3);
    const read = readMcap(changed(bytes, (view) => view.setBigUint64(at + 1, length || BigInt(end - at - 9 + 77), true)));
    expect(only(read.damages, "record-length").bytes).toEqual([at, at + 9]);
    expect(total(read)).toBe(messages.length);
    expect(read.lostBytes).toBe(0);
    expect(read.conclusion.status).toBe("fail");
  });

  test.each([
    ["with index", {}],
    ["without any index", { useStatistics: false, repeatChannels: false, useChunkIndex: false }],
  ])("the length of an unchunked message is wrong, %s: only that message is lost", async (_name, layout: Layout) => {
    const bytes = await writeMcap(messages, { useChunks: false, ...layout });
    for (const n of [0, 7, 200, 399]) {
      for (const length of [1n << 63n, 5n, 2000n]) {
        const { at, end } = nth(bytes, 5, n);
        const read = readMcap(changed(bytes, (view) => view.setBigUint64(at + 1, length, true)));
        const damage = only(read.damages, "record-length");
        expect([n, length, damage.bytes, damage.observed["skipped"]]).toEqual([n, length, [at, at + 9], [at, end]]);
        expect([n, length, total(read), read.lostBytes]).toEqual([n, length, messages.length - 1, end - at]);
      }
    }
  });

  test("a record turned to zeros", async () => {
    const bytes = await writeMcap(messages, { useChunks: false });
    const { at, end } = nth(bytes, 5, 100);
    const read = readMcap(changed(bytes, (_view, copy) => copy.fill(0, at, end)));
    expect(only(read.damages, "unreadable").bytes).toEqual([at, end]);
    expect(total(read)).toBe(messages.length - 1);
  });

  test.each(["", "zstd", "lz4"] as const)(
    "a chunk claims 100 GB (compression %j): it is not opened, the others are",
    async (compression) => {
      const bytes = await writeMcap(messages, { chunkSize: 2000, compression });
      const { at, end } = nth(bytes, 6, 2);
      const all = readMcap(bytes);
      const read = readMcap(changed(bytes, (view) => view.setBigUint64(at + 9 + 16, 100_000_000_000n, true)));
      const damage = read.damages.find(({ kind }) => kind === (compression === "" ? "index-mismatch" : "too-large"));
      expect(damage?.bytes?.[0]).toBeGreaterThanOrEqual(at);
      expect(read.damages.every(({ bytes: range }) => (range?.[0] ?? -1) >= at)).toBe(true);
      if (compression === "") {
        expect(total(read)).toBe(messages.length);
      } else {
        expect(damage?.bytes?.[1]).toBeLessThanOrEqual(end);
        expect(damage?.observed["framesLost"]).toBe(total(all) - total(read));
        expect(total(read)).toBeLessThan(messages.length);
      }
    },
  );

  test.each(["", "zstd", "lz4"] as const)("a bit flipped in a chunk (compression %j)", async (compression) => {
    const bytes = await writeMcap(messages, { chunkSize: 2000, compression });
    const { at, end } = nth(bytes, 6, 2);
    const read = readMcap(changed(bytes, (_view, copy) => (copy[end - 20] = (copy[end - 20] ?? 0) ^ 1)));
    const damage = read.damages[0];
    expect(read.damages.length).toBe(1);
    expect(damage?.kind).toBe(compression === "zstd" ? "chunk-damaged" : "crc-mismatch");
    expect((damage?.bytes?.[0] ?? -1) >= at && (damage?.bytes?.[1] ?? end + 1) <= end).toBe(true);
    if (compression !== "zstd") expect(total(read)).toBe(messages.length);
    else {
      expect(damage?.observed["framesLost"]).toBe(messages.length - total(read));
      // All the chunk's compressed bytes: behind its header of 40 bytes and "zstd".
      expect(read.lostBytes).toBe(end - at - 9 - 44);
    }
  });

  test("a length inside an uncompressed chunk: the messages behind it are found again", async () => {
    const bytes = await writeMcap(messages, { chunkSize: 1 << 24 });
    const { at } = nth(bytes, 6, 0);
    const inner = recordsOf(bytes.subarray(at + 9 + 40 - 8)).filter(({ opcode }) => opcode === 5)[50];
    const place = at + 9 + 32 + (inner?.at ?? 0);
    const read = readMcap(changed(bytes, (view) => view.setBigUint64(place + 1, 1n << 50n, true)));
    const damage = only(read.damages, "record-length");
    expect(damage.bytes).toEqual([place, place + 9]);
    expect(total(read)).toBe(messages.length - 1);
    only(read.damages, "crc-mismatch");
  });

  test("a bit flipped in an unchunked payload shows in the checksum of the data section", async () => {
    const bytes = await writeMcap(messages, { useChunks: false });
    const { end } = nth(bytes, 5, 100);
    const { conclusion, damages } = readMcap(changed(bytes, (_view, copy) => (copy[end - 1] = (copy[end - 1] ?? 0) ^ 4)));
    expect(damages).toEqual([]);
    const dataEnd = nth(bytes, 15, 0);
    expect(conclusion.defects.map(({ kind, bytes: range, observed }) => [kind, range, observed["covers"]])).toEqual([
      ["crc-mismatch", [dataEnd.at, dataEnd.end], [0, dataEnd.at]],
    ]);
    expect(conclusion.status).toBe("fail");
  });

  test("an attachment, a message index, a chunk index, the statistics, the summary's checksum", async () => {
    const bytes = await writeMcap(messages, { chunkSize: 2000, extras: 5 });
    const flip = (at: number): readonly string[] => {
      const read = readMcap(changed(bytes, (_view, copy) => (copy[at] = (copy[at] ?? 0) ^ 1)));
      expect(total(read)).toBe(messages.length);
      return read.conclusion.defects.map(({ kind, bytes: range }) => `${kind} ${range}`);
    };
    const attachment = nth(bytes, 9, 1);
    expect(flip(attachment.end - 6)).toEqual([`crc-mismatch ${[attachment.at, attachment.end]}`]);
    const messageIndex = nth(bytes, 7, 4);
    expect(flip(messageIndex.at + 9 + 6)).toContain(`index-mismatch ${[messageIndex.at, messageIndex.end]}`);
    const chunkIndex = nth(bytes, 8, 1);
    expect(flip(chunkIndex.at + 9)).toContain(`index-mismatch ${[chunkIndex.at, chunkIndex.end]}`);
    const statistics = nth(bytes, 11, 0);
    expect(flip(statistics.at + 9 + 10)).toContain(`statistics-mismatch ${[statistics.at, statistics.end]}`);
    const footer = nth(bytes, 2, 0);
    const summary = nth(bytes, 15, 0).end;
    expect(flip(footer.end - 1)).toEqual([`crc-mismatch ${[summary, footer.end]}`]);
    expect(flip(bytes.length - 1)).toEqual([`bad-magic ${[bytes.length - 8, bytes.length]}`]);
  });

  test.each([
    ["zstd", 0],
    ["lz4", 40],
  ] as const)("a %s chunk whose header is gone: what was lost is told in bytes, frames and time", async (compression, keep) => {
    const bytes = await writeMcap(messages, { chunkSize: 2000, compression });
    const sound = readMcap(bytes);
    const { at, end } = nth(bytes, 6, 3);
    const read = readMcap(changed(bytes, (_view, copy) => copy.fill(0, at, end - keep)));
    const damage = only(read.damages, "unreadable");
    const lost = messages.length - total(read);
    expect(lost).toBeGreaterThan(10);
    expect([damage.bytes, damage.observed["framesLost"], read.lostBytes]).toEqual([[at, end], lost, end - at]);
    const left = new Set(Object.values(read.frames).flatMap((rows) => rows.map(({ logNs }) => logNs)));
    const gone = Object.values(sound.frames).flatMap((rows) => rows.map(({ logNs }) => logNs).filter((time) => !left.has(time)));
    gone.sort((a, b) => (a < b ? -1 : 1));
    expect(damage.timeNs).toEqual([gone[0], gone[gone.length - 1]]);
    // The same told by the statistics, stream by stream, and by nothing else.
    const others = read.conclusion.defects.filter(({ kind }) => kind !== "unreadable");
    expect([...new Set(others.map(({ kind }) => kind))]).toEqual(["statistics-mismatch"]);
    expect(others.reduce((sum, { observed }) => sum + Number(observed["missing"]), 0)).toBe(lost);
    expect(
      withoutSpans(
        readMcap(
          changed(bytes, (_view, copy) => copy.fill(0, at, end - keep)),
          1,
        ),
      ),
    ).toEqual(withoutSpans(read));
  });

  test("an attachment too large to load is checked in pieces", async () => {
    const { McapWriter } = await import("@mcap/core");
    const { MemoryWritable } = await import("../sample-mcap.ts");
    const out = new MemoryWritable();
    const writer = new McapWriter({ writable: out });
    await writer.start();
    const data = Uint8Array.from({ length: 3_500_001 }, (_, i) => (i * 31) >>> 3);
    await writer.addAttachment({ name: "large", mediaType: "x", logTime: 0n, createTime: 0n, data });
    await writer.end();
    const bytes = out.bytes();
    const { at, end } = nth(bytes, 9, 0);
    const sound = readMcap(bytes);
    expect([sound.damages, sound.conclusion.status, sound.regions]).toEqual([[], "pass", { total: 3, withChecksum: 3, verified: 2 }]);
    for (const place of [at + 60, at + 2_000_000, end - 5, end - 1]) {
      const read = readMcap(changed(bytes, (_view, copy) => (copy[place] = (copy[place] ?? 0) ^ 2)));
      expect([place, only(read.damages, "crc-mismatch").bytes, read.conclusion.defects.length]).toEqual([place, [at, end], 1]);
    }
  });

  test("a message of more than 1 GiB is counted and passed over in pieces", () => {
    const length = 2 ** 30 + 1000;
    const u64 = (n: number): number[] => [...new Uint8Array(BigUint64Array.of(BigInt(n)).buffer)];
    const magic = [0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a];
    const channel = [4, ...u64(17), 1, 0, 0, 0, 1, 0, 0, 0, 0x74, 0, 0, 0, 0, 0, 0, 0, 0];
    const head = [...magic, 1, ...u64(8), ...u64(0), ...channel, 5, ...u64(length), 1, 0, 9, 0, 0, 0, ...u64(77), ...u64(77)];
    const tail = [15, ...u64(4), 0, 0, 0, 0, 2, ...u64(20), ...u64(0), ...u64(0), 0, 0, 0, 0, ...magic];
    const at = head.length - 31;
    const size = at + 9 + length + tail.length;
    // No file of a gigabyte: what lies between is zeros.
    const input = {
      ...mcapInput(new Uint8Array(0)),
      files: [{ path: "x.mcap", size }],
      read(_file: number, position: number, target: Uint8Array): number {
        const n = Math.max(0, Math.min(target.length, size - position));
        target.fill(0, 0, n);
        for (const [start, part] of [
          [0, head],
          [size - tail.length, tail],
        ] as const) {
          for (let i = 0; i < part.length; i++) {
            const offset = start + i - position;
            if (offset >= 0 && offset < n) target[offset] = part[i] ?? 0;
          }
        }
        return n;
      },
    };
    const { frames, damages, lostBytes } = readMcap(new Uint8Array(0), 1 << 20, input);
    expect(frames["t"]?.map(({ bytes, sequence, logNs }) => [bytes, sequence, logNs])).toEqual([[length - 22, 9, 77n]]);
    expect(frames["t"]?.[0]?.digest).not.toBe(0n);
    expect([only(damages, "too-large").bytes, lostBytes]).toEqual([[at, at + 9], 0]);
  });

  test("bytes behind the end", async () => {
    const bytes = await writeMcap(messages, { chunkSize: 2000 });
    const read = readMcap(Uint8Array.from([...bytes, ...new Uint8Array(50)]));
    expect(only(read.damages, "trailing-bytes").bytes).toEqual([bytes.length, bytes.length + 50]);
    expect(total(read)).toBe(messages.length);
  });

  test("an uncompressed chunk cut by the end of the file gives what came before the cut", async () => {
    const bytes = await writeMcap(messages, { chunkSize: 1 << 24 });
    const { at, end } = nth(bytes, 6, 0);
    const cut = Math.floor((at + end) / 2);
    const read = readMcap(bytes.subarray(0, cut));
    const damage = only(read.damages, "truncated");
    expect(damage.bytes).toEqual([at, cut]);
    expect(damage.observed["framesRead"]).toBe(total(read));
    expect(total(read)).toBeGreaterThan(messages.length / 3);
    expect(read.order).toEqual(messages.slice(0, total(read)).map(({ topic }) => topic));
    expect(read.lostBytes).toBeLessThan(1000);
  });

  test("a file that shrinks after it was opened", async () => {
    const bytes = await writeMcap(messages, { useChunks: false });
    const kernels = await loadKernels();
    const index = mcap.open(mcapInput(bytes), kernels, nodePlatform, { spanBytes: 1 << 20 });
    const short = mcapInput(bytes.subarray(0, 10_000));
    const { facts, blocks } = mcap.reader(short, index, kernels, nodePlatform).read(index.spans[0] as (typeof index.spans)[0], new Set());
    const span = index.spans[0];
    expect(only(facts.damages, "shrunk").bytes).toEqual([10_000, span?.kind === "bytes" && span.end]);
    expect(blocks.reduce((sum, { frames }) => sum + frames.count, 0)).toBe(
      recordsOf(bytes).filter(({ opcode, end }) => opcode === 5 && end <= 10_000).length,
    );
  });
});

test("the peer's writer indexes attachments at wrong offsets in unchunked files: told, and all else right", async () => {
  const read = readMcap(await writeMcap(messages, { useChunks: false, extras: 3 }));
  expect(bad(read.damages).length).toBe(3);
  expect(read.damages.every(({ kind, observed }) => kind === "index-mismatch" && observed["record"] === "AttachmentIndex")).toBe(true);
  expect([total(read), read.index.attachments, read.lostBytes]).toEqual([messages.length, 3, 0]);
});

describe("channels", () => {
  test("one topic on several channels is one stream where they agree", async () => {
    const { McapWriter } = await import("@mcap/core");
    const { MemoryWritable } = await import("../sample-mcap.ts");
    const out = new MemoryWritable();
    const writer = new McapWriter({ writable: out, chunkSize: 100 });
    await writer.start();
    const schemaId = await writer.registerSchema({ name: "S", encoding: "", data: new Uint8Array(0) });
    const channel = async (schema: number): Promise<number> =>
      writer.registerChannel({ schemaId: schema, topic: "/t", messageEncoding: "raw", metadata: new Map() });
    const ids = [await channel(schemaId), await channel(schemaId), await channel(0)];
    for (let i = 0; i < 30; i++) {
      const data = Uint8Array.of(i);
      await writer.addMessage({ channelId: ids[i % 3] ?? 0, sequence: i, logTime: BigInt(i), publishTime: 0n, data });
    }
    await writer.end();
    const { frames, conclusion } = readMcap(out.bytes());
    expect(Object.entries(frames).map(([id, rows]) => [id, rows.length])).toEqual([
      ["/t", 20],
      [`/t [channel ${ids[2]}]`, 10],
    ]);
    expect([conclusion.status, conclusion.defects]).toEqual(["pass", []]);
  });
});
