/**
 * integrity/seal: is every frame the one that was sealed, in its place?
 *
 * Workers take the leaves (src/seal/leaves.ts); the comparison of all streams with the seal is src/seal/compare.ts. By
 * payload and logged time: the same recording in another container is equal.
 */
import { type Conclusion, type Context, type Defect, defineCheck } from "../../check.ts";
import { countMore, type Grave, gravest, MOST_LOCATED } from "../../gravest.ts";
import { LEAF_BYTES } from "../../seal/algorithm.ts";
import { type Change, type ChangeKind, compare } from "../../seal/compare.ts";
import { joined, type LeafParts, type Leaves, mergeLeaves, NO_LEAVES, observeLeaves, type Places } from "../../seal/leaves.ts";
import type { FrameSet } from "../../seal/pairs.ts";
import type { Seal, SealedStream } from "../../seal/seal.ts";
import type { Finding, Plain, Severity, StreamCensus } from "../../types.ts";

const kinds = {
  changed: { severity: "error", meaning: "a frame whose payload or logged time is not the sealed one; or a stream whose schema is not" },
  vanished: { severity: "error", meaning: "a sealed frame that is not in the recording" },
  appeared: { severity: "error", meaning: "a frame that was not there when the recording was sealed" },
  duplicated: { severity: "error", meaning: "a sealed frame that is in the recording once more" },
  moved: { severity: "error", meaning: "a sealed frame in another place of its stream, or in another stream" },
} as const satisfies Record<ChangeKind, { severity: Severity; meaning: string }>;

/** Findings per stream: what changed is what a seal is for. Runs count as one. */
const MOST = MOST_LOCATED;

export const seal = defineCheck<LeafParts>({
  id: "integrity/seal",
  scope: "streams",
  title: "Is every frame the one that was sealed, in its place?",
  level: 0,
  needs: ["frames", "digests"],
  defaults: {},
  requires: "seal",
  locates: MOST,
  kinds,
  blindSpots: [
    "everything, when no seal is given",
    "what was wrong before the recording was sealed",
    "an adversary, with XXH3-128 leaves or without a key or signature: those guard against accidents (use blake3 with --key or --sign)",
    "attachments, metadata and everything else in the container that is no frame: see integrity/container",
    "publish times and sequence numbers of messages",
    "a payload beyond 1 GiB is compared by its size and CRC-32",
  ],

  observe: (block, kernels, _options, _stream, leaves) => (leaves ? observeLeaves(block, leaves, kernels) : []),
  merge: mergeLeaves,

  conclude(summaries, context) {
    const { seal: sealed, interrupted } = context;
    if (!sealed || interrupted) {
      const reason = sealed ? "interrupted" : "no seal given";
      return [{ status: "not_run", reason, coverage: { items: 0, checked: 0 }, observed: {}, defects: [] }];
    }
    return judge(sealed, summaries, context);
  },

  describe(finding) {
    const { kind, frames, from, observed } = finding;
    if (!frames) return `the schema is not the sealed one (${observed["schema"]})`;
    const at = `${range(frames)} `;
    const are = frames[0] === frames[1] ? "is" : "are";
    switch (kind) {
      case "changed":
        return `${at}${are} not as sealed: ${differing(finding)}${placed(finding)}`;
      case "vanished":
        return `${at}of the sealed recording ${are} gone${placed(finding)}`;
      case "appeared":
        return `${at}${frames[0] === frames[1] ? "was" : "were"} not there when it was sealed`;
      case "duplicated":
        return `${at}${are} a copy of ${from ? `${range(from.frames)} of ${from.stream}` : "others"}`;
      default:
        return `${at}${frames[0] === frames[1] ? "was" : "were"} ${from ? `${range(from.frames)} of ${from.stream}` : "elsewhere"} when sealed`;
    }
  },
});

function range([first, last]: readonly [number, number]): string {
  return first === last ? `frame ${first}` : `frames ${first}-${last}`;
}

function differing({ signals }: Finding): string {
  return signals.join(" and ");
}

function placed({ expected }: Finding): string {
  const blocks = expected["blocks"];
  if (!Array.isArray(blocks)) return "";
  return blocks[0] === blocks[1] ? ` (block ${blocks[0]})` : ` (blocks ${blocks[0]}-${blocks[1]})`;
}

interface Present {
  readonly census: StreamCensus;
  readonly leaves: Leaves;
}

function judge(sealed: Seal, summaries: readonly (LeafParts | null)[], context: Context): readonly Conclusion[] {
  const present = new Map(
    context.streams.map((census, i): [string, Present] => [census.info.id, { census, leaves: joined(summaries[i] ?? []) }]),
  );
  const changes = compare(
    sealed.streams.map(({ id, frames, leaves, stampNs }) => ({ id, count: frames, leaves, stampNs })),
    [...present].map(([id, { leaves }]): FrameSet => ({ id, count: leaves.count, leaves: leaves.digests, stampNs: leaves.stampNs })),
  );
  const all = new Map(sealed.streams.map((stream) => [stream.id, stream]));
  const names = [...present.keys(), ...[...all.keys()].filter((id) => !present.has(id))];
  const here = group(changes, (change) => (change.present ?? change.sealed)?.stream);
  const away = group(
    changes.filter(({ kind, sealed, present }) => kind === "moved" && sealed?.stream !== present?.stream),
    (change) => change.sealed?.stream,
  );
  return names.map((id) => judgeStream(id, all, present, here.get(id) ?? [], away.get(id) ?? [], sealed, context));
}

