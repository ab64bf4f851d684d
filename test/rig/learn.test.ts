import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatRig, parseRig } from "../../src/rig/file.ts";
import { learnRig } from "../../src/rig/learn.ts";
import type { Rig } from "../../src/rig/rig.ts";
import type { Finding, Plain, Report, Status, StreamKind } from "../../src/types.ts";
import { hostileText, unsafeIn } from "../unsafe-text.ts";

interface Seen {
  readonly kind?: StreamKind;
  readonly frames?: number;
  readonly status?: Status;
  readonly observed?: Readonly<Record<string, Plain>>;
}

/** A report of a run in which these streams were seen. */
function run(name: string, streams: Readonly<Record<string, Seen>>, more: Partial<Report> = {}): Report {
  return {
    schema: "plumbline.report/1",
    recording: {
      name,
      format: "mcap",
      bytes: 1,
      startNs: 0n,
      endNs: 1n,
      attachments: 0,
      metadata: 0,
      streams: Object.entries(streams).map(([id, { kind = "bytes", frames = 100 }]) => ({
        id,
        kind,
        type: "t",
        frames,
        bytes: 1,
        startNs: 0n,
        endNs: 1n,
        digest: "0",
      })),
    },
    plan: { seed: 0, checks: [] },
    verdicts: Object.entries(streams).map(([stream, { status = "pass", observed = {} }]) => ({
      check: "time/rate",
      stream,
      status,
      coverage: { items: 1, checked: 1 },
      observed,
    })),
    findings: [],
    summary: { pass: 1, fail: 0, not_run: 0, not_observable: 0, findings: 0 },
    ...more,
  };
}

const error: Finding = {
  check: "time/order",
  kind: "x",
  severity: "error",
  stream: null,
  frames: null,
  timeNs: null,
  observed: {},
  expected: {},
  signals: [],
  fingerprint: "0",
};

const at = (medianMs: number, longestGapMs: number, jitterMs: number): Seen => ({
  observed: { medianMs, longestGapMs, jitterMs, rateHz: 1 },
});

describe("what every run held is required", () => {
  test("streams keep their order, kinds and presence", () => {
    const { rig, notes } = learnRig([
      run("a", { "/x": { kind: "imu" }, "/y": {} }),
      run("b", { "/y": {}, "/z": {}, "/x": { kind: "imu" } }),
    ]);
    expect(rig).toEqual({
      schema: "plumbline.rig/1",
      streams: [
        { id: "/x", kind: "imu", required: true },
        { id: "/y", kind: "bytes", required: true },
        { id: "/z", kind: "bytes", required: false },
      ],
    });
    expect(notes).toEqual(["/z: in 1 of 2 runs, so not required"]);
  });

  test("a stream without frames was not there", () => {
    const { rig, notes } = learnRig([
      run("a", { "/x": {}, "/never": { frames: 0 } }),
      run("b", { "/x": { frames: 0 }, "/never": { frames: 0 } }),
    ]);
    expect(rig.streams).toEqual([{ id: "/x", kind: "bytes", required: false }]);
    expect(notes).toEqual(["/x: in 1 of 2 runs, so not required", "/never: no frame in any run, left out"]);
  });

  test("a stream of two kinds has none", () => {
    const { rig, notes } = learnRig([run("a", { "/x": { kind: "imu" } }), run("b", { "/x": { kind: "pose" } })]);
    expect(rig.streams).toEqual([{ id: "/x", required: true }]);
    expect(notes).toEqual(["/x: imu in one run, pose in another, so of no kind"]);
  });
});

describe("rate and gap", () => {
  const learn = (...seen: readonly Seen[]) => learnRig(seen.map((one, i) => run(`${i}`, { "/x": one }))).rig.streams?.[0];

  test("the rate is the median over the runs, rounded to what a person would write", () => {
    expect(learn(at(100.2, 101, 30), at(99.9, 101, 30), at(103, 104, 30))?.rateHz).toBe(10);
    expect(learn(at(80, 80, 30), at(80, 80, 30))?.rateHz).toBe(12.5);
    expect(learn(at(33.3667, 34, 20))?.rateHz).toBe(30);
    expect(learn(at(3333, 3400, 2000))?.rateHz).toBe(0.3);
    expect(learn(at(100, 100, 30), at(90.909, 100, 30))?.rateHz).toBe(10.5);
  });

  test("lost frames in a good run lower the mean, not what is learnt", () => {
    expect(learn({ observed: { medianMs: 100, rateHz: 8.5, longestGapMs: 100, jitterMs: 1 } })?.rateHz).toBe(10);
    expect(learn({ observed: { rateHz: 8.5 } })?.rateHz).toBe(8.5);
  });

  test("a gap is longer than any seen, and one lost frame of an unsteady stream is none", () => {
    expect(learn(at(100, 101, 30))?.maxGapMs).toBe(250);
    expect(learn(at(100, 101, 30), at(100, 400, 30))?.maxGapMs).toBe(600);
  });

  test("one lost frame of a stream that never jitters is a gap", () => {
    expect(learn(at(100, 101, 1), at(100, 102, 0))?.maxGapMs).toBe(180);
    expect(learn(at(100, 101, 1), at(100, 101, 11))?.maxGapMs).toBe(250);
    expect(learn({ observed: { medianMs: 100 } })?.maxGapMs).toBe(250);
  });

  test("gaps round up, never below what was measured", () => {
    expect(learn(at(100, 281, 30))?.maxGapMs).toBe(430);
    expect(learn(at(1000 / 3, 334, 300))?.maxGapMs).toBe(840);
    expect(learn(at(0.5, 0.5, 0.4))?.maxGapMs).toBe(1.3);
  });

  test("runs that disagree about the rate teach none", () => {
    const { rig, notes } = learnRig([run("a", { "/x": at(100, 100, 1) }), run("b", { "/x": at(50, 50, 1) })]);
    expect(rig.streams).toEqual([{ id: "/x", kind: "bytes", required: true }]);
    expect(notes).toEqual(["/x: from 10 to 20 Hz over the runs, so no rate"]);
  });

  test("a verdict that did not answer teaches no rate", () => {
    expect(learn({ status: "not_observable", observed: { medianMs: 100 } })).toEqual({ id: "/x", kind: "bytes", required: true });
    expect(learn({ observed: { medianMs: Number.NaN, rateHz: 0 } })).toEqual({ id: "/x", kind: "bytes", required: true });
  });
});

