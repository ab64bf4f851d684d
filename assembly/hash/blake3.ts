/**
 * BLAKE3, hash and keyed hash, any output length (https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf).
 *
 * The input is cut into chunks of 1,024 bytes, each hashed on its own into a chaining value of 32 bytes; pairs of those are hashed again
 * until one is left. The left half of every pair is the largest power of two of chunks that leaves something for the right. So the chunks
 * can be done in any order, side by side: eight at a time here, and subtrees by anybody else (`blake3Subtree`), joined by `blake3Parent`
 * and at last `blake3Root`.
 *
 * The very last compression, the root, is marked; so nothing may be finished before it is known that more input follows. Everything here
 * keeps at least one byte back.
 *
 * `key` is u8[32], or 0 for the unkeyed hash. Any alignment; nothing outside the regions is read. One call at a time per instance.
 * Not done: derive_key, and wider vectors than WASM's 16 bytes (native AVX-512 is 4 to 5 times faster).
 */
import { BLAKE3_STATE } from "../../src/abi";
import { compress } from "./_blake3-compress";
import { CHUNK_END, CHUNK_START, IV, KEYED_HASH, PARENT, ROOT } from "./_blake3-constants";
import { hash8 } from "./_blake3-eight";
import { hash4 } from "./_blake3-lanes";

const CHUNK: usize = 1024;
/** Bytes of a chaining value. */
const VALUE: usize = 32;
/** Most chunks whose chaining values are joined at once. */
const PIECE: usize = 64;

/**
 * The caller's state, BLAKE3_STATE bytes:
 *
 * | offset | type        | what                                                                         |
 * |--------|-------------|------------------------------------------------------------------------------|
 * | 0      | u32[8]      | key, or IV                                                                   |
 * | 32     | u32         | KEYED_HASH or 0                                                              |
 * | 36     | u32         | bytes held back in the buffer: 0 only before the first byte                  |
 * | 40     | u64         | chunks hashed before them: a multiple of 8 between calls                     |
 * | 48     | u64         | counter of the first chunk                                                   |
 * | 56     | u32         | values on the stack                                                          |
 * | 64     | u32[54][8]  | stack: chaining values of finished subtrees, ever smaller ones: one per 1 bit |
 * |        |             | of the number of chunks                                                      |
 * | 1,792  | u8[8192]    | buffer                                                                       |
 */
const FLAGS: usize = 32;
const HELD: usize = 36;
const DONE: usize = 40;
const FIRST: usize = 48;
const DEPTH: usize = 56;
const STACK: usize = 64;
const BUFFER: usize = 1792;
const BUFFER_BYTES: usize = 8192;

/** A state without buffer, for whole inputs. */
const OWN: usize = memory.data(1792, 64);

/** u32[PIECE][8] - chaining values of neighbours; hash4 and hash8 fill whole groups, up to seven values too many. */
const VALUES: usize = memory.data(2304, 64);

/**
 * A compression not yet done, for it may be the root: u32[8] chaining value, u8[64] block, u32 length, u32 flags, u64 counter.
 */
const NODE: usize = memory.data(112, 64);
const NODE_BLOCK: usize = NODE + 32;
const NODE_LENGTH: usize = NODE + 96;
const NODE_FLAGS: usize = NODE + 100;
const NODE_COUNTER: usize = NODE + 104;

/** u8[64] - what `compress` gives. */
const OUTPUT: usize = memory.data(64, 64);

/**
 * Hash of a region.
 *
 * @param pointer u8[length]
 * @param out u8[outLength] - 32 is the usual length; a longer output begins with the shorter one
 * O(n): eight chunks at a time from 8 KiB on, four from 2 KiB, one below.
 */
export function blake3(pointer: usize, length: usize, key: usize, out: usize, outLength: usize): void {
  blake3Init(OWN, key);
  const rest = absorbAllBut(PIECE * CHUNK, pointer, length, OWN);
  last(OWN, pointer + length - rest, rest);
  root(out, outLength);
}

/**
 * Hashes of many regions, each on its own.
 *
 * @param pointers u32[n]
 * @param lengths f64[n]
 * @param count n
 * @param out u8[32n] - zeros where the pointer is 0 and the length is not: such a region is not there
 * @returns how many are not there
 */
export function blake3Rows(pointers: usize, lengths: usize, count: i32, key: usize, out: usize): i32 {
  let missing = 0;
  for (let i = 0; i < count; i++) {
    const pointer = usize(load<u32>(pointers));
    const length = load<f64>(lengths);
    if (pointer == 0 && length != 0) {
      memory.fill(out, 0, VALUE);
      missing++;
    } else {
      blake3(pointer, usize(length), key, out, VALUE);
    }
    pointers += 4;
    lengths += 8;
    out += VALUE;
  }
  return missing;
}

