/**
 * CRC-32C (Castagnoli; iSCSI, RFC 3720): polynomial 0x1EDC6F41, bit-reflected, all ones in and out.
 *
 * By sparse multiples: crc32.ts says how and why. This polynomial is divisible by x + 1, so every multiple has an even number of terms, and
 * none as cheap as CRC-32's two loads has been found.
 * test/kernels/crc32c.test.ts divides the multiples by the polynomial.
 *
 * | stage  | multiple                                       | leaves       | loads per 16 bytes | used from    |
 * |--------|------------------------------------------------|--------------|--------------------|--------------|
 * | far    | 1 + z^144 + z^15370 + z^15780                  | 15,792 bytes | 3                  | 47,360 bytes |
 * | middle | 1 + z^260 + z^620 + z^680 + z^780 + z^836      | 848 bytes    | 6                  | 1,696 bytes  |
 * | near   | 1 + z^65 + z^155 + z^170 + z^195 + z^209       | 224 bytes    | 6                  | 384 bytes    |
 * | sliced |                                                | the remainder | 16 + 4            | 0 bytes      |
 *
 * The middle multiple is the near one squared twice. Its distances keep what was stored away from what is loaded: a load that overlaps two
 * stores still on their way must wait for both.
 *
 * Reads nothing outside the region. Not done: three streams joined at the end, as done where there is a CRC instruction.
 */
import { combine, prepare, RING, sliced, TABLE_BYTES, touch } from "./_crc32";

/** The polynomial, bit-reflected: bit 31 is x^0. */
const POLY: u32 = 0x82f63b78;

const TABLE: usize = memory.data(TABLE_BYTES, 64);

const FAR: usize = 15780;
const FAR_REST: usize = 15792;
const FAR_FROM: usize = 47360;
/** Bytes between two moves of the ring: a multiple of the 144 bytes a turn of the loop takes. */
const FAR_CHUNK: usize = 65520;

const MIDDLE: usize = 836;
const MIDDLE_REST: usize = 848;
const MIDDLE_FROM: usize = 1696;

const NEAR: usize = 209;
const NEAR_REST: usize = 224;
const NEAR_FROM: usize = 384;

const FAR_RESIDUE: usize = memory.data(15792, 64);
const MIDDLE_RESIDUE: usize = memory.data(848, 64);
const NEAR_RESIDUE: usize = memory.data(224, 64);

/**
 * Running CRC-32C.
 *
 * @param pointer u8[length] - any alignment
 * @param crc of what came before; 0 to begin
 * @returns the CRC-32C of everything so far
 * O(n): 16 bytes a turn from 384 bytes on. Called on pieces it costs the residues of each again.
 */
export function crc32c(pointer: usize, length: usize, crc: u32): u32 {
  prepare(TABLE, POLY);
  let c = ~crc;
  if (length >= FAR_FROM) {
    const done = far(pointer, length, c) + FAR_REST;
    c = fromMiddle(FAR_RESIDUE, FAR_REST, 0);
    pointer += done;
    length -= done;
  }
  return ~fromMiddle(pointer, length, c);
}

/** The register after `length` < FAR_FROM bytes, from register `c`. */
function fromMiddle(pointer: usize, length: usize, c: u32): u32 {
  if (length >= MIDDLE_FROM) {
    const done = middle(pointer, length, c) + MIDDLE_REST;
    c = fromNear(MIDDLE_RESIDUE, MIDDLE_REST, 0);
    pointer += done;
    length -= done;
  }
  return fromNear(pointer, length, c);
}

/** The register after `length` < MIDDLE_FROM bytes, from register `c`. */
function fromNear(pointer: usize, length: usize, c: u32): u32 {
  if (length >= NEAR_FROM) {
    const done = near(pointer, length, c) + NEAR_REST;
    c = sliced(TABLE, NEAR_RESIDUE, NEAR_REST, 0);
    pointer += done;
    length -= done;
  }
  return sliced(TABLE, pointer, length, c);
}

/**
 * Far stage: s = in ^ s[-144] ^ s[-15370] ^ s[-15780]. The ring holds `s`, 15,780 bytes late; 144 bytes are nine vectors, held in locals.
 *
 * One turn takes nine vectors, so that every local is where the next turn expects it:
 *
 * | vector | s = in ^ ring[0] ^ ring[410] ^ … |
 * |--------|----------------------------------|
 * | s0     | h9                               |
 * | s1     | h8                               |
 * | …      | …                                |
 * | s8     | h1                               |
 *
 * @returns bytes erased; the FAR_REST bytes after them are replaced by FAR_RESIDUE, less than 144 bytes follow unchanged
 */
