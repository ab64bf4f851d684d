import { beforeAll, describe, expect, test } from "vitest";
import { SWEEP_FIGURES, SWEEP_LASERS } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import * as reference from "../reference/sweep-fit.ts";
import { SPOILS, type SweepPoint, sweep } from "../sweep.ts";
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
  const out = guarded(kernels, 8 * (SWEEP_FIGURES + 2 * SWEEP_LASERS));
  const n = kernels.exports.sweepFit(
    ...([rows.pointer, points.length, STRIDE, 1, 5, 9, F32, 13, F64, hasRing ? 21 : -1, U8, out.pointer] as const),
  );
  for (const region of [rows, out]) region.expectIntact();
  const values = new Float64Array(kernels.exports.memory.buffer, out.pointer, SWEEP_FIGURES + 2 * SWEEP_LASERS).slice();
  kernels.release(mark);
  const [
    counted = 0,
    spin = 0,
    ax = 0,
    ay = 0,
    resultant = 0,
    median = 0,
    off = 0,
    least = 0,
    most = 0,
    back = 0,
    stuck = 0,
    far = 0,
    parts = 0,
    lost = 0,
  ] = values;
  const lasers = Array.from(
    { length: SWEEP_LASERS },
    (_, l) => [values[SWEEP_FIGURES + 2 * l] ?? 0, values[SWEEP_FIGURES + 2 * l + 1] ?? 0] as const,
  );
  return { n, counted, spin, axis: [ax, ay] as const, resultant, median, off, least, most, back, stuck, far, parts, lost, lasers };
}

describe("good sweeps", () => {
  for (const axis of [
    [0, 0],
    [1.4, -0.3],
  ] as const) {
    for (const spin of [-62.8, 62.8, 125]) {
      for (const hasRing of [true, false]) {
        test(`axis at ${axis.join(", ")}, ${spin} rad/s, ${hasRing ? "lasers numbered" : "lasers by elevation"}`, () => {
          const points = sweep({ axis, spin, periodS: Math.abs((2 * Math.PI) / spin) });
          const got = run(points, hasRing);
          // Without numbers, lasers with hardly a point in the sample are not held against it.
          expect(got.n).toBeGreaterThan(hasRing ? points.length - 1 : 0.97 * points.length);
          expect(got.spin / spin).toBeCloseTo(1, 2);
          expect(got.resultant).toBeGreaterThan(0.99);
          if (hasRing) {
            expect(got.spin / spin).toBeCloseTo(1, 4);
            expect(Math.hypot(got.axis[0] - axis[0], got.axis[1] - axis[1])).toBeLessThan(0.02);
            expect(got.median).toBeLessThan(0.001);
            expect([got.off, got.far, got.back, got.stuck]).toEqual([0, 0, 0, expect.any(Number)]);
          }
        });
      }
    }
  }

  test("directions with points", () => {
    expect(run(sweep()).parts).toBe(16);
    expect(run(sweep().filter(({ x, y }) => x > 0 && y > 0)).parts).toBe(4);
  });

  test("every laser has its phase", () => {
    const { lasers } = run(sweep());
    const phases = lasers.slice(0, 16).map(([, phase]) => phase);
    for (const [l, phase] of phases.entries()) expect(phase - (phases[0] ?? 0)).toBeCloseTo(0.018 * (l % 4), 2);
    expect(lasers.slice(16).every(([count]) => count === 0)).toBe(true);
  });
});

