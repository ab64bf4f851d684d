/** Points inside oriented boxes, as it is defined: closed bounds, float64. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly time: number;
}

/** @returns indices of the points inside a box of x, y, z, length, width, height, yaw */
export function pointsInBoxes(points: readonly Point[], box: readonly number[]): readonly number[] {
  const [x = 0, y = 0, z = 0, length = 0, width = 0, height = 0, yaw = 0] = box;
  return points.flatMap((point, i) => {
    const [dx, dy, dz] = [point.x - x, point.y - y, point.z - z];
    const along = Math.abs(Math.cos(yaw) * dx + Math.sin(yaw) * dy);
    const across = Math.abs(Math.cos(yaw) * dy - Math.sin(yaw) * dx);
    return along <= length / 2 && across <= width / 2 && Math.abs(dz) <= height / 2 ? [i] : [];
  });
}
