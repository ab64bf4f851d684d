/** Whatever has a body and a track: where it is at a moment, whatever moves it. */

import { atan, cos, sin } from "../geometry/elementary.ts";
import { type Body, writeBody } from "./bodies.ts";
import { smooth } from "./curve.ts";
import type { Progress, Temper } from "./progress.ts";
import type { Random } from "./random.ts";
import type { Road } from "./road.ts";
import { fromYawPitchRoll } from "./rotation.ts";
import type { Place, SolidWriter } from "./solid.ts";
import type { Terrain } from "./terrain.ts";
import type { TrueBox } from "./types.ts";

/** On the plane; the ground gives the rest. */
export interface Course {
  readonly x: number;
  readonly y: number;
  readonly yaw: number;
  readonly vx: number;
  readonly vy: number;
  readonly yawRate: number;
  /** Metres its limbs have worked for, and m/s they do. */
  readonly walked: number;
  readonly pace: number;
}

export interface Actor {
  readonly object: number;
  readonly body: Body;
  readonly parked: boolean;
  /** Whether it stands on the pavement. */
  readonly raised: number;
  courseAt(t: number): Course;
}

/** The body's frame on the ground, tilted with it. */
export function placeOf({ x, y, yaw, vx, vy, yawRate }: Course, raised: number, terrain: Terrain): Place {
  const [gx, gy] = terrain.gradient(x, y);
  const [c, s] = [cos(yaw), sin(yaw)];
  return {
    centre: [x, y, terrain.height(x, y) + raised],
    rotation: fromYawPitchRoll(yaw, -atan(gx * c + gy * s), atan(gy * c - gx * s)),
    velocity: [vx, vy, gx * vx + gy * vy],
    spin: [0, 0, yawRate],
  };
}

export function writeActor(out: SolidWriter, actor: Actor, t: number, terrain: Terrain): void {
  const course = actor.courseAt(t);
  writeBody(out, actor.body, actor.object, placeOf(course, actor.raised, terrain), course.walked, course.pace);
}

export function boxOf({ object, body, parked, raised }: Actor, course: Course, terrain: Terrain, points: number): TrueBox {
  const { centre, rotation, velocity } = placeOf(course, raised, terrain);
  const middle = body.height / 2;
  const [x, y, z] = [centre[0] + rotation[2] * middle, centre[1] + rotation[5] * middle, centre[2] + rotation[8] * middle];
  const { length, width, height } = body;
  return { object, class: body.class, x, y, z, length, width, height, yaw: course.yaw, velocity, yawRate: course.yawRate, parked, points };
}

/** A vehicle in a lane: the ego's (1) or the oncoming one (-1). */
export class Vehicle implements Actor {
  readonly object: number;
  readonly body: Body;
  readonly lane: 1 | -1;
  /** Counts from 0 where it began. */
  readonly progress: Progress;
  readonly temper: Temper;
  readonly parked = false;
  readonly raised = 0;
  readonly #start: number;
  readonly #road: Road;

  /** @param start where on the path it begins */
  constructor(object: number, body: Body, lane: 1 | -1, start: number, progress: Progress, temper: Temper, road: Road) {
    this.object = object;
    this.body = body;
    this.lane = lane;
    this.progress = progress;
    this.temper = temper;
    this.#start = start;
    this.#road = road;
  }

  /** Its middle, along the path. */
  get s(): number {
    return this.#start + this.lane * this.progress.s;
  }

  courseAt(t: number): Course {
    const { s: driven, v } = this.progress.at(t);
    const s = this.#start + this.lane * driven;
    if (this.lane > 0) return along(this.#road.at(s), v);
    // Outside roundabouts the oncoming lane is as long as the path only on straights.
    const point = this.#road.oncoming(s);
    const stretch = this.#road.roundaboutAt(s) ? 1 : 1 - this.#road.at(s).curvature * 3.5;
    return along(point, v * stretch);
  }
}

/** Someone on a bicycle at the right of the ego's lane, who neither halts nor overtakes. */
export class Cyclist implements Actor {
  readonly object: number;
  readonly body: Body;
  readonly parked = false;
  readonly raised = 0;
  readonly #road: Road;
  readonly #s: number;
  readonly #start: number;
  readonly #phase: number;

