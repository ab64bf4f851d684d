/**
 * What every 32-bit CRC, bit-reflected, all ones in and out, has in common: the table form, the joining of two, and the memory they work in.
 * `poly` is the polynomial, bit-reflected: bit 31 is x^0.
 */

/** u32[16][256] - row k: the CRC of a byte followed by k zero bytes. */
export const TABLE_BYTES: i32 = 16384;

/** What sparse multiples add to bytes yet to come (see crc32.ts); the largest is CRC-32C's. */
export const RING: usize = memory.data(81920, 64);

const TOUCHED: usize = memory.data(8);

/** Loads one word of every cache line. */
export function touch(pointer: usize, length: usize): void {
  let all: u64 = 0;
  const end = pointer + length;
  for (let p = pointer; p < end; p += 64) all |= load<u64>(p);
  store<u64>(TOUCHED, all); // a use, so that the loads stay
}

/**
 * Slicing by 16: the register after a block is the sum of what each of its bytes leaves behind, and row k of the table knows what a byte
 * leaves
 * after k more. Byte i of a block has 15 - i after it; the register itself is added to the first four.
 */
export function sliced(table: usize, pointer: usize, length: usize, c: u32): u32 {
  let p = pointer;
  const blocks = pointer + (length & ~15);
  while (p < blocks) {
    const a = load<u32>(p) ^ c;
    const b = load<u32>(p, 4);
    const d = load<u32>(p, 8);
    const e = load<u32>(p, 12);
    c =
      load<u32>(table + ((a & 255) << 2), 15360) ^
      load<u32>(table + (((a >>> 8) & 255) << 2), 14336) ^
      (load<u32>(table + (((a >>> 16) & 255) << 2), 13312) ^ load<u32>(table + ((a >>> 24) << 2), 12288)) ^
      (load<u32>(table + ((b & 255) << 2), 11264) ^
        load<u32>(table + (((b >>> 8) & 255) << 2), 10240) ^
        (load<u32>(table + (((b >>> 16) & 255) << 2), 9216) ^ load<u32>(table + ((b >>> 24) << 2), 8192))) ^
      (load<u32>(table + ((d & 255) << 2), 7168) ^
        load<u32>(table + (((d >>> 8) & 255) << 2), 6144) ^
        (load<u32>(table + (((d >>> 16) & 255) << 2), 5120) ^ load<u32>(table + ((d >>> 24) << 2), 4096))) ^
      (load<u32>(table + ((e & 255) << 2), 3072) ^
        load<u32>(table + (((e >>> 8) & 255) << 2), 2048) ^
        (load<u32>(table + (((e >>> 16) & 255) << 2), 1024) ^ load<u32>(table + ((e >>> 24) << 2))));
    p += 16;
  }
  const end = pointer + length;
  for (; p < end; p++) c = (c >>> 8) ^ load<u32>(table + (((c ^ load<u8>(p)) & 255) << 2));
  return c;
}

/** Fills `table`, TABLE_BYTES, unless it is (entry 1 tells). */
export function prepare(table: usize, poly: u32): void {
  if (load<u32>(table, 4) == 0) buildTable(table, poly);
}

function buildTable(table: usize, poly: u32): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ poly : c >>> 1;
    store<u32>(table + (i << 2), c);
  }
  for (let at: usize = 1024; at < 16384; at += 4) {
    const c = load<u32>(table + at - 1024);
    store<u32>(table + at, (c >>> 8) ^ load<u32>(table + ((c & 255) << 2)));
  }
}

/**
 * CRC of A followed by B, from their CRCs: appending n bytes multiplies A's remainder by x^(8n), and the ones in and out cancel.
 *
 * @param lengthB bytes of B: an integer below 2^53
 * O(log n): x^(8n) by repeated squaring.
 */
export function combine(a: u32, b: u32, lengthB: f64, poly: u32): u32 {
  let power: u32 = 0x80000000; // x^0
  let square: u32 = 0x00800000; // x^8
  for (let n = u64(lengthB); n != 0; n >>= 1) {
    if (n & 1) power = multiply(power, square, poly);
    square = multiply(square, square, poly);
  }
  return multiply(a, power, poly) ^ b;
}

/** a * b modulo `poly`, reflected: `b` is multiplied by x once per bit of `a`. */
function multiply(a: u32, b: u32, poly: u32): u32 {
  let product: u32 = 0;
  for (let bit: u32 = 0x80000000; bit != 0; bit >>>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? (b >>> 1) ^ poly : b >>> 1;
  }
  return product;
}
