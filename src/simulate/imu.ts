/** The inertial sensor: what it truly feels, scaled, biased, drifting and noisy. */
import type { Random } from "./random.ts";
import type { ImuModel } from "./rig.ts";
import { toMatrix, unrotate, type Vector } from "./rotation.ts";
import type { World } from "./world.ts";

export const GRAVITY = 9.80665;

export interface ImuSample {
  readonly angularVelocity: Vector;
  readonly linearAcceleration: Vector;
}

/** What was drawn once for the drive, for the truth. */
export interface ImuErrors {
  readonly gyroBias: Vector;
  readonly accelerometerBias: Vector;
  readonly gyroScale: Vector;
  readonly accelerometerScale: Vector;
}

export class Imu {
  readonly errors: ImuErrors;
  readonly gyroNoise: number;
  readonly accelerometerNoise: number;
  readonly #world: World;
  readonly #model: ImuModel;
  readonly #random: Random;
  #gyroDrift: Vector = [0, 0, 0];
  #accelerometerDrift: Vector = [0, 0, 0];

  constructor(world: World, model: ImuModel, random: Random) {
    const three = (sigma: number): Vector => [random.normal(sigma), random.normal(sigma), random.normal(sigma)];
    this.#world = world;
    this.#model = model;
    this.#random = random;
    // White noise of a density, sampled: half the rate is its bandwidth.
    const band = Math.sqrt(model.timing.rateHz / 2);
    this.gyroNoise = model.gyroNoiseDensity * band;
    this.accelerometerNoise = model.accelerometerNoiseDensity * band;
    this.errors = {
      gyroBias: three(model.gyroBias),
      accelerometerBias: three(model.accelerometerBias),
      gyroScale: three(model.scale),
      accelerometerScale: three(model.scale),
    };
  }

  sample(t: number): ImuSample {
    const { gyroBias, accelerometerBias, gyroScale, accelerometerScale } = this.errors;
    const { mount, timing, gyroWalk, accelerometerWalk } = this.#model;
    const { pose, acceleration, angularVelocity } = this.#world.egoAt(t, [mount.x, mount.y, mount.z]);
    const axes = toMatrix(mount);
    const felt = unrotate(axes, unrotate(toMatrix(pose), [acceleration[0], acceleration[1], acceleration[2] + GRAVITY]));
    const turned = unrotate(axes, angularVelocity);
    const step = Math.sqrt(1 / timing.rateHz);
    this.#gyroDrift = this.#walk(this.#gyroDrift, gyroWalk * step);
    this.#accelerometerDrift = this.#walk(this.#accelerometerDrift, accelerometerWalk * step);
    return {
      angularVelocity: this.#wrong(turned, gyroScale, gyroBias, this.#gyroDrift, this.gyroNoise),
      linearAcceleration: this.#wrong(felt, accelerometerScale, accelerometerBias, this.#accelerometerDrift, this.accelerometerNoise),
    };
  }

  #walk([x, y, z]: Vector, sigma: number): Vector {
    return [x + this.#random.normal(sigma), y + this.#random.normal(sigma), z + this.#random.normal(sigma)];
  }

  #wrong(value: Vector, scale: Vector, bias: Vector, drift: Vector, noise: number): Vector {
    const one = (i: 0 | 1 | 2): number => value[i] * (1 + scale[i]) + bias[i] + drift[i] + this.#random.normal(noise);
    return [one(0), one(1), one(2)];
  }
}
