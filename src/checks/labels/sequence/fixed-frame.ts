/** Boxes of a moving vehicle's frame in the frame of its poses: standing objects stand still there, and motion is their own. */
import type { LabelTable } from "../../../columns/labels.ts";
import { PosePath } from "../../../geometry/pose-path.ts";
import type { PoseColumns } from "../../../types.ts";
import { WIDTH } from "./tracks.ts";

/**
 * f64[WIDTH * rows]: 3D centres in the poses' frame; null where some frame has no pose near its stamp.
 * @param frameOf frame of each row, as repaired
 */
export function inFixedFrame({ labels, stampNs, frames }: LabelTable, poses: PoseColumns, frameOf: Int32Array): Float64Array | null {
  if (poses.count < 2) return null;
  const path = new PosePath(poses);
  const motions = Array.from({ length: frames }, (_, frame) => path.at(stampNs[frame] ?? 0n));
  const place = new Float64Array(WIDTH * labels.count);
  for (let row = 0; row < labels.count; row++) {
    const motion = motions[frameOf[row] ?? -1];
    if (!motion) return null;
    const [x, y, z] = [
      labels.box3d[7 * row] ?? Number.NaN,
      labels.box3d[7 * row + 1] ?? Number.NaN,
      labels.box3d[7 * row + 2] ?? Number.NaN,
    ];
    const { at, turn } = motion;
    for (let i = 0; i < 3; i++) {
      place[WIDTH * row + i] = (at[i] ?? 0) + (turn[3 * i] ?? 0) * x + (turn[3 * i + 1] ?? 0) * y + (turn[3 * i + 2] ?? 0) * z;
    }
  }
  return place;
}
