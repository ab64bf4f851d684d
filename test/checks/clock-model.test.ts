import { beforeAll, describe, expect, test } from "vitest";
import type { Defect } from "../../src/check/check.ts";
import { nameOffset } from "../../src/checks/time/_clock.ts";
import { clockModelCheck } from "../../src/checks/time/clock-model.ts";
import { type StampRows, stampRows } from "../../src/columns/stamps.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import type { Finding, StreamInfo } from "../../src/types.ts";
import { blockOf, censusOf, contextOf, cutBlock, type Frame, healthy, joinedRows, SENSOR, START_NS } from "../blocks.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

function ask(frames: readonly Frame[], info: Partial<StreamInfo> = {}, cuts: readonly number[] = []) {
  const stream = { ...SENSOR, ...info };
  const block = blockOf(frames);
  const pieces = cutBlock(block, cuts).map((piece) => stampRows.collect(piece, kernels, stream));
  const rows: StampRows | null = pieces.length > 0 ? joinedRows(stampRows, pieces) : null;
  const context = contextOf([censusOf(stream, block)], null, false, { collected: { stamps: [rows] }, kernels });
  const [conclusion] = clockModelCheck.conclude(context, clockModelCheck.defaults);
  if (!conclusion) throw new Error("expected a conclusion");
  return conclusion;
}

/** Stamps by a clock that is off and drifts; messages take 2 ms and up to 3 ms more. */
function drive({ count = 600, periodMs = 100, offsetS = 0, driftPpm = 0, seed = 1, jitterS = 0.003 }): Frame[] {
  const random = randomStream(seed, "delay");
  return healthy(count, { periodMs }).map((frame, i) => {
    const t = (i * periodMs) / 1e3;
    const stamp = t + offsetS + driftPpm * 1e-6 * t;
    return {
      ...frame,
      stampNs: START_NS + BigInt(Math.round(stamp * 1e9)),
      logNs: START_NS + BigInt(Math.round((t + 0.002 + jitterS * random.uniform()) * 1e9)),
    };
  });
}

const kinds = ({ defects }: { readonly defects: readonly Defect[] }): readonly string[] => defects.map(({ kind }) => kind);
const figure = (conclusion: ReturnType<typeof ask>, name: string): number => Number(conclusion.observed[name]);

describe("time/clock-model", () => {
  test("a good clock passes, with its figures", () => {
    const result = ask(drive({}));
    expect([result.status, result.defects]).toEqual(["pass", []]);
    expect(figure(result, "offsetMs")).toBeCloseTo(3.5, 0);
    expect(Math.abs(figure(result, "driftPpm"))).toBeLessThan(1.5);
    expect(Math.abs(figure(result, "middleDriftPpm"))).toBeLessThan(6);
  });

  test.each([5, -20, 50, 100, -300])("a drift of %d ppm is measured", (driftPpm) => {
    const long = ask(drive({ count: 12_000, periodMs: 10, driftPpm }));
    expect(Math.abs(figure(long, "driftPpm") + driftPpm)).toBeLessThan(2);
    expect(Math.abs(figure(long, "middleDriftPpm") + driftPpm)).toBeLessThan(2);
    expect(kinds(long)).toEqual(Math.abs(driftPpm) > 150 ? ["clock-drift"] : []);
  });

  test("outliers leave the line alone", () => {
    const frames = drive({ count: 3000, periodMs: 20, driftPpm: 30 }).map((frame, i) =>
      i % 9 === 4 ? { ...frame, logNs: frame.logNs + 400_000_000n } : frame,
    );
    const result = ask(frames);
    expect(Math.abs(figure(result, "driftPpm") + 30)).toBeLessThan(4);
    expect(kinds(result)).toEqual([]);
  });

  test.each([
    [-3600, "1 h (time zone)"],
    [2 * 3600, "2 h (time zone)"],
    [-5.5 * 3600, "5.5 h (time zone)"],
    [-18, "18 leap seconds (GPS to UTC)"],
    [37, "37 leap seconds (TAI to UTC)"],
    [-(2 ** 32) / 1e9, null],
    [-(2 ** 32) / 1e6, "2^32 µs (a counter that wrapped)"],
    [-123.4, null],
  ])("a clock off by %d s is named", (offsetS, looksLike) => {
    const result = ask(drive({ offsetS }));
    const found = result.defects.map(({ kind, observed }) => [kind, observed["looksLike"] ?? null]);
    const isSeen = -offsetS > 10 || offsetS > 0.1;
    expect(found).toEqual(isSeen ? [["clock-offset", looksLike]] : []);
  });

  test("a clock that counts from power-on", () => {
    const result = ask(drive({}).map((frame) => ({ ...frame, stampNs: frame.stampNs - START_NS + 5_000_000_000n })));
    expect(result.defects.map(({ kind, observed }) => [kind, observed["looksLike"]])).toEqual([["clock-offset", "power-on clock"]]);
  });

  test("a clock that is set while recording", () => {
    const frames = drive({ driftPpm: 10 }).map((frame, i) => (i < 250 ? frame : { ...frame, stampNs: frame.stampNs + 80_000_000n }));
    const result = ask(frames);
    expect(result.defects.map(({ kind, frames: at }) => [kind, at])).toEqual([["clock-step", [250, 250]]]);
    expect(Number(result.defects[0]?.observed["stepMs"])).toBeCloseTo(-80, -1);
    const finding: Finding = {
      ...(result.defects[0] as Defect),
      signals: [],
      check: "time/clock-model",
      stream: "/lidar",
      fingerprint: "",
    };
    expect(clockModelCheck.describe(finding)).toMatch(/^the clock jumps by -\d+(\.\d+)? ms at frame 250$/);
  });

  test("the answer is the same whatever the cut", () => {
    const frames = drive({ driftPpm: 40 }).map((frame, i) => (i === 77 ? { ...frame, stampNs: 0n } : frame));
    const whole = ask(frames);
    for (const cuts of [[1], [77, 78], [100, 200, 300, 599]]) expect(ask(frames, {}, cuts)).toEqual(whole);
  });

  test("what cannot be answered", () => {
    const silent = (frames: readonly Frame[], info: Partial<StreamInfo> = {}) => {
      const { status, reason } = ask(frames, info);
      return [status, reason];
    };
    expect(silent(drive({ count: 10 }))).toEqual(["not_observable", "too few frames"]);
    expect(silent(drive({}).map((frame) => ({ ...frame, stampNs: 5n })))).toEqual(["not_observable", "too few frames"]);
    expect(silent(drive({}).map((frame) => ({ ...frame, stampNs: frame.logNs })))).toEqual([
      "not_observable",
      "stamps are the recorder's own",
    ]);
    expect(silent(drive({}), { stamps: "log" })).toEqual(["not_observable", "no stream with stamps of its own"]);
  });

  test("hostile stamps", () => {
    const frames = drive({}).map((frame, i) =>
      i === 9 ? { ...frame, stampNs: -(2n ** 63n) } : i === 400 ? { ...frame, logNs: 2n ** 63n - 1n } : frame,
    );
    expect(["pass", "fail", "not_observable"]).toContain(ask(frames).status);
  });
});

test("nameOffset: what is near nothing has no name", () => {
  expect([0.05, 100, 1000, 5000, 3700].map((offsetS) => nameOffset(offsetS, START_NS))).toEqual([null, null, null, null, null]);
});
