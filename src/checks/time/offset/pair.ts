/**
 * The offset between the clocks of two streams that both saw the vehicle turn: a + offset = b.
 *
 * It is answered only when the whole log agrees with itself: vectors and norms name the same lag, no other lag fits nearly as well, the drive
 * turned more than once, its halves do not contradict each other. Everything else is refused by name.
 */
import { square } from "../../../geometry/elementary.ts";
import type { Kernels } from "../../../kernels.ts";
import { correlate, meanRatesOf } from "./curve.ts";
import { fitLag, type LagFit, type Observed, type Rates, type Side } from "./fit.ts";
import { type Intervals, intervalsOf, type Motion } from "./motion.ts";
import { student95 } from "./student.ts";

export interface PairOptions {
  /** Offsets are looked for between minus and plus this. */
  readonly maxOffsetS: number;
  /** Wider intervals are no answer. */
  readonly mostHalfWidthS: number;
  /** Least correlation of the vectors. */
  readonly leastPeak: number;
  /** Least (1 - second) / (1 - peak). */
  readonly leastContrast: number;
  /** Rates that vary less are rest, rad/s. */
  readonly leastRate: number;
}

export const PAIR_DEFAULTS: PairOptions = { maxOffsetS: 2, mostHalfWidthS: 0.03, leastPeak: 0.7, leastContrast: 2, leastRate: 0.01 };

export interface Offset {
  readonly offsetS: number;
  /** 95 % interval is offset ± this. */
  readonly halfWidthS: number;
  /** Root mean square of the change of rate, rad/s² (columns/s² between two cameras). */
  readonly excitation: number;
  /** What is left unexplained, rad/s. */
  readonly noise: number;
  readonly contrast: number;
  readonly peak: number;
  /** Independent readings that agree. */
  readonly signals: readonly string[];
}

export type PairAnswer = { readonly offset: Offset } | { readonly reason: string; readonly peak: number; readonly contrast: number };

/** Shortest interval a rate is taken over, s: below, noise grows faster than what is learnt. */
const LEAST_INTERVAL_S = 0.05;
/** Grid of the first look, s. */
const STEP_S = 0.025;
/** Lags nearer to the peak than this are the peak itself. */
const LOBE_S = 0.5;
const BLOCK_S = 2;
const MOST_RIVALS = 4;
/** A hump this much lower on the grid is none between its lags either. */
const RIVAL = 0.15;
/** An answer that is hardly the only one must at least be sharp: least contrast per second of half width. Slow turns of strangers look alike. */
const CONTRAST_PER_S = 333;
const SEVERAL = "several offsets fit: motion is periodic or slow";
/** Fewer effective blocks than this plus one are a single event. */
const LEAST_FREEDOM = 1.5;
const LEAST_OVERLAP_S = 8;
/** Of the slow stream's period: no interval is narrower. */
const FLOOR = 0.01;

export function pairOffset(a: Motion, b: Motion, options: PairOptions, kernels: Kernels): PairAnswer {
  // Of equal rates the first, whatever the last bit of their periods.
  const aIsSlow = a.periodS > 0.99 * b.periodS;
  const [slow, fast] = aIsSlow ? [a, b] : [b, a];
  const refuse = (reason: string, peak = 0, contrast = 0): PairAnswer => ({ reason, peak, contrast });
  const leastS = Math.max(slow.periodS, LEAST_INTERVAL_S, 2 * fast.periodS);
  const curve = correlate(slow, fast, Math.max(2 * LEAST_INTERVAL_S, leastS), STEP_S, options.maxOffsetS, kernels);
  if (!curve || curve.cells * curve.stepS < LEAST_OVERLAP_S) return refuse("too short a time in common");
  const isInRadians = slow.axes === 3;
  if (isInRadians && curve.restlessness < options.leastRate) return refuse("at rest, or no turn");
  const { second, top, humps } = standsOut(curve.vector, curve.stepS, leastS);
  const peak = curve.vector[top] as number;
  const seen = contrastOf(second, peak);
  if (peak < options.leastPeak) return refuse("the motions do not match", peak, seen);
  if (seen < options.leastContrast) return refuse(second > 0.9 * peak ? SEVERAL : "no offset stands out", peak, seen);

  const mark = kernels.mark();
  const intervals = intervalsOf(slow, leastS, Math.max(slow.periodS, LEAST_INTERVAL_S / 2));
  const { vector, norm } = sidesOf(intervals, slow, fast, kernels);
  const startS = (top - curve.lags) * curve.stepS;
  const reachS = Math.max(0.15, 2 * leastS);
  const normTop = indexOfLargest(curve.norm);
  const fit = fitLag(vector.observed, vector.side, startS, reachS, BLOCK_S);
  const normFit = fitLag(norm.observed, norm.side, (normTop - curve.lags) * curve.stepS, reachS, BLOCK_S);
  const halves = fit ? halvesOf(vector.observed, vector.side, fit, reachS) : [];
  // Between two lags of the grid a rival may be as high as the peak: narrow humps of a motion that repeats.
  const high = humps.filter((k) => (curve.vector[k] as number) > peak - RIVAL);
  const rivals = high.map((k) => {
    const rivalS = (k - curve.lags) * curve.stepS;
    return fitLag(vector.observed, vector.side, rivalS, Math.min(reachS, Math.abs(rivalS - startS) / 2), BLOCK_S)?.peak ?? 0;
  });
  kernels.release(mark);

  if (!fit) return refuse("no offset fits", peak, seen);
  const contrast = Math.min(seen, contrastOf(most(rivals), fit.peak));
  if (contrast < options.leastContrast) return refuse(SEVERAL, peak, contrast);
  if (Math.abs(fit.lagS) > options.maxOffsetS - 2 * curve.stepS)
    return refuse("the best offset is at the end of the search", peak, contrast);
  if (fit.freedom < LEAST_FREEDOM) return refuse("a single turn", peak, contrast);
  const floorS = FLOOR * slow.periodS;
  const half = halfWidth(fit, floorS);
  if (!normFit || Math.abs(normFit.lagS - fit.lagS) > 2 * (half + halfWidth(normFit, floorS)) + floorS)
    return refuse("vectors and norms name different offsets", peak, contrast);
  // Halves that differ by more than their own doubt: the offset varied, and the interval must hold both.
  let halfWidthS = half;
  for (const part of halves) halfWidthS = Math.max(halfWidthS, Math.abs(part.lagS - fit.lagS) - halfWidth(part, floorS));
  const isSteady = halfWidthS === half;
  if (contrast < halfWidthS * CONTRAST_PER_S) return refuse("no offset stands out", peak, contrast);
  halfWidthS += slow.unsureS + fast.unsureS;
  if (halfWidthS > options.mostHalfWidthS + slow.unsureS + fast.unsureS) return refuse("the drive leaves the offset open", peak, contrast);
  return {
    offset: {
      offsetS: aIsSlow ? fit.lagS : -fit.lagS,
      halfWidthS,
      excitation: fit.excitation,
      noise: fit.noise,
      contrast,
      peak,
      signals: ["vector", "norm", ...(halves.length === 2 && isSteady ? ["halves"] : [])],
    },
  };
}

