/** The definition of `jpegLuma`: one bit at a time, one symbol at a time. Statuses are those of the kernel. */
import { FULL, MALFORMED, TRUNCATED, UNSUPPORTED } from "../../src/abi.ts";

export interface Luma {
  readonly status: number;
  readonly width: number;
  readonly height: number;
  readonly cells: Uint8Array;
}

interface Component {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  readonly table: number;
  prediction: number;
}

/** Codes as text of bits. */
type Codes = ReadonlyMap<string, number>;

class Refusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(String(status));
    this.status = status;
  }
}

const refuse = (status: number): never => {
  throw new Refusal(status);
};

/** @param most cells there is room for */
export function jpegLuma(source: Uint8Array, most: number): Luma {
  const size = { width: 0, height: 0 };
  try {
    const cells = decode(source, most, size);
    return { status: cells.length, ...size, cells };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, ...size, cells: new Uint8Array() };
  }
}

function decode(source: Uint8Array, most: number, result: { width: number; height: number }): Uint8Array {
  const at = (p: number): number => source[p] ?? 0;
  const word = (p: number): number => (at(p) << 8) | at(p + 1);
  if (source.length < 4) refuse(TRUNCATED);
  if (word(0) !== 0xffd8) refuse(MALFORMED);
  const steps = [0, 0, 0, 0];
  const tables: (Codes | null)[] = new Array(8).fill(null);
  let components: Component[] = [];
  let luma: Component | undefined;
  let progressive = false;
  let [columns, rows, interval, transform, step, scans] = [0, 0, 0, -1, 0, 0];
  let levels = new Int16Array();
  const means = (): Uint8Array => Uint8Array.from(levels, (level) => Math.min(255, Math.max(0, Math.floor((level * step + 4) / 8) + 128)));

  for (let p = 2; ; ) {
    p = nextMarker(source, p);
    if (p < 0) refuse(TRUNCATED);
    const marker = at(p++);
    if (marker === 0xd9) return scans > 0 ? means() : refuse(MALFORMED);
    if (marker === 0xd8) refuse(MALFORMED);
    if (marker === 1 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    if (p + 2 > source.length) refuse(TRUNCATED);
    if (word(p) < 2) refuse(MALFORMED);
    if (p + word(p) > source.length) refuse(TRUNCATED);
    const body = p + 2;
    const end = p + word(p);
    p = end;

    if (marker === 0xdb) {
      for (let q = body; q < end; ) {
        const [wide, table] = [at(q) >> 4, at(q) & 15];
        q++;
        if (wide > 1 || table > 3 || end - q < 64 * (wide + 1)) refuse(MALFORMED);
        steps[table] = wide ? word(q) : at(q);
        if (steps[table] === 0) refuse(MALFORMED);
        q += 64 * (wide + 1);
      }
    } else if (marker === 0xc4) {
      for (let q = body; q < end; ) {
        const head = at(q++);
        if ((head & 0xec) !== 0 || end - q < 16) refuse(MALFORMED);
        const [codes, bytes] = codesOf(source, q, end);
        tables[(head >> 4) * 4 + (head & 3)] = codes;
        q += bytes;
      }
    } else if (marker === 0xdd) {
      if (end - body < 2) refuse(MALFORMED);
      interval = word(body);
    } else if (marker === 0xee) {
      if (end - body >= 12 && String.fromCharCode(...source.subarray(body, body + 5)) === "Adobe") transform = at(body + 11);
    } else if ([0xdc, 0xde, 0xcc].includes(marker)) {
      refuse(UNSUPPORTED);
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) {
      if (marker > 0xc2) refuse(UNSUPPORTED);
      const count = at(body + 5);
      if (components.length > 0 || end - body < 6 + 3 * count || count === 0 || word(body + 3) === 0) refuse(MALFORMED);
      if (at(body) !== 8 || count > 4 || word(body + 1) === 0) refuse(UNSUPPORTED);
      progressive = marker === 0xc2;
      components = Array.from({ length: count }, (_, i) => {
        const q = body + 6 + 3 * i;
        return { id: at(q), h: at(q + 1) >> 4, v: at(q + 1) & 15, table: at(q + 2), prediction: 0 };
      });
      const legal = components.every(({ h, v, table }) => h > 0 && h < 5 && v > 0 && v < 5 && table < 4);
      if (!legal || new Set(components.map(({ id }) => id)).size < count) refuse(MALFORMED);
      const rgb = transform === 0 || (transform < 0 && components[0]?.id === 0x52 && components[1]?.id === 0x47);
      luma = components[(count === 3 && rgb) || (count === 4 && transform !== 2) ? 1 : 0];
      [result.height, result.width] = [word(body + 1), word(body + 3)];
      [columns, rows] = [Math.ceil(result.width / 8), Math.ceil(result.height / 8)];
      if (components.some(({ h, v }) => h > (luma?.h ?? 0) || v > (luma?.v ?? 0))) refuse(UNSUPPORTED);
      if (columns * rows > most) refuse(FULL);
      if (columns * rows > 8 * source.length) refuse(TRUNCATED);
      levels = new Int16Array(columns * rows);
    } else if (marker === 0xda) {
      if (!luma || end - body < 1) refuse(MALFORMED);
      const n = at(body);
      if (n === 0 || n > 4 || end - body < 4 + 2 * n) refuse(MALFORMED);
      const listed = Array.from({ length: n }, (_, i) => ({ id: at(body + 1 + 2 * i), tables: at(body + 2 + 2 * i) }));
      const [from, to, bits] = [at(body + 1 + 2 * n), at(body + 2 + 2 * n), at(body + 3 + 2 * n)];
      if (!listed.some(({ id }) => id === luma?.id)) continue;
      if (progressive) {
        if (from > 0) continue;
        if (to !== 0 || (bits & 15) > 13 || (bits >> 4 !== 0 && scans === 0)) refuse(MALFORMED);
      }
      if (++scans > 32) refuse(MALFORMED);
      if (step === 0) step = steps[luma?.table ?? 0] ?? 0;
      if (step === 0) refuse(MALFORMED);
      const refining = progressive && bits >> 4 !== 0;
      const parts = listed.map(({ id, tables: t }) => {
        const part = components.find((one) => one.id === id) ?? refuse(MALFORMED);
        if (t >> 4 > 3 || (t & 15) > 3) refuse(MALFORMED);
        const dc = refining ? null : (tables[t >> 4] ?? refuse(MALFORMED));
        const ac = progressive ? null : (tables[4 + (t & 15)] ?? refuse(MALFORMED));
        return { part, dc, ac };
      });
      const low = progressive ? bits & 15 : 0;
      const all = { h: Math.max(...components.map(({ h }) => h)), v: Math.max(...components.map(({ v }) => v)) };
      const unit = n === 1 ? { h: 1, v: 1 } : all;
      const reader = new Bits(source, p);
      const begin = (): void => {
        for (const one of components) one.prediction = 0;
      };
      begin();
      let done = 0;
      let restart = 0;
      for (let unitRow = 0; unitRow < Math.ceil(rows / unit.v); unitRow++) {
        for (let unitColumn = 0; unitColumn < Math.ceil(columns / unit.h); unitColumn++, done++) {
          if (interval > 0 && done > 0 && done % interval === 0) {
            const next = nextMarker(source, reader.p);
            if (next < 0) refuse(TRUNCATED);
            if (at(next) !== 0xd0 + restart) refuse(MALFORMED);
            restart = (restart + 1) % 8;
            reader.restart(next + 1);
            begin();
          }
          for (const { part, dc, ac } of parts) {
            for (let y = 0; y < (n === 1 ? 1 : part.v); y++) {
              for (let x = 0; x < (n === 1 ? 1 : part.h); x++) {
                const value = refining ? reader.bits(1) << low : blockOf(reader, part, dc, ac) << low;
                const column = unitColumn * (n === 1 ? 1 : part.h) + x;
                const row = unitRow * (n === 1 ? 1 : part.v) + y;
                if (part !== luma || column >= columns || row >= rows) continue;
                const cell = row * columns + column;
                levels[cell] = refining ? (levels[cell] ?? 0) | value : value;
              }
            }
          }
          if (reader.beyond) refuse(TRUNCATED);
        }
      }
      if (!progressive) return means();
      p = reader.p;
    }
  }
}

function blockOf(reader: Bits, part: Component, dc: Codes | null, ac: Codes | null): number {
  const wrong = (): never => refuse(reader.beyond ? TRUNCATED : MALFORMED);
  const symbol = (codes: Codes): number => {
    let code = "";
    for (let i = 0; i < 16; i++) {
      code += reader.bits(1);
      const found = codes.get(code);
      if (found !== undefined) return found;
    }
    return wrong();
  };
  if (dc) {
    const size = symbol(dc);
    if (size > 15) wrong();
    const tail = reader.bits(size);
    part.prediction = (part.prediction + (size > 0 && tail >> (size - 1) === 0 ? tail - (1 << size) + 1 : tail)) | 0;
  }
  if (ac) {
    let k = 1;
    while (k < 64) {
      const both = symbol(ac);
      reader.bits(both & 15);
      if ((both & 15) === 0 && both !== 0xf0) break;
      k += (both >> 4) + 1;
    }
    if (k > 64) wrong();
  }
  return part.prediction;
}

/** Zeros at a marker and at the end; `beyond` once one was taken. */
class Bits {
  readonly #source: Uint8Array;
  /** First byte not yet begun. */
  p: number;
  beyond = false;
  #byte = 0;
  #left = 0;

  constructor(source: Uint8Array, p: number) {
    this.#source = source;
    this.p = p;
  }

  restart(p: number): void {
    this.p = p;
    this.#left = 0;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = (value << 1) | this.#bit();
    return value;
  }

  #bit(): number {
    if (this.#left === 0) {
      const byte = this.#source[this.p];
      if (byte === undefined || (byte === 0xff && this.#source[this.p + 1] !== 0)) {
        this.beyond = true;
        return 0;
      }
      this.#byte = byte;
      this.#left = 8;
      this.p += byte === 0xff ? 2 : 1;
    }
    return (this.#byte >> --this.#left) & 1;
  }
}

/** T.81 C.2. @returns codes, and the bytes they took */
function codesOf(source: Uint8Array, p: number, end: number): [Codes, number] {
  const codes = new Map<string, number>();
  let code = 0;
  let first = 0;
  for (let length = 1; length <= 16; length++) {
    for (let i = source[p + length - 1] ?? 0; i > 0; i--) {
      codes.set(code.toString(2).padStart(length, "0"), source[p + 16 + first++] ?? 0);
      code++;
    }
    if (code > 2 ** length || first > 256) refuse(MALFORMED);
    code *= 2;
  }
  if (p + 16 + first > end) refuse(MALFORMED);
  return [codes, 16 + first];
}

/** @returns place of the byte behind the 0xff; -1 where there is no marker */
function nextMarker(source: Uint8Array, from: number): number {
  for (let p = from; p + 1 < source.length; p++) {
    if (source[p] === 0xff && source[p + 1] !== 0 && source[p + 1] !== 0xff) return p + 1;
  }
  return -1;
}
