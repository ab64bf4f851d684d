/** Seals on a page: Node's bytes, Node's verdicts. */
import { describe, expect, type TestContext, test } from "vitest";
import { commands } from "vitest/browser";
import { ConfigError, checkProof, digest, InputError, openSeal, parseProof, prove, seal, verify } from "../../src/browser/index.ts";
import { render } from "../../src/report/json.ts";
import { fromBase64 } from "./on-page.ts";
import { recording, SAMPLE, toBase64 } from "./recording.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const KEY_HEX = Array.from(KEY, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** By digests: seals are long, and a difference would fill the screen. */
async function expectNodesBytes(bytes: Uint8Array, name: string, flags: readonly string[] = []): Promise<void> {
  expect(digest(bytes, "blake3")).toBe(digest(fromBase64(await commands.sealOnNode(name, flags)), "blake3"));
}

async function expectNodesSeal(name: string, context: TestContext): Promise<void> {
  const given = await recording(name, context);
  const made = await seal(given);
  await expectNodesBytes(made.bytes, name);
  const { verdicts, findings } = await verify(given, { seal: made.bytes });
  expect([findings, verdicts.length > 0, verdicts.every(({ status }) => status === "pass")]).toEqual([[], true, true]);
}

/** The sample with one bit of a payload flipped, as a page has it. */
async function flipped(context: TestContext, at: number): Promise<File> {
  const bytes = new Uint8Array(await ((await recording(SAMPLE, context)) as File).arrayBuffer());
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return new File([bytes], SAMPLE);
}

async function keyPair(): Promise<{ readonly sign: string; readonly publicKey: string }> {
  const { privateKey, publicKey } = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const pem = async (label: string, format: "pkcs8" | "spki", key: CryptoKey): Promise<string> => {
    const der = toBase64(new Uint8Array(await crypto.subtle.exportKey(format, key)));
    return `-----BEGIN ${label}-----\n${der}\n-----END ${label}-----\n`;
  };
  return { sign: await pem("PRIVATE KEY", "pkcs8", privateKey), publicKey: await pem("PUBLIC KEY", "spki", publicKey) };
}

describe("Node's seal byte for byte, and verified", () => {
  test("a generated MCAP", (context) => expectNodesSeal(SAMPLE, context));
  test("a recorded MCAP with zstd chunks", (context) => expectNodesSeal("1-mcap/recorded/wbag_0.mcap", context));
  test("a KITTI raw folder", (context) => expectNodesSeal("2-lidar/kitti-raw-2011_09_26", context));
  test("an Argoverse 2 log", (context) => expectNodesSeal("2-lidar/av2/7fab2350", context));
  test("keyed BLAKE3, other blocks", async (context) => {
    const made = await seal(await recording(SAMPLE, context), { key: KEY, framesPerBlock: 3 });
    await expectNodesBytes(made.bytes, SAMPLE, ["--key", KEY_HEX, "--frames-per-block", "3"]);
  });
});

describe("a seal on a page", () => {
  test("names the damaged frame as Node does", async (context) => {
    const made = await seal(await recording(SAMPLE, context));
    const bytes = await ((await recording(SAMPLE, context)) as File).arrayBuffer();
    const at = Math.floor(bytes.byteLength / 3);
    const report = await verify(await flipped(context, at), { seal: new Blob([Uint8Array.from(made.bytes)]) });
    expect(report.findings.map(({ kind }) => kind)).toEqual(["changed"]);
    expect(render([report])).toBe(await commands.verifyOnNode(SAMPLE, toBase64(new Uint8Array(bytes)), at, toBase64(made.bytes)));
  });

  test("signed: only with the right public key", async (context) => {
    const given = await recording(SAMPLE, context);
    const [own, other] = [await keyPair(), await keyPair()];
    const made = await seal(given, { algorithm: "blake3", sign: own.sign });
    expect((await verify(given, { seal: made.bytes, publicKey: own.publicKey })).findings).toEqual([]);
    await expect(verify(given, { seal: made.bytes, publicKey: other.publicKey })).rejects.toThrow("signed with another key");
    const forged = made.bytes.with(made.bytes.length - 1, (made.bytes.at(-1) ?? 0) ^ 1);
    await expect(openSeal(forged)).rejects.toThrow("the signature does not fit");
    await expect(seal(given, { sign: own.publicKey })).rejects.toThrow("expected an Ed25519 private key in PEM");
  });

  test("proves a frame, with neither recording nor seal", async (context) => {
    const { bytes } = await seal(await recording(SAMPLE, context), { key: KEY });
    const opened = await openSeal(new Blob([Uint8Array.from(bytes)]), { key: KEY });
    const { id = "", frames = 0 } = opened.streams[0] ?? {};
    const proof = parseProof(JSON.stringify(await prove(opened, id, frames - 1, { key: KEY })));
    await checkProof(proof, { key: KEY, root: proof.root });
    await expect(checkProof({ ...proof, stampNs: "1" }, { key: KEY })).rejects.toThrow(ConfigError);
    await expect(checkProof(proof, { key: KEY, root: "00".repeat(32) })).rejects.toThrow("does not hold: expected root");
    await expect(checkProof(proof)).rejects.toThrow("expected its key");
    await expect(prove(opened, id, 0)).rejects.toThrow("expected its key");
  });

  test("is found inside the recording", async (context) => {
    const embedded = new File([fromBase64(await commands.sealOnNode(SAMPLE, ["--embed"]))], "copy.mcap");
    const { verdicts, findings } = await verify(embedded);
    expect([findings, verdicts.length > 0]).toEqual([[], true]);
    await expect(verify(await recording(SAMPLE, context))).rejects.toThrow("no seal inside the recording");
  });

  test("is refused with the errors Node gives", async (context) => {
    const given = await recording(SAMPLE, context);
    const { bytes } = await seal(given);
    await expect(verify(given, { seal: bytes.subarray(0, 100) })).rejects.toThrow(ConfigError);
    await expect(verify(given, { seal: bytes, key: KEY })).rejects.toThrow("made without a key");
    await expect(seal(given, { framesPerBlock: 0 })).rejects.toThrow(RangeError);
    await expect(seal(given, { algorithm: "xxh3-128", key: KEY })).rejects.toThrow(ConfigError);
    await expect(seal(new File(["not a recording"], "x.txt"))).rejects.toThrow(InputError);
  });

  test("does not depend on spans, and is cancelled with the signal's reason", async (context) => {
    const given = await recording(SAMPLE, context);
    await expectNodesBytes((await seal(given, { spanBytes: 4096 })).bytes, SAMPLE);
    await expect(seal(given, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});
