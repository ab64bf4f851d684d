/** The simulated world is plausible: nobody jumps, nobody drives through anybody, and nothing depends on when it is looked at. */
import { beforeAll, describe, expect, test } from "vitest";
import { PRIMITIVE_ROW } from "../../src/abi.ts";
import { Curve } from "../../src/simulate/curve.ts";
import { loadSimulatorKernels } from "../../src/simulate/kernels.ts";
import { MIDDLE, RING, Road } from "../../src/simulate/road.ts";
import type { TrueBox } from "../../src/simulate/types.ts";
import { World } from "../../src/simulate/world.ts";

const NOBODY = new Map<number, number>();

async function world(seed: number): Promise<World> {
  return new World(seed, await loadSimulatorKernels());
}

describe("the road", () => {
  test("a curve's position, heading and curvature belong together", () => {
    const ramps = [
      { length: 12, from: 0, to: 0.06 },
      { length: 20, from: 0.06, to: 0.06 },
      { length: 9, from: 0.06, to: -0.02 },
    ];
    const curve = new Curve(5, () => ramps.shift() ?? { length: 100, from: -0.02, to: -0.02 });
    expect(curve.at(0)).toMatchObject({ x: 5, y: 0, heading: 0 });
    const h = 1e-3;
    for (let s = 0.3; s < 60; s += 0.37) {
      const [a, b, c] = [curve.at(s - h), curve.at(s), curve.at(s + h)];
      expect((c.x - a.x) / (2 * h)).toBeCloseTo(Math.cos(b.heading), 5);
      expect((c.y - a.y) / (2 * h)).toBeCloseTo(Math.sin(b.heading), 5);
      expect((c.heading - a.heading) / (2 * h)).toBeCloseTo(b.curvature, 3);
    }
  });

  test("forgets what lies far behind, and says so", () => {
    const curve = new Curve(0, () => ({ length: 50, from: 0, to: 0 }));
    expect(curve.at(5000).x).toBeCloseTo(5000, 6);
    expect(curve.at(3000).x).toBeCloseTo(3000, 6);
    expect(() => curve.at(100)).toThrow("expected a place on the curve, got 100 m");
  });

  test("roundabouts: the path keeps its distance from the island and comes back to its lane", () => {
    let seen = 0;
    for (let seed = 1; seed <= 5; seed++) {
      const road = new Road(seed);
      for (const ring of road.roundaboutsBetween(0, 1200)) {
        seen++;
        const middle = road.at((ring.from + ring.to) / 2);
        expect(Math.hypot(middle.x - ring.x, middle.y - ring.y)).toBeCloseTo(RING, 6);
        const [entry, exit] = [road.at(ring.from), road.at(ring.to)];
        expect(Math.abs(exit.heading - entry.heading)).toBeLessThan(1e-4);
        // The island lies on the road's middle, MIDDLE to the left of the path.
        const left = (ring.y - entry.y) * Math.cos(entry.heading) - (ring.x - entry.x) * Math.sin(entry.heading);
        expect(left).toBeCloseTo(MIDDLE, 2);
        for (let s = ring.from + 22; s < ring.to - 22; s += 1) {
          const { x, y } = road.at(s);
          expect(Math.abs(Math.hypot(x - ring.x, y - ring.y) - RING)).toBeLessThan(2.5);
        }
      }
    }
    expect(seen).toBeGreaterThan(10);
  });
});

