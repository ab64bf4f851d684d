/**
 * What a JSON text holds, for telling formats apart: the keys of the outer object and the first elements of each outer list, wherever in the
 * text they stand and however much lies before them. The text comes in parts and is walked once, in bounded memory.
 *
 * What is no JSON is passed over like `Pieces` does: one broken value does not hide the others.
 */
import { isJson, type Json, parsed } from "./json.ts";

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;

/** Elements kept of an outer list, and of a list inside of one. */
const OUTER_ELEMENTS = 16;
const INNER_ELEMENTS = 3;
/** Members kept of an object, values kept below one outer value and in all: far beyond what a label has. */
const MAX_MEMBERS = 1 << 12;
const MAX_VALUES_EACH = 1 << 14;
const MAX_VALUES = 1 << 20;
const MAX_DEPTH = 64;
/** Of a key, a string or a number: of what is longer only that it is there is kept. */
const MAX_TOKEN_BYTES = 1 << 10;

/** Of a byte outside of strings, plus 2: how much deeper it leads; 0 where it means nothing. */
const BRACKETS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE ? 2 : byte === 123 || byte === 91 ? 3 : byte === 125 || byte === 93 ? 1 : 0,
);

/** The first elements of each outer list. */
export interface Shape {
  /** Keys of the outer object; [""] for a list. */
  readonly keys: ReadonlySet<string>;
  /** First objects of the list under a key; of an object under it, that object under "". */
  readonly first: (key: string) => readonly Json[];
}

type Built = unknown[] | { [key: string]: unknown };

/** A list or object that is open. */
interface Open {
  readonly built: Built;
  /** Of an object: the key whose value comes next; null before a key. */
  key: string | null;
  count: number;
}

export class Outline implements Shape {
  /** How often what is known has grown. */
  version = 0;
  readonly #open: Open[] = [];
  #root: Built | null = null;
  #ended = false;
  /** What is passed over: how many lists and objects deep, and whether its end is that of the innermost open one too. */
  #passed = 0;
  #isRest = false;
  #quoted = false;
  #escaped = false;
  readonly #token = new Uint8Array(MAX_TOKEN_BYTES);
  #tokenBytes = 0;
  #values = 0;
  /** Of these, below the current outer value. */
  #valuesHere = 0;

  /** Whether nothing that follows can add anything. */
  get done(): boolean {
    return this.#ended;
  }

