/**
 * LZ4 frames, decoded straight into the caller's region.
 *
 * Sources: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md. Every checksum a frame carries is
 * verified (header, block, content). Hostile input is normal: a length is compared with what is left before it is used, every turn of
 * every loop consumes input, and nothing is read outside the source or written outside the target.
 *
 * | part of a frame | bytes   | holds                                                                   |
 * |-----------------|---------|-------------------------------------------------------------------------|
 * | magic           | 4       | 0x184D2204 (0x184D2A50-5F: skippable, u32 length, content)              |
 * | FLG             | 1       | version 01, independent, block sums, content size, content sum, 0, dict |
 * | BD              | 1       | 0, block size 4-7 (64 KiB, 256 KiB, 1 MiB, 4 MiB), 0000                 |
 * | content size    | 0 or 8  | u64                                                                     |
 * | header checksum | 1       | second byte of the XXH32 of the fields from FLG on                      |
 * | blocks          | 4 + n   | u32 n, top bit: stored as it is; n = 0 ends the frame; u32 block sum    |
 * | content sum     | 0 or 4  | XXH32 of the decoded content                                            |
 *
 * Not done: dictionaries (MALFORMED: there is no way to name one here) and the legacy frame (magic 0x184C2102, MALFORMED).
 */
import { CHECKSUM, FULL, MALFORMED, TRUNCATED } from "../../src/abi";
import { xxh32 } from "../hash/_xxh32";

const MAGIC: u32 = 0x184d2204;
const SKIPPABLE: u32 = 0x184d2a50;

/** What fits the return value. */
const MOST: usize = 0x7fffffff;

/** The most a sequence can take whose lengths have one byte more at most, with what copies of 32 bytes overshoot by: of source and target. */
const QUICK_SOURCE: usize = 320;
const QUICK_TARGET: usize = 640;

const VERSION: u32 = 0b11000000;
const VERSION_1: u32 = 0b01000000;
const INDEPENDENT: u32 = 0b00100000;
const BLOCK_SUMS: u32 = 0b00010000;
const CONTENT_SIZE: u32 = 0b00001000;
const CONTENT_SUM: u32 = 0b00000100;
/** A reserved bit and the dictionary's. */
const FLAGS_REFUSED: u32 = 0b00000011;
const DESCRIPTOR_RESERVED: u32 = 0b10001111;

/** Row d - 1: i modulo d, the bytes of a match at distance d < 16 as indices into the d bytes before it. */
// biome-ignore format: one row per distance
const REPEATS: usize = memory.data<u8>(
  [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
    0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
    0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
    0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0,
    0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3,
    0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
    0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
  ],
  16,
);

/**
 * Decodes every frame of a region, one after the other.
 *
 * @param source u8[sourceLength] - whole frames; none is fine
 * @param target u8[targetLength] - bytes after the last one written may be overwritten too; of more than 2 GiB the rest is not used
 * @param result u32[2] - bytes written, bytes consumed (whole blocks). Also valid on failure: what was written is what the source says
 * up to there. On CHECKSUM a block that does not match its own sum is not decoded; content that does not match the frame's is kept
 * @returns bytes written, or
 * FULL - the target ends first;
 * TRUNCATED - the source ends inside a frame;
 * MALFORMED - not LZ4, a dictionary is needed, a match reaches before its window, a block or the content is not as long as declared;
 * CHECKSUM - the header, a block or the content does not match its checksum
 *
 * O(source + target)
 */
export function lz4Frames(source: usize, sourceLength: usize, target: usize, targetLength: usize, result: usize): i32 {
  const end = source + sourceLength;
  const targetEnd = target + min(targetLength, MOST);
  let p = source;
  let status = 0;
  store<u32>(result, u32(target));
  while (p < end && status == 0) {
    store<u32>(result, u32(p), 4);
    status = frame(p, end, targetEnd, result);
    p = usize(load<u32>(result, 4));
  }
  const written = load<u32>(result) - u32(target);
  store<u32>(result, written);
  store<u32>(result, u32(p - source), 4);
  return status == 0 ? i32(written) : status;
}

