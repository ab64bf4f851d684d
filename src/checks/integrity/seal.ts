/**
 * integrity/seal: is every frame the one that was sealed, in its place, and does it mean what it meant?
 *
 * Workers take the leaves (src/seal/leaves.ts); the comparison of all streams with the seal is src/seal/compare.ts, by payload and logged
 * time: the same recording in another container is equal. What frames mean is compared in src/seal/compare-meaning.ts.
 *
 * A seal that somebody could have a reason to forge (BLAKE3, a key, a signature), and one of version 1, passes only where it covers all
 * that is there. A later one against accidents (XXH3-128) passes a recording in another container with what it leaves out as the reason.
 */
import { CONTAINER, type Conclusion, type Context, type Defect, defineCheck } from "../../check/check.ts";
import { LEAF_BYTES } from "../../seal/algorithm.ts";
import { type Change, type ChangeKind, compare } from "../../seal/compare.ts";
import { compareMeaning, type MeaningAnswer, type MeaningChange } from "../../seal/compare-meaning.ts";
import { type ContainerPart, freshDamage, isConflict, mergeContainer, observeContainer } from "../../seal/container.ts";
import type { FrameSet } from "../../seal/frame-set.ts";
import { isBlank, joined, type LeafParts, type Leaves, mergeLeaves, NO_LEAVES, observeLeaves } from "../../seal/leaves.ts";
import { FORM_FIELDS } from "../../seal/meaning.ts";
import { type Seal, type SealedStream, versionOf } from "../../seal/seal.ts";
import type { Finding, Plain, Severity } from "../../types.ts";
import { bounds, frameDefects, MOST, type Present, type Sides } from "./_seal-frames.ts";

const kinds = {
  changed: { severity: "error", meaning: "a frame whose payload or logged time is not the sealed one" },
  vanished: { severity: "error", meaning: "a sealed frame that is not in the recording" },
  appeared: { severity: "error", meaning: "a frame that was not there when the recording was sealed" },
  duplicated: { severity: "error", meaning: "a sealed frame that is in the recording once more" },
  moved: { severity: "error", meaning: "a sealed frame in another place of its stream, or in another stream" },
  "stream-meaning": {
    severity: "error",
    meaning: "frames whose type, encoding, schema, topic or kind are not the sealed ones; or a definition that contradicts another",
  },
  converted: {
    severity: "info",
    meaning: "a container of another format states less, or more, of what frames mean than the sealed one did",
  },
} as const satisfies Record<ChangeKind | "stream-meaning" | "converted", { severity: Severity; meaning: string }>;

const CHANGES = ["changed", "vanished", "appeared", "duplicated", "moved"] as const satisfies readonly ChangeKind[];

