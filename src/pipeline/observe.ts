/**
 * Observe and merge: the fold every thread runs over the spans it claimed.
 *
 * A `Part` is the fold of a contiguous range of spans. Parts join only with their direct neighbour, so whatever the
 * cut into spans, the number of workers and the order of joining, the whole is the same.
 */
import { type AnyCheck, CONTAINER, type Look, type Seam } from "../check/check.ts";
import { type Collected, nothingEarly, seenOf, tablesOf } from "../check/table.ts";
import { InputError } from "../errors.ts";
import type { Kernels } from "../kernels.ts";
import type { LeafRecipe } from "../seal/leaves.ts";
import type { Block, ContainerFacts, FrameColumns, Hole, Need, RecordingIndex, Span, StreamInfo } from "../types.ts";
import { type CensusPart, mergeCensus, observeCensus } from "./census.ts";
import type { Plan } from "./plan.ts";
import { type Decoded, NO_FACTS, type Reader } from "./source.ts";

/** Plain data: crosses worker boundaries. Arrays are indexed by stream; null where a stream had no frames yet. */
export interface Part {
  /** Spans [first, end). */
  readonly first: number;
  readonly end: number;
  readonly census: readonly (CensusPart | null)[];
  /** What lies before the first block of each stream; null where the block before touches it. */
  readonly holes: readonly (Hole | null)[];
  /** Per planned check, in plan order: summaries by stream and then the container's. Null for a check that folds nothing. */
  readonly summaries: readonly (readonly unknown[] | null)[];
  /** By table, by stream. */
  readonly collected: Collected;
  /** Some span does not fit the index the recording was opened by: nothing here counts. */
  readonly disproved: boolean;
}

/** The planned checks with their options, resolved from ids: made once per thread. */
export interface Folder {
  /** The fold of no span: what opening the recording already revealed. */
  start(): Part;
  observe(reader: Reader, span: number): Part;
  /** @throws RangeError unless `right` begins where `left` ends */
  merge(left: Part, right: Part): Part;
}

/** @param early what the pass before has collected for the checks that see it while they observe */
export function makeFolder(
  checks: readonly AnyCheck[],
  plan: Plan,
  index: RecordingIndex,
  kernels: Kernels,
  early: Collected = {},
): Folder {
  const streams: readonly StreamInfo[] = [...index.streams, CONTAINER];
  const seen = seenOf(index.streams, { ...nothingEarly(checks, index.streams), ...early }, kernels);
  const run = plan.run.map(({ id, options }) => {
    const check = checks.find((c) => c.id === id);
    if (!check) throw new RangeError(`expected a known check, got "${id}"`);
    const looks = streams.map((stream): Look | null =>
      check.fold?.looksAt(stream) ? { kernels, options, stream, seen, leaves: plan.leaves } : null,
    );
    return { fold: check.fold, looks };
  });
  const tables = tablesOf(checks, plan.tables);
  const needs: ReadonlySet<Need> = new Set(plan.needs);

  function part(first: number, end: number, { facts, blocks, disproved = false }: Decoded): Part {
    const byStream: (Block | null)[] = new Array(streams.length).fill(null);
    for (const block of blocks) if (block.frames.count > 0) byStream[block.stream] = block;
    byStream[index.streams.length] = containerBlock(index.streams.length, facts);
    return {
      first,
      end,
      disproved,
      census: index.streams.map((_, i) => {
        const block = byStream[i];
        return block ? observeCensus(block, kernels) : null;
      }),
      holes: byStream.map((block) => block?.hole ?? null),
      summaries: run
        .map(
          ({ fold, looks }) =>
            fold?.observe &&
            byStream.map((block, i) => {
              const look = looks[i];
              return block && look ? fold.observe(block, look) : null;
            }),
        )
        .map((summaries) => summaries ?? null),
      collected: Object.fromEntries(
        tables.map(({ id, appliesTo, collect }) => [
          id,
          index.streams.map((stream, i) => {
            const block = byStream[i];
            return block && appliesTo(stream, plan.together) ? collect(block, kernels, stream) : null;
          }),
        ]),
      ),
    };
  }

  return {
    start: () => part(0, 0, { facts: index.facts, blocks: [] }),

    observe(reader, span) {
      const work = index.spans[span];
      if (!work) throw new RangeError(`expected a span below ${index.spans.length}, got ${span}`);
      const decoded = readSpan(reader, work, needs, index, plan.leaves);
      let { rest } = decoded;
      let whole = part(span, rest ? span : span + 1, decoded);
      while (rest) {
        const more = readSpan(reader, rest, needs, index, plan.leaves);
        rest = more.rest;
        whole = merge(whole, part(span, rest ? span : span + 1, more));
      }
      return whole;
    },

    merge,
  };

  function merge(left: Part, right: Part): Part {
    if (left.end !== right.first) throw new RangeError(`expected a part beginning at span ${left.end}, got ${right.first}`);
    const at = (i: number): Pick<Seam, "touching" | "skipped"> => {
      const hole = right.holes[i];
      return { touching: !hole, skipped: hole?.frames ?? 0 };
    };
    return {
      first: left.first,
      end: right.end,
      disproved: left.disproved || right.disproved,
      census: left.census.map((a, i) => join(a, right.census[i] ?? null, (l, r) => mergeCensus(l, r, kernels))),
      holes: left.holes.map((hole, i) => (isThere(left, i) ? hole : (right.holes[i] ?? null))),
      summaries: run.map(({ fold, looks }, c) => {
        const [mine, theirs] = [left.summaries[c], right.summaries[c]];
        if (!fold || !mine || !theirs) return null;
        return mine.map((a, i) => {
          const look = looks[i];
          return look ? join(a, theirs[i] ?? null, (l, r) => fold.merge(l, r, { ...look, ...at(i) })) : null;
        });
      }),
      collected: Object.fromEntries(
        tables.map((table) => [
          table.id,
          index.streams.map((stream, i) =>
            join(left.collected[table.id]?.[i] ?? null, right.collected[table.id]?.[i] ?? null, (l, r) =>
              table.join(l, r, { kernels, stream, ...at(i) }),
            ),
          ),
        ]),
      ),
    };
  }
}

/** Whether a part has a block of a stream. The container's is always there. */
function isThere({ census }: Part, stream: number): boolean {
  return stream >= census.length || census[stream] !== null;
}

const NO_FRAMES: FrameColumns = {
  count: 0,
  stampNs: new BigInt64Array(0),
  logNs: new BigInt64Array(0),
  sequence: new Uint32Array(0),
  bytes: new Float64Array(0),
  digest: new BigUint64Array(0),
  order: new Uint32Array(0),
  start: new Float64Array(0),
  end: new Float64Array(0),
  pointer: new Uint32Array(0),
};

function containerBlock(stream: number, facts: ContainerFacts): Block {
  return { stream, frames: NO_FRAMES, malformed: [], facts };
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
