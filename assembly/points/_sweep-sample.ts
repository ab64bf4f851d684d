/**
 * Where a sensor looked, and from where, at each moment of a sweep: azimuth = phase of the laser + spin * time, about an axis that may itself
 * move. Fitted to a sample of the points by least squares; nothing is unwrapped, residuals are taken around the circle.
 *
 * The spin is first the median over neighbours in time of one laser. Clouds are often told in the vehicle's frame, where azimuths about the
 * origin bend: the place of the axis is fitted with the spin, and, where asked for, how it leans, and how it moves and turns while the sweep lasts: not
 * at all in a cloud as it was measured, as the sensor did in one that was moved to one moment (deskewed). Small angles: to first order.
 */
import { SWEEP_LASERS } from "../../src/abi";
import { select } from "../_select";
import { arounds, azimuth, azimuthColumn } from "./_azimuth";
import { loadField, loadLaser, loadSince } from "./_field";

const TAU: f64 = 6.283185307179586;
/** Nearer than this is the vehicle itself, and azimuths off the axis bend too much. Metres. */
export const NEAREST: f32 = 2;
export const FARTHEST: f32 = 1e5;
/** Points of a sample at most. */
const MOST: i32 = 8192;
/** Parts of the circle a laser's phase is first taken from, and of the span the sample is ordered by. */
const PHASES: i32 = 64;
const SLICES: i32 = 1024;
/** Residuals that count in the first and in later rounds, radians. */
const WIDE: f32 = 0.3;
const NARROW: f32 = 0.12;
const ROUNDS: i32 = 6;
const AGAIN: i32 = 2;
/** The axis is at most so far from the origin, and moves at most so far, metres; it leans and turns at most so far, radians. */
const MOST_AXIS: f64 = 3;
const MOST_MOVED: f64 = 8;
const MOST_TURNED: f64 = 0.5;
/** Points of a laser that the first spin is taken from are at least so far apart, as a share of the span. */
const APART: f64 = 0.02;
/** Points of a laser in the sample from which it takes part in the fit, and from which its phase is known. */
const LEAST_FITTED: f64 = 5;
const LEAST_KNOWN: i32 = 3;
/** Points with exactly the smallest time are stuck, and no part of the span, from this share. */
const STUCK: f64 = 0.01;
/** Medians and quantiles are of every so manieth: they are starting points. */
export const THIN: i32 = 4;
/** Quantiles of the times that tell the span, so that a few wild ones do not. */
const EDGE: f64 = 0.05;
/** Unknowns: spin, x and y of the axis; where it may move too: how far it moves in x and y, leans about x and y, and turns about x and y. */
export const STILL: i32 = 3;
export const MOVING: i32 = 9;
const TERMS: i32 = MOVING;

/** f32[MOST] each: x, y, z over the distance over ground, share of the span, residual; i32: laser. In order of time. */
export const X: usize = memory.data(MOST * 4, 16);
export const Y: usize = memory.data(MOST * 4, 16);
const SLOPE: usize = memory.data(MOST * 4, 16);
export const AT: usize = memory.data(MOST * 4, 16);
export const RESIDUAL: usize = memory.data(MOST * 4, 16);
export const LASER: usize = memory.data(MOST * 4, 16);
/** By laser: f32 phase, NaN where it is not known; f64 sums of a round: points, residual, and derivatives by each unknown. */
export const PHASE: usize = memory.data(SWEEP_LASERS * 4, 16);
const SUM_BYTES: usize = 8 * (2 + TERMS);
const SUMS: usize = memory.data(SWEEP_LASERS * 8 * (2 + TERMS), 16);
const HISTOGRAM: usize = memory.data(SWEEP_LASERS * PHASES * 4, 16);
const COUNTS: usize = memory.data(SWEEP_LASERS * 4, 16);
const BEST: usize = memory.data(SWEEP_LASERS * 4, 16);
const STARTS: usize = memory.data((SLICES + 1) * 4, 16);
const AZIMUTH: usize = memory.data(MOST * 4, 16);
/** f32[MOST] each: how an azimuth changes with the place of the axis, and with its lean. */
const BY_X: usize = memory.data(MOST * 4, 16);
const BY_Y: usize = memory.data(MOST * 4, 16);
const BY_LEAN_X: usize = memory.data(MOST * 4, 16);
const BY_LEAN_Y: usize = memory.data(MOST * 4, 16);
/** f64[MOST]: times of the rows drawn, and scratch of medians; i32[MOST]: the rows. */
const TIMES: usize = memory.data(MOST * 8, 16);
const SORTED: usize = memory.data(MOST * 8, 16);
const ROWS: usize = memory.data(MOST * 4, 16);
/** f64[TERMS]: the step of a round; f64[TERMS * (TERMS + 1)]: its equations; f64[TERMS]: derivatives of a point. */
const STEP: usize = memory.data(TERMS * 8, 16);
const EQUATIONS: usize = memory.data(TERMS * (TERMS + 1) * 8, 16);
const DERIVATIVES: usize = memory.data(TERMS * 8, 16);

