/** A field of many points to a column of floats: rows are as long as a format likes, kernels want four neighbours at once. */
import { FIELD_F16, FIELD_F32, FIELD_F64, FIELD_I32, FIELD_I64, FIELD_U32 } from "../../src/abi";
import { loadField, loadSince } from "./_field";

/**
 * @param field the field in the first row; little-endian
 * @param out f32[n] - output; an unknown type gives NaN
 */
export function floatColumn(field: usize, n: i32, stride: usize, type: i32, out: usize): void {
  const last = out + (usize(n) << 2);
  const fours = out + (usize(n & ~3) << 2);
  if (type == FIELD_F32) {
    for (; out < fours; out += 16, field += stride << 2) v128.store(out, four(field, stride));
    for (; out < last; out += 4, field += stride) store<u32>(out, load<u32>(field));
    return;
  }
  if (type == FIELD_F16) {
    for (; out < fours; out += 16, field += stride << 2) {
      let bits = i32x4.splat(load<u16>(field));
      bits = i32x4.replace_lane(bits, 1, load<u16>(field + stride));
      bits = i32x4.replace_lane(bits, 2, load<u16>(field + (stride << 1)));
      bits = i32x4.replace_lane(bits, 3, load<u16>(field + stride * 3));
      v128.store(out, halves(bits));
    }
  } else if (type == FIELD_F64) {
    for (; out < fours; out += 16, field += stride << 2) {
      store<v128>(out, pair(two(field, stride), two(field + (stride << 1), stride)));
    }
  }
  for (; out < last; out += 4, field += stride) store<f32>(out, f32(loadField(field, type)));
}

/** The same, each less the value at `base`, taken before anything is rounded. */
export function sinceColumn(field: usize, n: i32, stride: usize, base: usize, type: i32, out: usize): void {
  const last = out + (usize(n) << 2);
  const fours = out + (usize(n & ~3) << 2);
  if (type == FIELD_F32) {
    const from = f32x4.splat(load<f32>(base));
    for (; out < fours; out += 16, field += stride << 2) v128.store(out, f32x4.sub(four(field, stride), from));
  } else if (type == FIELD_U32) {
    const from = f64x2.splat(loadField(base, type));
    for (; out < fours; out += 16, field += stride << 2) {
      const values = four(field, stride);
      const high = i8x16.shuffle(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
      v128.store(out, pair(f64x2.sub(f64x2.convert_low_i32x4_u(values), from), f64x2.sub(f64x2.convert_low_i32x4_u(high), from)));
    }
  } else if (type == FIELD_I32) {
    const from = f64x2.splat(loadField(base, type));
    for (; out < fours; out += 16, field += stride << 2) {
      const values = four(field, stride);
      const high = i8x16.shuffle(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
      v128.store(out, pair(f64x2.sub(f64x2.convert_low_i32x4_s(values), from), f64x2.sub(f64x2.convert_low_i32x4_s(high), from)));
    }
  } else if (type == FIELD_F64) {
    const from = f64x2.splat(load<f64>(base));
    for (; out < fours; out += 16, field += stride << 2) {
      const low = f64x2.sub(two(field, stride), from);
      const high = f64x2.sub(two(field + (stride << 1), stride), from);
      v128.store(out, pair(low, high));
    }
  } else if (type == FIELD_I64) {
    const from = load<i64>(base);
    for (; out < last; out += 4, field += stride) store<f32>(out, f32(load<i64>(field) - from));
  }
  for (; out < last; out += 4, field += stride) store<f32>(out, f32(loadSince(field, base, type)));
}

/** f32 x and y that lie side by side. */
export function pairColumns(field: usize, n: i32, stride: usize, xs: usize, ys: usize): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, field += stride << 2) {
    const low = two(field, stride);
    const high = two(field + (stride << 1), stride);
    v128.store(xs + (usize(i) << 2), i8x16.shuffle(low, high, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27));
    v128.store(ys + (usize(i) << 2), i8x16.shuffle(low, high, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31));
  }
  for (; i < n; i++, field += stride) {
    store<u32>(xs + (usize(i) << 2), load<u32>(field));
    store<u32>(ys + (usize(i) << 2), load<u32>(field, 4));
  }
}

function four(field: usize, stride: usize): v128 {
  let values = v128.load32_zero(field);
  values = v128.load32_lane(field + stride, values, 1);
  values = v128.load32_lane(field + (stride << 1), values, 2);
  return v128.load32_lane(field + stride * 3, values, 3);
}

function two(field: usize, stride: usize): v128 {
  return v128.load64_lane(field + stride, v128.load64_zero(field), 1);
}

/** Two pairs of f64 to four f32. */
function pair(low: v128, high: v128): v128 {
  const a = f32x4.demote_f64x2_zero(low);
  const b = f32x4.demote_f64x2_zero(high);
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

/** IEEE 754 binary16 in the low halves of four lanes; see `half` in _field.ts. */
function halves(bits: v128): v128 {
  const magnitude = v128.and(bits, i32x4.splat(0x7fff));
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const shifted = i32x4.shl(magnitude, 13);
  const value = f32x4.mul(shifted, f32x4.splat(5.192296858534828e33));
  const whole = v128.or(shifted, i32x4.splat(0x7f800000));
  return v128.or(v128.bitselect(whole, value, i32x4.ge_s(magnitude, i32x4.splat(0x7c00))), sign);
}
