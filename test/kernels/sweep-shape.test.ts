import { beforeAll, expect, test } from "vitest";
import { SHAPE_FIGURES, SHAPE_SECTORS, SWEEP_LASERS } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import * as reference from "../reference/sweep-shape.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const STRIDE = 17;
const [F32, U16, U8] = [6, 3, 1];
const FARTHEST = 120;

/** f32 x y z at 1, u16 laser at 13, u8 intensity at 15. */
function run(points: readonly reference.Point[]) {
  const mark = kernels.mark();
  const bytes = new Uint8Array(STRIDE * points.length);
  const view = new DataView(bytes.buffer);
  for (const [i, { x, y, z, laser, intensity }] of points.entries()) {
    for (const [d, value] of [x, y, z].entries()) view.setFloat32(STRIDE * i + 1 + 4 * d, value, true);
    view.setUint16(STRIDE * i + 13, laser, true);
    view.setUint8(STRIDE * i + 15, intensity);
  }
  const rows = guardedBytes(kernels, bytes);
  const out = guarded(kernels, 4 * (SHAPE_FIGURES + SWEEP_LASERS + SHAPE_SECTORS));
  const placed = kernels.exports.sweepShape(
    ...([rows.pointer, points.length, STRIDE, 1, 5, 9, F32, 13, U16, 15, U8, FARTHEST, out.pointer] as const),
  );
  for (const region of [rows, out]) region.expectIntact();
  const [first = 0, unplaced = 0, zero = 0, far = 0, repeated = 0, bright = 0, ...counts] = kernels.u32(
    out.pointer,
    SHAPE_FIGURES + SWEEP_LASERS + SHAPE_SECTORS,
  );
  kernels.release(mark);
  expect(first).toBe(placed);
  return { placed, unplaced, zero, far, repeated, bright, lasers: counts.slice(0, SWEEP_LASERS), sectors: counts.slice(SWEEP_LASERS) };
}

test("is the definition", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = randomStream(seed, "shape");
    const points: reference.Point[] = [];
    for (let i = 0; i < 50 * seed; i++) {
      const strange = random.chance(0.05) ? random.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) : null;
      const place = random.chance(0.05) ? [0, 0, 0] : Array.from({ length: 3 }, () => Math.fround(random.between(-150, 150)));
      const [x = 0, y = 0, z = 0] = place;
      const point = { x: strange ?? x, y, z, laser: random.below(300), intensity: random.below(8) };
      points.push(point);
      if (random.chance(0.1)) points.push({ ...point, laser: random.below(300) });
    }
    if (points.length === 0) expect(run(points).placed).toBe(0);
    else {
      const { sectors, ...got } = run(points);
      const { sectors: wanted, ...want } = reference.sweepShape(points, FARTHEST, SHAPE_SECTORS);
      expect(got).toEqual(want);
      // Azimuths are taken to 4e-6 rad: a point on the border of two sectors may fall to either.
      const apart = sectors.map((count, s) => Math.abs(count - (wanted[s] ?? 0)));
      expect(apart.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(2 + points.length / 50);
    }
  }
});
