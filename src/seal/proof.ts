/**
 * The proof that one frame was sealed, and what it meant: its block's entries, its stream's meaning, and the siblings up to the recording
 * root. Checked without the recording and without the seal. JSON, so that it can be mailed; bytes are hex, int64 decimal text.
 *
 * Unsigned it shows that the frame belongs to `root`: whoever checks it must know the root from elsewhere. Signed it shows
 * that the owner of the key sealed it. Proofs from seals of version 1 say nothing of what the frame means.
 */
import { joinBytes } from "../digest/bytes.ts";
import { ConfigError } from "../errors.ts";
import * as given from "../given.ts";
import type { Kernels } from "../kernels.ts";
import { count, type Expect, flag, index, listOf, oneOf, record, text } from "../rig/expect.ts";
import type { FrameForm } from "../types.ts";
import { LEAF_BYTES, SEAL_ALGORITHMS, type SealAlgorithm, type SealVersion } from "./algorithm.ts";
import { hex, unhex } from "./hex.ts";
import { areInOrder, TEXT_BYTES } from "./meaning.ts";
import { entryOf, NODE_BYTES, Tree } from "./merkle.ts";
import { MOST_FRAMES_PER_BLOCK, type Seal, treeForm, versionOf } from "./seal.ts";

export interface ProofEntry {
  readonly leaf: string;
  readonly stampNs: string;
  /** Index into `forms`, where there are several. */
  readonly form?: number | undefined;
}

