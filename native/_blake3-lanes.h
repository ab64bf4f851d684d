/**
 * Several inputs side by side, one per lane. blake3.cc includes this once per width of vectors, each time in a namespace of its own, with
 *   LANES          of a vector
 *   TARGET         the attribute that allows the instructions
 *   LOW, HIGH      indices that interleave the lower, the upper halves of two vectors
 *   ROTATE(x, n)   every lane turned right
 *
 * | vector     | lane 0            | lane 1            | ... |
 * |------------|-------------------|-------------------|-----|
 * | v[i], m[i] | word i of input 0 | word i of input 1 |     |
 *
 * Blocks come input by input and are needed word by word: a transposition, by interleaving row i with row i + LANES / 2, log2(LANES) times.
 */

typedef uint32_t Vector __attribute__((vector_size(4 * LANES)));
/** Each lane is a stream of its own, too many for the machine to foresee: the next batch of chunks is asked for while this one is done. */
constexpr size_t AHEAD = LANES * 1024;

TARGET static inline void transpose(Vector* rows) {
  for (int width = 1; width < LANES; width *= 2) {
    Vector next[LANES];
#pragma GCC unroll 8
    for (int i = 0; i < LANES / 2; i++) {
      next[2 * i] = __builtin_shufflevector(rows[i], rows[i + LANES / 2], LOW);
      next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + LANES / 2], HIGH);
    }
    memcpy(rows, next, sizeof next);
  }
}

/** A block of each of LANES inputs, which begin `stride` bytes apart: m[i] gets word i of each. */
TARGET static inline void loadWords(const uint8_t* p, size_t stride, Vector m[16]) {
  for (int from = 0; from < 16; from += LANES) {
    for (int lane = 0; lane < LANES; lane++) memcpy(&m[from + lane], p + lane * stride + 4 * from, sizeof(Vector));
    transpose(m + from);
  }
}

/** Chaining values of LANES inputs from `p` on, to out[LANES * 8]. */
TARGET static void hash(const uint8_t* p, const Batch& batch, uint32_t* out) {
  Vector h[8];
  for (int i = 0; i < 8; i++) h[i] = Vector{} + batch.key[i];
  Vector counterLow, counterHigh;
  for (int lane = 0; lane < LANES; lane++) {
    const uint64_t counter = batch.counter + (batch.counting ? lane : 0);
    counterLow[lane] = static_cast<uint32_t>(counter);
    counterHigh[lane] = static_cast<uint32_t>(counter >> 32);
  }
  for (size_t at = 0; at < batch.bytes; at += 64) {
    for (int lane = 0; lane < LANES; lane++) __builtin_prefetch(p + at + lane * batch.bytes + AHEAD);
    Vector m[16];
    loadWords(p + at, batch.bytes, m);
    const uint32_t flags = batch.flags | (at == 0 ? batch.start : 0) | (at + 64 == batch.bytes ? batch.end : 0);
    const Vector none = {};
    Vector v[16] = {h[0],         h[1],         h[2],         h[3],         h[4],       h[5],        h[6],      h[7],
                    none + IV[0], none + IV[1], none + IV[2], none + IV[3], counterLow, counterHigh, none + 64, none + flags};
#pragma GCC unroll 7
    for (int round = 0; round < 7; round++) {
      PLUMBLINE_ROUND(m, SCHEDULE.word[round]);
    }
    for (int i = 0; i < 8; i++) h[i] = v[i] ^ v[i + 8];
  }
  // Back to input by input.
  uint32_t words[8][LANES];
  memcpy(words, h, sizeof words);
  for (int lane = 0; lane < LANES; lane++) {
    for (int i = 0; i < 8; i++) out[8 * lane + i] = words[i][lane];
  }
}
