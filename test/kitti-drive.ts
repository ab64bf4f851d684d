/** A small folder recording: five sweeps of ten points, as KITTI raw has them. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const SWEEPS = "velodyne_points/data";
export const STAMPS = "velodyne_points/timestamps.txt";

/** Relative path of a sweep. */
export const sweepPath = (i: number): string => `${SWEEPS}/000000000${i}.bin`;

/** Puts it in the place of whatever is at `folder`. */
export function writeKittiDrive(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, SWEEPS), { recursive: true });
  const stamps = [0, 1, 2, 3, 4].map((i) => `2011-09-26 13:02:25.${i}00000000\n`);
  writeFileSync(join(folder, STAMPS), stamps.join(""));
  for (const i of [0, 1, 2, 3, 4]) writeFileSync(join(folder, sweepPath(i)), new Uint8Array(new Float32Array(40).fill(i + 1).buffer));
}
