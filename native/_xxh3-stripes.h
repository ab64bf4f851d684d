/**
 * The loop over a long input. _xxh3.cc includes this once per width of vectors, each time in a namespace of its own, with
 *   BYTES     of a vector, a multiple of 16
 *   TARGET    the attribute that allows the instructions
 *   MULTIPLY  (a, b): per 64-bit lane, the product of the low halves
 *   SWAP      the lanes, neighbours exchanged
 *
 * Word i of a stripe of 64 bytes, d, and k = d ^ secret word:
 *
 *     acc[i] += low32(k) * high32(k);  acc[i ^ 1] += d
 *
 * The secret moves on by 8 bytes a stripe; after 16 stripes (a block) it begins again and the accumulators are scrambled. Addition commutes,
 * so the data is summed as it lies and its lanes are exchanged once per block. The input's last 64 bytes are a stripe of their own.
 */

typedef uint64_t Vector __attribute__((vector_size(BYTES)));
constexpr int VECTORS = 64 / BYTES;

TARGET static inline Vector loadVector(const void* p) {
  Vector v;
  memcpy(&v, p, BYTES);
  return v;
}

TARGET static void accumulate(uint64_t acc[8], const uint8_t* p, size_t length, const uint8_t* secret) {
  Vector products[VECTORS];
  memcpy(products, acc, 64);
  const uint8_t* end = p + length;
  size_t stripes = (length - 1) / 64;
  for (bool more = true; more;) {
    Vector data[VECTORS] = {};
    const auto stripe = [&](const uint8_t* from, const uint8_t* key) TARGET __attribute__((always_inline)) {
#pragma GCC unroll 4
      for (int i = 0; i < VECTORS; i++) {
        const Vector d = loadVector(from + BYTES * i);
        const Vector k = d ^ loadVector(key + BYTES * i);
        data[i] += d;
        products[i] += MULTIPLY(k, k >> 32);
      }
    };
    const size_t now = stripes < 16 ? stripes : 16;
    for (size_t n = 0; n < now; n++, p += 64) stripe(p, secret + 8 * n);
    stripes -= now;
    more = now == 16;
    if (!more) stripe(end - 64, secret + 121);
    for (int i = 0; i < VECTORS; i++) {
      products[i] += __builtin_shufflevector(data[i], data[i], SWAP);
      if (!more) continue;
      const Vector v = products[i] ^ (products[i] >> 47) ^ loadVector(secret + 128 + BYTES * i);
      const Vector prime = Vector{} + P32_1;
      products[i] = MULTIPLY(v, prime) + (MULTIPLY(v >> 32, prime) << 32);
    }
  }
  memcpy(acc, products, 64);
}
