import { describe, expect, test } from "vitest";
import { modality } from "../../src/checks/time/modality.ts";
import type { Rig, RigStream } from "../../src/rig/rig.ts";
import type { StreamCensus, StreamInfo } from "../../src/types.ts";
import { contextOf, SENSOR, START_NS } from "../blocks.ts";

/** A stream of `frames` frames between two seconds of the recording. */
function stream(
  id: string,
  from: number,
  to: number,
  { frames = 100, ...info }: Partial<StreamInfo> & { frames?: number } = {},
): StreamCensus {
  const ns = (s: number): bigint | null => (frames === 0 ? null : START_NS + BigInt(Math.round(s * 1e9)));
  const counts = { frames, bytes: 0, digest: "", points: null, boxes: null, tracks: null };
  return { info: { ...SENSOR, id, ...info }, startNs: ns(from), endNs: ns(to), ...counts };
}

function ask(streams: readonly StreamCensus[], rig: readonly RigStream[] | null, interrupted = false, more: Omit<Rig, "schema"> = {}) {
  const context = contextOf(streams, rig && { schema: "plumbline.rig/1", streams: rig, ...more }, interrupted);
  return modality.conclude(context, modality.defaults);
}
const kindsOf = (answers: ReturnType<typeof ask>): string[] =>
  answers.flatMap(({ stream: id, defects }) => defects.map(({ kind, severity }) => `${id} ${severity} ${kind}`));

const THREE = [stream("a", 0, 60), stream("b", 0.1, 60), stream("c", 0, 59.9)];
const WANTED: RigStream[] = ["a", "b", "c"].map((id) => ({ id, kind: "points", required: true, rateHz: 10 }));

