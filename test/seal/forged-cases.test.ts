/** Forgeries that version 1 let pass (../shared/cases/S03-forged-seals): against the seals of then, and against seals made now. */
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openSeal, seal, verify } from "../../src/index.ts";
import { told } from "./in-memory.ts";

const folder = fileURLToPath(new URL("../../../shared/cases/S03-forged-seals/", import.meta.url));
const at = (name: string): string => join(folder, name);

describe.skipIf(!existsSync(folder))("forged recordings", () => {
  const publicKey = (): string => readFileSync(at("pub.pem"), "utf8");
  const against = async (recording: string, sealed: string) =>
    verify(at(recording), { seal: await openSeal(at(sealed), { publicKey: publicKey() }) });

  test("a second preimage under a signature over XXH3-128: the seal is refused, whatever it is held against", async () => {
    for (const recording of ["forged.mcap", "honest.mcap"]) {
      await expect(against(recording, "honest.mcap.seal")).rejects.toThrow("signed, but frames with the same xxh3-128 leaf can be made");
    }
  });

  test("another type, in a seal that holds it: named", async () => {
    expect(told(await against("renamed.mcap", "hb.seal")).findings).toEqual([["stream-meaning", "error", "/pc", null, ["type", "kind"]]]);
    expect(told(await against("type.mcap", "orig.mcap.seal"))).toEqual({
      findings: [["stream-meaning", "error", "/p", null, ["type"]]],
      status: ["fail"],
    });
  });

  test("what a seal of version 1 cannot show, it does not pass", async () => {
    for (const recording of ["menc.mcap", "swapped.mcap", "orig.mcap"]) {
      const { verdicts } = await against(recording, "orig.mcap.seal");
      expect(verdicts.find(({ stream }) => stream === "/p")).toMatchObject({
        status: "not_observable",
        reason: "a seal of version 1 does not cover messageEncoding, schemaEncoding, schemaText",
      });
      expect(verdicts.map(({ status }) => status)).not.toContain("pass");
    }
  });

  test.each([
    ["honest.mcap", "forged.mcap", ["changed", "error", "/pc", [4, 4], ["payload"]]],
    ["honest.mcap", "renamed.mcap", ["stream-meaning", "error", "/pc", null, ["type", "kind"]]],
    ["orig.mcap", "type.mcap", ["stream-meaning", "error", "/p", null, ["type"]]],
    ["orig.mcap", "menc.mcap", ["stream-meaning", "error", "/p", null, ["messageEncoding"]]],
    ["orig.mcap", "swapped.mcap", ["stream-meaning", "error", "/p", null, ["schemaText"]]],
    ["plain1.mcap", "plain2.mcap", ["stream-meaning", "error", "/p", null, ["schemaText"]]],
  ] as const)("%s, sealed now: %s is named for what was changed, and has another root", async (original, forged, finding) => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const sign = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const pem = publicKey.export({ format: "pem", type: "spki" }).toString();
    const made = await seal(at(original), { sign });
    const opened = await openSeal(made.bytes, { publicKey: pem });
    expect(told(await verify(at(original), { seal: opened })).status).not.toContain("fail");
    expect(told(await verify(at(original), { seal: opened })).status).not.toContain("not_observable");
    const { findings, status } = told(await verify(at(forged), { seal: made.bytes, publicKey: pem }));
    expect(findings).toEqual([finding]);
    expect(status).toContain("fail");
    for (const options of [{}, { algorithm: "blake3" }] as const) {
      const [a, b] = [await seal(at(original), options), await seal(at(forged), options)];
      // A second preimage is one in a plain seal of XXH3-128: that is why no signature goes with it.
      if (finding[0] !== "changed" || (options !== undefined && "algorithm" in options)) expect(a.seal.root).not.toEqual(b.seal.root);
    }
  });
});
