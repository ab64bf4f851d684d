/**
 * How the stamps of two streams lie beside each other: nearest gaps, and pairs one to one within a limit.
 *
 * A gap is no proof of being in step: stamps that are all late by the same second have the same gaps.
 */
import type { Kernels } from "../../kernels.ts";

/** Stamps in ascending order, and the frame each is of. Frames without a stamp (0) are left out. */
export interface Ordered {
  readonly stampNs: BigInt64Array;
  readonly frame: Int32Array;
}

export function ordered(stampNs: BigInt64Array): Ordered {
  const set = Int32Array.from(stampNs.keys()).filter((frame) => stampNs[frame] !== 0n);
  const at = (frame: number): bigint => stampNs[frame] ?? 0n;
  const isAscending = set.every((frame, i) => i === 0 || at(set[i - 1] ?? 0) <= at(frame));
  if (!isAscending) set.sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : a - b));
  return { stampNs: BigInt64Array.from(set, at), frame: set };
}

export interface Association {
  /** Per stamp of `a`: ns to the nearest of `b`, without sign. */
  readonly gapNs: Float64Array;
  /** Per stamp of `a`: row of `b` it is paired with, or -1. */
  readonly pair: Int32Array;
  readonly pairs: number;
}

/**
 * @param a, b ascending; `b` has at least one
 * @param limitNs pairs are closer than this; see assembly/time/associate.ts for which
 */
export function associate(a: BigInt64Array, b: BigInt64Array, limitNs: number, kernels: Kernels): Association {
  const mark = kernels.mark();
  const [n, m] = [a.length, b.length];
  const bytesOf = ({ buffer, byteOffset, byteLength }: BigInt64Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
  const [first, second] = [kernels.put(bytesOf(a)), kernels.put(bytesOf(b))];
  const index = kernels.alloc(4 * n);
  const gap = kernels.alloc(8 * n);
  const scratch = kernels.alloc(28 * (n + m));
  kernels.exports.nearestStamps(first, n, second, m, index, gap);
  const gapNs = Float64Array.from(new BigInt64Array(kernels.exports.memory.buffer, gap, n), (ns) => Math.abs(Number(ns)));
  const pairs = kernels.exports.pairStamps(first, n, second, m, limitNs, index, scratch);
  const pair = new Int32Array(kernels.exports.memory.buffer, index, n).slice();
  kernels.release(mark);
  return { gapNs, pair, pairs };
}
