import { beforeAll, describe, expect, test } from "vitest";
import {
  GROUND_CELLS,
  GROUND_NODE,
  MATERIALS,
  PRIMITIVE_ROW,
  RENDER_LOOK,
  RENDER_POSE,
  RENDER_ROWS,
  RENDER_SETTINGS,
} from "../../src/abi.ts";
import { renderScratch } from "../../src/simulate/camera.ts";
import { loadSimulatorKernels, type SimulatorKernels } from "../../src/simulate/kernels.ts";
import { type Random, randomStream } from "../../src/simulate/random.ts";
import { fromYawPitchRoll, multiply, unrotate, type Vector } from "../../src/simulate/rotation.ts";
import { KIND, SolidWriter } from "../../src/simulate/solid.ts";
import * as reference from "../reference/render.ts";
import { guarded } from "./regions.ts";

let kernels: SimulatorKernels;
beforeAll(async () => {
  kernels = await loadSimulatorKernels();
});

interface Options {
  readonly width?: number;
  readonly height?: number;
  readonly solids?: number;
  readonly noise?: number;
  readonly exposure?: number;
  /** m/s ahead and rad/s to the left. */
  readonly speed?: number;
  readonly turn?: number;
  readonly lineSeconds?: number;
  readonly seed?: number;
  readonly flat?: boolean;
}

interface Shot extends reference.Task {
  readonly pixels: Uint8Array;
  readonly mean: number;
  /** From the scratch: what a pinhole sees, and motion in quarters of a pixel. */
  readonly sharp: Uint8Array;
  readonly motionX: Int8Array;
  readonly motionY: Int8Array;
}

const AHEAD = [0, 0, 1, -1, 0, 0, 0, -1, 0] as const;

/** A hilly road with a kerb, and solids ahead of the camera, some of them moving; the kernel's image and what it was made of. */
function shoot(options: Options = {}): Shot {
  const { width = 80, height = 52, solids = 14, noise = 0, exposure = 0, speed = 0, turn = 0, lineSeconds = 0, seed = 1, flat } = options;
  const random = randomStream(seed, "render");
  const primitives = kernels.alloc(Math.max(1, solids) * PRIMITIVE_ROW);
  const ground = kernels.alloc(GROUND_CELLS * GROUND_CELLS * GROUND_NODE);
  const bands = Math.ceil(height / RENDER_ROWS);
  const poses = kernels.alloc(bands * RENDER_POSE);
  const settings = kernels.alloc(RENDER_SETTINGS);
  const looks = kernels.alloc(MATERIALS * RENDER_LOOK);
  const out = guarded(kernels, width * height);
  const scratch = guarded(kernels, renderScratch(width, height, solids));
  kernels.u8(scratch.pointer, scratch.length).fill(0xa5);
  const memory = kernels.exports.memory.buffer;
  const f32 = new Float32Array(memory);
  for (let j = 0; j < GROUND_CELLS; j++) {
    for (let i = 0; i < GROUND_CELLS; i++) {
      const [x, y] = [i < 128 ? i : i - 256, j < 128 ? j : j - 256];
      const z = flat ? 0 : 0.6 * Math.sin(x / 25) + 0.3 * Math.cos(y / 17);
      f32.set([z, y + 2, x + 200, 6], ground / 4 + 4 * (j * GROUND_CELLS + i));
    }
  }
  for (let i = 0; i < MATERIALS; i++) f32.set([0.15 + 0.05 * i, 0.5, 0.3, [1, 2, 4, 0.5][i % 4] ?? 1], looks / 4 + 4 * i);
  place(random, primitives, solids);
  for (let band = 0; band < bands; band++) {
    const t = (Math.min(height, (band + 0.5) * RENDER_ROWS) - height / 2) * lineSeconds;
    const m = multiply(fromYawPitchRoll(0.1 + turn * t, 0.03, 0.02), AHEAD);
    const rows = [speed * t, 0.3, 1.6 + (flat ? 0 : 0.3), ...m, t, ...unrotate(m, [speed, 0, 0]), ...unrotate(m, [0, 0, turn])];
    f32.set(rows, (poses + band * RENDER_POSE) / 4);
  }
  const [f, sun] = [0.75 * width, [-0.5, 0.4, Math.sqrt(1 - 0.41)]];
  f32.set([f, f, width / 2 + 0.3, height / 2 - 0.2, exposure, 0.8, ...sun, 0.7, 0.3, 0.5, 0.8, 500, noise], settings / 4);
  new Uint32Array(memory)[settings / 4 + 15] = 12345;
  const task = { memory, primitives, count: solids, ground, poses, width, height, settings, looks };
  const mean = kernels.exports.renderImage(primitives, solids, ground, poses, width, height, settings, looks, scratch.pointer, out.pointer);
  scratch.expectIntact();
  out.expectIntact();
  const stride = width + 32;
  const plane = scratch.pointer + 768 + 80 * solids + 8 * RENDER_ROWS * width;
  const sharp = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) sharp.set(kernels.u8(plane + y * stride + 16, width), y * width);
  const motion = plane + 2 * stride * height;
  const motionX = new Int8Array(memory, motion, width * height).slice();
  const motionY = new Int8Array(memory, motion + width * height, width * height).slice();
  return { ...task, motionX, motionY, pixels: kernels.u8(out.pointer, width * height).slice(), mean: mean / 256, sharp };
}

