/**
 * Do the times of a sweep's points agree with where the sensor was looking? A spinning LiDAR sees azimuth = phase of the laser + spin * time.
 *
 * The spin is taken from circular means over slices of time of the laser that has most points, then refined on a sample of points by least
 * squares together with the axis of the spin (clouds are often told in the vehicle's frame: off the axis azimuths bend) and a phase for each
 * laser; then every point is held against it. Nothing is unwrapped: residuals are taken around the circle.
 */
import { SWEEP_FIGURES, SWEEP_LASERS, SWEEP_SAMPLE } from "../src/abi";
import { azimuth } from "./_azimuth";
import { loadField, loadSince } from "./_field";

const TAU: f64 = 6.283185307179586;
/** Nearer than this is the vehicle itself, and azimuths off the axis bend too much. Metres. */
const NEAREST: f64 = 2;
const FARTHEST: f64 = 1e5;
/** Slices of time the spin is first taken from, and of the circle a laser's phase is. */
const SLICES: i32 = 128;
const PHASES: i32 = 64;
const ROUNDS: i32 = 4;
/** Residuals that count in the first and in later rounds, radians. */
const WIDE: f64 = 0.3;
const NARROW: f64 = 0.12;
/** The axis is at most so far from the origin, metres. */
const MOST_AXIS: f64 = 3;
/** A point further off than this is out of place, radians. */
const OFF: f32 = 0.05;
/** And further than this no motion of the sensor explains. */
const FAR: f32 = 0.3;
/** Points with exactly the smallest time are stuck, and no part of the span, from this share. */
const STUCK: f64 = 0.01;
/** Sizes of residuals are counted in steps of this, radians, for their median. */
const STEP: f32 = 0.0002;
const STEPS: i32 = 4096;

/** f64[SWEEP_SAMPLE] each: azimuth, share of the span, x, y; i32: laser. */
const AZ: usize = memory.data(SWEEP_SAMPLE * 8, 16);
const AT: usize = memory.data(SWEEP_SAMPLE * 8, 16);
const X: usize = memory.data(SWEEP_SAMPLE * 8, 16);
const Y: usize = memory.data(SWEEP_SAMPLE * 8, 16);
const LASER: usize = memory.data(SWEEP_SAMPLE * 4, 16);
/** By laser: points of the sample, phase, sums of a round (points, residual, share, two of the axis). */
const COUNTS: usize = memory.data(SWEEP_LASERS * 4, 16);
const PHASE: usize = memory.data(SWEEP_LASERS * 8, 16);
const SUMS: usize = memory.data(SWEEP_LASERS * 40, 16);
const HISTOGRAM: usize = memory.data(SWEEP_LASERS * PHASES * 4, 16);
const SLICE: usize = memory.data(SLICES * 16, 16);
const TURNS: usize = memory.data(SLICES * 8, 16);
const SIZES: usize = memory.data(STEPS * 4, 16);
/** By laser, over all points: number, sum of residuals, of their cosines and sines. */
const WHOLE: usize = memory.data(SWEEP_LASERS * 32, 16);

/**
 * @param rows u8[count * stride] - points in place, little-endian
 * @param x, y, z offsets of the coordinates (metres) in a row; `type` their common field type
 * @param time offset of the time in a row
 * @param ring offset of the laser's number in a row, or -1: then points of one elevation (0.7 degrees) are taken to be of one laser
 * @param out f64[SWEEP_FIGURES + 2 * SWEEP_LASERS] - output: points that count; spin (radians per unit of the time field, counterclockwise); x, y of
 *   the axis (m); resultant length 0 to 1; median and share of residuals beyond 0.05 rad; smallest and largest time less the first row's; share of
 *   steps back in time; share of points stuck at the smallest time; share of residuals beyond 0.3 rad;
 *   sixteenths of the circle that have points; then for each laser its points and its phase (radians)
 * @returns points that count, or 0 where there are fewer than 200 of them or all have one time
 * O(n)
 */
