/**
 * What every CRC here has in common: bit-reflected (the top bit of a register is x^0), all ones in and out, and T as wide as the polynomial.
 * All tables and constants are computed by the compiler.
 */
#pragma once
#include <array>

#include "kernels.h"

namespace plumbline {

/** a * b modulo `poly`: `b` is multiplied by x once per bit of `a`. */
template <typename T>
constexpr T multiply(T a, T b, T poly) {
  T product = 0;
  for (T bit = T(1) << (8 * sizeof(T) - 1); bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? (b >> 1) ^ poly : b >> 1;
  }
  return product;
}

/** x^n modulo `poly`, by repeated squaring. */
template <typename T>
constexpr T power(uint64_t n, T poly) {
  T result = T(1) << (8 * sizeof(T) - 1);
  for (T square = result >> 1; n != 0; n >>= 1, square = multiply(square, square, poly)) {
    if (n & 1) result = multiply(result, square, poly);
  }
  return result;
}

/** Row k: the CRC register after a byte followed by k zero bytes. */
template <typename T, size_t ROWS>
using Table = std::array<std::array<T, 256>, ROWS>;

template <typename T, size_t ROWS>
constexpr Table<T, ROWS> makeTable(T poly) {
  Table<T, ROWS> table{};
  for (unsigned byte = 0; byte < 256; byte++) {
    T c = byte;
    for (int bit = 0; bit < 8; bit++) c = c & 1 ? (c >> 1) ^ poly : c >> 1;
    table[0][byte] = c;
  }
  for (size_t row = 1; row < ROWS; row++) {
    for (unsigned byte = 0; byte < 256; byte++) table[row][byte] = (table[row - 1][byte] >> 8) ^ table[0][table[row - 1][byte] & 255];
  }
  return table;
}

/**
 * The register after `length` bytes, from register `c`. Slicing: it is the sum of what each byte of a block leaves behind, and row k knows
 * what a byte leaves after k more. The register itself is added to the block's first bytes.
 */
template <typename T, size_t ROWS>
T sliced(const Table<T, ROWS>& table, const uint8_t* p, size_t length, T c) {
  for (; length >= ROWS; p += ROWS, length -= ROWS) {
    T next = 0;
#pragma GCC unroll 2
    for (size_t at = 0; at < ROWS; at += 8) {
      const uint64_t word = load<uint64_t>(p + at) ^ (at == 0 ? c : 0);
#pragma GCC unroll 8
      for (int i = 0; i < 8; i++) next ^= table[ROWS - 1 - at - i][(word >> (8 * i)) & 255];
    }
    c = next;
  }
  for (; length > 0; p++, length--) c = (c >> 8) ^ table[0][(c ^ *p) & 255];
  return c;
}

}  // namespace plumbline
