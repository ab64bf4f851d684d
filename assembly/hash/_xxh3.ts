/**
 * What XXH3's 64-bit and 128-bit hashes have in common: the secret, the arithmetic, and the accumulators of long inputs.
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
// prettier-ignore
export const SECRET: usize = memory.data<u8>(
  [
    184, 254, 108, 57, 35, 164, 75, 190, 124, 1, 129, 44, 247, 33, 173, 28, 222, 212, 109, 233, 131, 144, 151, 219, 114, 64, 164, 164, 183,
    179, 103, 31, 203, 121, 230, 78, 204, 192, 229, 120, 130, 90, 208, 125, 204, 255, 114, 33, 184, 8, 70, 116, 247, 67, 36, 142, 224, 53,
    144, 230, 129, 58, 38, 76, 60, 40, 82, 187, 145, 195, 0, 203, 136, 208, 101, 139, 27, 83, 46, 163, 113, 100, 72, 151, 162, 13, 249, 78,
    56, 25, 239, 70, 169, 222, 172, 216, 168, 250, 118, 63, 227, 156, 52, 63, 249, 220, 187, 199, 199, 11, 79, 29, 138, 81, 224, 75, 205,
    180, 89, 49, 200, 159, 126, 201, 217, 120, 115, 100, 234, 197, 172, 131, 52, 211, 235, 195, 197, 129, 160, 255, 250, 19, 99, 235, 23,
    13, 221, 81, 183, 240, 218, 73, 211, 22, 85, 38, 41, 212, 104, 158, 43, 22, 190, 88, 125, 71, 161, 252, 143, 248, 184, 209, 122, 208,
    49, 206, 69, 203, 58, 143, 149, 22, 4, 40, 175, 215, 251, 202, 187, 75, 64, 126,
  ],
  16,
);

/** Bytes of a secret. */
export const SECRET_BYTES: usize = 192;

export const P32_1: u64 = 0x9e3779b1;
export const P32_2: u64 = 0x85ebca77;
export const P32_3: u64 = 0xc2b2ae3d;
export const P64_1: u64 = 0x9e3779b185ebca87;
export const P64_2: u64 = 0xc2b2ae3d27d4eb4f;
export const P64_3: u64 = 0x165667b19e3779f9;
export const P64_4: u64 = 0x85ebca77c2b2ae63;
export const P64_5: u64 = 0x27d4eb2f165667c5;
export const MIX_1: u64 = 0x165667919e3779f9;
export const MIX_2: u64 = 0x9fb21c651e98df25;

/** High half of the 128-bit product, from four 32 x 32 products (WASM has no wide multiply). */
export function high(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const cross = ah * bl;
  const middle = ((al * bl) >> 32) + (cross & 0xffffffff) + al * bh;
  return (cross >> 32) + (middle >> 32) + ah * bh;
}

/** Low xor high half of the 128-bit product. */
export function fold(a: u64, b: u64): u64 {
  return (a * b) ^ high(a, b);
}

export function avalanche(h: u64): u64 {
  h = (h ^ (h >> 37)) * MIX_1;
  return h ^ (h >> 32);
}

/** XXH64's. */
export function avalanche64(h: u64): u64 {
  h = (h ^ (h >> 33)) * P64_2;
  h = (h ^ (h >> 29)) * P64_3;
  return h ^ (h >> 32);
}

export function mix16(p: usize, s: usize, seed: u64): u64 {
  return fold(load<u64>(p) ^ (load<u64>(s) + seed), load<u64>(p, 8) ^ (load<u64>(s, 8) - seed));
}

/** The bytes of an input of 1 to 3: first, middle, last, and how many. */
export function upTo3Word(p: usize, length: usize): u32 {
  return (u32(load<u8>(p)) << 16) | (u32(load<u8>(p + (length >>> 1))) << 24) | u32(load<u8>(p + length - 1)) | (u32(length) << 8);
}

/** The secret for long inputs with a seed: added to every even word, subtracted from every odd one. */
export function deriveSecret(seed: u64, out: usize): void {
  const change = i64x2.replace_lane(i64x2.splat(seed), 1, 0 - seed);
  for (let at: usize = 0; at < SECRET_BYTES; at += 16) v128.store(out + at, i64x2.add(v128.load(SECRET + at), change));
}

/** u64[8] at `acc`: what accumulators begin with. */
export function initAccumulators(acc: usize): void {
  v128.store(acc, i64x2(P32_3, P64_1));
  v128.store(acc, i64x2(P64_2, P64_3), 16);
  v128.store(acc, i64x2(P64_4, P32_2), 32);
  v128.store(acc, i64x2(P64_5, P32_1), 48);
}

/**
 * More than 240 bytes: eight 64-bit accumulators fed with stripes of 64 bytes. Word i of a stripe, d, and k = d ^ secret word:
 *
 *     acc[i] += low32(k) * high32(k);  acc[i ^ 1] += d
 *
 * The secret moves on by 8 bytes a stripe; after 16 stripes (a block of 1 KiB) it begins again and the accumulators are scrambled.
 * The last 64 bytes are a stripe of their own, overlapping what came before.
 *
 * | accumulator | 0, 1  | 2, 3  | 4, 5  | 6, 7   |
 * |-------------|-------|-------|-------|--------|
 * | bytes       | 0-15  | 16-31 | 32-47 | 48-63  |
 * | products    | a0    | a1    | a2    | g, h   |
 * | data        | b0    | b1    | b2    | g, h   |
 * | unit        | SIMD  | SIMD  | SIMD  | scalar |
 *
 * Three pairs are vectors and one is scalar, which keeps both kinds of unit busy (and all of it in registers; unrolling spills).
 * The data goes unswapped into b0..b2, and their lanes are exchanged once per block: addition commutes, so acc[i ^ 1] may wait.
 * Vectors 0 and 1 share one unzip of low and high words; vector 2 has its own.
 *
 * @param acc u64[8] - goes on from there
 * @param p the first of `blocks` whole blocks, each followed by more input
 * @param rest stripes after them, if the input ends here
 * @param last its last 64 bytes; 0 if the input goes on after the blocks
 * @param secret u8[192]
 */
