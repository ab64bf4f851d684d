/** Were the points of sweeps moved to one moment (deskewed)? What the clouds themselves and the poses beside them say. */

import { MOTION_FIGURES, SEAM_FIGURES } from "../../abi.ts";
import { pointTimes } from "../../columns/point-times.ts";
import { atan2, hypot, square } from "../../geometry/elementary.ts";
import type { PosePath } from "../../geometry/pose-path.ts";
import type { Kernels } from "../../kernels.ts";
import type { PointTable, StreamInfo } from "../../types.ts";
import { sweepRows } from "./_sweeps.ts";

/** Azimuths of a sweep that follow its times are off by less than this, radians. */
const FOLLOWS = 0.02;
/** What the fitted place is off by in one sweep at least, metres: with lasers named, and with lasers told by their elevation. */
const FLOOR_M = { named: 0.02, byElevation: 0.15 } as const;
/** Between nothing taken out (0) and all (1), and how many standard errors an answer keeps from it. */
export const HALF = 0.5;
const ERRORS = 2.5;
/** Sweeps that tell how the spin varies by itself. */
const LEAST_TURNS = 5;
/**
 * Elevations of a sweep's ends heap by this where its lasers are told apart: both where nothing was moved, at least one where something was. Those
 * of the other end heap in the same places from, or elsewhere below, this share of it.
 */
const HEAPED = { both: 3.5, one: 5 } as const;
const SAME = 0.7;
const ELSEWHERE = 0.35;
/** Ends further apart than this do not meet, radians; planes that compare them, and how far walls are displaced in a sweep as measured, m. */
const MEETS = 0.5;
const LEAST_PLANES = 20;
const DISPLACED_M = 0.4;
/** Of the sweeps that show it. */
const ENOUGH = 0.25;

/** One sweep as `observe` sees it: some 150 bytes. */
export interface Sweep {
  readonly frame: number;
  readonly stampNs: bigint;
  /** Begin and end of the sweep after the stamp, s; null where its points do not tell. */
  readonly window: readonly [number, number] | null;
  /** How far the place it was measured from moves in the cloud, m; null where azimuths do not follow times. */
  readonly moved: readonly [number, number] | null;
  /** rad/s. */
  readonly spin: number;
  readonly isNamed: boolean;
  /** Where its end meets its beginning: whether the lasers' elevations are the same, and how far walls are displaced, m. Null where that is not seen. */
  readonly isSame: boolean | null;
  readonly displacedM: number | null;
}

/** What the vehicle did while a sweep lasted. */
export interface Motion {
  readonly sweep: Sweep;
  /** m, in the vehicle's axes. */
  readonly driven: readonly [number, number];
  /** Of the whole way, m, and of the whole turn, radians. */
  readonly distance: number;
  readonly angle: number;
  /** About the vehicle's upright axis, rad/s. */
  readonly yawRate: number;
}

/** How much of a motion was taken out of the clouds: 0 nothing, 1 all. */
export interface Removed {
  readonly share: number;
  readonly error: number;
}

export type State = "yes" | "no" | "partly" | "unknown";

/** Null where points are no sweep, or not in rows this check reads; without a window where their times are missing or not understood. */
export function sweepOf(table: PointTable, stampNs: bigint, stream: StreamInfo, kernels: Kernels): Sweep | null {
  const rows = table.mapped || table.time?.reference?.startsWith("gps") ? null : sweepRows(table);
  if (!rows) return null;
  const unseen = { frame: table.frame, stampNs, window: null, moved: null, spin: 0, isNamed: false, isSame: null, displacedM: null };
  if (!rows.time) return unseen;
  const mark = kernels.mark();
  const [out, seam] = [kernels.alloc(8 * MOTION_FIGURES), kernels.alloc(8 * SEAM_FIGURES)];
  const points = kernels.exports.sweepMotion(...rows.place, ...rows.time, ...rows.ring, out);
  kernels.exports.sweepSeam(...rows.place, ...rows.time, seam);
  const { buffer } = kernels.exports.memory;
  const figures = new Float64Array(buffer, out, MOTION_FIGURES).slice();
  const ends = new Float64Array(buffer, seam, SEAM_FIGURES).slice();
  kernels.release(mark);
  const [, base = 0, begin = 0, span = 0, spin = 0, still = 0, moving = 0, , , , movedX = 0, movedY = 0] = figures;
  const times = pointTimes(table, stampNs, [begin, begin + span], kernels, stream.rig?.pointTimeUnit, base);
  if (points === 0 || !times || times.baseS === null) return unseen;
  const first = times.baseS + begin * times.unitS;
  const follows = Math.min(still, moving) < FOLLOWS;
  return {
    ...{ frame: table.frame, stampNs, window: [first, first + span * times.unitS], spin: spin / (span * times.unitS) },
    ...{ moved: follows ? [movedX, movedY] : null, isNamed: rows.ring[0] >= 0 },
    ...(follows ? seamOf(ends) : { isSame: null, displacedM: null }),
  };
}

function seamOf([, , apart = 0, planes = 0, displaced = 0, early = 0, late = 0, both = 0]: Float64Array): Pick<
  Sweep,
  "isSame" | "displacedM"
> {
  if (apart > MEETS) return { isSame: null, displacedM: null };
  const [least, most] = [Math.min(early, late), Math.max(early, late)];
  const isSame = least >= HEAPED.both && both > SAME * least;
  const isElsewhere = most >= HEAPED.one && both < ELSEWHERE * most;
  return { isSame: isSame ? true : isElsewhere ? false : null, displacedM: planes >= LEAST_PLANES ? displaced : null };
}

