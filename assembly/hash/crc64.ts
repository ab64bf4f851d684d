/**
 * CRC-64/NVME: polynomial 0xAD93D23594C93659, bit-reflected, all ones in and out. By sparse multiples: _crc.ts says how.
 *
 * Reads nothing outside the region. Not done: a near stage (a multiple of a polynomial of degree 64 needs eight terms to reach no further
 * than a kilobyte), CRC instructions (WASM has none).
 */
import { CHUNK, clear, copy, RING, settle5 } from "./_crc";
import { combine } from "./_crc-combine";

/** P, bit-reflected: bit 63 is x^0. */
const POLY: u64 = 0x9a6c9329ac4bc9b5;

/** u64[16][256] - row k: the CRC of a byte followed by k zero bytes. Zero until first use (entry 1 tells). */
const TABLE: usize = memory.data(32768, 64);

/** The middle multiple reaches 2,010 bytes, and by its bracket twelve vectors further. */
const MIDDLE_REST: usize = 2208;
const MIDDLE_FROM: usize = 3584;
/** v128[24] - the last `s` of the middle stage, oldest first, and as many zeros. */
const HISTORY: usize = memory.data(384, 64);
/** MIDDLE_REST and what is less than a turn. */
const MIDDLE_RESIDUE: usize = memory.data(2400, 64);

/**
 * Continues a CRC-64/NVME.
 *
 * @param pointer u8[length] - any alignment
 * @param state u64 - in: the CRC of what came before, 0 to begin; out: of everything so far
 * O(n): 16 bytes a turn from 3,584 bytes on. Called on pieces it costs the residue of each again.
 */
export function crc64Nvme(pointer: usize, length: usize, state: usize): void {
  if (load<u64>(TABLE, 8) == 0) buildTable();
  let c = ~load<u64>(state);
  if (length >= MIDDLE_FROM) {
    length = middle(pointer, length, c);
    pointer = MIDDLE_RESIDUE;
    c = 0;
  }
  store<u64>(state, ~sliced(pointer, length, c));
}

/**
 * Middle stage: Q = 1 + z^1v + z^5v + z^11v + z^12v + (z^940 + z^1576 + z^1856 + z^1904 + z^2010) (1 + z^12v).
 * With x = in ^ ring[0] ^ ring[106] ^ ring[154] ^ ring[434] ^ ring[1070],
 *
 *     s = x ^ s[-1v] ^ s[-5v] ^ s[-11v] ^ s[-12v]        u = s ^ s[-12v]
 *
 * One turn takes twelve vectors, so that every local is where the next turn expects it:
 *
 * | vector | s = x ^ …             | u = s ^ … |
 * |--------|-----------------------|-----------|
 * | s0     | h5 ^ h11 ^ h12 ^ h1   | h12       |
 * | s1     | h4 ^ h10 ^ h11 ^ s0   | h11       |
 * | …      | …                     | …         |
 * | s11    | s6 ^ s0 ^ h1 ^ s10    | h1        |
 *
 * The vector just before comes last: it is the one that may not be ready yet.
 *
 * A register `c` is added to the first eight bytes of the message: it goes into the ring, where they look.
 *
 * @param pointer u8[length], length >= MIDDLE_REST
 * @returns how many bytes are left, in MIDDLE_RESIDUE: MIDDLE_REST and what makes no whole turn
 */
