/** CRC-64/NVME: polynomial 0xAD93D23594C93659, bit-reflected, all ones in and out. */
const POLY: u64 = 0x9a6c9329ac4bc9b5;
const TABLE: usize = memory.data(2048, 16);

function buildTable(): void {
  for (let i: u64 = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >> 1) ^ POLY : c >> 1;
    store<u64>(TABLE + (usize(i) << 3), c);
  }
}

export function crc64Nvme(pointer: usize, length: usize, state: usize): void {
  if (load<u64>(TABLE, 8) == 0) buildTable();
  let c = ~load<u64>(state);
  const end = pointer + length;
  for (let p = pointer; p < end; p++) c = (c >> 8) ^ load<u64>(TABLE + (usize((c ^ load<u8>(p)) & 255) << 3));
  store<u64>(state, ~c);
}

function multiply(a: u64, b: u64): u64 {
  let product: u64 = 0;
  for (let bit: u64 = 0x8000000000000000; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? (b >> 1) ^ POLY : b >> 1;
  }
  return product;
}

export function crc64NvmeCombine(a: usize, b: usize, lengthB: f64): void {
  let power: u64 = 0x8000000000000000; // x^0
  let square: u64 = 0x0080000000000000; // x^8
  for (let n = u64(lengthB); n != 0; n >>= 1) {
    if (n & 1) power = multiply(power, square);
    square = multiply(square, square);
  }
  store<u64>(a, multiply(load<u64>(a), power) ^ load<u64>(b));
}
