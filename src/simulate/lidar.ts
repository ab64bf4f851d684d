/** The LiDAR: fires while its head spins, the vehicle drives and everything else moves. */
import {
  CAST_SCRATCH,
  CAST_SCRATCH_PER_PRIMITIVE,
  FIRING_ROW,
  HIT_GROUP,
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
  RAY_GROUP,
  REFLECTIVITY_BYTES,
} from "../abi.ts";
import { cos, sin } from "../geometry/elementary.ts";
import { type Random, randomStream } from "./random.ts";
import { type Matrix, multiply, rotate, toMatrix, type Vector } from "./rotation.ts";
import { type LidarModel, POINT_STRIDE } from "./types.ts";
import { MOST_PRIMITIVES, type World } from "./world.ts";

/** A turn is cast in this many parts, each against the world at its middle: nothing moves unevenly in 12 ms. */
const PARTS = 4;
/** The vehicle's pose is looked up this often and taken as even in between. */
const POSE_SECONDS = 0.005;
/** Standard deviation of the head's angle from firing to firing, and of its slow swing, in radians. */
export const HEAD_NOISE = 0.0002;
export const HEAD_SWING = 0.0003;
/** Least reflectivity times cosine over squared range that is still seen: asphalt of 0.16 from 1.9 m above at some 50 m. */
const THRESHOLD = 2.4e-6;
/** The share of a firing's time over which its rings fire one after the other. */
const FIRING_SHARE = 0.8;

/** At 905 nm: of white (shade 1), and how much darker shade 0 is. */
const REFLECTIVITY: Readonly<Record<number, readonly [number, number]>> = {
  [MATERIAL_ASPHALT]: [0.16, 0],
  [MATERIAL_MARKING]: [0.7, 0],
  [MATERIAL_PAVEMENT]: [0.3, 0],
  [MATERIAL_GRASS]: [0.42, 0],
  [MATERIAL_WALL]: [0.55, 0.6],
  [MATERIAL_GLASS]: [0.03, 0],
  [MATERIAL_PAINT]: [0.6, 0.94],
  [MATERIAL_TYRE]: [0.05, 0],
  [MATERIAL_METAL]: [0.35, 0.5],
  [MATERIAL_BARK]: [0.25, 0.3],
  [MATERIAL_LEAF]: [0.5, 0.4],
  [MATERIAL_CLOTH]: [0.6, 0.8],
  [MATERIAL_SKIN]: [0.5, 0],
  // Made to send light back where it came from.
  [MATERIAL_SIGN]: [4, 0],
};

export interface Sweep {
  readonly count: number;
  /** u8[count * POINT_STRIDE] in kernel memory: holds until the next sweep. */
  readonly rows: Uint8Array;
  /** Points by object; 0 is everything that has no track. */
  readonly points: ReadonlyMap<number, number>;
  /** i32[count]: the object of each point. Holds until the next sweep. */
  readonly objects: Int32Array;
}

export class Lidar {
  readonly #world: World;
  readonly #model: LidarModel;
  readonly #random: Random;
  readonly #mount: { readonly position: Vector; readonly rotation: Matrix };
  readonly #rays: number;
  readonly #rings: number;
  readonly #reflectivity: number;
  readonly #firings: number;
  readonly #hits: number;
  readonly #scratch: number;
  readonly #rows: number;
  readonly #objects: number;

  constructor(world: World, model: LidarModel, seed: number) {
    const { kernels } = world;
    const { rings, columns, returns, mount } = model;
    const part = Math.ceil(columns / PARTS);
    this.#world = world;
    this.#model = model;
    this.#random = randomStream(seed, "lidar");
    this.#mount = { position: [mount.x, mount.y, mount.z], rotation: toMatrix(mount) };
    this.#rays = kernels.alloc((rings / 2) * RAY_GROUP);
    this.#rings = kernels.alloc(rings * 16);
    this.#reflectivity = kernels.alloc(REFLECTIVITY_BYTES);
    this.#firings = kernels.alloc(part * FIRING_ROW);
    this.#hits = kernels.alloc(part * (rings / 2) * HIT_GROUP);
    this.#scratch = kernels.alloc(CAST_SCRATCH + CAST_SCRATCH_PER_PRIMITIVE * (MOST_PRIMITIVES + 3));
    this.#rows = kernels.alloc(returns * columns * rings * POINT_STRIDE);
    this.#objects = kernels.alloc(returns * columns * rings * 4);
    this.#describe();
  }

