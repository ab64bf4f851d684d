/**
 * The tree over a recording's leaves: block nodes, stream roots, the recording root, and proofs of single frames.
 *
 * Every node is BLAKE3 keyed with the node key (keys.ts) of a tag, one byte, and its content; integers little-endian:
 *
 *     entry      = leaf, i64 stamp
 *     block      = 01, u32 frames in it, their entries                           framesPerBlock of them, fewer in the last
 *     block      = 06, u32 frames in it, entry and u16 form of each              of a stream whose frames have several forms
 *     inner      = 02, left, right
 *     stream     = 03, meaning (meaning.ts), u64 frames, u32 framesPerBlock, top of the tree over its blocks
 *     recording  = 04, u8 algorithm, u8 keyed, u32 framesPerBlock, u32 streams, top of the tree over its streams in order of their ids
 *
 * In version 1, which is only read, there is no 06, the meaning of a stream is but its id, and a recording has neither `keyed` nor
 * `framesPerBlock`. The node keys differ, so a node of one version is none of the other.
 *
 * The top of one node is the node itself; of more, `inner` of the top of the first m and the top of the rest, m the largest
 * power of two below their number (as in RFC 6962). Counts are inside the hashed content, so a shorter or longer list of
 * leaves cannot have the same root, and tags keep one kind of node from passing for another.
 */
import { BLAKE3_STATE } from "../abi.ts";
import { joinBytes } from "../digest/bytes.ts";
import type { Kernels } from "../kernels.ts";
import { LEAF_BYTES, SEAL_ALGORITHMS, type SealAlgorithm, type SealVersion } from "./algorithm.ts";
import { sealKeys } from "./keys.ts";
import { type Forms, type Meaning, meaningBytes } from "./meaning.ts";
import { u16, u32, u64 } from "./words.ts";

export const NODE_BYTES = 32;
const BLOCK = 1;
const INNER = 2;
const STREAM = 3;
const RECORDING = 4;
/** The last hash of a seal file, see format.ts. */
export const CHECK = 5;
const FORMED_BLOCK = 6;

/** What is copied to kernel memory at a time. */
const WINDOW_BYTES = 1 << 16;
const BATCH_FRAMES = 1 << 16;

/** Frames of a stream, as the tree reads them. */
export interface TreeStream extends Meaning, Forms {
  readonly frames: number;
  /** LEAF_BYTES per frame. */
  readonly leaves: Uint8Array;
  readonly stampNs: BigInt64Array;
}

/** What every node of a recording's tree depends on. */
export interface TreeForm {
  readonly version: SealVersion;
  readonly algorithm: SealAlgorithm;
  readonly keyed: boolean;
  readonly framesPerBlock: number;
}

export class Tree {
  readonly #kernels: Kernels;
  readonly #key: Uint8Array;
  readonly #form: TreeForm;

  /** @param key u8[32] the caller's, or null */
  constructor(kernels: Kernels, key: Uint8Array | null, form: TreeForm) {
    this.#kernels = kernels;
    this.#key = sealKeys(form.version, key, kernels).node;
    this.#form = form;
  }

