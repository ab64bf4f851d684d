/**
 * The road of a drive: straights, bends, signals and roundabouts without end, heading within 75 degrees of east so that it never meets
 * itself. A place on it is `s`, metres along the path of the ego's lane, and an offset in metres to the left of that path.
 *
 * | offset | what is there (right-hand traffic)      |
 * |--------|------------------------------------------|
 * | -5.4   | pavement                                 |
 * | -2.5   | cyclists                                 |
 * | 0      | the ego's lane                           |
 * | 1.75   | middle of the road                       |
 * | 3.5    | oncoming lane                            |
 * | 6.5    | parked cars                              |
 * | 8.9    | pavement                                 |
 *
 * In a roundabout the path leaves the road's middle to the right and goes half around; oncoming traffic takes the other half.
 */

import { cos, sin } from "../geometry/elementary.ts";
import { Curve, type CurvePoint, type Ramp } from "./curve.ts";
import { type Random, randomStream } from "./random.ts";

/** Offset of the middle of the road. */
export const MIDDLE = 1.75;
/** From the middle to the kerb. */
export const HALF_WIDTH = 5.9;

/** Radius of the path around a roundabout, half the width of its ring, and how far its arms to the sides reach. */
export const RING = 15;
export const RING_HALF_WIDTH = 4;
export const ARM_LENGTH = 70;

/** A bend is a ramp up, an arc and a ramp down: it turns by curvature * (ramp + arc). */
interface Bend {
  readonly curvature: number;
  readonly ramp: number;
  readonly arc: number;
}

/**
 * Right into the roundabout, left around it, right out. The entry turns as much as half the ring turns back, and the arcs are those that
 * bring the path to RING metres from the middle of the island (tested).
 */
const ENTRY: Bend = { curvature: -1 / 16, ramp: 6, arc: 6.1263 };
const AROUND: Bend = { curvature: 1 / RING, ramp: 8, arc: (2 * RING * (6 + 6.1263)) / 16 - 8 };

export interface Roundabout {
  /** Along the path. */
  readonly from: number;
  readonly to: number;
  /** The middle of the island. */
  readonly x: number;
  readonly y: number;
  /** Direction of the road through it, and as a unit vector. */
  readonly heading: number;
  readonly ax: number;
  readonly ay: number;
  /** From the middle to where the path leaves the road's middle, along the road. */
  readonly reach: number;
}

/** A traffic light: traffic of the ego's lane halts at `s`. */
export interface Signal {
  readonly s: number;
  /** How long it stays red for the ego; 0: it is green when the ego comes. */
  readonly redSeconds: number;
}

/** Straight road before the place the drive begins at. */
export const LEAD_IN = 260;

const MOST_HEADING = 1.3;
/** What lies further behind than this is forgotten. */
const BEHIND = 500;

export class Road {
  readonly #random: Random;
  readonly #curve: Curve;
  readonly #ramps: Ramp[] = [];
  readonly #roundabouts: { from: number; to: number }[] = [];
  readonly #known = new Map<number, Roundabout>();
  readonly #signals: Signal[] = [];
  /** Length and final heading of what is planned. */
  #planned = 0;
  #heading = 0;
  #stretch = 0;

  constructor(seed: number) {
    this.#random = randomStream(seed, "road");
    this.#straight(LEAD_IN);
    this.#curve = new Curve(-LEAD_IN, () => this.#nextRamp());
  }

  /** A place by its offset from the path. Its curvature is that of the parallel line. */
  at(s: number, offset = 0): CurvePoint {
    const point = this.#curve.at(s);
    if (offset === 0) return point;
    const { x, y, heading, curvature } = point;
    const scale = 1 - curvature * offset;
    return { x: x - offset * sin(heading), y: y + offset * cos(heading), heading, curvature: curvature / scale };
  }

