/** The options of `seal` that Node and browser share, and what each may be. */

import { ConfigError } from "../errors.ts";
import * as given from "../given.ts";
import { type Progress, sharedOptions } from "../pipeline/check-options.ts";
import { SEAL_ALGORITHMS, type SealAlgorithm } from "./algorithm.ts";
import { keyGiven } from "./keys.ts";
import { MOST_FRAMES_PER_BLOCK } from "./seal.ts";

export interface SealOptions {
  /** Default xxh3-128; blake3 with a key. */
  readonly algorithm?: SealAlgorithm | undefined;
  /** Default 10. */
  readonly framesPerBlock?: number | undefined;
  /** u8[32]: who lacks it can neither check nor forge the seal. BLAKE3 only. */
  readonly key?: Uint8Array | undefined;
  /** Ed25519 private key, PEM (PKCS #8): whoever has its public half can tell who sealed. */
  readonly sign?: string | undefined;
  /** Format name; skips detection. */
  readonly source?: string | undefined;
  /** Grain of the work in bytes; never changes the seal. Default 1 MiB. */
  readonly spanBytes?: number | undefined;
  /** What all threads together may hold of the recording, in MiB. Default 1024, least 64. */
  readonly memoryMiB?: number | undefined;
  /** Cancels: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

const algorithmGiven: given.Given<SealAlgorithm> = (value, name) => {
  const algorithm = SEAL_ALGORITHMS.find((one) => one === given.text(value, name));
  if (!algorithm) throw new ConfigError(`expected an algorithm (${SEAL_ALGORITHMS.join(", ")}), got "${String(value)}"`);
  return algorithm;
};

/** What each may be. */
export const sealOptions: given.Fields<SealOptions> = {
  ...sharedOptions,
  algorithm: algorithmGiven,
  framesPerBlock: given.integer(1, MOST_FRAMES_PER_BLOCK),
  key: keyGiven,
  sign: given.text,
};
