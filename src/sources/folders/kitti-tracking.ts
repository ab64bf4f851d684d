/**
 * KITTI tracking: `velodyne/NNNN/*.bin`, `image_0N/NNNN/*.png`, `label_02/NNNN.txt`, `oxts/NNNN.txt`, and detections in
 * AB3DMOT's form (`detections/NNNN.txt`), at the root or below `training/` or `testing/`; also one label file alone.
 *
 * The benchmark has no clock: stamps are nominal, frame number x 100 ms; `sequence` is the frame number. With one sequence
 * the stream ids are the folder names, with several `label_02/0000` and so on.
 *
 * 3D boxes are in the rectified camera frame (x right, y down, z forward), as the files have them: the location is moved from
 * the centre of the bottom face to the centre of the box (y - height / 2), and yaw is the file's rotation_y, about the
 * camera's y axis. Columns: the tracking devkit's readme.txt; https://github.com/xinshuoweng/AB3DMOT for the detections.
 */
import { ColumnsBuilder } from "../../columns/builder.ts";
import { type Input, readRange } from "../../input.ts";
import type { Source } from "../../pipeline/source.ts";
import type { StreamKind } from "../../types.ts";
import { type LabelLayout, looksLike, readLabelFile } from "../labels/labels-file.ts";
import { type DecodeTable, damage, type LoadedTable, noFrames, type TableFrames } from "../parts.ts";
import { type Fields, Lines, NOT_A_NUMBER, Fields as TextFields } from "../tables/text.ts";
import { type FolderStream, fileFrames, folderIndex, folderReader } from "./folder.ts";
import { image, imageSize, kittiPoints } from "./frames.ts";
import { appendOxts, OXTS_COLUMNS, type OxtsOrigin, oxtsOrigin, oxtsReason } from "./oxts.ts";

/** The benchmark's 10 Hz. */
const FRAME_NS = 100_000_000n;
/** OXTS records of one file: a day at 10 Hz. Bounds the memory of a hostile file. */
const MAX_OXTS_FRAMES = 1 << 20;
const HEAD_BYTES = 4096;

const FRAME_FILE = /^((?:training|testing)\/)?(velodyne|image_0[0-3])\/(\d{4})\/(\d{6})\.(bin|png|jpg)$/;
const TABLE_FILE = /^((?:training|testing)\/)?(label_0[0-3]|oxts|detections)\/(\d{4})\.txt$/;
/** A folder of label files that was itself given as the recording, or one of its files alone. */
const BARE_TABLE = /^(\d{4})\.txt$/;
const CALIBRATION = /^(?:(?:training|testing)\/)?calib\/\d{4}\.txt$/;

interface Found {
  /** "", "training/" or "testing/". */
  readonly prefix: string;
  /** velodyne, image_02, label_02, oxts, detections … */
  readonly folder: string;
  readonly sequence: string;
  readonly files: { readonly file: number; readonly stampNs: bigint; readonly sequence: number }[];
}

export const kittiTracking: Source = {
  format: "kitti-tracking",
  title: "KITTI tracking folder (velodyne, image_02, label_02, oxts), or one of its label files",

  detect(input) {
    return find(input, true).some((found) => isPlausible(input, found));
  },

  open(input, _kernels, _platform, { spanBytes }) {
    const found = find(input, false);
    const prefixes = new Set(found.map((f) => f.prefix));
    const sequences = new Set(found.map((f) => f.prefix + f.sequence));
    const streams = found.map((f): FolderStream => {
      const id = `${prefixes.size > 1 ? f.prefix : ""}${f.folder}${sequences.size > 1 ? `/${f.sequence}` : ""}`;
      return streamOf(input, f, id, found);
    });
    const calibration = input.files.flatMap(({ path }, i) => (CALIBRATION.test(path) ? [i] : []));
    return folderIndex("kitti-tracking", input, streams, spanBytes, calibration);
  },

  reader(input, index, kernels) {
    return folderReader(input, index, kernels, {
      frames: { points: kittiPoints, image },
      tables: {
        labels: (table, _, k) => readLabelFile(table, k, LABELS),
        detections: (table, _, k) => readLabelFile(table, k, DETECTIONS),
        oxts: readOxts,
      },
    });
  },
};

