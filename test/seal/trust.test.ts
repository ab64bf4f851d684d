/** Signatures, keys and proofs as the library's users meet them. Node's own crypto is the other opinion. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyPairKeyObjectResult, sign, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { joinBytes } from "../../src/digest/bytes.ts";
import { ConfigError } from "../../src/errors.ts";
import { loadKernels } from "../../src/kernels.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import type { SealAlgorithm } from "../../src/seal/algorithm.ts";
import { encodeSeal, type SealBytes } from "../../src/seal/format.ts";
import { makeSeal } from "../../src/seal/make.ts";
import { Tree } from "../../src/seal/merkle.ts";
import type { SealOptions } from "../../src/seal/options.ts";
import { type Proof, parseProof } from "../../src/seal/proof.ts";
import { type Seal, sealOf, signedBytes, treeForm } from "../../src/seal/seal.ts";
import { signer } from "../../src/seal/signature.ts";
import { checkProof, parseTrusted, prove, trusted } from "../../src/seal/trust.ts";
import { memoryInput } from "../memory-input.ts";
import { someMessages, writeMcap } from "../sources/mcap-write.ts";
import { leavesOf } from "./leaves-of.ts";

const kernels = await loadKernels();
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 3 * i);

function made(key: Uint8Array | null = null, algorithm: SealAlgorithm = "blake3"): SealBytes {
  const about = { algorithm, framesPerBlock: 10, recording: { name: "x", format: "mcap" }, damages: {} };
  const leaves = leavesOf(Array.from({ length: 25 }, (_, i) => [i, 10 * i]));
  const wide = { ...leaves, digests: algorithm === "blake3" ? new Uint8Array(25 * 32).fill(7) : leaves.digests };
  const streams = ["/a", "/b"].map((id) => ({ id, kind: "bytes", type: "", leaves: wide }));
  return encodeSeal(sealOf(streams, about, key, kernels), key, kernels);
}

interface Pems {
  readonly privateKey: string;
  readonly publicKey: string;
}

function pems({ privateKey, publicKey }: KeyPairKeyObjectResult): Pems {
  return {
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    publicKey: publicKey.export({ format: "pem", type: "spki" }).toString(),
  };
}

const ed25519 = (): Pems => pems(generateKeyPairSync("ed25519"));
const OTHER_KINDS = [
  pems(generateKeyPairSync("x25519")),
  pems(generateKeyPairSync("ec", { namedCurve: "P-256" })),
  pems(generateKeyPairSync("rsa", { modulusLength: 1024 })),
];

/** Roots that fit what a seal holds. */
function resealed(seal: Seal): Pick<Seal, "root" | "streams"> {
  const tree = new Tree(kernels, null, treeForm(seal));
  const streams = seal.streams.map((stream) => ({ ...stream, root: tree.rootOf(stream) }));
  return { streams, root: tree.recordingRoot(streams.length, tree.top(joinBytes(streams.map(({ root }) => root)))) };
}

const signedBy = async (pem: string): Promise<SealBytes> => (await signer(pem))(made());

