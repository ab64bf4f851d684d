/**
 * A line through points of which some are far off: what the log's clock shows against a sensor's stamps.
 *
 * Begins with the median slope over pairs half the points apart (Theil 1950, the incomplete method), then iterates least squares with
 * Tukey's weights about the median absolute deviation. (Beaton and Tukey 1974, doi:10.1080/00401706.1974.10489171)
 */
import { select } from "../_select";

/** Tukey's constant: 95 % as good as least squares on normal noise. */
const TUKEY: f64 = 4.685;
/** Of a normal distribution, standard deviation over median absolute deviation. */
const PER_MAD: f64 = 1.4826;
const ITERATIONS: i32 = 12;

/**
 * @param x f64[n] - ascending, n >= 2
 * @param y f64[n]
 * @param least scale below which deviations are not told apart (the clock's tick)
 * @param scratch f64[n]
 * @param out f64[5] - output: y at x = 0, slope, scale of the deviations, standard deviation of the slope, points within TUKEY scales
 * @returns points that count, or 0 when all x are the same
 * O(n)
 */
export function robustLine(x: usize, y: usize, n: i32, least: f64, scratch: usize, out: usize): i32 {
  const half = n >> 1;
  let pairs = 0;
  for (let i = 0; i + half < n; i++) {
    const run = at(x, i + half) - at(x, i);
    if (!(run > 0)) continue;
    store<f64>(scratch + (usize(pairs) << 3), (at(y, i + half) - at(y, i)) / run);
    pairs++;
  }
  if (pairs == 0) return 0;
  let slope = select(scratch, pairs, pairs >> 1);
  for (let i = 0; i < n; i++) store<f64>(scratch + (usize(i) << 3), at(y, i) - slope * at(x, i));
  let base = select(scratch, n, n >> 1);
  let scale: f64 = least;
  let used = 0;
  let spread: f64 = 0;
  let noise: f64 = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    for (let i = 0; i < n; i++) store<f64>(scratch + (usize(i) << 3), abs(at(y, i) - base - slope * at(x, i)));
    scale = max(least, PER_MAD * select(scratch, n, n >> 1));
    const cap = TUKEY * scale;
    let sw: f64 = 0;
    let sx: f64 = 0;
    let sy: f64 = 0;
    used = 0;
    for (let i = 0; i < n; i++) {
      const w = weight((at(y, i) - base - slope * at(x, i)) / cap);
      if (w == 0) continue;
      used++;
      sw += w;
      sx += w * at(x, i);
      sy += w * at(y, i);
    }
    if (!(sw > 0)) return 0;
    const mx = sx / sw;
    const my = sy / sw;
    let xx: f64 = 0;
    let xy: f64 = 0;
    noise = 0;
    for (let i = 0; i < n; i++) {
      const error = at(y, i) - base - slope * at(x, i);
      const w = weight(error / cap);
      if (w == 0) continue;
      const d = at(x, i) - mx;
      xx += w * d * d;
      xy += w * d * (at(y, i) - my);
      noise += w * w * error * error * d * d;
    }
    if (!(xx > 0)) return 0;
    const before = slope;
    slope = xy / xx;
    base = my - slope * mx;
    spread = xx;
    if (abs(slope - before) <= 1e-13 * max(1, abs(slope))) break;
  }
  store<f64>(out, base);
  store<f64>(out, slope, 8);
  store<f64>(out, scale, 16);
  store<f64>(out, sqrt(noise) / spread, 24);
  store<f64>(out, f64(used), 32);
  return used;
}

function weight(relative: f64): f64 {
  if (!(abs(relative) < 1)) return 0;
  const rest = 1 - relative * relative;
  return rest * rest;
}

function at(values: usize, i: i32): f64 {
  return load<f64>(values + (usize(i) << 3));
}

/**
 * The line below all points that is closest to them in sum: the edge of their lower hull over the mean of x. Where delays are never negative it
 * is the clock itself, and far sharper than a line through the middle.
 * (Moon, Skelly, Towsley, Estimation and removal of clock skew from network delay measurements, INFOCOM 1999, doi:10.1109/INFCOM.1999.749287)
 *
 * @param x f64[n] - ascending, n >= 2
 * @param y f64[n]
 * @param scratch i32[n]
 * @param out f64[2] - output: y at x = 0, slope
 * @returns corners of the hull, or 0 when all x are the same
 * O(n)
 */
export function lowerLine(x: usize, y: usize, n: i32, scratch: usize, out: usize): i32 {
  let corners = 0;
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    sum += at(x, i) / f64(n);
    if (corners > 0 && at(x, i) == at(x, corner(scratch, corners - 1))) {
      if (at(y, i) >= at(y, corner(scratch, corners - 1))) continue;
      corners--;
    }
    while (corners >= 2 && isAbove(x, y, corner(scratch, corners - 2), corner(scratch, corners - 1), i)) corners--;
    store<i32>(scratch + (usize(corners) << 2), i);
    corners++;
  }
  if (corners < 2) return 0;
  let k = 0;
  while (k + 2 < corners && at(x, corner(scratch, k + 1)) < sum) k++;
  const p = corner(scratch, k);
  const q = corner(scratch, k + 1);
  const slope = (at(y, q) - at(y, p)) / (at(x, q) - at(x, p));
  store<f64>(out, at(y, p) - slope * at(x, p));
  store<f64>(out, slope, 8);
  return corners;
}

function corner(scratch: usize, k: i32): i32 {
  return load<i32>(scratch + (usize(k) << 2));
}

/** Whether b lies on or above the line from a to c. */
function isAbove(x: usize, y: usize, a: i32, b: i32, c: i32): bool {
  return (at(y, b) - at(y, a)) * (at(x, c) - at(x, a)) >= (at(y, c) - at(y, a)) * (at(x, b) - at(x, a));
}
