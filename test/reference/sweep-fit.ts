/** Do the times of a sweep's points agree with where the sensor was looking? Every figure as it is defined. */
import type { RowPoint } from "../point-rows.ts";
import { type AxisFit, around, fitAxis, middleOf, residualOf } from "./sweep-axis.ts";
import { isPlaced, laserOf, sampleOf, since } from "./sweep-sample.ts";

const FEWEST_OF_SAMPLE = 200;

/** @param given the fit to hold the points against, instead of the sweep's own */
export function sweepFit(points: readonly RowPoint[], hasRing: boolean, given?: AxisFit) {
  const sample = sampleOf(points, Math.max(1536, Math.min(2048, Math.floor(points.length / 64))), hasRing);
  const { base, least, begin, span } = sample;
  const fit = sample.points.length < FEWEST_OF_SAMPLE ? null : (given ?? fitAxis(sample, 3));
  const phaseOf = (laser: number): number => fit?.phases.get(laser) ?? Number.NaN;
  const offs = fit ? sample.points.map((point) => around(residualOf(point, fit.axis) - phaseOf(point.laser))) : [];
  const known = offs.filter((off) => !Number.isNaN(off));
  const parts = new Set(sample.points.map(({ x, y }) => Math.min(15, Math.floor((Math.atan2(y, x) / (2 * Math.PI) + 0.5) * 16))));
  // Times count from the base row's, in float32; what is not finite is no time.
  const timeOf = (row: number): number => since(points[row]?.time ?? Number.NaN, points[base]?.time ?? Number.NaN);
  const times = points.map((_, row) => Math.fround(timeOf(row))).map((t) => (Number.isFinite(t) ? t : Number.NaN));
  const seen = times.filter((t) => !Number.isNaN(t));
  const smallest = Math.fround(timeOf(least));
  return {
    fit,
    /** Of every point: what it is off by, radians; NaN where it does not count, or is of a laser whose phase is not known. */
    offs: points.map((point, row) => {
      if (!fit || !isPlaced(point)) return Number.NaN;
      const at = ((times[row] ?? 0) - begin) / span;
      const [x, y] = [Math.fround(point.x), Math.fround(point.y)];
      return around(residualOf({ x, y, slope: 0, at, laser: 0 }, fit.axis) - phaseOf(laserOf(point, hasRing)));
    }),
    isLeast: times.map((t) => t === smallest),
    /** Radians per unit of the time field. */
    spin: (fit?.axis[0] ?? 0) / span,
    resultant: known.length > 0 ? known.reduce((sum, off) => sum + Math.cos(off), 0) / known.length : 0,
    median:
      middleOf(
        offs
          .filter((_, k) => k % 4 === 0)
          .slice(0, Math.floor(offs.length / 4))
          .map((off) => (Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.abs(off))),
      ) ?? 0,
    times: seen.length > 0 ? [seen.reduce((a, b) => Math.min(a, b)), seen.reduce((a, b) => Math.max(a, b))] : [0, 0],
    back: seen.length > 0 ? times.filter((t, row) => t < (times[row - 1] ?? Number.NaN)).length / seen.length : 0,
    stuck: seen.length > 0 ? seen.filter((t) => t === smallest).length / seen.length : 0,
    parts: parts.size,
    ...{ base, begin, span },
    /** By laser, where there is a fit: points in the sample. */
    lasers: Array.from({ length: 256 }, (_, l) => (fit ? sample.points.filter(({ laser }) => laser === l).length : 0)),
  };
}
