/**
 * CRC-32C (Castagnoli; iSCSI, RFC 3720): polynomial 0x1EDC6F41. By the CRC instruction of SSE 4.2 where there is one, else slicing by 16.
 *
 * The instruction takes 8 bytes a cycle but gives its answer three cycles later. So three neighbouring stretches are summed side by side and
 * joined: what comes before n bytes counts x^(8n) times. One carry-less product does that, and the instruction itself reduces it: it
 * multiplies by another x^32, and the product, reflected, by x, so the factor is x^(8n - 33).
 *
 * Where carry-less multiplication is 64 bytes wide it is twice as fast still, from a few KiB on.
 */
#include "_crc-fold.h"

namespace plumbline {

static constexpr uint32_t POLY = 0x82f63b78;
static constexpr auto TABLE = makeTable<uint32_t, 16>(POLY);

#ifdef PLUMBLINE_X86

PLUMBLINE_FOLD static inline uint64_t step(uint64_t c, const uint8_t* p) { return _mm_crc32_u64(c, load<uint64_t>(p)); }

/** `c` times `factor`, not yet reduced. */
PLUMBLINE_FOLD static inline uint64_t product(uint64_t c, uint32_t factor) {
  const __m128i both = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(c)), _mm_cvtsi64_si128(factor), 0);
  return static_cast<uint64_t>(_mm_cvtsi128_si64(both));
}

/** Takes three stretches of BYTES each for as long as there are that many, and moves `p` and `length` on. */
template <size_t BYTES>
PLUMBLINE_FOLD static uint64_t threeAtATime(const uint8_t*& p, size_t& length, uint64_t a) {
  constexpr uint32_t once = power(8 * BYTES - 33, POLY);
  constexpr uint32_t twice = power(16 * BYTES - 33, POLY);
  for (; length >= 3 * BYTES; p += 3 * BYTES, length -= 3 * BYTES) {
    uint64_t b = 0;
    uint64_t c = 0;
    for (size_t at = 0; at < BYTES; at += 8) {
      a = step(a, p + at);
      b = step(b, p + BYTES + at);
      c = step(c, p + 2 * BYTES + at);
    }
    a = _mm_crc32_u64(0, product(a, twice) ^ product(b, once)) ^ c;
  }
  return a;
}

PLUMBLINE_FOLD static uint32_t hardware(const uint8_t* p, size_t length, uint32_t crc) {
  uint64_t c = crc;
  c = threeAtATime<4096>(p, length, c);
  c = threeAtATime<512>(p, length, c);
  c = threeAtATime<64>(p, length, c);
  for (; length >= 8; p += 8, length -= 8) c = step(c, p);
  for (; length > 0; p++, length--) c = _mm_crc32_u8(static_cast<uint32_t>(c), *p);
  return static_cast<uint32_t>(c);
}

#endif

static uint32_t registerAfter(const uint8_t* bytes, size_t length, uint32_t c, [[maybe_unused]] Level level) {
#ifdef PLUMBLINE_X86
  if (level >= Level::AVX512 && length >= 4096) return wideFolded<uint32_t, POLY>(TABLE, bytes, length, c);
  if (level >= Level::SSE42) return hardware(bytes, length, c);
#endif
  return sliced(TABLE, bytes, length, c);
}

uint32_t crc32c(const uint8_t* bytes, size_t length, uint32_t crc, Level level) { return ~registerAfter(bytes, length, ~crc, level); }

}  // namespace plumbline
