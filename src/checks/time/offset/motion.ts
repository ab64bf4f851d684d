/**
 * What one stream says of how the vehicle turns: a turn that adds up over time, so that the mean rate between any two
 * moments is a difference. Streams as different as a 200 Hz gyroscope and a 10 Hz LiDAR are compared over the same
 * intervals that way, and the rate of an interval belongs to its middle by construction.
 */
import { toMatrix, turnBetween } from "../../../simulate/rotation.ts";
import type { ImuColumns, PoseColumns } from "../../../types.ts";

export interface Motion {
  /** 3: a vector in the sensor's own axes. 1: about one axis, of unknown scale and sign. */
  readonly axes: 1 | 3;
  /** f64[n], s since the common epoch, ascending. */
  readonly t: Float64Array;
  /** f64[axes * n], turned until then (radians; columns of an image for a camera). */
  readonly turn: Float64Array;
  /** f64[axes * n], rate then. */
  readonly rate: Float64Array;
  /** Median time between knots, s. */
  readonly periodS: number;
  /** The intervals the turns were measured over, where they are not those between the knots. */
  readonly measured?: Intervals;
  /** How far the stamps may lie from the moment measured, s: a sweep without point times may be stamped anywhere within. */
  readonly unsureS: number;
}

export interface Intervals {
  readonly count: number;
  /** f64[count], s, ascending. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** f64[axes * count], mean rate. */
  readonly rate: Float64Array;
}

/** Steps below this share of the median are no step: two stamps of one moment (Argoverse has poses 1 ns apart). */
const LEAST_STEP = 0.1;
/** Nothing is known of the motion within a step of more than so many periods. */
export const GAP_PERIODS = 4;
const LEAST_KNOTS = 8;
/** Steps jitter: an interval of two of them may be a little shorter than twice the median. */
const ENOUGH = 0.9;

export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  if (n === 0) return Number.NaN;
  return ((sorted[(n - 1) >> 1] as number) + (sorted[n >> 1] as number)) / 2;
}

/** Integers are subtracted before anything becomes a float. */
export function secondsSince(stampNs: bigint, epochNs: bigint): number {
  return Number(stampNs - epochNs) / 1e9;
}

/** Rows whose stamps go forward. A stamp that one of the next two precedes is left out itself, not they. */
export function forwardRows(stampNs: BigInt64Array, isUsable: (row: number) => boolean): Int32Array {
  const usable: number[] = [];
  for (let row = 0; row < stampNs.length; row++) if (isUsable(row)) usable.push(row);
  const at = (k: number): bigint => stampNs[usable[k] as number] as bigint;
  const steps: number[] = [];
  for (let k = 1; k < usable.length; k++) if (at(k) > at(k - 1)) steps.push(Number(at(k) - at(k - 1)));
  const least = LEAST_STEP * median(steps);
  const rows: number[] = [];
  let last: bigint | null = null;
  for (let k = 0; k < usable.length; k++) {
    const stamp = at(k);
    const isAhead = (k + 1 < usable.length && at(k + 1) < stamp) || (k + 2 < usable.length && at(k + 2) < stamp);
    if (isAhead || (last !== null && Number(stamp - last) <= least)) continue;
    rows.push(usable[k] as number);
    last = stamp;
  }
  return Int32Array.from(rows);
}

/** Null where there are too few samples. */
export function motionOfImu({ stampNs, angularVelocity: w }: ImuColumns, epochNs: bigint): Motion | null {
  const isUsable = (row: number): boolean =>
    Number.isFinite((w[3 * row] as number) + (w[3 * row + 1] as number) + (w[3 * row + 2] as number));
  const rows = forwardRows(stampNs, isUsable);
  const n = rows.length;
  if (n < LEAST_KNOTS) return null;
  const t = Float64Array.from(rows, (row) => secondsSince(stampNs[row] as bigint, epochNs));
  const turn = new Float64Array(3 * n);
  const rate = new Float64Array(3 * n);
  for (let k = 0; k < n; k++) {
    for (let axis = 0; axis < 3; axis++) {
      const at = 3 * k + axis;
      rate[at] = w[3 * (rows[k] as number) + axis] as number;
      if (k === 0) continue;
      const step = (t[k] as number) - (t[k - 1] as number);
      turn[at] = (turn[at - 3] as number) + 0.5 * step * ((rate[at - 3] as number) + (rate[at] as number));
    }
  }
  return motionOf(3, t, turn, rate);
}

/** Null where there are too few poses. */
export function motionOfPoses({ stampNs, quaternion: q }: PoseColumns, epochNs: bigint): Motion | null {
  const square = (row: number): number => {
    let sum = 0;
    for (let at = 4 * row; at < 4 * row + 4; at++) sum += (q[at] as number) * (q[at] as number);
    return sum;
  };
  const rows = forwardRows(stampNs, (row) => square(row) > 0.9 && square(row) < 1.1);
  const n = rows.length;
  if (n < LEAST_KNOTS) return null;
  const t = Float64Array.from(rows, (row) => secondsSince(stampNs[row] as bigint, epochNs));
  const turn = new Float64Array(3 * n);
  const matrixOf = (row: number) => {
    const scale = 1 / Math.sqrt(square(row));
    const at = (k: number): number => scale * (q[4 * row + k] as number);
    return toMatrix({ x: 0, y: 0, z: 0, qx: at(0), qy: at(1), qz: at(2), qw: at(3) });
  };
  let before = matrixOf(rows[0] as number);
  for (let k = 1; k < n; k++) {
    const now = matrixOf(rows[k] as number);
    const step = turnBetween(before, now);
    before = now;
    for (let axis = 0; axis < 3; axis++) turn[3 * k + axis] = (turn[3 * k - 3 + axis] as number) + (step[axis] as number);
  }
  return motionOf(3, t, turn, slopes(t, turn, 3));
}

