/**
 * How much a LiDAR turned between two sweeps, from one number per azimuth: the distance of the nearest thing that stands.
 *
 * A sweep becomes PROFILE_BINS ranges around the vertical. Two neighbouring ones are laid over each other, first by circular correlation
 * (whole bins), then as range flow: turn and two translations that make the first one the second one, by Gauss-Newton with Tukey's
 * weights. Translation is solved for and thrown away: left in, a wall passing by looks like a turn.
 * (Range flow: Jaimez, Monroy, Gonzalez-Jimenez, Planar odometry from a radial laser scanner, ICRA 2016, doi:10.1109/ICRA.2016.7487730)
 *
 * A sweep is no moment: every bin has its own time. The turn is a weighted mean over bins, so its moment is the same mean of their times.
 */
import { PROFILE_BINS } from "../../src/abi";
import { azimuth } from "./_azimuth";
import { loadField, loadSince } from "./_field";

const TAU: f64 = 6.283185307179586;
const BIN: f64 = TAU / f64(PROFILE_BINS);
/** Nearer than this is the vehicle itself. Metres. */
const NEAREST: f64 = 1;
/** The ground is looked for nearer than this, in steps of GROUND_STEP from -GROUND_REACH to GROUND_REACH about the sensor. */
const GROUND_RANGE: f64 = 20;
const GROUND_REACH: f64 = 6.4;
const GROUND_STEP: f64 = 0.1;
const GROUND_BINS: i32 = 128;
/** What stands reaches so far above the ground. */
const ABOVE_GROUND: f64 = 1;

/** u32[GROUND_BINS] */
const HEIGHTS: usize = memory.data(512, 8);

/**
 * Nearest horizontal range per azimuth, of what stands on the ground: the tenth part of the near points is taken to be at its height or lower.
 *
 * @param rows u8[count * stride] - points in place, little-endian
 * @param x, y, z offsets of the coordinates (metres) in a row; `type` their common field type
 * @param time offset of the time in a row, or -1
 * @param ranges f32[PROFILE_BINS] - output; 0 where nothing stands. Bin 0 begins at -pi
 * @param times f32[PROFILE_BINS] - output: time of that point less the first row's, in the field's own unit; 0 without one
 * @param span f64[2] - output: smallest and largest of these times over all points (not only those kept)
 * @returns bins that are filled
 * O(n), two passes. Points that are not finite are passed over.
 */
export function rangeProfile(
  rows: usize,
  count: i32,
  stride: i32,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  ranges: usize,
  times: usize,
  span: usize,
): i32 {
  memory.fill(ranges, 0, PROFILE_BINS << 2);
  memory.fill(times, 0, PROFILE_BINS << 2);
  store<f64>(span, 0);
  store<f64>(span, 0, 8);
  if (count <= 0) return 0;
  const least = groundOf(rows, count, stride, x, y, z, type) + ABOVE_GROUND;
  let earliest: f64 = 0;
  let latest: f64 = 0;
  let filled = 0;
  let row = rows;
  for (let i = 0; i < count; i++, row += usize(stride)) {
    let at: f64 = 0;
    if (time >= 0) {
      at = loadSince(row + usize(time), rows + usize(time), timeType);
      earliest = min(earliest, at);
      latest = max(latest, at);
    }
    if (!(loadField(row + usize(z), type) >= least)) continue;
    const px = loadField(row + usize(x), type);
    const py = loadField(row + usize(y), type);
    const range = sqrt(px * px + py * py);
    if (!(range >= NEAREST && range < 1e6)) continue;
    const bin = usize(binOf(px, py)) << 2;
    const before = load<f32>(ranges + bin);
    if (before > 0 && f64(before) <= range) continue;
    if (before == 0) filled++;
    store<f32>(ranges + bin, f32(range));
    store<f32>(times + bin, f32(at));
  }
  store<f64>(span, earliest);
  store<f64>(span, latest, 8);
  return filled;
}

