/**
 * Small luma: JPEG by its DC coefficients beside full decodes (jpeg-js, which the kernel is tested against; mozjpeg as WebAssembly where
 * bench/node_modules has @jsquash/jpeg), PNG, raw pixels, and the differences inside boxes. Input lies in kernel memory (zero-copy) for
 * ours, in a buffer for the others. Contenders take turns; medians and quartiles over rounds.
 *
 *   node bench/throughput/luma.ts [--rounds 9]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { crc32, deflateSync } from "node:zlib";
import { decode } from "jpeg-js";
import { JPEG_SCRATCH } from "../../src/abi.ts";
import { loadKernels } from "../../src/kernels.ts";
import { hasLuma, smallLuma } from "../../src/luma/small-luma.ts";
import { loadSimulatorKernels } from "../../src/simulate/kernels.ts";
import type { ImageTable } from "../../src/types.ts";
import { interleave, spreadOf, type Task } from "./interleave.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "9" } } });
const WIDTH = 1280;
const HEIGHT = 720;
const kernels = await loadKernels();

/** A street of sines and some noise: about what a camera's JPEG weighs. */
function scene(channels: number): Uint8Array {
  const pixels = new Uint8Array(WIDTH * HEIGHT * channels);
  let state = 7;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const [x, y, c] = [Math.floor(i / channels) % WIDTH, Math.floor(i / channels / WIDTH), i % channels];
    pixels[i] = c === 3 ? 255 : 110 + 50 * Math.sin(x / (17 + 9 * c) + y / 31) + 30 * Math.sin(y / 7 - x / 53) + (state >>> 28);
  }
  return pixels;
}

type Mozjpeg = {
  encode(data: Uint8Array, width: number, height: number, options: object): Uint8Array;
  decode(data: Uint8Array, orientation: boolean): unknown;
};

/** Null where it is not installed. */
async function mozjpeg(): Promise<Mozjpeg | null> {
  try {
    const folder = new URL("../node_modules/@jsquash/jpeg/codec/", import.meta.url);
    Object.assign(globalThis, { ImageData: class {} });
    const load = async (name: string): Promise<Mozjpeg> => {
      const module = new WebAssembly.Module(readFileSync(new URL(`${name}.wasm`, folder)));
      const { default: start } = (await import(new URL(`${name}.js`, folder).href)) as { default: (options: object) => Promise<Mozjpeg> };
      const instantiateWasm = (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): object => {
        const instance = new WebAssembly.Instance(module, imports);
        done(instance);
        return instance.exports;
      };
      return start({ noInitialRun: true, instantiateWasm });
    };
    const [encoder, decoder] = [await load("enc/mozjpeg_enc"), await load("dec/mozjpeg_dec")];
    return { encode: (...all) => encoder.encode(...all), decode: (...all) => decoder.decode(...all) };
  } catch {
    return null;
  }
}

function pngOf(rgb: Uint8Array): Uint8Array {
  const rows = new Uint8Array((3 * WIDTH + 1) * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    const at = y * (3 * WIDTH + 1);
    rows[at] = 1;
    for (let i = 0; i < 3 * WIDTH; i++) rows[at + 1 + i] = (rgb[y * 3 * WIDTH + i] ?? 0) - (i < 3 ? 0 : (rgb[y * 3 * WIDTH + i - 3] ?? 0));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, 2], 8);
  const chunk = (type: string, body: Uint8Array): Buffer => {
    const [size, sum, content] = [Buffer.alloc(4), Buffer.alloc(4), Buffer.concat([Buffer.from(type), body])];
    size.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(content));
    return Buffer.concat([size, content, sum]);
  };
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", new Uint8Array())]);
}

const moz = await mozjpeg();
const rgba = scene(4);
const grey = scene(1);
const rgb = scene(3);
const jpegs = new Map<string, Uint8Array>();
{
  const encoder = await loadSimulatorKernels();
  const [pixels, scratch, target] = [encoder.put(grey), encoder.alloc(JPEG_SCRATCH), encoder.alloc(4 * grey.length)];
  const bytes = encoder.exports.jpegEncode(pixels, WIDTH, HEIGHT, WIDTH, 90, target, 4 * grey.length, scratch);
  jpegs.set("grey, quality 90", encoder.u8(target, bytes).slice());
}
const base = {
  ...{ baseline: false, arithmetic: false, optimize_coding: true, smoothing: 0, color_space: 3, quant_table: 0, trellis_loops: 1 },
  ...{ trellis_multipass: false, trellis_opt_zero: false, trellis_opt_table: false, auto_subsample: false, chroma_subsample: 2 },
  ...{ separate_chroma_quality: false, chroma_quality: 90, quality: 90 },
};
for (const progressive of moz ? [false, true] : []) {
  const bytes = moz?.encode(rgba, WIDTH, HEIGHT, { ...base, progressive });
  if (bytes) jpegs.set(`colour 4:2:0, quality 90${progressive ? ", progressive" : ""}`, Uint8Array.from(bytes));
}

