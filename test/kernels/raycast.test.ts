import { beforeAll, describe, expect, test } from "vitest";
import {
  CAST_SCRATCH,
  CAST_SCRATCH_PER_PRIMITIVE,
  FIRING_ROW,
  GROUND_CELLS,
  GROUND_NODE,
  HIT_GROUP,
  MATERIALS,
  PRIMITIVE_ROW,
  RAY_GROUP,
  REFLECTIVITY_BYTES,
} from "../../src/abi.ts";
import { loadSimulatorKernels, type SimulatorKernels } from "../../src/simulate/kernels.ts";
import { type Random, randomStream } from "../../src/simulate/random.ts";
import { fromYawPitchRoll, type Matrix, multiply, type Vector } from "../../src/simulate/rotation.ts";
import { KIND, SolidWriter } from "../../src/simulate/solid.ts";
import * as reference from "../reference/raycast.ts";
import { guarded } from "./regions.ts";

const RINGS = 16;
const GROUPS = RINGS / 2;
const MOST_RANGE = 100;
const STILL: Vector = [0, 0, 0];

let kernels: SimulatorKernels;
beforeAll(async () => {
  kernels = await loadSimulatorKernels();
});

interface Bench extends reference.Scene {
  readonly firings: number;
  readonly rays: readonly Vector[];
  readonly cast: () => readonly reference.Hit[];
}

/** A scene of `count` solids all around, some moving, and `firings` firings over a sector, from a tilted sensor that moves. */
function bench(random: Random, count: number, firings: number, ground: (x: number, y: number) => readonly number[]): Bench {
  const primitives = kernels.alloc(Math.max(1, count) * PRIMITIVE_ROW);
  const nodes = kernels.alloc(GROUND_CELLS * GROUND_CELLS * GROUND_NODE);
  const rows = kernels.alloc(firings * FIRING_ROW);
  const beams = kernels.alloc(GROUPS * RAY_GROUP);
  const reflectivity = kernels.alloc(REFLECTIVITY_BYTES);
  const scratch = guarded(kernels, CAST_SCRATCH + CAST_SCRATCH_PER_PRIMITIVE * (count + 3));
  const hits = guarded(kernels, firings * GROUPS * HIT_GROUP);
  const memory = kernels.exports.memory.buffer;
  const f32 = new Float32Array(memory);
  for (let y = 0; y < GROUND_CELLS; y++) {
    for (let x = 0; x < GROUND_CELLS; x++) {
      const [u, v] = [x < 128 ? x : x - 256, y < 128 ? y : y - 256];
      f32.set(ground(u, v), nodes / 4 + 4 * (y * GROUND_CELLS + x));
    }
  }
  for (let i = 0; i < 2 * MATERIALS; i++) f32[reflectivity / 4 + i] = i < MATERIALS ? 0.1 + 0.05 * i : 0.4;
  const out = new SolidWriter(kernels, primitives, count, 0, 0);
  const vector = (low: number, high: number): Vector => [random.between(low, high), random.between(low, high), random.between(low, high)];
  for (let i = 0; i < count; i++) {
    const kind = random.pick(Object.keys(KIND) as (keyof typeof KIND)[]);
    const moves = random.chance(0.5);
    const spot: Vector = [random.between(-70, 70), random.between(-70, 70), random.between(-3, 6)];
    const rotation = fromYawPitchRoll(random.between(-3, 3), random.between(-1, 1), random.between(-1, 1));
    const place = {
      centre: spot,
      rotation,
      velocity: moves ? vector(-20, 20) : STILL,
      spin: moves ? vector(-3, 3) : STILL,
    };
    out.add(
      { kind, material: random.below(MATERIALS), centre: [0, 0, 0], half: vector(0.05, 4) },
      1 + random.below(90),
      random.uniform(),
      place,
    );
  }
  const rays: Vector[] = [];
  for (let ring = 0; ring < RINGS; ring++) {
    for (const half of [0, 1]) {
      const up = -0.45 + 0.035 * ring + 0.0006 * half;
      const side = ((ring % 4) - 1.5) * 0.01 + 0.0006 * half;
      const ray: Vector = [Math.cos(up) * Math.cos(side), Math.cos(up) * Math.sin(side), Math.sin(up)];
      const at = beams / 4 + (2 * (ring >> 2) + half) * (RAY_GROUP / 4) + (ring & 3);
      for (const [axis, value] of ray.entries()) f32[at + 4 * axis] = value;
      rays[(2 * (ring >> 2) + half) * 4 + (ring & 3)] = ray.map(Math.fround) as unknown as Vector;
    }
  }
  const [start, turn] = [random.between(-3, 3), random.chance(0.5) ? 1 : -1];
  const tilt = fromYawPitchRoll(0, random.between(-0.05, 0.05), random.between(-0.05, 0.05));
  for (let n = 0; n < firings; n++) {
    const t = -0.0125 + (0.025 * n) / firings;
    const m: Matrix = multiply(tilt, fromYawPitchRoll(start + (turn * 1.5 * n) / firings, 0, 0));
    f32.set([1 + 15 * t, 2 - 3 * t, 1.9, ...m, t], (rows + n * FIRING_ROW) / 4);
  }
  const cast = (): readonly reference.Hit[] => {
    const done = kernels.exports.castRays(
      primitives,
      count,
      nodes,
      rows,
      firings,
      beams,
      GROUPS,
      reflectivity,
      MOST_RANGE,
      scratch.pointer,
      hits.pointer,
    );
    expect(done).toBe(firings);
    scratch.expectIntact();
    hits.expectIntact();
    const i32 = new Int32Array(memory);
    return Array.from({ length: firings * RINGS * 2 }, (_, i) => {
      const at = (hits.pointer + (i >> 2) * HIT_GROUP) / 4 + (i & 3);
      return { range: f32[at] ?? 0, cosine: f32[at + 4] ?? 0, reflectivity: f32[at + 8] ?? 0, object: i32[at + 12] ?? 0 };
    });
  };
  return { memory, primitives, count, ground: nodes, reflectivity, firings: rows, rays, cast };
}