function streamOf(input: Input, found: Found, id: string, all: readonly Found[]): FolderStream {
  const { folder, files } = found;
  const info = { id, stamps: "nominal" as const };
  const first = files[0]?.file ?? -1;
  if (folder === "oxts") {
    const unit = { kind: "table" as const, decoder: "oxts", file: first };
    return { info: { ...info, kind: "pose", type: "KITTI OXTS", sequenced: true }, unit };
  }
  if (folder === "detections" || folder.startsWith("label_")) {
    const kind: StreamKind = "labels";
    const type = folder === "detections" ? "AB3DMOT detections" : "KITTI tracking labels";
    const camera = folder === "detections" ? "image_02" : folder.replace("label_", "image_");
    const images = all.find((f) => f.folder === camera && f.sequence === found.sequence && f.prefix === found.prefix);
    return {
      // A frame without boxes has no rows, so a gap in the numbers is no loss.
      info: { ...info, kind, type, sequenced: false, ...imageSize(input, images?.files[0]?.file) },
      unit: { kind: "table", decoder: folder === "detections" ? "detections" : "labels", file: first },
    };
  }
  const points = folder === "velodyne";
  return {
    info: {
      ...info,
      kind: points ? "points" : "image",
      type: points ? "KITTI velodyne scan" : "image",
      sequenced: true,
      ...(points ? {} : imageSize(input, first)),
    },
    unit: { kind: "files", decoder: points ? "points" : "image", frames: fileFrames(files) },
  };
}

/** Streams by their names, in path order. @param quick stops at the first file of each stream */
function find(input: Input, quick: boolean): Found[] {
  const found = new Map<string, Found>();
  const add = (file: number, prefix: string, folder: string, sequence: string, number: number): void => {
    const key = `${prefix}${folder}/${sequence}`;
    const stream = found.get(key) ?? { prefix, folder, sequence, files: [] };
    found.set(key, stream);
    if (quick && stream.files.length > 0) return;
    stream.files.push({ file, stampNs: BigInt(number) * FRAME_NS, sequence: number });
  };
  for (const [file, { path }] of input.files.entries()) {
    const frame = FRAME_FILE.exec(path);
    const isPoints = frame?.[5] === "bin";
    if (frame && isPoints === (frame[2] === "velodyne")) add(file, frame[1] ?? "", frame[2] ?? "", frame[3] ?? "", Number(frame[4]));
    const table = TABLE_FILE.exec(path);
    if (table) add(file, table[1] ?? "", table[2] ?? "", table[3] ?? "", 0);
  }
  if (found.size > 0) return [...found.values()];
  for (const [file, { path }] of input.files.entries()) {
    const bare = BARE_TABLE.exec(path);
    if (!bare && input.kind === "folder") continue;
    const head = readHead(input, file);
    const sequence = bare?.[1] ?? "0000";
    if (head.bytes.length === 0) continue;
    if (looksLike(head.bytes, head.complete, "space", isLabelRow)) add(file, "", "label_02", sequence, 0);
    else if (bare && looksLike(head.bytes, head.complete, "comma", isDetectionRow)) add(file, "", "detections", sequence, 0);
  }
  return [...found.values()];
}

function readHead(input: Input, file: number): { readonly bytes: Uint8Array; readonly complete: boolean } {
  const size = input.files[file]?.size ?? 0;
  const bytes = readRange(input, file, 0, Math.min(size, HEAD_BYTES));
  return { bytes, complete: bytes.length === size };
}

/** Folder names are shared with other formats' habits; the first file must look the part (an empty one may). */
function isPlausible(input: Input, { folder, files }: Found): boolean {
  const file = files[0]?.file ?? -1;
  if (folder === "velodyne" || folder.startsWith("image_")) return true;
  const { bytes, complete } = readHead(input, file);
  if (folder === "oxts") return looksLike(bytes, complete, "space", (f) => f.count === OXTS_COLUMNS);
  return folder === "detections" ? looksLike(bytes, complete, "comma", isDetectionRow) : looksLike(bytes, complete, "space", isLabelRow);
}

function isLabelRow(fields: Fields): boolean {
  const numeric = Number.isInteger(fields.number(0)) && Number.isInteger(fields.number(1)) && Number.isFinite(fields.number(6));
  return (fields.count === 17 || fields.count === 18) && numeric && Number.isNaN(fields.number(2));
}

function isDetectionRow(fields: Fields): boolean {
  return fields.count === 15 && Number.isInteger(fields.number(0)) && Number.isInteger(fields.number(1));
}

const stampNs = (number: number): bigint => BigInt(number) * FRAME_NS;

