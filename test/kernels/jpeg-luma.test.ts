import { decode } from "jpeg-js";
import { beforeAll, describe, expect, test } from "vitest";
import { FULL, JPEG_LUMA_SCRATCH, JPEG_SCRATCH, MALFORMED, TRUNCATED, UNSUPPORTED } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { loadSimulatorKernels } from "../../src/simulate/kernels.ts";
import * as reference from "../reference/jpeg-luma.ts";
import { jpegStream, type Stream } from "./jpeg-stream.ts";
import { atTheEnd, guarded, guardedBytes, painted } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const ROOM = 4000;

/** Runs the kernel between guard bytes. */
function jpegLuma(source: Uint8Array, room = ROOM, offset = 0): reference.Luma {
  const mark = kernels.mark();
  const from = guardedBytes(kernels, source, offset);
  const to = guarded(kernels, room, offset);
  const scratch = guarded(kernels, JPEG_LUMA_SCRATCH + 2 * room);
  const result = guarded(kernels, 8);
  const status = kernels.exports.jpegLuma(from.pointer, source.length, to.pointer, room, scratch.pointer, result.pointer);
  const [width = 0, height = 0] = kernels.u32(result.pointer, 2);
  for (const region of [from, to, scratch, result]) region.expectIntact();
  const cells = kernels.u8(to.pointer, Math.max(0, status)).slice();
  kernels.release(mark);
  return { status, width, height, cells };
}

/** The kernel's answer, after comparing it with the reference's. */
function read(source: Uint8Array, room = ROOM, offset = 0): reference.Luma {
  const luma = jpegLuma(source, room, offset);
  const expected = reference.jpegLuma(source, room);
  expect([luma.status, luma.width, luma.height]).toEqual([expected.status, expected.width, expected.height]);
  expect(Buffer.compare(luma.cells, expected.cells)).toBe(0);
  return luma;
}

const cell = (dc: number, step: number): number => Math.min(255, Math.max(0, ((dc * step + 4) >> 3) + 128));

function expectDrawn(stream: Stream, component = 0, offset = 0): Uint8Array {
  const { bytes, dc } = jpegStream(stream);
  const luma = read(bytes, ROOM, offset);
  const want = dc[component]?.values.map((value) => cell(value, stream.step ?? 8)) ?? [];
  expect([luma.status, luma.width, luma.height]).toEqual([want.length, stream.width, stream.height]);
  expect([...luma.cells]).toEqual(want);
  return bytes;
}

