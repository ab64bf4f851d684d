/** A short stable name for a piece of text: its XXH3-64 as 16 hex digits. */
import type { Kernels } from "../kernels.ts";

export function digestHex(text: string, kernels: Kernels): string {
  return digestBytes(new TextEncoder().encode(text), kernels);
}

export function digestBytes(bytes: Uint8Array, kernels: Kernels): string {
  const mark = kernels.mark();
  const pointer = kernels.put(bytes);
  const out = kernels.alloc(8);
  kernels.exports.xxh3(pointer, bytes.length, out);
  const digest = kernels.u64(out, 1)[0] ?? 0n;
  kernels.release(mark);
  return digest.toString(16).padStart(16, "0");
}
