/** CRC-32 (IEEE 802.3; MCAP, PNG, gzip): polynomial 0x04C11DB7. By carry-less multiplication where there is one, else slicing by 16. */
#include "_crc-fold.h"

namespace plumbline {

static constexpr uint32_t POLY = 0xedb88320;
static constexpr auto TABLE = makeTable<uint32_t, 16>(POLY);

static uint32_t registerAfter(const uint8_t* bytes, size_t length, uint32_t c, [[maybe_unused]] Level level) {
#ifdef PLUMBLINE_X86
  if (level >= Level::AVX512) return wideFolded<uint32_t, POLY>(TABLE, bytes, length, c);
  if (level >= Level::SSE42) return folded<uint32_t, POLY>(TABLE, bytes, length, c);
#endif
  return sliced(TABLE, bytes, length, c);
}

uint32_t crc32(const uint8_t* bytes, size_t length, uint32_t crc, Level level) { return ~registerAfter(bytes, length, ~crc, level); }

}  // namespace plumbline
