/**
 * Two rates of turn against each other: the fast stream over the slow stream's own intervals, and correlation of regular series.
 *
 * Integrated first, compared then: a rate taken as the difference of what was turned between two moments belongs to the middle between them,
 * whatever the two streams' rates are. Taking a rate at its interval's beginning instead moves the answer by half an interval.
 */

/**
 * Mean rate of a stream over given intervals, each moved by `lag`, and how that mean changes with the lag.
 *
 * @param from, to f64[n] - seconds; `from` ascending
 * @param t f64[m] - seconds, ascending, m >= 2
 * @param turn f64[axes * m] - turned until then (radians); `rate` f64[axes * m] - rate then. Between knots the cubic through both
 * @param maxGap steps of `t` longer than this are not looked into
 * @param mean f64[axes * n], slope f64[axes * n] - output; NaN where the stream does not reach
 * @returns intervals that are covered
 * O(n + m)
 */
export function meanRates(
  from: usize,
  to: usize,
  n: i32,
  t: usize,
  turn: usize,
  rate: usize,
  m: i32,
  axes: i32,
  maxGap: f64,
  lag: f64,
  mean: usize,
  slope: usize,
): i32 {
  let covered = 0;
  let first = 0;
  let last = 0;
  const width = usize(axes) << 3;
  for (let i = 0; i < n; i++) {
    const a = load<f64>(from + (usize(i) << 3)) + lag;
    const b = load<f64>(to + (usize(i) << 3)) + lag;
    first = knotAt(t, m, first, a);
    last = knotAt(t, m, max(first, last), b);
    const isCovered = isInside(t, m, first, a, maxGap) && isInside(t, m, last, b, maxGap);
    if (isCovered) covered++;
    for (let axis: usize = 0; axis < width; axis += 8) {
      const at = usize(i) * width + axis;
      if (!isCovered) {
        store<f64>(mean + at, NaN);
        store<f64>(slope + at, NaN);
        continue;
      }
      const p = usize(first) * width + axis;
      const q = usize(last) * width + axis;
      const turned = hermite(t, turn + q, rate + q, width, last, b) - hermite(t, turn + p, rate + p, width, first, a);
      const changed = hermiteSlope(t, turn + q, rate + q, width, last, b) - hermiteSlope(t, turn + p, rate + p, width, first, a);
      store<f64>(mean + at, turned / (b - a));
      store<f64>(slope + at, changed / (b - a));
    }
  }
  return covered;
}

/** The last knot at or before x, but not the last of all; `k` is where to look first. */
function knotAt(t: usize, m: i32, k: i32, x: f64): i32 {
  while (k > 0 && load<f64>(t + (usize(k) << 3)) > x) k--;
  while (k + 2 < m && load<f64>(t + (usize(k) << 3), 8) <= x) k++;
  return k;
}

function isInside(t: usize, m: i32, k: i32, x: f64, maxGap: f64): bool {
  const left = load<f64>(t + (usize(k) << 3));
  const right = load<f64>(t + (usize(k) << 3), 8);
  return x >= left && x <= right && right - left <= maxGap;
}

function hermite(t: usize, turn: usize, rate: usize, width: usize, k: i32, x: f64): f64 {
  const left = load<f64>(t + (usize(k) << 3));
  const h = load<f64>(t + (usize(k) << 3), 8) - left;
  const u = (x - left) / h;
  const rest = 1 - u;
  const y0 = load<f64>(turn);
  return y0 + (load<f64>(turn + width) - y0) * u * u * (3 - 2 * u) + h * u * rest * (load<f64>(rate) * rest - load<f64>(rate + width) * u);
}

function hermiteSlope(t: usize, turn: usize, rate: usize, width: usize, k: i32, x: f64): f64 {
  const left = load<f64>(t + (usize(k) << 3));
  const h = load<f64>(t + (usize(k) << 3), 8) - left;
  const u = (x - left) / h;
  const chord = (load<f64>(turn + width) - load<f64>(turn)) / h;
  return 6 * u * (1 - u) * chord + load<f64>(rate) * (1 - u) * (1 - 3 * u) + load<f64>(rate + width) * u * (3 * u - 2);
}

