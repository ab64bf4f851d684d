/** Sweeps of every kind that kernels of sweeps must tell apart, and the layouts their points come in. */
import { randomStream } from "../src/simulate/random.ts";
import type { FieldType } from "../src/types.ts";
import type { Layout, RowPoint } from "./point-rows.ts";
import { sweepRoom } from "./room.ts";
import { SPOILS, type SweepPoint, sweep } from "./sweep.ts";

type Cloud = readonly (SweepPoint & Partial<RowPoint>)[];

const STRANGE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Sweeps that one fit describes, and what may be strange about them besides. */
export const FITTED: Readonly<Record<string, () => Cloud>> = {
  clockwise: () => sweep(),
  counterclockwise: () => sweep({ spin: 62.8, seed: 2, firings: 511 }),
  "one laser": () => sweep({ lasers: 1, firings: 3001 }),
  "64 lasers that look all around": () => sweep({ lasers: 64, firings: 211, ahead: (laser) => 2.4 * laser }),
  "200 lasers": () => sweep({ lasers: 200, firings: 90, spin: 61, ahead: (laser) => 0.5 * laser }),
  "an axis beside the origin": () => sweep({ axis: [1.4, -0.3], seed: 3 }),
  "an axis on the other side": () => sweep({ axis: [-2, 2.1], seed: 4, spin: 63 }),
  "a quarter of a turn": () => sweep({ seed: 5, firings: 2400 }).filter(({ time }) => time < 0.025),
  "three turns": () => sweep({ seed: 6, spin: 188 }),
  "one laser late": () => spoiled("one laser late"),
  "rows in no order": () => shuffled(sweep({ seed: 7 }), 7),
  "rows in order of lasers": () => sweep({ seed: 8, spin: 62 }).sort((a, b) => a.laser - b.laser),
  "steps back between blocks alone": () =>
    sweep({ seed: 9 }).map((point, i, all) => ({
      ...point,
      time: (i % 512 === 511 ? all[i + 1] : i % 512 === 0 ? all[i - 1] : point)?.time ?? 0,
    })),
  "points twice": () => sweep({ seed: 10 }).flatMap((point, i) => (i % 5 === 0 ? [point, point] : [point])),
  "places that are none": () =>
    changed(sweep({ seed: 11 }), 0.1, (point, random) => ({ ...point, [random.pick(["x", "y", "z"])]: random.pick(STRANGE) })),
  "times that are none, rows in no order": () =>
    shuffled(
      changed(sweep({ seed: 12 }), 0.1, (point, random) => ({ ...point, time: random.pick(STRANGE) })),
      12,
    ),
  "out of reach": () =>
    changed(sweep({ seed: 13 }), 0.2, (point, random) => {
      const over = Math.hypot(point.x, point.y);
      const share = random.pick([1.9, 1.9999999, 2.0000002, 2.1, 99_999, 100_000.1, 2e5, 0]) / over;
      return { ...point, x: point.x * share, y: point.y * share };
    }),
  "at the very border of reach": () =>
    sweep({ seed: 14 }).map((point, i) => {
      const [x = 0, y = 0] = [
        [2, 0],
        [0, -2],
        [-1e5, 0],
        [0, 1e5],
        [1.9999999, 0],
        [0, 99_999.99],
      ][i % 60] ?? [point.x, point.y];
      return { ...point, x, y };
    }),
  "lasers of few points": () =>
    sweep({ seed: 15, lasers: 8, firings: 185 }).map((point, i) => {
      const at = [3, 100, 200, 333, 444, 555, 666, 777, 888, 999, 1111, 1222, 1333, 1444].indexOf(i);
      // 1, 2, 3, 4 and 4 points each.
      return at < 0 ? point : { ...point, laser: [40, 41, 41, 42, 42, 42, 43, 43, 43, 43, 44, 44, 44, 44][at] ?? 0 };
    }),
  "every point its own laser": () => sweep({ seed: 16, lasers: 1, firings: 250 }).map((point, i) => ({ ...point, laser: i })),
  "numbers beyond a byte": () => sweep({ seed: 17 }).map((point) => ({ ...point, laser: point.laser + 256 * (point.laser % 3) })),
  "all but the smallest times stuck": () => sweep({ seed: 18 }).map((point, i) => ({ ...point, time: i % 150 === 0 ? -0.01 : point.time })),
  "an axis beyond 3 m": () => sweep({ axis: [4, 1], seed: 20 }),
  "a tenth zeroed": () => spoiled("a tenth zeroed"),
  "a thirtieth stuck": () => changed(sweep({ seed: 21 }), 0.03, (point) => ({ ...point, time: 0 })),
  "a fifth anywhere": () =>
    changed(sweep({ seed: 22 }), 0.2, (point, random) => {
      const angle = random.between(-Math.PI, Math.PI);
      return { ...point, x: 9 * Math.cos(angle), y: 9 * Math.sin(angle) };
    }),
  "moved to one moment": () => sweepRoom({ seed: 24, speed: 20, yawRate: 0.5, removed: "all" }),
  "a room": () => sweepRoom({ seed: 19, speed: 10, yawRate: 0.3 }),
};