/** Begins a hash. @param state u8[BLAKE3_STATE] */
export function blake3Init(state: usize, key: usize): void {
  copyValue(state, key ? key : IV);
  memory.fill(state + FLAGS, 0, STACK - FLAGS);
  store<u32>(state, key ? KEYED_HASH : 0, FLAGS);
}

/** Continues a hash by the next bytes, of which there may be any number. @param state u8[BLAKE3_STATE] */
export function blake3Update(state: usize, pointer: usize, length: usize): void {
  let held = usize(load<u32>(state, HELD));
  if (held + length > BUFFER_BYTES) {
    if (held > 0) {
      const fill = BUFFER_BYTES - held;
      memory.copy(state + BUFFER + held, pointer, fill);
      absorb(state, state + BUFFER, BUFFER_BYTES / CHUNK);
      pointer += fill;
      length -= fill;
      held = 0;
    }
    const rest = absorbAllBut(BUFFER_BYTES, pointer, length, state);
    pointer += length - rest;
    length = rest;
  }
  memory.copy(state + BUFFER + held, pointer, length);
  store<u32>(state, u32(held + length), HELD);
}

/** The hash of everything so far. The state stays as it is: more may follow. @param out u8[outLength] */
export function blake3Final(state: usize, out: usize, outLength: usize): void {
  last(state, state + BUFFER, load<u32>(state, HELD));
  root(out, outLength);
}

/**
 * Chaining value of a subtree, which is never the root: of `length` > 0 bytes that begin at chunk `first` of an input.
 *
 * @param first a multiple of the subtree's chunks rounded up to a power of two, below 2^53; every subtree but the input's last is 1,024
 * times a power of two bytes
 * @param out u32[8] - goes to `blake3Parent` or `blake3Root`
 */
export function blake3Subtree(pointer: usize, length: usize, first: f64, key: usize, out: usize): void {
  blake3Init(OWN, key);
  store<u64>(OWN, u64(first), FIRST);
  const rest = absorbAllBut(PIECE * CHUNK, pointer, length, OWN);
  last(OWN, pointer + length - rest, rest);
  chain(out);
}

/** Chaining value of two neighbouring subtrees, the left a full one of at least the right's size. All are u32[8]. */
export function blake3Parent(left: usize, right: usize, key: usize, out: usize): void {
  parent(key ? key : IV, key ? KEYED_HASH : 0, left, right);
  chain(out);
}

/** Hash of an input that consists of two subtrees. @param out u8[outLength] */
export function blake3Root(left: usize, right: usize, key: usize, out: usize, outLength: usize): void {
  parent(key ? key : IV, key ? KEYED_HASH : 0, left, right);
  root(out, outLength);
}

/** Absorbs multiples of `most` bytes while more than `most` are left. @returns how many bytes are left */
function absorbAllBut(most: usize, pointer: usize, length: usize, state: usize): usize {
  if (length <= most) return length;
  const bytes = ((length - 1) / most) * most;
  absorb(state, pointer, bytes / CHUNK);
  return length - bytes;
}

/**
 * Chunks that are known not to be the last, in subtrees as large as their place allows. As in a binary counter, a finished subtree is
 * joined with the one on top of the stack while they are equally large.
 */
function absorb(state: usize, pointer: usize, chunks: usize): void {
  let depth = usize(load<u32>(state, DEPTH));
  let done = load<u64>(state, DONE);
  const first = load<u64>(state, FIRST);
  const flags = load<u32>(state, FLAGS);
  while (chunks > 0) {
    let size = PIECE;
    while (size > chunks || (done & u64(size - 1)) != 0) size >>>= 1;
    reduce(leaves(pointer, size * CHUNK, state, first + done, flags), 1, state, flags);
    copyValue(state + STACK + depth * VALUE, VALUES);
    depth++;
    done += size;
    pointer += size * CHUNK;
    chunks -= size;
    for (let pairs = done / u64(size); (pairs & 1) == 0; pairs >>= 1) {
      depth--;
      const pair = state + STACK + (depth - 1) * VALUE;
      join(state, flags, pair, pair);
    }
  }
  store<u32>(state, u32(depth), DEPTH);
  store<u64>(state, done, DONE);
}

/** The last bytes of an input or subtree, at most PIECE chunks, and everything on the stack: leaves the topmost compression in NODE. */
function last(state: usize, pointer: usize, length: usize): void {
  const first = load<u64>(state, FIRST) + load<u64>(state, DONE);
  const flags = load<u32>(state, FLAGS);
  if (length <= CHUNK) {
    chunk(pointer, length, state, first, flags);
  } else {
    reduce(leaves(pointer, length, state, first, flags), 2, state, flags);
    parent(state, flags, VALUES, VALUES + VALUE);
  }
  for (let depth = usize(load<u32>(state, DEPTH)); depth > 0; depth--) {
    chain(VALUES);
    parent(state, flags, state + STACK + (depth - 1) * VALUE, VALUES);
  }
}

