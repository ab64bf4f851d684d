/** One statement of a sound file changed and every checksum made right again: only the contradiction is left to find. */
import { crc32 } from "node:zlib";
import { McapWriter } from "@mcap/core";
import { describe, expect, test } from "vitest";
import { MemoryWritable } from "../sample-mcap.ts";
import { bad, believes, readMcap, type WholeMcap } from "./mcap-read.ts";
import { someMessages, type Written, writeMcap } from "./mcap-write.ts";

interface Spot {
  readonly opcode: number;
  readonly at: number;
  readonly end: number;
}

const messages = someMessages(200);
const chunked = await writeMcap(messages, { chunkSize: 2000, extras: 4 });
const unchunked = await writeMcap(messages, { useChunks: false });

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Records of [from, to). */
function records(bytes: Uint8Array, from = 8, to = bytes.length - 8): readonly Spot[] {
  const view = viewOf(bytes);
  const out: Spot[] = [];
  for (let at = from; at < to; ) {
    const end = at + 9 + Number(view.getBigUint64(at + 1, true));
    out.push({ opcode: bytes[at] ?? 0, at, end });
    at = end;
  }
  return out;
}

function nth(list: readonly Spot[], opcode: number, n = 0): Spot {
  const found = list.filter((one) => one.opcode === opcode)[n];
  if (!found) throw new Error(`expected record ${opcode} number ${n}`);
  return found;
}

/** Records of an uncompressed chunk without compression name. */
function inside(bytes: Uint8Array, chunk: Spot): readonly Spot[] {
  return records(bytes, chunk.at + 9 + 40, chunk.end);
}

/** Every checksum right again. */
function refresh(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  const all = records(bytes);
  for (const { at, end } of all.filter(({ opcode }) => opcode === 6)) {
    view.setUint32(at + 9 + 24, crc32(bytes.subarray(at + 9 + 40, end)), true);
  }
  const dataEnd = all.find(({ opcode }) => opcode === 15);
  if (dataEnd) view.setUint32(dataEnd.at + 9, crc32(bytes.subarray(0, dataEnd.at)), true);
  const footer = nth(all, 2);
  const start = Number(view.getBigUint64(footer.at + 9, true)) || footer.at;
  view.setUint32(footer.at + 25, crc32(bytes.subarray(Math.min(start, footer.at), footer.at + 25)), true);
  return bytes;
}

function edited(bytes: Uint8Array, edit: (view: DataView, bytes: Uint8Array) => void): WholeMcap {
  const copy = bytes.slice();
  edit(viewOf(copy), copy);
  return readMcap(refresh(copy));
}

const all = records(chunked);
const found = ({ conclusion }: WholeMcap): readonly string[] =>
  conclusion.defects.map(({ kind, severity, bytes }) => `${severity} ${kind} ${bytes?.[0]}-${bytes?.[1]}`);
const at = ({ at: start, end }: Spot): string => `${start}-${end}`;

test("refreshing changes nothing in a sound file", () => {
  expect([...refresh(chunked.slice())]).toEqual([...chunked]);
  expect(readMcap(chunked).conclusion.defects).toEqual([]);
});

