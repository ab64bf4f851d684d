/** XXH3, 128 bits, any seed, default secret. Long inputs cost what the 64-bit hash does: they differ in the last step alone. */
#include "_xxh3.h"

namespace plumbline {

using namespace xxh3_detail;

static void upTo16(const uint8_t* p, size_t length, uint64_t seed, uint64_t& low, uint64_t& top) {
  if (length > 8) {
    uint64_t last = load64(p + length - 8);
    const uint64_t key = (load64(SECRET + 32) ^ load64(SECRET + 40)) - seed;
    const uint64_t mixed = load64(p) ^ last ^ key;
    last ^= (load64(SECRET + 48) ^ load64(SECRET + 56)) + seed;
    const uint64_t m = high(mixed, P64_1) + last + (last & 0xffffffff) * (P32_2 - 1);
    const uint64_t n = (mixed * P64_1 + (uint64_t(length - 1) << 54)) ^ __builtin_bswap64(m);
    low = avalanche(n * P64_2);
    top = avalanche(high(n, P64_2) + m * P64_2);
  } else if (length >= 4) {
    const uint64_t both = seed ^ (uint64_t(__builtin_bswap32(uint32_t(seed))) << 32);
    const uint64_t words = load32(p) + (uint64_t(load32(p + length - 4)) << 32);
    const uint64_t keyed = words ^ ((load64(SECRET + 16) ^ load64(SECRET + 24)) + both);
    const uint64_t factor = P64_1 + (length << 2);
    low = keyed * factor;
    top = high(keyed, factor) + (low << 1);
    low ^= top >> 3;
    low = (low ^ (low >> 35)) * MIX_2;
    low ^= low >> 28;
    top = avalanche(top);
  } else if (length > 0) {
    const uint32_t word = upTo3Word(p, length);
    const uint32_t swapped = __builtin_bswap32(word);
    low = avalanche64(word ^ ((load32(SECRET) ^ load32(SECRET + 4)) + seed));
    top = avalanche64(((swapped << 13) | (swapped >> 19)) ^ ((load32(SECRET + 8) ^ load32(SECRET + 12)) - seed));
  } else {
    low = avalanche64(seed ^ load64(SECRET + 64) ^ load64(SECRET + 72));
    top = avalanche64(seed ^ load64(SECRET + 80) ^ load64(SECRET + 88));
  }
}

/** 17 to 240 bytes: pairs of 16 bytes, the sums of each half of the hash crossed with the other's input. */
static void upTo240(const uint8_t* p, size_t length, uint64_t seed, uint64_t& low, uint64_t& top) {
  uint64_t a = length * P64_1;
  uint64_t b = 0;
  const auto mixPair = [&](const uint8_t* p1, const uint8_t* p2, const uint8_t* s, uint64_t with) {
    a = (a + mix16(p1, s, with)) ^ (load64(p2) + load64(p2 + 8));
    b = (b + mix16(p2, s + 16, with)) ^ (load64(p1) + load64(p1 + 8));
  };
  const uint8_t* end = p + length;
  if (length <= 128) {
    for (int i = static_cast<int>((length - 1) / 32); i >= 0; i--) mixPair(p + 16 * i, end - 16 * (i + 1), SECRET + 32 * i, seed);
  } else {
    for (size_t i = 0; i < 128; i += 32) mixPair(p + i, p + i + 16, SECRET + i, seed);
    a = avalanche(a);
    b = avalanche(b);
    for (size_t i = 128; i + 32 <= length; i += 32) mixPair(p + i, p + i + 16, SECRET + i - 125, seed);
    mixPair(end - 16, end - 32, SECRET + 103, 0 - seed);
  }
  low = avalanche(a + b);
  top = 0 - avalanche(a * P64_1 + b * P64_4 + (length - seed) * P64_2);
}

void xxh3Wide(const uint8_t* bytes, size_t length, uint64_t seed, uint64_t out[2], Level level) {
  if (length > 240) {
    const Long rest(bytes, length, seed, level);
    out[0] = rest.merge(11, length * P64_1);
    out[1] = rest.merge(SECRET_BYTES - 75, ~(length * P64_2));
  } else if (length > 16) {
    upTo240(bytes, length, seed, out[0], out[1]);
  } else {
    upTo16(bytes, length, seed, out[0], out[1]);
  }
}

}  // namespace plumbline
