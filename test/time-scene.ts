/** A vehicle that turns as it likes, seen by several sensors whose clocks are known: what the tests of time/* are made of. */
import { randomStream } from "../src/simulate/random.ts";
import type { ImuColumns, PoseColumns } from "../src/types.ts";

export const EPOCH_NS = 1_700_000_000_000_000_000n;

/** rad/s about three axes at true time t. */
export type Turning = (t: number) => readonly [number, number, number];

/** Turns without a period: sines of incommensurate frequencies, mostly about the vertical. */
export function lively(seed: number, size = 0.3): Turning {
  const random = randomStream(seed, "turning");
  const waves = Array.from(
    { length: 24 },
    () => [random.between(0.2, 8), random.between(0, 6.28), random.normal(), random.below(3)] as const,
  );
  return (t) => {
    const rate = [0, 0, 0];
    for (const [frequency, phase, weight, axis] of waves) {
      rate[axis] = (rate[axis] ?? 0) + (axis === 2 ? size : 0.2 * size) * 0.4 * weight * Math.sin(frequency * t + phase);
    }
    return [rate[0] ?? 0, rate[1] ?? 0, rate[2] ?? 0];
  };
}

export interface Seen {
  readonly rateHz: number;
  readonly seconds: number;
  /** The stamp is true time plus this. */
  readonly offsetS?: number;
  /** rad/s on each sample. */
  readonly noise?: number;
  readonly seed?: number;
  /** True time of the first sample. */
  readonly phaseS?: number;
}

export function stampsOf({ rateHz, seconds, offsetS = 0, phaseS = 0 }: Seen): {
  readonly t: readonly number[];
  readonly stampNs: BigInt64Array;
} {
  const t = Array.from({ length: Math.floor((seconds - phaseS) * rateHz) }, (_, k) => phaseS + k / rateHz);
  return { t, stampNs: BigInt64Array.from(t, (at) => EPOCH_NS + BigInt(Math.round((at + offsetS) * 1e9))) };
}

/** A gyroscope with axes of its own. */
export function gyroscope(turning: Turning, seen: Seen): ImuColumns {
  const { t, stampNs } = stampsOf(seen);
  const random = randomStream(seen.seed ?? 1, "gyroscope");
  const noise = (): number => (seen.noise ?? 0) * random.normal();
  const angularVelocity = Float64Array.from(
    t.flatMap((at) => {
      const [x, y, z] = turning(at);
      return [z + noise(), x + noise(), y + noise()];
    }),
  );
  return {
    count: t.length,
    frame: Int32Array.from(t.keys()),
    stampNs,
    angularVelocity,
    linearAcceleration: new Float64Array(3 * t.length),
  };
}

/** Poses whose rotation is the turning added up. */
export function poses(turning: Turning, seen: Seen): PoseColumns {
  const { t, stampNs } = stampsOf(seen);
  const random = randomStream(seen.seed ?? 2, "poses");
  const noise = ((seen.noise ?? 0) * 1) / seen.rateHz;
  const quaternion = new Float64Array(4 * t.length);
  let q = [0, 0, 0, 1] as [number, number, number, number];
  let at = 0;
  for (const [k, time] of t.entries()) {
    const steps = Math.max(1, Math.ceil((time - at) / 0.002));
    for (let s = 0; s < steps; s++) {
      const h = (time - at) / steps;
      const [x, y, z] = turning(at + (s + 0.5) * h);
      q = product(q, [(x * h) / 2, (y * h) / 2, (z * h) / 2, 1]);
    }
    at = time;
    q = product(q, [noise * random.normal(), noise * random.normal(), noise * random.normal(), 1]);
    quaternion.set(q, 4 * k);
  }
  return { count: t.length, frame: Int32Array.from(t.keys()), stampNs, xyz: new Float64Array(3 * t.length), quaternion };
}

type Quaternion = [number, number, number, number];

function product([ax, ay, az, aw]: Quaternion, [bx, by, bz, bw]: Quaternion): Quaternion {
  const q: Quaternion = [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
  const size = Math.hypot(...q);
  return q.map((value) => value / size) as Quaternion;
}
