import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/raw-luma.ts";
import { atTheEnd, guarded, guardedBytes, painted } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const LAYOUTS: readonly (readonly [number, number, number, number])[] = [
  [1, 0, 0, 0],
  [2, 0, 0, 0],
  [2, 1, 1, 1],
  [3, 0, 1, 2],
  [3, 2, 1, 0],
  [4, 2, 1, 0],
  [6, 1, 3, 5],
];

describe("rawLuma", () => {
  test.each(LAYOUTS)("pixels of %i bytes, colours at %i %i %i: every remainder of the size", (pixelBytes, red, green, blue) => {
    for (let i = 0; i < 80; i++) {
      const [width, height] = [1 + ((i * 7) % 40), 1 + ((i * 5) % 19)];
      const step = width * pixelBytes + (i % 3);
      const source = i === 0 ? new Uint8Array(step * height).fill(255) : painted(step * height, i);
      const expected = reference.rawLuma(source, width, height, step, pixelBytes, [red, green, blue]);
      const mark = kernels.mark();
      const from = guardedBytes(kernels, source, i % 16);
      const to = guarded(kernels, expected.length, i % 5);
      const cells = kernels.exports.rawLuma(from.pointer, width, height, step, pixelBytes, red, green, blue, to.pointer);
      expect([cells, ...kernels.u8(to.pointer, expected.length)]).toEqual([expected.length, ...expected]);
      for (const region of [from, to]) region.expectIntact();
      kernels.release(mark);
    }
  });

  test("nothing past the last row is read: memory ends there", async () => {
    const { kernels: edge, place } = await atTheEnd(8000);
    for (const width of [8, 15, 16, 17, 33]) {
      const source = painted(width * 24 * 3, width);
      const out = edge.alloc(100);
      edge.exports.rawLuma(place(source), width, 24, 3 * width, 3, 0, 1, 2, out);
      edge.exports.rawLuma(place(source.subarray(0, width * 24)), width, 24, width, 1, 0, 0, 0, out);
    }
  });
});