describe("a signature", () => {
  test("is what Node's crypto accepts, under the key it derives; the same every time", async () => {
    for (let i = 0; i < 3; i++) {
      const { privateKey, publicKey } = ed25519();
      const { seal, bytes } = await signedBy(privateKey);
      const { signature } = seal;
      expect(verify(null, signedBytes(seal), publicKey, signature?.signature ?? new Uint8Array(0))).toBe(true);
      const raw = createPublicKey(createPrivateKey(privateKey)).export({ format: "der", type: "spki" }).subarray(-32);
      expect(signature?.publicKey).toEqual(Uint8Array.from(raw));
      expect(await parseTrusted(bytes, { publicKey })).toEqual(seal);
      expect(await parseTrusted(bytes, { publicKey: publicKey.replaceAll("\n", "\r\n") })).toEqual(seal);
      expect((await signedBy(privateKey)).bytes).toEqual(bytes);
    }
  });

  test("with any bit changed, of it or of the public key beside it, does not fit", async () => {
    const { privateKey, publicKey } = ed25519();
    const { bytes } = await signedBy(privateKey);
    const from = bytes.length - 64 - 2 - "signature".length - 1 - 32;
    for (let bit = from * 8; bit < bytes.length * 8; bit += 3) {
      const bad = bytes.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(parseTrusted(bad, { publicKey })).rejects.toThrow(ConfigError);
    }
  });

  test("by another key, or missing, is refused where one is asked for", async () => {
    const [own, other] = [ed25519(), ed25519()];
    const { bytes } = await signedBy(own.privateKey);
    await expect(parseTrusted(bytes, { publicKey: other.publicKey })).rejects.toThrow("signed with another key");
    await expect(parseTrusted(made().bytes, { publicKey: own.publicKey })).rejects.toThrow("not signed: expected a signature");
  });

  test("is not made or checked with what is no Ed25519 key", async () => {
    const { bytes } = await signedBy(ed25519().privateKey);
    const pem = (label: string, base64: string): string => `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
    const hostile = (label: string): readonly string[] => [
      "",
      "-----BEGIN",
      pem(label, ""),
      pem(label, "===="),
      pem(label, "AAAA"),
      pem(label, "A".repeat(100_000)),
      pem(`ENCRYPTED ${label}`, "AAAA"),
    ];
    for (const text of [...hostile("PRIVATE KEY"), ...OTHER_KINDS.map(({ privateKey }) => privateKey), ed25519().publicKey]) {
      await expect(signer(text)).rejects.toThrow("expected an Ed25519 private key in PEM, got something else");
    }
    for (const text of [...hostile("PUBLIC KEY"), ...OTHER_KINDS.map(({ publicKey }) => publicKey), ed25519().privateKey]) {
      const opened = parseTrusted(bytes, { publicKey: text });
      await expect(opened).rejects.toThrow("expected an Ed25519 public key in PEM, got something else");
    }
  });
});

describe("leaves that frames can be made to have", () => {
  test("are not vouched for by a signature: refused where a signer is asked for", async () => {
    const { privateKey, publicKey } = ed25519();
    const { seal, bytes } = (await (await signer(privateKey))(made(null, "xxh3-128"))) as SealBytes;
    await expect(parseTrusted(bytes, {})).rejects.toThrow("forged: expected BLAKE3 leaves under a signature");
    // As an object, where nobody parsed it; and as one of version 1, where they could be signed.
    for (const schema of ["plumbline.seal/1", "plumbline.seal/2"] as const) {
      const signature = {
        publicKey: seal.signature?.publicKey ?? KEY,
        signature: sign(null, signedBytes({ ...seal, schema }), privateKey),
      };
      const opened = { ...seal, schema, signature };
      await expect(trusted(opened, { publicKey })).rejects.toThrow("signed, but frames with the same xxh3-128 leaf can be made");
      await expect(trusted(opened, {})).resolves.toBe(opened);
    }
  });

  test("are not sealed under a key or a signature", async () => {
    const { privateKey } = ed25519();
    const input = memoryInput("x.mcap", { "x.mcap": await writeMcap(someMessages(9)) }, { kind: "file" });
    const seal = (options: SealOptions) => makeSeal(input, nodePlatform, inlineExecutor, options);
    for (const secret of [{ key: KEY }, { sign: privateKey }]) {
      await expect(seal({ ...secret, algorithm: "xxh3-128" })).rejects.toThrow(/^expected blake3 with a (key|signature), got xxh3-128/);
      expect((await seal(secret)).seal.algorithm).toBe("blake3");
    }
    expect((await seal({})).seal.algorithm).toBe("xxh3-128");
  });
});

describe("an opened seal", () => {
  test("is held to the signer and the key that are asked for", async () => {
    const [own, other] = [ed25519(), ed25519()];
    const { seal } = await signedBy(own.privateKey);
    expect(await trusted(seal, { publicKey: own.publicKey })).toBe(seal);
    await expect(trusted(seal, { publicKey: other.publicKey })).rejects.toThrow("signed with another key");
    await expect(trusted(made().seal, { publicKey: own.publicKey })).rejects.toThrow("not signed: expected a signature");
    await expect(trusted(seal, { key: KEY })).rejects.toThrow("made without a key, but one is given");
    await expect(prove(seal, "/a", 0, { key: KEY })).rejects.toThrow("made without a key, but one is given");
  });
});

describe("a proof", () => {
  const refusal = async (proof: Proof, options: Parameters<typeof checkProof>[1] = {}): Promise<string | null> =>
    checkProof(proof, options).then(
      () => null,
      (error: unknown) => (error instanceof ConfigError ? error.message : String(error)),
    );

  test("holds up to the root, the key and the signature that are asked for, and no others", async () => {
    const [own, other] = [ed25519(), ed25519()];
    const { bytes } = await signedBy(own.privateKey);
    const seal = await parseTrusted(bytes, {});
    const proof = parseProof(JSON.stringify(await prove(seal, "/b", 24)));
    expect(await refusal(proof)).toBeNull();
    expect(await refusal(proof, { root: proof.root.toUpperCase(), publicKey: own.publicKey })).toBeNull();
    expect(await refusal(proof, { root: "00".repeat(32) })).toBe(`does not hold: expected root ${"00".repeat(32)}, got ${proof.root}`);
    expect(await refusal(proof, { publicKey: other.publicKey })).toBe("signed with another key");
    const { signature } = proof;
    if (!signature) throw new Error("expected a signature");
    const swap = (digits: string): string => `${digits[0] === "0" ? "1" : "0"}${digits.slice(1)}`;
    for (const name of ["publicKey", "check", "signature"] as const) {
      const bad = { ...proof, signature: { ...signature, [name]: swap(signature[name]) } };
      expect([name, await refusal(bad)]).toEqual([name, "the signature does not fit"]);
      const short = { ...proof, signature: { ...signature, [name]: "00" } };
      expect([name, await refusal(short)]).toEqual([name, expect.stringMatching(/expected (32|64) bytes in hex, got 2 digits/)]);
    }
  });

  test("of a keyed seal takes the key, to make and to check", async () => {
    const seal = await parseTrusted(made(KEY).bytes, { key: KEY });
    const proof = await prove(seal, "/a", 3, { key: KEY });
    expect(await refusal(proof, { key: KEY })).toBeNull();
    expect(await refusal(proof)).toBe("the proof is of a keyed seal: expected its key");
    const open = await prove(made().seal, "/a", 3);
    expect(await refusal(open, { key: KEY })).toBe("does not hold: the seal was made without a key, but one is given");
    expect(await refusal({ ...open, keyed: true }, { key: KEY })).toBe("does not hold: the frame does not lead to the root");
    expect(await refusal(proof, { key: KEY.with(0, 1) })).toBe("does not hold: the frame does not lead to the root");
    await expect(prove(seal, "/a", 3)).rejects.toThrow("the seal is keyed: expected its key");
  });

  test("of leaves that frames can be made to have holds under no root and no signature", async () => {
    const { privateKey, publicKey } = ed25519();
    const { seal } = made(null, "xxh3-128");
    const proof = await prove(seal, "/a", 3);
    expect(await refusal(proof)).toBeNull();
    expect(await refusal(proof, { root: proof.root })).toContain("frames with the same xxh3-128 leaf can be made");
    expect(await refusal(proof, { root: "00".repeat(32) })).toContain("does not hold: expected root");
    const signature = {
      publicKey: createPublicKey(publicKey).export({ format: "der", type: "spki" }).subarray(-32).toString("hex"),
      check: "11".repeat(32),
      signature: sign(null, signedBytes({ ...seal, check: new Uint8Array(32).fill(0x11) }), privateKey).toString("hex"),
    };
    expect(await refusal({ ...proof, signature }, { publicKey })).toBe("does not hold: expected BLAKE3 leaves under a signature");
    expect(await refusal({ ...proof, signature })).toBe("does not hold: expected BLAKE3 leaves under a signature");
  });

  test("says what it does not show", async () => {
    const { seal } = made();
    const proof = await prove(seal, "/a", 3);
    expect(await checkProof(proof, { root: proof.root })).toEqual({ limits: [] });
    expect((await checkProof(proof)).limits).toEqual([expect.stringMatching(/^who sealed it/)]);
    const weak = await prove(made(null, "xxh3-128").seal, "/a", 3);
    expect((await checkProof(weak)).limits).toEqual([expect.stringMatching(/^who sealed it/), expect.stringMatching(/^the payload/)]);
    const blank = { ...made().seal, streams: seal.streams.map((one) => ({ ...one, leaves: new Uint8Array(one.leaves.length) })) };
    const unread = await prove({ ...blank, ...resealed(blank) }, "/a", 3);
    expect((await checkProof(unread, { root: unread.root })).limits).toEqual(["the payload: it could not be read when it was sealed"]);
  });

  test("that was never parsed is looked at as one that was", async () => {
    const proof = await prove(made().seal, "/a", 3);
    for (const change of [{ framesPerBlock: 0 }, { frame: -1 }, { stream: 7 }, { block: null }, { more: 1 }, { schema: "x" }]) {
      expect([change, await refusal({ ...proof, ...change } as Proof)]).toEqual([change, expect.stringMatching(/expected/)]);
    }
  });
});