/** f64[TERMS]: the fit: radians a span; metres, metres a span; radians, radians a span. */
export const FIT: usize = memory.data(TERMS * 8, 16);
/** Length of the span; the row a twentieth of it after its begin, and the row with the smallest time of the sample. */
export let span: f64 = 0;
export let baseRow: i32 = 0;
export let leastRow: i32 = 0;
/** Share of the span at the base row. */
export const BASE_AT: f64 = EDGE;
/** Whether so many points have the smallest time that it cannot be theirs. */
export let isStuck: bool = false;
/** Begin of the span, as the times of the sample count. */
let from: f64 = 0;
/** A bit for each sixteenth of the circle that the sample has points in. */
export let parts: i32 = 0;

/** The number of a point's laser: its own, or, of points that name none, its elevation in 256 parts, finest near the horizon. */
export function laserOf(row: usize, x: f32, y: f32, z: i32, type: i32, ring: i32, ringType: i32): i32 {
  if (ring >= 0) return loadLaser(row + usize(ring), ringType);
  const up = f32(loadField(row + usize(z), type));
  return elevationPart(up / (abs(up) + f32(Math.sqrt(x * x + y * y))));
}

/** @param share height over the sum of height and distance over ground, -1 to 1: parts from -45 to 45 degrees, the outermost hold all beyond */
export function elevationPart(share: f32): i32 {
  return max(0, min(SWEEP_LASERS - 1, i32((share + share + 1) * f32(SWEEP_LASERS >> 1))));
}

/**
 * Rows drawn evenly, each at random from its part, to the columns of the sample, in order of time.
 * @param limit rows to draw, at most 8192
 * @returns points of the sample; `span` is 0 where all have one time
 */
export function sampleSweep(
  limit: i32,
  rows: usize,
  count: i32,
  stride: usize,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  ring: i32,
  ringType: i32,
): i32 {
  parts = baseRow = leastRow = 0;
  span = 0;
  isStuck = false;
  const drawn = drawTimes(min(limit, MOST), rows + usize(time), count, stride, timeType);
  if (drawn == 0 || !spanOf(drawn)) return 0;
  memory.fill(STARTS, 0, (SLICES + 1) << 2);
  for (let k = 0; k < drawn; k++) {
    const slot = STARTS + (usize(sliceOf(k)) << 2);
    store<i32>(slot, load<i32>(slot, 4) + 1, 4);
  }
  for (let s = 1; s <= SLICES; s++) {
    const slot = STARTS + (usize(s) << 2);
    store<i32>(slot, load<i32>(slot) + load<i32>(slot - 4));
  }
  // What does not count keeps its slot, with no laser, until all are in place.
  for (let k = 0; k < drawn; k++) {
    const slot = STARTS + (usize(sliceOf(k)) << 2);
    const to = usize(load<i32>(slot)) << 2;
    store<i32>(slot, load<i32>(slot) + 1);
    const t = load<f64>(TIMES + (usize(k) << 3));
    const row = rows + usize(load<i32>(ROWS + (usize(k) << 2))) * stride;
    const px = f32(loadField(row + usize(x), type));
    const py = f32(loadField(row + usize(y), type));
    const counts = isPlaced(px * px + py * py) && !(isStuck && t == load<f64>(SORTED));
    store<i32>(LASER + to, counts ? laserOf(row, px, py, z, type, ring, ringType) : -1);
    store<f32>(X + to, px);
    store<f32>(Y + to, py);
    store<f32>(AT + to, f32((t - from) / span));
    store<f32>(SLOPE + to, f32(loadField(row + usize(z), type)) / f32(Math.sqrt(px * px + py * py)));
  }
  let n = 0;
  for (let k = 0; k < drawn; k++) {
    const laser = load<i32>(LASER + (usize(k) << 2));
    if (laser < 0) continue;
    const own = usize(k) << 2;
    const to = usize(n) << 2;
    const px = load<f32>(X + own);
    const py = load<f32>(Y + own);
    store<i32>(LASER + to, laser);
    store<f32>(X + to, px);
    store<f32>(Y + to, py);
    store<f32>(AT + to, load<f32>(AT + own));
    store<f32>(SLOPE + to, load<f32>(SLOPE + own));
    parts |= 1 << min(15, i32((azimuth(px, py) / TAU + 0.5) * 16));
    n++;
  }
  return n;
}

