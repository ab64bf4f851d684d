/**
 * The offset between poses and labels: what stands still must stand still in the fixed frame. Boxes are moved there by the pose of their
 * moment plus a lag; at the right lag the tracks of standing objects do not move, at any other they sway with the vehicle's turns and
 * speed changes. Driving straight at one speed shows nothing: every lag shifts all objects alike.
 */

import type { LabelTable } from "../../../columns/labels.ts";
import { square } from "../../../geometry/elementary.ts";
import { rotate, toMatrix, type Vector } from "../../../simulate/rotation.ts";
import type { PoseColumns } from "../../../types.ts";
import { forwardRows, GAP_PERIODS, median, secondsSince } from "./motion.ts";
import type { Offset, PairAnswer } from "./pair.ts";
import { student95 } from "./student.ts";

export interface StandingOptions {
  readonly maxOffsetS: number;
  readonly mostHalfWidthS: number;
}

/** A track's step between neighbouring labels: in the vehicle's frame, at two moments. */
interface Pair {
  readonly track: number;
  readonly t0: number;
  readonly t1: number;
  readonly p0: Vector;
  readonly p1: Vector;
}

/** A step below this is noise of the label, not movement, m. */
const NOISE_FLOOR_M = 0.002;
/** A track whose median speed at the right lag is more than this drives or walks, m/s. */
const MOST_SPEED = 0.3;
const COARSE_S = 0.02;
/** Steps that the first look over all lags is content with. */
const MOST_COARSE = 2000;
/** Labels further apart are not two labels of one step. */
const LONGEST_STEP_S = 0.35;
const BLOCK_S = 1;
const LEAST_TRACKS = 3;
const LEAST_STEPS = 40;
/** A pose track that moves less than this in all is a vehicle at rest, m. */
const LEAST_TRAVEL_M = 1;
const FLOOR = 0.01;

/** @returns offset with pose stamp + offset = label stamp */
export function standingOffset(poses: PoseColumns, labels: LabelTable, options: StandingOptions): PairAnswer {
  const refuse = (reason: string, peak = 0, contrast = 0): PairAnswer => ({ reason, peak, contrast });
  const epochNs = poses.stampNs[0] ?? 0n;
  const path = pathOf(poses, epochNs);
  if (!path) return refuse("too few poses");
  if (path.travelM < LEAST_TRAVEL_M) return refuse("at rest");
  const pairs = pairsOf(labels, epochNs);
  if (pairs.length < LEAST_STEPS) return refuse("too few labels of tracks");
  if (fixedAlready(pairs)) return refuse("labels are not in the vehicle's frame");

  // Over lags: how much the slowest tracks sway. The robust cost keeps what drives out.
  const lags = Math.round(options.maxOffsetS / COARSE_S);
  const costs: number[] = [];
  const periodS = median(pairs.map(({ t0, t1 }) => t1 - t0));
  const stride = Math.ceil(pairs.length / MOST_COARSE);
  const some = pairs.filter((_, i) => i % stride === 0);
  for (let k = -lags; k <= lags; k++) costs.push(costAt(path, some, k * COARSE_S, periodS));
  const top = costs.reduce((best, cost, k) => (cost < (costs[best] as number) ? k : best), 0);
  if (!Number.isFinite(costs[top] as number)) return refuse("too short a time in common");
  if (top < 2 || top > 2 * lags - 2) return refuse("the best offset is at the end of the search");
  const fit = refine(path, pairs, (top - lags) * COARSE_S, periodS);
  if (!fit) return refuse("too few standing objects");
  const apart = costs.filter((cost, k) => Math.abs(k - top) * COARSE_S >= 0.5 && Number.isFinite(cost));
  const second = apart.reduce((least, cost) => Math.min(least, cost), Number.POSITIVE_INFINITY);
  const contrast = second / Math.max(1e-9, costs[top] as number);
  if (fit.freedom < 1.5) return refuse("a single change of motion", 0, contrast);
  const halfWidthS = Math.max(student95(fit.freedom) * fit.standardErrorS, FLOOR * periodS);
  if (!(halfWidthS <= options.mostHalfWidthS)) return refuse("the drive leaves the offset open", 0, contrast);
  if (contrast < 1.1) return refuse("no offset stands out", 0, contrast);
  const offset: Offset = {
    offsetS: -fit.lagS,
    halfWidthS,
    excitation: fit.excitation,
    noise: fit.noise,
    contrast,
    peak: 1,
    signals: ["standing objects"],
  };
  return { offset };
}