describe("fields of any type", () => {
  const points = sweep({ axis: [0.3, -0.2], seed: 8 });
  const places = { f32: F32, f64: F64, f16: 8 } as const;
  const times = { f32: [F32, 1], f64: [F64, 1], u32: [5, 1e9], i32: [4, 1e9], i64: [9, 1e9] } as const;
  const ask = (place: keyof typeof places, time: keyof typeof times) => {
    const mark = kernels.mark();
    const size = { f32: 4, f64: 8, f16: 2 }[place];
    const [type, perSecond] = times[time];
    const stride = 3 * size + 9;
    const view = new DataView(new ArrayBuffer(stride * points.length));
    for (const [i, point] of points.entries()) {
      for (const [d, value] of [point.x, point.y, point.z].entries()) {
        if (place === "f16") view.setFloat16(stride * i + size * d, value, true);
        else view[place === "f32" ? "setFloat32" : "setFloat64"](stride * i + size * d, value, true);
      }
      const at = stride * i + 3 * size;
      // An epoch of their own, beyond what an i32 of ns holds where the type allows it.
      const value = (point.time + (time === "u32" ? 3 : time === "i64" || time === "f64" ? 1e6 : 0)) * perSecond;
      if (time === "i64") view.setBigInt64(at, BigInt(Math.round(value)), true);
      else if (time === "u32") view.setUint32(at, value, true);
      else if (time === "i32") view.setInt32(at, value, true);
      else view[time === "f32" ? "setFloat32" : "setFloat64"](at, value, true);
      view.setUint8(at + 8, point.laser);
    }
    const out = kernels.alloc(8 * (SWEEP_FIGURES + 2 * SWEEP_LASERS));
    const rows = kernels.put(new Uint8Array(view.buffer));
    kernels.exports.sweepFit(
      ...([rows, points.length, stride, 0, size, 2 * size, places[place], 3 * size, type, 3 * size + 8, U8, out] as const),
    );
    const [n = 0, spin = 0, x = 0, y = 0, resultant = 0, , off = 0] = new Float64Array(kernels.exports.memory.buffer.slice(out, out + 56));
    kernels.release(mark);
    return { n, spin: spin * perSecond, axis: [x, y], resultant, off };
  };
  for (const place of ["f32", "f64", "f16"] as const) {
    for (const time of ["f32", "f64", "u32", "i32", "i64"] as const) {
      test(`places in ${place}, times in ${time}`, () => {
        const { n, spin, axis, resultant, off } = ask(place, time);
        expect([n, off]).toEqual([points.length, 0]);
        expect(spin).toBeCloseTo(-20 * Math.PI, 1);
        expect(axis[0]).toBeCloseTo(0.3, 1);
        expect(axis[1]).toBeCloseTo(-0.2, 1);
        expect(resultant).toBeGreaterThan(0.999);
      });
    }
  }
});

test("a laser with hardly a point is not held against the fit", () => {
  const points = sweep({ seed: 4 }).map((point, i) =>
    i === 700 || i === 5000 ? { ...point, laser: 99, x: -point.x, y: -point.y } : point,
  );
  const { n, far } = run(points);
  expect([n, far]).toEqual([points.length - 2, 0]);
});

test("few lasers, seen from beside their axis, near and far by turns", () => {
  const points = sweep({ seed: 6, lasers: 2, firings: 5000, axis: [1.4, 0] }).map((point, i) => {
    const near = i % 3 === 0 ? 0.25 : 1;
    return { ...point, x: 1.4 + (point.x - 1.4) * near, y: point.y * near };
  });
  const { resultant, axis, off } = run(points);
  expect(resultant).toBeGreaterThan(0.999);
  expect(axis[0]).toBeCloseTo(1.4, 1);
  expect(off).toBeLessThan(0.01);
});

describe("spoiled times", () => {
  for (const [name, spoil] of Object.entries(SPOILS)) {
    test(`${name}: the figures are the definition's for the spin and axis found`, () => {
      const points = sweep({ seed: 3 });
      spoil(points, randomStream(3, name));
      const got = run(points);
      if (name === "zeroed") {
        expect(got.n).toBe(0);
        expect([got.least, got.most, got.stuck]).toEqual([0, 0, 1]);
        return;
      }
      const counted = name === "a tenth zeroed" ? points.filter(({ time }) => time > 0) : points;
      const want = reference.sweepFit(counted, got.spin, got.axis, 0.05);
      const share = counted.length / points.length;
      // Resultant and phases are of a sample of a thousand.
      expect(Math.abs(got.resultant - want.resultant)).toBeLessThan(0.08);
      if (want.resultant > 0.8) {
        expect(Math.abs(got.off - (want.share * share + 0.98 * (1 - share)))).toBeLessThan(0.02);
        expect(got.lost / (1 - share || 1)).toBeCloseTo(name === "a tenth zeroed" ? 0.91 : 0, 1);
      }
      const figures = { shuffled: [0.4, 1], "counted from each packet": [0.5, 1] }[name];
      if (figures) expect(got.resultant).toBeLessThan(figures[0] ?? 0);
      else expect(got.resultant).toBeGreaterThan(0.85);
    });
  }
});

test("few points, no points, strange points", () => {
  const at = (x: number, time = 0): SweepPoint => ({ x, y: 3, z: 0, time, laser: 0 });
  expect(run([]).n).toBe(0);
  expect(run([at(5)]).n).toBe(0);
  expect(run(Array.from({ length: 199 }, (_, i) => at(5 + i, i))).n).toBe(0);
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, 0, 1e30];
  expect(run(Array.from({ length: 1000 }, (_, i) => at(strange[i % 4] ?? 0, strange[(i >> 2) % 4] ?? 0))).n).toBeLessThanOrEqual(1000);
  expect(run(Array.from({ length: 1000 }, (_, i) => at(5, i))).n).toBe(1000);
});
