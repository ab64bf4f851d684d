/** How high the ground lies: a sum of long waves, so it has no edge and needs no memory. Slopes stay below 6 %. */
import { cos, sin } from "../geometry/elementary.ts";
import { randomStream } from "./random.ts";

interface Wave {
  /** rad/m */
  readonly kx: number;
  readonly ky: number;
  readonly phase: number;
  /** m */
  readonly amplitude: number;
}

/** Wave length in metres and steepest slope of each wave. */
const WAVES = [
  [310, 0.022],
  [190, 0.016],
  [127, 0.012],
] as const;

export class Terrain {
  readonly #waves: readonly Wave[];
  readonly #level: number;

  constructor(seed: number) {
    const random = randomStream(seed, "terrain");
    const turn = 2 * Math.PI;
    this.#waves = WAVES.map(([length, slope]) => {
      // Within 60 degrees of east: that is where the road goes, so it climbs.
      const heading = random.between(-turn / 6, turn / 6);
      const k = turn / length;
      return { kx: k * cos(heading), ky: k * sin(heading), phase: random.between(0, turn), amplitude: slope / k };
    });
    this.#level = this.#sum(0, 0);
  }

  /** m; 0 at the origin of the map. */
  height(x: number, y: number): number {
    return this.#sum(x, y) - this.#level;
  }

  /** Slope towards x and towards y. */
  gradient(x: number, y: number): readonly [number, number] {
    let gx = 0;
    let gy = 0;
    for (const { kx, ky, phase, amplitude } of this.#waves) {
      const slope = amplitude * cos(kx * x + ky * y + phase);
      gx += kx * slope;
      gy += ky * slope;
    }
    return [gx, gy];
  }

  #sum(x: number, y: number): number {
    let z = 0;
    for (const { kx, ky, phase, amplitude } of this.#waves) z += amplitude * sin(kx * x + ky * y + phase);
    return z;
  }
}
