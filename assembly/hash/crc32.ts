/**
 * CRC-32 (IEEE 802.3, "CRC-32/ISO-HDLC"): polynomial 0x04C11DB7, bit-reflected, all ones in and out. By sparse multiples: _crc.ts says how.
 *
 * Reads nothing outside the region. Not done: CRC instructions (WASM has none).
 */
import { CHUNK, clear, copy, near, RING, settle2 } from "./_crc";
import { combine } from "./_crc-combine";
import { prepare, RESIDUE_BYTES, sliced, TABLE_BYTES } from "./_crc32";
import { FAR_RESIDUE_BYTES, far } from "./_crc32-far";

/** P, bit-reflected: bit 31 is x^0. */
const POLY: u32 = 0xedb88320;

const TABLE: usize = memory.data(TABLE_BYTES, 64);

const FAR_FROM: usize = 196608;
const FAR_RESIDUE: usize = memory.data(FAR_RESIDUE_BYTES, 64);

/** The middle multiple reaches 1,130 bytes, and by its bracket ten vectors further. */
const MIDDLE_REST: usize = 1296;
const MIDDLE_FROM: usize = 4608;
/** v128[20] - the last `s` of the middle stage, oldest first, and as many zeros. */
const HISTORY: usize = memory.data(320, 64);
const MIDDLE_RESIDUE: usize = memory.data(RESIDUE_BYTES, 64);

const NEAR_REST: usize = 288;
const NEAR_FROM: usize = 448;
const NEAR_RESIDUE: usize = memory.data(RESIDUE_BYTES, 64);

/**
 * Running CRC-32.
 *
 * @param pointer u8[length] - any alignment
 * @param crc of what came before; 0 to begin
 * @returns the CRC-32 of everything so far
 * O(n): 16 bytes a turn from 448 bytes on. Called on pieces it costs the residue of each again.
 */
export function crc32(pointer: usize, length: usize, crc: u32): u32 {
  prepare(TABLE, POLY);
  let c = ~crc;
  if (length >= FAR_FROM) {
    length = far(pointer, length, c, FAR_RESIDUE);
    pointer = FAR_RESIDUE;
    c = 0;
  }
  if (length >= MIDDLE_FROM) {
    length = middle(pointer, length, c);
    pointer = MIDDLE_RESIDUE;
    c = 0;
  }
  if (length >= NEAR_FROM) {
    length = near(pointer, length, u64(c), 181, 199, 255, 263, 274, NEAR_REST, NEAR_RESIDUE);
    pointer = NEAR_RESIDUE;
    c = 0;
  }
  return ~sliced(TABLE, pointer, length, c);
}

/**
 * Middle stage: Q = 1 + z^7v + z^10v + (z^688 + z^1130) (1 + z^1v + z^7v + z^10v). With x = in ^ ring[0] ^ ring[442],
 *
 *     s = x ^ s[-7v] ^ s[-10v]        u = (s ^ s[-7v] ^ s[-10v]) ^ s[-1v] = x ^ s[-1v]
 *
 * One turn takes ten vectors, so that every local is where the next turn expects it:
 *
 * | vector | s = x ^ … | u = x ^ … |
 * |--------|-----------|-----------|
 * | s0     | h7 ^ h10  | h1        |
 * | s1     | h6 ^ h9   | s0        |
 * | …      | …         | …         |
 * | s9     | s2 ^ h1   | s8        |
 *
 * A register `c` is added to the first four bytes of the message: it goes into the ring, where they look.
 *
 * @param pointer u8[length], length >= MIDDLE_REST
 * @returns how many bytes are left, in MIDDLE_RESIDUE: MIDDLE_REST and what makes no whole turn
 */
function middle(pointer: usize, length: usize, c: u32): usize {
  const erased = ((length - MIDDLE_REST) / 160) * 160;
  clear(RING, 1130);
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
  let p = pointer;
  let q = RING;
  for (let left = erased; left > 0; ) {
    const chunk = min(left, CHUNK);
    left -= chunk;
    if (q != RING) copy(RING, q, 1130);
    q = RING;
    const end = RING + chunk;
    while (q < end) {
      const x0 = v128.xor(v128.load(p), v128.xor(v128.load(q), v128.load(q, 442)));
      const s0 = v128.xor(x0, v128.xor(h7, h10));
      v128.store(q, v128.xor(x0, h1), 1130);
      const x1 = v128.xor(v128.load(p, 16), v128.xor(v128.load(q, 16), v128.load(q, 458)));
      const s1 = v128.xor(x1, v128.xor(h6, h9));
      v128.store(q, v128.xor(x1, s0), 1146);
      const x2 = v128.xor(v128.load(p, 32), v128.xor(v128.load(q, 32), v128.load(q, 474)));
      const s2 = v128.xor(x2, v128.xor(h5, h8));
      v128.store(q, v128.xor(x2, s1), 1162);
      const x3 = v128.xor(v128.load(p, 48), v128.xor(v128.load(q, 48), v128.load(q, 490)));
      const s3 = v128.xor(x3, v128.xor(h4, h7));
      v128.store(q, v128.xor(x3, s2), 1178);
      const x4 = v128.xor(v128.load(p, 64), v128.xor(v128.load(q, 64), v128.load(q, 506)));
      const s4 = v128.xor(x4, v128.xor(h3, h6));
      v128.store(q, v128.xor(x4, s3), 1194);
      const x5 = v128.xor(v128.load(p, 80), v128.xor(v128.load(q, 80), v128.load(q, 522)));
      const s5 = v128.xor(x5, v128.xor(h2, h5));
      v128.store(q, v128.xor(x5, s4), 1210);
      const x6 = v128.xor(v128.load(p, 96), v128.xor(v128.load(q, 96), v128.load(q, 538)));
      const s6 = v128.xor(x6, v128.xor(h1, h4));
      v128.store(q, v128.xor(x6, s5), 1226);
      const x7 = v128.xor(v128.load(p, 112), v128.xor(v128.load(q, 112), v128.load(q, 554)));
      const s7 = v128.xor(x7, v128.xor(s0, h3));
      v128.store(q, v128.xor(x7, s6), 1242);
      const x8 = v128.xor(v128.load(p, 128), v128.xor(v128.load(q, 128), v128.load(q, 570)));
      const s8 = v128.xor(x8, v128.xor(s1, h2));
      v128.store(q, v128.xor(x8, s7), 1258);
      const x9 = v128.xor(v128.load(p, 144), v128.xor(v128.load(q, 144), v128.load(q, 586)));
      const s9 = v128.xor(x9, v128.xor(s2, h1));
      v128.store(q, v128.xor(x9, s8), 1274);
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
    }
  }

  // The residue: the same sums with s = 0 from here on. The locals still reach a turn further, by both brackets.
  const left = length - erased;
  clear(q + 1130, left);
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
    v128.store(q + at, v128.xor(v128.xor(v128.load(h), v128.load(h, 48)), v128.load(h, 144)), 1130);
  }
  settle2(p, left, q, q + 442, MIDDLE_RESIDUE);
  for (let at: usize = 0; at < 160; at += 16) {
    const h = HISTORY + at;
    const seen = v128.xor(v128.load(h), v128.load(h, 48));
    v128.store(MIDDLE_RESIDUE + at, v128.xor(v128.load(MIDDLE_RESIDUE + at), seen));
  }
  return left;
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
  return u32(combine(a, b, lengthB, POLY, 1 << 31));
}
