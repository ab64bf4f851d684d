/**
 * The leaves of a recording: the digest of every frame's payload and the time it was logged, taken while the payload
 * is hot. What a seal is made of, and what it is compared with.
 */
import type { Block } from "../types.ts";
import type { Kernels } from "../wasm.ts";
import type { SealAlgorithm } from "./algorithm.ts";
import { LEAF_BYTES } from "./algorithm.ts";

/** How leaves are made. Plain data: it goes to the workers with the plan. */
export interface LeafRecipe {
  readonly algorithm: SealAlgorithm;
  /** u8[32] for keyed BLAKE3 (see keys.ts); null for the plain digest. */
  readonly key: Uint8Array | null;
}

/** Frames of one stream in file order: parallel columns, plain data. */
export interface Leaves {
  readonly count: number;
  /** LEAF_BYTES per frame. */
  readonly digests: Uint8Array;
  /** Logged time; in folder formats the stamp. */
  readonly stampNs: BigInt64Array;
  /** Byte range of the frame's record; -1 where it has none of its own. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** File of each, relative to the recording; null where the recording is one file. */
  readonly files: readonly string[] | null;
}

/**
 * Leaves in pieces, each at least twice as long as the next: joining copies every frame O(log n) times in all, whatever
 * the order of merging.
 */
export type LeafParts = readonly Leaves[];

export const NO_LEAVES: Leaves = {
  count: 0,
  digests: new Uint8Array(0),
  stampNs: new BigInt64Array(0),
  start: new Float64Array(0),
  end: new Float64Array(0),
  files: null,
};

export function observeLeaves({ frames, files = [] }: Block, { algorithm, key }: LeafRecipe, kernels: Kernels): LeafParts {
  const { count, bytes, pointer, digest, logNs, start, end } = frames;
  const size = LEAF_BYTES[algorithm];
  const mark = kernels.mark();
  const keyAt = key ? kernels.put(key) : 0;
  const seedAt = kernels.put(new Uint8Array(8));
  const out = kernels.alloc(count * size);
  const { exports } = kernels;
  for (let i = 0; i < count; i++) {
    const at = pointer[i] as number;
    const length = bytes[i] as number;
    if (at === 0 && length > 0) {
      // Never loaded whole: the reader's own digest stands in, zeros behind it.
      kernels.u8(out + i * size, size).fill(0);
      new DataView(exports.memory.buffer).setBigUint64(out + i * size, digest[i] as bigint, true);
    } else if (algorithm === "blake3") exports.blake3(at, length, keyAt, out + i * size, size);
    else exports.xxh3Wide(at, length, seedAt, out + i * size);
  }
  const digests = kernels.u8(out, count * size).slice();
  kernels.release(mark);
  const [file] = files;
  const each = file === undefined ? null : files.length === count ? files : new Array<string>(count).fill(file);
  return [{ count, digests, stampNs: logNs, start, end, files: each }];
}

export function mergeLeaves(left: LeafParts, right: LeafParts): LeafParts {
  const parts = [...left];
  for (const part of right) {
    parts.push(part);
    for (let n = parts.length; n > 1 && (parts[n - 2] as Leaves).count < 2 * (parts[n - 1] as Leaves).count; n--) {
      parts.splice(n - 2, 2, joined([parts[n - 2] as Leaves, parts[n - 1] as Leaves]));
    }
  }
  return parts;
}

/** All pieces as one. */
export function joined(parts: LeafParts): Leaves {
  const [only] = parts;
  if (!only) return NO_LEAVES;
  if (parts.length === 1) return only;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const size = only.digests.length / only.count;
  const whole = {
    count,
    digests: new Uint8Array(count * size),
    stampNs: new BigInt64Array(count),
    start: new Float64Array(count),
    end: new Float64Array(count),
    files: only.files && parts.flatMap(({ files }) => files ?? []),
  };
  let at = 0;
  for (const part of parts) {
    whole.digests.set(part.digests, at * size);
    whole.stampNs.set(part.stampNs, at);
    whole.start.set(part.start, at);
    whole.end.set(part.end, at);
    at += part.count;
  }
  return whole;
}
