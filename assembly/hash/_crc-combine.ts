/**
 * CRC of A followed by B, from their CRCs: appending n bytes multiplies A's remainder by x^(8n), and the ones in and out cancel.
 *
 * @param lengthB bytes of B: an integer below 2^53
 * @param poly bit-reflected
 * @param one x^0, the polynomial's highest bit
 * O(log n): x^(8n) by repeated squaring.
 */
export function combine(a: u64, b: u64, lengthB: f64, poly: u64, one: u64): u64 {
  let power = one;
  let square = one >> 8;
  for (let n = u64(lengthB); n != 0; n >>= 1) {
    if (n & 1) power = multiply(power, square, poly, one);
    square = multiply(square, square, poly, one);
  }
  return multiply(a, power, poly, one) ^ b;
}

/** a * b modulo `poly`: `b` is multiplied by x once per bit of `a`. */
function multiply(a: u64, b: u64, poly: u64, one: u64): u64 {
  let product: u64 = 0;
  for (let bit = one; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? (b >> 1) ^ poly : b >> 1;
  }
  return product;
}