/** Whether a point at this squared distance over ground counts. */
export function isPlaced(square: f32): bool {
  return square >= NEAREST * NEAREST && square < FARTHEST * FARTHEST;
}

function drawTimes(limit: i32, field: usize, count: i32, stride: usize, type: i32): i32 {
  const draws = min(limit, count);
  let drawn = 0;
  let first: usize = 0;
  let seed: u32 = 0x9e3779b9;
  for (let i = 0; i < draws; i++) {
    const begin = i32((i64(i) * count) / draws);
    const end = i32((i64(i + 1) * count) / draws);
    seed = seed * 1664525 + 1013904223;
    const row = begin + i32((u64(seed) * u64(end - begin)) >> 32);
    const at = field + usize(row) * stride;
    if (!(abs(loadField(at, type)) < Infinity)) continue;
    if (drawn == 0) first = at;
    store<f64>(TIMES + (usize(drawn) << 3), loadSince(at, first, type));
    store<i32>(ROWS + (usize(drawn) << 2), row);
    drawn++;
  }
  return drawn;
}

/** Begin and length of the span, and whether its smallest time is stuck; the smallest to SORTED. @returns whether there is a span */
function spanOf(drawn: i32): bool {
  let least: f64 = Infinity;
  let stuck = 0;
  for (let k = 0; k < drawn; k++) {
    const t = load<f64>(TIMES + (usize(k) << 3));
    if (t < least) {
      least = t;
      stuck = 1;
      leastRow = load<i32>(ROWS + (usize(k) << 2));
    } else if (t == least) stuck++;
  }
  isStuck = f64(stuck) > STUCK * f64(drawn) && stuck > 1;
  let kept = 0;
  for (let k = 0; k < drawn; k++) {
    const t = load<f64>(TIMES + (usize(k) << 3));
    if (k % THIN != 0 || (isStuck && t == least)) continue;
    store<f64>(SORTED + (usize(kept) << 3), t);
    kept++;
  }
  if (kept < 2) {
    baseRow = leastRow;
    return false;
  }
  const edge = i32(EDGE * f64(kept));
  const low = select(SORTED, kept, edge);
  const high = select(SORTED, kept, kept - 1 - edge);
  for (let k = 0; k < drawn; k++) {
    if (load<f64>(TIMES + (usize(k) << 3)) != low) continue;
    baseRow = load<i32>(ROWS + (usize(k) << 2));
    break;
  }
  span = (high - low) / (1 - 2 * EDGE);
  from = low - EDGE * span;
  store<f64>(SORTED, least);
  return span > 0 && span < Infinity;
}

function sliceOf(k: i32): i32 {
  const share = (load<f64>(TIMES + (usize(k) << 3)) - from) / span;
  return i32(max<f64>(0, min<f64>(SLICES - 1, share * SLICES)));
}

/**
 * @param n points of the sample
 * @param terms STILL, or MOVING where the axis may lean and move
 */
