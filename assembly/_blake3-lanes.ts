/**
 * BLAKE3's compression function (https://github.com/BLAKE3-team/BLAKE3-specs, section 2.2) on four and eight inputs side by side.
 *
 * Every word of the state has a vector of its own, one lane per input, so no lane ever needs another's. (One input alone, whose steps wait
 * for each other, is faster in plain integers: _blake3-compress.ts.)
 *
 * Rotations by 16 and 8 move whole bytes, those by 12 and 7 are shifts. They are `i8x16.swizzle` by a constant and not `shuffle`: V8 builds
 * a general shuffle's mask on the stack, which costs a tenth.
 */
import { CHUNK_END, CHUNK_START, IV0, IV1, IV2, IV3, PARENT } from "./_blake3-constants";

/** u8[7][16] - row r: where in a block the words of round r are. Every row is the one above with its words permuted. */
// biome-ignore format: a row per round
const SCHEDULE: usize = memory.data<u8>(
  [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60,
    8, 24, 12, 40, 28, 0, 16, 52, 4, 44, 48, 20, 36, 56, 60, 32,
    12, 16, 40, 48, 52, 8, 28, 56, 24, 20, 36, 0, 44, 60, 32, 4,
    40, 28, 48, 36, 56, 12, 52, 60, 16, 0, 44, 8, 20, 32, 4, 24,
    48, 52, 36, 44, 60, 40, 56, 32, 28, 8, 20, 12, 0, 4, 24, 16,
    36, 56, 44, 20, 32, 48, 60, 4, 52, 12, 0, 40, 8, 24, 16, 28,
    44, 60, 20, 0, 4, 36, 32, 24, 56, 40, 8, 48, 12, 16, 28, 52,
  ],
  16,
);
const ROUND: usize = 16;
const SCHEDULE_END: usize = SCHEDULE + 7 * ROUND;

/** v128[16] twice - a block of four inputs, transposed: vector w holds word w of each. */
const WORDS: usize = memory.data(512, 64);
const WORDS_B: usize = WORDS + 256;

/** The word is added first: it is there long before b, on which everything waits. */
function sum(a: v128, b: v128, word: v128): v128 {
  return i32x4.add(i32x4.add(a, word), b);
}

