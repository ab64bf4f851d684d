import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { sweepTiming } from "../../src/checks/points/sweep-timing.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import type { RigStream } from "../../src/rig/rig.ts";
import { randomStream } from "../../src/simulate/random.ts";
import { av2 } from "../../src/sources/folders/av2.ts";
import type { Block, Finding, PointTable, PointTime, StreamInfo } from "../../src/types.ts";
import { blockOf, censusOf, contextOf, folded, healthy, lookOf, START_NS } from "../blocks.ts";
import { describeShared } from "../shared-data.ts";
import { diskInput, readAll } from "../sources/read-all.ts";
import { SPOILS, type SweepPoint, sweep } from "../sweep.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

interface How {
  readonly rig?: Omit<RigStream, "id">;
  readonly time?: PointTime;
  readonly hasRing?: boolean;
  readonly hasTime?: boolean;
  /** Units of the time field in a second. */
  readonly perSecond?: number;
  readonly periodNs?: bigint;
  readonly cut?: number;
}

function infoOf(rig?: How["rig"]): StreamInfo {
  return { id: "/lidar", kind: "points", type: "points", stamps: "sensor", sequenced: false, ...(rig && { rig }) } as StreamInfo;
}

/** What the check says of these sweeps: f32 x y z, f64 t, u8 ring. */
function ask(sweeps: readonly (readonly SweepPoint[])[], how: How = {}) {
  const { rig, time, hasRing = true, hasTime = true, perSecond = 1, periodNs = 100_000_000n, cut = 0 } = how;
  kernels.release();
  const info = infoOf(rig);
  const stride = 21;
  const tables = sweeps.map((points, frame): PointTable => {
    const view = new DataView(new ArrayBuffer(stride * points.length));
    for (const [i, point] of points.entries()) {
      for (const [d, value] of [point.x, point.y, point.z].entries()) view.setFloat32(stride * i + 4 * d, value, true);
      view.setFloat64(stride * i + 12, point.time * perSecond, true);
      view.setUint8(stride * i + 20, point.laser);
    }
    const xyz = (["x", "y", "z"] as const).map((name, d) => ({ name, offset: 4 * d, type: "f32" as const }));
    const fields = [
      ...xyz,
      ...(hasTime ? [{ name: "t", offset: 12, type: "f64" as const }] : []),
      ...(hasRing ? [{ name: "ring", offset: 20, type: "u8" as const }] : []),
    ];
    const pointer = kernels.put(new Uint8Array(view.buffer));
    return { frame, count: points.length, pointer, stride, bigEndian: false, fields, ...(time && { time }) };
  });
  const frames = healthy(sweeps.length).map((one, f) => ({ ...one, stampNs: START_NS + BigInt(f) * periodNs }));
  const block: Block = { ...blockOf(frames, 0), points: tables };
  const part = (from: number, to: number): Block => ({
    ...block,
    frames: { ...block.frames, count: to - from, stampNs: block.frames.stampNs.slice(from, to) },
    points: tables.filter(({ frame }) => frame >= from && frame < to).map((one) => ({ ...one, frame: one.frame - from })),
  });
  const parts = cut > 0 ? [part(0, cut), part(cut, sweeps.length)] : [block];
  const summary = folded(sweepTiming, parts, lookOf(info, { kernels }));
  return sweepTiming.answer(summary, censusOf(info, block), contextOf([censusOf(info, block)], null, false, { kernels }), {});
}

const said = (answer: ReturnType<typeof ask>): readonly string[] =>
  answer.defects.map(({ kind, frames }) => `${kind} ${frames?.join("-")}`);
const good = (count = 4): SweepPoint[][] => Array.from({ length: count }, (_, seed) => sweep({ seed, axis: [0.4, 0.1] }));
const spoiled = (name: string, at: readonly number[], sweeps = good()): SweepPoint[][] => {
  for (const frame of at) SPOILS[name]?.(sweeps[frame] ?? [], randomStream(frame, name));
  return sweeps;
};

