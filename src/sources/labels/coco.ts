/**
 * COCO and its forms for video. One object of lists: `images`, `annotations` (`image_id`, `category_id`, `bbox` left, top, width, height),
 * `categories`, and for video `videos` with `video_id` and `frame_id` in the images and `instance_id` or `track_id` in the annotations
 * (MMTracking, TAO; CVAT writes it into `attributes`); or YouTube-VIS, where an annotation is a track with `bboxes`, one per frame of its video; or a list of
 * results (`image_id`, `category_id`, `bbox`, `score`).
 *
 * One video is one stream, else the images are one, in the order of the list. There is no clock: stamps are nominal, the video's `fps`
 * or 30 Hz. `iscrowd` and `ignore` mark regions to ignore. Masks and keypoints are left out. Formats: https://cocodataset.org/#format-data,
 * https://github.com/open-mmlab/mmtracking, https://github.com/TAO-Dataset, https://youtube-vos.org/dataset/vis.
 */
import { allNumbers, isJson, type Json, listOf, nameOf, numberOf, parsed } from "./json.ts";
import { jsonFiles, piecesOf } from "./json-labels.ts";
import { type Importer, type LabelSet, labelSource, REASON, type SequenceInfo } from "./label-set.ts";
import { sizeOf } from "./scalabel.ts";

const NOMINAL_HZ = 30;

const isAnnotation = (one: Json): boolean =>
  "category_id" in one && (("image_id" in one && "bbox" in one) || ("video_id" in one && "bboxes" in one));
const isImage = (one: Json): boolean => "id" in one && ("file_name" in one || ("width" in one && "height" in one));

/** Name of the video by its id. */
type Videos = ReadonlyMap<unknown, { readonly name: string; readonly frames: number }>;

const importer: Importer = {
  format: "coco",
  title: "COCO, COCO-video or YouTube-VIS labels, or COCO results (JSON)",

  find: (input) =>
    jsonFiles(
      input,
      ({ keys, first }) =>
        [...first("annotations"), ...first("")].some(isAnnotation) ||
        (first("images").some(isImage) && (keys.has("annotations") || keys.has("categories") || keys.has("videos"))),
    ),

  read(bytes, _file, out) {
    const classes = new Map<unknown, string>();
    const videos = new Map<unknown, { name: string; frames: number }>();
    const images: { readonly image: Json; readonly start: number }[] = [];
    /** Bytes [start, end) of each, two numbers an annotation. */
    let annotations = new Uint32Array(1024);
    let used = 0;
    for (const { key, element, start, end } of piecesOf(bytes, out)) {
      if (!element) continue;
      if (key === "annotations" || key === "") {
        if (used === annotations.length) annotations = new Uint32Array(annotations.buffer.transfer(8 * used));
        annotations[used++] = start;
        annotations[used++] = end;
      }
      if (key !== "images" && key !== "videos" && key !== "categories") continue;
      const value = parsed(bytes, start, end);
      if (!isJson(value)) out.complain(-1, REASON.shape, [start, end]);
      else if (key === "categories") classes.set(value["id"], nameOf(value["name"]));
      else if (key === "images") images.push({ image: value, start });
      else readVideo(value, start, videos, out);
    }
    const frames = readImages(images, videos, out);
    const results = images.length === 0 && videos.size === 0;
    if (results) out.sequence("", { ...SEQUENCE, unordered: true });
    out.reserve(used / 2);
    for (let i = 0; i < used; i += 2) {
      if (out.full) return;
      const [start = 0, end = 0] = [annotations[i], annotations[i + 1]];
      const value = parsed(bytes, start, end);
      if (!isJson(value)) out.complain(-1, REASON.shape, [start, end]);
      else if (Array.isArray(value["bboxes"])) readTrack(value, start, end, videos, classes, out);
      else {
        const id = value["image_id"];
        const frame = results ? out.frame("", numberOf(id)) : (frames.get(id) ?? -1);
        if (frame < 0) out.complain(-1, "image_id not in the file's images", [start, end]);
        else readBox(value, value["bbox"], frame, start, classes, out);
      }
    }
  },
};

