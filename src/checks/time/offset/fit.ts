/**
 * The lag at which one stream's rates are best explained by another's: least squares over lag, mutual rotation, scale and bias, by
 * Gauss-Newton, samples that do not fit weighing less (Huber).
 *
 * The maximum over the rotation is the nuclear norm of the cross-covariance, so no extrinsic is needed; for a stream of one axis it is
 * the multiple correlation. How sure the lag is comes from sums over blocks of time: noise that lasts does not count as many samples
 * (block sandwich estimator), and a drive that turned only twice has hardly a degree of freedom (Satterthwaite).
 */

import { square } from "../../../geometry/elementary.ts";
import { polar, solve } from "../../../geometry/small-matrix.ts";
import { median } from "./motion.ts";

/** Mean rates of the fast stream over the slow stream's intervals moved by a lag; NaN where it does not reach. */
export interface Rates {
  readonly mean: Float64Array;
  /** How the mean changes with the lag. */
  readonly slope: Float64Array;
}

export interface Side {
  readonly axes: 1 | 3;
  readonly rates: (lagS: number) => Rates;
}

export interface Observed {
  readonly axes: 1 | 3;
  /** f64[count], s. */
  readonly from: Float64Array;
  /** f64[axes * count]. */
  readonly rate: Float64Array;
}

export interface LagFit {
  readonly lagS: number;
  readonly standardErrorS: number;
  /** Degrees of freedom of the standard error. */
  readonly freedom: number;
  /** Correlation at the lag, of the samples as weighed. */
  readonly peak: number;
  readonly samples: number;
  /** Root mean square of the change of rate (rad/s²) that tells lags apart, and of what is left unexplained (rad/s). */
  readonly excitation: number;
  readonly noise: number;
}

const ITERATIONS = 50;
const CONVERGED_S = 1e-8;
/** The weights may still move when the lag rests for once. */
const CALM = 3;
/** Residuals beyond so many scales count linearly. */
const HUBER = 2;
/** Weights settle first, then only the lag moves. */
const WEIGHING = 35;
const LEAST_SAMPLES = 20;

/**
 * @param startS where to begin; the lag may go `reachS` from there
 * @param within only intervals that begin within these seconds
 * @param blockS length of a block
 * @returns null when there are too few samples, nothing moves, or the lag runs away
 */
export function fitLag(
  slow: Observed,
  fast: Side,
  startS: number,
  reachS: number,
  blockS: number,
  within: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): LagFit | null {
  const { axes: m, from, rate: s } = slow;
  const k = fast.axes;
  const all = from.length;
  const weight = new Float64Array(all).fill(1);
  const size = new Float64Array(all);
  const score = new Float64Array(all);
  const information = new Float64Array(all);
  let lagS = startS;
  let best: LagFit | null = null;
  let calm = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const { mean: f, slope: d } = fast.rates(lagS);
    const used: number[] = [];
    for (let i = 0; i < all; i++) {
      const at = from[i] as number;
      if (at >= within[0] && at < within[1] && Number.isFinite(f[k * i] as number)) used.push(i);
    }
    if (used.length < LEAST_SAMPLES) return null;

    const moments = momentsOf(slow, f, k, weight, used);
    const { map, peak } = explain(moments, m, k);
    for (const i of used) {
      let square = 0;
      let g = 0;
      let h = 0;
      for (let a = 0; a < m; a++) {
        let explained = 0;
        let change = 0;
        for (let b = 0; b < k; b++) {
          explained += (map[3 * a + b] as number) * ((f[k * i + b] as number) - (moments.meanF[b] as number));
          change += (map[3 * a + b] as number) * (d[k * i + b] as number);
        }
        const error = (s[m * i + a] as number) - (moments.meanS[a] as number) - explained;
        square += error * error;
        g += error * change;
        h += change * change;
      }
      size[i] = Math.sqrt(square);
      score[i] = g;
      information[i] = h;
    }
    let g = 0;
    let h = 0;
    let noise = 0;
    let total = 0;
    for (const i of used) {
      const w = weight[i] as number;
      g += w * (score[i] as number);
      h += w * (information[i] as number);
      noise += w * (size[i] as number) * (size[i] as number);
      total += w;
    }
    if (!(h > 0)) return null;
    const step = g / h;
    const { standardErrorS, freedom } = sandwich(used, from, blockS, weight, score, information, step);
    best = {
      lagS: lagS + step,
      ...{ standardErrorS, freedom, peak, samples: used.length },
      excitation: Math.sqrt(h / total),
      noise: Math.sqrt(noise / total),
    };
    lagS += Math.max(-reachS / 4, Math.min(reachS / 4, step));
    if (!(Math.abs(lagS - startS) <= reachS)) return null;
    calm = Math.abs(step) < CONVERGED_S ? calm + 1 : 0;
    if (calm === CALM) return best;
    if (iteration >= WEIGHING) continue;
    const cap = HUBER * 1.4826 * median(used.map((i) => size[i] as number)) + 1e-12;
    for (const i of used) weight[i] = Math.min(1, cap / (size[i] as number));
  }
  return best;
}

