/**
 * CRC-32C (Castagnoli; iSCSI, RFC 3720): polynomial 0x1EDC6F41, bit-reflected, all ones in and out. By sparse multiples: _crc.ts says how.
 *
 * Reads nothing outside the region. Not done: three streams joined at the end, as done where there is a CRC instruction.
 */
import { CHUNK, clear, copy, near, RING, settle2 } from "./_crc";
import { combine } from "./_crc-combine";
import { prepare, RESIDUE_BYTES, sliced, TABLE_BYTES } from "./_crc32";

/** P, bit-reflected: bit 31 is x^0. Divisible by x + 1, so every multiple has an even number of terms. */
const POLY: u32 = 0x82f63b78;

const TABLE: usize = memory.data(TABLE_BYTES, 64);

/** The middle multiple reaches 1,313 bytes, and by its bracket twelve vectors further. */
const MIDDLE_REST: usize = 1520;
const MIDDLE_FROM: usize = 4608;
/** v128[24] - the last `s` of the middle stage, oldest first, and as many zeros. */
const HISTORY: usize = memory.data(384, 64);
const MIDDLE_RESIDUE: usize = memory.data(RESIDUE_BYTES, 64);

const NEAR_REST: usize = 304;
const NEAR_FROM: usize = 448;
const NEAR_RESIDUE: usize = memory.data(RESIDUE_BYTES, 64);

/**
 * Running CRC-32C.
 *
 * @param pointer u8[length] - any alignment
 * @param crc of what came before; 0 to begin
 * @returns the CRC-32C of everything so far
 * O(n): 16 bytes a turn from 448 bytes on. Called on pieces it costs the residue of each again.
 */
export function crc32c(pointer: usize, length: usize, crc: u32): u32 {
  prepare(TABLE, POLY);
  let c = ~crc;
  if (length >= MIDDLE_FROM) {
    length = middle(pointer, length, c);
    pointer = MIDDLE_RESIDUE;
    c = 0;
  }
  if (length >= NEAR_FROM) {
    length = near(pointer, length, u64(c), 154, 177, 183, 258, 290, NEAR_REST, NEAR_RESIDUE);
    pointer = NEAR_RESIDUE;
    c = 0;
  }
  return ~sliced(TABLE, pointer, length, c);
}

/**
 * Middle stage: Q = 1 + z^2v + (z^931 + z^1313) (1 + z^2v + z^4v + z^12v). With x = in ^ ring[0] ^ ring[382],
 *
 *     s = x ^ s[-2v]        u = (s ^ s[-2v]) ^ s[-4v] ^ s[-12v] = x ^ s[-4v] ^ s[-12v]
 *
 * One turn takes twelve vectors, so that every local is where the next turn expects it:
 *
 * | vector | s = x ^ … | u = x ^ … |
 * |--------|-----------|-----------|
 * | s0     | h2        | h4 ^ h12  |
 * | s1     | h1        | h3 ^ h11  |
 * | …      | …         | …         |
 * | s11    | s9        | s7 ^ h1   |
 *
 * A register `c` is added to the first four bytes of the message: it goes into the ring, where they look.
 *
 * @param pointer u8[length], length >= MIDDLE_REST
 * @returns how many bytes are left, in MIDDLE_RESIDUE: MIDDLE_REST and what makes no whole turn
 */
