/**
 * Scalabel (and BDD100K): a list of frames, or an object with `frames`. Each has `name`, `videoName`, `frameIndex`, `timestamp`
 * (ms), `size` and `labels` with `id`, `category`, `score`, `box2d` and `box3d`. Frames of one `videoName` are one stream; where
 * the frames' names add a camera to it (`VIDEO_front_0000001.jpg`), each camera is one.
 *
 * A sequence without a clock (no timestamps, or all the same: BDD100K states the keyframe's) gets nominal stamps, 30 Hz. 3D boxes are
 * in the camera frame, as the file has them: yaw is the rotation about the camera's y axis, sizes come as height, width, length.
 * 2D corners are taken as they are. Polygons and masks are left out. Format: https://doc.scalabel.ai/format.html.
 */
import { decimalNs } from "../tables/decimal.ts";
import { allNumbers, isJson, type Json, listOf, nameOf, numberOf, parsed } from "./json.ts";
import { jsonFiles, piecesOf } from "./json-labels.ts";
import { type Importer, type LabelSet, labelSource, REASON } from "./label-set.ts";

const FRAMES = new Set(["", "frames"]);
const NOMINAL_HZ = 30;

const importer: Importer = {
  format: "scalabel",
  title: "Scalabel or BDD100K labels (JSON)",

  find: (input) =>
    jsonFiles(input, ({ first }) =>
      [...first(""), ...first("frames")].some(
        (frame) =>
          "labels" in frame &&
          (typeof frame["name"] === "string" || "videoName" in frame) &&
          listOf(frame["labels"])
            .slice(0, 3)
            .every((label) => isJson(label) && ("category" in label || "box2d" in label || "box3d" in label)),
      ),
    ),

  read(bytes, _file, out) {
    const counts = new Map<string, number>();
    for (const { key, element, start, end } of piecesOf(bytes, out)) {
      if (out.full) return;
      if (!element || !FRAMES.has(key)) continue;
      const value = parsed(bytes, start, end);
      if (isJson(value)) readFrame(value, start, end, counts, out);
      else out.complain(-1, REASON.shape, [start, end]);
    }
  },
};

export const scalabel = labelSource(importer);

function readFrame(value: Json, start: number, end: number, counts: Map<string, number>, out: LabelSet): void {
  const name = sequenceOf(nameOf(value["videoName"]), nameOf(value["name"]));
  const count = counts.get(name) ?? 0;
  counts.set(name, count + 1);
  out.sequence(name, { type: "Scalabel labels", nominalHz: NOMINAL_HZ });
  out.imageSize(name, sizeOf(value["size"]));
  const number = value["frameIndex"] == null ? count : numberOf(value["frameIndex"]);
  const again = out.has(name, number);
  const frame = out.frame(name, number, decimalNs(value["timestamp"], 6));
  if (frame < 0) {
    out.complain(-1, REASON.number, [start, end]);
    return;
  }
  if (again) out.complain(frame, REASON.again);
  out.run(frame, start);
  for (const label of listOf(value["labels"])) {
    const reason = isJson(label) ? fill(label, out.next) : REASON.shape;
    if (reason === null) out.keep(frame);
    else {
      out.clear();
      if (reason !== "") out.complain(frame, reason);
    }
  }
}

function sequenceOf(video: string, name: string): string {
  const base = /^(.+?)[-_]?\d+\.\w+$/.exec(name.slice(0, 256))?.[1] ?? "";
  return base.startsWith(video) ? base : video;
}

/** @returns null, "" for a label that is no box, or a reason */
function fill(label: Json, next: LabelSet["next"]): string | null {
  const { box2d, box3d, score } = label;
  if (!isJson(box2d) && !isJson(box3d)) return "";
  next.track = nameOf(label["id"]);
  next.class = nameOf(label["category"]);
  next.ignored = isJson(label["attributes"]) && (label["attributes"]["ignored"] === true || label["attributes"]["crowd"] === true);
  if (score != null) next.confidence = numberOf(score);
  if (isJson(box2d)) {
    next.box2d.set([numberOf(box2d["x1"]), numberOf(box2d["y1"]), numberOf(box2d["x2"]), numberOf(box2d["y2"])]);
    if (!allNumbers(next.box2d)) return REASON.notANumber;
  }
  if (isJson(box3d)) {
    const [x, y, z] = listOf(box3d["location"]).map(numberOf);
    const [height, width, length] = listOf(box3d["dimension"]).map(numberOf);
    const yaw = numberOf(listOf(box3d["orientation"])[1]);
    next.box3d.set([
      x ?? Number.NaN,
      y ?? Number.NaN,
      z ?? Number.NaN,
      length ?? Number.NaN,
      width ?? Number.NaN,
      height ?? Number.NaN,
      yaw,
    ]);
    if (!allNumbers(next.box3d)) return REASON.notANumber;
  }
  return null;
}

/** Image size as `{ width, height }`; undefined where it is not stated. */
export function sizeOf(value: unknown): { readonly width: number; readonly height: number } | undefined {
  if (!isJson(value)) return undefined;
  const [width, height] = [numberOf(value["width"]), numberOf(value["height"])];
  return width > 0 && height > 0 ? { width, height } : undefined;
}
