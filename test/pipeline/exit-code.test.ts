import { describe, expect, test } from "vitest";
import { EXIT, type ExitOptions, exitCode, type Outcome } from "../../src/pipeline/exit-code.ts";
import type { Rig } from "../../src/rig/rig.ts";
import type { Finding, Report, Severity, Verdict } from "../../src/types.ts";

const options: ExitOptions = { failOn: "warning", strict: false, interrupted: false };

const finding = (severity: Severity): Finding => ({
  check: "c",
  kind: "k",
  severity,
  stream: null,
  frames: null,
  timeNs: null,
  observed: {},
  expected: {},
  signals: [],
  fingerprint: "0",
});

const passed: Verdict = { check: "c", stream: "/x", status: "pass", coverage: { items: 3, checked: 3 }, observed: {} };
const notRun: Verdict = { ...passed, status: "not_run", reason: "no checksum", coverage: { items: 0, checked: 0 } };
const partly: Verdict = { ...passed, reason: "no size", coverage: { items: 3, checked: 2 } };

function outcome(
  severities: readonly Severity[],
  verdicts: readonly Verdict[] = [passed],
  more: { interrupted?: true; rig?: Rig } = {},
): Outcome {
  const { rig = null, ...rest } = more;
  const report: Report = {
    schema: "plumbline.report/1",
    recording: { name: "r", format: "mcap", bytes: 0, startNs: null, endNs: null, attachments: 0, metadata: 0, streams: [] },
    plan: { seed: 0, checks: [] },
    ...rest,
    verdicts,
    findings: severities.map(finding),
    summary: { pass: 0, fail: 0, not_run: 0, not_observable: 0, findings: severities.length },
  };
  return { kind: "report", report, rig };
}

describe("one input", () => {
  test.each<[Severity, Severity, number]>([
    ["error", "error", 1],
    ["error", "warning", 0],
    ["error", "info", 0],
    ["warning", "error", 1],
    ["warning", "warning", 1],
    ["warning", "info", 0],
    ["info", "error", 1],
    ["info", "warning", 1],
    ["info", "info", 1],
  ])("--fail-on %s with a finding of severity %s: %i", (failOn, severity, code) => {
    expect(exitCode([outcome([severity])], { ...options, failOn })).toBe(code);
    expect(exitCode([outcome(["info", severity])], { ...options, failOn })).toBe(code);
  });

  test.each([
    ["unread", 3],
    ["config", 2],
    ["internal", 4],
  ] as const)("%s: %i", (kind, code) => {
    expect(exitCode([{ kind }], options)).toBe(code);
  });

  test("clean is 0, and what was not run does not matter", () => {
    expect(exitCode([outcome([], [passed, notRun, partly])], options)).toBe(0);
    expect(exitCode([], options)).toBe(0);
  });

  test("interrupted is 130, whatever was found", () => {
    expect(exitCode([outcome(["error"], [passed], { interrupted: true })], options)).toBe(130);
    expect(exitCode([], { ...options, interrupted: true })).toBe(130);
  });
});

