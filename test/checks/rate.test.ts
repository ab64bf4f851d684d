import { describe, expect, test } from "vitest";
import type { Defect } from "../../src/check/check.ts";
import { rate } from "../../src/checks/time/rate.ts";
import type { RigStream } from "../../src/rig/rig.ts";
import type { Finding, StreamInfo } from "../../src/types.ts";
import { type Asked, ask, type Frame, healthy, places, START_NS } from "../blocks.ts";

const at = (frames: Frame[], i: number): Frame => frames[i] as Frame;
const without = (frames: Frame[], from: number, count: number): Frame[] => frames.toSpliced(from, count);

/** Gaps in ms as a stream. */
function stream(gapsMs: readonly number[]): Frame[] {
  let ns = 0;
  return healthy(gapsMs.length + 1).map((frame, i) => {
    ns += i === 0 ? 0 : Math.round((gapsMs[i - 1] ?? 0) * 1e6);
    return { ...frame, stampNs: START_NS + BigInt(ns), logNs: START_NS + BigInt(ns) + 2_000_000n };
  });
}
/** Deterministic scatter in [-1, 1). */
const scatter = (i: number): number => ((Math.imul(i + 1, 2654435761) >>> 8) % 2000) / 1000 - 1;
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
const found = (defect: Defect): Finding => ({ signals: [], ...defect, check: "time/rate", stream: "/lidar", fingerprint: "" });
const withRig = (rig: Omit<RigStream, "id">, info: Partial<StreamInfo> = {}): Asked => ({
  info,
  rig: { schema: "plumbline.rig/1", streams: [{ id: "/lidar", ...rig }] },
});

