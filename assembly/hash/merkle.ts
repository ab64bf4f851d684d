/**
 * The nodes of a seal's tree (docs/seal.md): keyed BLAKE3 of a tag, one byte, and content, little-endian.
 *
 *     block = 01, u32 frames in it, then leaf and i64 stamp of each
 *     inner = 02, left node, right node
 *
 * There is one block for ten frames, as a rule, and one inner node for each block: small inputs of equal length, so eight of them go side by
 * side (_blake3-eight.ts), four times as fast as one after the other.
 */
import { BLAKE3_STATE } from "../../src/abi";
import { CHUNK_END, CHUNK_START, KEYED_HASH, ROOT } from "./_blake3-constants";
import { hash8 } from "./_blake3-eight";
import { blake3Final, blake3Init, blake3Update } from "./blake3";

const BLOCK: u8 = 1;
const INNER: u8 = 2;
/** Bytes of a node. */
const NODE: usize = 32;
/** Tag and number of frames. */
const BLOCK_HEAD: usize = 5;
const STAMP: usize = 8;
/** Tag and two nodes. */
const INNER_BYTES: usize = 1 + 2 * NODE;
const INNER_STRIDE: usize = 128;
/** The largest input eight of which can go side by side: a chunk of BLAKE3. */
const CHUNK: usize = 1024;

/** Eight inputs, zeros behind each. */
const INPUTS: usize = memory.data(8192, 64);
/** u8[8][32] */
const NODES: usize = memory.data(256, 64);
/** For blocks of more than a chunk, and the last one. */
const STATE: usize = memory.data(BLAKE3_STATE, 64);

/**
 * Nodes of the blocks of a stream, or of a part of it that begins with a block.
 *
 * @param leaves u8[leafBytes * frames]
 * @param leafBytes 16 or 32
 * @param stamps i64[frames]
 * @param perBlock frames of each block; the last may have fewer
 * @param key u8[32]
 * @param out u8[32 * blocks]
 * @returns how many blocks
 */
export function merkleBlocks(leaves: usize, leafBytes: usize, stamps: usize, frames: i32, perBlock: i32, key: usize, out: usize): i32 {
  const full = frames / perBlock;
  const length = BLOCK_HEAD + usize(perBlock) * (leafBytes + STAMP);
  const leafStep = usize(perBlock) * leafBytes;
  const stampStep = usize(perBlock) * STAMP;
  let block = 0;
  if (length <= CHUNK) {
    const stride = (length + 63) & ~63;
    memory.fill(INPUTS, 0, 8 * stride);
    while (block < full) {
      const lanes = min(8, full - block);
      for (let lane = 0; lane < lanes; lane++) {
        writeBlock(INPUTS + usize(lane) * stride, leaves, leafBytes, stamps, perBlock);
        leaves += leafStep;
        stamps += stampStep;
      }
      hashEight(stride, length, key, lanes, out);
      out += usize(lanes) * NODE;
      block += lanes;
    }
  }
  for (let left = frames - block * perBlock; left > 0; left -= perBlock) {
    hashBlock(leaves, leafBytes, stamps, min(left, perBlock), key, out);
    leaves += leafStep;
    stamps += stampStep;
    out += NODE;
    block++;
  }
  return block;
}

/**
 * The top of the tree over nodes, as in RFC 6962: that of one is itself; of more, the inner node of the top of the first m and that of the
 * others, m the largest power of two below their number. Pair by pair, level by level, an odd one rising as it is, is the same.
 *
 * @param nodes u8[32 * count] - becomes scratch; the top is its first 32 bytes
 * @param count at least 1
 * @param key u8[32]
 */
export function merkleTop(nodes: usize, count: i32, key: usize): void {
  memory.fill(INPUTS, 0, 8 * INNER_STRIDE);
  while (count > 1) {
    const pairs = count >>> 1;
    for (let pair = 0; pair < pairs; pair += 8) {
      const lanes = min(8, pairs - pair);
      for (let lane = 0; lane < lanes; lane++) {
        const input = INPUTS + usize(lane) * INNER_STRIDE;
        store<u8>(input, INNER);
        memory.copy(input + 1, nodes + usize(pair + lane) * 2 * NODE, 2 * NODE);
      }
      hashEight(INNER_STRIDE, INNER_BYTES, key, lanes, nodes + usize(pair) * NODE);
    }
    if (count & 1) memory.copy(nodes + usize(pairs) * NODE, nodes + usize(count - 1) * NODE, NODE);
    count = pairs + (count & 1);
  }
}

/** Hashes the inputs, of which the first `lanes` count. @param out u8[32 * lanes] */
function hashEight(stride: usize, length: usize, key: usize, lanes: i32, out: usize): void {
  hash8(INPUTS, stride, length, key, 0, 0, KEYED_HASH, CHUNK_START, CHUNK_END | ROOT, NODES);
  memory.copy(out, NODES, usize(lanes) * NODE);
}

/** The content of a block's node. */
function writeBlock(to: usize, leaves: usize, leafBytes: usize, stamps: usize, frames: i32): void {
  store<u8>(to, BLOCK);
  store<u32>(to, u32(frames), 1);
  to += BLOCK_HEAD;
  for (let i = 0; i < frames; i++) {
    v128.store(to, v128.load(leaves));
    if (leafBytes == 32) v128.store(to, v128.load(leaves, 16), 16);
    store<u64>(to + leafBytes, load<u64>(stamps));
    leaves += leafBytes;
    stamps += STAMP;
    to += leafBytes + STAMP;
  }
}

/** The node of one block, of any size. */
function hashBlock(leaves: usize, leafBytes: usize, stamps: usize, frames: i32, key: usize, out: usize): void {
  store<u8>(INPUTS, BLOCK);
  store<u32>(INPUTS, u32(frames), 1);
  blake3Init(STATE, key);
  blake3Update(STATE, INPUTS, BLOCK_HEAD);
  for (let i = 0; i < frames; i++) {
    blake3Update(STATE, leaves, leafBytes);
    blake3Update(STATE, stamps, STAMP);
    leaves += leafBytes;
    stamps += STAMP;
  }
  blake3Final(STATE, out, NODE);
}
