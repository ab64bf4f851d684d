/**
 * A gather collects small columns of every block (label rows, poses, inertial samples) for the checks that ask about
 * the whole of them: what concerns several frames, tracks or streams at once is concluded from here, once.
 *
 * It is the fold of a check without its question, and obeys the same law of splits. What it keeps grows with the
 * recording, so it keeps rows of labels and motion, never points or pixels; each says its bytes per row.
 *
 * A check names gathers in two ways (see check.ts). `gathers`: collected in the one pass, there when it concludes.
 * `knows`: collected in a pass of its own before, over the streams concerned, and there when it observes.
 */

import type { Kernels } from "../kernels.ts";
import type { Block, Need, StreamInfo } from "../types.ts";

export interface Gather<S> {
  /** One word or two, unique: `labels`, `poses`. */
  readonly id: string;
  readonly needs: readonly Need[];
  appliesTo(stream: StreamInfo): boolean;
  observe(block: Block, kernels: Kernels, stream: StreamInfo): S;
  /** Associative; `left` precedes `right` in file order. */
  merge(left: S, right: S): S;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of gathers holds summaries of different types; each keeps its own
export type AnyGather = Gather<any>;

/** What was collected by the gathers a check names. Immutable. */
export interface Gathered {
  readonly streams: readonly StreamInfo[];
  /** By stream, as `streams`; null for a stream it does not apply to or without frames. @throws RangeError for one that was not collected */
  of<S>(gather: Gather<S>): readonly (S | null)[];
  /** What `work` makes of it, worked out once however many checks ask. `work` is a function of the module: its identity is the key. */
  derive<T>(work: (gathered: Gathered, kernels: Kernels) => T): T;
}

/** @param summaries by gather id, by stream */
export function gatheredOf(
  streams: readonly StreamInfo[],
  summaries: Readonly<Record<string, readonly unknown[]>>,
  kernels: Kernels,
): Gathered {
  const derived = new Map<unknown, unknown>();
  const gathered: Gathered = {
    streams,
    of<S>({ id }: Gather<S>) {
      const found = summaries[id];
      if (!found) throw new RangeError(`expected a gather the check names, got "${id}"`);
      return found as readonly (S | null)[];
    },
    derive<T>(work: (gathered: Gathered, kernels: Kernels) => T): T {
      if (!derived.has(work)) {
        const mark = kernels.mark();
        derived.set(work, work(gathered, kernels));
        kernels.release(mark);
      }
      return derived.get(work) as T;
    },
  };
  return gathered;
}

/** What a check names. */
interface Naming {
  readonly gathers?: readonly AnyGather[];
  readonly knows?: readonly AnyGather[];
}

/** Where no stream holds what checks want to know there was no pass before: they know that there is nothing. By gather id, by stream. */
export function nothingKnown(checks: readonly Naming[], streams: readonly StreamInfo[]): Readonly<Record<string, readonly null[]>> {
  const ids = checks.flatMap(({ knows = [] }) => knows.map(({ id }) => id));
  return Object.fromEntries(ids.map((id) => [id, streams.map(() => null)]));
}

/** Those of the ids, of all that the checks name. @throws RangeError for an unknown id */
export function gathersOf(checks: readonly Naming[], ids: readonly string[]): readonly AnyGather[] {
  const named = new Map(checks.flatMap(({ gathers = [], knows = [] }) => [...gathers, ...knows]).map((gather) => [gather.id, gather]));
  return ids.map((id) => {
    const gather = named.get(id);
    if (!gather) throw new RangeError(`expected a gather some check names, got "${id}"`);
    return gather;
  });
}