let sink = 0;
const luma = (bytes: Uint8Array, image: Partial<ImageTable>): (() => void) => {
  const table: ImageTable = {
    frame: 0,
    encoding: "jpeg",
    width: WIDTH,
    height: HEIGHT,
    pointer: kernels.put(bytes),
    bytes: bytes.length,
    ...image,
  };
  return () => {
    const mark = kernels.mark();
    const found = smallLuma(table, kernels);
    if (!hasLuma(found)) throw new Error(found.reason);
    sink += kernels.u8(found.pointer, 1)[0] ?? 0;
    kernels.release(mark);
  };
};

/** Bytes that a task's rate counts. */
const counted = new Map<string, number>();
const tasks: Task[] = [];
const task = (name: string, bytes: number, run: () => void): void => {
  counted.set(name, bytes);
  tasks.push({ name, run });
};
const pixels = WIDTH * HEIGHT;
for (const [kind, bytes] of jpegs) {
  task(`jpeg ${kind}: ours`, pixels, luma(bytes, {}));
  task(`jpeg ${kind}: jpeg-js`, pixels, () => (sink += decode(bytes, { useTArray: true, formatAsRGBA: false }).data[0] ?? 0));
  if (moz) task(`jpeg ${kind}: mozjpeg (WebAssembly)`, pixels, () => (sink += moz.decode(bytes, false) ? 1 : 0));
}
task("png rgb8: ours (fflate)", pixels, luma(pngOf(rgb), { encoding: "png" }));
task("raw mono8: ours", pixels, luma(grey, { encoding: "mono8", step: WIDTH }));
task("raw rgb8: ours", pixels, luma(rgb, { encoding: "rgb8", step: 3 * WIDTH }));

// Boxes as a drive has them, in cells; the whole image at the end. Luma counts once: bytes of the box in one image.
const [columns, rows] = [160, 90];
const [before, after, out] = [
  kernels.put(grey.slice(0, columns * rows)),
  kernels.put(grey.slice(pixels / 2, pixels / 2 + columns * rows)),
  kernels.alloc(4096),
];
for (const [width, height] of [
  [8, 6],
  [16, 12],
  [40, 30],
  [160, 90],
] as const) {
  const [across, down] = width < columns ? [17, 17] : [1, 1];
  const repeats = width < columns ? 4 : 50;
  task(`box of ${width} x ${height} cells`, width * height * across * down * repeats, () => {
    for (let i = 0; i < repeats; i++) {
      kernels.exports.boxDeltas(
        before,
        after,
        columns,
        rows,
        width < columns ? 50 : 0,
        width < columns ? 30 : 0,
        width,
        height,
        131,
        across > 1 ? -8 : 0,
        across > 1 ? -8 : 0,
        across,
        down,
        out,
      );
    }
    sink += kernels.u32(out, 1)[0] ?? 0;
  });
}
const box = { columns, rows };
const plain = (): void => {
  const [a, b] = [kernels.u8(before, box.columns * box.rows), kernels.u8(after, box.columns * box.rows)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((((a[i] ?? 0) * 131 + 64) >> 7) - (b[i] ?? 0));
  sink += sum;
};
task("box of 160 x 90 cells: plain JavaScript", columns * rows, plain);

const seconds = await interleave(tasks, { rounds: Number(values.rounds), warmUp: 1, millisecondsPerTask: 120, seed: 1 });
const results = [...seconds].map(([name, each]) => {
  const rate = spreadOf(each.map((s) => (counted.get(name) ?? 0) / s));
  return { name, bytesPerSecond: Math.round(rate.median), low: Math.round(rate.low), high: Math.round(rate.high) };
});
const rateOf = (name: string): number => results.find((one) => one.name === name)?.bytesPerSecond ?? Number.NaN;
const ratios = results
  .filter(({ name }) => /: (jpeg-js|mozjpeg)/.test(name))
  .map(({ name, bytesPerSecond }) => ({
    over: name,
    times: Number((rateOf(`${name.split(":").slice(0, -1).join(":")}: ours`) / bytesPerSecond).toFixed(1)),
  }));
for (const { name, bytesPerSecond, low, high } of results) {
  console.log(`${name.padEnd(66)} ${(bytesPerSecond / 1e9).toFixed(3)} GB/s (${(low / 1e9).toFixed(3)} to ${(high / 1e9).toFixed(3)})`);
}
for (const { over, times } of ratios) console.log(`${times.toFixed(1)} times ${over}`);
if (sink < 0) console.log(sink);
const machine = { cpu: cpus()[0]?.model ?? "", node: process.version, image: `${WIDTH} x ${HEIGHT}`, rounds: Number(values.rounds) };
const unit = "bytes of luma: one a pixel, one a cell of a box in one image; ours zero-copy";
writeFileSync(
  fileURLToPath(new URL("../results/luma.json", import.meta.url)),
  `${JSON.stringify({ machine, unit, results, ratios }, null, 2)}\n`,
);
