/** One value of a point's field, read where it lies: little-endian, no alignment. */
import {
  FIELD_F16,
  FIELD_F32,
  FIELD_F64,
  FIELD_I8,
  FIELD_I16,
  FIELD_I32,
  FIELD_I64,
  FIELD_U8,
  FIELD_U16,
  FIELD_U32,
  SWEEP_LASERS,
} from "../../src/abi";

/** An unknown type reads as NaN. A 64-bit integer beyond 2^53 loses its last digits: take `loadSince` for differences. */
export function loadField(pointer: usize, type: i32): f64 {
  if (type == FIELD_F32) return f64(load<f32>(pointer));
  if (type == FIELD_F64) return load<f64>(pointer);
  if (type == FIELD_U32) return f64(load<u32>(pointer));
  if (type == FIELD_I32) return f64(load<i32>(pointer));
  if (type == FIELD_F16) return half(load<u16>(pointer));
  if (type == FIELD_U16) return f64(load<u16>(pointer));
  if (type == FIELD_I16) return f64(load<i16>(pointer));
  if (type == FIELD_U8) return f64(load<u8>(pointer));
  if (type == FIELD_I8) return f64(load<i8>(pointer));
  if (type == FIELD_I64) return f64(load<i64>(pointer));
  return NaN;
}

/** The value less that of another row, exact for 64-bit integers. */
export function loadSince(pointer: usize, first: usize, type: i32): f64 {
  if (type == FIELD_I64) return f64(load<i64>(pointer) - load<i64>(first));
  return loadField(pointer, type) - loadField(first, type);
}

/** The low bits of a laser's number, below SWEEP_LASERS: numbers that go beyond say which sensor of several it is in. */
export function loadLaser(pointer: usize, type: i32): i32 {
  return i32(i64(loadField(pointer, type))) & (SWEEP_LASERS - 1);
}

/** IEEE 754 binary16. */
function half(bits: u16): f64 {
  const magnitude = u32(bits & 0x7fff);
  // A half's exponent and mantissa, moved into a float's, are 2^112 too small; infinities and NaN keep all exponent bits.
  const value = reinterpret<f32>(magnitude << 13) * f32(5.192296858534828e33);
  const whole = magnitude >= 0x7c00 ? reinterpret<f32>((magnitude << 13) | 0x7f800000) : value;
  return f64(bits & 0x8000 ? -whole : whole);
}
