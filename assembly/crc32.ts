/**
 * CRC-32 (IEEE 802.3, "CRC-32/ISO-HDLC"): polynomial 0x04C11DB7, bit-reflected, all ones in and out.
 */
const POLY: u32 = 0xedb88320;
/** u32[256]; entry 1 is 0 until the table is built. */
const TABLE: usize = memory.data(1024, 16);

function buildTable(): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ POLY : c >>> 1;
    store<u32>(TABLE + (usize(i) << 2), c);
  }
}

export function crc32(pointer: usize, length: usize, crc: u32): u32 {
  if (load<u32>(TABLE, 4) == 0) buildTable();
  let c = ~crc;
  const end = pointer + length;
  for (let p = pointer; p < end; p++) c = (c >>> 8) ^ load<u32>(TABLE + (usize((c ^ load<u8>(p)) & 255) << 2));
  return ~c;
}

/** a * b mod P, both reflected: bit 31 is x^0. */
function multiply(a: u32, b: u32): u32 {
  let product: u32 = 0;
  for (let bit: u32 = 0x80000000; bit != 0; bit >>>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? (b >>> 1) ^ POLY : b >>> 1;
  }
  return product;
}

/**
 * CRC of A followed by B: crc(A) * x^(8 lengthB) + crc(B) mod P; the ones in and out cancel.
 */
export function crc32Combine(a: u32, b: u32, lengthB: f64): u32 {
  let power: u32 = 0x80000000; // x^0
  let square: u32 = 0x00800000; // x^8
  for (let n = u64(lengthB); n != 0; n >>= 1) {
    if (n & 1) power = multiply(power, square);
    square = multiply(square, square);
  }
  return multiply(a, power) ^ b;
}
