/**
 * XXH3, 64 bits, seed 0, default secret (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).
 */
// prettier-ignore
const SECRET: usize = memory.data<u8>(
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

const P32_1: u64 = 0x9e3779b1;
const P32_2: u64 = 0x85ebca77;
const P32_3: u64 = 0xc2b2ae3d;
const P64_1: u64 = 0x9e3779b185ebca87;
const P64_2: u64 = 0xc2b2ae3d27d4eb4f;
const P64_3: u64 = 0x165667b19e3779f9;
const P64_4: u64 = 0x85ebca77c2b2ae63;
const P64_5: u64 = 0x27d4eb2f165667c5;
const MIX_1: u64 = 0x165667919e3779f9;
const MIX_2: u64 = 0x9fb21c651e98df25;

/** Low xor high half of the 128-bit product, from four 32 x 32 products (WASM has no wide multiply). */
function fold(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const high = ah * bl;
  const middle = ((al * bl) >> 32) + (high & 0xffffffff) + al * bh;
  return (a * b) ^ ((high >> 32) + (middle >> 32) + ah * bh);
}

function avalanche(h: u64): u64 {
  h = (h ^ (h >> 37)) * MIX_1;
  return h ^ (h >> 32);
}

function avalanche64(h: u64): u64 {
  h = (h ^ (h >> 33)) * P64_2;
  h = (h ^ (h >> 29)) * P64_3;
  return h ^ (h >> 32);
}

function mix16(p: usize, s: usize): u64 {
  return fold(load<u64>(p) ^ load<u64>(s), load<u64>(p, 8) ^ load<u64>(s, 8));
}

function upTo16(p: usize, length: usize): u64 {
  if (length > 8) {
    const low = load<u64>(p) ^ (load<u64>(SECRET, 24) ^ load<u64>(SECRET, 32));
    const high = load<u64>(p + length - 8) ^ (load<u64>(SECRET, 40) ^ load<u64>(SECRET, 48));
    return avalanche(u64(length) + bswap<u64>(low) + high + fold(low, high));
  }
  if (length >= 4) {
    const words = u64(load<u32>(p + length - 4)) + (u64(load<u32>(p)) << 32);
    let h = words ^ (load<u64>(SECRET, 8) ^ load<u64>(SECRET, 16));
    h = (h ^ rotl(h, 49) ^ rotl(h, 24)) * MIX_2;
    h = (h ^ ((h >> 35) + u64(length))) * MIX_2;
    return h ^ (h >> 28);
  }
  if (length > 0) {
    const bytes = (u32(load<u8>(p)) << 16) | (u32(load<u8>(p + (length >>> 1))) << 24) | u32(load<u8>(p + length - 1)) | (u32(length) << 8);
    return avalanche64(u64(bytes ^ (load<u32>(SECRET) ^ load<u32>(SECRET, 4))));
  }
  return avalanche64(load<u64>(SECRET, 56) ^ load<u64>(SECRET, 64));
}

function upTo128(p: usize, length: usize): u64 {
  let h = u64(length) * P64_1;
  const end = p + length;
  if (length > 96) h += mix16(p + 48, SECRET + 96) + mix16(end - 64, SECRET + 112);
  if (length > 64) h += mix16(p + 32, SECRET + 64) + mix16(end - 48, SECRET + 80);
  if (length > 32) h += mix16(p + 16, SECRET + 32) + mix16(end - 32, SECRET + 48);
  h += mix16(p, SECRET) + mix16(end - 16, SECRET + 16);
  return avalanche(h);
}

function upTo240(p: usize, length: usize): u64 {
  let h = u64(length) * P64_1;
  for (let i: usize = 0; i < 128; i += 16) h += mix16(p + i, SECRET + i);
  h = avalanche(h);
  const rounds = length & ~15;
  for (let i: usize = 128; i < rounds; i += 16) h += mix16(p + i, SECRET + i - 125);
  return avalanche(h + mix16(p + length - 16, SECRET + 119));
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
 */
function long(pointer: usize, length: usize): u64 {
  const zero = i64x2.splat(0);
  let a0 = i64x2(P32_3, P64_1);
  let a1 = i64x2(P64_2, P64_3);
  let a2 = i64x2(P64_4, P32_2);
  let g = P64_5;
  let h = P32_1;
  const stripes = (length - 1) >>> 6;
  const blocks = stripes >>> 4;
  let p = pointer;
  for (let block: usize = 0; block < blocks + 2; block++) {
    let s = SECRET;
    let end = p + 1024;
    if (block == blocks) {
      end = p + ((stripes & 15) << 6);
    } else if (block > blocks) {
      p = pointer + length - 64;
      end = p + 64;
      s = SECRET + 121;
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
      a0 = scramble(a0, v128.load(SECRET, 128));
      a1 = scramble(a1, v128.load(SECRET, 144));
      a2 = scramble(a2, v128.load(SECRET, 160));
      g = (g ^ (g >> 47) ^ load<u64>(SECRET, 176)) * P32_1;
      h = (h ^ (h >> 47) ^ load<u64>(SECRET, 184)) * P32_1;
    }
  }
  let hash = u64(length) * P64_1;
  hash += fold(i64x2.extract_lane(a0, 0) ^ load<u64>(SECRET, 11), i64x2.extract_lane(a0, 1) ^ load<u64>(SECRET, 19));
  hash += fold(i64x2.extract_lane(a1, 0) ^ load<u64>(SECRET, 27), i64x2.extract_lane(a1, 1) ^ load<u64>(SECRET, 35));
  hash += fold(i64x2.extract_lane(a2, 0) ^ load<u64>(SECRET, 43), i64x2.extract_lane(a2, 1) ^ load<u64>(SECRET, 51));
  hash += fold(g ^ load<u64>(SECRET, 59), h ^ load<u64>(SECRET, 67));
  return avalanche(hash);
}

/** Two accumulators at the end of a block. */
function scramble(a: v128, key: v128): v128 {
  return i64x2.mul(v128.xor(v128.xor(a, i64x2.shr_u(a, 47)), key), i64x2.splat(P32_1));
}

function hash(pointer: usize, length: usize): u64 {
  if (length > 240) return long(pointer, length);
  if (length > 128) return upTo240(pointer, length);
  if (length > 16) return upTo128(pointer, length);
  return upTo16(pointer, length);
}

export function xxh3(pointer: usize, length: usize, out: usize): void {
  store<u64>(out, hash(pointer, length));
}

export function xxh3Rows(regions: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<u64>(out, hash(load<u32>(regions), load<u32>(regions, 4)));
    regions += 8;
    out += 8;
  }
}
