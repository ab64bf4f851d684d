/**
 * Everything there is, stepped at a fixed rate so that nothing depends on when it is looked at. What lies out of reach is
 * forgotten: memory does not grow with the drive.
 */
import { GROUND_CELLS, PRIMITIVE_ROW } from "../abi.ts";
import { type Actor, boxOf, writeActor } from "./actors.ts";
import { Ego } from "./ego.ts";
import { Ground } from "./ground.ts";
import type { SimulatorKernels } from "./kernels.ts";
import { Progress, STEPS_PER_SECOND } from "./progress.ts";
import { LEAD_IN, Road } from "./road.ts";
import type { Matrix, Vector } from "./rotation.ts";
import type { Scene, SceneView } from "./scene.ts";
import { SolidWriter } from "./solid.ts";
import { Street, type Stretch, TILE } from "./street.ts";
import { Terrain } from "./terrain.ts";
import { Traffic } from "./traffic.ts";
import type { Motion, TrueBox } from "./types.ts";

/** The world begins this much before the drive, so that springs and drivers have settled. */
const WARM_UP = 2;
/** Rows for the kernels: fixtures and parked cars first, then whatever moves. */
const MOST_FIXED = 6144;
const MOST_MOVING = 2048;
export const MOST_PRIMITIVES = MOST_FIXED + MOST_MOVING;
/** Stretches of the street that are kept, before and behind. */
const STREET_AHEAD = 220;
const STREET_BEHIND = 160;
/** Whatever moves further away than this is not shown. */
const SHOWN = 140;
/** Motion is looked at a little after the moment that is asked for. */
const MARGIN = 0.02;
const START_SPEED = 7;

export class World implements Scene {
  readonly kernels: SimulatorKernels;
  readonly road: Road;
  readonly terrain: Terrain;
  readonly #street: Street;
  readonly #traffic: Traffic;
  readonly #ground: Ground;
  readonly #ego: Ego;
  readonly #primitives: number;
  readonly #stretches = new Map<number, Stretch>();
  #step = 0;
  #objects = 0;
  /** What the fixed rows were written for; null when they are out of date. */
  #written: { readonly originX: number; readonly originY: number } | null = null;
  #fixed = 0;

  constructor(seed: number, kernels: SimulatorKernels) {
    const nextObject = (): number => ++this.#objects;
    this.kernels = kernels;
    this.road = new Road(seed);
    this.terrain = new Terrain(seed);
    this.#street = new Street(seed, this.road, this.terrain);
    this.#ground = new Ground(kernels, this.road, this.terrain);
    this.#primitives = kernels.alloc(MOST_PRIMITIVES * PRIMITIVE_ROW);
    const start = LEAD_IN - WARM_UP * START_SPEED;
    this.#traffic = new Traffic(seed, 0, start, this.road, nextObject);
    this.#ego = new Ego(seed, 0, new Progress(0, start, START_SPEED), this.road, this.terrain);
  }

  at(t: number): SceneView {
    this.#advanceTo(t);
    const [x, y] = this.#ego.poseAt(t + WARM_UP).position;
    const [originX, originY] = [Math.round(x / GROUND_CELLS) * GROUND_CELLS, Math.round(y / GROUND_CELLS) * GROUND_CELLS];
    if (this.#written?.originX !== originX || this.#written.originY !== originY) this.#writeFixed(originX, originY);
    const moving = this.#primitives + this.#fixed * PRIMITIVE_ROW;
    const out = new SolidWriter(this.kernels, moving, MOST_MOVING, originX, originY);
    for (const actor of this.#moving()) {
      const course = actor.courseAt(t + WARM_UP);
      if (near(course.x - x, course.y - y, SHOWN)) writeActor(out, actor, t + WARM_UP, this.terrain);
    }
    return { t, originX, originY, primitives: this.#primitives, count: this.#fixed + out.count, ground: this.#ground.pointer };
  }

  /** @param point fixed to the vehicle, in base_link: what moves is that */
  egoAt(t: number, point: Vector = [0, 0, 0]): Motion {
    this.#advanceTo(t);
    return this.#ego.motionAt(t + WARM_UP, t, point);
  }

  /** The pose alone, cheaper than `egoAt`. */
  poseAt(t: number): { readonly position: Vector; readonly rotation: Matrix } {
    this.#advanceTo(t);
    return this.#ego.poseAt(t + WARM_UP);
  }

  /** Speed of the ego vehicle's wheels, m/s. */
  speedAt(t: number): number {
    this.#advanceTo(t);
    return this.#ego.progress.at(t + WARM_UP).v;
  }

  /**
   * Objects within `range` of the ego vehicle, ordered by object.
   *
   * @param points LiDAR points by object
   */
  boxesAt(t: number, range: number, points: ReadonlyMap<number, number>): readonly TrueBox[] {
    const [x, y] = this.poseAt(t).position;
    const boxes: TrueBox[] = [];
    for (const actor of [...this.#moving(), ...this.#standing()]) {
      const course = actor.courseAt(t + WARM_UP);
      if (near(course.x - x, course.y - y, range)) boxes.push(boxOf(actor, course, this.terrain, points.get(actor.object) ?? 0));
    }
    return boxes.sort((a, b) => a.object - b.object);
  }

  #advanceTo(t: number): void {
    const steps = Math.ceil((t + WARM_UP + MARGIN) * STEPS_PER_SECOND);
    while (this.#step < steps || this.#step === 0) this.#advance();
  }

  #advance(): void {
    const { s } = this.#ego.progress;
    if (this.#step % 16 === 0) this.#keepStretches(s);
    this.#ego.advance(this.#traffic.advance(this.#ego.progress));
    this.#step++;
    const { x, y } = this.road.at(this.#ego.progress.s);
    this.#ground.follow(x, y, this.#ego.progress.s);
  }

  #keepStretches(s: number): void {
    const [first, last] = [Math.max(0, Math.floor((s - STREET_BEHIND) / TILE)), Math.floor((s + STREET_AHEAD) / TILE)];
    for (const tile of this.#stretches.keys()) {
      if (tile >= first) continue;
      this.#stretches.delete(tile);
      this.#written = null;
    }
    for (let tile = first; tile <= last; tile++) {
      if (this.#stretches.has(tile)) continue;
      this.#stretches.set(
        tile,
        this.#street.stretch(tile, () => ++this.#objects),
      );
      this.#written = null;
    }
  }

  *#standing(): Iterable<Actor> {
    for (const { actors } of this.#stretches.values()) for (const actor of actors) if (actor.parked) yield actor;
  }

  *#moving(): Iterable<Actor> {
    yield* this.#traffic.actors;
    for (const { actors } of this.#stretches.values()) for (const actor of actors) if (!actor.parked) yield actor;
  }

  #writeFixed(originX: number, originY: number): void {
    const out = new SolidWriter(this.kernels, this.#primitives, MOST_FIXED, originX, originY);
    for (const { fixtures } of this.#stretches.values()) {
      for (const { place, shade, solids } of fixtures) for (const solid of solids) out.add(solid, 0, shade, place);
    }
    for (const actor of this.#standing()) writeActor(out, actor, 0, this.terrain);
    this.#fixed = out.count;
    this.#written = { originX, originY };
  }
}

function near(dx: number, dy: number, range: number): boolean {
  return dx * dx + dy * dy < range * range;
}
