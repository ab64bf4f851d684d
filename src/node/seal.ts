/** Seals on Node: made of the recording at a path, and compared with it. */
import * as given from "../given.ts";
import { sealGiven } from "../seal/given.ts";
import { makeSeal, type Sealed } from "../seal/make.ts";
import { type SealOptions as MakeOptions, sealOptions } from "../seal/options.ts";
import type { Seal } from "../seal/seal.ts";
import { type OpenSealOptions, openSealOptions, trusted } from "../seal/trust.ts";
import type { Report } from "../types.ts";
import { type CheckOptions, check, nodeCheckOptions } from "./check.ts";
import { nodePlatform } from "./platform.ts";
import { type RunOptions, runOn, runOptions } from "./run.ts";
import { findSeal, openSeal } from "./seal-file.ts";

export interface SealOptions extends MakeOptions, RunOptions {}

const fields: given.Fields<SealOptions> = { ...sealOptions, ...runOptions };

/**
 * Seals the recording at `path`. Nothing is written: `bytes` is the seal file.
 *
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse; what a callback throws
 */
export async function seal(path: string, options: SealOptions = {}): Promise<Sealed> {
  const place = given.path(path, "path");
  const own = given.optionsOf(options, fields);
  return runOn(place, own, (input, executor) => makeSeal(input, nodePlatform, executor, own));
}

export interface VerifyOptions extends Omit<CheckOptions, "seal">, OpenSealOptions {
  /** An opened seal, or the path or bytes of a seal file. Default: `PATH.seal`, else the seal inside the recording. */
  readonly seal?: Seal | string | Uint8Array | undefined;
}

const isSealFile = (from: unknown): from is string | Uint8Array => typeof from === "string" || from instanceof Uint8Array;

const verifyOptions: given.Fields<VerifyOptions> = {
  ...nodeCheckOptions,
  ...openSealOptions,
  seal: (value, name) => (isSealFile(value) ? value : sealGiven(value, name)),
};

/**
 * Compares the recording at `path` with its seal.
 *
 * @returns the ordinary report, of check `integrity/seal` alone
 * @throws InputError when nothing can be read; ConfigError for a seal that is none, or not to be trusted; TypeError or RangeError for misuse
 */
export async function verify(path: string, options: VerifyOptions = {}): Promise<Report> {
  const place = given.path(path, "path");
  const { seal: from = findSeal(place), key, publicKey, ...rest } = given.optionsOf<VerifyOptions>(options, verifyOptions);
  const secrets = { key, publicKey };
  const opened = isSealFile(from) ? await openSeal(from, secrets) : await trusted(from, secrets);
  return check(place, { ...rest, checks: rest.checks ?? ["integrity/seal"], seal: opened });
}
