/**
 * Where a sensor looked, and from where, at each moment of a sweep, as it is defined: azimuth = phase of the laser + spin * time, about an axis
 * that may itself lean, move and turn. The fit is the one at which every laser's residuals within 0.12 rad have the mean 0, and the sum of their
 * squares does not fall any more (to convergence, in double precision; derivatives are differences).
 */
import type { Sample, SamplePoint } from "./sweep-sample.ts";

/** Spin (radians a span); place, way, lean and turn of the axis: x and y each, metres (a span) and radians (a span). */
export type Axis = readonly number[];

export interface AxisFit {
  readonly axis: Axis;
  /** Radians, by laser; lasers of fewer than three points have none. */
  readonly phases: ReadonlyMap<number, number>;
}

/** How far the axis may be from the origin, move, lean and turn. */
const MOST = [3, 8, 0.5, 0.5];
/** Radians within which a residual counts: in the first round, and then. */
const [WIDE, NARROW] = [0.3, 0.12];
const H = 1e-6;

/** Azimuth about the axis less what the spin makes of the time; small angles of lean and turn to first order. */
export function residualOf({ x, y, slope, at }: SamplePoint, axis: Axis): number {
  const [spin = 0, cx = 0, cy = 0, wayX = 0, wayY = 0, leanX = 0, leanY = 0, turnX = 0, turnY = 0] = axis;
  const [dx, dy] = [x - cx - wayX * at, y - cy - wayY * at];
  const leaned = ((leanX + turnX * at) * dx + (leanY + turnY * at) * dy) / Math.sqrt(dx * dx + dy * dy);
  return around(Math.atan2(dy, dx) - spin * at - slope * leaned);
}

/** @param unknowns 3: spin and place of the axis; 9: all */
export function fitAxis({ points }: Pick<Sample, "points">, unknowns: 3 | 9): AxisFit {
  let axis: Axis = new Array<number>(9).fill(0);
  axis = [firstSpin(points), ...axis.slice(1)];
  let phases = new Map<number, number>();
  const lasers = Map.groupBy(points, ({ laser }) => laser);
  for (let round = 0, step = Number.POSITIVE_INFINITY; round < 6 || (round < 60 && step > 1e-8); round++) {
    const gate = round === 0 ? WIDE : NARROW;
    if (round === 0 || round === 2) phases = firstPhases(points, axis);
    phases = middles(residualsOf(lasers, axis), phases, gate);
    const free = round < 2 ? 3 : unknowns;
    const change = leastSquares(lasers, axis, phases, gate, free);
    if (!change) break;
    axis = limited(axis.map((value, d) => value + (change[d] ?? 0)));
    step = Math.max(...change.map(Math.abs));
  }
  return { axis, phases: known(lasers, middles(residualsOf(lasers, axis), phases, NARROW)) };
}

/** The phases that lasers have about an axis that is given. */
export function phasesAbout({ points }: Pick<Sample, "points">, axis: Axis): AxisFit["phases"] {
  const lasers = Map.groupBy(points, ({ laser }) => laser);
  const residuals = residualsOf(lasers, axis);
  let phases = firstPhases(points, axis);
  for (let round = 0; round < 9; round++) phases = middles(residuals, phases, NARROW);
  return known(lasers, phases);
}

function known(lasers: ByLaser<SamplePoint>, phases: ReadonlyMap<number, number>): AxisFit["phases"] {
  return new Map([...phases].filter(([laser]) => (lasers.get(laser)?.length ?? 0) >= 3));
}

/** Median over every fourth of the pairs of one laser's neighbours that are more than a fiftieth of the span apart. */
function firstSpin(points: readonly SamplePoint[]): number {
  const before = new Map<number, SamplePoint>();
  const still = new Array<number>(9).fill(0);
  const spins: number[] = [];
  for (const point of points) {
    const last = before.get(point.laser);
    if (last && !(point.at - last.at > 0.02)) continue;
    before.set(point.laser, point);
    if (last) spins.push(around(residualOf(point, still) - residualOf(last, still)) / (point.at - last.at));
  }
  return middleOf(spins.filter((_, i) => i % 4 === 3)) ?? 0;
}