function middle(pointer: usize, length: usize, c: u64): usize {
  const erased = ((length - MIDDLE_REST) / 192) * 192;
  clear(RING, 2010);
  store<u64>(RING, c);
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
    if (q != RING) copy(RING, q, 2010);
    q = RING;
    const end = RING + chunk;
    while (q < end) {
      const x0 = found(p, q);
      const s0 = v128.xor(v128.xor(x0, v128.xor(v128.xor(h5, h11), h12)), h1);
      v128.store(q, v128.xor(s0, h12), 2010);
      const x1 = found(p + 16, q + 16);
      const s1 = v128.xor(v128.xor(x1, v128.xor(v128.xor(h4, h10), h11)), s0);
      v128.store(q, v128.xor(s1, h11), 2026);
      const x2 = found(p + 32, q + 32);
      const s2 = v128.xor(v128.xor(x2, v128.xor(v128.xor(h3, h9), h10)), s1);
      v128.store(q, v128.xor(s2, h10), 2042);
      const x3 = found(p + 48, q + 48);
      const s3 = v128.xor(v128.xor(x3, v128.xor(v128.xor(h2, h8), h9)), s2);
      v128.store(q, v128.xor(s3, h9), 2058);
      const x4 = found(p + 64, q + 64);
      const s4 = v128.xor(v128.xor(x4, v128.xor(v128.xor(h1, h7), h8)), s3);
      v128.store(q, v128.xor(s4, h8), 2074);
      const x5 = found(p + 80, q + 80);
      const s5 = v128.xor(v128.xor(x5, v128.xor(v128.xor(s0, h6), h7)), s4);
      v128.store(q, v128.xor(s5, h7), 2090);
      const x6 = found(p + 96, q + 96);
      const s6 = v128.xor(v128.xor(x6, v128.xor(v128.xor(s1, h5), h6)), s5);
      v128.store(q, v128.xor(s6, h6), 2106);
      const x7 = found(p + 112, q + 112);
      const s7 = v128.xor(v128.xor(x7, v128.xor(v128.xor(s2, h4), h5)), s6);
      v128.store(q, v128.xor(s7, h5), 2122);
      const x8 = found(p + 128, q + 128);
      const s8 = v128.xor(v128.xor(x8, v128.xor(v128.xor(s3, h3), h4)), s7);
      v128.store(q, v128.xor(s8, h4), 2138);
      const x9 = found(p + 144, q + 144);
      const s9 = v128.xor(v128.xor(x9, v128.xor(v128.xor(s4, h2), h3)), s8);
      v128.store(q, v128.xor(s9, h3), 2154);
      const x10 = found(p + 160, q + 160);
      const s10 = v128.xor(v128.xor(x10, v128.xor(v128.xor(s5, h1), h2)), s9);
      v128.store(q, v128.xor(s10, h2), 2170);
      const x11 = found(p + 176, q + 176);
      const s11 = v128.xor(v128.xor(x11, v128.xor(v128.xor(s6, s0), h1)), s10);
      v128.store(q, v128.xor(s11, h1), 2186);
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
  clear(q + 2010, left);
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
    v128.store(q + at, v128.load(h), 2010);
  }
  settle5(p, left, q, q + 106, q + 154, q + 434, q + 1070, MIDDLE_RESIDUE);
  for (let at: usize = 0; at < 192; at += 16) {
    const h = HISTORY + at;
    const seen = v128.xor(v128.xor(v128.load(h), v128.load(h, 16)), v128.xor(v128.load(h, 112), v128.load(h, 176)));
    v128.store(MIDDLE_RESIDUE + at, v128.xor(v128.load(MIDDLE_RESIDUE + at), seen));
  }
  return left;
}

/** x: what is at `p`, and what the ring holds for it. */
function found(p: usize, q: usize): v128 {
  return v128.xor(
    v128.xor(v128.xor(v128.load(p), v128.load(q)), v128.xor(v128.load(q, 106), v128.load(q, 154))),
    v128.xor(v128.load(q, 434), v128.load(q, 1070)),
  );
}

/**
 * Slicing by 16, as in _crc32.ts: byte i of a block has 15 - i after it, the register is added to the first eight.
 */
function sliced(pointer: usize, length: usize, c: u64): u64 {
  let p = pointer;
  const blocks = pointer + (length & ~15);
  while (p < blocks) {
    const d = load<u32>(p, 8);
    const e = load<u32>(p, 12);
    const later =
      load<u64>((d & 255) << 3, TABLE + 14336) ^
      load<u64>(((d >>> 8) & 255) << 3, TABLE + 12288) ^
      (load<u64>(((d >>> 16) & 255) << 3, TABLE + 10240) ^ load<u64>((d >>> 24) << 3, TABLE + 8192)) ^
      (load<u64>((e & 255) << 3, TABLE + 6144) ^
        load<u64>(((e >>> 8) & 255) << 3, TABLE + 4096) ^
        (load<u64>(((e >>> 16) & 255) << 3, TABLE + 2048) ^ load<u64>((e >>> 24) << 3, TABLE)));
    const w = load<u64>(p) ^ c;
    const a = u32(w);
    const b = u32(w >> 32);
    c =
      later ^
      (load<u64>((a & 255) << 3, TABLE + 30720) ^
        load<u64>(((a >>> 8) & 255) << 3, TABLE + 28672) ^
        (load<u64>(((a >>> 16) & 255) << 3, TABLE + 26624) ^ load<u64>((a >>> 24) << 3, TABLE + 24576)) ^
        (load<u64>((b & 255) << 3, TABLE + 22528) ^
          load<u64>(((b >>> 8) & 255) << 3, TABLE + 20480) ^
          (load<u64>(((b >>> 16) & 255) << 3, TABLE + 18432) ^ load<u64>((b >>> 24) << 3, TABLE + 16384))));
    p += 16;
  }
  const end = pointer + length;
  for (; p < end; p++) c = (c >> 8) ^ load<u64>(((u32(c) ^ load<u8>(p)) & 255) << 3, TABLE);
  return c;
}

function buildTable(): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = u64(i);
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >> 1) ^ POLY : c >> 1;
    store<u64>(TABLE + (i << 3), c);
  }
  for (let at: usize = 2048; at < 32768; at += 8) {
    const c = load<u64>(TABLE + at - 2048);
    store<u64>(TABLE + at, (c >> 8) ^ load<u64>(TABLE + ((u32(c) & 255) << 3)));
  }
}

/**
 * CRC-64/NVME of A followed by B, from their CRCs.
 *
 * @param a u64 - in: CRC of A; out: CRC of both
 * @param b u64 - CRC of B
 * @param lengthB bytes of B: an integer below 2^53
 * O(log n)
 */
export function crc64NvmeCombine(a: usize, b: usize, lengthB: f64): void {
  store<u64>(a, combine(load<u64>(a), load<u64>(b), lengthB, POLY, 1 << 63));
}
