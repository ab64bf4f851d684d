import { describe, expect, test } from "vitest";
import { visible } from "../../src/report/escape.ts";
import { table, wrap } from "../../src/report/terminal.ts";
import { render } from "../../src/report/text.ts";
import { bytesText, durationText, secondsText } from "../../src/report/units.ts";
import type { Report } from "../../src/types.ts";
import { clean, context, crowd, faulty, flooded, hostile } from "./sample-reports.ts";

const lines = (...args: Parameters<typeof render>): readonly string[] => render(...args).split("\n");

describe("text", () => {
  test("every question without a full answer is listed with its reason", () => {
    const all = lines([faulty], context);
    const from = all.indexOf("not checked");
    expect(all.slice(from + 1, from + 5)).toEqual([
      "  time/gaps on /empty: not observable: no frames",
      "  labels/boxes on label_02: 3 of 12 looked at: 9 rows have no size",
      "  time/modality: not run: no rig",
      "  image/blur, image/dark: not planned: level 2 not asked for",
    ]);
  });

  test("gravest first, and a finding that no verdict explains is not lost", () => {
    const text = render([faulty], context);
    expect(text.indexOf("  error    gap of")).toBeLessThan(text.indexOf("  info     jitter of"));
    expect(text).toContain("made/up  1 error");
  });

  test("the last line is the verdict", () => {
    const last = (report: Report): string | undefined => lines([report], context).at(-2);
    expect(last(faulty)).toMatch(/^FAIL {2}drive 1#\.mcap: 2 errors, 1 warning, 1 info; 1 passed, 1 failed, 1 not run, 1 not observable$/);
    expect(last(clean)).toMatch(/^PASS {2}clean: no findings/);
    expect(last({ ...clean, interrupted: true })).toMatch(/^INTERRUPTED {2}.*the first part of the recording only$/);
    const nothing = { ...clean, verdicts: [], summary: { pass: 0, fail: 0, not_run: 0, not_observable: 0, findings: 0 } };
    expect(last(nothing)).toMatch(/^NOTHING CHECKED {2}/);
  });

  test("what is not shown is counted by severity", () => {
    const [first] = faulty.findings;
    if (!first) throw new Error("expected a finding");
    const findings = Array.from({ length: 40 }, (_, i) => ({ ...first, severity: i === 39 ? ("error" as const) : ("warning" as const) }));
    const all = lines([{ ...faulty, findings }], context);
    expect(all.filter((line) => line.startsWith("  warning  "))).toHaveLength(24);
    expect(all.filter((line) => line.startsWith("  error    "))).toHaveLength(1);
    expect(all).toContain("  … and 15 more (15 warnings); --format json lists them");
    expect(all).toContain("time/gaps  1 error, 39 warnings");
  });

  test("what is only counted is told with its place, counts for the verdict, and no format is said to list it", () => {
    const text = render([flooded], context);
    const all = text.split("\n");
    expect(all).toContain("time/gaps  10002 errors, 1 info");
    expect(all).toContain(
      "  … and 10001 more of kind gap (error), counted and not located: on /lidar, frames 7-9000, 0.000 s to 12.000 s (1700000000000000000 to 1700000012000000000 ns)",
    );
    expect(all).toContain("labels/boxes  40 warnings");
    expect(all.filter((line) => line.includes("kind flat"))).toEqual([
      "  … and 40 more of kind flat (warning), counted and not located: on label_02",
    ]);
    expect(all.at(-2)).toMatch(/^FAIL {2}drive 1#\.mcap: 10003 errors, 40 warnings, 1 info; /);
    expect(text).not.toMatch(/lists all|list all/);
  });

  test("findings that are only counted fail a recording too", () => {
    const more = [{ kind: "gap", severity: "warning", count: 3, frames: null, timeNs: null }] as const;
    const counted = { ...clean, verdicts: clean.verdicts.map((verdict) => ({ ...verdict, more })) };
    expect(lines([counted], context).at(-2)).toMatch(/^FAIL {2}clean: 3 warnings; /);
  });

  test("many streams that are not checked for one reason are one line", () => {
    const all = lines([crowd], context);
    const from = all.indexOf("not checked");
    expect(all.slice(from + 1, -2)).toEqual([
      "  time/gaps on 65535 streams (/s0, /s1, /s2, …): not observable: too few frames",
      "  labels/boxes on /s0: not run: no boxes",
      "  labels/boxes on /s1: not run: no boxes",
      "",
    ]);
    expect(all.filter((line) => line.startsWith("  … and")).slice(-1)).toEqual(["  … and 75 more streams failed"]);
  });

  test("what a failed verdict counted is there, even when findings are capped", () => {
    expect(lines([faulty], context)).toContain("  observed on /lidar: gaps 312, rateHz 10");
  });

  test("colours only where asked for", () => {
    const colored = render([faulty], { ...context, color: true });
    expect(colored).toContain("\u001b[31merror  \u001b[39m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are taken away again
    expect(colored.replace(/\u001b\[\d+m/g, "")).toBe(render([faulty], context));
  });

  test("hostile names neither move the cursor nor make lines, with or without colours", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    const harmful = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\ud800-\udfff]/;
    expect(render([hostile], context)).not.toMatch(harmful);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
    expect(render([hostile], { ...context, color: true }).replace(/\u001b\[(1|2|22|3[1-6]|39)m/g, "")).not.toMatch(harmful);
    expect(lines([hostile], context).some((line) => line.startsWith("FAKE"))).toBe(false);
  });

  test("wraps to the terminal without losing a word", () => {
    const narrow = render([faulty], { ...context, width: 60 });
    const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== "");
    expect(words(narrow)).toEqual(words(render([faulty], context)));
    const long = narrow.split("\n").filter((line) => line.length > 60 && !/ (Hz|frames) /.test(line));
    // Tables keep their columns, and the verdict its line.
    expect(long.filter((line) => !line.startsWith("FAIL") && !/^ {2}(stream|\/|label_02)/.test(line))).toEqual([]);
  });
});

describe("layout", () => {
  test("wrap keeps words whole and indents what follows", () => {
    expect(wrap("one two three", 7, "", "  ")).toEqual(["one two", "  three"]);
    expect(wrap("unbreakable", 4, "  ", "  ")).toEqual(["  unbreakable"]);
    expect(wrap("", 10, "", "")).toEqual([""]);
    expect(wrap("a  b", 80, "", "")).toEqual(["a  b"]);
  });

  test("table aligns and leaves out columns nobody fills", () => {
    expect(
      table(
        ["a", "b", "c"],
        [
          ["x", "", "10"],
          ["yyy", "", "5"],
        ],
        "llr",
      ),
    ).toEqual(["a     c", "x    10", "yyy   5"]);
  });

  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [5_368_709_120, "5.00 GiB"],
    [200 * 2 ** 20, "200 MiB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  test.each([
    [0n, "0.000 s"],
    [1n, "0.000000001 s"],
    [-500_000_000n, "-0.500 s"],
    [9_223_372_036_854_775_807n, "9223372036.854775807 s"],
  ])("%d ns are %s", (ns, text) => {
    expect(secondsText(ns)).toBe(text);
  });

  test.each([
    [154, "0.154 s"],
    [12_345, "12.3 s"],
    [59_999, "60.0 s"],
    [185_500, "3 min 06 s"],
    [7_380_000, "2 h 03 min"],
  ])("%d ms last %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test("visible leaves ordinary text of any language alone", () => {
    expect(visible("/caméra/前 😀 a\\b")).toBe("/caméra/前 😀 a\\b");
    expect(visible("\u001b[31m\r\n\t\u009b\u2066\ud83d!")).toBe("\\x1b[31m\\r\\n\\t\\x9b\\u2066\\ud83d!");
  });
});
