/**
 * The law of splits, for whole recordings: one recording with every kind of column, frames left out at random, cut anywhere, merged in any
 * tree, every part as it comes out of another thread; and whether the report is the one of the same recording folded from the left.
 */
import type { AnyCheck, Options } from "../../src/check/check.ts";
import type { Collected } from "../../src/check/table.ts";
import type { Kernels } from "../../src/kernels.ts";
import { conclude } from "../../src/pipeline/conclude.ts";
import { type Folder, makeFolder, type Part } from "../../src/pipeline/observe.ts";
import { makePlan, type Plan, passesOf } from "../../src/pipeline/plan.ts";
import { NO_FACTS, type Reader } from "../../src/pipeline/source.ts";
import type { Rig } from "../../src/rig/rig.ts";
import { encodeSeal } from "../../src/seal/format.ts";
import { joined, type LeafRecipe, observeLeaves } from "../../src/seal/leaves.ts";
import { type Seal, sealOf } from "../../src/seal/seal.ts";
import { type Random, randomStream } from "../../src/simulate/random.ts";
import type { Block, ContainerClaims, ContainerFacts, Hole, RecordingIndex, Report, StreamInfo } from "../../src/types.ts";
import { slice } from "../blocks.ts";

/** Whole streams, in kernel memory. */
export interface Recorded {
  readonly streams: readonly { readonly info: StreamInfo; readonly block: Block }[];
  /** What the container shows where frames [from, to) of the first stream are: a function of the frames, however they are cut. */
  readonly facts: (from: number, to: number) => ContainerFacts;
  readonly claims: ContainerClaims;
  readonly rig: Rig | null;
}

/** What is folded, and how. */
export interface Asked {
  readonly checks: readonly AnyCheck[];
  readonly seal: Seal | null;
  readonly kernels: Kernels;
  /** In place of the engine's own folder. */
  readonly folder?: (folder: Folder) => Folder;
}

/** How a recording is cut: seeded. `holes`: how many streams have frames left out, `known` with their number. */
export interface Cutting {
  readonly seed: number;
  readonly holes: number;
  readonly known: boolean;
}

/** The report of a recording with holes, folded from the left, and the same cut and merged at random. */
export function bothWays(recorded: Recorded, asked: Asked, cutting: Cutting): readonly [Report, Report] {
  const random = randomStream(cutting.seed, "law");
  const rows = withHoles(inFileOrder(recorded), cutting, random);
  const fewest = piecesOf(rows, () => false);
  const many = piecesOf(rows, () => random.chance(0.04));
  return [reportOf(recorded, asked, fewest, null), reportOf(recorded, asked, many, random)];
}

interface Row {
  readonly stream: number;
  readonly frame: number;
  readonly hole: Hole | null;
}

/** Frames [from, to) of one stream, and what was left out before them. */
interface Stretch {
  readonly stream: number;
  readonly from: number;
  readonly to: number;
  readonly hole: Hole | null;
}

/** What a piece of the file holds: at most one stretch of a stream. */
type Piece = readonly Stretch[];

/** Frames of all streams as a recorder writes them: by log time; where that goes back within a stream the others wait. */
function inFileOrder({ streams }: Recorded): readonly Row[] {
  const rows = streams.flatMap(({ block }, stream) => {
    let latest = block.frames.logNs[0] as bigint;
    return [...block.frames.logNs].map((logNs, frame) => {
      if (logNs > latest) latest = logNs;
      return { logNs: latest, row: { stream, frame, hole: null } };
    });
  });
  return rows
    .sort((a, b) => (a.logNs < b.logNs ? -1 : a.logNs > b.logNs ? 1 : a.row.stream - b.row.stream || a.row.frame - b.row.frame))
    .map(({ row }) => row);
}

/** Longest stretch of frames that is left out, and so the shortest left before the first hole. */
const MOST_LEFT_OUT = 6;

function withHoles(rows: readonly Row[], { holes, known }: Cutting, random: Random): readonly Row[] {
  const gone = new Map<number, { readonly from: number; readonly to: number }>();
  for (let h = 0; h < holes; h++) {
    const stream = rows[random.below(rows.length)]?.stream ?? 0;
    const frames = rows.filter((row) => row.stream === stream).length;
    const from = MOST_LEFT_OUT + random.below(frames - 2 * MOST_LEFT_OUT);
    gone.set(stream, { from, to: from + 1 + random.below(MOST_LEFT_OUT) });
  }
  return rows.flatMap((row) => {
    const { from = -1, to = -1 } = gone.get(row.stream) ?? {};
    if (row.frame >= from && row.frame < to) return [];
    return row.frame === to ? [{ ...row, hole: { frames: known ? to - from : 0, ns: null } }] : [row];
  });
}

