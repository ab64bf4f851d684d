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
import { MALFORMED } from "../../src/abi";

const HEAD: usize = 18;
/** Ones that announce 64 plain bits. */
const ESCAPE: u32 = 24;
/** Largest k: with the ones and the zero before them, the low bits stay below 2^64. */
const MOST_K: u32 = 50;

/** u32[2][65] - how many codes of order 1 and 2 have how many bits. */
const LENGTHS: usize = memory.data(520, 8);
const ORDER_2: usize = LENGTHS + 260;

/**
 * Chooses how to code.
 *
 * @param stamps i64[count], count at least 1
 * @param head u8[18] - output: the first 18 bytes of the code
 * @returns how many bytes the code may take
 * O(n), two passes; the k is the best one judged by how many codes are how long
 */
export function stampsPlan(stamps: usize, count: i32, head: usize): f64 {
  const end = stamps + (usize(count) << 3);
  const unit = commonUnit(stamps, end);
  memory.fill(LENGTHS, 0, 520);
  let stamp = load<i64>(stamps);
  let step: i64 = 0;
  let units: i64 = 0;
  /** Steps equal to the one before: a regular stream is nothing else. */
  let repeats: u32 = 0;
  for (let p = stamps + 8; p < end; p += 8) {
    const next = load<i64>(p);
    const same = next - stamp == step;
    step = next - stamp;
    stamp = next;
    if (same) {
      repeats++;
      continue;
    }
    const before = units;
    units = inUnits(step, unit);
    tally(LENGTHS, zigzag(before), repeats);
    tally(LENGTHS, zigzag(units), 1);
    tally(ORDER_2, 0, repeats);
    tally(ORDER_2, zigzag(units - before), 1);
    repeats = 0;
  }
  tally(LENGTHS, zigzag(units), repeats);
  tally(ORDER_2, 0, repeats);
  const first = bestK(LENGTHS);
  const second = bestK(ORDER_2);
  const isSecond = bits(ORDER_2, second, MIDDLE) < bits(LENGTHS, first, MIDDLE);
  const k = isSecond ? second : first;
  store<u8>(head, isSecond ? 2 : 1);
  store<u8>(head, u8(k), 1);
  store<u64>(head, unit, 2);
  store<i64>(head, load<i64>(stamps), 10);
  return f64(HEAD) + ceil(bits(isSecond ? ORDER_2 : LENGTHS, k, LONGEST) / 8);
}

/**
 * Codes stamps.
 *
 * @param stamps i64[count]
 * @param head u8[18] - what `stampsPlan` gave for them
 * @param out u8[] - as many bytes as it said, and 8 more that are overwritten
 * @returns bytes of the code
 */
export function stampsEncode(stamps: usize, count: i32, head: usize, out: usize): f64 {
  const end = stamps + (usize(count) << 3);
  const order = load<u8>(head);
  const k = u64(load<u8>(head, 1));
  const unit = load<u64>(head, 2);
  memory.copy(out, head, HEAD);
  out += HEAD;
  let stamp = load<i64>(stamps);
  let step: i64 = 0;
  let units: i64 = 0;
  let at: u64 = 0;
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
    const ones = v >> k;
    if (ones < u64(ESCAPE)) {
      word = put(out, at, word, (u64(1) << ones) - 1, ones + 1);
      word = put(out, at + ones + 1, word, v & ((u64(1) << k) - 1), k);
      at += ones + 1 + k;
    } else {
      word = put(out, at, word, (u64(1) << ESCAPE) - 1, u64(ESCAPE));
      word = put(out, at + ESCAPE, word, v, 64);
      at += ESCAPE + 64;
    }
  }
  store<u64>(out + usize((at >> 6) << 3), word);
  return f64(HEAD + usize((at + 7) >> 3));
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
  const total = u64(bytes) << 3;
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
    if (at > total) return MALFORMED;
    const difference = i64(v >> 1) ^ -i64(v & 1);
    units = order == 2 ? units + difference : difference;
    stamp += units * unit;
    out += 8;
    store<i64>(out, stamp);
  }
  // All but the padding of the last byte is read, and the padding is zero.
  return total - at < 8 && (total == at || peek(code, end, at) << (64 - (total - at)) == 0) ? 0 : MALFORMED;
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

function tally(lengths: usize, v: u64, count: u32): void {
  const at = lengths + (usize(64 - clz(v)) << 2);
  store<u32>(at, load<u32>(at) + count);
}

/** What a code that is longer than k bits is taken for, in units of the shortest such: the middle one, the longest one. */
const MIDDLE: f64 = 1.5;
const LONGEST: f64 = 2;

/** The k with the fewest bits in all. */
function bestK(lengths: usize): u32 {
  let best: u32 = 0;
  for (let k: u32 = 1; k <= MOST_K; k++) if (bits(lengths, k, MIDDLE) < bits(lengths, best, MIDDLE)) best = k;
  return best;
}

/** Bits of all codes, each taken for the middle or the longest one of its length. */
function bits(lengths: usize, k: u32, taken: f64): f64 {
  let sum: f64 = 0;
  for (let length: u32 = 0; length <= 64; length++) {
    const count = f64(load<u32>(lengths + (usize(length) << 2)));
    const more = length - k - 1;
    const ones = length <= k ? 0 : more > 5 ? f64(ESCAPE + 63) : taken * f64(u32(1) << more);
    sum += count * min(f64(ESCAPE + 64), ones + f64(1 + k));
  }
  return sum;
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
