/**
 * The public header block of LAS 1.0 to 1.5, and where a point record keeps what.
 * Format: ASPRS LAS 1.4-R15, https://www.asprs.org/wp-content/uploads/2019/07/LAS_1_4_r15.pdf
 */
import type { PointTime } from "../../types.ts";

/** The header of LAS 1.4; shorter ones end earlier. */
export const LAS_HEADER_BYTES = 375;

export const LAS_REASON = {
  header: "no LAS header",
  version: "unknown LAS version",
  short: "the LAS header is cut short",
  format: "unknown LAS point format",
  packing: "LAZ is packed in a way this version does not know",
  chunks: "LAZ chunks contradict the header or the file",
  coded: "LAZ points do not decode",
  length: "point records are shorter than their format",
  scale: "scale or offset is no finite number, or scale is 0",
  start: "points begin inside the header or behind the end of the file",
  counts: "the two point counts contradict each other",
  points: "point data is shorter than its points",
  large: "more points than can be held",
} as const;

export interface LasHeader {
  /** Of version 1. */
  readonly minor: number;
  /** 0 to 10. */
  readonly format: number;
  readonly compressed: boolean;
  readonly recordBytes: number;
  /** The lesser where the header states two. */
  readonly points: number;
  readonly dataStart: number;
  /** Where what follows the points begins, as far as the header says: wave packets, extended records. */
  readonly dataEnd: number;
  readonly scale: readonly [number, number, number];
  readonly offset: readonly [number, number, number];
  /** Absent in formats without it. */
  readonly time: { readonly at: number; readonly states: PointTime } | null;
  /** What is wrong with it although its points can be read. */
  readonly flaw: string | null;
}

/** Bytes of a record of each format, and where its GPS time is. */
const RECORD_BYTES = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67] as const;
const TIME_AT = [-1, 20, -1, 20, 20, 20, 22, 22, 22, 22, 22] as const;
/** LASzip marks its records by the two highest bits of the format. */
const COMPRESSED = 0xc0;
/** Global encoding. */
const ADJUSTED_TIME = 1;
const OFFSET_TIME = 1 << 6;

/** "LASF", the first bytes of every version. */
export function looksLikeLas(head: Uint8Array): boolean {
  return head[0] === 0x4c && head[1] === 0x41 && head[2] === 0x53 && head[3] === 0x46;
}

/** Whether a file says that its records are LAZ. */
export function isCompressed(head: Uint8Array): boolean {
  return looksLikeLas(head) && ((head[104] ?? 0) & COMPRESSED) !== 0;
}

/** @param head the first LAS_HEADER_BYTES of a file of `size` bytes. @returns the header, or a reason why no point can be read */
export function readLasHeader(head: Uint8Array, size: number): LasHeader | string {
  if (!looksLikeLas(head)) return LAS_REASON.header;
  const minor = head[25] ?? 0;
  if (head.length < 26) return LAS_REASON.short;
  if (head[24] !== 1 || minor > 5) return LAS_REASON.version;
  if (head.length < (minor >= 4 ? LAS_HEADER_BYTES : minor === 3 ? 235 : 227)) return LAS_REASON.short;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const compressed = isCompressed(head);
  const format = view.getUint8(104) & ~COMPRESSED;
  const least = RECORD_BYTES[format];
  if (least === undefined) return LAS_REASON.format;
  const recordBytes = view.getUint16(105, true);
  if (recordBytes < least) return LAS_REASON.length;
  const [scale, offset] = [triple(view, 131), triple(view, 155)];
  if (![...scale, ...offset].every(Number.isFinite) || scale.includes(0)) return LAS_REASON.scale;
  const dataStart = view.getUint32(96, true);
  if (dataStart < view.getUint16(94, true) || dataStart > size || dataStart < 227) return LAS_REASON.start;

  // Since 1.4 the first count is for older readers: 0, or the same. Beyond 2^53 no double tells, and no file has so many.
  const old = view.getUint32(107, true);
  const count = minor >= 4 ? Number(view.getBigUint64(247, true)) : old;
  const contradicts = minor >= 4 && old !== 0 && old !== count;
  const at = TIME_AT[format] ?? -1;
  const behind =
    minor >= 4 && view.getUint32(243, true) > 0 ? view.getBigUint64(235, true) : minor === 3 ? view.getBigUint64(227, true) : 0n;
  const dataEnd = behind >= dataStart && behind < size ? Number(behind) : size;
  return {
    ...{ minor, format, compressed, recordBytes, dataStart, dataEnd, scale, offset },
    points: contradicts ? Math.min(old, count) : count,
    time: at < 0 ? null : { at, states: timeOf(minor, view.getUint16(6, true)) },
    flaw: contradicts ? LAS_REASON.counts : null,
  };
}

function triple(view: DataView, at: number): [number, number, number] {
  return [view.getFloat64(at, true), view.getFloat64(at + 8, true), view.getFloat64(at + 16, true)];
}

/** Before 1.2 time is that of the GPS week, for there was no bit to say otherwise; 1.5 may count from an offset of its own. */
function timeOf(minor: number, encoding: number): PointTime {
  const base = { field: "gps_time", unit: "s" } as const;
  if (minor >= 5 && (encoding & OFFSET_TIME) !== 0) return base;
  return { ...base, reference: minor >= 2 && (encoding & ADJUSTED_TIME) !== 0 ? "gps-adjusted" : "gps-week" };
}
