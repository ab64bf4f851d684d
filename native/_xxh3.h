/**
 * What XXH3's 64-bit and 128-bit hashes have in common: the secret, the arithmetic, and the accumulators of long inputs.
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
#pragma once
#include "kernels.h"

namespace plumbline::xxh3_detail {

constexpr size_t SECRET_BYTES = 192;
extern const uint8_t SECRET[SECRET_BYTES];

constexpr uint64_t P32_1 = 0x9e3779b1;
constexpr uint64_t P32_2 = 0x85ebca77;
constexpr uint64_t P32_3 = 0xc2b2ae3d;
constexpr uint64_t P64_1 = 0x9e3779b185ebca87;
constexpr uint64_t P64_2 = 0xc2b2ae3d27d4eb4f;
constexpr uint64_t P64_3 = 0x165667b19e3779f9;
constexpr uint64_t P64_4 = 0x85ebca77c2b2ae63;
constexpr uint64_t P64_5 = 0x27d4eb2f165667c5;
constexpr uint64_t MIX_1 = 0x165667919e3779f9;
constexpr uint64_t MIX_2 = 0x9fb21c651e98df25;

inline uint32_t load32(const uint8_t* p) { return load<uint32_t>(p); }
inline uint64_t load64(const uint8_t* p) { return load<uint64_t>(p); }

/** High half of the 128-bit product. */
inline uint64_t high(uint64_t a, uint64_t b) { return static_cast<uint64_t>((static_cast<unsigned __int128>(a) * b) >> 64); }

/** Low xor high half of the 128-bit product. */
inline uint64_t fold(uint64_t a, uint64_t b) { return (a * b) ^ high(a, b); }

inline uint64_t avalanche(uint64_t h) {
  h = (h ^ (h >> 37)) * MIX_1;
  return h ^ (h >> 32);
}

/** XXH64's. */
inline uint64_t avalanche64(uint64_t h) {
  h = (h ^ (h >> 33)) * P64_2;
  h = (h ^ (h >> 29)) * P64_3;
  return h ^ (h >> 32);
}

inline uint64_t mix16(const uint8_t* p, const uint8_t* s, uint64_t seed) {
  return fold(load64(p) ^ (load64(s) + seed), load64(p + 8) ^ (load64(s + 8) - seed));
}

/** The bytes of an input of 1 to 3: first, middle, last, and how many. */
inline uint32_t upTo3Word(const uint8_t* p, size_t length) {
  return (uint32_t(p[0]) << 16) | (uint32_t(p[length >> 1]) << 24) | p[length - 1] | (uint32_t(length) << 8);
}

/** More than 240 bytes: what the input leaves in eight accumulators, and the seed's secret. */
struct Long {
  alignas(64) uint64_t acc[8];
  alignas(64) uint8_t secret[SECRET_BYTES];

  Long(const uint8_t* p, size_t length, uint64_t seed, Level level);

  /** The accumulators in one word, by 64 bytes of secret. */
  uint64_t merge(size_t secretAt, uint64_t start) const {
    uint64_t hash = start;
    for (int i = 0; i < 8; i += 2) {
      const uint8_t* s = secret + secretAt + 8 * i;
      hash += fold(acc[i] ^ load64(s), acc[i + 1] ^ load64(s + 8));
    }
    return avalanche(hash);
  }
};

}  // namespace plumbline::xxh3_detail