export function sweepFit(
  rows: usize,
  count: i32,
  stride: i32,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  ring: i32,
  ringType: i32,
  out: usize,
): i32 {
  memory.fill(out, 0, (SWEEP_FIGURES + 2 * SWEEP_LASERS) << 3);
  let least: f64 = Infinity;
  let most: f64 = -Infinity;
  let second: f64 = Infinity;
  let stuck = 0;
  let back = 0;
  let seen = 0;
  let last: f64 = -Infinity;
  let row = rows;
  for (let i = 0; i < count; i++, row += usize(stride)) {
    const t = loadSince(row + usize(time), rows + usize(time), timeType);
    if (!(abs(t) < Infinity)) continue;
    seen++;
    if (t < last) back++;
    last = t;
    most = max(most, t);
    if (t < least) {
      second = least;
      least = t;
      stuck = 1;
    } else if (t == least) stuck++;
    else second = min(second, t);
  }
  store<f64>(out, least < Infinity ? least : 0, 56);
  store<f64>(out, most > -Infinity ? most : 0, 64);
  if (seen > 0) {
    store<f64>(out, f64(back) / f64(seen), 72);
    store<f64>(out, f64(stuck) / f64(seen), 80);
  }
  const isStuck = f64(stuck) > STUCK * f64(seen);
  const from = isStuck ? second : least;
  const span = most - from;
  if (seen < 200 || !(span > 0 && span < Infinity)) return 0;

  seenParts = 0;
  const n = sample(rows, count, stride, x, y, z, type, time, timeType, ring, ringType, from, span);
  store<f64>(out, f64(popcnt(seenParts)), 96);
  if (n < 200) return 0;
  let spin = firstSpin(n);
  let ox: f64 = 0;
  let oy: f64 = 0;
  for (let round = 0; round < ROUNDS; round++) {
    lay(n, ox, oy);
    phasesOf(n, spin);
    const gate = round == 0 ? WIDE : NARROW;
    const step = refine(n, spin, gate, ox, oy);
    if (!step) break;
    spin += load<f64>(SLICE);
    ox += load<f64>(SLICE, 8);
    oy += load<f64>(SLICE, 16);
    const axis = sqrt(ox * ox + oy * oy);
    if (axis > MOST_AXIS) {
      ox *= MOST_AXIS / axis;
      oy *= MOST_AXIS / axis;
    }
  }
  lay(n, ox, oy);
  phasesOf(n, spin);
  centre(n, spin);
  store<f64>(out, spin / span, 8);
  store<f64>(out, ox, 16);
  store<f64>(out, oy, 24);
  return hold(rows, count, stride, x, y, z, type, time, timeType, ring, ringType, from, span, spin, ox, oy, out);
}

/** A bit for each sixteenth of the circle that the sample has points in. */
let seenParts: i32 = 0;

/** Every so many points, where they count, to the columns of the sample. @returns how many */
function sample(
  rows: usize,
  count: i32,
  stride: i32,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  ring: i32,
  ringType: i32,
  from: f64,
  span: f64,
): i32 {
  memory.fill(COUNTS, 0, SWEEP_LASERS << 2);
  // Lasers fire in turn: a step that shares no factor with their number meets all of them.
  let step = max(1, count / SWEEP_SAMPLE);
  if (step > 1) step |= 1;
  let n = 0;
  for (let i = 0; i < count && n < SWEEP_SAMPLE; i += step) {
    const row = rows + usize(i) * usize(stride);
    const t = loadSince(row + usize(time), rows + usize(time), timeType) - from;
    const px = loadField(row + usize(x), type);
    const py = loadField(row + usize(y), type);
    if (!(t >= 0 && counts(px * px + py * py))) continue;
    const laser = laserOf(row, px, py, z, type, ring, ringType);
    seenParts |= 1 << min(15, i32((azimuth(px, py) / TAU + 0.5) * 16));
    store<f64>(AT + (usize(n) << 3), t / span);
    store<f64>(X + (usize(n) << 3), px);
    store<f64>(Y + (usize(n) << 3), py);
    store<i32>(LASER + (usize(n) << 2), laser);
    const slot = COUNTS + (usize(laser) << 2);
    store<i32>(slot, load<i32>(slot) + 1);
    n++;
  }
  return n;
}

function counts(square: f64): bool {
  return square >= NEAREST * NEAREST && square < FARTHEST * FARTHEST;
}