  /** Keyed BLAKE3 of the parts, one after another. */
  hash(...parts: readonly Uint8Array[]): Uint8Array {
    const kernels = this.#kernels;
    const { blake3Init, blake3Update, blake3Final } = kernels.exports;
    const mark = kernels.mark();
    const state = kernels.alloc(BLAKE3_STATE);
    const key = kernels.put(this.#key);
    const window = kernels.alloc(WINDOW_BYTES);
    const out = kernels.alloc(NODE_BYTES);
    blake3Init(state, key);
    for (const part of parts) {
      for (let at = 0; at < part.length; at += WINDOW_BYTES) {
        const piece = part.subarray(at, at + WINDOW_BYTES);
        kernels.u8(window, piece.length).set(piece);
        blake3Update(state, window, piece.length);
      }
    }
    blake3Final(state, out, NODE_BYTES);
    const digest = kernels.u8(out, NODE_BYTES).slice();
    kernels.release(mark);
    return digest;
  }

  /** Nodes of a stream's blocks, NODE_BYTES each. */
  blockNodes({ frames, leaves, stampNs, formOf }: Pick<TreeStream, "frames" | "leaves" | "stampNs" | "formOf">): Uint8Array {
    const kernels = this.#kernels;
    const size = LEAF_BYTES[this.#form.algorithm];
    const perBlock = this.#form.framesPerBlock;
    if (formOf) {
      // Seldom: block by block will do.
      const entry = (i: number): Uint8Array => entryOf(leaves.subarray(i * size, (i + 1) * size), stampNs[i] ?? 0n, formOf[i] ?? 0);
      const blocks = Array.from({ length: Math.ceil(frames / perBlock) }, (_, block) => {
        const first = block * perBlock;
        return this.blockNode(
          Array.from({ length: Math.min(perBlock, frames - first) }, (_, i) => entry(first + i)),
          true,
        );
      });
      return joinBytes(blocks);
    }
    const batch = Math.max(1, Math.floor(BATCH_FRAMES / perBlock)) * perBlock;
    const room = Math.min(batch, frames);
    const mark = kernels.mark();
    const key = kernels.put(this.#key);
    const leavesAt = kernels.alloc(room * size);
    const stampsAt = kernels.alloc(room * 8);
    const out = kernels.alloc(Math.ceil(room / perBlock) * NODE_BYTES);
    const nodes = new Uint8Array(Math.ceil(frames / perBlock) * NODE_BYTES);
    for (let from = 0, at = 0; from < frames; from += batch) {
      const count = Math.min(batch, frames - from);
      kernels.u8(leavesAt, count * size).set(leaves.subarray(from * size, (from + count) * size));
      kernels.i64(stampsAt, count).set(stampNs.subarray(from, from + count));
      const blocks = kernels.exports.merkleBlocks(leavesAt, size, stampsAt, count, perBlock, key, out);
      nodes.set(kernels.u8(out, blocks * NODE_BYTES), at);
      at += blocks * NODE_BYTES;
    }
    kernels.release(mark);
    return nodes;
  }

  /** @param formed whether the entries tell their forms */
  blockNode(entries: readonly Uint8Array[], formed = false): Uint8Array {
    return this.hash(Uint8Array.of(formed ? FORMED_BLOCK : BLOCK), u32(entries.length), ...entries);
  }

  /** The top of nodes; zeros for that of none. */
  top(nodes: Uint8Array): Uint8Array {
    if (nodes.length === 0) return new Uint8Array(NODE_BYTES);
    const kernels = this.#kernels;
    const mark = kernels.mark();
    const key = kernels.put(this.#key);
    const pointer = kernels.put(nodes);
    kernels.exports.merkleTop(pointer, nodes.length / NODE_BYTES, key);
    const top = kernels.u8(pointer, NODE_BYTES).slice();
    kernels.release(mark);
    return top;
  }

  streamRoot(stream: Meaning, frames: number, top: Uint8Array): Uint8Array {
    const { version, framesPerBlock } = this.#form;
    const name = new TextEncoder().encode(stream.id);
    const head = version === 1 ? [u32(name.length), name] : [meaningBytes(stream)];
    return this.hash(Uint8Array.of(STREAM), ...head, u64(frames), u32(framesPerBlock), top);
  }

  rootOf(stream: TreeStream): Uint8Array {
    return this.streamRoot(stream, stream.frames, this.top(this.blockNodes(stream)));
  }

  recordingRoot(streams: number, top: Uint8Array): Uint8Array {
    const { version, algorithm, keyed, framesPerBlock } = this.#form;
    const head = version === 1 ? [] : [Uint8Array.of(keyed ? 1 : 0), u32(framesPerBlock)];
    return this.hash(Uint8Array.of(RECORDING, SEAL_ALGORITHMS.indexOf(algorithm)), ...head, u32(streams), top);
  }

  /** Siblings of node `index`, from the lowest up. */
  path(nodes: Uint8Array, index: number): readonly Uint8Array[] {
    const count = nodes.length / NODE_BYTES;
    if (count <= 1) return [];
    const m = split(count);
    const left = nodes.subarray(0, m * NODE_BYTES);
    const right = nodes.subarray(m * NODE_BYTES);
    return index < m ? [...this.path(left, index), this.top(right)] : [...this.path(right, index - m), this.top(left)];
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

/** What stands for a frame in its block. @param form in a stream whose frames have several */
export function entryOf(leaf: Uint8Array, stampNs: bigint, form: number | null = null): Uint8Array {
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigInt64(0, stampNs, true);
  return joinBytes([leaf, stamp, ...(form === null ? [] : [u16(form)])]);
}

/** Largest power of two below n > 1. */
function split(n: number): number {
  let m = 1;
  while (2 * m < n) m *= 2;
  return m;
}
