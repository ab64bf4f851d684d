/**
 * Feather v2 (the Arrow IPC file format) to columns in kernel memory.
 *
 * Written by hand because it is the hot path of Argoverse 2: buffers are decompressed by the LZ4 kernel from where the file was
 * read to where the points are used, and every length is held against the bytes that are there before anything is allocated.
 * Reads what tables of numbers and names need: integers, floats, Utf8 and LargeUtf8, plain or dictionary-encoded, in any number of
 * record batches, uncompressed, LZ4 or ZSTD. Other columns are skipped. Little-endian files only.
 *
 * Format: https://arrow.apache.org/docs/format/Columnar.html and the .fbs files beside it; field numbers below are theirs.
 */
import { DecodeError } from "../../errors.ts";
import { type Input, type Platform, readRange } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import { type Chunk, type Column, type ColumnType, readStrings, WIDTH } from "./feather-columns.ts";
import { Flat, type FlatTable } from "./flatbuffer.ts";

/** All decompressed (or moved) buffers of one file together. */
export const MAX_DECODED_BYTES = 1 << 28;
/** Fields, nodes and buffers of one file together, and bytes of metadata by so many an item. */
const MAX_METADATA = 1 << 20;
const METADATA_ITEM_BYTES = 64;
/** Most a compressed byte can stand for: LZ4 255 (a length byte), ZSTD 2^15 (a 128 KiB block in four bytes). */
const MAX_RATIO = { lz4: 256, zstd: 32768 } as const;

const MAGIC = [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31];

export interface Feather {
  readonly rows: number;
  readonly columns: readonly Column[];
}

interface Field {
  readonly name: string;
  /** Null for a type that is skipped. */
  readonly type: ColumnType | null;
  readonly dictionary: { readonly id: bigint; readonly index: ColumnType } | null;
  /** Nodes and buffers it takes of a record batch, with its children. */
  readonly nodes: number;
  readonly buffers: number;
}

/**
 * Decodes a file at `pointer`. Buffers that are not compressed are used where they lie.
 *
 * @param maxRows of the table, and of each dictionary
 * @throws DecodeError with a constant message and the offset of what does not fit
 */
export function readFeather(kernels: Kernels, platform: Platform, pointer: number, bytes: number, maxRows: number): Feather {
  return new FeatherFile(kernels, platform, pointer, bytes, maxRows).read();
}

/**
 * Names and types of a file's columns, in order, from its footer alone: "text" for names however they are stored.
 *
 * @returns null where that cannot be read: the reader of the file will say why
 */