  /** @param s where it is at time `start` */
  constructor(object: number, body: Body, s: number, start: number, random: Random, road: Road) {
    this.object = object;
    this.body = body;
    this.#road = road;
    this.#s = s;
    this.#start = start;
    this.#phase = random.between(0, 2 * Math.PI);
  }

  s(t: number): number {
    return this.#s + CYCLE_SPEED * (t - this.#start) + 2.5 * (sin(0.25 * t + this.#phase) - sin(0.25 * this.#start + this.#phase));
  }

  courseAt(t: number): Course {
    const s = this.s(t);
    const v = CYCLE_SPEED + 0.625 * cos(0.25 * t + this.#phase);
    const { curvature } = this.#road.at(s);
    return { ...along(this.#road.at(s, CYCLE_OFFSET), v * (1 - curvature * CYCLE_OFFSET)), walked: s / 3, pace: v / 3 };
  }
}

const CYCLE_OFFSET = -2.5;
/** The same for all, so that nobody rides through anybody. */
const CYCLE_SPEED = 4.7;

function along({ x, y, heading, curvature }: { x: number; y: number; heading: number; curvature: number }, v: number): Course {
  return { x, y, yaw: heading, vx: v * cos(heading), vy: v * sin(heading), yawRate: v * curvature, walked: 0, pace: 0 };
}

/** Someone who walks up and down a pavement, swaying a little. */
export class Pedestrian implements Actor {
  readonly object: number;
  readonly body: Body;
  readonly parked = false;
  readonly raised: number;
  readonly #road: Road;
  readonly #s: number;
  readonly #offset: number;
  /** Half the length of the walk, its rate and phase, and those of the sway. */
  readonly #walk: number;
  readonly #rate: number;
  readonly #phase: number;
  readonly #sway: number;

  constructor(object: number, body: Body, s: number, offset: number, raised: number, random: Random, road: Road) {
    this.object = object;
    this.body = body;
    this.raised = raised;
    this.#road = road;
    this.#s = s;
    this.#offset = offset;
    const speed = random.between(0.7, 1.5);
    this.#walk = random.between(3, 4.3);
    this.#rate = speed / this.#walk;
    this.#phase = random.between(0, 2 * Math.PI);
    this.#sway = random.between(0, 2 * Math.PI);
  }

  courseAt(t: number): Course {
    const angle = this.#rate * t + this.#phase;
    const [sine, cosine] = [sin(angle), cos(angle)];
    const s = this.#s + this.#walk * sine;
    const rate = this.#walk * this.#rate * cosine;
    const swayAngle = 0.4 * t + this.#sway;
    const sway = 0.1 * sin(swayAngle);
    const swayRate = 0.04 * cos(swayAngle);
    const { x, y, heading, curvature } = this.#road.at(s, this.#offset + sway);
    // `curvature` is that of the parallel line; along it the walker goes this much slower or faster than s grows.
    const stretch = 1 + curvature * (this.#offset + sway);
    const pace = rate / stretch;
    const [c, n] = [cos(heading), sin(heading)];
    // Turns around while nearly standing, over a speed range of +-TURNING.
    const turned = smooth((pace / TURNING + 1) / 2);
    const [vx, vy] = [pace * c - swayRate * n, pace * n + swayRate * c];
    const yaw = heading + Math.PI * (1 - turned);
    return { x, y, yaw, vx, vy, yawRate: pace * curvature - this.#turnRate(pace, sine / stretch), walked: s, pace: Math.abs(pace) };
  }

  #turnRate(pace: number, sine: number): number {
    const u = (pace / TURNING + 1) / 2;
    if (u <= 0 || u >= 1) return 0;
    const slope = 30 * u * u * (1 - u) * (1 - u);
    return (Math.PI * slope * -this.#walk * this.#rate * this.#rate * sine) / (2 * TURNING);
  }
}

/** m/s */
const TURNING = 0.5;

/** A body that stays where it is. */
export class Parked implements Actor {
  readonly object: number;
  readonly body: Body;
  readonly parked = true;
  readonly raised: number;
  readonly #course: Course;

  constructor(object: number, body: Body, x: number, y: number, yaw: number, raised: number) {
    this.object = object;
    this.body = body;
    this.raised = raised;
    this.#course = { x, y, yaw, vx: 0, vy: 0, yawRate: 0, walked: 0, pace: 0 };
  }

  courseAt(): Course {
    return this.#course;
  }
}
