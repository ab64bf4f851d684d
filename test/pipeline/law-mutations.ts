/** What may go wrong where two parts of a recording meet, planted in every check, every table and the engine itself. */
import type { AnyCheck, Folding, Seam } from "../../src/check/check.ts";
import type { AnyTable, Meeting } from "../../src/check/table.ts";
import type { Folder, Part } from "../../src/pipeline/observe.ts";
import type { Block } from "../../src/types.ts";
import { slice } from "../blocks.ts";

/** A check's folding or a table's collecting. */
export interface Fold {
  readonly observe: (block: Block) => unknown;
  readonly merge: (left: unknown, right: unknown, at: Meeting) => unknown;
}

export type Mutation = (fold: Fold) => Fold;

const inMerge =
  (mutate: (merge: Fold["merge"]) => Fold["merge"]): Mutation =>
  ({ observe, merge }) => ({ observe, merge: mutate(merge) });

const atSeam = (other: (at: Meeting) => Partial<Seam>): Mutation =>
  inMerge((merge) => (left, right, at) => merge(left, right, { ...at, ...other(at) }));

const inBlock = (from: number, fromEnd: number): Mutation => {
  return ({ observe, merge }) => ({
    merge,
    observe: (block) =>
      observe(
        block.frames.count > 1
          ? { ...slice(block, from, block.frames.count - fromEnd), ...(block.facts && { facts: block.facts }) }
          : block,
      ),
  });
};

/** Of everything that folds, by one or two words for the table. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "left lost": inMerge(() => (_left, right) => right),
  "right lost": inMerge(() => (left) => left),
  exchanged: inMerge((merge) => (left, right, at) => merge(right, left, at)),
  "right twice": inMerge((merge) => (left, right, at) => merge(merge(left, right, at), right, at)),
  "never touching": atSeam(() => ({ touching: false })),
  "first forgotten": inBlock(1, 0),
  "last forgotten": inBlock(0, 1),
};

/** The catalogue with one check's fold changed. */
export function withFold(checks: readonly AnyCheck[], id: string, mutate: Mutation): readonly AnyCheck[] {
  return checks.map((check) => {
    if (check.id !== id || !check.fold) return check;
    const fold: Folding<unknown> = check.fold;
    const of = (observe: Fold["observe"]): Fold => mutate({ observe, merge: (left, right, at) => fold.merge(left, right, at as Seam) });
    return {
      ...check,
      fold: {
        ...fold,
        observe: (block, look) => of((piece) => fold.observe(piece, look)).observe(block),
        merge: (left: unknown, right: unknown, seam: Seam) => of(() => null).merge(left, right, seam),
      } satisfies Folding<unknown>,
    };
  });
}

/** The catalogue with one table's collecting changed. */
export function withTable(checks: readonly AnyCheck[], id: string, mutate: Mutation): readonly AnyCheck[] {
  const swap = (table: AnyTable): AnyTable => {
    if (table.id !== id) return table;
    const of = (observe: Fold["observe"]): Fold => mutate({ observe, merge: (left, right, at) => table.join(left, right, at) });
    return {
      ...table,
      collect: (block, kernels, stream) => of((piece) => table.collect(piece, kernels, stream)).observe(block),
      join: (left, right, at) => of(() => null).merge(left, right, at),
    };
  };
  return checks.map((check) => (check.sees ? { ...check, sees: check.sees.map(swap) } : check));
}

/** The engine's own joining of parts. */
export const ENGINE_MUTATIONS: Readonly<Record<string, (merge: Folder["merge"]) => Folder["merge"]>> = {
  "census of the left": (merge) => (left, right) => ({
    ...merge(left, right),
    census: left.census.map((own, i) => own ?? right.census[i] ?? null),
  }),
  "holes of the left": (merge) => (left, right) => ({ ...merge(left, right), holes: left.holes }),
  "holes of the right": (merge) => (left, right) => ({ ...merge(left, right), holes: right.holes }),
  "no holes": (merge) => (left, right) => merge(left, { ...right, holes: right.holes.map(() => null) }),
  "an early table dropped": (merge) => (left, right) => withoutTables(merge(left, right), right),
};

function withoutTables(merged: Part, right: Part): Part {
  return { ...merged, collected: right.collected };
}
