/** What is known of a file's bytes: where its numbers, words and parts are. Tolerant, for mutants are surveyed again. */
import type { Random } from "../house.ts";

/** Little-endian unless the name ends in `be`. */
export type Width = "u8" | "u16" | "u32" | "u64" | "f32" | "f64" | "u16be" | "u32be";
export const BYTES: Readonly<Record<Width, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, f32: 4, f64: 8, u16be: 2, u32be: 4 };

export interface Field {
  readonly at: number;
  readonly width: Width;
}

/** Half-open. */
export interface Place {
  readonly start: number;
  readonly end: number;
  /** Fields that state a length this place is part of: they follow when it grows or shrinks. */
  readonly owners: readonly Field[];
}

/** A record, chunk, page, line or value: may be taken out, doubled, moved, exchanged with others of its kind, or cut. */
export interface Part extends Place {
  readonly kind: string;
}

export interface Anatomy {
  readonly fields: readonly Field[];
  readonly parts: readonly Part[];
  /** Text: may be replaced by any other. */
  readonly words: readonly Place[];
}

/** What a file holds in another form: a compressed chunk, an image in a message. */
export interface Inner {
  readonly name: string;
  readonly dialect: Dialect;
  readonly bytes: Uint8Array;
  /** The whole with the content changed; null where that cannot be put back. */
  pack(bytes: Uint8Array, random: Random): Uint8Array | null;
}

/** All the fuzzer knows of one file format. */
export interface Dialect {
  readonly name: string;
  /** Never throws, whatever the bytes are. */
  survey(bytes: Uint8Array): Anatomy;
  /** Makes checksums, counts and offsets right again, so that what is behind them is reached. */
  mend?(bytes: Uint8Array): Uint8Array;
  inside?(bytes: Uint8Array, random: Random): Inner | null;
  /** Ranges a checksum covers: a bit that is flipped there must be noticed. Of an unchanged sample. */
  covered?(bytes: Uint8Array): readonly { readonly start: number; readonly end: number }[];
}

/** Most fields and parts that are listed: a large file's first ones are as good as all. */
const MOST = 20_000;

/** Collects an anatomy while it reads; what lies outside reads as 0 and is not listed. */
export class Survey implements Anatomy {
  readonly fields: Field[] = [];
  readonly parts: Part[] = [];
  readonly words: Place[] = [];
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
  }

  number(at: number, width: Width): number {
    return Number(this.integer(at, width));
  }

  integer(at: number, width: Width): bigint {
    if (!(at >= 0 && at + BYTES[width] <= this.bytes.length)) return 0n;
    if (this.fields.length < MOST) this.fields.push({ at, width });
    return width === "f32" || width === "f64" ? 0n : readInteger(this.#view, { at, width });
  }

  /** Several numbers in a row. @returns behind them */
  numbers(at: number, ...widths: readonly Width[]): number {
    let next = at;
    for (const width of widths) {
      this.number(next, width);
      next += BYTES[width];
    }
    return next;
  }

  part(kind: string, start: number, end: number, owners: readonly Field[] = []): void {
    if (start >= 0 && start < end && end <= this.bytes.length && this.parts.length < MOST) this.parts.push({ kind, start, end, owners });
  }

  word(start: number, end: number, owners: readonly Field[] = []): void {
    if (start >= 0 && start <= end && end <= this.bytes.length && this.words.length < MOST) this.words.push({ start, end, owners });
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function readInteger(view: DataView, { at, width }: Field): bigint {
  if (width === "u8") return BigInt(view.getUint8(at));
  if (width === "u16" || width === "u16be") return BigInt(view.getUint16(at, width === "u16"));
  if (width === "u64" || width === "f64") return view.getBigUint64(at, true);
  return BigInt(view.getUint32(at, width !== "u32be"));
}

/** Modulo the width. */
export function writeInteger(view: DataView, { at, width }: Field, value: bigint): void {
  const n = BigInt.asUintN(8 * BYTES[width], value);
  if (width === "u8") view.setUint8(at, Number(n));
  else if (width === "u16" || width === "u16be") view.setUint16(at, Number(n), width === "u16");
  else if (width === "u64" || width === "f64") view.setBigUint64(at, n, true);
  else view.setUint32(at, Number(n), width !== "u32be");
}

/** The bytes with `place` replaced, and the lengths that count it made to follow. */
export function splice(bytes: Uint8Array, { start, end, owners }: Place, replacement: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const view = viewOf(copy);
  const grown = BigInt(replacement.length - (end - start));
  for (const owner of owners) {
    if (owner.at + BYTES[owner.width] <= copy.length) writeInteger(view, owner, readInteger(view, owner) + grown);
  }
  const out = new Uint8Array(copy.length + Number(grown));
  out.set(copy.subarray(0, start));
  out.set(replacement, start);
  out.set(copy.subarray(end), start + replacement.length);
  return out;
}
