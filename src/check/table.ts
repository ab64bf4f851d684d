/**
 * A table collects small columns of every block (label rows, poses, inertial samples) for checks that look at other streams than the
 * one at hand, or at the whole of one. It is the fold of a check without its question, and obeys the same law of splits.
 *
 * What it keeps grows with the recording, so it keeps rows of labels and motion, never points or pixels, and says how many bytes a row takes.
 *
 * A check names the tables it sees (`sees`, see check.ts). They are there when it concludes; with `early`, which costs a pass of its own over
 * the streams concerned, already when it observes.
 */
import type { Kernels } from "../kernels.ts";
import type { Block, Need, StreamInfo } from "../types.ts";

/** Where two neighbouring parts of a stream meet. */
export interface Meeting {
  readonly kernels: Kernels;
  readonly stream: StreamInfo;
  /** False across a hole: frames left out, lost or not arrived. Nothing is accused there, and nothing measured over it. */
  readonly touching: boolean;
  /** Frames known to be left out between the two: indices go on behind them. */
  readonly skipped: number;
}

export interface Table<P> {
  /** One word or two, unique: `labels`, `poses`. */
  readonly id: string;
  readonly needs: readonly Need[];
  /** What a row takes while it is kept; what a row is, is the table's to say. */
  readonly bytesPerRow: number;
  /** @param together ids of the streams that the rig takes together */
  appliesTo(stream: StreamInfo, together: readonly string[]): boolean;
  collect(block: Block, kernels: Kernels, stream: StreamInfo): P;
  /** Associative; `left` precedes `right` in file order. */
  join(left: P, right: P, meeting: Meeting): P;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of tables holds rows of different types; each keeps its own
export type AnyTable = Table<any>;

/** What was collected of the tables a check names. Immutable. */
export interface Seen {
  readonly streams: readonly StreamInfo[];
  /** By stream, as `streams`; null for a stream it does not apply to or without frames. @throws RangeError for one that was not collected */
  of<P>(table: Table<P>): readonly (P | null)[];
  /** What `work` makes of it, worked out once however many checks ask. `work` is a function of the module: its identity is the key. */
  derive<T>(work: (seen: Seen, kernels: Kernels) => T): T;
}

/** By table id: what was collected of each stream, null where nothing was. Plain data. */
export type Collected = Readonly<Record<string, readonly unknown[]>>;

export function seenOf(streams: readonly StreamInfo[], collected: Collected, kernels: Kernels): Seen {
  const derived = new Map<unknown, unknown>();
  const seen: Seen = {
    streams,
    of<P>({ id }: Table<P>) {
      const found = collected[id];
      if (!found) throw new RangeError(`expected a table the check names, got "${id}"`);
      return found as readonly (P | null)[];
    },
    derive<T>(work: (seen: Seen, kernels: Kernels) => T): T {
      if (!derived.has(work)) {
        const mark = kernels.mark();
        derived.set(work, work(seen, kernels));
        kernels.release(mark);
      }
      return derived.get(work) as T;
    },
  };
  return seen;
}

/** Who names tables. */
interface Naming {
  readonly sees?: readonly AnyTable[];
  readonly early?: boolean;
}

/** Where no stream holds what checks want to see early there was no pass before: they know that there is nothing. */
export function nothingEarly(checks: readonly Naming[], streams: readonly StreamInfo[]): Collected {
  const ids = checks.flatMap(({ sees = [], early }) => (early ? sees.map(({ id }) => id) : []));
  return Object.fromEntries(ids.map((id) => [id, streams.map(() => null)]));
}

/** Those of the ids, of all that the checks name. @throws RangeError for an unknown id */
export function tablesOf(checks: readonly Naming[], ids: readonly string[]): readonly AnyTable[] {
  const named = new Map(checks.flatMap(({ sees = [] }) => sees).map((table) => [table.id, table]));
  return ids.map((id) => {
    const table = named.get(id);
    if (!table) throw new RangeError(`expected a table some check names, got "${id}"`);
    return table;
  });
}
