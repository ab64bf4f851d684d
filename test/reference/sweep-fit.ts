/** Does azimuth follow time? Circular statistics of azimuth - spin * time by laser, for a spin and an axis that are given. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly time: number;
  readonly laser: number;
}

/** Resultant length (mean over lasers, by their points) and the share of points further than `off` radians from their laser's mean. */
export function sweepFit(
  points: readonly Point[],
  spin: number,
  axis: readonly [number, number],
  off: number,
): { readonly resultant: number; readonly share: number } {
  const lasers = Map.groupBy(points, ({ laser }) => laser);
  let [sum, beyond] = [0, 0];
  for (const own of lasers.values()) {
    const angles = own.map(({ x, y, time }) => Math.atan2(y - axis[1], x - axis[0]) - spin * time);
    const [c, s] = [Math.cos, Math.sin].map((of) => angles.reduce((total, angle) => total + of(angle), 0)) as [number, number];
    sum += Math.hypot(c, s);
    const mean = Math.atan2(s, c);
    beyond += angles.filter((angle) => Math.abs(Math.atan2(Math.sin(angle - mean), Math.cos(angle - mean))) > off).length;
  }
  return { resultant: sum / points.length, share: beyond / points.length };
}
