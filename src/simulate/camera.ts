/**
 * The camera: rolling shutter, an exposure that follows the light with some delay, JPEG.
 *
 * Light is relative: white paint in full sun gives about 1. The sun comes and goes behind clouds, slowly.
 */
import {
  JPEG_SCRATCH,
  MATERIAL_ASPHALT,
  MATERIAL_BARK,
  MATERIAL_CLOTH,
  MATERIAL_GLASS,
  MATERIAL_GRASS,
  MATERIAL_LEAF,
  MATERIAL_MARKING,
  MATERIAL_METAL,
  MATERIAL_PAINT,
  MATERIAL_PAVEMENT,
  MATERIAL_SIGN,
  MATERIAL_SKIN,
  MATERIAL_TYRE,
  MATERIAL_WALL,
  MATERIALS,
  RENDER_LOOK,
  RENDER_POSE,
  RENDER_ROWS,
  RENDER_SETTINGS,
} from "../abi.ts";
import { cos, sin } from "../geometry/elementary.ts";
import { type Random, randomStream } from "./random.ts";
import { cross, multiply, rotate, toMatrix, unrotate, type Vector } from "./rotation.ts";
import type { Scene, SceneView } from "./scene.ts";
import type { CameraModel } from "./types.ts";

const QUALITY = 85;

/** Albedo of white, how much darker shade 0 is, grain, cells per metre: powers of two. */
const LOOKS: Readonly<Record<number, readonly [number, number, number, number]>> = {
  [MATERIAL_ASPHALT]: [0.16, 0, 0.35, 1],
  [MATERIAL_MARKING]: [0.7, 0, 0.15, 2],
  [MATERIAL_PAVEMENT]: [0.36, 0, 0.25, 2],
  [MATERIAL_GRASS]: [0.26, 0, 0.8, 2],
  [MATERIAL_WALL]: [0.6, 0.55, 0.2, 1],
  [MATERIAL_GLASS]: [0.1, 0, 0.3, 0.5],
  [MATERIAL_PAINT]: [0.75, 0.9, 0.08, 1],
  [MATERIAL_TYRE]: [0.05, 0, 0.3, 8],
  [MATERIAL_METAL]: [0.4, 0.4, 0.15, 2],
  [MATERIAL_BARK]: [0.2, 0.3, 0.7, 8],
  [MATERIAL_LEAF]: [0.22, 0.4, 0.9, 2],
  [MATERIAL_CLOTH]: [0.55, 0.85, 0.4, 4],
  [MATERIAL_SKIN]: [0.5, 0.3, 0.1, 8],
  [MATERIAL_SIGN]: [0.7, 0.3, 0.3, 4],
};

/** Of a clear sky at noon in spring, from the south-west. */
const SUN_HEIGHT = 0.72;
const SUN_BEARING = -2.2;
const AMBIENT = 0.3;
const SKY = 0.55;
const HAZE = 0.85;
const HAZE_DISTANCE = 700;

/** The mean level the exposure aims at, the share of the way it goes per frame, and its limits. */
const TARGET_LEVEL = 112;
const PACE = 0.3;
const LEAST_SECONDS = 0.0008;
const MOST_SECONDS = 0.01;
const LEAST_BRIGHTNESS = 0.05;
const MOST_BRIGHTNESS = 8;
/** Brightness of a second of exposure at gain 1. */
const PER_SECOND = 100;
/** Noise at gain 1, levels. */
const READ_NOISE = 1.3;

export interface Picture {
  readonly jpeg: Uint8Array;
  readonly exposureSeconds: number;
  readonly gain: number;
  /** Mean of all pixels, 0 to 255. */
  readonly meanLevel: number;
}

export class Camera {
  readonly #scene: Scene;
  readonly #model: CameraModel;
  readonly #random: Random;
  readonly #cloud: readonly [number, number];
  readonly #poses: number;
  readonly #settings: number;
  readonly #looks: number;
  readonly #scratch: number;
  readonly #pixels: number;
  readonly #jpegScratch: number;
  readonly #jpeg: number;
  readonly #jpegRoom: number;
  /** Exposure times gain. */
  #brightness = 0.6;

