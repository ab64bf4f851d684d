/**
 * The proof that one frame was sealed: its block's entries and the siblings up to the recording root. Checked without the
 * recording and without the seal. JSON, so that it can be mailed; bytes are hex, int64 decimal text.
 *
 * Unsigned it shows that the frame belongs to `root`: whoever checks it must know the root from elsewhere. Signed it shows
 * that the owner of the key sealed it.
 */
import { joinBytes } from "../bytes.ts";
import { ConfigError } from "../errors.ts";
import { count, type Expect, flag, index, listOf, oneOf, record, text } from "../expect.ts";
import * as given from "../given.ts";
import type { Kernels } from "../wasm.ts";
import { LEAF_BYTES, SEAL_ALGORITHMS, type SealAlgorithm } from "./algorithm.ts";
import { sealKeys } from "./keys.ts";
import { entryOf, NODE_BYTES, Tree } from "./merkle.ts";
import type { Seal } from "./seal.ts";

export interface Proof {
  readonly schema: "plumbline.proof/1";
  readonly algorithm: SealAlgorithm;
  readonly keyed: boolean;
  readonly framesPerBlock: number;
  readonly stream: string;
  /** From 0, when sealed. */
  readonly frame: number;
  /** In the stream. */
  readonly frames: number;
  readonly leaf: string;
  readonly stampNs: string;
  /** Leaf and stamp of every frame of the block. */
  readonly block: readonly { readonly leaf: string; readonly stampNs: string }[];
  /** Siblings from the block's node to the top of the stream. */
  readonly path: readonly string[];
  /** Of the stream among the streams of the recording. */
  readonly streamIndex: number;
  readonly streams: number;
  readonly streamPath: readonly string[];
  readonly root: string;
  readonly signature?: { readonly publicKey: string; readonly check: string; readonly signature: string };
}

/**
 * @param key the seal's, when it is keyed
 * @throws ConfigError for a stream or frame the seal does not hold
 */
export function proofOf(seal: Seal, id: string, frame: number, key: Uint8Array | null, kernels: Kernels): Proof {
  const streamIndex = seal.streams.findIndex((one) => one.id === id);
  const stream = seal.streams[streamIndex];
  if (!stream) throw new ConfigError(`expected a sealed stream (${seal.streams.map((one) => one.id).join(", ")}), got "${id}"`);
  if (!Number.isSafeInteger(frame) || frame < 0 || frame >= stream.frames) {
    throw new ConfigError(`expected a frame from 0 to ${stream.frames - 1}, got ${frame}`);
  }
  const { algorithm, framesPerBlock, signature } = seal;
  const tree = new Tree(kernels, sealKeys(key, kernels).node, algorithm, framesPerBlock);
  const size = LEAF_BYTES[algorithm];
  const entry = (i: number) => ({ leaf: hex(stream.leaves.subarray(i * size, (i + 1) * size)), stampNs: `${stream.stampNs[i] ?? 0n}` });
  const block = Math.floor(frame / framesPerBlock);
  const first = block * framesPerBlock;
  const roots = joinBytes(seal.streams.map(({ root }) => root));
  return {
    schema: "plumbline.proof/1",
    algorithm,
    keyed: seal.keyed,
    framesPerBlock,
    stream: id,
    frame,
    frames: stream.frames,
    ...entry(frame),
    block: Array.from({ length: Math.min(framesPerBlock, stream.frames - first) }, (_, i) => entry(first + i)),
    path: tree.path(tree.blockNodes(stream), block).map(hex),
    streamIndex,
    streams: seal.streams.length,
    streamPath: tree.path(roots, streamIndex).map(hex),
    root: hex(seal.root),
    ...(signature && {
      signature: { publicKey: hex(signature.publicKey), check: hex(seal.check), signature: hex(signature.signature) },
    }),
  };
}