function place(random: Random, primitives: number, solids: number): void {
  const out = new SolidWriter(kernels, primitives, solids, 0, 0);
  const vector = (low: number, high: number): Vector => [random.between(low, high), random.between(low, high), random.between(low, high)];
  for (let i = 0; i < solids; i++) {
    const moves = random.chance(0.5);
    const spot: Vector = [random.between(-4, 50), random.between(-14, 14), random.between(0, 3)];
    const rotation = fromYawPitchRoll(random.between(-3, 3), random.between(-1, 1), random.between(-1, 1));
    const kind = random.pick(Object.keys(KIND) as (keyof typeof KIND)[]);
    const body = { centre: spot, rotation, velocity: moves ? vector(-9, 9) : vector(0, 0), spin: moves ? vector(-2, 2) : vector(0, 0) };
    out.add({ kind, material: random.below(MATERIALS), centre: [0, 0, 0], half: vector(0.2, 3) }, i + 1, random.uniform(), body);
  }
}

/** The share of pixels that differ by more than `levels`, and the mean difference. */
function compare(a: ArrayLike<number>, b: ArrayLike<number>, levels: number): { readonly share: number; readonly mean: number } {
  let [far, sum] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    sum += difference;
    if (difference > levels) far++;
  }
  return { share: far / a.length, mean: sum / a.length };
}

describe("renderImage", () => {
  test.each([1, 2, 3, 4])("sees what the reference sees: scene %i", (seed) => {
    const shot = shoot({ seed, lineSeconds: 1e-3, speed: 15, turn: 0.6 });
    const expected = reference.renderImage(shot);
    const { share, mean } = compare(shot.sharp, expected.sharp, 3);
    expect(share).toBeLessThan(0.0135);
    expect(mean).toBeLessThan(0.27);
  });

  test("every size of the last band, and no solids at all", () => {
    for (let height = 16; height <= 24; height++) {
      const shot = shoot({ width: 48, height, solids: height % 2 ? 5 : 0, seed: height });
      expect(compare(shot.sharp, reference.renderImage(shot).sharp, 3).share).toBeLessThan(0.05);
    }
  });

  test("lens, motion blur and noise are exact, and so is the mean", () => {
    for (const exposure of [0, 0.02, 0.3]) {
      const moving = shoot({ noise: 1.2, exposure, speed: 14, turn: 0.7 });
      expect(Buffer.compare(moving.pixels, reference.develop(moving.sharp, moving.motionX, moving.motionY, moving))).toBe(0);
    }
    const shot = shoot({ noise: 2.5 });
    expect(shot.mean).toBeCloseTo(shot.pixels.reduce((sum, level) => sum + level, 0) / shot.pixels.length, 1);
    const quiet = shoot({ noise: 0 });
    const noise = [...shot.pixels].map((level, i) => level - (quiet.pixels[i] ?? 0));
    const average = noise.reduce((sum, x) => sum + x, 0) / noise.length;
    const deviation = Math.sqrt(noise.reduce((sum, x) => sum + (x - average) ** 2, 0) / noise.length);
    expect(Math.abs(average)).toBeLessThan(0.15);
    expect(deviation).toBeCloseTo(2.5, 0);
  });

  test("blurs along the motion of the camera and of what it sees", () => {
    const shot = shoot({ exposure: 0.05, speed: 12, turn: 0.8 });
    const expected = reference.renderImage(shot);
    expect(Math.max(...expected.motionX.map(Math.abs))).toBeGreaterThan(15);
    expect(compare(shot.motionX, expected.motionX, 2).share).toBeLessThan(0.02);
    expect(compare(shot.motionY, expected.motionY, 2).share).toBeLessThan(0.02);
    const { share, mean } = compare(shot.pixels, expected.pixels, 4);
    expect(share).toBeLessThan(0.02);
    expect(mean).toBeLessThan(0.5);
    const still = shoot({ exposure: 0 });
    expect(compare(shot.pixels, still.pixels, 2).share).toBeGreaterThan(0.03);
  });

  test("a rolling shutter leans what is upright when the camera turns", () => {
    const upright = shoot({ solids: 0, flat: true });
    const leaning = shoot({ solids: 0, flat: true, turn: 1, lineSeconds: 1e-3 });
    expect(compare(upright.sharp, leaning.sharp, 3).share).toBeGreaterThan(0.05);
    const expected = reference.renderImage(leaning);
    expect(compare(leaning.sharp, expected.sharp, 3).share).toBeLessThan(0.02);
  });

  test("the same bytes every time", () => {
    expect(shoot({ noise: 1, exposure: 0.01, speed: 9 }).pixels).toEqual(shoot({ noise: 1, exposure: 0.01, speed: 9 }).pixels);
  });
});
