/** Columns of a feather file, decoded in kernel memory, as the arrays and names the tables of Argoverse 2 need. */
import { DecodeError } from "../../errors.ts";
import type { Kernels } from "../../kernels.ts";
import type { FieldType } from "../../types.ts";

export type ColumnType = FieldType | "u64" | "utf8" | "largeUtf8";

/** Rows of one record batch. */
export interface Chunk {
  readonly rows: number;
  /** Values of a number column; dictionary indices or string offsets otherwise. */
  readonly pointer: number;
  /** Bytes of the strings. */
  readonly data: number;
  readonly dataBytes: number;
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly chunks: readonly Chunk[];
  /** Of a dictionary-encoded column: type of its indices, and the values they point to. */
  readonly dictionary: { readonly index: ColumnType; readonly values: readonly string[] } | null;
  readonly nulls: number;
}

/** Bytes of a value, or of an offset. */
export const WIDTH: Readonly<Record<ColumnType, number>> = {
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  f16: 2,
  i32: 4,
  u32: 4,
  f32: 4,
  utf8: 4,
  i64: 8,
  u64: 8,
  f64: 8,
  largeUtf8: 8,
};

type Values = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** A view of number values in kernel memory, dead when memory grows. f16 and 64-bit integers have functions of their own. */
function valuesOf(kernels: Kernels, type: ColumnType, pointer: number, rows: number): Values {
  const buffer = kernels.exports.memory.buffer;
  switch (type) {
    case "i8":
      return new Int8Array(buffer, pointer, rows);
    case "u8":
      return new Uint8Array(buffer, pointer, rows);
    case "i16":
      return new Int16Array(buffer, pointer, rows);
    case "u16":
      return new Uint16Array(buffer, pointer, rows);
    case "i32":
    case "utf8":
      return new Int32Array(buffer, pointer, rows);
    case "u32":
      return new Uint32Array(buffer, pointer, rows);
    case "f32":
      return new Float32Array(buffer, pointer, rows);
    case "f64":
      return new Float64Array(buffer, pointer, rows);
    case "f16":
    case "i64":
    case "u64":
    case "largeUtf8":
      throw new RangeError(`expected a type with a plain view, got ${type}`);
  }
}

/** A float or integer column of at most 32 bits, or of f64, as doubles; null for any other type. */
export function readNumbers(kernels: Kernels, column: Column | undefined, rows: number): Float64Array | null {
  if (!column || column.dictionary) return null;
  const { type } = column;
  if (type === "f16" || type === "i64" || type === "u64" || type === "utf8" || type === "largeUtf8") return null;
  const out = new Float64Array(rows);
  let at = 0;
  for (const chunk of column.chunks) {
    out.set(valuesOf(kernels, type, chunk.pointer, chunk.rows), at);
    at += chunk.rows;
  }
  return out;
}

/** A 64-bit integer column; null for any other type. */
export function readInt64(kernels: Kernels, column: Column | undefined, rows: number): BigInt64Array | null {
  if (!column || column.dictionary || (column.type !== "i64" && column.type !== "u64")) return null;
  const out = new BigInt64Array(rows);
  let at = 0;
  for (const chunk of column.chunks) {
    out.set(new BigInt64Array(kernels.exports.memory.buffer, chunk.pointer, chunk.rows), at);
    at += chunk.rows;
  }
  return out;
}

const TEXT = new TextDecoder();

/**
 * A column of names; equal ones are the same string.
 * @throws DecodeError where offsets or indices point outside
 */
export function readStrings(kernels: Kernels, column: Column): string[] {
  const out: string[] = [];
  const { dictionary, type } = column;
  for (const chunk of column.chunks) {
    if (dictionary) {
      const { index, values } = dictionary;
      const wide = index === "i64" || index === "u64";
      const indices = wide
        ? new BigInt64Array(kernels.exports.memory.buffer, chunk.pointer, chunk.rows)
        : valuesOf(kernels, index, chunk.pointer, chunk.rows);
      for (const i of indices) {
        const value = values[Number(i)];
        if (value === undefined) throw new DecodeError("dictionary index out of range", 0);
        out.push(value);
      }
    } else if (type === "utf8" || type === "largeUtf8") pushStrings(kernels, chunk, type, out);
    else throw new DecodeError("column of another type", 0);
  }
  return out;
}

function pushStrings(kernels: Kernels, chunk: Chunk, type: "utf8" | "largeUtf8", out: string[]): void {
  const { rows, pointer, data, dataBytes } = chunk;
  if (rows === 0) return;
  const buffer = kernels.exports.memory.buffer;
  const offsets = type === "utf8" ? new Int32Array(buffer, pointer, rows + 1) : new BigInt64Array(buffer, pointer, rows + 1);
  const bytes = kernels.u8(data, dataBytes);
  let start = Number(offsets[0]);
  for (let i = 0; i < rows; i++) {
    const end = Number(offsets[i + 1]);
    if (!(start >= 0 && start <= end && end <= dataBytes)) throw new DecodeError("string outside its buffer", 0);
    out.push(TEXT.decode(bytes.subarray(start, end)));
    start = end;
  }
}
