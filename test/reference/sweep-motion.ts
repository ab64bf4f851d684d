/** Was a cloud moved to one moment? Every figure as it is defined: an axis that stays and one that may move, each fitted to the same sample. */
import type { RowPoint } from "../point-rows.ts";
import { type Axis, type AxisFit, around, fitAxis, middleOf, phasesAbout, residualOf } from "./sweep-axis.ts";
import { type Sample, sampleOf } from "./sweep-sample.ts";

const SAMPLE = 4096;
const FEWEST = 500;

export function sampleOfMotion(points: readonly RowPoint[], hasRing: boolean): Sample {
  return sampleOf(points, SAMPLE, hasRing);
}

/** Null where the sample has fewer than 500 points. */
export function sweepMotion(points: readonly RowPoint[], hasRing: boolean) {
  const sample = sampleOfMotion(points, hasRing);
  if (sample.points.length < FEWEST) return null;
  const [still, moving] = [fitAxis(sample, 3), fitAxis(sample, 9)];
  return {
    ...{ points: sample.points.length, base: sample.base, begin: sample.begin, span: sample.span },
    /** Radians a span. */
    spin: still.axis[0] ?? 0,
    still: medianOff(sample, still),
    moving: medianOff(sample, moving),
    axis: moving.axis,
  };
}

/** The median residual about an axis, radians: phases are those the axis gives. */
export function medianAbout(sample: Sample, axis: Axis): number {
  return medianOff(sample, { axis, phases: phasesAbout(sample, axis) });
}

function medianOff({ points }: Sample, { axis, phases }: AxisFit): number {
  const sizes = points.map((point) => Math.abs(around(residualOf(point, axis) - (phases.get(point.laser) ?? Number.NaN))));
  return middleOf(sizes.map((off) => (Number.isNaN(off) ? Number.POSITIVE_INFINITY : off))) ?? 0;
}
