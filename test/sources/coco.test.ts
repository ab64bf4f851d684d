import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { check } from "../../src/index.ts";
import { coco } from "../../src/sources/labels/coco.ts";
import { labelFile, readLabels, standsAnyBytes } from "./label-file.ts";
import { tally } from "./read-all.ts";

const categories = [
  { id: 1, name: "car" },
  { id: 2, name: "person" },
];
const images = [
  { id: 11, file_name: "b.jpg", width: 640, height: 480 },
  { id: 10, file_name: "a.jpg", width: 640, height: 480 },
];
const box = (image_id: number, more: object = {}) => ({ id: 1, image_id, category_id: 1, bbox: [10, 20, 30, 40], ...more });

describe("still images", () => {
  test("frames in the order of the list, boxes with class, size and flags", async () => {
    const annotations = [box(10, { iscrowd: 1 }), box(11, { category_id: 2, score: 0.25 })];
    const { streams, damages } = await readLabels(coco, "instances.json", { images, annotations, categories });
    expect(damages).toEqual([]);
    const stream = streams["instances"];
    expect(stream?.info).toMatchObject({ kind: "labels", stamps: "nominal", imageSize: { width: 640, height: 480 } });
    expect(stream?.labels).toMatchObject([
      { frame: 0, class: "person", confidence: 0.25, ignored: false, track: null, box2d: [10, 20, 40, 60] },
      { frame: 1, class: "car", ignored: true },
    ]);
  });

  test("annotations that come before their images", async () => {
    const { streams } = await readLabels(coco, "a.json", { annotations: [box(10)], images, categories });
    expect(streams["a"]?.labels).toMatchObject([{ frame: 1, class: "car" }]);
  });

  test("the track among the attributes, as CVAT writes it", async () => {
    const annotations = [
      box(11, { attributes: { track_id: 0 } }),
      box(10, { track_id: 5, attributes: { track_id: 0 } }),
      box(10, { attributes: null }),
    ];
    const { streams } = await readLabels(coco, "a.json", { images, annotations, categories });
    expect(streams["a"]?.labels.map((l) => l.track)).toEqual(["0", "5", null]);
  });

  test("a list of results", async () => {
    const { streams } = await readLabels(coco, "results.json", [box(7, { score: 0.5 }), box(3)]);
    expect(streams["results"]?.sequence).toEqual([3, 7]);
    expect(streams["results"]?.labels.map((l) => l.class)).toEqual(["1", "1"]);
  });
});

describe("video", () => {
  const videos = [
    { id: 1, name: "one", fps: 10 },
    { id: 2, name: "two" },
  ];
  const frames = [0, 1, 2].flatMap((frame_id) =>
    [1, 2].map((video_id) => ({ id: video_id * 100 + frame_id, video_id, frame_id, width: 64, height: 48 })),
  );

  test("a stream per video, by frame number, tracks by instance_id or track_id", async () => {
    const annotations = [box(102, { instance_id: 5 }), box(100, { instance_id: 5 }), box(201, { track_id: "x" })];
    const { streams } = await readLabels(coco, "v.json", { videos, images: frames, annotations, categories });
    expect(Object.keys(streams)).toEqual(["v/one", "v/two"]);
    expect(streams["v/one"]?.labels).toMatchObject([
      { frame: 0, track: "5" },
      { frame: 2, track: "5" },
    ]);
    expect(streams["v/one"]?.stampNs).toEqual([0n, 100_000_000n, 200_000_000n]);
    expect(streams["v/two"]?.labels).toMatchObject([{ frame: 1, track: "x" }]);
  });

  test("YouTube-VIS: an annotation is a track", async () => {
    const vis = {
      videos: [{ id: 1, name: "one", file_names: ["a", "b", "c"] }],
      categories,
      annotations: [{ id: 9, video_id: 1, category_id: 2, bboxes: [[1, 2, 3, 4], null, [1, 2, 3, 4]] }],
    };
    const { streams } = await readLabels(coco, "v.json", vis);
    expect(streams["v"]?.sequence).toEqual([0, 1, 2]);
    expect(streams["v"]?.labels).toMatchObject([
      { frame: 0, track: "9", class: "person" },
      { frame: 2, track: "9" },
    ]);
  });
});

describe("broken files", () => {
  test("an unknown image is located, an unknown class and a missing number mark their frame", async () => {
    const annotations = [box(99), box(10, { category_id: 3 }), box(11, { bbox: [1, 2, "x", 4] })];
    const content = { images, annotations, categories };
    const { streams, damages } = await readLabels(coco, "a.json", content);
    const at = JSON.stringify(content).indexOf('{"id":1,"image_id":99');
    expect(damages).toMatchObject([{ kind: "malformed-record", bytes: [at, at + JSON.stringify(box(99)).length] }]);
    expect(streams["a"]?.malformed).toEqual([
      { frame: 0, reason: "not a finite number" },
      { frame: 1, reason: "class not in the file's own list" },
    ]);
    expect(streams["a"]?.labels).toMatchObject([{ class: "3" }]);
  });

  test("damages beyond the hundredth are counted", async () => {
    const content = { images, categories, annotations: Array.from({ length: 250 }, () => box(99)) };
    const folder = mkdtempSync(join(tmpdir(), "plumbline-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "a.json"), JSON.stringify(content));
    const report = await check(join(folder, "a.json"), { workers: 0, checks: ["integrity/container"] });
    expect(report.verdicts[0]?.observed).toMatchObject({ damages: { "malformed-record": 250 } });
  });

  test("a hundred thousand boxes in one frame", async () => {
    const annotations = Array.from({ length: 100_000 }, () => box(10));
    expect(tally((await readLabels(coco, "a.json", { images, annotations, categories })).streams["a"]).boxes).toBe(100_000);
  });

  test("no frame at all is one line", async () => {
    await expect(readLabels(coco, "a.json", { images: [], annotations: [], categories })).rejects.toThrow(
      /^a\.json: expected coco labels, got no frame/,
    );
  });

  test("other JSON is not taken for it", () => {
    expect(coco.detect(labelFile("a.json", { images: [{ url: "x" }], annotations: [] }))).toBe(false);
  });

  test("any bytes", () =>
    standsAnyBytes(coco, { "a.json": JSON.stringify({ images, annotations: [box(10), box(11, { iscrowd: 1 })], categories }) }));
});
