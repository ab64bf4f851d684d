/**
 * Elementary functions that give the same bits on every engine. `Math.sin` and its like are approximations that each
 * engine is free to choose; + - * / and `Math.sqrt` are exact in IEEE 754, and these functions use nothing else.
 *
 * Source of ranges and polynomials: fdlibm (Sun Microsystems 1993, freely granted), https://www.netlib.org/fdlibm/
 * (k_sin.c, k_cos.c, e_rem_pio2.c, s_atan.c, e_atan2.c, e_exp.c, e_log.c). Within 1 ulp of the true value where no other bound is given.
 */

/** The largest argument of `sin` and `cos`, radians: beyond, the reduction would lose digits. */
export const MAX_ANGLE = 800_000;

const TWO_OVER_PI = 0.6366197723675814;
/** pi/2 in pieces of 33 bits, so that their products with a whole number below 2^20 are exact. */
const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_2_REST = 2.0222662487959506e-21;

/**
 * @param x radians; NaN beyond MAX_ANGLE
 */
export function sin(x: number): number {
  const n = quarter(x);
  const high = reduceHigh(x, n);
  const low = reduceLow(x, n, high);
  const q = quadrant(n);
  const value = q % 2 === 0 ? sinKernel(high, low) : cosKernel(high, low);
  return q < 2 ? value : -value;
}

/**
 * @param x radians; NaN beyond MAX_ANGLE
 */
export function cos(x: number): number {
  const n = quarter(x);
  const high = reduceHigh(x, n);
  const low = reduceLow(x, n, high);
  const q = quadrant(n);
  const value = q % 2 === 0 ? cosKernel(high, low) : sinKernel(high, low);
  return q === 0 || q === 3 ? value : -value;
}

/** Within 3 ulp. */
export function tan(x: number): number {
  return sin(x) / cos(x);
}

/** The multiple of pi/2 nearest to x. */
function quarter(x: number): number {
  return x >= -MAX_ANGLE && x <= MAX_ANGLE ? Math.floor(x * TWO_OVER_PI + 0.5) : Number.NaN;
}

function quadrant(n: number): number {
  return ((n % 4) + 4) % 4;
}

/** x - n pi/2 = reduceHigh + reduceLow, to 118 bits of pi (e_rem_pio2.c, its second round always taken). */
function reduceHigh(x: number, n: number): number {
  const first = x - n * HALF_PI_1;
  const r = first - n * HALF_PI_2;
  return r - reduceRest(first, r, n);
}

function reduceLow(x: number, n: number, high: number): number {
  const first = x - n * HALF_PI_1;
  const r = first - n * HALF_PI_2;
  return r - high - reduceRest(first, r, n);
}

function reduceRest(first: number, r: number, n: number): number {
  return n * HALF_PI_2_REST - (first - r - n * HALF_PI_2);
}

/** sin(x + y) for |x| <= pi/4 and a tail y. */
function sinKernel(x: number, y: number): number {
  const z = x * x;
  const w = z * z;
  const r =
    0.00833333333332249 +
    z * (-0.0001984126982985795 + z * 2.7557313707070068e-6) +
    z * w * (-2.5050760253406863e-8 + z * 1.58969099521155e-10);
  const v = z * x;
  return x - (z * (0.5 * y - v * r) - y - v * -0.16666666666666632);
}

/** cos(x + y) for |x| <= pi/4 and a tail y. */
function cosKernel(x: number, y: number): number {
  const z = x * x;
  const w = z * z;
  const r =
    z * (0.0416666666666666 + z * (-0.001388888888887411 + z * 2.480158728947673e-5)) +
    w * w * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11));
  const half = 0.5 * z;
  const one = 1 - half;
  return one + (1 - one - half + (z * r - x * y));
}

const ATAN_HALF = 0.4636476090008061;
const ATAN_ONE = 0.7853981633974483;
const ATAN_THREE_HALVES = 0.982793723247329;
const HALF_PI = 1.5707963267948966;

/** Radians, -pi/2 to pi/2. */
export function atan(x: number): number {
  return x < 0 ? -atanOfPositive(-x) : x === 0 ? x : atanOfPositive(x);
}

