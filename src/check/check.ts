/**
 * A check is a named question about a recording, answered by mergeable summaries of the streams it looks at.
 *
 * The law every check obeys: cutting the recording anywhere and merging in any tree gives a byte-identical report.
 * So `merge` is associative, `left` precedes `right` in file order, and whatever spans two neighbouring frames is
 * handled at the seam: not at all where the seam is a hole. Summaries are plain data (structured clone) and bounded: see
 * `src/summary/` for the capped lists.
 *
 * Adding one = one file in src/checks/<domain>/, one line in src/checks/index.ts, its kernel in assembly/, its tests. Most checks ask every
 * stream the same question: `defineStreamCheck`.
 */

import type { Kernels } from "../kernels.ts";
import type { Rig } from "../rig/rig.ts";
import type { LeafRecipe } from "../seal/leaves.ts";
import type { Seal } from "../seal/seal.ts";
import type {
  Block,
  ContainerClaims,
  Coverage,
  Damage,
  Finding,
  More,
  Need,
  Plain,
  RecordingIndex,
  Severity,
  Status,
  StreamCensus,
  StreamInfo,
} from "../types.ts";
import { checkGiven, streamCheckGiven } from "./shape.ts";
import type { AnyTable, Meeting, Seen } from "./table.ts";

/** Options of a check: numbers with units in their names, e.g. `maxGapPeriods`. */
export type Options = Readonly<Record<string, number>>;

/** What an option may be, both included. */
export interface OptionRange {
  readonly least: number;
  readonly most?: number;
}

/** A share of something. */
export const SHARE: OptionRange = { least: 0, most: 1 };
/** A length, a time, a count. */
export const AMOUNT: OptionRange = { least: 0 };

/** What a check may know when it observes a block. */
export interface Look {
  readonly kernels: Kernels;
  readonly options: Options;
  /** What the index knows beforehand: kind, stamp source, image size, what the rig states. */
  readonly stream: StreamInfo;
  /** The tables it sees, where it sees them `early`; nothing else. */
  readonly seen: Seen;
  /** How to take the leaves of a seal; given when `requires` is "seal". */
  readonly leaves: LeafRecipe | null;
}

/** Where two neighbouring parts of a stream meet, and what a check may know there. */
export interface Seam extends Look, Meeting {}

/** Why a recording was not looked at to its end: a person cut the run short, or it still goes on. Absence at the end then proves nothing. */
export type Partial = "interrupted" | "provisional";

/** What a check may know when it concludes. */
export interface Context {
  readonly recording: Pick<RecordingIndex, "format" | "name" | "bytes" | "attachments" | "metadata">;
  readonly claims: ContainerClaims;
  readonly streams: readonly StreamCensus[];
  readonly rig: Rig | null;
  readonly seal: Seal | null;
  /** The tables the check sees. */
  readonly seen: Seen;
  readonly kernels: Kernels;
  /** What changed of the recording's files while they were read. */
  readonly changes: readonly Damage[];
  readonly partial: Partial | null;
}

/** The recording as a check has folded it. */
export interface Whole<S> extends Context {
  /** By stream, as `streams`; null for a stream it does not look at or without frames. */
  readonly summaries: readonly (S | null)[];
  /** Of the container itself, where the check looks at it. */
  readonly container: S | null;
}

/** A finding before the engine adds check, stream name and fingerprint. */
export type Defect = Omit<Finding, "check" | "stream" | "fingerprint" | "signals"> & {
  readonly signals?: readonly string[];
  /** The stream concerned, where it is not the conclusion's. */
  readonly stream?: string | null;
  /** How grave it is among those of its kind: larger is graver; 0 when absent. Decides which are located where there are many. */
  readonly weight?: number;
};

export interface Conclusion {
  readonly status: Status;
  /** Why not_run or not_observable, or what part was left out. Required for these two. */
  readonly reason?: string;
  readonly coverage: Coverage;
  readonly observed: Readonly<Record<string, Plain>>;
  /** As many as there are, or the gravest of them: the engine locates `locates` of them and counts the others. */
  readonly defects: readonly Defect[];
  /** Found beside `defects`, and only counted. */
  readonly more?: readonly More[];
  /** The stream the verdict is about; null or absent for the whole. */
  readonly stream?: string | null;
}