describe("strict", () => {
  const strict = { ...options, strict: true };
  const accepting = (...accept: NonNullable<Rig["accept"]>): { rig: Rig } => ({ rig: { schema: "plumbline.rig/1", accept } });
  const entry = { check: "c", status: "not_run", why: "w", by: "b" } as const;

  test("anything not run or not looked at in full is 3, and outweighs findings", () => {
    expect(exitCode([outcome([], [passed])], strict)).toBe(0);
    expect(exitCode([outcome(["error"], [passed])], strict)).toBe(1);
    expect(exitCode([outcome([], [passed, notRun])], strict)).toBe(3);
    expect(exitCode([outcome(["error"], [notRun])], strict)).toBe(3);
    expect(exitCode([outcome([], [partly])], strict)).toBe(3);
  });

  test("not observable counts by its coverage", () => {
    const none: Verdict = { ...passed, status: "not_observable", reason: "no frames", coverage: { items: 0, checked: 0 } };
    expect(exitCode([outcome([], [none])], strict)).toBe(0);
    expect(exitCode([outcome([], [{ ...none, coverage: { items: 9, checked: 0 } }])], strict)).toBe(3);
  });

  test("a rig can accept a named one, and only that", () => {
    const code = (...accept: NonNullable<Rig["accept"]>): number => exitCode([outcome([], [notRun], accepting(...accept))], strict);
    expect(code(entry)).toBe(0);
    expect(code({ ...entry, reason: "no checksum", stream: "/x" })).toBe(0);
    expect(code()).toBe(3);
    expect(code({ ...entry, check: "d" })).toBe(3);
    expect(code({ ...entry, status: "not_observable" })).toBe(3);
    expect(code({ ...entry, reason: "no rig" })).toBe(3);
    expect(code({ ...entry, stream: "/y" })).toBe(3);
    expect(code({ ...entry, stream: "/y" }, entry)).toBe(0);
  });

  test("partly looked at is accepted by the verdict's own status", () => {
    expect(exitCode([outcome([], [partly], accepting({ ...entry, status: "pass" }))], strict)).toBe(0);
    expect(exitCode([outcome([], [partly, notRun], accepting({ ...entry, status: "pass" }))], strict)).toBe(3);
  });

  test("what is accepted for one recording is not for another", () => {
    expect(exitCode([outcome([], [notRun], accepting(entry)), outcome([], [notRun])], strict)).toBe(3);
  });

  test("a stream the rig says is not required may be absent; one it says nothing of may not", () => {
    const absent: Verdict = { ...notRun, reason: "not in the recording, not required" };
    const code = (stream: { id: string; required?: boolean }, verdict = absent): number =>
      exitCode([outcome([], [verdict], { rig: { schema: "plumbline.rig/1", streams: [stream] } })], strict);
    expect(code({ id: "/x", required: false })).toBe(0);
    expect(code({ id: "/x" })).toBe(3);
    expect(code({ id: "/y", required: false })).toBe(3);
    expect(code({ id: "/x", required: false }, notRun)).toBe(3);
  });

  test("findings of an accepted recording still count", () => {
    expect(exitCode([outcome(["error"], [notRun], accepting(entry))], strict)).toBe(1);
  });
});

describe("several inputs: the gravest", () => {
  const inputs: readonly (readonly [number, Outcome])[] = [
    [EXIT.clean, outcome([])],
    [EXIT.findings, outcome(["error"])],
    [EXIT.unread, { kind: "unread" }],
    [EXIT.usage, { kind: "config" }],
    [EXIT.internal, { kind: "internal" }],
  ];

  test("4, then 2, 3, 1, 0, in any order of the inputs", () => {
    const order = [EXIT.internal, EXIT.usage, EXIT.unread, EXIT.findings, EXIT.clean];
    for (const [a, first] of inputs) {
      for (const [b, second] of inputs) {
        expect(exitCode([first, second], options)).toBe(order.find((code) => code === a || code === b));
      }
    }
  });

  test("a person who stopped the run knows best", () => {
    expect(exitCode([{ kind: "internal" }, outcome([], [passed], { interrupted: true })], options)).toBe(130);
  });
});

test("a check that what was given asks for is answered in full, or accepted, or 3; findings say more", () => {
  const open: Verdict = { ...passed, status: "not_observable", reason: "not covered", coverage: { items: 3, checked: 0 } };
  const code = (outcomes: readonly Outcome[], required: readonly string[]) => exitCode(outcomes, { ...options, required });
  expect(code([outcome([], [open])], [])).toBe(EXIT.clean);
  expect(code([outcome([], [open])], ["other"])).toBe(EXIT.clean);
  expect(code([outcome([], [open])], ["c"])).toBe(EXIT.unread);
  expect(code([outcome(["info"], [open])], ["c"])).toBe(EXIT.unread);
  expect(code([outcome(["error"], [open])], ["c"])).toBe(EXIT.findings);
  expect(code([outcome([], [passed])], ["c"])).toBe(EXIT.clean);
  const rig: Rig = { schema: "plumbline.rig/1", accept: [{ check: "c", status: "not_observable", why: "old seal", by: "me" }] };
  expect(code([outcome([], [open], { rig })], ["c"])).toBe(EXIT.clean);
});
