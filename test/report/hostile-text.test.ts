/** Whatever a recording calls its streams: no format prints what could act, and the JSON ones give it back. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { progressLine } from "../../src/cli/progress.ts";
import { s3Text } from "../../src/cli/s3.ts";
import { json, visible, xml } from "../../src/report/escape.ts";
import { formats } from "../../src/report/index.ts";
import { jsonReport } from "../../src/report/json.ts";
import type { RenderContext } from "../../src/report/render.ts";
import { header } from "../../src/report/text.ts";
import { head, moment, tail } from "../../src/simulate/truth.ts";
import type { Finding, Plain, Report } from "../../src/types.ts";
import { hostileText, SAMPLES, unsafeIn } from "../unsafe-text.ts";
import { context, faulty } from "./sample-reports.ts";

const plain: fc.Arbitrary<Plain> = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    hostileText,
    fc.bigInt(),
    fc.double(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(hostileText, tie("value"), { maxKeys: 3 }),
  ),
})).value;
const facts = fc.dictionary(fc.oneof(hostileText, fc.constant("__proto__")), plain, { maxKeys: 3, noNullPrototype: true });
const range = fc.constant([3, 5] as const);
const stream = fc.option(hostileText);
const [sample] = faulty.recording.streams;

const finding: fc.Arbitrary<Finding> = fc.record(
  {
    check: fc.oneof(fc.constant("time/gaps"), hostileText),
    kind: hostileText,
    severity: fc.constantFrom("error" as const, "warning" as const, "info" as const),
    stream,
    frames: range,
    timeNs: fc.constant([1n, 2n] as const),
    bytes: range,
    file: hostileText,
    tracks: fc.array(hostileText, { maxLength: 2 }),
    annotator: hostileText,
    from: fc.record({ stream: hostileText, frames: range }),
    to: fc.record({ stream: hostileText, frames: range }),
    observed: facts,
    expected: facts,
    signals: fc.array(hostileText, { maxLength: 2 }),
    fingerprint: hostileText,
  },
  { requiredKeys: ["check", "kind", "severity", "stream", "frames", "timeNs", "observed", "expected", "signals", "fingerprint"] },
);

const report: fc.Arbitrary<Report> = fc.record({
  schema: fc.constant("plumbline.report/1" as const),
  recording: fc.record({
    name: hostileText,
    format: hostileText,
    bytes: fc.nat(),
    startNs: fc.constant(1n),
    endNs: fc.constant(2n),
    attachments: fc.nat(),
    metadata: fc.nat(),
    streams: fc.array(fc.tuple(hostileText, hostileText, hostileText), { maxLength: 3 }).map((names) =>
      names.map(([id, type, digest]) => ({
        ...(sample ?? { kind: "bytes", frames: 1, bytes: 1, startNs: 0n, endNs: 0n }),
        id,
        type,
        digest,
      })),
    ),
  }),
  plan: fc.record({
    seed: fc.nat(),
    checks: fc.array(fc.record({ check: hostileText, rate: fc.constantFrom(0, 0.5, 1), reason: hostileText }), { maxLength: 3 }),
  }),
  verdicts: fc.array(
    fc.record({
      check: fc.oneof(fc.constant("time/gaps"), hostileText),
      stream,
      status: fc.constantFrom("pass" as const, "fail" as const, "not_run" as const, "not_observable" as const),
      reason: hostileText,
      coverage: fc.constant({ items: 2, checked: 1 }),
      observed: facts,
    }),
    { maxLength: 4 },
  ),
  findings: fc.array(finding, { maxLength: 4 }),
  summary: fc.constant(faulty.summary),
});

const contexts: fc.Arbitrary<RenderContext> = fc.record({
  checks: fc.constant(context.checks),
  version: hostileText,
  several: fc.boolean(),
  unread: fc.array(fc.record({ name: hostileText, message: hostileText }), { maxLength: 2 }),
  color: fc.constant(false),
  width: fc.constantFrom(40, Number.POSITIVE_INFINITY),
});

describe.each(Object.entries(formats))("%s", (name, render) => {
  test("prints no character that could act, whatever a report holds", () => {
    fc.assert(
      fc.property(fc.array(report, { maxLength: 2 }), contexts, (reports, about) => {
        expect(unsafeIn(render(reports, about))).toBeNull();
      }),
    );
  });

  test.each(SAMPLES)("%j in every name", (text) => {
    const named = { ...faulty, recording: { ...faulty.recording, name: text, format: text } };
    expect(unsafeIn(render([named], { ...context, unread: [{ name: text, message: text }] }))).toBeNull();
    if (name === "json" && text.isWellFormed())
      expect(JSON.parse(render([named], context)).recording).toMatchObject({ name: text, format: text });
  });
});

describe("what is read back", () => {
  const written = (one: Report): unknown => JSON.parse(JSON.stringify(jsonReport(one)));

  test("json and ndjson give every value as it was", () => {
    fc.assert(
      fc.property(report, (one) => {
        expect(JSON.parse(formats.json([one], context))).toEqual(written(one));
        const records = formats
          .ndjson([one])
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line));
        const { recording, findings } = written(one) as { recording: unknown; findings: readonly object[] };
        expect(records[0].recording).toEqual(recording);
        expect(records.filter(({ type }) => type === "finding")).toEqual(findings.map((each) => ({ type: "finding", index: 0, ...each })));
      }),
    );
  });

  test("sarif gives the real names among a result's properties", () => {
    fc.assert(
      fc.property(report, (one) => {
        const [run] = JSON.parse(formats.sarif([one], context)).runs;
        const of = one.findings.map(({ stream, annotator, tracks }) => [
          stream?.toWellFormed(),
          annotator?.toWellFormed(),
          tracks?.map((t) => t.toWellFormed()),
        ]);
        const got = run.results.map(({ properties: p }: { properties: Record<string, unknown> }) => [
          p["stream"] ?? undefined,
          p["annotator"],
          p["tracks"],
        ]);
        expect(got).toEqual(of);
      }),
    );
  });
});

describe("everything else that is printed or written", () => {
  test("any text, as JSON on one line or many, as text and as XML", () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(0, 1, 2), (text, indent) => {
        const out = json({ [text]: [text, { text }] }, indent);
        expect(unsafeIn(out)).toBeNull();
        expect(JSON.parse(out)).toEqual({ [text]: [text, { text }] });
        if (indent === 0) expect(out).not.toContain("\n");
        for (const shown of [visible(text), xml(text)]) expect([unsafeIn(shown), shown.includes("\n")]).toEqual([null, false]);
      }),
    );
  });

  test("the header of info, a line of progress, checksums for an upload", () => {
    fc.assert(
      fc.property(report, hostileText, (one, text) => {
        expect(unsafeIn(header(one, { color: false, width: 60 }).join("\n"))).toBeNull();
        const now = { bytes: 1, totalBytes: 2, spans: 1, totalSpans: 2, findings: 0, elapsedMs: 1 };
        expect(unsafeIn(progressLine(text, now))).toBeNull();
        const none = { path: text, bytes: 1, partBytes: 1, parts: 1, full: {}, composite: {} } as unknown as Parameters<
          typeof s3Text
        >[0][number];
        expect(unsafeIn(s3Text([none]))).toBeNull();
      }),
    );
  });

  test("the truth beside a simulated drive", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const truth = [
          head({ settings: {} as never, sensors: { [text]: text }, annotators: [] }),
          moment(
            {
              index: 0,
              t: 0,
              stampNs: 0n,
              ego: { velocity: [], angularVelocity: [] },
              boxes: [{ object: text, class: text, velocity: [] }],
            } as never,
            [],
            [],
          ),
          tail({ labels: { [text]: [] }, faults: [{ stream: text } as never], messages: { [text]: 1 } }),
        ].join("");
        expect(unsafeIn(truth)).toBeNull();
        expect(JSON.parse(truth)).toMatchObject({ faults: [{ stream: text }] });
      }),
    );
  });
});
