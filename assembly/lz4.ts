/** LZ4 frames. First version: bytes one by one. */
import { CHECKSUM, FULL, MALFORMED, TRUNCATED } from "../src/abi";
import { xxh32 } from "./_xxh32";

const MAGIC: u32 = 0x184d2204;
const SKIPPABLE: u32 = 0x184d2a50;

/** Decodes one block; returns the end of the output, or a status as i64 (< 0). */
function block(source: usize, length: usize, base: usize, target: usize, end: usize, result: usize): i32 {
  let p = source;
  const sourceEnd = source + length;
  let t = target;
  let status = 0;
  while (true) {
    if (p >= sourceEnd) {
      status = MALFORMED;
      break;
    }
    const token = u32(load<u8>(p++));
    let literals = usize(token >>> 4);
    if (literals == 15) {
      let more: u32 = 255;
      while (more == 255) {
        if (p >= sourceEnd) {
          status = MALFORMED;
          break;
        }
        more = u32(load<u8>(p++));
        literals += more;
      }
      if (status) break;
    }
    if (literals > sourceEnd - p) {
      status = MALFORMED;
      break;
    }
    if (literals > end - t) {
      status = FULL;
      break;
    }
    for (let i: usize = 0; i < literals; i++) store<u8>(t++, load<u8>(p++));
    if (p == sourceEnd) break;
    if (sourceEnd - p < 2) {
      status = MALFORMED;
      break;
    }
    const distance = usize(load<u16>(p));
    p += 2;
    if (distance == 0 || distance > t - base) {
      status = MALFORMED;
      break;
    }
    let match = usize(token & 15) + 4;
    if (match == 19) {
      let more: u32 = 255;
      while (more == 255) {
        if (p >= sourceEnd) {
          status = MALFORMED;
          break;
        }
        more = u32(load<u8>(p++));
        match += more;
      }
      if (status) break;
    }
    if (match > end - t) {
      status = FULL;
      break;
    }
    for (let i: usize = 0; i < match; i++) {
      store<u8>(t, load<u8>(t - distance));
      t++;
    }
  }
  store<u32>(result, u32(t));
  return status;
}

export function lz4Frames(source: usize, sourceLength: usize, target: usize, targetLength: usize, result: usize): i32 {
  const end = source + sourceLength;
  const targetEnd = target + targetLength;
  let p = source;
  let t = target;
  let status = 0;
  while (p < end) {
    if (end - p < 4) {
      status = TRUNCATED;
      break;
    }
    const magic = load<u32>(p);
    if ((magic & 0xfffffff0) == SKIPPABLE) {
      if (end - p < 8 || usize(load<u32>(p, 4)) > end - p - 8) {
        status = TRUNCATED;
        break;
      }
      p += 8 + usize(load<u32>(p, 4));
      continue;
    }
    if (magic != MAGIC) {
      status = MALFORMED;
      break;
    }
    if (end - p < 7) {
      status = TRUNCATED;
      break;
    }
    const flags = u32(load<u8>(p, 4));
    const descriptor = u32(load<u8>(p, 5));
    if (flags >>> 6 != 1 || flags & 2 || flags & 1 || descriptor & 0x8f || descriptor >>> 4 < 4) {
      status = MALFORMED;
      break;
    }
    const independent = (flags & 0x20) != 0;
    const blockSums = (flags & 0x10) != 0;
    const sized = (flags & 8) != 0;
    const contentSum = (flags & 4) != 0;
    const header: usize = sized ? 10 : 2;
    if (end - p < 4 + header + 1) {
      status = TRUNCATED;
      break;
    }
    if (((xxh32(p + 4, header) >>> 8) & 255) != u32(load<u8>(p + 4 + header))) {
      status = CHECKSUM;
      break;
    }
    const size = sized ? load<u64>(p, 6) : 0;
    const maxBlock: usize = 1 << (8 + 2 * (descriptor >>> 4));
    p += 4 + header + 1;
    const frame = t;
    while (true) {
      if (end - p < 4) {
        status = TRUNCATED;
        break;
      }
      const word = load<u32>(p);
      if (word == 0) {
        p += 4;
        break;
      }
      const length = usize(word & 0x7fffffff);
      if (length > maxBlock) {
        status = MALFORMED;
        break;
      }
      const sums: usize = blockSums ? 4 : 0;
      if (length + sums > end - p - 4) {
        status = TRUNCATED;
        break;
      }
      if (blockSums && xxh32(p + 4, length) != load<u32>(p + 4 + length)) {
        status = CHECKSUM;
        break;
      }
      const room = min(maxBlock, targetEnd - t);
      if (word >>> 31) {
        if (length > room) {
          status = FULL;
          break;
        }
        memory.copy(t, p + 4, length);
        t += length;
      } else {
        status = block(p + 4, length, independent ? t : frame, t, t + room, result);
        t = usize(load<u32>(result));
        if (status == FULL && room == maxBlock) status = MALFORMED;
        if (status) break;
      }
      p += 4 + length + sums;
    }
    if (status) break;
    if (sized && u64(t - frame) != size) {
      status = MALFORMED;
      break;
    }
    if (contentSum) {
      if (end - p < 4) {
        status = TRUNCATED;
        break;
      }
      if (xxh32(frame, t - frame) != load<u32>(p)) {
        status = CHECKSUM;
        break;
      }
      p += 4;
    }
  }
  store<u32>(result, u32(t - target));
  store<u32>(result, u32(p - source), 4);
  return status ? status : i32(t - target);
}
