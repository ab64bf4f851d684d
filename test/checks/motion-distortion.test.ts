import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { motionDistortion } from "../../src/checks/points/motion-distortion.ts";
import { type PoseRows, poseRows } from "../../src/columns/poses.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { describeInput, openDescriptor } from "../../src/node/input.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import type { RigStream } from "../../src/rig/rig.ts";
import type { Block, Finding, PointTable, StreamInfo } from "../../src/types.ts";
import { blockOf, censusOf, contextOf, folded, healthy, lookOf, START_NS } from "../blocks.ts";
import { ROOM_PERIOD_S, type RoomOptions, sweepRoom } from "../room.ts";
import { describeShared, testShared } from "../shared-data.ts";
import type { SweepPoint } from "../sweep.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const POSES: StreamInfo = { id: "/pose", kind: "pose", type: "pose", stamps: "sensor", sequenced: false };
const PERIOD_NS = 100_000_000n;
const NONE = { status: "not_observable", defects: [] };

interface How {
  readonly rig?: Omit<RigStream, "id">;
  readonly hasPoses?: boolean;
  readonly hasRing?: boolean;
  readonly hasTime?: boolean;
  readonly cut?: number;
}

/** A drive: its speed, how it turns in each sweep, and the clouds. */
interface Drive {
  readonly sweeps: readonly (readonly SweepPoint[])[];
  /** Heading and place when each sweep begins, one more than sweeps. */
  readonly way: readonly { readonly x: number; readonly y: number; readonly heading: number }[];
}

/** Sweep after sweep, the vehicle goes straight while one lasts, and turns its head. */
function drive(options: RoomOptions & { readonly yawRates?: readonly number[] }, count = 8): Drive {
  const way = [{ x: -30, y: 0, heading: options.heading ?? 0 }];
  const sweeps: SweepPoint[][] = [];
  for (let i = 0; i < count; i++) {
    const here = way[i] ?? { x: 0, y: 0, heading: 0 };
    const yawRate = options.yawRates?.[i % options.yawRates.length] ?? options.yawRate ?? 0;
    sweeps.push(sweepRoom({ ...options, ...here, yawRate, seed: i }));
    const step = (options.speed ?? 0) * ROOM_PERIOD_S;
    const heading = here.heading + yawRate * ROOM_PERIOD_S;
    way.push({ x: here.x + step * Math.cos(here.heading), y: here.y + step * Math.sin(here.heading), heading });
  }
  return { sweeps, way };
}

function ask({ sweeps, way }: Drive, how: How = {}) {
  const { rig, hasPoses = true, hasRing = true, hasTime = true, cut = 0 } = how;
  kernels.release();
  const info = { id: "/lidar", kind: "points", type: "points", stamps: "sensor", sequenced: false, ...(rig && { rig }) } as StreamInfo;
  const stride = 17;
  const tables = sweeps.map((points, frame): PointTable => {
    const view = new DataView(new ArrayBuffer(stride * points.length));
    for (const [i, point] of points.entries()) {
      for (const [d, value] of [point.x, point.y, point.z].entries()) view.setFloat32(stride * i + 4 * d, value, true);
      view.setUint32(stride * i + 12, Math.round(1e9 * point.time), true);
      view.setUint8(stride * i + 16, point.laser);
    }
    const fields = [
      ...(["x", "y", "z"] as const).map((name, d) => ({ name, offset: 4 * d, type: "f32" as const })),
      ...(hasTime ? [{ name: "t", offset: 12, type: "u32" as const }] : []),
      ...(hasRing ? [{ name: "ring", offset: 16, type: "u8" as const }] : []),
    ];
    return { frame, count: points.length, pointer: kernels.put(new Uint8Array(view.buffer)), stride, bigEndian: false, fields };
  });
  const frames = healthy(sweeps.length).map((one, f) => ({ ...one, stampNs: START_NS + BigInt(f) * PERIOD_NS }));
  const block: Block = { ...blockOf(frames, 0), points: tables };
  const part = (from: number, to: number): Block => ({
    ...block,
    frames: { ...block.frames, count: to - from, stampNs: block.frames.stampNs.slice(from, to) },
    points: tables.filter(({ frame }) => frame >= from && frame < to).map((one) => ({ ...one, frame: one.frame - from })),
  });
  const parts = cut > 0 ? [part(0, cut), part(cut, sweeps.length)] : [block];
  const columns = {
    count: way.length,
    frame: Int32Array.from(way, (_, i) => i),
    stampNs: BigInt64Array.from(way, (_, i) => START_NS + BigInt(i) * PERIOD_NS),
    xyz: Float64Array.from(way.flatMap(({ x, y }) => [x, y, 0])),
    quaternion: Float64Array.from(way.flatMap(({ heading }) => [0, 0, Math.sin(heading / 2), Math.cos(heading / 2)])),
  };
  const poses: PoseRows | null = hasPoses ? [{ frames: way.length, columns }] : null;
  const options = motionDistortion.defaults;
  const look = lookOf(info, { options, streams: [info, POSES], collected: { [poseRows.id]: [null, poses] }, kernels });
  const summary = folded(motionDistortion, parts, look);
  const context = { ...contextOf([censusOf(info, block)], null, false, { kernels }), seen: look.seen };
  return motionDistortion.answer(structuredClone(summary), censusOf(info, block), context, options);
}

