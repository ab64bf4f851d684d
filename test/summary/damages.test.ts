import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countMore, gravest } from "../../src/check/gravest.ts";
import { compareDamages, DamageList, joinDamages, weightOf } from "../../src/summary/damages.ts";
import type { Damage } from "../../src/types.ts";

const range = fc.option(fc.tuple(fc.nat(60), fc.nat(9)).map(([at, length]) => [at, at + length] as const));
const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom("checksum", "unreadable"),
  severity: fc.constantFrom("error" as const, "warning" as const),
  file: fc.constantFrom(null, "a.bin", "b.bin"),
  bytes: range,
  stream: fc.constantFrom(null, 0, 1),
  timeNs: fc.constant(null),
  observed: fc.record({ crc: fc.constantFrom(1, 2n, "x") }),
  expected: fc.constantFrom({}, { crc: 3 }),
});
const damages = fc.array(damage, { maxLength: 150, size: "max" });

/** The definition: the gravest of all of them, in order, and the others counted. */
function plain(all: readonly Damage[]) {
  const { kept, rest } = gravest(all.map((one) => ({ ...one, weight: weightOf(one) })).sort(compareDamages), 100);
  return { kept: kept.map(({ weight: _, ...one }) => one), more: countMore(rest) };
}

describe("a bounded list of damages", () => {
  test("any cut, either tree: the first hundred of the whole, and exact counts of the rest", () => {
    fc.assert(
      fc.property(damages, damages, damages, (x, y, z) => {
        const [a, b, c] = [x, y, z].map((own) => joinDamages(own, []));
        if (!a || !b || !c) throw new Error("expected three parts");
        const join = (l: typeof a, r: typeof a) => joinDamages([...l.kept, ...r.kept], [...l.more, ...r.more]);
        expect(join(join(a, b), c)).toEqual(plain([...x, ...y, ...z]));
        expect(join(a, join(b, c))).toEqual(plain([...x, ...y, ...z]));
      }),
      { numRuns: 60 },
    );
  });

  test("filled one by one, also beyond what it holds at a time", () => {
    const [many] = fc.sample(fc.array(damage, { minLength: 900, maxLength: 900 }), { numRuns: 1, seed: 5 });
    for (const count of [0, 1, 99, 100, 101, 399, 400, 401, 900]) {
      const all = (many ?? []).slice(0, count);
      const list = new DamageList();
      for (const one of all) list.add(one);
      expect(list.length > 0).toBe(count > 0);
      const { kept, more } = plain(all);
      expect(list.facts()).toEqual({ damages: kept, ...(more.length > 0 && { moreDamages: more }) });
      // Asking changes nothing.
      expect(list.facts()).toEqual(list.facts());
    }
  });
});

test("the order is of files, places, kinds, streams, and what was seen; what has no place comes first", () => {
  const one: Damage = {
    kind: "b",
    severity: "error",
    file: "f",
    bytes: [10, 20],
    stream: 1,
    timeNs: null,
    observed: { n: 5n },
    expected: {},
  };
  const ascending: readonly Damage[] = [
    { ...one, file: null, bytes: [90, 99] },
    { ...one, bytes: null },
    { ...one, bytes: [9, 30] },
    { ...one, bytes: [10, 19] },
    { ...one, kind: "a", stream: 9 },
    { ...one, stream: null },
    { ...one, stream: 0 },
    { ...one, observed: { n: 4n } },
    { ...one, expected: { n: 1 } },
    one,
    { ...one, severity: "warning", observed: {} },
    { ...one, kind: "c", stream: 0 },
    { ...one, bytes: [10, 21], kind: "a" },
    { ...one, bytes: [11, 12] },
    { ...one, file: "g", bytes: null },
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) expect([i, j, Math.sign(compareDamages(a, b))]).toEqual([i, j, Math.sign(i - j)]);
  }
});
