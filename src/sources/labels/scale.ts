/**
 * Frames as Scale and its likes deliver them. LiDAR: a list of frames, or an object with `frames`, each with `cuboids` (or
 * `annotations`) of `uuid`, `label`, `position`, `dimensions` and `yaw`; or a folder of one such file per frame. Video: an object whose
 * `annotations` are tracks by uuid, each with `label`, `geometry: box` and `frames` of `left`, `top`, `width`, `height`, `frame`.
 * Image: `annotations` of `type: box`, `label`, `left`, `top`, `width`, `height`.
 *
 * A frame's stamp is its `timestamp` or `device_timestamp`, in seconds, ms, us or ns by its size; else stamps are nominal, 10 Hz. Dimensions:
 * x is the length, along the heading, y the width, z the height. Polygons, lines and points are left out.
 * Format: https://scale.com/docs/api-reference/sensor-fusion-lidar-tasks.
 */
import { decimalNs } from "../tables/decimal.ts";
import { allNumbers, isJson, type Json, listOf, nameOf, numberOf, parsed } from "./json.ts";
import { jsonFiles, piecesOf } from "./json-labels.ts";
import { type Importer, type LabelSet, labelSource, REASON } from "./label-set.ts";

const NOMINAL_HZ = 10;

const isCuboid = (one: unknown): boolean => isJson(one) && isJson(one["position"]) && isJson(one["dimensions"]);
const isBox = (one: unknown): boolean => isJson(one) && "left" in one && "top" in one && "width" in one && "height" in one;
const boxesOf = (frame: Json): readonly unknown[] => listOf(frame["cuboids"] ?? frame["annotations"]);
const isFrame = (frame: Json): boolean => {
  const boxes = boxesOf(frame);
  return boxes.length > 0 && boxes.slice(0, 3).every((one) => isCuboid(one) || isBox(one));
};
const isTrack = (one: unknown): boolean => isJson(one) && listOf(one["frames"]).slice(0, 3).some(isBox);

const importer: Importer = {
  format: "scale",
  title: "Scale-style frames of cuboids or boxes, or tracks of boxes (JSON)",

  find: (input) =>
    jsonFiles(input, ({ first }) => {
      if ([...first(""), ...first("frames")].some((frame) => isFrame(frame) || isFrame({ cuboids: frame["cuboids"] }))) return true;
      const annotations = first("annotations").flatMap((one) => (isJson(one[""]) ? Object.values(one[""]) : [one]));
      return [...first("cuboids"), ...annotations].some(
        (one) => isCuboid(one) || isTrack(one) || (isBox(one) && isJson(one) && "label" in one),
      );
    }),

  read(bytes, _file, out) {
    out.sequence("", { type: "Scale annotations", nominalHz: NOMINAL_HZ });
    let count = 0;
    let lone = -1;
    for (const { key, element, start, end } of piecesOf(bytes, out)) {
      if (out.full) return;
      if (element && (key === "frames" || key === "")) {
        const value = parsed(bytes, start, end);
        if (isJson(value)) readFrame(value, count, start, end, out);
        else out.complain(-1, REASON.shape, [start, end]);
        count++;
      } else if (element && (key === "cuboids" || key === "annotations")) {
        if (lone < 0) lone = out.frame("", 0);
        out.run(lone, start);
        readLabel(parsed(bytes, start, end), lone, out);
      } else if (!element && key === "annotations") {
        const tracks = parsed(bytes, start, end);
        if (isJson(tracks)) readTracks(tracks, start, out);
        else out.complain(-1, REASON.shape, [start, end]);
      }
    }
  },
};

export const scale = labelSource(importer);

function readFrame(value: Json, count: number, start: number, end: number, out: LabelSet): void {
  const stated = value["frame_number"] ?? value["frame"] ?? value["index"];
  const number = stated == null ? count : numberOf(stated);
  const again = out.has("", number);
  const frame = out.frame("", number, stampNs(value["device_timestamp"] ?? value["timestamp"]));
  if (frame < 0) {
    out.complain(-1, REASON.number, [start, end]);
    return;
  }
  if (again) out.complain(frame, REASON.again);
  out.run(frame, start);
  for (const label of boxesOf(value)) readLabel(label, frame, out);
}

function readTracks(tracks: Json, start: number, out: LabelSet): void {
  const rows = Object.entries(tracks).flatMap(([uuid, track]) =>
    isJson(track)
      ? listOf(track["frames"]).map((box, i) => ({
          uuid,
          track,
          box,
          number: isJson(box) ? numberOf(box["frame"] ?? box["key"] ?? i) : -1,
        }))
      : [],
  );
  for (const { number } of rows.sort((a, b) => a.number - b.number)) out.run(out.frame("", number), start);
  for (const { uuid, track, box, number } of rows) {
    const frame = out.has("", number) ? out.frame("", number) : -1;
    if (frame < 0) out.complain(-1, REASON.number);
    else if (isJson(box)) readLabel({ uuid, label: track["label"], ...box }, frame, out);
    else out.complain(frame, REASON.shape);
  }
}

function readLabel(label: unknown, frame: number, out: LabelSet): void {
  const { next } = out;
  if (!isJson(label)) {
    out.complain(frame, REASON.shape);
    return;
  }
  const cuboid = isCuboid(label);
  if (!cuboid && !isBox(label)) {
    // Lines, polygons and points are other people's labels.
    if (!("type" in label) && !("vertices" in label) && !("geometry" in label)) out.complain(frame, REASON.shape);
    return;
  }
  next.track = nameOf(label["uuid"] ?? label["track_id"] ?? label["id"]);
  next.class = nameOf(label["label"]);
  next.annotator = nameOf(label["annotator"] ?? label["worker_id"]);
  if (label["confidence"] != null) next.confidence = numberOf(label["confidence"]);
  if (cuboid) next.box3d.set([...vector(label["position"]), ...vector(label["dimensions"]), numberOf(label["yaw"])]);
  else {
    const [left, top] = [numberOf(label["left"]), numberOf(label["top"])];
    next.box2d.set([left, top, left + numberOf(label["width"]), top + numberOf(label["height"])]);
  }
  if (allNumbers(cuboid ? next.box3d : next.box2d)) {
    out.keep(frame);
    return;
  }
  out.clear();
  out.complain(frame, REASON.notANumber);
}

function vector(value: unknown): readonly [number, number, number] {
  return isJson(value) ? [numberOf(value["x"]), numberOf(value["y"]), numberOf(value["z"])] : [Number.NaN, Number.NaN, Number.NaN];
}

/** Seconds, ms, us or ns since 1970, told apart by their size: each is a thousand times the other, and recordings are of 1973 to 2286. */
export function stampNs(value: unknown): bigint | null {
  const seconds = decimalNs(value, 0);
  if (seconds === null) return null;
  const size = seconds < 0n ? -seconds : seconds;
  const power = size >= 10n ** 17n ? 0 : size >= 10n ** 14n ? 3 : size >= 10n ** 11n ? 6 : 9;
  return decimalNs(value, power);
}
