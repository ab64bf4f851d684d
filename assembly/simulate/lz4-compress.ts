/**
 * One LZ4 frame from a region: the greedy compressor of LZ4's fast mode, for chunks of recordings the simulator writes.
 *
 * Sources: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md, lz4_Block_format.md and LZ4_compress_fast in lib/lz4.c.
 * A table remembers where a hash of four bytes was last seen; a hit within 64 KiB becomes a match, extended both ways. Where nothing
 * matches the step grows, by one every 64 misses, so noise passes at nearly the speed of a copy. The bytes of the frame are part of
 * what test/reference/lz4-compress.ts defines: the same on every engine, for ever.
 *
 * | part of the frame | bytes | here                                                          |
 * |-------------------|-------|---------------------------------------------------------------|
 * | magic, FLG, BD    | 6     | version 1, blocks independent and up to 4 MiB, sizes and sum   |
 * | content size      | 8     |                                                               |
 * | header checksum   | 1     |                                                               |
 * | blocks            | 4 + n | stored as they are where compression would make them no shorter |
 * | end mark          | 4     | 0                                                             |
 * | content sum       | 4     | XXH32                                                         |
 */
import { FULL, LZ4_FRAME, LZ4_TABLE } from "../../src/abi";
import { copyLiterals } from "../codec/lz4";
import { xxh32 } from "../hash/_xxh32";

const MAGIC: u32 = 0x184d2204;
/** Version 1, independent blocks, content size, content sum. */
const FLAGS: u32 = 0b01101100;
/** Blocks up to 4 MiB. */
const DESCRIPTOR: u32 = 0x70;
const BLOCK: usize = 4 << 20;
const STORED: u32 = 0x80000000;

const FARTHEST: usize = 65535;
/** The last match begins at least so many bytes before the end, and ends at least 5 before it. */
const MATCH_MARGIN: usize = 12;
const LAST_LITERALS: usize = 5;

/**
 * @param source u8[sourceLength], below 2 GiB
 * @param target u8[targetLength]
 * @param table u8[LZ4_TABLE], scratch
 * @returns bytes written, or FULL when targetLength < sourceLength + LZ4_FRAME + 4 per begun 4 MiB
 *
 * O(source)
 */
export function lz4Compress(source: usize, sourceLength: usize, target: usize, targetLength: usize, table: usize): i32 {
  const blocks = (sourceLength + BLOCK - 1) / BLOCK;
  if (targetLength < sourceLength + LZ4_FRAME + 4 * blocks) return FULL;
  store<u32>(target, MAGIC);
  store<u8>(target, FLAGS, 4);
  store<u8>(target, DESCRIPTOR, 5);
  store<u64>(target, u64(sourceLength), 6);
  store<u8>(target, xxh32(target + 4, 10) >>> 8, 14);
  let t = target + 15;
  const end = source + sourceLength;
  for (let p = source; p < end; p += BLOCK) {
    const length = min(BLOCK, end - p);
    const written = block(p, length, t + 4, table);
    if (written != 0) {
      store<u32>(t, u32(written));
      t += 4 + written;
    } else {
      store<u32>(t, u32(length) | STORED);
      memory.copy(t + 4, p, length);
      t += 4 + length;
    }
  }
  store<u32>(t, 0);
  store<u32>(t, xxh32(source, sourceLength), 4);
  return i32(t + 8 - target);
}

function slot(table: usize, p: usize): usize {
  return table + usize(((load<u32>(p) * 2654435761) >>> 18) << 2);
}

/**
 * @param target u8[length]
 * @returns bytes written, or 0 when that would not be less than `length`
 */
function block(source: usize, length: usize, target: usize, table: usize): usize {
  const end = source + length;
  const targetEnd = target + length;
  let t = target;
  let anchor = source;
  if (length > MATCH_MARGIN) {
    const lastMatch = end - MATCH_MARGIN;
    const matchEnd = end - LAST_LITERALS;
    memory.fill(table, 0, LZ4_TABLE);
    let p = source + 1;
    while (true) {
      let found = source;
      let misses: usize = 64;
      while (p <= lastMatch) {
        const at = slot(table, p);
        found = source + usize(load<u32>(at));
        store<u32>(at, u32(p - source));
        if (p - found <= FARTHEST && load<u32>(found) == load<u32>(p)) break;
        p += misses >>> 6;
        misses++;
      }
      if (p > lastMatch) break;
      while (p > anchor && found > source && load<u8>(p - 1) == load<u8>(found - 1)) {
        p--;
        found--;
      }
      const literals = p - anchor;
      const distance = u32(p - found);
      const matchStart = p;
      p = matched(p + 4, found + 4, matchEnd);
      const match = p - matchStart - 4;
      // Token, literals, distance and both lengths, and the vectors' overshoot.
      if (t + literals + literals / 255 + match / 255 + 5 >= targetEnd) return 0;
      t = sequence(t, anchor, literals, min<usize>(match, 15), end, targetEnd);
      store<u16>(t, distance);
      t += 2;
      if (match >= 15) t = more(t, match - 15);
      anchor = p;
      if (p > lastMatch) break;
      store<u32>(slot(table, p - 2), u32(p - 2 - source));
    }
  }
  const literals = end - anchor;
  if (t + literals + literals / 255 + 2 >= targetEnd) return 0;
  return sequence(t, anchor, literals, 0, end, targetEnd) - target;
}

/** Where what begins at `p` and at `q` < p stops being equal, `end` at most. */
function matched(p: usize, q: usize, end: usize): usize {
  while (end - p >= 8) {
    const different = load<u64>(p) ^ load<u64>(q);
    if (different != 0) return p + usize(ctz(different) >>> 3);
    p += 8;
    q += 8;
  }
  while (p < end && load<u8>(p) == load<u8>(q)) {
    p++;
    q++;
  }
  return p;
}

/** Writes a token and its literals. @returns the address behind them */
function sequence(t: usize, from: usize, literals: usize, match: usize, sourceEnd: usize, targetEnd: usize): usize {
  store<u8>(t, (min<usize>(literals, 15) << 4) | match);
  t++;
  if (literals >= 15) t = more(t, literals - 15);
  copyLiterals(from, literals, t, sourceEnd, targetEnd);
  return t + literals;
}

/** A length beyond what the token holds. */
function more(t: usize, rest: usize): usize {
  for (; rest >= 255; rest -= 255) store<u8>(t++, 255);
  store<u8>(t, rest);
  return t + 1;
}
