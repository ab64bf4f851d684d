/** Angles of points around the vertical axis, to 1.2e-5 rad, some five times as fast as atan2. (Abramowitz and Stegun 4.4.49) */

const TAU: f32 = 6.2831855;

/** atan2(y, x). */
export function azimuth(x: f64, y: f64): f64 {
  const ax = abs(x);
  const ay = abs(y);
  const t = min(ax, ay) / max(ax, ay);
  const s = t * t;
  let angle = t * (0.999866 + s * (-0.3302995 + s * (0.180141 + s * (-0.085133 + s * 0.0208351))));
  if (ay > ax) angle = 1.5707963267948966 - angle;
  if (x < 0) angle = 3.141592653589793 - angle;
  return y < 0 ? -angle : angle;
}

/**
 * atan2(y - cy, x - cx) of columns. Of the centre itself, and of what is not finite: NaN.
 * @param xs, ys f32[n], whole fours
 * @param out f32[n] - output, may be one of them
 */
export function azimuthColumn(xs: usize, ys: usize, n: i32, cx: f32, cy: f32, out: usize): void {
  const x0 = f32x4.splat(cx);
  const y0 = f32x4.splat(cy);
  for (let at: usize = 0; at < usize(n) << 2; at += 16) {
    const x = f32x4.sub(v128.load(xs + at), x0);
    const y = f32x4.sub(v128.load(ys + at), y0);
    const ax = f32x4.abs(x);
    const ay = f32x4.abs(y);
    const t = f32x4.div(f32x4.pmin(ax, ay), f32x4.pmax(ax, ay));
    const s = f32x4.mul(t, t);
    let sum = f32x4.add(f32x4.mul(s, f32x4.splat(0.0208351)), f32x4.splat(-0.085133));
    sum = f32x4.add(f32x4.mul(sum, s), f32x4.splat(0.180141));
    sum = f32x4.add(f32x4.mul(sum, s), f32x4.splat(-0.3302995));
    sum = f32x4.add(f32x4.mul(sum, s), f32x4.splat(0.999866));
    const first = f32x4.mul(sum, t);
    const steep = v128.bitselect(f32x4.sub(f32x4.splat(1.5707964), first), first, f32x4.gt(ay, ax));
    const behind = v128.bitselect(f32x4.sub(f32x4.splat(3.1415927), steep), steep, f32x4.lt(x, f32x4.splat(0)));
    v128.store(out + at, v128.xor(behind, v128.and(y, i32x4.splat(i32.MIN_VALUE))));
  }
}

/** Four angles to -pi to pi. */
export function arounds(angle: v128): v128 {
  return f32x4.sub(angle, f32x4.mul(f32x4.nearest(f32x4.mul(angle, f32x4.splat(1 / TAU))), f32x4.splat(TAU)));
}
