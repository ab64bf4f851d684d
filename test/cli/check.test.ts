import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { formats } from "../../src/report/index.ts";
import { testShared } from "../shared-data.ts";
import { type Ended, plumbline, shell, temporaryFolder, writeDamaged, writeSample } from "./run.ts";

const folder = temporaryFolder();
const good = join(folder, "good.mcap");
const gaps = join(folder, "gaps.mcap");
const broken = join(folder, "broken.mcap");
const at = (name: string): string => join(folder, name);
const isRoot = process.getuid?.() === 0;

beforeAll(async () => {
  await writeSample(good);
  await writeSample(gaps, { dropped: [20, 21, 22, 40] });
  await writeDamaged(broken);
});

function oneLine({ stderr }: Ended): string {
  expect(stderr).toMatch(/^plumbline: [^\n]*\n$/);
  return stderr.trimEnd().slice("plumbline: ".length);
}

describe("one recording", () => {
  test("clean is 0: the report on stdout, nothing on stderr", async () => {
    const { code, stdout, stderr } = await plumbline(["check", good]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^good\.mcap {2}mcap, /);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^PASS {2}good\.mcap: no findings; /);
  });

  test("findings are 1, and --fail-on moves the line", async () => {
    const run = (...flags: string[]): Promise<Ended> => plumbline(["check", gaps, "--checks", "time/rate", ...flags]);
    const [all, errors, info] = await Promise.all([run(), run("--fail-on", "error"), run("--fail-on=info")]);
    expect([all.code, errors.code, info.code]).toEqual([1, 0, 1]);
    expect(all.stdout).toMatch(/^FAIL /m);
    expect(errors.stdout).toBe(all.stdout);
  });

  test("damaged but readable is 1", async () => {
    const { code, stdout, stderr } = await plumbline(["check", broken, "--format", "json"]);
    expect([code, stderr]).toEqual([1, ""]);
    expect(JSON.parse(stdout).findings.some((f: { check: string }) => f.check === "integrity/container")).toBe(true);
  });

  test("the same report with any number of workers, from any folder", async () => {
    const runs = await Promise.all([
      plumbline(["check", gaps, "--format", "json", "--workers", "0"]),
      plumbline(["check", "gaps.mcap", "--format", "json", "--workers", "2"], { cwd: folder }),
      plumbline(["check", join("..", folder.split("/").at(-1) ?? "", "gaps.mcap"), "--format", "json"], { cwd: folder }),
    ]);
    expect(new Set(runs.map((run) => run.stdout)).size).toBe(1);
    expect(runs.map((run) => run.code)).toEqual([1, 1, 1]);
    expect(runs[0]?.stdout).not.toContain(folder);
  });

  test("--level and --checks leave out, and the report says what", async () => {
    const { stdout } = await plumbline(["check", good, "--level", "0", "--checks", "time/*,labels/geometry", "--format", "json"]);
    const { plan, verdicts } = JSON.parse(stdout);
    const planned = (rate: number): string[] =>
      plan.checks.filter((c: { rate: number }) => c.rate === rate).map((c: { check: string }) => c.check);
    expect(planned(1).every((id) => id.startsWith("time/") || id === "labels/geometry")).toBe(true);
    expect(planned(1)).toContain("time/rate");
    expect(planned(0)).toContain("integrity/container");
    expect(new Set(verdicts.map((v: { check: string }) => v.check))).toEqual(new Set(planned(1)));
  });
});

describe("nothing to read is 3, one line on stderr, nothing on stdout", () => {
  beforeAll(() => {
    writeFileSync(at("empty.mcap"), "");
    writeFileSync(at("notes.txt"), "just some text\n");
    mkdirSync(at("nothing"));
    mkdirSync(at("letters"));
    writeFileSync(join(at("letters"), "a.txt"), "dear");
    symlinkSync("loop", at("loop"));
  });

  test.each([
    ["a path that is not there", "gone.mcap", "no such file or folder"],
    ["a path through a file", "good.mcap/x", "no such file or folder"],
    ["an empty file", "empty.mcap", "empty"],
    ["an unknown format", "notes.txt", "no recording recognised"],
    ["an empty folder", "nothing", "no files"],
    ["a folder without a recording", "letters", "no recording recognised"],
    ["a link to itself", "loop", ""],
    ["a name that is too long", "x".repeat(5000), ""],
    ["a name with control characters", "\u001b[31mred\n.mcap", "\\x1b[31mred\\n.mcap"],
  ])("%s", async (_, name, message) => {
    const ended = await plumbline(["check", at(name)]);
    expect([ended.code, ended.stdout]).toEqual([3, ""]);
    expect(oneLine(ended)).toContain(message);
    expect(oneLine(ended).startsWith(folder)).toBe(true);
  });

  test("a device is not a recording", async () => {
    const ended = await plumbline(["check", "/dev/null"]);
    expect([ended.code, ended.stdout]).toEqual([3, ""]);
    expect(oneLine(ended)).toMatch(/^\/dev\/null: /);
  });

  test.skipIf(isRoot)("a file without permission (not as root)", async () => {
    writeFileSync(at("secret.mcap"), readFileSync(good));
    chmodSync(at("secret.mcap"), 0);
    const ended = await plumbline(["check", at("secret.mcap")]);
    expect([ended.code, ended.stdout]).toEqual([3, ""]);
    expect(oneLine(ended)).toContain("no permission");
  });

  test("formats that can say so do: a build server shows the error", async () => {
    const { code, stdout } = await plumbline(["check", at("gone.mcap"), "--format", "junit"]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/errors="1".*\n.*<testsuite name="gone\.mcap"/);
  });
});

