import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/box-deltas.ts";
import { atTheEnd, guarded, guardedBytes, painted } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const image = (columns: number, rows: number, seed: number): reference.Image => ({ columns, rows, cells: painted(columns * rows, seed) });

function boxDeltas(before: reference.Image, after: reference.Image, box: reference.Box, gain: number, moves: reference.Box): number[] {
  const mark = kernels.mark();
  const [a, b] = [guardedBytes(kernels, before.cells, box.left % 16), guardedBytes(kernels, after.cells, box.top % 16)];
  const out = guarded(kernels, 4 * moves.width * moves.height, 4);
  const inside = kernels.exports.boxDeltas(
    ...([a.pointer, b.pointer, before.columns, before.rows, box.left, box.top, box.width, box.height, gain] as const),
    ...([moves.left, moves.top, moves.width, moves.height, out.pointer] as const),
  );
  for (const region of [a, b, out]) region.expectIntact();
  const sums = [...kernels.u32(out.pointer, moves.width * moves.height)];
  expect(sums.filter((sum) => sum !== 0xffffffff).length).toBe(inside);
  kernels.release(mark);
  return sums;
}

describe("boxDeltas", () => {
  test("every width and height of a box, every gain", () => {
    const [before, after] = [image(90, 40, 1), image(90, 40, 2)];
    for (let width = 1; width <= 66; width++) {
      const box = { left: (width * 5) % (91 - width), top: width % 9, width, height: 1 + (width % 31) };
      const gain = [128, 64, 256, 130, 199][width % 5] ?? 128;
      const moves = { left: -2, top: -1, width: 5, height: 3 };
      expect(boxDeltas(before, after, box, gain, moves)).toEqual(reference.boxDeltas(before, after, box, gain, moves));
    }
  });

  test("moves beyond every border are marked, not read", () => {
    const [before, after] = [image(20, 12, 3), image(20, 12, 4)];
    const box = { left: 3, top: 2, width: 6, height: 5 };
    const moves = { left: -30, top: -20, width: 60, height: 40 };
    const sums = boxDeltas(before, after, box, 128, moves);
    expect(sums).toEqual(reference.boxDeltas(before, after, box, 128, moves));
    expect(sums.filter((sum) => sum !== 0xffffffff).length).toBe(15 * 8);
  });

  test("black against white over a large image: no lane overflows", () => {
    const black = { columns: 4000, rows: 500, cells: new Uint8Array(2_000_000) };
    const white = { ...black, cells: new Uint8Array(2_000_000).fill(255) };
    const all = { left: 0, top: 0, width: 4000, height: 500 };
    expect(boxDeltas(black, white, all, 128, { left: 0, top: 0, width: 1, height: 1 })).toEqual([255 * 2_000_000]);
    expect(boxDeltas(white, black, all, 256, { left: 0, top: 0, width: 1, height: 1 })).toEqual([255 * 2_000_000]);
  });

  test("at most 15 bytes behind an image are read: memory ends there", async () => {
    const { kernels: edge, place } = await atTheEnd(2000);
    const out = edge.alloc(64);
    for (let width = 1; width < 40; width++) {
      const after = place(painted(40 * 20 + 15));
      edge.exports.boxDeltas(edge.put(painted(800)), after, 40, 20, 40 - width, 19, width, 1, 128, 0, 0, 1, 1, out);
    }
  });
});