  /** The oncoming lane. Its heading points towards smaller `s`. */
  oncoming(s: number): CurvePoint {
    const ring = this.roundaboutAt(s);
    if (ring) {
      const { x, y, heading, curvature } = this.#curve.at(ring.from + ring.to - s);
      return { x: 2 * ring.x - x, y: 2 * ring.y - y, heading: heading + Math.PI, curvature };
    }
    const { x, y, heading, curvature } = this.at(s, 2 * MIDDLE);
    return { x, y, heading: heading + Math.PI, curvature: -curvature };
  }

  /** The roundabout the path is in at `s`. */
  roundaboutAt(s: number): Roundabout | null {
    return this.roundaboutsBetween(s, s)[0] ?? null;
  }

  roundaboutsBetween(from: number, to: number): readonly Roundabout[] {
    this.#plan(to);
    return this.#roundabouts.filter((ring) => ring.from <= to && ring.to >= from).map((ring) => this.#place(ring));
  }

  signalsBetween(from: number, to: number): readonly Signal[] {
    this.#plan(to);
    return this.#signals.filter((signal) => signal.s >= from && signal.s <= to);
  }

  #place(ring: { readonly from: number; readonly to: number }): Roundabout {
    const known = this.#known.get(ring.from);
    if (known) return known;
    const { x, y, heading } = this.at((ring.from + ring.to) / 2, RING);
    const entry = this.at(ring.from);
    const [ax, ay] = [cos(heading), sin(heading)];
    const placed = { ...ring, x, y, heading, ax, ay, reach: (x - entry.x) * ax + (y - entry.y) * ay };
    this.#known.set(ring.from, placed);
    return placed;
  }

  #plan(to: number): void {
    while (this.#planned < to + 1) this.#addStretch();
    for (let ring = this.#roundabouts[0]; ring && ring.to < to - 2 * BEHIND; ring = this.#roundabouts[0]) {
      this.#known.delete(ring.from);
      this.#roundabouts.shift();
    }
    while ((this.#signals[0]?.s ?? to) < to - 2 * BEHIND) this.#signals.shift();
  }

  #nextRamp(): Ramp {
    while (this.#ramps.length === 0) this.#addStretch();
    return this.#ramps.shift() ?? { length: 1, from: 0, to: 0 };
  }

  /** The first two stretches show everything; later ones are drawn. */
  #addStretch(): void {
    const random = this.#random;
    const early = this.#stretch++ < 2;
    this.#straight(early ? 30 : random.between(30, 90));
    this.#turn();
    this.#straight(early ? 42 : random.between(50, 110));
    const redSeconds = early || random.chance(0.6) ? random.between(4, 8) : 0;
    this.#signals.push({ s: this.#planned - 4, redSeconds });
    this.#straight(random.between(18, 40));
    if (early || random.chance(0.5)) this.#roundabout();
  }

  #straight(length: number): void {
    this.#add({ length, from: 0, to: 0 });
  }

  #turn(): void {
    const random = this.#random;
    const left = this.#heading < -0.4 || (this.#heading < 0.4 && random.chance(0.5));
    const most = Math.min(1.5, MOST_HEADING - (left ? this.#heading : -this.#heading));
    const angle = random.between(0.75, 1) * most;
    const radius = random.between(18, 40);
    const ramp = Math.min(10, (angle * radius) / 2);
    this.#bend({ curvature: (left ? 1 : -1) / radius, ramp, arc: angle * radius - ramp });
  }

  #roundabout(): void {
    const from = this.#planned;
    this.#bend(ENTRY);
    this.#bend(AROUND);
    this.#bend(ENTRY);
    this.#roundabouts.push({ from, to: this.#planned });
    this.#straight(25);
  }

  #bend({ curvature, ramp, arc }: Bend): void {
    this.#add({ length: ramp, from: 0, to: curvature });
    this.#add({ length: arc, from: curvature, to: curvature });
    this.#add({ length: ramp, from: curvature, to: 0 });
    this.#heading += curvature * (ramp + arc);
  }

  #add(ramp: Ramp): void {
    this.#ramps.push(ramp);
    this.#planned += ramp.length;
  }
}