/** frame id class truncated occluded alpha left top right bottom h w l x y z ry [score]. */
const LABELS: LabelLayout = {
  separator: "space",
  columns: [17, 18],
  unordered: false,
  stampNs,
  row(fields, out) {
    for (let i = 3; i < fields.count; i++) if (Number.isNaN(fields.number(i))) return NOT_A_NUMBER;
    const id = fields.number(1);
    if (!Number.isInteger(id)) return "track id is not an integer";
    out.class = fields.text(2);
    out.ignored = out.class === "DontCare";
    out.track = id < 0 ? "" : String(id);
    out.confidence = fields.count === 18 ? fields.number(17) : Number.NaN;
    setBoxes(fields, out, 6, 10, out.ignored);
    return null;
  },
};

/** AB3DMOT's class numbers. */
const DETECTION_CLASSES: Readonly<Record<number, string>> = { 1: "Pedestrian", 2: "Car", 3: "Cyclist" };

/** frame,type,left,top,right,bottom,score,h,w,l,x,y,z,ry,alpha. */
const DETECTIONS: LabelLayout = {
  separator: "comma",
  columns: [15, 15],
  unordered: false,
  stampNs,
  row(fields, out) {
    for (let i = 1; i < fields.count; i++) if (Number.isNaN(fields.number(i))) return NOT_A_NUMBER;
    const type = fields.number(1);
    out.class = DETECTION_CLASSES[type] ?? String(type);
    out.ignored = false;
    out.track = "";
    out.confidence = fields.number(6);
    setBoxes(fields, out, 2, 7, false);
    return null;
  },
};

/** `-1 -1 -1 -1` is no 2D box; a location of -1000 or sizes of -1 mean no 3D box (devkit: "DontCare" and 2D trackers). */
function setBoxes(
  fields: Fields,
  out: { readonly box2d: Float64Array; readonly box3d: Float64Array },
  at2d: number,
  at3d: number,
  flat: boolean,
): void {
  const { box2d, box3d } = out;
  for (let i = 0; i < 4; i++) box2d[i] = fields.number(at2d + i);
  if (box2d[0] === -1 && box2d[1] === -1 && box2d[2] === -1 && box2d[3] === -1) box2d.fill(Number.NaN);
  const height = fields.number(at3d);
  const width = fields.number(at3d + 1);
  const length = fields.number(at3d + 2);
  const x = fields.number(at3d + 3);
  const y = fields.number(at3d + 4);
  const z = fields.number(at3d + 5);
  const unknown = (x === -1000 && y === -1000 && z === -1000) || (height === -1 && width === -1 && length === -1);
  if (flat || unknown) {
    box3d.fill(Number.NaN);
    return;
  }
  // One by one: a list for each of a million rows would be a million lists.
  box3d[0] = x;
  box3d[1] = y - height / 2;
  box3d[2] = z;
  box3d[3] = length;
  box3d[4] = width;
  box3d[5] = height;
  box3d[6] = fields.number(at3d + 6);
}

/** One line is one frame; a blank line is a frame that is missing. */
const readOxts: DecodeTable = (table: LoadedTable, needs, kernels): TableFrames => {
  const bytes = kernels.u8(table.pointer, table.bytes);
  const lines = new Lines(bytes);
  const fields = new TextFields();
  const out = new ColumnsBuilder();
  const numbers: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const damages: TableFrames["damages"][number][] = [];
  let origin: OxtsOrigin | null = null;
  for (let number = 0; lines.next(); number++) {
    fields.split(bytes, lines.start, lines.end, "space");
    if (fields.count === 0) continue;
    if (number >= MAX_OXTS_FRAMES) {
      const observed = { line: number + 1 };
      damages.push(
        damage("table-too-long", table.path, { bytes: [lines.start, table.bytes], observed, expected: { atMostLines: MAX_OXTS_FRAMES } }),
      );
      break;
    }
    const frame = numbers.push(number) - 1;
    starts.push(lines.start);
    ends.push(lines.after);
    const reason = oxtsReason(fields);
    origin ??= oxtsOrigin(fields);
    if (reason !== null) out.malformed.push({ frame, reason });
    else if (origin) appendOxts(fields, frame, stampNs(number), origin, needs, out);
  }
  if (numbers.length === 0) return noFrames([damage("empty-file", table.path, { severity: "warning" }), ...damages]);
  const { malformed, ...columns } = out.finish();
  return {
    stampNs: BigInt64Array.from(numbers, stampNs),
    sequence: Uint32Array.from(numbers),
    pointer: Uint32Array.from(starts, (start) => table.pointer + start),
    bytes: Uint32Array.from(starts, (start, i) => (ends[i] ?? 0) - start),
    start: Float64Array.from(starts),
    end: Float64Array.from(ends),
    malformed,
    columns,
    damages,
  };
};
