/**
 * Contents of the records that describe a recording. Each returns null when the content is not what its opcode says.
 */

import { Cursor } from "./cursor.ts";
import { CHUNK_FIXED } from "./format.ts";

export interface SchemaRecord {
  readonly id: number;
  readonly name: string;
  readonly encoding: string;
  readonly data: Uint8Array;
}

export interface ChannelRecord {
  readonly id: number;
  readonly schemaId: number;
  readonly topic: string;
  readonly messageEncoding: string;
  /** Key and value pairs as JSON, sorted by key: writers may repeat them in another order. */
  readonly metadata: string;
}

export interface ChunkHeader {
  readonly startTime: bigint;
  readonly endTime: bigint;
  readonly uncompressedSize: number;
  readonly crc: number;
  readonly compression: string;
  readonly compressedSize: number;
  /** Offset of the records within the content. */
  readonly recordsAt: number;
}

export interface ChunkIndexRecord {
  readonly startTime: bigint;
  readonly endTime: bigint;
  readonly offset: number;
  readonly length: number;
  readonly messageIndexOffsets: ReadonlyMap<number, number>;
  readonly messageIndexLength: number;
  readonly compression: string;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
}

export interface AttachmentIndexRecord {
  readonly offset: number;
  readonly length: number;
  readonly logTime: bigint;
  readonly createTime: bigint;
  readonly dataSize: number;
  readonly name: string;
  readonly mediaType: string;
}

export interface AttachmentHeader {
  readonly logTime: bigint;
  readonly createTime: bigint;
  readonly name: string;
  readonly mediaType: string;
  readonly dataSize: number;
  /** Offset of the data within the content. */
  readonly dataAt: number;
}

export interface MetadataIndexRecord {
  readonly offset: number;
  readonly length: number;
  readonly name: string;
}

export interface StatisticsRecord {
  readonly messageCount: number;
  readonly schemaCount: number;
  readonly channelCount: number;
  readonly attachmentCount: number;
  readonly metadataCount: number;
  readonly chunkCount: number;
  readonly startTime: bigint;
  readonly endTime: bigint;
  readonly channelMessageCounts: ReadonlyMap<number, number>;
}

export interface SummaryOffsetRecord {
  readonly opcode: number;
  readonly start: number;
  readonly length: number;
}

function whole<T>(cursor: Cursor, value: T): T | null {
  return cursor.ok ? value : null;
}

export function parseSchema(content: Uint8Array): SchemaRecord | null {
  const c = new Cursor(content);
  return whole(c, { id: c.u16(), name: c.string(), encoding: c.string(), data: c.bytes(c.u32()).slice() });
}

export function parseChannel(content: Uint8Array): ChannelRecord | null {
  const c = new Cursor(content);
  const head = { id: c.u16(), schemaId: c.u16(), topic: c.string(), messageEncoding: c.string() };
  const map = c.block();
  const pairs: (readonly [string, string])[] = [];
  while (map.ok && map.left > 0) pairs.push([map.string(), map.string()]);
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return map.ok ? whole(c, { ...head, metadata: JSON.stringify(pairs) }) : null;
}

/** From the first bytes of a chunk's content; the records themselves need not be there. */
export function parseChunkHeader(content: Uint8Array): ChunkHeader | null {
  const c = new Cursor(content);
  const head = { startTime: c.u64(), endTime: c.u64(), uncompressedSize: c.size(), crc: c.u32() };
  const compression = c.string();
  const compressedSize = c.size();
  return whole(c, { ...head, compression, compressedSize, recordsAt: c.at });
}

export function parseChunkIndex(content: Uint8Array): ChunkIndexRecord | null {
  const c = new Cursor(content);
  const head = { startTime: c.u64(), endTime: c.u64(), offset: c.size(), length: c.size() };
  const map = c.block();
  const messageIndexOffsets = new Map<number, number>();
  while (map.ok && map.left > 0) messageIndexOffsets.set(map.u16(), map.size());
  const rest = { messageIndexLength: c.size(), compression: c.string(), compressedSize: c.size(), uncompressedSize: c.size() };
  return map.ok ? whole(c, { ...head, messageIndexOffsets, ...rest }) : null;
}

export function parseAttachmentIndex(content: Uint8Array): AttachmentIndexRecord | null {
  const c = new Cursor(content);
  const head = { offset: c.size(), length: c.size(), logTime: c.u64(), createTime: c.u64(), dataSize: c.size() };
  return whole(c, { ...head, name: c.string(), mediaType: c.string() });
}

/** From the first bytes of an attachment's content; the data itself need not be there. */
export function parseAttachmentHeader(content: Uint8Array): AttachmentHeader | null {
  const c = new Cursor(content);
  const head = { logTime: c.u64(), createTime: c.u64(), name: c.string(), mediaType: c.string(), dataSize: c.size() };
  return whole(c, { ...head, dataAt: c.at });
}

export function parseMetadataIndex(content: Uint8Array): MetadataIndexRecord | null {
  const c = new Cursor(content);
  return whole(c, { offset: c.size(), length: c.size(), name: c.string() });
}

export function parseStatistics(content: Uint8Array): StatisticsRecord | null {
  const c = new Cursor(content);
  const counts = { messageCount: c.size(), schemaCount: c.u16(), channelCount: c.u32(), attachmentCount: c.u32() };
  const more = { metadataCount: c.u32(), chunkCount: c.u32(), startTime: c.u64(), endTime: c.u64() };
  const map = c.block();
  const channelMessageCounts = new Map<number, number>();
  while (map.ok && map.left > 0) channelMessageCounts.set(map.u16(), map.size());
  return map.ok ? whole(c, { ...counts, ...more, channelMessageCounts }) : null;
}

export function parseSummaryOffset(content: Uint8Array): SummaryOffsetRecord | null {
  const c = new Cursor(content);
  return whole(c, { opcode: c.u8(), start: c.size(), length: c.size() });
}

/** Name of a metadata record. */
export function parseName(content: Uint8Array): string | null {
  const c = new Cursor(content);
  return whole(c, c.string());
}

/** Channel of a message index and where its entries are: 16 bytes each, u64 logTime and u64 offset. */
export function parseMessageIndexHead(content: Uint8Array): { readonly channel: number; readonly entryBytes: number } | null {
  const c = new Cursor(content);
  return whole(c, { channel: c.u16(), entryBytes: c.u32() });
}

/** Smallest chunk content that can hold `compression`. */
export function chunkHeaderBytes(compression: string): number {
  return CHUNK_FIXED + new TextEncoder().encode(compression).length + 8;
}
