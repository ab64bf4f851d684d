/**
 * CRCs by xor alone: what the three of them share.
 *
 * WASM has no CRC instruction and no carry-less multiply. But a CRC is the remainder of the message, read as a polynomial over GF(2),
 * divided by P, and adding a multiple of P changes no remainder. Take a multiple of P with few terms, `Q = 1 + sum z^t`, where z^t means
 * "t bits further on in the message": a one bit at i is erased by flipping the bits at i + t. Done for every bit in order,
 *
 *     s[i] = in[i] ^ sum s[i - t]
 *
 * says whether bit i was still set when its turn came. The last max(t) bits cannot be erased: what they have become is the residue, a
 * short message with the remainder of the long one. It goes from stage to stage, and the last through tables.
 *
 * Squaring over GF(2) has no cross terms, so Q^8 = 1 + sum z^(8t) is a multiple too: the distances that hold for bits hold for *bytes*, and
 * sixteen bytes (v) go at once wherever t >= 16. What a term costs depends on its distance:
 * - few whole vectors: one xor, with an `s` still held in a local;
 * - any other: a load from the ring, where `s` was left for it, and an xor. Ring and input must share the nearest cache.
 *
 * So the long stages use multiples Q = A(z^v) + (z^D + z^E + …) B(z^v), A and B short: the ring holds u = B s, once for all its terms.
 *
 * | ring at     | holds                                       |
 * |-------------|---------------------------------------------|
 * | q           | u of D bytes before: its z^D falls due here |
 * | q + (D - E) | u of E bytes before: its z^E falls due here |
 * | q + D       | nothing yet: u of this vector goes here     |
 *
 * The multiples, in bytes. A polynomial of degree n divides one in 2^n of all candidates, so fewer or shorter terms are found only by
 * searching more of them: scripts/find-crc-taps.mjs does, and divides these by P.
 *
 * | CRC | stage  | multiple                                                                                  | residue |
 * |-----|--------|-------------------------------------------------------------------------------------------|---------|
 * | 32  | far    | 1 + z^6v + z^9v + z^10v + z^12370 (1 + z^5v + z^9v)                                       | 12,528  |
 * | 32  | middle | 1 + z^7v + z^10v + (z^688 + z^1130) (1 + z^1v + z^7v + z^10v)                             | 1,296   |
 * | 32  | near   | 1 + z^181 + z^199 + z^255 + z^263 + z^274                                                 | 288     |
 * | 32C | middle | 1 + z^2v + (z^931 + z^1313) (1 + z^2v + z^4v + z^12v)                                     | 1,520   |
 * | 32C | near   | 1 + z^154 + z^177 + z^183 + z^258 + z^290                                                 | 304     |
 * | 64  | middle | 1 + z^1v + z^5v + z^11v + z^12v + (z^940 + z^1576 + z^1856 + z^1904 + z^2010) (1 + z^12v) | 2,208   |
 *
 * Near distances are no shorter because a load that overlaps two stores still on their way must wait for both. Memory is not touched ahead:
 * while the rings are small, the hardware fetches as well by itself.
 * Source of the idea: Russell, "Chorba: A novel CRC32 implementation" (2024), https://arxiv.org/abs/2412.16398
 */

/** Bytes a middle stage takes before its ring is moved back: whole turns of 160 and of 192 bytes. */
export const CHUNK: usize = 11520;

/** What erased bits flip in bytes yet to come. Whichever stage runs has it for itself. */
export const RING: usize = memory.data(16384, 64);

/** Zeroes whole vectors, `length` bytes or up to 15 more. */
export function clear(pointer: usize, length: usize): void {
  const end = pointer + length;
  for (let p = pointer; p < end; p += 16) v128.store(p, i64x2.splat(0));
}

/** Copies `length` bytes, or up to 31 more, forwards: `to` may lie below `from`. */
export function copy(to: usize, from: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += 32) {
    v128.store(to + at, v128.load(from + at));
    v128.store(to + at, v128.load(from + at, 16), 16);
  }
}

/** Residue of a stage that reads the ring at two places: the message there (`length` >= 16), and what the ring holds for it. */
export function settle2(pointer: usize, length: usize, r1: usize, r2: usize, out: usize): void {
  const last = length - 16;
  for (let at: usize = 0; at < length; at += 16) {
    if (at > last) at = last; // once more, over bytes already done
    v128.store(out + at, v128.xor(v128.load(pointer + at), v128.xor(v128.load(r1 + at), v128.load(r2 + at))));
  }
}

/** The same of one that reads it at five. */
export function settle5(pointer: usize, length: usize, r1: usize, r2: usize, r3: usize, r4: usize, r5: usize, out: usize): void {
  const last = length - 16;
  for (let at: usize = 0; at < length; at += 16) {
    if (at > last) at = last;
    v128.store(out + at, sum6(v128.load(pointer + at), r1 + at, r2 + at, r3 + at, r4 + at, r5 + at));
  }
}

/** `x` and what the ring holds for it at five places. */
function sum6(x: v128, r1: usize, r2: usize, r3: usize, r4: usize, r5: usize): v128 {
  return v128.xor(v128.xor(v128.xor(x, v128.load(r1)), v128.xor(v128.load(r2), v128.load(r3))), v128.xor(v128.load(r4), v128.load(r5)));
}

/**
 * Near stage: Q = 1 + sum z^t of five distances, ascending. The ring holds `s` itself, t5 bytes late, so distance t is found at t5 - t.
 *
 * @param pointer u8[length] - less than CHUNK
 * @param c the register, added to the first bytes
 * @param rest t5 in whole vectors
 * @param out u8[rest + 31] - the residue
 * @returns its length
 */
export function near(
  pointer: usize,
  length: usize,
  c: u64,
  t1: usize,
  t2: usize,
  t3: usize,
  t4: usize,
  t5: usize,
  rest: usize,
  out: usize,
): usize {
  const erased = (length - rest) & ~31;
  clear(RING, t5);
  store<u64>(RING, c);
  let p = pointer;
  let q = RING;
  const end = RING + erased;
  while (q < end) {
    v128.store(q + t5, sum6(v128.load(p), q, q + (t5 - t4), q + (t5 - t3), q + (t5 - t2), q + (t5 - t1)));
    p += 16;
    q += 16;
    v128.store(q + t5, sum6(v128.load(p), q, q + (t5 - t4), q + (t5 - t3), q + (t5 - t2), q + (t5 - t1)));
    p += 16;
    q += 16;
  }
  const left = length - erased;
  clear(q + t5, left);
  settle5(p, left, q, q + (t5 - t4), q + (t5 - t3), q + (t5 - t2), q + (t5 - t1), out);
  return left;
}
