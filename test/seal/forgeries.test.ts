/** A share of the forgeries of forgeries.long.test.ts; and that what they are forgeries of is believed. */
import { expect, test } from "vitest";
import { checkProof, parseTrusted } from "../../src/seal/trust.ts";
import { attempt, honest } from "./forgeries.ts";

test("500 forgeries of seals, proofs and recordings: every one is refused", async () => {
  const target = await honest();
  const through: string[] = [];
  const kinds = new Set<string>();
  let made = 0;
  for (let seed = 0; made < 500; seed++) {
    const one = await attempt(target, seed);
    if (!one) continue;
    made++;
    kinds.add(one.name.split(":")[0] ?? "");
    if (one.accepted) through.push(`${seed} ${one.name}`);
  }
  expect(through).toEqual([]);
  expect([...kinds].sort()).toEqual(["bytes", "keyed", "proof", "proof of a forged seal", "recording", "seal"]);
});

test("what is forged there is believed as it is", async () => {
  const { file, keyedFile, key, publicPem, proofs } = await honest();
  expect((await parseTrusted(file, { publicKey: publicPem })).streams.length).toBe(3);
  expect((await parseTrusted(keyedFile, { key })).keyed).toBe(true);
  for (const proof of proofs) expect(await checkProof(proof, { publicKey: publicPem, root: proof.root })).toEqual({ limits: [] });
});