export function fitSample(n: i32, terms: i32): void {
  memory.fill(FIT, 0, TERMS << 3);
  turn(n);
  store<f64>(FIT, firstSpin(n));
  turn(n);
  for (let round = 0; round < ROUNDS; round++) {
    // Once the axis is known, azimuths of near points bend no more: their lasers' phases are taken anew.
    if (round == 0 || round == AGAIN) phasesOf(n);
    // What moves is told from what stays once that is known.
    const free = round < AGAIN ? STILL : terms;
    addUp(n, round == 0 ? WIDE : NARROW, free);
    if (!refine(n, round == 0 ? WIDE : NARROW, free)) break;
    for (let d: usize = 0; d < usize(free) << 3; d += 8) store<f64>(FIT + d, load<f64>(FIT + d) + load<f64>(STEP + d));
    for (let pair: usize = 1; pair <= usize(TERMS >> 1); pair++) within(pair, pair == 1 ? MOST_AXIS : pair == 2 ? MOST_MOVED : MOST_TURNED);
    turn(n);
    const isStill = abs(load<f64>(STEP)) < 1e-4 && abs(load<f64>(STEP, 8)) < 1e-3 && abs(load<f64>(STEP, 16)) < 1e-3;
    if (round >= AGAIN && isStill && terms == STILL) break;
  }
  addUp(n, NARROW, terms);
  for (let l = 0; l < SWEEP_LASERS; l++) {
    if (load<i32>(COUNTS + (usize(l) << 2)) < LEAST_KNOWN) store<f32>(PHASE + (usize(l) << 2), NaN);
  }
}

/** A pair of unknowns to at most this length. */
function within(pair: usize, most: f64): void {
  const at = FIT + ((2 * pair - 1) << 3);
  const a = load<f64>(at);
  const b = load<f64>(at, 8);
  const share = most / sqrt(a * a + b * b);
  if (!(share < 1)) return;
  store<f64>(at, a * share);
  store<f64>(at, b * share, 8);
}

/** Azimuths about the axis less what the spin makes of the time, to RESIDUAL: phases remain. And how they change, to BY_... */
function turn(n: i32): void {
  const ux = f32x4.splat(f32(load<f64>(FIT, 24)));
  const uy = f32x4.splat(f32(load<f64>(FIT, 32)));
  for (let at: usize = 0; at < usize(n) << 2; at += 16) {
    const t = v128.load(AT + at);
    v128.store(RESIDUAL + at, f32x4.sub(v128.load(X + at), f32x4.mul(ux, t)));
    v128.store(TIMES + at, f32x4.sub(v128.load(Y + at), f32x4.mul(uy, t)));
  }
  const cx = f32(load<f64>(FIT, 8));
  const cy = f32(load<f64>(FIT, 16));
  azimuthColumn(RESIDUAL, TIMES, n, cx, cy, AZIMUTH);
  const rate = f32x4.splat(f32(load<f64>(FIT)));
  const leanX = f32x4.splat(f32(load<f64>(FIT, 40)));
  const leanY = f32x4.splat(f32(load<f64>(FIT, 48)));
  const turnX = f32x4.splat(f32(load<f64>(FIT, 56)));
  const turnY = f32x4.splat(f32(load<f64>(FIT, 64)));
  for (let at: usize = 0; at < usize(n) << 2; at += 16) {
    const t = v128.load(AT + at);
    const x = f32x4.sub(v128.load(RESIDUAL + at), f32x4.splat(cx));
    const y = f32x4.sub(v128.load(TIMES + at), f32x4.splat(cy));
    const square = f32x4.add(f32x4.mul(x, x), f32x4.mul(y, y));
    const over = f32x4.div(f32x4.splat(1), square);
    v128.store(BY_X + at, f32x4.mul(f32x4.neg(y), over));
    v128.store(BY_Y + at, f32x4.mul(x, over));
    // A lean about x and y changes an azimuth by its share along the direction, times the slope of the beam.
    const steep = f32x4.div(v128.load(SLOPE + at), f32x4.sqrt(square));
    const leansX = f32x4.mul(x, steep);
    const leansY = f32x4.mul(y, steep);
    v128.store(BY_LEAN_X + at, leansX);
    v128.store(BY_LEAN_Y + at, leansY);
    const leaned = f32x4.add(
      f32x4.mul(leansX, f32x4.add(leanX, f32x4.mul(turnX, t))),
      f32x4.mul(leansY, f32x4.add(leanY, f32x4.mul(turnY, t))),
    );
    v128.store(RESIDUAL + at, arounds(f32x4.sub(f32x4.sub(v128.load(AZIMUTH + at), leaned), f32x4.mul(rate, t))));
  }
}

