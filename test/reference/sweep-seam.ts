/** Where the end of a sweep meets its beginning, as it is defined. */
import type { RowPoint } from "../point-rows.ts";
import { middleOf } from "./sweep-axis.ts";
import { isPlaced, sampleOf, since } from "./sweep-sample.ts";

type Place = readonly [number, number, number];

/** An end of the sweep: how many of its places have an elevation, by thousandths of a radian, and those places that are looked at. */
interface End {
  readonly steps: ReadonlyMap<number, number>;
  readonly places: readonly Place[];
}

const SAMPLE = 1024;
/** Share of the span that an end lasts, to either side of where the sweep begins and ends. */
const END = 0.03;
const MOST = 2048;
const MOST_HELD = 256;

export function sweepSeam(points: readonly RowPoint[]) {
  const none = { early: 0, late: 0, apart: 0, planes: 0, off: 0, heapedEarly: 0, heapedLate: 0, heapedBoth: 0 };
  const sample = sampleOf(points, SAMPLE, false);
  if (sample.points.length === 0) return none;
  // As many points as an end should have are thinned to 2,048 or fewer.
  const thinned = Math.floor(Math.floor(points.length * END) / MOST) + 1;
  const shareOf = ({ time }: RowPoint): number => 0.05 + since(time, points[sample.base]?.time ?? Number.NaN) / sample.span;
  const early = endOf(
    points.filter((point) => shareOf(point) >= -END && shareOf(point) < END),
    thinned,
  );
  const late = endOf(
    points.filter((point) => shareOf(point) > 1 - END && shareOf(point) <= 1 + END),
    thinned,
  );
  const counts = { ...none, early: early.places.length, late: late.places.length };
  if (counts.early === 0 || counts.late === 0) return counts;
  const turned = Math.abs(directionOf(early.places) - directionOf(late.places));
  // Of more late points than are held against planes, every so manieth.
  const each = Math.max(1, Math.floor(counts.late / MOST_HELD));
  const asked = late.places.filter((_, k) => k % each === 0);
  const offs = asked.flatMap((place) => offPlane(place, early.places, 8) ?? []).slice(0, MOST_HELD);
  return {
    ...counts,
    apart: Math.min(turned, 2 * Math.PI - turned),
    planes: offs.length,
    off: middleOf(offs) ?? 0,
    heapedEarly: heaped(early.steps, early.steps, 1),
    heapedLate: heaped(late.steps, late.steps, 1),
    heapedBoth: heaped(early.steps, late.steps, 0),
  };
}

/** In thousandths of a radian, from -1.6 rad. */
export function elevationOf([x, y, z]: Place): number {
  return (Math.atan2(z, Math.hypot(x, y)) + 1.6) / 0.001;
}

function endOf(points: readonly RowPoint[], thinned: number): End {
  const all = points.map(({ x, y, z }): Place => [Math.fround(x), Math.fround(y), Math.fround(z)]);
  const places = all.filter(([x, y, z]) => isPlaced({ x, y }) && Number.isFinite(z));
  const steps = new Map<number, number>();
  for (const place of places) {
    const step = Math.floor(elevationOf(place));
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  return { steps, places: places.filter((_, k) => k % thinned === 0).slice(0, MOST) };
}

/** Of the mean of the places' directions over ground, radians. */
function directionOf(places: readonly Place[]): number {
  const sum = (d: 0 | 1): number => places.reduce((total, place) => total + place[d] / Math.hypot(place[0], place[1]), 0);
  return Math.atan2(sum(1), sum(0));
}

/** How many of `others` have the elevation of a point of `own`, against the mean over 8 steps to either side. @param self 1 where both are one */
function heaped(own: End["steps"], others: End["steps"], self: number): number {
  let [there, around] = [0, 0];
  for (const [step, count] of own) {
    const near = Array.from({ length: 17 }, (_, k) => others.get(step + k - 8) ?? 0).reduce((a, b) => a + b);
    there += count * ((others.get(step) ?? 0) - self);
    around += (count * (near - self)) / 17;
  }
  return around > 0 ? there / around : 0;
}

/** Distance of a point from the plane through its `count` nearest of `others`; null beyond 2.5 m, or where they make no upright plane. */
function offPlane(point: Place, others: readonly Place[], count: number): number | null {
  const near = others
    .map((other) => ({ other, square: squareOf(other, point) }))
    .filter(({ square }) => square <= 2.5 ** 2)
    .sort((a, b) => a.square - b.square)
    .slice(0, count)
    .map(({ other }) => other);
  if (near.length < count) return null;
  const mean = [0, 1, 2].map((d) => near.reduce((sum, other) => sum + (other[d] ?? 0), 0) / count);
  const spread = [0, 1, 2].map((i) =>
    [0, 1, 2].map(
      (j) => near.reduce((sum, other) => sum + ((other[i] ?? 0) - (mean[i] ?? 0)) * ((other[j] ?? 0) - (mean[j] ?? 0)), 0) / count,
    ),
  );
  const [thin, broad] = jacobi(spread);
  if (!thin || !broad || thin.value > 0.07 ** 2 || broad.value < 0.1 ** 2 || Math.abs(thin.vector[2] ?? 0) > 0.8) return null;
  return Math.abs(thin.vector.reduce((sum, v, d) => sum + v * ((point[d] ?? 0) - (mean[d] ?? 0)), 0));
}

function squareOf([x, y, z]: Place, [px, py, pz]: Place): number {
  return (x - px) * (x - px) + (y - py) * (y - py) + (z - pz) * (z - pz);
}

interface Eigen {
  readonly value: number;
  readonly vector: readonly number[];
}

/** Eigenvalues and vectors of a symmetric 3 x 3 matrix, ascending, by Jacobi's rotations. */
function jacobi(matrix: readonly (readonly number[])[]): readonly Eigen[] {
  const a = matrix.map((row) => [...row]);
  const v = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : 0)));
  const at = (m: number[][], i: number, j: number): number => m[i]?.[j] ?? 0;
  const put = (m: number[][], i: number, j: number, value: number): void => {
    const row = m[i];
    if (row) row[j] = value;
  };
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const angle = 0.5 * Math.atan2(2 * at(a, p, q), at(a, q, q) - at(a, p, p));
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (const m of [a, v]) {
        for (let k = 0; k < 3; k++) {
          const [x, y] = [at(m, k, p), at(m, k, q)];
          put(m, k, p, c * x - s * y);
          put(m, k, q, s * x + c * y);
        }
      }
      for (let k = 0; k < 3; k++) {
        const [x, y] = [at(a, p, k), at(a, q, k)];
        put(a, p, k, c * x - s * y);
        put(a, q, k, s * x + c * y);
      }
    }
  }
  return [0, 1, 2].map((i) => ({ value: at(a, i, i), vector: [0, 1, 2].map((k) => at(v, k, i)) })).sort((x, y) => x.value - y.value);
}