  get keys(): ReadonlySet<string> {
    return new Set(Array.isArray(this.#root) ? [""] : Object.keys(this.#root ?? {}));
  }

  readonly first = (key: string): readonly Json[] => {
    const value = Array.isArray(this.#root) ? (key === "" ? this.#root : undefined) : this.#root?.[key];
    if (Array.isArray(value)) return value.filter(isJson);
    return isJson(value) ? [{ "": value }] : [];
  };

  /** The next bytes of the text; the first may begin with a byte order mark. */
  push(bytes: Uint8Array): void {
    let p = this.#root === null && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    while (p < bytes.length && !this.#ended) {
      if (this.#passed > 0) p = this.#pass(bytes, p);
      else p = this.#quoted ? this.#string(bytes, p) : this.#step(bytes, p);
    }
  }

  /** Takes in a string to its end. @returns where to go on */
  #string(bytes: Uint8Array, start: number): number {
    let p = start;
    while (p < bytes.length && this.#quoted) {
      if (this.#escaped) {
        this.#escaped = false;
        p++;
        continue;
      }
      while (p < bytes.length && bytes[p] !== QUOTE && bytes[p] !== BACKSLASH) p++;
      if (p === bytes.length) break;
      this.#escaped = bytes[p] === BACKSLASH;
      this.#quoted = this.#escaped;
      p++;
    }
    this.#take(bytes, start, p);
    if (!this.#quoted) this.#endToken();
    return p;
  }

  /** To the end of what is passed over: the one loop that sees every byte of a large file. @returns where to go on */
  #pass(bytes: Uint8Array, start: number): number {
    const end = bytes.length;
    let [p, depth] = [this.#escaped ? start + 1 : start, this.#passed];
    this.#escaped = false;
    let quoted = this.#quoted;
    while (p < end && depth > 0) {
      if (quoted) {
        while (p < end && bytes[p] !== QUOTE && bytes[p] !== BACKSLASH) p++;
        if (p >= end) break;
        quoted = bytes[p] === BACKSLASH;
        if (quoted && p + 1 === end) this.#escaped = true;
        p += quoted ? 2 : 1;
      } else {
        while (p < end && BRACKETS[bytes[p] ?? 0] === 0) p++;
        if (p >= end) break;
        quoted = bytes[p] === QUOTE;
        depth += (BRACKETS[bytes[p] ?? 0] ?? 0) - 2;
        p++;
      }
    }
    this.#quoted = quoted;
    this.#passed = depth;
    if (depth > 0) return end;
    if (this.#isRest) this.#end();
    else this.#add(null);
    return p;
  }

  /** One byte between strings of what is kept. @returns where to go on */
  #step(bytes: Uint8Array, p: number): number {
    const byte = bytes[p];
    const isSpace = byte === 32 || byte === 10 || byte === 13 || byte === 9;
    const isPunctuation = byte === QUOTE || byte === 123 || byte === 91 || byte === 125 || byte === 93 || byte === COMMA || byte === COLON;
    if (isSpace || isPunctuation) this.#endToken();
    if (byte === 123 || byte === 91) this.#begin(byte === 91);
    else if (this.#root === null) this.#ended = !isSpace;
    else if (byte === 125 || byte === 93) this.#end();
    else if (byte === COMMA) this.#next();
    else if (byte === QUOTE) this.#quoted = true;
    if (byte === QUOTE || !(isSpace || isPunctuation)) this.#take(bytes, p, p + 1);
    return p + 1;
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    const room = Math.max(0, MAX_TOKEN_BYTES - this.#tokenBytes);
    if (room > 0) this.#token.set(bytes.subarray(start, Math.min(end, start + room)), this.#tokenBytes);
    this.#tokenBytes += end - start;
  }

  /** A string or a scalar is whole: a key or a value. */
  #endToken(): void {
    if (this.#tokenBytes === 0) return;
    const isLong = this.#tokenBytes > MAX_TOKEN_BYTES;
    const value = isLong ? null : parsed(this.#token, 0, this.#tokenBytes);
    const isText = this.#token[0] === QUOTE;
    this.#tokenBytes = 0;
    const last = this.#open.at(-1);
    if (last && !Array.isArray(last.built) && last.key === null) last.key = typeof value === "string" ? value : "";
    else this.#add(isLong && isText ? "…" : (value ?? null));
  }

  #begin(isList: boolean): void {
    const depth = this.#open.length;
    if (depth >= MAX_DEPTH) {
      this.#passed = 1;
      this.#isRest = false;
      return;
    }
    const open: Open = { built: isList ? [] : Object.create(null), key: null, count: 0 };
    if (depth === 0) this.#root = open.built;
    // An outer list is there from its beginning, every other value when it is whole.
    else if (this.#isOuterList(open.built)) this.#add(open.built);
    this.#open.push(open);
  }

  #end(): void {
    const closed = this.#open.pop();
    if (this.#open.length <= this.#outerDepth) this.#valuesHere = 0;
    if (this.#open.length === 0) this.#ended = true;
    else if (closed && !this.#isOuterList(closed.built)) this.#add(closed.built);
  }

  /** After a comma: the rest of a list or object that is full is passed over. */
  #next(): void {
    const last = this.#open.at(-1);
    if (!last) return;
    last.key = null;
    if (this.#hasRoom(last)) return;
    if (this.#open.length === 1) this.#ended = true;
    this.#passed = 1;
    this.#isRest = true;
  }

  #hasRoom({ built, count }: Open): boolean {
    const isOuter = this.#open.length <= this.#outerDepth;
    if (this.#values >= MAX_VALUES || (!isOuter && this.#valuesHere >= MAX_VALUES_EACH)) return false;
    return count < (!Array.isArray(built) ? MAX_MEMBERS : isOuter ? OUTER_ELEMENTS : INNER_ELEMENTS);
  }

  #add(value: unknown): void {
    const parent = this.#open.at(-1);
    if (!parent) return;
    if (Array.isArray(parent.built)) parent.built.push(value);
    else parent.built[parent.key ?? ""] = value;
    parent.count++;
    this.#values++;
    this.#valuesHere++;
    if (this.#open.length <= this.#outerDepth) this.version++;
  }

  /** How many lists and objects are open where the elements of outer lists stand. */
  get #outerDepth(): number {
    return Array.isArray(this.#root) ? 1 : 2;
  }

  /** Whether this list, of the innermost open object, is one of the outer object's. */
  #isOuterList(built: Built): boolean {
    return this.#open.length === 1 && Array.isArray(built) && !Array.isArray(this.#root);
  }
}