describe("time/rate", () => {
  test("a healthy stream passes with its exact figures", () => {
    expect(ask(rate, healthy(101))).toEqual({
      status: "pass",
      coverage: { items: 101, checked: 101 },
      observed: { rateHz: 10, medianMs: 100, longestGapMs: 100, medianHz: 10, jitterMs: 0, gaps: 0, coverage: 1 },
      defects: [],
      more: [],
    });
  });

  test("one lost frame of a steady stream is a gap", () => {
    const frames = without(healthy(100), 40, 1);
    for (const cuts of [[], [39], [40], [41]]) {
      const { defects, observed } = ask(rate, frames, { cuts });
      expect(defects).toEqual([
        {
          kind: "gap",
          severity: "warning",
          frames: [39, 40],
          timeNs: [at(frames, 39).stampNs, at(frames, 40).stampNs],
          weight: 200_000_000,
          observed: { gapMs: 200, missingFrames: 1 },
          expected: { maxGapMs: 175 },
          signals: ["stamp", "log"],
        },
      ]);
      expect(observed).toMatchObject({ gaps: 1, longestGapMs: 200, coverage: 0.9899 });
    }
  });

  test("where the recorder's clock shows no silence, one signal only", () => {
    const frames = without(healthy(100), 40, 3);
    for (const frame of frames.slice(40)) frame.logNs -= 300_000_000n;
    expect(ask(rate, frames).defects.map(({ signals, observed }) => [signals, observed["missingFrames"]])).toEqual([[["stamp"], 3]]);
  });

  test("an unsteady stream needs 2.5 periods, and the recorder's clock alone does too", () => {
    const gaps = Array.from({ length: 200 }, (_, i) => 100 + 20 * scatter(i));
    expect(ask(rate, stream(gaps.with(80, 240))).defects).toEqual([]);
    expect(places(ask(rate, stream(gaps.with(80, 260))))).toEqual(["warning gap 80-81"]);
    const log = (count: number) => places(ask(rate, without(healthy(100), 40, count), { info: { stamps: "log" } }));
    expect([log(1), log(2)]).toEqual([[], ["warning gap 39-40"]]);
  });

  test("plain messages that are not steady may have nothing to say", () => {
    const gaps = Array.from({ length: 200 }, (_, i) => 100 + 20 * scatter(i)).with(80, 900);
    const result = ask(rate, stream(gaps), { info: { kind: "bytes", stamps: "log" } });
    expect([result.status, ...places(result)]).toEqual(["pass", "info gap 80-81"]);
  });

  test("a gap that a late frame falls into is a matter of order", () => {
    const frames = healthy(60);
    const late = frames.splice(20, 3);
    frames.splice(25, 0, ...late);
    for (const cuts of [[], [20], [25], [28]]) expect(ask(rate, frames, { cuts }).defects).toEqual([]);
  });

  test("one stamp far off is no silence", () => {
    const frames = healthy(60);
    at(frames, 30).stampNs += 3_600_000_000_000n;
    expect(ask(rate, frames).defects).toEqual([]);
  });

  describe("where stamps go back the figures are taken over the gaps that no step back undoes", () => {
    const HOUR = 3_600_000_000_000n;
    const FIGURES = { rateHz: 10, medianMs: 100, longestGapMs: 100, medianHz: 10, jitterMs: 0, gaps: 0, coverage: 1 };
    const moved = (from: number, to: number, by: bigint): Frame[] =>
      healthy(100).map((frame, i) => (i >= from && i < to ? { ...frame, stampNs: frame.stampNs + by } : frame));

    test("one stamp an hour ahead, one an hour behind, a stretch of either, a clock set back", () => {
      const streams = [moved(50, 51, HOUR), moved(50, 51, -HOUR), moved(50, 60, HOUR), moved(50, 60, -HOUR), moved(50, 100, -HOUR)];
      for (const frames of streams)
        for (const cuts of [[], [50], [51], [50, 51, 60]])
          expect(ask(rate, frames, { cuts })).toMatchObject({ status: "pass", observed: FIGURES, defects: [] });
    });

    test("a silence elsewhere is found all the same", () => {
      const { status, observed, defects } = ask(rate, without(moved(50, 51, HOUR), 20, 10));
      expect([status, ...places({ defects })]).toEqual(["fail", "warning gap 19-20"]);
      expect([observed["longestGapMs"], observed["gaps"], observed["coverage"]]).toEqual([1100, 1, 0.8969]);
    });

    test("too many to tell apart: no figure, no pass", () => {
      const frames = healthy(2000).map((frame, i) => (i % 15 === 5 ? { ...frame, stampNs: frame.stampNs + HOUR } : frame));
      for (const cuts of [[], [500, 505, 506]]) {
        const { status, reason, coverage, observed } = ask(rate, frames, { cuts });
        expect([status, reason, coverage]).toEqual(["not_observable", "stamps go back: see time/order", { items: 2000, checked: 0 }]);
        expect(observed).toEqual({ medianMs: 100 });
      }
    });

    test("no step is left to believe", () => {
      const frames = healthy(20).map((frame, i) => ({ ...frame, stampNs: START_NS + BigInt(i) + (i % 2 === 0 ? 0n : HOUR) }));
      expect(ask(rate, frames)).toMatchObject({ status: "not_observable", reason: "stamps go back: see time/order" });
    });
  });

  test("coverage is the time that is not silent: jitter takes none away", () => {
    const jittered = stream(Array.from({ length: 200 }, (_, i) => 101 + 4 * scatter(i)));
    expect(ask(rate, jittered).observed).toMatchObject({ gaps: 0, coverage: 1 });
    expect(ask(rate, stream(Array.from({ length: 90 }, (_, i) => (i === 40 ? 1100 : 100)))).observed["coverage"]).toBe(0.9);
    // Also of the gaps that are counted and not kept: 166 of 200 ms in 1990 periods.
    const many = stream(Array.from({ length: 1824 }, (_, i) => (i % 11 === 10 ? 200 : 100)));
    expect(ask(rate, many, { cuts: [900] }).observed).toMatchObject({ gaps: 165, coverage: rounded(1 - 165 / 1989) });
  });

  test("frames without a stamp, or of a payload that does not decode, were there: no silence", () => {
    const frames = healthy(60);
    at(frames, 30).stampNs = 0n;
    Object.assign(at(frames, 40), { malformed: "too short", stampNs: -77n });
    for (const cuts of [[], [30], [31], [30, 31, 40, 41]]) {
      const { observed, coverage, defects } = ask(rate, frames, { cuts });
      expect(defects).toEqual([]);
      expect([coverage, observed["longestGapMs"]]).toEqual([{ items: 60, checked: 58 }, 100]);
    }
    const lost = frames.toSpliced(31, 4);
    for (const cuts of [[], [30], [31]]) {
      const { defects } = ask(rate, lost, { cuts });
      expect([places({ defects }), defects[0]?.observed]).toEqual([["warning gap 29-31"], { gapMs: 600, missingFrames: 4 }]);
    }
  });

  test("what has no rate of its own is not accused", () => {
    const silent = (frames: Frame[], info: Partial<StreamInfo> = {}) => {
      const { status, reason, defects } = ask(rate, frames, { info });
      return [status, reason, defects.length];
    };
    const events = Array.from({ length: 100 }, (_, i) => 10 * 2 ** (5 * scatter(i)));
    expect(silent(stream(events))).toEqual(["not_observable", "no regular rate", 0]);
    const border = (odd: number) => silent(stream(Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? odd : 100))))[0];
    expect([border(74), border(76), border(124), border(126)]).toEqual(["not_observable", "pass", "pass", "not_observable"]);
    const share = (every: number) => silent(stream(Array.from({ length: 100 }, (_, i) => (i % every === 0 ? 50 : 100))))[0];
    expect([share(4), share(5)]).toEqual(["not_observable", "pass"]);
    expect(silent(healthy(9))).toEqual(["not_observable", "too few frames", 0]);
    expect(silent(healthy(50), { stamps: "nominal" })).toEqual(["not_observable", "stamps are nominal", 0]);
    expect(silent([])).toEqual(["not_observable", "no frames", 0]);
    expect(silent(healthy(20).map((f) => ({ ...f, stampNs: 5n })))).toEqual(["not_observable", "too few frames", 0]);
    expect(silent(healthy(20).map((f) => ({ ...f, stampNs: 0n })))).toEqual(["not_observable", "no stamp is set", 0]);
  });

  test("hostile stamps", () => {
    const frames = healthy(12);
    at(frames, 3).stampNs = -(2n ** 63n);
    at(frames, 4).stampNs = 2n ** 63n - 1n;
    expect(ask(rate, frames).status).toBe("not_observable");
  });

  test("the rig's rate and gap", () => {
    const frames = healthy(100);
    expect(ask(rate, frames, withRig({ rateHz: 10.4 })).defects).toEqual([]);
    const wrong = ask(rate, frames, withRig({ rateHz: 20 }));
    expect(wrong.defects).toEqual([
      {
        kind: "rate",
        severity: "error",
        frames: [0, 99],
        timeNs: [at(frames, 0).stampNs, at(frames, 99).stampNs],
        signals: ["stamp"],
        observed: { rateHz: 10 },
        expected: { rateHz: 20, tolerance: 0.05 },
      },
    ]);
    expect(places(ask(rate, without(frames, 50, 1), withRig({ maxGapMs: 150 })))).toEqual(["error gap 49-50"]);
    expect(places(ask(rate, without(frames, 50, 1), withRig({ maxGapMs: 250 })))).toEqual([]);
    expect(places(ask(rate, without(frames, 50, 10), withRig({ rateHz: 10 })))).toEqual(["warning gap 49-50"]);
    const half = withRig({ rateHz: 20, maxGapMs: 75 });
    expect(places(ask(rate, frames, half))).toEqual(["error rate 0-99"]);
    const lossy = ask(rate, without(frames, 50, 3), half);
    expect([places(lossy), lossy.defects[0]?.observed]).toEqual([["error rate 0-96", "error gap 49-50"], { gapMs: 400, missingFrames: 7 }]);
    expect(lossy.defects[0]?.expected).toEqual({ maxGapMs: 175 });
    expect(ask(rate, without(frames, 50, 3), withRig({ rateHz: 20, maxGapMs: 500 })).defects.map(({ kind }) => kind)).toEqual(["rate"]);
    expect(ask(rate, frames, { rig: { schema: "plumbline.rig/1", streams: [{ id: "/other", rateHz: 20 }] } }).defects).toEqual([]);
  });

  test("a stream without a regular rate is judged when the rig states one", () => {
    const events = stream(Array.from({ length: 100 }, (_, i) => 10 * 2 ** (5 * scatter(i))));
    expect(ask(rate, events, withRig({ rateHz: 500 })).defects.map(({ kind }) => kind)).toContain("rate");
  });

  test("extreme jitter", () => {
    const gaps = Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 145 : i % 10 === 1 ? 55 : 100));
    expect(places(ask(rate, stream(gaps)))).toEqual(["info jitter 0-200"]);
    expect(places(ask(rate, stream(gaps), withRig({ rateHz: 10 })))).toEqual(["warning jitter 0-200"]);
    expect(places(ask(rate, stream(gaps), { info: { stamps: "log" } }))).toEqual([]);
  });

  test("loss is not jitter", () => {
    const gaps = Array.from({ length: 200 }, (_, i) => (i % 12 === 0 ? 200 : 100));
    const { observed, defects } = ask(rate, stream(gaps));
    expect([observed["jitterMs"], observed["gaps"], new Set(defects.map(({ kind }) => kind))]).toEqual([0, 17, new Set(["gap"])]);
  });

  test("more gaps than are kept are counted", () => {
    const gaps = Array.from({ length: 2000 }, (_, i) => (i % 12 === 0 ? 300 : 100));
    const { observed, defects, more } = ask(rate, stream(gaps), { cuts: [500, 1100] });
    expect([defects.length, observed["gaps"]]).toEqual([100, 167]);
    expect(more).toMatchObject([{ kind: "gap", severity: "warning", count: 67, frames: [0, 1993] }]);
  });

  test.each([100, 10_000])("a gap of 12 s behind %d gaps of 40 ms is located, the others are counted with their place", (count) => {
    const gaps = Array.from({ length: 20 * count + 100 }, (_, i) =>
      i === 20 * count + 50 ? 12_000 : i < 20 * count && i % 20 === 10 ? 40 : 10,
    );
    const frames = stream(gaps);
    for (const cuts of [[], [11, 500, 20 * count + 51]]) {
      const { observed, defects, more } = ask(rate, frames, { cuts });
      expect([defects.length, observed["gaps"]]).toEqual([100, count + 1]);
      expect(defects.at(-1)).toMatchObject({ kind: "gap", frames: [20 * count + 50, 20 * count + 51], observed: { gapMs: 12_000 } });
      expect(more).toEqual([
        {
          ...{ kind: "gap", severity: "warning", count: count - 99, frames: [10, 20 * count + 51] },
          timeNs: [at(frames, 10).stampNs, at(frames, 20 * count + 51).stampNs],
        },
      ]);
    }
  });

  test("a gap says how many frames it lost", () => {
    const text = (frames: Frame[], asked: Asked = {}) => ask(rate, frames, asked).defects.map((defect) => rate.describe(found(defect)))[0];
    expect(text(without(healthy(100), 40, 1))).toBe("silent for 200 ms between frames 39 and 40, about 1 frame lost");
    expect(text(without(healthy(100), 40, 2))).toBe("silent for 300 ms between frames 39 and 40, about 2 frames lost");
    expect(text(healthy(100), withRig({ maxGapMs: 90 }))).toBe("silent for 100 ms between frames 0 and 1, no frame lost");
  });
});
