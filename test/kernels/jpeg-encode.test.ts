import { decode } from "jpeg-js";
import { beforeAll, describe, expect, test } from "vitest";
import { FULL, JPEG_SCRATCH } from "../../src/abi.ts";
import { loadSimulatorKernels, type SimulatorKernels } from "../../src/simulate/kernels.ts";
import * as reference from "../reference/jpeg-encode.ts";
import { atTheEnd, guarded, guardedBytes, painted } from "./regions.ts";

let kernels: SimulatorKernels;
beforeAll(async () => {
  kernels = await loadSimulatorKernels();
});

interface Picture {
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
}

function encode(
  { luma, width, height, stride }: Picture,
  quality: number,
  room = 1024 + 7 * (width + 7) * (height + 7),
): Uint8Array | number {
  const mark = kernels.mark();
  const source = guardedBytes(kernels, luma, (width * 3) % 16);
  const target = guarded(kernels, room, height % 16);
  const scratch = guarded(kernels, JPEG_SCRATCH);
  kernels.u8(scratch.pointer, JPEG_SCRATCH).fill(0xa5);
  const written = kernels.exports.jpegEncode(source.pointer, width, height, stride, quality, target.pointer, room, scratch.pointer);
  for (const region of [source, target, scratch]) region.expectIntact();
  const bytes = written < 0 ? written : kernels.u8(target.pointer, written).slice();
  kernels.release(mark);
  return bytes;
}

function expectEncoded(picture: Picture, quality: number): Uint8Array {
  const bytes = encode(picture, quality);
  if (typeof bytes === "number") throw new Error(`status ${bytes}`);
  const { luma, width, height, stride } = picture;
  const expected = reference.jpegEncode(luma, width, height, stride, quality);
  expect([width, height, quality, Buffer.compare(bytes, expected)]).toEqual([width, height, quality, 0]);
  return bytes;
}

/** As a camera might see it: soft gradients, an edge, texture. */
function scene(width: number, height: number, stride = width): Picture {
  const noise = painted(stride * height, width);
  const luma = noise.map((byte, i) => {
    const [x, y] = [i % stride, Math.floor(i / stride)];
    return 60 + 80 * Math.sin(x / 23) * Math.cos(y / 31) + (x > y ? 50 : 0) + (byte >> 4);
  });
  return { luma, width, height, stride };
}

/** Peak signal-to-noise ratio in dB of what another library decodes. */
function psnr(bytes: Uint8Array, { luma, width, height, stride }: Picture): number {
  const decoded = decode(bytes, { useTArray: true, formatAsRGBA: false });
  expect([decoded.width, decoded.height]).toEqual([width, height]);
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) sum += ((decoded.data[3 * (y * width + x)] ?? 0) - (luma[y * stride + x] ?? 0)) ** 2;
  }
  return 10 * Math.log10(255 ** 2 / (sum / (width * height)));
}

describe("jpegEncode", () => {
  test("as the reference says, for every remainder of the size and many qualities", () => {
    for (let i = 0; i < 64; i++) {
      const [width, height] = [1 + (i % 8) + 8 * (i % 3), 1 + (i >> 3) + 8 * (i % 2)];
      const quality = [1, 30, 50, 75, 90, 97, 100][i % 7] ?? 50;
      expectEncoded(scene(width, height, width + (i % 5)), quality);
      expectEncoded({ luma: painted(width * height, i + 1), width, height, stride: width }, quality);
    }
  });

  test("flat, black and white, and the strongest of every frequency: no coefficient leaves its range", () => {
    for (const level of [0, 127, 128, 255])
      expectEncoded({ luma: new Uint8Array(24 * 8).fill(level), width: 24, height: 8, stride: 24 }, 100);
    for (let k = 0; k < 64; k++) {
      const wave = (n: number, i: number): number => Math.cos(((2 * i + 1) * n * Math.PI) / 16);
      const luma = new Uint8Array(128).map((_, i) => (wave(k & 7, i & 7) * wave(k >> 3, (i >> 4) & 7) * (i & 8 ? 1 : -1) > 0 ? 255 : 0));
      expectEncoded({ luma, width: 16, height: 8, stride: 16 }, 100);
    }
  });

  test("another library decodes it, as near as the quality promises", () => {
    const picture = scene(200, 133, 208);
    const at = (quality: number): number => psnr(expectEncoded(picture, quality), picture);
    expect(at(100)).toBeGreaterThan(50);
    expect(at(90)).toBeGreaterThan(37);
    expect(at(75)).toBeGreaterThan(34);
    expect(at(30)).toBeGreaterThan(30);
    expect(at(30)).toBeLessThan(at(75));
    const noise = { luma: painted(64 * 64, 5), width: 64, height: 64, stride: 64 };
    expect(psnr(expectEncoded(noise, 100), noise)).toBeGreaterThan(48);
  });

  test("a target without room: FULL, and nothing past it", () => {
    const picture = { luma: painted(40 * 40, 3), width: 40, height: 40, stride: 40 };
    for (let room = 0; room < 1500; room += 37) expect(encode(picture, 95, room)).toBe(FULL);
  });

  test("nothing past the image is read: memory ends there", async () => {
    const { kernels: edge, place } = await atTheEnd(4000, loadSimulatorKernels);
    const [target, scratch] = [edge.alloc(40_000), edge.alloc(JPEG_SCRATCH)];
    for (let i = 0; i < 64; i++) {
      const picture = scene(9 + (i % 8), 9 + (i >> 3));
      const { luma, width, height, stride } = picture;
      const written = edge.exports.jpegEncode(place(luma), width, height, stride, 80, target, 40_000, scratch);
      expect(Buffer.compare(edge.u8(target, written), reference.jpegEncode(luma, width, height, stride, 80))).toBe(0);
    }
  });
});
