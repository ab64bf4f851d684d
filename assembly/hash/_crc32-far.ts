/**
 * The far stage of CRC-32: one load of the ring per 16 bytes instead of two, for the price of a residue of 12 KiB. _crc.ts says how multiples
 * work. It gains most (a sixth) on input that lies across vectors.
 *
 * With v = 16 bytes, the multiple is
 *
 *     Q = (1 + z^6v + z^9v + z^10v) + z^12370 (1 + z^5v + z^9v)
 *
 * Both brackets hold a pair of vectors 4v apart, so `w = s[-5v] ^ s[-9v]` is formed once:
 *
 *     s = in ^ ring ^ w[-1v] ^ s[-9v]        u = s ^ w
 *
 * One turn takes ten vectors, so that every local is where the next turn expects it:
 *
 * | vector | s = in ^ ring ^ … | w = …    |
 * |--------|-------------------|----------|
 * | s0     | w9 ^ h9           | h5 ^ h9  |
 * | s1     | w0 ^ h8           | h4 ^ h8  |
 * | …      | …                 | …        |
 * | s9     | w8 ^ s0           | s4 ^ s0  |
 *
 * The ring is one circle, little longer than FAR, so that it stays in the nearest cache: `q` reads it a turn at a time and comes round
 * exactly at its end; `u` writes FAR ahead of `q` and runs past the end by less than a turn, and what it wrote there belongs at the start.
 */
import { clear, copy, RING } from "./_crc";

/** Largest distance of the multiple's second bracket, which reaches nine vectors further. */
const FAR: usize = 12370;
const FAR_REST: usize = 12528;
const CIRCLE: usize = 12480;
const CIRCLE_END: usize = RING + CIRCLE;
/** v128[20] - the last `s`, oldest first, and as many zeros. */
const HISTORY: usize = memory.data(320, 64);

/** Bytes of residue at most: FAR_REST and what is less than a turn. */
export const FAR_RESIDUE_BYTES: i32 = 12688;

/**
 * @param pointer u8[length], length >= FAR_REST
 * @param c the register, added to the first four bytes of the message: it goes into the ring, where they look
 * @param residue u8[FAR_RESIDUE_BYTES]
 * @returns its length
 */
export function far(pointer: usize, length: usize, c: u32, residue: usize): usize {
  const erased = ((length - FAR_REST) / 160) * 160;
  clear(RING, FAR);
  store<u32>(RING, c);
  let h1 = i64x2.splat(0);
  let h2 = h1;
  let h3 = h1;
  let h4 = h1;
  let h5 = h1;
  let h6 = h1;
  let h7 = h1;
  let h8 = h1;
  let h9 = h1;
  let h10 = h1;
  let w9 = h1;
  let p = pointer;
  let q = RING;
  let u = RING + FAR;
  for (let left = erased; left > 0; ) {
    const run = min(left, min(CIRCLE_END - q, ((CIRCLE_END - u + 159) / 160) * 160));
    left -= run;
    const end = q + run;
    while (q < end) {
      const s0 = v128.xor(v128.xor(v128.load(p), v128.load(q)), v128.xor(w9, h9));
      const w0 = v128.xor(h5, h9);
      v128.store(u, v128.xor(s0, w0));
      const s1 = v128.xor(v128.xor(v128.load(p, 16), v128.load(q, 16)), v128.xor(w0, h8));
      const w1 = v128.xor(h4, h8);
      v128.store(u, v128.xor(s1, w1), 16);
      const s2 = v128.xor(v128.xor(v128.load(p, 32), v128.load(q, 32)), v128.xor(w1, h7));
      const w2 = v128.xor(h3, h7);
      v128.store(u, v128.xor(s2, w2), 32);
      const s3 = v128.xor(v128.xor(v128.load(p, 48), v128.load(q, 48)), v128.xor(w2, h6));
      const w3 = v128.xor(h2, h6);
      v128.store(u, v128.xor(s3, w3), 48);
      const s4 = v128.xor(v128.xor(v128.load(p, 64), v128.load(q, 64)), v128.xor(w3, h5));
      const w4 = v128.xor(h1, h5);
      v128.store(u, v128.xor(s4, w4), 64);
      const s5 = v128.xor(v128.xor(v128.load(p, 80), v128.load(q, 80)), v128.xor(w4, h4));
      const w5 = v128.xor(s0, h4);
      v128.store(u, v128.xor(s5, w5), 80);
      const s6 = v128.xor(v128.xor(v128.load(p, 96), v128.load(q, 96)), v128.xor(w5, h3));
      const w6 = v128.xor(s1, h3);
      v128.store(u, v128.xor(s6, w6), 96);
      const s7 = v128.xor(v128.xor(v128.load(p, 112), v128.load(q, 112)), v128.xor(w6, h2));
      const w7 = v128.xor(s2, h2);
      v128.store(u, v128.xor(s7, w7), 112);
      const s8 = v128.xor(v128.xor(v128.load(p, 128), v128.load(q, 128)), v128.xor(w7, h1));
      const w8 = v128.xor(s3, h1);
      v128.store(u, v128.xor(s8, w8), 128);
      const s9 = v128.xor(v128.xor(v128.load(p, 144), v128.load(q, 144)), v128.xor(w8, s0));
      w9 = v128.xor(s4, s0);
      v128.store(u, v128.xor(s9, w9), 144);
      h1 = s9;
      h2 = s8;
      h3 = s7;
      h4 = s6;
      h5 = s5;
      h6 = s4;
      h7 = s3;
      h8 = s2;
      h9 = s1;
      h10 = s0;
      p += 160;
      q += 160;
      u += 160;
    }
    if (q == CIRCLE_END) q = RING;
    if (u >= CIRCLE_END) {
      memory.copy(RING, CIRCLE_END, u - CIRCLE_END);
      u -= CIRCLE;
    }
  }

  // The residue: the same sums with s = 0 from here on. The ring, oldest first, then what both brackets still find in the locals.
  const left = length - erased;
  const whole = min(FAR, CIRCLE_END - q);
  copy(residue, q, whole);
  copy(residue + whole, RING, FAR - whole);
  clear(residue + FAR, left - FAR);
  v128.store(HISTORY, h10);
  v128.store(HISTORY, h9, 16);
  v128.store(HISTORY, h8, 32);
  v128.store(HISTORY, h7, 48);
  v128.store(HISTORY, h6, 64);
  v128.store(HISTORY, h5, 80);
  v128.store(HISTORY, h4, 96);
  v128.store(HISTORY, h3, 112);
  v128.store(HISTORY, h2, 128);
  v128.store(HISTORY, h1, 144);
  for (let at: usize = 0; at < 160; at += 16) {
    const h = HISTORY + at;
    const r = residue + at;
    v128.store(r, v128.xor(v128.load(r), v128.xor(v128.xor(v128.load(h), v128.load(h, 16)), v128.load(h, 64))));
    v128.store(r, v128.xor(v128.load(r, 12370), v128.xor(v128.load(h, 80), v128.load(h, 16))), 12370);
  }
  const last = left - 16;
  const ending = v128.xor(v128.load(p + last), v128.load(residue + last));
  for (let at: usize = 0; at < last; at += 16) v128.store(residue + at, v128.xor(v128.load(p + at), v128.load(residue + at)));
  v128.store(residue + last, ending);
  return left;
}