/**
 * One frame, at `p`.
 *
 * @param at u32[2] - in and out: the addresses reached in target and source
 * @returns 0 or a status
 */
function frame(p: usize, end: usize, targetEnd: usize, at: usize): i32 {
  if (end - p < 4) return TRUNCATED;
  const magic = load<u32>(p);
  if ((magic & 0xfffffff0) == SKIPPABLE) {
    if (end - p < 8 || usize(load<u32>(p, 4)) > end - p - 8) return TRUNCATED;
    store<u32>(at, u32(p) + 8 + load<u32>(p, 4), 4);
    return 0;
  }
  if (magic != MAGIC) return MALFORMED;

  if (end - p < 7) return TRUNCATED;
  const flags = u32(load<u8>(p, 4));
  const descriptor = u32(load<u8>(p, 5));
  const blockSize = descriptor >>> 4;
  if ((flags & VERSION) != VERSION_1 || (flags & FLAGS_REFUSED) != 0) return MALFORMED;
  if ((descriptor & DESCRIPTOR_RESERVED) != 0 || blockSize < 4) return MALFORMED;
  const sized = (flags & CONTENT_SIZE) != 0;
  const header: usize = sized ? 10 : 2;
  if (end - p < 4 + header + 1) return TRUNCATED;
  if (((xxh32(p + 4, header) >>> 8) & 255) != u32(load<u8>(p + 4 + header))) return CHECKSUM;
  const size = sized ? load<u64>(p, 6) : 0;
  p += 4 + header + 1;

  const maxBlock: usize = 1 << (8 + 2 * blockSize);
  const sums: usize = (flags & BLOCK_SUMS) != 0 ? 4 : 0;
  const content = usize(load<u32>(at));
  let t = content;
  while (true) {
    store<u32>(at, u32(p), 4);
    if (end - p < 4) return TRUNCATED;
    const word = load<u32>(p);
    p += 4;
    if (word == 0) break;
    const length = usize(word & 0x7fffffff);
    if (length > maxBlock) return MALFORMED;
    if (end - p < length + sums) return TRUNCATED;
    if (sums != 0 && xxh32(p, length) != load<u32>(p + length)) return CHECKSUM;
    if (word != u32(length)) {
      if (length > targetEnd - t) return FULL;
      memory.copy(t, p, length);
      t += length;
      store<u32>(at, u32(t));
    } else {
      const room = targetEnd - t;
      const status = block(p, length, (flags & INDEPENDENT) != 0 ? t : content, t, min(room, maxBlock), at);
      if (status != 0) return status == FULL && room >= maxBlock ? MALFORMED : status;
      t = usize(load<u32>(at));
    }
    p += length + sums;
  }
  if (sized && u64(t - content) != size) return MALFORMED;
  if ((flags & CONTENT_SUM) != 0) {
    if (end - p < 4) return TRUNCATED;
    if (xxh32(content, t - content) != load<u32>(p)) return CHECKSUM;
    p += 4;
  }
  store<u32>(at, u32(p), 4);
  return 0;
}

/**
 * One compressed block: sequences of literals, then a match (a copy of what was written `distance` bytes ago), the last without match.
 *
 *     token (literals << 4 | match - 4), [more literals: 255 … < 255], literals, distance u16, [more match: 255 … < 255]
 *
 * Most sequences are short: up to 14 literals are copied as one vector and a match of up to 18 bytes as two, longer ones 32 bytes at a
 * time, overshooting into bytes that are written next. That is the quick way, for sequences whose lengths have one byte more at most,
 * as long as both regions go on far enough for any of them: one comparison each. Everything else takes the exact way, a sequence at a
 * time.
 *
 * @param base start of the window: matches may reach back to it
 * @param room bytes that may be written from `target` on
 * @param at u32 - out: the address reached
 * @returns 0, FULL or MALFORMED (a block that ends early contradicts its own length)
 */