function atanOfPositive(x: number): number {
  if (x < 0.4375) return x - x * atanSeries(x);
  if (x < 0.6875) return aroundAtan(ATAN_HALF, 2.2698777452961687e-17, (2 * x - 1) / (2 + x));
  if (x < 1.1875) return aroundAtan(ATAN_ONE, 3.061616997868383e-17, (x - 1) / (x + 1));
  if (x < 2.4375) return aroundAtan(ATAN_THREE_HALVES, 1.3903311031230998e-17, (x - 1.5) / (1 + 1.5 * x));
  return aroundAtan(HALF_PI, 6.123233995736766e-17, -1 / x);
}

/** A known arc tangent (high and low part) plus that of the rest. */
function aroundAtan(high: number, low: number, rest: number): number {
  return high - (rest * atanSeries(rest) - low - rest);
}

/** (x - atan(x)) / x */
function atanSeries(x: number): number {
  const z = x * x;
  const w = z * z;
  const odd = 0.06661073137387531 + w * (0.049768779946159324 + w * 0.016285820115365782);
  const even = -0.0769187620504483 + w * (-0.058335701337905735 + w * -0.036531572744216916);
  return (
    z * (0.3333333333333293 + w * (0.14285714272503466 + w * (0.09090887133436507 + w * odd))) +
    w * (-0.19999999999876483 + w * (-0.11111110405462356 + w * even))
  );
}

const PI_LOW = 1.2246467991473532e-16;

/** The angle of the point (x, y) in radians, -pi to pi; 0 at the origin. Within 2 ulp. */
export function atan2(y: number, x: number): number {
  if (x === 0 && y === 0) return 0;
  const z = atan(Math.abs(y / x));
  const angle = x < 0 ? Math.PI - (z - PI_LOW) : z;
  return y < 0 ? -angle : angle;
}

/** Radians, for |x| <= 1; NaN outside. Within 3 ulp. */
export function asin(x: number): number {
  return atan2(x, Math.sqrt((1 - x) * (1 + x)));
}

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** e to the x: 0 below -745, Infinity above 709.78. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019411) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t * (-0.0027777777777015593 + t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));
  return scaled(1 - (low - (r * c) / (2 - c) - high), k);
}

/** The natural logarithm: NaN below 0, -Infinity at 0. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let m = x;
  let k = 0;
  for (let step = 512; step >= 1; step /= 2) {
    const up = powerOfTwo(step);
    while (m >= up) {
      m /= up;
      k += step;
    }
    while (m < 1 / up) {
      m *= up;
      k -= step;
    }
  }
  // Now 0.5 <= m < 2.
  if (m > Math.SQRT2) {
    m /= 2;
    k++;
  } else if (m < Math.SQRT1_2) {
    m *= 2;
    k--;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const t2 = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + t1 + t2) + k * LN2_LOW) - f);
}

/** x to the y for x >= 0. The relative error is about (1 + |y log x|) ulp: fine for falloffs and curves, not for interest rates. */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (x === 0) return y > 0 ? 0 : Number.POSITIVE_INFINITY;
  return exp(y * log(x));
}

/** sqrt(x^2 + y^2 + z^2), without care for overflow. */
export function hypot(x: number, y: number, z = 0): number {
  return Math.sqrt(x * x + y * y + z * z);
}

export function square(x: number): number {
  return x * x;
}

/** The same angle between -pi and pi; NaN beyond MAX_ANGLE, where turns are no longer told apart. */
export function wrapped(angle: number): number {
  return atan2(sin(angle), cos(angle));
}

/** Digits before the point less one: the largest whole n with 10^n <= x, for 0 < x < Infinity. */
export function decade(x: number): number {
  return Number(x.toExponential().split("e")[1]);
}

const TENS = Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));

/** 10^n for a whole n, the double nearest to it. */
export function tenTo(n: number): number {
  return TENS[n] ?? Number(`1e${n}`);
}

/** Exact for 0 <= n <= 1023: a product of powers of two. */
function powerOfTwo(n: number): number {
  let value = 1;
  let square = 2;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) value *= square;
    square *= square;
  }
  return value;
}

/** y * 2^k, for results down to the subnormal. */
function scaled(y: number, k: number): number {
  if (k > 1023) return y * 2 * powerOfTwo(k - 1);
  if (k >= 0) return y * powerOfTwo(k);
  return k >= -1022 ? y / powerOfTwo(-k) : y / powerOfTwo(1000) / powerOfTwo(-k - 1000);
}
