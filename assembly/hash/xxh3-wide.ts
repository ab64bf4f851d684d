/**
 * XXH3, 128 bits, any seed, default secret (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Long inputs cost what the 64-bit
 * hash does: they differ in the last step alone.
 */
import {
  accumulateAll,
  avalanche,
  avalanche64,
  high,
  MIX_2,
  merge,
  mix16,
  P32_2,
  P64_1,
  P64_2,
  P64_4,
  SECRET,
  SECRET_BYTES,
  secretOf,
  upTo3Word,
} from "./_xxh3";

/**
 * XXH3-128.
 *
 * @param pointer u8[length] - any alignment
 * @param seed u64
 * @param out u64[2] - low half, high half
 * O(n). Nothing outside the region is read.
 */
export function xxh3Wide(pointer: usize, length: usize, seed: usize, out: usize): void {
  hash128(pointer, length, load<u64>(seed), out);
}

/**
 * XXH3-128 of many regions, seed 0.
 *
 * @param pointers u32[n]
 * @param lengths f64[n]
 * @param count n
 * @param out u64[2n] - low half, high half of each; zeros where the pointer is 0 and the length is not: such a region is not there
 * @returns how many are not there
 */
export function xxh3WideRows(pointers: usize, lengths: usize, count: i32, out: usize): i32 {
  let missing = 0;
  for (let i = 0; i < count; i++) {
    const pointer = usize(load<u32>(pointers));
    const length = load<f64>(lengths);
    if (pointer == 0 && length != 0) {
      v128.store(out, i64x2.splat(0));
      missing++;
    } else {
      hash128(pointer, usize(length), 0, out);
    }
    pointers += 4;
    lengths += 8;
    out += 16;
  }
  return missing;
}

export function hash128(pointer: usize, length: usize, seed: u64, out: usize): void {
  if (length > 240) {
    const secret = secretOf(seed);
    finish128(accumulateAll(pointer, length, secret), secret, length, out);
  } else if (length > 16) {
    upTo240(pointer, length, seed, out);
  } else {
    upTo16(pointer, length, seed, out);
  }
}

/** The hash of more than 240 bytes from their accumulators. */
export function finish128(acc: usize, secret: usize, length: u64, out: usize): void {
  store<u64>(out, merge(acc, secret + 11, length * P64_1));
  store<u64>(out, merge(acc, secret + SECRET_BYTES - 75, ~(length * P64_2)), 8);
}

function upTo16(p: usize, length: usize, seed: u64, out: usize): void {
  let low: u64;
  let top: u64;
  if (length > 8) {
    let last = load<u64>(p + length - 8);
    const key = (load<u64>(SECRET, 32) ^ load<u64>(SECRET, 40)) - seed;
    const mixed = load<u64>(p) ^ last ^ key;
    last ^= (load<u64>(SECRET, 48) ^ load<u64>(SECRET, 56)) + seed;
    const m = high(mixed, P64_1) + last + (last & 0xffffffff) * (P32_2 - 1);
    const n = (mixed * P64_1 + (u64(length - 1) << 54)) ^ bswap<u64>(m);
    low = avalanche(n * P64_2);
    top = avalanche(high(n, P64_2) + m * P64_2);
  } else if (length >= 4) {
    const both = seed ^ (u64(bswap<u32>(u32(seed))) << 32);
    const words = u64(load<u32>(p)) + (u64(load<u32>(p + length - 4)) << 32);
    const keyed = words ^ ((load<u64>(SECRET, 16) ^ load<u64>(SECRET, 24)) + both);
    const factor = P64_1 + (u64(length) << 2);
    low = keyed * factor;
    top = high(keyed, factor) + (low << 1);
    low ^= top >> 3;
    low = (low ^ (low >> 35)) * MIX_2;
    low ^= low >> 28;
    top = avalanche(top);
  } else if (length > 0) {
    const word = upTo3Word(p, length);
    low = avalanche64(u64(word) ^ (u64(load<u32>(SECRET) ^ load<u32>(SECRET, 4)) + seed));
    top = avalanche64(u64(rotl(bswap<u32>(word), 13)) ^ (u64(load<u32>(SECRET, 8) ^ load<u32>(SECRET, 12)) - seed));
  } else {
    low = avalanche64(seed ^ load<u64>(SECRET, 64) ^ load<u64>(SECRET, 72));
    top = avalanche64(seed ^ load<u64>(SECRET, 80) ^ load<u64>(SECRET, 88));
  }
  store<u64>(out, low);
  store<u64>(out, top, 8);
}

/** 17 to 240 bytes: pairs of 16 bytes, the sums of each half of the hash crossed with the other's input. `out` holds both sums. */
function upTo240(p: usize, length: usize, seed: u64, out: usize): void {
  store<u64>(out, u64(length) * P64_1);
  store<u64>(out, 0, 8);
  const end = p + length;
  if (length <= 128) {
    if (length > 96) mixPair(out, p + 48, end - 64, SECRET + 96, seed);
    if (length > 64) mixPair(out, p + 32, end - 48, SECRET + 64, seed);
    if (length > 32) mixPair(out, p + 16, end - 32, SECRET + 32, seed);
    mixPair(out, p, end - 16, SECRET, seed);
  } else {
    for (let i: usize = 0; i < 128; i += 32) mixPair(out, p + i, p + i + 16, SECRET + i, seed);
    store<u64>(out, avalanche(load<u64>(out)));
    store<u64>(out, avalanche(load<u64>(out, 8)), 8);
    const pairs = length & ~31;
    for (let i: usize = 128; i < pairs; i += 32) mixPair(out, p + i, p + i + 16, SECRET + i - 125, seed);
    mixPair(out, end - 16, end - 32, SECRET + 103, 0 - seed);
  }
  const low = load<u64>(out);
  const top = load<u64>(out, 8);
  store<u64>(out, avalanche(low + top));
  store<u64>(out, 0 - avalanche(low * P64_1 + top * P64_4 + (u64(length) - seed) * P64_2), 8);
}

function mixPair(sums: usize, p: usize, q: usize, s: usize, seed: u64): void {
  store<u64>(sums, (load<u64>(sums) + mix16(p, s, seed)) ^ (load<u64>(q) + load<u64>(q, 8)));
  store<u64>(sums, (load<u64>(sums, 8) + mix16(q, s + 16, seed)) ^ (load<u64>(p) + load<u64>(p, 8)), 8);
}
