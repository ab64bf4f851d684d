/**
 * How much a camera turned between two images, from one number per column: the mean of a band of rows.
 *
 * Two neighbouring profiles are laid over each other, first by whole columns, then by Gauss-Newton over shift, spread (driving ahead moves both
 * sides outward), contrast and brightness. The shift is what a turn about the vertical does to the middle of the image; its scale is the
 * focal length and its sign the mounting, and neither matters to a correlation.
 */
import { PROFILE_COLUMNS } from "../../src/abi";

/**
 * @param luma u8[height * stride]
 * @param firstRow, rows the band that is averaged
 * @param step neighbouring columns averaged into one: width / step is at most PROFILE_COLUMNS
 * @param out f32[width / step]
 * @returns how many columns were written
 * O(width * rows)
 */
export function columnProfile(luma: usize, width: i32, stride: i32, firstRow: i32, rows: i32, step: i32, out: usize): i32 {
  const columns = min(PROFILE_COLUMNS, width / step);
  for (let c = 0; c < columns; c++) {
    let sum: u32 = 0;
    for (let row = firstRow; row < firstRow + rows; row++) {
      const at = luma + usize(row) * usize(stride) + usize(c * step);
      for (let k = 0; k < step; k++) sum += u32(load<u8>(at + usize(k)));
    }
    store<f32>(out + (usize(c) << 2), f32(sum) / f32(rows * step));
  }
  return columns;
}

const ITERATIONS: i32 = 15;
const UNKNOWNS: i32 = 4;
/** f64[4][4] normal matrix, f64[4] right side, f64[4] shift, spread, contrast, brightness. */
const MATRIX: usize = memory.data(128, 8);
const RIGHT: usize = memory.data(32, 8);
const MODEL: usize = memory.data(32, 8);
/** Tukey's cap over the mean absolute residual: about 4.7 standard deviations of normal noise. */
const CAP: f64 = 6;
/** Share of the half width that counts in full: towards the sides what is near rushes past, and looks like a turn. */
const AHEAD: f64 = 0.15;
/** Columns ahead that must count, in sum. */
const LEAST_WEIGHT: f64 = 2;
/** Levels; below that pixels do not tell anything apart. */
const LEAST_RESIDUAL: f64 = 0.02;

/**
 * The shift between two images.
 *
 * @param a, b f32[n] - profiles of the earlier and the later one, n at least 16
 * @param reach most whole columns of shift
 * @param out f64[4] - output: shift of the scene in columns, spread (share of the half width), standard deviation of the shift, correlation
 * @returns columns that count; 0 when the profiles are flat or cannot be laid over each other
 */
export function matchColumns(a: usize, b: usize, n: i32, reach: i32, out: usize): i32 {
  if (flat(a, n) || flat(b, n)) return 0;
  set(MODEL, 0, f64(coarseShift(a, b, n, reach)));
  set(MODEL, 1, 0);
  set(MODEL, 2, 1);
  set(MODEL, 3, 0);
  let cap: f64 = Infinity;
  let used = 0;
  let noise: f64 = 0;
  let informed: f64 = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    memory.fill(MATRIX, 0, 128);
    memory.fill(RIGHT, 0, 32);
    used = 0;
    noise = 0;
    let weights: f64 = 0;
    let deviation: f64 = 0;
    const half = f64(n - 1) / 2;
    for (let i = 0; i < n; i++) {
      const place = (f64(i) - half) / half;
      const x = f64(i) + get(MODEL, 0) + get(MODEL, 1) * place * half;
      const k = i32(Math.floor(x));
      if (k < 1 || k + 2 >= n) continue;
      const u = x - f64(k);
      const value = cubic(b, k, u);
      const slope = cubicSlope(b, k, u);
      const error = f64(load<f32>(a + (usize(i) << 2))) - get(MODEL, 2) * value - get(MODEL, 3);
      deviation += abs(error);
      used++;
      const relative = error / cap;
      if (!(abs(relative) < 1)) continue;
      const tukey = (1 - relative * relative) * (1 - relative * relative);
      const aside = (place / AHEAD) * (place / AHEAD);
      const w = tukey / (1 + aside * aside);
      const j0 = get(MODEL, 2) * slope;
      add(w, error, j0, j0 * place * half, value, 1);
      weights += w;
      noise += w * error * error;
    }
    if (used < 12 || !(weights > LEAST_WEIGHT)) return 0;
    informed = get(MATRIX, 0);
    if (!solve()) return 0;
    for (let k = 0; k < UNKNOWNS; k++) set(MODEL, k, get(MODEL, k) + get(RIGHT, k));
    cap = CAP * max(LEAST_RESIDUAL, deviation / f64(used));
    noise /= weights;
  }
  if (!(abs(get(MODEL, 0)) <= f64(reach) + 1)) return 0;
  store<f64>(out, get(MODEL, 0));
  store<f64>(out, get(MODEL, 1), 8);
  store<f64>(out, sqrt(noise / informed), 16);
  store<f64>(out, sqrt(max(0, 1 - noise / variance(a, n))), 24);
  return used;
}

