import { beforeAll, describe, expect, test } from "vitest";
import { FIELD_F16, FIELD_F32, FIELD_F64, FIELD_I64, FIELD_U32, PROFILE_BINS } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import * as reference from "../reference/range-profile.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const TAU = 2 * Math.PI;
type Point = readonly [number, number, number, number];

/** A walled yard with poles, seen from (x, y) turned by `yaw`, one point per column, the first column at -pi. Times in ns. */
function yard(x: number, y: number, yaw: number, seed = 1): Point[] {
  const random = randomStream(seed, "yard");
  const poles = Array.from({ length: 40 }, () => [random.between(-25, 25), random.between(-18, 18)] as const).filter(
    ([px, py]) => Math.hypot(px, py) > 4,
  );
  return Array.from({ length: PROFILE_BINS }, (_, i) => {
    const azimuth = ((i + 0.5) / PROFILE_BINS - 0.5) * TAU;
    const [dx, dy] = [Math.cos(azimuth + yaw), Math.sin(azimuth + yaw)];
    let range = Math.min(((dx > 0 ? 30 : -30) - x) / dx, ((dy > 0 ? 20 : -20) - y) / dy);
    for (const [px, py] of poles) {
      const along = (px - x) * dx + (py - y) * dy;
      const aside = (px - x) * dy - (py - y) * dx;
      if (along > 0 && Math.abs(aside) < 0.4) range = Math.min(range, along - Math.sqrt(0.16 - aside * aside));
    }
    return [range * Math.cos(azimuth), range * Math.sin(azimuth), 1, Math.round((i / PROFILE_BINS) * 1e8)] as const;
  });
}

function profile(points: readonly Point[], type: number, timeType: number, stride = 40, offset = 0) {
  const size = type === FIELD_F64 ? 8 : type === FIELD_F16 ? 2 : 4;
  const bytes = new Uint8Array(points.length * stride);
  const view = new DataView(bytes.buffer);
  for (const [i, [x, y, z, t]] of points.entries()) {
    for (const [axis, value] of [x, y, z].entries()) {
      const at = i * stride + 3 + axis * size;
      if (type === FIELD_F64) view.setFloat64(at, value, true);
      else if (type === FIELD_F32) view.setFloat32(at, value, true);
      else view.setUint16(at, halfBits(value), true);
    }
    if (timeType === FIELD_U32) view.setUint32(i * stride + 30, t, true);
    if (timeType === FIELD_I64) view.setBigInt64(i * stride + 30, 1_700_000_000_000_000_001n + BigInt(t), true);
  }
  const mark = kernels.mark();
  const rows = guardedBytes(kernels, bytes, offset);
  const out = guarded(kernels, 8 * PROFILE_BINS);
  const span = guarded(kernels, 16);
  const time = timeType < 0 ? -1 : 30;
  const filled = kernels.exports.rangeProfile(
    ...([rows.pointer, points.length, stride, 3, 3 + size, 3 + 2 * size, type, time, Math.max(0, timeType)] as const),
    ...([out.pointer, out.pointer + 4 * PROFILE_BINS, span.pointer] as const),
  );
  for (const region of [rows, out, span]) region.expectIntact();
  const memory = kernels.exports.memory.buffer;
  const values = [...new Float32Array(memory, out.pointer, 2 * PROFILE_BINS)];
  const answer = {
    filled,
    range: values.slice(0, PROFILE_BINS),
    time: values.slice(PROFILE_BINS),
    span: [...new Float64Array(memory, span.pointer, 2)],
  };
  kernels.release(mark);
  return answer;
}

/** A double near a half-precision number, as its bits; only what the tests use. */
function halfBits(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const mantissa = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
  return (value < 0 ? 0x8000 : 0) + ((exponent + 15) << 10) + mantissa;
}

