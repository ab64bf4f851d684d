/** The files the command line itself reads: rigs, keys and proofs. */
import * as fs from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../errors.ts";
import { isInside } from "../node/listing.ts";
import { isThere, readSmallFile } from "../node/regular-file.ts";
import { MAX_RIG_BYTES, parseRig } from "../rig/file.ts";
import type { Rig } from "../rig/rig.ts";
import { KEY_BYTES } from "../seal/keys.ts";

/** @throws ConfigError */
export function readRig(path: string): Rig {
  const bytes = readSmallFile(path, "a rig", MAX_RIG_BYTES);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError(`${path}: expected UTF-8 text, got other bytes`);
  }
  return parseRig(text, path);
}

/** A key, a proof or a file of defects larger than this is none. */
const MAX_SMALL_BYTES = 64 << 20;

/**
 * @param what for the message, such as "a private key"
 * @throws ConfigError
 */
export function readSmall(path: string, what: string): string {
  return new TextDecoder().decode(readSmallFile(path, what, MAX_SMALL_BYTES));
}

/** A seal's key, u8[32]: as many bytes, or 64 hex digits. @throws ConfigError */
export function readKey(path: string): Uint8Array {
  const bytes = readSmallFile(path, "a key", MAX_SMALL_BYTES);
  if (bytes.length === KEY_BYTES) return bytes;
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * KEY_BYTES)).trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Uint8Array.from(Buffer.from(text, "hex"));
  throw new ConfigError(`${path}: expected a key of ${KEY_BYTES} bytes, or 64 hex digits, got ${bytes.length} bytes`);
}

/**
 * The `rig.yaml` of a folder recording; null for a file, and for a folder without one.
 *
 * @param follow also where it is a link that leads out of the folder
 * @throws ConfigError
 */
export function folderRig(path: string, follow: boolean): Rig | null {
  const file = join(path, "rig.yaml");
  if (!isFolder(path) || !isThere(file)) return null;
  if (!follow && !isInside(fs.realpathSync(file), fs.realpathSync(path))) {
    throw new ConfigError(`${file}: expected a rig, got a link that leads out of the folder (--follow reads it, --rig names another)`);
  }
  return readRig(file);
}

/** False for what cannot be looked at; whoever opens it says why. */
function isFolder(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory();
  } catch {
    return false;
  }
}
