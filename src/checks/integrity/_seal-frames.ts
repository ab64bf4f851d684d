/** Frames that are not as sealed, as defects: runs of neighbours, located in the file where they lie there in one piece. */
import type { Defect } from "../../check/check.ts";
import { countMore, type Grave, gravest, MOST_LOCATED } from "../../check/gravest.ts";
import { LEAF_BYTES } from "../../seal/algorithm.ts";
import type { Change } from "../../seal/compare.ts";
import { hex } from "../../seal/hex.ts";
import type { Leaves, Places } from "../../seal/leaves.ts";
import type { Seal, SealedStream } from "../../seal/seal.ts";
import type { More, Plain, StreamCensus } from "../../types.ts";

/** Findings per stream: what changed is what a seal is for. Runs count as one. */
export const MOST = MOST_LOCATED;

/** A stream of the recording as it is. */
export interface Present {
  readonly census: StreamCensus;
  readonly leaves: Leaves;
}

/** What the frames of both sides are looked up in. */
export interface Sides {
  readonly seal: Seal;
  readonly sealed: ReadonlyMap<string, SealedStream>;
  readonly present: ReadonlyMap<string, Present>;
}

/** @param changes of one stream @param leaves of that stream, as it is */
export function frameDefects(
  changes: readonly Change[],
  leaves: Leaves,
  sides: Sides,
): { readonly defects: readonly Defect[]; readonly more: readonly More[] } {
  const places = [...new Set(changes.map(({ kind }) => kind))].flatMap((kind) => {
    const own = changes.filter((change) => change.kind === kind);
    return split(own, leaves).map((change) => ({ change, ...graveOf(change, sides) }));
  });
  const { kept, rest } = gravest(places, MOST);
  return { defects: kept.map(({ change }) => defectOf(change, sides)), more: countMore(rest) };
}

/** The more frames a run has, the graver it is. */
function graveOf({ kind, count, sealed: was, present: is }: Change, { sealed, present }: Sides): Grave {
  const frames = runAt(is?.frame ?? was?.frame ?? 0, count);
  const stampNs = (is ? present.get(is.stream)?.leaves : was && sealed.get(was.stream))?.stampNs ?? new BigInt64Array(0);
  return { kind, severity: "error", weight: count, frames, timeNs: bounds(stampNs, ...frames) };
}

/**
 * Runs cut where their records do not lie side by side, so that a byte range holds nothing else. Where that makes too
 * many of them the frames matter more: whole runs, and byte ranges only for single frames.
 */
function split(changes: readonly Change[], { places }: Leaves): readonly Change[] {
  const pieces: Change[] = [];
  for (const change of changes) {
    const { present } = change;
    let from = 0;
    for (let k = 1; k <= change.count && present; k++) {
      const at = present.frame + k;
      if (k < change.count && isNeighbour(places, at)) continue;
      pieces.push(part(change, from, k - from));
      from = k;
      if (pieces.length > MOST) return changes;
    }
    if (!present) pieces.push(change);
  }
  return pieces;
}

function part(change: Change, skip: number, count: number): Change {
  const { sealed, present } = change;
  return {
    ...change,
    count,
    sealed: sealed && { ...sealed, frame: sealed.frame + skip },
    present: present && { ...present, frame: present.frame + skip },
  };
}

function defectOf({ kind, count, sealed: was, present: is, leafDiffers, stampDiffers }: Change, { seal, sealed, present }: Sides): Defect {
  const frames = runAt(is?.frame ?? was?.frame ?? 0, count);
  const original = was && sealed.get(was.stream);
  const leaves = is ? present.get(is.stream)?.leaves : undefined;
  const stamps = leaves?.stampNs ?? original?.stampNs ?? new BigInt64Array(0);
  const [first, last] = frames;
  const places = leaves?.places ?? null;
  const a = places?.start[first] ?? -1;
  const b = places?.end[last] ?? -1;
  const file = places?.files?.[first];
  const isOnePiece = a >= 0 && isContiguous(places, first, last);
  const [low, high] = bounds(stamps, first, last);
  const perBlock = seal.framesPerBlock;
  return {
    kind,
    severity: "error",
    frames,
    timeNs: [low, high],
    weight: count,
    ...(isOnePiece && { bytes: [a, b] as const }),
    ...(isOnePiece && file !== undefined && { file }),
    ...(was && (kind === "moved" || kind === "duplicated") && { from: { stream: was.stream, frames: runAt(was.frame, count) } }),
    ...(is && kind === "moved" && { to: { stream: is.stream, frames } }),
    observed: is ? facts(leaves?.digests, leaves?.stampNs, is.frame, count, seal) : {},
    expected: was
      ? {
          ...facts(original?.leaves, original?.stampNs, was.frame, count, seal),
          blocks: [Math.floor(was.frame / perBlock), Math.floor((was.frame + count - 1) / perBlock)],
        }
      : {},
    signals: leafDiffers || stampDiffers ? [...(leafDiffers ? ["payload"] : []), ...(stampDiffers ? ["stamp"] : [])] : ["leaf"],
  };
}

function runAt(frame: number, count: number): readonly [number, number] {
  return [frame, frame + count - 1];
}

function isContiguous(places: Places | null, first: number, last: number): boolean {
  for (let i = first + 1; i <= last; i++) if (!isNeighbour(places, i)) return false;
  return true;
}

/** Whether the record of a frame begins where that of the frame before ends, or neither has a place of its own. */
function isNeighbour(places: Places | null, frame: number): boolean {
  if (!places) return true;
  const { start, end, files } = places;
  return files?.[frame] === files?.[frame - 1] && start[frame] === ((start[frame] ?? 0) < 0 ? start[frame - 1] : end[frame - 1]);
}

/** Least and greatest stamp of frames [first, last]. */
export function bounds(stampNs: BigInt64Array, first: number, last: number): readonly [bigint, bigint] {
  let low = stampNs[first] ?? 0n;
  let high = low;
  for (let i = first; i <= last; i++) {
    const stamp = stampNs[i] ?? 0n;
    if (stamp < low) low = stamp;
    if (stamp > high) high = stamp;
  }
  return [low, high];
}

/** Of a single frame its leaf and stamp; of a run how many. */
function facts(
  leaves: Uint8Array | undefined,
  stampNs: BigInt64Array | undefined,
  frame: number,
  count: number,
  { algorithm }: Seal,
): Record<string, Plain> {
  if (count > 1 || !leaves) return { frames: count };
  const size = LEAF_BYTES[algorithm];
  return { leaf: hex(leaves.subarray(frame * size, (frame + 1) * size)), stampNs: stampNs?.[frame] ?? 0n };
}