test("good sweeps pass, and say how the sensor spins", () => {
  for (const hasRing of [true, false]) {
    const answer = ask(good(), { hasRing });
    expect([answer.status, said(answer)]).toEqual(["pass", []]);
    expect(answer.coverage).toEqual({ items: 4, checked: 4 });
    expect(answer.observed).toMatchObject({ sweeps: 4, spin: "clockwise" });
    expect(Number(answer.observed["periodMs"])).toBeCloseTo(100, 0);
  }
});

test("times that are one and the same are, also beside some that are none", () => {
  const sweeps = spoiled("zeroed", [2]);
  for (const [i, point] of (sweeps[2] ?? []).entries()) if (i % 1000 === 7) point.time = Number.POSITIVE_INFINITY;
  expect(said(ask(sweeps))).toEqual(["times-constant 2-2"]);
});

describe("spoiled times are named, in the sweeps they are in", () => {
  const names: Readonly<Record<string, string>> = {
    zeroed: "times-constant",
    "a tenth zeroed": "times-stuck",
    shuffled: "times-shuffled",
    "a tenth shuffled": "times-shuffled",
    "counted from each packet": "times-of-packet",
    "one laser late": "late-laser",
  };
  for (const [name, kind] of Object.entries(names)) {
    test(name, () => {
      const answer = ask(spoiled(name, [1, 2]));
      expect(said(answer)).toEqual([`${kind} 1-2`]);
      expect(answer.status).toBe("fail");
      expect(sweepTiming.describe({ ...answer.defects[0], check: sweepTiming.id, stream: "/lidar" } as unknown as Finding)).toMatch(
        /^sweeps 1 to 2: /,
      );
      expect(ask(spoiled(name, [1, 2]), { cut: 2 })).toEqual(answer);
    });
  }

  test("a late laser is named with its number and by how much", () => {
    expect(ask(spoiled("one laser late", [0, 1, 2, 3])).defects[0]?.observed).toMatchObject({ laser: 5, lateMs: expect.closeTo(5, -1) });
  });

  test("another unit than the format or the rig states", () => {
    const time = { field: "t", unit: "us" } as const;
    expect(said(ask(good(), { perSecond: 1e9, time }))).toEqual(["wrong-unit 0-3"]);
    expect(ask(good(), { perSecond: 1e9, time }).defects[0]?.observed).toEqual({ factor: 1000 });
    expect(said(ask(good(), { perSecond: 1e3, rig: { pointTimeUnit: "s" } }))).toEqual(["wrong-unit 0-3"]);
    expect(said(ask(good(), { perSecond: 1e9, rig: { pointTimeUnit: "ns" } }))).toEqual([]);
    expect(said(ask(good(), { perSecond: 1e9 }))).toEqual([]);
  });

  test("another moment than the stamp", () => {
    const late = good().map((points) => points.map((point) => ({ ...point, time: point.time + 0.25 })));
    expect(said(ask(late))).toEqual(["wrong-reference 0-3"]);
    const epoch = good().map((points) => points.map((point) => ({ ...point, time: point.time + 5000 })));
    expect(said(ask(epoch))).toEqual(["wrong-reference 0-3"]);
    const absolute = good().map((points, f) => points.map((point) => ({ ...point, time: point.time + Number(START_NS) / 1e9 + 0.1 * f })));
    expect(said(ask(absolute))).toEqual([]);
  });

  test("another moment than the rig states", () => {
    expect(said(ask(good(), { rig: { stampReference: "start" } }))).toEqual([]);
    expect(said(ask(good(), { rig: { stampReference: "end" } }))).toEqual(["wrong-reference 0-3"]);
    expect(said(ask(good(), { rig: { stampReference: "middle" } }))).toEqual(["wrong-reference 0-3"]);
  });

  test("against the spin the rig states", () => {
    expect(said(ask(good(), { rig: { spin: "counterclockwise" } }))).toEqual(["reversed 0-3"]);
    expect(said(ask(good(), { rig: { spin: "clockwise" } }))).toEqual([]);
  });
});