describe("time/modality", () => {
  test("without a rig nothing is guessed", () => {
    expect(ask(THREE, null)).toEqual([
      { status: "not_run", reason: "no rig", coverage: { items: 0, checked: 0 }, observed: {}, defects: [] },
    ]);
    expect(ask(THREE, [])[0]).toMatchObject({ status: "not_run", reason: "the rig names no stream" });
  });

  test("a recording as the rig states passes, stream by stream", () => {
    const answers = ask(THREE, WANTED);
    expect(answers.map(({ stream: id, status }) => [id, status])).toEqual([
      ["a", "pass"],
      ["b", "pass"],
      ["c", "pass"],
    ]);
    expect(answers[1]).toMatchObject({ observed: { frames: 100, kind: "points", compared: "with the others", lateMs: 100, earlyMs: 0 } });
  });

  test("missing: required and not there, or without a frame; an optional one may be away", () => {
    const wanted: RigStream[] = [...WANTED, { id: "gone", required: true }, { id: "empty", required: true }, { id: "spare" }];
    const answers = ask([...THREE, stream("empty", 0, 0, { frames: 0 })], wanted);
    expect(kindsOf(answers)).toEqual(["gone error missing", "empty error missing"]);
    expect(answers.at(-1)).toEqual({
      status: "not_run",
      reason: "not in the recording, not required",
      stream: "spare",
      coverage: { items: 1, checked: 0 },
      observed: {},
      defects: [],
    });
    expect(ask(THREE, [{ id: "gone", required: true }], true)).toMatchObject([{ status: "not_run", reason: "interrupted", defects: [] }]);
  });

  test("wrong kind", () => {
    const answers = ask([...THREE, stream("d", 0, 60, { kind: "image" })], [...WANTED, { id: "d", kind: "points" }]);
    expect(answers.at(-1)?.defects).toEqual([
      {
        kind: "wrong-kind",
        severity: "error",
        stream: "d",
        frames: [0, 99],
        timeNs: null,
        observed: { kind: "image" },
        expected: { kind: "points" },
      },
    ]);
  });

  test("late start and early end, against the middle of the others", () => {
    const late = [stream("a", 5, 60), stream("b", 0, 60), stream("c", 0, 50)];
    const answers = ask(late, WANTED);
    expect(kindsOf(answers)).toEqual(["a warning late-start", "c warning early-end"]);
    expect(answers[0]?.defects[0]).toMatchObject({
      frames: [0, 0],
      timeNs: [START_NS, START_NS + 5_000_000_000n],
      observed: { lateMs: 5000 },
      expected: { toleranceMs: 1000 },
    });
    expect(answers[2]?.defects[0]).toMatchObject({ frames: [99, 99], observed: { earlyMs: 10_000 } });
    expect(kindsOf(ask(late, WANTED, true))).toEqual(["a warning late-start"]);
  });

  test("one that starts early does not put the others in the wrong", () => {
    expect(kindsOf(ask([stream("a", -30, 90), stream("b", 0, 60), stream("c", 0, 60)], WANTED))).toEqual([]);
  });

  test("of two the longer one is the reference", () => {
    expect(kindsOf(ask([stream("a", 0, 60), stream("b", 5, 40)], WANTED.slice(0, 2)))).toEqual([
      "b warning late-start",
      "b warning early-end",
    ]);
  });

  test("slow streams get some of their own periods", () => {
    const slow = [...THREE, stream("slow", 2.9, 60)];
    expect(kindsOf(ask(slow, [...WANTED, { id: "slow", rateHz: 1 }]))).toEqual([]);
    expect(kindsOf(ask(slow, [...WANTED, { id: "slow", rateHz: 2 }]))).toEqual(["slow warning late-start"]);
  });

  test("what has no steady rate or no common clock is not compared", () => {
    const compared = (one: StreamCensus, rig: Omit<RigStream, "id"> = {}) => {
      const [answer] = ask([one, ...THREE], [{ id: one.info.id, ...rig }, ...WANTED]);
      return [answer?.status, answer?.observed["compared"]];
    };
    expect(compared(stream("latched", 30, 30, { frames: 1 }))).toEqual(["pass", "not: no clock or no steady rate"]);
    expect(compared(stream("events", 30, 31, { kind: "bytes" }))).toEqual(["pass", "not: no clock or no steady rate"]);
    expect(compared(stream("numbers", 30, 31, { stamps: "nominal" }))).toEqual(["pass", "not: no clock or no steady rate"]);
    expect(compared(stream("elsewhere", 1e6, 1e6 + 60))).toEqual(["pass", "not: no time in common with the others"]);
    expect(compared(stream("events", 30, 31, { kind: "bytes" }), { rateHz: 10 })[0]).toBe("fail");
    expect(ask([stream("a", 0, 1)], WANTED.slice(0, 1))[0]?.observed["compared"]).toBe("not: no other stream");
  });

  describe("what of the rig was not read is an open question", () => {
    const opened = (answers: ReturnType<typeof ask>) =>
      answers.filter(({ status }) => status === "not_run").map(({ stream: id, reason, coverage }) => [id, reason, coverage]);
    const ONE = { items: 1, checked: 0 };

    test("clauses of a stream are other checks' and change no verdict here", () => {
      const [a, ...others] = WANTED as [RigStream, ...RigStream[]];
      const clauses = {
        sweepPeriodMs: 100,
        spin: "clockwise",
        stampReference: "start",
        pointTimeUnit: "ns",
        deskewed: false,
      } as const satisfies Partial<RigStream>;
      const answers = ask(THREE, [{ ...a, ...clauses }, ...others]);
      expect(opened(answers)).toEqual([]);
      expect(answers.slice(0, 3)).toEqual(ask(THREE, WANTED));
    });

    test("tables", () => {
      const answers = ask(THREE, [...WANTED, { id: "gps", required: true, path: "gps.csv", columns: { t: 0 } }]);
      expect(opened(answers)).toEqual([["gps", "a table that was not read", ONE]]);
      expect(kindsOf(answers)).toEqual(["gps error missing"]);
    });

    test("between streams: none, other checks ask", () => {
      const more = {
        offsets: [{ between: ["points", "imu"], expectedMs: 3, toleranceMs: 1 }],
        association: [{ between: ["camera", "labels"], toleranceMs: 5 }],
      } as const;
      expect(opened(ask(THREE, WANTED, false, more))).toEqual([]);
    });

    test("what rig learn writes opens none", () => {
      const learnt = [
        { id: "a", kind: "points", required: true, rateHz: 10, maxGapMs: 180 },
        { id: "b", kind: "points", required: false },
      ] as const;
      expect(opened(ask(THREE, learnt))).toEqual([]);
    });
  });
});
