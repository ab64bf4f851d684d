/**
 * The census: what a stream holds, counted in the same pass as the checks and always taken.
 *
 * `digest` is the CRC-64/NVME of the frames' names in file order: 4 bytes payload length, 4 bytes CRC-32, little-endian.
 * Both are published algorithms, so anyone can recompute it; a CRC joins by `combine`, so it does not depend on how the
 * recording was cut; and it is over payloads, so the same messages in another container have the same digest.
 */

import type { Kernels } from "../kernels.ts";
import type { Block, StreamCensus, StreamInfo } from "../types.ts";

export interface CensusPart {
  readonly frames: number;
  readonly bytes: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly digest: bigint;
  /** Null until a frame with points was seen. */
  readonly points: number | null;
  readonly boxes: number | null;
  /** Names of tracks, all different. */
  readonly tracks: readonly string[];
}

export function observeCensus(block: Block, kernels: Kernels): CensusPart | null {
  const { count, logNs, bytes } = block.frames;
  if (count === 0) return null;
  let startNs = logNs[0] ?? 0n;
  let endNs = startNs;
  for (const t of logNs) {
    if (t < startNs) startNs = t;
    else if (t > endNs) endNs = t;
  }
  let total = 0;
  for (const n of bytes) total += n;
  let points: number | null = null;
  for (const table of block.points ?? []) points = (points ?? 0) + table.count;
  const labels = block.labels;
  let boxes: number | null = null;
  let tracks: readonly string[] = [];
  if (labels) {
    boxes = 0;
    const isUsed = new Uint8Array(labels.tracks.length);
    for (let i = 0; i < labels.count; i++) {
      if (labels.ignored[i]) continue;
      boxes++;
      const track = labels.track[i] ?? -1;
      if (track >= 0) isUsed[track] = 1;
    }
    tracks = isUsed.includes(0) ? labels.tracks.filter((_, track) => isUsed[track] === 1) : labels.tracks;
  }
  return { frames: count, bytes: total, startNs, endNs, digest: digestOf(block.frames.digest, kernels), points, boxes, tracks };
}

export function mergeCensus(left: CensusPart, right: CensusPart, kernels: Kernels): CensusPart {
  return {
    frames: left.frames + right.frames,
    bytes: left.bytes + right.bytes,
    startNs: left.startNs < right.startNs ? left.startNs : right.startNs,
    endNs: left.endNs > right.endNs ? left.endNs : right.endNs,
    digest: joinDigests(left.digest, right.digest, 8 * right.frames, kernels),
    points: add(left.points, right.points),
    boxes: add(left.boxes, right.boxes),
    tracks: united(left.tracks, right.tracks),
  };
}

export function concludeCensus(part: CensusPart | null, info: StreamInfo): StreamCensus {
  return {
    info,
    frames: part?.frames ?? 0,
    bytes: part?.bytes ?? 0,
    startNs: part?.startNs ?? null,
    endNs: part?.endNs ?? null,
    digest: (part?.digest ?? 0n).toString(16).padStart(16, "0"),
    points: part?.points ?? (info.kind === "points" ? 0 : null),
    boxes: part?.boxes ?? (info.kind === "labels" ? 0 : null),
    tracks: info.kind === "labels" ? (part?.tracks.length ?? 0) : null,
  };
}

function united(left: readonly string[], right: readonly string[]): readonly string[] {
  if (left.length === 0 || right.length === 0) return right.length === 0 ? left : right;
  const known = new Set(left);
  const fresh = right.filter((track) => !known.has(track));
  return fresh.length === 0 ? left : [...left, ...fresh];
}

function add(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b;
}

function digestOf(leaves: BigUint64Array, kernels: Kernels): bigint {
  const mark = kernels.mark();
  const state = kernels.alloc(8);
  const pointer = kernels.put(new Uint8Array(leaves.buffer, leaves.byteOffset, leaves.byteLength));
  const out = kernels.u64(state, 1);
  out[0] = 0n;
  kernels.exports.crc64Nvme(pointer, leaves.byteLength, state);
  kernels.release(mark);
  return out[0] ?? 0n;
}

function joinDigests(a: bigint, b: bigint, lengthB: number, kernels: Kernels): bigint {
  const mark = kernels.mark();
  const state = kernels.alloc(16);
  const pair = kernels.u64(state, 2);
  pair[0] = a;
  pair[1] = b;
  kernels.exports.crc64NvmeCombine(state, state + 8, lengthB);
  kernels.release(mark);
  return pair[0] ?? 0n;
}
