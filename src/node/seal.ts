/** Seals on Node: made of the recording at a path, and compared with it. */
import { type SealOptions as MakeOptions, makeSeal, type Sealed } from "../seal/make.ts";
import type { Seal } from "../seal/seal.ts";
import { type OpenSealOptions, trusted } from "../seal/trust.ts";
import type { Report } from "../types.ts";
import { type CheckOptions, check } from "./check.ts";
import { nodePlatform } from "./platform.ts";
import { type RunOptions, runOn } from "./run.ts";
import { findSeal, openSeal } from "./seal-file.ts";

export interface SealOptions extends MakeOptions, RunOptions {}

/**
 * Seals the recording at `path`. Nothing is written: `bytes` is the seal file.
 *
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse
 */
export async function seal(path: string, options: SealOptions = {}): Promise<Sealed> {
  return runOn(path, options, (input, executor) => makeSeal(input, nodePlatform, executor, options));
}

export interface VerifyOptions extends Omit<CheckOptions, "seal">, OpenSealOptions {
  /** An opened seal, or the path or bytes of a seal file. Default: `PATH.seal`, else the seal inside the recording. */
  readonly seal?: Seal | string | Uint8Array | undefined;
}

/**
 * Compares the recording at `path` with its seal.
 *
 * @returns the ordinary report, of check `integrity/seal` alone
 * @throws InputError when nothing can be read; ConfigError for a seal that is none, or not to be trusted
 */
export async function verify(path: string, options: VerifyOptions = {}): Promise<Report> {
  const { seal: given = findSeal(path), key, publicKey, ...rest } = options;
  const secrets = { key, publicKey };
  const opened = typeof given === "string" || given instanceof Uint8Array ? await openSeal(given, secrets) : await trusted(given, secrets);
  return check(path, { ...rest, checks: rest.checks ?? ["integrity/seal"], seal: opened });
}
