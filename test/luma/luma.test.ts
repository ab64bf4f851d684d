/** Images as recordings hold them, to luma: every format, and every way not to be one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { hasLuma, smallLuma } from "../../src/luma/small-luma.ts";
import type { Luma, NoLuma } from "../../src/luma/types.ts";
import type { ImageTable } from "../../src/types.ts";
import { jpegStream } from "../kernels/jpeg-stream.ts";
import { painted } from "../kernels/regions.ts";
import { meanCells, rawLuma } from "../reference/raw-luma.ts";
import { testShared } from "../shared-data.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const WIDTH = 37;
const HEIGHT = 21;

/** The luma's cells, or why there are none; memory is as before when there are none. */
function lumaOf(bytes: Uint8Array, image: Partial<ImageTable>): { luma: Luma | NoLuma; cells: number[] } {
  kernels.release();
  const pointer = kernels.put(bytes);
  const mark = kernels.mark();
  const luma = smallLuma({ frame: 0, encoding: "png", width: null, height: null, pointer, bytes: bytes.length, ...image }, kernels);
  if (!hasLuma(luma)) expect(kernels.mark()).toBe(mark);
  return { luma, cells: hasLuma(luma) ? [...kernels.u8(luma.pointer, luma.columns * luma.rows)] : [] };
}

const reasonOf = (bytes: Uint8Array, image: Partial<ImageTable> = {}): string => {
  const { luma } = lumaOf(bytes, image);
  return hasLuma(luma) ? "" : `${luma.kind}: ${luma.reason}`;
};

function chunk(type: string, body: Uint8Array): Buffer {
  const content = Buffer.concat([Buffer.from(type), body]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(body.length);
  frame.writeUInt32BE(crc32(content), 4);
  return Buffer.concat([frame.subarray(0, 4), content, frame.subarray(4)]);
}

interface Png {
  readonly depth: number;
  readonly colour: number;
  readonly rows: Uint8Array;
  readonly palette?: Uint8Array;
  readonly parts?: number;
  readonly compressed?: Uint8Array;
  readonly size?: readonly [number, number];
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function png({ depth, colour, rows, palette, parts = 1, compressed = deflateSync(rows), size = [WIDTH, HEIGHT] }: Png): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size[0]);
  header.writeUInt32BE(size[1], 4);
  header.set([depth, colour], 8);
  const cut = Math.ceil(compressed.length / parts);
  const data = Array.from({ length: parts }, (_, i) => chunk("IDAT", compressed.subarray(i * cut, (i + 1) * cut)));
  const before = palette ? [chunk("PLTE", palette)] : [];
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("tEXt", painted(20)), ...before, ...data, chunk("IEND", new Uint8Array())]);
}

/** Rows without a filter. */
function unfiltered(rowBytes: number, seed: number): Uint8Array {
  const rows = painted((rowBytes + 1) * HEIGHT, seed);
  for (let y = 0; y < HEIGHT; y++) rows[y * (rowBytes + 1)] = 0;
  return rows;
}

describe("png", () => {
  test.each([
    [0, 8, 1, [0, 0, 0]],
    [0, 16, 2, [0, 0, 0]],
    [2, 8, 3, [0, 1, 2]],
    [2, 16, 6, [0, 2, 4]],
    [4, 8, 2, [0, 0, 0]],
    [6, 8, 4, [0, 1, 2]],
    [6, 16, 8, [0, 2, 4]],
  ] as const)("colour %i, %i bits", (colour, depth, pixelBytes, rgb) => {
    const rows = unfiltered(WIDTH * pixelBytes, depth + colour);
    const expected = rawLuma(rows.subarray(1), WIDTH, HEIGHT, WIDTH * pixelBytes + 1, pixelBytes, rgb);
    for (const parts of [1, 5]) {
      const { luma, cells } = lumaOf(png({ colour, depth, rows, parts }), {});
      expect(luma).toMatchObject({ columns: 5, rows: 3, width: WIDTH, height: HEIGHT });
      expect(cells).toEqual([...expected]);
    }
  });

  test("samples of less than a byte, and palettes", () => {
    for (const depth of [1, 2, 4, 8]) {
      for (const colour of depth === 8 ? [3] : [0, 3]) {
        const rowBytes = Math.ceil((WIDTH * depth) / 8);
        const rows = unfiltered(rowBytes, depth);
        const palette = painted(3 * 2 ** depth, 5);
        const { cells } = lumaOf(png({ colour, depth, rows, ...(colour === 3 && { palette }) }), {});
        const value = (x: number, y: number): number => {
          const byte = rows[y * (rowBytes + 1) + 1 + ((x * depth) >> 3)] ?? 0;
          const sample = (byte >> (8 - depth - ((x * depth) & 7))) & (2 ** depth - 1);
          if (colour === 0) return Math.round((255 * sample) / (2 ** depth - 1));
          const [red = 0, green = 0, blue = 0] = palette.subarray(3 * sample);
          return Math.floor((77 * red + 150 * green + 29 * blue + 128) / 256);
        };
        expect(cells).toEqual([...meanCells(WIDTH, HEIGHT, value)]);
      }
    }
  });

  test("what is broken says how", () => {
    const rows = unfiltered(WIDTH, 1);
    const good = png({ colour: 0, depth: 8, rows });
    const changed = (at: number): Buffer => {
      const copy = Buffer.from(good);
      copy[at] = (copy[at] ?? 0) ^ 4;
      return copy;
    };
    const of = (part: Partial<Png>): string => reasonOf(png({ colour: 0, depth: 8, rows, ...part }));
    for (let i = 0; i < good.length; i++) {
      expect(reasonOf(good.subarray(0, i)), `${i} bytes`).toMatch(/^broken: (PNG ends early|malformed PNG)$/);
      if (i >= 8) expect(reasonOf(changed(i)), `byte ${i}`).toMatch(/^broken: /);
    }
    const stream = deflateSync(rows);
    stream[stream.length - 1] = (stream.at(-1) ?? 0) ^ 1;
    expect(of({ compressed: stream })).toBe("broken: PNG: checksum does not match");
    expect(of({ rows: rows.subarray(1) })).toBe("broken: PNG ends early");
    expect(of({ rows: Uint8Array.of(...rows, 0) })).toBe("broken: malformed PNG");
    expect(of({ colour: 3 })).toBe("broken: malformed PNG");
    expect(of({ depth: 3 })).toBe("broken: malformed PNG");
    expect(of({ colour: 5 })).toBe("broken: malformed PNG");
    expect(of({ compressed: painted(200) })).toBe("broken: malformed PNG");
    // Large dimensions ask for no memory the data cannot fill; a bomb is stopped at the first byte too many.
    expect(of({ size: [16_000, 16_000] })).toBe("broken: PNG ends early");
    expect(of({ size: [60_000, 60_000] })).toBe("unread: image is larger than 2^28 pixels");
    expect(of({ compressed: deflateSync(new Uint8Array(50_000_000)) })).toBe("broken: malformed PNG");
  });
});

