/**
 * What assembly/simulate/render.ts renders, a pixel at a time, in doubles, with nothing culled and the ground searched in small steps.
 * Layouts: src/abi.ts.
 */
import {
  GROUND_CELLS,
  GROUND_NODE,
  KERB_HEIGHT,
  MATERIAL_ASPHALT,
  MATERIAL_GRASS,
  MATERIAL_MARKING,
  MATERIAL_PAVEMENT,
  MATERIAL_WALL,
  PAVEMENT_WIDTH,
  PRIMITIVE_BOX,
  PRIMITIVE_CENTRE,
  PRIMITIVE_CYLINDER,
  PRIMITIVE_HALF,
  PRIMITIVE_KIND,
  PRIMITIVE_MATERIAL,
  PRIMITIVE_ROTATION,
  PRIMITIVE_ROW,
  PRIMITIVE_SHADE,
  PRIMITIVE_SPIN,
  PRIMITIVE_VELOCITY,
  RENDER_LOOK,
  RENDER_POSE,
  RENDER_ROWS,
} from "../../src/abi.ts";

export interface Task {
  /** The kernels' memory, and where in it everything is. */
  readonly memory: ArrayBuffer;
  readonly primitives: number;
  readonly count: number;
  readonly ground: number;
  readonly poses: number;
  readonly width: number;
  readonly height: number;
  readonly settings: number;
  readonly looks: number;
}

type Vector = readonly [number, number, number];
const NEAR = 0.2;
const FAR = 130;

interface Seen {
  readonly depth: number;
  readonly light: number;
  /** Velocity of what is seen, in the camera's axes, less the camera's. */
  readonly moves: Vector;
}

export interface Rendered {
  /** What a pinhole sees, before lens, motion and noise. */
  readonly sharp: Uint8Array;
  /** Quarters of a pixel. */
  readonly motionX: Int8Array;
  readonly motionY: Int8Array;
  readonly pixels: Uint8Array;
}

export function renderImage(task: Task): Rendered {
  const { width, height } = task;
  const sharp = new Uint8Array(width * height);
  const motionX = new Int8Array(width * height);
  const motionY = new Int8Array(width * height);
  const [fx = 1, fy = 1, cx = 0, cy = 0, exposure = 0, gain = 1] = settingsOf(task);
  for (let y = 0; y < height; y++) {
    const pose = floats(task, task.poses + Math.floor(y / RENDER_ROWS) * RENDER_POSE, 19);
    const velocity = vectorAt(pose, 13);
    const turn = vectorAt(pose, 16);
    for (let x = 0; x < width; x++) {
      const ray: Vector = [(x + 0.5 - cx) / fx, (y + 0.5 - cy) / fy, 1];
      const { depth, light, moves } = look(task, pose, ray);
      sharp[y * width + x] = Math.max(0, Math.min(255, Math.floor(255 * Math.sqrt(light * gain) + 0.5)));
      const [wx, wy, wz]: Vector = depth === Number.POSITIVE_INFINITY ? [0, 0, 0] : scaled(sub(moves, velocity), 1 / depth);
      const [rx, ry, rz] = cross(turn, ray);
      const quarter = (p: number, f: number): number => Math.max(-128, Math.min(127, Math.round(4 * f * exposure * p)));
      motionX[y * width + x] = quarter(wx - ray[0] * wz - (rx - ray[0] * rz), fx);
      motionY[y * width + x] = quarter(wy - ray[1] * wz - (ry - ray[1] * rz), fy);
    }
  }
  return { sharp, motionX, motionY, pixels: develop(sharp, motionX, motionY, task) };
}