/** Height of the ground below the near points. */
function groundOf(rows: usize, count: i32, stride: i32, x: i32, y: i32, z: i32, type: i32): f64 {
  memory.fill(HEIGHTS, 0, GROUND_BINS << 2);
  let near: u32 = 0;
  let row = rows;
  for (let i = 0; i < count; i++, row += usize(stride)) {
    const px = loadField(row + usize(x), type);
    const py = loadField(row + usize(y), type);
    const square = px * px + py * py;
    if (!(square >= NEAREST * NEAREST && square < GROUND_RANGE * GROUND_RANGE)) continue;
    const step = (loadField(row + usize(z), type) + GROUND_REACH) / GROUND_STEP;
    if (!(step >= 0 && step < f64(GROUND_BINS))) continue;
    const slot = HEIGHTS + (usize(i32(step)) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
    near++;
  }
  let below: u32 = 0;
  for (let k = 0; k < GROUND_BINS; k++) {
    below += load<u32>(HEIGHTS + (usize(k) << 2));
    if (below * 10 >= near && near > 0) return f64(k) * GROUND_STEP - GROUND_REACH;
  }
  return -Infinity;
}

function binOf(x: f64, y: f64): i32 {
  return min(PROFILE_BINS - 1, i32((azimuth(x, y) + TAU / 2) / BIN));
}

/** Residuals (metres) beyond which a bin counts for nothing: at first, and at last. */
const FIRST_CAP: f64 = 2.5;
const LAST_CAP: f64 = 0.1;
const ITERATIONS: i32 = 16;
/** Neighbouring bins further apart than this share of their range, per radian, are an edge. */
const EDGE: f64 = 4;
const LEAST_BINS: i32 = 30;
/** Most turn between two sweeps: bins. */
const REACH: i32 = 60;

/** f64[6]: the normal matrix, upper half by rows; f64[6]: the same, times time; f64[3]: the right side. */
const SUMS: usize = memory.data(120, 8);
/** f64[3]: turn, translation. */
const MOVE: usize = memory.data(24, 8);

/**
 * The turn between two sweeps.
 *
 * @param a, b f32[2 * PROFILE_BINS] - ranges, then times (s since the sweep's stamp) of the earlier and the later one
 * @param out f64[4] - output: turn of the sensor about its z (radians), its moment as seconds since the stamp (mean of both sweeps'), standard
 *   deviation of the turn by the residuals, share of the first profile's bins that fit
 * @returns how many bins fit; 0 when the profiles cannot be laid over each other
 */
export function matchProfiles(a: usize, b: usize, out: usize): i32 {
  store<f64>(MOVE, f64(coarseTurn(a, b)) * BIN);
  store<f64>(MOVE, 0, 8);
  store<f64>(MOVE, 0, 16);
  let cap = FIRST_CAP;
  let used = 0;
  let variance: f64 = 0;
  let moment: f64 = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    used = accumulate(a, b, cap);
    if (used < LEAST_BINS) return 0;
    // A hallway leaves one direction open: a little stiffness, no invention.
    const m0 = load<f64>(SUMS) + 1e-6;
    const m1 = load<f64>(SUMS, 8);
    const m2 = load<f64>(SUMS, 16);
    const m3 = load<f64>(SUMS, 24) + 1e-6;
    const m4 = load<f64>(SUMS, 32);
    const m5 = load<f64>(SUMS, 40) + 1e-6;
    const c0 = m3 * m5 - m4 * m4;
    const c1 = m2 * m4 - m1 * m5;
    const c2 = m1 * m4 - m2 * m3;
    const determinant = m0 * c0 + m1 * c1 + m2 * c2;
    if (!(determinant > 0)) return 0;
    const g0 = load<f64>(SUMS, 96);
    const g1 = load<f64>(SUMS, 104);
    const g2 = load<f64>(SUMS, 112);
    store<f64>(MOVE, load<f64>(MOVE) - (c0 * g0 + c1 * g1 + c2 * g2) / determinant);
    store<f64>(MOVE, load<f64>(MOVE, 8) - (c1 * g0 + (m0 * m5 - m2 * m2) * g1 + (m1 * m2 - m0 * m4) * g2) / determinant, 8);
    store<f64>(MOVE, load<f64>(MOVE, 16) - (c2 * g0 + (m1 * m2 - m0 * m4) * g1 + (m0 * m3 - m1 * m1) * g2) / determinant, 16);
    moment = (c0 * load<f64>(SUMS, 48) + c1 * load<f64>(SUMS, 56) + c2 * load<f64>(SUMS, 64)) / determinant;
    variance = c0 / determinant;
    cap = max(LAST_CAP, cap * 0.7);
  }
  const turn = load<f64>(MOVE);
  if (!(abs(turn) < f64(REACH) * BIN * 1.2)) return 0;
  let there = 0;
  for (let i = 0; i < PROFILE_BINS; i++) if (load<f32>(a + (usize(i) << 2)) > 0) there++;
  store<f64>(out, turn);
  store<f64>(out, moment, 8);
  store<f64>(out, sqrt(variance) * LAST_CAP * 0.3, 16);
  store<f64>(out, f64(used) / f64(there), 24);
  return used;
}