describe("doubts", () => {
  test("one run, a run with findings and an interrupted run are said", () => {
    expect(learnRig([run("a", { "/x": {} })]).notes).toEqual(["learnt from one run: more runs tell what varies"]);
    const dirty = run("dirty", { "/x": {} }, { findings: [error, { ...error, severity: "warning" }, { ...error, severity: "info" }] });
    const cut = run("cut", { "/only-here": {} }, { interrupted: true });
    const { rig, notes } = learnRig([run("a", { "/x": {} }), dirty, cut]);
    expect(notes).toEqual([
      "dirty: not a clean run (error findings: 1, warnings: 1); what is wrong in it may have been learnt",
      "cut: interrupted, not learnt from",
    ]);
    expect(rig.streams?.map((stream) => [stream.id, stream.required])).toEqual([["/x", true]]);
  });

  test("nothing to learn from is misuse; nothing learnt is said", () => {
    expect(() => learnRig([])).toThrow(RangeError);
    expect(() => learnRig([run("cut", {}, { interrupted: true })])).toThrow("expected a report of at least one whole run");
    expect(learnRig([run("a", {}), run("b", {})]).notes).toEqual(["no stream with frames in any run: the rig requires nothing"]);
  });
});

describe("what is learnt is a valid rig file", () => {
  const readBack = (rig: Rig): Rig => parseRig(formatRig(rig), "rig.yaml");

  test("names that are YAML's own, of Object's own, and a stream without a name", () => {
    const { rig, notes } = learnRig([run("a", { "/x": at(100, 101, 1), ["__proto__"]: {}, "a: b # c\n": at(5, 6, 1), "": {} })]);
    expect(rig.streams?.map(({ id }) => id)).toEqual(["/x", "__proto__", "a: b # c\n"]);
    expect(notes).toContain("a stream without a name, left out");
    expect(readBack(rig)).toEqual(rig);
  });

  test("rates and gaps that are none are not learnt", () => {
    const none = { id: "/x", kind: "bytes", required: true };
    for (const [medianMs, longestGapMs] of [
      [1e-320, 1],
      [1e308, 1e308],
      [Number.MIN_VALUE, Number.MAX_VALUE],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      [-5, 1],
    ] as const) {
      expect(learnRig([run("a", { "/x": { observed: { medianMs, longestGapMs, rateHz: 0 } } })]).rig.streams).toEqual([none]);
    }
    expect(learnRig([run("a", { "/x": at(100, Number.POSITIVE_INFINITY, 30) })]).rig.streams?.[0]?.maxGapMs).toBe(250);
  });

  test("a stream stated twice in one run is one", () => {
    const one = run("a", { "/x": {} });
    const twice = { ...one, recording: { ...one.recording, streams: [...one.recording.streams, ...one.recording.streams] } };
    expect(learnRig([twice, run("b", { "/x": {} })])).toEqual({
      rig: { schema: "plumbline.rig/1", streams: [{ id: "/x", kind: "bytes", required: true }] },
      notes: [],
    });
  });

  test("of four thousand streams", () => {
    const many = run(
      "a",
      Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`/vehicle/sensors/camera_${i}/image_raw`, at(100, 101, 1)])),
    );
    const { rig } = learnRig([many, many]);
    expect(readBack(rig).streams).toHaveLength(4_000);
  });

  test("one too large to be read is not written", () => {
    const long = run("a", Object.fromEntries(Array.from({ length: 9 }, (_, i) => ["x".repeat(500_000) + i, {}])));
    expect(() => formatRig(learnRig([long]).rig)).toThrow(/^expected a rig of at most 4194304 characters, got 45/);
  });

  test("whatever the reports say", () => {
    const anyNumber = fc.oneof(
      fc.double(),
      fc.double({ min: 0, max: 1e4 }),
      fc.constantFrom(0, -0, Number.MIN_VALUE, Number.MAX_VALUE, 1e-9, 1e21),
    );
    const observed = fc.dictionary(
      fc.constantFrom("medianMs", "rateHz", "longestGapMs", "jitterMs"),
      fc.oneof(anyNumber, fc.constantFrom(null, "10", 5n, [1], { a: 1 })),
    );
    const seen = fc.record({
      kind: fc.constantFrom<StreamKind>("points", "imu", "pose", "image", "labels", "stamps", "bytes"),
      frames: fc.constantFrom(0, 1, 100),
      status: fc.constantFrom<Status>("pass", "fail", "not_run", "not_observable"),
      observed,
    });
    const id = fc.oneof(fc.constantFrom("", "~", "yes", "1e3", "- a", "__proto__", "/x"), hostileText);
    const runs = fc.array(fc.array(fc.tuple(id, seen), { maxLength: 5 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(runs, (all) => {
        const { rig } = learnRig(all.map((streams, i) => run(`${i}`, Object.fromEntries(streams))));
        const text = formatRig(rig);
        expect(unsafeIn(text)).toBeNull();
        expect(parseRig(text, "rig.yaml")).toEqual(rig);
      }),
      { numRuns: 300 },
    );
  });
});
