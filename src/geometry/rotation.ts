/** Rotations as quaternions x y z w. */
import { cos, sin } from "./elementary.ts";

/** x y z w of Rz(yaw) Ry(pitch) Rx(roll). */
export function quaternion(roll: number, pitch: number, yaw: number): [number, number, number, number] {
  const [cr, sr] = [cos(roll / 2), sin(roll / 2)];
  const [cp, sp] = [cos(pitch / 2), sin(pitch / 2)];
  const [cy, sy] = [cos(yaw / 2), sin(yaw / 2)];
  return [sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy, cr * cp * sy - sr * sp * cy, cr * cp * cy + sr * sp * sy];
}