function halfWidth({ standardErrorS, freedom }: LagFit, floorS: number): number {
  return Math.max(student95(Math.max(1, freedom)) * standardErrorS, floorS);
}

function contrastOf(second: number, peak: number): number {
  return (1 - second) / Math.max(1e-9, 1 - peak);
}

interface Standing {
  readonly top: number;
  /** The highest value away from the top. */
  readonly second: number;
  /** The highest other maxima, the top's neighbourhood left out. */
  readonly humps: readonly number[];
}

function standsOut(curve: Float64Array, stepS: number, leastS: number): Standing {
  const top = indexOfLargest(curve);
  const value = (k: number): number => curve[k] ?? Number.NEGATIVE_INFINITY;
  const near = Math.max(0.1, 1.5 * leastS) / stepS;
  const humps = [...curve.keys()].filter((k) => Math.abs(k - top) > near && value(k) >= value(k - 1) && value(k) >= value(k + 1));
  let second = most(humps.map(value));
  for (const [k, height] of curve.entries()) if (Math.abs(k - top) * stepS >= LOBE_S) second = Math.max(second, height);
  return { top, second, humps: humps.sort((a, b) => value(b) - value(a)).slice(0, MOST_RIVALS) };
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if ((values[k] as number) > (values[best] as number)) best = k;
  return best;
}

interface Reading {
  readonly observed: Observed;
  readonly side: Side;
}

function sidesOf(intervals: Intervals, slow: Motion, fast: Motion, kernels: Kernels): { readonly vector: Reading; readonly norm: Reading } {
  const rates = meanRatesOf(fast, intervals.from, intervals.to, kernels);
  const { axes } = fast;
  const normRates = (lagS: number): Rates => {
    const { mean, slope } = rates(lagS);
    const n = intervals.count;
    const size = new Float64Array(n);
    const change = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let square = 0;
      let product = 0;
      for (let axis = 0; axis < axes; axis++) {
        const value = mean[axes * i + axis] as number;
        square += value * value;
        product += value * (slope[axes * i + axis] as number);
      }
      size[i] = Math.sqrt(square);
      change[i] = square > 0 ? product / Math.sqrt(square) : square;
    }
    return { mean: size, slope: change };
  };
  const norm = new Float64Array(intervals.count);
  for (let i = 0; i < intervals.count; i++) {
    let sum = 0;
    for (let axis = 0; axis < slow.axes; axis++) sum += square(intervals.rate[slow.axes * i + axis] as number);
    norm[i] = Math.sqrt(sum);
  }
  return {
    vector: { observed: { axes: slow.axes, from: intervals.from, rate: intervals.rate }, side: { axes, rates } },
    norm: { observed: { axes: 1, from: intervals.from, rate: norm }, side: { axes: 1, rates: normRates } },
  };
}

function halvesOf(observed: Observed, side: Side, { lagS }: LagFit, reachS: number): readonly LagFit[] {
  const { from } = observed;
  const middle = from[from.length >> 1] as number;
  const parts = [
    fitLag(observed, side, lagS, reachS, BLOCK_S, [Number.NEGATIVE_INFINITY, middle]),
    fitLag(observed, side, lagS, reachS, BLOCK_S, [middle, Number.POSITIVE_INFINITY]),
  ];
  return parts.filter((part): part is LagFit => part !== null && part.freedom >= LEAST_FREEDOM);
}

/** The largest of them that is above 0, else 0. */
function most(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, value), 0);
}
