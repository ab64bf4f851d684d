/**
 * CRC-32 (IEEE 802.3, "CRC-32/ISO-HDLC"): polynomial 0x04C11DB7, bit-reflected, all ones in and out.
 *
 * WASM has no CRC instruction and no carry-less multiply, so the bulk is done with xor alone. A CRC is the remainder of the message,
 * read as a polynomial over GF(2), divided by P. Adding a multiple of P changes no remainder; so with any multiple of P that has few
 * terms, `Q = 1 + sum z^t` where `z^t` means "t bits further on in the message", a leading one bit at i is erased by flipping the bits
 * at i + t. Done for every bit in order:
 *
 *     s[i] = in[i] ^ sum s[i - t]
 *
 * where s[i] says whether bit i was still set when its turn came. Squaring over GF(2) has no cross terms, so Q^8 = 1 + sum z^(8t) is a
 * multiple of P too: the same distances hold for *bytes*, and sixteen bytes go at once wherever t >= 16. What is left is a residue as
 * long as the largest distance, equal to the message modulo P.
 * Source: Russell, "Chorba: A novel CRC32 implementation" (2024), https://arxiv.org/abs/2412.16398. test/kernels/crc.test.ts divides both
 * multiples by P.
 *
 * | stage  | leaves         | loads per 16 bytes | used from    |
 * |--------|----------------|--------------------|--------------|
 * | far    | 12,528 bytes   | 2                  | 25,600 bytes |
 * | near   | 304 bytes      | 5                  | 512 bytes    |
 * | sliced | the remainder  | 16 + 4             | 0 bytes      |
 *
 * Reads nothing outside the region. Not done: three or more far multiples (no gain measured), CRC instructions (WASM has none).
 */
import { combine, prepare, RING, sliced, TABLE_BYTES } from "./_crc32";

/** P, bit-reflected: bit 31 is x^0. */
const POLY: u32 = 0xedb88320;

const TABLE: usize = memory.data(TABLE_BYTES, 64);

/** Largest distance of the far multiple. */
const FAR: usize = 12370;
/** Residue of the far stage: FAR plus the nine vectors its last term reaches further, in whole vectors. */
const FAR_REST: usize = 12528;
const FAR_FROM: usize = 25600;
/** The far stage's circle: the first multiple of the 160 bytes a turn takes that holds FAR. */
const RING_BYTES: usize = 12480;
const RING_END: usize = RING + RING_BYTES;

/** Largest distance of the near multiple. */
const NEAR: usize = 300;
const NEAR_REST: usize = 304;
const NEAR_FROM: usize = 512;

/** The far stage's last ten `s` vectors, oldest first, then ten of zeros. */
const HISTORY: usize = memory.data(320, 64);
const FAR_RESIDUE: usize = memory.data(12544, 64);
const NEAR_RESIDUE: usize = memory.data(320, 64);

/**
 * Running CRC-32.
 *
 * @param pointer u8[length] - any alignment
 * @param crc of what came before; 0 to begin
 * @returns the CRC-32 of everything so far
 * O(n): 16 bytes a turn from 512 bytes on. Called on pieces it costs the residue of each again: pieces of 256 KiB lose a twelfth.
 */
export function crc32(pointer: usize, length: usize, crc: u32): u32 {
  prepare(TABLE, POLY);
  let c = ~crc;
  if (length >= FAR_FROM) {
    const done = far(pointer, length, c) + FAR_REST;
    c = nearThenSliced(FAR_RESIDUE, FAR_REST, 0);
    pointer += done;
    length -= done;
  }
  return ~nearThenSliced(pointer, length, c);
}

/** The register after `length` < FAR_FROM bytes, from register `c`. */
function nearThenSliced(pointer: usize, length: usize, c: u32): u32 {
  if (length >= NEAR_FROM) {
    const done = near(pointer, length, c) + NEAR_REST;
    c = sliced(TABLE, NEAR_RESIDUE, NEAR_REST, 0);
    pointer += done;
    length -= done;
  }
  return sliced(TABLE, pointer, length, c);
}

