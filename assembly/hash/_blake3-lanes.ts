/**
 * BLAKE3's compression function (https://github.com/BLAKE3-team/BLAKE3-specs, section 2.2) on four inputs side by side, and what it has in
 * common with that on eight (_blake3-eight.ts).
 *
 * Every word of the state has a vector of its own, one lane per input, so no lane ever needs another's. (One input alone, whose steps wait
 * for each other, is faster in plain integers: _blake3-compress.ts.)
 *
 * Rotations by 12 and 7 are shifts. Those by 16 and 8 move whole words and bytes: by 16 it is a shuffle of halves, an instruction of its own;
 * by 8 it is `i8x16.swizzle` by a constant and not `shuffle`, for V8 builds a general shuffle's mask on the stack, which costs a tenth.
 */
import { CHUNK_END, CHUNK_START, IV0, IV1, IV2, IV3, PARENT } from "./_blake3-constants";

/** u8[7][16] - row r: where in WORDS the words of round r are. Every row is the one above with its words permuted. */
// biome-ignore format: a row per round
const SCHEDULE: usize = memory.data<u8>(
  [
    0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240,
    32, 96, 48, 160, 112, 0, 64, 208, 16, 176, 192, 80, 144, 224, 240, 128,
    48, 64, 160, 192, 208, 32, 112, 224, 96, 80, 144, 0, 176, 240, 128, 16,
    160, 112, 192, 144, 224, 48, 208, 240, 64, 0, 176, 32, 80, 128, 16, 96,
    192, 208, 144, 176, 240, 160, 224, 128, 112, 32, 80, 48, 0, 16, 96, 64,
    144, 224, 176, 80, 128, 192, 240, 16, 208, 48, 0, 160, 32, 96, 64, 112,
    176, 240, 80, 0, 16, 144, 128, 96, 224, 160, 32, 192, 48, 64, 112, 208,
  ],
  16,
);
const ROUND: usize = 16;
const SCHEDULE_END: usize = SCHEDULE + 7 * ROUND;

/** v128[16] - a block of four inputs, transposed: vector w holds word w of each. */
const WORDS: usize = memory.data(256, 64);

/** The word is added first: it is there long before b, on which everything waits. */
export function sum(a: v128, b: v128, word: v128): v128 {
  return i32x4.add(i32x4.add(a, word), b);
}

