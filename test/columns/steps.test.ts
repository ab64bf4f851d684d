/** Turns from sweep to sweep and image to image: the same whatever the cut, true to a drive whose truth is known. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { checks } from "../../src/checks/index.ts";
import { imageSteps, imageTable } from "../../src/columns/image-steps.ts";
import { stampRows, stampTable } from "../../src/columns/stamps.ts";
import { sweepSteps, sweepTable } from "../../src/columns/sweep-steps.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import { randomStream } from "../../src/simulate/random.ts";
import type { Block, FieldType, StreamInfo } from "../../src/types.ts";
import { blockOf, cutBlock, healthy, joinedRows, SENSOR } from "../blocks.ts";
import { memoryInput } from "../memory-input.ts";
import { record } from "../simulate/record.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const FRAMES = 14;
const CAMERA: StreamInfo = { ...SENSOR, id: "/camera", kind: "image" };

/** A round room with pillars, turning by 0.03 rad a frame; times in ns since the stamp, or absolute, or none. */
function sweeps(time: "relative" | "absolute" | "none"): Block {
  const random = randomStream(5, "room");
  const wall = Array.from(
    { length: 3000 },
    (_, i) => 12 + 4 * Math.sin(i / 170) + (Math.floor(i / 40) % 7 === 0 ? -3 : 0) + 0.02 * random.normal(),
  );
  const stride = 24;
  const columns = 1500;
  const frames = healthy(FRAMES);
  const points = frames.map(({ stampNs }, frame) => {
    const bytes = new Uint8Array(stride * columns);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < columns; i++) {
      const azimuth = (i / columns) * 2 * Math.PI - Math.PI;
      const range = wall[(Math.round(((azimuth + 0.03 * frame) / (2 * Math.PI)) * 3000) + 6000) % 3000] ?? 10;
      view.setFloat32(stride * i, range * Math.cos(azimuth), true);
      view.setFloat32(stride * i + 4, range * Math.sin(azimuth), true);
      view.setFloat32(stride * i + 8, i % 5 === 0 ? -1.7 : 0.4, true);
      view.setBigInt64(stride * i + 12, (time === "absolute" ? stampNs : 0n) + BigInt(i) * 66_000n, true);
    }
    const field = (name: string, offset: number, type: FieldType) => ({ name, offset, type });
    const fields = [field("x", 0, "f32"), field("y", 4, "f32"), field("z", 8, "f32"), ...(time === "none" ? [] : [field("t", 12, "i64")])];
    return { frame, count: columns, pointer: kernels.put(bytes), stride, bigEndian: false, fields };
  });
  return { ...blockOf(frames), points };
}

function images(): Block {
  const random = randomStream(6, "street");
  const street = Array.from({ length: 400 }, () => random.between(30, 220));
  const [width, height] = [768, 320];
  const frames = healthy(FRAMES);
  const tables = frames.map((_, frame) => {
    const pixels = Uint8Array.from({ length: width * height }, (_, at) => {
      const x = (at % width) / 8 + 1.5 * frame + 40;
      const k = Math.floor(x / 4);
      return (street[k] ?? 0) + (x / 4 - k) * ((street[k + 1] ?? 0) - (street[k] ?? 0));
    });
    return { frame, encoding: "mono8", width, height, pointer: kernels.put(pixels), bytes: pixels.length };
  });
  return { ...blockOf(frames), images: tables };
}

const cuts = fc.array(fc.nat(FRAMES), { maxLength: 8 });