function far(pointer: usize, length: usize, c: u32): usize {
  const erased = ((length - FAR_REST) / 144) * 144;
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
  let p = pointer;
  for (let left = erased; left > 0; ) {
    const chunk = min(left, FAR_CHUNK);
    left -= chunk;
    touch(p, chunk);
    let q = RING;
    const end = RING + chunk;
    while (q < end) {
      const s0 = v128.xor(v128.xor(v128.load(p), v128.load(q)), v128.xor(v128.load(q, 410), h9));
      v128.store(q, s0, 15780);
      const s1 = v128.xor(v128.xor(v128.load(p, 16), v128.load(q, 16)), v128.xor(v128.load(q, 426), h8));
      v128.store(q, s1, 15796);
      const s2 = v128.xor(v128.xor(v128.load(p, 32), v128.load(q, 32)), v128.xor(v128.load(q, 442), h7));
      v128.store(q, s2, 15812);
      const s3 = v128.xor(v128.xor(v128.load(p, 48), v128.load(q, 48)), v128.xor(v128.load(q, 458), h6));
      v128.store(q, s3, 15828);
      const s4 = v128.xor(v128.xor(v128.load(p, 64), v128.load(q, 64)), v128.xor(v128.load(q, 474), h5));
      v128.store(q, s4, 15844);
      const s5 = v128.xor(v128.xor(v128.load(p, 80), v128.load(q, 80)), v128.xor(v128.load(q, 490), h4));
      v128.store(q, s5, 15860);
      const s6 = v128.xor(v128.xor(v128.load(p, 96), v128.load(q, 96)), v128.xor(v128.load(q, 506), h3));
      v128.store(q, s6, 15876);
      const s7 = v128.xor(v128.xor(v128.load(p, 112), v128.load(q, 112)), v128.xor(v128.load(q, 522), h2));
      v128.store(q, s7, 15892);
      const s8 = v128.xor(v128.xor(v128.load(p, 128), v128.load(q, 128)), v128.xor(v128.load(q, 538), h1));
      v128.store(q, s8, 15908);
      h1 = s8;
      h2 = s7;
      h3 = s6;
      h4 = s5;
      h5 = s4;
      h6 = s3;
      h7 = s2;
      h8 = s1;
      h9 = s0;
      p += 144;
      q += 144;
    }
    memory.copy(RING, RING + chunk, FAR);
  }
  // The residue: the same sums with s = 0 from here on. What was in the locals is the ring's last 144 bytes.
  memory.fill(RING + FAR, 0, FAR_REST);
  for (let at: usize = 0; at < FAR_REST; at += 16) {
    const r = RING + at;
    const seen = v128.xor(v128.load(r, 410), v128.load(r, 15636));
    v128.store(FAR_RESIDUE + at, v128.xor(v128.xor(v128.load(p + at), v128.load(r)), seen));
  }
  return erased;
}

/**
 * Middle stage: 1 + z^260 + z^620 + z^680 + z^780 + z^836. The ring holds `s`, 836 bytes late, so distance t is found at 836 - t. It takes
 * less than FAR_FROM bytes, so the ring need not move.
 *
 * @returns bytes erased; the MIDDLE_REST bytes after them are replaced by MIDDLE_RESIDUE, less than 32 bytes follow unchanged
 */
function middle(pointer: usize, length: usize, c: u32): usize {
  const erased = (length - MIDDLE_REST) & ~31;
  memory.fill(RING, 0, MIDDLE);
  store<u32>(RING, c);
  let p = pointer;
  let q = RING;
  const end = RING + erased;
  while (q < end) {
    const a = v128.xor(v128.xor(v128.load(q), v128.load(q, 56)), v128.xor(v128.load(q, 156), v128.load(q, 216)));
    v128.store(q, v128.xor(v128.xor(v128.load(p), v128.load(q, 576)), a), 836);
    const b = v128.xor(v128.xor(v128.load(q, 16), v128.load(q, 72)), v128.xor(v128.load(q, 172), v128.load(q, 232)));
    v128.store(q, v128.xor(v128.xor(v128.load(p, 16), v128.load(q, 592)), b), 852);
    p += 32;
    q += 32;
  }
  memory.fill(q + MIDDLE, 0, MIDDLE_REST);
  for (let at: usize = 0; at < MIDDLE_REST; at += 16) {
    const r = q + at;
    const a = v128.xor(v128.xor(v128.load(r), v128.load(r, 56)), v128.xor(v128.load(r, 156), v128.load(r, 216)));
    v128.store(MIDDLE_RESIDUE + at, v128.xor(v128.xor(v128.load(p + at), v128.load(r, 576)), a));
  }
  return erased;
}

/**
 * Near stage: 1 + z^65 + z^155 + z^170 + z^195 + z^209, likewise.
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
    const a = v128.xor(v128.xor(v128.load(q), v128.load(q, 14)), v128.xor(v128.load(q, 39), v128.load(q, 54)));
    v128.store(q, v128.xor(v128.xor(v128.load(p), v128.load(q, 144)), a), 209);
    const b = v128.xor(v128.xor(v128.load(q, 16), v128.load(q, 30)), v128.xor(v128.load(q, 55), v128.load(q, 70)));
    v128.store(q, v128.xor(v128.xor(v128.load(p, 16), v128.load(q, 160)), b), 225);
    p += 32;
    q += 32;
  }
  memory.fill(q + NEAR, 0, NEAR_REST);
  for (let at: usize = 0; at < NEAR_REST; at += 16) {
    const r = q + at;
    const a = v128.xor(v128.xor(v128.load(r), v128.load(r, 14)), v128.xor(v128.load(r, 39), v128.load(r, 54)));
    v128.store(NEAR_RESIDUE + at, v128.xor(v128.xor(v128.load(p + at), v128.load(r, 144)), a));
  }
  return erased;
}

/**
 * CRC-32C of A followed by B, from their CRCs.
 *
 * @param lengthB bytes of B: an integer below 2^53
 * O(log n)
 */
export function crc32cCombine(a: u32, b: u32, lengthB: f64): u32 {
  return combine(a, b, lengthB, POLY);
}
