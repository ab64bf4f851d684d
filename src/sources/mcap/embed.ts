/**
 * An attachment put into an MCAP, and taken out again: as bytes to be spliced in, so that no chunk is touched.
 *
 * The attachment goes right before the DataEnd record. What lies behind is written anew: DataEnd with the checksum joined
 * over the attachment, the summary with one more index entry and one more in the statistics, its offsets shifted, and the
 * footer. https://mcap.dev/spec
 */
import { joinBytes } from "../../digest/bytes.ts";
import type { Input } from "../../input.ts";
import { readRange } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import {
  ATTACHMENT,
  ATTACHMENT_INDEX,
  DATA_END,
  FOOTER,
  MAGIC,
  METADATA_INDEX,
  RECORD_HEADER,
  STATISTICS,
  SUMMARY_OFFSET,
  TAIL,
} from "./format.ts";
import { parseAttachmentIndex } from "./records.ts";
import { readFooter } from "./summary.ts";

export interface Attached {
  /** The input up to here is copied as it is … */
  readonly keep: number;
  /** … then this follows. */
  readonly tail: Uint8Array;
}

export interface Attachment {
  readonly name: string;
  readonly mediaType: string;
  readonly timeNs: bigint;
  readonly data: Uint8Array;
}

const DATA_END_BYTES = RECORD_HEADER + 4;
/** A summary is held in memory whole. */
const MOST_SUMMARY_BYTES = 2 ** 30;
/** Offset of the count of attachments in the content of a Statistics record. */
const ATTACHMENT_COUNT = 14;

/** @returns null when the file does not end as the specification says: there is no place for the attachment */
export function attach(input: Input, attachment: Attachment, kernels: Kernels): Attached | null {
  const size = input.files[0]?.size ?? 0;
  const { footer, magic } = readFooter(input, size);
  if (!footer || !magic) return null;
  const summaryStart = footer.summaryStart || footer.at;
  const dataEndAt = summaryStart - DATA_END_BYTES;
  if (dataEndAt < MAGIC.length || footer.at - summaryStart > MOST_SUMMARY_BYTES) return null;
  const rest = readRange(input, 0, dataEndAt, size - dataEndAt);
  if (rest.length !== size - dataEndAt || rest[0] !== DATA_END || lengthAt(rest, 0) !== 4) return null;

  const record = attachmentRecord(attachment, kernels);
  const crc = new DataView(rest.buffer, rest.byteOffset).getUint32(RECORD_HEADER, true);
  const joinedCrc = crc === 0 ? 0 : kernels.exports.crc32Combine(crc, crc32(record, kernels), record.length) >>> 0;
  const dataEnd = recordOf(DATA_END, u32(joinedCrc));
  const summary = splitRecords(rest, DATA_END_BYTES, footer.at - dataEndAt);
  if (!summary) return null;
  const entry = recordOf(ATTACHMENT_INDEX, [
    u64(BigInt(dataEndAt)),
    u64(BigInt(record.length)),
    u64(attachment.timeNs),
    u64(attachment.timeNs),
    u64(BigInt(attachment.data.length)),
    text(attachment.name),
    text(attachment.mediaType),
  ]);
  const end = dataEndAt + record.length + DATA_END_BYTES;
  const tail =
    footer.summaryStart === 0 ? footerRecord(0, 0, [], kernels, footer.crc !== 0) : summaryWith(summary, entry, end, footer, kernels);
  return { keep: dataEndAt, tail: joinBytes([record, dataEnd, ...tail, Uint8Array.from(MAGIC)]) };
}

interface Raw {
  readonly opcode: number;
  readonly bytes: Uint8Array;
}

