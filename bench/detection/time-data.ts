/** Recordings of ../shared/data/6-sync as columns, by the product's own readers where it has one, and what the bench does to them: shift, cut, thin out, add noise. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { randomStream } from "../../src/simulate/random.ts";
import type { ImuColumns, PoseColumns } from "../../src/types.ts";
import { fromMatrix } from "./quaternion.ts";
import { gather } from "./time-drives.ts";

export type Columns = { readonly imu: ImuColumns } | { readonly poses: PoseColumns };

function rows(path: string): readonly string[][] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => line.trim().split(/\s+/));
}

function poseColumns(stampNs: readonly bigint[], quaternions: readonly (readonly number[])[]): PoseColumns {
  const count = stampNs.length;
  return {
    count,
    frame: Int32Array.from({ length: count }, (_, i) => i),
    stampNs: BigInt64Array.from(stampNs),
    xyz: new Float64Array(3 * count),
    quaternion: Float64Array.from(quaternions.flat()),
  };
}

/** TUM: t x y z qx qy qz qw. */
async function tumPoses(path: string): Promise<Columns> {
  const { poses } = await gather(path);
  if (!poses) throw new Error(`${path}: expected poses, got none`);
  return { poses };
}

/** KITTI odometry: a 3 x 4 matrix a line, times in a file of their own. */
function kittiPoses(path: string, times: string): Columns {
  return {
    poses: poseColumns(
      rows(times).map(([t = ""]) => BigInt(Math.round(Number(t) * 1e9))),
      rows(path).map((line) => fromMatrix([0, 1, 2, 4, 5, 6, 8, 9, 10].map((k) => Number(line[k])))),
    ),
  };
}

/** t wx wy wz: a table by a rig. */
async function gyroscope(path: string): Promise<Columns> {
  const columns = { stamp: 0, wx: 1, wy: 2, wz: 3 };
  const stream = { id: "imu", kind: "imu", path: basename(path), columns, units: { stamp: "s" } } as const;
  const { imu } = await gather(path, {}, { schema: "plumbline.rig/1", streams: [stream] });
  if (!imu) throw new Error(`${path}: expected inertial samples, got none`);
  return { imu };
}

/** EuRoC: ns a line. */
async function stamps(path: string): Promise<readonly bigint[]> {
  const { stamps: byStream } = await gather(path);
  return [...(Object.values(byStream)[0]?.stampNs ?? [])];
}

export interface Pair {
  readonly name: string;
  readonly a: Columns;
  readonly b: Columns;
}

/** The pairs there are. EuRoC's stamps carry no motion: the motion capture of TUM is sampled at them. */
export async function pairs(shared: string): Promise<readonly Pair[]> {
  const at = (path: string): string => join(shared, "6-sync", path);
  const capture = await tumPoses(at("evo-trajectories/freiburg1_xyz-groundtruth.txt"));
  const times = at("evo-trajectories/KITTI_00_gt_times.txt");
  return [
    { name: "lidar-imu-offset", a: await tumPoses(at("lidar-imu-offset/odom.txt")), b: await gyroscope(at("lidar-imu-offset/omega.txt")) },
    { name: "TUM fr1_xyz: rgbdslam, motion capture", a: await tumPoses(at("evo-trajectories/freiburg1_xyz-rgbdslam.txt")), b: capture },
    {
      name: "KITTI 00: ORB-SLAM2, ground truth",
      a: kittiPoses(at("evo-trajectories/KITTI_00_ORB.txt"), times),
      b: kittiPoses(at("evo-trajectories/KITTI_00_gt.txt"), times),
    },
    ...(await Promise.all(
      ["MH01", "MH02", "V101"].map(async (name) => ({
        name: `EuRoC ${name}'s stamps over TUM's motion capture`,
        a: sampledAt(capture, await stamps(at(`tum-euroc-timestamps/euroc/${name}.txt`))),
        b: capture,
      })),
    )),
  ];
}

/** Poses of a recording at the stamps of another, laid over its beginning. */
function sampledAt(columns: Columns, stampNs: readonly bigint[]): Columns {
  if (!("poses" in columns)) return columns;
  const { stampNs: known, quaternion, count } = columns.poses;
  const shift = (known[0] ?? 0n) - (stampNs[0] ?? 0n) + 1_000_000n;
  const at: bigint[] = [];
  const mixed: number[][] = [];
  let k = 0;
  for (const stamp of stampNs) {
    const t = stamp + shift;
    while (k + 2 < count && (known[k + 1] as bigint) <= t) k++;
    const [left, right] = [known[k] as bigint, known[k + 1] as bigint];
    if (t > right || Number(right - left) > 3e7) continue;
    const u = Number(t - left) / Number(right - left);
    const q = [0, 1, 2, 3].map((c) => (1 - u) * (quaternion[4 * k + c] as number) + u * (quaternion[4 * k + 4 + c] as number));
    const size = Math.hypot(...q);
    at.push(t);
    mixed.push(q.map((value) => value / size));
  }
  return { poses: poseColumns(at, mixed) };
}

/** Rows that `keep` names, their stamps later by `shiftNs`. */
export function taken(columns: Columns, keep: (row: number, stampNs: bigint) => boolean, shiftNs = 0n): Columns {
  const all = "imu" in columns ? columns.imu.stampNs : columns.poses.stampNs;
  const kept: number[] = [];
  for (const [row, stamp] of all.entries()) if (keep(row, stamp)) kept.push(row);
  const common = {
    count: kept.length,
    frame: Int32Array.from(kept.keys()),
    stampNs: BigInt64Array.from(kept, (row) => (all[row] as bigint) + shiftNs),
  };
  const pick = (values: Float64Array, width: number): Float64Array =>
    Float64Array.from(kept.flatMap((row) => [...values.subarray(width * row, width * row + width)]));
  if ("imu" in columns) {
    return {
      imu: { ...common, angularVelocity: pick(columns.imu.angularVelocity, 3), linearAcceleration: new Float64Array(3 * kept.length) },
    };
  }
  return { poses: { ...common, xyz: pick(columns.poses.xyz, 3), quaternion: pick(columns.poses.quaternion, 4) } };
}

export function shifted(columns: Columns, shiftNs: bigint): Columns {
  return taken(columns, () => true, shiftNs);
}

/** Noise of `sigma` rad/s on the rate of every step, independent from step to step. */
export function noisy(columns: Columns, sigma: number, seed: number): Columns {
  const random = randomStream(seed, "noise");
  if ("imu" in columns) {
    return { imu: { ...columns.imu, angularVelocity: columns.imu.angularVelocity.map((rate) => rate + sigma * random.normal()) } };
  }
  const { poses } = columns;
  const quaternion = poses.quaternion.slice();
  let error: readonly number[] = [0, 0, 0, 1];
  for (let k = 0; k < poses.count; k++) {
    const dt = k === 0 ? 0 : Number((poses.stampNs[k] as bigint) - (poses.stampNs[k - 1] as bigint)) / 1e9;
    const half = (sigma * dt) / 2;
    error = product(error, [half * random.normal(), half * random.normal(), half * random.normal(), 1]);
    quaternion.set(product([...poses.quaternion.subarray(4 * k, 4 * k + 4)], error), 4 * k);
  }
  return { poses: { ...poses, quaternion } };
}

function product(
  [ax = 0, ay = 0, az = 0, aw = 0]: readonly number[],
  [bx = 0, by = 0, bz = 0, bw = 0]: readonly number[],
): readonly number[] {
  const q = [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
  const size = Math.hypot(...q);
  return q.map((value) => value / size);
}
