/** Who drives and rides on the road with the ego vehicle: comes into reach, keeps its distance, halts at red, goes out of reach. */
import { type Actor, Cyclist, Vehicle } from "./actors.ts";
import { car, cyclist, truck } from "./bodies.ts";
import { EGO_FRONT, EGO_REAR, EGO_TEMPER } from "./ego.ts";
import { follow, Progress, STEP_SECONDS, STEPS_PER_SECOND, type Temper } from "./progress.ts";
import { type Random, randomStream } from "./random.ts";
import type { Road } from "./road.ts";

/** Metres from the ego vehicle at which others appear and disappear: out of sight of its sensors. */
const AHEAD = 250;
const BEHIND = 150;
/** A speed limit is looked up this often, in steps. */
const LOOK_STEPS = 8;
/** A signal turns red this far ahead of the ego vehicle and stays so for as long as it takes to halt there, and longer. */
const RED_AHEAD = 48;
const HALTING_SECONDS = 6;
/** Traffic from the other side halts this far beyond the signal. */
const ONCOMING_LINE = 9;
/** Who could only halt harder than this drives on. */
const RED_BRAKING = 3.2;

interface Red {
  readonly s: number;
  readonly until: number;
}

export class Traffic {
  readonly #road: Road;
  readonly #random: Random;
  readonly #nextObject: () => number;
  #vehicles: Vehicle[] = [];
  #cyclists: Cyclist[] = [];
  readonly #limits = new Map<Vehicle | null, number>();
  #reds: Red[] = [];
  #step: number;
  #gap = { 1: 0, [-1]: 0 };
  #cycleGap = 40;