interface Path {
  readonly t: Float64Array;
  readonly poses: PoseColumns;
  readonly rows: Int32Array;
  readonly longestS: number;
  readonly travelM: number;
}

function pathOf(poses: PoseColumns, epochNs: bigint): Path | null {
  const { xyz, quaternion: q, stampNs } = poses;
  const rows = forwardRows(stampNs, (row) => {
    const at = (k: number): number => q[4 * row + k] as number;
    const norm = square(at(0)) + square(at(1)) + square(at(2)) + square(at(3));
    return (
      norm > 0.9 && norm < 1.1 && Number.isFinite((xyz[3 * row] as number) + (xyz[3 * row + 1] as number) + (xyz[3 * row + 2] as number))
    );
  });
  if (rows.length < 8) return null;
  const t = Float64Array.from(rows, (row) => secondsSince(stampNs[row] as bigint, epochNs));
  const period = median(t.subarray(1).map((end, k) => end - (t[k] as number)));
  let travelM = 0;
  const [first = 0] = rows;
  for (const row of rows) {
    const d = [0, 1, 2].map((axis) => (xyz[3 * row + axis] as number) - (xyz[3 * first + axis] as number));
    travelM = Math.max(travelM, Math.sqrt(square(d[0] ?? 0) + square(d[1] ?? 0) + square(d[2] ?? 0)));
  }
  // A hole in the poses is bridged over half a second at most.
  return { t, poses, rows, longestS: Math.min(0.5, Math.max(0.1, GAP_PERIODS * period)), travelM };
}

/** Where a point of the vehicle's frame was in the fixed frame: positions linear, rotations along the chord. Null outside the path. */
function place({ t, poses: { xyz, quaternion: q }, rows, longestS }: Path, x: number, p: Vector): Vector | null {
  let low = 0;
  let high = t.length - 1;
  if (!(x >= (t[0] as number) && x < (t[high] as number))) return null;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((t[middle] as number) <= x) low = middle;
    else high = middle;
  }
  const length = (t[high] as number) - (t[low] as number);
  if (length > longestS) return null;
  const u = (x - (t[low] as number)) / length;
  const [a, b] = [rows[low] as number, rows[high] as number];
  let dot = 0;
  for (let k = 0; k < 4; k++) dot += (q[4 * a + k] as number) * (q[4 * b + k] as number);
  const sign = dot < 0 ? -1 : 1;
  const mixed = [0, 1, 2, 3].map((k) => (1 - u) * (q[4 * a + k] as number) + u * sign * (q[4 * b + k] as number)) as [
    number,
    number,
    number,
    number,
  ];
  const scale = 1 / Math.sqrt(square(mixed[0]) + square(mixed[1]) + square(mixed[2]) + square(mixed[3]));
  const [qx, qy, qz, qw] = mixed.map((v) => v * scale) as [number, number, number, number];
  const turned = rotate(toMatrix({ x: 0, y: 0, z: 0, qx, qy, qz, qw }), p);
  const at = (axis: number): number => (1 - u) * (xyz[3 * a + axis] as number) + u * (xyz[3 * b + axis] as number);
  return [at(0) + turned[0], at(1) + turned[1], at(2) + turned[2]];
}

function pairsOf({ stampNs, labels }: LabelTable, epochNs: bigint): readonly Pair[] {
  const last = new Map<number, { readonly t: number; readonly p: Vector }>();
  const pairs: Pair[] = [];
  for (let row = 0; row < labels.count; row++) {
    const track = labels.track[row] ?? -1;
    const p: Vector = [
      labels.box3d[7 * row] ?? Number.NaN,
      labels.box3d[7 * row + 1] ?? Number.NaN,
      labels.box3d[7 * row + 2] ?? Number.NaN,
    ];
    if (track < 0 || labels.ignored[row] || !Number.isFinite(p[0] + p[1] + p[2])) continue;
    const t = secondsSince(stampNs[labels.frame[row] ?? 0] ?? 0n, epochNs);
    const before = last.get(track);
    if (before && t > before.t && t - before.t < LONGEST_STEP_S) pairs.push({ track, t0: before.t, t1: t, p0: before.p, p1: p });
    if (!before || t > before.t) last.set(track, { t, p });
  }
  return pairs;
}

/** Labels whose boxes mostly stand still as they are need no poses. */
function fixedAlready(pairs: readonly Pair[]): boolean {
  const speeds = pairs.map(({ t0, t1, p0, p1 }) => distance(p0, p1) / (t1 - t0));
  return median(speeds) < 0.05;
}

