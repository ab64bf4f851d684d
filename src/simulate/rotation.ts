/** Rotations: matrices as nine numbers by rows, quaternions as in `Rigid`. */
import { atan2, cos, sin } from "../geometry/elementary.ts";
import type { Rigid } from "./types.ts";

export type Vector = readonly [number, number, number];
/** By rows: parent = R * child; the columns are the child's axes. */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number];

export const IDENTITY: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Turn about z by yaw, then about the new y by pitch (nose down is positive), then about the new x by roll (right side down). */
export function fromYawPitchRoll(yaw: number, pitch: number, roll: number): Matrix {
  const [cy, sy, cp, sp, cr, sr] = [cos(yaw), sin(yaw), cos(pitch), sin(pitch), cos(roll), sin(roll)];
  return [
    cy * cp,
    cy * sp * sr - sy * cr,
    cy * sp * cr + sy * sr,
    sy * cp,
    sy * sp * sr + cy * cr,
    sy * sp * cr - cy * sr,
    -sp,
    cp * sr,
    cp * cr,
  ];
}

export function multiply(a: Matrix, b: Matrix): Matrix {
  return [
    a[0] * b[0] + a[1] * b[3] + a[2] * b[6],
    a[0] * b[1] + a[1] * b[4] + a[2] * b[7],
    a[0] * b[2] + a[1] * b[5] + a[2] * b[8],
    a[3] * b[0] + a[4] * b[3] + a[5] * b[6],
    a[3] * b[1] + a[4] * b[4] + a[5] * b[7],
    a[3] * b[2] + a[4] * b[5] + a[5] * b[8],
    a[6] * b[0] + a[7] * b[3] + a[8] * b[6],
    a[6] * b[1] + a[7] * b[4] + a[8] * b[7],
    a[6] * b[2] + a[7] * b[5] + a[8] * b[8],
  ];
}

export function rotate(m: Matrix, [x, y, z]: Vector): Vector {
  return [m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z];
}

/** The other way: from the parent's axes to the child's. */
export function unrotate(m: Matrix, [x, y, z]: Vector): Vector {
  return [m[0] * x + m[3] * y + m[6] * z, m[1] * x + m[4] * y + m[7] * z, m[2] * x + m[5] * y + m[8] * z];
}

export function cross([ax, ay, az]: Vector, [bx, by, bz]: Vector): Vector {
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}

export function toMatrix({ qx: x, qy: y, qz: z, qw: w }: Rigid): Matrix {
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - z * w),
    2 * (x * z + y * w),
    2 * (x * y + z * w),
    1 - 2 * (x * x + z * z),
    2 * (y * z - x * w),
    2 * (x * z - y * w),
    2 * (y * z + x * w),
    1 - 2 * (x * x + y * y),
  ];
}

/** Shepperd's method: the largest component first, so nothing cancels. Of the two quaternions, the one with w >= 0. */
export function toRigid([x, y, z]: Vector, m: Matrix): Rigid {
  const trace = m[0] + m[4] + m[8];
  const largest = Math.max(trace, m[0], m[4], m[8]);
  let q: readonly [number, number, number, number];
  if (largest === trace) q = [m[7] - m[5], m[2] - m[6], m[3] - m[1], 1 + trace];
  else if (largest === m[0]) q = [1 + 2 * m[0] - trace, m[1] + m[3], m[2] + m[6], m[7] - m[5]];
  else if (largest === m[4]) q = [m[1] + m[3], 1 + 2 * m[4] - trace, m[5] + m[7], m[2] - m[6]];
  else q = [m[2] + m[6], m[5] + m[7], 1 + 2 * m[8] - trace, m[3] - m[1]];
  const norm = (q[3] < 0 ? -1 : 1) / Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  return { x, y, z, qx: q[0] * norm, qy: q[1] * norm, qz: q[2] * norm, qw: q[3] * norm };
}

/** `inner` is a pose in the child frame of `outer`; the result is that pose in the parent frame of `outer`. */
export function compose(outer: Rigid, inner: Rigid): Rigid {
  const m = toMatrix(outer);
  const [x, y, z] = rotate(m, [inner.x, inner.y, inner.z]);
  return toRigid([outer.x + x, outer.y + y, outer.z + z], multiply(m, toMatrix(inner)));
}

/** The small rotation that takes `from` to `to`, as a vector (axis times angle, radians) in the child frame of `from`. */
export function turnBetween(from: Matrix, to: Matrix): Vector {
  // from^T * to, of which only the antisymmetric part and the trace are needed.
  const d = multiply([from[0], from[3], from[6], from[1], from[4], from[7], from[2], from[5], from[8]], to);
  const v: Vector = [(d[7] - d[5]) / 2, (d[2] - d[6]) / 2, (d[3] - d[1]) / 2];
  const sine = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  if (sine < 1e-12) return v;
  const scale = atan2(sine, (d[0] + d[4] + d[8] - 1) / 2) / sine;
  return [v[0] * scale, v[1] * scale, v[2] * scale];
}
