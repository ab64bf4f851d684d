/** Seals on Node: made from a path, read from a file or from inside an MCAP. */
import * as fs from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../errors.ts";
import * as given from "../given.ts";
import { sealGiven } from "../seal/given.ts";
import { KEY_BYTES } from "../seal/keys.ts";
import { makeSeal, type Sealed } from "../seal/make.ts";
import { type SealOptions as MakeOptions, sealOptions } from "../seal/options.ts";
import type { Seal } from "../seal/seal.ts";
import { type OpenSealOptions, openSealOptions, parseTrusted } from "../seal/trust.ts";
import type { Report } from "../types.ts";
import { type CheckOptions, check, nodeCheckOptions } from "./check.ts";
import { sealInside } from "./embedded-seal.ts";
import { nodePlatform } from "./platform.ts";
import { type RunOptions, runOn, runOptions } from "./run.ts";

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
  const opened = isSealFile(from) ? await openSeal(from, { key, publicKey }) : from;
  return check(place, { ...rest, checks: rest.checks ?? ["integrity/seal"], seal: opened });
}

/**
 * Reads a seal and refuses one that contradicts itself, the key or the signature.
 *
 * @param from path or bytes of a seal file
 * @throws ConfigError with one clear line; TypeError for misuse
 */
export async function openSeal(from: string | Uint8Array, options: OpenSealOptions = {}): Promise<Seal> {
  const own = given.optionsOf(options, openSealOptions);
  if (from instanceof Uint8Array) return parseTrusted(from, own);
  given.path(from, "seal");
  try {
    return await parseTrusted(readFile(from), own);
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${from}: ${error.message}`);
    throw error;
  }
}

/** Beside the recording, beside the one file of a folder that is it, or inside. @throws ConfigError when there is none */
export function findSeal(path: string): string | Uint8Array {
  const beside = sealPath(path);
  if (fs.existsSync(beside)) return beside;
  const within = sealWithin(path);
  if (within !== null) return within;
  const inside = sealInside(path);
  if (inside) return inside;
  throw new ConfigError(`${path}: no seal beside it (${beside}) or inside it; expected one (see: plumbline seal --help)`);
}

/** The one seal in a folder that lies beside the file it is of. */
function sealWithin(path: string): string | null {
  const names = fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ? fs.readdirSync(path) : [];
  const [only, ...others] = names.filter((name) => name.endsWith(".seal") && names.includes(name.slice(0, -".seal".length)));
  return only === undefined || others.length > 0 ? null : join(path, only);
}

/** Where a recording's seal lies when nothing else is said. */
export function sealPath(path: string): string {
  return `${path.replace(/(?<=.)[/\\]+$/, "")}.seal`;
}

/** 32 bytes, or as many in hex. @throws ConfigError */
export function parseKey(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes.length === KEY_BYTES) return bytes;
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * KEY_BYTES)).trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Uint8Array.from(Buffer.from(text, "hex"));
  throw new ConfigError(`${name}: expected a key of ${KEY_BYTES} bytes, or 64 hex digits, got ${bytes.length} bytes`);
}

/** Largest seal that is read: Node's own limit for a file in memory. */
const MOST_SEAL_BYTES = 2 ** 31 - 1;

function readFile(path: string): Uint8Array {
  try {
    const { size } = fs.statSync(path);
    if (size > MOST_SEAL_BYTES) throw new ConfigError(`expected a seal of at most ${MOST_SEAL_BYTES} bytes, got ${size}`);
    return fs.readFileSync(path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw new ConfigError(
      { ENOENT: "no such file", EISDIR: "expected a seal, got a folder", EACCES: "no permission to read" }[code] ?? `cannot read (${code})`,
    );
  }
}
