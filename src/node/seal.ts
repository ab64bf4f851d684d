/** Seals on Node: made from a path, read from a file or from inside an MCAP, signed and checked. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify as verifySignature } from "node:crypto";
import * as fs from "node:fs";
import { ConfigError } from "../errors.ts";
import { parseSeal, type SealBytes, signed } from "../seal/format.ts";
import { KEY_BYTES } from "../seal/keys.ts";
import { type SealOptions as MakeOptions, makeSeal, type Sealed } from "../seal/make.ts";
import { NODE_BYTES } from "../seal/merkle.ts";
import { type Proof, unhex } from "../seal/proof.ts";
import { type Seal, signedBytes } from "../seal/seal.ts";
import type { Report } from "../types.ts";
import { loadKernels } from "../wasm.ts";
import { type CheckOptions, check } from "./check.ts";
import { embeddedSeal } from "./embedded-seal.ts";
import { nodePlatform } from "./platform.ts";
import { type RunOptions, runOn } from "./run.ts";

export interface SealOptions extends MakeOptions, RunOptions {
  /** Ed25519 private key, PEM (PKCS #8). */
  readonly sign?: string | undefined;
}

/**
 * Seals the recording at `path`. Nothing is written: `bytes` is the seal file.
 *
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse
 */
export async function seal(path: string, options: SealOptions = {}): Promise<Sealed> {
  const key = options.sign === undefined ? null : privateKey(options.sign);
  const made = await runOn(path, options, (input, executor) => makeSeal(input, nodePlatform, executor, options));
  return key ? { ...made, ...signSeal(made, key) } : made;
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
  const opened = typeof given === "string" || given instanceof Uint8Array ? await openSeal(given, { key, publicKey }) : given;
  return check(path, { ...rest, checks: rest.checks ?? ["integrity/seal"], seal: opened });
}

export interface OpenSealOptions {
  /** u8[32], for a keyed seal. */
  readonly key?: Uint8Array | undefined;
  /** Ed25519 public key, PEM: the seal must be signed with its private half. */
  readonly publicKey?: string | undefined;
}

/**
 * Reads a seal and refuses one that contradicts itself, the key or the signature.
 *
 * @throws ConfigError with one clear line
 */
export async function openSeal(from: string | Uint8Array, { key, publicKey }: OpenSealOptions = {}): Promise<Seal> {
  const name = typeof from === "string" ? `${from}: ` : "";
  try {
    const bytes = typeof from === "string" ? readFile(from) : from;
    const opened = parseSeal(bytes, key ?? null, await loadKernels());
    checkSignature(opened, publicKey);
    return opened;
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${name}${error.message}`);
    throw error;
  }
}

/** @throws ConfigError when the recording has neither */
export function findSeal(path: string): string | Uint8Array {
  const beside = sealPath(path);
  if (fs.existsSync(beside)) return beside;
  const inside = embeddedSeal(path);
  if (inside) return inside;
  throw new ConfigError(`${path}: no seal beside it (${beside}) or inside it; expected one (see: plumbline seal --help)`);
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

const SIGNATURE_BYTES = 64;

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

function signSeal(made: SealBytes, key: KeyObject): SealBytes {
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
  // The last 32 bytes of the encoding are the key itself (RFC 8410).
  return signed(made, {
    publicKey: Uint8Array.from(publicKey.subarray(-KEY_BYTES)),
    signature: Uint8Array.from(sign(null, signedBytes(made.seal), key)),
  });
}

/**
 * The signature a proof carries, and that it is by `publicKey` where one is asked for.
 *
 * @throws ConfigError
 */
export function checkProofSignature({ root, signature }: Proof, publicKey: string | undefined): void {
  const parts = signature && {
    publicKey: unhex(signature.publicKey, KEY_BYTES, "publicKey"),
    signature: unhex(signature.signature, SIGNATURE_BYTES, "signature"),
  };
  const about = { root: unhex(root, NODE_BYTES, "root"), check: unhex(signature?.check ?? "00".repeat(NODE_BYTES), NODE_BYTES, "check") };
  checkSignature({ ...about, signature: parts ?? null }, publicKey);
}

function checkSignature(about: Pick<Seal, "root" | "check" | "signature">, expected: string | undefined): void {
  const { signature } = about;
  if (signature) {
    const prefix = Buffer.from("302a300506032b6570032100", "hex");
    const own = createPublicKey({ key: Buffer.concat([prefix, signature.publicKey]), format: "der", type: "spki" });
    if (!verifySignature(null, signedBytes(about), own, signature.signature)) throw new ConfigError("the signature does not fit");
  }
  if (expected === undefined) return;
  const raw = publicKeyBytes(expected);
  if (!signature) throw new ConfigError("not signed: expected a signature");
  if (Buffer.compare(raw, signature.publicKey) !== 0) throw new ConfigError("signed with another key");
}

/** u8[32] of an Ed25519 public key in PEM. @throws ConfigError */
function publicKeyBytes(pem: string): Uint8Array {
  const key = attempt(() => createPublicKey(pem));
  if (key?.asymmetricKeyType !== "ed25519") throw new ConfigError("expected an Ed25519 public key in PEM, got something else");
  return Uint8Array.from(key.export({ format: "der", type: "spki" }).subarray(-KEY_BYTES));
}

function privateKey(pem: string): KeyObject {
  const key = attempt(() => createPrivateKey(pem));
  if (key?.asymmetricKeyType !== "ed25519") throw new ConfigError("expected an Ed25519 private key in PEM, got something else");
  return key;
}

function attempt<T>(call: () => T): T | null {
  try {
    return call();
  } catch {
    return null;
  }
}
