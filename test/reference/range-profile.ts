/** Range profiles and the turn between two of them, a point at a time. */
const TAU = 2 * Math.PI;

export interface Profile {
  /** By bin; 0 where nothing stands. */
  readonly range: readonly number[];
  readonly time: readonly number[];
}

/** Nearest horizontal range per azimuth of what stands a metre above the ground; a point is x, y, z, time. */
export function rangeProfile(points: readonly (readonly [number, number, number, number])[], bins: number): Profile {
  const range = new Array<number>(bins).fill(0);
  const time = new Array<number>(bins).fill(0);
  const near = points.flatMap(([x, y, z]) =>
    Math.hypot(x, y) >= 1 && Math.hypot(x, y) < 20 && z >= -6.4 && z < 6.4 ? [Math.floor((z + 6.4) / 0.1)] : [],
  );
  near.sort((a, b) => a - b);
  const ground = near.length > 0 ? (near[Math.ceil(near.length / 10) - 1] ?? 0) * 0.1 - 6.4 : Number.NEGATIVE_INFINITY;
  for (const [x, y, z, at] of points) {
    const distance = Math.hypot(x, y);
    if (!(z >= ground + 1) || !(distance >= 1 && distance < 1e6)) continue;
    const bin = Math.min(bins - 1, Math.floor((Math.atan2(y, x) / TAU + 0.5) * bins));
    if (range[bin] !== 0 && (range[bin] ?? 0) <= Math.fround(distance)) continue;
    range[bin] = Math.fround(distance);
    time[bin] = at - (points[0]?.[3] ?? 0);
  }
  return { range, time };
}

export interface Turn {
  readonly turn: number;
  readonly moment: number;
  readonly bins: number;
}

/** Whole bins first, then Gauss-Newton over turn and translation with Tukey's weights; null where it fails. */
export function matchProfiles(a: Profile, b: Profile): Turn | null {
  const bins = a.range.length;
  const move = [(coarse(a, b) * TAU) / bins, 0, 0];
  let cap = 2.5;
  let answer: Turn | null = null;
  for (let iteration = 0; iteration < 16; iteration++) {
    const rows = a.range.flatMap((range, i) => residual(a, b, i, range, move, cap) ?? []);
    if (rows.length < 30) return null;
    const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + row.weight * of(row), 0);
    const normal = [0, 1, 2].map((p) => [0, 1, 2].map((q) => sum(({ j }) => (j[p] ?? 0) * (j[q] ?? 0)) + (p === q && p < 3 ? 1e-6 : 0)));
    const timed = [0, 1, 2].map((p) => sum(({ j, time }) => (j[p] ?? 0) * (j[0] ?? 0) * time));
    const step = solve(
      normal,
      [0, 1, 2].map((p) => sum(({ j, error }) => (j[p] ?? 0) * error)),
    );
    for (const k of [0, 1, 2]) move[k] = (move[k] ?? 0) - (step[k] ?? 0);
    const first = solve(normal, [1, 0, 0]);
    answer = { turn: move[0] ?? 0, moment: timed.reduce((total, value, k) => total + value * (first[k] ?? 0), 0), bins: rows.length };
    cap = Math.max(0.1, cap * 0.7);
  }
  return answer;
}

interface Row {
  readonly weight: number;
  readonly error: number;
  readonly j: readonly number[];
  readonly time: number;
}

function residual(
  a: Profile,
  b: Profile,
  i: number,
  range: number,
  [turn = 0, dx = 0, dy = 0]: readonly number[],
  cap: number,
): Row[] | null {
  const bins = a.range.length;
  const bin = TAU / bins;
  if (range === 0) return null;
  const azimuth = (i + 0.5) * bin - Math.PI;
  const [px, py] = [range * Math.cos(azimuth) - dx, range * Math.sin(azimuth) - dy];
  const expected = Math.hypot(px, py);
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const place = (Math.atan2(c * py - s * px, c * px + s * py) + Math.PI) / bin - 0.5;
  const k = Math.floor(place);
  const [k0, k1] = [(k + bins) % bins, (k + 1 + bins) % bins];
  const [r0, r1] = [b.range[k0] ?? 0, b.range[k1] ?? 0];
  if (r0 === 0 || r1 === 0) return null;
  const slope = (r1 - r0) / bin;
  if (Math.abs(slope) > 4 * expected) return null;
  const lean = 1 / Math.hypot(1, slope / expected);
  const error = (r0 + (place - k) * (r1 - r0) - expected) * lean;
  if (Math.abs(error) >= cap) return null;
  const [ux, uy] = [px / expected, py / expected];
  const j = [-slope * lean, ((slope * uy) / expected + ux) * lean, ((-slope * ux) / expected + uy) * lean];
  return [{ weight: (1 - (error / cap) ** 2) ** 2, error, j, time: ((a.time[i] ?? 0) + (b.time[k0] ?? 0)) / 2 }];
}

/** Mean difference as a share of the nearer range, none counting for more than a fifth; the smallest turn of equals. */
function coarse(a: Profile, b: Profile): number {
  const bins = a.range.length;
  let best = { shift: 0, cost: Number.POSITIVE_INFINITY };
  for (let k = 0; k <= 120; k++) {
    const shift = k % 2 === 1 ? (k + 1) / 2 : -k / 2;
    const costs = a.range.flatMap((ra, i) => {
      const rb = b.range[(i - shift + bins) % bins] ?? 0;
      return ra === 0 || rb === 0 ? [] : [Math.min(0.2, Math.abs(ra - rb) / Math.min(ra, rb))];
    });
    const cost = costs.length < 30 ? Number.POSITIVE_INFINITY : costs.reduce((sum, one) => sum + one, 0) / costs.length;
    if (cost < best.cost) best = { shift, cost };
  }
  return best.shift;
}

/** Gaussian elimination. */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  for (const [p, pivot] of rows.entries()) {
    for (const [r, row] of rows.entries()) {
      if (r === p) continue;
      const factor = (row[p] ?? 0) / (pivot[p] ?? 1);
      for (const [c, value] of pivot.entries()) row[c] = (row[c] ?? 0) - factor * value;
    }
  }
  return rows.map((row, p) => (row.at(-1) ?? 0) / (row[p] ?? 1));
}