describe("several recordings", () => {
  test("one that cannot be read says so, the others report in order, the gravest code wins", async () => {
    const ended = await plumbline(["check", gaps, at("gone.mcap"), good, "--format", "json"]);
    expect(ended.code).toBe(3);
    expect(oneLine(ended)).toBe(`${at("gone.mcap")}: no such file or folder`);
    expect(JSON.parse(ended.stdout).map((r: { recording: { name: string } }) => r.recording.name)).toEqual(["gaps.mcap", "good.mcap"]);
  });

  test("two paths print an array even when one of them, or none, could be read", async () => {
    const [one, none] = await Promise.all([
      plumbline(["check", good, at("gone"), "--format", "json"]),
      plumbline(["check", at("gone"), at("gone too"), "--format", "json"]),
    ]);
    expect(JSON.parse(one.stdout)).toHaveLength(1);
    expect([none.code, JSON.parse(none.stdout)]).toEqual([3, []]);
    expect(none.stderr.trimEnd().split("\n")).toHaveLength(2);
  });

  test("text reports follow one another", async () => {
    const { code, stdout } = await plumbline(["check", good, gaps, "--checks", "time/rate"]);
    expect(code).toBe(1);
    expect(stdout.match(/^(PASS|FAIL) .*$/gm)?.map((line) => line.split(":")[0])).toEqual(["PASS  good.mcap", "FAIL  gaps.mcap"]);
  });
});

describe("--format", () => {
  test.each(Object.keys(formats))("%s", async (format) => {
    const { code, stdout, stderr } = await plumbline(["check", broken, "--format", format]);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout.endsWith("\n")).toBe(true);
    if (format === "json") expect(JSON.parse(stdout)).toMatchObject({ schema: "plumbline.report/1", recording: { name: "broken.mcap" } });
    if (format === "sarif")
      expect(JSON.parse(stdout)).toMatchObject({ version: "2.1.0", runs: [{ tool: { driver: { name: "Plumbline" } } }] });
    if (format === "junit") expect(stdout).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites .*<\/testsuites>\n$/s);
    if (format === "ndjson") {
      const types = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).type);
      expect(new Set(types)).toEqual(new Set(["recording", "verdict", "finding", "summary"]));
    }
    if (format === "text") expect(stdout).toMatch(/\nFAIL {2}broken\.mcap: /);
  });

  test("no colours for a program, whatever the environment", async () => {
    const { stdout } = await plumbline(["check", broken], { env: { FORCE_COLOR: "1", TERM: "xterm-256color" } });
    expect(stdout).not.toContain("\u001b");
  });
});