/**
 * Null where the poses do not reach over the sweep.
 * @param periodS what a sweep lasts whose points do not tell, around its stamp
 */
export function motionOf(sweep: Sweep, path: PosePath, periodS: number): Motion | null {
  const [first, last] = sweep.window ?? [-periodS / 2, periodS / 2];
  if (!(last > first)) return null;
  const [a, middle, b] = [first, (first + last) / 2, last].map((s) => path.at(sweep.stampNs + BigInt(Math.round(1e9 * s))));
  if (!a || !middle || !b) return null;
  const way = [0, 1, 2].map((d) => (b.at[d] ?? 0) - (a.at[d] ?? 0));
  const along = (axis: number): number => [0, 1, 2].reduce((sum, d) => sum + (middle.turn[3 * d + axis] ?? 0) * (way[d] ?? 0), 0);
  // The turn from a to b, in the axes of a: its skew part holds the sine of the angle times the axis.
  const turned = (i: number, j: number): number =>
    [0, 1, 2].reduce((sum, d) => sum + (a.turn[3 * d + i] ?? 0) * (b.turn[3 * d + j] ?? 0), 0);
  const axis = [turned(2, 1) - turned(1, 2), turned(0, 2) - turned(2, 0), turned(1, 0) - turned(0, 1)].map((v) => v / 2);
  const trace = turned(0, 0) + turned(1, 1) + turned(2, 2);
  const angle = atan2(hypot(axis[0] ?? 0, axis[1] ?? 0, axis[2] ?? 0), (trace - 1) / 2);
  return {
    sweep,
    driven: [along(0), along(1)],
    distance: hypot(way[0] ?? 0, way[1] ?? 0, way[2] ?? 0),
    angle,
    yawRate: (axis[2] ?? 0) / (last - first),
  };
}

/**
 * The way of the fitted place against the way driven, as complex numbers: least squares over the sweeps. Its length is the share that was taken
 * out; its angle is how the cloud's axes are turned against the vehicle's, which nobody needs to state.
 */
export function wayRemoved(motions: readonly Motion[]): Removed | null {
  const told = motions.flatMap(({ sweep, driven }) => (sweep.moved ? [{ moved: sweep.moved, driven, isNamed: sweep.isNamed }] : []));
  const weight = told.reduce((sum, { driven: [x, y] }) => sum + x * x + y * y, 0);
  if (weight === 0) return null;
  const re = told.reduce((sum, { driven: [x, y], moved: [u, v] }) => sum + x * u + y * v, 0) / weight;
  const im = told.reduce((sum, { driven: [x, y], moved: [u, v] }) => sum + x * v - y * u, 0) / weight;
  const left = told.reduce((sum, { driven: [x, y], moved: [u, v] }) => sum + square(u - re * x + im * y) + square(v - re * y - im * x), 0);
  const floor = told.every(({ isNamed }) => isNamed) ? FLOOR_M.named : FLOOR_M.byElevation;
  const spread = Math.max(floor, told.length > 1 ? Math.sqrt(left / (2 * told.length - 2)) : floor);
  return { share: hypot(re, im), error: spread / Math.sqrt(weight) };
}

/** How the spin changes with the vehicle's turn, over the sweeps. */
export function turnRemoved(motions: readonly Motion[]): Removed | null {
  const told = motions.flatMap(({ sweep, yawRate }) => (sweep.moved ? [{ spin: sweep.spin, rate: yawRate }] : []));
  if (told.length < LEAST_TURNS) return null;
  const mean = (of: (one: (typeof told)[number]) => number): number => told.reduce((sum, one) => sum + of(one), 0) / told.length;
  const [spin, rate] = [mean((one) => one.spin), mean((one) => one.rate)];
  const weight = told.reduce((sum, one) => sum + square(one.rate - rate), 0);
  if (weight === 0) return null;
  const slope = told.reduce((sum, one) => sum + (one.rate - rate) * (one.spin - spin), 0) / weight;
  const left = told.reduce((sum, one) => sum + square(one.spin - spin - slope * (one.rate - rate)), 0);
  return { share: Math.abs(slope), error: Math.sqrt(left / (told.length - 2) / weight) };
}

/** By the poses. */
export function stateByPoses(way: Removed | null, turn: Removed | null): State {
  const [ofWay, ofTurn] = [answerOf(way), answerOf(turn)];
  if (ofWay !== null && ofTurn !== null && ofWay !== ofTurn) return "partly";
  const answer = ofWay ?? ofTurn;
  return answer === null ? "unknown" : answer ? "yes" : "no";
}

function answerOf(removed: Removed | null): boolean | null {
  if (!removed || Math.abs(removed.share - HALF) < ERRORS * removed.error) return null;
  return removed.share > HALF;
}

/**
 * Without poses, by where the ends of each sweep meet: lasers that look elsewhere at the end were moved; walls that do not meet while lasers look
 * where they did were not.
 */
export function stateBySeam(sweeps: readonly Sweep[]): State {
  const told = sweeps.filter(({ isSame }) => isSame !== null);
  if (told.length === 0) return "unknown";
  if (told.filter(({ isSame }) => !isSame).length > HALF * told.length) return "yes";
  const walls = told.filter(({ displacedM }) => displacedM !== null);
  return walls.length > 0 && displaced(walls).length >= ENOUGH * walls.length ? "no" : "unknown";
}

/** How far walls are displaced in those sweeps in which they are, m, ascending. */
export function displaced(sweeps: readonly Sweep[]): readonly number[] {
  return sweeps.flatMap(({ displacedM }) => (displacedM !== null && displacedM >= DISPLACED_M ? [displacedM] : [])).sort((a, b) => a - b);
}
