/**
 * The header of a PCD file: lines `KEYWORD values…` up to `DATA`, comments with `#`.
 * Format: https://pointclouds.org/documentation/tutorials/pcd_file_format.html (version .5 says COLUMNS for FIELDS and has no COUNT).
 */
import type { FieldType } from "../../types.ts";
import { textStart } from "../tables/text.ts";

/** Longest header: fifty times what two hundred fields take. */
export const MAX_HEADER_BYTES = 1 << 18;
const MAX_FIELDS = 4096;
/** Values of one point: twice the longest descriptor there is. */
const MAX_VALUES = 65_536;

export const PCD_REASON = {
  header: "no PCD header",
  data: "no DATA line",
  encoding: "unknown DATA encoding",
  fields: "no FIELDS",
  lists: "FIELDS, SIZE, TYPE and COUNT differ in length",
  type: "unknown point field type",
  count: "COUNT is not a number from 1",
  size: "WIDTH, HEIGHT or POINTS is no count",
  points: "POINTS is not WIDTH x HEIGHT",
  viewpoint: "VIEWPOINT is not seven numbers",
  short: "point data is shorter than its points",
  long: "data behind the last point",
  row: "a row is not one number per value",
  compressed: "compressed point data is damaged",
  large: "decompressed size out of range",
} as const;

export type PcdEncoding = "ascii" | "binary" | "binary_compressed";

export interface PcdField {
  readonly name: string;
  readonly type: FieldType;
  readonly width: 1 | 2 | 4 | 8;
  /** Values per point, side by side. */
  readonly count: number;
  /** From the begin of a row of binary data. */
  readonly offset: number;
}

export interface PcdHeader {
  readonly fields: readonly PcdField[];
  /** Bytes of a row of binary data. */
  readonly stride: number;
  /** WIDTH x HEIGHT; what POINTS says where that is less. */
  readonly points: number;
  readonly encoding: PcdEncoding;
  /** Where the data begins. */
  readonly dataStart: number;
  /** What is wrong with it although its points can be read. */
  readonly flaw: string | null;
}

/** PCL's 64-bit unsigned integers are read as signed ones: the same up to 2^63, which as nanoseconds is the year 2262. */
const TYPES: Readonly<Record<string, readonly [FieldType, PcdField["width"]]>> = {
  ...{ I1: ["i8", 1], I2: ["i16", 2], I4: ["i32", 4], I8: ["i64", 8] },
  ...{ U1: ["u8", 1], U2: ["u16", 2], U4: ["u32", 4], U8: ["i64", 8] },
  ...{ F4: ["f32", 4], F8: ["f64", 8] },
};
const ENCODINGS: readonly string[] = ["ascii", "binary", "binary_compressed"] satisfies readonly PcdEncoding[];
const KEYWORD = /^(?:VERSION|FIELDS|COLUMNS|SIZE|TYPE|COUNT|WIDTH|HEIGHT|VIEWPOINT|POINTS|DATA)$/;
const COUNT = /^\d{1,10}$/;
const LINE_FEED = 10;

/** Whether a file begins like a PCD: its comment, or one of its first keywords. */
export function looksLikePcd(head: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(head.subarray(textStart(head), 64));
  return /^\s*(?:#\s*\.PCD\b|VERSION\s+\d*\.\d|(?:FIELDS|COLUMNS)\s+\w+\s)/.test(text);
}

/** @returns the header, or a reason why no point can be read */
export function readPcdHeader(bytes: Uint8Array): PcdHeader | string {
  const values = new Map<string, readonly string[]>();
  const latin = new TextDecoder("latin1");
  let at = textStart(bytes);
  while (!values.has("DATA")) {
    const feed = bytes.indexOf(LINE_FEED, at);
    const end = feed < 0 ? bytes.length : feed;
    if (at >= bytes.length || end > MAX_HEADER_BYTES) return values.size === 0 ? PCD_REASON.header : PCD_REASON.data;
    const [keyword = "", ...rest] = latin.decode(bytes.subarray(at, end)).trim().split(/\s+/);
    at = Math.min(end + 1, bytes.length);
    if (keyword === "" || keyword.startsWith("#")) continue;
    const name = keyword === "COLUMNS" ? "FIELDS" : keyword;
    if (!KEYWORD.test(keyword)) return values.size === 0 ? PCD_REASON.header : PCD_REASON.data;
    values.set(name, rest);
  }
  const encoding = values.get("DATA")?.[0]?.toLowerCase() ?? "";
  if (!ENCODINGS.includes(encoding)) return PCD_REASON.encoding;
  const fields = fieldsOf(values);
  if (typeof fields === "string") return fields;
  const stride = fields.reduce((sum, { width, count }) => sum + width * count, 0);
  const size = sizeOf(values);
  if (typeof size === "string") return size;
  const flaw = size.flaw ?? viewpointFlaw(values.get("VIEWPOINT"));
  return { fields, stride, points: size.points, encoding: encoding as PcdEncoding, dataStart: at, flaw };
}

function fieldsOf(values: ReadonlyMap<string, readonly string[]>): PcdField[] | string {
  const names = values.get("FIELDS") ?? [];
  if (names.length === 0 || names.length > MAX_FIELDS) return PCD_REASON.fields;
  const sizes = values.get("SIZE") ?? [];
  const types = values.get("TYPE") ?? [];
  const counts = values.get("COUNT") ?? names.map(() => "1");
  if ([sizes, types, counts].some((list) => list.length !== names.length)) return PCD_REASON.lists;
  const fields: PcdField[] = [];
  let offset = 0;
  let total = 0;
  for (const [i, name] of names.entries()) {
    const known = TYPES[`${types[i]}${sizes[i]}`];
    if (!known) return PCD_REASON.type;
    const [type, width] = known;
    const count = COUNT.test(counts[i] ?? "") ? Number(counts[i]) : 0;
    total += count;
    if (count < 1 || total > MAX_VALUES) return PCD_REASON.count;
    fields.push({ name, type, width, count, offset });
    offset += width * count;
  }
  return fields;
}

/** WIDTH x HEIGHT and POINTS, either of which may be missing. Where they contradict, the lesser is what is surely there. */
function sizeOf(values: ReadonlyMap<string, readonly string[]>): { readonly points: number; readonly flaw: string | null } | string {
  const count = (name: string): number | null => {
    const [text, ...more] = values.get(name) ?? [];
    if (text === undefined) return null;
    return COUNT.test(text) && more.length === 0 && Number(text) <= 0xffff_ffff ? Number(text) : Number.NaN;
  };
  const [width, height, points] = [count("WIDTH"), count("HEIGHT"), count("POINTS")];
  if ([width, height, points].some(Number.isNaN) || (width === null && points === null)) return PCD_REASON.size;
  // Below 2^64; beyond 2^53 it is inexact, and larger than any file by far.
  const grid = width === null ? (points ?? 0) : width * (height ?? 1);
  return { points: Math.min(grid, points ?? grid), flaw: points !== null && points !== grid ? PCD_REASON.points : null };
}

function viewpointFlaw(values: readonly string[] | undefined): string | null {
  if (!values) return null;
  return values.length === 7 && values.every((value) => Number.isFinite(Number(value))) ? null : PCD_REASON.viewpoint;
}
