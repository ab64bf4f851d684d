/** What may be asked of a seal or a proof by whoever holds its key, the signer's public key, or the root: the library's functions for both. */
import { ConfigError } from "../errors.ts";
import * as given from "../given.ts";
import { loadKernels } from "../kernels.ts";
import { parseSeal, SIGNATURE_BYTES } from "./format.ts";
import { sealGiven } from "./given.ts";
import { unhex } from "./hex.ts";
import { KEY_BYTES, keyGiven } from "./keys.ts";
import { NODE_BYTES } from "./merkle.ts";
import { checkPath, type Proof, proofGiven, proofOf, versionOfProof } from "./proof.ts";
import type { Seal } from "./seal.ts";
import { checkSignature } from "./signature.ts";

export interface OpenSealOptions {
  /** u8[32], for a keyed seal. */
  readonly key?: Uint8Array | undefined;
  /** Ed25519 public key, PEM: the seal must be signed with its private half, and its leaves be BLAKE3. */
  readonly publicKey?: string | undefined;
}

/** What each may be. */
export const openSealOptions: given.Fields<OpenSealOptions> = { key: keyGiven, publicKey: given.text };

/** What bytes of a seal are asked for, or an opened one: it is then the caller's word that it was opened with what it takes. */
export async function trusted(seal: Seal, { key, publicKey }: OpenSealOptions): Promise<Seal> {
  if (key && !seal.keyed) throw new ConfigError("the seal was made without a key, but one is given");
  await checkSignature(seal, publicKey);
  return seal;
}

/**
 * Reads a seal and refuses one that contradicts itself, the key or the signature.
 *
 * @throws ConfigError with one clear line
 */
export async function parseTrusted(bytes: Uint8Array, { key, publicKey }: OpenSealOptions): Promise<Seal> {
  return trusted(parseSeal(bytes, key ?? null, await loadKernels()), { key, publicKey });
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
  if (!seal.keyed && key) throw new ConfigError("the seal was made without a key, but one is given");
  return proofOf(seal, stream, frame, key ?? null, await loadKernels());
}

const number = given.number("a number", () => true);

export interface CheckProofOptions extends OpenSealOptions {
  /** The root the proof must lead to, hex. */
  readonly root?: string | undefined;
}

/** What a proof that holds does not show, a line each. */
export interface ProofLimits {
  readonly limits: readonly string[];
}

/**
 * Whether a proof holds. Without a root or public key it only agrees with itself. With one of them its leaves must be BLAKE3: a frame can be
 * made to have any other leaf.
 *
 * @throws ConfigError with one clear line when it does not, or is none; TypeError for misuse
 */
export async function checkProof(proof: Proof, options: CheckProofOptions = {}): Promise<ProofLimits> {
  const { key, publicKey, root } = given.optionsOf<CheckProofOptions>(options, { ...openSealOptions, root: given.text });
  const kernels = await loadKernels();
  const expected = proofGiven(proof);
  checkPath(expected, key ?? null, kernels);
  const { signature, algorithm } = expected;
  const version = versionOfProof(expected);
  const about = {
    schema: `plumbline.seal/${version}`,
    algorithm,
    root: unhex(proof.root, NODE_BYTES, "root"),
    check: unhex(signature?.check ?? "00".repeat(NODE_BYTES), NODE_BYTES, "check"),
    signature: signature
      ? {
          publicKey: unhex(signature.publicKey, KEY_BYTES, "public key"),
          signature: unhex(signature.signature, SIGNATURE_BYTES, "signature"),
        }
      : null,
  } as const;
  if (version > 1 && signature && algorithm !== "blake3") throw new ConfigError("does not hold: expected BLAKE3 leaves under a signature");
  await checkSignature(about, publicKey);
  if (root !== undefined && root.toLowerCase() !== proof.root) {
    throw new ConfigError(`does not hold: expected root ${root}, got ${proof.root}`);
  }
  if (root !== undefined && algorithm !== "blake3") {
    throw new ConfigError(`does not hold: frames with the same ${algorithm} leaf can be made: expected BLAKE3 leaves under a known root`);
  }
  return { limits: limitsOf(proof, (root ?? publicKey ?? key) !== undefined) };
}

function limitsOf(proof: Proof, isAnchored: boolean): readonly string[] {
  return [
    ...(isAnchored ? [] : ["who sealed it: neither a root nor a signer was asked for, it agrees with itself"]),
    ...(proof.algorithm === "blake3" ? [] : [`the payload, but for accidents: frames with the same ${proof.algorithm} leaf can be made`]),
    ...(versionOfProof(proof) > 1 ? [] : ["what the frame means: a proof of version 1 holds neither type nor encoding nor schema"]),
    ...(/^0*$/.test(proof.leaf) ? ["the payload: it could not be read when it was sealed"] : []),
  ];
}