/** Lens, motion blur and noise: whole numbers only, so from the same sharp pixels and motion follow the same bytes. */
export function develop(sharp: Uint8Array, motionX: Int8Array, motionY: Int8Array, task: Task): Uint8Array {
  const { width, height } = task;
  const noise = Math.round((settingsOf(task)[14] ?? 0) * 128);
  const seed = new Int32Array(task.memory, task.settings, 16)[15] ?? 0;
  const at = (plane: Uint8Array, x: number, y: number): number =>
    plane[Math.max(0, Math.min(height - 1, y)) * width + Math.max(0, Math.min(width - 1, x))] ?? 0;
  const half = (a: number, b: number): number => (a + b + 1) >> 1;
  const across = (x: number, y: number): number => half(half(at(sharp, x - 1, y), at(sharp, x + 1, y)), at(sharp, x, y));
  const soft = sharp.map((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return half(half(across(x, Math.max(0, y - 1)), across(x, Math.min(height - 1, y + 1))), across(x, y));
  });
  return soft.map((_, i) => {
    const [x, y, qx, qy] = [i % width, Math.floor(i / width), motionX[i] ?? 0, motionY[i] ?? 0];
    const taps = Math.min((Math.max(Math.abs(qx), Math.abs(qy)) + 3) >> 2, 16);
    let mean = soft[i] ?? 0;
    if (taps >= 2) {
      const share = Math.round(65536 / taps);
      const [stepX, stepY] = [(qx * share) >> 2, (qy * share) >> 2];
      const begin = (place: number, step: number): number => place * 65536 + 32768 - ((step * (taps - 1)) >> 1);
      let sum = 0;
      for (let n = 0; n < taps; n++) sum += at(soft, (begin(x, stepX) + n * stepX) >> 16, (begin(y, stepY) + n * stepY) >> 16);
      mean = (sum * share + 32768) >> 16;
    }
    // Sixteen pixels share eight random words: word n & 3 of either seed, byte n >> 2... by address, so little-endian.
    const first = i - (i % 16);
    const [lane, byte] = [(i % 16) >> 2, i % 4];
    const random = (s: number): number => (scramble(first + lane, s) >>> (8 * byte)) & 255;
    const ones = bits(random(seed)) + bits(random(~seed));
    return Math.max(0, Math.min(255, mean + (((ones - 8) * noise + 128) >> 8)));
  });
}

function look(task: Task, pose: readonly number[], ray: Vector): Seen {
  const settings = settingsOf(task);
  const [haze, hazeDistance] = [settings[12] ?? 0, settings[13] ?? 1];
  const direction = toMap(pose, ray);
  const length = norm(ray);
  const found = [land(task, pose, ray, direction), ...solids(task, pose, ray)].filter((one) => one !== null);
  const nearest = found.reduce<Seen | null>((best, one) => (best === null || one.depth < best.depth ? one : best), null);
  if (nearest === null) return { depth: Number.POSITIVE_INFINITY, light: sky(direction, length, settings), moves: [0, 0, 0] };
  const distance = nearest.depth * length;
  return { ...nearest, light: nearest.light + ((haze - nearest.light) * distance) / (distance + hazeDistance) };
}