/** Solids only: the ground is out of reach. */
const ABYSS = (): readonly number[] => [-1e6, 0, 0, 1e9];

/** Whether the reference sees the same when the ray is moved by less than a tenth of a millimetre per metre. */
function agrees(bed: Bench, index: number, hit: reference.Hit): boolean {
  const firing = bed.firings + Math.floor(index / (RINGS * 2)) * FIRING_ROW;
  const [x, y, z] = bed.rays[index % (RINGS * 2)] ?? [0, 0, 0];
  return [
    [0, 0],
    [3e-5, 0],
    [-3e-5, 0],
    [0, 3e-5],
    [0, -3e-5],
  ].some(([a = 0, b = 0]) => {
    const want = reference.castRays(bed, firing, [x, y + a, z + b], MOST_RANGE);
    if (want.range === Number.POSITIVE_INFINITY) return hit.range === Number.POSITIVE_INFINITY;
    // A grazed surface moves far when the ray moves a little.
    const slack = 0.002 + (a === 0 && b === 0 ? 0.004 : 0.02) / Math.max(want.cosine, 0.01) / 10;
    return hit.object === want.object && Math.abs(hit.range - want.range) < slack && Math.abs(hit.reflectivity - want.reflectivity) < 1e-5;
  });
}

describe("castRays", () => {
  for (const [count, firings] of [
    [0, 5],
    [1, 12],
    [3, 13],
    [4, 30],
    [40, 60],
    [301, 150],
  ] as const) {
    test(`meets what the reference meets: ${count} solids, ${firings} firings`, () => {
      for (let seed = 0; seed < 4; seed++) {
        const mark = kernels.mark();
        const bed = bench(randomStream(seed, `raycast ${count}`), count, firings, ABYSS);
        const hits = bed.cast();
        const wrong = hits.flatMap((hit, i) => (agrees(bed, i, hit) ? [] : [{ seed, i, hit }]));
        expect(wrong).toEqual([]);
        if (count > 100) expect(hits.filter((hit) => hit.object > 0).length).toBeGreaterThan(hits.length / 20);
        kernels.release(mark);
      }
    });
  }

  test("cosines are those of the surface that was met", () => {
    const mark = kernels.mark();
    const bed = bench(randomStream(7, "cosine"), 301, 60, ABYSS);
    let compared = 0;
    for (const [i, hit] of bed.cast().entries()) {
      const firing = bed.firings + Math.floor(i / (RINGS * 2)) * FIRING_ROW;
      const want = reference.castRays(bed, firing, bed.rays[i % (RINGS * 2)] ?? [0, 0, 0], MOST_RANGE);
      if (Math.abs(hit.range - want.range) > 0.001 || want.cosine < 0.05) continue;
      compared++;
      expect(Math.abs(hit.cosine - want.cosine)).toBeLessThan(0.01);
    }
    expect(compared).toBeGreaterThan(100);
    kernels.release(mark);
  });

  test("rolling ground without kerbs is met where the reference goes below it", () => {
    const mark = kernels.mark();
    const hills = (x: number, y: number): readonly number[] => [Math.sin(x / 35) * 0.6 + Math.cos(y / 40) * 0.8 - 0.8, 0, 0, 1e9];
    const bed = bench(randomStream(3, "ground"), 0, 40, hills);
    let met = 0;
    for (const [i, hit] of bed.cast().entries()) {
      const firing = bed.firings + Math.floor(i / (RINGS * 2)) * FIRING_ROW;
      const ray = bed.rays[i % (RINGS * 2)] ?? [0, 0, 0];
      const want = reference.groundRange(bed, firing, ray, 60);
      if (want > 55) continue;
      met++;
      const { origin, direction } = reference.aimed(bed, firing, ray);
      const height = reference.above(
        bed,
        origin[0] + hit.range * direction[0],
        origin[1] + hit.range * direction[1],
        origin[2] + hit.range * direction[2],
      );
      expect([i, Math.abs(height) < 0.006, Math.abs(hit.range - want) < 0.01 + 0.004 * want]).toEqual([i, true, true]);
    }
    expect(met).toBeGreaterThan(400);
    kernels.release(mark);
  });

  test("markings are brighter than asphalt, pavements and grass follow beyond the kerb", () => {
    const mark = kernels.mark();
    const bed = bench(randomStream(5, "road"), 0, 200, (x, y) => [0, y, x, 6]);
    const seen = new Set(bed.cast().flatMap((hit) => (hit.range < MOST_RANGE ? [Math.round(hit.reflectivity * 1000)] : [])));
    // asphalt, marking, pavement, grass; dry and wet
    for (const dry of [100, 150, 200, 250]) expect([dry, seen.has(dry)]).toEqual([dry, true]);
    expect([...seen].every((value) => [100, 150, 200, 250, 25, 38, 50, 63, 37, 62].includes(value))).toBe(true);
    kernels.release(mark);
  });
});