/** The summary with the entry beside its kind, its groups listed where they were listed before. */
function summaryWith(
  records: readonly Raw[],
  entry: Uint8Array,
  start: number,
  footer: { readonly summaryOffsetStart: number; readonly crc: number },
  kernels: Kernels,
): readonly Uint8Array[] {
  const kept = records.filter(({ opcode }) => opcode !== SUMMARY_OFFSET);
  const last = (opcode: number): number => kept.findLastIndex((record) => record.opcode === opcode);
  const beside = [last(ATTACHMENT_INDEX), last(METADATA_INDEX), kept.length - 1].find((i) => i >= 0) ?? -1;
  const all = [...kept.slice(0, beside + 1), { opcode: ATTACHMENT_INDEX, bytes: entry }, ...kept.slice(beside + 1)].map(oneMore);
  const bytes = all.map((record) => record.bytes);
  const offsets: Uint8Array[] = [];
  let at = start;
  if (footer.summaryOffsetStart !== 0) {
    for (let i = 0; i < all.length; ) {
      const { opcode } = all[i] as Raw;
      const from = at;
      for (; all[i]?.opcode === opcode; i++) at += (all[i] as Raw).bytes.length;
      offsets.push(recordOf(SUMMARY_OFFSET, [Uint8Array.of(opcode), u64(BigInt(from)), u64(BigInt(at - from))]));
    }
  }
  return footerRecord(start, offsets.length > 0 ? at : 0, [...bytes, ...offsets], kernels, footer.crc !== 0);
}

function oneMore(record: Raw): Raw {
  if (record.opcode !== STATISTICS || record.bytes.length < RECORD_HEADER + ATTACHMENT_COUNT + 4) return record;
  const bytes = record.bytes.slice();
  const view = new DataView(bytes.buffer);
  const at = RECORD_HEADER + ATTACHMENT_COUNT;
  view.setUint32(at, view.getUint32(at, true) + 1, true);
  return { opcode: STATISTICS, bytes };
}

/** The summary's checksum covers the footer up to itself. */
function footerRecord(
  start: number,
  offsets: number,
  before: readonly Uint8Array[],
  kernels: Kernels,
  isSummed: boolean,
): readonly Uint8Array[] {
  const footer = recordOf(FOOTER, [u64(BigInt(start)), u64(BigInt(offsets)), u32(0)]);
  const summed = joinBytes([...before, footer.subarray(0, footer.length - 4)]);
  if (isSummed) footer.set(u32(crc32(summed, kernels)), footer.length - 4);
  return [...before, footer];
}

function splitRecords(bytes: Uint8Array, from: number, to: number): readonly Raw[] | null {
  const records: Raw[] = [];
  for (let at = from; at < to; ) {
    if (at + RECORD_HEADER > to) return null;
    const end = at + RECORD_HEADER + lengthAt(bytes, at);
    if (end > to) return null;
    records.push({ opcode: bytes[at] ?? 0, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return records;
}

/** Data of the last attachment of this name that the summary lists; null without one. */
export function attached(input: Input, name: string, most: number): Uint8Array | null {
  const size = input.files[0]?.size ?? 0;
  if (input.kind !== "file" || size < TAIL) return null;
  const { footer } = readFooter(input, size);
  if (!footer || footer.summaryStart === 0 || footer.summaryStart > footer.at || footer.at - footer.summaryStart > MOST_SUMMARY_BYTES)
    return null;
  const summary = readRange(input, 0, footer.summaryStart, footer.at - footer.summaryStart);
  const found = (splitRecords(summary, 0, summary.length) ?? [])
    .filter(({ opcode }) => opcode === ATTACHMENT_INDEX)
    .map(({ bytes }) => parseAttachmentIndex(bytes.subarray(RECORD_HEADER)))
    .findLast((record) => record?.name === name);
  if (!found || found.dataSize > most || !Number.isSafeInteger(found.offset) || found.offset + found.length > size) return null;
  // The data is followed by its checksum alone.
  const at = found.offset + found.length - 4 - found.dataSize;
  return at < found.offset ? null : readRange(input, 0, at, found.dataSize);
}

function attachmentRecord({ name, mediaType, timeNs, data }: Attachment, kernels: Kernels): Uint8Array {
  const content = joinBytes([u64(timeNs), u64(timeNs), text(name), text(mediaType), u64(BigInt(data.length)), data]);
  return recordOf(ATTACHMENT, [content, u32(crc32(content, kernels))]);
}

function recordOf(opcode: number, content: Uint8Array | readonly Uint8Array[]): Uint8Array {
  const bytes = content instanceof Uint8Array ? content : joinBytes(content);
  return joinBytes([Uint8Array.of(opcode), u64(BigInt(bytes.length)), bytes]);
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at + 1, true));
}

function crc32(bytes: Uint8Array, kernels: Kernels): number {
  const mark = kernels.mark();
  const crc = kernels.exports.crc32(kernels.put(bytes), bytes.length, 0) >>> 0;
  kernels.release(mark);
  return crc;
}

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return joinBytes([u32(bytes.length), bytes]);
}

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

function u64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return out;
}
