import { beforeAll, describe, expect, test } from "vitest";
import { sweepShape } from "../../src/checks/points/sweep-shape.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import type { Block, Finding, PointTable, StreamInfo } from "../../src/types.ts";
import { blockOf, censusOf, contextOf, folded, healthy, lookOf, START_NS } from "../blocks.ts";
import { type SweepPoint, sweep } from "../sweep.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const LIDAR: StreamInfo = { id: "/lidar", kind: "points", type: "points", stamps: "sensor", sequenced: false };

/** What the check says of these sweeps: f32 x y z, u8 ring. */
function ask(sweeps: readonly (readonly SweepPoint[])[], cut = 0) {
  kernels.release();
  const stride = 13;
  const tables = sweeps.map((points, frame): PointTable => {
    const view = new DataView(new ArrayBuffer(stride * points.length));
    for (const [i, point] of points.entries()) {
      for (const [d, value] of [point.x, point.y, point.z].entries()) view.setFloat32(stride * i + 4 * d, value, true);
      view.setUint8(stride * i + 12, point.laser);
    }
    const xyz = (["x", "y", "z"] as const).map((name, d) => ({ name, offset: 4 * d, type: "f32" as const }));
    const fields = [...xyz, { name: "ring", offset: 12, type: "u8" as const }];
    return { frame, count: points.length, pointer: kernels.put(new Uint8Array(view.buffer)), stride, bigEndian: false, fields };
  });
  const frames = healthy(sweeps.length).map((one, f) => ({ ...one, stampNs: START_NS + BigInt(f) * 100_000_000n }));
  const block: Block = { ...blockOf(frames, 0), points: tables };
  const part = (from: number, to: number): Block => ({
    ...block,
    frames: { ...block.frames, count: to - from, stampNs: block.frames.stampNs.slice(from, to) },
    points: tables.filter(({ frame }) => frame >= from && frame < to).map((one) => ({ ...one, frame: one.frame - from })),
  });
  const parts = cut > 0 ? [part(0, cut), part(cut, sweeps.length)] : [block];
  const options = sweepShape.defaults;
  const summary = folded(sweepShape, parts, lookOf(LIDAR, { options, kernels }));
  const census = censusOf(LIDAR, block);
  return sweepShape.answer(summary, census, contextOf([census], null, false, { kernels }), options);
}

const good = (count = 12): SweepPoint[][] => Array.from({ length: count }, (_, seed) => sweep({ seed }));
const said = ({ defects }: ReturnType<typeof ask>): readonly string[] =>
  defects.map(({ kind, frames }) => `${kind} ${frames?.join("-") ?? "always"}`);
/** Sweeps 4 and 5 changed. */
const changed = (change: (points: SweepPoint[]) => SweepPoint[]): SweepPoint[][] =>
  good().map((points, f) => (f === 4 || f === 5 ? change(points) : points));

test("good sweeps pass", () => {
  const answer = ask(good());
  expect([answer.status, answer.defects, answer.coverage]).toEqual(["pass", [], { items: 12, checked: 12 }]);
  expect(answer.observed).toMatchObject({ pointsMedian: 9600, lasers: 16, directionsDegrees: 360 });
});

describe("sweeps that differ are named", () => {
  const every = (n: number, change: Partial<SweepPoint>) => (points: SweepPoint[]) =>
    points.map((point, i) => (i % n === 0 ? { ...point, ...change } : point));
  const angle = ({ x, y }: SweepPoint): number => (180 / Math.PI) * Math.atan2(y, x);
  const cases: readonly (readonly [string, (points: SweepPoint[]) => SweepPoint[], string, RegExp])[] = [
    ["points without a place", every(3, { x: Number.NaN }), "not-finite", /33\.3 % of the points/],
    ["points at the origin", every(3, { x: 0, y: 0, z: 0 }), "at-origin", /33\.3 %/],
    ["points out of reach", every(1000, { x: 9000 }), "out-of-range", /sweeps 4 to 5/],
    ["points twice", (points) => points.flatMap((point, i) => (i % 5 === 0 ? [point, point] : [point])), "repeated", /16\.7 %/],
    ["a third of the points", (points) => points.slice(0, points.length / 3), "point-count", /3200 points/],
    ["a laser that is silent", (points) => points.filter(({ laser }) => laser !== 7), "laser-dropout", /no point of laser 7/],
    [
      "a blind direction",
      (points) => points.filter((point) => !(angle(point) > 20 && angle(point) < 60)),
      "blind-sector",
      /over (39|40|41) degrees from (20|21)/,
    ],
  ];
  for (const [name, change, kind, text] of cases) {
    test(name, () => {
      const answer = ask(changed(change));
      expect([answer.status, said(answer)]).toEqual(["fail", [`${kind} 4-5`]]);
      expect(sweepShape.describe({ ...answer.defects[0], check: sweepShape.id, stream: "/lidar" } as unknown as Finding)).toMatch(text);
      for (const cut of [4, 5, 9]) expect(ask(changed(change), cut)).toEqual(answer);
    });
  }

  test("a laser that never has a point", () => {
    const answer = ask(good().map((points) => points.filter(({ laser }) => laser !== 3)));
    expect([said(answer), answer.defects[0]?.observed]).toEqual([["dead-laser always"], { lasers: [3] }]);
  });
});

test("faults that are apart are findings of their own", () => {
  const sweeps = good().map((points, f) => (f === 2 || f === 8 ? points.slice(0, 3000) : points));
  expect(said(ask(sweeps))).toEqual(["point-count 2-2", "point-count 8-8"]);
});

test("not told", () => {
  expect(ask(good(3))).toMatchObject({ status: "not_observable", reason: "fewer than 5 sweeps: nothing is usual yet" });
  expect(ask([])).toMatchObject({ status: "not_run" });
  expect(ask(Array.from({ length: 8 }, () => []))).toMatchObject({ defects: [] });
});