/** Whole columns by which b lies beside a: least mean square of what differs besides brightness. */
function coarseShift(a: usize, b: usize, n: i32, reach: i32): i32 {
  let best = 0;
  let least: f64 = Infinity;
  for (let k = 0; k <= 2 * reach; k++) {
    const shift = k & 1 ? (k + 1) >> 1 : -(k >> 1);
    const from = max(0, -shift);
    const to = min(n, n - shift);
    if (to - from < n >> 1) continue;
    let sum: f64 = 0;
    let squares: f64 = 0;
    for (let i = from; i < to; i++) {
      const d = f64(load<f32>(b + (usize(i + shift) << 2)) - load<f32>(a + (usize(i) << 2)));
      sum += d;
      squares += d * d;
    }
    const count = f64(to - from);
    const cost = squares / count - (sum / count) * (sum / count);
    if (cost < least) {
      least = cost;
      best = shift;
    }
  }
  return best;
}

function variance(a: usize, n: i32): f64 {
  let sum: f64 = 0;
  let squares: f64 = 0;
  for (let i = 0; i < n; i++) {
    const v = f64(load<f32>(a + (usize(i) << 2)));
    sum += v;
    squares += v * v;
  }
  return squares / f64(n) - (sum / f64(n)) * (sum / f64(n));
}

/** A wall, fog or a lens cap: less than a quarter level of contrast. */
function flat(a: usize, n: i32): bool {
  return !(variance(a, n) > 0.0625);
}

/** Catmull-Rom through columns k - 1 to k + 2. */
function cubic(b: usize, k: i32, u: f64): f64 {
  const p = b + (usize(k) << 2);
  const v0 = f64(load<f32>(p - 4));
  const v1 = f64(load<f32>(p));
  const v2 = f64(load<f32>(p, 4));
  const v3 = f64(load<f32>(p, 8));
  return v1 + 0.5 * u * (v2 - v0 + u * (2 * v0 - 5 * v1 + 4 * v2 - v3 + u * (3 * (v1 - v2) + v3 - v0)));
}

function cubicSlope(b: usize, k: i32, u: f64): f64 {
  const p = b + (usize(k) << 2);
  const v0 = f64(load<f32>(p - 4));
  const v1 = f64(load<f32>(p));
  const v2 = f64(load<f32>(p, 4));
  const v3 = f64(load<f32>(p, 8));
  return 0.5 * (v2 - v0 + u * (2 * (2 * v0 - 5 * v1 + 4 * v2 - v3) + 3 * u * (3 * (v1 - v2) + v3 - v0)));
}

function add(w: f64, error: f64, j0: f64, j1: f64, j2: f64, j3: f64): void {
  addRow(0, w * j0, error, j0, j1, j2, j3);
  addRow(1, w * j1, error, j0, j1, j2, j3);
  addRow(2, w * j2, error, j0, j1, j2, j3);
  addRow(3, w * j3, error, j0, j1, j2, j3);
}

function addRow(row: i32, wj: f64, error: f64, j0: f64, j1: f64, j2: f64, j3: f64): void {
  const at = 4 * row;
  set(MATRIX, at, get(MATRIX, at) + wj * j0);
  set(MATRIX, at + 1, get(MATRIX, at + 1) + wj * j1);
  set(MATRIX, at + 2, get(MATRIX, at + 2) + wj * j2);
  set(MATRIX, at + 3, get(MATRIX, at + 3) + wj * j3);
  set(RIGHT, row, get(RIGHT, row) + wj * error);
}

/** Gauss-Jordan on the positive normal matrix; RIGHT becomes the solution. */
function solve(): bool {
  for (let p = 0; p < UNKNOWNS; p++) {
    const pivot = get(MATRIX, 4 * p + p);
    if (!(pivot > 1e-12)) return false;
    for (let r = 0; r < UNKNOWNS; r++) {
      if (r == p) continue;
      const factor = get(MATRIX, 4 * r + p) / pivot;
      for (let c = p; c < UNKNOWNS; c++) set(MATRIX, 4 * r + c, get(MATRIX, 4 * r + c) - factor * get(MATRIX, 4 * p + c));
      set(RIGHT, r, get(RIGHT, r) - factor * get(RIGHT, p));
    }
  }
  for (let p = 0; p < UNKNOWNS; p++) set(RIGHT, p, get(RIGHT, p) / get(MATRIX, 5 * p));
  return true;
}

function get(at: usize, k: i32): f64 {
  return load<f64>(at + (usize(k) << 3));
}

function set(at: usize, k: i32, value: f64): void {
  store<f64>(at + (usize(k) << 3), value);
}
