/** The definition of `pngLuma`: filters undone into rows of their own, samples read bit by bit. */
import { CHECKSUM, MALFORMED } from "../../src/abi.ts";
import { greyOf, meanCells } from "./raw-luma.ts";

export interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: number;
}

/** @returns cells, or a status */
export function pngLuma(data: Uint8Array, adler: number, header: Header, shades: Uint8Array): Uint8Array | number {
  let [a, b] = [1, 0];
  for (const byte of data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  if (b * 65536 + a !== adler >>> 0) return CHECKSUM;

  const { width, height, depth, colour, interlaced } = header;
  const samples = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour] ?? 1;
  const back = Math.max(1, (samples * depth) / 8);
  const grey = new Uint8Array(width * height);
  const passes = interlaced
    ? [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
      ]
    : [[0, 0, 1, 1]];
  let p = 0;
  for (const [x0 = 0, y0 = 0, dx = 1, dy = 1] of passes) {
    const across = Math.ceil((width - x0) / dx);
    const rowBytes = Math.ceil((across * samples * depth) / 8);
    if (across <= 0) continue;
    let above = new Uint8Array(rowBytes);
    for (let y = y0; y < height; y += dy) {
      if (p + 1 + rowBytes > data.length) return MALFORMED;
      const filter = data[p] ?? 0;
      if (filter > 4) return MALFORMED;
      const row = new Uint8Array(rowBytes);
      for (let i = 0; i < rowBytes; i++) {
        const [left, top, corner] = [row[i - back] ?? 0, above[i] ?? 0, above[i - back] ?? 0];
        const paeth = [left, top, corner].sort((u, v) => Math.abs(left + top - corner - u) - Math.abs(left + top - corner - v))[0] ?? 0;
        row[i] = (data[p + 1 + i] ?? 0) + ([0, left, top, (left + top) >> 1, paeth][filter] ?? 0);
      }
      p += 1 + rowBytes;
      above = row;
      const bits = (at: number, n: number): number => {
        let value = 0;
        for (let i = at; i < at + n; i++) value = (value << 1) | (((row[i >> 3] ?? 0) >> (7 - (i & 7))) & 1);
        return value;
      };
      for (let x = 0; x < across; x++) {
        const at = (sample: number): number => bits((x * samples + sample) * depth, Math.min(depth, 8));
        const value = colour === 3 || depth < 8 ? (shades[at(0)] ?? 0) : samples < 3 ? at(0) : greyOf(at(0), at(1), at(2));
        grey[y * width + x0 + x * dx] = value;
      }
    }
  }
  return p === data.length ? meanCells(width, height, (x, y) => grey[y * width + x] ?? 0) : MALFORMED;
}
