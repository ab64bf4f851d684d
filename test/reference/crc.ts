/**
 * CRCs by their definition: a bit at a time, and polynomials over GF(2) as integers. Source of the parameters: the RevEng catalogue,
 * https://reveng.sourceforge.io/crc-catalogue/
 */

/** Bit-reflected 0x04C11DB7. */
const POLY_32 = 0xedb88320;
/** Bit-reflected 0x1EDC6F41. */
const POLY_32C = 0x82f63b78;
/** Bit-reflected 0xAD93D23594C93659, in halves: a bit at a time is slow enough without BigInt. */
const [POLY_64_HIGH, POLY_64_LOW] = [0x9a6c9329, 0xac4bc9b5];
/** x^32 + … and x^64 + …, the highest power first. */
const DIVISOR_32 = 0x104c11db7n;
const DIVISOR_32C = 0x11edc6f41n;
const DIVISOR_64 = 0x1ad93d23594c93659n;

/** CRC-32/ISO-HDLC of `bytes` continuing `crc` (0 to begin). Unsigned. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  return bitwise(bytes, crc, POLY_32);
}

/** Checksum in the high half, length in the low. */
export function crc32Rows(regions: readonly Uint8Array[]): readonly bigint[] {
  return regions.map((bytes) => (BigInt(crc32(bytes)) << 32n) | BigInt(bytes.length));
}

/** CRC-32/ISCSI (CRC-32C) of `bytes` continuing `crc` (0 to begin). Unsigned. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  return bitwise(bytes, crc, POLY_32C);
}

function bitwise(bytes: Uint8Array, crc: number, poly: number): number {
  let register = ~crc;
  for (const byte of bytes) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ poly : register >>> 1;
  }
  return ~register >>> 0;
}

/** CRC-64/NVME of `bytes` continuing `crc` (0 to begin). */
export function crc64Nvme(bytes: Uint8Array, crc = 0n): bigint {
  let high = ~Number(crc >> 32n);
  let low = ~Number(crc & 0xffffffffn);
  for (const byte of bytes) {
    low ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      const one = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (one) {
        low ^= POLY_64_LOW;
        high ^= POLY_64_HIGH;
      }
    }
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}

/** CRC-32 of A followed by B from their CRCs. */
export function crc32Combine(a: number, b: number, lengthB: number): number {
  return combine(a, b, lengthB, DIVISOR_32);
}

/** CRC-32C of A followed by B from their CRCs. */
export function crc32cCombine(a: number, b: number, lengthB: number): number {
  return combine(a, b, lengthB, DIVISOR_32C);
}

function combine(a: number, b: number, lengthB: number, divisor: bigint): number {
  const shifted = multiply(reflect(BigInt(a), 32), power(8n * BigInt(lengthB), divisor), divisor);
  return Number(reflect(shifted, 32) ^ BigInt(b));
}

/** CRC-64/NVME of A followed by B from their CRCs. */
export function crc64NvmeCombine(a: bigint, b: bigint, lengthB: number): bigint {
  const shifted = multiply(reflect(a, 64), power(8n * BigInt(lengthB), DIVISOR_64), DIVISOR_64);
  return reflect(shifted, 64) ^ b;
}

/** Remainder of the sum of x^e, for the exponents given, by the polynomial of a CRC. */
export function remainder(crc: "32" | "32C" | "64", exponents: readonly number[]): bigint {
  const divisor = { 32: DIVISOR_32, "32C": DIVISOR_32C, 64: DIVISOR_64 }[crc];
  return exponents.reduce((sum, exponent) => sum ^ power(BigInt(exponent), divisor), 0n);
}

/** x^n mod the divisor. */
function power(n: bigint, divisor: bigint): bigint {
  if (n === 0n) return 1n;
  const half = power(n / 2n, divisor);
  const square = multiply(half, half, divisor);
  return n % 2n === 0n ? square : multiply(square, 2n, divisor);
}

function multiply(a: bigint, b: bigint, divisor: bigint): bigint {
  let product = 0n;
  for (let rest = b, term = a; rest > 0n; rest >>= 1n, term <<= 1n) if (rest & 1n) product ^= term;
  const degree = divisor.toString(2).length;
  for (let excess = product.toString(2).length - degree; excess >= 0; excess = product.toString(2).length - degree) {
    product ^= divisor << BigInt(excess);
  }
  return product;
}

function reflect(value: bigint, width: number): bigint {
  return BigInt(`0b${[...value.toString(2).padStart(width, "0")].reverse().join("")}`);
}