describe("--out and --cost", () => {
  test("the report goes to the file and not to stdout; the exit code stays", async () => {
    const out = at("report.json");
    await plumbline(["check", good, "--out", out]);
    const [toFile, toStdout] = await Promise.all([
      plumbline(["check", gaps, "--format", "json", "--out", out]),
      plumbline(["check", gaps, "--format", "json"]),
    ]);
    expect(toFile).toEqual({ code: 1, stdout: "", stderr: "" });
    expect(readFileSync(out, "utf8")).toBe(toStdout.stdout);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("a link is followed, not replaced", async () => {
    const target = at("linked-report.json");
    writeFileSync(target, "");
    symlinkSync(target, at("link.json"));
    await plumbline(["check", good, "--format", "json", "--out", at("link.json")]);
    expect(JSON.parse(readFileSync(target, "utf8"))).toMatchObject({ recording: { name: "good.mcap" } });
  });

  test("when nothing could be read, a report of an earlier run is left as it is", async () => {
    await plumbline(["check", good, "--out", at("kept.txt")]);
    const before = readFileSync(at("kept.txt"), "utf8");
    expect((await plumbline(["check", at("gone"), "--format", "json", "--out", at("kept.txt")])).code).toBe(3);
    expect(readFileSync(at("kept.txt"), "utf8")).toBe(before);
  });

  test("the recording itself is never overwritten", async () => {
    const before = readFileSync(good);
    symlinkSync(good, at("same.mcap"));
    const ended = await plumbline(["check", good, "--out", at("same.mcap")]);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(oneLine(ended)).toContain("expected a file of its own");
    expect(readFileSync(good).equals(before)).toBe(true);
  });

  test("a device is written to, not replaced", async () => {
    expect(await plumbline(["check", good, "--out", "/dev/null"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(existsSync("/dev/null")).toBe(true);
    expect((await shell("test -c /dev/null")).code).toBe(0);
  });

  test.skipIf(!existsSync("/dev/full"))("a result that cannot be written is never a success (needs /dev/full)", async () => {
    const [file, stdout] = await Promise.all([
      plumbline(["check", good, "--out", "/dev/full"]),
      shell(`plumbline check '${good}' > /dev/full`),
    ]);
    expect([file.code, oneLine(file)]).toEqual([4, "cannot write /dev/full: no space left"]);
    expect([stdout.code, oneLine(stdout)]).toEqual([4, "cannot write to stdout: no space left"]);
  });

  test("the cost goes to its own file, never into the report", async () => {
    const { code } = await plumbline(["check", good, "--workers", "1", "--out", at("r.txt"), "--cost", at("cost.json")]);
    expect(code).toBe(0);
    const cost = JSON.parse(readFileSync(at("cost.json"), "utf8"));
    expect(cost).toMatchObject({ recording: "good.mcap", workers: 0, bytes: readFileSync(good).length });
    for (const key of ["wallMs", "cpuMs", "peakRssBytes"]) expect(cost[key]).toBeGreaterThan(0);
    await plumbline(["check", good, gaps, "--out", at("r.txt"), "--cost", at("cost.json")]);
    expect(JSON.parse(readFileSync(at("cost.json"), "utf8"))).toMatchObject([{ recording: "good.mcap" }, { recording: "gaps.mcap" }]);
  });
});

describe("--rig and --strict", () => {
  const rigText = (...lines: string[]): string => ["schema: plumbline.rig/1", ...lines, ""].join("\n");

  test("a stream the rig requires is missed", async () => {
    writeFileSync(at("needs-radar.yaml"), rigText("streams:", "  - { id: /radar, required: true }"));
    const { code, stdout } = await plumbline(["check", good, "--rig", at("needs-radar.yaml"), "--format", "json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).findings).toMatchObject([{ check: "time/modality" }]);
  });

  test("a mistake in it is exit 2 before any work, naming the place", async () => {
    writeFileSync(at("wrong.yaml"), rigText("streams:", "  - { id: a, rateHz: ten }"));
    const ended = await plumbline(["check", good, "--rig", at("wrong.yaml")]);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(oneLine(ended)).toBe(`${at("wrong.yaml")}: streams[0].rateHz: expected a number > 0, got "ten"`);
    writeFileSync(at("binary.yaml"), Uint8Array.of(0xff, 0xfe, 0x80));
    expect(oneLine(await plumbline(["check", good, "--rig", at("binary.yaml")]))).toContain("expected UTF-8 text");
  });

  test("what was not run is 3 under --strict, unless the rig accepts it", async () => {
    const strict = (...args: string[]): Promise<Ended> =>
      plumbline(["check", good, "--strict", "--checks", "time/rate,labels/geometry", ...args]);
    writeFileSync(at("accepts.yaml"), rigText("accept:", "  - { check: labels/geometry, status: not_run, why: no labels yet, by: us }"));
    writeFileSync(at("other.yaml"), rigText("accept:", "  - { check: labels/geometry, status: not_run, reason: else, why: w, by: us }"));
    const [bare, accepted, other] = await Promise.all([strict(), strict("--rig", at("accepts.yaml")), strict("--rig", at("other.yaml"))]);
    expect([bare.code, accepted.code, other.code]).toEqual([3, 0, 3]);
    expect(bare.stdout).toContain("labels/geometry: not run: no label stream");
  });

  testShared("a rig.yaml in a folder is used, and --rig overrides it", async (shared) => {
    const drive = at("drive");
    cpSync(join(shared, "3-labels/motchallenge/TUD-Campus"), drive, { recursive: true });
    writeFileSync(join(drive, "rig.yaml"), rigText("streams:", "  - { id: never, required: true }"));
    writeFileSync(at("empty.yaml"), rigText());
    const run = async (...args: string[]) =>
      JSON.parse((await plumbline(["check", drive, "--format", "json", "--checks", "time/modality", ...args])).stdout);
    const [own, given] = await Promise.all([run(), run("--rig", at("empty.yaml"))]);
    expect(own.findings).toMatchObject([{ check: "time/modality", stream: "never" }]);
    expect(given.findings).toEqual([]);
    writeFileSync(join(drive, "rig.yaml"), "schema: [");
    const ended = await plumbline(["check", good, drive]);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(oneLine(ended)).toContain(`${join(drive, "rig.yaml")}: line 1, column `);
  });
});

describe("pipes", () => {
  test("a reader that leaves early is no error", async () => {
    const { code, stdout, stderr } = await shell(
      `{ plumbline check '${broken}' '${broken}' --format json; echo "code $?" >&2; } | head -n 1`,
    );
    expect([code, stdout, stderr]).toEqual([0, "[\n", "code 1\n"]);
    const gone = await shell(`{ sleep 1; plumbline check '${good}' --format json; echo "code $?" >&2; } | true`);
    expect(gone.stderr).toBe("code 0\n");
  });

  test("a large report arrives whole through a pipe", async () => {
    const paths = Array(40).fill(gaps);
    const [whole, piped] = await Promise.all([
      plumbline(["check", ...paths, "--format", "json", "--workers", "0"]),
      shell(`plumbline check ${paths.map((path) => `'${path}'`).join(" ")} --format json --workers 0 | { sleep 1; cat; }`),
    ]);
    expect(whole.stdout.length).toBeGreaterThan(200_000);
    expect(piped.stdout).toBe(whole.stdout);
    expect(JSON.parse(whole.stdout)).toHaveLength(40);
  });
});

describe("info and rig learn", () => {
  test("info lists streams and counts, in text and JSON, and judges nothing", async () => {
    const [text, json] = await Promise.all([plumbline(["info", broken]), plumbline(["info", good, "--format", "json"])]);
    expect([text.code, text.stderr, json.code]).toEqual([0, "", 0]);
    expect(text.stdout).toMatch(/^broken\.mcap {2}mcap, /);
    expect(text.stdout).not.toMatch(/error|FAIL|not checked/);
    const { name, streams, startNs } = JSON.parse(json.stdout);
    expect([name, startNs, streams.map((s: { id: string; frames: number }) => [s.id, s.frames])]).toEqual([
      "good.mcap",
      "1700000000000000000",
      [
        ["/camera", 60],
        ["/imu", 600],
        ["/odom", 120],
      ],
    ]);
    expect((await plumbline(["info", at("gone")])).code).toBe(3);
  });

  test("a rig learnt from good runs passes them and catches what they are not", async () => {
    const rig = at("learnt.yaml");
    const learnt = await plumbline(["rig", "learn", good, "--out", rig]);
    expect([learnt.code, learnt.stdout]).toEqual([0, ""]);
    expect(oneLine(learnt)).toBe("learnt from one run: more runs tell what varies");
    expect(readFileSync(rig, "utf8")).toContain(
      "  - id: /camera\n    kind: bytes\n    required: true\n    rateHz: 10\n    maxGapMs: 180\n",
    );
    const [same, less] = await Promise.all([
      plumbline(["check", good, "--rig", rig]),
      plumbline(["check", gaps, "--rig", rig, "--format", "json"]),
    ]);
    expect([same.code, less.code]).toEqual([0, 1]);
    expect(JSON.parse(less.stdout).findings.filter((f: { check: string }) => f.check === "time/rate")).toMatchObject([
      { severity: "error", stream: "/camera", frames: [19, 20] },
      { severity: "error", stream: "/camera", frames: [36, 37] },
    ]);
  });

  test("nothing is written unless every run could be read", async () => {
    const { code, stdout, stderr } = await plumbline(["rig", "learn", good, at("gone")]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toBe(
      `plumbline: ${at("gone")}: no such file or folder\nplumbline: no rig written: not every run could be read to its end\n`,
    );
  });

  test("a run that is not clean is said", async () => {
    const { code, stdout, stderr } = await plumbline(["rig", "learn", good, broken]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^schema: plumbline\.rig\/1\n/);
    expect(stderr).toMatch(/^plumbline: broken\.mcap: not a clean run/m);
  });
});
