/** CRC-64/NVME: polynomial 0xAD93D23594C93659. By carry-less multiplication where there is one, else slicing by 8. */
#include "_crc-fold.h"

namespace plumbline {

static constexpr uint64_t POLY = 0x9a6c9329ac4bc9b5;
static constexpr auto TABLE = makeTable<uint64_t, 8>(POLY);

static uint64_t registerAfter(const uint8_t* bytes, size_t length, uint64_t c, [[maybe_unused]] Level level) {
#ifdef PLUMBLINE_X86
  if (level >= Level::AVX512) return wideFolded<uint64_t, POLY>(TABLE, bytes, length, c);
  if (level >= Level::SSE42) return folded<uint64_t, POLY>(TABLE, bytes, length, c);
#endif
  return sliced(TABLE, bytes, length, c);
}

uint64_t crc64Nvme(const uint8_t* bytes, size_t length, uint64_t crc, Level level) { return ~registerAfter(bytes, length, ~crc, level); }

}  // namespace plumbline
