/** Samples of seals and proofs, made of one small recording. */
import { createPrivateKey } from "node:crypto";
import { inlineExecutor, makeSeal, memoryInput, nodePlatform, prove, sampleMcap } from "../house.ts";
import type { Kind, Sample } from "./sample.ts";

export const SEAL_KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

/** A key that guards nothing: PKCS #8 of the same 32 bytes, so that every run signs alike. */
const SIGNER = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), SEAL_KEY]),
  format: "der",
  type: "pkcs8",
}).export({ type: "pkcs8", format: "pem" });

const MADE: Readonly<Record<string, Parameters<typeof makeSeal>[3]>> = {
  plain: {},
  blake3: { algorithm: "blake3", framesPerBlock: 3 },
  keyed: { algorithm: "blake3", key: SEAL_KEY },
  signed: { sign: String(SIGNER) },
};

async function seals() {
  const recording = await sampleMcap({ frames: 6 });
  const input = memoryInput("a.mcap", { "a.mcap": recording }, { kind: "file" });
  const made = Object.entries(MADE).map(async ([name, options]) => ({
    name,
    recording,
    ...(await makeSeal(input, nodePlatform, inlineExecutor, options)),
  }));
  return Promise.all(made);
}

export const sealKind: Kind = {
  name: "seal",
  target: "seal",
  async samples() {
    return (await seals()).map(({ name, recording, bytes }): Sample => {
      const file = `${name}.mcap`;
      return { name: file, kind: "file", files: { [file]: recording, [`${file}.seal`]: bytes }, targets: [`${file}.seal`] };
    });
  },
};

export const proofKind: Kind = {
  name: "proof",
  target: "proof",
  async samples() {
    const made = (await seals()).map(async ({ name, seal }): Promise<Sample> => {
      const proof = await prove(seal, "/imu", 17, name === "keyed" ? { key: SEAL_KEY } : {});
      return {
        name: `${name}.proof`,
        kind: "file",
        files: { [`${name}.proof`]: new TextEncoder().encode(JSON.stringify(proof, null, 2)) },
      };
    });
    return Promise.all(made);
  },
};