/**
 * Far stage. With v = 16 bytes, the multiple is
 *
 *     Q = (1 + z^6v + z^9v + z^10v) + z^12370 (1 + z^5v + z^9v)
 *
 * Its first bracket reaches vectors still held in locals; its second is gathered into one vector `u = s ^ s[-5v] ^ s[-9v]`, kept in the
 * ring until its turn: one load of input and one of the ring per 16 bytes. Both brackets hold a pair of vectors 4v apart, so
 * `w = s[-5v] ^ s[-9v]` is formed once: u = s ^ w, and the next vector's s = in ^ ring ^ w[-1v] ^ s[-9v].
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
 * The ring is one circle, little longer than FAR, so that it stays in the nearest cache: `q` reads it 160 bytes at a time and comes round
 * exactly at its end; `u` writes FAR ahead of `q` and runs past the end by less than a turn, and what it wrote there belongs at the start.
 *
 * A register `c` is added to the first four bytes of the message: it goes into the ring, where they look.
 *
 * @returns bytes erased; the FAR_REST bytes after them are replaced by FAR_RESIDUE, less than 160 bytes follow unchanged
 */
function far(pointer: usize, length: usize, c: u32): usize {
  const erased = ((length - FAR_REST) / 160) * 160;
  memory.fill(RING, 0, FAR);
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
    const run = min(left, min(RING_END - q, ((RING_END - u + 159) / 160) * 160));
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
    if (q == RING_END) q = RING;
    if (u >= RING_END) {
      memory.copy(RING, RING_END, u - RING_END);
      u -= RING_BYTES;
    }
  }

  // The residue: the same sums with s = 0 from here on. The ring's FAR bytes, oldest first, then what ten vectors still see in the locals.
  const whole = min(FAR, RING_END - q);
  memory.copy(FAR_RESIDUE, q, whole);
  memory.copy(FAR_RESIDUE + whole, RING, FAR - whole);
  memory.fill(FAR_RESIDUE + FAR, 0, FAR_REST - FAR);
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
    const r = FAR_RESIDUE + at;
    v128.store(r, v128.xor(v128.load(r), v128.xor(v128.xor(v128.load(h), v128.load(h, 16)), v128.load(h, 64))));
    v128.store(r, v128.xor(v128.load(r, 12370), v128.xor(v128.load(h, 80), v128.load(h, 16))), 12370);
  }
  for (let at: usize = 0; at < FAR_REST; at += 16) {
    v128.store(FAR_RESIDUE + at, v128.xor(v128.load(FAR_RESIDUE + at), v128.load(p + at)));
  }
  return erased;
}

/**
 * Near stage: Q = 1 + z^145 + z^183 + z^211 + z^300. The ring holds `s` itself, 300 bytes late, so distance t is found at 300 - t. It takes
 * less than FAR_FROM bytes, so the ring need not move.
 *
 * @returns bytes erased; the NEAR_REST bytes after them are replaced by NEAR_RESIDUE, less than 32 bytes follow unchanged
 */
function near(pointer: usize, length: usize, c: u32): usize {
  const erased = (length - NEAR_REST) & ~31;
  memory.fill(RING, 0, NEAR);
  store<u32>(RING, c);
  let p = pointer;
  let q = RING;
  const end = RING + erased;
  while (q < end) {
    const a = v128.xor(v128.xor(v128.load(q), v128.load(q, 89)), v128.xor(v128.load(q, 117), v128.load(q, 155)));
    v128.store(q, v128.xor(v128.load(p), a), 300);
    const b = v128.xor(v128.xor(v128.load(q, 16), v128.load(q, 105)), v128.xor(v128.load(q, 133), v128.load(q, 171)));
    v128.store(q, v128.xor(v128.load(p, 16), b), 316);
    p += 32;
    q += 32;
  }
  memory.fill(q + NEAR, 0, NEAR_REST);
  for (let at: usize = 0; at < NEAR_REST; at += 16) {
    const a = v128.xor(v128.xor(v128.load(q + at), v128.load(q + at, 89)), v128.xor(v128.load(q + at, 117), v128.load(q + at, 155)));
    v128.store(NEAR_RESIDUE + at, v128.xor(v128.load(p + at), a));
  }
  return erased;
}

/**
 * CRC-32 and length of many regions: a short name of each, from the checksum a container asks for anyway.
 *
 * @param regions u32[2n] - pointer and length of each
 * @param count n
 * @param out u64[n] - length in the low, CRC-32 in the high half
 */
export function crc32Rows(regions: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const pointer = usize(load<u32>(regions));
    const length = load<u32>(regions, 4);
    store<u32>(out, length);
    store<u32>(out, crc32(pointer, usize(length), 0), 4);
    regions += 8;
    out += 8;
  }
}

/**
 * CRC-32 of A followed by B, from their CRCs.
 *
 * @param lengthB bytes of B: an integer below 2^53
 * O(log n)
 */
export function crc32Combine(a: u32, b: u32, lengthB: f64): u32 {
  return combine(a, b, lengthB, POLY);
}
