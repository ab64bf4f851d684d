/**
 * BLAKE3, hash and keyed hash, any output length.
 *
 * The input is cut into chunks of 1,024 bytes, each hashed on its own into a chaining value; pairs of those are hashed again until one is
 * left. The left half of a pair is the largest power of two of chunks that leaves something for the right. So neighbours, chunks or pairs,
 * are done side by side, one per lane of a vector.
 */
#include "_blake3.h"

namespace plumbline {

using namespace blake3_detail;

namespace {

constexpr size_t CHUNK = 1024;
/** Words of a chaining value. */
constexpr size_t VALUE = 8;
constexpr int MOST_LANES = 16;

inline uint32_t rotate(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

#define ROTATE(x, n) rotate(x, n)
/** Compresses one block. @param out u32[16] - the first eight are the chaining value; may be `cv` */
void compress(const uint32_t* cv, const uint8_t* block, uint32_t length, uint64_t counter, uint32_t flags, uint32_t* out) {
  uint32_t m[16];
  memcpy(m, block, 64);
  uint32_t v[16] = {cv[0], cv[1], cv[2], cv[3], cv[4], cv[5], cv[6], cv[7], IV[0], IV[1], IV[2], IV[3],
                    static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32), length, flags};
#pragma GCC unroll 7
  for (int round = 0; round < 7; round++) {
    PLUMBLINE_ROUND(m, SCHEDULE.word[round]);
  }
  for (int i = 0; i < 8; i++) {
    v[i] ^= v[i + 8];
    v[i + 8] ^= cv[i];
  }
  memcpy(out, v, 64);
}
#undef ROTATE

// Four lanes are what every machine has: SSE2, NEON, or words one by one.
namespace portable {
#define LANES 4
#define TARGET
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#include "_blake3-lanes.h"
#undef LANES
#undef TARGET
#undef LOW
#undef HIGH
}  // namespace portable

#ifdef PLUMBLINE_X86
namespace avx2 {
#define LANES 8
#define TARGET __attribute__((target("avx2")))
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#include "_blake3-lanes.h"
#undef LANES
#undef TARGET
#undef LOW
#undef HIGH
}  // namespace avx2

namespace avx512 {
#define LANES 16
#define TARGET __attribute__((target("avx512f")))
#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#include "_blake3-lanes.h"
#undef LANES
#undef TARGET
#undef LOW
#undef HIGH
}  // namespace avx512
#endif
#undef ROTATE

/** What may still be the root: its last compression has not been done. */
struct Node {
  uint32_t cv[16];
  uint8_t block[64];
  uint32_t length;
  uint64_t counter;
  uint32_t flags;

  void chain(uint32_t* out) const {
    uint32_t all[16];
    compress(cv, block, length, counter, flags, all);
    memcpy(out, all, 4 * VALUE);
  }

  /** The output of a root goes on for as long as is wanted, 64 bytes per count. */
  void root(uint8_t* out, size_t wanted) const {
    for (uint64_t count = 0; wanted > 0; count++) {
      uint32_t all[16];
      compress(cv, block, length, count, flags | ROOT, all);
      const size_t n = wanted < 64 ? wanted : 64;
      memcpy(out, all, n);
      out += n;
      wanted -= n;
    }
  }
};

class Tree {
 public:
  Tree(const uint8_t* key, Level level) : flags_(key ? KEYED_HASH : 0), level_(level) {
    memcpy(key_, key ? static_cast<const void*>(key) : IV, sizeof key_);
  }

  Node top(const uint8_t* p, size_t length) const {
    if (length <= CHUNK) return chunk(p, length, 0);
    uint32_t values[2 * MOST_LANES * VALUE];
    size_t count = subtree(p, length, 0, values);
    while (count > 2) count = parents(values, count, values);
    return parent(values);
  }

 private:
  uint32_t key_[VALUE];
  uint32_t flags_;
  Level level_;

  size_t lanes() const { return level_ >= Level::AVX512 ? 16 : level_ >= Level::AVX2 ? 8 : 4; }

