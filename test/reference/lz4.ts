/**
 * LZ4 frames, a byte at a time, as https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md describe them.
 */
import { CHECKSUM, FULL, MALFORMED, TRUNCATED } from "../../src/abi.ts";
import { xxh32 } from "./xxh32.ts";

export interface Decoded {
  /** 0, FULL, TRUNCATED, MALFORMED or CHECKSUM. */
  readonly status: number;
  /** What was decoded before that. */
  readonly bytes: Uint8Array;
  /** Source bytes of whole blocks, frames and skippable frames. */
  readonly consumed: number;
}

/** Decodes all frames of `source`, at most `room` bytes. */
export function lz4Frames(source: Uint8Array, room: number): Decoded {
  const out: number[] = [];
  const reader = new Reader(source);
  try {
    while (reader.left > 0) frame(reader, out, room);
    return { status: 0, bytes: Uint8Array.from(out), consumed: reader.done };
  } catch (stop) {
    if (!(stop instanceof Stop)) throw stop;
    return { status: stop.status, bytes: Uint8Array.from(out), consumed: reader.done };
  }
}

class Stop extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

class Reader {
  readonly bytes: Uint8Array;
  at = 0;
  /** Up to where everything was whole. */
  done = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(n: number, otherwise = TRUNCATED): Uint8Array {
    if (n > this.left) throw new Stop(otherwise);
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  u8(otherwise = TRUNCATED): number {
    return this.take(1, otherwise)[0] ?? 0;
  }

  u16(otherwise = TRUNCATED): number {
    const [a = 0, b = 0] = this.take(2, otherwise);
    return a + b * 256;
  }

  u32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.take(4);
    return a + b * 256 + c * 65536 + d * 16777216;
  }
}

function frame(reader: Reader, out: number[], room: number): void {
  const magic = reader.u32();
  if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
    reader.take(reader.u32());
    reader.done = reader.at;
    return;
  }
  if (magic !== 0x184d2204) throw new Stop(MALFORMED);
  if (reader.left < 3) throw new Stop(TRUNCATED);

  const start = reader.at;
  const flags = reader.u8();
  const descriptor = reader.u8();
  const bit = (n: number): boolean => ((flags >> n) & 1) === 1;
  if (flags >> 6 !== 1 || bit(1) || bit(0)) throw new Stop(MALFORMED);
  if ((descriptor & 0b10001111) !== 0 || descriptor >> 4 < 4) throw new Stop(MALFORMED);
  if (bit(3) && reader.left < 9) throw new Stop(TRUNCATED);
  const size = bit(3) ? reader.u32() + reader.u32() * 2 ** 32 : null;
  const header = reader.bytes.subarray(start, reader.at);
  if (reader.u8() !== ((xxh32(header) >> 8) & 255)) throw new Stop(CHECKSUM);

  const maxBlock = 2 ** (8 + 2 * (descriptor >> 4));
  const from = out.length;
  while (true) {
    reader.done = reader.at;
    const word = reader.u32();
    if (word === 0) break;
    const stored = word >= 2 ** 31;
    const length = word % 2 ** 31;
    if (length > maxBlock) throw new Stop(MALFORMED);
    if (reader.left < length + (bit(4) ? 4 : 0)) throw new Stop(TRUNCATED);
    const content = reader.take(length);
    if (bit(4) && reader.u32() !== xxh32(content)) throw new Stop(CHECKSUM);
    if (stored) {
      if (out.length + length > room) throw new Stop(FULL);
      for (const byte of content) out.push(byte);
    } else {
      block(new Reader(content), out, bit(5) ? out.length : from, room, maxBlock);
    }
  }
  const content = Uint8Array.from(out.slice(from));
  if (size !== null && content.length !== size) throw new Stop(MALFORMED);
  if (bit(2) && reader.u32() !== xxh32(content)) throw new Stop(CHECKSUM);
  reader.done = reader.at;
}

/** Matches may reach back to `base`. */
function block(reader: Reader, out: number[], base: number, room: number, maxBlock: number): void {
  const limit = out.length + maxBlock;
  const expectRoom = (n: number): void => {
    if (out.length + n > Math.min(limit, room)) throw new Stop(limit <= room ? MALFORMED : FULL);
  };
  while (true) {
    const token = reader.u8(MALFORMED);
    const literals = extended(reader, token >> 4);
    if (literals > reader.left) throw new Stop(MALFORMED);
    expectRoom(literals);
    for (const byte of reader.take(literals)) out.push(byte);
    if (reader.left === 0) return;
    const distance = reader.u16(MALFORMED);
    if (distance === 0 || distance > out.length - base) throw new Stop(MALFORMED);
    const match = extended(reader, token & 15) + 4;
    expectRoom(match);
    for (let i = 0; i < match; i++) out.push(out[out.length - distance] ?? 0);
  }
}

/** A length of four bits; 15 means that bytes follow, up to one that is not 255. */
function extended(reader: Reader, nibble: number): number {
  let length = nibble;
  for (let more = nibble === 15 ? 255 : 0; more === 255; length += more) more = reader.u8(MALFORMED);
  return length;
}
