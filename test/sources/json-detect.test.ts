/** A label file is recognised wherever in it its labels stand, and however much comes before them. */
import { describe, expect, test } from "vitest";
import { detectSource } from "../../src/pipeline/open.ts";
import { memoryInput } from "../memory-input.ts";
import { labelFile } from "./label-file.ts";
import { readAll } from "./read-all.ts";

const MUCH = "x".repeat(1_200_000);
const NOTES = Array.from({ length: 11_000 }, (_, i) => ({ id: i, url: "http://example.com/licenses/by-nc-sa/2.0/", text: `of ${i}` }));

const image = (id: number): object => ({ id, file_name: `${"a".repeat(80)}/${id}.jpg`, width: 640, height: 480 });
const images = Array.from({ length: 12_000 }, (_, i) => image(i));
const annotations = [7, 9].map((image_id) => ({
  id: image_id,
  image_id,
  category_id: 1,
  bbox: [1, 2, 30, 40],
  segmentation: [[1, 2, 3, 4]],
}));
const categories = [{ id: 1, name: "car" }];
const videos = [{ id: 1, name: "v", file_names: images.map((_, i) => `${"v".repeat(90)}${i}.jpg`) }];
const tracks = [{ id: 1, video_id: 1, category_id: 1, bboxes: [[1, 2, 3, 4], null] }];

const box2d = { x1: 1, y1: 2, x2: 30, y2: 40 };
const scalabelFrames = [0, 1].map((frameIndex) => ({
  name: `${frameIndex}.jpg`,
  videoName: "v",
  frameIndex,
  attributes: NOTES,
  labels: [{ id: "1", category: "car", box2d }],
}));

const cuboid = { uuid: "u", label: "car", position: { x: 1, y: 2, z: 3 }, dimensions: { x: 4, y: 2, z: 1.5 }, yaw: 0 };
const points = Array.from({ length: 60_000 }, (_, i) => ({ x: i, y: i, z: 1 }));
const scaleFrames = [0, 1].map(() => ({ points, cuboids: [cuboid, cuboid] }));
const scaleTracks = { u1: { label: "car", geometry: "box", frames: [{ left: 1, top: 2, width: 3, height: 4, frame: 0 }], note: MUCH } };

/** Format, document, boxes it holds. */
const cases: readonly (readonly [string, string, unknown, number])[] = [
  ["coco: images first", "coco", { images, annotations, categories }, 2],
  ["coco: licenses, info, images first", "coco", { licenses: NOTES, info: { description: MUCH }, images, categories, annotations }, 2],
  ["coco: categories last", "coco", { info: MUCH, annotations, images, categories }, 2],
  ["coco: no annotation", "coco", { info: MUCH, images, annotations: [], categories }, 0],
  [
    "coco: one segmentation of a megabyte",
    "coco",
    { annotations: annotations.map((one) => ({ rle: MUCH, ...one, segmentation: [NOTES.map(({ id }) => id)] })), images },
    2,
  ],
  ["youtube-vis: file names of a megabyte", "coco", { info: {}, videos, categories, annotations: tracks }, 1],
  [
    "coco results: one of a megabyte",
    "coco",
    annotations.map((one) => ({ rle: MUCH, ...one, segmentation: { counts: MUCH }, score: 0.5 })),
    2,
  ],
  ["scalabel: frames of a megabyte", "scalabel", scalabelFrames, 2],
  ["scalabel: config and groups first", "scalabel", { groups: NOTES, config: { text: MUCH }, frames: scalabelFrames }, 2],
  ["scale: frames with their points", "scale", { metadata: MUCH, frames: scaleFrames }, 4],
  ["scale: a list of frames with their points", "scale", scaleFrames, 4],
  ["scale: one frame, points first", "scale", { points, cuboids: [cuboid] }, 1],
  ["scale: tracks by uuid", "scale", { task: MUCH, annotations: scaleTracks }, 1],
];

describe("whatever comes first", () => {
  test.each(cases)("%s", async (_, format, content, boxes) => {
    for (const text of [JSON.stringify(content), `${" ".repeat(300_000)}${JSON.stringify(content, null, 1)}`]) {
      const source = await detectSource(labelFile("labels.json", text));
      expect(source.format).toBe(format);
      const { streams, damages } = await readAll(source, labelFile("labels.json", text));
      expect([damages, Object.values(streams).flatMap(({ labels }) => labels).length]).toEqual([[], boxes]);
    }
  });

  test("every order of keys", async () => {
    const entries = Object.entries({ info: { MUCH }, licenses: NOTES.slice(0, 3), images: images.slice(0, 10), annotations, categories });
    for (let shift = 0; shift < entries.length; shift++) {
      for (const order of [entries, entries.toReversed()]) {
        const text = JSON.stringify(Object.fromEntries([...order.slice(shift), ...order.slice(0, shift)]));
        expect((await detectSource(labelFile("x", text))).format).toBe("coco");
      }
    }
  });

  test("scenes that begin without anything to label", async () => {
    const frames = Array.from({ length: 10 }, (_, i) => ({ frame_number: i, cuboids: i < 8 ? [] : [cuboid] }));
    expect((await detectSource(labelFile("x", { frames }))).format).toBe("scale");
  });

  test("nuscenes: an annotation of a megabyte, a table behind white space", async () => {
    const token = (name: string): object => ({ token: name });
    const one = {
      token: "a",
      note: MUCH,
      sample_token: "s",
      instance_token: "i",
      translation: [1, 2, 3],
      size: [2, 4, 1],
      rotation: [1, 0, 0, 0],
    };
    const input = memoryInput("v1.0", {
      "sample_annotation.json": `${" ".repeat(2_000_000)}${JSON.stringify([one])}`,
      "sample.json": JSON.stringify([{ ...token("s"), scene_token: "c", timestamp: 1_532_402_927_647_951 }]),
      "instance.json": JSON.stringify([{ ...token("i"), category_token: "k" }]),
      "category.json": JSON.stringify([{ ...token("k"), name: "vehicle.car" }]),
      "scene.json": JSON.stringify([{ ...token("c"), name: "scene-0001" }]),
    });
    const source = await detectSource(input);
    expect(source.format).toBe("nuscenes");
    expect(Object.values((await readAll(source, input)).streams).flatMap(({ labels }) => labels).length).toBe(1);
  });
});
