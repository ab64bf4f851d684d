/** Correlation of two motions over all lags at once, on a common grid: where to look, and how well it stands out. */

import { square } from "../../../geometry/elementary.ts";
import { polar } from "../../../geometry/small-matrix.ts";
import type { Kernels } from "../../../kernels.ts";
import type { Motion } from "./motion.ts";
import { GAP_PERIODS } from "./motion.ts";

export interface Curve {
  /** Lags are -lags * stepS to lags * stepS. */
  readonly stepS: number;
  readonly lags: number;
  /** Correlation of the vectors (nuclear norm of their cross-covariance), f64[2 * lags + 1]. */
  readonly vector: Float64Array;
  /** Correlation of their norms. */
  readonly norm: Float64Array;
  /** Grid cells both streams cover at lag 0, and root mean square of the slow stream's rate about its mean. */
  readonly cells: number;
  readonly restlessness: number;
}

/** Most cells of the grid: ten hours at 25 ms. A longer log is looked at in coarser steps. */
const MOST_CELLS = 1_500_000;

/** @returns null when the two never run at the same time, give or take `maxLagS` */
export function correlate(slow: Motion, fast: Motion, widthS: number, stepS: number, maxLagS: number, kernels: Kernels): Curve | null {
  const start = Math.max(slow.t[0] as number, (fast.t[0] as number) - maxLagS);
  const end = Math.min(slow.t.at(-1) as number, (fast.t.at(-1) as number) + maxLagS);
  const step = Math.max(stepS, (end - start) / MOST_CELLS);
  const n = Math.floor((end - start - widthS) / step);
  const lags = Math.round(maxLagS / step);
  if (!(n > 2 * lags)) return null;
  const mark = kernels.mark();
  const a = cellsOf(slow, start, step, widthS, n, kernels);
  const b = cellsOf(fast, start, step, widthS, n, kernels);
  const pointers = { a: kernels.alloc(4 * n), b: kernels.alloc(4 * (n + 2 * lags + 8)), out: kernels.alloc(8 * (2 * lags + 1)) };
  const products = (x: Float32Array, y: Float32Array): Float64Array => {
    const memory = kernels.exports.memory.buffer;
    new Float32Array(memory, pointers.a, n).set(x);
    const padded = new Float32Array(memory, pointers.b, n + 2 * lags + 8).fill(0);
    padded.set(y, lags);
    kernels.exports.crossCorrelate(pointers.a, pointers.b, n, lags, pointers.out);
    return new Float64Array(memory, pointers.out, 2 * lags + 1).slice();
  };
  const cross = a.axes.map((x) => b.axes.map((y) => products(x, y)));
  const normed = products(a.norm, b.norm);
  const vector = new Float64Array(2 * lags + 1);
  const norm = new Float64Array(2 * lags + 1);
  for (let k = 0; k <= 2 * lags; k++) {
    const lag = k - lags;
    const scale = Math.sqrt(energyBetween(a.energy, -lag) * energyBetween(b.energy, lag));
    const normScale = Math.sqrt(energyBetween(a.normEnergy, -lag) * energyBetween(b.normEnergy, lag));
    const matrix = new Float64Array(9);
    for (const [i, row] of cross.entries()) for (const [j, values] of row.entries()) matrix[3 * i + j] = values[k] as number;
    vector[k] = scale > 0 ? polar(matrix).nuclear / scale : 0;
    norm[k] = normScale > 0 ? (normed[k] as number) / normScale : 0;
  }
  kernels.release(mark);
  let cells = 0;
  for (let i = 0; i < n; i++) if (a.covered[i] && b.covered[i]) cells++;
  return { stepS: step, lags, vector, norm, cells, restlessness: Math.sqrt((a.energy[n] as number) / Math.max(1, a.count)) };
}

interface Cells {
  readonly axes: readonly Float32Array[];
  readonly norm: Float32Array;
  readonly covered: Uint8Array;
  readonly count: number;
  /** f64[n + 1], summed up to each cell. */
  readonly energy: Float64Array;
  readonly normEnergy: Float64Array;
}

/** Mean rates over overlapping cells, less their mean over the log; 0 where unknown. */
function cellsOf(motion: Motion, start: number, step: number, width: number, n: number, kernels: Kernels): Cells {
  const mark = kernels.mark();
  const { mean } = meanRatesOf(
    motion,
    Float64Array.from({ length: n }, (_, i) => start + i * step),
    Float64Array.from({ length: n }, (_, i) => start + i * step + width),
    kernels,
  )(0);
  kernels.release(mark);
  const k = motion.axes;
  const axes = Array.from({ length: k }, () => new Float32Array(n));
  const norm = new Float32Array(n);
  const covered = new Uint8Array(n);
  const sums = new Float64Array(k + 1);
  let count = 0;
  const sizeOf = (i: number): number => {
    let sum = 0;
    for (let axis = 0; axis < k; axis++) sum += square(mean[k * i + axis] as number);
    return Math.sqrt(sum);
  };
  for (let i = 0; i < n; i++) {
    const size = sizeOf(i);
    if (!Number.isFinite(size)) continue;
    covered[i] = 1;
    count++;
    for (let axis = 0; axis < k; axis++) sums[axis] = (sums[axis] as number) + (mean[k * i + axis] as number);
    sums[k] = (sums[k] as number) + size;
  }
  const energy = new Float64Array(n + 1);
  const normEnergy = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    energy[i + 1] = energy[i] as number;
    normEnergy[i + 1] = normEnergy[i] as number;
    if (!covered[i]) continue;
    for (const [axis, values] of axes.entries()) {
      const value = (mean[k * i + axis] as number) - (sums[axis] as number) / count;
      values[i] = value;
      energy[i + 1] = (energy[i + 1] as number) + value * value;
    }
    norm[i] = sizeOf(i) - (sums[k] as number) / count;
    normEnergy[i + 1] = (normEnergy[i + 1] as number) + square(norm[i] as number);
  }
  return { axes, norm, covered, count, energy, normEnergy };
}

/** Energy of the cells i for which i - lag is a cell too. */
function energyBetween(energy: Float64Array, lag: number): number {
  const n = energy.length - 1;
  return (energy[Math.min(n, n + lag)] as number) - (energy[Math.max(0, lag)] as number);
}

/** The motion's mean rates over given intervals, as a function of lag. Its columns stay in kernel memory until the caller's mark is released. */
export function meanRatesOf(
  { axes, t, turn, rate, periodS }: Motion,
  from: Float64Array,
  to: Float64Array,
  kernels: Kernels,
): (lagS: number) => { readonly mean: Float64Array; readonly slope: Float64Array } {
  const n = from.length;
  const columns = [from, to, t, turn, rate].map((values) =>
    kernels.put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  ) as [number, number, number, number, number];
  const mean = kernels.alloc(8 * axes * n);
  const slope = kernels.alloc(8 * axes * n);
  const [fromAt, toAt, tAt, turnAt, rateAt] = columns;
  return (lagS) => {
    kernels.exports.meanRates(fromAt, toAt, n, tAt, turnAt, rateAt, t.length, axes, GAP_PERIODS * periodS, lagS, mean, slope);
    const memory = kernels.exports.memory.buffer;
    return { mean: new Float64Array(memory, mean, axes * n).slice(), slope: new Float64Array(memory, slope, axes * n).slice() };
  };
}