export interface Proof extends ProofEntry {
  readonly schema: `plumbline.proof/${SealVersion}`;
  readonly algorithm: SealAlgorithm;
  readonly keyed: boolean;
  readonly framesPerBlock: number;
  readonly stream: string;
  /** What its frames mean: absent in version 1. */
  readonly kind?: string | undefined;
  readonly type?: string | undefined;
  /** As `SealedStream.forms`. */
  readonly forms?: readonly FrameForm[] | undefined;
  /** From 0, when sealed. */
  readonly frame: number;
  /** In the stream. */
  readonly frames: number;
  /** Every frame of the block. */
  readonly block: readonly ProofEntry[];
  /** Siblings from the block's node to the top of the stream. */
  readonly path: readonly string[];
  /** Of the stream among the streams of the recording. */
  readonly streamIndex: number;
  readonly streams: number;
  readonly streamPath: readonly string[];
  readonly root: string;
  readonly signature?: { readonly publicKey: string; readonly check: string; readonly signature: string } | undefined;
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
  const { kind, type, forms, formOf } = stream;
  const tree = new Tree(kernels, key, treeForm(seal));
  const size = LEAF_BYTES[algorithm];
  const entry = (i: number): ProofEntry => ({
    leaf: hex(stream.leaves.subarray(i * size, (i + 1) * size)),
    stampNs: `${stream.stampNs[i] ?? 0n}`,
    ...(formOf && { form: formOf[i] ?? 0 }),
  });
  const block = Math.floor(frame / framesPerBlock);
  const first = block * framesPerBlock;
  const roots = joinBytes(seal.streams.map(({ root }) => root));
  return {
    schema: `plumbline.proof/${versionOf(seal)}`,
    algorithm,
    keyed: seal.keyed,
    framesPerBlock,
    stream: id,
    ...(versionOf(seal) > 1 && { kind, type, forms }),
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
  const { algorithm, keyed, framesPerBlock, frame, frames, streams, streamIndex, stream, kind = "", type = "", forms = [] } = proof;
  if (keyed && !key) throw new ConfigError("the proof is of a keyed seal: expected its key");
  if (!keyed && key) throw new ConfigError("does not hold: the seal was made without a key, but one is given");
  if (keyed && algorithm !== "blake3") throw new ConfigError("does not hold: expected BLAKE3 leaves of a keyed seal");
  if (frame >= frames || streamIndex >= streams) throw new ConfigError("does not hold: the frame is outside its stream");
  const tree = new Tree(kernels, key, { version: versionOfProof(proof), algorithm, keyed, framesPerBlock });
  const block = Math.floor(frame / framesPerBlock);
  const blocks = Math.ceil(frames / framesPerBlock);
  const inBlock = Math.min(framesPerBlock, frames - block * framesPerBlock);
  const own = proof.block[frame % framesPerBlock];
  if (proof.block.length !== inBlock || own?.leaf !== proof.leaf || own.stampNs !== proof.stampNs || own.form !== proof.form) {
    throw new ConfigError("does not hold: the frame is not in its block");
  }
  const isFormed = forms.length > 1;
  if (!proof.block.every(({ form }) => (isFormed ? form !== undefined && form < forms.length : form === undefined))) {
    throw new ConfigError("does not hold: the frame has no form of its stream");
  }
  if (!areInOrder(forms)) throw new ConfigError("does not hold: forms out of order");
  const entries = proof.block.map(({ leaf, stampNs, form = null }) =>
    entryOf(unhex(leaf, LEAF_BYTES[algorithm], "leaf"), BigInt(stampNs), form),
  );
  const siblings = (path: readonly string[]): readonly Uint8Array[] => path.map((node) => unhex(node, NODE_BYTES, "path"));
  const top = tree.topFrom(tree.blockNode(entries, isFormed), block, blocks, siblings(proof.path));
  const node = top && tree.streamRoot({ id: stream, kind, type, forms }, frames, top);
  const above = node && tree.topFrom(node, streamIndex, streams, siblings(proof.streamPath));
  if (!above || hex(tree.recordingRoot(streams, above)) !== proof.root) {
    throw new ConfigError("does not hold: the frame does not lead to the root");
  }
}

export function versionOfProof({ schema }: Pick<Proof, "schema">): SealVersion {
  return schema === "plumbline.proof/1" ? 1 : 2;
}

const MOST_FRAMES = 2 ** 48;
/** A u32 in what is hashed. */
const MOST_STREAMS = 2 ** 32 - 1;
const within =
  (most: number, expect: Expect<number>): Expect<number> =>
  (value, path) => {
    const n = expect(value, path);
    if (n > most) throw new ConfigError(`${path}: expected at most ${most}, got ${n}`);
    return n;
  };
/** Half a character would be hashed as another one. */
const anyText: Expect<string> = (value, path) => {
  if (typeof value !== "string" || !value.isWellFormed()) throw new ConfigError(`${path}: expected text of whole characters`);
  return value;
};
const hexText: Expect<string> = (value, path) => {
  const given = text(value, path);
  if (!/^([0-9a-f]{2})*$/.test(given)) throw new ConfigError(`${path}: expected hex digits`);
  return given;
};
const digestText: Expect<string> = (value, path) => hex(unhex(hexText(value, path), TEXT_BYTES, path));
const int64: Expect<string> = (value, path) => {
  const given = text(value, path);
  if (!/^-?\d{1,19}$/.test(given) || `${BigInt.asIntN(64, BigInt(given))}` !== given) throw new ConfigError(`${path}: expected an int64`);
  return given;
};
const orNull =
  <T>(expect: Expect<T>): Expect<T | null> =>
  (value, path) =>
    value === null ? null : expect(value, path);

const entryFields = { leaf: hexText, stampNs: int64 };
const FIRST = {
  schema: oneOf("plumbline.proof/1"),
  algorithm: oneOf(...SEAL_ALGORITHMS),
  keyed: flag,
  framesPerBlock: within(MOST_FRAMES_PER_BLOCK, count),
  stream: anyText,
  frame: within(MOST_FRAMES, index),
  frames: within(MOST_FRAMES, count),
  ...entryFields,
  block: listOf(record<Omit<ProofEntry, "form">>(entryFields, ["leaf", "stampNs"])),
  path: listOf(hexText),
  streamIndex: within(MOST_STREAMS, index),
  streams: within(MOST_STREAMS, count),
  streamPath: listOf(hexText),
  root: hexText,
};
const SIGNATURE = { signature: record({ publicKey: hexText, check: hexText, signature: hexText }, ["publicKey", "check", "signature"]) };

const FORM = {
  topic: anyText,
  messageEncoding: anyText,
  schemaEncoding: anyText,
  schemaText: orNull(digestText),
  typeHash: orNull(anyText),
};
const FORMED = { form: within(65_535, index) };
const SECOND = {
  ...FIRST,
  schema: oneOf("plumbline.proof/2"),
  kind: anyText,
  type: anyText,
  forms: listOf(record<FrameForm>(FORM, Object.keys(FORM) as (keyof FrameForm)[])),
  block: listOf(record<ProofEntry>({ ...entryFields, ...FORMED }, ["leaf", "stampNs"])),
};

const requiredOf = (fields: object): (keyof Proof)[] => Object.keys(fields) as (keyof Proof)[];
const first = record<Omit<Proof, "kind" | "type" | "forms" | "form">>({ ...FIRST, ...SIGNATURE }, requiredOf(FIRST) as never[]);
const second = record<Proof>({ ...SECOND, ...FORMED, ...SIGNATURE }, requiredOf(SECOND));

/** @throws ConfigError when the value is no proof */
export const expectProof: Expect<Proof> = (value, path) => {
  const isFirst = typeof value === "object" && value !== null && "schema" in value && value.schema === "plumbline.proof/1";
  const proof: Proof = isFirst ? first(value, path) : second(value, path);
  if (!isFirst && proof.forms?.length === 0) throw new ConfigError("forms: expected one at least");
  return proof;
};

/** A copy. @throws ConfigError for what is no proof */
export function proofGiven(value: unknown): Proof {
  return expectProof(value, "");
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
  return expectProof(value, "");
}
