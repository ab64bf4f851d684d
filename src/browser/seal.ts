/** Seals on a page: made of files, read from them or from inside an MCAP. */
import { ConfigError } from "../errors.ts";
import * as given from "../given.ts";
import { sealGiven } from "../seal/given.ts";
import type { Sealed } from "../seal/make.ts";
import { type SealOptions, sealOptions } from "../seal/options.ts";
import type { Seal } from "../seal/seal.ts";
import { type OpenSealOptions, openSealOptions, parseTrusted, trusted } from "../seal/trust.ts";
import type { Report } from "../types.ts";
import { browserCheckOptions, type CheckOptions, check } from "./check.ts";
import type { BrowserRecording } from "./files.ts";
import { runInWorker } from "./run.ts";

/**
 * Seals a recording in a module worker, in one pass: the bytes Node gives. `bytes` is the seal file.
 *
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse; the signal's reason when it aborts; what a callback throws
 */
export async function seal(recording: BrowserRecording, options: SealOptions = {}): Promise<Sealed> {
  const { signal, onProgress, ...rest } = given.optionsOf<SealOptions>(options, sealOptions);
  try {
    return await runInWorker("seal", recording, rest, { signal, onProgress });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

export interface VerifyOptions extends Omit<CheckOptions, "seal">, OpenSealOptions {
  /** An opened seal, or a seal file or its bytes. Default: the seal inside the recording. */
  readonly seal?: Seal | Blob | Uint8Array | undefined;
}

const isSealFile = (from: unknown): from is Blob | Uint8Array => from instanceof Blob || from instanceof Uint8Array;

const verifyOptions: given.Fields<VerifyOptions> = {
  ...browserCheckOptions,
  ...openSealOptions,
  seal: (value, name) => (isSealFile(value) ? value : sealGiven(value, name)),
};

/**
 * Compares a recording with its seal, in a module worker.
 *
 * @returns the ordinary report, of check `integrity/seal` alone
 * @throws InputError when nothing can be read; ConfigError for a seal that is none, or not to be trusted; TypeError or RangeError for misuse
 */
export async function verify(recording: BrowserRecording, options: VerifyOptions = {}): Promise<Report> {
  const own = given.optionsOf<VerifyOptions>(options, verifyOptions);
  const { seal: from = await runInWorker("embeddedSeal", recording, {}), key, publicKey, ...rest } = own;
  if (!from) throw new ConfigError("no seal inside the recording; expected one, or a seal file");
  const secrets = { key, publicKey };
  const opened = isSealFile(from) ? await openSeal(from, secrets) : await trusted(from, secrets);
  return check(recording, { ...rest, checks: rest.checks ?? ["integrity/seal"], seal: opened });
}

/**
 * Reads a seal and refuses one that contradicts itself, the key or the signature.
 *
 * @param from a seal file or its bytes
 * @throws ConfigError with one clear line; TypeError for misuse
 */
export async function openSeal(from: Blob | Uint8Array, options: OpenSealOptions = {}): Promise<Seal> {
  const own = given.optionsOf(options, openSealOptions);
  if (!isSealFile(from)) return given.wrong("seal", "a file or bytes", from);
  const bytes = from instanceof Uint8Array ? from : new Uint8Array(await from.arrayBuffer());
  return parseTrusted(bytes, own);
}