export const coco = labelSource(importer);

const SEQUENCE: SequenceInfo = { type: "COCO boxes", nominalHz: NOMINAL_HZ };

function readVideo(value: Json, start: number, videos: Map<unknown, { name: string; frames: number }>, out: LabelSet): void {
  const name = nameOf(value["name"]) || nameOf(value["id"]);
  const fps = numberOf(value["fps"]);
  const size = sizeOf(value);
  const nominalHz = Number.isInteger(fps) && fps > 0 && fps <= 10_000 ? fps : NOMINAL_HZ;
  out.sequence(name, { ...SEQUENCE, nominalHz, unordered: true, ...(size && { imageSize: size }) });
  const frames = listOf(value["file_names"]).length;
  videos.set(value["id"], { name, frames });
  for (let i = 0; i < frames; i++) out.run(out.frame(name, i), start);
}

/** @returns frame by image id */
function readImages(
  images: readonly { readonly image: Json; readonly start: number }[],
  videos: Videos,
  out: LabelSet,
): ReadonlyMap<unknown, number> {
  const frames = new Map<unknown, number>();
  const counts = new Map<string, number>();
  for (const { image, start } of images) {
    const id = image["video_id"];
    const name = id == null ? "" : (videos.get(id)?.name ?? nameOf(id));
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const stated = image["frame_id"] ?? image["frame_index"];
    const number = id == null || stated == null ? count : numberOf(stated);
    out.sequence(name, { ...SEQUENCE, unordered: id != null });
    out.imageSize(name, sizeOf(image));
    const again = out.has(name, number) || frames.has(image["id"]);
    const frame = out.frame(name, number);
    if (frame < 0) out.complain(-1, REASON.number, [start, start + 1]);
    if (again) out.complain(frame, "image stated twice");
    out.run(frame, start);
    frames.set(image["id"], frame);
  }
  return frames;
}

/** YouTube-VIS: a box or null per frame. */
function readTrack(value: Json, start: number, end: number, videos: Videos, classes: ReadonlyMap<unknown, string>, out: LabelSet): void {
  const video = videos.get(value["video_id"]);
  if (!video) {
    out.complain(-1, "video_id not in the file's videos", [start, end]);
    return;
  }
  for (const [i, box] of listOf(value["bboxes"]).entries()) {
    if (box === null) continue;
    const frame = out.frame(video.name, i);
    if (i >= video.frames) out.complain(frame, "frame beyond the video's");
    readBox({ ...value, track_id: value["id"] }, box, frame, start, classes, out);
  }
}

function readBox(value: Json, box: unknown, frame: number, start: number, classes: ReadonlyMap<unknown, string>, out: LabelSet): void {
  const { next } = out;
  const category = value["category_id"];
  const name = classes.get(category);
  const edges = listOf(box);
  const [left, top] = [numberOf(edges[0]), numberOf(edges[1])];
  out.run(frame, start);
  const { attributes } = value;
  const attribute = isJson(attributes) ? attributes["track_id"] : undefined;
  next.track = nameOf(value["instance_id"] ?? value["track_id"] ?? value["object_id"] ?? attribute);
  next.class = name ?? nameOf(category);
  next.ignored = value["iscrowd"] === 1 || value["iscrowd"] === true || value["ignore"] === 1 || value["ignore"] === true;
  if (value["score"] != null) next.confidence = numberOf(value["score"]);
  next.box2d.set([left, top, left + numberOf(edges[2]), top + numberOf(edges[3])]);
  if (name === undefined && classes.size > 0) out.complain(frame, REASON.class);
  if (allNumbers(next.box2d)) out.keep(frame);
  else {
    out.clear();
    out.complain(frame, REASON.notANumber);
  }
}
