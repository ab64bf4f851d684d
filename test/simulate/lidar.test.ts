/** A sweep is what a head that spins on a moving vehicle among moving objects would see, by its known truth. */
import { beforeAll, describe, expect, test } from "vitest";
import { MATERIAL_WALL, PRIMITIVE_CENTRE, PRIMITIVE_HALF, PRIMITIVE_MATERIAL, PRIMITIVE_ROTATION, PRIMITIVE_ROW } from "../../src/abi.ts";
import { loadSimulatorKernels } from "../../src/simulate/kernels.ts";
import { HEAD_NOISE, HEAD_SWING, Lidar } from "../../src/simulate/lidar.ts";
import { sensorRig } from "../../src/simulate/rig.ts";
import { type Matrix, rotate, toMatrix, unrotate, type Vector } from "../../src/simulate/rotation.ts";
import { POINT_STRIDE } from "../../src/simulate/types.ts";
import { World } from "../../src/simulate/world.ts";

const RINGS = 32;
const COLUMNS = 1200;
const { lidar: model } = sensorRig({ rings: RINGS, columns: COLUMNS, returns: 1 }, null, 10);

interface Point {
  /** In the sensor's frame at the point's own time. */
  readonly at: Vector;
  readonly seconds: number;
  readonly ring: number;
  readonly intensity: number;
  readonly object: number;
}

interface Seen {
  readonly world: World;
  readonly start: number;
  readonly points: readonly Point[];
}

async function see(seed: number, start: number): Promise<Seen> {
  const world = new World(seed, await loadSimulatorKernels());
  const sweep = new Lidar(world, model, seed).sweep(start);
  const view = new DataView(sweep.rows.buffer, sweep.rows.byteOffset, sweep.rows.length);
  const points = Array.from({ length: sweep.count }, (_, i): Point => {
    const f = (at: number): number => view.getFloat32(i * POINT_STRIDE + at, true);
    return {
      at: [f(0), f(4), f(8)],
      seconds: view.getUint32(i * POINT_STRIDE + 16, true) * 1e-9,
      ring: view.getUint16(i * POINT_STRIDE + 20, true),
      intensity: f(12),
      object: sweep.objects[i] ?? 0,
    };
  });
  return { world, start, points };
}

/** A point in the map, as if measured from where the sensor was at `t`. */
function inMap({ world }: Seen, at: Vector, t: number): Vector {
  const { position, rotation } = world.poseAt(t);
  const mount = rotate(toMatrix(model.mount), at);
  const [x, y, z] = rotate(rotation, [mount[0] + model.mount.x, mount[1] + model.mount.y, mount[2] + model.mount.z]);
  return [position[0] + x, position[1] + y, position[2] + z];
}

let seen: Seen;
beforeAll(async () => {
  // While the vehicle drives through its first bend.
  seen = await see(1, 5);
});

describe("time", () => {
  test("azimuth against time is one line per ring, within the noise of the head", () => {
    const rate = 2 * Math.PI * model.timing.rateHz;
    for (let ring = 0; ring < RINGS; ring++) {
      const points = seen.points.filter((point) => point.ring === ring);
      const errors = points.map(({ at: [x, y], seconds }) => {
        const error = Math.atan2(y, x) - Math.PI - (model.azimuth[ring] ?? 0) + rate * seconds;
        return error - 2 * Math.PI * Math.round(error / (2 * Math.PI));
      });
      if (errors.length < 20) continue;
      const rms = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
      expect([ring, rms < Math.sqrt(HEAD_NOISE ** 2 + HEAD_SWING ** 2 / 2) * 1.25]).toEqual([ring, true]);
    }
  });

  test("elevations are the rings' own", () => {
    for (const { at, ring } of seen.points) {
      const [x, y, z] = at;
      expect(Math.abs(Math.atan2(z, Math.hypot(x, y)) - (model.elevation[ring] ?? 0))).toBeLessThan(1e-5);
    }
  });

  test("points come in the order they were fired, and fill the turn", () => {
    const times = seen.points.map(({ seconds }) => seconds);
    expect(times.every((t, i) => i === 0 || t >= (times[i - 1] ?? 0) - 1e-4)).toBe(true);
    expect(Math.max(...times)).toBeGreaterThan(0.098);
    expect(Math.max(...times)).toBeLessThan(0.1);
  });
});

/** Walls of houses: outward normal and a point of each face. */
function walls({ world, start }: Seen): readonly { readonly centre: Vector; readonly rotation: Matrix; readonly half: Vector }[] {
  const scene = world.at(start + 0.05);
  const view = new DataView(world.kernels.exports.memory.buffer, scene.primitives, scene.count * PRIMITIVE_ROW);
  return Array.from({ length: scene.count }, (_, i) => i * PRIMITIVE_ROW)
    .filter((row) => view.getInt32(row + PRIMITIVE_MATERIAL, true) === MATERIAL_WALL)
    .map((row) => {
      const f = (at: number): number => view.getFloat32(row + at, true);
      const three = (at: number): Vector => [f(at), f(at + 4), f(at + 8)];
      const [x, y, z] = three(PRIMITIVE_CENTRE);
      const rotation = Array.from({ length: 9 }, (_, k) => f(PRIMITIVE_ROTATION + 4 * k)) as unknown as Matrix;
      return { centre: [x + scene.originX, y + scene.originY, z] as const, rotation, half: three(PRIMITIVE_HALF) };
    });
}

