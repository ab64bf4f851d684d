/**
 * The protobuf wire format: a bounded cursor over one region of a payload.
 * https://protobuf.dev/programming-guides/encoding/
 */
import { REASON, Undecodable } from "./message.ts";

export const WIRE = { varint: 0, i64: 1, bytes: 2, start: 3, end: 4, i32: 5 } as const;

export class WireCursor {
  readonly payload: Uint8Array;
  #view: DataView | null = null;
  readonly #end: number;
  #at: number;
  /** Of the last varint read: its low and high 32 bits, unsigned. */
  low = 0;
  high = 0;

  /** The region [start, end) of `payload`. */
  constructor(payload: Uint8Array, start = 0, end = payload.length) {
    this.payload = payload;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /**
   * Reads a varint of at most ten bytes into `low` and `high`.
   * @returns `low`, unsigned
   * @throws Undecodable where it does not end
   */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return this.low;
      }
    }
    throw new Undecodable(REASON.malformed);
  }

  /** A field's number and wire type. @throws Undecodable for a number the format does not allow */
  tag(): { readonly field: number; readonly wire: number } {
    const tag = this.varint();
    if (this.high !== 0 || tag < 8) throw new Undecodable(REASON.malformed);
    return { field: tag >>> 3, wire: tag & 7 };
  }

  /** The region of a length-delimited value, stepped over. */
  region(): { readonly start: number; readonly end: number } {
    const length = this.varint();
    const start = this.#at;
    if (this.high !== 0 || length > this.#end - start) throw new Undecodable(REASON.truncated);
    this.#at = start + length;
    return { start, end: this.#at };
  }

  /** Steps over `bytes` bytes. @returns where they began, and a view to read them with */
  fixed(bytes: 4 | 8): { readonly view: DataView; readonly at: number } {
    const at = this.#at;
    if (bytes > this.#end - at) throw new Undecodable(REASON.truncated);
    this.#at = at + bytes;
    this.#view ??= new DataView(this.payload.buffer, this.payload.byteOffset, this.payload.byteLength);
    return { view: this.#view, at };
  }

  /** Steps over one value, and over a whole group without recursion. */
  skip(wire: number): void {
    let groups = 0;
    let next = wire;
    while (true) {
      if (next === WIRE.varint) this.varint();
      else if (next === WIRE.i64) this.fixed(8);
      else if (next === WIRE.bytes) this.region();
      else if (next === WIRE.i32) this.fixed(4);
      else if (next === WIRE.start) groups++;
      else if (next === WIRE.end && groups > 0) groups--;
      else throw new Undecodable(REASON.malformed);
      if (groups === 0) return;
      next = this.tag().wire;
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new Undecodable(REASON.truncated);
    return this.payload[this.#at++] ?? 0;
  }
}
