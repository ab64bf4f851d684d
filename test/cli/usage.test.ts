import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checks } from "../../src/checks/index.ts";
import { nodeProblem } from "../../src/cli/node-version.ts";
import { plumbline } from "./run.ts";

const COMMANDS = [[], ["check"], ["info"], ["checks"], ["explain"], ["rig"], ["rig", "learn"]];

describe("help", () => {
  test.each(COMMANDS)("plumbline %s %s --help", async (...command) => {
    const { code, stdout, stderr } = await plumbline([...command, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(["Usage: plumbline", ...command].join(" "));
    if (command[0] !== "rig" || command.length > 1) expect(stdout).toContain("Examples:\n  plumbline ");
  });

  test("check --help states the exit codes and only flags that work", async () => {
    const { stdout } = await plumbline(["check", "--help"]);
    for (const code of ["0", "1", "2", "3", "4", "130"]) expect(stdout).toMatch(new RegExp(`^ {2}${code} {2,}`, "m"));
    for (const flag of [
      "rig",
      "seal",
      "source",
      "labels",
      "workers",
      "level",
      "checks",
      "format",
      "out",
      "cost",
      "force",
      "fail-on",
      "strict",
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}--${flag} `, "m"));
    }
    expect(stdout).not.toMatch(/html/);
  });

  test("--version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await plumbline(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("wrong usage is exit 2, one line on stderr, nothing on stdout", () => {
  test.each([
    [[], "expected a command (see: plumbline --help)"],
    [["rig"], "expected a command (see: plumbline rig --help)"],
    [["chekc"], "unknown command 'chekc' (Did you mean check?)"],
    [["check"], "missing required argument 'path'"],
    [["check", "x", "y", "--labels", "z"], "--labels: expected one recording with them, got 2"],
    [["check", "x", "--labels", ""], "expected a file, got nothing."],
    [["check", ""], "expected a recording, got nothing."],
    [["check", "x", ""], "expected a recording, got nothing."],
    [["info", ""], "expected a recording, got nothing."],
    [["seal", ""], "expected a recording, got nothing."],
    [["verify", ""], "expected a recording, got nothing."],
    [["proof", "", "--stream", "/a", "--frame", "0"], "expected a recording, got nothing."],
    [["rig", "learn", "x", ""], "expected a recording, got nothing."],
    [["check", "x", "--seal", "y"], "y: no such file"],
    [["check", "x", "--format", "html"], "html is not available yet; expected one of text, json, ndjson, sarif, junit."],
    [["check", "x", "--format", "xml"], "expected one of text, json, ndjson, sarif, junit."],
    [["check", "x", "--workers", "-1"], "expected an integer from 0 to 256."],
    [["check", "x", "--workers", "1.5"], "expected an integer from 0 to 256."],
    [["check", "x", "--workers", "257"], "expected an integer from 0 to 256."],
    [["check", "x", "--workers", ""], "expected an integer from 0 to 256."],
    [["check", "x", "--level", "3"], "expected an integer from 0 to 2."],
    [["check", "x", "--checks", "time/raet"], 'got "time/raet"; did you mean time/rate?'],
    [["check", "x", "--checks", "nothing/*"], 'got "nothing/*"'],
    [["check", "x", "--checks", ","], "expected ids of checks, got none."],
    [["check", "x", "--source", "bag"], "expected one of mcap,"],
    [["check", "x", "--fail-on", "fatal"], "expected one of error, warning, info."],
    [["check", "x", "--out", ""], "expected a file, got nothing."],
    [["check", "x", "--rig", "no/such.yaml"], "no/such.yaml: no such file or folder"],
    [["check", "x", "--out", "no/such/folder/file"], "--out no/such/folder/file: no such file or folder"],
    [["check", "x", "--out", "/"], "--out /: expected a file, got a folder"],
    [["check", "x", "--cost", "x"], "--cost x: expected a file of its own"],
    [["explain"], "missing required argument 'check'"],
    [["explain", "time/rat"], "did you mean time/rate?"],
    [["info", "x", "--format", "sarif"], "expected one of text, json."],
    [["info", "x", "y"], "too many arguments"],
  ] as const)("%j", async (args, message) => {
    const { code, stdout, stderr } = await plumbline(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^plumbline: [^\n]*\n$/);
    expect(stderr).toContain(message);
  });
});

describe("checks and explain", () => {
  test("checks lists every one with its question", async () => {
    const { code, stdout, stderr } = await plumbline(["checks"]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const { id, title } of checks)
      expect(stdout).toMatch(new RegExp(`^${id} +\\d  ${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`, "m"));
  });

  test("checks --json says all that explain says", async () => {
    const { code, stdout } = await plumbline(["checks", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(
      checks.map(({ id, title, level, needs, kinds, defaults, ranges = {}, blindSpots, ...rest }) => ({
        id,
        title,
        level,
        scope: "appliesTo" in rest ? "stream" : expect.stringMatching(/^(container|streams|recording)$/),
        needs,
        kinds,
        options: defaults,
        ranges,
        blindSpots,
      })),
    );
  });

  test("explain gives question, kinds, options and blind spots of each", async () => {
    const texts = await Promise.all(checks.map((check) => plumbline(["explain", check.id])));
    for (const [i, check] of checks.entries()) {
      const { code, stdout } = texts[i] ?? { code: -1, stdout: "" };
      expect(code).toBe(0);
      for (const part of [check.id, check.title, ...check.blindSpots, ...Object.keys(check.kinds), ...Object.keys(check.defaults)]) {
        expect(stdout).toContain(part);
      }
      for (const { severity, meaning } of Object.values(check.kinds))
        expect([stdout.includes(severity), stdout.includes(meaning)]).toEqual([true, true]);
    }
  });
});

test.each([
  ["22.18.0", null],
  ["22.17.9", "expected Node >= 22.18, got 22.17.9"],
  ["20.19.0", "expected Node >= 22.18, got 20.19.0"],
  ["24.0.0", null],
  ["23.0.0-nightly", null],
  ["nonsense", "expected Node >= 22.18, got nonsense"],
])("Node %s", (version, problem) => {
  expect(nodeProblem(version)).toBe(problem);
});