export function accumulate(acc: usize, p: usize, blocks: usize, rest: usize, last: usize, secret: usize): void {
  const zero = i64x2.splat(0);
  let a0 = v128.load(acc);
  let a1 = v128.load(acc, 16);
  let a2 = v128.load(acc, 32);
  let g = load<u64>(acc, 48);
  let h = load<u64>(acc, 56);
  const turns = last ? blocks + 2 : blocks;
  for (let block: usize = 0; block < turns; block++) {
    let s = secret;
    let end = p + 1024;
    if (block == blocks) {
      end = p + (rest << 6);
    } else if (block > blocks) {
      p = last;
      end = p + 64;
      s = secret + 121;
    }
    let b0 = zero;
    let b1 = zero;
    let b2 = zero;
    while (p < end) {
      const d0 = v128.load(p);
      const d1 = v128.load(p, 16);
      const d2 = v128.load(p, 32);
      let d3 = load<u64>(p, 48);
      let d4 = load<u64>(p, 56);
      const k0 = v128.xor(d0, v128.load(s));
      const k1 = v128.xor(d1, v128.load(s, 16));
      const k2 = v128.xor(d2, v128.load(s, 32));
      b0 = i64x2.add(b0, d0);
      b1 = i64x2.add(b1, d1);
      b2 = i64x2.add(b2, d2);
      g += d4;
      h += d3;
      const low = v128.shuffle<u32>(k0, k1, 0, 2, 4, 6);
      const high = v128.shuffle<u32>(k0, k1, 1, 3, 5, 7);
      a0 = i64x2.add(a0, i64x2.extmul_low_i32x4_u(low, high));
      a1 = i64x2.add(a1, i64x2.extmul_high_i32x4_u(low, high));
      a2 = i64x2.add(a2, i64x2.extmul_low_i32x4_u(v128.shuffle<u32>(k2, k2, 0, 2, 0, 2), v128.shuffle<u32>(k2, k2, 1, 3, 1, 3)));
      d3 ^= load<u64>(s, 48);
      d4 ^= load<u64>(s, 56);
      g += (d3 & 0xffffffff) * (d3 >> 32);
      h += (d4 & 0xffffffff) * (d4 >> 32);
      p += 64;
      s += 8;
    }
    a0 = i64x2.add(a0, v128.shuffle<u64>(b0, b0, 1, 0));
    a1 = i64x2.add(a1, v128.shuffle<u64>(b1, b1, 1, 0));
    a2 = i64x2.add(a2, v128.shuffle<u64>(b2, b2, 1, 0));
    if (block < blocks) {
      a0 = scramble(a0, v128.load(secret, 128));
      a1 = scramble(a1, v128.load(secret, 144));
      a2 = scramble(a2, v128.load(secret, 160));
      g = (g ^ (g >> 47) ^ load<u64>(secret, 176)) * P32_1;
      h = (h ^ (h >> 47) ^ load<u64>(secret, 184)) * P32_1;
    }
  }
  v128.store(acc, a0);
  v128.store(acc, a1, 16);
  v128.store(acc, a2, 32);
  store<u64>(acc, g, 48);
  store<u64>(acc, h, 56);
}

/** Two accumulators at the end of a block. */
function scramble(a: v128, key: v128): v128 {
  return i64x2.mul(v128.xor(v128.xor(a, i64x2.shr_u(a, 47)), key), i64x2.splat(P32_1));
}

/** The accumulators in one word, by 64 bytes of secret. */
export function merge(acc: usize, secret: usize, start: u64): u64 {
  let hash = start;
  for (let at: usize = 0; at < 64; at += 16) {
    hash += fold(load<u64>(acc + at) ^ load<u64>(secret + at), load<u64>(acc + at, 8) ^ load<u64>(secret + at, 8));
  }
  return avalanche(hash);
}

const ACC: usize = memory.data(64, 16);
const OWN_SECRET: usize = memory.data(192, 16);
/** u64 - of what seed OWN_SECRET is; 0 while it is of none. */
const OWN_SEED: usize = memory.data(8);

/** The secret for a seed; good until the next call. */
export function secretOf(seed: u64): usize {
  if (seed == 0) return SECRET;
  if (load<u64>(OWN_SEED) != seed) {
    deriveSecret(seed, OWN_SECRET);
    store<u64>(OWN_SEED, seed);
  }
  return OWN_SECRET;
}

/** Accumulators of a whole input of more than 240 bytes. @returns where they are, until the next call */
export function accumulateAll(p: usize, length: usize, secret: usize): usize {
  initAccumulators(ACC);
  const stripes = (length - 1) >>> 6;
  accumulate(ACC, p, stripes >>> 4, stripes & 15, p + length - 64, secret);
  return ACC;
}
