import { expect, test } from "vitest";
import { definitionOf } from "../../../src/simulate/encode/definitions.ts";
import { REASON } from "../../../src/sources/messages/message.ts";
import { decode, type Outcome, write2 } from "./harness.ts";

const schema = {
  messageEncoding: "cdr",
  schemaEncoding: "ros2msg",
  schemaName: "plumbline_msgs/msg/LabelArray",
  schemaData: new TextEncoder().encode(definitionOf("plumbline_msgs/LabelArray")),
};
const header = { stamp: { sec: 5, nanosec: 6 }, frame_id: "base_link" };
const orientation = { x: 0, y: 0, z: 1, w: 0 };
const box_3d = [{ center: { position: { x: 1, y: 2, z: 3 }, orientation }, size: { x: 4, y: 5, z: 6 } }];
const box_2d = [{ center: { position: { x: 10, y: 20 }, theta: 0 }, size_x: 4, size_y: 8 }];
const rest = { occlusion: 0.5, truncation: 0.25, keyframe: true, gold: true, seconds_spent: 3 };

const read = (labels: readonly object[]): Outcome => decode(schema, write2(schema, { header, labels }));

test("boxes of either kind, their track, class, score and annotator become label rows", () => {
  const { labels, stampNs, reason } = read([
    { track: "7", class_id: "car", annotator: "ada", score: 0.5, box_3d, box_2d: [], ...rest },
    { track: "7", class_id: "truck", annotator: "ben", score: 1, box_3d: [], box_2d, ...rest },
    { track: "", class_id: "", annotator: "", score: 1, box_3d, box_2d, ...rest },
  ]);
  expect([reason, stampNs, labels?.count]).toEqual([null, 5_000_000_006n, 3]);
  expect(labels).toMatchObject({ tracks: ["7"], classes: ["car", "truck", "unknown"], annotators: ["ada", "ben"] });
  expect([...(labels?.track ?? []), ...(labels?.annotator ?? []), ...(labels?.class ?? [])]).toEqual([0, 0, -1, 0, 1, -1, 0, 1, 2]);
  expect([...(labels?.box3d.subarray(0, 7) ?? [])]).toEqual([1, 2, 3, 4, 5, 6, Math.PI]);
  expect(labels?.box2d[0]).toBeNaN();
  expect([...(labels?.box2d.subarray(4, 8) ?? [])]).toEqual([8, 16, 12, 24]);
  expect(labels?.box3d[7]).toBeNaN();
  expect(labels?.box3d[14]).toBe(1);
  expect([...(labels?.confidence ?? [])]).toEqual([0.5, 1, 1]);
});

test("a frame without labels is one, a label without any box is not", () => {
  expect(read([])).toMatchObject({ reason: null, stampNs: 5_000_000_006n });
  const { reason, labels } = read([{ track: "1", class_id: "car", annotator: "a", score: 1, box_3d, box_2d: [], ...rest }, { track: "2" }]);
  expect([reason, labels]).toEqual([REASON.missing, undefined]);
});