interface Moments {
  readonly meanS: Float64Array;
  readonly meanF: Float64Array;
  /** f64[9], by rows: slow axes by fast axes. */
  readonly cross: Float64Array;
  readonly squareF: Float64Array;
  readonly energyS: number;
}

function momentsOf({ axes: m, rate: s }: Observed, f: Float64Array, k: number, weight: Float64Array, used: readonly number[]): Moments {
  const meanS = new Float64Array(3);
  const meanF = new Float64Array(3);
  let total = 0;
  for (const i of used) {
    const w = weight[i] as number;
    total += w;
    for (let a = 0; a < m; a++) meanS[a] = (meanS[a] as number) + w * (s[m * i + a] as number);
    for (let b = 0; b < k; b++) meanF[b] = (meanF[b] as number) + w * (f[k * i + b] as number);
  }
  for (let a = 0; a < 3; a++) {
    meanS[a] = (meanS[a] as number) / total;
    meanF[a] = (meanF[a] as number) / total;
  }
  const cross = new Float64Array(9);
  const squareF = new Float64Array(9);
  let energyS = 0;
  for (const i of used) {
    const w = weight[i] as number;
    for (let b = 0; b < k; b++) {
      const y = w * ((f[k * i + b] as number) - (meanF[b] as number));
      for (let a = 0; a < m; a++) cross[3 * a + b] = (cross[3 * a + b] as number) + y * ((s[m * i + a] as number) - (meanS[a] as number));
      for (let c = 0; c < k; c++)
        squareF[3 * c + b] = (squareF[3 * c + b] as number) + y * ((f[k * i + c] as number) - (meanF[c] as number));
    }
    for (let a = 0; a < m; a++) energyS += w * square((s[m * i + a] as number) - (meanS[a] as number));
  }
  return { meanS, meanF, cross, squareF, energyS };
}

/** The map from fast to slow rates, f64[9] by rows, and the correlation it reaches. */
function explain({ cross, squareF, energyS }: Moments, m: number, k: number): { readonly map: Float64Array; readonly peak: number } {
  const energyF = (squareF[0] as number) + (squareF[4] as number) + (squareF[8] as number);
  if (m === 1 && k === 3) {
    const c = [cross[0] as number, cross[1] as number, cross[2] as number] as const;
    const x = solve(squareF, c);
    return {
      map: Float64Array.from([...x, 0, 0, 0, 0, 0, 0]),
      peak: Math.sqrt(Math.max(0, x[0] * c[0] + x[1] * c[1] + x[2] * c[2]) / energyS),
    };
  }
  const { nuclear, rotation } = polar(cross);
  const scale = nuclear / energyF;
  return { map: rotation.map((r) => r * scale), peak: nuclear / Math.sqrt(energyS * energyF) };
}

function sandwich(
  used: readonly number[],
  from: Float64Array,
  blockS: number,
  weight: Float64Array,
  score: Float64Array,
  information: Float64Array,
  step: number,
): { readonly standardErrorS: number; readonly freedom: number } {
  const first = from[used[0] as number] as number;
  const scores: number[] = [];
  const informations: number[] = [];
  let single = 0;
  for (const i of used) {
    const b = Math.floor(((from[i] as number) - first) / blockS);
    const w = weight[i] as number;
    const own = w * ((score[i] as number) - step * (information[i] as number));
    single += own * own;
    scores[b] = (scores[b] ?? 0) + own;
    informations[b] = (informations[b] ?? 0) + w * (information[i] as number);
  }
  let total = 0;
  let squares = 0;
  let noise = 0;
  for (const b of informations.keys()) {
    const h = informations[b] ?? 0;
    total += h;
    squares += h * h;
    noise += square(scores[b] ?? 0);
  }
  const blocks = (total * total) / squares;
  // A few blocks may agree by chance: never surer than the samples one by one.
  const variance = Math.max(noise * (blocks / Math.max(0.5, blocks - 1)), single);
  return { standardErrorS: Math.sqrt(variance) / total, freedom: blocks - 1 };
}
