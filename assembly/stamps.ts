/**
 * Stamps in few bits: differences in units of their greatest common divisor, first or second ones, Rice coded. A regular stream takes a bit
 * per frame, one that jitters by a millisecond three bytes. (https://en.wikipedia.org/wiki/Golomb_coding#Rice_coding)
 *
 * | byte | what                                                                                                    |
 * |------|---------------------------------------------------------------------------------------------------------|
 * | 0    | u8 order: 1 the differences themselves, 2 the differences of these (the first stays)                     |
 * | 1    | u8 k                                                                                                    |
 * | 2    | u64 unit                                                                                                |
 * | 10   | i64 first stamp                                                                                         |
 * | 18   | for each further stamp, from the lowest bit of each byte on: v = zigzag of the difference in units, in  |
 * |      | v >> k ones and a zero, then the k low bits of v, lowest first; or, from 24 ones on, 24 ones, then v     |
 *
 * Zeros fill the last byte. All arithmetic is modulo 2^64, so every sequence of int64 has a code.
 */
import { MALFORMED } from "../src/abi";

const HEAD: usize = 18;
/** Ones that announce 64 plain bits. */
const ESCAPE: u32 = 24;
/** Largest k: with the ones and the zero before them, the low bits stay below 2^64. */
const MOST_K: u32 = 50;

/** u32[2][65] - how many codes of order 1 and 2 have how many bits. */
const LENGTHS: usize = memory.data(520, 8);
const ORDER_2: usize = LENGTHS + 260;

/**
 * Chooses how to code, and measures.
 *
 * @param stamps i64[count], count at least 1
 * @param head u8[18] - output: the first 18 bytes of the code
 * @returns bytes of the code
 * O(n), four passes; the k is the best one judged by how many codes are how long
 */
export function stampsPlan(stamps: usize, count: i32, head: usize): f64 {
  const end = stamps + (usize(count) << 3);
  const unit = commonUnit(stamps, end);
  memory.fill(LENGTHS, 0, 520);
  let stamp = load<i64>(stamps);
  let step: i64 = 0;
  let units: i64 = 0;
  for (let p = stamps + 8; p < end; p += 8) {
    const next = load<i64>(p);
    const before = units;
    if (next - stamp != step) {
      step = next - stamp;
      units = inUnits(step, unit);
    }
    stamp = next;
    tally(LENGTHS, zigzag(units));
    tally(ORDER_2, zigzag(units - before));
  }
  const first = bestK(LENGTHS);
  const second = bestK(ORDER_2);
  const order = estimate(ORDER_2, second) < estimate(LENGTHS, first) ? 2 : 1;
  const k = order == 2 ? second : first;
  store<u8>(head, u8(order));
  store<u8>(head, u8(k), 1);
  store<u64>(head, unit, 2);
  store<i64>(head, load<i64>(stamps), 10);
  return f64(HEAD + usize((write(stamps, end, head, 0) + 7) >> 3));
}

/**
 * Codes stamps.
 *
 * @param stamps i64[count]
 * @param head u8[18] - what `stampsPlan` gave for them
 * @param out u8[] - as many bytes as it said, and 8 more that are overwritten
 */
export function stampsEncode(stamps: usize, count: i32, head: usize, out: usize): void {
  memory.copy(out, head, HEAD);
  write(stamps, stamps + (usize(count) << 3), head, out + HEAD);
}

/**
 * Decodes stamps.
 *
 * @param code u8[bytes]
 * @param out i64[count], count at least 1
 * @returns 0, or MALFORMED unless it is the code of exactly `count` stamps
 */
export function stampsDecode(code: usize, bytes: usize, count: i32, out: usize): i32 {
  if (bytes < HEAD) return MALFORMED;
  const order = load<u8>(code);
  const k = u32(load<u8>(code, 1));
  const unit = load<i64>(code, 2);
  if ((order != 1 && order != 2) || k > MOST_K || unit == 0) return MALFORMED;
  const end = code + bytes;
  const bits = u64(bytes) << 3;
  let stamp = load<i64>(code, 10);
  let units: i64 = 0;
  let at = u64(HEAD) << 3;
  store<i64>(out, stamp);
  for (let i = 1; i < count; i++) {
    const ones = min(ESCAPE, u32(ctz(~peek(code, end, at))));
    let v: u64;
    if (ones < ESCAPE) {
      at += ones + 1;
      v = (u64(ones) << k) | (peek(code, end, at) & ((u64(1) << k) - 1));
      at += k;
    } else {
      at += ESCAPE;
      v = (peek(code, end, at) & 0xffffffff) | (peek(code, end, at + 32) << 32);
      at += 64;
    }
    if (at > bits) return MALFORMED;
    const difference = i64(v >> 1) ^ -i64(v & 1);
    units = order == 2 ? units + difference : difference;
    stamp += units * unit;
    out += 8;
    store<i64>(out, stamp);
  }
  // All but the padding of the last byte is read, and the padding is zero.
  return bits - at < 8 && (bits == at || peek(code, end, at) << (64 - (bits - at)) == 0) ? 0 : MALFORMED;
}

