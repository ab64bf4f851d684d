/** seal, verify, check --seal and proof at the process boundary. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sampleMcap } from "../sample-mcap.ts";
import { plumbline, temporaryFolder, writeSample } from "./run.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const good = at("good.mcap");

beforeAll(async () => {
  await writeSample(good);
  await writeSample(at("bad.mcap"), { dropped: [20, 21] });
  for (const name of ["one", "two"]) {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(at(`${name}.pem`), privateKey.export({ format: "pem", type: "pkcs8" }));
    writeFileSync(at(`${name}.pub`), publicKey.export({ format: "pem", type: "spki" }));
  }
  writeFileSync(at("key"), "00112233".repeat(8));
  writeFileSync(at("other-key"), Buffer.alloc(32, 7));
  expect(await plumbline(["seal", good])).toMatchObject({ code: 0, stderr: "" });
});

describe("seal and verify", () => {
  test("beside the recording, which stays as it was", async () => {
    expect(existsSync(`${good}.seal`)).toBe(true);
    expect(Buffer.compare(readFileSync(good), Buffer.from(await sampleMcap()))).toBe(0);
    expect(await plumbline(["verify", good])).toMatchObject({ code: 0, stderr: "" });
  });

  test("a recording that is not as sealed is 1, with the frames named", async () => {
    const { code, stdout } = await plumbline(["verify", at("bad.mcap"), "--seal", `${good}.seal`, "--format", "json"]);
    expect(code).toBe(1);
    const { findings } = JSON.parse(stdout);
    expect(findings.map(({ kind, stream, frames }: Record<string, unknown>) => [kind, stream, frames])).toEqual([
      ["vanished", "/camera", [20, 21]],
    ]);
    const text = await plumbline(["check", at("bad.mcap"), "--seal", `${good}.seal`, "--checks", "integrity/seal"]);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain("frames 20-21 of the sealed recording are gone (block 2)");
  });

  test("a folder that holds no recording is 3", async () => {
    expect((await plumbline(["seal", folder])).code).toBe(3);
  });

  test("signed: only with the right public key", async () => {
    const out = at("signed.seal");
    expect((await plumbline(["seal", good, "--sign", at("one.pem"), "--out", out])).stdout).toContain("signed");
    const verify = (...args: string[]) => plumbline(["verify", good, ...args]);
    expect((await verify("--seal", out, "--public", at("one.pub"))).code).toBe(0);
    expect(await verify("--seal", out, "--public", at("two.pub"))).toEqual({
      code: 2,
      stdout: "",
      stderr: `plumbline: ${out}: signed with another key\n`,
    });
    expect(await verify("--public", at("one.pub"))).toMatchObject({
      code: 2,
      stderr: `plumbline: ${good}.seal: not signed: expected a signature\n`,
    });
    const bytes = readFileSync(out);
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    writeFileSync(at("broken.seal"), bytes);
    expect(await verify("--seal", at("broken.seal"))).toMatchObject({
      code: 2,
      stderr: `plumbline: ${at("broken.seal")}: the signature does not fit\n`,
    });
    expect((await plumbline(["seal", good, "--sign", at("one.pub"), "--out", at("never.seal")])).code).toBe(2);
  });

  test("signed or keyed: BLAKE3 leaves, and no others", async () => {
    for (const [name, ...secret] of [
      ["by-one.seal", "--sign", at("one.pem")],
      ["by-key.seal", "--key", at("key")],
    ] as const) {
      expect((await plumbline(["seal", good, ...secret, "--out", at(name)])).stdout).toContain("(blake3, ");
      expect(await plumbline(["seal", good, ...secret, "--algorithm", "xxh3-128", "--out", at("no.seal")])).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringMatching(/^plumbline: expected blake3 with a (signature|key), got xxh3-128: [^\n]*\n$/),
      });
      expect(existsSync(at("no.seal"))).toBe(false);
    }
    expect((await plumbline(["seal", good, "--out", at("plain.seal")])).stdout).toContain("(xxh3-128)");
  });

  test("the examples of its help are signed as they say", async () => {
    const { stdout } = await plumbline(["seal", "--help"]);
    const example = stdout.split("\n").find((line) => line.includes("--sign private.pem --embed")) ?? "";
    const args = example.trim().replace("plumbline ", "").replaceAll("drive.mcap", good).replace("private.pem", at("one.pem"));
    const words = args.replace("sealed.mcap", at("example.mcap")).split(" ");
    expect((await plumbline([...words, "--out", at("example.seal")])).stdout).toContain("(blake3, signed)");
    expect(await plumbline(["verify", at("example.mcap"), "--public", at("one.pub")])).toMatchObject({ code: 0, stderr: "" });
  });

  test("frames that mean something else are 1, and named for it", async () => {
    const bytes = readFileSync(good);
    for (let i = bytes.indexOf("/imu"); i >= 0; i = bytes.indexOf("/imu", i + 1)) if (bytes[i + 4] === 5) bytes.write("bytez", i + 8);
    writeFileSync(at("renamed.mcap"), bytes);
    expect(Buffer.compare(bytes, readFileSync(good))).not.toBe(0);
    const { code, stdout } = await plumbline(["verify", at("renamed.mcap"), "--seal", `${good}.seal`]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/does not mean what was sealed: messageEncoding bytez \(sealed: bytes\)/);
  });

  test("keyed: only with the key", async () => {
    const out = at("keyed.seal");
    expect((await plumbline(["seal", good, "--key", at("key"), "--out", out])).stdout).toContain("blake3, keyed");
    expect((await plumbline(["verify", good, "--seal", out, "--key", at("key")])).code).toBe(0);
    expect(await plumbline(["verify", good, "--seal", out, "--key", at("other-key")])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("the key is not the one"),
    });
    expect(await plumbline(["verify", good, "--seal", out])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected its key"),
    });
    expect((await plumbline(["seal", good, "--key", at("key"), "--algorithm", "xxh3-128", "--out", at("never.seal")])).code).toBe(2);
  });

  test("a seal that is none, or not there, is 2 in one line", async () => {
    for (const args of [
      ["--seal", good],
      ["--seal", at("nowhere")],
      ["--seal", folder],
    ]) {
      const { code, stdout, stderr } = await plumbline(["verify", good, ...args]);
      expect([code, stdout, stderr.split("\n").length]).toEqual([2, "", 2]);
    }
    expect((await plumbline(["verify", at("bad.mcap")])).stderr).toContain("no seal beside it");
    expect((await plumbline(["verify", at("nowhere.mcap")])).code).toBe(3);
    expect((await plumbline(["check", good, "--key", at("key")])).code).toBe(2);
  });

  test("a hostile seal is 2 in one line: cut, of another version, damaged, of huge counts, nested without end, no MessagePack", async () => {
    const bytes = readFileSync(`${good}.seal`);
    // An array of three streams.
    const streams = bytes.indexOf("root") + 4 + 34;
    const hostile = {
      empty: Buffer.alloc(0),
      cut: bytes.subarray(0, bytes.length / 2),
      version: bytes.map((byte, i) => (i === 16 ? 3 : byte)),
      damaged: bytes.map((byte, i) => (i === bytes.length - 60 ? byte ^ 1 : byte)),
      counts: Buffer.concat([bytes.subarray(0, streams), Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), bytes.subarray(streams + 1)]),
      nested: Buffer.concat([bytes.subarray(0, 17), Buffer.alloc(5_000_000, 0x91)]),
      noise: Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 31) % 251)),
    };
    for (const [name, content] of Object.entries(hostile)) {
      writeFileSync(at(`${name}.seal`), content);
      const { code, stdout, stderr } = await plumbline(["verify", good, "--seal", at(`${name}.seal`)]);
      expect([name, code, stdout, stderr.split("\n").length]).toEqual([name, 2, "", 2]);
      expect(stderr).toMatch(/\.seal: (not a seal|damaged|expected a seal of version 1 or 2|the seal was changed)/);
    }
    const checked = await plumbline(["check", good, "--seal", at("cut.seal")]);
    expect([checked.code, checked.stdout, checked.stderr.split("\n").length]).toEqual([2, "", 2]);
    const proven = await plumbline(["proof", good, "--seal", at("cut.seal"), "--stream", "/camera", "--frame", "0"]);
    expect([proven.code, proven.stdout, proven.stderr.split("\n").length]).toEqual([2, "", 2]);
  });

  test("what would be overwritten is refused", async () => {
    expect((await plumbline(["seal", good, "--out", good])).code).toBe(2);
    expect((await plumbline(["seal", good, "--embed", good])).code).toBe(2);
    expect(Buffer.compare(readFileSync(good), Buffer.from(await sampleMcap()))).toBe(0);
  });
});

describe("a seal that is there", () => {
  const changed = at("changed.mcap");
  const seal = `${changed}.seal`;
  beforeEach(async () => {
    await writeSample(changed);
    expect((await plumbline(["seal", changed, "--force"])).code).toBe(0);
    await writeSample(changed, { dropped: [20, 21] });
  });

  test("is evidence: a changed recording is not sealed over it", async () => {
    const before = readFileSync(seal);
    for (const args of [[], ["--out", seal], ["--sign", at("one.pem")], ["--embed", at("unsealed.mcap")]]) {
      expect(await plumbline(["seal", changed, ...args])).toEqual({
        code: 2,
        stdout: "",
        stderr: `plumbline: ${seal}: sealed already; see what has changed since (plumbline verify), or replace the seal by --force\n`,
      });
    }
    expect(readFileSync(seal).equals(before)).toBe(true);
    expect(existsSync(at("unsealed.mcap"))).toBe(false);
    expect((await plumbline(["verify", changed])).code).toBe(1);
  });

  test("is replaced with --force, and then it is of what is there now", async () => {
    const before = readFileSync(seal);
    expect(await plumbline(["seal", changed, "--force"])).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(seal).equals(before)).toBe(false);
    expect((await plumbline(["verify", changed])).code).toBe(0);
  });

  test("inside a copy likewise", async () => {
    const embed = ["seal", changed, "--out", at("other.seal"), "--embed", at("evidence.mcap")];
    rmSync(at("other.seal"), { force: true });
    rmSync(at("evidence.mcap"), { force: true });
    expect((await plumbline(embed)).code).toBe(0);
    const before = readFileSync(at("evidence.mcap"));
    rmSync(at("other.seal"));
    expect(await plumbline(embed)).toEqual({
      code: 2,
      stdout: "",
      stderr: `plumbline: --embed ${at("evidence.mcap")}: expected a new file, got a file that is there already; --force replaces it\n`,
    });
    expect([readFileSync(at("evidence.mcap")).equals(before), existsSync(at("other.seal"))]).toEqual([true, false]);
    await writeSample(changed, { dropped: [5] });
    expect((await plumbline([...embed, "--force"])).code).toBe(0);
    expect([readFileSync(at("evidence.mcap")).equals(before), (await plumbline(["verify", at("evidence.mcap")])).code]).toEqual([false, 0]);
  });
});

test("--embed writes a copy that is a whole MCAP and verifies by itself", async () => {
  const copy = at("copy.mcap");
  expect((await plumbline(["seal", good, "--embed", copy, "--out", at("x.seal")])).code).toBe(0);
  expect(await plumbline(["verify", copy])).toMatchObject({ code: 0, stderr: "" });
  const { code, stdout } = await plumbline(["check", copy, "--checks", "integrity/*", "--format", "json"]);
  const report = JSON.parse(stdout);
  expect([code, report.findings, report.recording.attachments]).toEqual([0, [], 1]);
  // Sealed again: the last seal inside counts.
  expect((await plumbline(["seal", copy, "--embed", at("again.mcap"), "--out", at("y.seal"), "--frames-per-block", "3"])).code).toBe(0);
  expect((await plumbline(["verify", at("again.mcap")])).code).toBe(0);
  expect((await plumbline(["check", at("again.mcap"), "--checks", "integrity/container"])).code).toBe(0);
  writeFileSync(at("cut.mcap"), readFileSync(good).subarray(0, -50));
  expect(await plumbline(["seal", at("cut.mcap"), "--embed", at("no.mcap")])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("cannot hold a seal"),
  });
  expect(existsSync(at("no.mcap"))).toBe(false);
});

test("--s3 prints what S3 would", async () => {
  const { stdout } = await plumbline(["seal", good, "--out", at("s3.seal"), "--s3", "--part-size", "16KiB"]);
  const bytes = readFileSync(good);
  const parts = Array.from({ length: Math.ceil(bytes.length / 16384) }, (_, i) => bytes.subarray(i * 16384, (i + 1) * 16384));
  const be = (crc: number): Buffer => {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(crc);
    return out;
  };
  const sha = (data: Uint8Array): Buffer => createHash("sha256").update(data).digest();
  const line = (name: string, form: string): string | undefined => new RegExp(`${name} +${form} +(\\S+)`).exec(stdout)?.[1];
  expect(stdout).toContain(`${statSync(good).size} bytes, ${parts.length} parts of 16384`);
  expect(line("CRC32", "full object")).toBe(be(crc32(bytes)).toString("base64"));
  expect(line("SHA256", "full object")).toBe(sha(bytes).toString("base64"));
  expect(line("CRC32", "composite")).toBe(
    `${be(crc32(Buffer.concat(parts.map((part) => be(crc32(part)))))).toString("base64")}-${parts.length}`,
  );
  expect(line("SHA256", "composite")).toBe(`${sha(Buffer.concat(parts.map(sha))).toString("base64")}-${parts.length}`);
  expect(line("CRC32C", "full object")).toMatch(/^[\w+/]{6}==$/);
  expect(line("CRC64NVME", "full object")).toMatch(/^[\w+/]{11}=$/);
});

describe("proof", () => {
  test("of XXH3-128 leaves holds by itself, says what that is worth, and holds under no root", async () => {
    const made = await plumbline(["proof", good, "--stream", "/camera", "--frame", "33", "--out", at("weak.json")]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const { root } = JSON.parse(readFileSync(at("weak.json"), "utf8"));
    const alone = await plumbline(["proof", "--check", at("weak.json")]);
    expect([alone.code, alone.stdout.match(/^not shown /gm)?.length]).toEqual([0, 2]);
    expect(await plumbline(["proof", "--check", at("weak.json"), "--root", root])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("frames with the same xxh3-128 leaf can be made"),
    });
  });

  test("is made from the seal and checked without recording or seal", async () => {
    expect((await plumbline(["seal", good, "--algorithm", "blake3", "--out", at("strong.seal")])).code).toBe(0);
    const strong = ["--seal", at("strong.seal"), "--stream", "/camera", "--frame", "33", "--out", at("proof.json")];
    expect((await plumbline(["proof", good, ...strong])).code).toBe(0);
    const { root } = JSON.parse(readFileSync(at("proof.json"), "utf8"));
    const held = await plumbline(["proof", "--check", at("proof.json"), "--root", root]);
    expect(held.code).toBe(0);
    expect(held.stdout).toContain("frame 33 of /camera");
    expect(held.stdout).toMatch(/^topic +\/camera$/m);
    expect(held.stdout).not.toContain("not shown");
    expect((await plumbline(["proof", "--check", at("proof.json"), "--root", "00"])).code).toBe(1);
    writeFileSync(at("forged.json"), readFileSync(at("proof.json"), "utf8").replace('"frame": 33', '"frame": 34'));
    expect(await plumbline(["proof", "--check", at("forged.json")])).toMatchObject({ code: 1, stdout: "" });
    writeFileSync(at("none.json"), "{");
    expect((await plumbline(["proof", "--check", at("none.json")])).code).toBe(2);
  });

  test("carries the signature", async () => {
    await plumbline(["seal", good, "--sign", at("one.pem"), "--out", at("p.seal")]);
    await plumbline(["proof", good, "--seal", at("p.seal"), "--stream", "/imu", "--frame", "0", "--out", at("signed.json")]);
    expect((await plumbline(["proof", "--check", at("signed.json"), "--public", at("one.pub")])).code).toBe(0);
    expect(await plumbline(["proof", "--check", at("signed.json"), "--public", at("two.pub")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("signed with another key"),
    });
  });

  test("misuse is 2", async () => {
    for (const args of [
      [],
      [good],
      [good, "--stream", "/camera"],
      [good, "--stream", "/nope", "--frame", "0"],
      [good, "--stream", "/camera", "--frame", "99999"],
      [good, "--check", "x"],
      [good, "--frame", "x"],
    ]) {
      expect([args, (await plumbline(["proof", ...args])).code]).toEqual([args, 2]);
    }
  });
});

describe("a seal of version 1", () => {
  const golden = (name: string): string => join(fileURLToPath(new URL("../golden/seal-1/", import.meta.url)), name);
  const recording = golden("recording.mcap");

  test("is read; what it does not show is said, and is 3", async () => {
    const { code, stdout } = await plumbline([
      "verify",
      recording,
      "--seal",
      golden("signed-blake3.seal"),
      "--public",
      golden("public.pem"),
    ]);
    expect(code).toBe(3);
    expect(stdout).toContain("not observable: a seal of version 1 does not cover messageEncoding, schemaEncoding, schemaText");
    expect(stdout).toMatch(/\nNOT SHOWN {2}recording\.mcap: no findings; 0 passed, 0 failed, 0 not run, 3 not observable\n$/);
    expect((await plumbline(["verify", golden("embedded.mcap")])).code).toBe(3);
    const checked = await plumbline(["check", recording, "--seal", golden("plain-xxh3.seal"), "--checks", "integrity/*"]);
    expect([checked.code, checked.stdout.split("\n").at(-2)]).toEqual([3, expect.stringMatching(/^NOT SHOWN {2}recording\.mcap: /)]);
    const pass = await plumbline(["verify", golden("0000.txt")]);
    expect(pass.code).toBe(0);
    expect(pass.stdout).toContain("of what frames mean a seal of version 1 holds type and kind");
  });

  test("signed over XXH3-128 is refused where the signer is asked for, by verify, check and proof", async () => {
    const seal = ["--seal", golden("signed-xxh3.seal"), "--public", golden("public.pem")];
    const line = expect.stringMatching(
      /^plumbline: .*signed-xxh3\.seal: signed, but frames with the same xxh3-128 leaf can be made: [^\n]*\n$/,
    );
    for (const args of [
      ["verify", recording, ...seal],
      ["check", recording, ...seal],
      ["proof", recording, ...seal, "--stream", "/imu", "--frame", "5"],
    ]) {
      expect(await plumbline(args)).toEqual({ code: 2, stdout: "", stderr: line });
    }
    const proof = await plumbline(["proof", "--check", golden("signed-xxh3.json"), "--public", golden("public.pem")]);
    expect(proof).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("frames with the same xxh3-128 leaf") });
  });

  test("and its proofs hold, with what they do not show", async () => {
    const { code, stdout } = await plumbline(["proof", "--check", golden("signed-blake3.json"), "--public", golden("public.pem")]);
    expect(code).toBe(0);
    expect(stdout).toContain("not shown  what the frame means: a proof of version 1 holds neither type nor encoding nor schema\n");
  });
});