/** The border of the two neighbouring 64ths of the circle that hold most points of a laser, the first to do so. */
function firstPhases(points: readonly SamplePoint[], axis: Axis): Map<number, number> {
  const counts = new Map<number, number[]>();
  const best = new Map<number, number>();
  const phases = new Map<number, number>();
  for (const point of points) {
    const own = counts.get(point.laser) ?? new Array<number>(64).fill(0);
    counts.set(point.laser, own);
    const part = Math.min(63, Math.floor((residualOf(point, axis) / (2 * Math.PI) + 0.5) * 64));
    own[part] = (own[part] ?? 0) + 1;
    const [before, after] = [-1, 1].map((by) => (own[part] ?? 0) + (own[(part + by + 64) % 64] ?? 0)) as [number, number];
    if (Math.max(before, after) <= (best.get(point.laser) ?? 0)) continue;
    best.set(point.laser, Math.max(before, after));
    phases.set(point.laser, 2 * Math.PI * ((part + (after > before ? 1 : 0)) / 64 - 0.5));
  }
  return phases;
}

type ByLaser<T> = ReadonlyMap<number, readonly T[]>;

function residualsOf(lasers: ByLaser<SamplePoint>, axis: Axis): ByLaser<number> {
  return new Map([...lasers].map(([laser, points]) => [laser, points.map((point) => residualOf(point, axis))]));
}

/** Each phase moved to the mean of what lies within the gate around it. */
function middles(residuals: ByLaser<number>, phases: ReadonlyMap<number, number>, gate: number): Map<number, number> {
  return new Map(
    [...phases].map(([laser, phase]) => {
      const near = (residuals.get(laser) ?? []).map((residual) => around(residual - phase)).filter((off) => Math.abs(off) <= gate);
      return [laser, phase + (near.length > 0 ? near.reduce((sum, off) => sum + off, 0) / near.length : 0)];
    }),
  );
}

/** The change of the unknowns that the residuals within the gate ask for, each laser's about their mean; lasers of fewer than five take no part. */
function leastSquares(
  lasers: ByLaser<SamplePoint>,
  axis: Axis,
  phases: ReadonlyMap<number, number>,
  gate: number,
  free: number,
): readonly number[] | null {
  const moved = (d: number, by: number): Axis => axis.map((value, i) => (i === d ? value + by : value));
  const sides = Array.from({ length: free }, (_, d) => [moved(d, -H), moved(d, H)] as const);
  const matrix = sides.map(() => new Array<number>(free + 1).fill(0));
  let n = 0;
  for (const [laser, points] of lasers) {
    const rows = points.flatMap((point) => {
      n++;
      const off = around(residualOf(point, axis) - (phases.get(laser) ?? 0));
      if (!(Math.abs(off) <= gate)) return [];
      return [[...sides.map(([less, more]) => around(residualOf(point, less) - residualOf(point, more)) / (2 * H)), off]];
    });
    if (rows.length < 5) continue;
    const means = sides.map((_, d) => rows.reduce((sum, row) => sum + (row[d] ?? 0), 0) / rows.length);
    for (const row of rows) {
      const own = row.map((value, d) => value - (means[d] ?? 0));
      for (const [d, line] of matrix.entries()) for (let e = 0; e <= free; e++) line[e] = (line[e] ?? 0) + (own[d] ?? 0) * (own[e] ?? 0);
    }
  }
  // Where all points are far the axis is not told: it stays.
  for (const [d, line] of matrix.entries()) if (d > 0) line[d] = (line[d] ?? 0) + 1e-7 * n;
  return solve(matrix);
}

/** Of a positive definite matrix with its right side; null where it is none. */
function solve(matrix: readonly number[][]): readonly number[] | null {
  for (const [d, line] of matrix.entries()) {
    const pivot = line[d] ?? 0;
    if (!(pivot > 1e-12)) return null;
    for (const other of matrix) {
      if (other === line) continue;
      const share = (other[d] ?? 0) / pivot;
      for (let e = d; e < other.length; e++) other[e] = (other[e] ?? 0) - share * (line[e] ?? 0);
    }
  }
  return matrix.map((line, d) => (line[matrix.length] ?? 0) / (line[d] ?? 1));
}

/** Place, way, lean and turn to their greatest lengths. */
function limited(axis: Axis): Axis {
  return axis.map((value, d) => {
    if (d === 0) return value;
    const first = d - ((d + 1) % 2);
    const length = Math.hypot(axis[first] ?? 0, axis[first + 1] ?? 0);
    return value * Math.min(1, (MOST[(first - 1) / 2] ?? 0) / (length || 1));
  });
}

/** The upper median. */
export function middleOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** To -pi to pi. */
export function around(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}
