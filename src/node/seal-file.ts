/** Seals on disk: beside a recording, or inside an MCAP. */
import * as fs from "node:fs";
import { basename, join, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import * as given from "../given.ts";
import type { Seal } from "../seal/seal.ts";
import { type OpenSealOptions, openSealOptions, parseTrusted } from "../seal/trust.ts";
import { sealInside } from "./embedded-seal.ts";
import { isThere, readSmallFile } from "./regular-file.ts";

/** Largest seal that is read: as large as an array may safely be. */
const MOST_SEAL_BYTES = 2 ** 31 - 1;

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
  const bytes = readSmallFile(from, "a seal", MOST_SEAL_BYTES);
  try {
    return await parseTrusted(bytes, own);
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${from}: ${error.message}`);
    throw error;
  }
}

/** Beside the recording, beside the one file of a folder that is it, or inside. @throws ConfigError when there is none */
export function findSeal(path: string): string | Uint8Array {
  const beside = sealPath(path);
  if (isThere(beside)) return beside;
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
  const plain = path.replace(/(?<=.)[/\\]+$/, "");
  // Beside the folder, not in it under the name of a point.
  return `${/^\.{1,2}$/.test(basename(plain)) ? resolve(plain) : plain}.seal`;
}
