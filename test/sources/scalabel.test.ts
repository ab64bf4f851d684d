import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scalabel } from "../../src/sources/labels/scalabel.ts";
import { testShared } from "../shared-data.ts";
import { labelFile, readLabels, standsAnyBytes } from "./label-file.ts";
import { diskInput, readAll, tally } from "./read-all.ts";

testShared("BDD100K tracks: a constant timestamp is no clock", async (shared) => {
  const input = diskInput(join(shared, "3-labels/scalabel-waymo/scalabel_box_track.json"));
  expect(scalabel.detect(input)).toBe(true);
  const stream = (await readAll(scalabel, input)).streams["scalabel_box_track"];
  expect(tally(stream)).toEqual({ boxes: 8, tracks: 4, frames: 2 });
  expect(stream?.info.stamps).toBe("nominal");
  expect(stream?.labels[0]).toMatchObject({ track: "0", class: "traffic sign", box2d: [1000.698742, 281.992415, 1040.626872, 326.91156] });
});

testShared("Waymo: a stream per camera, boxes in 2D and 3D", async (shared) => {
  const { streams, damages } = await readAll(scalabel, diskInput(join(shared, "3-labels/scalabel-waymo/waymo_lidar_anns.json")));
  expect(damages).toEqual([]);
  expect(Object.values(streams).map((stream) => tally(stream).boxes)).toEqual([4, 2, 0, 0, 0]);
  const [first] = Object.values(streams);
  expect(first?.info.imageSize).toEqual({ width: 1920, height: 1280 });
  expect(first?.labels[0]?.box3d).toEqual([
    -3.529051592970744, -0.2132157597922717, 18.67183032183546, 11.014560502752715, 3.012477058297339, 4.039999999999964,
    -1.602802396540116,
  ]);
});

const frame = (
  frameIndex: number,
  more: object = {},
  labels: unknown = [{ id: 7, category: "car", box2d: { x1: 1, y1: 2, x2: 3, y2: 4 } }],
) => ({
  name: `v-${String(frameIndex).padStart(7, "0")}.jpg`,
  videoName: "v",
  frameIndex,
  labels,
  ...more,
});

describe("what it reads", () => {
  test("stamps in ms, exactly", async () => {
    const { streams } = await readLabels(scalabel, "a.json", {
      frames: [frame(0, { timestamp: 1700000000123 }), frame(1, { timestamp: 1700000000223 })],
    });
    expect(streams["a"]?.info.stamps).toBe("sensor");
    expect(streams["a"]?.stampNs).toEqual([1700000000123000000n, 1700000000223000000n]);
  });

  test("stamps of more digits than a double has", async () => {
    const text = JSON.stringify([frame(0, { timestamp: 1 }), frame(1, { timestamp: 2 })]).replace(
      '"timestamp":1',
      '"timestamp":1700000000123.456789',
    );
    expect((await readLabels(scalabel, "a.json", text)).streams["a"]?.stampNs[0]).toBe(1700000000123456789n);
  });

  test("two videos are two streams; every byte is in the payload of a frame", async () => {
    const text = JSON.stringify([frame(0), frame(0, { videoName: "w", name: "w-1.jpg" }), frame(1)]);
    const { streams } = await readLabels(scalabel, "a.json", text);
    expect(Object.keys(streams)).toEqual(["a/v", "a/w"]);
    const payload = Object.values(streams).flatMap((s) => s.bytes);
    expect(payload.reduce((a, b) => a + b, 0)).toBe(text.length);
  });

  test("ignored regions, scores, labels that are no boxes", async () => {
    const labels = [
      { id: 1, category: "car", score: 0.5, attributes: { crowd: true }, box2d: { x1: 1, y1: 2, x2: 3, y2: 4 } },
      { id: 2, category: "lane", poly2d: [] },
    ];
    const stream = (await readLabels(scalabel, "a.json", [frame(0, {}, labels)])).streams["a"];
    expect(stream?.labels).toMatchObject([{ ignored: true, confidence: 0.5 }]);
    expect(stream?.malformed).toEqual([]);
  });
});

describe("broken files", () => {
  test("a value that is no number, a frame that comes again", async () => {
    const bad = [{ id: 1, category: "car", box2d: { x1: null, y1: 2, x2: 3, y2: 4 } }];
    const stream = (await readLabels(scalabel, "a.json", [frame(0, {}, bad), frame(1), frame(1)])).streams["a"];
    expect(stream?.malformed).toEqual([
      { frame: 0, reason: "not a finite number" },
      { frame: 1, reason: "frame number out of order" },
    ]);
  });

  test("Python's NaN", async () => {
    const text = JSON.stringify([frame(0), frame(1)]).replace('"x1":1', '"x1":NaN');
    expect((await readLabels(scalabel, "a.json", text)).streams["a"]?.malformed).toEqual([{ frame: 0, reason: "not a finite number" }]);
  });

  test("a text that is cut off: what was whole stays, the rest is located", async () => {
    const text = JSON.stringify([frame(0), frame(1)]);
    const { streams, damages } = await readLabels(scalabel, "a.json", text.slice(0, -10));
    expect(tally(streams["a"])).toEqual({ boxes: 1, tracks: 1, frames: 1 });
    expect(damages).toMatchObject([{ kind: "malformed-table", bytes: [JSON.stringify([frame(0)]).length, text.length - 10] }]);
  });

  test("a list of something else is not taken for it", () => {
    expect(scalabel.detect(labelFile("a.json", [{ name: "x", labels: ["a"] }]))).toBe(false);
    expect(scalabel.detect(labelFile("a.json", "[1,2"))).toBe(false);
  });

  test("any bytes", () => standsAnyBytes(scalabel, { "a.json": JSON.stringify({ frames: [frame(0), frame(1), frame(2)] }) }));
});
