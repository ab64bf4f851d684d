/** Pages of a SQLite 3 database file. Format: https://www.sqlite.org/fileformat2.html */
import type { Input } from "../../input.ts";

export const MAGIC = "SQLite format 3\0";
export const HEADER_BYTES = 100;
/** Their numbers have 32 bits. */
const MOST_PAGES = 0xffff_fffe;

/** Most that is read ahead along pages that follow each other. */
const AHEAD_BYTES = 256 << 10;

/** Plain data. */
export interface PageForm {
  readonly pageBytes: number;
  /** Of each page; the rest is reserved for extensions. */
  readonly usable: number;
  /** Whole pages in the file. */
  readonly pages: number;
}

export interface DatabaseHeader extends PageForm {
  readonly hasMagic: boolean;
  /** Pages the header says there are; null where it cannot be trusted to. */
  readonly claimedPages: number | null;
  readonly text: "utf-8" | "utf-16le" | "utf-16be";
}

/** @returns null where the first bytes of a file of so many bytes are no header of a database, be its magic damaged or not */
export function databaseHeader(bytes: Uint8Array, size: number): DatabaseHeader | null {
  if (bytes.length < HEADER_BYTES) return null;
  const stated = u16(bytes, 16);
  const pageBytes = stated === 1 ? 65_536 : stated;
  const usable = pageBytes - (bytes[20] ?? 0);
  const isPowerOfTwo = pageBytes >= 512 && (pageBytes & (pageBytes - 1)) === 0;
  if (!isPowerOfTwo || usable < 480 || bytes[21] !== 64 || bytes[22] !== 32 || bytes[23] !== 32) return null;
  // Only as new as the change it was written with.
  const isCurrent = u32(bytes, 24) === u32(bytes, 92) && u32(bytes, 28) > 0;
  return {
    pageBytes,
    usable,
    pages: Math.min(Math.floor(size / pageBytes), MOST_PAGES),
    hasMagic: new TextDecoder("latin1").decode(bytes.subarray(0, 16)) === MAGIC,
    claimedPages: isCurrent ? u32(bytes, 28) : null,
    text: (["utf-8", "utf-16le", "utf-16be"] as const)[u32(bytes, 56) - 1] ?? "utf-8",
  };
}

/** Reads pages by number, from 1: one at a time where they are scattered, ever more where they follow each other. */
export class Pages {
  readonly form: PageForm;
  readonly #input: Input;
  readonly #file: number;
  #room = new Uint8Array(0);
  #first = 0;
  #held = 0;

  constructor(input: Input, file: number, form: PageForm) {
    this.#input = input;
    this.#file = file;
    this.form = form;
  }

  /** @returns a view until the next call; null beyond the file's end */
  page(number: number): Uint8Array | null {
    const { pageBytes, pages } = this.form;
    if (number < 1 || number > pages) return null;
    if (number < this.#first || number >= this.#first + this.#held) {
      const most = Math.min(Math.max(1, AHEAD_BYTES / pageBytes), pages - number + 1);
      const count = number === this.#first + this.#held ? Math.min(2 * this.#held, most) : 1;
      if (this.#room.length < count * pageBytes) this.#room = new Uint8Array(count * pageBytes);
      const got = this.#input.read(this.#file, (number - 1) * pageBytes, this.#room.subarray(0, count * pageBytes));
      this.#first = number;
      this.#held = Math.floor(got / pageBytes);
      if (this.#held === 0) return null;
    }
    const at = (number - this.#first) * pageBytes;
    return this.#room.subarray(at, at + pageBytes);
  }
}

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
}