function laserOf(row: usize, px: f64, py: f64, z: i32, type: i32, ring: i32, ringType: i32): i32 {
  if (ring >= 0) return i32(loadField(row + usize(ring), ringType)) & (SWEEP_LASERS - 1);
  const elevation = azimuth(sqrt(px * px + py * py), loadField(row + usize(z), type));
  return max(0, min(SWEEP_LASERS - 1, i32((elevation / (TAU / 4) + 0.5) * f64(SWEEP_LASERS))));
}

/** Spin over the span, from how circular means of neighbouring slices of time differ: their median. */
function firstSpin(n: i32): f64 {
  let main = 0;
  for (let l = 1; l < SWEEP_LASERS; l++) if (load<i32>(COUNTS + (usize(l) << 2)) > load<i32>(COUNTS + (usize(main) << 2))) main = l;
  memory.fill(SLICE, 0, SLICES << 4);
  for (let k = 0; k < n; k++) {
    if (load<i32>(LASER + (usize(k) << 2)) != main) continue;
    const slot = SLICE + (usize(min(SLICES - 1, i32(load<f64>(AT + (usize(k) << 3)) * f64(SLICES)))) << 4);
    const px = load<f64>(X + (usize(k) << 3));
    const py = load<f64>(Y + (usize(k) << 3));
    const r = sqrt(px * px + py * py);
    store<f64>(slot, load<f64>(slot) + px / r);
    store<f64>(slot, load<f64>(slot, 8) + py / r, 8);
  }
  let turns = 0;
  let before = -1;
  let last: f64 = 0;
  for (let s = 0; s < SLICES; s++) {
    const c = load<f64>(SLICE + (usize(s) << 4));
    const d = load<f64>(SLICE + (usize(s) << 4), 8);
    if (c == 0 && d == 0) continue;
    const own = azimuth(c, d);
    // Slices without points lie between: what was turned is shared out.
    if (before >= 0 && s - before <= 4) {
      insert(turns, around(own - last) / f64(s - before));
      turns++;
    }
    before = s;
    last = own;
  }
  return turns == 0 ? 0 : load<f64>(TURNS + (usize(turns >> 1) << 3)) * f64(SLICES);
}

/** Into the ascending list of turns. */
function insert(length: i32, value: f64): void {
  let at = length;
  for (; at > 0 && load<f64>(TURNS + (usize(at - 1) << 3)) > value; at--) {
    store<f64>(TURNS + (usize(at) << 3), load<f64>(TURNS + (usize(at - 1) << 3)));
  }
  store<f64>(TURNS + (usize(at) << 3), value);
}

/** Azimuths about the axis. */
function lay(n: i32, ox: f64, oy: f64): void {
  for (let k = 0; k < n; k++) {
    const at = usize(k) << 3;
    store<f64>(AZ + at, azimuth(load<f64>(X + at) - ox, load<f64>(Y + at) - oy));
  }
}

function residualAt(k: i32, spin: f64): f64 {
  return load<f64>(AZ + (usize(k) << 3)) - spin * load<f64>(AT + (usize(k) << 3));
}

/** Each laser's phase: the middle of the two neighbouring parts of the circle that hold most of its points. */
function phasesOf(n: i32, spin: f64): void {
  memory.fill(HISTOGRAM, 0, (SWEEP_LASERS * PHASES) << 2);
  for (let k = 0; k < n; k++) {
    const part = min(PHASES - 1, i32((around(residualAt(k, spin)) / TAU + 0.5) * f64(PHASES)));
    const slot = HISTOGRAM + (usize(load<i32>(LASER + (usize(k) << 2)) * PHASES + part) << 2);
    store<i32>(slot, load<i32>(slot) + 1);
  }
  for (let l = 0; l < SWEEP_LASERS; l++) {
    const own = HISTOGRAM + (usize(l * PHASES) << 2);
    let best = 0;
    let most = -1;
    for (let p = 0; p < PHASES; p++) {
      const held = load<i32>(own + (usize(p) << 2)) + load<i32>(own + (usize((p + 1) & (PHASES - 1)) << 2));
      if (held <= most) continue;
      most = held;
      best = p;
    }
    store<f64>(PHASE + (usize(l) << 3), (f64(best + 1) / f64(PHASES) - 0.5) * TAU);
  }
}