/** What every check states of itself. */
export interface CheckWords {
  /** domain/name, stable for ever. */
  readonly id: string;
  /** The question, one line. */
  readonly title: string;
  /** 0 mandatory (bytes, order, time), 1 points and labels, 2 pixels. */
  readonly level: 0 | 1 | 2;
  readonly defaults: Options;
  /** By option; any finite number where absent. */
  readonly ranges?: Readonly<Record<string, OptionRange>>;
  /** Findings located for each verdict, at most `MOST_LOCATED`; `LOCATED` when absent (gravest.ts). */
  readonly locates?: number;
  /** What it cannot run without: it is left out of the plan when that is not given. */
  readonly requires?: "seal";
  /** Columns it reads. */
  readonly needs: readonly Need[];
  /** Tables it looks at, of whatever streams they apply to. */
  readonly sees?: readonly AnyTable[];
  /** It sees them already while it observes: the streams concerned are read before. */
  readonly early?: boolean;
  /** Every finding kind, its default severity and what it means: for `explain`, SARIF rules and docs. */
  readonly kinds: Readonly<Record<string, { readonly severity: Severity; readonly meaning: string }>>;
  /** What it cannot see. Printed by `explain` and in the README's table. */
  readonly blindSpots: readonly string[];
  /** One line of text for a finding. Wording lives here and nowhere else. */
  describe(finding: Finding): string;
}

/** What it folds of the streams it looks at. */
export interface Folding<S> {
  /** Whether it looks at a stream. The container itself is one: CONTAINER. */
  looksAt(stream: StreamInfo): boolean;
  observe(block: Block, look: Look): S;
  merge(left: S, right: S, seam: Seam): S;
}

export interface Check<S> extends CheckWords {
  /** Absent where it concludes from tables and the census alone. */
  readonly fold?: Folding<S>;
  conclude(whole: Whole<S>, options: Options): readonly Conclusion[];
}

// biome-ignore lint/suspicious/noExplicitAny: a list of checks holds summaries of different types; each check keeps its own
export type AnyCheck = Check<any>;

/** The check itself: a literal, whose summary type is inferred. @throws TypeError or RangeError for one that is none */
export function defineCheck<S = never>(check: Check<S>): Check<S> {
  return checkGiven<Check<S>>(check, "");
}

/** A check that asks every stream it applies to the same question. */
export interface StreamCheck<S> extends CheckWords {
  /** Whether the question makes sense for this stream; a stream it does not apply to gets no verdict. */
  appliesTo(stream: StreamInfo): boolean;
  /** What is missing when no stream applies, e.g. "no label stream": reason of the not_run verdict. */
  readonly absent: string;
  observe(block: Block, look: Look): S;
  merge(left: S, right: S, seam: Seam): S;
  /** `summary` is null when the stream had no frames at all. */
  answer(summary: S | null, stream: StreamCensus, context: Context, options: Options): Conclusion;
}

/** @throws TypeError or RangeError for one that is none */
export function defineStreamCheck<S>(check: StreamCheck<S>): Check<S> & StreamCheck<S> {
  const { appliesTo, absent, observe, merge, answer, ...words } = streamCheckGiven<StreamCheck<S>>(check);
  return checkGiven<Check<S> & StreamCheck<S>>(
    typed<S>({
      ...words,
      ...{ appliesTo, absent, observe, merge, answer },
      fold: { looksAt: (stream) => stream !== CONTAINER && appliesTo(stream), observe, merge },
      conclude(whole, options) {
        const answers = whole.streams.flatMap((stream, i) =>
          appliesTo(stream.info) ? [{ stream: stream.info.id, ...answer(whole.summaries[i] ?? null, stream, whole, options) }] : [],
        );
        if (answers.length > 0) return answers;
        return [{ status: "not_run", reason: absent, coverage: { items: 0, checked: 0 }, observed: {}, defects: [] }];
      },
    }),
    "",
  );
}

function typed<S>(check: Check<S> & StreamCheck<S>): Check<S> & StreamCheck<S> {
  return check;
}

/** How much of a recording a check looks at at a time, for people. */
export function scopeOf(check: AnyCheck): "stream" | "container" | "streams" | "recording" {
  if ("appliesTo" in check) return "stream";
  if (!check.fold) return "recording";
  return check.fold.looksAt(CONTAINER) ? "container" : "streams";
}

/** What reading the container revealed, as a stream: one block a span, without frames, with `facts`. */
export const CONTAINER: StreamInfo = { id: "", kind: "bytes", type: "container", stamps: "nominal", sequenced: false };
