/** Seals on disk: beside a recording, or inside an MCAP. */
import { basename, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import type { Seal } from "../seal/seal.ts";
import { type OpenSealOptions, parseTrusted } from "../seal/trust.ts";
import { sealInside } from "./embedded-seal.ts";
import { isThere, readSmallFile } from "./regular-file.ts";

/** Largest seal that is read: as large as an array may safely be. */
const MOST_SEAL_BYTES = 2 ** 31 - 1;

/**
 * Reads a seal and refuses one that contradicts itself, the key or the signature.
 *
 * @param from path or bytes of a seal file
 * @throws ConfigError with one clear line
 */
export async function openSeal(from: string | Uint8Array, options: OpenSealOptions = {}): Promise<Seal> {
  if (from instanceof Uint8Array) return parseTrusted(from, options);
  const bytes = readSmallFile(from, "a seal", MOST_SEAL_BYTES);
  try {
    return await parseTrusted(bytes, options);
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${from}: ${error.message}`);
    throw error;
  }
}

/** @throws ConfigError when the recording has neither */
export function findSeal(path: string): string | Uint8Array {
  const beside = sealPath(path);
  if (isThere(beside)) return beside;
  const inside = sealInside(path);
  if (inside) return inside;
  throw new ConfigError(`${path}: no seal beside it (${beside}) or inside it; expected one (see: plumbline seal --help)`);
}

/** Where a recording's seal lies when nothing else is said. */
export function sealPath(path: string): string {
  const plain = path.replace(/(?<=.)[/\\]+$/, "");
  // Beside the folder, not in it under the name of a point.
  return `${/^\.{1,2}$/.test(basename(plain)) ? resolve(plain) : plain}.seal`;
}
