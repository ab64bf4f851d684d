/**
 * Observe and merge: the fold every thread runs over the spans it claimed.
 *
 * A `Part` is the fold of a contiguous range of spans. Parts join only with their direct neighbour, so whatever the
 * cut into spans, the number of workers and the order of joining, the whole is the same.
 */
import { type CensusPart, mergeCensus, observeCensus } from "./census.ts";
import type { Check, ContainerCheck, StreamCheck, StreamsCheck } from "./check.ts";
import { InputError } from "./errors.ts";
import { type AnyGather, gatheredOf, gathersOf, nothingKnown } from "./gather.ts";
import type { Plan } from "./plan.ts";
import type { LeafRecipe } from "./seal/leaves.ts";
import { type Decoded, NO_FACTS, type Reader } from "./source.ts";
import type { Block, Need, RecordingIndex, Span } from "./types.ts";
import type { Kernels } from "./wasm.ts";

/** Plain data: crosses worker boundaries. Arrays are indexed by stream; null where a stream had no frames yet. */
export interface Part {
  /** Spans [first, end). */
  readonly first: number;
  readonly end: number;
  readonly census: readonly (CensusPart | null)[];
  /** Per planned check, in plan order: summaries by stream, or one summary for a container check, or null. */
  readonly summaries: readonly (readonly unknown[] | null)[];
  /** Per planned check: what those that look at streams make of what reading the container revealed; null for the others. */
  readonly facts: readonly unknown[];
  /** By gather id, by stream. */
  readonly gathered: GatheredParts;
  /** Some span does not fit the index the recording was opened by: nothing here counts. */
  readonly disproved: boolean;
}

/** By gather id: what was collected of each stream, null where nothing was. Plain data. */
export type GatheredParts = Readonly<Record<string, readonly unknown[]>>;

/** The planned checks with their options, resolved from ids: made once per thread. */
export interface Folder {
  /** The fold of no span: what opening the recording already revealed. */
  start(): Part;
  observe(reader: Reader, span: number): Part;
  /** @throws RangeError unless `right` begins where `left` ends */
  merge(left: Part, right: Part): Part;
}

/** @param known what the pass before has collected for the checks that know it */
export function makeFolder(
  checks: readonly Check[],
  plan: Plan,
  index: RecordingIndex,
  kernels: Kernels,
  known: GatheredParts = {},
): Folder {
  const run = plan.run.map(({ id, options }) => {
    const check = checks.find((c) => c.id === id);
    if (!check) throw new RangeError(`expected a known check, got "${id}"`);
    return { check, options };
  });
  const gathers = gathersOf(checks, plan.gathers);
  const before = gatheredOf(index.streams, { ...nothingKnown(checks, index.streams), ...known }, kernels);
  const needs: ReadonlySet<Need> = new Set(plan.needs);
  const streams = index.streams.length;

  function part(first: number, end: number, { facts, blocks, disproved = false }: Decoded): Part {
    const byStream: (Block | null)[] = new Array(streams).fill(null);
    for (const block of blocks) if (block.frames.count > 0) byStream[block.stream] = block;
    return {
      first,
      end,
      disproved,
      census: byStream.map((block) => block && observeCensus(block, kernels)),
      summaries: run.map(({ check, options }) => {
        if (check.scope === "container") return [check.observe(facts, kernels, options)];
        if (check.scope === "recording") return null;
        return byStream.map((block) => {
          const info = block && index.streams[block.stream];
          if (!block || !info) return null;
          if (check.scope === "streams") return check.observe(block, kernels, options, info, plan.leaves);
          return check.appliesTo(info) ? check.observe(block, kernels, options, info, before) : null;
        });
      }),
      facts: run.map(({ check }) => (check.scope === "streams" ? (check.facts?.observe(facts) ?? null) : null)),
      gathered: byId(gathers, (gather) =>
        byStream.map((block) => {
          const info = block && index.streams[block.stream];
          return block && info && gather.appliesTo(info) ? gather.observe(block, kernels, info) : null;
        }),
      ),
    };
  }

  return {
    start: () => part(0, 0, { facts: index.facts, blocks: [] }),

    observe(reader, span) {
      const work = index.spans[span];
      if (!work) throw new RangeError(`expected a span below ${index.spans.length}, got ${span}`);
      return part(span, span + 1, readSpan(reader, work, needs, index, plan.leaves));
    },

    merge(left, right) {
      if (left.end !== right.first) throw new RangeError(`expected a part beginning at span ${left.end}, got ${right.first}`);
      return {
        first: left.first,
        end: right.end,
        disproved: left.disproved || right.disproved,
        census: left.census.map((a, i) => join(a, right.census[i] ?? null, (l, r) => mergeCensus(l, r, kernels))),
        summaries: run.map(({ check }, c) => {
          if (check.scope === "recording") return null;
          const others = right.summaries[c] ?? [];
          return (left.summaries[c] ?? []).map((a, i) => join(a, others[i] ?? null, (l, r) => mergeSummaries(check, l, r, kernels)));
        }),
        facts: run.map(({ check }, c) => {
          const { merge } = (check.scope === "streams" && check.facts) || {};
          return merge ? join(left.facts[c] ?? null, right.facts[c] ?? null, merge) : null;
        }),
        gathered: byId(gathers, ({ id, merge }) =>
          (left.gathered[id] ?? []).map((a, i) => join(a, right.gathered[id]?.[i] ?? null, merge)),
        ),
      };
    },
  };
}

function byId(gathers: readonly AnyGather[], of: (gather: AnyGather) => readonly unknown[]): GatheredParts {
  return Object.fromEntries(gathers.map((gather) => [gather.id, of(gather)]));
}

type Folding = StreamCheck<unknown> | StreamsCheck<unknown> | ContainerCheck<unknown>;

function mergeSummaries(check: Folding, left: unknown, right: unknown, kernels: Kernels): unknown {
  return check.scope === "container" ? check.merge(left, right, kernels) : check.merge(left, right);
}

function join<T>(left: T | null, right: T | null, merge: (left: T, right: T) => T): T | null {
  return left === null ? right : right === null ? left : merge(left, right);
}

/** A file that stops being readable while we read it is damage, not a crash: the other spans still count. */
function readSpan(reader: Reader, span: Span, needs: ReadonlySet<Need>, index: RecordingIndex, leaves: LeafRecipe | null): Decoded {
  try {
    return reader.read(span, needs, leaves);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const bytes = span.kind === "bytes" ? ([span.start, span.end] as const) : null;
    return {
      blocks: [],
      facts: {
        ...NO_FACTS,
        lostBytes: span.bytes,
        damages: [
          {
            kind: "unreadable",
            severity: "error",
            file: null,
            bytes,
            stream: span.kind === "frames" ? span.stream : null,
            timeNs: null,
            observed: { frames: span.kind === "frames" ? [span.start, span.end - 1] : null, recording: index.name },
            expected: {},
          },
        ],
      },
    };
  }
}
