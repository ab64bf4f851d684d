/**
 * Text tables straight from bytes: lines, fields, numbers and local times, without making strings of what is not text.
 *
 * Every scan is bounded by the bytes given; a line with a million columns is counted up to `MAX_FIELDS` and refused by
 * its column count, a number of a million digits by its length. All functions work on any bytes.
 */

import { decimalNsAt } from "./decimal.ts";

/** Fields kept of one line; a line with more has `MAX_FIELDS + 1`, which no format here expects. */
export const MAX_FIELDS = 256;
/** Longest spelling of a number: longer ones are not numbers anyone wrote. */
const MAX_NUMBER_BYTES = 64;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const PLUS = 43;
const QUOTE = 34;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;

/** Where the text begins: after a UTF-8 byte order mark, if there is one. */
export function textStart(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Walks the lines of a text, ended by LF or CR LF; the last one may lack its end. */
export class Lines {
  /** First byte of the line. */
  start = 0;
  /** Past its last byte, without the line end. */
  end = 0;
  /** Where the next line begins. */
  after: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.after = textStart(bytes);
  }

  /** @returns false at the end of the text */
  next(): boolean {
    const bytes = this.#bytes;
    if (this.after >= bytes.length) return false;
    this.start = this.after;
    const feed = bytes.indexOf(LF, this.start);
    this.end = feed < 0 ? bytes.length : feed;
    this.after = feed < 0 ? bytes.length : feed + 1;
    if (this.end > this.start && bytes[this.end - 1] === CR) this.end--;
    return true;
  }
}

/** Why a row is not read. */
export const NOT_A_NUMBER = "not a finite number";

/** How many lines there are, at most. */
export function countLines(bytes: Uint8Array): number {
  let count = 1;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

export type Separator = "space" | "comma" | "semicolon" | "tab";

const BYTE: Readonly<Record<Exclude<Separator, "space">, number>> = { comma: 44, semicolon: 59, tab: TAB };

/**
 * The fields of one line: runs of blanks separate (`space`), or every comma (semicolon, tab) outside quotes does, and blanks and quotes around
 * a field are dropped.
 */
export class Fields {
  /** At most `MAX_FIELDS + 1`. */
  count = 0;
  readonly #start = new Int32Array(MAX_FIELDS);
  readonly #end = new Int32Array(MAX_FIELDS);
  #bytes: Uint8Array = new Uint8Array(0);

  /** Splits bytes [start, end). An empty field after the last separator is dropped: some writers end lines with one. */
  split(bytes: Uint8Array, start: number, end: number, separator: Separator): void {
    this.#bytes = bytes;
    this.count = 0;
    if (separator === "space") this.#splitBlanks(bytes, start, end);
    else this.#splitAt(BYTE[separator], bytes, start, end);
  }

  /** The field as a finite decimal number; NaN when it is anything else. */
  number(i: number): number {
    return i < this.count ? parseNumber(this.#bytes, this.#start[i] ?? 0, this.#end[i] ?? 0) : Number.NaN;
  }

  /** The field as decimal time to int64 ns; null for what is none. @param power of ten of its unit in ns */
  ns(i: number, power: number): bigint | null {
    const start = this.#start[i] ?? 0;
    const end = Math.min(this.#end[i] ?? 0, start + 64);
    return i < this.count ? decimalNsAt(this.#bytes, start, end, power) : null;
  }

  /** The field as text, cut at 64 bytes. */
  text(i: number): string {
    const start = this.#start[i] ?? 0;
    const end = Math.min(this.#end[i] ?? 0, start + 64);
    return i < this.count ? textOf(this.#bytes, start, end) : "";
  }

  #splitBlanks(bytes: Uint8Array, start: number, end: number): void {
    let p = start;
    while (true) {
      while (p < end && isBlank(bytes[p])) p++;
      if (p >= end) return;
      const first = p;
      while (p < end && !isBlank(bytes[p])) p++;
      if (!this.#keep(first, p)) return;
    }
  }

  #splitAt(separator: number, bytes: Uint8Array, start: number, end: number): void {
    let p = start;
    while (p < end) {
      let first = p;
      while (first < end && bytes[first] !== separator && isBlank(bytes[first])) first++;
      const quoted = bytes[first] === QUOTE && first < end ? bytes.indexOf(QUOTE, first + 1) : -1;
      let next = quoted > 0 && quoted < end ? quoted : first;
      while (next < end && bytes[next] !== separator) next++;
      let last = next;
      while (last > first && isBlank(bytes[last - 1])) last--;
      if (first === last && next === end) return;
      const isQuoted = quoted > 0 && quoted === last - 1;
      if (!this.#keep(isQuoted ? first + 1 : first, isQuoted ? last - 1 : last)) return;
      p = next + 1;
    }
  }

  #keep(start: number, end: number): boolean {
    if (this.count < MAX_FIELDS) {
      this.#start[this.count] = start;
      this.#end[this.count] = end;
    }
    return ++this.count <= MAX_FIELDS;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === CR;
}

const UTF8 = new TextDecoder();

export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return UTF8.decode(bytes.subarray(start, end));
}

const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * `[+-]digits[.digits][e[+-]digits]` as the nearest double; NaN for anything else, also for `nan`, `inf` and overflow.
 * Up to 15 significant digits with a power of ten up to 22 are exact by one division or product (Clinger 1990).
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > MAX_NUMBER_BYTES) return Number.NaN;
  let p = start;
  const negative = bytes[p] === MINUS;
  if (negative || bytes[p] === PLUS) p++;
  let mantissa = 0;
  let digits = 0;
  let significant = 0;
  let scale = 0;
  let dot = false;
  for (; p < end; p++) {
    const byte = bytes[p] ?? 0;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      digits++;
      if (significant > 0 || digit > 0) significant++;
      mantissa = mantissa * 10 + digit;
      if (dot) scale--;
    } else if (byte === DOT && !dot) dot = true;
    else break;
  }
  if (digits === 0) return Number.NaN;
  if (p < end) {
    if (((bytes[p] ?? 0) | 32) !== 101 || !isInteger(bytes, p + 1, end)) return Number.NaN;
    return finite(Number(textOf(bytes, start, end)));
  }
  if (significant > 15 || scale < -22) return finite(Number(textOf(bytes, start, end)));
  const value = mantissa / (POWERS[-scale] ?? 1);
  return negative ? -value : value;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}

function isInteger(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start;
  if (bytes[p] === MINUS || bytes[p] === PLUS) p++;
  if (p >= end) return false;
  for (; p < end; p++) if ((bytes[p] ?? 0) < ZERO || (bytes[p] ?? 0) > ZERO + 9) return false;
  return true;
}

const STAMP = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,32}))?$/;

/**
 * `YYYY-MM-DD hh:mm:ss.fffffffff` as int64 ns since 1970, its own zone taken as UTC; digits beyond the ninth are cut.
 *
 * @returns null for anything else, a day that does not exist, or a time beyond int64
 */
export function parseLocalTime(text: string): bigint | null {
  const match = STAMP.exec(text.trim());
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return null;
  const days = Date.UTC(year, month - 1, day) / 86_400_000;
  // Date.UTC carries February 30 over into March, and takes years below 100 as 19xx.
  if (year < 1678 || year > 2261 || day < 1 || new Date(days * 86_400_000).getUTCDate() !== day) return null;
  const fraction = BigInt((match[7] ?? "").slice(0, 9).padEnd(9, "0"));
  return BigInt(days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000_000n + fraction;
}
