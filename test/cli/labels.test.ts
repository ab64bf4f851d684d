/** Broken label files through the command line's own process: a finding or one clear line, never a crash or a silent skip. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { plumbline, temporaryFolder, writeSample } from "./run.ts";

const folder = temporaryFolder();
const HEADER = "frame,track,class,x1,y1,x2,y2\n";
const row = (frame: number | string, track = "a", box = "10,20,30,40", name = "car"): string => `${frame},${track},${name},${box}\n`;
const CLEAN = [0, 1, 2, 3].map((frame) => row(frame)).join("");

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Finding {
  readonly check: string;
  readonly kind: string;
  readonly frames: readonly [number, number] | null;
  readonly observed: Readonly<Record<string, unknown>>;
}

async function findings(
  path: string,
  ...flags: readonly string[]
): Promise<{ code: number | null; found: string[]; all: readonly Finding[] }> {
  const { code, stdout, stderr } = await plumbline(["check", path, "--format", "json", "--workers", "0", ...flags]);
  expect(stderr).toBe("");
  const all = (JSON.parse(stdout) as { findings: Finding[] }).findings;
  return { code, all, found: all.map(({ check, kind, frames }) => `${check} ${kind} ${frames?.join("-") ?? ""}`.trim()) };
}

describe("findings", () => {
  test("a clean table has none", async () => {
    expect(await findings(file("clean.csv", HEADER + CLEAN))).toMatchObject({ code: 0, found: [] });
  });

  test.each<[string, string, string]>([
    ["wrong columns", `${row(0)}1,a,car,10,20\n${row(2)}`, "integrity/frame-sequence malformed 0-0"],
    ["not a number", row(0) + row(1, "a", "10,NaN,30,40") + row(2), "integrity/frame-sequence malformed 1-1"],
    ["negative size", row(0) + row(1, "a", "30,20,10,40") + row(2), "labels/geometry inverted 1-1"],
    ["frame numbers out of order", row(0) + row(2) + row(1, "b") + row(3) + row(0, "b"), "integrity/frame-sequence malformed 2-2"],
    ["a track twice in one frame", CLEAN + row(3), "labels/consistency duplicate-track 3-3"],
    ["mixed units", CLEAN + row(4, "b", "0.1,0.2,0.3,0.4"), "labels/consistency unit-square 4-4"],
  ])("%s", async (name, rows, expected) => {
    const { code, found } = await findings(file(`${name}.csv`, HEADER + rows));
    expect(code).toBe(1);
    expect(found).toContain(expected);
  });

  test("an unknown class", async () => {
    const rig = file("rig.yaml", "schema: plumbline.rig/1\nstreams:\n  - { id: unknown, kind: labels, classes: [car] }\n");
    const path = file("unknown.csv", HEADER + CLEAN + row(4, "a", "10,20,30,40", "cra"));
    const { code, all } = await findings(path, "--rig", rig);
    expect(code).toBe(1);
    expect(all).toMatchObject([{ check: "labels/consistency", kind: "unknown-class", frames: [4, 4], observed: { classes: ["cra"] } }]);
  });

  test("stamps whose unit changes inside the file", async () => {
    const rows =
      [0, 1, 2].map((i) => `${1_700_000_000 + i},1,1,2,3,4\n`).join("") +
      [3, 4, 5].map((i) => `${(1_700_000_000 + i) * 1000},1,1,2,3,4\n`).join("");
    const { code, found } = await findings(file("stamps.csv", `timestamp,track,x1,y1,x2,y2\n${rows}`));
    expect(code).toBe(1);
    expect(found.join()).toMatch(/integrity\/container malformed-record|integrity\/frame-sequence malformed|time\//);
  });

  test("a million boxes in one frame", async () => {
    const path = file("many.csv", HEADER + "0,,car,10,20,30,40\n".repeat(1_000_000));
    const { code, stdout } = await plumbline(["check", path, "--format", "json", "--checks", "labels/consistency,labels/geometry"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).recording.streams).toMatchObject([{ frames: 1, boxes: 1_000_000 }]);
  });
});

describe("one clear line", () => {
  test.each<[string, string, string | Uint8Array, RegExp]>([
    ["nothing", "empty.json", "", /empty\.json: empty file/],
    ["noise", "noise.json", Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) >> 3), /noise\.json: no recording recognised/],
    ["JSON of something else", "other.json", '{"a": [1, 2]}', /other\.json: no recording recognised/],
    ["lists within lists", "deep.json", "[".repeat(200_000), /deep\.json: no recording recognised/],
    ["a table without boxes", "names.csv", "frame,name\n0,x\n", /names\.csv: no recording recognised/],
    ["a header alone", "header.csv", HEADER, /header\.csv: expected labels-table labels, got no frame/],
  ])("%s is exit 3", async (_, name, content, message) => {
    const { code, stdout, stderr } = await plumbline(["check", file(name, content)]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^plumbline: [^\n]*\n$/);
    expect(stderr).toMatch(message);
  });

  test("labels that are none are a mistake of usage: exit 2", async () => {
    const drive = await writeSample(join(folder, "drive.mcap"));
    for (const path of [file("bad.json", "{}"), join(folder, "absent.json")]) {
      const { code, stdout, stderr } = await plumbline(["check", drive, "--labels", path]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^plumbline: [^\n]*labels: [^\n]*\n$/);
    }
  });
});

describe("--labels", () => {
  test("info lists the label streams beside the recording's", async () => {
    const drive = await writeSample(join(folder, "info.mcap"));
    const { code, stdout } = await plumbline(["info", drive, "--labels", file("boxes.csv", HEADER + CLEAN)]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}boxes +labels +label table +4 /m);
  });

  test("a table without names, by the rig's columns", async () => {
    const drive = await writeSample(join(folder, "rigged.mcap"));
    const columns = "{ frame: 0, left: 1, top: 2, right: 3, bottom: 4 }";
    const rig = file(
      "columns.yaml",
      `schema: plumbline.rig/1\nstreams:\n  - { id: objects, kind: labels, path: raw.txt, columns: ${columns} }\n`,
    );
    const { stdout } = await plumbline([
      "check",
      drive,
      "--labels",
      file("raw.txt", "0,1,2,3,4\n1,1,2,3,4\n"),
      "--rig",
      rig,
      "--format",
      "json",
    ]);
    expect(JSON.parse(stdout).recording.streams.at(-1)).toMatchObject({ id: "objects", frames: 2, boxes: 2 });
  });
});
