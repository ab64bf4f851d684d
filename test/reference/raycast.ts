/** Rays against a scene, one ray and one solid at a time, in doubles, with nothing culled. Layouts: src/abi.ts. */
import {
  FIRING_ROW,
  GROUND_CELLS,
  GROUND_NODE,
  KERB_HEIGHT,
  MATERIALS,
  PRIMITIVE_BOX,
  PRIMITIVE_CENTRE,
  PRIMITIVE_CYLINDER,
  PRIMITIVE_HALF,
  PRIMITIVE_KIND,
  PRIMITIVE_MATERIAL,
  PRIMITIVE_OBJECT,
  PRIMITIVE_ROTATION,
  PRIMITIVE_ROW,
  PRIMITIVE_SHADE,
  PRIMITIVE_SPIN,
  PRIMITIVE_VELOCITY,
} from "../../src/abi.ts";

export interface Hit {
  readonly range: number;
  readonly cosine: number;
  readonly reflectivity: number;
  readonly object: number;
}

type Vector = readonly [number, number, number];

const NONE: Hit = { range: Number.POSITIVE_INFINITY, cosine: 0, reflectivity: 0, object: 0 };

export interface Scene {
  /** The kernels' memory. */
  readonly memory: ArrayBuffer;
  readonly primitives: number;
  readonly count: number;
  readonly ground: number;
  readonly reflectivity: number;
}

/**
 * The nearest solid on one ray.
 * @param firing pointer to a row of FIRING_ROW bytes
 * @param ray unit vector in the frame of the firing
 */
export function castRays(scene: Scene, firing: number, ray: Vector, mostRange: number): Hit {
  const { origin, direction, seconds } = aimed(scene, firing, ray);
  let best = NONE;
  for (let n = 0; n < scene.count; n++) {
    const view = new DataView(scene.memory, scene.primitives + n * PRIMITIVE_ROW, PRIMITIVE_ROW);
    const f = (at: number): number => view.getFloat32(at, true);
    const vector = (at: number): Vector => [f(at), f(at + 4), f(at + 8)];
    const [vx, vy, vz] = vector(PRIMITIVE_VELOCITY);
    const [cx, cy, cz] = vector(PRIMITIVE_CENTRE);
    const [sx, sy, sz] = vector(PRIMITIVE_SPIN);
    // The solid's axes, each turned by spin x axis.
    const axes = [0, 4, 8].map((at): Vector => {
      const [x, y, z] = [f(PRIMITIVE_ROTATION + at), f(PRIMITIVE_ROTATION + 12 + at), f(PRIMITIVE_ROTATION + 24 + at)];
      return [x + seconds * (sy * z - sz * y), y + seconds * (sz * x - sx * z), z + seconds * (sx * y - sy * x)];
    });
    const from: Vector = [origin[0] - cx - vx * seconds, origin[1] - cy - vy * seconds, origin[2] - cz - vz * seconds];
    const local = (v: Vector): Vector => axes.map((axis) => dot(axis, v)) as unknown as Vector;
    const meet = meets(view.getInt32(PRIMITIVE_KIND, true), local(from), local(direction), vector(PRIMITIVE_HALF));
    if (!meet || meet.range <= 0 || meet.range >= Math.min(best.range, mostRange)) continue;
    const table = new Float32Array(scene.memory, scene.reflectivity, 2 * MATERIALS);
    const material = view.getInt32(PRIMITIVE_MATERIAL, true);
    const reflectivity = (table[material] ?? 0) * (1 - (table[MATERIALS + material] ?? 0) * (1 - f(PRIMITIVE_SHADE)));
    best = { ...meet, reflectivity, object: view.getInt32(PRIMITIVE_OBJECT, true) };
  }
  return best;
}

/** Where a ray begins and goes in the scene's frame. */
export function aimed(scene: Scene, firing: number, ray: Vector): { origin: Vector; direction: Vector; seconds: number } {
  const view = new DataView(scene.memory, firing, FIRING_ROW);
  const f = (at: number): number => view.getFloat32(at, true);
  const row = (at: number): number => dot([f(at), f(at + 4), f(at + 8)], ray);
  return { origin: [f(0), f(4), f(8)], direction: [row(12), row(24), row(36)], seconds: f(48) };
}

