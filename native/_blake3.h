/** What BLAKE3's tree and its lanes share. https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf */
#pragma once
#include "kernels.h"

namespace plumbline::blake3_detail {

constexpr uint32_t CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8, KEYED_HASH = 16;
constexpr uint32_t IV[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/** Which word of the block goes where in each round: the same permutation again and again. */
struct Schedule {
  uint8_t word[7][16];
};
constexpr Schedule makeSchedule() {
  constexpr uint8_t PERMUTATION[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
  Schedule s{};
  for (int i = 0; i < 16; i++) s.word[0][i] = static_cast<uint8_t>(i);
  for (int round = 1; round < 7; round++) {
    for (int i = 0; i < 16; i++) s.word[round][i] = s.word[round - 1][PERMUTATION[i]];
  }
  return s;
}
constexpr Schedule SCHEDULE = makeSchedule();

/**
 * The rounds, alike for a word and for a vector of words: four columns, then four diagonals. v[16] is the state, m(i) the block's word i,
 * ROTATE(x, n) turns right.
 */
#define PLUMBLINE_MIX(a, b, c, d, x, y) \
  v[a] += v[b] + (x), v[d] = ROTATE(v[d] ^ v[a], 16), v[c] += v[d], v[b] = ROTATE(v[b] ^ v[c], 12); \
  v[a] += v[b] + (y), v[d] = ROTATE(v[d] ^ v[a], 8), v[c] += v[d], v[b] = ROTATE(v[b] ^ v[c], 7)
#define PLUMBLINE_ROUND(m, s) \
  PLUMBLINE_MIX(0, 4, 8, 12, m[s[0]], m[s[1]]); \
  PLUMBLINE_MIX(1, 5, 9, 13, m[s[2]], m[s[3]]); \
  PLUMBLINE_MIX(2, 6, 10, 14, m[s[4]], m[s[5]]); \
  PLUMBLINE_MIX(3, 7, 11, 15, m[s[6]], m[s[7]]); \
  PLUMBLINE_MIX(0, 5, 10, 15, m[s[8]], m[s[9]]); \
  PLUMBLINE_MIX(1, 6, 11, 12, m[s[10]], m[s[11]]); \
  PLUMBLINE_MIX(2, 7, 8, 13, m[s[12]], m[s[13]]); \
  PLUMBLINE_MIX(3, 4, 9, 14, m[s[14]], m[s[15]])

/** Neighbouring inputs of equal length, to be hashed side by side: whole chunks, or pairs of chaining values. */
struct Batch {
  /** Bytes of each: a multiple of 64. */
  size_t bytes;
  const uint32_t* key;
  /** Of the first; the next ones count on from it if `counting`. */
  uint64_t counter;
  bool counting;
  /** Of every block, and besides of the first and last one. */
  uint32_t flags, start, end;
};

}  // namespace plumbline::blake3_detail