describe("motion", () => {
  test("points deskewed with the true poses lie on walls to within the range noise; raw ones lie off by what the motion predicts", () => {
    const faces = walls(seen);
    let [count, deskewed, raw, predicted] = [0, 0, 0, 0];
    for (const { at, seconds, object } of seen.points) {
      if (object !== 0) continue;
      const fair = inMap(seen, at, seen.start + seconds);
      const skewed = inMap(seen, at, seen.start);
      for (const { centre, rotation, half } of faces) {
        const local = (p: Vector): Vector => unrotate(rotation, [p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]]);
        const [p, q] = [local(fair), local(skewed)];
        const side = ([0, 1] as const).find((k) => Math.abs(Math.abs(p[k]) - half[k]) < 0.12);
        // Well inside a face: not at its edges, nor where the window of a floor is.
        if (side === undefined || Math.abs(p[side === 0 ? 1 : 0]) > half[side === 0 ? 1 : 0] - 0.5 || Math.abs(p[2]) > half[2] - 0.2)
          continue;
        const [d, e] = [Math.abs(p[side]) - half[side], Math.abs(q[side]) - half[side]];
        count++;
        deskewed += d * d;
        raw += e * e;
        predicted += (Math.abs(q[side]) - Math.abs(p[side])) ** 2;
        break;
      }
    }
    expect(count).toBeGreaterThan(1000);
    const thickness = (sum: number): number => Math.sqrt(sum / count);
    expect(thickness(deskewed)).toBeLessThan(1.6 * model.noise);
    expect(thickness(raw)).toBeGreaterThan(8 * model.noise);
    // Variances add: what raw points have more is the motion, and no more.
    expect((raw - deskewed) / predicted).toBeGreaterThan(0.97);
    expect((raw - deskewed) / predicted).toBeLessThan(1.03);
  });

  test("points of a moving car lie in its box where it was at each point's own time, and not where it was when the sweep began", async () => {
    let [cars, points, own, early] = [0, 0, 0, 0];
    for (const seed of [1, 2, 3, 4]) {
      const drive = await see(seed, 3);
      const moving = drive.world.boxesAt(3, 60, new Map()).filter((b) => b.class === "car" && Math.hypot(...b.velocity) > 5);
      for (const { object } of moving) {
        const hits = drive.points.filter((point) => point.object === object);
        if (hits.length < 40) continue;
        cars++;
        for (const { at, seconds } of hits) {
          const t = drive.start + seconds;
          const p = inMap(drive, at, t);
          points++;
          if (inside(drive.world, object, t, p)) own++;
          if (inside(drive.world, object, drive.start, p)) early++;
        }
      }
    }
    expect(cars).toBeGreaterThan(3);
    expect(own / points).toBeGreaterThan(0.985);
    expect(early / points).toBeLessThan(0.9);
  });
});

/** Closed box, with three deviations of the range noise and 2 % of tilt on top. */
function inside(world: World, object: number, t: number, [x, y, z]: Vector): boolean {
  const box = world.boxesAt(t, 100, new Map()).find((one) => one.object === object);
  if (!box) return false;
  const [dx, dy] = [x - box.x, y - box.y];
  const [c, s] = [Math.cos(box.yaw), Math.sin(box.yaw)];
  const slack = 3 * model.noise;
  return (
    Math.abs(dx * c + dy * s) <= box.length / 2 + slack &&
    Math.abs(dy * c - dx * s) <= box.width / 2 + slack &&
    Math.abs(z - box.z) <= box.height / 2 + slack + 0.1
  );
}

describe("light", () => {
  test("intensity falls with range, asphalt is darker than markings, what is far and dark is lost", () => {
    const range = ({ at }: Point): number => Math.hypot(...at);
    // The lane ahead and behind: asphalt and its markings.
    const ground = seen.points.filter(({ object, at }) => object === 0 && at[2] < -1.2 && Math.abs(at[1]) < 2.5);
    const mean = (list: readonly Point[]): number => list.reduce((sum, { intensity }) => sum + intensity, 0) / list.length;
    const [near, far] = [ground.filter((p) => range(p) < 7), ground.filter((p) => range(p) > 12)];
    expect(mean(near)).toBeGreaterThan(1.4 * mean(far));
    expect(Math.max(...near.map(({ intensity }) => intensity))).toBeGreaterThan(3 * mean(near));
    expect(seen.points.length).toBeLessThan(0.95 * RINGS * COLUMNS);
    expect(seen.points.every((p) => range(p) >= model.leastRange - 0.1 && range(p) <= model.mostRange + 0.1)).toBe(true);
  });

  test("with two returns, what is behind an edge is seen too", async () => {
    const world = new World(1, await loadSimulatorKernels());
    const two = new Lidar(world, { ...model, returns: 2 }, 1).sweep(5);
    const view = new DataView(two.rows.buffer, two.rows.byteOffset, two.rows.length);
    const second = Array.from({ length: two.count }, (_, i) => view.getUint16(i * POINT_STRIDE + 22, true)).filter((n) => n === 1).length;
    expect(two.count - second).toBe(seen.points.length);
    expect(second / two.count).toBeGreaterThan(0.002);
    expect(second / two.count).toBeLessThan(0.1);
  });
});
