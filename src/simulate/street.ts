/**
 * What stands along the road, stretch by stretch of TILE metres: buildings, fences, poles, trees, parked cars, and who walks there.
 * A stretch is drawn from the seed and its number alone.
 */
import { KERB_HEIGHT, MATERIAL_BARK, MATERIAL_GLASS, MATERIAL_LEAF, MATERIAL_METAL, MATERIAL_SIGN, MATERIAL_WALL } from "../abi.ts";
import { type Actor, Parked, Pedestrian } from "./actors.ts";
import { car, pedestrian, truck } from "./bodies.ts";
import { type Random, randomStream } from "./random.ts";
import { ARM_LENGTH, type Road, type Roundabout } from "./road.ts";
import { fromYawPitchRoll } from "./rotation.ts";
import { fixed, type Place, type Solid } from "./solid.ts";
import type { Terrain } from "./terrain.ts";

export const TILE = 20;

/** Something without a track. */
export interface Fixture {
  readonly place: Place;
  readonly shade: number;
  readonly solids: readonly Solid[];
}

export interface Stretch {
  readonly fixtures: readonly Fixture[];
  readonly actors: readonly Actor[];
}

/** Offsets from the path, see src/simulate/road.ts. */
const PARKED_OFFSET = 6.45;
const KERB = { right: -4.15, left: 7.65 } as const;
const PAVEMENT = { right: -5.4, left: 8.9 } as const;

/** Draws one stretch. */
export class Street {
  readonly #seed: number;
  readonly #road: Road;
  readonly #terrain: Terrain;

  constructor(seed: number, road: Road, terrain: Terrain) {
    this.#seed = seed;
    this.#road = road;
    this.#terrain = terrain;
  }

