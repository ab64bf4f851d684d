/**
 * A check is a named question about a recording, answered by a mergeable summary.
 *
 * The law every check obeys: cutting the recording anywhere and merging in any tree gives a byte-identical report.
 * So `merge` is associative, `left` precedes `right` in file order, and whatever spans two neighbouring frames is
 * handled at the seam. Summaries are plain data (structured clone) and bounded: see `runs.ts` for a list that keeps the
 * gravest. However many defects a check concludes, `gravest.ts` says which of them are located.
 *
 * Adding one = one file in src/checks/<domain>/, one line in src/checks/index.ts, its kernel in assembly/, its tests.
 */
import type { AnyGather, Gathered } from "./gather.ts";
import type { Rig } from "./rig.ts";
import type { LeafRecipe } from "./seal/leaves.ts";
import type { Seal } from "./seal/seal.ts";
import type {
  Block,
  ContainerClaims,
  ContainerFacts,
  Coverage,
  Finding,
  More,
  Need,
  Plain,
  RecordingIndex,
  Severity,
  Status,
  StreamCensus,
  StreamInfo,
} from "./types.ts";
import type { Kernels } from "./wasm.ts";

/** Options of a check: numbers with units in their names, e.g. `maxGapPeriods`. */
export type Options = Readonly<Record<string, number>>;

/** What a check may know when it concludes. */
export interface Context {
  readonly recording: Pick<RecordingIndex, "format" | "name" | "bytes" | "attachments" | "metadata">;
  readonly claims: ContainerClaims;
  readonly streams: readonly StreamCensus[];
  readonly rig: Rig | null;
  readonly seal: Seal | null;
  /** What the gathers that the check names have collected. */
  readonly gathered: Gathered;
  readonly kernels: Kernels;
  /** True when the run was cancelled: absence at the end proves nothing. */
  readonly interrupted: boolean;
}

/** A finding before the engine adds check, stream name and fingerprint. */
export type Defect = Omit<Finding, "check" | "stream" | "fingerprint" | "signals"> & {
  readonly signals?: readonly string[];
  /** Only for checks of scope `recording`, `streams` or `container`: the stream concerned. */
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
  /** As many as there are, or the gravest of them: the engine locates `CheckBase.locates` of them and counts the others. */
  readonly defects: readonly Defect[];
  /** Found beside `defects`, and only counted. */
  readonly more?: readonly More[];
  /** For scopes `recording` and `streams`: the stream the verdict is about; null or absent for the whole. */
  readonly stream?: string | null;
}

interface CheckBase {
  /** domain/name, stable for ever. */
  readonly id: string;
  /** The question, one line. */
  readonly title: string;
  /** 0 mandatory (bytes, order, time), 1 points and labels, 2 pixels. */
  readonly level: 0 | 1 | 2;
  readonly defaults: Options;
  /** Findings located for each verdict, at most `MOST_LOCATED`; `LOCATED` when absent (src/gravest.ts). */
  readonly locates?: number;
  /** What it cannot run without: it is left out of the plan when that is not given. */
  readonly requires?: "seal";
  /** Collected on the way, for `conclude`. */
  readonly gathers?: readonly AnyGather[];
  /** Collected before anything is observed, for `observe` and `conclude`: streams this check must know while it looks at others. */
  readonly knows?: readonly AnyGather[];
  /** Every finding kind, its default severity and what it means: for `explain`, SARIF rules and docs. */
  readonly kinds: Readonly<Record<string, { readonly severity: Severity; readonly meaning: string }>>;
  /** What it cannot see. Printed by `explain` and in the README's table. */
  readonly blindSpots: readonly string[];
  /** One line of text for a finding. Wording lives here and nowhere else. */
  describe(finding: Finding): string;
}

/** Looks at the frames of one stream at a time. */
export interface StreamCheck<S> extends CheckBase {
  readonly scope: "stream";
  readonly needs: readonly Need[];
  /** Whether the question makes sense for this stream; a stream it does not apply to gets no verdict. */
  appliesTo(stream: StreamCensus["info"]): boolean;
  /** What is missing when no stream applies, e.g. "no label stream": reason of the not_run verdict. */
  readonly absent: string;
  /**
   * `stream` is what the index knows beforehand: kind, stamp source, image size.
   * @param known what `knows` names; nothing else
   */
  observe(block: Block, kernels: Kernels, options: Options, stream: StreamInfo, known: Gathered): S;
  merge(left: S, right: S): S;
  /** `summary` is null when the stream had no frames at all. */
  conclude(summary: S | null, stream: StreamCensus, context: Context, options: Options): Conclusion;
}

/** Looks at what reading the container revealed. */
export interface ContainerCheck<S> extends CheckBase {
  readonly scope: "container";
  readonly needs: readonly Need[];
  observe(facts: ContainerFacts, kernels: Kernels, options: Options): S;
  merge(left: S, right: S, kernels: Kernels): S;
  conclude(summary: S, context: Context, options: Options): Conclusion;
}

/** Looks at the frames of all streams, each by itself, and concludes from all of them together. */
export interface StreamsCheck<S> extends CheckBase {
  readonly scope: "streams";
  readonly needs: readonly Need[];
  /** @param leaves how to take the leaves of a seal; given when `requires` is "seal" */
  observe(block: Block, kernels: Kernels, options: Options, stream: StreamInfo, leaves: LeafRecipe | null): S;
  merge(left: S, right: S): S;
  /** `summaries` by stream, as `context.streams`; null for a stream without frames. */
  conclude(summaries: readonly (S | null)[], context: Context, options: Options): readonly Conclusion[];
}

/** Concludes from the census and the rig alone. One conclusion per stream concerned, or one for the whole. */
export interface RecordingCheck extends CheckBase {
  readonly scope: "recording";
  readonly needs: readonly Need[];
  conclude(context: Context, options: Options): readonly Conclusion[];
}

// biome-ignore lint/suspicious/noExplicitAny: a list of checks holds summaries of different types; each check keeps its own
export type Check = StreamCheck<any> | StreamsCheck<any> | ContainerCheck<any> | RecordingCheck;

/** Typed identity: a check is a literal, its summary type is inferred. */
export function defineCheck<S>(check: StreamCheck<S>): StreamCheck<S>;
export function defineCheck<S>(check: StreamsCheck<S>): StreamsCheck<S>;
export function defineCheck<S>(check: ContainerCheck<S>): ContainerCheck<S>;
export function defineCheck(check: RecordingCheck): RecordingCheck;
export function defineCheck(check: Check): Check {
  return check;
}
