/**
 * Keys of a seal: one for leaves, one for everything above them, so that no payload can pass for a node. Each version has its own, so
 * that nothing of one can pass for something of the other.
 *
 * Unkeyed, a leaf is the plain digest (any b3sum or xxhsum gives it) and nodes have a public key of their own. Keyed, both
 * are derived from the caller's key by BLAKE3 itself; neither tells the other or the key.
 */
import { ConfigError } from "../errors.ts";
import { bytes, type Given } from "../given.ts";
import type { Kernels } from "../kernels.ts";
import type { SealVersion } from "./algorithm.ts";

export interface SealKeys {
  /** For BLAKE3 leaves; null for plain digests. */
  readonly leaf: Uint8Array | null;
  readonly node: Uint8Array;
}

export const KEY_BYTES = 32;

/** The caller's key. @throws TypeError for what is no bytes, ConfigError for another length */
export const keyGiven: Given<Uint8Array> = (value, name) => {
  const key = bytes(value, name);
  if (key.length !== KEY_BYTES) throw new ConfigError(`${name}: expected ${KEY_BYTES} bytes, got ${key.length}`);
  return key;
};

/** @param key u8[32] the caller's, or null */
export function sealKeys(version: SealVersion, key: Uint8Array | null, kernels: Kernels): SealKeys {
  const derived = (what: string): Uint8Array => derive(`plumbline.seal/${version} ${what}`, key, kernels);
  return { leaf: key && derived("leaf"), node: derived("node") };
}

function derive(context: string, key: Uint8Array | null, kernels: Kernels): Uint8Array {
  const mark = kernels.mark();
  const text = new TextEncoder().encode(context);
  const pointer = kernels.put(text);
  const keyAt = key ? kernels.put(key) : 0;
  const out = kernels.alloc(KEY_BYTES);
  kernels.exports.blake3(pointer, text.length, keyAt, out, KEY_BYTES);
  const derived = kernels.u8(out, KEY_BYTES).slice();
  kernels.release(mark);
  return derived;
}
