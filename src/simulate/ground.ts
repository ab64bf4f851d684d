/** The ground around the ego vehicle, node by node for the kernels: see GROUND_CELLS in src/abi.ts. */
import { GROUND_ALONG, GROUND_CELLS, GROUND_NODE } from "../abi.ts";
import { atan2, cos, sin } from "../geometry/elementary.ts";
import type { CurvePoint } from "./curve.ts";
import type { SimulatorKernels } from "./kernels.ts";
import { ARM_LENGTH, HALF_WIDTH, MIDDLE, RING, RING_HALF_WIDTH, type Road, type Roundabout } from "./road.ts";
import type { Terrain } from "./terrain.ts";

/** What a place has to do with the road. */
export interface Surface {
  /** Metres to the left of the road's middle; outward of the ring's middle in a roundabout. */
  readonly lateral: number;
  readonly along: number;
  readonly halfWidth: number;
}

/** Nodes within this many cells of the ego vehicle are kept. */
const REACH = GROUND_CELLS / 2 - 1;
/** How far along the path a node's nearest place is looked for, and in which steps first. */
const SEARCH = 270;
const COARSE = 6;

export class Ground {
  readonly pointer: number;
  readonly #kernels: SimulatorKernels;
  readonly #road: Road;
  readonly #terrain: Terrain;
  #x: number | null = null;
  #y = 0;

  constructor(kernels: SimulatorKernels, road: Road, terrain: Terrain) {
    this.#kernels = kernels;
    this.#road = road;
    this.#terrain = terrain;
    this.pointer = kernels.alloc(GROUND_CELLS * GROUND_CELLS * GROUND_NODE);
  }

  /** Fills in the nodes that came within reach of (x, y), which is on the path at `s`. */
  follow(x: number, y: number, s: number): void {
    const [newX, newY] = [Math.floor(x), Math.floor(y)];
    const [oldX, oldY] = [this.#x, this.#y];
    if (newX === oldX && newY === oldY) return;
    const places = new Places(this.#road, s);
    const nodes = new Float32Array(this.#kernels.exports.memory.buffer, this.pointer, GROUND_CELLS * GROUND_CELLS * 4);
    for (let j = newY - REACH; j <= newY + REACH; j++) {
      const rowIsNew = oldX === null || Math.abs(j - oldY) > REACH;
      for (let i = newX - REACH; i <= newX + REACH; i++) {
        if (!rowIsNew && Math.abs(i - (oldX ?? 0)) <= REACH) continue;
        const at = 4 * ((j & (GROUND_CELLS - 1)) * GROUND_CELLS + (i & (GROUND_CELLS - 1)));
        const { lateral, along, halfWidth } = places.surface(i, j);
        nodes[at] = this.#terrain.height(i, j);
        nodes[at + 1] = lateral;
        nodes[at + 2] = along;
        nodes[at + 3] = halfWidth;
      }
    }
    this.#x = newX;
    this.#y = newY;
  }
}

/** Finds the road from a point near the path. */
export class Places {
  readonly #road: Road;
  readonly #points: readonly (CurvePoint & { readonly s: number })[];
  readonly #roundabouts: readonly Roundabout[];

  /** @param s about where on the path the points will be */
  constructor(road: Road, s: number) {
    const from = Math.max(0, COARSE * Math.floor((s - SEARCH) / COARSE));
    this.#road = road;
    this.#points = Array.from({ length: Math.ceil((2 * SEARCH) / COARSE) }, (_, i) => ({
      ...road.at(from + COARSE * i),
      s: from + COARSE * i,
    }));
    this.#roundabouts = road.roundaboutsBetween(from, s + SEARCH);
  }

  surface(x: number, y: number): Surface {
    for (const ring of this.#roundabouts) {
      const found = inRoundabout(ring, x, y);
      if (found) return found;
    }
    const { s, offset } = this.nearest(x, y);
    return { lateral: offset - MIDDLE, along: s % GROUND_ALONG, halfWidth: HALF_WIDTH };
  }

  /** The place on the path nearest to a point, and how far the point is to its left. */
  nearest(x: number, y: number): { readonly s: number; readonly offset: number } {
    let s = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const point of this.#points) {
      const d = (point.x - x) * (point.x - x) + (point.y - y) * (point.y - y);
      if (d < least) {
        least = d;
        s = point.s;
      }
    }
    let offset = 0;
    const [low, high] = [Math.max(0, s - COARSE), s + COARSE];
    for (let i = 0; i < 4; i++) {
      const point = this.#road.at(s);
      const [c, n] = [cos(point.heading), sin(point.heading)];
      const ahead = (x - point.x) * c + (y - point.y) * n;
      offset = (y - point.y) * c - (x - point.x) * n;
      // On the inside of a bend, beyond its centre, no place is nearest: any will do.
      s = Math.min(high, Math.max(low, s + ahead / Math.max(0.2, 1 - point.curvature * offset)));
    }
    return { s, offset };
  }
}

/** A roundabout is its ring, the road through it as if there were none, and an arm to each side. */
function inRoundabout(ring: Roundabout, x: number, y: number): Surface | null {
  const ahead = (x - ring.x) * ring.ax + (y - ring.y) * ring.ay;
  const left = (y - ring.y) * ring.ax - (x - ring.x) * ring.ay;
  if (Math.abs(ahead) > ring.reach || Math.abs(left) > ARM_LENGTH) return null;
  const radius = Math.sqrt(ahead * ahead + left * left);
  if (radius < RING + RING_HALF_WIDTH + 0.5) {
    return { lateral: radius - RING, along: RING * (Math.PI + atan2(left, ahead)), halfWidth: RING_HALF_WIDTH };
  }
  if (Math.abs(left) <= Math.abs(ahead)) {
    return { lateral: left, along: (ring.from + ring.reach + ahead) % GROUND_ALONG, halfWidth: HALF_WIDTH };
  }
  return { lateral: ahead, along: ARM_LENGTH + left, halfWidth: HALF_WIDTH };
}
