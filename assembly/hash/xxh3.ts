/**
 * XXH3, 64 bits, any seed, default secret (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).
 *
 * Not done: secrets of the caller's own.
 */
import { accumulateAll, avalanche, avalanche64, fold, MIX_2, merge, mix16, P64_1, SECRET, secretOf, upTo3Word } from "./_xxh3";

/**
 * XXH3-64 with seed 0.
 *
 * @param pointer u8[length] - any alignment
 * @param out u64
 * O(n). Nothing outside the region is read.
 */
export function xxh3(pointer: usize, length: usize, out: usize): void {
  store<u64>(out, hash64(pointer, length, 0));
}

/** XXH3-64 with the seed u64 at `seed`. @param out u64 */
export function xxh3Seeded(pointer: usize, length: usize, seed: usize, out: usize): void {
  store<u64>(out, hash64(pointer, length, load<u64>(seed)));
}

export function hash64(pointer: usize, length: usize, seed: u64): u64 {
  if (length > 240) {
    const secret = secretOf(seed);
    return finish64(accumulateAll(pointer, length, secret), secret, length);
  }
  if (length > 128) return upTo240(pointer, length, seed);
  if (length > 16) return upTo128(pointer, length, seed);
  return upTo16(pointer, length, seed);
}

/** The hash of more than 240 bytes from their accumulators. */
export function finish64(acc: usize, secret: usize, length: u64): u64 {
  return merge(acc, secret + 11, length * P64_1);
}

function upTo16(p: usize, length: usize, seed: u64): u64 {
  if (length > 8) {
    const low = load<u64>(p) ^ ((load<u64>(SECRET, 24) ^ load<u64>(SECRET, 32)) + seed);
    const high = load<u64>(p + length - 8) ^ ((load<u64>(SECRET, 40) ^ load<u64>(SECRET, 48)) - seed);
    return avalanche(u64(length) + bswap<u64>(low) + high + fold(low, high));
  }
  if (length >= 4) {
    const words = u64(load<u32>(p + length - 4)) + (u64(load<u32>(p)) << 32);
    const both = seed ^ (u64(bswap<u32>(u32(seed))) << 32);
    let h = words ^ ((load<u64>(SECRET, 8) ^ load<u64>(SECRET, 16)) - both);
    h = (h ^ rotl(h, 49) ^ rotl(h, 24)) * MIX_2;
    h = (h ^ ((h >> 35) + u64(length))) * MIX_2;
    return h ^ (h >> 28);
  }
  if (length > 0) {
    return avalanche64(u64(upTo3Word(p, length)) ^ (u64(load<u32>(SECRET) ^ load<u32>(SECRET, 4)) + seed));
  }
  return avalanche64(seed ^ load<u64>(SECRET, 56) ^ load<u64>(SECRET, 64));
}

function upTo128(p: usize, length: usize, seed: u64): u64 {
  let h = u64(length) * P64_1;
  const end = p + length;
  if (length > 96) h += mix16(p + 48, SECRET + 96, seed) + mix16(end - 64, SECRET + 112, seed);
  if (length > 64) h += mix16(p + 32, SECRET + 64, seed) + mix16(end - 48, SECRET + 80, seed);
  if (length > 32) h += mix16(p + 16, SECRET + 32, seed) + mix16(end - 32, SECRET + 48, seed);
  h += mix16(p, SECRET, seed) + mix16(end - 16, SECRET + 16, seed);
  return avalanche(h);
}

function upTo240(p: usize, length: usize, seed: u64): u64 {
  let h = u64(length) * P64_1;
  for (let i: usize = 0; i < 128; i += 16) h += mix16(p + i, SECRET + i, seed);
  h = avalanche(h);
  const rounds = length & ~15;
  for (let i: usize = 128; i < rounds; i += 16) h += mix16(p + i, SECRET + i - 125, seed);
  return avalanche(h + mix16(p + length - 16, SECRET + 119, seed));
}
