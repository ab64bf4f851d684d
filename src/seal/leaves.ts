/**
 * The leaves of a recording: the digest of every frame's payload and the time it was logged, taken while the payload
 * is hot. What a seal is made of, and what it is compared with.
 */

import type { Kernels } from "../kernels.ts";
import type { Block, FrameColumns } from "../types.ts";
import type { SealAlgorithm } from "./algorithm.ts";
import { LEAF_BYTES } from "./algorithm.ts";

/** How leaves are made. Plain data: it goes to the workers with the plan. */
export interface LeafRecipe {
  readonly algorithm: SealAlgorithm;
  /** u8[32] for keyed BLAKE3 (see keys.ts); null for the plain digest. */
  readonly key: Uint8Array | null;
  /** False where nobody will ask in which bytes a frame lies: to make a seal. */
  readonly placed?: boolean;
}

/** Frames of one stream in file order: parallel columns, plain data. */
export interface Leaves {
  readonly count: number;
  /** LEAF_BYTES per frame. */
  readonly digests: Uint8Array;
  /** Logged time; in folder formats the stamp. */
  readonly stampNs: BigInt64Array;
  readonly places: Places | null;
}

/** Where the records of frames lie. */
export interface Places {
  /** Byte range of each; -1 where it has none of its own. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** File of each, relative to the recording; null where the recording is one file. */
  readonly files: readonly string[] | null;
}

/** Leaves in pieces, in order: joined a few times on the way, not with every merge. */
export type LeafParts = readonly Leaves[];

export const NO_LEAVES: Leaves = { count: 0, digests: new Uint8Array(0), stampNs: new BigInt64Array(0), places: null };

export function observeLeaves({ frames, files = [] }: Block, recipe: LeafRecipe, kernels: Kernels): LeafParts {
  const { count, logNs, start, end } = frames;
  const [file] = files;
  const each = file === undefined ? null : files.length === count ? files : new Array<string>(count).fill(file);
  const places = recipe.placed === false ? null : { start, end, files: each };
  return [{ count, digests: digestsOf(frames, recipe, kernels), stampNs: logNs, places }];
}

function digestsOf({ count, bytes, pointer, digest }: FrameColumns, { algorithm, key }: LeafRecipe, kernels: Kernels): Uint8Array {
  const { exports } = kernels;
  const size = LEAF_BYTES[algorithm];
  const mark = kernels.mark();
  const pointers = kernels.put(bytesOf(pointer));
  const lengths = kernels.put(bytesOf(bytes));
  const keyAt = key ? kernels.put(key) : 0;
  const out = kernels.alloc(size * count);
  const unloaded =
    algorithm === "blake3" ? exports.blake3Rows(pointers, lengths, count, keyAt, out) : exports.xxh3WideRows(pointers, lengths, count, out);
  const digests = kernels.u8(out, size * count).slice();
  kernels.release(mark);
  const view = new DataView(digests.buffer);
  for (let i = 0; i < count && unloaded > 0; i++) {
    // Never loaded whole: the reader's own digest stands in, zeros behind it.
    if (pointer[i] === 0 && bytes[i] !== 0) view.setBigUint64(i * size, digest[i] as bigint, true);
  }
  return digests;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** So many pieces of one size, or smaller, become one of the next. */
const FAN = 256;

/** Copies a frame O(log n) times in all, whatever the order of merging, and keeps O(log n) pieces. */
export function mergeLeaves(left: LeafParts, right: LeafParts): LeafParts {
  const parts = [...left, ...right];
  for (;;) {
    const tier = tierOf(parts[parts.length - 1] ?? NO_LEAVES);
    let first = parts.length;
    while (first > 0 && tierOf(parts[first - 1] ?? NO_LEAVES) <= tier) first--;
    if (parts.length - first < FAN) return parts;
    parts.push(joined(parts.splice(first)));
  }
}

function tierOf({ count }: Leaves): number {
  let tier = 0;
  for (let reached = FAN; reached <= count; reached *= FAN) tier++;
  return tier;
}

/** All pieces as one. */
export function joined(parts: LeafParts): Leaves {
  const [only] = parts;
  if (!only) return NO_LEAVES;
  if (parts.length === 1) return only;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const digests = new Uint8Array((count * only.digests.length) / only.count);
  const stampNs = new BigInt64Array(count);
  let at = 0;
  for (const part of parts) {
    digests.set(part.digests, (at * digests.length) / count);
    stampNs.set(part.stampNs, at);
    at += part.count;
  }
  return { count, digests, stampNs, places: placesOf(parts, count) };
}

function placesOf(parts: LeafParts, count: number): Places | null {
  const all = parts.flatMap(({ places }) => places ?? []);
  const [only] = all;
  if (!only || all.length < parts.length) return null;
  const start = new Float64Array(count);
  const end = new Float64Array(count);
  let at = 0;
  for (const places of all) {
    start.set(places.start, at);
    end.set(places.end, at);
    at += places.start.length;
  }
  return { start, end, files: only.files && all.flatMap(({ files }) => files ?? []) };
}