/** Spin over the span: the median over pairs of neighbours in time of one laser. */
function firstSpin(n: i32): f64 {
  memory.fill(HISTOGRAM, 0xff, SWEEP_LASERS << 2);
  let pairs = 0;
  let seen = 0;
  for (let k = 0; k < n; k++) {
    const own = HISTOGRAM + (usize(load<i32>(LASER + (usize(k) << 2))) << 2);
    const before = load<i32>(own);
    if (before < 0) store<i32>(own, k);
    if (before < 0) continue;
    const passed = f64(load<f32>(AT + (usize(k) << 2))) - f64(load<f32>(AT + (usize(before) << 2)));
    // What is nearer in time differs by how far it is away, not by the spin.
    if (!(passed > APART)) continue;
    store<i32>(own, k);
    seen++;
    if (seen % THIN != 0) continue;
    const turned = around(load<f32>(RESIDUAL + (usize(k) << 2)) - load<f32>(RESIDUAL + (usize(before) << 2)));
    store<f64>(SORTED + (usize(pairs) << 3), f64(turned) / passed);
    pairs++;
  }
  return pairs == 0 ? 0 : select(SORTED, pairs, pairs >> 1);
}

/** Each laser's phase: the middle of the two neighbouring parts of the circle that hold most of its points. */
function phasesOf(n: i32): void {
  memory.fill(HISTOGRAM, 0, (SWEEP_LASERS * PHASES) << 2);
  memory.fill(COUNTS, 0, SWEEP_LASERS << 2);
  memory.fill(BEST, 0, SWEEP_LASERS << 2);
  for (let k = 0; k < n; k++) {
    const laser = load<i32>(LASER + (usize(k) << 2));
    const part = min(PHASES - 1, i32((f64(load<f32>(RESIDUAL + (usize(k) << 2))) / TAU + 0.5) * f64(PHASES)));
    const own = HISTOGRAM + (usize(laser * PHASES) << 2);
    const here = load<i32>(own + (usize(part) << 2)) + 1;
    store<i32>(own + (usize(part) << 2), here);
    const count = COUNTS + (usize(laser) << 2);
    store<i32>(count, load<i32>(count) + 1);
    const best = BEST + (usize(laser) << 2);
    const before = here + load<i32>(own + (usize((part - 1) & (PHASES - 1)) << 2));
    const after = here + load<i32>(own + (usize((part + 1) & (PHASES - 1)) << 2));
    const most = max(before, after);
    if (most <= load<i32>(best)) continue;
    store<i32>(best, most);
    const middle = after > before ? part + 1 : part;
    store<f32>(PHASE + (usize(laser) << 2), f32((f64(middle) / f64(PHASES) - 0.5) * TAU));
  }
}

/** How what a point is off changes with each unknown, to DERIVATIVES. */
function derive(k: i32, terms: i32): void {
  const at = usize(k) << 2;
  const t = f64(load<f32>(AT + at));
  const byX = f64(load<f32>(BY_X + at));
  const byY = f64(load<f32>(BY_Y + at));
  store<f64>(DERIVATIVES, t);
  store<f64>(DERIVATIVES, byX, 8);
  store<f64>(DERIVATIVES, byY, 16);
  if (terms < TERMS) return;
  const leansX = f64(load<f32>(BY_LEAN_X + at));
  const leansY = f64(load<f32>(BY_LEAN_Y + at));
  store<f64>(DERIVATIVES, byX * t, 24);
  store<f64>(DERIVATIVES, byY * t, 32);
  store<f64>(DERIVATIVES, leansX, 40);
  store<f64>(DERIVATIVES, leansY, 48);
  store<f64>(DERIVATIVES, leansX * t, 56);
  store<f64>(DERIVATIVES, leansY * t, 64);
}

/** What a point is off from its laser's phase, NaN beyond the gate. */
export function offOf(k: i32, gate: f32): f32 {
  const phase = load<f32>(PHASE + (usize(load<i32>(LASER + (usize(k) << 2))) << 2));
  const off = around(load<f32>(RESIDUAL + (usize(k) << 2)) - phase);
  return abs(off) <= gate ? off : NaN;
}

