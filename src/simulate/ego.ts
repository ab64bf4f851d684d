/** The vehicle that carries the sensors: along its lane, over the ground, on springs. */

import { atan, cos, sin } from "../geometry/elementary.ts";
import { cubic } from "./curve.ts";
import { type Progress, STEP_SECONDS, STEPS_PER_SECOND, type Temper } from "./progress.ts";
import { type Random, randomStream } from "./random.ts";
import type { Road } from "./road.ts";
import { fromYawPitchRoll, type Matrix, rotate, toRigid, turnBetween, type Vector } from "./rotation.ts";
import type { Terrain } from "./terrain.ts";
import type { Motion } from "./types.ts";

/** From base_link, under the rear axle, to the bumpers. */
export const EGO_FRONT = 3.7;
export const EGO_REAR = -0.9;
export const EGO_TEMPER: Temper = { speed: 12.5, headway: 1.4, lateral: 2.2 };

/** Steps of the springs per step of the world. */
const SUBSTEPS = 4;
const KEPT = 1024;
const SUBSTEP_SECONDS = STEP_SECONDS / SUBSTEPS;

/** Undamped frequency (rad/s) and damping ratio of pitch, roll and heave. */
const SPRINGS = [
  { frequency: 8.8, damping: 0.35 },
  { frequency: 8.2, damping: 0.35 },
  { frequency: 8.5, damping: 0.3 },
] as const;
/** Radians of pitch and roll per m/s^2; a braking car dips its nose, a turning one leans outward. */
const PITCH_PER_ACCELERATION = -0.009;
const ROLL_PER_ACCELERATION = 0.011;
/** How hard the road shakes each of them at 10 m/s: rad/s^2, rad/s^2, m/s^2. */
const ROUGHNESS = [0.9, 1.1, 0.8] as const;

export class Ego {
  readonly progress: Progress;
  readonly #road: Road;
  readonly #terrain: Terrain;
  readonly #random: Random;
  readonly #wander: readonly [number, number];
  /** Value and rate of each spring at each substep: six numbers. */
  readonly #springs = new Float64Array(KEPT * 6);
  #substep: number;

  /** @param step of the world at which `progress` begins */
  constructor(seed: number, step: number, progress: Progress, road: Road, terrain: Terrain) {
    this.progress = progress;
    this.#road = road;
    this.#terrain = terrain;
    this.#random = randomStream(seed, "ego");
    this.#wander = [this.#random.between(0, 6), this.#random.between(0, 6)];
    this.#substep = step * SUBSTEPS;
  }

  /** One step of the world. */
  advance(wanted: number): void {
    const before = this.progress.at(this.#substep * SUBSTEP_SECONDS);
    this.progress.advance(wanted);
    const sideways = before.v * before.v * this.#road.at(before.s).curvature;
    const rest = [PITCH_PER_ACCELERATION * before.a, ROLL_PER_ACCELERATION * sideways, 0];
    // A standing car still shakes a little: its engine runs.
    const shaking = Math.sqrt(0.002 + before.v / 10);
    for (let n = 0; n < SUBSTEPS; n++) {
      const from = (this.#substep % KEPT) * 6;
      const to = ((this.#substep + 1) % KEPT) * 6;
      for (const [i, { frequency, damping }] of SPRINGS.entries()) {
        const value = this.#springs[from + 2 * i] ?? 0;
        const rate = this.#springs[from + 2 * i + 1] ?? 0;
        const force = this.#random.normal((ROUGHNESS[i] ?? 0) * shaking);
        const pull = frequency * frequency * ((rest[i] ?? 0) - value) - 2 * damping * frequency * rate + force;
        const next = rate + pull * SUBSTEP_SECONDS;
        this.#springs[to + 2 * i + 1] = next;
        this.#springs[to + 2 * i] = value + next * SUBSTEP_SECONDS;
      }
      this.#substep++;
    }
  }

  /** Position and attitude of base_link in the map. */
  poseAt(t: number): { readonly position: Vector; readonly rotation: Matrix } {
    const { s } = this.progress.at(t);
    const [a, b] = this.#wander;
    const offset = 0.1 * sin(s / 11 + a) + 0.05 * sin(s / 5 + b);
    const slope = (0.1 / 11) * cos(s / 11 + a) + 0.01 * cos(s / 5 + b);
    const { x, y, heading, curvature } = this.#road.at(s, offset);
    const yaw = heading + atan(slope * (1 + curvature * offset));
    const [pitch, roll, heave] = this.#springsAt(t);
    const [gx, gy] = this.#terrain.gradient(x, y);
    const [c, n] = [cos(yaw), sin(yaw)];
    return {
      position: [x, y, this.#terrain.height(x, y) + heave],
      rotation: fromYawPitchRoll(yaw, pitch - atan(gx * c + gy * n), roll + atan(gy * c - gx * n)),
    };
  }

  /**
   * The motion of a point fixed to the vehicle, with the vehicle's attitude.
   *
   * Derivatives are central differences of the pose over two times H: the truth is the pose, and nothing else.
   */
  motionAt(t: number, shown: number, point: Vector): Motion {
    const [before, now, after] = [this.poseAt(t - H), this.poseAt(t), this.poseAt(t + H)];
    const [p, q, r] = [carried(before, point), carried(now, point), carried(after, point)];
    const velocity: Vector = [(r[0] - p[0]) / (2 * H), (r[1] - p[1]) / (2 * H), (r[2] - p[2]) / (2 * H)];
    const bend = (i: 0 | 1 | 2): number => (r[i] - 2 * q[i] + p[i]) / (H * H);
    const half = turnBetween(before.rotation, after.rotation);
    // The turn is in the axes of `before`, half of it later than `now`: too small a difference to correct.
    return {
      t: shown,
      pose: toRigid(q, now.rotation),
      velocity,
      acceleration: [bend(0), bend(1), bend(2)],
      angularVelocity: [half[0] / (2 * H), half[1] / (2 * H), half[2] / (2 * H)],
    };
  }

  #springsAt(t: number): Vector {
    const at = t * STEPS_PER_SECOND * SUBSTEPS;
    const step = Math.min(Math.floor(at), this.#substep - 1);
    const u = at - step;
    const from = (step % KEPT) * 6;
    const to = ((step + 1) % KEPT) * 6;
    const value = (i: number): number =>
      cubic(
        u,
        this.#springs[from + i] ?? 0,
        (this.#springs[from + i + 1] ?? 0) * SUBSTEP_SECONDS,
        this.#springs[to + i] ?? 0,
        (this.#springs[to + i + 1] ?? 0) * SUBSTEP_SECONDS,
      );
    return [value(0), value(2), value(4)];
  }
}

const H = 1 / 256;

function carried({ position, rotation }: { readonly position: Vector; readonly rotation: Matrix }, point: Vector): Vector {
  const [x, y, z] = rotate(rotation, point);
  return [position[0] + x, position[1] + y, position[2] + z];
}
