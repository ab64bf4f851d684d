import { decode } from "jpeg-js";
import { beforeAll, describe, expect, test } from "vitest";
import { GROUND_CELLS, GROUND_NODE, MATERIAL_PAINT, MATERIAL_WALL, PRIMITIVE_ROW } from "../../src/abi.ts";
import { Camera, type Picture } from "../../src/simulate/camera.ts";
import { loadSimulatorKernels } from "../../src/simulate/kernels.ts";
import { multiply, toRigid } from "../../src/simulate/rotation.ts";
import type { Scene } from "../../src/simulate/scene.ts";
import { sightsInImage } from "../../src/simulate/sights.ts";
import { SolidWriter } from "../../src/simulate/solid.ts";
import type { CameraModel, Motion, TrueBox } from "../../src/simulate/types.ts";
import { CAMERA } from "./moments.ts";

const MODEL: CameraModel = { ...CAMERA, width: 320, height: 180, fx: 230, fy: 230, cx: 160, cy: 90 };

/** A vehicle driving along x on a flat field towards a white car 15 m ahead of where it begins, before a wall. */
async function field(speed: number, turn = 0): Promise<{ scene: Scene; car: TrueBox }> {
  const kernels = await loadSimulatorKernels();
  const primitives = kernels.alloc(2 * PRIMITIVE_ROW);
  const ground = kernels.alloc(GROUND_CELLS * GROUND_CELLS * GROUND_NODE);
  const nodes = new Float32Array(kernels.exports.memory.buffer, ground, (GROUND_CELLS * GROUND_CELLS * GROUND_NODE) / 4);
  for (let i = 0; i < GROUND_CELLS * GROUND_CELLS; i++) nodes.set([0, 20, 0, 3], 4 * i);
  const out = new SolidWriter(kernels, primitives, 2, 0, 0);
  const still = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], velocity: [0, 0, 0], spin: [0, 0, 0] } as const;
  out.add({ kind: "box", material: MATERIAL_PAINT, centre: [0, 0, 0], half: [2.2, 0.9, 0.8] }, 1, 0.99, { centre: [15, 1, 0.8], ...still });
  out.add({ kind: "box", material: MATERIAL_WALL, centre: [0, 0, 0], half: [1, 40, 6] }, 0, 0.05, { centre: [60, 0, 6], ...still });
  const box = { object: 1, class: "car", x: 15, y: 1, z: 0.8, length: 4.4, width: 1.8, height: 1.6, yaw: 0 } as const;
  return {
    car: { ...box, velocity: [0, 0, 0], yawRate: 0, parked: true, points: 0 },
    scene: {
      kernels,
      at: (t) => ({ t, originX: 0, originY: 0, primitives, count: 2, ground }),
      egoAt: (t): Motion => {
        const [c, s] = [Math.cos(turn * t), Math.sin(turn * t)];
        const pose = toRigid([speed * t, 0, 0], multiply([c, -s, 0, s, c, 0, 0, 0, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1]));
        return { t, pose, velocity: [speed, 0, 0], acceleration: [0, 0, 0], angularVelocity: [0, 0, turn] };
      },
    },
  };
}

function luma({ jpeg }: Picture): { readonly data: Uint8Array; readonly width: number; readonly height: number } {
  const decoded = decode(jpeg, { useTArray: true, formatAsRGBA: false });
  return { width: decoded.width, height: decoded.height, data: decoded.data.filter((_, i) => i % 3 === 0) };
}

describe("the camera", () => {
  let first: Picture;
  beforeAll(async () => {
    first = new Camera((await field(0)).scene, MODEL, 1, 2).capture(0);
  });

  test("takes a picture that is a JPEG of its size", () => {
    const { width, height, data } = luma(first);
    expect([width, height, data.length]).toEqual([320, 180, 320 * 180]);
    expect(Math.abs(data.reduce((sum, level) => sum + level, 0) / data.length - first.meanLevel)).toBeLessThan(1);
  });

  test("sees a car where labels say it is", async () => {
    const { scene, car } = await field(0);
    const { data, width } = luma(new Camera(scene, MODEL, 1, 2).capture(0));
    const moment = { index: 0, t: 0, stampNs: 0n, ego: scene.egoAt(0), boxes: [car] };
    const [left = 0, top = 0, right = 0, bottom = 0] = sightsInImage(moment, MODEL)[0]?.values ?? [];
    const mean = (x0: number, y0: number, x1: number, y1: number): number => {
      let [sum, n] = [0, 0];
      for (let y = Math.round(y0); y < y1; y++) for (let x = Math.round(x0); x < x1; x++, n++) sum += data[y * width + x] ?? 0;
      return sum / n;
    };
    const inside = mean(left + 2, top + 2, right - 2, bottom - 2);
    // White against grass and a dark wall; half of the edge's contrast lies within two pixels of the label.
    for (const [x0, y0, x1, y1] of [
      [left - 4, top + 2, left - 2, bottom - 2],
      [right + 2, top + 2, right + 4, bottom - 2],
      [left + 2, bottom + 2, right - 2, bottom + 4],
    ] as const) {
      expect(inside - mean(x0, y0, x1, y1)).toBeGreaterThan(25);
    }
  });

  test("finds its exposure, and keeps near it", async () => {
    const camera = new Camera((await field(0)).scene, MODEL, 1, 2);
    const pictures = Array.from({ length: 40 }, (_, i) => camera.capture(i / 10));
    for (const { meanLevel, exposureSeconds, gain } of pictures.slice(15)) {
      expect(Math.abs(meanLevel - 112)).toBeLessThan(14);
      expect(exposureSeconds >= 0.0008 && exposureSeconds <= 0.01 && gain > 0.3).toBe(true);
    }
    // The light changes, so does the exposure.
    expect(new Set(pictures.map(({ exposureSeconds }) => exposureSeconds)).size).toBeGreaterThan(20);
    expect(camera.endOf(4)).toBeCloseTo(4 + 180 * 2e-5 + 0.006, 2);
  });

  test("blurs when it turns", async () => {
    const sharpness = async (turn: number): Promise<number> => {
      const { data, width } = luma(new Camera((await field(0, turn)).scene, MODEL, 1, 2).capture(0));
      // In the middle above the horizon there are only the wall's windows.
      let sum = 0;
      for (let y = 60; y < 85; y++)
        for (let x = 60; x < 260; x++) sum += ((data[y * width + x + 1] ?? 0) - (data[y * width + x] ?? 0)) ** 2;
      return sum;
    };
    expect(await sharpness(3)).toBeLessThan(0.6 * (await sharpness(0)));
  });

  test("the same pictures for the same seed, other noise for another", async () => {
    const shoot = async (seed: number): Promise<Picture> => new Camera((await field(9)).scene, MODEL, seed, 2).capture(0.3);
    expect(await shoot(1)).toEqual(await shoot(1));
    expect((await shoot(2)).jpeg).not.toEqual((await shoot(1)).jpeg);
  });

  test("refuses a width it cannot render", async () => {
    const { scene } = await field(0);
    expect(() => new Camera(scene, { ...MODEL, width: 321 }, 1, 2)).toThrow("multiple of 16");
  });
});
