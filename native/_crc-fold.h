/**
 * CRC by carry-less multiplication (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009).
 *
 * A CRC is a remainder, and a remainder does not change when x^D * V is replaced by something shorter of the same remainder. 16 bytes,
 * V = L * x^64 + H, are moved D bits ahead by two products: L * (x^(D + 64) mod P) + H * (x^D mod P), which fits 16 bytes again and is
 * added to what is there. Reflected, a product comes out one bit high (64 + 64 bits make 127), so the factors are one power short.
 */
#pragma once
#include "_crc.h"

#ifdef PLUMBLINE_X86
#define PLUMBLINE_FOLD __attribute__((target("sse4.2,pclmul")))
#define PLUMBLINE_WIDE_FOLD __attribute__((target("avx512f,vpclmulqdq")))

namespace plumbline {

/** x^n modulo `poly` as a reflected word of 64 bits. */
template <typename T>
constexpr long long word(uint64_t n, T poly) {
  return static_cast<long long>(static_cast<uint64_t>(power(n, poly)) << (64 - 8 * sizeof(T)));
}

/** The factors that move 16 bytes ahead by `bytes`: for L in the low half, for H in the high one. */
template <typename T, T POLY, int BYTES>
PLUMBLINE_FOLD inline __m128i factors() {
  constexpr long long low = word(8 * BYTES + 63, POLY);
  constexpr long long high = word(8 * BYTES - 1, POLY);
  return _mm_set_epi64x(high, low);
}

PLUMBLINE_FOLD inline __m128i fold(__m128i v, __m128i factors, __m128i onto) {
  const __m128i products = _mm_xor_si128(_mm_clmulepi64_si128(v, factors, 0x00), _mm_clmulepi64_si128(v, factors, 0x11));
  return _mm_xor_si128(products, onto);
}

PLUMBLINE_FOLD inline __m128i loadVector(const uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

/** The register after `length` bytes, from register `c`: eight vectors at a time, joined into one, whose CRC the table gives. */
template <typename T, T POLY, size_t ROWS>
PLUMBLINE_FOLD T folded(const Table<T, ROWS>& table, const uint8_t* p, size_t length, T c) {
  constexpr size_t STEP = 128;
  if (length < STEP) return sliced(table, p, length, c);
  const __m128i ahead = factors<T, POLY, STEP>();
  const __m128i next = factors<T, POLY, 16>();
  __m128i v[8];
  for (int i = 0; i < 8; i++) v[i] = loadVector(p + 16 * i);
  v[0] = _mm_xor_si128(v[0], _mm_cvtsi64_si128(static_cast<long long>(c)));
  p += STEP;
  length -= STEP;
  for (; length >= STEP; p += STEP, length -= STEP) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) v[i] = fold(v[i], ahead, loadVector(p + 16 * i));
  }
  __m128i all = v[0];
  for (int i = 1; i < 8; i++) all = fold(all, next, v[i]);
  for (; length >= 16; p += 16, length -= 16) all = fold(all, next, loadVector(p));
  uint8_t last[16];
  memcpy(last, &all, 16);
  return sliced(table, p, length, sliced(table, last, 16, T(0)));
}

/** The same, sixteen vectors at a time in four registers; what is left of them is a message that `folded` goes on with. */
template <typename T, T POLY, size_t ROWS>
PLUMBLINE_WIDE_FOLD T wideFolded(const Table<T, ROWS>& table, const uint8_t* p, size_t length, T c) {
  constexpr size_t STEP = 256;
  if (length < 2 * STEP) return folded<T, POLY>(table, p, length, c);
  const __m512i ahead = _mm512_broadcast_i32x4(factors<T, POLY, STEP>());
  __m512i v[4];
  for (int i = 0; i < 4; i++) v[i] = _mm512_loadu_si512(p + 64 * i);
  v[0] = _mm512_xor_si512(v[0], _mm512_zextsi128_si512(_mm_cvtsi64_si128(static_cast<long long>(c))));
  p += STEP;
  length -= STEP;
  for (; length >= STEP; p += STEP, length -= STEP) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      const __m512i low = _mm512_clmulepi64_epi128(v[i], ahead, 0x00);
      const __m512i high = _mm512_clmulepi64_epi128(v[i], ahead, 0x11);
      v[i] = _mm512_ternarylogic_epi64(low, high, _mm512_loadu_si512(p + 64 * i), 0x96);  // the sum of all three
    }
  }
  uint8_t last[STEP];
  memcpy(last, v, STEP);
  return folded<T, POLY>(table, p, length, folded<T, POLY>(table, last, STEP, T(0)));
}

}  // namespace plumbline
#endif
