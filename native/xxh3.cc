/** XXH3, 64 bits, any seed, default secret. */
#include "_xxh3.h"

namespace plumbline {

using namespace xxh3_detail;

static uint64_t upTo16(const uint8_t* p, size_t length, uint64_t seed) {
  if (length > 8) {
    const uint64_t low = load64(p) ^ ((load64(SECRET + 24) ^ load64(SECRET + 32)) + seed);
    const uint64_t top = load64(p + length - 8) ^ ((load64(SECRET + 40) ^ load64(SECRET + 48)) - seed);
    return avalanche(length + __builtin_bswap64(low) + top + fold(low, top));
  }
  if (length >= 4) {
    const uint64_t words = load32(p + length - 4) + (uint64_t(load32(p)) << 32);
    const uint64_t both = seed ^ (uint64_t(__builtin_bswap32(uint32_t(seed))) << 32);
    uint64_t h = words ^ ((load64(SECRET + 8) ^ load64(SECRET + 16)) - both);
    h = (h ^ ((h << 49) | (h >> 15)) ^ ((h << 24) | (h >> 40))) * MIX_2;
    h = (h ^ ((h >> 35) + length)) * MIX_2;
    return h ^ (h >> 28);
  }
  if (length > 0) return avalanche64(upTo3Word(p, length) ^ ((load32(SECRET) ^ load32(SECRET + 4)) + seed));
  return avalanche64(seed ^ load64(SECRET + 56) ^ load64(SECRET + 64));
}

/** Pairs of 16 bytes, one from each end. */
static uint64_t upTo128(const uint8_t* p, size_t length, uint64_t seed) {
  uint64_t h = length * P64_1;
  for (int i = static_cast<int>((length - 1) / 32); i >= 0; i--) {
    h += mix16(p + 16 * i, SECRET + 32 * i, seed) + mix16(p + length - 16 * (i + 1), SECRET + 32 * i + 16, seed);
  }
  return avalanche(h);
}

static uint64_t upTo240(const uint8_t* p, size_t length, uint64_t seed) {
  uint64_t h = length * P64_1;
  for (size_t i = 0; i < 128; i += 16) h += mix16(p + i, SECRET + i, seed);
  h = avalanche(h);
  for (size_t i = 128; i + 16 <= length; i += 16) h += mix16(p + i, SECRET + i - 125, seed);
  return avalanche(h + mix16(p + length - 16, SECRET + 119, seed));
}

uint64_t xxh3(const uint8_t* bytes, size_t length, uint64_t seed, Level level) {
  if (length > 240) return Long(bytes, length, seed, level).merge(11, length * P64_1);
  if (length > 128) return upTo240(bytes, length, seed);
  if (length > 16) return upTo128(bytes, length, seed);
  return upTo16(bytes, length, seed);
}

}  // namespace plumbline