describe("not told", () => {
  test("no times", () =>
    expect(ask(good(), { hasTime: false })).toMatchObject({ status: "not_run", reason: "points have no time of their own" }));
  test("few points", () => {
    const answer = ask(good().map((points) => points.slice(0, 100)));
    expect(answer).toMatchObject({ status: "not_observable", reason: "fewer than 200 points a sweep" });
  });
  test("a sensor that does not spin", () => {
    const random = randomStream(9, "solid");
    const solid = good().map((points) => points.map((one) => ({ ...one, x: 10 + random.uniform(), y: random.between(-9, 9) })));
    expect(ask(solid)).toMatchObject({ status: "not_observable" });
  });
  test("a sensor that looks one way, whatever its times", () => {
    const ahead = spoiled("shuffled", [0, 1, 2, 3]).map((points) => points.filter(({ x, y }) => x > Math.abs(y)));
    expect(ask(ahead)).toMatchObject({ status: "not_observable", defects: [] });
  });
  test("a survey by GPS time", () => {
    const answer = ask(spoiled("shuffled", [0, 1, 2, 3]), { time: { field: "t", unit: "s", reference: "gps-week" } });
    expect(answer).toMatchObject({ status: "not_run", reason: "no sweeps: points of a survey, or not in rows this check reads" });
  });
  test("no points", () => expect(ask([[], []])).toMatchObject({ defects: [] }));
});

describeShared("recorded clouds", (shared) => {
  const clouds = async (): Promise<Readonly<Record<string, readonly SweepPoint[]>>> => {
    const { streams } = await readAll(av2, diskInput(join(shared, "2-lidar/av2/7fab2350")));
    const half = (bits: number): number => {
      const [sign, exponent, mantissa] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
      return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
    };
    const argoverse = (streams["sensors/lidar"]?.points ?? []).map(({ rows, count, stride }) => {
      const view = new DataView(rows.buffer, rows.byteOffset);
      return Array.from({ length: count }, (_, i): SweepPoint => {
        const [x = 0, y = 0, z = 0] = [0, 2, 4].map((d) => half(view.getUint16(stride * i + d, true)));
        return { x, y, z, laser: view.getUint8(stride * i + 7), time: view.getInt32(stride * i + 8, true) / 1e9 };
      });
    });
    const file = (name: string): Buffer => readFileSync(join(shared, "2-lidar/newer-college-deskew", name));
    const [raw, deskewed, times] = [file("raw_00.bin"), file("deskewed_00.bin"), file("times_00.bin")];
    const college = [raw, deskewed].map((cloud) =>
      Array.from({ length: times.length / 4 }, (_, i): SweepPoint => {
        const [x = 0, y = 0, z = 0] = [0, 4, 8].map((d) => cloud.readFloatLE(12 * i + d));
        return { x, y, z, laser: 0, time: times.readFloatLE(4 * i) };
      }),
    );
    const [first = [], second = []] = argoverse;
    return {
      "Argoverse 2, first": first,
      "Argoverse 2, second": second,
      "Newer College, raw": college[0] ?? [],
      "Newer College, deskewed": college[1] ?? [],
    };
  };

  test("good ones pass; spoiled ones are named as what they are", async () => {
    const kinds = ["times-constant", "times-stuck", "times-shuffled", "times-shuffled", "times-of-packet", "late-laser"];
    for (const [name, points] of Object.entries(await clouds())) {
      const hasRing = name.startsWith("Argoverse");
      expect([name, said(ask([points], { hasRing }))]).toEqual([name, []]);
      for (const [k, [spoil, apply]] of Object.entries(SPOILS).entries()) {
        if (spoil === "one laser late" && !hasRing) continue;
        const copy = points.map((point) => ({ ...point }));
        apply(copy, randomStream(k, name));
        expect([name, spoil, said(ask([copy], { hasRing }))]).toEqual([name, spoil, [`${kinds[k]} 0-0`]]);
      }
    }
  });
});
