/** Writes LZ4 frames: sequence by sequence to reach every corner of the format, or greedily from content. */
import { xxh32 } from "../reference/xxh32.ts";

/** Literals, then a match (none where `match` is 0: the last sequence of a block). */
export interface Sequence {
  readonly literals: Uint8Array;
  readonly distance: number;
  readonly match: number;
}

export interface FrameOptions {
  readonly independent?: boolean;
  readonly blockSums?: boolean;
  readonly contentSize?: boolean;
  readonly contentSum?: boolean;
  /** 4-7: 64 KiB, 256 KiB, 1 MiB, 4 MiB. */
  readonly blockSize?: number;
}

export interface Block {
  readonly bytes: Uint8Array;
  readonly stored: boolean;
}

const MIN_MATCH = 4;
const END_LITERALS = 12;

export function concat(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A compressed block. */
export function blockOf(sequences: readonly Sequence[]): Block {
  const parts: (Uint8Array | readonly number[])[] = [];
  for (const { literals, distance, match } of sequences) {
    const extra = match === 0 ? 0 : match - MIN_MATCH;
    parts.push([(Math.min(literals.length, 15) << 4) | Math.min(extra, 15)], more(literals.length), literals);
    if (match > 0) parts.push([distance & 255, distance >> 8], more(extra));
  }
  return { bytes: concat(parts), stored: false };
}

/** What the sequences stand for, after `before`. */
export function contentOf(sequences: readonly Sequence[], before: Uint8Array = new Uint8Array()): Uint8Array {
  const content: number[] = [...before];
  for (const { literals, distance, match } of sequences) {
    content.push(...literals);
    for (let i = 0; i < match; i++) content.push(content[content.length - distance] ?? 0);
  }
  return Uint8Array.from(content.slice(before.length));
}

/** A frame around blocks that decode to `content`. */
export function frameOf(blocks: readonly Block[], content: Uint8Array, options: FrameOptions = {}): Uint8Array {
  const { independent = true, blockSums = false, contentSize = false, contentSum = false, blockSize = 4 } = options;
  const flags = 0x40 | (+independent << 5) | (+blockSums << 4) | (+contentSize << 3) | (+contentSum << 2);
  const descriptor = concat([[flags, blockSize << 4], contentSize ? [...u32(content.length), 0, 0, 0, 0] : []]);
  return concat([
    u32(0x184d2204),
    descriptor,
    [(xxh32(descriptor) >> 8) & 255],
    ...blocks.flatMap(({ bytes, stored }) => [u32(bytes.length + (stored ? 2 ** 31 : 0)), bytes, blockSums ? u32(xxh32(bytes)) : []]),
    u32(0),
    contentSum ? u32(xxh32(content)) : [],
  ]);
}

export function skippable(variant: number, content: Uint8Array): Uint8Array {
  return concat([u32(0x184d2a50 + variant), u32(content.length), content]);
}

/** A frame of blocks of at most `grain` bytes of content, each stored where that is shorter. */
export function encode(content: Uint8Array, options: FrameOptions = {}, grain = 2 ** (8 + 2 * (options.blockSize ?? 4))): Uint8Array {
  const blocks: Block[] = [];
  for (let from = 0; from < content.length; from += grain) {
    const to = Math.min(from + grain, content.length);
    const packed = blockOf(sequencesOf(content, (options.independent ?? true) ? from : 0, from, to));
    blocks.push(packed.bytes.length < to - from ? packed : { bytes: content.subarray(from, to), stored: true });
  }
  return frameOf(blocks, content, options);
}

/** Greedy parse of content[from, to), looking back to `base`: the latest place with the same four bytes. */
function sequencesOf(content: Uint8Array, base: number, from: number, to: number): readonly Sequence[] {
  const latest = new Map<number, number>();
  const key = (at: number): number => new DataView(content.buffer, content.byteOffset + at, 4).getUint32(0);
  for (let at = Math.max(base, from - 65535); at < from && at + 4 <= to; at++) latest.set(key(at), at);
  const sequences: Sequence[] = [];
  let start = from;
  let at = from;
  while (at + END_LITERALS < to) {
    const seen = latest.get(key(at));
    latest.set(key(at), at);
    if (seen === undefined || at - seen > 65535) {
      at++;
      continue;
    }
    let match = MIN_MATCH;
    while (at + match < to - 5 && content[seen + match] === content[at + match]) match++;
    sequences.push({ literals: content.subarray(start, at), distance: at - seen, match });
    at += match;
    start = at;
  }
  sequences.push({ literals: content.subarray(start, to), distance: 0, match: 0 });
  return sequences;
}

/** The bytes after a nibble of 15. */
function more(length: number): readonly number[] {
  if (length < 15) return [];
  return [...new Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255];
}

function u32(value: number): readonly number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
}