function distance(a: Vector, b: Vector): number {
  return Math.sqrt(square(a[0] - b[0]) + square(a[1] - b[1]) + square(a[2] - b[2]));
}

function stepAt(path: Path, { t0, t1, p0, p1 }: Pair, lagS: number): Vector | null {
  const a = place(path, t0 + lagS, p0);
  const b = a && place(path, t1 + lagS, p1);
  return a && b ? [b[0] - a[0], b[1] - a[1], b[2] - a[2]] : null;
}

/** m/s */
const FAST_WALK = 1;

/** Mean over the steps of their length, none counting for more than a fast walk. NaN where the poses do not reach. */
function costAt(path: Path, pairs: readonly Pair[], lagS: number, periodS: number): number {
  const cap = FAST_WALK * periodS;
  let sum = 0;
  let n = 0;
  for (const pair of pairs) {
    const step = stepAt(path, pair, lagS);
    if (!step) continue;
    n++;
    sum += Math.min(cap, distance(step, [0, 0, 0]));
  }
  return n >= LEAST_STEPS / 2 && n >= pairs.length / 4 ? sum / n : Number.POSITIVE_INFINITY;
}

interface StandingFit {
  readonly lagS: number;
  readonly standardErrorS: number;
  readonly freedom: number;
  readonly excitation: number;
  readonly noise: number;
}

/** Gauss-Newton on the steps of what stands, Tukey's weights over their own scatter. */
function refine(path: Path, pairs: readonly Pair[], startS: number, periodS: number): StandingFit | null {
  const by = 1e-3;
  let lagS = startS;
  let standing = pairs;
  let best: StandingFit | null = null;
  for (let iteration = 0; iteration < 14; iteration++) {
    const rows = standing.flatMap((pair) => {
      const [step, before, after] = [stepAt(path, pair, lagS), stepAt(path, pair, lagS - by), stepAt(path, pair, lagS + by)];
      if (!step || !before || !after) return [];
      const change: Vector = [(after[0] - before[0]) / (2 * by), (after[1] - before[1]) / (2 * by), (after[2] - before[2]) / (2 * by)];
      return [{ pair, step, change, size: distance(step, [0, 0, 0]) }];
    });
    if (iteration === 0) {
      // What moves at the coarse answer, moves.
      const byTrack = new Map<number, number[]>();
      for (const { pair, size } of rows) byTrack.set(pair.track, [...(byTrack.get(pair.track) ?? []), size / (pair.t1 - pair.t0)]);
      const still = new Set([...byTrack].filter(([, speeds]) => median(speeds) < MOST_SPEED).map(([track]) => track));
      if (still.size < LEAST_TRACKS) return null;
      standing = pairs.filter(({ track }) => still.has(track));
      continue;
    }
    if (rows.length < LEAST_STEPS) return null;
    const cap = 6 * Math.max(NOISE_FLOOR_M, median(rows.map(({ size }) => size)));
    let g = 0;
    let h = 0;
    let noise = 0;
    let total = 0;
    const blocks = new Map<number, { g: number; h: number }>();
    for (const { pair, step, change, size } of rows) {
      if (size >= cap) continue;
      const w = square(1 - square(size / cap));
      const gi = -(step[0] * change[0] + step[1] * change[1] + step[2] * change[2]);
      const hi = square(change[0]) + square(change[1]) + square(change[2]);
      g += w * gi;
      h += w * hi;
      noise += w * size * size;
      total += w;
      const at = Math.floor(pair.t0 / BLOCK_S);
      const block = blocks.get(at) ?? { g: 0, h: 0 };
      blocks.set(at, { g: block.g + w * gi, h: block.h + w * hi });
    }
    if (!(h > 0)) return null;
    const move = g / h;
    let squares = 0;
    let spread = 0;
    for (const block of blocks.values()) {
      squares += block.h * block.h;
      spread += square(block.g - move * block.h);
    }
    const effective = (h * h) / squares;
    best = {
      lagS: lagS + move,
      standardErrorS: (Math.sqrt(spread) / h) * Math.sqrt(effective / Math.max(0.5, effective - 1)),
      freedom: effective - 1,
      excitation: Math.sqrt(h / total) / periodS,
      noise: Math.sqrt(noise / total) / periodS,
    };
    lagS += Math.max(-COARSE_S, Math.min(COARSE_S, move));
    if (Math.abs(lagS - startS) > 0.2) return null;
    if (Math.abs(move) < 1e-7) break;
  }
  return best;
}