describe("the same whatever the cut", () => {
  test("sweeps", () => {
    const mark = kernels.mark();
    for (const time of ["relative", "absolute", "none"] as const) {
      const block = sweeps(time);
      const observe = (piece: Block) => sweepSteps.collect(piece, kernels, SENSOR);
      const whole = sweepTable(observe(block));
      for (const turn of whole.turn.subarray(1)) expect(turn).toBeCloseTo(0.03, 2);
      for (const moment of whole.momentS.subarray(1)) expect(Math.abs(moment - 0.05)).toBeLessThan(0.02);
      expect([whole.turn[0], whole.unsureS]).toEqual([Number.NaN, time === "none" ? 0.05 : 0]);
      fc.assert(
        fc.property(cuts, (at) => {
          const pieces = cutBlock(block, at).map((piece) => structuredClone(observe(piece)));
          expect(sweepTable(joinedRows(sweepSteps, pieces, SENSOR, kernels))).toEqual(whole);
        }),
        { numRuns: 15 },
      );
    }
    kernels.release(mark);
  });

  test("images", () => {
    const mark = kernels.mark();
    const block = images();
    const observe = (piece: Block) => imageSteps.collect(piece, kernels, CAMERA);
    const whole = imageTable(observe(block));
    for (const turn of whole.turn.subarray(1)) expect(turn).toBeCloseTo(-1.5, 1);
    fc.assert(
      fc.property(cuts, (at) => {
        const pieces = cutBlock(block, at).map((piece) => structuredClone(observe(piece)));
        expect(imageTable(joinedRows(imageSteps, pieces, CAMERA, kernels))).toEqual(whole);
      }),
      { numRuns: 30 },
    );
    kernels.release(mark);
  });

  test("stamps", () => {
    const block = blockOf(healthy(30));
    const whole = stampTable(stampRows.collect(block, kernels, SENSOR));
    fc.assert(
      fc.property(fc.array(fc.nat(30)), (at) => {
        const pieces = cutBlock(block, at).map((piece) => stampRows.collect(piece, kernels, SENSOR));
        expect(stampTable(joinedRows(stampRows, pieces))).toEqual(whole);
      }),
    );
  });
});

describe("frames that show nothing", () => {
  test("a cloud without coordinates, big-endian, empty or in padded rows; an image of another format or size", () => {
    const mark = kernels.mark();
    const { points = [], ...rest } = sweeps("none");
    const [first, second, third, fourth, fifth] = points;
    if (!first || !second || !third || !fourth || !fifth) throw new Error("expected five sweeps");
    const odd = [
      { ...first, fields: [] },
      { ...second, bigEndian: true },
      { ...third, count: 0 },
      { ...fourth, pointer: null },
      fifth,
      fifth,
    ];
    const { turn } = sweepTable(sweepSteps.collect({ ...rest, points: odd }, kernels, SENSOR));
    expect([...turn].every(Number.isNaN)).toBe(true);
    const block = images();
    const strange = (block.images ?? []).map((image, k) => ({ ...image, encoding: k % 2 ? "jpeg" : "bayer_rggb8" }));
    expect([...imageTable(imageSteps.collect({ ...block, images: strange }, kernels, CAMERA)).turn].every(Number.isNaN)).toBe(true);
    kernels.release(mark);
  });
});

test("a simulated drive from its bytes: every pair within its interval, and the same report whatever the spans", async () => {
  const { mcap } = await record({ seed: 4, seconds: 24, lidar: { rings: 8, columns: 900 }, camera: null });
  const input = memoryInput("drive.mcap", { "drive.mcap": mcap }, { kind: "file" });
  const run = (spanBytes: number) =>
    runCheck(input, nodePlatform, inlineExecutor, { catalogue: checks, checks: ["time/clock-model", "time/sensor-offset"], spanBytes });
  const report = await run(1 << 23);
  const plain = (value: unknown): string => JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v));
  expect(plain(await run(1 << 19))).toBe(plain(report));
  expect(report.findings).toEqual([]);
  const offsets = report.verdicts.filter(({ check }) => check === "time/sensor-offset");
  expect(offsets.map(({ status, observed }) => [status, ...(observed["between"] as string[])])).toEqual(
    expect.arrayContaining([
      ["pass", "/imu/data", "/odometry"],
      ["pass", "/odometry", "/lidar/points"],
      ["pass", "/odometry", "/labels/boxes_3d"],
    ]),
  );
  for (const { observed } of offsets.filter(({ status }) => status === "pass"))
    expect(Math.abs(Number(observed["offsetMs"]))).toBeLessThan(6);
});