describe("raw", () => {
  test.each([
    ["mono8", 1, [0, 0, 0]],
    ["mono16", 2, [1, 1, 1]],
    ["16UC1", 2, [1, 1, 1]],
    ["rgb8", 3, [0, 1, 2]],
    ["bgr8", 3, [2, 1, 0]],
    ["rgba8", 4, [0, 1, 2]],
    ["bgra8", 4, [2, 1, 0]],
    ["rgb16", 6, [1, 3, 5]],
    ["bayer_rggb8", 1, [0, 0, 0]],
    ["bayer_grbg16", 2, [1, 1, 1]],
    ["yuv422", 2, [1, 1, 1]],
    ["uyvy", 2, [1, 1, 1]],
    ["yuyv", 2, [0, 0, 0]],
    ["yuv422_yuy2", 2, [0, 0, 0]],
    ["nv12", 1, [0, 0, 0]],
    ["nv21", 1, [0, 0, 0]],
  ] as const)("%s, rows of any step", (encoding, pixelBytes, rgb) => {
    for (const step of [WIDTH * pixelBytes, WIDTH * pixelBytes + 11]) {
      const source = painted(Math.ceil(step * HEIGHT * (encoding.startsWith("nv") ? 1.5 : 1)), step);
      const { cells } = lumaOf(source, { encoding, width: WIDTH, height: HEIGHT, step });
      expect(cells).toEqual([...rawLuma(source, WIDTH, HEIGHT, step, pixelBytes, rgb)]);
    }
  });

  test("of big-endian samples the other byte counts", () => {
    const source = painted(2 * WIDTH * HEIGHT);
    const { cells } = lumaOf(source, { encoding: "mono16", width: WIDTH, height: HEIGHT, bigEndian: true });
    expect(cells).toEqual([...rawLuma(source, WIDTH, HEIGHT, 2 * WIDTH, 2, [0, 0, 0])]);
  });

  test("what is not read, and what is too short", () => {
    const source = painted(WIDTH * HEIGHT);
    const size = { width: WIDTH, height: HEIGHT };
    expect(reasonOf(source, { encoding: "h264", ...size })).toBe("unread: encoding of the images is not read");
    expect(reasonOf(source, { encoding: "32FC1", ...size })).toBe("unread: encoding of the images is not read");
    expect(reasonOf(source, { encoding: "mono8", ...size, pointer: null })).toBe("unread: image data is text inside JSON");
    expect(reasonOf(source, { encoding: "mono8" })).toBe("broken: image without a size");
    for (const wrong of [{ step: WIDTH - 1 }, { step: WIDTH + 1 }, { encoding: "rgb8" }]) {
      expect(reasonOf(source, { encoding: "mono8", ...size, ...wrong })).toBe("broken: image data is shorter than its size");
    }
  });
});

describe("jpeg", () => {
  const encoding = "jpeg";
  const { bytes } = jpegStream({ width: WIDTH, height: HEIGHT, sampling: [[1, 1]] });

  test("size and cells; what is broken says how", () => {
    expect(lumaOf(bytes, { encoding }).luma).toMatchObject({ columns: 5, rows: 3, width: WIDTH, height: HEIGHT });
    expect(reasonOf(bytes.subarray(0, bytes.length - 20), { encoding })).toBe("broken: JPEG ends early");
    expect(reasonOf(new Uint8Array(50), { encoding })).toBe("broken: malformed JPEG");
    const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    const huge = bytes.slice();
    huge.set([255, 255, 255, 255], frame + 5);
    expect(reasonOf(huge, { encoding })).toBe("unread: image is larger than 2^28 pixels");
    huge.set([20, 0, 20, 0], frame + 5);
    expect(reasonOf(huge, { encoding })).toBe("broken: JPEG ends early");
    huge[frame + 1] = 0xc9;
    expect(reasonOf(huge, { encoding })).toBe("unread: a form of JPEG that is not read");
  });
});

describe("recorded images", () => {
  testShared("KITTI's PNG: a street by day", (shared) => {
    const { luma, cells } = lumaOf(readFileSync(join(shared, "2-lidar/kitti-tracking-0001/image_02/0001/000000.png")), {});
    expect(luma).toMatchObject({ columns: 156, rows: 47, width: 1242, height: 375 });
    const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
    expect(mean).toBeGreaterThan(60);
    expect(mean).toBeLessThan(140);
  });
});
