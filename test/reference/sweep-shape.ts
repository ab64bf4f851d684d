/** What a sweep consists of, as it is defined. */
import type { RowPoint } from "../point-rows.ts";

/** @param farthest metres */
export function sweepShape(points: readonly RowPoint[], farthest: number, sectors: number) {
  const isSomewhere = ({ x, y, z }: RowPoint): boolean => [x, y, z].every(Number.isFinite);
  const isZero = ({ x, y, z }: RowPoint): boolean => x === 0 && y === 0 && z === 0;
  const placed = points.filter((point) => isSomewhere(point) && !isZero(point));
  const isSame = (a: RowPoint | undefined, b: RowPoint): boolean => a !== undefined && a.x === b.x && a.y === b.y && a.z === b.z;
  const told = placed.map(({ intensity }) => intensity).filter((intensity) => !Number.isNaN(intensity));
  const brightest = told.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const tally = (length: number, numbers: readonly number[]): number[] => {
    const counts = new Array<number>(length).fill(0);
    for (const number of numbers) counts[number] = (counts[number] ?? 0) + 1;
    return counts;
  };
  // What is straight above or below has no direction; -0 is 0.
  const turned = placed.filter(({ x, y }) => x !== 0 || y !== 0).map(({ x, y }) => Math.atan2(y + 0, x) / (2 * Math.PI) + 0.5);
  return {
    placed: placed.length,
    unplaced: points.filter((point) => !isSomewhere(point)).length,
    zero: points.filter(isZero).length,
    far: placed.filter(({ x, y, z }) => x * x + y * y + z * z > farthest * farthest).length,
    repeated: placed.filter((point, i) => isSame(placed[i - 1], point)).length,
    bright: told.filter((intensity) => intensity === brightest).length,
    lasers: tally(
      256,
      placed.map(({ laser }) => ((Math.trunc(laser) % 256) + 256) % 256),
    ),
    sectors: tally(
      sectors,
      turned.map((share) => Math.min(sectors - 1, Math.floor(share * sectors))),
    ),
  };
}
