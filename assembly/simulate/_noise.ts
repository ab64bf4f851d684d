/** Smooth noise for the surfaces of a rendered scene: the same at a place whenever and from wherever it is seen. */

/** Knuth's multiplicative constant, two of MurmurHash3's. */
const ROW: i32 = 0x9e3779b1;
const COLUMN: i32 = 0x85ebca6b;
const MIX: i32 = 0xc2b2ae35;

/** [0, 1) for four hashes. */
function unit(h: v128): v128 {
  let x = v128.xor(h, i32x4.shr_u(h, 15));
  x = i32x4.mul(x, i32x4.splat(MIX));
  x = v128.xor(x, i32x4.shr_u(x, 13));
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(x, 8)), f32x4.splat(5.9604645e-8));
}

/** The nearest whole numbers, ties to even, of numbers below 2^22: added to 1.5 * 2^23 they stand in the low bits. Far cheaper than a saturating conversion. */
export function wholeOf(x: v128): v128 {
  return i32x4.sub(f32x4.add(x, f32x4.splat(12582912)), i32x4.splat(0x4b400000));
}

/**
 * Value noise: random numbers at whole coordinates, bilinear between them.
 *
 * @param mask i32x4 - the period less one, a power of two less one
 * @param salt tells noises apart
 * @returns [0, 1) per lane
 */
export function smoothNoise(x: v128, y: v128, mask: v128, salt: i32): v128 {
  const left = f32x4.floor(x);
  const low = f32x4.floor(y);
  const i = wholeOf(left);
  const j = wholeOf(low);
  const one = i32x4.splat(1);
  const s = i32x4.splat(salt);
  const a0 = i32x4.add(i32x4.mul(v128.and(i, mask), i32x4.splat(COLUMN)), s);
  const a1 = i32x4.add(i32x4.mul(v128.and(i32x4.add(i, one), mask), i32x4.splat(COLUMN)), s);
  const b0 = i32x4.mul(v128.and(j, mask), i32x4.splat(ROW));
  const b1 = i32x4.mul(v128.and(i32x4.add(j, one), mask), i32x4.splat(ROW));
  const n00 = unit(i32x4.add(a0, b0));
  const n10 = unit(i32x4.add(a1, b0));
  const n01 = unit(i32x4.add(a0, b1));
  const n11 = unit(i32x4.add(a1, b1));
  const u = f32x4.sub(x, left);
  const bottom = f32x4.add(n00, f32x4.mul(u, f32x4.sub(n10, n00)));
  const top = f32x4.add(n01, f32x4.mul(u, f32x4.sub(n11, n01)));
  return f32x4.add(bottom, f32x4.mul(f32x4.sub(y, low), f32x4.sub(top, bottom)));
}

/** Random whole numbers of four counters in a row: the finaliser of MurmurHash3. */
export function scramble(counter: i32, seed: i32): v128 {
  let h = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  h = v128.xor(i32x4.mul(h, i32x4.splat(ROW)), i32x4.splat(seed));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(COLUMN));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(MIX));
  return v128.xor(h, i32x4.shr_u(h, 16));
}
