/** The native kernels, where `npm run build:native` has built them. Nothing of the product uses them. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Every digest in one call; what is absent is 0, or no key. */
export interface NativeKernels {
  /** Running CRC: `crc` is that of what came before. */
  crc32(bytes: Uint8Array, crc?: number): number;
  crc32c(bytes: Uint8Array, crc?: number): number;
  crc64Nvme(bytes: Uint8Array, crc?: bigint): bigint;
  xxh3(bytes: Uint8Array, seed?: bigint): bigint;
  xxh3Wide(bytes: Uint8Array, seed?: bigint): bigint;
  /** `key` is 32 bytes; `outLength` is 32 if absent. */
  blake3(bytes: Uint8Array, key?: Uint8Array, outLength?: number): Uint8Array;
}

/** The instructions the kernels may use, each with those before it. */
export const LEVELS = ["portable", "sse42", "avx2", "avx512"] as const;
export type Level = (typeof LEVELS)[number];

export const NATIVE_PATH: string = fileURLToPath(new URL("../build/plumbline-native.node", import.meta.url));

/** The kernels at every level this machine has, in ascending order; null when they are not built. */
export function loadNative(): ReadonlyMap<Level, NativeKernels> | null {
  if (!existsSync(NATIVE_PATH)) return null;
  const addon = createRequire(import.meta.url)(NATIVE_PATH) as Partial<Record<Level, NativeKernels>>;
  return new Map(LEVELS.flatMap((level) => (addon[level] ? [[level, addon[level]] as const] : [])));
}
