/** Rows of text of a PCD become rows of bytes, each value in its field's own type. */

import { parseNumber, textOf } from "../tables/text.ts";
import { PCD_REASON, type PcdField } from "./pcd-header.ts";

const LINE_FEED = 10;
const SPACE = 32;
/** What writers put where there is no number. */
const WORDS: Readonly<Record<string, number>> = {
  ...{ nan: Number.NaN, "-nan": Number.NaN, "+nan": Number.NaN, "nan(ind)": Number.NaN, "-nan(ind)": Number.NaN },
  ...{ inf: Number.POSITIVE_INFINITY, "+inf": Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY },
};
const MAX_WORD = 64;
const WHOLE = /^[+-]?\d{1,20}$/;
const RANGE: Readonly<Record<string, readonly [number, number]>> = {
  ...{ i8: [-128, 127], u8: [0, 255], i16: [-32768, 32767], u16: [0, 65535], i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] },
};

/**
 * Text [start, end) of `text` to rows of `stride` bytes in `out`, at most `most`. A line that is not one number per value is left out;
 * blank lines are none.
 *
 * @returns rows written, and the reason why not every line became one
 */
export function readPcdRows(
  text: Uint8Array,
  start: number,
  fields: readonly PcdField[],
  stride: number,
  most: number,
  out: DataView,
): { readonly rows: number; readonly reason: string | null } {
  let rows = 0;
  let lost = 0;
  let at = start;
  while (at < text.length) {
    const feed = text.indexOf(LINE_FEED, at);
    const end = feed < 0 ? text.length : feed;
    const first = skipBlanks(text, at, end);
    at = end + 1;
    if (first === end) continue;
    if (rows + lost === most) return { rows, reason: lost > 0 ? PCD_REASON.row : PCD_REASON.long };
    if (readRow(text, first, end, fields, out, rows * stride)) rows++;
    else lost++;
  }
  return { rows, reason: lost > 0 ? PCD_REASON.row : rows < most ? PCD_REASON.short : null };
}

function readRow(text: Uint8Array, start: number, end: number, fields: readonly PcdField[], out: DataView, row: number): boolean {
  let at = start;
  for (const { type, width, count, offset } of fields) {
    for (let i = 0; i < count; i++) {
      const first = skipBlanks(text, at, end);
      at = first;
      while (at < end && (text[at] ?? 0) > SPACE) at++;
      if (at === first || !write(text, first, at, type, out, row + offset + i * width)) return false;
    }
  }
  return skipBlanks(text, at, end) === end;
}

function skipBlanks(text: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && (text[p] ?? 0) <= SPACE) p++;
  return p;
}

function write(text: Uint8Array, start: number, end: number, type: PcdField["type"], out: DataView, at: number): boolean {
  if (type === "i64") return writeWhole(text, start, end, out, at);
  let value = parseNumber(text, start, end);
  if (Number.isNaN(value)) {
    const word = end - start > MAX_WORD ? "" : textOf(text, start, end).toLowerCase();
    value = WORDS[word] ?? Number(word === "" ? "x" : word);
    if (Number.isNaN(value) && !(word in WORDS)) return false;
  }
  if (type === "f32") out.setFloat32(at, value, true);
  else if (type === "f64") out.setFloat64(at, value, true);
  else {
    const [least = 0, most = 0] = RANGE[type] ?? [];
    // Writers that go through float write 3 as 3.0, and there is no word for no integer.
    if (!(value >= least && value <= most)) return false;
    if (type === "u8" || type === "i8") out.setInt8(at, value);
    else if (type === "u16" || type === "i16") out.setInt16(at, value, true);
    else out.setInt32(at, value, true);
  }
  return true;
}

/** 64 bits, exact. */
function writeWhole(text: Uint8Array, start: number, end: number, out: DataView, at: number): boolean {
  const word = end - start > MAX_WORD ? "" : textOf(text, start, end);
  if (!WHOLE.test(word)) return false;
  const value = BigInt(word.replace(/^\+/, ""));
  if (value < -(2n ** 63n) || value >= 2n ** 64n) return false;
  out.setBigUint64(at, BigInt.asUintN(64, value), true);
  return true;
}
