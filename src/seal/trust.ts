/** What may be asked of a seal or a proof by whoever holds its key, the signer's public key, or the root: the library's functions for both. */
import { ConfigError } from "../errors.ts";
import * as given from "../given.ts";
import { loadKernels } from "../wasm.ts";
import { parseSeal, SIGNATURE_BYTES } from "./format.ts";
import { sealGiven } from "./given.ts";
import { KEY_BYTES, keyGiven } from "./keys.ts";
import { NODE_BYTES } from "./merkle.ts";
import { checkPath, type Proof, proofGiven, proofOf, unhex } from "./proof.ts";
import type { Seal } from "./seal.ts";
import { checkSignature } from "./signature.ts";

export interface OpenSealOptions {
  /** u8[32], for a keyed seal. */
  readonly key?: Uint8Array | undefined;
  /** Ed25519 public key, PEM: the seal must be signed with its private half. */
  readonly publicKey?: string | undefined;
}

/** What each may be. */
export const openSealOptions: given.Fields<OpenSealOptions> = { key: keyGiven, publicKey: given.text };

/**
 * Reads a seal and refuses one that contradicts itself, the key or the signature.
 *
 * @throws ConfigError with one clear line
 */
export async function parseTrusted(bytes: Uint8Array, { key, publicKey }: OpenSealOptions): Promise<Seal> {
  const seal = parseSeal(bytes, key ?? null, await loadKernels());
  await checkSignature(seal, publicKey);
  return seal;
}

/**
 * The proof that a frame was sealed, to be checked with neither the recording nor the seal.
 *
 * @param frame from 0, as sealed
 * @throws ConfigError for a stream or frame the seal does not hold, or without the key of a keyed seal; TypeError for misuse
 */
export async function prove(seal: Seal, stream: string, frame: number, options: Pick<OpenSealOptions, "key"> = {}): Promise<Proof> {
  sealGiven(seal, "seal");
  given.text(stream, "stream");
  number(frame, "frame");
  // Whoever opened the seal may have its options at hand.
  const { key } = given.optionsOf<OpenSealOptions>(options, openSealOptions);
  if (seal.keyed && !key) throw new ConfigError("the seal is keyed: expected its key");
  return proofOf(seal, stream, frame, key ?? null, await loadKernels());
}

const number = given.number("a number", () => true);

export interface CheckProofOptions extends OpenSealOptions {
  /** The root the proof must lead to, hex. */
  readonly root?: string | undefined;
}

/**
 * Whether a proof holds. Without a root or public key it only agrees with itself.
 *
 * @throws ConfigError with one clear line when it does not, or is none; TypeError for misuse
 */
export async function checkProof(proof: Proof, options: CheckProofOptions = {}): Promise<void> {
  const { key, publicKey, root } = given.optionsOf<CheckProofOptions>(options, { ...openSealOptions, root: given.text });
  proofGiven(proof);
  checkPath(proof, key ?? null, await loadKernels());
  const { signature } = proof;
  const about = {
    root: unhex(proof.root, NODE_BYTES, "root"),
    check: unhex(signature?.check ?? "00".repeat(NODE_BYTES), NODE_BYTES, "check"),
    signature: signature
      ? {
          publicKey: unhex(signature.publicKey, KEY_BYTES, "public key"),
          signature: unhex(signature.signature, SIGNATURE_BYTES, "signature"),
        }
      : null,
  };
  await checkSignature(about, publicKey);
  if (root !== undefined && root.toLowerCase() !== proof.root) {
    throw new ConfigError(`does not hold: expected root ${root}, got ${proof.root}`);
  }
}