/** Metres above the surface, kerbs included. */
export function above(scene: Scene, x: number, y: number, z: number): number {
  const nodes = new Float32Array(scene.memory, scene.ground, (GROUND_CELLS * GROUND_CELLS * GROUND_NODE) / 4);
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const node = (a: number, b: number, k: number): number =>
    nodes[4 * ((b & (GROUND_CELLS - 1)) * GROUND_CELLS + (a & (GROUND_CELLS - 1))) + k] ?? 0;
  const field = (k: number): number => {
    const bottom = node(i, j, k) + (x - i) * (node(i + 1, j, k) - node(i, j, k));
    const top = node(i, j + 1, k) + (x - i) * (node(i + 1, j + 1, k) - node(i, j + 1, k));
    return bottom + (y - j) * (top - bottom);
  };
  return z - field(0) - (Math.abs(field(1)) > field(3) ? KERB_HEIGHT : 0);
}

/** Where a ray first goes below the surface, in steps of 2 cm and then by halving. */
export function groundRange(scene: Scene, firing: number, ray: Vector, mostRange: number): number {
  const { origin, direction } = aimed(scene, firing, ray);
  const height = (t: number): number =>
    above(scene, origin[0] + t * direction[0], origin[1] + t * direction[1], origin[2] + t * direction[2]);
  for (let t = 0; t < mostRange; t += 0.02) {
    if (height(t + 0.02) > 0) continue;
    let [low, high] = [t, t + 0.02];
    for (let i = 0; i < 40; i++) {
      const middle = (low + high) / 2;
      if (height(middle) > 0) low = middle;
      else high = middle;
    }
    return high;
  }
  return Number.POSITIVE_INFINITY;
}

function meets(kind: number, o: Vector, d: Vector, h: Vector): { readonly range: number; readonly cosine: number } | null {
  if (kind === PRIMITIVE_BOX) return meetsBox(o, d, h);
  if (kind === PRIMITIVE_CYLINDER) return meetsCylinder(o, d, h);
  const [p, q]: readonly [Vector, Vector] = [
    [o[0] / h[0], o[1] / h[1], o[2] / h[2]],
    [d[0] / h[0], d[1] / h[1], d[2] / h[2]],
  ];
  const range = lowerRoot(dot(q, q), dot(p, q), dot(p, p) - 1);
  if (range === null) return null;
  const normal: Vector = [(o[0] + range * d[0]) / h[0] ** 2, (o[1] + range * d[1]) / h[1] ** 2, (o[2] + range * d[2]) / h[2] ** 2];
  return { range, cosine: Math.abs(dot(normal, d)) / Math.sqrt(dot(normal, normal)) };
}

function meetsBox(o: Vector, d: Vector, h: Vector): { readonly range: number; readonly cosine: number } | null {
  let [enter, leave, cosine] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  for (const i of [0, 1, 2] as const) {
    const [a, b] = [(-h[i] - o[i]) / d[i], (h[i] - o[i]) / d[i]];
    if (Math.min(a, b) > enter) [enter, cosine] = [Math.min(a, b), Math.abs(d[i])];
    leave = Math.min(leave, Math.max(a, b));
  }
  return enter <= leave ? { range: enter, cosine } : null;
}

function meetsCylinder(o: Vector, d: Vector, h: Vector): { readonly range: number; readonly cosine: number } | null {
  const found: { range: number; cosine: number }[] = [];
  const [a, b] = [h[0] ** 2, h[1] ** 2];
  const side = lowerRoot(d[0] ** 2 / a + d[1] ** 2 / b, (o[0] * d[0]) / a + (o[1] * d[1]) / b, o[0] ** 2 / a + o[1] ** 2 / b - 1);
  if (side !== null && Math.abs(o[2] + side * d[2]) <= h[2]) {
    const normal: Vector = [(o[0] + side * d[0]) / a, (o[1] + side * d[1]) / b, 0];
    found.push({ range: side, cosine: Math.abs(dot(normal, d)) / Math.sqrt(dot(normal, normal)) });
  }
  for (const end of [-h[2], h[2]]) {
    const range = (end - o[2]) / d[2];
    const [x, y] = [o[0] + range * d[0], o[1] + range * d[1]];
    if (x ** 2 / a + y ** 2 / b <= 1) found.push({ range, cosine: Math.abs(d[2]) });
  }
  return found.sort((one, other) => one.range - other.range)[0] ?? null;
}

/** The lower solution of a t^2 + 2 b t + c = 0. */
function lowerRoot(a: number, b: number, c: number): number | null {
  const discriminant = b * b - a * c;
  return discriminant < 0 ? null : (-b - Math.sqrt(discriminant)) / a;
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