describe("the world", () => {
  test("is the same whether it is looked at often or once", async () => {
    const [often, once] = [await world(4), await world(4)];
    for (let t = 0; t < 6; t += 0.037) often.at(t);
    for (const w of [often, once]) w.at(6);
    expect(often.boxesAt(6, 100, NOBODY)).toEqual(once.boxesAt(6, 100, NOBODY));
    expect(often.egoAt(6)).toEqual(once.egoAt(6));
    const bytes = (w: World): Uint8Array => {
      const { primitives, count } = w.at(6);
      return w.kernels.u8(primitives, count * PRIMITIVE_ROW).slice();
    };
    expect(Buffer.compare(bytes(often), bytes(once))).toBe(0);
  });

  for (const seed of [1, 2, 3]) {
    describe(`seed ${seed}`, () => {
      const seconds = 40;
      let moments: readonly (readonly TrueBox[])[];
      let w: World;
      beforeAll(async () => {
        w = await world(seed);
        moments = Array.from({ length: seconds * 4 }, (_, i) => w.boxesAt(i / 4, 100, NOBODY));
      });

      test("has some two hundred objects near and of every class in sight", () => {
        const classes = new Set(moments.flat().map((box) => box.class));
        expect([...classes].sort()).toEqual(["car", "cyclist", "pedestrian", "truck"]);
        const mean = moments.reduce((sum, boxes) => sum + boxes.length, 0) / moments.length;
        expect(mean).toBeGreaterThan(60);
        expect(w.boxesAt(seconds, 250, NOBODY).length).toBeGreaterThan(100);
      });

      test("nobody stands in anybody, nor in the vehicle", () => {
        const overlapping = moments.flatMap((boxes, i) => {
          const ego = egoBox(w, i / 4 > seconds - 3 ? i / 4 : null);
          const all = ego ? [...boxes, ego] : boxes;
          return all.flatMap((a, j) =>
            all.slice(j + 1).flatMap((b) => (overlap(a, b) ? [[i / 4, a.object, a.class, b.object, b.class]] : [])),
          );
        });
        expect(overlapping).toEqual([]);
      });

      test("objects move as their velocities and yaw rates say, and speed up as vehicles do", () => {
        const dt = 1 / 64;
        const at = (t: number): ReadonlyMap<number, TrueBox> => new Map(w.boxesAt(t, 100, NOBODY).map((box) => [box.object, box]));
        for (const t of [seconds - 2, seconds - 1.3]) {
          const [before, now, after] = [at(t - dt), at(t), at(t + dt)];
          for (const [object, box] of now) {
            const [a, b] = [before.get(object), after.get(object)];
            if (!a || !b) continue;
            for (const [k, axis] of (["x", "y", "z"] as const).entries()) {
              expect(Math.abs((b[axis] - a[axis]) / (2 * dt) - (box.velocity[k] ?? 0))).toBeLessThan(0.06);
              expect(Math.abs((b[axis] - 2 * box[axis] + a[axis]) / (dt * dt))).toBeLessThan(7);
            }
            expect(Math.abs((b.yaw - a.yaw) / (2 * dt) - box.yawRate)).toBeLessThan(box.class === "pedestrian" ? 0.1 : 0.06);
          }
        }
      });

      test("the ego vehicle turns, climbs, halts, and is never jerked", () => {
        const motions = Array.from({ length: 120 }, (_, i) => w.egoAt(seconds - 3 + i / 40));
        for (const { acceleration, angularVelocity } of motions) {
          expect(Math.hypot(acceleration[0], acceleration[1])).toBeLessThan(6.5);
          expect(Math.abs(acceleration[2])).toBeLessThan(6);
          expect(Math.hypot(...angularVelocity)).toBeLessThan(1);
        }
      });
    });
  }

  test("shows turns, slopes and a halt within its first half minute", async () => {
    const w = await world(1);
    const motions = Array.from({ length: 300 }, (_, i) => w.egoAt(i / 10));
    expect(Math.max(...motions.map((m) => Math.abs(m.angularVelocity[2])))).toBeGreaterThan(0.2);
    expect(Math.min(...motions.map((m) => Math.hypot(m.velocity[0], m.velocity[1])))).toBeLessThan(0.05);
    expect(Math.max(...motions.map((m) => Math.hypot(m.velocity[0], m.velocity[1])))).toBeGreaterThan(8);
    expect(Math.abs((motions.at(-1)?.pose.z ?? 0) - (motions[0]?.pose.z ?? 0))).toBeGreaterThan(0.5);
  });
});

/** The ego vehicle as a box; null for times that are already forgotten. */
function egoBox(w: World, t: number | null): TrueBox | null {
  if (t === null) return null;
  const { pose } = w.egoAt(t);
  const yaw = 2 * Math.atan2(pose.qz, pose.qw);
  const base = { object: 0, class: "car", velocity: [0, 0, 0], yawRate: 0, parked: false, points: 0 } as const;
  return {
    ...base,
    x: pose.x + 1.4 * Math.cos(yaw),
    y: pose.y + 1.4 * Math.sin(yaw),
    z: pose.z + 0.8,
    length: 4.6,
    width: 1.8,
    height: 1.6,
    yaw,
  };
}

/** Whether two rectangles seen from above overlap: no axis of either separates them. */
function overlap(a: TrueBox, b: TrueBox): boolean {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  if (Math.hypot(dx, dy) > (a.length + b.length) / 2 + 2) return false;
  return [a.yaw, a.yaw + Math.PI / 2, b.yaw, b.yaw + Math.PI / 2].every((axis) => {
    const reach = (box: TrueBox): number =>
      (Math.abs(Math.cos(box.yaw - axis)) * box.length + Math.abs(Math.sin(box.yaw - axis)) * box.width) / 2;
    return Math.abs(dx * Math.cos(axis) + dy * Math.sin(axis)) < reach(a) + reach(b);
  });
}
