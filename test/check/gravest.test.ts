import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addMore, countMore, type Grave, GravestList, gravest, LOCATED, limitOf, MOST_LOCATED } from "../../src/check/gravest.ts";
import type { Severity } from "../../src/types.ts";

const SEVERITIES = ["error", "warning", "info"] as const satisfies Severity[];

const item: fc.Arbitrary<Grave & { readonly id: number }> = fc.record({
  id: fc.nat(),
  kind: fc.constantFrom("a", "b", "c"),
  severity: fc.constantFrom(...SEVERITIES),
  weight: fc.integer({ min: -3, max: 3 }),
  frames: fc.option(
    fc.tuple(fc.nat(9), fc.nat(9)).map(([a, b]) => [a, a + b] as const),
    { nil: null },
  ),
  timeNs: fc.option(
    fc.tuple(fc.nat(9), fc.nat(9)).map(([a, b]) => [BigInt(a), BigInt(a + b)] as const),
    { nil: null },
  ),
  bytes: fc.option(fc.constant([4, 8] as const), { nil: null }),
  file: fc.constantFrom(null, null, "f"),
});
const items = fc.array(item, { maxLength: 60, size: "max" });
const limits = fc.integer({ min: 1, max: 12 });

/** The definition: one after the other, each time of the gravest severity the graver of the kind whose turn it is. */
function plain<T extends Grave>(all: readonly T[], limit: number): readonly T[] {
  const kept = new Set<T>();
  for (const severity of SEVERITIES) {
    const own = all.filter((one) => one.severity === severity);
    const kinds = [...new Set(own.map(({ kind }) => kind))].sort();
    const queues = kinds.map((kind) => own.filter((one) => one.kind === kind).sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0)));
    while (queues.some(({ length }) => length > 0)) {
      for (const queue of queues) {
        const next = queue.shift();
        if (next && kept.size < limit) kept.add(next);
      }
    }
  }
  return all.filter((one) => kept.has(one));
}

describe("gravest", () => {
  test("is what its definition says, in the order given", () => {
    fc.assert(
      fc.property(items, limits, (all, limit) => {
        const { kept, rest } = gravest(all, limit);
        expect(kept).toEqual(plain(all, limit));
        expect(rest).toEqual(all.filter((one) => !kept.includes(one)));
      }),
      { numRuns: 500 },
    );
  });

  test("never a milder one for a graver one, and every kind has its turn", () => {
    fc.assert(
      fc.property(items, limits, (all, limit) => {
        const { kept, rest } = gravest(all, limit);
        const rank = ({ severity }: Grave): number => SEVERITIES.indexOf(severity);
        expect(Math.max(-1, ...kept.map(rank))).toBeLessThanOrEqual(Math.min(3, ...rest.map(rank)));
        for (const left of rest) {
          const alike = kept.filter(({ kind, severity }) => kind === left.kind && severity === left.severity);
          expect(alike.every(({ weight }) => (weight ?? 0) >= (left.weight ?? 0))).toBe(true);
        }
      }),
    );
  });

  test("the gravest of a union are among the gravest of its parts, for any cuts and any tree", () => {
    fc.assert(
      fc.property(
        items,
        limits,
        fc.array(fc.nat(60), { maxLength: 6 }),
        fc.array(fc.nat(50), { maxLength: 6 }),
        (all, limit, at, picks) => {
          const cuts = [...new Set([0, all.length, ...at.map((cut) => Math.min(cut, all.length))])].sort((a, b) => a - b);
          let parts = cuts.slice(1).map((to, i) => ({ held: all.slice(cuts[i], to), more: countMore([]) }));
          const cut = (held: readonly (typeof all)[0][], more: ReturnType<typeof countMore>) => {
            const { kept, rest } = gravest(held, limit);
            return { held: [...kept], more: addMore(more, countMore(rest)) };
          };
          parts = parts.map(({ held, more }) => cut(held, more));
          for (let k = 0; parts.length > 1; k++) {
            const i = (picks[k % Math.max(1, picks.length)] ?? 0) % (parts.length - 1);
            const [a, b] = [parts[i], parts[i + 1]];
            if (a && b) parts.splice(i, 2, cut([...a.held, ...b.held], addMore(a.more, b.more)));
          }
          const { kept, rest } = gravest(all, limit);
          expect(parts[0]?.held ?? []).toEqual(kept);
          expect(parts[0]?.more ?? []).toEqual(countMore(rest));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a list that is filled one by one is the same", () => {
    fc.assert(
      fc.property(items, limits, (all, limit) => {
        const list = new GravestList<(typeof all)[0]>(limit);
        for (const one of all) list.add(one);
        const { kept, rest } = gravest(all, limit);
        expect(list.finish()).toEqual({ kept, more: countMore(rest) });
      }),
    );
  });

  test("other groups take turns where they are given", () => {
    const all = Array.from({ length: 40 }, (_, i) => ({ kind: "a", severity: "info" as const, stream: i < 38 ? "x" : "y" }));
    expect(gravest(all, 4, ({ stream }) => stream).kept.map(({ stream }) => stream)).toEqual(["x", "x", "y", "y"]);
  });
});

describe("what is only counted", () => {
  test("by kind and severity, gravest first, with frames, time and bytes from the first to the last", () => {
    const gap = { kind: "gap", severity: "warning" } as const;
    expect(
      countMore([
        { ...gap, frames: [7, 9], timeNs: [5n, 6n], bytes: [10, 20] },
        { ...gap, severity: "error", frames: null, timeNs: null },
        { ...gap, frames: [2, 3], timeNs: null, bytes: [30, 40] },
        { ...gap, frames: null, timeNs: [9n, 9n], bytes: [5, 6] },
      ]),
    ).toEqual([
      { ...gap, severity: "error", count: 1, frames: null, timeNs: null },
      { ...gap, count: 3, frames: [2, 9], timeNs: [5n, 9n], bytes: [5, 40] },
    ]);
  });

  test("a range over several files says nothing and is left out", () => {
    const one = { kind: "k", severity: "info", bytes: [1, 2] } as const;
    expect(countMore([one, { ...one, file: "a.txt" }, one])).toEqual([
      { kind: "k", severity: "info", count: 3, frames: null, timeNs: null },
    ]);
  });

  test("adding up is associative and no order matters", () => {
    fc.assert(
      fc.property(items, items, items, (a, b, c) => {
        const [x, y, z] = [countMore(a), countMore(b), countMore(c)];
        expect(addMore(addMore(x, y), z)).toEqual(addMore(x, addMore(y, z)));
        expect(addMore(y, x)).toEqual(addMore(x, y));
        expect(addMore(x, y, z)).toEqual(countMore([...a, ...b, ...c]));
      }),
    );
  });
});

test("no check may ask for more than the limit of all", () => {
  expect([limitOf({}), limitOf({ locates: 300 }), limitOf({ locates: 1e9 })]).toEqual([LOCATED, 300, MOST_LOCATED]);
});
