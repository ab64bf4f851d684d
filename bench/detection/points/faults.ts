/** What goes wrong with the times of points, and what is still right however it looks. */
import type { Random } from "../../../src/simulate/random.ts";
import { type Cloud, pick } from "./cloud.ts";

/** How a cloud is handed over: what its rows hold, and what its rig and format state. */
export interface Handed {
  readonly cloud: Cloud;
  /** Type of the time field, and its units in a second. */
  readonly time?: "f32" | "f64" | "u32" | "i64";
  readonly perSecond?: number;
  /** Times are of the clock of the stamps instead of since the sweep's. */
  readonly isAbsolute?: boolean;
  readonly stated?: "s" | "ms" | "us" | "ns";
  readonly rig?: { readonly spin?: "clockwise" | "counterclockwise"; readonly stampReference?: "start" | "middle" | "end" };
  /** The stamp, after the first point. */
  readonly stampS?: number;
}

export interface Fault {
  readonly name: string;
  /** What the check should call it; null: nothing. */
  readonly kind: string | null;
  /** Weaker than what is asked: told beside the score. */
  readonly isMild?: boolean;
  /** Null where it means nothing for this cloud. */
  readonly make: (cloud: Cloud, random: Random) => Handed | null;
}

const retimed = (cloud: Cloud, of: (t: number, row: number) => number): Cloud => ({ ...cloud, t: cloud.t.map(of) });
const most = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b), 0);

function shuffled(cloud: Cloud, random: Random, share: number): Cloud {
  const t = cloud.t.slice();
  const rows = [...t.keys()].filter(() => share === 1 || random.chance(share));
  for (let i = rows.length - 1; i > 0; i--) {
    const [a, b] = [rows[i] ?? 0, rows[random.below(i + 1)] ?? 0];
    [t[a], t[b]] = [t[b] ?? 0, t[a] ?? 0];
  }
  return { ...cloud, t };
}

const zeroed = (share: number) => (cloud: Cloud, random: Random) => ({
  cloud: retimed(cloud, (t) => (random.chance(share) ? Number.NaN : t)),
});
const mixed = (share: number) => (cloud: Cloud, random: Random) => ({ cloud: shuffled(cloud, random, share) });
/** A laser that sees enough of the sweep, where they are named. */
function lateLaser(cloud: Cloud, random: Random): Handed | null {
  if (!cloud.isNamed) return null;
  const counts = new Map<number, number>();
  for (const [i, laser] of cloud.laser.entries()) {
    if (Math.hypot(cloud.x[i] ?? 0, cloud.y[i] ?? 0) >= 2) counts.set(laser, (counts.get(laser) ?? 0) + 1);
  }
  const seen = [...counts].filter(([, count]) => count >= 0.25 * (cloud.t.length / counts.size)).map(([laser]) => laser);
  const late = seen[random.below(seen.length)] ?? 0;
  return { cloud: retimed(cloud, (t, i) => (cloud.laser[i] === late ? t + 0.005 : t)) };
}

export const FAULTS: readonly Fault[] = [
  { name: "all times zeroed", kind: "times-constant", make: (cloud) => ({ cloud: retimed(cloud, () => Number.NaN) }) },
  { name: "10 % zeroed", kind: "times-stuck", make: zeroed(0.1) },
  {
    name: "10 % zeroed, absolute times",
    kind: "times-stuck",
    make: (cloud, random) => ({ ...zeroed(0.1)(cloud, random), time: "f64", isAbsolute: true }),
  },
  { name: "shuffled", kind: "times-shuffled", make: mixed(1) },
  { name: "10 % shuffled", kind: "times-shuffled", make: mixed(0.1) },
  {
    name: "shuffled, ns in u32",
    kind: "times-shuffled",
    make: (cloud, random) => ({ cloud: shuffled(cloud, random, 1), time: "u32", perSecond: 1e9 }),
  },
  { name: "unit 1000 times too large", kind: "wrong-unit", make: (cloud) => ({ cloud, time: "u32", perSecond: 1e9, stated: "us" }) },
  { name: "unit 1000 times too small", kind: "wrong-unit", make: (cloud) => ({ cloud, time: "f32", perSecond: 1e3, stated: "us" }) },
  {
    name: "reversed",
    kind: "reversed",
    make: (cloud) => {
      const end = most(cloud.t);
      return { cloud: retimed(cloud, (t) => end - t), rig: { spin: cloud.spin } };
    },
  },
  { name: "0.25 s late", kind: "wrong-reference", make: (cloud) => ({ cloud: retimed(cloud, (t) => t + 0.25) }) },
  {
    name: "another epoch",
    kind: "wrong-reference",
    make: (cloud) => ({ cloud: retimed(cloud, (t) => t + 315_964_800), time: "f64", stated: "s" }),
  },
  {
    name: "stamped at the end, rig says start",
    kind: "wrong-reference",
    make: (cloud) => ({ cloud, stampS: most(cloud.t), rig: { stampReference: "start" } }),
  },
  { name: "one laser 5 ms late", kind: "late-laser", make: lateLaser },
  { name: "counted from each packet", kind: "times-of-packet", make: (cloud) => ({ cloud: retimed(cloud, (t) => t % 0.0013) }) },
  { name: "5 % zeroed", kind: "times-stuck", isMild: true, make: zeroed(0.05) },
  { name: "2 % zeroed", kind: "times-stuck", isMild: true, make: zeroed(0.02) },
  { name: "5 % shuffled", kind: "times-shuffled", isMild: true, make: mixed(0.05) },
  { name: "2 % shuffled", kind: "times-shuffled", isMild: true, make: mixed(0.02) },
];

