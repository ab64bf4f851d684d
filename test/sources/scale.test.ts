import { describe, expect, test } from "vitest";
import { coco } from "../../src/sources/labels/coco.ts";
import { scalabel } from "../../src/sources/labels/scalabel.ts";
import { scale, stampNs } from "../../src/sources/labels/scale.ts";
import { memoryInput } from "../memory-input.ts";
import { labelFile, readLabels, standsAnyBytes } from "./label-file.ts";
import { readAll } from "./read-all.ts";

const cuboid = (uuid: string, more: object = {}) => ({
  uuid,
  label: "car",
  position: { x: 1, y: 2, z: 3 },
  dimensions: { x: 4.5, y: 1.9, z: 1.6 },
  yaw: 0.25,
  ...more,
});

describe("what it reads", () => {
  test("frames of cuboids, stamps to the nanosecond", async () => {
    const text =
      '{"frames":[{"device_timestamp":1700000000.123456789,"cuboids":[X]},{"device_timestamp":1700000000.223456789,"cuboids":[X]}]}';
    const { streams } = await readLabels(scale, "a.json", text.replaceAll("X", JSON.stringify(cuboid("u"))));
    expect(streams["a"]?.stampNs).toEqual([1700000000123456789n, 1700000000223456789n]);
    expect(streams["a"]?.labels[0]).toMatchObject({ track: "u", class: "car", box3d: [1, 2, 3, 4.5, 1.9, 1.6, 0.25] });
  });

  test("seconds, ms, us and ns", () => {
    for (const value of ["1700000000.5", "1700000000500", "1700000000500000", "1700000000500000000"])
      expect(stampNs(value)).toBe(1700000000500000000n);
    expect(stampNs("yesterday")).toBeNull();
    expect(stampNs(null)).toBeNull();
  });

  test("a list of frames, and an empty one among them", async () => {
    const { streams } = await readLabels(scale, "a.json", [{ cuboids: [cuboid("u")] }, { cuboids: [] }]);
    expect(streams["a"]?.sequence).toEqual([0, 1]);
    expect(streams["a"]?.info.stamps).toBe("nominal");
  });

  test("video: tracks by uuid", async () => {
    const frames = [0, 5].map((frame) => ({ frame, left: 1, top: 2, width: 3, height: 4 }));
    const { streams } = await readLabels(scale, "a.json", {
      annotations: { u: { label: "car", geometry: "box", frames }, v: { label: "bus", frames } },
    });
    expect(streams["a"]?.sequence).toEqual([0, 5]);
    expect(streams["a"]?.labels.map((l) => [l.frame, l.track, l.class, l.box2d])).toEqual([
      [0, "u", "car", [1, 2, 4, 6]],
      [0, "v", "bus", [1, 2, 4, 6]],
      [1, "u", "car", [1, 2, 4, 6]],
      [1, "v", "bus", [1, 2, 4, 6]],
    ]);
  });

  test("a folder of one file per frame is a stream per file; lines are left out", async () => {
    const input = memoryInput("f", {
      "0.json": JSON.stringify({
        annotations: [
          { type: "box", label: "car", left: 1, top: 2, width: 3, height: 4 },
          { type: "line", vertices: [] },
        ],
      }),
    });
    expect(scale.detect(input)).toBe(true);
    expect((await readAll(scale, input)).streams["0"]).toMatchObject({ malformed: [], labels: [{ class: "car" }] });
  });
});

describe("broken files", () => {
  test("a label of no shape, a number missing, a frame again", async () => {
    const bad = [
      { frame: 0, cuboids: [cuboid("u"), { label: "car" }] },
      { frame: 1, cuboids: [cuboid("u", { yaw: "x" })] },
      { frame: 0, cuboids: [] },
    ];
    expect((await readLabels(scale, "a.json", bad)).streams["a"]?.malformed).toEqual([
      { frame: 0, reason: "not a label of this format" },
      { frame: 1, reason: "not a finite number" },
    ]);
    const again = [
      { frame: 0, cuboids: [cuboid("u")] },
      { frame: 0, cuboids: [] },
    ];
    expect((await readLabels(scale, "a.json", again)).streams["a"]?.malformed).toEqual([{ frame: 0, reason: "frame number out of order" }]);
  });

  test("neighbours' files are not taken for it, nor its own for theirs", () => {
    const own = labelFile("a.json", [{ cuboids: [cuboid("u")] }]);
    expect([coco, scalabel, scale].map((source) => source.detect(own))).toEqual([false, false, true]);
    expect(scale.detect(labelFile("a.json", { images: [], annotations: [{ image_id: 1, category_id: 1, bbox: [] }] }))).toBe(false);
  });

  test("any bytes", () =>
    standsAnyBytes(scale, {
      "a.json": JSON.stringify({
        frames: [
          { timestamp: 1, cuboids: [cuboid("u")] },
          { timestamp: 2, cuboids: [cuboid("v")] },
        ],
      }),
    }));
});