function group(changes: readonly Change[], keyOf: (change: Change) => string | undefined): ReadonlyMap<string, readonly Change[]> {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = keyOf(change) ?? "";
    const list = groups.get(key);
    if (list) list.push(change);
    else groups.set(key, [change]);
  }
  return groups;
}

function judgeStream(
  id: string,
  sealedStreams: ReadonlyMap<string, SealedStream>,
  presentStreams: ReadonlyMap<string, Present>,
  changes: readonly Change[],
  away: readonly Change[],
  sealed: Seal,
  context: Context,
): Conclusion {
  const was = sealedStreams.get(id);
  const is = presentStreams.get(id);
  const leaves = is?.leaves ?? NO_LEAVES;
  const counts: Record<string, number> = {};
  for (const kind of Object.keys(kinds)) counts[kind] = 0;
  for (const { kind, count } of changes) counts[kind] = (counts[kind] ?? 0) + count;
  const movedAway = away.reduce((sum, { count }) => sum + count, 0);
  const places = Object.keys(kinds).flatMap((kind) =>
    split(
      changes.filter((change) => change.kind === kind),
      leaves,
    ).map((change) => ({ change, ...graveOf(change, (change.present ? leaves : was)?.stampNs ?? NO_LEAVES.stampNs) })),
  );
  const { kept, rest } = gravest(places, MOST);
  const defects = kept.map(({ change }) => defectOf(change, sealedStreams, presentStreams, sealed));
  const schema = schemaOf(was, is?.census, sealed, context);
  const observed: Record<string, Plain> = { sealedFrames: was?.frames ?? 0, frames: leaves.count, ...counts, movedAway, schema };
  if (schema === "changed") defects.push(schemaDefect(was, is?.census));
  const items = Math.max(was?.frames ?? 0, leaves.count);
  return {
    stream: id,
    status: defects.length > 0 || movedAway > 0 ? "fail" : "pass",
    coverage: { items, checked: items },
    observed,
    defects,
    more: countMore(rest),
  };
}

/** The more frames a run has, the graver it is. */
function graveOf({ kind, count, sealed: was, present: is }: Change, stampNs: BigInt64Array): Grave {
  const frames = runAt(is?.frame ?? was?.frame ?? 0, count);
  return { kind, severity: kinds[kind].severity, weight: count, frames, timeNs: bounds(stampNs, ...frames) };
}

/** Fingerprints of two formats are of different texts; one without a schema has none. */
function schemaOf(was: SealedStream | undefined, is: StreamCensus | undefined, sealed: Seal, { recording }: Context): string {
  const now = is?.info.schema;
  if (!was?.schema || now === undefined || sealed.recording.format !== recording.format) return "not compared";
  return now === was.schema ? "same" : "changed";
}

function schemaDefect(was: SealedStream | undefined, is: StreamCensus | undefined): Defect {
  return {
    kind: "changed",
    severity: "warning",
    frames: null,
    timeNs: null,
    observed: { schema: is?.info.schema ?? null, type: is?.info.type ?? null },
    expected: { schema: was?.schema ?? null, type: was?.type ?? null },
    signals: ["schema"],
  };
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

function defectOf(
  { kind, count, sealed: was, present: is, leafDiffers, stampDiffers }: Change,
  sealedStreams: ReadonlyMap<string, SealedStream>,
  presentStreams: ReadonlyMap<string, Present>,
  sealed: Seal,
): Defect {
  const frames = runAt(is?.frame ?? was?.frame ?? 0, count);
  const original = was && sealedStreams.get(was.stream);
  const leaves = is ? presentStreams.get(is.stream)?.leaves : undefined;
  const stamps = leaves?.stampNs ?? original?.stampNs ?? new BigInt64Array(0);
  const [first, last] = frames;
  const places = leaves?.places ?? null;
  const a = places?.start[first] ?? -1;
  const b = places?.end[last] ?? -1;
  const file = places?.files?.[first];
  const isOnePiece = a >= 0 && isContiguous(places, first, last);
  const [low, high] = bounds(stamps, first, last);
  const perBlock = sealed.framesPerBlock;
  return {
    kind,
    severity: kinds[kind].severity,
    frames,
    timeNs: [low, high],
    weight: count,
    ...(isOnePiece && { bytes: [a, b] as const }),
    ...(isOnePiece && file !== undefined && { file }),
    ...(was && (kind === "moved" || kind === "duplicated") && { from: { stream: was.stream, frames: runAt(was.frame, count) } }),
    ...(is && kind === "moved" && { to: { stream: is.stream, frames } }),
    observed: is ? facts(leaves?.digests, leaves?.stampNs, is.frame, count, sealed) : {},
    expected: was
      ? {
          ...facts(original?.leaves, original?.stampNs, was.frame, count, sealed),
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

function bounds(stampNs: BigInt64Array, first: number, last: number): readonly [bigint, bigint] {
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

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
