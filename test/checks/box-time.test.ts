import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { boxTime } from "../../src/checks/points/box-time.ts";
import type { LabelRow } from "../../src/columns/builder.ts";
import { labelRows } from "../../src/columns/labels.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { describeInput, openDescriptor } from "../../src/node/input.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import type { Block, Finding, PointTable, StreamInfo } from "../../src/types.ts";
import { blockOf, censusOf, contextOf, folded, healthy, lookOf, START_NS } from "../blocks.ts";
import { testShared } from "../shared-data.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const LIDAR: StreamInfo = { id: "/lidar", kind: "points", type: "points", stamps: "sensor", sequenced: false };
const LABELS: StreamInfo = { id: "/labels", kind: "labels", type: "boxes", stamps: "sensor", sequenced: false };
const PERIOD_NS = 100_000_000n;

interface Drive {
  readonly sweeps?: number;
  /** m/s. */
  readonly speed?: number;
  /** Time of each point after the stamp, s, by its place in the cloud (0 to 1). */
  readonly time?: (share: number) => number;
  /** Metres the labels are beside the points. */
  readonly beside?: number;
  readonly hasTime?: boolean;
  /** Stamps of labels after those of sweeps. */
  readonly labelsLaterNs?: bigint;
}

/** Twelve cars, each hit by ten points, in sweeps of f32 x y z and u32 microseconds. */
function drive({ sweeps = 6, speed = 10, time = (share) => 0.1 * share, beside = 0, hasTime = true, labelsLaterNs = 0n }: Drive) {
  const cars = 12;
  const per = 10;
  const stride = 16;
  const xOf = (car: number, frame: number): number => 6 * car + speed * 0.1 * frame;
  const tables: PointTable[] = [];
  for (let frame = 0; frame < sweeps; frame++) {
    const rows = new DataView(new ArrayBuffer(stride * cars * per));
    for (let i = 0; i < cars * per; i++) {
      rows.setFloat32(stride * i, xOf(Math.floor(i / per), frame) + 0.1 * (i % per), true);
      rows.setFloat32(stride * i + 4, 0.05 * (i % 7), true);
      rows.setUint32(stride * i + 12, Math.round(1e6 * time(i / (cars * per - 1))), true);
    }
    const pointer = kernels.put(new Uint8Array(rows.buffer));
    const xyz = (["x", "y", "z"] as const).map((name, d) => ({ name, offset: 4 * d, type: "f32" as const }));
    const fields = hasTime ? [...xyz, { name: "t", offset: 12, type: "u32" as const }] : xyz;
    tables.push({ frame, count: cars * per, pointer, stride, bigEndian: false, fields });
  }
  const boxes = (frame: number): Omit<LabelRow, "frame">[] =>
    Array.from({ length: cars }, (_, car) => ({
      ...{ track: `car ${car}`, class: "car", box3d: [xOf(car, frame) + 0.5 + beside, 0, 0, 4, 2, 1.5, 0] as const },
    }));
  const frames = healthy(sweeps).map((one, f) => ({ ...one, stampNs: START_NS + BigInt(f) * PERIOD_NS }));
  const points: Block = { ...blockOf(frames, 0), points: tables };
  const labels = blockOf(frames.map((one, f) => ({ ...one, stampNs: one.stampNs + labelsLaterNs, boxes: boxes(f) })));
  return { points, labels };
}

function ask(it: ReturnType<typeof drive>, cut = 0, labelled = true) {
  const pieces = labelled ? structuredClone(labelRows.collect(it.labels, kernels, LABELS)) : null;
  const options = boxTime.defaults;
  const look = lookOf(LIDAR, { options, streams: [LIDAR, LABELS], collected: { labels: [null, pieces], poses: [null, null] }, kernels });
  const { frames, points = [] } = it.points;
  const part = (from: number, to: number): Block => ({
    ...it.points,
    frames: { ...frames, count: to - from, stampNs: frames.stampNs.slice(from, to) },
    points: points.filter(({ frame }) => frame >= from && frame < to).map((one) => ({ ...one, frame: one.frame - from })),
  });
  const parts = cut > 0 ? [part(0, cut), part(cut, frames.count)] : [it.points];
  const summary = folded(boxTime, parts, look);
  const context = { ...contextOf([censusOf(LIDAR, it.points)], null, false, { kernels }), seen: look.seen };
  return boxTime.answer(summary, censusOf(LIDAR, it.points), context, boxTime.defaults);
}