const kindsOf = (answer: ReturnType<typeof ask>): readonly string[] => answer.defects.map(({ kind, severity }) => `${severity} ${kind}`);
const said = (answer: ReturnType<typeof ask>): string =>
  motionDistortion.describe({ ...answer.defects[0], check: motionDistortion.id, stream: "/lidar" } as unknown as Finding);

describe("by the poses", () => {
  const TURNING = [0, 0.4, -0.4, 0.2, -0.3];

  test("how far motion bends a sweep", () => {
    const { observed } = ask(drive({ speed: 10 }));
    const { median, most } = observed["boundM"] as { median: number; most: number };
    expect([median, most]).toEqual([expect.closeTo(1, 1), expect.closeTo(1, 1)]);
    const turning = ask(drive({ speed: 10, yawRate: 0.2 })).observed["boundM"] as { median: number };
    expect(turning.median).toBeCloseTo(1 + 0.02 * 50, 1);
  });

  test("as measured: said as information, and an error where the rig says deskewed", () => {
    const it = drive({ speed: 10, yawRates: TURNING });
    const silent = ask(it);
    expect([silent.status, silent.observed["deskewed"], kindsOf(silent)]).toEqual(["pass", "no", ["info distorted"]]);
    expect(said(silent)).toMatch(/^motion bends a sweep by up to \d\.\d+ m \(p95 .* and that is not taken out$/);
    expect(ask(it, { rig: { deskewed: false } })).toMatchObject({ status: "pass", defects: [] });
    const claimed = ask(it, { rig: { deskewed: true } });
    expect([claimed.status, kindsOf(claimed)]).toEqual(["fail", ["error not-deskewed"]]);
    expect(claimed.defects[0]).toMatchObject({ frames: [0, 7], expected: { deskewed: true } });
    expect(said(claimed)).toMatch(/^points are where they were measured, the rig says deskewed; motion bends/);
  });

  test("moved to one moment: as the rig says, or not", () => {
    const it = drive({ speed: 10, yawRates: TURNING, removed: "all" });
    expect(ask(it)).toMatchObject({ status: "pass", observed: { deskewed: "yes" }, defects: [] });
    expect(ask(it, { rig: { deskewed: true } })).toMatchObject({ status: "pass", defects: [] });
    const denied = ask(it, { rig: { deskewed: false } });
    expect([denied.status, kindsOf(denied)]).toEqual(["fail", ["error already-deskewed"]]);
    expect(said(denied)).toMatch(/already moved/);
    for (const [name, share] of [
      ["wayRemoved", 1],
      ["turnRemoved", 1],
    ] as const)
      expect(ask(it).observed[name]).toBeCloseTo(share, 1);
  });

  test("only turns, or only the way", () => {
    for (const [removed, words] of [
      ["turns", /^only turns were taken out/],
      ["way", /^only the way driven was taken out/],
    ] as const) {
      const it = drive({ speed: 10, yawRates: TURNING, removed });
      expect(ask(it).observed["deskewed"]).toBe("partly");
      const claimed = ask(it, { rig: { deskewed: true } });
      expect(kindsOf(claimed)).toEqual(["error partly-deskewed"]);
      expect(said(claimed)).toMatch(words);
      expect(kindsOf(ask(it, { rig: { deskewed: false } }))).toEqual(["error already-deskewed"]);
    }
  });

  test("lasers that are not named, and a sensor that looks aside", () => {
    for (const removed of ["nothing", "all"] as const) {
      const it = drive({ speed: 10, removed, mount: [1.1, 0.2, 0] });
      expect([removed, ask(it, { hasRing: false }).observed["deskewed"]]).toEqual([removed, removed === "all" ? "yes" : "no"]);
      const aside = { ...it, sweeps: it.sweeps.map((points) => points.map((one) => ({ ...one, x: -one.y, y: one.x }))) };
      expect([removed, ask(aside).observed["deskewed"]]).toEqual([removed, removed === "all" ? "yes" : "no"]);
    }
  });

  test("a vehicle that creeps tells nothing", () => {
    const it = drive({ speed: 0.02 }, 3);
    const reason = "the vehicle moves too little while a sweep lasts to see whether its points were deskewed";
    expect(ask(it, { rig: { deskewed: true } })).toMatchObject({ ...NONE, reason });
    expect(ask(it)).toMatchObject({ status: "pass", reason, defects: [] });
  });

  test("points without times: a bound from the period, and no more", () => {
    const answer = ask(drive({ speed: 10 }), { hasTime: false });
    expect(answer).toMatchObject({ status: "pass", observed: { deskewed: "unknown" }, defects: [] });
    expect(answer.reason).toMatch(/^points have no time of their own/);
    expect((answer.observed["boundM"] as { median: number }).median).toBeCloseTo(1, 1);
    expect(ask(drive({ speed: 10 }), { hasTime: false, rig: { deskewed: true } })).toMatchObject(NONE);
  });

  test("however it is cut", () => {
    const it = drive({ speed: 10, yawRates: TURNING });
    for (const cut of [1, 4, 7]) expect(ask(it, { cut })).toEqual(ask(it));
  });
});

describe("without poses, by where the ends of a sweep meet", () => {
  const how = { hasPoses: false, hasRing: false };
  // The wall ahead is where sweeps begin and end.
  const AHEAD = { heading: 0.9, speed: 8 };

  test("as measured while it moved", () => {
    const answer = ask(drive(AHEAD), { ...how, rig: { deskewed: true } });
    expect([answer.status, kindsOf(answer)]).toEqual(["fail", ["error not-deskewed"]]);
    expect(said(answer)).toMatch(/walls meet themselves 0\.\d+ m beside where they are$/);
    expect(ask(drive(AHEAD), how)).toMatchObject({ status: "pass", reason: "no poses: how far motion bends a sweep is not known" });
  });
  test("moved to one moment", () => {
    const shaken = drive({ speed: 1, pitchRate: 0.2, removed: "all" });
    expect(ask(shaken, how).observed["deskewed"]).toBe("yes");
    expect(kindsOf(ask(shaken, { ...how, rig: { deskewed: false } }))).toEqual(["error already-deskewed"]);
  });
  test("at rest: not told", () => {
    for (const deskewed of [true, false]) {
      const reason = "no poses, and the sweeps alone do not tell whether the sensor moved";
      expect(ask(drive({}), { ...how, rig: { deskewed } })).toMatchObject({ ...NONE, reason });
    }
  });
  test("no sweeps", () => expect(ask({ sweeps: [[], []], way: [] }, how)).toMatchObject({ defects: [] }));
});

testShared("Argoverse 2 was moved to one moment, and at 0.7 and 0.9 m/s that is seen", async (shared) => {
  const input = openDescriptor(describeInput(join(shared, "2-lidar/av2/7fab2350")));
  const { verdicts } = await runCheck(input, nodePlatform, inlineExecutor, { catalogue: [motionDistortion], level: 1 });
  expect(verdicts).toMatchObject([{ status: "pass", observed: { deskewed: "yes", wayRemoved: expect.closeTo(1, 1) } }]);
});

describeShared("Newer College, one sweep of a hand-held sensor, no poses", (shared) => {
  const cloud = (name: string): Drive => {
    const file = (of: string): Buffer => readFileSync(join(shared, "2-lidar/newer-college-deskew", of));
    const [points, times] = [file(name), file("times_00.bin")];
    const at = (i: number, d: number): number => points.readFloatLE(12 * i + 4 * d);
    const sweep = Array.from({ length: times.length / 4 }, (_, i) => ({
      ...{ x: at(i, 0), y: at(i, 1), z: at(i, 2), laser: 0, time: times.readFloatLE(4 * i) },
    }));
    return { sweeps: [sweep], way: [] };
  };
  const how = { hasPoses: false, hasRing: false };

  test("raw is reported as measured, and a claim that it is deskewed is refused", () => {
    expect(ask(cloud("raw_00.bin"), how).observed).toMatchObject({ deskewed: "no", wallsDisplacedM: expect.closeTo(1, 1) });
    expect(kindsOf(ask(cloud("raw_00.bin"), { ...how, rig: { deskewed: true } }))).toEqual(["error not-deskewed"]);
    expect(ask(cloud("raw_00.bin"), { ...how, rig: { deskewed: false } })).toMatchObject({ status: "pass", defects: [] });
  });
  test("the peer's deskewed cloud is reported as deskewed", () => {
    expect(ask(cloud("deskewed_00.bin"), how).observed["deskewed"]).toBe("yes");
    expect(ask(cloud("deskewed_00.bin"), { ...how, rig: { deskewed: true } })).toMatchObject({ status: "pass", defects: [] });
    expect(kindsOf(ask(cloud("deskewed_00.bin"), { ...how, rig: { deskewed: false } }))).toEqual(["error already-deskewed"]);
  });
});
