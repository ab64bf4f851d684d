/**
 * The convention of a peer, named so that its figure can be had: `held-start-raw`.
 *
 * Each LiDAR rate is stamped at the beginning of its interval; every gyroscope sample between the first and the last of them takes the nearest one;
 * norms are correlated over these samples, neither demeaned nor normalised, with zeros beyond both ends.
 * (icameling/lidar_imu_timeoffset, scripts/CaculateTimeshift1.py, findTimeshiftViconImu)
 */
import type { Motion } from "../../src/checks/time/offset/motion.ts";

/** @returns LiDAR stamps + this = IMU stamps, s */
export function heldStartRaw(lidar: Motion, imu: Motion, { middle = false, demean = false } = {}): number {
  const at: number[] = [];
  const rate: number[] = [];
  for (let k = 0; k + 1 < lidar.t.length; k++) {
    const [from, to] = [lidar.t[k] as number, lidar.t[k + 1] as number];
    const turned = [0, 1, 2].map((axis) => (lidar.turn[3 * k + 3 + axis] as number) - (lidar.turn[3 * k + axis] as number));
    at.push(middle ? (from + to) / 2 : from);
    rate.push(Math.hypot(...turned) / (to - from));
  }
  const measured: number[] = [];
  const held: number[] = [];
  let near = 0;
  for (const [k, t] of imu.t.entries()) {
    if (t <= (at[0] as number) || t >= (at.at(-1) as number)) continue;
    while (near + 1 < at.length && Math.abs((at[near + 1] as number) - t) < Math.abs((at[near] as number) - t)) near++;
    measured.push(Math.hypot(...imu.rate.subarray(3 * k, 3 * k + 3)));
    held.push(rate[near] as number);
  }
  const mean = (values: readonly number[]): number => (demean ? values.reduce((sum, v) => sum + v, 0) / values.length : 0);
  const [meanHeld, meanMeasured] = [mean(held), mean(measured)];
  const reach = 400;
  let best = { sum: Number.NEGATIVE_INFINITY, shift: 0 };
  for (let shift = -reach; shift <= reach; shift++) {
    let sum = 0;
    for (const [i, value] of measured.entries()) {
      const other = held[i + shift];
      if (other !== undefined) sum += (value - meanMeasured) * (other - meanHeld);
    }
    if (sum > best.sum) best = { sum, shift };
  }
  const period = ((imu.t.at(-1) as number) - (imu.t[0] as number)) / (imu.t.length - 1);
  return -best.shift * period;
}
