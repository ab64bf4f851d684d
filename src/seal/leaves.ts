/**
 * The leaves of a recording: the digest of every frame's payload and the time it was logged, taken while the payload
 * is hot. What a seal is made of, and what it is compared with.
 */
import { BLAKE3_STATE, XXH3_STATE } from "../abi.ts";
import { ALGORITHMS } from "../digest/algorithms.ts";
import type { Kernels } from "../kernels.ts";
import type { Block, FrameColumns } from "../types.ts";
import { LEAF_BYTES, type SealAlgorithm, type SealVersion } from "./algorithm.ts";

/** How leaves are made. Plain data: it goes to the workers with the plan. */
export interface LeafRecipe {
  readonly version: SealVersion;
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
  /** Index of each into the forms of its stream (`StreamInfo.forms`); null where that has one at most. */
  readonly forms: Uint16Array | null;
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

export const NO_LEAVES: Leaves = { count: 0, digests: new Uint8Array(0), stampNs: new BigInt64Array(0), forms: null, places: null };

export function observeLeaves({ frames, files = [], leaves }: Block, recipe: LeafRecipe, kernels: Kernels): LeafParts {
  const { count, logNs, start, end } = frames;
  const [file] = files;
  const each = file === undefined ? null : files.length === count ? files : new Array<string>(count).fill(file);
  const places = recipe.placed === false ? null : { start, end, files: each };
  return [{ count, digests: digestsOf(frames, leaves, recipe, kernels), stampNs: logNs, forms: frames.form ?? null, places }];
}

function digestsOf(
  { count, bytes, pointer, digest }: FrameColumns,
  known: Block["leaves"],
  { version, algorithm, key }: LeafRecipe,
  kernels: Kernels,
): Uint8Array {
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
  for (const [frame, leaf] of known ?? []) digests.set(leaf ?? new Uint8Array(size), frame * size);
  const view = new DataView(digests.buffer);
  for (let i = 0; i < count && unloaded > 0 && version === 1; i++) {
    // Never loaded whole: in version 1 the reader's own digest stands in, zeros behind it.
    if (pointer[i] === 0 && bytes[i] !== 0) view.setBigUint64(i * size, digest[i] as bigint, true);
  }
  return digests;
}

/** The leaf of a payload that is never in memory as a whole. */
export interface StreamedLeaf {
  /** The next bytes of the payload lie at `pointer`. */
  piece(pointer: number, bytes: number): void;
  finish(): Uint8Array;
}

/** Its state stays in kernel memory until that is released. Null where the recipe has another answer for such payloads. */
export function streamedLeaf({ version, algorithm, key }: LeafRecipe, kernels: Kernels): StreamedLeaf | null {
  if (version === 1) return null;
  const { begin, update, finish, digestBytes } = ALGORITHMS[algorithm];
  const state = kernels.alloc(Math.max(BLAKE3_STATE, XXH3_STATE));
  const none = algorithm === "blake3" ? 0 : kernels.put(new Uint8Array(8));
  begin(kernels, state, key ? kernels.put(key) : none);
  return {
    piece: (pointer, bytes) => update(kernels, state, pointer, bytes),
    finish() {
      const out = kernels.alloc(digestBytes);
      finish(kernels, state, out);
      return kernels.u8(out, digestBytes).slice();
    },
  };
}

/** Whether a leaf says nothing of its payload: zeros, or in version 1 a size and CRC-32 with zeros behind. */
export function isBlank(leaves: Uint8Array, frame: number, size: number): boolean {
  for (let i = frame * size + 8; i < (frame + 1) * size; i++) if (leaves[i] !== 0) return false;
  return true;
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
  return { count, digests, stampNs, forms: formsOf(parts, count), places: placesOf(parts, count) };
}

function formsOf(parts: LeafParts, count: number): Uint16Array | null {
  if (!parts.some(({ forms }) => forms)) return null;
  const all = new Uint16Array(count);
  let at = 0;
  for (const { forms, count } of parts) {
    all.set(forms ?? new Uint16Array(count), at);
    at += count;
  }
  return all;
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
