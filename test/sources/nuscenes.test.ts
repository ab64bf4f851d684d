import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nuscenes } from "../../src/sources/labels/nuscenes.ts";
import { memoryInput } from "../memory-input.ts";
import { testShared } from "../shared-data.ts";
import { standsAnyBytes } from "./label-file.ts";
import { diskInput, readAll } from "./read-all.ts";

testShared("Lyft: four boxes; the stamp of a tenth of a us, exactly", async (shared) => {
  const input = diskInput(join(shared, "2-lidar/lyft-nuscenes-tables"));
  expect(nuscenes.detect(input)).toBe(true);
  const { streams, damages } = await readAll(nuscenes, input);
  expect(damages).toEqual([]);
  const stream = streams["sample_annotation"];
  expect(stream?.stampNs).toEqual([1556675185903083200n]);
  expect(stream?.labels).toHaveLength(4);
  expect(stream?.labels.every((label) => label.class === "car" || label.class === "other_vehicle" || label.class !== "")).toBe(true);
  const [first] = stream?.labels ?? [];
  expect(first?.box3d.slice(0, 6)).toEqual([429.0921186021758, 2702.055704889004, -17.146943716495205, 4.495, 2.046, 1.849]);
  expect(first?.box3d[6]).toBeCloseTo(2 * Math.atan2(0.4187744046549685, -0.9080903027815442) - 2 * Math.PI, 9);
});

const annotation = (token: string, sample_token: string, more: object = {}) => ({
  token,
  sample_token,
  instance_token: "i",
  translation: [1, 2, 3],
  size: [2, 4, 1.5],
  rotation: [1, 0, 0, 0],
  ...more,
});

function tables(annotations: readonly object[], more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    "v1.0-mini/sample.json": JSON.stringify([
      { token: "b", scene_token: "s", timestamp: 1532402928147847 },
      { token: "a", scene_token: "s", timestamp: 1532402927647951 },
    ]),
    "v1.0-mini/sample_annotation.json": JSON.stringify(annotations),
    "v1.0-mini/instance.json": JSON.stringify([{ token: "i", category_token: "c" }]),
    "v1.0-mini/category.json": JSON.stringify([{ token: "c", name: "vehicle.car" }]),
    "v1.0-mini/scene.json": JSON.stringify([{ token: "s", name: "scene-1" }]),
    ...more,
  };
}

describe("tables", () => {
  test("samples by their stamps, boxes by their sample", async () => {
    const { streams } = await readAll(nuscenes, memoryInput("n", tables([annotation("1", "b"), annotation("2", "a")])));
    expect(streams["sample_annotation"]).toMatchObject({
      stampNs: [1532402927647951000n, 1532402928147847000n],
      labels: [
        { frame: 0, class: "vehicle.car", track: "i", box3d: [1, 2, 3, 4, 2, 1.5, 0] },
        { frame: 1, class: "vehicle.car" },
      ],
    });
  });

  test("tokens that lead nowhere", async () => {
    const input = memoryInput(
      "n",
      tables([annotation("1", "zzz"), annotation("2", "a", { instance_token: "q" }), annotation("3", "b", { rotation: [2, 0, 0, 0] })]),
    );
    const { streams, damages } = await readAll(nuscenes, input);
    expect(damages).toMatchObject([{ kind: "malformed-record", observed: { reason: "sample_token not in sample.json" } }]);
    expect(streams["sample_annotation"]?.malformed).toEqual([
      { frame: 0, reason: "instance or category not in its table" },
      { frame: 1, reason: "rotation is no unit quaternion" },
    ]);
  });

  test("any bytes", () => standsAnyBytes(nuscenes, tables([annotation("1", "b"), annotation("2", "a")]), "folder"));
});