describe("the index", () => {
  const chunkIndex = nth(all, 8, 2);
  const attachmentIndex = nth(all, 10, 1);
  const metadataIndex = nth(all, 13, 1);
  const statistics = nth(all, 11);
  const summaryOffset = nth(all, 14, 1);
  const entries = viewOf(chunked).getUint32(chunkIndex.at + 9 + 32, true);
  const c = 9 + 36 + entries;

  test.each([
    ["ChunkIndex", "start time", chunkIndex, 9, "startTime"],
    ["ChunkIndex", "end time", chunkIndex, 17, "endTime"],
    ["ChunkIndex", "length", chunkIndex, 33, "chunkLength"],
    ["ChunkIndex", "message index offset", chunkIndex, 9 + 36 + 2, "wrongMessageIndexOffsets"],
    ["ChunkIndex", "message index length", chunkIndex, c, "messageIndexLength"],
    ["ChunkIndex", "compressed size", chunkIndex, c + 12, "compressedSize"],
    ["ChunkIndex", "uncompressed size", chunkIndex, c + 20, "uncompressedSize"],
    ["Statistics", "message count", statistics, 9, "messageCount"],
    ["Statistics", "schema count", statistics, 17, "schemaCount"],
    ["Statistics", "channel count", statistics, 19, "channelCount"],
    ["Statistics", "attachment count", statistics, 23, "attachmentCount"],
    ["Statistics", "metadata count", statistics, 27, "metadataCount"],
    ["Statistics", "chunk count", statistics, 31, "chunkCount"],
  ])("%s: %s", (_record, _name, spot, offset, name) => {
    for (const by of [1, 8]) {
      const read = edited(chunked, (_view, bytes) => (bytes[spot.at + offset] = ((bytes[spot.at + offset] ?? 0) ^ by) & 255));
      const kind = spot === statistics ? "statistics-mismatch" : "index-mismatch";
      expect(found(read)).toEqual([`error ${kind} ${at(spot)}`]);
      expect(Object.keys(read.conclusion.defects[0]?.observed ?? {})).toContain(name);
    }
  });

  test.each([
    ["AttachmentIndex", "length", attachmentIndex, 17],
    ["AttachmentIndex", "log time", attachmentIndex, 25],
    ["AttachmentIndex", "create time", attachmentIndex, 33],
    ["AttachmentIndex", "data size", attachmentIndex, 41],
    ["AttachmentIndex", "name", attachmentIndex, 53],
    ["AttachmentIndex", "media type", attachmentIndex, 59],
    ["MetadataIndex", "length", metadataIndex, 17],
    ["MetadataIndex", "name", metadataIndex, 29],
    ["SummaryOffset", "start", summaryOffset, 10],
    ["SummaryOffset", "length", summaryOffset, 18],
  ])("%s: %s", (_record, _name, spot, offset) => {
    const read = edited(chunked, (_view, bytes) => (bytes[spot.at + offset] = (bytes[spot.at + offset] ?? 0) ^ 1));
    expect(found(read)).toEqual([`error index-mismatch ${at(spot)}`]);
  });

  test("is believed until a reader disproves it, at every grain", () => {
    const wrong = chunked.slice();
    wrong[chunkIndex.at + 9] = (wrong[chunkIndex.at + 9] ?? 0) ^ 1;
    for (const spanBytes of [1, 5000, 1 << 20]) {
      expect(believes(chunked, spanBytes)).toBe("proved");
      expect(believes(refresh(wrong.slice()), spanBytes)).toBe("disproved");
      // The summary's own checksum already speaks against it.
      expect(believes(wrong, spanBytes)).toBe("no");
      expect(believes(unchunked, spanBytes)).toBe("no");
    }
  });

  test("offsets of chunks, attachments and metadata", () => {
    for (const [spot, offset] of [
      [chunkIndex, 25],
      [attachmentIndex, 9],
      [metadataIndex, 9],
    ] as const) {
      const read = edited(chunked, (_view, bytes) => (bytes[spot.at + offset] = (bytes[spot.at + offset] ?? 0) ^ 1));
      expect(found(read)).toEqual([`error index-mismatch ${at(spot)}`]);
    }
  });

  test("a stream's count in the statistics", () => {
    const read = edited(chunked, (view) => {
      view.setBigUint64(statistics.at + 9 + 46 + 2, view.getBigUint64(statistics.at + 9 + 46 + 2, true) + 1n, true);
      view.setBigUint64(statistics.at + 9, 201n, true);
    });
    expect(found(read)).toEqual([`error statistics-mismatch ${at(statistics)}`]);
    expect(read.conclusion.defects[0]?.observed["missing"]).toBe(1);
  });

  test("first and last time in the statistics", () => {
    for (const offset of [35, 43]) {
      const read = edited(chunked, (_view, bytes) => (bytes[statistics.at + offset] = (bytes[statistics.at + offset] ?? 0) ^ 1));
      expect(found(read)).toEqual([`error statistics-mismatch ${at(statistics)}`]);
    }
  });

  test("where the footer says the summary and its offsets begin", () => {
    const footer = nth(all, 2);
    expect(found(edited(chunked, (view) => view.setBigUint64(footer.at + 17, BigInt(summaryOffset.at), true)))).toEqual([
      `error index-mismatch ${footer.at + 17}-${footer.at + 25}`,
    ]);
    const schema = all.filter(({ opcode, at: start }) => opcode === 3 && start > nth(all, 15).at)[1];
    const late = edited(chunked, (view) => view.setBigUint64(footer.at + 9, BigInt(schema?.at ?? 0), true));
    expect(found(late)).toEqual([`error index-mismatch ${footer.at + 9}-${footer.at + 17}`]);
    const early = edited(chunked, (view) => view.setBigUint64(footer.at + 9, BigInt(nth(all, 6, 1).at), true));
    expect(found(early)).toEqual([`error index-mismatch ${footer.at + 9}-${footer.at + 17}`]);
    const beyond = edited(chunked, (view) => view.setBigUint64(footer.at + 9, 1n << 40n, true));
    expect(found(beyond)).toEqual([`error index-mismatch ${footer.at + 9}-${footer.at + 17}`]);
    expect(Object.values(beyond.frames).flat().length).toBe(messages.length);
  });
});

