import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { association } from "../../src/checks/time/association.ts";
import { stampRows } from "../../src/columns/stamps.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { describeInput, openDescriptor } from "../../src/node/input.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import { jsonReport } from "../../src/report/json.ts";
import type { Rig } from "../../src/rig/rig.ts";
import type { Finding, StreamInfo } from "../../src/types.ts";
import { blockOf, censusOf, contextOf, cutBlock, healthy, joinedRows, SENSOR, START_NS } from "../blocks.ts";
import { memoryInput } from "../memory-input.ts";
import { sampleMcap } from "../sample-mcap.ts";
import { testShared } from "../shared-data.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

interface Given {
  readonly info: Partial<StreamInfo>;
  /** ms after the beginning. */
  readonly at: readonly number[];
}

function ask(given: readonly Given[], rig: Rig | null = null, cuts: readonly number[] = [], interrupted = false) {
  const pieces = given.map(({ info, at }, i) => {
    const frames = healthy(at.length).map((frame, k) => ({ ...frame, stampNs: START_NS + BigInt(Math.round((at[k] ?? 0) * 1e6)) }));
    const stream = { ...SENSOR, ...info };
    const block = blockOf(frames, i);
    const parts = cutBlock(
      block,
      cuts.filter((cut) => cut < at.length),
    ).map((piece) => stampRows.collect(piece, kernels, stream));
    return { census: censusOf(stream, block), rows: parts.length > 0 ? joinedRows(stampRows, parts) : null };
  });
  const context = contextOf(
    pieces.map(({ census }) => census),
    rig,
    interrupted,
    { collected: { stamps: pieces.map(({ rows }) => rows) }, kernels },
  );
  return association.conclude(context, association.defaults);
}

const every = (periodMs: number, count: number, firstMs = 0): number[] => Array.from({ length: count }, (_, i) => firstMs + i * periodMs);
const rigOf = (toleranceMs: number, between: readonly [string, string] = ["rgb", "depth"]): Rig => ({
  schema: "plumbline.rig/1",
  association: [{ between, toleranceMs }],
});
const RGB = (at: readonly number[]): Given => ({ info: { id: "rgb", kind: "image" }, at });
const DEPTH = (at: readonly number[]): Given => ({ info: { id: "depth", kind: "image" }, at });
const text = (finding: unknown): string => association.describe(finding as Finding);

describe("without a rig", () => {
  test("gaps to the reference are information", () => {
    const lidar: Given = { info: { id: "lidar", kind: "points" }, at: every(100, 50) };
    const [camera, ...others] = ask([RGB(every(50, 100, 7)), lidar]);
    expect(others).toEqual([]);
    expect(camera).toMatchObject({ status: "pass", reason: "information: the rig states no tolerance", stream: "rgb", defects: [] });
    expect(camera?.observed).toEqual({
      between: ["lidar", "rgb"],
      measure: "gap between nearest stamps",
      clock: "sensor",
      of: "lidar",
      frames: 50,
      inCommon: 50,
      pairs: 50,
      withinMs: 50,
      gapMedianMs: 7,
      gapP95Ms: 7,
      gapMaxMs: 7,
      pairGapMaxMs: 7,
      unmatched: 0,
      unmatchedOther: 50,
    });
  });

  test("it is blind to an offset, and says what it measures", () => {
    const poses: Given = { info: { id: "poses", kind: "pose" }, at: every(10, 3000) };
    const late = { ...poses, at: poses.at.map((at) => at + 1000) };
    const labels: Given = { info: { id: "labels", kind: "labels" }, at: every(100, 100, 5003) };
    const [honest, shifted] = [ask([poses, labels])[0], ask([late, labels])[0]];
    expect([honest?.observed["gapP95Ms"], shifted?.observed["gapP95Ms"]]).toEqual([3, 3]);
    expect(shifted?.observed["measure"]).toBe("gap between nearest stamps");
  });

  test("nothing to compare", () => {
    expect(ask([RGB(every(50, 10))])).toMatchObject([{ status: "not_observable", reason: "fewer than two streams of frames with stamps" }]);
    const nominal: Given = { info: { id: "labels", kind: "labels", stamps: "nominal" }, at: every(100, 10) };
    expect(ask([RGB(every(50, 10)), nominal])[0]?.status).toBe("not_observable");
    expect(ask([RGB(every(50, 10)), DEPTH(every(50, 10, 1e6))])).toMatchObject([{ status: "not_observable", reason: "no time in common" }]);
  });
});