  /**
   * @param mostPrimitives solids a scene can have
   * @throws RangeError when the image is not a multiple of 16 pixels wide
   */
  constructor(scene: Scene, model: CameraModel, seed: number, mostPrimitives: number) {
    const { width, height } = model;
    if (width % 16 !== 0 || width <= 0 || height <= 0)
      throw new RangeError(`expected a width that is a multiple of 16, got ${width} x ${height}`);
    const { kernels } = scene;
    this.#scene = scene;
    this.#model = model;
    this.#random = randomStream(seed, "camera");
    this.#cloud = [this.#random.between(0, 6), this.#random.between(0, 6)];
    this.#poses = kernels.alloc(Math.ceil(height / RENDER_ROWS) * RENDER_POSE);
    this.#settings = kernels.alloc(RENDER_SETTINGS);
    this.#looks = kernels.alloc(MATERIALS * RENDER_LOOK);
    this.#scratch = kernels.alloc(renderScratch(width, height, mostPrimitives));
    this.#pixels = kernels.alloc(width * height);
    this.#jpegScratch = kernels.alloc(JPEG_SCRATCH);
    // No image of a scene comes near two bytes a pixel; even noise stays below.
    this.#jpegRoom = 4096 + 2 * width * height;
    this.#jpeg = kernels.alloc(this.#jpegRoom);
    const looks = new Float32Array(kernels.exports.memory.buffer, this.#looks, (MATERIALS * RENDER_LOOK) / 4);
    for (const [material, look] of Object.entries(LOOKS)) looks.set(look, (Number(material) * RENDER_LOOK) / 4);
  }

  /** When the last row's exposure ends, for a picture begun at t. Known before it is taken. */
  endOf(t: number): number {
    return t + this.#model.height * this.#model.lineSeconds + this.#exposureSeconds();
  }

  /** @param t true time at which the exposure of row 0 begins */
  capture(t: number): Picture {
    const { width, height, lineSeconds } = this.#model;
    const exposureSeconds = this.#exposureSeconds();
    const gain = this.#brightness / (exposureSeconds * PER_SECOND);
    const view = this.#scene.at(t + (height * lineSeconds + exposureSeconds) / 2);
    this.#pose(view, t + exposureSeconds / 2);
    this.#set(t, exposureSeconds, gain);
    const { kernels } = this.#scene;
    const sum = kernels.exports.renderImage(
      view.primitives,
      view.count,
      view.ground,
      this.#poses,
      width,
      height,
      this.#settings,
      this.#looks,
      this.#scratch,
      this.#pixels,
    );
    const meanLevel = sum / 256;
    // Levels go with the square root of the light.
    const share = TARGET_LEVEL / Math.max(8, meanLevel);
    const wanted = this.#brightness * share * share;
    const next = this.#brightness + PACE * (wanted - this.#brightness);
    this.#brightness = Math.min(MOST_BRIGHTNESS, Math.max(LEAST_BRIGHTNESS, next));
    return { jpeg: this.#encode(), exposureSeconds, gain, meanLevel };
  }

  /** The grey pixels of the last picture, before compression; a view that holds until the next one. */
  get pixels(): Uint8Array {
    return this.#scene.kernels.u8(this.#pixels, this.#model.width * this.#model.height);
  }

  #exposureSeconds(): number {
    return Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, this.#brightness / PER_SECOND));
  }

  #encode(): Uint8Array {
    const { width, height } = this.#model;
    const { kernels } = this.#scene;
    const written = kernels.exports.jpegEncode(this.#pixels, width, height, width, QUALITY, this.#jpeg, this.#jpegRoom, this.#jpegScratch);
    if (written < 0) throw new RangeError(`expected a JPEG of at most ${this.#jpegRoom} bytes, got status ${written}`);
    return kernels.u8(this.#jpeg, written).slice();
  }

  /** @param first middle of the first row's exposure */
  #pose(view: SceneView, first: number): void {
    const { height, lineSeconds, mount } = this.#model;
    const bands = Math.ceil(height / RENDER_ROWS);
    const rows = new Float32Array(this.#scene.kernels.exports.memory.buffer, this.#poses, (bands * RENDER_POSE) / 4);
    const place: Vector = [mount.x, mount.y, mount.z];
    const axes = toMatrix(mount);
    for (let band = 0; band < bands; band++) {
      const top = band * RENDER_ROWS;
      const middle = (top + Math.min(height, top + RENDER_ROWS)) / 2;
      const time = first + middle * lineSeconds;
      const { pose, velocity, angularVelocity } = this.#scene.egoAt(time);
      const body = toMatrix(pose);
      const arm = rotate(body, place);
      const camera = multiply(body, axes);
      const swing = rotate(body, cross(angularVelocity, place));
      const at = (band * RENDER_POSE) / 4;
      rows.set([pose.x + arm[0] - view.originX, pose.y + arm[1] - view.originY, pose.z + arm[2], ...camera, time - view.t], at);
      rows.set(unrotate(camera, [velocity[0] + swing[0], velocity[1] + swing[1], velocity[2] + swing[2]]), at + 13);
      rows.set(unrotate(axes, angularVelocity), at + 16);
    }
  }

  #set(t: number, exposureSeconds: number, gain: number): void {
    const { fx, fy, cx, cy } = this.#model;
    const { buffer } = this.#scene.kernels.exports.memory;
    const flat = cos(SUN_HEIGHT);
    const sun = [flat * cos(SUN_BEARING), flat * sin(SUN_BEARING), sin(SUN_HEIGHT)];
    // Two slow waves that never fall into step.
    const open = 0.5 + 0.25 * sin(t / 5.3 + this.#cloud[0]) + 0.25 * sin(t / 8.9 + this.#cloud[1]);
    const sunlight = 0.25 + 0.75 * open;
    new Float32Array(buffer, this.#settings, RENDER_SETTINGS / 4).set([
      ...[fx, fy, cx, cy, exposureSeconds, exposureSeconds * PER_SECOND * gain, ...sun],
      ...[sunlight, AMBIENT, SKY, HAZE, HAZE_DISTANCE, READ_NOISE * Math.sqrt(Math.max(1, gain))],
    ]);
    new Uint32Array(buffer, this.#settings, RENDER_SETTINGS / 4)[15] = this.#random.u32();
  }
}

/** Bytes of scratch `renderImage` needs: the table in assembly/simulate/render.ts. */
export function renderScratch(width: number, height: number, mostPrimitives: number): number {
  return 768 + 80 * mostPrimitives + 8 * RENDER_ROWS * width + 2 * (width + 32) * height + 2 * width * height;
}