describe("rangeProfile", () => {
  const random = randomStream(3, "cloud");
  /** Two points per bin, off its edges, at all heights, some not finite. */
  const cloud: Point[] = Array.from({ length: 2 * PROFILE_BINS }, (_, i) => {
    const azimuth = ((Math.floor(i / 2) + random.between(0.1, 0.9)) / PROFILE_BINS - 0.5) * TAU;
    const range = random.between(0.5, 60);
    const z = random.chance(0.02) ? Number.NaN : random.between(-2, 3);
    return [range * Math.cos(azimuth), range * Math.sin(azimuth), z, i * 1000] as const;
  });

  test.each([
    ["f32, no time", FIELD_F32, -1, 0],
    ["f32, time u32", FIELD_F32, FIELD_U32, 1],
    ["f64, time i64 since 1970", FIELD_F64, FIELD_I64, 5],
  ])("%s", (_, type, timeType, offset) => {
    const rounded = cloud.map(
      ([x, y, z, t]): Point => (type === FIELD_F32 ? [Math.fround(x), Math.fround(y), Math.fround(z), t] : [x, y, z, t]),
    );
    const want = reference.rangeProfile(rounded, PROFILE_BINS);
    const got = profile(cloud, type, timeType, 41, offset);
    expect(got.range).toEqual(want.range);
    expect(got.time).toEqual(timeType < 0 ? new Array(PROFILE_BINS).fill(0) : want.time.map(Math.fround));
    expect(got.span).toEqual(timeType < 0 ? [0, 0] : [0, 1000 * (cloud.length - 1)]);
    expect(got.filled).toBe(want.range.filter((range) => range > 0).length);
  });

  test("half precision", () => {
    const points: Point[] = [
      [4, 0, -1, 0],
      [0, 8.5, 0.5, 0],
      [-12, 0.0078125, 2, 0],
    ];
    const { range, filled } = profile(points, FIELD_F16, -1);
    expect([filled, range[PROFILE_BINS * 0.75], range.at(-1)]).toEqual([2, 8.5, Math.fround(Math.hypot(12, 0.0078125))]);
  });

  test("nothing, and nothing that stands", () => {
    expect(profile([], FIELD_F32, -1).filled).toBe(0);
    expect(profile([[5, 5, Number.NaN, 0]], FIELD_F32, -1).filled).toBe(0);
    expect(profile([[Number.POSITIVE_INFINITY, 5, 1, 0]], FIELD_F32, -1).filled).toBe(0);
  });
});

describe("matchProfiles", () => {
  const match = (a: readonly Point[], b: readonly Point[]) => {
    const profiles = [a, b].map((points) => profile([...points, ...ground], FIELD_F32, FIELD_U32));
    const mark = kernels.mark();
    const at = profiles.map(({ range, time }) => {
      const values = Float32Array.from([...range, ...time.map((t) => t * 1e-9)]);
      return guardedBytes(kernels, new Uint8Array(values.buffer));
    });
    const out = guarded(kernels, 32);
    const bins = kernels.exports.matchProfiles(at[0]?.pointer ?? 0, at[1]?.pointer ?? 0, out.pointer);
    for (const region of [...at, out]) region.expectIntact();
    const [turn = 0, moment = 0, deviation = 0, share = 0] = new Float64Array(kernels.exports.memory.buffer, out.pointer, 4);
    kernels.release(mark);
    const [first, second] = profiles.map(({ range, time }) => ({ range, time: time.map((t) => Math.fround(t * 1e-9)) }));
    const want = first && second ? reference.matchProfiles(first, second) : null;
    return { bins, turn, moment, deviation, share, want };
  };
  const ground = Array.from({ length: 400 }, (_, i): Point => [5 * Math.cos(i), 5 * Math.sin(i), -1.5, 0]);

  for (const [x, y, yaw] of [
    [0, 0, 0.0011],
    [0, 0, 0.02],
    [0, 0, -0.31],
    [1.2, 0.1, 0.05],
    [-0.8, 0.4, -0.11],
  ] as const) {
    test(`moved by ${x}, ${y} and turned by ${yaw}`, () => {
      const { bins, turn, moment, share, want } = match(yard(0, 0, 0), yard(x, y, yaw));
      expect(Math.abs(turn - yaw)).toBeLessThan(5e-4);
      expect(moment).toBeGreaterThan(0.02);
      expect(moment).toBeLessThan(0.08);
      expect(share).toBeGreaterThan(0.5);
      expect(bins).toBe(want?.bins);
      expect(turn).toBeCloseTo(want?.turn ?? Number.NaN, 9);
      expect(moment).toBeCloseTo(want?.moment ?? Number.NaN, 7);
    });
  }

  test("what cannot be laid over each other", () => {
    expect(match([], []).bins).toBe(0);
    expect(match(yard(0, 0, 0), []).bins).toBe(0);
  });
});
