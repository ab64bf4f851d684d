import { beforeAll, describe, expect, test } from "vitest";
import { CHECKSUM, MALFORMED } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/png-luma.ts";
import { guarded, guardedBytes, painted } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const SHADES = painted(256, 77);
const KINDS = [
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
] as const;

function adlerOf(data: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

/** Rows of every pass with filters of every kind. */
function filtered({ width, height, depth, colour, interlaced }: reference.Header, seed: number): Uint8Array {
  const bits = depth * ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour] ?? 1);
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
  const rows: number[] = [];
  for (const [x0 = 0, y0 = 0, dx = 1, dy = 1] of passes) {
    const across = Math.ceil((width - x0) / dx);
    const down = Math.ceil((height - y0) / dy);
    for (let y = 0; y < down && across > 0; y++) {
      rows.push((y + seed) % 5, ...painted(Math.ceil((across * bits) / 8), seed + rows.length));
    }
  }
  return Uint8Array.from(rows);
}

function pngLuma(data: Uint8Array, adler: number, header: reference.Header): Uint8Array | number {
  const { width, height, depth, colour, interlaced } = header;
  const mark = kernels.mark();
  const from = guardedBytes(kernels, data, data.length % 16);
  const shades = guardedBytes(kernels, SHADES);
  const to = guarded(kernels, Math.ceil(width / 8) * Math.ceil(height / 8));
  const scratch = guarded(kernels, width * height);
  const run = kernels.exports.pngLuma;
  const n = run(from.pointer, data.length, adler, width, height, depth, colour, interlaced, shades.pointer, to.pointer, scratch.pointer);
  for (const region of [from, shades, to, scratch]) region.expectIntact();
  const cells = n < 0 ? n : kernels.u8(to.pointer, n).slice();
  kernels.release(mark);
  return cells;
}

describe("pngLuma", () => {
  for (const [colour, depths] of KINDS) {
    for (const depth of depths) {
      test(`colour ${colour}, ${depth} bits: every filter, every remainder of the size, interlaced and not`, () => {
        for (let i = 0; i < 48; i++) {
          const header = { width: 1 + ((i * 5) % 26), height: 1 + ((i * 7) % 20), depth, colour, interlaced: i % 2 };
          const data = filtered(header, i);
          const expected = reference.pngLuma(data, adlerOf(data), header, SHADES);
          expect(expected).toBeInstanceOf(Uint8Array);
          expect(pngLuma(data, adlerOf(data), header)).toEqual(expected);
        }
      });
    }
  }

  test("a sum that does not match, an unknown filter, another length", () => {
    for (const interlaced of [0, 1]) {
      const header = { width: 19, height: 11, depth: 8, colour: 2, interlaced };
      const data = filtered(header, 3);
      expect(pngLuma(data, adlerOf(data) ^ 1, header)).toBe(CHECKSUM);
      for (const wrong of [
        data.subarray(1),
        data.subarray(0, -1),
        Uint8Array.of(...data, 0),
        Uint8Array.of(5, ...data.subarray(1)),
        new Uint8Array(),
      ]) {
        expect(pngLuma(wrong, adlerOf(wrong), header)).toBe(MALFORMED);
      }
    }
  });

  test("Adler-32 of long data", () => {
    const header = { width: 300, height: 200, depth: 8, colour: 2, interlaced: 0 };
    const data = new Uint8Array(901 * 200).fill(255);
    for (let y = 0; y < 200; y++) data[901 * y] = 2;
    expect(pngLuma(data, adlerOf(data), header)).toEqual(reference.pngLuma(data, adlerOf(data), header, SHADES));
  });
});