function middle(pointer: usize, length: usize, c: u32): usize {
  const erased = ((length - MIDDLE_REST) / 192) * 192;
  clear(RING, 1313);
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
  let h11 = h1;
  let h12 = h1;
  let p = pointer;
  let q = RING;
  for (let left = erased; left > 0; ) {
    const chunk = min(left, CHUNK);
    left -= chunk;
    if (q != RING) copy(RING, q, 1313);
    q = RING;
    const end = RING + chunk;
    while (q < end) {
      const x0 = v128.xor(v128.load(p), v128.xor(v128.load(q), v128.load(q, 382)));
      const s0 = v128.xor(x0, h2);
      v128.store(q, v128.xor(x0, v128.xor(h4, h12)), 1313);
      const x1 = v128.xor(v128.load(p, 16), v128.xor(v128.load(q, 16), v128.load(q, 398)));
      const s1 = v128.xor(x1, h1);
      v128.store(q, v128.xor(x1, v128.xor(h3, h11)), 1329);
      const x2 = v128.xor(v128.load(p, 32), v128.xor(v128.load(q, 32), v128.load(q, 414)));
      const s2 = v128.xor(x2, s0);
      v128.store(q, v128.xor(x2, v128.xor(h2, h10)), 1345);
      const x3 = v128.xor(v128.load(p, 48), v128.xor(v128.load(q, 48), v128.load(q, 430)));
      const s3 = v128.xor(x3, s1);
      v128.store(q, v128.xor(x3, v128.xor(h1, h9)), 1361);
      const x4 = v128.xor(v128.load(p, 64), v128.xor(v128.load(q, 64), v128.load(q, 446)));
      const s4 = v128.xor(x4, s2);
      v128.store(q, v128.xor(x4, v128.xor(s0, h8)), 1377);
      const x5 = v128.xor(v128.load(p, 80), v128.xor(v128.load(q, 80), v128.load(q, 462)));
      const s5 = v128.xor(x5, s3);
      v128.store(q, v128.xor(x5, v128.xor(s1, h7)), 1393);
      const x6 = v128.xor(v128.load(p, 96), v128.xor(v128.load(q, 96), v128.load(q, 478)));
      const s6 = v128.xor(x6, s4);
      v128.store(q, v128.xor(x6, v128.xor(s2, h6)), 1409);
      const x7 = v128.xor(v128.load(p, 112), v128.xor(v128.load(q, 112), v128.load(q, 494)));
      const s7 = v128.xor(x7, s5);
      v128.store(q, v128.xor(x7, v128.xor(s3, h5)), 1425);
      const x8 = v128.xor(v128.load(p, 128), v128.xor(v128.load(q, 128), v128.load(q, 510)));
      const s8 = v128.xor(x8, s6);
      v128.store(q, v128.xor(x8, v128.xor(s4, h4)), 1441);
      const x9 = v128.xor(v128.load(p, 144), v128.xor(v128.load(q, 144), v128.load(q, 526)));
      const s9 = v128.xor(x9, s7);
      v128.store(q, v128.xor(x9, v128.xor(s5, h3)), 1457);
      const x10 = v128.xor(v128.load(p, 160), v128.xor(v128.load(q, 160), v128.load(q, 542)));
      const s10 = v128.xor(x10, s8);
      v128.store(q, v128.xor(x10, v128.xor(s6, h2)), 1473);
      const x11 = v128.xor(v128.load(p, 176), v128.xor(v128.load(q, 176), v128.load(q, 558)));
      const s11 = v128.xor(x11, s9);
      v128.store(q, v128.xor(x11, v128.xor(s7, h1)), 1489);
      h1 = s11;
      h2 = s10;
      h3 = s9;
      h4 = s8;
      h5 = s7;
      h6 = s6;
      h7 = s5;
      h8 = s4;
      h9 = s3;
      h10 = s2;
      h11 = s1;
      h12 = s0;
      p += 192;
      q += 192;
    }
  }

  // The residue: the same sums with s = 0 from here on. The locals still reach a turn further, by both brackets.
  const left = length - erased;
  clear(q + 1313, left);
  v128.store(HISTORY, h12);
  v128.store(HISTORY, h11, 16);
  v128.store(HISTORY, h10, 32);
  v128.store(HISTORY, h9, 48);
  v128.store(HISTORY, h8, 64);
  v128.store(HISTORY, h7, 80);
  v128.store(HISTORY, h6, 96);
  v128.store(HISTORY, h5, 112);
  v128.store(HISTORY, h4, 128);
  v128.store(HISTORY, h3, 144);
  v128.store(HISTORY, h2, 160);
  v128.store(HISTORY, h1, 176);
  for (let at: usize = 0; at < 192; at += 16) {
    const h = HISTORY + at;
    v128.store(q + at, v128.xor(v128.xor(v128.load(h), v128.load(h, 128)), v128.load(h, 160)), 1313);
  }
  settle2(p, left, q, q + 382, MIDDLE_RESIDUE);
  for (let at: usize = 0; at < 192; at += 16) {
    const h = HISTORY + at;
    const seen = v128.load(h, 160);
    v128.store(MIDDLE_RESIDUE + at, v128.xor(v128.load(MIDDLE_RESIDUE + at), seen));
  }
  return left;
}

/**
 * CRC-32C of A followed by B, from their CRCs.
 *
 * @param lengthB bytes of B: an integer below 2^53
 * O(log n)
 */
export function crc32cCombine(a: u32, b: u32, lengthB: f64): u32 {
  return u32(combine(a, b, lengthB, POLY, 1 << 31));
}