export const seal = defineCheck<LeafParts | ContainerPart>({
  id: "integrity/seal",
  title: "Is every frame the one that was sealed, in its place, and does it mean what it meant?",
  level: 0,
  needs: ["frames", "digests"],
  defaults: {},
  requires: "seal",
  locates: MOST,
  kinds,
  blindSpots: [
    "everything, when no seal is given",
    "what was wrong before the recording was sealed",
    "an adversary, without a key or signature: whoever can change the recording can seal it again (use --key or --sign)",
    "attachments, metadata (of channels too, but for the hash of a type) and everything else in the container that is no frame",
    "publish times and sequence numbers of messages",
    "in Argoverse 2 tables: values that are missing, and columns that are neither numbers nor text",
    "of a seal of version 1: message encodings, and of a schema all but 64 bits, which can be forged (the verdict says so)",
  ],

  fold: {
    looksAt: () => true,
    observe(block, { kernels, leaves }) {
      if (block.facts) return observeContainer(block.facts);
      return leaves ? observeLeaves(block, leaves, kernels) : [];
    },
    merge: (left, right, { stream }) =>
      stream === CONTAINER
        ? mergeContainer(left as ContainerPart, right as ContainerPart)
        : mergeLeaves(left as LeafParts, right as LeafParts),
  },

  conclude({ summaries, container, ...context }) {
    const { seal: sealed, partial } = context;
    if (!sealed || partial) {
      const reason = sealed && partial ? partial : "no seal given";
      return [{ status: "not_run", reason, coverage: { items: 0, checked: 0 }, observed: {}, defects: [] }];
    }
    return judge(sealed, summaries as readonly (LeafParts | null)[], context, container as ContainerPart | null);
  },

  describe(finding) {
    const { kind, frames, from } = finding;
    if (kind === "stream-meaning" || kind === "converted") return meaningText(finding);
    if (!frames) return kind;
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

function meaningText({ kind, stream, frames, signals, observed, expected }: Finding): string {
  if (stream === null)
    return `defined twice, differently: ${Object.entries(observed)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}`;
  const of = frames ? `${range(frames)}: ` : "";
  const parts = signals.map((field) => `${field} ${short(observed[field])} (sealed: ${short(expected[field])})`);
  return kind === "converted"
    ? `${of}another container (${observed["format"]}, sealed as ${expected["format"]}) states ${parts.join(", ")}`
    : `${of}does not mean what was sealed: ${parts.join(", ")}`;
}

/** A digest by its first digits. */
function short(value: Plain | undefined): string {
  if (value === null || value === undefined || value === "") return "none";
  return /^[0-9a-f]{64}$/.test(String(value)) ? `${String(value).slice(0, 16)}…` : String(value);
}

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

function judge(
  sealed: Seal,
  summaries: readonly (LeafParts | null)[],
  context: Context,
  facts: ContainerPart | null,
): readonly Conclusion[] {
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
  const sides: Sides = { seal: sealed, sealed: all, present };
  const streams = names.map((id) => judgeStream(id, sides, here.get(id) ?? [], away.get(id) ?? [], context));
  const container = facts && judgeContainer(facts, sealed);
  return container ? [container, ...streams] : streams;
}

/** Whether an adversary is to be reckoned with. */
function isStrict({ algorithm, keyed, signature }: Seal): boolean {
  return algorithm === "blake3" || keyed || signature !== null;
}

/** Where readers of the container need not find the same frames: null where they do, as far as this one can tell. */
function judgeContainer(facts: ContainerPart, sealed: Seal): Conclusion | null {
  const fresh = freshDamage(facts, sealed.damages);
  const isForged = fresh.some(isConflict);
  const isTwofold = Object.keys(facts.counts).some(isConflict);
  if (!isForged && !(isStrict(sealed) && (fresh.length > 0 || isTwofold))) return null;
  const items = Object.values(facts.counts).reduce((sum, count) => sum + count, 0);
  const since = versionOf(sealed) === 1 ? "and a seal of version 1 does not say since when" : "which it had not when it was sealed";
  const reason =
    fresh.length > 0
      ? `the container has damage (${fresh.join(", ")}), ${since}: see integrity/container`
      : "the container defines a type twice, differently, as when it was sealed";
  return {
    stream: null,
    status: isForged ? "fail" : "not_observable",
    reason,
    coverage: { items, checked: 0 },
    observed: { damages: facts.counts, sealedDamages: sealed.damages },
    defects: isForged ? conflictDefects(facts) : [],
  };
}

/** Of those among the first damages; where there are others before them, how many there are. */
function conflictDefects({ counts, damages }: ContainerPart): readonly Defect[] {
  const common = { kind: "stream-meaning", severity: "error", stream: null, frames: null, timeNs: null, signals: ["definition"] } as const;
  const listed = damages.filter(({ kind }) => isConflict(kind));
  if (listed.length === 0) {
    return [{ ...common, observed: Object.fromEntries(Object.entries(counts).filter(([kind]) => isConflict(kind))), expected: {} }];
  }
  return listed.map(({ bytes, file, observed, expected }) => ({
    ...common,
    ...(bytes && { bytes }),
    ...(file !== null && { file }),
    observed,
    expected,
  }));
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

function judgeStream(id: string, sides: Sides, changes: readonly Change[], away: readonly Change[], context: Context): Conclusion {
  const { seal: sealed } = sides;
  const was = sides.sealed.get(id);
  const is = sides.present.get(id);
  const leaves = is?.leaves ?? NO_LEAVES;
  const counts: Record<string, number> = {};
  for (const kind of CHANGES) counts[kind] = 0;
  for (const { kind, count } of changes) counts[kind] = (counts[kind] ?? 0) + count;
  const movedAway = away.reduce((sum, { count }) => sum + count, 0);
  const found = frameDefects(changes, leaves, sides);
  const defects = [...found.defects];
  const version = versionOf(sealed);
  const sameFormat = sealed.recording.format === context.recording.format;
  const meaning =
    was && is && leaves.count > 0
      ? compareMeaning(was, is.census.info, leaves, { version, sameFormat, lenient: !isStrict(sealed) }, [...changes, ...away])
      : null;
  if (was && is && meaning) for (const one of meaningDefects(meaning, was, is, sealed, context)) defects.push(one);
  const items = Math.max(was?.frames ?? 0, leaves.count);
  const unread = blanks(was, leaves, sealed);
  const open = [...unshown(meaning, sealed), ...(unread > 0 ? [`${unread} frames without a digest of the whole payload`] : [])];
  const isFailed = defects.some(({ severity }) => severity !== "info") || movedAway > 0;
  const isOpen = !isFailed && (((isStrict(sealed) || version === 1) && open.length > 0) || unread > 0);
  const notes = isFailed ? [] : [...open, ...remarks(meaning, sealed)];
  return {
    stream: id,
    status: isFailed ? "fail" : isOpen ? "not_observable" : "pass",
    ...(notes.length > 0 && { reason: notes.join("; ") }),
    coverage: { items, checked: isOpen ? 0 : items },
    observed: {
      sealedFrames: was?.frames ?? 0,
      frames: leaves.count,
      ...counts,
      movedAway,
      meaning: meaningWord(meaning),
      otherMeaning: otherwise(meaning, leaves.count),
    },
    defects,
    more: found.more,
  };
}

/** What the seal does not show of a stream that is as sealed. */
function unshown(meaning: MeaningAnswer | null, sealed: Seal): readonly string[] {
  const fields = meaning?.unsealed ?? [];
  const of = versionOf(sealed) === 1 ? "a seal of version 1 does" : "the seal does";
  const isWeak = sealed.signature && sealed.algorithm !== "blake3";
  return [
    ...(fields.length > 0 ? [`${of} not cover ${fields.join(", ")}`] : []),
    ...(isWeak ? [`signed, but frames with the same ${sealed.algorithm} leaf can be made`] : []),
  ];
}

/** What there is to say where that is nothing to open. */
function remarks(meaning: MeaningAnswer | null, sealed: Seal): readonly string[] {
  const { dropped = [], unsealed = [] } = meaning ?? {};
  return [
    ...(dropped.length > 0 ? [`not stated by this container: ${dropped.join(", ")}`] : []),
    ...(meaning && versionOf(sealed) === 1 && unsealed.length === 0 ? ["of what frames mean a seal of version 1 holds type and kind"] : []),
  ];
}

function meaningWord(meaning: MeaningAnswer | null): string {
  if (!meaning) return "not compared";
  if (meaning.changed.length > 0) return "changed";
  if (meaning.unsealed.length > 0) return "partly sealed";
  return meaning.dropped.length > 0 ? "partly stated" : "same";
}

/** How many frames mean something else. */
function otherwise(meaning: MeaningAnswer | null, count: number): number {
  const runs = meaning?.changed ?? [];
  if (runs.some(({ frames }) => frames === null)) return count;
  return runs.reduce((sum, { frames }) => sum + (frames ? frames[1] - frames[0] + 1 : 0), 0);
}

/** Frames of which either side holds no digest. */
function blanks(was: SealedStream | undefined, { digests, count }: Leaves, { algorithm }: Seal): number {
  const size = LEAF_BYTES[algorithm];
  const among = (leaves: Uint8Array, frames: number): number => {
    let blank = 0;
    for (let i = 0; i < frames; i++) if (isBlank(leaves, i, size)) blank++;
    return blank;
  };
  return Math.max(was ? among(was.leaves, was.frames) : 0, among(digests, count));
}

function meaningDefects(meaning: MeaningAnswer, was: SealedStream, is: Present, sealed: Seal, { recording }: Context): readonly Defect[] {
  const { info } = is.census;
  const changed = meaning.changed.slice(0, MOST).map(({ frames, severity, fields, observed, expected }: MeaningChange): Defect => {
    const timeNs = frames && bounds(is.leaves.stampNs, ...frames);
    return { kind: "stream-meaning", severity, frames, timeNs, observed, expected, signals: fields };
  });
  const fields = FORM_FIELDS.filter(
    (field) => meaning.dropped.includes(field) || (versionOf(sealed) > 1 && meaning.unsealed.includes(field)),
  );
  if (fields.length === 0) return changed;
  const first = (forms: typeof was.forms | undefined) => Object.fromEntries(fields.map((field) => [field, forms?.[0]?.[field] ?? null]));
  const converted: Defect = {
    kind: "converted",
    severity: "info",
    frames: null,
    timeNs: null,
    observed: { format: recording.format, ...first(info.forms) },
    expected: { format: sealed.recording.format, ...first(was.forms) },
    signals: fields,
  };
  return [...changed, converted];
}