/** Chaining values of 1 to PIECE chunks, the last of which may be short, to VALUES. @returns how many */
function leaves(pointer: usize, length: usize, key: usize, counter: u64, flags: u32): usize {
  const full = length / CHUNK;
  let n: usize = 0;
  for (; full - n >= 8; n += 8) {
    hash8(pointer + n * CHUNK, CHUNK, CHUNK, key, counter + n, 1, flags, CHUNK_START, CHUNK_END, VALUES + n * VALUE);
  }
  while (full - n > 1) {
    const p = pointer + n * CHUNK;
    const lanes = min<usize>(4, full - n);
    const p2 = lanes > 2 ? p + 2 * CHUNK : p;
    const p3 = lanes > 3 ? p + 3 * CHUNK : p;
    hash4(p, p + CHUNK, p2, p3, true, key, counter + n, flags, VALUES + n * VALUE);
    n += lanes;
  }
  for (let at = n * CHUNK; at < length; at += CHUNK) {
    chunk(pointer + at, min(CHUNK, length - at), key, counter + n, flags);
    chain(VALUES + n * VALUE);
    n++;
  }
  return n;
}

/** Joins the `count` values in VALUES pair by pair, an odd one rising as it is, until at most `to` are left. */
function reduce(count: usize, to: usize, key: usize, flags: u32): void {
  while (count > to) {
    const pairs = count >>> 1;
    let n: usize = 0;
    for (; n + 4 < pairs; n += 8) hash8(VALUES + 2 * n * VALUE, 64, 64, key, 0, 0, flags | PARENT, 0, 0, VALUES + n * VALUE);
    const p = VALUES + 2 * n * VALUE;
    if (n + 1 < pairs) {
      hash4(p, p + 2 * VALUE, p + 4 * VALUE, p + 6 * VALUE, false, key, 0, flags, VALUES + n * VALUE);
    } else if (n < pairs) {
      join(key, flags, p, VALUES + n * VALUE);
    }
    if (count & 1) copyValue(VALUES + pairs * VALUE, VALUES + (count - 1) * VALUE);
    count = pairs + (count & 1);
  }
}

/** Chaining value of the two at `pair`. */
function join(key: usize, flags: u32, pair: usize, out: usize): void {
  compress(key, pair, 64, 0, flags | PARENT, OUTPUT);
  copyValue(out, OUTPUT);
}

function copyValue(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}

/** A chunk of 0 to 1,024 bytes, all but its last compression: that goes to NODE. */
function chunk(pointer: usize, length: usize, key: usize, counter: u64, flags: u32): void {
  let f = flags | CHUNK_START;
  copyValue(NODE, key);
  while (length > 64) {
    compress(NODE, pointer, 64, counter, f, NODE); // beyond the value it writes over the block, which is not in use yet
    f = flags;
    pointer += 64;
    length -= 64;
  }
  memory.fill(NODE_BLOCK, 0, 64);
  memory.copy(NODE_BLOCK, pointer, length);
  store<u32>(NODE_LENGTH, u32(length));
  store<u32>(NODE_FLAGS, f | CHUNK_END);
  store<u64>(NODE_COUNTER, counter);
}

/** The compression of two chaining values, to NODE. */
function parent(key: usize, flags: u32, left: usize, right: usize): void {
  copyValue(NODE, key);
  copyValue(NODE_BLOCK, left);
  copyValue(NODE_BLOCK + VALUE, right);
  store<u32>(NODE_LENGTH, 64);
  store<u32>(NODE_FLAGS, flags | PARENT);
  store<u64>(NODE_COUNTER, 0);
}

/** NODE as a chaining value. @param out u32[8] */
function chain(out: usize): void {
  compress(NODE, NODE_BLOCK, load<u32>(NODE_LENGTH), load<u64>(NODE_COUNTER), load<u32>(NODE_FLAGS), OUTPUT);
  copyValue(out, OUTPUT);
}

/** NODE as the root: its output goes on for as long as is wanted, 64 bytes per count. */
function root(out: usize, length: usize): void {
  const flags = load<u32>(NODE_FLAGS) | ROOT;
  for (let counter: u64 = 0; length > 0; counter++) {
    compress(NODE, NODE_BLOCK, load<u32>(NODE_LENGTH), counter, flags, OUTPUT);
    const n = min<usize>(64, length);
    memory.copy(out, OUTPUT, n);
    out += n;
    length -= n;
  }
}