describe("chunks", () => {
  const chunk = nth(all, 6, 1);
  const messageIndex = nth(
    all.filter(({ at: start }) => start > chunk.at),
    7,
  );

  test("times: messages outside are wrong, room to spare is not", () => {
    const index = nth(all, 8, 1);
    const both = (offset: number, delta: bigint): WholeMcap =>
      edited(chunked, (view) => {
        for (const place of [chunk.at + 9 + offset, index.at + 9 + offset])
          view.setBigUint64(place, view.getBigUint64(place, true) + delta, true);
      });
    const range = `${chunk.at + 9}-${chunk.at + 25}`;
    expect(found(both(0, 1n))).toEqual([`error index-mismatch ${range}`]);
    expect(found(both(8, -1n))).toEqual([`error index-mismatch ${range}`]);
    expect(found(both(0, -1n))).toEqual([`info index-mismatch ${range}`]);
    expect(both(0, -1n).conclusion.status).toBe("pass");
  });

  test("a message that no message index names", () => {
    const read = edited(chunked, (view) => {
      const length = messageIndex.at + 9 + 2;
      view.setUint32(length, view.getUint32(length, true) - 16, true);
    });
    expect(found(read)).toHaveLength(1);
    expect(read.conclusion.defects[0]?.bytes?.[0]).toBe(chunk.end);
    const { messages: count, indexed } = read.conclusion.defects[0]?.observed ?? {};
    expect(Number(count) - Number(indexed)).toBe(1);
  });

  test("an entry twice, another one not at all", () => {
    const read = edited(chunked, (_view, bytes) => bytes.copyWithin(messageIndex.at + 15, messageIndex.at + 31, messageIndex.at + 47));
    expect(found(read)).toContain(`error index-mismatch ${at(messageIndex)}`);
  });

  test("a chunk of more messages than one scan holds is indexed right", async () => {
    const many = Array.from(
      { length: 20_000 },
      (_, i): Written => ({ topic: `/${i % 3}`, sequence: i, logTime: BigInt(i), data: Uint8Array.of(i) }),
    );
    const read = readMcap(await writeMcap(many, { chunkSize: 1 << 24 }));
    expect([bad(read.damages), read.conclusion.status, read.order.length]).toEqual([[], "pass", 20_000]);
  });

  const first = inside(chunked, nth(all, 6));
  test.each([
    ["schema-conflict", nth(first, 3), 9 + 2 + 4],
    ["channel-conflict", nth(first, 4), 9 + 4 + 4],
  ])("%s: what a chunk defines is not what the summary says", (kind, spot, offset) => {
    const read = edited(chunked, (_view, bytes) => (bytes[spot.at + offset] = (bytes[spot.at + offset] ?? 0) ^ 1));
    expect(read.conclusion.defects.map((one) => one.kind)).toEqual([kind]);
    expect(Object.values(read.frames).flat().length).toBe(messages.length);
  });

  test("messages on a channel that nothing defines", () => {
    const spot = nth(first, 5, 3);
    const read = edited(chunked, (view) => view.setUint16(spot.at + 9, 999, true));
    const unknown = read.damages.filter(({ kind }) => kind === "unknown-channel");
    expect(unknown.map(({ observed }) => observed)).toEqual([
      { channels: [999], frames: 1, framesRead: expect.any(Number), framesLost: 0 },
    ]);
    const plain = nth(records(unchunked), 5, 3);
    const other = edited(unchunked, (view) => view.setUint16(plain.at + 9, 999, true));
    expect(other.damages.map(({ kind, bytes }) => [kind, bytes])).toEqual([["unknown-channel", [plain.at, plain.end]]]);
    expect(Object.values(other.frames).flat().length).toBe(messages.length - 1);
  });

  test("records that must not be in a chunk, and opcodes nobody knows", () => {
    const spot = nth(first, 5, 3);
    const kinds = (opcode: number): readonly string[] =>
      edited(chunked, (_view, bytes) => (bytes[spot.at] = opcode)).damages.map(({ kind, severity }) => `${severity} ${kind}`);
    expect(kinds(0x0c)).toEqual(["warning misplaced-record"]);
    // Its message index still names the message it was.
    expect(kinds(0x20)).toEqual(["info unknown-opcode", "error index-mismatch"]);
  });
});

