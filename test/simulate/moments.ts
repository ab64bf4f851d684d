/** Moments of a made-up street: what labels and images are tested with. */
import type { CameraModel, Motion, Rigid, TrueBox, TrueMoment } from "../../src/simulate/types.ts";
import { START_NS } from "../../src/simulate/types.ts";

const HALF = Math.SQRT1_2;

/** The vehicle at 10 m/s along a heading of 0.5 rad. */
export function egoAt(t: number): Motion {
  const yaw = 0.5;
  const pose: Rigid = {
    x: 100 + 10 * t * Math.cos(yaw),
    y: -50 + 10 * t * Math.sin(yaw),
    z: 2,
    qx: 0,
    qy: 0,
    qz: Math.sin(yaw / 2),
    qw: Math.cos(yaw / 2),
  };
  return { t, pose, velocity: [10 * Math.cos(yaw), 10 * Math.sin(yaw), 0], acceleration: [0, 0, 0], angularVelocity: [0, 0, 0] };
}

/** Looks ahead, 1.5 m above the ground. */
export const CAMERA: CameraModel = {
  ...{ width: 960, height: 540, fx: 700, fy: 700, cx: 480, cy: 270, lineSeconds: 2e-5 },
  mount: { x: 1, y: 0, z: 1.5, qx: -HALF * HALF, qy: HALF * HALF, qz: -HALF * HALF, qw: HALF * HALF },
  timing: {
    clock: { offsetSeconds: 0, driftPpm: 0, jitterSeconds: 0 },
    ...{ rateHz: 10, phaseSeconds: 0, latencySeconds: 0, latencyJitterSeconds: 0 },
  },
};

/** A box `ahead` and `left` of where the vehicle is at time t. */
export function boxAt(t: number, object: number, [ahead, left]: readonly [number, number], rest: Partial<TrueBox> = {}): TrueBox {
  const { pose } = egoAt(t);
  const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
  return {
    ...{ object, class: "car", x: pose.x + c * ahead - s * left, y: pose.y + s * ahead + c * left, z: 2.8 },
    ...{ length: 4.5, width: 1.8, height: 1.6, yaw: 0.5, velocity: [0, 0, 0], yawRate: 0, parked: false, points: 50 },
    ...rest,
  };
}

export function momentAt(index: number, boxes: (t: number, index: number) => readonly TrueBox[]): TrueMoment {
  const t = index / 10;
  return { index, t, stampNs: START_NS + BigInt(index) * 100_000_000n, ego: egoAt(t), boxes: boxes(t, index) };
}
