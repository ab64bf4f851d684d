/**
 * A sensor's clock against the recorder's: what arrived when, less what it is stamped, is the offset of the two clocks plus the way to the
 * recorder. A robust line through it is offset and drift; what is left jumps where a clock was set.
 */
import type { Kernels } from "../../kernels.ts";
import { median } from "./offset/motion.ts";

export interface ClockModel {
  /** Recorder less sensor in the middle of the recording, s. */
  readonly offsetS: number;
  /**
   * How much the recorder's clock gains on the sensor's, ppm: by the line below all delays. No message arrives before it is sent, so
   * that line is the clocks themselves, and several times sharper than one through the middle.
   */
  readonly driftPpm: number;
  /** The same by the robust line through the middle. */
  readonly middleDriftPpm: number;
  /** The larger of the robust line's standard error and half of what the two lines differ by. */
  readonly driftErrorPpm: number;
  /** Scatter of the delay about the line, s: median absolute deviation, times 1.4826. */
  readonly scatterS: number;
  readonly spanS: number;
  readonly frames: number;
  readonly steps: readonly ClockStep[];
}

export interface ClockStep {
  /** First frame after the step. */
  readonly frame: number;
  /** By how much log less stamp changed, s. */
  readonly stepS: number;
}

const LEAST_FRAMES = 20;
/** A step is at least this, s, and so many scatters. */
const LEAST_STEP_S = 0.005;
const STEP_SCATTERS = 8;
/** Deviations below this are the clock's own tick, s. */
const TICK_S = 1e-7;

/** @returns null where there are too few frames, or none of them apart in time */
export function clockModel(stampNs: BigInt64Array, logNs: BigInt64Array, kernels: Kernels): ClockModel | null {
  const rows: number[] = [];
  let last: bigint | null = null;
  for (let row = 0; row < stampNs.length; row++) {
    const stamp = stampNs[row] as bigint;
    if (stamp === 0n || (last !== null && stamp <= last)) continue;
    rows.push(row);
    last = stamp;
  }
  if (rows.length < LEAST_FRAMES) return null;
  const middle = stampNs[rows[rows.length >> 1] as number] as bigint;
  const base = (logNs[rows[0] as number] as bigint) - (stampNs[rows[0] as number] as bigint);
  const x = Float64Array.from(rows, (row) => Number((stampNs[row] as bigint) - middle) / 1e9);
  const y = Float64Array.from(rows, (row) => Number((logNs[row] as bigint) - (stampNs[row] as bigint) - base) / 1e9);
  const steps = stepsOf(y, rows);
  // Without its steps the delay is one line.
  const level = y.slice();
  let [next, sumS] = [0, 0];
  for (let k = 0; k < rows.length; k++) {
    while (next < steps.length && (rows[k] as number) >= (steps[next]?.frame ?? 0)) sumS += steps[next++]?.stepS ?? 0;
    level[k] = (level[k] as number) - sumS;
  }

  const n = rows.length;
  const mark = kernels.mark();
  const put = (values: Float64Array): number => kernels.put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const [xAt, yAt] = [put(x), put(level)];
  const scratch = kernels.alloc(8 * n);
  const out = kernels.alloc(40);
  const fits = kernels.exports.robustLine(xAt, yAt, n, TICK_S, scratch, out);
  const [offset = 0, slope = 0, scatterS = 0, error = 0] = new Float64Array(kernels.exports.memory.buffer, out, 4);
  // Stray frames have no part in the floor.
  const near = [...x.keys()].filter((k) => Math.abs((level[k] as number) - offset - slope * (x[k] as number)) <= 6 * scatterS + TICK_S);
  const below = kernels.exports.lowerLine(
    put(x.filter((_, k) => isIn(near, k))),
    put(level.filter((_, k) => isIn(near, k))),
    near.length,
    scratch,
    out,
  );
  const [, floorSlope = 0] = new Float64Array(kernels.exports.memory.buffer, out, 2);
  kernels.release(mark);
  if (fits === 0) return null;
  const floor = below > 0 ? floorSlope : slope;
  return {
    offsetS: offset + Number(base) / 1e9,
    driftPpm: floor * 1e6,
    middleDriftPpm: slope * 1e6,
    driftErrorPpm: Math.max(error, Math.abs(floor - slope) / 2) * 1e6,
    scatterS,
    spanS: (x.at(-1) as number) - (x[0] as number),
    frames: n,
    steps,
  };
}

/** `sorted` ascending. */
function isIn(sorted: readonly number[], value: number): boolean {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = sorted[middle] as number;
    if (at === value) return true;
    if (at < value) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

const WINDOW = 8;

/** Where the median of the next frames leaves that of the last ones, by more than both scatter. */
function stepsOf(y: Float64Array, rows: readonly number[]): readonly ClockStep[] {
  const n = y.length;
  const changes: number[] = [];
  for (let k = 1; k < n; k++) changes.push(Math.abs((y[k] as number) - (y[k - 1] as number)));
  const least = Math.max(LEAST_STEP_S, STEP_SCATTERS * median(changes));
  const steps: ClockStep[] = [];
  for (let k = WINDOW; k + WINDOW <= n; k++) {
    if (Math.abs((y[k] as number) - (y[k - 1] as number)) < least) continue;
    const stepS = median(y.subarray(k, k + WINDOW)) - median(y.subarray(k - WINDOW, k));
    if (Math.abs(stepS) < least) continue;
    steps.push({ frame: rows[k] as number, stepS });
    k += WINDOW - 1;
  }
  return steps;
}

/** What a suspicious offset looks like, or null. Tolerances: the way to the recorder is part of the offset. */
export function nameOffset(offsetS: number, stampNs: bigint): string | null {
  const size = Math.abs(offsetS);
  const near = (value: number, toleranceS: number): boolean => Math.abs(size - value) <= toleranceS;
  // Sensor clocks that count from power-on show days since 1970.
  if (stampNs >= 0n && stampNs < 400n * 86_400_000_000_000n && size > 86_400 * 365 * 10) return "power-on clock";
  if (near(18, 0.5)) return "18 leap seconds (GPS to UTC)";
  if (near(37, 0.5)) return "37 leap seconds (TAI to UTC)";
  if (near(19, 0.5)) return "19 s (GPS to TAI)";
  if (near(315_964_800, 60)) return "GPS epoch";
  const hours = size / 3600;
  if (size > 1800 && size < 15 * 3600 && Math.abs(hours - Math.round(hours)) * 3600 <= 2) return `${Math.round(hours)} h (time zone)`;
  if (size > 1800 && size < 15 * 3600 && Math.abs(hours * 2 - Math.round(hours * 2)) * 1800 <= 2)
    return `${Math.round(hours * 2) / 2} h (time zone)`;
  for (const [power, unit] of POWERS)
    if (near(2 ** power * unit, Math.max(0.05, 2 ** power * unit * 1e-4)))
      return `2^${power} ${unit === 1e-9 ? "ns" : unit === 1e-6 ? "µs" : "ms"} (a counter that wrapped)`;
  return null;
}

/** Counters that wrap after more than a second. */
const POWERS = [
  [32, 1e-9],
  [31, 1e-9],
  [32, 1e-6],
  [31, 1e-6],
  [32, 1e-3],
  [31, 1e-3],
] as const;
