/** A spinning LiDAR in a room, for tests of sweeps: what it sees, when, and ways to spoil its times. */
import { type Random, randomStream } from "../src/simulate/random.ts";

export interface SweepPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Seconds after the sweep begins. */
  time: number;
  readonly laser: number;
}

export interface SweepOptions {
  readonly seed?: number;
  readonly lasers?: number;
  readonly firings?: number;
  readonly periodS?: number;
  /** Radians per second, counterclockwise. */
  readonly spin?: number;
  /** Where the axis of the spin is in the cloud's frame, metres. */
  readonly axis?: readonly [number, number];
  /** How far ahead of the others a laser looks, radians. */
  readonly ahead?: (laser: number) => number;
}

/** One turn, laser after laser in each firing; lasers look up to 3 degrees ahead of each other, unless `ahead` says more. */
export function sweep(options: SweepOptions = {}): SweepPoint[] {
  const { seed = 1, lasers = 16, firings = 600, periodS = 0.1, spin, axis = [0, 0] } = options;
  const { ahead = (laser) => 0.018 * (laser % 4) } = options;
  const random = randomStream(seed, "sweep");
  const rate = spin ?? (-2 * Math.PI) / periodS;
  return Array.from({ length: lasers * firings }, (_, i) => {
    const [firing, laser] = [Math.floor(i / lasers), i % lasers];
    const time = (periodS * firing) / firings + (laser * periodS) / firings / lasers;
    const azimuth = 1 + rate * time + ahead(laser) + 0.0003 * random.normal();
    const range = 6 + 20 * Math.abs(Math.sin(3 * azimuth)) + random.uniform();
    const elevation = -0.3 + (0.4 * laser) / lasers;
    return {
      x: axis[0] + range * Math.cos(azimuth) * Math.cos(elevation),
      y: axis[1] + range * Math.sin(azimuth) * Math.cos(elevation),
      z: range * Math.sin(elevation),
      time,
      laser,
    };
  });
}

/** What may go wrong with the times of points. */
export const SPOILS: Readonly<Record<string, (points: SweepPoint[], random: Random) => void>> = {
  zeroed: (points) => {
    for (const point of points) point.time = 0;
  },
  "a tenth zeroed": (points, random) => {
    for (const point of points) if (random.chance(0.1)) point.time = 0;
  },
  shuffled: (points, random) => shuffle(points, random),
  "a tenth shuffled": (points, random) =>
    shuffle(
      points.filter(() => random.chance(0.1)),
      random,
    ),
  "counted from each packet": (points) => {
    for (const point of points) point.time %= 0.0013;
  },
  "one laser late": (points) => {
    for (const point of points) if (point.laser === 5) point.time += 0.005;
  },
};

function shuffle(points: SweepPoint[], random: Random): void {
  for (let i = points.length - 1; i > 0; i--) {
    const [a, b] = [points[i], points[random.below(i + 1)]];
    if (a && b) [a.time, b.time] = [b.time, a.time];
  }
}