/** Every solid on a ray. */
function solids(task: Task, pose: readonly number[], ray: Vector): readonly Seen[] {
  const settings = settingsOf(task);
  const time = pose[12] ?? 0;
  const found: Seen[] = [];
  for (let n = 0; n < task.count; n++) {
    const row = task.primitives + n * PRIMITIVE_ROW;
    const f = floats(task, row, PRIMITIVE_ROW / 4);
    const whole = new Int32Array(task.memory, row, PRIMITIVE_ROW / 4);
    const v = (at: number): Vector => vectorAt(f, at / 4);
    const [velocity, spin, half] = [v(PRIMITIVE_VELOCITY), v(PRIMITIVE_SPIN), v(PRIMITIVE_HALF)];
    const still = [0, 1, 2].map((k): Vector => [0, 3, 6].map((r) => f[PRIMITIVE_ROTATION / 4 + r + k] ?? 0) as unknown as Vector);
    const axes = still.map((axis) => add(axis, scaled(cross(spin, axis), time)));
    const centre = add(v(PRIMITIVE_CENTRE), scaled(velocity, time));
    const from = sub(vectorAt(pose, 0), centre);
    const direction = toMap(pose, ray);
    const turned = (vector: Vector): Vector => axes.map((axis) => dot(axis, vector)) as unknown as Vector;
    const [o, d] = [turned(from), turned(direction)];
    const kind = whole[PRIMITIVE_KIND / 4] ?? 0;
    const depth = enter(kind, o, d, half);
    if (!(depth > NEAR) || depth === Number.POSITIVE_INFINITY) continue;
    const p = add(o, scaled(d, depth));
    const { normal, s, h, side } = surfaceOf(kind, p, half);
    const sun = still.map((axis) => dot(axis, vectorAt(settings, 6)));
    const facing = normal.reduce((sum, value, k) => sum + value * (sun[k] ?? 0), 0) / norm(normal);
    const bright = (settings[10] ?? 0) + (settings[9] ?? 0) * Math.max(0, facing);
    const material = whole[PRIMITIVE_MATERIAL / 4] ?? 0;
    const [white = 0, dark = 0, grain = 0, cells = 0] = lookOf(task, material);
    const shade = f[PRIMITIVE_SHADE / 4] ?? 0;
    const salt = Math.floor(shade * 65536);
    const size = depth / (settings[0] ?? 1);
    const texture = textured(s, h, size, cells, grain, salt) * (material === MATERIAL_WALL && side ? windows(s, h, salt) : 1);
    found.push({ depth, light: white * (1 - dark * (1 - shade)) * texture * bright, moves: toCamera(pose, velocity) });
  }
  return found;
}

function enter(kind: number, o: Vector, d: Vector, h: Vector): number {
  const slab = (k: 0 | 1 | 2): readonly [number, number] => {
    const [a, b] = [(-h[k] - o[k]) / d[k], (h[k] - o[k]) / d[k]];
    return [Math.min(a, b), Math.max(a, b)];
  };
  /** Where a scaled line enters and leaves the unit circle or sphere over the given axes. */
  const round = (axes: readonly (0 | 1 | 2)[]): readonly [number, number] => {
    const sum = (f: (k: 0 | 1 | 2) => number): number => axes.reduce<number>((total, k) => total + f(k), 0);
    const a = sum((k) => (d[k] / h[k]) ** 2);
    const b = sum((k) => (d[k] * o[k]) / h[k] ** 2);
    const c = sum((k) => (o[k] / h[k]) ** 2) - 1;
    const root = Math.sqrt(b * b - a * c);
    return [(-b - root) / a, (-b + root) / a];
  };
  const spans =
    kind === PRIMITIVE_BOX ? [slab(0), slab(1), slab(2)] : kind === PRIMITIVE_CYLINDER ? [round([0, 1]), slab(2)] : [round([0, 1, 2])];
  const first = Math.max(...spans.map(([a]) => a));
  return first <= Math.min(...spans.map(([, b]) => b)) ? first : Number.POSITIVE_INFINITY;
}

function surfaceOf(kind: number, p: Vector, h: Vector): { normal: Vector; s: number; h: number; side: boolean } {
  const q: Vector = [p[0] / h[0], p[1] / h[1], p[2] / h[2]];
  const [x, y, z] = q.map(Math.abs) as unknown as Vector;
  if (kind === PRIMITIVE_BOX) {
    if (z > x && z > y) return { normal: [0, 0, Math.sign(q[2])], s: p[0], h: p[1], side: false };
    if (x >= y) return { normal: [Math.sign(q[0]), 0, 0], s: p[1], h: p[2], side: true };
    return { normal: [0, Math.sign(q[1]), 0], s: p[0], h: p[2], side: true };
  }
  if (kind === PRIMITIVE_CYLINDER) {
    const normal: Vector = z > 0.999 ? [0, 0, Math.sign(q[2])] : [q[0] / h[0], q[1] / h[1], 0];
    return { normal, s: p[0] + p[1], h: p[2], side: true };
  }
  return { normal: [q[0] / h[0], q[1] / h[1], q[2] / h[2]], s: p[0] - p[1], h: p[2], side: true };
}

