import { describe, expect, test } from "vitest";
import { render, toJson } from "../../src/report/json.ts";
import { render as renderNdjson } from "../../src/report/ndjson.ts";
import { render as renderSarif } from "../../src/report/sarif.ts";
import type { Report } from "../../src/types.ts";
import { clean, context, faulty, flooded, hostile } from "./sample-reports.ts";

describe("json", () => {
  test("one path is an object, several are an array in order, whatever could be read", () => {
    expect(JSON.parse(render([clean], context))).toMatchObject({ recording: { name: "clean" } });
    const several = { several: true };
    expect(JSON.parse(render([faulty, clean], several)).map((r: Report) => r.recording.name)).toEqual(["drive 1#.mcap", "clean"]);
    expect(JSON.parse(render([clean], several))).toHaveLength(1);
    expect(JSON.parse(render([], several))).toEqual([]);
  });

  test("int64 are decimal strings and nothing is lost of them", () => {
    const { findings, recording } = JSON.parse(render([faulty], context));
    expect(findings[1].timeNs).toEqual(["1700000012000000001", "1700000012300000000"]);
    expect(findings[1].observed.afterNs).toBe("9223372036854775807");
    expect(recording.startNs).toBe("1700000000000000000");
  });

  test("what JSON cannot hold is null", () => {
    expect(toJson([Number.NaN, Number.POSITIVE_INFINITY, { a: Number.NEGATIVE_INFINITY }, -0, 1e-7])).toEqual([
      null,
      null,
      { a: null },
      -0,
      1e-7,
    ]);
    expect(JSON.parse(render([faulty], context)).findings[1].observed).toMatchObject({ worst: null, least: null });
  });

  test("half a surrogate pair does not make the document unreadable", () => {
    expect(toJson({ "\ud800": ["a\udc00", "\ud83d\ude00"] })).toEqual({ "\ufffd": ["a\ufffd", "\ud83d\ude00"] });
    for (const text of [render([hostile], context), renderNdjson([hostile]), renderSarif([hostile], context)]) {
      expect(text).not.toMatch(/[^\\]\\ud[89a-f]/);
    }
  });

  test("keys come in the order of the documentation, whatever order the engine built them in", () => {
    const backwards = Object.fromEntries(Object.entries(faulty).reverse()) as unknown as Report;
    const findings = faulty.findings.map(
      (f) => Object.fromEntries(Object.entries(f).reverse()) as unknown as (typeof faulty.findings)[number],
    );
    expect(render([{ ...backwards, findings }], context)).toBe(render([faulty], context));
    expect(Object.keys(JSON.parse(render([hostile], context)))).toEqual([
      "schema",
      "recording",
      "plan",
      "interrupted",
      "verdicts",
      "findings",
      "summary",
    ]);
  });

  test("what is only counted stands in its verdict, and the summary counts it", () => {
    const { verdicts, summary, findings } = JSON.parse(render([flooded], context));
    const timeNs = ["1700000000000000000", "1700000012000000000"];
    expect(verdicts[0].more).toEqual([{ kind: "gap", severity: "error", count: 10_001, frames: [7, 9000], timeNs }]);
    expect(verdicts.filter((verdict: object) => "more" in verdict)).toHaveLength(2);
    expect([summary.findings, summary.more, findings.length]).toEqual([10_044, 10_041, 3]);
    expect("more" in JSON.parse(render([faulty], context)).summary).toBe(false);
  });

  test("ends with one newline", () => {
    expect(render([clean], context)).toMatch(/[^\n]\n$/);
  });
});

describe("ndjson", () => {
  test("one record a line, each with its type and the position of its recording", () => {
    const records = renderNdjson([faulty, hostile])
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const of = (index: number): string[] => records.filter((r) => r.index === index).map((r) => r.type);
    expect(of(0)).toEqual(["recording", ...Array(4).fill("verdict"), ...Array(4).fill("finding"), "summary"]);
    expect(of(1)).toEqual(["recording", "verdict", "verdict", "finding", "summary"]);
    expect(records.at(-1)).toMatchObject({ type: "summary", interrupted: true, fail: 1 });
    expect(records.filter((r) => r.type === "recording").map((r) => r.recording.name)).toEqual([
      faulty.recording.name,
      hostile.recording.name.toWellFormed(),
    ]);
  });

  test("carries what the JSON carries", () => {
    const whole = JSON.parse(render([faulty], context));
    const records = renderNdjson([faulty])
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const strip = ({ type: _type, index: _index, ...rest }: Record<string, unknown>) => rest;
    expect(records.filter((r) => r.type === "finding").map(strip)).toEqual(whole.findings);
    expect(records.filter((r) => r.type === "verdict").map(strip)).toEqual(whole.verdicts);
  });
});