/** Products are summed in f32 over so many samples, then in f64. */
const STRETCH: i32 = 2048;

/**
 * Cross-correlation: out[lags + k] = sum over i of a[i] * b[i + k], for k from -lags to lags.
 *
 * @param a f32[n] - whatever it is for its purpose: demeaned, scaled to unit energy
 * @param b f32[n + 2 * lags + 8] - n samples with `lags` zeros before them and `lags` + 8 behind
 * @param out f64[2 * lags + 1]
 * O(n * lags): 8 lags share the loads of `a`
 */
export function crossCorrelate(a: usize, b: usize, n: i32, lags: i32, out: usize): void {
  const all = 2 * lags + 1;
  memory.fill(out, 0, usize(all) << 3);
  for (let from = 0; from < n; from += STRETCH) {
    const to = min(n, from + STRETCH);
    const whole = from + ((to - from) & ~3);
    let lag = 0;
    for (; lag + 8 <= all; lag += 8) {
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      let s4 = f32x4.splat(0);
      let s5 = f32x4.splat(0);
      let s6 = f32x4.splat(0);
      let s7 = f32x4.splat(0);
      let p = a + (usize(from) << 2);
      let q = b + (usize(from + lag) << 2);
      const end = a + (usize(whole) << 2);
      for (; p < end; p += 16, q += 16) {
        const x = v128.load(p);
        s0 = f32x4.add(s0, f32x4.mul(x, v128.load(q)));
        s1 = f32x4.add(s1, f32x4.mul(x, v128.load(q, 4)));
        s2 = f32x4.add(s2, f32x4.mul(x, v128.load(q, 8)));
        s3 = f32x4.add(s3, f32x4.mul(x, v128.load(q, 12)));
        s4 = f32x4.add(s4, f32x4.mul(x, v128.load(q, 16)));
        s5 = f32x4.add(s5, f32x4.mul(x, v128.load(q, 20)));
        s6 = f32x4.add(s6, f32x4.mul(x, v128.load(q, 24)));
        s7 = f32x4.add(s7, f32x4.mul(x, v128.load(q, 28)));
      }
      const at = out + (usize(lag) << 3);
      store<f64>(at, load<f64>(at) + total(s0));
      store<f64>(at, load<f64>(at, 8) + total(s1), 8);
      store<f64>(at, load<f64>(at, 16) + total(s2), 16);
      store<f64>(at, load<f64>(at, 24) + total(s3), 24);
      store<f64>(at, load<f64>(at, 32) + total(s4), 32);
      store<f64>(at, load<f64>(at, 40) + total(s5), 40);
      store<f64>(at, load<f64>(at, 48) + total(s6), 48);
      store<f64>(at, load<f64>(at, 56) + total(s7), 56);
      for (let i = whole; i < to; i++) {
        const x = load<f32>(a + (usize(i) << 2));
        for (let k = 0; k < 8; k++) {
          const slot = at + (usize(k) << 3);
          store<f64>(slot, load<f64>(slot) + f64(x * load<f32>(b + (usize(i + lag + k) << 2))));
        }
      }
    }
    for (; lag < all; lag++) {
      let sum: f64 = 0;
      for (let i = from; i < to; i++) sum += f64(load<f32>(a + (usize(i) << 2)) * load<f32>(b + (usize(i + lag) << 2)));
      store<f64>(out + (usize(lag) << 3), load<f64>(out + (usize(lag) << 3)) + sum);
    }
  }
}

function total(v: v128): f64 {
  return f64(f32x4.extract_lane(v, 0)) + f64(f32x4.extract_lane(v, 1)) + (f64(f32x4.extract_lane(v, 2)) + f64(f32x4.extract_lane(v, 3)));
}