/** A piece ends where one is wanted, and before a hole in a stream it holds already. */
function piecesOf(rows: readonly Row[], isCut: () => boolean): readonly Piece[] {
  const pieces: Piece[] = [];
  let open = new Map<number, Stretch>();
  const close = (): void => {
    if (open.size > 0) pieces.push([...open.values()]);
    open = new Map();
  };
  for (const { stream, frame, hole } of rows) {
    if (isCut() || (hole && open.has(stream))) close();
    const one = open.get(stream);
    open.set(stream, one ? { ...one, to: frame + 1 } : { stream, from: frame, to: frame + 1, hole });
  }
  close();
  return pieces;
}

const RECIPE: LeafRecipe = { version: 2, algorithm: "xxh3-128", key: null };

/** Of all frames there are. */
export function sealedBy({ streams }: Recorded, kernels: Kernels): Seal {
  const leaves = streams.map(({ info: { id, kind, type }, block }) => {
    return { id, kind, type, leaves: joined(observeLeaves(block, RECIPE, kernels)) };
  });
  const about = { algorithm: RECIPE.algorithm, framesPerBlock: 10, recording: { name: "law", format: "law" }, damages: {} };
  return encodeSeal(sealOf(leaves, about, null, kernels), null, kernels).seal;
}

/** A drive of ten seconds is short: offsets are looked for nearby. */
const OPTIONS: Readonly<Record<string, Options>> = { "time/sensor-offset": { maxOffsetMs: 500 } };

function planOf({ checks, seal }: Pick<Asked, "checks" | "seal">): Plan {
  const ids = new Set(checks.map(({ id }) => id));
  const options = Object.fromEntries(Object.entries(OPTIONS).filter(([id]) => ids.has(id)));
  return makePlan(checks, { level: 2, seed: 0, options, leaves: seal && RECIPE });
}

function reportOf(recorded: Recorded, asked: Asked, pieces: readonly Piece[], random: Random | null): Report {
  const { checks, seal, kernels } = asked;
  const index = indexOf(recorded, pieces);
  const { before, plan } = passesOf(checks, planOf(asked), index);
  const early = before ? foldOf(recorded, asked, before.plan, index, pieces, {}, random).collected : {};
  const whole = foldOf(recorded, asked, plan, index, pieces, early, random);
  return conclude(checks, plan, index, whole, { rig: recorded.rig, seal }, null, kernels, early);
}

function foldOf(
  { streams, facts }: Recorded,
  { checks, kernels, folder: own = (folder) => folder }: Asked,
  plan: Plan,
  index: RecordingIndex,
  pieces: readonly Piece[],
  early: Collected,
  random: Random | null,
): Part {
  const folder = own(makeFolder(checks, plan, index, kernels, early));
  const reader: Reader = {
    read(span) {
      const piece = pieces[span.kind === "frames" ? span.start : -1] ?? [];
      const blocks = piece.map(({ stream, from, to, hole }): Block => {
        const block = slice(streams[stream]?.block as Block, from, to);
        return { ...block, stream, ...(hole && { hole }) };
      });
      const first = piece.find(({ stream }) => stream === 0);
      return { facts: first ? facts(first.from, first.to) : NO_FACTS, blocks };
    },
  };
  const parts = [folder.start(), ...pieces.map((_, span) => folder.observe(reader, span))];
  if (!random) return parts.reduce((left, right) => folder.merge(left, right));
  const left = parts.map((part) => structuredClone(part));
  while (left.length > 1) {
    const i = random.below(left.length - 1);
    left.splice(i, 2, structuredClone(folder.merge(left[i] as Part, left[i + 1] as Part)));
  }
  return left[0] as Part;
}

function indexOf({ streams, claims }: Recorded, pieces: readonly Piece[]): RecordingIndex {
  return {
    ...{ format: "law", name: "law", bytes: 1e6, attachments: 0, metadata: 0, facts: NO_FACTS, claims, detail: null },
    streams: streams.map(({ info }) => info),
    spans: pieces.map((_, i) => ({ kind: "frames", stream: 0, start: i, end: i + 1, bytes: 1 })),
  };
}