/** Sums of a laser over points within the gate: number, residual, share of the span, and how the axis moves the azimuth. */
function addUp(n: i32, spin: f64, gate: f64, ox: f64, oy: f64): void {
  memory.fill(SUMS, 0, SWEEP_LASERS * 40);
  for (let k = 0; k < n; k++) {
    const laser = load<i32>(LASER + (usize(k) << 2));
    const r = around(residualAt(k, spin) - load<f64>(PHASE + (usize(laser) << 3)));
    if (abs(r) > gate) continue;
    const dx = load<f64>(X + (usize(k) << 3)) - ox;
    const dy = load<f64>(Y + (usize(k) << 3)) - oy;
    const square = dx * dx + dy * dy;
    const own = SUMS + usize(laser) * 40;
    store<f64>(own, load<f64>(own) + 1);
    store<f64>(own, load<f64>(own, 8) + r, 8);
    store<f64>(own, load<f64>(own, 16) + load<f64>(AT + (usize(k) << 3)), 16);
    store<f64>(own, load<f64>(own, 24) - dy / square, 24);
    store<f64>(own, load<f64>(own, 32) + dx / square, 32);
  }
}

/** Least squares for spin and axis about each laser's own means; the step to SLICE. @returns whether there is one */
function refine(n: i32, spin: f64, gate: f64, ox: f64, oy: f64): bool {
  addUp(n, spin, gate, ox, oy);
  let a00: f64 = 0,
    a01: f64 = 0,
    a02: f64 = 0,
    a11: f64 = 0,
    a12: f64 = 0,
    a22: f64 = 0;
  let b0: f64 = 0,
    b1: f64 = 0,
    b2: f64 = 0;
  for (let k = 0; k < n; k++) {
    const laser = load<i32>(LASER + (usize(k) << 2));
    const own = SUMS + usize(laser) * 40;
    const held = load<f64>(own);
    if (held < 5) continue;
    const raw = around(residualAt(k, spin) - load<f64>(PHASE + (usize(laser) << 3)));
    if (abs(raw) > gate) continue;
    const dx = load<f64>(X + (usize(k) << 3)) - ox;
    const dy = load<f64>(Y + (usize(k) << 3)) - oy;
    const square = dx * dx + dy * dy;
    const r = raw - load<f64>(own, 8) / held;
    const j0 = load<f64>(AT + (usize(k) << 3)) - load<f64>(own, 16) / held;
    const j1 = -dy / square - load<f64>(own, 24) / held;
    const j2 = dx / square - load<f64>(own, 32) / held;
    a00 += j0 * j0;
    a01 += j0 * j1;
    a02 += j0 * j2;
    a11 += j1 * j1;
    a12 += j1 * j2;
    a22 += j2 * j2;
    b0 += j0 * r;
    b1 += j1 * r;
    b2 += j2 * r;
  }
  // Where all points are far the axis is not told: it stays.
  a11 += 1e-7 * f64(n);
  a22 += 1e-7 * f64(n);
  const c00 = a11 * a22 - a12 * a12;
  const c01 = a02 * a12 - a01 * a22;
  const c02 = a01 * a12 - a02 * a11;
  const det = a00 * c00 + a01 * c01 + a02 * c02;
  if (!(abs(det) > 1e-18)) return false;
  store<f64>(SLICE, (c00 * b0 + c01 * b1 + c02 * b2) / det);
  store<f64>(SLICE, (c01 * b0 + (a00 * a22 - a02 * a02) * b1 + (a01 * a02 - a00 * a12) * b2) / det, 8);
  store<f64>(SLICE, (c02 * b0 + (a01 * a02 - a00 * a12) * b1 + (a00 * a11 - a01 * a01) * b2) / det, 16);
  return true;
}

