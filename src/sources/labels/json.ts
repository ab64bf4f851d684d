/**
 * Large JSON in pieces: the elements of a text's outer lists, each parsed by the platform on its own.
 *
 * A label file is a list of frames or boxes, or an object of such lists. Walking the outer two levels costs one scan, keeps
 * memory at one element's, says where every element lies, and lets one broken element be one broken element.
 */
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;

/** An element of an outer list, or a value of the outer object that is no list. Bytes [start, end). */
export interface Piece {
  /** The key in the outer object; "" where the text itself is a list. */
  readonly key: string;
  readonly element: boolean;
  readonly start: number;
  readonly end: number;
}

/** Walks a JSON text. `problem` is where it stops being JSON, null while it has not. */
export class Pieces {
  problem: number | null = null;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  *[Symbol.iterator](): Generator<Piece, void, void> {
    const bytes = this.#bytes;
    let p = this.#skip(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0);
    if (bytes[p] === 91) p = yield* this.#list("", p);
    else if (bytes[p] === 123) p = yield* this.#object(p);
    else p = this.#wrong(p);
    if (p >= 0 && this.#skip(p) < bytes.length) this.#wrong(this.#skip(p));
  }

  /** @returns past the list, or -1 */
  *#list(key: string, start: number): Generator<Piece, number, void> {
    const bytes = this.#bytes;
    let p = this.#skip(start + 1);
    if (bytes[p] === 93) return p + 1;
    while (true) {
      const end = this.#valueEnd(p);
      if (end < 0) return this.#cut(p);
      yield { key, element: true, start: p, end };
      p = this.#skip(end);
      if (bytes[p] === 93) return p + 1;
      if (bytes[p] !== COMMA) return this.#wrong(p);
      p = this.#skip(p + 1);
    }
  }

  *#object(start: number): Generator<Piece, number, void> {
    const bytes = this.#bytes;
    let p = this.#skip(start + 1);
    if (bytes[p] === 125) return p + 1;
    while (true) {
      if (bytes[p] !== QUOTE) return this.#wrong(p);
      const keyEnd = this.#stringEnd(p);
      if (keyEnd < 0) return -1;
      const key = String(parsed(bytes, p, keyEnd) ?? "");
      p = this.#skip(keyEnd);
      if (bytes[p] !== COLON) return this.#wrong(p);
      p = this.#skip(p + 1);
      if (bytes[p] === 91) p = yield* this.#list(key, p);
      else {
        const end = this.#valueEnd(p);
        if (end < 0) return this.#cut(p);
        yield { key, element: false, start: p, end };
        p = end;
      }
      if (p < 0) return -1;
      p = this.#skip(p);
      if (bytes[p] === 125) return p + 1;
      if (bytes[p] !== COMMA) return this.#wrong(p);
      p = this.#skip(p + 1);
    }
  }

  /** Past the value at `p`, or -1 where it has no end. What is inside is the parser's to judge. */
  #valueEnd(start: number): number {
    const bytes = this.#bytes;
    let p = start;
    let depth = 0;
    for (; p < bytes.length; p++) {
      const byte = bytes[p];
      if (byte === QUOTE) {
        p = this.#stringEnd(p) - 1;
        if (p < 0) return -1;
        if (depth === 0) return p + 1;
      } else if (byte === 123 || byte === 91) depth++;
      else if (byte === 125 || byte === 93) {
        if (depth === 0) break;
        if (--depth === 0) return p + 1;
      } else if (depth === 0 && (byte === COMMA || isSpace(byte))) break;
    }
    return p === start || depth > 0 ? this.#wrong(start) : p;
  }

  #stringEnd(start: number): number {
    const bytes = this.#bytes;
    for (let p = start + 1; p < bytes.length; p++) {
      if (bytes[p] === BACKSLASH) p++;
      else if (bytes[p] === QUOTE) return p + 1;
    }
    return this.#wrong(start);
  }

  #skip(start: number): number {
    let p = start;
    while (isSpace(this.#bytes[p])) p++;
    return p;
  }

  /** A piece without an end is lost from its beginning. */
  #cut(start: number): -1 {
    this.problem = start;
    return -1;
  }

  #wrong(at: number): -1 {
    this.problem ??= Math.min(at, this.#bytes.length);
    return -1;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

const UTF8 = new TextDecoder();
/** A number that may not fit a double. */
const LONG_NUMBER = /\d[\d.]{14}/;
const STAMP_KEY = /time|stamp|nsec|_ns|^t$/i;
/** What Python and others write, outside of strings. */
const NOT_NUMBERS = /("(?:[^"\\]|\\.)*")|-?\b(?:NaN|Infinity)\b/g;

/**
 * Bytes [start, end) as JSON; undefined where they are none. NaN and infinities, which are no JSON, read as null. Under a key
 * that speaks of time, a number of more than 15 characters stays the text it was: no stamp passes through a double.
 */
export function parsed(bytes: Uint8Array, start: number, end: number): unknown {
  const text = UTF8.decode(bytes.subarray(start, end));
  return tryParse(text) ?? tryParse(repaired(text));
}

function repaired(text: string): string {
  if (!/NaN|Infinity/.test(text)) return "";
  try {
    return text.replace(NOT_NUMBERS, (_, quoted: string | undefined) => quoted ?? "null");
  } catch {
    return "";
  }
}

type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown;
const exactStamps: Reviver = (key, value, context) => {
  const source = context?.source ?? "";
  return typeof value === "number" && source.length > 15 && STAMP_KEY.test(key) ? source : value;
};

function tryParse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return LONG_NUMBER.test(text) ? JSON.parse(text, exactStamps as Parameters<typeof JSON.parse>[1]) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type Json = { readonly [key: string]: unknown };

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as a list; empty where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as a finite number; NaN where it is none. */
export function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : Number.NaN;
}

/** A name or number as text; "" where it is neither. */
export function nameOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** Whether values are numbers throughout. */
export function allNumbers(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
