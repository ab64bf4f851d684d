/** 10,000 forgeries of seals, proofs and recordings by somebody without the key and the private half. */
import { expect, test } from "vitest";
import { attempt, honest } from "./forgeries.ts";

const FORGERIES = 10_000;

test("10,000 forgeries: every one is refused", { timeout: 1_800_000 }, async () => {
  const target = await honest();
  const through: string[] = [];
  const tally = new Map<string, number>();
  let made = 0;
  for (let seed = 10_000; made < FORGERIES; seed++) {
    const one = await attempt(target, seed);
    if (!one) continue;
    made++;
    const [kind = ""] = one.name.split(":");
    tally.set(kind, (tally.get(kind) ?? 0) + 1);
    if (one.accepted) through.push(`${seed} ${one.name}`);
  }
  expect(through).toEqual([]);
  expect(Math.min(...tally.values())).toBeGreaterThan(FORGERIES / 20);
});
