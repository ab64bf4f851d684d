/** Where the vehicle thinks it is: odometry that wanders slowly, satellite fixes with outages, and the speed of its wheels. */
import { cos } from "../geometry/elementary.ts";
import type { Random } from "./random.ts";
import type { GnssModel, OdometryModel, SpeedModel } from "./rig.ts";
import { fromYawPitchRoll, multiply, toMatrix, toRigid, unrotate, type Vector } from "./rotation.ts";
import type { Rigid } from "./types.ts";
import { Wander } from "./wander.ts";
import type { World } from "./world.ts";

export class Odometry {
  readonly #world: World;
  readonly #errors: readonly Wander[];

  constructor(world: World, { positionNoise, angleNoise, memorySeconds, timing }: OdometryModel, random: Random) {
    this.#world = world;
    this.#errors = [positionNoise, positionNoise, positionNoise, angleNoise, angleNoise / 3, angleNoise / 3].map(
      (sigma) => new Wander(sigma, memorySeconds, 1 / timing.rateHz, random),
    );
  }

  sample(t: number): { readonly pose: Rigid; readonly velocity: Vector; readonly angularVelocity: Vector } {
    const { pose, velocity, angularVelocity } = this.#world.egoAt(t);
    const axes = toMatrix(pose);
    const [x = 0, y = 0, z = 0, yaw = 0, pitch = 0, roll = 0] = this.#errors.map((error) => error.next());
    return {
      pose: toRigid([pose.x + x, pose.y + y, pose.z + z], multiply(axes, fromYawPitchRoll(yaw, pitch, roll))),
      velocity: unrotate(axes, velocity),
      angularVelocity,
    };
  }
}

const METRES_PER_DEGREE = 111_320;

export interface Fix {
  readonly status: -1 | 0;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
}

export class Gnss {
  readonly #world: World;
  readonly #model: GnssModel;
  readonly #random: Random;
  readonly #errors: readonly Wander[];
  /** The next outage, or the one that is on. */
  #outage: { readonly from: number; readonly to: number };

  constructor(world: World, model: GnssModel, random: Random) {
    const { positionNoise, memorySeconds, timing } = model;
    this.#world = world;
    this.#model = model;
    this.#random = random;
    this.#errors = [1, 1, 1.5].map((share) => new Wander(share * positionNoise, memorySeconds, 1 / timing.rateHz, random));
    this.#outage = this.#nextOutage(0);
  }

  sample(t: number): Fix {
    const { latitude, longitude, altitude, mount } = this.#model;
    const [x, y, z] = this.#errors.map((error) => error.next() + this.#random.normal(0.05));
    if (t > this.#outage.to) this.#outage = this.#nextOutage(this.#outage.to);
    if (t >= this.#outage.from) return { status: -1, latitude: Number.NaN, longitude: Number.NaN, altitude: Number.NaN };
    const { pose } = this.#world.egoAt(t, [mount.x, mount.y, mount.z]);
    return {
      status: 0,
      latitude: latitude + (pose.y + (y ?? 0)) / METRES_PER_DEGREE,
      longitude: longitude + (pose.x + (x ?? 0)) / (METRES_PER_DEGREE * cos((latitude * Math.PI) / 180)),
      altitude: altitude + pose.z + (z ?? 0),
    };
  }

  #nextOutage(after: number): { readonly from: number; readonly to: number } {
    const from = after + this.#random.exponential(this.#model.outageEverySeconds);
    return { from, to: from + this.#random.exponential(this.#model.outageSeconds) };
  }
}

export class Wheels {
  /** What the wheels' circumference is taken to be, over what it is. */
  readonly scale: number;
  readonly #world: World;
  readonly #model: SpeedModel;
  readonly #random: Random;

  constructor(world: World, model: SpeedModel, random: Random) {
    this.scale = 1 + random.normal(model.scale);
    this.#world = world;
    this.#model = model;
    this.#random = random;
  }

  sample(t: number): number {
    const v = this.#world.speedAt(t);
    // A wheel that stands has no noise.
    const seen = v < 0.05 ? 0 : v * this.scale + this.#random.normal(this.#model.noise);
    return Math.round(seen / this.#model.step) * this.#model.step;
  }
}
