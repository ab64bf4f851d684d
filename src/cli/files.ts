/** The files the command line itself reads: rigs, keys and proofs. */
import * as fs from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../errors.ts";
import { parseKey } from "../node/seal.ts";
import { parseRig } from "../rig/file.ts";
import type { Rig } from "../rig/rig.ts";
import { errorText } from "./console.ts";

/** A rig larger than this is refused unread. */
const MAX_RIG_BYTES = 1 << 20;

/** @throws ConfigError */
export function readRig(path: string): Rig {
  let text: string;
  try {
    const { size } = fs.statSync(path);
    if (size > MAX_RIG_BYTES) throw new ConfigError(`${path}: expected a rig of at most ${MAX_RIG_BYTES} bytes, got ${size}`);
    text = new TextDecoder("utf-8", { fatal: true }).decode(fs.readFileSync(path));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path}: ${error instanceof TypeError ? "expected UTF-8 text, got other bytes" : errorText(error)}`);
  }
  return parseRig(text, path);
}

/** A key or a proof larger than this is none. */
const MAX_SMALL_BYTES = 64 << 20;

/**
 * @param what for the message, such as "a private key"
 * @throws ConfigError
 */
export function readSmall(path: string, what: string): string {
  return new TextDecoder().decode(readBytes(path, what));
}

/** A seal's key: u8[32]. @throws ConfigError */
export function readKey(path: string): Uint8Array {
  return parseKey(readBytes(path, "a key"), path);
}

function readBytes(path: string, what: string): Uint8Array {
  try {
    const { size } = fs.statSync(path);
    if (size > MAX_SMALL_BYTES) throw new ConfigError(`${path}: expected ${what}, got ${size} bytes`);
    return Uint8Array.from(fs.readFileSync(path));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path}: ${errorText(error)}`);
  }
}

/**
 * The `rig.yaml` of a folder recording; null for a file, and for a folder without one.
 *
 * @throws ConfigError
 */
export function folderRig(path: string): Rig | null {
  const file = join(path, "rig.yaml");
  return isFolder(path) && fs.existsSync(file) ? readRig(file) : null;
}

/** False for what cannot be looked at; whoever opens it says why. */
function isFolder(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory();
  } catch {
    return false;
  }
}
