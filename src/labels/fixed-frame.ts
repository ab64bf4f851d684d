/** Boxes of a moving vehicle's frame in the frame of its poses: standing objects stand still there, and motion is their own. */
import type { LabelTable } from "../gathers/labels.ts";
import type { PoseColumns } from "../types.ts";
import { WIDTH } from "./tracks.ts";

/** A pose further from a label's stamp than this is no pose of it, ns. */
const MOST_GAP_NS = 200_000_000n;

/** f64[WIDTH * rows]: 3D centres in the poses' frame; null where some frame has no pose near its stamp. */
/** @param frameOf frame of each row, as repaired */
export function inFixedFrame({ labels, stampNs, frames }: LabelTable, poses: PoseColumns, frameOf: Int32Array): Float64Array | null {
  if (poses.count < 2) return null;
  const order = Uint32Array.from({ length: poses.count }, (_, i) => i).sort((a, b) => {
    const [ta, tb] = [poses.stampNs[a] ?? 0n, poses.stampNs[b] ?? 0n];
    return ta < tb ? -1 : ta > tb ? 1 : a - b;
  });
  const motions: (Motion | null)[] = [];
  let next = 0;
  for (let frame = 0; frame < frames; frame++) {
    const stamp = stampNs[frame] ?? 0n;
    if (frame > 0 && stamp < (stampNs[frame - 1] ?? 0n)) next = 0;
    while (next < order.length - 1 && (poses.stampNs[order[next] ?? 0] ?? 0n) < stamp) next++;
    motions.push(poseAt(poses, order[Math.max(0, next - 1)] ?? 0, order[next] ?? 0, stamp));
  }
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

interface Motion {
  readonly at: readonly number[];
  /** Row-major 3 x 3. */
  readonly turn: readonly number[];
}

/** Between two poses, linear in place and (normalised) in the quaternion. */
function poseAt(poses: PoseColumns, a: number, b: number, stamp: bigint): Motion | null {
  const [ta, tb] = [poses.stampNs[a] ?? 0n, poses.stampNs[b] ?? 0n];
  const off = (t: bigint): bigint => (t > stamp ? t - stamp : stamp - t);
  if (off(ta) > MOST_GAP_NS && off(tb) > MOST_GAP_NS) return null;
  const share = tb > ta ? Math.min(1, Math.max(0, Number(stamp - ta) / Number(tb - ta))) : 0;
  const mix = (from: number, to: number): number => from + (to - from) * share;
  const at = [0, 1, 2].map((i) => mix(poses.xyz[3 * a + i] ?? 0, poses.xyz[3 * b + i] ?? 0));
  const qa = [0, 1, 2, 3].map((i) => poses.quaternion[4 * a + i] ?? 0);
  const qb = [0, 1, 2, 3].map((i) => poses.quaternion[4 * b + i] ?? 0);
  const sign = qa.reduce((sum, v, i) => sum + v * (qb[i] ?? 0), 0) < 0 ? -1 : 1;
  const q = qa.map((v, i) => mix(v, sign * (qb[i] ?? 0)));
  const length = Math.hypot(...q) || 1;
  const [x = 0, y = 0, z = 0, w = 1] = q.map((v) => v / length);
  return {
    at,
    turn: [
      1 - 2 * (y * y + z * z),
      2 * (x * y - z * w),
      2 * (x * z + y * w),
      2 * (x * y + z * w),
      1 - 2 * (x * x + z * z),
      2 * (y * z - x * w),
      2 * (x * z - y * w),
      2 * (y * z + x * w),
      1 - 2 * (x * x + y * y),
    ],
  };
}
