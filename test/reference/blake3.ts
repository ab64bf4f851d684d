/**
 * BLAKE3 as sections 2.1 to 2.6 of the paper write it down: recursive, a word at a time, nothing kept between calls.
 * https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf
 */
const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;
const KEYED_HASH = 16;

const IV = Uint32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

/** 32 bytes, or null for the unkeyed hash. */
export type Key = Uint8Array | null;

/** What a compression takes; the last one of all is done with the flag ROOT. */
interface Node {
  readonly chaining: Uint32Array;
  readonly words: Uint32Array;
  readonly counter: number;
  readonly length: number;
  readonly flags: number;
}

export function blake3(bytes: Uint8Array, key: Key = null, outLength = 32): Uint8Array {
  return rootOutput(tree(bytes, 0, keyOf(key)), outLength);
}

export function blake3Rows(regions: readonly Uint8Array[], key: Key = null): readonly Uint8Array[] {
  return regions.map((bytes) => blake3(bytes, key));
}

/** Chaining value of the subtree over `bytes`, which begin at chunk `first` of a longer input. */
export function blake3Subtree(bytes: Uint8Array, first: number, key: Key = null): Uint8Array {
  return toBytes(chainingValue(tree(bytes, first, keyOf(key))));
}

export function blake3Parent(left: Uint8Array, right: Uint8Array, key: Key = null): Uint8Array {
  return toBytes(chainingValue(parent(toWords(left), toWords(right), keyOf(key))));
}

export function blake3Root(left: Uint8Array, right: Uint8Array, key: Key = null, outLength = 32): Uint8Array {
  return rootOutput(parent(toWords(left), toWords(right), keyOf(key)), outLength);
}

/** A hash in parts: by definition the hash of the parts put together. */
export interface Stream {
  readonly key: Key;
  readonly parts: Uint8Array[];
}

export function blake3Init(key: Key = null): Stream {
  return { key, parts: [] };
}

export function blake3Update(stream: Stream, bytes: Uint8Array): void {
  stream.parts.push(bytes.slice());
}

export function blake3Final(stream: Stream, outLength = 32): Uint8Array {
  return blake3(Uint8Array.from(stream.parts.flatMap((part) => [...part])), stream.key, outLength);
}

interface KeyWords {
  readonly words: Uint32Array;
  readonly flags: number;
}

function keyOf(key: Key): KeyWords {
  return key ? { words: toWords(key), flags: KEYED_HASH } : { words: IV, flags: 0 };
}

/** Section 2.1: the left subtree is full and holds the largest power of two of chunks that leaves at least a byte for the right. */
function tree(bytes: Uint8Array, first: number, key: KeyWords): Node {
  if (bytes.length <= 1024) return chunk(bytes, first, key);
  let left = 1;
  while (left * 2 * 1024 < bytes.length) left *= 2;
  return parent(
    chainingValue(tree(bytes.subarray(0, left * 1024), first, key)),
    chainingValue(tree(bytes.subarray(left * 1024), first + left, key)),
    key,
  );
}

/** Section 2.4. */
function chunk(bytes: Uint8Array, counter: number, key: KeyWords): Node {
  let chaining = key.words;
  for (let at = 0; ; at += 64) {
    const block = bytes.subarray(at, at + 64);
    const padded = new Uint8Array(64);
    padded.set(block);
    const last = at + 64 >= bytes.length;
    const flags = key.flags | (at === 0 ? CHUNK_START : 0) | (last ? CHUNK_END : 0);
    const node = { chaining, words: toWords(padded), counter, length: block.length, flags };
    if (last) return node;
    chaining = chainingValue(node);
  }
}

/** Section 2.5. */
function parent(left: Uint32Array, right: Uint32Array, key: KeyWords): Node {
  return { chaining: key.words, words: Uint32Array.of(...left, ...right), counter: 0, length: 64, flags: key.flags | PARENT };
}

function chainingValue(node: Node): Uint32Array {
  return compress(node).slice(0, 8);
}

/** Section 2.6: the root is compressed again and again with a counter, 64 bytes each time. */
function rootOutput(node: Node, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let counter = 0; counter * 64 < length; counter++) {
    const bytes = toBytes(compress({ ...node, counter, flags: node.flags | ROOT }));
    out.set(bytes.subarray(0, Math.min(64, length - counter * 64)), counter * 64);
  }
  return out;
}

/** Section 2.2. */
function compress({ chaining, words, counter, length, flags }: Node): Uint32Array {
  const v = Uint32Array.of(...chaining, ...IV.subarray(0, 4), counter, Math.floor(counter / 2 ** 32), length, flags);
  let m = words;
  for (let round = 0; round < 7; round++) {
    mix(v, 0, 4, 8, 12, at(m, 0), at(m, 1));
    mix(v, 1, 5, 9, 13, at(m, 2), at(m, 3));
    mix(v, 2, 6, 10, 14, at(m, 4), at(m, 5));
    mix(v, 3, 7, 11, 15, at(m, 6), at(m, 7));
    mix(v, 0, 5, 10, 15, at(m, 8), at(m, 9));
    mix(v, 1, 6, 11, 12, at(m, 10), at(m, 11));
    mix(v, 2, 7, 8, 13, at(m, 12), at(m, 13));
    mix(v, 3, 4, 9, 14, at(m, 14), at(m, 15));
    const before = m;
    m = Uint32Array.from(PERMUTATION, (from) => at(before, from));
  }
  for (let i = 0; i < 8; i++) {
    v[i] = at(v, i) ^ at(v, i + 8);
    v[i + 8] = at(v, i + 8) ^ at(chaining, i);
  }
  return v;
}

function mix(v: Uint32Array, a: number, b: number, c: number, d: number, x: number, y: number): void {
  v[a] = at(v, a) + at(v, b) + x;
  v[d] = rotateRight(at(v, d) ^ at(v, a), 16);
  v[c] = at(v, c) + at(v, d);
  v[b] = rotateRight(at(v, b) ^ at(v, c), 12);
  v[a] = at(v, a) + at(v, b) + y;
  v[d] = rotateRight(at(v, d) ^ at(v, a), 8);
  v[c] = at(v, c) + at(v, d);
  v[b] = rotateRight(at(v, b) ^ at(v, c), 7);
}

function rotateRight(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

function at(words: Uint32Array, i: number): number {
  const word = words[i];
  if (word === undefined) throw new RangeError(`expected an index below ${words.length}, got ${i}`);
  return word;
}

function toWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, true));
}

function toBytes(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word, true);
  return bytes;
}
