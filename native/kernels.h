/**
 * The kernels of assembly/ in C++: the yardstick of the benchmarks, and a second implementation for the tests.
 *
 * One-shot only: streaming and combining are not hot. Little-endian machines only.
 */
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#define PLUMBLINE_X86 1
#include <immintrin.h>
#endif

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

namespace plumbline {

/** What instructions a kernel may use; each level includes those below. All but the first are x86-64. */
enum class Level { PORTABLE, SSE42, AVX2, AVX512 };

/** Running CRC: `crc` is that of what came before, 0 to begin. */
uint32_t crc32(const uint8_t* bytes, size_t length, uint32_t crc, Level level);
uint32_t crc32c(const uint8_t* bytes, size_t length, uint32_t crc, Level level);
uint64_t crc64Nvme(const uint8_t* bytes, size_t length, uint64_t crc, Level level);

/** XXH3, default secret. */
uint64_t xxh3(const uint8_t* bytes, size_t length, uint64_t seed, Level level);
/** @param out low half, high half */
void xxh3Wide(const uint8_t* bytes, size_t length, uint64_t seed, uint64_t out[2], Level level);

/** @param key u8[32], or null for the unkeyed hash */
void blake3(const uint8_t* bytes, size_t length, const uint8_t* key, uint8_t* out, size_t outLength, Level level);

template <typename T>
inline T load(const uint8_t* p) {
  T value;
  memcpy(&value, p, sizeof value);
  return value;
}

}  // namespace plumbline