  /** @param start true time of the first firing. The head turns clockwise, from straight behind. */
  sweep(start: number): Sweep {
    const { kernels } = this.#world;
    const { rings, columns, leastRange, mostRange, noise, returns } = this.#model;
    const swing = { phase: this.#random.between(0, 6), turns: this.#random.between(1, 3) };
    let count = 0;
    for (let part = 0; part < PARTS; part++) {
      const first = Math.floor((columns * part) / PARTS);
      const end = Math.floor((columns * (part + 1)) / PARTS);
      const middle = start + (first + end) / 2 / columns / this.#model.timing.rateHz;
      const scene = this.#world.at(middle);
      this.#aim(start, first, end, middle, scene.originX, scene.originY, swing);
      kernels.exports.castRays(
        scene.primitives,
        scene.count,
        scene.ground,
        this.#firings,
        end - first,
        this.#rays,
        rings / 2,
        this.#reflectivity,
        mostRange,
        this.#scratch,
        this.#hits,
      );
      count += kernels.exports.formEchoes(
        this.#firings,
        end - first,
        this.#rings,
        rings,
        this.#hits,
        leastRange,
        noise,
        THRESHOLD,
        returns,
        this.#random.u32() | 0,
        this.#rows + count * POINT_STRIDE,
        this.#objects + count * 4,
      );
    }
    const objects = new Int32Array(kernels.exports.memory.buffer, this.#objects, count);
    return { count, rows: kernels.u8(this.#rows, count * POINT_STRIDE), points: counted(objects), objects };
  }

  /** Beams and their halves, and what materials look like: the same for every sweep. */
  #describe(): void {
    const { kernels } = this.#world;
    const { rings, columns, elevation, azimuth, divergence, timing } = this.#model;
    const rays = new Float32Array(kernels.exports.memory.buffer, this.#rays, (rings / 2) * (RAY_GROUP / 4));
    const beams = new Float32Array(kernels.exports.memory.buffer, this.#rings, rings * 4);
    const delays = new Uint32Array(kernels.exports.memory.buffer, this.#rings, rings * 4);
    for (let ring = 0; ring < rings; ring++) {
      const delay = Math.round(((FIRING_SHARE * ring) / rings / columns / timing.rateHz) * 1e9);
      // The head turns on while the rings of a firing fire.
      const side = (azimuth[ring] ?? 0) - 2 * Math.PI * timing.rateHz * delay * 1e-9;
      const up = elevation[ring] ?? 0;
      beams.set(direction(side, up), ring * 4);
      delays[ring * 4 + 3] = delay;
      for (const half of [0, 1]) {
        const off = ((half - 0.5) * divergence) / 2;
        const ray = direction(side + off, up + off);
        const at = (2 * (ring >> 2) + half) * (RAY_GROUP / 4) + (ring & 3);
        for (const [axis, value] of ray.entries()) rays[at + 4 * axis] = value;
      }
    }
    const table = new Float32Array(kernels.exports.memory.buffer, this.#reflectivity, 2 * MATERIALS);
    for (const [material, [white, dark]] of Object.entries(REFLECTIVITY)) {
      table[Number(material)] = white;
      table[MATERIALS + Number(material)] = dark;
    }
  }

  /** Rows for firings `first` to `end` of a sweep. */
  #aim(
    start: number,
    first: number,
    end: number,
    middle: number,
    originX: number,
    originY: number,
    swing: { readonly phase: number; readonly turns: number },
  ): void {
    const { columns, timing } = this.#model;
    const period = 1 / timing.rateHz;
    const shownSeconds = 1 + timing.clock.driftPpm * 1e-6;
    const f32 = new Float32Array(this.#world.kernels.exports.memory.buffer, this.#firings, ((end - first) * FIRING_ROW) / 4);
    const u32 = new Uint32Array(f32.buffer, this.#firings, f32.length);
    const from = start + (first / columns) * period;
    const knots = Array.from({ length: Math.ceil(((end - first) / columns) * (period / POSE_SECONDS)) + 2 }, (_, i) =>
      this.#sensorAt(from + i * POSE_SECONDS),
    );
    for (let n = first; n < end; n++) {
      const t = start + (n / columns) * period;
      const at = ((n - first) * FIRING_ROW) / 4;
      const knot = Math.floor((t - from) / POSE_SECONDS);
      const u = (t - from) / POSE_SECONDS - knot;
      const [a, b] = [knots[knot] ?? [], knots[knot + 1] ?? []];
      const pose = (i: number): number => (a[i] ?? 0) + u * ((b[i] ?? 0) - (a[i] ?? 0));
      const turn = (2 * Math.PI * n) / columns;
      const azimuth = Math.PI - turn + HEAD_SWING * sin(swing.turns * turn + swing.phase) + this.#random.normal(HEAD_NOISE);
      const [c, s] = [cos(azimuth), sin(azimuth)];
      f32[at] = pose(0) - originX;
      f32[at + 1] = pose(1) - originY;
      f32[at + 2] = pose(2);
      for (let row = 0; row < 3; row++) {
        const [x, y, z] = [pose(3 + 3 * row), pose(4 + 3 * row), pose(5 + 3 * row)];
        f32[at + 3 + 3 * row] = x * c + y * s;
        f32[at + 4 + 3 * row] = y * c - x * s;
        f32[at + 5 + 3 * row] = z;
      }
      f32[at + 12] = t - middle;
      f32[at + 13] = c;
      f32[at + 14] = s;
      u32[at + 15] = Math.round((n / columns) * period * shownSeconds * 1e9);
    }
  }

  /** Position and rotation of the sensor in the map: twelve numbers. */
  #sensorAt(t: number): readonly number[] {
    const { position, rotation } = this.#world.poseAt(t);
    const [x, y, z] = rotate(rotation, this.#mount.position);
    return [position[0] + x, position[1] + y, position[2] + z, ...multiply(rotation, this.#mount.rotation)];
  }
}

function direction(azimuth: number, elevation: number): Vector {
  const flat = cos(elevation);
  return [flat * cos(azimuth), flat * sin(azimuth), sin(elevation)];
}

function counted(objects: Int32Array): ReadonlyMap<number, number> {
  const points = new Map<number, number>();
  // Points of one object follow each other: one look-up per run.
  let run = 0;
  for (let i = 0; i < objects.length; i++) {
    run++;
    const object = objects[i] ?? 0;
    if (object === objects[i + 1]) continue;
    points.set(object, (points.get(object) ?? 0) + run);
    run = 0;
  }
  return points;
}
