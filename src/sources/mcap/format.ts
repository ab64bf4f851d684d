/**
 * The MCAP container in numbers: opcodes, smallest contents and what no honest file exceeds.
 * Source: https://mcap.dev/spec (version 0).
 */

export const MAGIC: readonly number[] = [0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a];

export const HEADER = 0x01;
export const FOOTER = 0x02;
export const SCHEMA = 0x03;
export const CHANNEL = 0x04;
export const MESSAGE = 0x05;
export const CHUNK = 0x06;
export const MESSAGE_INDEX = 0x07;
export const CHUNK_INDEX = 0x08;
export const ATTACHMENT = 0x09;
export const ATTACHMENT_INDEX = 0x0a;
export const STATISTICS = 0x0b;
export const METADATA = 0x0c;
export const METADATA_INDEX = 0x0d;
export const SUMMARY_OFFSET = 0x0e;
export const DATA_END = 0x0f;
/** Last opcode the specification names. 0x10–0x7f are reserved for it, from 0x80 on they are private. */
export const LAST_KNOWN = 0x0f;
export const FIRST_PRIVATE = 0x80;

/** Opcode (u8) and content length (u64). */
export const RECORD_HEADER = 9;
/** channel u16, sequence u32, logTime u64, publishTime u64. */
export const MESSAGE_HEADER = 22;
/** Content of a chunk before its compression string: start u64, end u64, size u64, crc u32, string length u32. */
export const CHUNK_FIXED = 32;
/** Offset of the CRC within a chunk's content. */
export const CHUNK_CRC = 24;
/** Footer record and closing magic. */
export const TAIL = RECORD_HEADER + 20 + 8;

/** Smallest content of each opcode, by opcode; 0 for those unknown. */
export const MIN_CONTENT: readonly number[] = [0, 8, 20, 14, 16, 22, 40, 6, 64, 36, 48, 46, 8, 20, 17, 4];

export const NAMES: readonly string[] = [
  "",
  "Header",
  "Footer",
  "Schema",
  "Channel",
  "Message",
  "Chunk",
  "MessageIndex",
  "ChunkIndex",
  "Attachment",
  "AttachmentIndex",
  "Statistics",
  "Metadata",
  "MetadataIndex",
  "SummaryOffset",
  "DataEnd",
];

/** Records of the data section that describe or carry, not those that sum up. */
export function isSummaryOnly(opcode: number): boolean {
  return (
    opcode === CHUNK_INDEX ||
    opcode === ATTACHMENT_INDEX ||
    opcode === STATISTICS ||
    opcode === METADATA_INDEX ||
    opcode === SUMMARY_OFFSET ||
    opcode === FOOTER
  );
}

/** No record is loaded whole, and no chunk is opened, beyond this size. */
export const TOO_LARGE = 2 ** 30;
/** Definitions (schema, channel) and index records larger than this are not read. */
export const TOO_LARGE_INDEX = 2 ** 26;
/** Larger attachments are checked in pieces, never loaded whole. */
export const STREAM_ABOVE = 2 ** 20;
/** A zstd block expands to at most 128 KiB and takes at least 4 bytes. */
export const ZSTD_RATIO = 2 ** 15;
/** Best size of one read, see KERNELS: it stays in the second-level cache. */
export const PIECE = 2 ** 20;
/** LZ4 cannot expand a block by more than this. */
export const LZ4_RATIO = 255;
/** The specification lets a record grow new fields at its end; a resync believes in at most this many bytes of them. */
export const MOST_PADDING = 1024;
/** Message indexes belong to the chunk before them within this many bytes. */
export const MOST_INDEX_BYTES = 2 ** 28;
/** Definitions, and index records of a summary, kept in memory: beyond it a file is hostile. */
export const MOST_KEPT_BYTES = 2 ** 28;
/** After so many broken places the rest of a file is given up. */
export const MOST_GAPS = 10_000;

/** "0x7f". */
export function hex(value: number, digits: number): string {
  return `0x${(value >>> 0).toString(16).padStart(digits, "0")}`;
}