/** Sums over the bins of `a`, moved by MOVE, against `b`. @returns bins that count */
function accumulate(a: usize, b: usize, cap: f64): i32 {
  memory.fill(SUMS, 0, 120);
  const turn = load<f64>(MOVE);
  const dx = load<f64>(MOVE, 8);
  const dy = load<f64>(MOVE, 16);
  const cosine = Math.cos(turn);
  const sine = Math.sin(turn);
  // The direction of a bin, from the one before: exact to 1e-13 after a round.
  const stepCosine = Math.cos(BIN);
  const stepSine = Math.sin(BIN);
  let directionX = -Math.cos(BIN / 2);
  let directionY = -Math.sin(BIN / 2);
  let used = 0;
  for (let i = 0; i < PROFILE_BINS; i++) {
    const range = f64(load<f32>(a + (usize(i) << 2)));
    const px = range * directionX - dx;
    const py = range * directionY - dy;
    const next = directionX * stepCosine - directionY * stepSine;
    directionY = directionY * stepCosine + directionX * stepSine;
    directionX = next;
    if (range == 0) continue;
    const expected = sqrt(px * px + py * py);
    const place = (Math.atan2(cosine * py - sine * px, cosine * px + sine * py) + TAU / 2) / BIN - 0.5;
    const floor = Math.floor(place);
    const share = place - floor;
    const k0 = (i32(floor) + PROFILE_BINS) % PROFILE_BINS;
    const k1 = (k0 + 1) % PROFILE_BINS;
    const r0 = f64(load<f32>(b + (usize(k0) << 2)));
    const r1 = f64(load<f32>(b + (usize(k1) << 2)));
    if (r0 == 0 || r1 == 0) continue;
    const slope = (r1 - r0) / BIN;
    if (abs(slope) > EDGE * expected) continue;
    // Along the ray, as distance from the surface.
    const lean = 1 / sqrt(1 + (slope / expected) * (slope / expected));
    const error = (r0 + share * (r1 - r0) - expected) * lean;
    const relative = error / cap;
    if (!(abs(relative) < 1)) continue;
    const tukey = (1 - relative * relative) * (1 - relative * relative);
    const ux = px / expected;
    const uy = py / expected;
    const j0 = -slope * lean;
    const j1 = ((slope * uy) / expected + ux) * lean;
    const j2 = ((-slope * ux) / expected + uy) * lean;
    const time = 0.5 * f64(load<f32>(a + (usize(PROFILE_BINS + i) << 2)) + load<f32>(b + (usize(PROFILE_BINS + k0) << 2)));
    add(0, tukey * j0 * j0, time);
    add(8, tukey * j0 * j1, time);
    add(16, tukey * j0 * j2, time);
    add(24, tukey * j1 * j1, time);
    add(32, tukey * j1 * j2, time);
    add(40, tukey * j2 * j2, time);
    store<f64>(SUMS + 96, load<f64>(SUMS + 96) + tukey * j0 * error);
    store<f64>(SUMS + 104, load<f64>(SUMS + 104) + tukey * j1 * error);
    store<f64>(SUMS + 112, load<f64>(SUMS + 112) + tukey * j2 * error);
    used++;
  }
  return used;
}

function add(at: usize, amount: f64, time: f64): void {
  store<f64>(SUMS + at, load<f64>(SUMS + at) + amount);
  store<f64>(SUMS + at, load<f64>(SUMS + at, 48) + amount * time, 48);
}

/** Differences of range, as a share of it, beyond this all count alike. */
const COARSE_CAP: f32 = 0.2;

/** Circular correlation: whole bins by which `b` must be turned to lie on `a`; of equals the smallest turn. */
function coarseTurn(a: usize, b: usize): i32 {
  let best = 0;
  let least: f32 = Infinity;
  for (let k = 0; k <= 2 * REACH; k++) {
    // 0, 1, -1, 2, -2, ...
    const shift = k & 1 ? (k + 1) >> 1 : -(k >> 1);
    let cost: f32 = 0;
    let seen = 0;
    let j = (PROFILE_BINS - shift) % PROFILE_BINS;
    for (let i = 0; i < PROFILE_BINS; i++) {
      const ra = load<f32>(a + (usize(i) << 2));
      const rb = load<f32>(b + (usize(j) << 2));
      if (++j == PROFILE_BINS) j = 0;
      if (ra == 0 || rb == 0) continue;
      cost += min<f32>(COARSE_CAP, abs(ra - rb) / min(ra, rb));
      seen++;
    }
    if (seen < LEAST_BINS) continue;
    const mean = cost / f32(seen);
    if (mean < least) {
      least = mean;
      best = shift;
    }
  }
  return best;
}
