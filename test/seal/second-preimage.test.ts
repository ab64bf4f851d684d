/** Frames made to have an honest frame's XXH3-128, held against everything that vouches for frames. */
import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { digest } from "../../src/digest/digest.ts";
import type { Input } from "../../src/input.ts";
import { checkProof, parseTrusted, prove } from "../../src/seal/trust.ts";
import { memoryInput } from "../memory-input.ts";
import { sealFile, writeSeal } from "../reference/seal.ts";
import { xxh3Wide } from "../reference/xxh3-wide.ts";
import { type Written, writeMcap } from "../sources/mcap-write.ts";
import { Dice } from "./damage.ts";
import { sealed, told, verified } from "./in-memory.ts";
import { secondPreimage } from "./second-preimage.ts";

const dice = new Dice(11);
const noise = (length: number): Uint8Array => Uint8Array.from({ length }, () => dice.below(256));
const LENGTHS = [241, 256, 300, 777, 1024, 1024 + 192, 5000, 70_000];

/** A frame of which nothing is honest but the blocks before the last. */
function forgery(honest: Uint8Array): Uint8Array {
  const start = Math.floor((honest.length - 1) / 1024) * 1024;
  return secondPreimage(honest, Uint8Array.from([...honest.subarray(0, start), ...noise(honest.length - start)]));
}

describe("a second preimage of XXH3", () => {
  test.each(LENGTHS)("of %i bytes: another frame, chosen but for 128 bytes, with the digest of the first", (length) => {
    for (let i = 0; i < 20; i++) {
      const honest = noise(length);
      const forged = forgery(honest);
      expect(forged).not.toEqual(honest);
      for (const algorithm of ["xxh3-128", "xxh3-64"] as const) expect(digest(forged, algorithm)).toBe(digest(honest, algorithm));
      if (length < 2000) expect(xxh3Wide(forged, 0n)).toEqual(xxh3Wide(honest, 0n));
      expect(digest(forged, "blake3")).not.toBe(digest(honest, "blake3"));
    }
  });

  test("holds what the forger wants it to hold", () => {
    const [honest, wanted] = [noise(900), noise(900)];
    expect(secondPreimage(honest, wanted).subarray(128)).toEqual(wanted.subarray(128));
  });

  test("is not made of frames without room for it", () => {
    expect(() => secondPreimage(noise(240), noise(240))).toThrow(RangeError);
    expect(() => secondPreimage(noise(1025), noise(1025))).toThrow(RangeError);
  });
});

describe("a recording with such a frame", async () => {
  const FRAME = 7;
  const messages = Array.from(
    { length: 20 },
    (_, i): Written => ({ topic: "/camera", sequence: i, logTime: BigInt(i) * 1000n, data: noise(LENGTHS[i % LENGTHS.length] ?? 300) }),
  );
  const announced = { "/camera": { schema: null, messageEncoding: "raw" } };
  const input = async (all: readonly Written[]): Promise<Input> =>
    memoryInput("x.mcap", { "x.mcap": await writeMcap(all, { announced }) }, { kind: "file" });
  const bad = messages.with(FRAME, { ...(messages[FRAME] as Written), data: forgery(messages[FRAME]?.data ?? noise(0)) });
  const [honest, forged] = [await input(messages), await input(bad)];
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const publicPem = publicKey.export({ format: "pem", type: "spki" }).toString();
  const privatePem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const raw = Uint8Array.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  const NAMED = { findings: [["changed", "error", "/camera", [FRAME, FRAME], ["payload"]]], status: ["fail"] };

  test("passes a seal of XXH3-128, which guards against accidents: the attack is real", async () => {
    expect(told(await verified(forged, await sealed(honest, {})))).toEqual({ findings: [], status: ["pass"] });
  });

  test("is named by a seal of BLAKE3, with a key or a signature or without", async () => {
    for (const options of [{ algorithm: "blake3" }, { key: new Uint8Array(32) }, { sign: privatePem }] as const) {
      const seal = await sealed(honest, options);
      expect(seal.algorithm).toBe("blake3");
      expect(told(await verified(forged, seal))).toEqual(NAMED);
    }
  });

  test("never passes under a signature over XXH3-128, as version 1 made them: refused where the signer is asked for, not vouched for else", async () => {
    const plain = await sealed(honest, {});
    const streams = plain.streams.map(({ leaves, stampNs, frames, ...stream }) => ({
      ...stream,
      forms: [],
      schema: null,
      frames: Array.from({ length: frames }, (_, i) => ({ leaf: leaves.slice(16 * i, 16 * i + 16), stampNs: stampNs[i] ?? 0n })),
    }));
    const about = { version: 1, algorithm: "xxh3-128", keyed: false, framesPerBlock: 10, name: "x", format: "mcap", damages: [] } as const;
    const written = writeSeal({ ...about, streams });
    const signature = { publicKey: raw, signature: Uint8Array.from(sign(null, written.signed, privateKey)) };
    const file = sealFile(written, signature);
    await expect(parseTrusted(file, { publicKey: publicPem })).rejects.toThrow(
      "signed, but frames with the same xxh3-128 leaf can be made",
    );
    const opened = await parseTrusted(file, {});
    const { verdicts } = await verified(forged, opened);
    expect(verdicts.map(({ status }) => status)).not.toContain("pass");
    expect(verdicts[0]?.reason).toContain("signed, but frames with the same xxh3-128 leaf can be made");
    const proof = await prove(opened, "/camera", FRAME);
    for (const asked of [{ publicKey: publicPem }, { root: proof.root }]) {
      await expect(checkProof(proof, asked)).rejects.toThrow("frames with the same xxh3-128 leaf can be made");
    }
    expect((await checkProof(proof)).limits).toContainEqual(expect.stringContaining("frames with the same xxh3-128 leaf can be made"));
  });
});