describe("a tolerance in the rig", () => {
  test("kept", () => {
    expect(ask([RGB(every(33, 90)), DEPTH(every(33, 90, 12))], rigOf(20))).toMatchObject([{ status: "pass", defects: [] }]);
  });

  test("frames without a partner, run by run", () => {
    const depth = every(33, 90, 5).filter((_, i) => i !== 40 && (i < 60 || i > 62));
    const rgb = every(33, 80);
    const [answer] = ask([RGB(rgb), DEPTH(depth)], rigOf(20));
    expect(answer?.status).toBe("fail");
    expect(answer?.defects.map(({ kind, severity, stream, frames, observed }) => [kind, severity, stream, frames, observed])).toEqual([
      ["unmatched", "error", "rgb", [40, 40], { frames: 1, gapMs: 28 }],
      ["unmatched", "error", "rgb", [60, 62], { frames: 3, gapMs: 61 }],
    ]);
    expect(answer?.defects.map(text)).toEqual([
      "frame 40 has no partner in depth within 20 ms; the nearest stamp is up to 28 ms away",
      "frames 60 to 62 have no partner in depth within 20 ms; the nearest stamp is up to 61 ms away",
    ]);
  });

  test("each partner once; of the faster stream's frames most have none", () => {
    expect(ask([RGB(every(10, 300)), DEPTH(every(100, 30))], rigOf(4))).toMatchObject([
      { status: "pass", observed: { of: "depth", pairs: 30 } },
    ]);
    const [twice] = ask([RGB([0, 1, 100]), DEPTH([0, 50, 100, 150])], rigOf(20));
    expect(twice?.defects.map(({ frames }) => frames)).toEqual([[1, 1]]);
  });

  test("frames before the other begins are counted, not accused", () => {
    expect(ask([RGB(every(33, 90)), DEPTH(every(33, 120, 330))], rigOf(20))).toMatchObject([
      { status: "pass", observed: { inCommon: 80, unmatched: 10 } },
    ]);
  });

  test("no time in common", () => {
    const [answer] = ask([RGB(every(33, 90)), DEPTH(every(33, 90, 1e7))], rigOf(20));
    expect([answer?.status, answer?.defects.map(text)]).toEqual(["fail", ["rgb and depth have no time in common"]]);
  });

  test("equal stamps are within nothing, one nanosecond more is not", () => {
    expect(ask([RGB(every(33, 9)), DEPTH(every(33, 9))], rigOf(0))[0]?.status).toBe("pass");
    expect(ask([RGB(every(33, 9)), DEPTH(every(33, 9, 1e-6))], rigOf(0))[0]?.status).toBe("fail");
  });

  test("a stream that is not there", () => {
    expect(ask([RGB(every(33, 9))], rigOf(5))).toMatchObject([{ status: "not_observable", reason: "depth is not in the recording" }]);
    expect(ask([RGB(every(33, 9))], rigOf(5), [], true)).toMatchObject([{ status: "not_run" }]);
  });

  test("`poses` and `labels` name what a folder has", () => {
    const given: Given[] = [
      { info: { id: "odometry", kind: "pose" }, at: every(10, 100) },
      { info: { id: "boxes", kind: "labels" }, at: every(100, 9, 3) },
    ];
    expect(ask(given, rigOf(5, ["poses", "labels"]))).toMatchObject([{ status: "pass", observed: { of: "boxes", pairs: 9 } }]);
  });

  test("neighbours in time that are none in the file are told apart", () => {
    const [answer] = ask([RGB([0, 400, 100, 300, 200, 500]), DEPTH([0, 100, 500, 600, 700, 800])], rigOf(20));
    expect(answer?.defects.map(({ frames }) => frames)).toEqual([
      [4, 4],
      [3, 3],
      [1, 1],
    ]);
  });

  test("by the recorder's clock where one of them has no other", () => {
    const logged = (other: Given): Given => ({ ...other, info: { ...other.info, stamps: "log" } });
    const given = [RGB(every(100, 20)), logged(DEPTH(every(100, 20, 50)))] as const;
    // The frames of the test are logged alike, whatever their stamps.
    expect(ask(given, rigOf(1))).toMatchObject([{ status: "pass", observed: { clock: "log", gapMaxMs: 0 } }]);
  });

  test("stamps out of order find their partners; unset ones have none to find", () => {
    const rgb = [0, 66, 33, 99];
    expect(ask([RGB(rgb), DEPTH(every(33, 5, 2))], rigOf(5))).toMatchObject([{ status: "pass", observed: { pairs: 4 } }]);
    const unset = [...every(33, 5), -Number(START_NS) / 1e6];
    expect(ask([RGB(unset), DEPTH(every(33, 9))], rigOf(5))[0]?.observed["frames"]).toBe(5);
  });
});