/** Sums of each laser over its points within the gate; phases to the middle of these. */
function addUp(n: i32, gate: f32, terms: i32): void {
  memory.fill(SUMS, 0, usize(SWEEP_LASERS) * SUM_BYTES);
  for (let k = 0; k < n; k++) {
    const off = offOf(k, gate);
    if (off != off) continue;
    const own = SUMS + usize(load<i32>(LASER + (usize(k) << 2))) * SUM_BYTES;
    store<f64>(own, load<f64>(own) + 1);
    store<f64>(own, load<f64>(own, 8) + f64(off), 8);
    derive(k, terms);
    for (let d: usize = 0; d < usize(terms) << 3; d += 8) {
      store<f64>(own + 16 + d, load<f64>(own + 16 + d) + load<f64>(DERIVATIVES + d));
    }
  }
  for (let l = 0; l < SWEEP_LASERS; l++) {
    const own = SUMS + usize(l) * SUM_BYTES;
    const held = load<f64>(own);
    if (held == 0) continue;
    const slot = PHASE + (usize(l) << 2);
    const mean = load<f64>(own, 8) / held;
    store<f32>(slot, f32(load<f32>(slot) + mean));
    store<f64>(own, mean, 8);
    for (let d: usize = 0; d < usize(terms) << 3; d += 8) store<f64>(own + 16 + d, load<f64>(own + 16 + d) / held);
  }
}

/** Least squares about each laser's own means; the step to STEP. @returns whether there is one */
function refine(n: i32, gate: f32, terms: i32): bool {
  memory.fill(EQUATIONS, 0, TERMS * (TERMS + 1) * 8);
  const width = usize(terms + 1) << 3;
  for (let k = 0; k < n; k++) {
    const own = SUMS + usize(load<i32>(LASER + (usize(k) << 2))) * SUM_BYTES;
    if (load<f64>(own) < LEAST_FITTED) continue;
    const off = offOf(k, gate);
    if (off != off) continue;
    derive(k, terms);
    for (let d = 0; d < terms; d++) {
      const at = DERIVATIVES + (usize(d) << 3);
      store<f64>(at, load<f64>(at) - load<f64>(own + (usize(2 + d) << 3)));
    }
    for (let d = 0; d < terms; d++) {
      const j = load<f64>(DERIVATIVES + (usize(d) << 3));
      const row = EQUATIONS + usize(d) * width;
      for (let e = d; e < terms; e++) {
        const slot = row + (usize(e) << 3);
        store<f64>(slot, load<f64>(slot) + j * load<f64>(DERIVATIVES + (usize(e) << 3)));
      }
      const slot = row + (usize(terms) << 3);
      store<f64>(slot, load<f64>(slot) + j * f64(off));
    }
  }
  for (let d = 0; d < terms; d++) {
    const row = EQUATIONS + usize(d) * width;
    for (let e = 0; e < d; e++) store<f64>(row + (usize(e) << 3), load<f64>(EQUATIONS + usize(e) * width + (usize(d) << 3)));
    // Where all points are far the axis is not told: it stays.
    if (d > 0) store<f64>(row + (usize(d) << 3), load<f64>(row + (usize(d) << 3)) + 1e-7 * f64(n));
  }
  return solve(terms, width);
}

/** Gauss' elimination; equations are those of least squares, so that the diagonal serves as pivots. */
function solve(terms: i32, width: usize): bool {
  for (let d = 0; d < terms; d++) {
    const row = EQUATIONS + usize(d) * width;
    const pivot = load<f64>(row + (usize(d) << 3));
    if (!(pivot > 1e-12)) return false;
    for (let e = 0; e < terms; e++) {
      if (e == d) continue;
      const other = EQUATIONS + usize(e) * width;
      const share = load<f64>(other + (usize(d) << 3)) / pivot;
      for (let c = usize(d) << 3; c < width; c += 8) store<f64>(other + c, load<f64>(other + c) - share * load<f64>(row + c));
    }
  }
  for (let d = 0; d < terms; d++) {
    const row = EQUATIONS + usize(d) * width;
    store<f64>(STEP + (usize(d) << 3), load<f64>(row + (usize(terms) << 3)) / load<f64>(row + (usize(d) << 3)));
  }
  return true;
}

/** To -pi to pi. */
function around(angle: f32): f32 {
  return angle - f32(TAU) * nearest(angle / f32(TAU));
}
