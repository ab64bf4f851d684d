/**
 * Bytes of a file (or of kernel memory) at a position, through one buffer. Reads adapt: a hop far away fetches little,
 * reading on doubles up to 1 MiB, so that a file of large records costs one small read each and one of small records
 * is read in large pieces.
 */
import type { Input } from "../../input.ts";
import { PIECE } from "./format.ts";

/** What a walk needs of its bytes. */
export interface Bytes {
  /** End of what can be read. */
  readonly size: number;
  /** What `at` made available. Replaced by the next `at`. */
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** Bytes of `u8` that are valid. */
  readonly valid: number;
  /**
   * Makes [position, position + bytes) available.
   * @returns its offset in `u8`, or -1 when not all of it exists
   */
  at(position: number, bytes: number): number;
}

const HOP = 512;

export class FileWindow implements Bytes {
  readonly #input: Input;
  readonly size: number;
  u8: Uint8Array;
  view: DataView;
  valid = 0;
  /** Reads that did not continue the one before. */
  hops = 0;
  #base = 0;
  #next = 8 * HOP;
  readonly #largest: number;

  constructor(input: Input, size: number, largest = PIECE) {
    this.#input = input;
    this.size = size;
    this.#largest = largest;
    this.u8 = new Uint8Array(Math.min(8 * HOP, largest));
    this.view = new DataView(this.u8.buffer);
  }

  /** Whether `at` would read nothing. */
  has(position: number, bytes: number): boolean {
    const offset = position - this.#base;
    return offset >= 0 && offset + bytes <= this.valid;
  }

  at(position: number, bytes: number): number {
    const offset = position - this.#base;
    if (offset >= 0 && offset + bytes <= this.valid) return offset;
    if (position < 0 || position + bytes > this.size) return -1;
    // Also over a gap no wider than what was read before: records smaller than the window.
    const onward = offset >= 0 && offset <= 2 * this.valid;
    if (!onward) this.hops++;
    this.#next = onward ? Math.min(this.#next * 2, this.#largest) : HOP;
    const want = Math.min(Math.max(this.#next, bytes), this.size - position);
    if (want > this.u8.length) {
      this.u8 = new Uint8Array(Math.max(want, this.#next));
      this.view = new DataView(this.u8.buffer);
    }
    this.#base = position;
    this.valid = this.#input.read(0, position, this.u8.subarray(0, want));
    return bytes <= this.valid ? 0 : -1;
  }
}

/** A region that is in memory already. `at` never copies. */
export class MemoryWindow implements Bytes {
  readonly u8: Uint8Array;
  readonly view: DataView;
  readonly size: number;
  readonly valid: number;

  constructor(bytes: Uint8Array) {
    this.u8 = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.size = bytes.length;
    this.valid = bytes.length;
  }

  at(position: number, bytes: number): number {
    return position >= 0 && position + bytes <= this.size ? position : -1;
  }
}