/** (a ^ b) rotated right by 16; the others likewise. */
function turn16(a: v128, b: v128): v128 {
  return i8x16.swizzle(v128.xor(a, b), i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

function turn12(a: v128, b: v128): v128 {
  const x = v128.xor(a, b);
  return v128.or(i32x4.shr_u(x, 12), i32x4.shl(x, 20));
}

function turn8(a: v128, b: v128): v128 {
  return i8x16.swizzle(v128.xor(a, b), i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
}

function turn7(a: v128, b: v128): v128 {
  const x = v128.xor(a, b);
  return v128.or(i32x4.shr_u(x, 7), i32x4.shl(x, 25));
}

/** Writes a block of four inputs, at p0..p3, to `words`: v128[16]. */
function transpose(p0: usize, p1: usize, p2: usize, p3: usize, words: usize): void {
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
function untranspose(a: v128, b: v128, c: v128, d: v128, out: usize): void {
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
function counters(counter: u64, step: u64, shift: u64): v128 {
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
      const w0 = usize(load<u8>(row)) << 2;
      const w1 = usize(load<u8>(row, 1)) << 2;
      const w2 = usize(load<u8>(row, 2)) << 2;
      const w3 = usize(load<u8>(row, 3)) << 2;
      const w4 = usize(load<u8>(row, 4)) << 2;
      const w5 = usize(load<u8>(row, 5)) << 2;
      const w6 = usize(load<u8>(row, 6)) << 2;
      const w7 = usize(load<u8>(row, 7)) << 2;
      const w8 = usize(load<u8>(row, 8)) << 2;
      const w9 = usize(load<u8>(row, 9)) << 2;
      const w10 = usize(load<u8>(row, 10)) << 2;
      const w11 = usize(load<u8>(row, 11)) << 2;
      const w12 = usize(load<u8>(row, 12)) << 2;
      const w13 = usize(load<u8>(row, 13)) << 2;
      const w14 = usize(load<u8>(row, 14)) << 2;
      const w15 = usize(load<u8>(row, 15)) << 2;
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

/**
 * Chaining values of eight inputs `stride` bytes apart: twice hash4, step by step. Either half alone waits for its own results most of the
 * time, and together they fill the gaps: a fifth faster.
 *
 * @param out u32[8][8]
 */
export function hash8(pointer: usize, leaf: bool, key: usize, counter: u64, flags: u32, out: usize): void {
  const stride: usize = leaf ? 1024 : 64;
  const step = u64(leaf);
  const kind = flags | (leaf ? 0 : PARENT);
  const second = counter + 4 * step;
  const counterLow = counters(counter, step, 0);
  const counterHigh = counters(counter, step, 32);
  const secondLow = counters(second, step, 0);
  const secondHigh = counters(second, step, 32);
  let a0 = v128.load32_splat(key);
  let a1 = v128.load32_splat(key, 4);
  let a2 = v128.load32_splat(key, 8);
  let a3 = v128.load32_splat(key, 12);
  let a4 = v128.load32_splat(key, 16);
  let a5 = v128.load32_splat(key, 20);
  let a6 = v128.load32_splat(key, 24);
  let a7 = v128.load32_splat(key, 28);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  let b4 = a4;
  let b5 = a5;
  let b6 = a6;
  let b7 = a7;
  for (let at: usize = 0; at < stride; at += 64) {
    let f = kind;
    if (leaf && at == 0) f |= CHUNK_START;
    if (leaf && at == 960) f |= CHUNK_END;
    const p = pointer + at;
    const q = p + 4 * stride;
    transpose(p, p + stride, p + 2 * stride, p + 3 * stride, WORDS);
    transpose(q, q + stride, q + 2 * stride, q + 3 * stride, WORDS_B);
    let a8 = i32x4.splat(IV0);
    let a9 = i32x4.splat(IV1);
    let a10 = i32x4.splat(IV2);
    let a11 = i32x4.splat(IV3);
    let a12 = counterLow;
    let a13 = counterHigh;
    let a14 = i32x4.splat(64);
    let a15 = i32x4.splat(f);
    let b8 = a8;
    let b9 = a9;
    let b10 = a10;
    let b11 = a11;
    let b12 = secondLow;
    let b13 = secondHigh;
    let b14 = a14;
    let b15 = a15;
    for (let row = SCHEDULE; row < SCHEDULE_END; row += ROUND) {
      const w0 = usize(load<u8>(row)) << 2;
      const w1 = usize(load<u8>(row, 1)) << 2;
      const w2 = usize(load<u8>(row, 2)) << 2;
      const w3 = usize(load<u8>(row, 3)) << 2;
      const w4 = usize(load<u8>(row, 4)) << 2;
      const w5 = usize(load<u8>(row, 5)) << 2;
      const w6 = usize(load<u8>(row, 6)) << 2;
      const w7 = usize(load<u8>(row, 7)) << 2;
      const w8 = usize(load<u8>(row, 8)) << 2;
      const w9 = usize(load<u8>(row, 9)) << 2;
      const w10 = usize(load<u8>(row, 10)) << 2;
      const w11 = usize(load<u8>(row, 11)) << 2;
      const w12 = usize(load<u8>(row, 12)) << 2;
      const w13 = usize(load<u8>(row, 13)) << 2;
      const w14 = usize(load<u8>(row, 14)) << 2;
      const w15 = usize(load<u8>(row, 15)) << 2;
      // biome-ignore format: a line per half of the mixing function: columns, then diagonals
      {
        a0 = sum(a0, a4, v128.load(w0, WORDS)); a12 = turn16(a12, a0); a8 = i32x4.add(a8, a12); a4 = turn12(a4, a8);
        b0 = sum(b0, b4, v128.load(w0, WORDS_B)); b12 = turn16(b12, b0); b8 = i32x4.add(b8, b12); b4 = turn12(b4, b8);
        a0 = sum(a0, a4, v128.load(w1, WORDS)); a12 = turn8(a12, a0); a8 = i32x4.add(a8, a12); a4 = turn7(a4, a8);
        b0 = sum(b0, b4, v128.load(w1, WORDS_B)); b12 = turn8(b12, b0); b8 = i32x4.add(b8, b12); b4 = turn7(b4, b8);
        a1 = sum(a1, a5, v128.load(w2, WORDS)); a13 = turn16(a13, a1); a9 = i32x4.add(a9, a13); a5 = turn12(a5, a9);
        b1 = sum(b1, b5, v128.load(w2, WORDS_B)); b13 = turn16(b13, b1); b9 = i32x4.add(b9, b13); b5 = turn12(b5, b9);
        a1 = sum(a1, a5, v128.load(w3, WORDS)); a13 = turn8(a13, a1); a9 = i32x4.add(a9, a13); a5 = turn7(a5, a9);
        b1 = sum(b1, b5, v128.load(w3, WORDS_B)); b13 = turn8(b13, b1); b9 = i32x4.add(b9, b13); b5 = turn7(b5, b9);
        a2 = sum(a2, a6, v128.load(w4, WORDS)); a14 = turn16(a14, a2); a10 = i32x4.add(a10, a14); a6 = turn12(a6, a10);
        b2 = sum(b2, b6, v128.load(w4, WORDS_B)); b14 = turn16(b14, b2); b10 = i32x4.add(b10, b14); b6 = turn12(b6, b10);
        a2 = sum(a2, a6, v128.load(w5, WORDS)); a14 = turn8(a14, a2); a10 = i32x4.add(a10, a14); a6 = turn7(a6, a10);
        b2 = sum(b2, b6, v128.load(w5, WORDS_B)); b14 = turn8(b14, b2); b10 = i32x4.add(b10, b14); b6 = turn7(b6, b10);
        a3 = sum(a3, a7, v128.load(w6, WORDS)); a15 = turn16(a15, a3); a11 = i32x4.add(a11, a15); a7 = turn12(a7, a11);
        b3 = sum(b3, b7, v128.load(w6, WORDS_B)); b15 = turn16(b15, b3); b11 = i32x4.add(b11, b15); b7 = turn12(b7, b11);
        a3 = sum(a3, a7, v128.load(w7, WORDS)); a15 = turn8(a15, a3); a11 = i32x4.add(a11, a15); a7 = turn7(a7, a11);
        b3 = sum(b3, b7, v128.load(w7, WORDS_B)); b15 = turn8(b15, b3); b11 = i32x4.add(b11, b15); b7 = turn7(b7, b11);
        a0 = sum(a0, a5, v128.load(w8, WORDS)); a15 = turn16(a15, a0); a10 = i32x4.add(a10, a15); a5 = turn12(a5, a10);
        b0 = sum(b0, b5, v128.load(w8, WORDS_B)); b15 = turn16(b15, b0); b10 = i32x4.add(b10, b15); b5 = turn12(b5, b10);
        a0 = sum(a0, a5, v128.load(w9, WORDS)); a15 = turn8(a15, a0); a10 = i32x4.add(a10, a15); a5 = turn7(a5, a10);
        b0 = sum(b0, b5, v128.load(w9, WORDS_B)); b15 = turn8(b15, b0); b10 = i32x4.add(b10, b15); b5 = turn7(b5, b10);
        a1 = sum(a1, a6, v128.load(w10, WORDS)); a12 = turn16(a12, a1); a11 = i32x4.add(a11, a12); a6 = turn12(a6, a11);
        b1 = sum(b1, b6, v128.load(w10, WORDS_B)); b12 = turn16(b12, b1); b11 = i32x4.add(b11, b12); b6 = turn12(b6, b11);
        a1 = sum(a1, a6, v128.load(w11, WORDS)); a12 = turn8(a12, a1); a11 = i32x4.add(a11, a12); a6 = turn7(a6, a11);
        b1 = sum(b1, b6, v128.load(w11, WORDS_B)); b12 = turn8(b12, b1); b11 = i32x4.add(b11, b12); b6 = turn7(b6, b11);
        a2 = sum(a2, a7, v128.load(w12, WORDS)); a13 = turn16(a13, a2); a8 = i32x4.add(a8, a13); a7 = turn12(a7, a8);
        b2 = sum(b2, b7, v128.load(w12, WORDS_B)); b13 = turn16(b13, b2); b8 = i32x4.add(b8, b13); b7 = turn12(b7, b8);
        a2 = sum(a2, a7, v128.load(w13, WORDS)); a13 = turn8(a13, a2); a8 = i32x4.add(a8, a13); a7 = turn7(a7, a8);
        b2 = sum(b2, b7, v128.load(w13, WORDS_B)); b13 = turn8(b13, b2); b8 = i32x4.add(b8, b13); b7 = turn7(b7, b8);
        a3 = sum(a3, a4, v128.load(w14, WORDS)); a14 = turn16(a14, a3); a9 = i32x4.add(a9, a14); a4 = turn12(a4, a9);
        b3 = sum(b3, b4, v128.load(w14, WORDS_B)); b14 = turn16(b14, b3); b9 = i32x4.add(b9, b14); b4 = turn12(b4, b9);
        a3 = sum(a3, a4, v128.load(w15, WORDS)); a14 = turn8(a14, a3); a9 = i32x4.add(a9, a14); a4 = turn7(a4, a9);
        b3 = sum(b3, b4, v128.load(w15, WORDS_B)); b14 = turn8(b14, b3); b9 = i32x4.add(b9, b14); b4 = turn7(b4, b9);
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
    b0 = v128.xor(b0, b8);
    b1 = v128.xor(b1, b9);
    b2 = v128.xor(b2, b10);
    b3 = v128.xor(b3, b11);
    b4 = v128.xor(b4, b12);
    b5 = v128.xor(b5, b13);
    b6 = v128.xor(b6, b14);
    b7 = v128.xor(b7, b15);
  }
  untranspose(a0, a1, a2, a3, out);
  untranspose(a4, a5, a6, a7, out + 16);
  untranspose(b0, b1, b2, b3, out + 128);
  untranspose(b4, b5, b6, b7, out + 144);
}
