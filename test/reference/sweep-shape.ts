/** What a sweep consists of, as it is defined. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly laser: number;
  readonly intensity: number;
}

export function sweepShape(points: readonly Point[], farthest: number, sectors: number) {
  const placed = points.filter(({ x, y, z }) => [x, y, z].every(Number.isFinite) && Math.hypot(x, y, z) > 0);
  const isSame = (a: Point | undefined, b: Point): boolean => a !== undefined && a.x === b.x && a.y === b.y && a.z === b.z;
  const brightest = Math.max(...placed.map(({ intensity }) => intensity));
  const tally = (length: number, of: (point: Point) => number): number[] => {
    const counts = new Array<number>(length).fill(0);
    for (const point of placed) counts[of(point)] = (counts[of(point)] ?? 0) + 1;
    return counts;
  };
  return {
    placed: placed.length,
    unplaced: points.filter(({ x, y, z }) => ![x, y, z].every(Number.isFinite)).length,
    zero: points.filter(({ x, y, z }) => x === 0 && y === 0 && z === 0).length,
    far: placed.filter(({ x, y, z }) => Math.hypot(x, y, z) > farthest).length,
    repeated: placed.filter((point, i) => isSame(placed[i - 1], point)).length,
    bright: placed.filter(({ intensity }) => intensity === brightest).length,
    lasers: tally(256, ({ laser }) => laser & 255),
    sectors: tally(sectors, ({ x, y }) => Math.min(sectors - 1, Math.floor((Math.atan2(y, x) / (2 * Math.PI) + 0.5) * sectors))),
  };
}