/** Sweeps that no fit describes: what is found hangs on the last bit, so that figures are compared for the fit found. */
export const UNFITTED: Readonly<Record<string, () => Cloud>> = {
  zeroed: () => spoiled("zeroed"),
  shuffled: () => spoiled("shuffled"),
  "a tenth shuffled": () => spoiled("a tenth shuffled"),
  "counted from each packet": () => spoiled("counted from each packet"),
  noise: () => {
    const random = randomStream(23, "noise");
    return sweep({ seed: 23 }).map((point) => ({
      ...point,
      time: random.uniform(),
      x: random.between(-30, 30),
      y: random.between(-30, 30),
    }));
  },
};

/** Sweeps of `count` points, for a ladder of sizes. */
export function sweepOf(count: number, seed = count): SweepPoint[] {
  const lasers = Math.max(1, Math.min(32, count >> 5));
  return sweep({ seed, lasers, firings: Math.ceil(count / lasers), spin: (count % 2 === 0 ? -2 : 2) * Math.PI * 10 }).slice(0, count);
}

/** Around the edges of vectors, of the smallest sample, of blocks, of samples that hold every point, and of those that grow with the count. */
export const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 199, 200, 201, 511, 512, 513, 1023, 1024, 1025, 1535, 1536, 1537, 4099, 99_999, 140_003];

export const LAYOUTS: readonly Layout[] = [
  {},
  { time: "f32", ring: "u16", order: ["y", "x", "time", "z", "intensity", "ring"], tail: 0 },
  { place: "f64", time: "i64", ring: "i32", order: ["time", "x", "y", "z", "ring", "intensity"], tail: 9 },
  { place: "f16", time: "u32", ring: "u8", order: ["x", "z", "y", "ring", "time", "intensity"] },
  { place: "i32", time: "i32", ring: "f32", intensity: "f32" },
  { place: "i16", time: "u16", ring: "i8", order: ["ring", "time", "x", "y", "z", "intensity"], tail: 0 },
  { place: "i64", time: "i16", ring: "u32", intensity: "u16" },
  { place: "i8", time: "u8", ring: "f64" },
  { place: "f32", time: "f16", ring: "i64", order: ["intensity", "ring", "x", "y", "z", "time"], tail: 1 },
  { place: "f64", time: "i8", ring: "f16", intensity: "f64" },
  // Unsigned places are odd, and read all the same.
  { place: "u8", time: "f64", ring: "i16" },
  { place: "u16", time: "f64" },
  { place: "u32", time: "f64" },
];

/** Whole numbers of a type that a metre is told by. */
const PER_METRE: Readonly<Record<FieldType, number>> = {
  ...{ i8: 4, u8: 4, i16: 500, u16: 500, i32: 1000, u32: 1000, i64: 1000, f16: 1, f32: 1, f64: 1 },
};
/** Units in a second, and the time a sweep begins at. */
const PER_SECOND: Readonly<Record<FieldType, readonly [number, number]>> = {
  ...{ i8: [1000, 0], u8: [2000, 0], i16: [1e5, 0], u16: [5e5, 0], i32: [1e9, 0], u32: [1e9, 3e9] },
  ...{ i64: [1e9, 1.7e18], f16: [1000, 0], f32: [1, 0], f64: [1, 1.5e6] },
};

/** The same cloud in what the types of a layout hold. What is not finite is nothing but in a float. */
export function scaledTo({ place = "f32", time = "f64" }: Layout, points: Cloud): RowPoint[] {
  const [perSecond, begin] = PER_SECOND[time];
  return points.map((point) => {
    const [x = 0, y = 0, z = 0] = [point.x, point.y, point.z].map((v) => finite(place, v * PER_METRE[place]));
    const after = finite(time, point.time * perSecond);
    return {
      ...{ x, y, z, laser: point.laser, intensity: point.intensity ?? 0 },
      time: time === "i64" ? BigInt(begin) + BigInt(Math.round(after)) : begin + (time.startsWith("f") ? after : Math.round(after)),
    };
  });
}

function finite(type: FieldType, value: number): number {
  return Number.isFinite(value) || type.startsWith("f") ? value : 0;
}

/** The same sweep with a share of its points changed. */
export function changed<P>(points: readonly P[], share: number, change: (point: P, random: ReturnType<typeof randomStream>) => P): P[] {
  const random = randomStream(points.length, "changed");
  return points.map((point) => (random.chance(share) ? change(point, random) : point));
}

export function shuffled<P>(points: readonly P[], seed: number): P[] {
  const random = randomStream(seed, "shuffled");
  return points
    .map((point) => ({ point, key: random.uniform() }))
    .sort((a, b) => a.key - b.key)
    .map(({ point }) => point);
}

function spoiled(name: string): SweepPoint[] {
  const points = sweep({ seed: 30 });
  SPOILS[name]?.(points, randomStream(30, name));
  return points;
}