function windows(s: number, h: number, salt: number): number {
  const [i, j] = [Math.floor(s / 3), Math.floor(h / 2.8)];
  const inside = Math.max(Math.abs(s / 3 - i - 0.5), Math.abs(h / 2.8 - j - 0.5)) < 0.25;
  return inside ? 0.25 + 0.35 * smoothNoise(i, j, 1023, salt) : 1;
}

/** The ground on a ray: the first place in small steps that is below the surface, then halves of the last step. */
function land(task: Task, pose: readonly number[], ray: Vector, direction: Vector): Seen | null {
  const [ox, oy, oz] = vectorAt(pose, 0);
  const over = (t: number): number => {
    const { height, lateral, half } = node(task, ox + direction[0] * t, oy + direction[1] * t);
    return oz + direction[2] * t - height - (Math.abs(lateral) > half ? KERB_HEIGHT : 0);
  };
  const flat = Math.hypot(direction[0], direction[1]);
  if (direction[2] / flat > 0.2) return null;
  let [low, high] = [0, 0];
  while (over(high) > 0) {
    low = high;
    high += 0.05 + 0.01 * high;
    if (high * flat > FAR) return null;
  }
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (over(middle) > 0) low = middle;
    else high = middle;
  }
  const t = high;
  const [x, y] = [ox + direction[0] * t, oy + direction[1] * t];
  const settings = settingsOf(task);
  const { lateral, along, half } = node(task, x, y);
  const [white = 0, , grain = 0, cells = 0] = lookOf(task, groundMaterial(Math.abs(lateral), along, half));
  const incidence = Math.max(0.05, Math.abs(direction[2]) / norm(ray));
  const size = (t * 0.4) / (settings[0] ?? 1) / incidence;
  const bright = (settings[10] ?? 0) + (settings[9] ?? 0) * Math.max(0, settings[8] ?? 0);
  return { depth: t, light: white * (wet(x, y) ? 0.6 : 1) * textured(x, y, size, cells, grain, 0) * bright, moves: [0, 0, 0] };
}

function node(task: Task, x: number, y: number): { height: number; lateral: number; along: number; half: number } {
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const nodes = new Float32Array(task.memory, task.ground, GROUND_CELLS * GROUND_CELLS * (GROUND_NODE / 4));
  const at = (a: number, b: number): Float32Array => {
    const first = ((b & (GROUND_CELLS - 1)) * GROUND_CELLS + (a & (GROUND_CELLS - 1))) * (GROUND_NODE / 4);
    return nodes.subarray(first, first + 4);
  };
  const [u, v] = [x - i, y - j];
  const [a, b, c, d] = [at(i, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1)];
  const mix = (k: number): number => (1 - v) * ((1 - u) * (a[k] ?? 0) + u * (b[k] ?? 0)) + v * ((1 - u) * (c[k] ?? 0) + u * (d[k] ?? 0));
  return { height: mix(0), lateral: mix(1), along: mix(2), half: mix(3) };
}

function groundMaterial(lateral: number, along: number, half: number): number {
  if (lateral > half) return lateral > half + PAVEMENT_WIDTH ? MATERIAL_GRASS : MATERIAL_PAVEMENT;
  if (Math.abs(half - 0.35 - lateral) < 0.07) return MATERIAL_MARKING;
  if (half < 5) return MATERIAL_ASPHALT;
  if (Math.abs(lateral - 3.5) < 0.07) return MATERIAL_MARKING;
  return lateral < 0.07 && along - 9 * Math.floor(along / 9) < 3 ? MATERIAL_MARKING : MATERIAL_ASPHALT;
}

