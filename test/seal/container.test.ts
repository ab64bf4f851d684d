/** Damage of the container as a seal holds it: counted alike however the work is cut. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { NO_FACTS } from "../../src/pipeline/source.ts";
import { type ContainerPart, freshDamage, mergeContainer, observeContainer } from "../../src/seal/container.ts";
import { DamageList } from "../../src/summary/damages.ts";
import type { Damage, Severity } from "../../src/types.ts";

const KINDS = ["truncated", "schema-conflict", "bad-magic", "channel-conflict", "index-mismatch"] as const;

function damageAt(at: number, kind: string, severity: Severity): Damage {
  return { kind, severity, file: null, bytes: [at, at + 1], stream: null, timeNs: null, observed: { at }, expected: {} };
}

function partOf(damages: readonly Damage[]): ContainerPart {
  const list = new DamageList();
  for (const one of damages) list.add(one);
  return observeContainer({ ...NO_FACTS, ...list.facts() });
}

test("the same for any cut and either tree, to the order of its kinds", () => {
  const damages = fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.constantFrom<Severity>("error", "warning", "info")), { maxLength: 400 });
  fc.assert(
    fc.property(damages, fc.nat(400), fc.nat(400), (list, x, y) => {
      const all = list.map(([kind, severity], i) => damageAt(i, kind, severity));
      const [a, b] = [Math.min(x, y), Math.max(x, y)];
      const [p, q, r] = [partOf(all.slice(0, a)), partOf(all.slice(a, b)), partOf(all.slice(b))];
      const left = mergeContainer(mergeContainer(p, q), r);
      expect(JSON.stringify(mergeContainer(p, mergeContainer(q, r)))).toBe(JSON.stringify(left));
      expect(JSON.stringify(partOf(all))).toBe(JSON.stringify(left));
      const counted = KINDS.map((kind) => [kind, all.filter((one) => one.kind === kind && one.severity !== "info").length] as const);
      expect(Object.entries(left.counts)).toEqual(counted.filter(([, n]) => n > 0).sort(([m], [n]) => (m < n ? -1 : 1)));
    }),
    { seed: 5, numRuns: 100 },
  );
});

test("what is fresh is more than was sealed", () => {
  const part = partOf([damageAt(0, "truncated", "error"), damageAt(1, "truncated", "error"), damageAt(2, "bad-magic", "warning")]);
  expect(freshDamage(part, {})).toEqual(["bad-magic", "truncated"]);
  expect(freshDamage(part, { truncated: 1, "bad-magic": 1 })).toEqual(["truncated"]);
  expect(freshDamage(part, { truncated: 2, "bad-magic": 5 })).toEqual([]);
});
