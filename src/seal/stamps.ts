/** The stamps of a stream in few bits; how is described in docs/seal.md and assembly/time/stamps.ts. */
import { MALFORMED } from "../abi.ts";
import type { Kernels } from "../kernels.ts";

/** Bytes before the first code. */
const HEAD = 18;

/** Nothing for no stamps. */
export function encodeStamps(stampNs: BigInt64Array, kernels: Kernels): Uint8Array {
  const count = stampNs.length;
  if (count === 0) return new Uint8Array(0);
  const mark = kernels.mark();
  const stamps = kernels.put(new Uint8Array(stampNs.buffer, stampNs.byteOffset, stampNs.byteLength));
  const head = kernels.alloc(HEAD);
  const code = kernels.alloc(kernels.exports.stampsPlan(stamps, count, head));
  const bytes = kernels.exports.stampsEncode(stamps, count, head, code);
  const coded = kernels.u8(code, bytes).slice();
  kernels.release(mark);
  return coded;
}

/** @returns null unless `bytes` is the code of exactly `count` stamps */
export function decodeStamps(bytes: Uint8Array, count: number, kernels: Kernels): BigInt64Array | null {
  if (count === 0) return bytes.length === 0 ? new BigInt64Array(0) : null;
  // A frame takes a bit at least: no room is made for more than there can be.
  if ((bytes.length - HEAD) * 8 < count - 1) return null;
  const mark = kernels.mark();
  const code = kernels.put(bytes);
  const out = kernels.alloc(8 * count);
  const isRead = kernels.exports.stampsDecode(code, bytes.length, count, out) !== MALFORMED;
  const stampNs = isRead ? new BigInt64Array(kernels.exports.memory.buffer, out, count).slice() : null;
  kernels.release(mark);
  return stampNs;
}