function block(source: usize, length: usize, base: usize, target: usize, room: usize, at: usize): i32 {
  const end = source + length;
  const targetEnd = target + room;
  // Before the region where it is that short; never below 0, where the kernels' own memory is.
  const quickEnd = end - QUICK_SOURCE;
  const quickTargetEnd = targetEnd - QUICK_TARGET;
  let p = source;
  let t = target;
  let status = MALFORMED;
  while (p < end) {
    // Whatever it cannot do it leaves to the exact way below, from the sequence's first byte on.
    while (p < quickEnd && t < quickTargetEnd) {
      const token = usize(load<u8>(p));
      let literals = token >>> 4;
      let q = p + 1;
      let u = t;
      if (literals < 15) {
        v128.store(u, v128.load(q));
      } else {
        const more = usize(load<u8>(q));
        if (more == 255) break;
        literals += more;
        q++;
        for (let done: usize = 0; done < literals; done += 32) copy32(u + done, q + done);
      }
      q += literals;
      u += literals;

      const distance = usize(load<u16>(q));
      if (distance - 1 >= u - base) break; // also distance 0, which wraps
      q += 2;
      const from = u - distance;
      let match = (token & 15) + 4;
      if (match < 19 && distance >= 16) {
        copy32(u, from);
      } else {
        if (match == 19) {
          const more = usize(load<u8>(q));
          if (more == 255) break;
          match += more;
          q++;
        }
        if (distance >= 16) {
          for (let done: usize = 0; done < match; done += 32) copy32(u + done, from + done);
        } else {
          copyMatch(u, distance, match, targetEnd);
        }
      }
      p = q;
      t = u + match;
    }

    const token = u32(load<u8>(p++));
    let literals = usize(token >>> 4);
    if (literals == 15) {
      let more: u32 = 255;
      while (more == 255 && p < end) {
        more = u32(load<u8>(p++));
        literals += usize(more);
      }
      if (more == 255) break;
    }
    if (literals > end - p) break;
    if (literals > targetEnd - t) {
      status = FULL;
      break;
    }
    copyLiterals(p, literals, t, end, targetEnd);
    p += literals;
    t += literals;
    if (p == end) {
      status = 0;
      break;
    }
    if (end - p < 2) break;

    const distance = usize(load<u16>(p));
    p += 2;
    if (distance - 1 >= t - base) break; // also distance 0, which wraps
    let match = usize(token & 15) + 4;
    if (match == 19) {
      let more: u32 = 255;
      while (more == 255 && p < end) {
        more = u32(load<u8>(p++));
        match += usize(more);
      }
      if (more == 255) break;
    }
    if (match > targetEnd - t) {
      status = FULL;
      break;
    }
    copyMatch(t, distance, match, targetEnd);
    t += match;
  }
  store<u32>(at, u32(t));
  return status;
}

/** Two vectors, one after the other: the second may read what the first wrote. */
function copy32(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}

/** Copies `length` bytes that are there and fit; by whole vectors where source and target have room for the last one too. */
export function copyLiterals(from: usize, length: usize, to: usize, sourceEnd: usize, targetEnd: usize): void {
  const whole = (length + 15) & ~15;
  if (length > 256 || whole > sourceEnd - from || whole > targetEnd - to) {
    memory.copy(to, from, length);
    return;
  }
  for (const end = to + length; to < end; to += 16) {
    v128.store(to, v128.load(from));
    from += 16;
  }
}

/**
 * Copies a match that fits. At a distance below 16 a vector would read bytes it has yet to write; the match then repeats its first
 * `distance` bytes, so one vector holding whole repeats is stored again and again, as far on each time as it holds whole repeats.
 */
function copyMatch(to: usize, distance: usize, length: usize, targetEnd: usize): void {
  const end = to + length;
  if (distance >= 16) {
    for (; targetEnd - to >= 16 && to < end; to += 16) v128.store(to, v128.load(to - distance));
  } else if (targetEnd - to >= 16) {
    const repeats = i8x16.swizzle(v128.load(to - distance), v128.load(REPEATS + ((distance - 1) << 4)));
    const step: usize = 16 - (16 % distance);
    for (; targetEnd - to >= 16 && to < end; to += step) v128.store(to, repeats);
  }
  for (; to < end; to++) store<u8>(to, load<u8>(to - distance));
}