function wet(x: number, y: number): boolean {
  const cell = (i: number, j: number): number => {
    let h = Math.imul((i & 63) | ((j & 63) << 6), 0x9e3779b9);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 8) / 2 ** 24;
  };
  const [i, j] = [Math.floor(x / 4), Math.floor(y / 4)];
  return bilinear(cell, i, j, x / 4 - i, y / 4 - j) > 0.66;
}

function sky([dx, dy, dz]: Vector, length: number, settings: readonly number[]): number {
  const [zenith = 0, haze = 0] = [settings[11], settings[12]];
  if (dz <= 0) return 0.6 * haze;
  const clear = Math.min(1, (2.5 * dz) / length);
  const reach = 3 / (dz + 0.15 * length);
  const [x, y] = [dx * reach, dy * reach];
  const cloud = 0.7 * smoothNoise(x, y, 1023, 101) + 0.3 * smoothNoise(4 * x, 4 * y, 1023, 102);
  return haze + (zenith - haze) * clear + Math.max(0, cloud - 0.45) * clear * haze;
}

function textured(x: number, y: number, size: number, cells: number, grain: number, salt: number): number {
  let sum = 1;
  for (let octave = 0; octave < 3; octave++) {
    const frequency = cells * 4 ** octave;
    const seen = Math.max(0, 1 - size * frequency);
    const noise = smoothNoise(x * frequency, y * frequency, frequency * GROUND_CELLS - 1, salt + octave) - 0.5;
    sum += noise * seen * grain * 2 * 0.6 * 0.8 ** octave;
  }
  return Math.max(0.05, sum);
}

function smoothNoise(x: number, y: number, mask: number, salt: number): number {
  const at = (i: number, j: number): number => {
    let h = (Math.imul(i & mask, 0x85ebca6b) + salt + Math.imul(j & mask, 0x9e3779b1)) | 0;
    h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
    return ((h ^ (h >>> 13)) >>> 8) / 2 ** 24;
  };
  const [i, j] = [Math.floor(x), Math.floor(y)];
  return bilinear(at, i, j, x - i, y - j);
}

function bilinear(at: (i: number, j: number) => number, i: number, j: number, u: number, v: number): number {
  return (1 - v) * ((1 - u) * at(i, j) + u * at(i + 1, j)) + v * ((1 - u) * at(i, j + 1) + u * at(i + 1, j + 1));
}

function scramble(counter: number, seed: number): number {
  let h = Math.imul(counter, 0x9e3779b1) ^ seed;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function bits(byte: number): number {
  return byte.toString(2).replaceAll("0", "").length;
}

function floats(task: Task, pointer: number, count: number): readonly number[] {
  return [...new Float32Array(task.memory, pointer, count)];
}

function settingsOf(task: Task): readonly number[] {
  return floats(task, task.settings, 16);
}

function lookOf(task: Task, material: number): readonly number[] {
  return floats(task, task.looks + material * RENDER_LOOK, 4);
}

function vectorAt(list: readonly number[], at: number): Vector {
  return [list[at] ?? 0, list[at + 1] ?? 0, list[at + 2] ?? 0];
}

function toMap(pose: readonly number[], v: Vector): Vector {
  return [dot(vectorAt(pose, 3), v), dot(vectorAt(pose, 6), v), dot(vectorAt(pose, 9), v)];
}

function toCamera(pose: readonly number[], v: Vector): Vector {
  const column = (k: number): Vector => [pose[3 + k] ?? 0, pose[6 + k] ?? 0, pose[9 + k] ?? 0];
  return [dot(column(0), v), dot(column(1), v), dot(column(2), v)];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function norm(a: Vector): number {
  return Math.sqrt(dot(a, a));
}

function add(a: Vector, b: Vector): Vector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

function sub(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function scaled(a: Vector, by: number): Vector {
  return [a[0] * by, a[1] * by, a[2] * by];
}

function cross([ax, ay, az]: Vector, [bx, by, bz]: Vector): Vector {
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}