const turned = (cloud: Cloud, angle: number): Cloud => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return { ...cloud, x: cloud.x.map((x, i) => c * x - s * (cloud.y[i] ?? 0)), y: cloud.y.map((y, i) => s * (cloud.x[i] ?? 0) + c * y) };
};
const tilted = (cloud: Cloud, angle: number): Cloud => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return { ...cloud, x: cloud.x.map((x, i) => c * x + s * (cloud.z[i] ?? 0)), z: cloud.z.map((z, i) => c * z - s * (cloud.x[i] ?? 0)) };
};
const kept = (cloud: Cloud, keep: (row: number) => boolean): Cloud => pick(cloud, [...cloud.t.keys()].filter(keep));
const range = (cloud: Cloud, row: number): number => Math.hypot(cloud.x[row] ?? 0, cloud.y[row] ?? 0);
const spin = (cloud: Cloud): Handed["rig"] => ({ spin: cloud.spin });

/** Good clouds, handed over in every way that is usual. */
export const VARIANTS: readonly Fault[] = (
  [
    ["as it is", (cloud) => ({ cloud })],
    ["the rig states spin and reference", (cloud) => ({ cloud, rig: { ...spin(cloud), stampReference: "start" } })],
    ["ns in u32", (cloud) => ({ cloud, time: "u32", perSecond: 1e9, stated: "ns" })],
    ["us in u32, nobody states it", (cloud) => ({ cloud, time: "u32", perSecond: 1e6 })],
    ["absolute seconds in f64", (cloud) => ({ cloud, time: "f64", isAbsolute: true })],
    ["absolute ns in i64", (cloud) => ({ cloud, time: "i64", perSecond: 1e9, isAbsolute: true, stated: "ns" })],
    ["stamped at the end, the rig says so", (cloud) => ({ cloud, stampS: most(cloud.t), rig: { stampReference: "end" } })],
    [
      "laser after laser",
      (cloud) => ({
        cloud: pick(
          cloud,
          [...cloud.t.keys()].sort((a, b) => (cloud.laser[a] ?? 0) - (cloud.laser[b] ?? 0) || a - b),
        ),
      }),
    ],
    [
      "in any order",
      (cloud, random) => {
        const rows = [...cloud.t.keys()];
        for (let i = rows.length - 1; i > 0; i--) {
          const j = random.below(i + 1);
          [rows[i], rows[j]] = [rows[j] ?? 0, rows[i] ?? 0];
        }
        return { cloud: pick(cloud, rows) };
      },
    ],
    ["a third dropped", (cloud, random) => ({ cloud: kept(cloud, () => !random.chance(1 / 3)) })],
    ["nine tenths dropped", (cloud, random) => ({ cloud: kept(cloud, () => random.chance(0.1)) })],
    ["only what is beyond 10 m", (cloud) => ({ cloud: kept(cloud, (row) => range(cloud, row) > 10) })],
    [
      "a quarter of the circle missing",
      (cloud) => ({ cloud: kept(cloud, (row) => !((cloud.x[row] ?? 0) > 0 && (cloud.y[row] ?? 0) > 0)) }),
    ],
    ["turned by 100 degrees", (cloud) => ({ cloud: turned(cloud, 1.75), rig: spin(cloud) })],
    [
      "in a vehicle's frame",
      (cloud) => ({ cloud: { ...cloud, x: cloud.x.map((x) => x + 1.5), y: cloud.y.map((y) => y + 0.3), z: cloud.z.map((z) => z + 1.8) } }),
    ],
    ["mounted 2 degrees nose down", (cloud) => ({ cloud: tilted(cloud, 0.035) })],
    ["lasers not named", (cloud) => ({ cloud: { ...cloud, isNamed: false } })],
    [
      "a centimetre of noise",
      (cloud, random) => ({
        cloud: { ...cloud, x: cloud.x.map((x) => x + 0.01 * random.normal()), y: cloud.y.map((y) => y + 0.01 * random.normal()) },
      }),
    ],
  ] as readonly (readonly [string, Fault["make"]])[]
).map(([name, make]) => ({ name, kind: null, make }));