test("the law of splits", () => {
  const times = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(times, times, fc.array(fc.integer({ min: 1, max: 29 }), { maxLength: 4 }), fc.boolean(), (a, b, cuts, stated) => {
      const rig = stated ? rigOf(20) : null;
      const sorted = [...new Set(cuts)].sort((x, y) => x - y);
      expect(ask([RGB(a), DEPTH(b)], rig, sorted)).toEqual(ask([RGB(a), DEPTH(b)], rig));
    }),
  );
});

testShared("the peer's associations: every pair, none beyond 20 ms, whatever the cut", async (shared) => {
  const folder = join(shared, "6-sync/tum-euroc-timestamps/associations");
  const names = ["fr1_xyz", "fr1_desk", "fr2_desk"];
  const rig: Rig = {
    schema: "plumbline.rig/1",
    association: names.map((name) => ({ between: [`${name}/rgb`, `${name}/depth`] as const, toleranceMs: 20 })),
  };
  const report = (spanBytes: number) =>
    runCheck(openDescriptor(describeInput(folder)), nodePlatform, inlineExecutor, { rig, spanBytes, checks: ["time/association"] });
  const whole = await report(1 << 20);
  const lines = names.map(
    (name) =>
      readFileSync(join(folder, `${name}.txt`), "utf8")
        .trimEnd()
        .split("\n").length,
  );
  expect(whole.verdicts.map(({ status, observed }) => [status, observed["pairs"], observed["unmatched"]])).toEqual(
    lines.map((pairs) => ["pass", pairs, 0]),
  );
  // As the peer's lists have them, to a tenth of a millisecond.
  expect(whole.verdicts.map(({ observed }) => Number(Number(observed["pairGapMaxMs"]).toFixed(1)))).toEqual([17.2, 19.7, 19.9]);
  expect(jsonReport(await report(5000))).toEqual(jsonReport(whole));
});

test("stamps are kept of streams that are compared, and no others", () => {
  const { appliesTo } = stampRows;
  const plain: StreamInfo = { ...SENSOR, id: "can", kind: "bytes", stamps: "log" };
  expect(appliesTo(plain, [])).toBe(false);
  expect(appliesTo(plain, ["lidar"])).toBe(false);
  expect(appliesTo(plain, ["can"])).toBe(true);
  expect(appliesTo({ ...plain, stamps: "sensor" }, [])).toBe(true);
  expect(appliesTo({ ...plain, kind: "image" }, [])).toBe(true);
});

test("plain messages by the recorder's clock are compared where the rig says so", async () => {
  const input = memoryInput("sample.mcap", { "sample.mcap": await sampleMcap() });
  const report = (rig?: Rig) => runCheck(input, nodePlatform, inlineExecutor, { rig, checks: ["time/association"] });
  expect((await report()).verdicts.map(({ status }) => status)).toEqual(["not_observable"]);
  const [verdict] = (await report(rigOf(1, ["/camera", "/odom"]))).verdicts;
  expect([verdict?.status, verdict?.observed["pairs"]]).toEqual(["pass", 60]);
});
