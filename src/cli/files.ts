/** The files the command line itself reads and writes: rigs, keys and proofs in, reports, seals and costs out. */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { isInside } from "../node/listing.ts";
import { isThere, readSmallFile } from "../node/regular-file.ts";
import type { Rig } from "../rig.ts";
import { parseRig } from "../rig-file.ts";
import { KEY_BYTES } from "../seal/keys.ts";
import { errorText } from "./console.ts";

/** A rig larger than this is refused unread. */
const MAX_RIG_BYTES = 1 << 20;

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
  if (!follow && !isInside(real(file), real(path))) {
    throw new ConfigError(`${file}: expected a rig, got a link that leads out of the folder (--follow reads it, --rig names another)`);
  }
  return readRig(file);
}

/**
 * Refuses a place nothing can be written to, or where it would replace something that was only to be read, before an
 * hour of work is spent on what should be written there.
 *
 * @throws ConfigError
 */
export function checkTarget(flag: string, path: string, inputs: readonly string[]): void {
  if (isFolder(path)) throw new ConfigError(`${flag} ${path}: expected a file, got a folder`);
  const target = real(path);
  const taken = inputs.find((input) => real(input) === target);
  if (taken !== undefined)
    throw new ConfigError(`${flag} ${path}: expected a file of its own, got one that is also read or written (${taken})`);
  try {
    fs.accessSync(fs.existsSync(target) && !fs.statSync(target).isFile() ? target : dirname(target), fs.constants.W_OK);
  } catch (error) {
    throw new ConfigError(`${flag} ${path}: ${errorText(error)}`);
  }
}

/**
 * Writes a file whole or not at all: whoever reads it never sees half of it. A device or pipe is written directly.
 *
 * @throws Error of the file system
 */
export function replaceFile(path: string, text: string | Uint8Array): void {
  const target = real(path);
  const old = fs.statSync(target, { throwIfNoEntry: false });
  if (old && !old.isFile()) {
    fs.writeFileSync(target, text);
    return;
  }
  const temporary = join(dirname(target), `.plumbline-${randomUUID()}.tmp`);
  try {
    fs.writeFileSync(temporary, text, { flag: "wx", ...(old && { mode: old.mode }) });
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** False for what cannot be looked at; whoever opens it says why. */
function isFolder(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Where a path leads, so that a link is followed and not replaced. */
function real(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch {
    return resolve(path);
  }
}