/** @throws ConfigError when the proof does not show that the frame belongs to its root */
export function checkPath(proof: Proof, key: Uint8Array | null, kernels: Kernels): void {
  const { algorithm, framesPerBlock, frame, frames, streams, streamIndex } = proof;
  if (proof.keyed && !key) throw new ConfigError("the proof is of a keyed seal: expected its key");
  if (frame >= frames || streamIndex >= streams) throw new ConfigError("does not hold: the frame is outside its stream");
  const tree = new Tree(kernels, sealKeys(key, kernels).node, algorithm, framesPerBlock);
  const block = Math.floor(frame / framesPerBlock);
  const blocks = Math.ceil(frames / framesPerBlock);
  const inBlock = Math.min(framesPerBlock, frames - block * framesPerBlock);
  const own = proof.block[frame % framesPerBlock];
  if (proof.block.length !== inBlock || own?.leaf !== proof.leaf || own.stampNs !== proof.stampNs) {
    throw new ConfigError("does not hold: the frame is not in its block");
  }
  const entries = proof.block.map(({ leaf, stampNs }) => entryOf(unhex(leaf, LEAF_BYTES[algorithm], "leaf"), BigInt(stampNs)));
  const siblings = (path: readonly string[]): readonly Uint8Array[] => path.map((node) => unhex(node, NODE_BYTES, "path"));
  const top = tree.topFrom(tree.blockNode(entries), block, blocks, siblings(proof.path));
  const above = top && tree.topFrom(tree.streamRoot(proof.stream, frames, top), streamIndex, streams, siblings(proof.streamPath));
  if (!above || hex(tree.recordingRoot(streams, above)) !== proof.root) {
    throw new ConfigError("does not hold: the frame does not lead to the root");
  }
}

const MOST_FRAMES = 2 ** 48;
const within =
  (most: number, expect: Expect<number>): Expect<number> =>
  (value, path) => {
    const n = expect(value, path);
    if (n > most) throw new ConfigError(`${path}: expected at most ${most}, got ${n}`);
    return n;
  };
const hexText: Expect<string> = (value, path) => {
  const given = text(value, path);
  if (!/^([0-9a-f]{2})*$/.test(given)) throw new ConfigError(`${path}: expected hex digits`);
  return given;
};
const int64: Expect<string> = (value, path) => {
  const given = text(value, path);
  if (!/^-?\d{1,19}$/.test(given) || BigInt.asIntN(64, BigInt(given)) !== BigInt(given))
    throw new ConfigError(`${path}: expected an int64`);
  return given;
};

const shape = record<Proof>(
  {
    schema: oneOf("plumbline.proof/1"),
    algorithm: oneOf(...SEAL_ALGORITHMS),
    keyed: flag,
    framesPerBlock: within(1_000_000, count),
    stream: text,
    frame: within(MOST_FRAMES, index),
    frames: within(MOST_FRAMES, count),
    leaf: hexText,
    stampNs: int64,
    block: listOf(record({ leaf: hexText, stampNs: int64 }, ["leaf", "stampNs"])),
    path: listOf(hexText),
    streamIndex: within(MOST_FRAMES, index),
    streams: within(MOST_FRAMES, count),
    streamPath: listOf(hexText),
    root: hexText,
    signature: record({ publicKey: hexText, check: hexText, signature: hexText }, ["publicKey", "check", "signature"]),
  },
  [
    "schema",
    "algorithm",
    "keyed",
    "framesPerBlock",
    "stream",
    "frame",
    "frames",
    "leaf",
    "stampNs",
    "block",
    "path",
    "streamIndex",
    "streams",
    "streamPath",
    "root",
  ],
);

/** A copy. @throws ConfigError for what is no proof */
export function proofGiven(value: unknown): Proof {
  return shape(value, "");
}

/** @throws ConfigError when the text is no proof; TypeError for what is no text */
export function parseProof(json: string): Proof {
  given.text(json, "proof");
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new ConfigError("expected a proof, got something that is no JSON");
  }
  return shape(value, "");
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @throws ConfigError unless it is of `length` bytes */
export function unhex(digits: string, length: number, what: string): Uint8Array {
  if (digits.length !== 2 * length) throw new ConfigError(`${what}: expected ${length} bytes in hex, got ${digits.length} digits`);
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
