import { join } from "node:path";
import { expect, test } from "vitest";
import { ab3dmot } from "../../src/sources/labels/ab3dmot.ts";
import { testShared } from "../shared-data.ts";
import { labelFile, readLabels, standsAnyBytes } from "./label-file.ts";
import { countBy, diskInput, readAll } from "./read-all.ts";

testShared("CenterPoint on a nuScenes scene: 2662 boxes of ten classes in 40 key frames", async (shared) => {
  const input = diskInput(join(shared, "3-labels/nuscenes-detections"));
  expect(ab3dmot.detect(input)).toBe(true);
  const stream = (await readAll(ab3dmot, input)).streams["scene-0012"];
  expect(stream?.stampNs).toHaveLength(40);
  expect(countBy(stream?.labels ?? [], (label) => label.class)).toEqual({
    pedestrian: 335,
    car: 279,
    bicycle: 651,
    motorcycle: 282,
    bus: 43,
    trailer: 102,
    truck: 87,
    construction_vehicle: 207,
    barrier: 305,
    traffic_cone: 371,
  });
  expect(stream?.malformed).toEqual([]);
});

const ROW = "0,2,-1,-1,-1,-1,0.5,1.6,1.9,4.4,-20,0.6,23,0.07,-10\n";

test("boxes: the centre is above the bottom, -1 is no 2D box", async () => {
  const stream = (await readLabels(ab3dmot, "x.txt", `${ROW}1,42,1,2,3,4,0.5,1.6,1.9,4.4,-20,0.6,23,0.07,-10\n`)).streams["x"];
  expect(stream?.labels[0]).toMatchObject({
    confidence: 0.5,
    box2d: [Number.NaN, Number.NaN, Number.NaN, Number.NaN],
    box3d: [-20, 0.6 - 0.8, 23, 4.4, 1.9, 1.6, 0.07],
  });
  expect(stream?.labels[1]).toMatchObject({ frame: 1, class: "42", box2d: [1, 2, 3, 4] });
  expect(stream?.stampNs).toEqual([0n, 500_000_000n]);
});

test("other rows of numbers are not taken for it", () => {
  expect(ab3dmot.detect(labelFile("x.txt", "1,2,3,4\n"))).toBe(false);
});

test("any bytes", () => standsAnyBytes(ab3dmot, { "x.txt": ROW.repeat(5) }));
