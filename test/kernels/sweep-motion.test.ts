import { beforeAll, describe, expect, test } from "vitest";
import { MOTION_FIGURES } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/sweep-motion.ts";
import { ROOM_PERIOD_S, type RoomOptions, sweepRoom } from "../room.ts";
import type { SweepPoint } from "../sweep.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const STRIDE = 25;
const [F32, F64, U8] = [6, 7, 1];

/** f32 x y z at 1, f64 time at 13, u8 laser at 21. */
function run(points: readonly SweepPoint[], hasRing = true) {
  const mark = kernels.mark();
  const bytes = new Uint8Array(STRIDE * points.length);
  const view = new DataView(bytes.buffer);
  for (const [i, { x, y, z, time, laser }] of points.entries()) {
    for (const [d, value] of [x, y, z].entries()) view.setFloat32(STRIDE * i + 1 + 4 * d, value, true);
    view.setFloat64(STRIDE * i + 13, time, true);
    view.setUint8(STRIDE * i + 21, laser);
  }
  const rows = guardedBytes(kernels, bytes);
  const out = guarded(kernels, 8 * MOTION_FIGURES);
  const n = kernels.exports.sweepMotion(
    ...([rows.pointer, points.length, STRIDE, 1, 5, 9, F32, 13, F64, hasRing ? 21 : -1, U8, out.pointer] as const),
  );
  for (const region of [rows, out]) region.expectIntact();
  const [counted = 0, base = 0, since = 0, span = 0, spin = 0, still = 0, moving = 0, ...fit] = new Float64Array(
    kernels.exports.memory.buffer.slice(out.pointer, out.pointer + 8 * MOTION_FIGURES),
  );
  kernels.release(mark);
  const begin = (points[base]?.time ?? 0) + since;
  return { n, counted, begin, span, spin, still, moving, fit: fit as unknown as reference.Fit };
}

/** Metres the fitted place moves in a sweep. */
const wayOf = (options: RoomOptions, hasRing = true): readonly [number, number] => {
  const { fit, span } = run(sweepRoom(options), hasRing);
  return [(fit[3] * ROOM_PERIOD_S) / span, (fit[4] * ROOM_PERIOD_S) / span];
};

test("the span and the spin of a sweep", () => {
  const { n, counted, begin, span, spin } = run(sweepRoom());
  expect([n, counted]).toEqual([4096, 4096]);
  expect(begin).toBeCloseTo(0, 3);
  expect(span).toBeCloseTo(ROOM_PERIOD_S, 3);
  expect(spin / span).toBeCloseTo((-2 * Math.PI) / ROOM_PERIOD_S, 1);
});

describe("how far the place moves that a sweep was measured from", () => {
  for (const speed of [0, 1, 10, 30]) {
    test(`as measured, at ${speed} m/s: it stays`, () => {
      const [x, y] = wayOf({ speed, yawRate: 0.3 });
      expect(Math.hypot(x, y)).toBeLessThan(0.01);
    });
    test(`moved to one moment, at ${speed} m/s: as far as was driven`, () => {
      const [x, y] = wayOf({ speed, yawRate: 0.3, removed: "all" });
      expect(Math.hypot(x - 0.1 * speed, y)).toBeLessThan(0.02 + 0.004 * speed);
    });
  }

  test("lasers by their elevation, and a sensor that is mounted ahead", () => {
    expect(wayOf({ speed: 10 }, false)[0]).toBeCloseTo(0, 1);
    expect(wayOf({ speed: 10, removed: "all", mount: [1.2, 0.3, 0] })[0]).toBeCloseTo(1, 1);
    expect(wayOf({ speed: 10, mount: [1.2, 0.3, 1.5] })[0]).toBeCloseTo(0, 1);
  });

  test("turns that were taken out add to the spin, and lean the axis", () => {
    const turned = run(sweepRoom({ yawRate: 0.5, removed: "turns" }));
    expect(turned.fit[0] / turned.span - run(sweepRoom()).fit[0] / run(sweepRoom()).span).toBeCloseTo(0.5, 1);
    // Nose down by 0.03 rad in the sweep: about y.
    const pitched = run(sweepRoom({ pitchRate: 0.3, removed: "turns" }));
    expect(Math.hypot(pitched.fit[7], pitched.fit[8])).toBeCloseTo(0.03, 2);
    expect(pitched.moving).toBeLessThan(pitched.still);
  });
});

test("the median residual is the definition's for the fit found", () => {
  for (const options of [{}, { speed: 10, removed: "all" }, { speed: 5, yawRate: 0.5, pitchRate: 0.2, removed: "all" }] as const) {
    const points = sweepRoom(options);
    const { fit, begin, span, moving } = run(points);
    const want = reference.sweepMotion(
      points.map((point) => ({ ...point, at: (point.time - begin) / span })),
      fit,
    );
    expect(Math.abs(moving - want)).toBeLessThan(0.0002 + 0.1 * want);
  }
});

test("few points, no points, strange points", () => {
  expect(run([]).n).toBe(0);
  expect(run(sweepRoom({ firings: 30 })).n).toBe(0);
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, 0, 1e30];
  const points = sweepRoom({ firings: 100 });
  for (const [i, point] of points.entries()) point.time = strange[i % 4] ?? 0;
  expect(run(points).n).toBeLessThanOrEqual(points.length);
  expect(run(points.map((one, i) => ({ ...one, x: strange[i % 4] ?? 0 }))).n).toBeLessThanOrEqual(points.length);
});