export function featherColumns(input: Input, file: number): readonly (readonly [name: string, type: string])[] | null {
  const size = input.files[file]?.size ?? 0;
  const tail = readRange(input, file, Math.max(0, size - 10), Math.min(size, 10));
  const length = tail.length < 10 ? 0 : new DataView(tail.buffer, tail.byteOffset).getInt32(0, true);
  if (length < 8 || length > Math.min(size - 18, MAX_METADATA * METADATA_ITEM_BYTES)) return null;
  try {
    const bytes = readRange(input, file, size - 10 - length, length);
    const schema = new Flat(bytes, 0, length).root().table(1);
    return schema?.tables(1).map((field) => [field.string(0), typeName(field)]) ?? null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function typeName(field: FlatTable): string {
  const kind = field.u8(2, 0);
  const type = typeOf(kind, field.table(3));
  if (type === "utf8" || type === "largeUtf8") return "text";
  return `${type ?? `type ${kind}`}${field.table(4) ? " by index" : ""}`;
}

export function isFeather(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => head[i] === byte);
}

class FeatherFile {
  readonly #kernels: Kernels;
  readonly #platform: Platform;
  readonly #pointer: number;
  readonly #bytes: number;
  readonly #maxRows: number;
  #decoded = 0;
  #metadata = 0;

  constructor(kernels: Kernels, platform: Platform, pointer: number, bytes: number, maxRows: number) {
    this.#maxRows = maxRows;
    this.#kernels = kernels;
    this.#platform = platform;
    this.#pointer = pointer;
    this.#bytes = bytes;
  }

  read(): Feather {
    const footer = this.#footer();
    const schema = footer.table(1);
    if (!schema) throw new DecodeError("no schema", this.#bytes);
    if (schema.i16(0, 0) !== 0) throw new DecodeError("big-endian file", this.#bytes);
    const fields = schema.tables(1).map((field) => this.#field(field));
    const dictionaries = new Map<bigint, string[]>();
    for (const block of footer.structs(2, 24)) this.#dictionary(block, fields, dictionaries);
    let rows = 0;
    const columns = fields.map((): { chunks: Chunk[]; nulls: number } => ({ chunks: [], nulls: 0 }));
    for (const block of footer.structs(3, 24)) {
      const { batch, body, at } = this.#batch(block, 3);
      rows += this.#chunks(batch, body, at, fields, columns);
      if (rows > this.#maxRows) throw new DecodeError("too many rows", at);
    }
    return {
      rows,
      columns: fields.flatMap(({ name, type, dictionary }, i): Column[] => {
        const column = columns[i];
        if (type === null || !column) return [];
        const values = dictionary && (dictionaries.get(dictionary.id) ?? []);
        return [{ name, type, ...column, dictionary: dictionary && { index: dictionary.index, values: values ?? [] } }];
      }),
    };
  }

  #view(): Uint8Array {
    return this.#kernels.u8(this.#pointer, this.#bytes);
  }

  /** The file ends with the footer, its length (i32) and the magic. */
  #footer(): FlatTable {
    const view = this.#view();
    const size = this.#bytes;
    if (!isFeather(view)) throw new DecodeError("no ARROW1 magic", 0);
    if (size < 22 || !isFeather(view.subarray(size - 6))) throw new DecodeError("no ARROW1 magic at the end", Math.max(0, size - 6));
    const length = new DataView(view.buffer, view.byteOffset).getInt32(size - 10, true);
    if (length < 8 || length > size - 18) throw new DecodeError("footer length out of range", size - 10);
    this.#spend(length / METADATA_ITEM_BYTES, size - 10);
    return new Flat(view, size - 10 - length, size - 10).root();
  }

  #spend(items: number, at: number): void {
    this.#metadata += items;
    if (this.#metadata > MAX_METADATA) throw new DecodeError("too much metadata", at);
  }

  #reserve(bytes: number, at: number): void {
    this.#decoded += bytes;
    if (this.#decoded > MAX_DECODED_BYTES) throw new DecodeError("decompressed size out of range", at);
  }

  #field(field: FlatTable, depth = 0): Field {
    this.#spend(1, 0);
    const kind = field.u8(2, 0);
    const encoding = field.table(4);
    if (kind > 22 || kind === UNION || depth > 8) throw new DecodeError("unsupported column type", 0);
    const children = field.tables(5).map((child) => this.#field(child, depth + 1));
    const own = encoding ? 2 : (BUFFERS[kind] ?? 2);
    return {
      name: field.string(0),
      type: typeOf(kind, field.table(3)),
      dictionary: encoding && { id: encoding.i64(0, 0n), index: typeOf(2, encoding.table(1)) ?? "i32" },
      // A dictionary's values are not in the batch, nor their children.
      nodes: 1 + (encoding ? 0 : children.reduce((sum, c) => sum + c.nodes, 0)),
      buffers: own + (encoding ? 0 : children.reduce((sum, c) => sum + c.buffers, 0)),
    };
  }

  /** The message a footer block points to. Body offsets are from the file's begin. */
  #batch(block: DataView, expected: 2 | 3): { batch: FlatTable; body: readonly [number, number]; at: number } {
    const at = Number(block.getBigInt64(0, true));
    const metadata = block.getInt32(8, true);
    const bodyLength = Number(block.getBigInt64(16, true));
    const body = at + metadata;
    if (at < 8 || metadata < 16 || bodyLength < 0 || !(body + bodyLength <= this.#bytes))
      throw new DecodeError("block outside the file", this.#bytes);
    this.#spend(metadata / METADATA_ITEM_BYTES, at);
    const view = this.#view();
    // Since 0.15 the length is preceded by a continuation marker.
    const marker = view.subarray(at, at + 4).every((byte) => byte === 0xff);
    const message = new Flat(view, at + (marker ? 8 : 4), body).root();
    const batch = message.table(2);
    if (message.u8(1, 0) !== expected || !batch) throw new DecodeError("unexpected message", at);
    return { batch, body: [body, body + bodyLength], at };
  }

  #dictionary(block: DataView, fields: readonly Field[], dictionaries: Map<bigint, string[]>): void {
    const { batch, body, at } = this.#batch(block, 2);
    const id = batch.i64(0, 0n);
    const field = fields.find((f) => f.dictionary?.id === id);
    const data = batch.table(1);
    if (!field || field.type === null || !data) return;
    const values = { chunks: [] as Chunk[], nulls: 0 };
    this.#chunks(data, body, at, [{ ...field, dictionary: null }], [values]);
    const column: Column = { name: field.name, type: field.type, ...values, dictionary: null };
    const isDelta = batch.u8(2, 0) !== 0;
    const strings = readStrings(this.#kernels, column);
    dictionaries.set(id, isDelta ? [...(dictionaries.get(id) ?? []), ...strings] : strings);
  }

  /** Appends one record batch to the columns. @returns its rows */
  #chunks(
    batch: FlatTable,
    body: readonly [number, number],
    at: number,
    fields: readonly Field[],
    columns: readonly { chunks: Chunk[]; nulls: number }[],
  ): number {
    const rows = toCount(batch.i64(0, 0n), at);
    if (rows > this.#maxRows) throw new DecodeError("too many rows", at);
    const nodes = batch.structs(1, 16);
    const buffers = batch.structs(2, 16);
    this.#spend(nodes.length + buffers.length, at);
    const compression = batch.table(3);
    const codec = compression ? (compression.u8(0, 0) === 0 ? "lz4" : "zstd") : null;
    let node = 0;
    let buffer = 0;
    for (const [i, field] of fields.entries()) {
      const own = nodes[node];
      const first = buffer;
      node += field.nodes;
      buffer += field.buffers;
      const column = columns[i];
      if (field.type === null || !own || !column) continue;
      if (toCount(own.getBigInt64(0, true), at) !== rows) throw new DecodeError("column of another length", at);
      column.nulls += toCount(own.getBigInt64(8, true), at);
      column.chunks.push(this.#chunk(field, rows, at, (k) => this.#buffer(buffers[first + k], body, codec, at)));
    }
    return rows;
  }

  #chunk(field: Field, rows: number, at: number, buffer: (k: number) => readonly [number, number]): Chunk {
    const type = field.dictionary?.index ?? field.type ?? "u8";
    const values = buffer(1);
    if (type !== "utf8" && type !== "largeUtf8") {
      if (values[1] < rows * WIDTH[type]) throw new DecodeError("buffer too short", at);
      return { rows, pointer: values[0], data: 0, dataBytes: 0 };
    }
    // A table without rows may leave out the one offset.
    if (rows > 0 && values[1] < (rows + 1) * WIDTH[type]) throw new DecodeError("buffer too short", at);
    const [data, dataBytes] = buffer(2);
    return { rows, pointer: values[0], data, dataBytes };
  }

  /** A buffer of a record batch, decompressed. @returns pointer and length */
  #buffer(
    buffer: DataView | undefined,
    body: readonly [number, number],
    codec: "lz4" | "zstd" | null,
    at: number,
  ): readonly [number, number] {
    if (!buffer) throw new DecodeError("buffer missing", at);
    const start = body[0] + Number(buffer.getBigInt64(0, true));
    const length = Number(buffer.getBigInt64(8, true));
    if (start < body[0] || length < 0 || !(start + length <= body[1])) throw new DecodeError("buffer outside its body", at);
    if (codec === null || length === 0) return this.#place(start, length);
    if (length < 8) throw new DecodeError("buffer too short", start);
    const view = this.#view();
    const size = Number(new DataView(view.buffer, view.byteOffset).getBigInt64(start, true));
    if (size === -1) return this.#place(start + 8, length - 8);
    if (size < 0 || size > (length - 8) * MAX_RATIO[codec]) throw new DecodeError("decompressed length out of range", start);
    this.#reserve(size, start);
    return [codec === "lz4" ? this.#lz4(start + 8, length - 8, size) : this.#zstd(start + 8, length - 8, size), size];
  }

  /** Where an uncompressed buffer lies, moved if a view of its widest values could not begin there. */
  #place(start: number, length: number): readonly [number, number] {
    const pointer = this.#pointer + start;
    if (pointer % 8 === 0) return [pointer, length];
    this.#reserve(length, start);
    const copy = this.#kernels.alloc(length);
    this.#kernels.u8(copy, length).set(this.#kernels.u8(pointer, length));
    return [copy, length];
  }

  #lz4(start: number, length: number, size: number): number {
    const target = this.#kernels.alloc(size);
    const result = this.#kernels.alloc(8);
    const written = this.#kernels.exports.lz4Frames(this.#pointer + start, length, target, size, result);
    if (written !== size) throw new DecodeError("damaged lz4 buffer", start);
    return target;
  }

  #zstd(start: number, length: number, size: number): number {
    const target = this.#kernels.alloc(size);
    if (!this.#platform.zstd(this.#view().subarray(start, start + length), this.#kernels.u8(target, size))) {
      throw new DecodeError("damaged zstd buffer", start);
    }
    return target;
  }
}

const INTS: Readonly<Record<number, readonly [ColumnType, ColumnType]>> = {
  8: ["i8", "u8"],
  16: ["i16", "u16"],
  32: ["i32", "u32"],
  64: ["i64", "u64"],
};
const FLOATS: readonly ColumnType[] = ["f16", "f32", "f64"];
const UTF8 = 5;
const LARGE_UTF8 = 20;

const UNION = 14;
/** Buffers of a column by its type number (Schema.fbs `Type`): validity included; two unless said otherwise. */
const BUFFERS: Readonly<Record<number, number>> = { 1: 0, 4: 3, 5: 3, 13: 1, 16: 1, 19: 3, 20: 3, 22: 0 };

function typeOf(kind: number, type: FlatTable | null): ColumnType | null {
  if (kind === UTF8) return "utf8";
  if (kind === LARGE_UTF8) return "largeUtf8";
  if (kind === 3) return FLOATS[type?.i16(0, 0) ?? 0] ?? null;
  if (kind === 2) return INTS[type?.i32(0, 0) ?? 0]?.[type?.u8(1, 0) ? 0 : 1] ?? null;
  return null;
}

function toCount(value: bigint, at: number): number {
  // More rows than bytes in any file; a real bound is each buffer's length.
  if (value < 0n || value > 0xffff_ffffn) throw new DecodeError("row count out of range", at);
  return Number(value);
}
