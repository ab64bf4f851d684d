/** Solids as rows for the kernels: see PRIMITIVE_ROW in src/abi.ts. */
import {
  PRIMITIVE_BOX,
  PRIMITIVE_CENTRE,
  PRIMITIVE_CYLINDER,
  PRIMITIVE_ELLIPSOID,
  PRIMITIVE_HALF,
  PRIMITIVE_KIND,
  PRIMITIVE_MATERIAL,
  PRIMITIVE_OBJECT,
  PRIMITIVE_RADIUS,
  PRIMITIVE_ROTATION,
  PRIMITIVE_ROW,
  PRIMITIVE_SHADE,
  PRIMITIVE_SPIN,
  PRIMITIVE_VELOCITY,
} from "../abi.ts";
import type { SimulatorKernels } from "./kernels.ts";
import { cross, IDENTITY, type Matrix, multiply, rotate, type Vector } from "./rotation.ts";

export const KIND = { box: PRIMITIVE_BOX, cylinder: PRIMITIVE_CYLINDER, ellipsoid: PRIMITIVE_ELLIPSOID } as const;

/** A piece of a body, in the body's frame. */
export interface Solid {
  readonly kind: keyof typeof KIND;
  readonly material: number;
  readonly centre: Vector;
  /** Half the extents of a box; radii x, y and half the height of a cylinder along its z; radii of an ellipsoid. */
  readonly half: Vector;
  readonly rotation?: Matrix;
}

/** A body's frame in the map and how it moves. */
export interface Place {
  readonly centre: Vector;
  readonly rotation: Matrix;
  readonly velocity: Vector;
  /** rad/s about the map's axes. */
  readonly spin: Vector;
}

const STILL: Vector = [0, 0, 0];

/** A body that does not move. */
export function fixed(centre: Vector, rotation: Matrix = IDENTITY): Place {
  return { centre, rotation, velocity: STILL, spin: STILL };
}

/** Writes rows one after the other. Memory must not grow while it is in use. */
export class SolidWriter {
  readonly #f32: Float32Array;
  readonly #i32: Int32Array;
  readonly #originX: number;
  readonly #originY: number;
  readonly #capacity: number;
  count = 0;

  /** @param capacity rows; more are left out */
  constructor(kernels: SimulatorKernels, pointer: number, capacity: number, originX: number, originY: number) {
    const words = (capacity * PRIMITIVE_ROW) / 4;
    this.#f32 = new Float32Array(kernels.exports.memory.buffer, pointer, words);
    this.#i32 = new Int32Array(kernels.exports.memory.buffer, pointer, words);
    this.#originX = originX;
    this.#originY = originY;
    this.#capacity = capacity;
  }

  /** @param shade of the whole body, in [0, 1) */
  add({ kind, material, centre, half, rotation }: Solid, object: number, shade: number, body: Place): void {
    if (this.count >= this.#capacity) return;
    const at = (this.count++ * PRIMITIVE_ROW) / 4;
    const f32 = this.#f32;
    const arm = rotate(body.rotation, centre);
    const turn = cross(body.spin, arm);
    const m = rotation ? multiply(body.rotation, rotation) : body.rotation;
    this.#i32[at + PRIMITIVE_KIND / 4] = KIND[kind];
    this.#i32[at + PRIMITIVE_MATERIAL / 4] = material;
    this.#i32[at + PRIMITIVE_OBJECT / 4] = object;
    f32[at + PRIMITIVE_SHADE / 4] = shade;
    f32[at + PRIMITIVE_CENTRE / 4] = body.centre[0] + arm[0] - this.#originX;
    f32[at + PRIMITIVE_CENTRE / 4 + 1] = body.centre[1] + arm[1] - this.#originY;
    f32[at + PRIMITIVE_CENTRE / 4 + 2] = body.centre[2] + arm[2];
    f32.set(m, at + PRIMITIVE_ROTATION / 4);
    f32.set(half, at + PRIMITIVE_HALF / 4);
    for (let k = 0; k < 3; k++) f32[at + PRIMITIVE_VELOCITY / 4 + k] = (body.velocity[k] ?? 0) + (turn[k] ?? 0);
    f32.set(body.spin, at + PRIMITIVE_SPIN / 4);
    f32[at + PRIMITIVE_RADIUS / 4] = radius(kind, half);
    f32.fill(0, at + PRIMITIVE_RADIUS / 4 + 1, at + PRIMITIVE_ROW / 4);
  }
}

/** Of a sphere that holds it, a little too large. */
function radius(kind: Solid["kind"], [a, b, c]: Vector): number {
  if (kind === "box") return Math.sqrt(a * a + b * b + c * c) * 1.0001;
  if (kind === "cylinder") return Math.sqrt(Math.max(a, b) * Math.max(a, b) + c * c) * 1.0001;
  return Math.max(a, b, c) * 1.0001;
}
