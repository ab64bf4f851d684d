/**
 * Which points of a sweep are drawn, what their times say about its span, and which laser each is of: the rule that `sweepFit`, `sweepMotion` and
 * `sweepSeam` share, in plain code. Places are float32, as kernels take them; everything else is double.
 */
import type { RowPoint } from "../point-rows.ts";

export interface SamplePoint {
  readonly x: number;
  readonly y: number;
  /** Height over distance over ground. */
  readonly slope: number;
  /** Share of the span. */
  readonly at: number;
  readonly laser: number;
}

export interface Sample {
  /** In order of time, to a 1024th of the span; of one slice, in order of rows. */
  readonly points: readonly SamplePoint[];
  /** The row a twentieth of the span after its begin, and the first of those drawn that have the smallest time. */
  readonly base: number;
  readonly least: number;
  /** Begin less the base row's time, and length, in the unit of the field. */
  readonly begin: number;
  readonly span: number;
}

/** A twentieth of the times to either side do not tell the span. */
const EDGE = 0.05;
const f32 = Math.fround;

/** @param limit rows that are drawn at most */
export function sampleOf(points: readonly RowPoint[], limit: number, hasRing: boolean): Sample {
  const drawn = drawRows(points.length, limit).filter((row) => Number.isFinite(Number(points[row]?.time)));
  const timeOf = (row: number | undefined): number | bigint => points[row ?? -1]?.time ?? Number.NaN;
  const times = drawn.map((row) => since(timeOf(row), timeOf(drawn[0])));
  const smallest = Math.min(...times);
  const least = drawn[times.indexOf(smallest)] ?? 0;
  const same = times.filter((t) => t === smallest).length;
  // Points that have exactly the smallest time, more than one in a hundred, are stuck: no part of the sweep.
  const isStuck = same > 1 && same > 0.01 * times.length;
  const told = times.filter((t, k) => k % 4 === 0 && !(isStuck && t === smallest)).sort((a, b) => a - b);
  if (told.length < 2) return { points: [], base: least, least, begin: 0, span: 0 };
  const edge = Math.floor(EDGE * told.length);
  const [low = 0, high = 0] = [told[edge], told[told.length - 1 - edge]];
  const span = (high - low) / (1 - 2 * EDGE);
  const from = low - EDGE * span;
  const found = { base: drawn[times.indexOf(low)] ?? 0, least, begin: -EDGE * span, span };
  if (!(span > 0 && span < Number.POSITIVE_INFINITY)) return { points: [], ...found };
  const sample = drawn.flatMap((row, k) => {
    const point = points[row];
    const t = times[k] ?? 0;
    if (!point || !isPlaced(point) || (isStuck && t === smallest)) return [];
    const [x, y, z] = [f32(point.x), f32(point.y), f32(point.z)];
    return [{ x, y, slope: z / Math.hypot(x, y), at: (t - from) / span, laser: laserOf(point, hasRing) }];
  });
  const slice = ({ at }: SamplePoint): number => Math.floor(Math.max(0, Math.min(1023, at * 1024)));
  return { points: sample.sort((a, b) => slice(a) - slice(b)), ...found };
}

/** One row of each of `limit` equal parts, at random (the generator of Numerical Recipes); all rows where there are fewer. */
function drawRows(count: number, limit: number): readonly number[] {
  const draws = Math.min(limit, count);
  let seed = 0x9e3779b9;
  return Array.from({ length: draws }, (_, i) => {
    const [begin, end] = [Math.floor((i * count) / draws), Math.floor(((i + 1) * count) / draws)];
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return begin + Math.floor((seed * (end - begin)) / 2 ** 32);
  });
}

/** A time less another, exact for 64-bit integers. */
export function since(time: number | bigint, base: number | bigint): number {
  return typeof time === "bigint" && typeof base === "bigint" ? Number(time - base) : Number(time) - Number(base);
}

/** From 2 m to 100 km away over ground. */
export function isPlaced({ x, y }: Pick<RowPoint, "x" | "y">): boolean {
  const square = f32(f32(f32(x) * f32(x)) + f32(f32(y) * f32(y)));
  return square >= 4 && square < f32(1e10);
}

/** The low 8 bits of the laser's number; of points that name none the elevation, in 256 parts of z / (|z| + distance over ground) from -1/2 to 1/2. */
export function laserOf({ x, y, z, laser }: RowPoint, hasRing: boolean): number {
  if (hasRing) return ((Math.trunc(laser) % 256) + 256) % 256;
  const [px, py, up] = [f32(x), f32(y), f32(z)];
  const over = f32(Math.sqrt(f32(f32(px * px) + f32(py * py))));
  const share = f32(up / f32(Math.abs(up) + over));
  return Math.max(0, Math.min(255, Math.trunc(f32(f32(f32(share + share) + 1) * 128)) || 0));
}
