/**
 * Reads fields of a record's content and never past its end: `ok` turns false instead, and what is read then is empty.
 */
/** A mark at the start is part of a name: two names must not be read as one. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at: number;
  ok = true;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  #take(bytes: number): number {
    if (!this.ok || bytes > this.left) {
      this.ok = false;
      return -1;
    }
    const at = this.at;
    this.at += bytes;
    return at;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at, true);
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at, true);
  }

  u64(): bigint {
    const at = this.#take(8);
    return at < 0 ? 0n : this.#view.getBigUint64(at, true);
  }

  /** A u64 that counts or measures: exact below 2^53, else `Infinity`. */
  size(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : sizeAt(this.#view, at);
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return at < 0 ? new Uint8Array(0) : this.#bytes.subarray(at, at + length);
  }

  string(): string {
    return utf8.decode(this.bytes(this.u32()));
  }

  /** The region a u32 length announces, as a cursor of its own. */
  block(): Cursor {
    return new Cursor(this.bytes(this.u32()));
  }
}

/** u64 at `at`: exact below 2^53, else `Infinity`. */
export function sizeAt(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  return high < 0x20_0000 ? high * 0x1_0000_0000 + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
}