/** (a ^ b) rotated right by 16; the others likewise. */
export function turn16(a: v128, b: v128): v128 {
  const x = v128.xor(a, b);
  return v128.shuffle<u16>(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
}

export function turn12(a: v128, b: v128): v128 {
  const x = v128.xor(a, b);
  return v128.or(i32x4.shr_u(x, 12), i32x4.shl(x, 20));
}

export function turn8(a: v128, b: v128): v128 {
  return i8x16.swizzle(v128.xor(a, b), i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
}

export function turn7(a: v128, b: v128): v128 {
  const x = v128.xor(a, b);
  return v128.or(i32x4.shr_u(x, 7), i32x4.shl(x, 25));
}

/** Writes a block of four inputs, at p0..p3, to `words`: v128[16]. */
export function transpose(p0: usize, p1: usize, p2: usize, p3: usize, words: usize): void {
  for (let at: usize = 0; at < 64; at += 16) {
    const a = v128.load(p0 + at);
    const b = v128.load(p1 + at);
    const c = v128.load(p2 + at);
    const d = v128.load(p3 + at);
    const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
    const ef = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
    const gh = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
    const to = words + (at << 2);
    v128.store(to, v128.shuffle<u64>(ab, cd, 0, 2));
    v128.store(to, v128.shuffle<u64>(ab, cd, 1, 3), 16);
    v128.store(to, v128.shuffle<u64>(ef, gh, 0, 2), 32);
    v128.store(to, v128.shuffle<u64>(ef, gh, 1, 3), 48);
  }
}

/** Half of four chaining values, a vector per word, to every second 16 bytes of `out`. */
export function untranspose(a: v128, b: v128, c: v128, d: v128, out: usize): void {
  const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const gh = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<u64>(ab, cd, 0, 2));
  v128.store(out, v128.shuffle<u64>(ab, cd, 1, 3), 32);
  v128.store(out, v128.shuffle<u64>(ef, gh, 0, 2), 64);
  v128.store(out, v128.shuffle<u64>(ef, gh, 1, 3), 96);
}

/** One half of each of four counters, `shift` 0 or 32, that begin at `counter`. */
export function counters(counter: u64, step: u64, shift: u64): v128 {
  return i32x4(
    i32(counter >> shift),
    i32((counter + step) >> shift),
    i32((counter + 2 * step) >> shift),
    i32((counter + 3 * step) >> shift),
  );
}

/**
 * Chaining values of four inputs side by side: chunks of 1,024 bytes (`leaf`) or parents' pairs of chaining values, 64 bytes.
 *
 * @param p0 the first input; the others are at p1, p2, p3 and may be the same
 * @param key u32[8] - or IV
 * @param counter of the first chunk; the others follow. 0 for parents
 * @param flags KEYED_HASH or 0; the rest is added here
 * @param out u32[4][8]
 *
 * | vector     | lane 0         | lane 1 | lane 2 | lane 3 |
 * |------------|----------------|--------|--------|--------|
 * | a0 … a15   | v0 … v15 of p0 | of p1  | of p2  | of p3  |
 * | WORDS[i]   | word i of p0   | of p1  | of p2  | of p3  |
 */
export function hash4(p0: usize, p1: usize, p2: usize, p3: usize, leaf: bool, key: usize, counter: u64, flags: u32, out: usize): void {
  const step = u64(leaf);
  const length: usize = leaf ? 1024 : 64;
  const kind = flags | (leaf ? 0 : PARENT);
  const counterLow = counters(counter, step, 0);
  const counterHigh = counters(counter, step, 32);
  let a0 = v128.load32_splat(key);
  let a1 = v128.load32_splat(key, 4);
  let a2 = v128.load32_splat(key, 8);
  let a3 = v128.load32_splat(key, 12);
  let a4 = v128.load32_splat(key, 16);
  let a5 = v128.load32_splat(key, 20);
  let a6 = v128.load32_splat(key, 24);
  let a7 = v128.load32_splat(key, 28);
  for (let at: usize = 0; at < length; at += 64) {
    let f = kind;
    if (leaf && at == 0) f |= CHUNK_START;
    if (leaf && at == 960) f |= CHUNK_END;
    transpose(p0 + at, p1 + at, p2 + at, p3 + at, WORDS);
    let a8 = i32x4.splat(IV0);
    let a9 = i32x4.splat(IV1);
    let a10 = i32x4.splat(IV2);
    let a11 = i32x4.splat(IV3);
    let a12 = counterLow;
    let a13 = counterHigh;
    let a14 = i32x4.splat(64);
    let a15 = i32x4.splat(f);
    for (let row = SCHEDULE; row < SCHEDULE_END; row += ROUND) {
      const w0 = usize(load<u8>(row));
      const w1 = usize(load<u8>(row, 1));
      const w2 = usize(load<u8>(row, 2));
      const w3 = usize(load<u8>(row, 3));
      const w4 = usize(load<u8>(row, 4));
      const w5 = usize(load<u8>(row, 5));
      const w6 = usize(load<u8>(row, 6));
      const w7 = usize(load<u8>(row, 7));
      const w8 = usize(load<u8>(row, 8));
      const w9 = usize(load<u8>(row, 9));
      const w10 = usize(load<u8>(row, 10));
      const w11 = usize(load<u8>(row, 11));
      const w12 = usize(load<u8>(row, 12));
      const w13 = usize(load<u8>(row, 13));
      const w14 = usize(load<u8>(row, 14));
      const w15 = usize(load<u8>(row, 15));
      // biome-ignore format: a line per half of the mixing function: columns, then diagonals
      {
        a0 = sum(a0, a4, v128.load(w0, WORDS)); a12 = turn16(a12, a0); a8 = i32x4.add(a8, a12); a4 = turn12(a4, a8);
        a0 = sum(a0, a4, v128.load(w1, WORDS)); a12 = turn8(a12, a0); a8 = i32x4.add(a8, a12); a4 = turn7(a4, a8);
        a1 = sum(a1, a5, v128.load(w2, WORDS)); a13 = turn16(a13, a1); a9 = i32x4.add(a9, a13); a5 = turn12(a5, a9);
        a1 = sum(a1, a5, v128.load(w3, WORDS)); a13 = turn8(a13, a1); a9 = i32x4.add(a9, a13); a5 = turn7(a5, a9);
        a2 = sum(a2, a6, v128.load(w4, WORDS)); a14 = turn16(a14, a2); a10 = i32x4.add(a10, a14); a6 = turn12(a6, a10);
        a2 = sum(a2, a6, v128.load(w5, WORDS)); a14 = turn8(a14, a2); a10 = i32x4.add(a10, a14); a6 = turn7(a6, a10);
        a3 = sum(a3, a7, v128.load(w6, WORDS)); a15 = turn16(a15, a3); a11 = i32x4.add(a11, a15); a7 = turn12(a7, a11);
        a3 = sum(a3, a7, v128.load(w7, WORDS)); a15 = turn8(a15, a3); a11 = i32x4.add(a11, a15); a7 = turn7(a7, a11);
        a0 = sum(a0, a5, v128.load(w8, WORDS)); a15 = turn16(a15, a0); a10 = i32x4.add(a10, a15); a5 = turn12(a5, a10);
        a0 = sum(a0, a5, v128.load(w9, WORDS)); a15 = turn8(a15, a0); a10 = i32x4.add(a10, a15); a5 = turn7(a5, a10);
        a1 = sum(a1, a6, v128.load(w10, WORDS)); a12 = turn16(a12, a1); a11 = i32x4.add(a11, a12); a6 = turn12(a6, a11);
        a1 = sum(a1, a6, v128.load(w11, WORDS)); a12 = turn8(a12, a1); a11 = i32x4.add(a11, a12); a6 = turn7(a6, a11);
        a2 = sum(a2, a7, v128.load(w12, WORDS)); a13 = turn16(a13, a2); a8 = i32x4.add(a8, a13); a7 = turn12(a7, a8);
        a2 = sum(a2, a7, v128.load(w13, WORDS)); a13 = turn8(a13, a2); a8 = i32x4.add(a8, a13); a7 = turn7(a7, a8);
        a3 = sum(a3, a4, v128.load(w14, WORDS)); a14 = turn16(a14, a3); a9 = i32x4.add(a9, a14); a4 = turn12(a4, a9);
        a3 = sum(a3, a4, v128.load(w15, WORDS)); a14 = turn8(a14, a3); a9 = i32x4.add(a9, a14); a4 = turn7(a4, a9);
      }
    }
    a0 = v128.xor(a0, a8);
    a1 = v128.xor(a1, a9);
    a2 = v128.xor(a2, a10);
    a3 = v128.xor(a3, a11);
    a4 = v128.xor(a4, a12);
    a5 = v128.xor(a5, a13);
    a6 = v128.xor(a6, a14);
    a7 = v128.xor(a7, a15);
  }
  untranspose(a0, a1, a2, a3, out);
  untranspose(a4, a5, a6, a7, out + 16);
}
