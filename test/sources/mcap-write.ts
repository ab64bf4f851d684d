/** MCAPs written by the peer's own writer, in every layout it has, from plain messages. */
import { zstdCompressSync } from "node:zlib";
import { McapWriter, type McapWriterOptions } from "@mcap/core";
import { MemoryWritable } from "../sample-mcap.ts";

export interface Written {
  readonly topic: string;
  readonly sequence: number;
  readonly logTime: bigint;
  readonly data: Uint8Array;
}

/** What a channel says of its messages. */
export interface Announced {
  /** Null for a channel without a schema. */
  readonly schema: { readonly name: string; readonly encoding: string; readonly data: Uint8Array } | null;
  readonly messageEncoding: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Of the messages that name it, where it is not that of its key. */
  readonly topic?: string;
}

export type Layout = Omit<McapWriterOptions, "writable" | "compressChunk"> & {
  readonly compression?: "" | "lz4" | "zstd";
  /** By the messages' topic; all others are raw. Those without messages come last. */
  readonly announced?: Readonly<Record<string, Announced>>;
  /** Attachments and metadata records between the messages. */
  readonly extras?: number;
};

export async function writeMcap(
  messages: readonly Written[],
  { compression = "", extras = 0, announced = {}, ...layout }: Layout = {},
): Promise<Uint8Array> {
  const writable = new MemoryWritable();
  const compressChunk = (data: Uint8Array): { compression: string; compressedData: Uint8Array } => ({
    compression,
    compressedData: compression === "zstd" ? zstdCompressSync(data) : compression === "lz4" ? storedLz4(data) : data.slice(),
  });
  const writer = new McapWriter({ writable, ...layout, ...(compression !== "" && { compressChunk }) });
  await writer.start({ profile: "", library: "test" });
  const channels = new Map<string, number>();
  const channelOf = async (topic: string): Promise<number> => {
    const known = channels.get(topic);
    if (known !== undefined) return known;
    const raw: Announced = {
      schema: { name: `schema of ${topic}`, encoding: "", data: new TextEncoder().encode(topic) },
      messageEncoding: "raw",
      metadata: { k: topic },
    };
    const { schema, messageEncoding, metadata = {}, topic: name = topic } = announced[topic] ?? raw;
    const schemaId = schema ? await writer.registerSchema(schema) : 0;
    const id = await writer.registerChannel({ schemaId, topic: name, messageEncoding, metadata: new Map(Object.entries(metadata)) });
    channels.set(topic, id);
    return id;
  };
  for (const [i, { topic, sequence, logTime, data }] of messages.entries()) {
    const channelId = await channelOf(topic);
    await writer.addMessage({ channelId, sequence, logTime, publishTime: logTime + 1n, data });
    if (i < extras) {
      await writer.addAttachment({ name: `a${i}`, mediaType: "x/y", logTime, createTime: 0n, data: data.slice() });
      await writer.addMetadata({ name: `m${i}`, metadata: new Map([["n", `${i}`]]) });
    }
  }
  for (const topic of Object.keys(announced)) await channelOf(topic);
  await writer.end();
  return writable.bytes();
}

/** One LZ4 frame of stored blocks: no compressor is needed to test a decoder's frame. */
function storedLz4(data: Uint8Array): Uint8Array {
  const block = 65_536;
  const parts: Uint8Array[] = [Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82)];
  for (let at = 0; at < data.length; at += block) {
    const piece = data.subarray(at, at + block);
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, (piece.length | 0x8000_0000) >>> 0, true);
    parts.push(head, piece);
  }
  parts.push(new Uint8Array(4));
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Deterministic messages: three topics of different rate and size. */
export function someMessages(count: number, seed = 1): readonly Written[] {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  return Array.from({ length: count }, (_, i) => {
    const topic = ["/a", "/b", "/c"][i % 7 < 4 ? 0 : i % 7 < 6 ? 1 : 2] ?? "/a";
    const data = Uint8Array.from({ length: (next() >>> 8) % (topic === "/c" ? 900 : 60) }, () => next() >>> 24);
    return { topic, sequence: i, logTime: 1_000_000_000n + BigInt(i) * 1000n, data };
  });
}