describe("the rest", () => {
  test("a channel whose schema nothing defines", async () => {
    const bytes = await writeMcap(messages, { useChunks: false, repeatSchemas: false, repeatChannels: false, useStatistics: false });
    const spot = nth(records(bytes), 4);
    const read = edited(bytes, (view) => view.setUint16(spot.at + 9 + 2, 77, true));
    expect(found(read)).toEqual([`error unknown-schema ${at(spot)}`]);
  });

  test("no DataEnd", () => {
    const spot = nth(all, 15);
    const read = edited(chunked, (_view, bytes) => (bytes[spot.at] = 0x90));
    expect(read.conclusion.defects.map(({ kind }) => kind)).toContain("no-data-end");
    const last = read.index.spans.at(-1);
    expect(last?.kind === "bytes" && last.end).toBe(spot.end);
    expect(Object.values(read.frames).flat().length).toBe(messages.length);
  });

  test("what looks like a record inside a lost message is none", async () => {
    const decoy = (i: number): Uint8Array => Uint8Array.of(i, 5, 30, 0, 0, 0, 0, 0, 0, 0, ...new Array<number>(60).fill(i % 200 || 1));
    const list = Array.from({ length: 50 }, (_, i): Written => ({ topic: "/t", sequence: i, logTime: BigInt(i), data: decoy(i) }));
    const bytes = await writeMcap(list, { useChunks: false });
    const spot = nth(records(bytes), 5, 20);
    const read = readMcap(bytes.slice().fill(0, spot.at, spot.at + 31));
    expect(read.frames["/t"]?.map(({ sequence }) => sequence)).toEqual(list.map(({ sequence }) => sequence).filter((n) => n !== 20));
    expect(read.damages.map(({ kind, bytes: range }) => [kind, range])).toEqual([["unreadable", [spot.at, spot.end]]]);
  });
});

test("a channel that only the summary defines may be counted or not; one that has messages must be", async () => {
  const file = new MemoryWritable();
  const writer = new McapWriter({ writable: file });
  await writer.start({ profile: "", library: "test" });
  const schemas = [await writer.registerSchema({ name: "a", encoding: "", data: new Uint8Array(0) })];
  schemas.push(await writer.registerSchema({ name: "b", encoding: "", data: new Uint8Array(0) }));
  const channels: number[] = [];
  for (const [i, schemaId] of schemas.entries()) {
    channels.push(await writer.registerChannel({ topic: `/${i}`, schemaId, messageEncoding: "", metadata: new Map() }));
  }
  const message = { channelId: channels[0] ?? 0, sequence: 0, logTime: 1n, publishTime: 1n, data: Uint8Array.of(1) };
  await writer.addMessage(message);
  await writer.end();
  const bytes = file.bytes();
  const { at: start } = nth(records(bytes), 11);
  const said = viewOf(bytes);
  expect([said.getUint16(start + 17, true), said.getUint32(start + 19, true)]).toEqual([2, 2]);
  for (const [count, kinds] of [
    [2, []],
    [1, []],
    [0, ["statistics-mismatch"]],
    [3, ["statistics-mismatch"]],
  ] as const) {
    const read = edited(bytes, (view) => {
      view.setUint16(start + 17, count, true);
      view.setUint32(start + 19, count, true);
    });
    expect([count, read.conclusion.defects.map(({ kind }) => kind)]).toEqual([count, kinds]);
  }
});