  /** @param s where the ego vehicle begins, on the path */
  constructor(seed: number, step: number, s: number, road: Road, nextObject: () => number) {
    this.#road = road;
    this.#random = randomStream(seed, "traffic");
    this.#nextObject = nextObject;
    this.#step = step;
    for (let at = s + 26; at < s + AHEAD; at += this.#random.between(22, 70)) this.#enter(1, at);
    for (let at = s - 24; at > s - BEHIND; at -= this.#random.between(25, 60)) this.#enter(1, at);
    for (let at = s + 20; at < s + AHEAD; at += this.#random.between(18, 55)) this.#enter(-1, at);
    for (let at = s + 22; at < s + AHEAD; at += this.#random.between(40, 110)) this.#enterCyclist(at);
    this.#gap = { 1: this.#random.between(22, 70), [-1]: this.#random.between(18, 80) };
  }

  get actors(): readonly Actor[] {
    return [...this.#vehicles, ...this.#cyclists];
  }

  /** The ego vehicle's wanted acceleration; then everybody else moves on by one step. */
  advance(ego: Progress): number {
    const s = ego.s;
    const now = this.#step * STEP_SECONDS;
    if (this.#step % LOOK_STEPS === 0) this.#look(s, now);
    const wanted = this.#wanted(null, s + EGO_FRONT, ego.v, 1, EGO_TEMPER, this.#inFront(s, 1, s, ego.v));
    const plans = this.#vehicles.map((vehicle) => {
      const front = vehicle.s + (vehicle.lane * vehicle.body.length) / 2;
      return this.#wanted(
        vehicle,
        front,
        vehicle.progress.v,
        vehicle.lane,
        vehicle.temper,
        this.#inFront(vehicle.s, vehicle.lane, s, ego.v),
      );
    });
    for (const [i, vehicle] of this.#vehicles.entries()) vehicle.progress.advance(plans[i] ?? 0);
    this.#step++;
    return wanted;
  }

  /** Who comes and goes, and how fast the road ahead lets everybody drive. */
  #look(s: number, now: number): void {
    const near = (at: number): boolean => at > s - BEHIND - 20 && at < s + AHEAD + 20;
    this.#vehicles = this.#vehicles.filter((vehicle) => near(vehicle.s) && !(vehicle.lane < 0 && vehicle.s < s - BEHIND));
    this.#cyclists = this.#cyclists.filter((one) => near(one.s(now)));
    this.#reds = this.#reds.filter((red) => red.until > now - 30);
    const lane = (way: 1 | -1): readonly number[] => this.#vehicles.filter((one) => one.lane === way).map((one) => one.s);
    if (Math.max(s, ...lane(1)) < s + AHEAD - this.#gap[1]) this.#refill(1, s + AHEAD, 22, 70);
    if (Math.min(s, ...lane(1)) > s - BEHIND + this.#gap[1]) this.#refill(1, s - BEHIND, 22, 70);
    if (Math.max(s, ...lane(-1)) < s + AHEAD - this.#gap[-1]) this.#refill(-1, s + AHEAD, 18, 90);
    if (Math.max(s, ...this.#cyclists.map((one) => one.s(now))) < s + AHEAD - this.#cycleGap) this.#enterCyclist(s + AHEAD);
    for (const { s: at, redSeconds } of this.#road.signalsBetween(s + EGO_FRONT, s + EGO_FRONT + RED_AHEAD)) {
      if (redSeconds === 0 || this.#reds.some((red) => red.s === at)) continue;
      this.#reds.push({ s: at, until: now + HALTING_SECONDS + redSeconds });
    }
    this.#limits.clear();
    this.#limits.set(null, this.#limit(s, 1, EGO_TEMPER));
    for (const vehicle of this.#vehicles) this.#limits.set(vehicle, this.#limit(vehicle.s, vehicle.lane, vehicle.temper));
  }

  #refill(lane: 1 | -1, at: number, low: number, high: number): void {
    this.#enter(lane, at);
    this.#gap = { ...this.#gap, [lane]: this.#random.between(low, high) };
  }

  #enter(lane: 1 | -1, at: number): void {
    const random = this.#random;
    const body = random.chance(0.14) ? truck(random) : car(random);
    const temper: Temper = { speed: random.between(10, 13.5), headway: random.between(1.1, 1.9), lateral: random.between(1.7, 2.3) };
    const speed = Math.min(8, 0.9 * this.#limit(at, lane, temper));
    const object = this.#nextObject();
    this.#vehicles.push(new Vehicle(object, body, lane, at, new Progress(this.#step, 0, speed), temper, this.#road));
  }

  #enterCyclist(at: number): void {
    const body = cyclist(this.#random);
    this.#cyclists.push(new Cyclist(this.#nextObject(), body, at, this.#step / STEPS_PER_SECOND, this.#random, this.#road));
    this.#cycleGap = this.#random.between(40, 130);
  }

  /** m/s: what the bends ahead allow, if one brakes for them in time. */
  #limit(s: number, lane: 1 | -1, { speed, lateral }: Temper): number {
    let least = speed * speed;
    for (let d = 0; d <= 48; d += 3) {
      const curvature = Math.abs(this.#road.at(Math.max(0, s + lane * d)).curvature);
      if (curvature > 1e-4) least = Math.min(least, lateral / curvature + 2.6 * d);
    }
    return Math.sqrt(least);
  }

  /** The rear of the vehicle ahead, along the path, and its speed. */
  #inFront(s: number, lane: 1 | -1, egoS: number, egoV: number): { readonly rear: number; readonly v: number } | null {
    let best: { rear: number; v: number } | null = lane > 0 && egoS > s ? { rear: egoS + EGO_REAR, v: egoV } : null;
    for (const other of this.#vehicles) {
      if (other.lane !== lane || lane * (other.s - s) <= 0) continue;
      const rear = other.s - (lane * other.body.length) / 2;
      if (best === null || lane * (rear - best.rear) < 0) best = { rear, v: other.progress.v };
    }
    return best;
  }

  #wanted(
    who: Vehicle | null,
    front: number,
    v: number,
    lane: 1 | -1,
    temper: Temper,
    ahead: { readonly rear: number; readonly v: number } | null,
  ): number {
    const limit = this.#limits.get(who) ?? temper.speed;
    const free = ahead ? follow(v, limit, temper, lane * (ahead.rear - front), v - ahead.v) : follow(v, limit, temper, Infinity, 0);
    const now = this.#step * STEP_SECONDS;
    return this.#reds.reduce((least, red) => {
      const gap = lane > 0 ? red.s - front : front - (red.s + ONCOMING_LINE);
      const halts = red.until > now && gap > 0 && (v * v) / (2 * RED_BRAKING) < gap;
      // The model stops STANDING_GAP short of an obstacle: the line itself is the obstacle.
      return halts ? Math.min(least, follow(v, limit, temper, gap + 1.5, v)) : least;
    }, free);
  }
}
