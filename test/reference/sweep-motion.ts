/** Where a sensor looked, and from where, as it is defined: residuals of azimuths for a fit that is given. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Share of the span, 0 to 1. */
  readonly at: number;
  readonly laser: number;
}

/** Spin (radians a span), place, way, lean and turn of the axis: x and y each. */
export type Fit = readonly [number, number, number, number, number, number, number, number, number];

/** The median over all points of |azimuth - spin * time - the laser's phase|, radians; phases are circular means. */
export function sweepMotion(points: readonly Point[], [spin, cx, cy, wayX, wayY, leanX, leanY, turnX, turnY]: Fit): number {
  const lasers = Map.groupBy(points, ({ laser }) => laser);
  const sizes = [...lasers.values()].flatMap((own) => {
    const angles = own.map(({ x, y, z, at }) => {
      const [dx, dy] = [x - cx - wayX * at, y - cy - wayY * at];
      const azimuth = Math.atan2(dy, dx);
      const slope = z / Math.hypot(x, y);
      return azimuth - spin * at - slope * ((leanX + turnX * at) * Math.cos(azimuth) + (leanY + turnY * at) * Math.sin(azimuth));
    });
    const [c, s] = [Math.cos, Math.sin].map((of) => angles.reduce((sum, angle) => sum + of(angle), 0)) as [number, number];
    const mean = Math.atan2(s, c);
    return angles.map((angle) => Math.abs(Math.atan2(Math.sin(angle - mean), Math.cos(angle - mean))));
  });
  return sizes.sort((a, b) => a - b)[sizes.length >> 1] ?? 0;
}
