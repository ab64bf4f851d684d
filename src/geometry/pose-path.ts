/** Where a vehicle was at any moment: between the poses of a stream, linear in place and (normalised) in the quaternion. */
import type { PoseColumns } from "../types.ts";

/** A pose further from a moment than this is no pose of it, ns. */
const MOST_GAP_NS = 200_000_000n;

export interface Pose {
  /** Metres, in the frame of the poses. */
  readonly at: readonly number[];
  /** Row-major 3 x 3: turns the vehicle's axes into those of the poses' frame. */
  readonly turn: readonly number[];
}

export class PosePath {
  private readonly poses: PoseColumns;
  /** Rows by stamp. */
  private readonly order: Uint32Array;

  constructor(poses: PoseColumns) {
    this.poses = poses;
    this.order = Uint32Array.from({ length: poses.count }, (_, i) => i).sort((a, b) => {
      const [ta, tb] = [this.stamp(a), this.stamp(b)];
      return ta < tb ? -1 : ta > tb ? 1 : a - b;
    });
  }

  /** Null where no pose is within 200 ms. */
  at(stampNs: bigint): Pose | null {
    let [low, high] = [0, this.order.length - 1];
    if (high < 0) return null;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.stamp(this.order[middle] ?? 0) < stampNs) low = middle + 1;
      else high = middle;
    }
    return this.between(this.order[Math.max(0, low - 1)] ?? 0, this.order[low] ?? 0, stampNs);
  }

  private stamp(row: number): bigint {
    return this.poses.stampNs[row] ?? 0n;
  }

  private between(a: number, b: number, stampNs: bigint): Pose | null {
    const { xyz, quaternion } = this.poses;
    const [ta, tb] = [this.stamp(a), this.stamp(b)];
    const off = (t: bigint): bigint => (t > stampNs ? t - stampNs : stampNs - t);
    if (off(ta) > MOST_GAP_NS && off(tb) > MOST_GAP_NS) return null;
    const share = tb > ta ? Math.min(1, Math.max(0, Number(stampNs - ta) / Number(tb - ta))) : 0;
    const mix = (from: number, to: number): number => from + (to - from) * share;
    const at = [0, 1, 2].map((i) => mix(xyz[3 * a + i] ?? 0, xyz[3 * b + i] ?? 0));
    const qa = [0, 1, 2, 3].map((i) => quaternion[4 * a + i] ?? 0);
    const qb = [0, 1, 2, 3].map((i) => quaternion[4 * b + i] ?? 0);
    const sign = qa.reduce((sum, v, i) => sum + v * (qb[i] ?? 0), 0) < 0 ? -1 : 1;
    const q = qa.map((v, i) => mix(v, sign * (qb[i] ?? 0)));
    const length = Math.sqrt(q.reduce((sum, part) => sum + part * part, 0)) || 1;
    const [x = 0, y = 0, z = 0, w = 1] = q.map((v) => v / length);
    return {
      at,
      turn: [
        ...[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        ...[2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        ...[2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
      ],
    };
  }
}
