/** A seal: what a recording held, frame by frame. Plain data; format.ts turns it into bytes and back. */
import { joinBytes } from "../digest/bytes.ts";
import type { Kernels } from "../kernels.ts";
import type { FrameForm } from "../types.ts";
import { LATEST, type SealAlgorithm, type SealVersion } from "./algorithm.ts";
import { sealKeys } from "./keys.ts";
import type { Leaves } from "./leaves.ts";
import { usedForms } from "./meaning.ts";
import { Tree, type TreeForm } from "./merkle.ts";

export interface SealedStream {
  readonly id: string;
  readonly kind: string;
  readonly type: string;
  /** What the container stated of the frames' bytes: each form that frames have, in order of their bytes. None in version 1. */
  readonly forms: readonly FrameForm[];
  /** Index into `forms` of each frame; null where there is one form, or none. */
  readonly formOf: Uint16Array | null;
  /** In version 1 all that is held of the schema: XXH3-64 of its encoding and text, 16 hex digits. Null where there was none. */
  readonly schema: string | null;
  readonly frames: number;
  /** LEAF_BYTES per frame: digest of the payload; zeros where it could not be read. */
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
  readonly schema: `plumbline.seal/${SealVersion}`;
  readonly algorithm: SealAlgorithm;
  readonly framesPerBlock: number;
  /** Whether leaves and nodes are keyed; a keyed seal cannot be checked, or forged, without the key. */
  readonly keyed: boolean;
  /** What was sealed. The name is for people; what is stated of frames is compared with the same format's. */
  readonly recording: { readonly name: string; readonly format: string };
  /** Damage of the container when it was sealed, by kind: how many warnings and errors. Nothing in version 1. */
  readonly damages: Readonly<Record<string, number>>;
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

export function versionOf({ schema }: Pick<Seal, "schema">): SealVersion {
  return schema === "plumbline.seal/1" ? 1 : 2;
}

/** What the nodes of its tree depend on. */
export function treeForm(seal: Pick<Seal, "schema" | "algorithm" | "keyed" | "framesPerBlock">): TreeForm {
  const { algorithm, keyed, framesPerBlock } = seal;
  return { version: versionOf(seal), algorithm, keyed, framesPerBlock };
}

/** A seal before its bytes are known. */
export type UncheckedSeal = Omit<Seal, "check" | "signature">;

export interface StreamLeaves extends Pick<SealedStream, "id" | "kind" | "type"> {
  /** As `StreamInfo.forms`. */
  readonly forms?: readonly FrameForm[] | undefined;
  readonly leaves: Leaves;
}

/** A seal of the latest version. @param key u8[32] or null */
export function sealOf(
  streams: readonly StreamLeaves[],
  about: Pick<Seal, "algorithm" | "framesPerBlock" | "recording" | "damages">,
  key: Uint8Array | null,
  kernels: Kernels,
): UncheckedSeal {
  const head = { schema: `plumbline.seal/${LATEST}`, ...about, keyed: key !== null } as const;
  const tree = new Tree(kernels, key, treeForm(head));
  const sealed = streams
    .filter(({ leaves }) => leaves.count > 0)
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .map(({ id, kind, type, forms, leaves }): SealedStream => {
      const { count, digests, stampNs } = leaves;
      const stream = {
        id,
        kind,
        type,
        ...usedForms(forms ? { forms } : {}, leaves),
        schema: null,
        frames: count,
        leaves: digests,
        stampNs,
      };
      return { ...stream, root: tree.rootOf(stream) };
    });
  const root = tree.recordingRoot(sealed.length, tree.top(joinBytes(sealed.map((stream) => stream.root))));
  return { ...head, streams: sealed, root, leafKey: sealKeys(LATEST, key, kernels).leaf };
}

/** What a signature signs: the root and, through `check`, every other byte of the seal. */
export function signedBytes({ schema, root, check }: Pick<Seal, "schema" | "root" | "check">): Uint8Array<ArrayBuffer> {
  const context = new TextEncoder().encode(`${schema} signature`);
  const out = new Uint8Array(context.length + root.length + check.length);
  out.set(context);
  out.set(root, context.length);
  out.set(check, context.length + root.length);
  return out;
}
