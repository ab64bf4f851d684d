/** Tables are the same whatever the cut, and checks see those they name: when they conclude, or already while they observe. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defineStreamCheck } from "../../src/check/check.ts";
import type { Seen } from "../../src/check/table.ts";
import type { LabelRow } from "../../src/columns/builder.ts";
import { imuRows, imuTable } from "../../src/columns/imu.ts";
import { labelRows, labelTable } from "../../src/columns/labels.ts";
import { poseRows, poseTable } from "../../src/columns/poses.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import type { Block, ImuColumns, PoseColumns } from "../../src/types.ts";
import { blockOf, cutBlock, healthy, joinedRows, memory, SENSOR } from "../blocks.ts";
import { memoryInput } from "../memory-input.ts";

const cuts = fc.array(fc.nat(30), { maxLength: 6 });

describe("tables are the same whatever the cut", () => {
  test("labels", () => {
    const row = fc.record({ class: fc.constantFrom("car", "van", "bus"), track: fc.constantFrom("a", "b", "c") });
    fc.assert(
      fc.property(fc.array(fc.array(row, { maxLength: 3 }), { minLength: 1, maxLength: 30 }), cuts, (boxes, at) => {
        const frames = healthy(boxes.length).map((frame, i) => ({ ...frame, boxes: boxes[i] as Omit<LabelRow, "frame">[] }));
        const block = blockOf(frames);
        const observe = (piece: Block) => labelRows.collect(piece, memory(), SENSOR);
        const pieces = cutBlock(block, at).map(observe);
        expect(labelTable(joinedRows(labelRows, pieces))).toEqual(labelTable(observe(block)));
        const { labels, stampNs } = labelTable(pieces.flat());
        expect(stampNs).toEqual(block.frames.stampNs);
        expect(
          [...labels.frame].map((frame, i) => [frame, labels.classes[labels.class[i] ?? -1], labels.tracks[labels.track[i] ?? -1]]),
        ).toEqual(boxes.flatMap((rows, frame) => rows.map((one) => [frame, one.class, one.track])));
      }),
    );
  });

  test("poses and inertial samples", () => {
    const pieces = [3, 0, 2].map((frames, p): Block => {
      const base = { ...blockOf(healthy(Math.max(1, frames))), stream: 0 };
      const common = {
        count: frames,
        frame: Int32Array.from({ length: frames }, (_, i) => i),
        stampNs: new BigInt64Array(frames).fill(BigInt(p)),
      };
      const filled = (width: number) => new Float64Array(width * frames).fill(p);
      const poses: PoseColumns = { ...common, xyz: filled(3), quaternion: filled(4) };
      const imu: ImuColumns = { ...common, angularVelocity: filled(3), linearAcceleration: filled(3) };
      return frames === 0 ? base : { ...base, poses, imu };
    });
    const poses = poseTable(
      joinedRows(
        poseRows,
        pieces.map((piece) => poseRows.collect(piece, memory(), SENSOR)),
      ),
    );
    expect([poses.count, [...poses.frame], [...poses.stampNs]]).toEqual([5, [0, 1, 2, 4, 5], [0n, 0n, 0n, 2n, 2n]]);
    expect([...poses.xyz]).toEqual([...new Array(9).fill(0), ...new Array(6).fill(2)]);
    const imu = imuTable(
      joinedRows(
        imuRows,
        pieces.map((piece) => imuRows.collect(piece, memory(), SENSOR)),
      ),
    );
    expect([imu.count, imu.linearAcceleration.length, [...imu.frame]]).toEqual([5, 15, [0, 1, 2, 4, 5]]);
  });
});

describe("checks see what they name", () => {
  const rows = (id: number): string => Array.from({ length: 40 }, (_, i) => `${i + 1},${id},10,20,30,40,1,-1,-1,-1`).join("\n");
  const input = memoryInput("mot", { "gt/gt.txt": rows(1), "det/det.txt": rows(-1) });
  const told: string[] = [];
  const countsIn = (seen: Seen) => seen.of(labelRows).map((pieces) => pieces && labelTable(pieces).labels.count);
  const deepThought = (): object => ({});

  const asking = (early: boolean) =>
    defineStreamCheck<number>({
      ...{ id: "labels/asking", title: "What do you see?", level: 0, needs: ["frames"], absent: "no detections" },
      ...{ defaults: {}, kinds: {}, blindSpots: [], sees: [labelRows], early },
      appliesTo: ({ id }) => id === "det",
      observe({ frames }, { seen }) {
        if (early) told.push(`observe ${countsIn(seen)}`);
        else expect(() => seen.of(labelRows)).toThrow(RangeError);
        return frames.count;
      },
      merge: (left, right) => left + right,
      answer(frames, _stream, { seen }) {
        const once = seen.derive(deepThought);
        expect(seen.derive(deepThought)).toBe(once);
        told.push(`answer ${countsIn(seen)}`);
        return { status: "pass", coverage: { items: frames ?? 0, checked: frames ?? 0 }, observed: {}, defects: [] };
      },
      describe: () => "",
    });

  test("what no stream holds is known early to be nothing", async () => {
    const there = (seen: Seen) => seen.of(poseRows).filter((one) => one !== null).length;
    const nobody = defineStreamCheck<number>({
      ...{ id: "labels/nobody", title: "Who is there?", level: 0, needs: ["frames"], absent: "nothing" },
      ...{ defaults: {}, kinds: {}, blindSpots: [], sees: [poseRows], early: true },
      appliesTo: () => true,
      observe: (_block, { seen }) => there(seen),
      merge: (left, right) => left + right,
      answer: (poses, _census, { seen }) => ({
        ...{ status: "pass", coverage: { items: 1, checked: 1 }, defects: [] },
        observed: { poses, seen: there(seen) },
      }),
      describe: () => "",
    });
    const { verdicts } = await runCheck(input, nodePlatform, inlineExecutor, { catalogue: [nobody], spanBytes: 100 });
    expect(verdicts.map(({ observed }) => observed)).toEqual([0, 0].map((poses) => ({ poses, seen: 0 })));
  });

  for (const early of [false, true]) {
    test(early ? "early" : "when they answer", async () => {
      told.length = 0;
      const progress: number[] = [];
      const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) => progress.push(totalBytes - bytes);
      const report = await runCheck(input, nodePlatform, inlineExecutor, { catalogue: [asking(early)], spanBytes: 100, onProgress });
      expect(report.verdicts.map(({ stream, status }) => [stream, status])).toEqual([["det", "pass"]]);
      expect(new Set(told)).toEqual(new Set(early ? ["observe 40,40", "answer 40,40"] : ["answer 40,40"]));
      expect(progress.at(-1)).toBe(0);
    });
  }
});