/**
 * Turns about one axis measured between neighbouring frames, each with its own moment.
 *
 * @param turn f64[n]: since the frame before, NaN where unknown
 * @param momentS f64[n]: the moment the turn belongs to, s after the stamps of both its frames
 */
export function motionOfSteps(
  stampNs: BigInt64Array,
  turn: Float64Array,
  momentS: Float64Array,
  epochNs: bigint,
  unsureS: number,
): Motion | null {
  const rows = forwardRows(stampNs, () => true);
  const known: number[] = [];
  for (let k = 1; k < rows.length; k++) {
    const row = rows[k] as number;
    // A turn is known only from the frame right before.
    if (rows[k - 1] === row - 1 && Number.isFinite((turn[row] as number) + (momentS[row] as number))) known.push(row);
  }
  if (known.length < LEAST_KNOTS) return null;
  const middle = median(known.map((row) => momentS[row] as number));
  const seconds = (row: number): number => secondsSince(stampNs[row] as bigint, epochNs);
  const measured = {
    count: known.length,
    from: Float64Array.from(known, (row) => seconds(row - 1) + (momentS[row] as number)),
    to: Float64Array.from(known, (row) => seconds(row) + (momentS[row] as number)),
    rate: Float64Array.from(known, (row) => (turn[row] as number) / (seconds(row) - seconds(row - 1))),
  };
  const t: number[] = [];
  const sums: number[] = [];
  let sum = 0;
  for (const row of known) {
    const start = seconds(row - 1) + middle;
    const last = t.at(-1);
    if (last === undefined || start > last + 1e-9) {
      // What was turned in between is unknown, and so is every interval that reaches into it.
      if (last !== undefined) {
        t.push((last + start) / 2);
        sums.push(Number.NaN);
      }
      t.push(start);
      sums.push(sum);
    }
    sum += turn[row] as number;
    t.push(seconds(row) + middle);
    sums.push(sum);
  }
  const knots = Float64Array.from(t);
  const turned = Float64Array.from(sums);
  return { ...motionOf(1, knots, turned, slopes(knots, turned, 1)), measured, unsureS };
}

/** Slope of the parabola through each knot and its neighbours. */
function slopes(t: Float64Array, turn: Float64Array, axes: number): Float64Array {
  const n = t.length;
  const rate = new Float64Array(axes * n);
  const step = (k: number): number => (t[k + 1] as number) - (t[k] as number);
  for (let axis = 0; axis < axes; axis++) {
    const chord = (k: number): number => ((turn[axes * (k + 1) + axis] as number) - (turn[axes * k + axis] as number)) / step(k);
    rate[axis] = chord(0);
    rate[axes * (n - 1) + axis] = chord(n - 2);
    for (let k = 1; k + 1 < n; k++) {
      rate[axes * k + axis] = (step(k) * chord(k - 1) + step(k - 1) * chord(k)) / (step(k - 1) + step(k));
    }
  }
  return rate;
}

function motionOf(axes: 1 | 3, t: Float64Array, turn: Float64Array, rate: Float64Array): Motion {
  return { axes, t, turn, rate, periodS: median(t.subarray(1).map((end, k) => end - (t[k] as number))), unsureS: 0 };
}

/**
 * The intervals a stream is compared over.
 *
 * @param leastS shortest interval; longer than the stream's own they overlap, one beginning at every knot or every `strideS`
 */
export function intervalsOf({ axes, t, turn, periodS, measured }: Motion, leastS: number, strideS: number): Intervals {
  if (measured && leastS < 1.5 * periodS) return measured;
  const from: number[] = [];
  const to: number[] = [];
  const rate: number[] = [];
  const n = t.length;
  const longest = GAP_PERIODS * periodS;
  let end = 0;
  /** The last knot that follows a gap. */
  let afterGap = 0;
  for (let k = 0; k + 1 < n; k++) {
    const start = t[k] as number;
    if (from.length > 0 && start - (from.at(-1) as number) < ENOUGH * strideS) continue;
    end = Math.max(end, k + 1);
    while (end < n && (t[end] as number) - start < ENOUGH * leastS) end++;
    if (end >= n) break;
    for (let j = Math.max(afterGap, k) + 1; j <= end; j++) if ((t[j] as number) - (t[j - 1] as number) > longest) afterGap = j;
    if (afterGap > k) continue;
    const length = (t[end] as number) - start;
    if (!Number.isFinite((turn[axes * end] as number) - (turn[axes * k] as number))) continue;
    from.push(start);
    to.push(t[end] as number);
    for (let axis = 0; axis < axes; axis++) rate.push(((turn[axes * end + axis] as number) - (turn[axes * k + axis] as number)) / length);
  }
  return { count: from.length, from: Float64Array.from(from), to: Float64Array.from(to), rate: Float64Array.from(rate) };
}
