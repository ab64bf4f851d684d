/** A spinning LiDAR that drives through a room: what it measures, and the same points moved to one moment. For tests of motion distortion. */
import { randomStream } from "../src/simulate/random.ts";
import type { SweepPoint } from "./sweep.ts";

export interface RoomOptions {
  readonly seed?: number;
  /** Where the sensor is when the sweep begins: metres, radians. */
  readonly x?: number;
  readonly y?: number;
  readonly heading?: number;
  /** m/s along the heading, rad/s counterclockwise, rad/s nose down. */
  readonly speed?: number;
  readonly yawRate?: number;
  readonly pitchRate?: number;
  /** What is taken out of the points: they are told where the sensor was when the sweep began. */
  readonly removed?: "nothing" | "turns" | "way" | "all";
  readonly lasers?: number;
  readonly firings?: number;
  /** Where the sensor sits in the frame its points are told in, metres. */
  readonly mount?: readonly [number, number, number];
}

type Vector = readonly [number, number, number];
export const ROOM_PERIOD_S = 0.1;
/** Half of its length, width and height, metres; the floor is as far below the sensor. */
const [LENGTH, WIDTH, HEIGHT] = [60, 12, 2];
const SPIN = (-2 * Math.PI) / ROOM_PERIOD_S;

/** One turn, laser after laser in each firing. Walls of the room, its floor and its ceiling. */
export function sweepRoom(options: RoomOptions = {}): SweepPoint[] {
  const { seed = 1, x = 0, y = 0, heading = 0, speed = 0, yawRate = 0, pitchRate = 0, lasers = 16, firings = 900 } = options;
  const { removed = "nothing", mount = [0, 0, 0] } = options;
  const random = randomStream(seed, "room");
  const poseAt = (time: number): { readonly at: Vector; readonly turn: (v: Vector) => Vector } => {
    const yaw = heading + yawRate * time;
    const way = speed * time;
    const at: Vector = [x + way * Math.cos(heading), y + way * Math.sin(heading), 0];
    return { at, turn: (v) => aboutZ(aboutY(v, pitchRate * time), yaw) };
  };
  const first = poseAt(0);
  return Array.from({ length: lasers * firings }, (_, i) => {
    const [firing, laser] = [Math.floor(i / lasers), i % lasers];
    const time = (ROOM_PERIOD_S * firing) / firings;
    const azimuth = 1 + SPIN * time + 0.02 * (laser % 4);
    const elevation = -0.3003 + (0.4197 * laser) / lasers;
    const beam: Vector = [Math.cos(azimuth) * Math.cos(elevation), Math.sin(azimuth) * Math.cos(elevation), Math.sin(elevation)];
    const { at, turn } = poseAt(time);
    const ray = turn(beam);
    const range = Math.min(
      ...[LENGTH, WIDTH, HEIGHT].map((half, d) => ((ray[d] ?? 0) > 0 ? half - (at[d] ?? 0) : half + (at[d] ?? 0)) / Math.abs(ray[d] ?? 0)),
    );
    const measured = scale(beam, range + 0.01 * random.normal());
    // Told in the axes, and from the place, the sensor had when the sweep began.
    const turned = removed === "turns" || removed === "all" ? aboutZ(turn(measured), -heading) : measured;
    const way =
      removed === "way" || removed === "all" ? aboutZ([at[0] - first.at[0], at[1] - first.at[1], 0], -heading) : ([0, 0, 0] as const);
    const told = [0, 1, 2].map((d) => (turned[d] ?? 0) + (way[d] ?? 0) + (mount[d] ?? 0));
    return { x: told[0] ?? 0, y: told[1] ?? 0, z: told[2] ?? 0, time, laser };
  });
}

function aboutZ([x, y, z]: Vector, angle: number): Vector {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c * x - s * y, s * x + c * y, z];
}

function aboutY([x, y, z]: Vector, angle: number): Vector {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c * x + s * z, y, c * z - s * x];
}

function scale([x, y, z]: Vector, by: number): Vector {
  return [x * by, y * by, z * by];
}
