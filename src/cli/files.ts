/** The files the command line itself reads and writes: rigs, keys and proofs in, reports, seals and costs out. */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { parseKey } from "../node/seal.ts";
import type { Rig } from "../rig.ts";
import { MAX_RIG_BYTES, parseRig } from "../rig-file.ts";
import { errorText } from "./console.ts";

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