/** Phases to the means of the points near them. */
function centre(n: i32, spin: f64): void {
  addUp(n, spin, NARROW, 0, 0);
  for (let l = 0; l < SWEEP_LASERS; l++) {
    const own = SUMS + usize(l) * 40;
    if (load<f64>(own) == 0) continue;
    const slot = PHASE + (usize(l) << 3);
    store<f64>(slot, load<f64>(slot) + load<f64>(own, 8) / load<f64>(own));
  }
}

/** Every point against the fit. */
function hold(
  rows: usize,
  count: i32,
  stride: i32,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  ring: i32,
  ringType: i32,
  from: f64,
  span: f64,
  spin: f64,
  ox: f64,
  oy: f64,
  out: usize,
): i32 {
  memory.fill(SIZES, 0, STEPS << 2);
  memory.fill(WHOLE, 0, SWEEP_LASERS << 5);
  let n = 0;
  let off = 0;
  let far = 0;
  let row = rows;
  for (let i = 0; i < count; i++, row += usize(stride)) {
    const px = loadField(row + usize(x), type);
    const py = loadField(row + usize(y), type);
    if (!counts(px * px + py * py)) continue;
    const t = loadSince(row + usize(time), rows + usize(time), timeType) - from;
    if (!(abs(t) < Infinity)) continue;
    n++;
    // Stuck points lie before the span.
    if (t < 0) {
      off++;
      far++;
      continue;
    }
    const laser = laserOf(row, px, py, z, type, ring, ringType);
    const r = f32(around(azimuth(px - ox, py - oy) - (spin / span) * t - load<f64>(PHASE + (usize(laser) << 3))));
    const size = abs(r);
    if (size > OFF) off++;
    if (size > FAR) far++;
    const step = SIZES + (usize(min(STEPS - 1, i32(size / STEP))) << 2);
    store<i32>(step, load<i32>(step) + 1);
    const own = WHOLE + (usize(laser) << 5);
    store<f64>(own, load<f64>(own) + 1);
    store<f64>(own, load<f64>(own, 16) + f64(cosine(r)), 16);
    store<f64>(own, load<f64>(own, 24) + f64(sine(r)), 24);
    if (size < f32(NARROW)) store<f64>(own, load<f64>(own, 8) + f64(r), 8);
  }
  if (n == 0) return 0;
  let resultant: f64 = 0;
  for (let l = 0; l < SWEEP_LASERS; l++) {
    const own = WHOLE + (usize(l) << 5);
    const held = load<f64>(own);
    const c = load<f64>(own, 16);
    const s = load<f64>(own, 24);
    resultant += sqrt(c * c + s * s);
    const answer = out + (usize(SWEEP_FIGURES + 2 * l) << 3);
    store<f64>(answer, held);
    store<f64>(answer, held == 0 ? 0 : load<f64>(PHASE + (usize(l) << 3)) + load<f64>(own, 8) / held, 8);
  }
  let below = 0;
  let middle = 0;
  for (; middle < STEPS; middle++) {
    below += load<i32>(SIZES + (usize(middle) << 2));
    if (below * 2 >= n) break;
  }
  store<f64>(out, f64(n));
  store<f64>(out, resultant / f64(n), 32);
  store<f64>(out, (f64(middle) + 0.5) * f64(STEP), 40);
  store<f64>(out, f64(off) / f64(n), 48);
  store<f64>(out, f64(far) / f64(n), 88);
  return n;
}

/** To -pi to pi. */
function around(angle: f64): f64 {
  return angle - TAU * nearest(angle / TAU);
}

/** Of an angle from -pi to pi, to 1e-3: only sums over many are wanted. (Bhaskara I) */
function cosine(angle: f32): f32 {
  const size: f32 = abs(angle);
  // From a right angle on: the cosine of what is left, negative.
  const back = size > f32(1.5707964);
  const a: f32 = back ? f32(3.1415927) - size : size;
  const square: f32 = a * a;
  const value: f32 = (f32(9.8696044) - f32(4) * square) / (f32(9.8696044) + square);
  return back ? -value : value;
}

function sine(angle: f32): f32 {
  const a: f32 = abs(angle);
  const p: f32 = a * (f32(3.1415927) - a);
  const value: f32 = (f32(16) * p) / (f32(49.348022) - f32(4) * p);
  return angle < 0 ? -value : value;
}