/** Greatest common divisor of the steps, 1 where they are all 0; at most 2^63. */
function commonUnit(stamps: usize, end: usize): u64 {
  let unit: u64 = 0;
  let before: i64 = 0;
  let stamp = load<i64>(stamps);
  for (let p = stamps + 8; p < end; p += 8) {
    const next = load<i64>(p);
    const step = next - stamp;
    stamp = next;
    if (step == before) continue;
    before = step;
    for (let a = u64(step < 0 ? -step : step); a != 0; ) {
      const rest = unit % a;
      unit = a;
      a = rest;
    }
    if (unit == 1) break;
  }
  return unit == 0 ? 1 : unit;
}

/** A multiple of the unit. Unsigned, for the unit may be 2^63. */
function inUnits(step: i64, unit: u64): i64 {
  return step < 0 ? -i64(u64(-step) / unit) : i64(u64(step) / unit);
}

/** 0, -1, 1, -2, … as 0, 1, 2, 3, … */
function zigzag(d: i64): u64 {
  return u64((d << 1) ^ (d >> 63));
}

function tally(lengths: usize, v: u64): void {
  const at = lengths + (usize(64 - clz(v)) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** The k with the fewest bits in all. */
function bestK(lengths: usize): u32 {
  let best: u32 = 0;
  for (let k: u32 = 1; k <= MOST_K; k++) if (estimate(lengths, k) < estimate(lengths, best)) best = k;
  return best;
}

/** Bits of all codes, each taken for the middle one of its length. */
function estimate(lengths: usize, k: u32): f64 {
  let bits: f64 = 0;
  for (let length: u32 = 0; length <= 64; length++) {
    const count = f64(load<u32>(lengths + (usize(length) << 2)));
    const more = length - k - 1;
    const ones = length <= k ? 0 : more > 5 ? f64(ESCAPE + 63) : 1.5 * f64(u32(1) << more);
    bits += count * min(f64(ESCAPE + 64), ones + f64(1 + k));
  }
  return bits;
}

/** Writes the codes of [stamps, end) to `out`; only measures when it is 0. @returns bits */
function write(stamps: usize, end: usize, head: usize, out: usize): u64 {
  const order = load<u8>(head);
  const k = u64(load<u8>(head, 1));
  const unit = load<u64>(head, 2);
  let stamp = load<i64>(stamps);
  let step: i64 = 0;
  let units: i64 = 0;
  let bits: u64 = 0;
  /** Bits not yet written, the lowest first. */
  let word: u64 = 0;
  for (let p = stamps + 8; p < end; p += 8) {
    const next = load<i64>(p);
    const before = units;
    if (next - stamp != step) {
      step = next - stamp;
      units = inUnits(step, unit);
    }
    stamp = next;
    const v = zigzag(order == 2 ? units - before : units);
    const q = v >> k;
    const ones = min(q, u64(ESCAPE));
    const headBits = q < u64(ESCAPE) ? ones + 1 : ones;
    const tailBits = q < u64(ESCAPE) ? k : 64;
    if (out != 0) {
      const top = (u64(1) << ones) - 1;
      const tail = tailBits == 64 ? v : v & ((u64(1) << k) - 1);
      word = put(out, bits, word, top, headBits);
      word = put(out, bits + headBits, word, tail, tailBits);
    }
    bits += headBits + tailBits;
  }
  if (out != 0 && (bits & 63) != 0) store<u64>(out + usize((bits >> 6) << 3), word);
  return bits;
}

/** Appends the low `size` bits of `value` (nothing above them is set) at bit `at`. @returns the word that is not yet full */
function put(out: usize, at: u64, word: u64, value: u64, size: u64): u64 {
  const used = at & 63;
  word |= value << used;
  if (used + size < 64) return word;
  store<u64>(out + usize((at >> 6) << 3), word);
  return used == 0 ? 0 : value >> (64 - used);
}

/** At least 56 bits from bit `at` on, zeros behind the end. */
function peek(code: usize, end: usize, at: u64): u64 {
  const p = code + usize(at >> 3);
  if (p + 8 <= end) return load<u64>(p) >> (at & 7);
  let word: u64 = 0;
  for (let i: usize = 0; p + i < end; i++) word |= u64(load<u8>(p + i)) << (i << 3);
  return word >> (at & 7);
}
