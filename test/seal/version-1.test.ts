/** Seals and proofs of version 1, made before there was another (test/golden/seal-1): read for ever, and what they do not hold is said. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openSeal, verify } from "../../src/index.ts";
import { parseProof } from "../../src/seal/proof.ts";
import { checkProof, prove } from "../../src/seal/trust.ts";
import { memoryInput } from "../memory-input.ts";
import { told, verified } from "./in-memory.ts";

const folder = fileURLToPath(new URL("../golden/seal-1/", import.meta.url));
const at = (name: string): string => `${folder}${name}`;
const text = (name: string): string => readFileSync(at(name), "utf8");
const KEY = Uint8Array.from(Buffer.from(text("key").trim(), "hex"));
const PUBLIC = text("public.pem");

const NAMES = ["plain-xxh3", "plain-blake3", "keyed", "signed-blake3", "signed-xxh3"] as const;
const secretsOf = (name: string) => (name === "keyed" ? { key: KEY } : name.startsWith("signed") ? { publicKey: PUBLIC } : {});
const keyOf = (name: string) => (name === "keyed" ? { key: KEY } : {});
const mcap = (bytes: Uint8Array) => memoryInput("recording.mcap", { "recording.mcap": bytes }, { kind: "file" });
const recording = Uint8Array.from(readFileSync(at("recording.mcap")));

describe.each(NAMES)("%s", (name) => {
  test("is read, with the root it had", async () => {
    const seal = await openSeal(at(`${name}.seal`), keyOf(name));
    const proof = parseProof(text(`${name}.json`));
    expect(seal).toMatchObject({ schema: "plumbline.seal/1", damages: {}, streams: [{ id: "/imu", frames: 8, forms: [] }, {}, {}] });
    expect(Buffer.from(seal.root).toString("hex")).toBe(proof.root);
    expect(await prove(seal, "/imu", 5, keyOf(name))).toEqual(proof);
  });

  test("against its recording: every frame is as sealed; what it does not hold is said, and not answered for", async () => {
    const { verdicts, findings } = await verify(at("recording.mcap"), { seal: at(`${name}.seal`), ...keyOf(name) });
    expect(findings).toEqual([]);
    const isPlain = name === "plain-xxh3";
    expect(verdicts.map(({ stream, status }) => [stream, status])).toEqual(
      ["/imu", "/text", "/raw"].map((stream) => [stream, "not_observable"]),
    );
    for (const { stream, reason, coverage, observed } of verdicts) {
      const fields = isPlain || stream === "/raw" ? "messageEncoding" : "messageEncoding, schemaEncoding, schemaText";
      const weak = name === "signed-xxh3" ? "; signed, but frames with the same xxh3-128 leaf can be made" : "";
      expect(reason).toBe(`a seal of version 1 does not cover ${fields}${weak}`);
      expect([coverage, observed["meaning"]]).toEqual([{ items: 8, checked: 0 }, "partly sealed"]);
    }
  });

  test("names what it can: a frame, a type, a schema; the message encoding it cannot, and does not pass for it", async () => {
    const seal = await openSeal(at(`${name}.seal`), keyOf(name));
    const edited = async (from: string, to: string) => {
      const bytes = Buffer.from(recording);
      for (let i = bytes.indexOf(from); i >= 0; i = bytes.indexOf(from, i + 1)) bytes.write(to, i);
      return told(await verified(mcap(Uint8Array.from(bytes)), seal));
    };
    expect((await edited("std_msgs/msg/String", "std_msgs/msg/Strinh")).findings).toEqual([
      ["stream-meaning", "error", "/text", null, ["type"]],
    ]);
    expect((await edited("sensor_msgs/msg/Imu", "sensor_msgs/msg/Imv")).findings).toEqual([
      ["stream-meaning", "error", "/imu", null, ["type", "kind"]],
    ]);
    expect((await edited("string data\n", "string date\n")).findings).toEqual([["stream-meaning", "error", "/text", null, ["schemaText"]]]);
    const { findings, status } = await edited("\x03\0\0\0raw", "\x03\0\0\0row");
    expect(findings).toEqual([]);
    expect(status).not.toContain("pass");
  });

  test("a proof holds, under its key or signer where leaves are BLAKE3, and says what it does not show", async () => {
    const proof = parseProof(text(`${name}.json`));
    const { limits } = await checkProof(proof, keyOf(name));
    expect(limits.join("\n")).toMatch(/what the frame means: a proof of version 1 holds neither type nor encoding nor schema/);
    const asked = [secretsOf(name), { ...keyOf(name), root: proof.root }];
    for (const one of asked) {
      if (name.endsWith("xxh3") && Object.keys(one).length > 0) {
        await expect(checkProof(proof, one)).rejects.toThrow("frames with the same xxh3-128 leaf can be made");
      } else expect((await checkProof(proof, one)).limits).toContainEqual(expect.stringMatching(/^what the frame means/));
    }
  });
});

test("signed over XXH3-128 it is refused where the signer is asked for", async () => {
  const refused = openSeal(at("signed-xxh3.seal"), { publicKey: PUBLIC });
  await expect(refused).rejects.toThrow(/signed-xxh3\.seal: signed, but frames with the same xxh3-128 leaf can be made/);
  expect((await openSeal(at("signed-blake3.seal"), { publicKey: PUBLIC })).signature).not.toBeNull();
});

test("inside an MCAP it is found and read", async () => {
  expect(told(await verify(at("embedded.mcap")))).toEqual({ findings: [], status: ["not_observable", "not_observable", "not_observable"] });
});

test("in formats whose type says everything it covers what there is, and says how much that is", async () => {
  const { verdicts } = await verify(at("0000.txt"));
  expect(verdicts).toMatchObject([{ status: "pass", reason: "of what frames mean a seal of version 1 holds type and kind" }]);
  const rows = await verify(at("trajectory.txt"));
  expect(rows.verdicts).toMatchObject([
    { status: "not_observable", reason: "a seal of version 1 does not cover schemaEncoding, schemaText" },
  ]);
});

test("of one container does not accuse another of a schema it cannot compare, nor answer for it", async () => {
  const seal = await openSeal(at("plain-blake3.seal"));
  const other = { ...seal, recording: { ...seal.recording, format: "rosbag1" } };
  const changed = { ...other, streams: other.streams.map((stream) => ({ ...stream, schema: "0123456789abcdef" })) };
  for (const one of [other, changed]) {
    const { findings, status } = told(await verified(mcap(recording), one));
    expect([findings, new Set(status)]).toEqual([[], new Set(["not_observable"])]);
  }
});
