/** Names that would act on a terminal, a log or a parser, through every command that prints or writes one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { formats } from "../../src/report/index.ts";
import { parseRig } from "../../src/rig/file.ts";
import { testCase } from "../shared-data.ts";
import { unsafeIn } from "../unsafe-text.ts";
import { type Ended, plumbline, temporaryFolder, writeSample } from "./run.ts";

const TOPICS = ["/a\u009b31m\u202eb", "/c\u200b\u2028\u0085FAKE: PASS", "/e\u{e0001}\ufeff\u001b]0;x\u0007\n"] as const;
const NAME = "d\u202e\u200b\u009b.mcap";
const folder = temporaryFolder();
const drive = join(folder, NAME);
const at = (name: string): string => join(folder, name);

beforeAll(() => writeSample(drive, { topics: TOPICS, dropped: [20, 21, 22] }));

function safe({ stdout, stderr }: Ended): string {
  expect([unsafeIn(stdout), unsafeIn(stderr)]).toEqual([null, null]);
  return stdout;
}

const idsOf = (recording: { streams: readonly { id: string }[] }): readonly string[] => recording.streams.map(({ id }) => id);

describe("a recording whose topics and whose own name do harm", () => {
  test.each(Object.keys(formats))("check --format %s", async (format) => {
    const out = safe(await plumbline(["check", drive, "--format", format]));
    if (format === "json") expect(idsOf(JSON.parse(out).recording)).toEqual(TOPICS);
    if (format === "ndjson") expect(idsOf(JSON.parse(out.split("\n", 1)[0] ?? "").recording)).toEqual(TOPICS);
    if (format === "sarif") {
      const streams = JSON.parse(out).runs[0].results.map((r: { properties: { stream?: string } }) => r.properties.stream);
      expect(streams).toContain(TOPICS[0]);
    }
  });

  test("info, costs, a rig that is learnt", async () => {
    const [cost, learnt] = [at("cost.json"), at("rig.yaml")];
    const [text = "", info = ""] = (
      await Promise.all([
        plumbline(["info", drive]),
        plumbline(["info", drive, "--format", "json"]),
        plumbline(["check", drive, "--cost", cost, "--out", at("report.txt")]),
        plumbline(["rig", "learn", drive, "--out", learnt]),
      ])
    ).map(safe);
    expect(text).toContain("/a\\x9b31m\\u202eb");
    expect(idsOf(JSON.parse(info))).toEqual(TOPICS);
    const written = readFileSync(cost, "utf8");
    expect([unsafeIn(written), JSON.parse(written).recording]).toEqual([null, NAME]);
    const rig = readFileSync(learnt, "utf8");
    expect(unsafeIn(rig)).toBeNull();
    expect(idsOf(parseRig(rig, "rig.yaml") as never)).toEqual(TOPICS);
  });

  test("seal, verify and proof", async () => {
    const sealed = safe(await plumbline(["seal", drive, "--embed", at(`e${NAME}`), "--s3"]));
    expect(sealed).toContain("d\\u202e\\u200b\\x9b.mcap.seal");
    const file = at("proof.json");
    const made = [plumbline(["verify", drive]), plumbline(["proof", drive, "--stream", TOPICS[0], "--frame", "3", "--out", file])];
    for (const one of await Promise.all(made)) safe(one);
    const proof = readFileSync(file, "utf8");
    expect([unsafeIn(proof), JSON.parse(proof).stream]).toEqual([null, TOPICS[0]]);
    const held = await plumbline(["proof", "--check", file]);
    expect(held.code).toBe(0);
    expect(safe(held)).toContain("holds      frame 3 of /a\\x9b31m\\u202eb\n");
  });

  test("what is refused", async () => {
    const refused = await Promise.all([
      plumbline(["check", drive, "--rig", at("\u202erig.yaml")]),
      plumbline(["check", at("gone\u009b")]),
      plumbline(["check", drive, "--checks", "time/\u202e"]),
      plumbline(["proof", drive, "--stream", "\u200b", "--frame", "0"]),
      plumbline(["\u202echeck"]),
    ]);
    for (const one of refused) safe(one);
    expect(refused.map(({ code }) => code)).toEqual([2, 3, 2, 2, 2]);
  });

  test("simulate", async () => {
    const args = ["simulate", "--seconds", "0.2", "--camera", "none", "--lidar", "4x16", "--out", at("s\u202e.mcap")];
    expect(safe(await plumbline(args))).toContain("s\\u202e.mcap");
    expect(unsafeIn(readFileSync(at("s\u202e.truth.json"), "utf8"))).toBeNull();
  });
});

testCase("S04: hostile topics in every format alike", "S04-hostile-topic-names/topics.mcap", async (path) => {
  const results = await Promise.all(Object.keys(formats).map((format) => plumbline(["check", path, "--format", format])));
  const [, json = "", ndjson = ""] = results.map(safe);
  const ids = idsOf(JSON.parse(json).recording);
  expect(ids.filter((id) => unsafeIn(id) !== null).length).toBeGreaterThan(5);
  for (const character of ["\u009b", "\u202e", "\u2028", "\u200b"]) expect(ids.some((id) => id.includes(character))).toBe(true);
  expect(idsOf(JSON.parse(ndjson.split("\n", 1)[0] ?? "").recording)).toEqual(ids);
});
