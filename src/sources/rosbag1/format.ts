/**
 * Records of a ROS 1 bag, version 2.0: <u32 header length><header><u32 data length><data>, where a header is fields
 * <u32 length><name>=<value>, all little-endian. http://wiki.ros.org/Bags/Format/2.0
 */

export const MAGIC = "#ROSBAG V2.0\n";

export const MESSAGE = 2;
export const BAG_HEADER = 3;
export const INDEX_DATA = 4;
export const CHUNK = 5;
export const CHUNK_INFO = 6;
export const CONNECTION = 7;

const NAMES: Readonly<Record<number, string>> = {
  [MESSAGE]: "Message",
  [BAG_HEADER]: "BagHeader",
  [INDEX_DATA]: "IndexData",
  [CHUNK]: "Chunk",
  [CHUNK_INFO]: "ChunkInfo",
  [CONNECTION]: "Connection",
};

/** Longest header that is believed: real ones have some hundred bytes, or a topic's name more. */
export const MAX_HEADER = 64 << 10;
/** Most bytes of a chunk, compressed or not, that are read. */
export const MAX_CHUNK = 1 << 30;

/** Bytes of index records behind a chunk that are compared with it. */
export const MAX_INDEX = 64 << 20;

export function recordName(op: number): string {
  return NAMES[op] ?? `op ${op}`;
}

export type Header = ReadonlyMap<string, Uint8Array>;

export interface RecordHead {
  readonly op: number;
  readonly header: Header;
  /** Where the data begins, from the record's first byte. */
  readonly dataAt: number;
  readonly dataBytes: number;
}

/**
 * The head of the record at `at`, or null where there is none: its fields must fill the header exactly and its op be known.
 * Bytes may end inside the data.
 */
export function headAt(bytes: Uint8Array, at: number): RecordHead | null {
  if (at + 8 > bytes.length) return null;
  const length = u32(bytes, at);
  if (length < 8 || length > MAX_HEADER || at + 8 + length > bytes.length) return null;
  const header = fieldsOf(bytes.subarray(at + 4, at + 4 + length));
  const op = header?.get("op");
  if (!header || op?.length !== 1 || NAMES[op[0] ?? 0] === undefined) return null;
  return { op: op[0] ?? 0, header, dataAt: 8 + length, dataBytes: u32(bytes, at + 4 + length) };
}

/** Fields of a header; null unless they fill it. */
export function fieldsOf(bytes: Uint8Array): Header | null {
  const fields = new Map<string, Uint8Array>();
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return null;
    const length = u32(bytes, at);
    at += 4;
    if (length > bytes.length - at) return null;
    const equals = bytes.indexOf(0x3d, at);
    if (equals < at || equals >= at + length) return null;
    fields.set(ASCII.decode(bytes.subarray(at, equals)), bytes.slice(equals + 1, at + length));
    at += length;
  }
  return fields;
}

/** A mark at the start is part of a name: two names must not be read as one. */
const ASCII = new TextDecoder("utf-8", { ignoreBOM: true });

export function textOf(header: Header, name: string): string {
  return ASCII.decode(header.get(name) ?? new Uint8Array(0));
}

/** @returns null where the field is missing or no u32 */
export function u32Of(header: Header, name: string): number | null {
  const value = header.get(name);
  return value?.length === 4 ? u32(value, 0) : null;
}

/** Below 2^53, else null. */
export function u64Of(header: Header, name: string): number | null {
  const value = header.get(name);
  const number = value?.length === 8 ? u32(value, 4) * 2 ** 32 + u32(value, 0) : Number.NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/** A ROS time, u32 seconds and u32 nanoseconds, as ns. */
export function timeOf(header: Header, name: string): bigint | null {
  const value = header.get(name);
  return value?.length === 8 ? timeAt(value, 0) : null;
}

export function timeAt(bytes: Uint8Array, at: number): bigint {
  return BigInt(u32(bytes, at)) * 1_000_000_000n + BigInt(u32(bytes, at + 4));
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

/** "op=" with its length: every header has this field. */
const OP_FIELD = [4, 0, 0, 0, 0x6f, 0x70, 0x3d] as const;

/** Where the next record may begin at or after `from`: its header must parse. -1 where there is none in these bytes. */
export function nextRecord(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0x6f, from + 8); at >= 0; at = bytes.indexOf(0x6f, at + 1)) {
    if (!OP_FIELD.every((byte, i) => bytes[at - 4 + i] === byte)) continue;
    // The field may stand anywhere in its header, behind others of some dozen bytes each.
    for (let start = at - 8; start >= Math.max(from, at - 512); start--) {
      const length = u32(bytes, start);
      if (length >= 8 && length <= MAX_HEADER && start + 4 + length > at && headAt(bytes, start)) return start;
    }
  }
  return -1;
}
