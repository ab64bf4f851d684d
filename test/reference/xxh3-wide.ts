/**
 * XXH3-128 as https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md writes it down, and hashes in parts: by definition the hash of
 * the parts put together.
 */
import {
  type Accumulators,
  accumulators,
  avalanche,
  avalancheXxh64,
  combined3,
  derivedSecret,
  MASK_32,
  MASK_64,
  merge,
  mix,
  PRIME_MX2,
  PRIME32_2,
  PRIME64_1,
  PRIME64_2,
  PRIME64_4,
  SECRET,
  seed8,
  swap,
  swap32,
  word32,
  word64,
  xxh3Seeded,
} from "./xxh3.ts";

/** 128 bits as one number: the high half is the more significant. @param known as for `xxh3Seeded` */
export function xxh3Wide(bytes: Uint8Array, seed: bigint, known?: Accumulators): bigint {
  const [low, high] = halves(bytes, seed, known);
  return (high << 64n) | low;
}

export interface Stream {
  readonly seed: bigint;
  readonly parts: Uint8Array[];
}

export function xxh3Init(seed: bigint): Stream {
  return { seed, parts: [] };
}

export function xxh3Update(stream: Stream, bytes: Uint8Array): void {
  stream.parts.push(bytes.slice());
}

export function xxh3Final(stream: Stream): bigint {
  return xxh3Seeded(together(stream), stream.seed);
}

export function xxh3WideFinal(stream: Stream): bigint {
  return xxh3Wide(together(stream), stream.seed);
}

function together(stream: Stream): Uint8Array {
  return Uint8Array.from(stream.parts.flatMap((part) => [...part]));
}

type Halves = readonly [low: bigint, high: bigint];

function halves(bytes: Uint8Array, seed: bigint, known?: Accumulators): Halves {
  const n = BigInt(bytes.length);
  if (bytes.length === 0) {
    return [avalancheXxh64(seed ^ word64(SECRET, 64) ^ word64(SECRET, 72)), avalancheXxh64(seed ^ word64(SECRET, 80) ^ word64(SECRET, 88))];
  }
  if (bytes.length <= 3) {
    const low = combined3(bytes);
    const swapped = swap32(low);
    const high = ((swapped << 13n) | (swapped >> 19n)) & MASK_32;
    return [
      avalancheXxh64(low ^ wrap((word32(SECRET, 0) ^ word32(SECRET, 4)) + seed)),
      avalancheXxh64(high ^ wrap((word32(SECRET, 8) ^ word32(SECRET, 12)) - seed)),
    ];
  }
  if (bytes.length <= 8) {
    const input = word32(bytes, 0) | (word32(bytes, bytes.length - 4) << 32n);
    const keyed = input ^ wrap((word64(SECRET, 16) ^ word64(SECRET, 24)) + seed8(seed));
    const product = keyed * wrap(PRIME64_1 + (n << 2n));
    const high = wrap((product >> 64n) + (product << 1n));
    let low = wrap(product) ^ (high >> 3n);
    low = wrap((low ^ (low >> 35n)) * PRIME_MX2);
    return [low ^ (low >> 28n), avalanche(high)];
  }
  if (bytes.length <= 16) {
    const last = word64(bytes, bytes.length - 8);
    const product = (word64(bytes, 0) ^ last ^ wrap((word64(SECRET, 32) ^ word64(SECRET, 40)) - seed)) * PRIME64_1;
    const keyed = last ^ wrap((word64(SECRET, 48) ^ word64(SECRET, 56)) + seed);
    const high = wrap((product >> 64n) + keyed + (keyed & MASK_32) * (PRIME32_2 - 1n));
    const second = (wrap(product + ((n - 1n) << 54n)) ^ swap(high)) * PRIME64_2;
    return [avalanche(wrap(second)), avalanche((second >> 64n) + high * PRIME64_2)];
  }
  if (bytes.length <= 240) return upTo240(bytes, seed);
  const acc = accumulators(bytes, seed, known);
  const secret = derivedSecret(seed);
  return [merge(acc, secret.subarray(11), n * PRIME64_1), merge(acc, secret.subarray(192 - 64 - 11), wrap(~(n * PRIME64_2)))];
}

function upTo240(bytes: Uint8Array, seed: bigint): Halves {
  const n = bytes.length;
  let sums: Halves = [wrap(BigInt(n) * PRIME64_1), 0n];
  if (n <= 128) {
    for (let round = (n - 1) >> 5; round >= 0; round--) sums = mixPair(sums, bytes, round * 16, n - round * 16 - 16, round * 32, seed);
  } else {
    for (let i = 0; i < 4; i++) sums = mixPair(sums, bytes, i * 32, i * 32 + 16, i * 32, seed);
    sums = [avalanche(sums[0]), avalanche(sums[1])];
    for (let i = 4; i < n >> 5; i++) sums = mixPair(sums, bytes, i * 32, i * 32 + 16, (i - 4) * 32 + 3, seed);
    sums = mixPair(sums, bytes, n - 16, n - 32, 136 - 17 - 16, wrap(-seed));
  }
  const [low, high] = sums;
  const crossed = low * PRIME64_1 + high * PRIME64_4 + wrap(BigInt(n) - seed) * PRIME64_2;
  return [avalanche(low + high), wrap(-avalanche(crossed))];
}

function mixPair([low, high]: Halves, bytes: Uint8Array, p: number, q: number, secret: number, seed: bigint): Halves {
  return [
    wrap(low + mix(bytes, p, secret, seed)) ^ wrap(word64(bytes, q) + word64(bytes, q + 8)),
    wrap(high + mix(bytes, q, secret + 16, seed)) ^ wrap(word64(bytes, p) + word64(bytes, p + 8)),
  ];
}

function wrap(value: bigint): bigint {
  return value & MASK_64;
}

/** Seed 0. */
export function xxh3WideRows(regions: readonly Uint8Array[]): readonly bigint[] {
  return regions.map((bytes) => xxh3Wide(bytes, 0n));
}