const GREY = [[1, 1]] as const;
const SAMPLINGS: Stream["sampling"][] = [
  GREY,
  [[2, 2]],
  [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  [
    [2, 2],
    [1, 1],
    [1, 1],
  ],
  [
    [2, 1],
    [1, 1],
    [1, 1],
  ],
  [
    [1, 2],
    [1, 1],
    [1, 1],
  ],
  [
    [4, 2],
    [1, 2],
    [2, 1],
  ],
  [
    [2, 2],
    [1, 1],
    [1, 1],
    [2, 2],
  ],
];
/** YCCK: else luma of four components is the second. */
const YCCK = [[0xee, ...Buffer.from("Adobe"), 0, 100, 0, 0, 0, 0, 2]];

describe("jpegLuma", () => {
  test.each(SAMPLINGS.map((sampling) => ({ sampling })))("every DC as it was drawn: $sampling", ({ sampling }) => {
    let seed = 1;
    for (const [width, height] of [
      [1, 1],
      [8, 8],
      [9, 17],
      [64, 33],
      [75, 50],
    ] as const) {
      for (const progressive of [false, true]) {
        for (const apart of [false, true]) {
          for (const interval of [0, 1, 3, 20]) {
            for (const strength of interval === 0 ? [1, 15, 1000] : [3]) {
              const segments = sampling.length === 4 ? YCCK : [];
              expectDrawn({ width, height, sampling, progressive, apart, interval, strength, seed: seed++, segments }, 0, seed % 7);
            }
          }
        }
      }
    }
  });

  test("steps of 1 to 255: rounded to nearest, clamped", () => {
    for (const step of [1, 2, 3, 7, 8, 9, 16, 200, 255]) expectDrawn({ width: 64, height: 64, sampling: GREY, step, seed: step });
  });

  test("luma of RGB and CMYK is the second component", () => {
    const three = {
      width: 20,
      height: 20,
      sampling: [
        [1, 1],
        [1, 1],
        [1, 1],
      ] as const,
    };
    const adobe = (transform: number): number[][] => [[0xee, ...Buffer.from("Adobe"), 0, 100, 0, 0, 0, 0, transform]];
    expectDrawn({ ...three, segments: adobe(0) }, 1);
    expectDrawn({ ...three, segments: adobe(1) }, 0);
    expectDrawn({ ...three, ids: [0x52, 0x47, 0x42] }, 1);
    expectDrawn({ ...three, ids: [0x52, 0x47, 0x42], segments: adobe(1) }, 0);
    expectDrawn(
      {
        ...three,
        sampling: [
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      },
      1,
    );
  });

  test("within 1 of what another library decodes, over sizes and qualities", async () => {
    const encoder = await loadSimulatorKernels();
    let compared = 0;
    for (let i = 0; i < 24; i++) {
      const [width, height, quality] = [8 + 13 * (i % 5), 8 + 11 * (i % 4), [30, 75, 95, 100][i % 4] ?? 75];
      const luma = painted(width * height, i + 1).map((byte, p) =>
        Math.round(60 + 110 * (0.5 + 0.5 * Math.sin((p % width) / 9 + p / 900)) + byte / 16),
      );
      const mark = encoder.mark();
      const [pixels, scratch] = [encoder.put(luma), encoder.alloc(JPEG_SCRATCH)];
      const room = 1024 + 8 * (width + 8) * (height + 8);
      const target = encoder.alloc(room);
      const bytes = encoder.u8(target, encoder.exports.jpegEncode(pixels, width, height, width, quality, target, room, scratch)).slice();
      encoder.release(mark);
      const { data } = decode(bytes, { useTArray: true, formatAsRGBA: false });
      const cells = read(bytes).cells;
      const columns = Math.ceil(width / 8);
      for (let y = 0; y + 8 <= height; y += 8) {
        for (let x = 0; x + 8 <= width; x += 8, compared++) {
          let sum = 0;
          for (let p = 0; p < 64; p++) sum += data[3 * ((y + (p >> 3)) * width + x + (p & 7))] ?? 0;
          expect(Math.abs(sum / 64 - (cells[(y / 8) * columns + x / 8] ?? 0))).toBeLessThan(1.01);
        }
      }
    }
    expect(compared).toBeGreaterThan(200);
  });

  test("no room: FULL, with the size; exactly enough is enough", () => {
    const { bytes } = jpegStream({ width: 70, height: 40, sampling: GREY });
    expect(read(bytes, 0)).toMatchObject({ status: FULL, width: 70, height: 40 });
    expect(read(bytes, 44)).toMatchObject({ status: FULL });
    expect(read(bytes, 45)).toMatchObject({ status: 45 });
  });

  test("what is not read says so", () => {
    const { bytes } = jpegStream({ width: 16, height: 16, sampling: GREY });
    const at = (marker: number): number => bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === marker);
    const with_ = (place: number, ...values: number[]): Uint8Array => {
      const copy = bytes.slice();
      copy.set(values, place);
      return copy;
    };
    for (const marker of [0xc3, 0xc5, 0xc9, 0xca, 0xcf]) expect(read(with_(at(0xc0) + 1, marker)).status).toBe(UNSUPPORTED);
    expect(read(with_(at(0xc0) + 4, 12)).status).toBe(UNSUPPORTED);
    expect(read(with_(at(0xc0) + 5, 0, 0)).status).toBe(UNSUPPORTED);
    expect(read(with_(at(0xc0) + 7, 0, 0)).status).toBe(MALFORMED);
    expect(
      read(
        jpegStream({
          width: 16,
          height: 16,
          sampling: [
            [1, 1],
            [2, 2],
            [1, 1],
          ],
        }).bytes,
      ).status,
    ).toBe(UNSUPPORTED);
    // 65535 x 65535 in 400 bytes: refused before memory is asked for.
    expect(read(with_(at(0xc0) + 5, 255, 255, 255, 255))).toMatchObject({ status: FULL, width: 65535, height: 65535 });
    expect(read(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9)).status).toBe(MALFORMED);
    expect(read(new Uint8Array(100)).status).toBe(MALFORMED);
    expect(read(new Uint8Array()).status).toBe(TRUNCATED);
  });

  test("cut anywhere: TRUNCATED, or complete where only the end is missing", () => {
    for (const progressive of [false, true]) {
      const { bytes } = jpegStream({ width: 40, height: 24, sampling: SAMPLINGS[3] ?? GREY, progressive, interval: 2 });
      for (let length = 0; length < bytes.length; length++) {
        const { status } = read(bytes.subarray(0, length));
        if (status < 0) expect(status).toBe(TRUNCATED);
        else expect([progressive, length]).toEqual([false, expect.toSatisfy((n: number) => n >= bytes.length - 2)]);
      }
    }
  });

  test("any byte changed: what the reference says, nothing out of place", () => {
    let seen = new Set<number>();
    for (const progressive of [false, true]) {
      const { bytes } = jpegStream({ width: 24, height: 16, sampling: SAMPLINGS[4] ?? GREY, progressive, interval: 2, seed: 9 });
      for (let i = 2; i < bytes.length; i++) {
        for (const change of [1, 0x80, 0xff]) {
          const copy = bytes.slice();
          copy[i] = (copy[i] ?? 0) ^ change;
          seen = seen.add(Math.min(0, read(copy).status));
        }
      }
    }
    expect([...seen].sort()).toEqual([0, FULL, TRUNCATED, MALFORMED, UNSUPPORTED].sort());
  });

  test("noise behind a good head, and noise alone", () => {
    const { bytes } = jpegStream({ width: 120, height: 80, sampling: SAMPLINGS[3] ?? GREY });
    const scan = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xda) + 14;
    for (let seed = 1; seed < 60; seed++) {
      const copy = bytes.slice();
      copy.set(
        painted(copy.length - scan, seed).map((byte) => (byte === 255 && seed % 2 ? 254 : byte)),
        scan,
      );
      read(copy);
      read(Uint8Array.from([0xff, 0xd8, ...painted(300, seed)]));
    }
  });

  test("nothing past the source is read: memory ends there", async () => {
    const { kernels: edge, place } = await atTheEnd(60_000);
    const [out, scratch, result] = [edge.alloc(ROOM), edge.alloc(JPEG_LUMA_SCRATCH + 2 * ROOM), edge.alloc(8)];
    const { bytes } = jpegStream({ width: 40, height: 24, sampling: SAMPLINGS[3] ?? GREY, strength: 30 });
    for (let length = 0; length <= bytes.length; length++) {
      const source = bytes.subarray(0, length);
      const status = edge.exports.jpegLuma(place(source), length, out, ROOM, scratch, result);
      expect(status).toBe(reference.jpegLuma(source, ROOM).status);
    }
  });
});
