/**
 * PNG: chunks and their sums here, inflating in fflate, filters and means in the kernel.
 *
 * Source: PNG specification, third edition (https://www.w3.org/TR/png-3/). Every CRC and the Adler-32 are verified. Memory is what the
 * header's size asks for, which the compressed data must be long enough to fill; inflating stops at the first byte too many.
 */
import { Inflate } from "fflate";
import { CHECKSUM } from "../abi.ts";
import type { Kernels } from "../kernels.ts";
import { CELL_PX, type Luma, MOST_PIXELS, type NoLuma } from "./types.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const DEPTHS: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Deflate makes at most 1032 bytes of one. */
const MOST_GAIN = 1032;
/** Compressed bytes at a time: what bounds how much is inflated in vain. */
const STEP = 65536;

const IHDR = 0x49484452;
const PLTE = 0x504c5445;
const IDAT = 0x49444154;
const IEND = 0x49454e44;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: number;
}

interface Chunks {
  readonly header: Header;
  readonly palette: Uint8Array | null;
  /** Places of the compressed data in the file, in order. */
  readonly data: readonly (readonly [number, number])[];
}

const broken = (reason: string): NoLuma => ({ kind: "broken", reason });

export function pngLuma(pointer: number, bytes: number, kernels: Kernels): Luma | NoLuma {
  const chunks = chunksOf(pointer, bytes, kernels);
  if ("kind" in chunks) return chunks;
  const { header, data } = chunks;
  const { width, height, depth, colour, interlaced } = header;
  if (width * height > MOST_PIXELS) return { kind: "unread", reason: "image is larger than 2^28 pixels" };
  const length = inflatedBytes(header);
  const compressed = data.reduce((sum, [, size]) => sum + size, 0);
  if (compressed < 6 || length > compressed * MOST_GAIN) return broken("PNG ends early");
  if (length + width * height > kernels.budget.imageBytes) return { kind: "unread", reason: "image is larger than the memory budget" };

  const mark = kernels.mark();
  const columns = Math.ceil(width / CELL_PX);
  const rows = Math.ceil(height / CELL_PX);
  const out = kernels.alloc(columns * rows);
  const kept = kernels.mark();
  const shades = kernels.put(shadesOf(chunks));
  const scratch = kernels.alloc(width * height);
  const inflated = kernels.alloc(length);
  const stream = joined(pointer, chunks, kernels);
  const adler = new DataView(stream.buffer).getUint32(stream.length - 4);
  const fault = inflate(stream, kernels.u8(inflated, length));
  const status = fault
    ? CHECKSUM
    : kernels.exports.pngLuma(inflated, length, adler, width, height, depth, colour, interlaced, shades, out, scratch);
  kernels.release(status < 0 ? mark : kept);
  if (fault) return broken(fault);
  if (status < 0) return broken(status === CHECKSUM ? "PNG: checksum does not match" : "malformed PNG");
  return { pointer: out, columns, rows, width, height };
}

function chunksOf(pointer: number, bytes: number, kernels: Kernels): Chunks | NoLuma {
  const file = kernels.u8(pointer, bytes);
  const view = new DataView(file.buffer, pointer, bytes);
  if (!SIGNATURE.every((byte, i) => file[i] === byte)) return broken("malformed PNG");
  let header: Header | null = null;
  let palette: Uint8Array | null = null;
  const data: [number, number][] = [];
  for (let p = SIGNATURE.length; ; ) {
    if (p + 12 > bytes) return broken("PNG ends early");
    const size = view.getUint32(p);
    const type = view.getUint32(p + 4);
    if (p + 12 + size > bytes) return broken("PNG ends early");
    if (kernels.exports.crc32(pointer + p + 4, size + 4, 0) >>> 0 !== view.getUint32(p + 8 + size)) {
      return broken("PNG: checksum does not match");
    }
    const body = p + 8;
    p += 12 + size;
    if (!header) {
      header = type === IHDR && size === 13 ? headerOf(view, body) : null;
      if (!header) return broken("malformed PNG");
    } else if (type === PLTE) palette = file.slice(body, body + size);
    else if (type === IDAT) data.push([body, size]);
    else if (type === IEND) break;
  }
  return header.colour === 3 && !palette ? broken("malformed PNG") : { header, palette, data };
}

function headerOf(view: DataView, at: number): Header | null {
  const header = {
    width: view.getUint32(at),
    height: view.getUint32(at + 4),
    depth: view.getUint8(at + 8),
    colour: view.getUint8(at + 9),
    interlaced: view.getUint8(at + 12),
  };
  const { width, height, depth, colour, interlaced } = header;
  const sized = width > 0 && height > 0 && width < 2 ** 31 && height < 2 ** 31;
  const legal = DEPTHS[colour]?.includes(depth) && view.getUint16(at + 10) === 0 && interlaced < 2;
  return sized && legal ? header : null;
}

/** Rows of a filter byte and samples, of every pass. */
function inflatedBytes({ width, height, depth, colour, interlaced }: Header): number {
  const bits = depth * (SAMPLES[colour] ?? 1);
  const pass = (x: number, y: number, dx: number, dy: number): number => {
    const across = Math.ceil((width - x) / dx);
    return across > 0 && height > y ? Math.ceil((height - y) / dy) * (1 + Math.ceil((across * bits) / 8)) : 0;
  };
  if (!interlaced) return pass(0, 0, 1, 1);
  return pass(0, 0, 8, 8) + pass(4, 0, 8, 8) + pass(0, 4, 4, 8) + pass(2, 0, 4, 4) + pass(0, 2, 2, 4) + pass(1, 0, 2, 2) + pass(0, 1, 1, 2);
}

/** The zlib stream, without its head of two bytes and its sum of four. */
function joined(pointer: number, { data }: Chunks, kernels: Kernels): Uint8Array {
  const stream = new Uint8Array(data.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [body, size] of data) {
    stream.set(kernels.u8(pointer + body, size), at);
    at += size;
  }
  return stream;
}

/** Fills `target` exactly. @returns what is wrong, or null */
function inflate(stream: Uint8Array, target: Uint8Array): string | null {
  const [method = 0, flags = 0] = stream;
  // RFC 1950: deflate, a window of 32 KiB at most, no dictionary.
  if ((method & 15) !== 8 || method >> 4 > 7 || (method * 256 + flags) % 31 !== 0 || (flags & 32) !== 0) return "malformed PNG";
  let filled = 0;
  let over = false;
  const inflater = new Inflate((chunk) => {
    over ||= filled + chunk.length > target.length;
    if (!over) target.set(chunk, filled);
    filled += chunk.length;
  });
  try {
    const end = stream.length - 4;
    for (let p = 2; p < end && !over; p += STEP) inflater.push(stream.subarray(p, Math.min(end, p + STEP)), p + STEP >= end);
  } catch {
    return "malformed PNG";
  }
  return over ? "malformed PNG" : filled < target.length ? "PNG ends early" : null;
}

/** Grey of every value a sample of one byte or less can have: of the palette's colour, or of the share of white it is. */
function shadesOf({ header, palette }: Chunks): Uint8Array {
  const white = 2 ** header.depth - 1;
  return Uint8Array.from({ length: 256 }, (_, i) => {
    if (!palette) return Math.round((255 * Math.min(i, white)) / white);
    const [red = 0, green = 0, blue = 0] = palette.subarray(3 * i, 3 * i + 3);
    return (77 * red + 150 * green + 29 * blue + 128) >> 8;
  });
}
