/**
 * Reads MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) whose layout is known: the caller says what
 * comes next, anything else is refused. Nothing is built from a length before the bytes it promises are there, and nothing
 * nests unless the caller does, so hostile bytes cost no memory.
 */

/** The bytes are not what was expected at `offset`. */
export class ReadError extends Error {
  override readonly name = "ReadError";
  readonly offset: number;
  constructor(expected: string, offset: number) {
    super(`expected ${expected} at byte ${offset}`);
    this.offset = offset;
  }
}

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #shortest: boolean;
  #at: number;

  /** @param shortest refuses numbers and lengths that are not in their shortest form */
  constructor(bytes: Uint8Array, at = 0, shortest = false) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
    this.#shortest = shortest;
  }

  get at(): number {
    return this.#at;
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Elements of an array. */
  array(what: string): number {
    return this.#head(what, 0x90, 0x9f, [null, 0xdc, 0xdd]);
  }

  /** A map of exactly these keys, in this order: call `key` before each value. */
  map(what: string, size: number): void {
    const from = this.#at;
    if (this.#head(what, 0x80, 0x8f, [null, 0xde, 0xdf]) !== size) throw new ReadError(`${what} of ${size} fields`, from);
  }

  key(name: string): void {
    const from = this.#at;
    if (this.text(`"${name}"`) !== name) throw new ReadError(`"${name}"`, from);
  }

  text(what: string): string {
    const from = this.#at;
    const bytes = this.#take(this.#head(what, 0xa0, 0xbf, [0xd9, 0xda, 0xdb]), what);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new ReadError(`${what} in UTF-8`, from);
    }
  }

  /** A view of the bytes read from. */
  binary(what: string, length?: number): Uint8Array {
    const from = this.#at;
    const bytes = this.#take(this.#head(what, 1, 0, [0xc4, 0xc5, 0xc6]), what);
    if (length !== undefined && bytes.length !== length) throw new ReadError(`${what} of ${length} bytes`, from);
    return bytes;
  }

  /** An unsigned integer below 2^53, of any width. */
  integer(what: string): number {
    const from = this.#at;
    const byte = this.#byte(what);
    if (byte < 0x80) return byte;
    const width = byte >= 0xcc && byte <= 0xcf ? 1 << (byte - 0xcc) : 0;
    if (width > 0) {
      const at = this.#skip(width, what);
      const value =
        width === 1
          ? this.#view.getUint8(at)
          : width === 2
            ? this.#view.getUint16(at)
            : width === 4
              ? this.#view.getUint32(at)
              : Number(this.#view.getBigUint64(at));
      const least = width === 1 ? 0x80 : 2 ** (4 * width);
      if (Number.isSafeInteger(value) && (!this.#shortest || value >= least)) return value;
    }
    throw new ReadError(what, from);
  }

  flag(what: string): boolean {
    const from = this.#at;
    const byte = this.#byte(what);
    if (byte !== 0xc2 && byte !== 0xc3) throw new ReadError(what, from);
    return byte === 0xc3;
  }

  /** Whether nil comes next; passes over it if so. */
  isNil(): boolean {
    if (this.#bytes[this.#at] !== 0xc0) return false;
    this.#at++;
    return true;
  }

  /** Size of what begins with a short form [from, to] or a long one of 1, 2 or 4 bytes, big-endian. */
  #head(what: string, from: number, to: number, long: readonly (number | null)[]): number {
    const start = this.#at;
    const byte = this.#byte(what);
    if (byte >= from && byte <= to) return byte - from;
    const width = long.indexOf(byte);
    if (width < 0) throw new ReadError(what, start);
    const at = this.#skip(1 << width, what);
    const size = width === 0 ? this.#view.getUint8(at) : width === 1 ? this.#view.getUint16(at) : this.#view.getUint32(at);
    // A short form goes up to `to`, the shorter long one to a byte or two.
    const least = Math.max(to - from + 1, width > 0 && long[width - 1] !== null ? 2 ** (8 << (width - 1)) : 0);
    if (this.#shortest && size < least) throw new ReadError(`${what} in its shortest form`, start);
    return size;
  }

  #byte(what: string): number {
    return this.#bytes[this.#skip(1, what)] as number;
  }

  #take(length: number, what: string): Uint8Array {
    const at = this.#skip(length, what);
    return this.#bytes.subarray(at, at + length);
  }

  /** @returns where the bytes passed over begin */
  #skip(length: number, what: string): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw new ReadError(what, at);
    this.#at = at + length;
    return at;
  }
}