  /** @param nextObject numbers whatever gets a track */
  stretch(tile: number, nextObject: () => number): Stretch {
    const random = randomStream(this.#seed, `street ${tile}`);
    const from = tile * TILE;
    const rings = this.#road.roundaboutsBetween(from - 3 * ARM_LENGTH, from + 3 * ARM_LENGTH);
    const fixtures: Fixture[] = [];
    const actors: Actor[] = [];
    // The middle of a roundabout belongs to the stretch it is in.
    for (const ring of rings) if (Math.floor((ring.from + ring.to) / 2 / TILE) === tile) fixtures.push(...this.#island(ring, random));
    for (const side of [-1, 1] as const) {
      fixtures.push(...this.#buildings(from, side, rings, random), ...this.#furniture(from, side, rings, random));
      actors.push(...this.#walkers(from, side, rings, random, nextObject));
    }
    actors.push(...this.#parked(from, rings, random, nextObject));
    return { fixtures, actors };
  }

  #spot(s: number, offset: number, z = 0, turn = 0): Place {
    const { x, y, heading } = this.#road.at(s, offset);
    return fixed([x, y, this.#terrain.height(x, y) + z], fromYawPitchRoll(heading + turn, 0, 0));
  }

  /** Whether something of this radius would stand on a roundabout or its arms. */
  #isFree(s: number, offset: number, radius: number, rings: readonly Roundabout[]): boolean {
    const { x, y } = this.#road.at(s, offset);
    return rings.every((ring) => clear(ring, x, y, radius));
  }

  #buildings(from: number, side: -1 | 1, rings: readonly Roundabout[], random: Random): readonly Fixture[] {
    const length = random.between(10, TILE - 2);
    const depth = random.between(8, 14);
    const height = random.between(5, 16);
    const setBack = random.between(1, 6);
    const shade = random.uniform();
    const kind = random.uniform();
    const edge = side < 0 ? KERB.right - 2.6 : KERB.left + 2.6;
    const s = from + TILE / 2;
    if (kind > 0.8) return kind > 0.9 ? [] : this.#fence(from, edge + side * 0.3, rings, shade);
    const offset = edge + side * (setBack + depth / 2);
    // On the inside of a bend houses would meet.
    const bend = this.#road.at(s).curvature * side;
    if (bend > 0.01 || !this.#isFree(s, offset, Math.max(length, depth) * 0.71, rings)) return [];
    const [l, d, h] = [length / 2, depth / 2, height / 2];
    const wall: Solid = { kind: "box", material: MATERIAL_WALL, centre: [0, 0, h - 1.5], half: [l, d, h + 1.5] };
    const windows = Array.from({ length: Math.floor(height / 3) }, (_, floor): Solid => {
      const z = 1.8 + 3 * floor;
      return { kind: "box", material: MATERIAL_GLASS, centre: [0, 0, z], half: [l * 0.86, d + 0.02, 0.6] };
    });
    return [{ place: this.#spot(s, offset), shade, solids: [wall, ...windows] }];
  }

  #fence(from: number, offset: number, rings: readonly Roundabout[], shade: number): readonly Fixture[] {
    return [0, 1, 2, 3]
      .map((k) => from + (TILE / 4) * (k + 0.5))
      .filter((s) => this.#isFree(s, offset, 2.6, rings))
      .map((s) => ({
        place: this.#spot(s, offset),
        shade,
        solids: [{ kind: "box", material: MATERIAL_METAL, centre: [0, 0, 0.55], half: [TILE / 8, 0.04, 0.65] }],
      }));
  }

  #furniture(from: number, side: -1 | 1, rings: readonly Roundabout[], random: Random): readonly Fixture[] {
    // At the back of the pavement, where nobody walks.
    const offset = side < 0 ? KERB.right - 2.65 : KERB.left + 2.65;
    const fixtures: Fixture[] = [];
    const add = (s: number, at: number, solids: readonly Solid[]): void => {
      const shade = random.uniform();
      if (this.#isFree(s, at, 0.5, rings)) fixtures.push({ place: this.#spot(s, at, KERB_HEIGHT), shade, solids });
    };
    if (random.chance(0.55)) {
      const height = random.between(4, 8);
      const arm: Solid = { kind: "box", material: MATERIAL_METAL, centre: [0, -side * 0.7, height], half: [0.06, 0.8, 0.05] };
      add(from + random.between(0, TILE / 2), offset, [pole(height, 0.09), arm]);
    }
    if (random.chance(0.35)) {
      const plate: Solid = { kind: "box", material: MATERIAL_SIGN, centre: [-0.05, 0, 2.3], half: [0.015, 0.32, 0.32] };
      add(from + random.between(0, TILE), offset, [pole(2.7, 0.04), plate]);
    }
    if (random.chance(0.5)) {
      const [trunk, crown] = [random.between(2, 3.2), random.between(1.3, 2.4)];
      const leaves: Solid = {
        kind: "ellipsoid",
        material: MATERIAL_LEAF,
        centre: [0, 0, trunk + 0.8 * crown],
        half: [crown, crown, crown * 1.1],
      };
      const bark: Solid = {
        kind: "cylinder",
        material: MATERIAL_BARK,
        centre: [0, 0, trunk / 2],
        half: [random.between(0.12, 0.25), random.between(0.12, 0.25), trunk / 2 + 0.3],
      };
      add(from + random.between(TILE / 2, TILE), offset + side * 0.5, [bark, leaves]);
    }
    for (const signal of side < 0 ? this.#road.signalsBetween(from, from + TILE - 1e-9) : []) {
      const lamp: Solid = { kind: "box", material: MATERIAL_METAL, centre: [0, 0.2, 3], half: [0.15, 0.16, 0.45] };
      add(signal.s + 1, KERB.right - 0.25, [pole(3.4, 0.07), lamp]);
    }
    return fixtures;
  }

  #walkers(from: number, side: -1 | 1, rings: readonly Roundabout[], random: Random, nextObject: () => number): readonly Actor[] {
    const walkers: Actor[] = [];
    for (let i = 0; i < 4; i++) {
      // Two lines by two halves of the stretch, to each their own: nobody walks through anybody.
      const s = from + (TILE / 4) * (i < 2 ? 1 : 3);
      const offset = (side < 0 ? PAVEMENT.right : PAVEMENT.left) + (i % 2 === 0 ? -0.62 : 0.62);
      const body = pedestrian(random);
      const comes = random.chance(0.8);
      const own = randomStream(this.#seed, `walker ${from} ${side} ${i}`);
      if (!comes || !rings.every((ring) => s < ring.from - 16 || s > ring.to + 16)) continue;
      walkers.push(new Pedestrian(nextObject(), body, s, offset, KERB_HEIGHT, own, this.#road));
    }
    return walkers;
  }

  #parked(from: number, rings: readonly Roundabout[], random: Random, nextObject: () => number): readonly Actor[] {
    const parked: Actor[] = [];
    for (let i = 0; i < 3; i++) {
      const s = from + (TILE / 3) * (i + 0.5) + random.between(-0.4, 0.4);
      const body = random.chance(0.04) ? truck(random) : car(random);
      const turn = random.between(-0.03, 0.03) + (random.chance(0.8) ? Math.PI : 0);
      const there = random.chance(0.78) && body.length < TILE / 3 - 0.9;
      const { curvature } = this.#road.at(s);
      // Not in bends, and not where the road narrows into a roundabout.
      if (!there || Math.abs(curvature) > 0.004 || !rings.every((ring) => s < ring.from - 14 || s > ring.to + 14)) continue;
      const { x, y, heading } = this.#road.at(s, PARKED_OFFSET);
      parked.push(new Parked(nextObject(), body, x, y, heading + turn, 0));
    }
    return parked;
  }

  #island(ring: Roundabout, random: Random): readonly Fixture[] {
    const at = (x: number, y: number): Place => fixed([ring.x + x, ring.y + y, this.#terrain.height(ring.x + x, ring.y + y) + KERB_HEIGHT]);
    return Array.from({ length: 4 }, (_, i) => {
      const [x, y] = [random.between(-3, 3) + (i % 2 === 0 ? 3 : -3), random.between(-3, 3)];
      const crown = random.between(1.4, 2.2);
      return {
        place: at(x, y),
        shade: random.uniform(),
        solids: [
          { kind: "cylinder", material: MATERIAL_BARK, centre: [0, 0, 1.2], half: [0.15, 0.15, 1.5] },
          { kind: "ellipsoid", material: MATERIAL_LEAF, centre: [0, 0, 2.2 + 0.8 * crown], half: [crown, crown, crown] },
        ],
      };
    });
  }
}

function pole(height: number, radius: number): Solid {
  return { kind: "cylinder", material: MATERIAL_METAL, centre: [0, 0, height / 2 - 0.15], half: [radius, radius, height / 2 + 0.15] };
}

/** Beyond the ring's pavement and beside its arms. */
function clear(ring: Roundabout, x: number, y: number, radius: number): boolean {
  const [dx, dy] = [x - ring.x, y - ring.y];
  const distance = Math.sqrt(dx * dx + dy * dy);
  if (distance < 22 + radius) return false;
  if (distance > ARM_LENGTH + 10) return true;
  // Ahead along the road, and beside it: an arm leaves to each side, where little is ahead.
  const [ux, uy] = [Math.abs(dx * ring.ax + dy * ring.ay), Math.abs(dy * ring.ax - dx * ring.ay)];
  return ux > 9 + radius || uy < 22;
}
