/**
 * LZ4 compression as assembly/simulate/lz4-compress.ts must do it, step by step and with lists of bytes. Which matches are taken is a matter
 * of choice in LZ4; here the choice is written down, because recordings must be the same bytes on every machine.
 */
import { xxh32 } from "./xxh32.ts";

const BLOCK = 4 * 1024 * 1024;
const FARTHEST = 65_535;
/** The format's own rules: the last match begins 12 bytes before the end or earlier, the last 5 bytes are literals. */
const MATCH_MARGIN = 12;
const LAST_LITERALS = 5;

/** One frame: independent blocks of 4 MiB, content size, content checksum. */
export function lz4Compress(source: Uint8Array): Uint8Array {
  const fields = [0b01101100, 0x70, ...u32(source.length), ...u32(0)];
  const out = [...u32(0x184d2204), ...fields, (xxh32(Uint8Array.from(fields)) >>> 8) & 255];
  for (let at = 0; at < source.length; at += BLOCK) {
    const content = source.subarray(at, at + BLOCK);
    const compressed = block(content);
    const shorter = compressed !== null && compressed.length < content.length;
    const bytes = shorter ? compressed : [...content];
    out.push(...u32(shorter ? bytes.length : bytes.length + 2 ** 31));
    for (const byte of bytes) out.push(byte);
  }
  return Uint8Array.from([...out, ...u32(0), ...u32(xxh32(source))]);
}

/** @returns null when a sequence could reach the length of the content, by the estimate of the kernel */
function block(content: Uint8Array): number[] | null {
  const out: number[] = [];
  /** Where a hash of four bytes was last seen; 0 at first, and 0 is a place like any other. */
  const seen = new Array<number>(2 ** 14).fill(0);
  const byte = (i: number): number => content[i] ?? 0;
  const same = (a: number, b: number): boolean => [0, 1, 2, 3].every((i) => byte(a + i) === byte(b + i));
  const hash = (p: number): number => {
    const word = byte(p) | (byte(p + 1) << 8) | (byte(p + 2) << 16) | (byte(p + 3) << 24);
    return Math.imul(word, 2654435761) >>> 18;
  };
  const extra = (rest: number): void => {
    for (let left = rest; left >= 255; left -= 255) out.push(255);
    out.push(rest % 255);
  };
  const emit = (from: number, to: number, match: number | null): void => {
    const literals = to - from;
    out.push((Math.min(literals, 15) << 4) | Math.min(match ?? 0, 15));
    if (literals >= 15) extra(literals - 15);
    for (let i = from; i < to; i++) out.push(byte(i));
  };

  let anchor = 0;
  const last = content.length - MATCH_MARGIN;
  let p = 1;
  while (p <= last) {
    let found = -1;
    for (let misses = 64; p <= last; p += misses >>> 6, misses++) {
      const candidate = seen[hash(p)] ?? 0;
      seen[hash(p)] = p;
      if (p - candidate <= FARTHEST && same(candidate, p)) {
        found = candidate;
        break;
      }
    }
    if (found < 0) break;
    while (p > anchor && found > 0 && byte(p - 1) === byte(found - 1)) {
      p--;
      found--;
    }
    let length = 4;
    while (p + length < content.length - LAST_LITERALS && byte(p + length) === byte(found + length)) length++;
    const literals = p - anchor;
    if (out.length + literals + Math.floor(literals / 255) + Math.floor((length - 4) / 255) + 5 >= content.length) return null;
    emit(anchor, p, length - 4);
    out.push((p - found) & 255, (p - found) >> 8);
    if (length - 4 >= 15) extra(length - 4 - 15);
    p += length;
    anchor = p;
    if (p <= last) seen[hash(p - 2)] = p - 2;
  }
  const literals = content.length - anchor;
  if (out.length + literals + Math.floor(literals / 255) + 2 >= content.length) return null;
  emit(anchor, content.length, null);
  return out;
}

function u32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => Math.floor(value / 2 ** shift) % 256);
}
