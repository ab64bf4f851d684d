/**
 * The tree over a recording's leaves: block nodes, stream roots, the recording root, and proofs of single frames.
 *
 * Every node is BLAKE3 keyed with the node key (keys.ts) of a tag, one byte, and its content; integers little-endian:
 *
 *     entry      = leaf, i64 stamp
 *     block      = 01, u32 frames in it, their entries                           framesPerBlock of them, fewer in the last
 *     inner      = 02, left, right
 *     stream     = 03, u32 bytes of the id, id (UTF-8), u64 frames, u32 framesPerBlock, top of the tree over its blocks
 *     recording  = 04, u8 algorithm, u32 streams, top of the tree over its streams in order of their ids
 *
 * The top of one node is the node itself; of more, `inner` of the top of the first m and the top of the rest, m the largest
 * power of two below their number (as in RFC 6962). Counts are inside the hashed content, so a shorter or longer list of
 * leaves cannot have the same root, and tags keep one kind of node from passing for another.
 */
import type { Kernels } from "../wasm.ts";
import { LEAF_BYTES, SEAL_ALGORITHMS, type SealAlgorithm } from "./algorithm.ts";

export const NODE_BYTES = 32;
const BLOCK = 1;
const INNER = 2;
const STREAM = 3;
const RECORDING = 4;
/** The last hash of a seal file, see format.ts. */
export const CHECK = 5;

/** Frames of a stream, as the tree reads them. */
export interface TreeStream {
  readonly id: string;
  readonly frames: number;
  /** LEAF_BYTES per frame. */
  readonly leaves: Uint8Array;
  readonly stampNs: BigInt64Array;
}

export class Tree {
  readonly #kernels: Kernels;
  readonly #key: Uint8Array;
  readonly #algorithm: SealAlgorithm;
  readonly #framesPerBlock: number;

  /** @param nodeKey u8[32] */
  constructor(kernels: Kernels, nodeKey: Uint8Array, algorithm: SealAlgorithm, framesPerBlock: number) {
    this.#kernels = kernels;
    this.#key = nodeKey;
    this.#algorithm = algorithm;
    this.#framesPerBlock = framesPerBlock;
  }

  /** Keyed BLAKE3 of the parts, one after another. */
  hash(...parts: readonly Uint8Array[]): Uint8Array {
    const kernels = this.#kernels;
    const mark = kernels.mark();
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const pointer = kernels.alloc(length);
    const key = kernels.put(this.#key);
    const out = kernels.alloc(NODE_BYTES);
    let at = pointer;
    for (const part of parts) {
      kernels.u8(at, part.length).set(part);
      at += part.length;
    }
    kernels.exports.blake3(pointer, length, key, out, NODE_BYTES);
    const digest = kernels.u8(out, NODE_BYTES).slice();
    kernels.release(mark);
    return digest;
  }

  blockNodes({ frames, leaves, stampNs }: TreeStream): readonly Uint8Array[] {
    const kernels = this.#kernels;
    const size = LEAF_BYTES[this.#algorithm];
    const perBlock = this.#framesPerBlock;
    const blocks = Math.ceil(frames / perBlock);
    const mark = kernels.mark();
    const pointer = kernels.alloc(5 + Math.min(perBlock, frames) * (size + 8));
    const key = kernels.put(this.#key);
    const out = kernels.alloc(blocks * NODE_BYTES);
    const memory = kernels.u8(0, kernels.exports.memory.buffer.byteLength);
    const view = new DataView(memory.buffer);
    const stamps = new Uint8Array(stampNs.buffer, stampNs.byteOffset, stampNs.byteLength);
    memory[pointer] = BLOCK;
    for (let b = 0; b < blocks; b++) {
      const first = b * perBlock;
      const end = Math.min(frames, first + perBlock);
      view.setUint32(pointer + 1, end - first, true);
      let at = pointer + 5;
      for (let i = first; i < end; i++) {
        // Byte by byte: a call for so few costs more.
        for (let k = i * size, end = k + size; k < end; k++) memory[at++] = leaves[k] as number;
        for (let k = 8 * i, end = k + 8; k < end; k++) memory[at++] = stamps[k] as number;
      }
      kernels.exports.blake3(pointer, at - pointer, key, out + b * NODE_BYTES, NODE_BYTES);
    }
    const nodes = kernels.u8(out, blocks * NODE_BYTES).slice();
    kernels.release(mark);
    return Array.from({ length: blocks }, (_, b) => nodes.subarray(b * NODE_BYTES, (b + 1) * NODE_BYTES));
  }

  blockNode(entries: readonly Uint8Array[]): Uint8Array {
    return this.hash(Uint8Array.of(BLOCK), u32(entries.length), ...entries);
  }

  /** Zeros for the top of no nodes. */
  top(nodes: readonly Uint8Array[]): Uint8Array {
    const [only] = nodes;
    if (!only) return new Uint8Array(NODE_BYTES);
    if (nodes.length === 1) return only;
    const m = split(nodes.length);
    return this.hash(Uint8Array.of(INNER), this.top(nodes.slice(0, m)), this.top(nodes.slice(m)));
  }

  streamRoot(id: string, frames: number, top: Uint8Array): Uint8Array {
    const name = new TextEncoder().encode(id);
    return this.hash(Uint8Array.of(STREAM), u32(name.length), name, u64(frames), u32(this.#framesPerBlock), top);
  }

  rootOf(stream: TreeStream): Uint8Array {
    return this.streamRoot(stream.id, stream.frames, this.top(this.blockNodes(stream)));
  }

  recordingRoot(streams: number, top: Uint8Array): Uint8Array {
    return this.hash(Uint8Array.of(RECORDING, SEAL_ALGORITHMS.indexOf(this.#algorithm)), u32(streams), top);
  }

  /** Siblings of node `index`, from the lowest up. */
  path(nodes: readonly Uint8Array[], index: number): readonly Uint8Array[] {
    if (nodes.length <= 1) return [];
    const m = split(nodes.length);
    return index < m
      ? [...this.path(nodes.slice(0, m), index), this.top(nodes.slice(m))]
      : [...this.path(nodes.slice(m), index - m), this.top(nodes.slice(0, m))];
  }

  /** The top of `count` nodes, from one of them and its siblings; null where there are too many or too few of these. */
  topFrom(node: Uint8Array, index: number, count: number, siblings: readonly Uint8Array[]): Uint8Array | null {
    if (count <= 1) return siblings.length === 0 ? node : null;
    const last = siblings[siblings.length - 1];
    if (!last) return null;
    const m = split(count);
    const below = siblings.slice(0, -1);
    if (index < m) {
      const left = this.topFrom(node, index, m, below);
      return left && this.hash(Uint8Array.of(INNER), left, last);
    }
    const right = this.topFrom(node, index - m, count - m, below);
    return right && this.hash(Uint8Array.of(INNER), last, right);
  }
}

/** What stands for a frame in its block. */
export function entryOf(leaf: Uint8Array, stampNs: bigint): Uint8Array {
  const entry = new Uint8Array(leaf.length + 8);
  entry.set(leaf);
  new DataView(entry.buffer).setBigInt64(leaf.length, stampNs, true);
  return entry;
}

/** Largest power of two below n > 1. */
function split(n: number): number {
  let m = 1;
  while (2 * m < n) m *= 2;
  return m;
}

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

function u64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out;
}
