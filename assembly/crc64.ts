/**
 * CRC-64/NVME: polynomial 0xAD93D23594C93659, bit-reflected, all ones in and out. By tables, eight bytes at a time.
 *
 * Not done: the sparse-multiple form of crc32.ts (no such multiple of this polynomial has been looked for).
 */

/** The polynomial, bit-reflected: bit 63 is x^0. */
const POLY: u64 = 0x9a6c9329ac4bc9b5;

/** u64[8][256] - row k: the CRC of a byte followed by k zero bytes. Zero until first use (entry 1 tells). */
const TABLE: usize = memory.data(16384, 64);

/**
 * Continues a CRC-64/NVME. Slicing by 8: byte i of a block has 7 - i bytes after it, the register is added to all eight.
 *
 * @param pointer u8[length] - any alignment; nothing outside is read
 * @param state u64 - in: the CRC of what came before, 0 to begin; out: of everything so far
 * O(n)
 */
export function crc64Nvme(pointer: usize, length: usize, state: usize): void {
  if (load<u64>(TABLE, 8) == 0) buildTable();
  let c = ~load<u64>(state);
  let p = pointer;
  const blocks = pointer + (length & ~7);
  while (p < blocks) {
    const w = load<u64>(p) ^ c;
    const low = u32(w);
    const high = u32(w >> 32);
    c =
      load<u64>((low & 255) << 3, TABLE + 14336) ^
      load<u64>(((low >>> 8) & 255) << 3, TABLE + 12288) ^
      (load<u64>(((low >>> 16) & 255) << 3, TABLE + 10240) ^ load<u64>((low >>> 24) << 3, TABLE + 8192)) ^
      (load<u64>((high & 255) << 3, TABLE + 6144) ^
        load<u64>(((high >>> 8) & 255) << 3, TABLE + 4096) ^
        (load<u64>(((high >>> 16) & 255) << 3, TABLE + 2048) ^ load<u64>((high >>> 24) << 3, TABLE)));
    p += 8;
  }
  const end = pointer + length;
  for (; p < end; p++) c = (c >> 8) ^ load<u64>(((u32(c) ^ load<u8>(p)) & 255) << 3, TABLE);
  store<u64>(state, ~c);
}

function buildTable(): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = u64(i);
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >> 1) ^ POLY : c >> 1;
    store<u64>(TABLE + (i << 3), c);
  }
  for (let at: usize = 2048; at < 16384; at += 8) {
    const c = load<u64>(TABLE + at - 2048);
    store<u64>(TABLE + at, (c >> 8) ^ load<u64>(TABLE + ((u32(c) & 255) << 3)));
  }
}

/**
 * CRC-64/NVME of A followed by B: crc(A) * x^(8 lengthB) + crc(B).
 *
 * @param a u64 - in: CRC of A; out: CRC of both
 * @param b u64 - CRC of B
 * @param lengthB bytes of B: an integer below 2^53
 * O(log n): x^(8n) by repeated squaring.
 */
export function crc64NvmeCombine(a: usize, b: usize, lengthB: f64): void {
  let power: u64 = 0x8000000000000000; // x^0
  let square: u64 = 0x0080000000000000; // x^8
  for (let n = u64(lengthB); n != 0; n >>= 1) {
    if (n & 1) power = multiply(power, square);
    square = multiply(square, square);
  }
  store<u64>(a, multiply(load<u64>(a), power) ^ load<u64>(b));
}

/** a * b mod P, reflected: `b` is multiplied by x once per bit of `a`. */
function multiply(a: u64, b: u64): u64 {
  let product: u64 = 0;
  for (let bit: u64 = 0x8000000000000000; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? (b >> 1) ^ POLY : b >> 1;
  }
  return product;
}
