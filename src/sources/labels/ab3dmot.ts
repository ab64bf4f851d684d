/**
 * Detections in AB3DMOT's form outside of KITTI's folders: nuScenes scenes (`scene-0012.txt`) and any text of such rows.
 *
 * `frame,type,left,top,right,bottom,score,h,w,l,x,y,z,ry,alpha`, comma separated; frames are key frames, 2 Hz, without a clock: stamps are
 * nominal. Boxes are in the camera frame as in KITTI: y moved from the bottom to the centre, yaw about the camera's y axis; `-1 -1 -1 -1` is
 * no 2D box. Type numbers are the nuScenes classes in the order of the project's own list; https://github.com/xinshuoweng/AB3DMOT.
 */

import { type Input, readRange } from "../../input.ts";
import type { Source } from "../../pipeline/source.ts";
import { folderIndex, folderReader } from "../folders/folder.ts";
import type { Fields } from "../tables/text.ts";
import { NOT_A_NUMBER } from "../tables/text.ts";
import { stemOf } from "./label-set.ts";
import { type LabelLayout, looksLike, readLabelFile } from "./labels-file.ts";

const HEAD_BYTES = 4096;
/** Key frames at 2 Hz. */
const FRAME_NS = 500_000_000n;
const COLUMNS = 15;
const MAX_CANDIDATES = 1024;

const CLASSES: readonly string[] = [
  "",
  "pedestrian",
  "car",
  "bicycle",
  "motorcycle",
  "bus",
  "trailer",
  "truck",
  "construction_vehicle",
  "barrier",
  "traffic_cone",
];

const LAYOUT: LabelLayout = {
  separator: "comma",
  columns: [COLUMNS, COLUMNS],
  unordered: false,
  stampNs: (number) => BigInt(number) * FRAME_NS,
  row(fields, out) {
    for (let i = 1; i < fields.count; i++) if (Number.isNaN(fields.number(i))) return NOT_A_NUMBER;
    const type = fields.number(1);
    const [left, top, right, bottom] = [fields.number(2), fields.number(3), fields.number(4), fields.number(5)];
    const [height, width, length] = [fields.number(7), fields.number(8), fields.number(9)];
    const without = left === -1 && top === -1 && right === -1 && bottom === -1;
    out.track = "";
    out.class = CLASSES[type] ?? String(type);
    out.ignored = false;
    out.confidence = fields.number(6);
    if (without) out.box2d.fill(Number.NaN);
    else out.box2d.set([left, top, right, bottom]);
    out.box3d.set([fields.number(10), fields.number(11) - height / 2, fields.number(12), length, width, height, fields.number(13)]);
    return null;
  },
};

export const ab3dmot: Source = {
  format: "ab3dmot",
  title: "AB3DMOT detections (nuScenes scene-NNNN.txt, or any text of its 15 columns)",

  detect: (input) => find(input).length > 0,

  open(input, _kernels, _platform, { spanBytes }) {
    const streams = find(input).map((file) => ({
      info: {
        id: (input.files[file]?.path ?? "").replace(/\.txt$/, ""),
        kind: "labels" as const,
        type: "AB3DMOT detections",
        stamps: "nominal" as const,
        sequenced: false,
      },
      unit: { kind: "table" as const, decoder: "labels", file },
    }));
    return folderIndex("ab3dmot", input, streams, spanBytes);
  },

  reader: (input, index, kernels) =>
    folderReader(input, index, kernels, { tables: { labels: (table, _, k) => readLabelFile(table, k, LAYOUT) } }),
};

function find(input: Input): readonly number[] {
  const found: number[] = [];
  let looked = 0;
  for (const [file, { path, size }] of input.files.entries()) {
    if (size === 0 || !(input.kind === "file" || path.endsWith(".txt")) || looked++ >= MAX_CANDIDATES || stemOf(path) === "") continue;
    const head = readRange(input, file, 0, Math.min(size, HEAD_BYTES));
    if (looksLike(head, head.length === size, "comma", isRow)) found.push(file);
  }
  return found;
}

function isRow(fields: Fields): boolean {
  if (fields.count !== COLUMNS || !Number.isInteger(fields.number(0)) || !Number.isInteger(fields.number(1))) return false;
  for (let i = 2; i < COLUMNS; i++) if (Number.isNaN(fields.number(i))) return false;
  return fields.number(7) > 0 && fields.number(8) > 0 && fields.number(9) > 0;
}
