/** A seal: what a recording held, frame by frame. Plain data; format.ts turns it into bytes and back. */
import { joinBytes } from "../digest/bytes.ts";
import type { Kernels } from "../kernels.ts";
import type { SealAlgorithm } from "./algorithm.ts";
import { sealKeys } from "./keys.ts";
import type { Leaves } from "./leaves.ts";
import { Tree } from "./merkle.ts";

export interface SealedStream {
  readonly id: string;
  readonly kind: string;
  readonly type: string;
  /** Fingerprint of the schema (16 hex digits) where the container carries one. */
  readonly schema: string | null;
  readonly frames: number;
  /** LEAF_BYTES per frame: digest of the payload. */
  readonly leaves: Uint8Array;
  /** Logged time of each frame; in folder formats its stamp. */
  readonly stampNs: BigInt64Array;
  readonly root: Uint8Array;
}

export interface SealSignature {
  /** u8[32], Ed25519. */
  readonly publicKey: Uint8Array;
  /** u8[64] of `signedBytes(seal)`. */
  readonly signature: Uint8Array;
}

export interface Seal {
  readonly schema: "plumbline.seal/1";
  readonly algorithm: SealAlgorithm;
  readonly framesPerBlock: number;
  /** Whether leaves and nodes are keyed; a keyed seal cannot be checked, or forged, without the key. */
  readonly keyed: boolean;
  /** What was sealed: for people. Not compared. */
  readonly recording: { readonly name: string; readonly format: string };
  /** Streams that have frames, in order of their ids (code units). */
  readonly streams: readonly SealedStream[];
  readonly root: Uint8Array;
  /** Hash of the whole seal but itself and the signature. */
  readonly check: Uint8Array;
  readonly signature: SealSignature | null;
  /** What leaves are keyed with; null for plain digests. Never written. */
  readonly leafKey: Uint8Array | null;
}

export const DEFAULT_FRAMES_PER_BLOCK = 10;
export const MOST_FRAMES_PER_BLOCK = 1_000_000;

/** A seal before its bytes are known. */
export type UncheckedSeal = Omit<Seal, "check" | "signature">;

export interface StreamLeaves extends Pick<SealedStream, "id" | "kind" | "type" | "schema"> {
  readonly leaves: Leaves;
}

export function sealOf(
  streams: readonly StreamLeaves[],
  about: Pick<Seal, "algorithm" | "framesPerBlock" | "recording">,
  key: Uint8Array | null,
  kernels: Kernels,
): UncheckedSeal {
  const keys = sealKeys(key, kernels);
  const tree = new Tree(kernels, keys.node, about.algorithm, about.framesPerBlock);
  const sealed = streams
    .filter(({ leaves }) => leaves.count > 0)
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .map(({ leaves: { count, digests, stampNs }, ...names }): SealedStream => {
      const stream = { ...names, frames: count, leaves: digests, stampNs };
      return { ...stream, root: tree.rootOf(stream) };
    });
  const root = tree.recordingRoot(sealed.length, tree.top(joinBytes(sealed.map((stream) => stream.root))));
  return { schema: "plumbline.seal/1", ...about, keyed: key !== null, streams: sealed, root, leafKey: keys.leaf };
}

/** What a signature signs: the root and, through `check`, every other byte of the seal. */
export function signedBytes({ root, check }: Pick<Seal, "root" | "check">): Uint8Array<ArrayBuffer> {
  const context = new TextEncoder().encode("plumbline.seal/1 signature");
  const out = new Uint8Array(context.length + root.length + check.length);
  out.set(context);
  out.set(root, context.length);
  out.set(check, context.length + root.length);
  return out;
}