  /** Chaining values of `count` inputs: as many at a time as there are lanes. @returns how many were done; the others are too few */
  size_t side(const uint8_t* p, size_t count, Batch batch, uint32_t* out) const {
    size_t done = 0;
    const auto take = [&](size_t lanes, auto hash) {
      for (; count - done >= lanes; done += lanes) {
        Batch now = batch;
        if (batch.counting) now.counter += done;
        hash(p + done * batch.bytes, now, out + done * VALUE);
      }
    };
#ifdef PLUMBLINE_X86
    if (level_ >= Level::AVX512) take(16, avx512::hash);
    if (level_ >= Level::AVX2) take(8, avx2::hash);
#endif
    take(4, portable::hash);
    return done;
  }

  /**
   * Chaining values of neighbours that together are a subtree: as many as there are lanes, or fewer, at least two of more than a chunk. A
   * left half always fills the lanes, a power of two, so its values and the right half's may be paired in one row: no pair is of both
   * until the left half is one value.
   */
  size_t subtree(const uint8_t* p, size_t length, uint64_t counter, uint32_t* out) const {
    if (length <= lanes() * CHUNK) return chunks(p, length, counter, out);
    const size_t left = size_t(1) << (63 - __builtin_clzll((length - 1) / CHUNK));
    uint32_t values[2 * MOST_LANES * VALUE];
    size_t count = subtree(p, left * CHUNK, counter, values);
    count += subtree(p + left * CHUNK, length - left * CHUNK, counter + left, values + count * VALUE);
    return parents(values, count, out);
  }

  size_t chunks(const uint8_t* p, size_t length, uint64_t counter, uint32_t* out) const {
    size_t n = side(p, length / CHUNK, {CHUNK, key_, counter, true, flags_, CHUNK_START, CHUNK_END}, out);
    for (; n * CHUNK < length; n++) {
      const size_t rest = length - n * CHUNK;
      chunk(p + n * CHUNK, rest < CHUNK ? rest : CHUNK, counter + n).chain(out + n * VALUE);
    }
    return n;
  }

  /** Joins values pair by pair, an odd one rising as it is. @param out may be `values` */
  size_t parents(const uint32_t* values, size_t count, uint32_t* out) const {
    const size_t pairs = count / 2;
    const uint8_t* p = reinterpret_cast<const uint8_t*>(values);
    for (size_t n = side(p, pairs, {64, key_, 0, false, flags_ | PARENT, 0, 0}, out); n < pairs; n++) {
      parent(values + 2 * n * VALUE).chain(out + n * VALUE);
    }
    if (count % 2 == 1) memmove(out + pairs * VALUE, values + (count - 1) * VALUE, 4 * VALUE);
    return pairs + count % 2;
  }

  Node parent(const uint32_t* pair) const {
    Node node;
    memcpy(node.cv, key_, sizeof key_);
    memcpy(node.block, pair, 64);
    node.length = 64;
    node.counter = 0;
    node.flags = flags_ | PARENT;
    return node;
  }

  /** A chunk of 0 to 1,024 bytes, all but its last compression. */
  Node chunk(const uint8_t* p, size_t length, uint64_t counter) const {
    Node node;
    memcpy(node.cv, key_, sizeof key_);
    node.flags = flags_ | CHUNK_START;
    for (; length > 64; p += 64, length -= 64) {
      compress(node.cv, p, 64, counter, node.flags, node.cv);
      node.flags = flags_;
    }
    memset(node.block, 0, 64);
    if (length > 0) memcpy(node.block, p, length);
    node.length = static_cast<uint32_t>(length);
    node.counter = counter;
    node.flags |= CHUNK_END;
    return node;
  }
};

}  // namespace

void blake3(const uint8_t* bytes, size_t length, const uint8_t* key, uint8_t* out, size_t outLength, Level level) {
  Tree(key, level).top(bytes, length).root(out, outLength);
}

}  // namespace plumbline
