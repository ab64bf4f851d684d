/**
 * The little of FlatBuffers that Arrow's metadata needs, every offset checked: tables, vectors, strings, scalars with defaults.
 * Format: https://flatbuffers.dev/internals/
 */
import { DecodeError } from "../../errors.ts";

/** Elements of one vector: more are in no metadata. */
const MAX_ELEMENTS = 65536;

/** A copy of a region of bytes that holds one buffer: kernel memory may move while it is read. */
export class Flat {
  readonly view: DataView;
  /** Where the region begins, for the offsets of errors. */
  readonly at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.at = start;
    this.view = new DataView(bytes.slice(start, Math.max(start, end)).buffer);
  }

  root(): FlatTable {
    return new FlatTable(this, this.u32(0));
  }

  check(offset: number, length: number): void {
    if (!(offset >= 0 && offset + length <= this.view.byteLength)) throw new DecodeError("metadata offset out of range", this.at);
  }

  u32(offset: number): number {
    this.check(offset, 4);
    return this.view.getUint32(offset, true);
  }
}

export class FlatTable {
  readonly #flat: Flat;
  readonly #at: number;
  readonly #vtable: number;
  readonly #slots: number;

  constructor(flat: Flat, at: number) {
    flat.check(at, 4);
    this.#flat = flat;
    this.#at = at;
    this.#vtable = at - flat.view.getInt32(at, true);
    flat.check(this.#vtable, 4);
    const size = flat.view.getUint16(this.#vtable, true);
    flat.check(this.#vtable, size);
    this.#slots = (size - 4) >> 1;
  }

  u8(field: number, absent: number): number {
    const at = this.#find(field, 1);
    return at < 0 ? absent : this.#flat.view.getUint8(at);
  }

  i16(field: number, absent: number): number {
    const at = this.#find(field, 2);
    return at < 0 ? absent : this.#flat.view.getInt16(at, true);
  }

  i32(field: number, absent: number): number {
    const at = this.#find(field, 4);
    return at < 0 ? absent : this.#flat.view.getInt32(at, true);
  }

  i64(field: number, absent: bigint): bigint {
    const at = this.#find(field, 8);
    return at < 0 ? absent : this.#flat.view.getBigInt64(at, true);
  }

  table(field: number): FlatTable | null {
    const at = this.#find(field, 4);
    return at < 0 ? null : new FlatTable(this.#flat, at + this.#flat.u32(at));
  }

  tables(field: number): FlatTable[] {
    const [at, count] = this.#vector(field, 4);
    return Array.from({ length: count }, (_, i) => new FlatTable(this.#flat, at + 4 * i + this.#flat.u32(at + 4 * i)));
  }

  /** A vector of structs of `size` bytes. */
  structs(field: number, size: number): DataView[] {
    const [at, count] = this.#vector(field, size);
    const { view } = this.#flat;
    return Array.from({ length: count }, (_, i) => new DataView(view.buffer, view.byteOffset + at + size * i, size));
  }

  string(field: number): string {
    const [at, length] = this.#vector(field, 1);
    const { view } = this.#flat;
    return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
  }

  /** First element and count. */
  #vector(field: number, size: number): readonly [number, number] {
    const slot = this.#find(field, 4);
    if (slot < 0) return [0, 0];
    const at = slot + this.#flat.u32(slot);
    const count = this.#flat.u32(at);
    if (count > MAX_ELEMENTS) throw new DecodeError("metadata vector too long", this.#flat.at + at);
    this.#flat.check(at + 4, count * size);
    return [at + 4, count];
  }

  /** Where a field's value lies; -1 when it is absent. */
  #find(field: number, size: number): number {
    if (field >= this.#slots) return -1;
    const offset = this.#flat.view.getUint16(this.#vtable + 4 + 2 * field, true);
    if (offset === 0) return -1;
    this.#flat.check(this.#at + offset, size);
    return this.#at + offset;
  }
}