describe("moving cars", () => {
  test("points of a sweep that begins with the label come late, by what they moved", () => {
    const answer = ask(drive({}));
    expect(answer.status).toBe("pass");
    expect(answer.observed).toMatchObject({ boxes: 72, boxesWithPoints: 72, movingBoxes: 48 });
    const { lateMs, offM } = answer.observed as { lateMs: { median: number }; offM: { median: number } };
    expect(lateMs.median).toBeGreaterThan(40);
    expect(lateMs.median).toBeLessThan(60);
    expect(offM.median).toBeCloseTo(lateMs.median / 100, 2);
    expect(answer.defects).toMatchObject([{ kind: "points-off-label", severity: "info" }]);
    const said = boxTime.describe({ ...answer.defects[0], check: boxTime.id, stream: LIDAR.id } as unknown as Finding);
    expect(said).toMatch(/^points of moving objects come \d\d\.\d ms \(.* after their labels' stamps: 0\.\d+ m beside them/);
  });

  test("labels in the middle of the sweep", () => {
    const answer = ask(drive({ time: (share) => 0.1 * share }));
    const centred = ask(drive({ time: (share) => (share < 0.5 ? 0 : 0.02) }));
    expect(answer.defects).toHaveLength(1);
    expect((centred.observed["offM"] as { median: number }).median).toBeLessThanOrEqual(0.2);
  });

  test("labels with stamps of their own", () => {
    const late = (it: Drive): number => (ask(drive(it)).observed["lateMs"] as { median: number }).median;
    expect(late({ labelsLaterNs: 20_000_000n })).toBeCloseTo(late({}) - 20, 5);
  });

  test("however it is cut", () => {
    for (const cut of [1, 3, 5]) expect(ask(drive({}), cut)).toEqual(ask(drive({})));
  });
});

describe("not told", () => {
  const cases: readonly (readonly [string, Drive, string, string])[] = [
    ["objects that stand", { speed: 0 }, "not_observable", "fewer than 10 labelled objects with points move"],
    [
      "labels elsewhere",
      { beside: 500, sweeps: 4 },
      "not_observable",
      "0 of 48 boxes hold points: labels may be in another frame of reference",
    ],
    ["no times", { hasTime: false }, "not_run", "points have no time, or one whose unit and reference nobody states"],
    ["times that are all the same", { time: () => 0 }, "not_run", "points have no time, or one whose unit and reference nobody states"],
  ];
  for (const [name, how, status, reason] of cases) {
    test(name, () => {
      const answer = ask(drive(how));
      expect([answer.status, answer.defects]).toEqual([status, []]);
      expect(answer.reason).toMatch(new RegExp(reason));
    });
  }

  test("no labels", () => expect(ask(drive({}), 0, false)).toMatchObject({ status: "not_run", reason: "no 3D labels with tracks" }));
});

testShared("Argoverse 2: points come 39 to 91 ms after the sweep's stamp, which is the label's", async (shared) => {
  const input = openDescriptor(describeInput(join(shared, "2-lidar/av2/7fab2350")));
  const { verdicts } = await runCheck(input, nodePlatform, inlineExecutor, { catalogue: [boxTime], level: 1 });
  expect(verdicts).toMatchObject([
    {
      ...{ stream: "sensors/lidar", status: "pass" },
      observed: { boxes: 162, boxesWithPoints: 96, movingBoxes: 25, lateMs: { p5: 39.6, median: 67.9, p95: 91.2 } },
    },
  ]);
});
