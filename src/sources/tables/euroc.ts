/**
 * EuRoC MAV: a sequence with `mav0/imu0/data.csv`, `mav0/cam0/data.csv` and its images, `mav0/state_groundtruth_estimate0/data.csv`,
 * `mav0/leica0` and `mav0/vicon0`; one such CSV alone; or lists of camera stamps, ns a line.
 *
 * Rows are int64 ns and numbers, the first line `#timestamp [ns],…`. Quaternions are w x y z in the files; ground truth is the pose of the body in the
 * reference frame, a Leica's row a position without orientation. Layout: https://projects.asl.ethz.ch/datasets/doku.php?id=kmavvisualinertialdatasets
 */
import { type Input, readRange } from "../../input.ts";
import type { Source } from "../../pipeline/source.ts";
import { type FolderStream, folderIndex, folderReader } from "../folders/folder.ts";
import { image } from "../folders/frames.ts";
import { imageStream } from "../folders/image-list.ts";
import { stemOf } from "../labels/label-set.ts";
import { looksLike } from "../labels/labels-file.ts";
import { type RowLayout, readRows } from "./rows.ts";
import { withTableForms } from "./table-form.ts";
import { type Fields, textOf } from "./text.ts";

const HEAD_BYTES = 4096;
/** Files looked into where the names say nothing. */
const MAX_CANDIDATES = 256;
/** 1: sensor. */
const OFFICIAL = /(?:^|\/)([A-Za-z_]+\d+)\/data\.csv$/;

type Content = "imu" | "pose" | "position" | "images" | "stamps";

interface Found {
  readonly file: number;
  readonly content: Content;
  readonly id: string;
}

const ROWS = { separator: "comma", comment: "#", stampPower: 0, logPower: 0, factors: {}, start: 0 } as const;
const LAYOUTS: Readonly<Record<Content, RowLayout>> = {
  imu: { ...ROWS, kind: "imu", columns: { stamp: 0, wx: 1, wy: 2, wz: 3, ax: 4, ay: 5, az: 6 } },
  pose: { ...ROWS, kind: "pose", columns: { stamp: 0, x: 1, y: 2, z: 3, qw: 4, qx: 5, qy: 6, qz: 7 } },
  position: { ...ROWS, kind: "pose", columns: { stamp: 0, x: 1, y: 2, z: 3 } },
  images: { ...ROWS, kind: "stamps", columns: { stamp: 0 } },
  stamps: { ...ROWS, kind: "stamps", columns: { stamp: 0 } },
};

const TYPES: Readonly<Record<Content, string>> = {
  imu: "EuRoC IMU",
  pose: "EuRoC poses",
  position: "EuRoC positions",
  images: "image",
  stamps: "EuRoC stamps",
};

export const euroc: Source = {
  format: "euroc",
  title: "EuRoC MAV sequence (mav0/imu0/data.csv, cam0, state_groundtruth_estimate0), one of its CSV files, or lists of its stamps",

  detect: (input) => find(input).length > 0,

  open(input, kernels, _platform, { spanBytes, forms }) {
    const paths = new Map(input.files.map(({ path }, i) => [path, i]));
    const streams = find(input).map(({ file, content, id }): FolderStream => {
      const [layout, type] = [LAYOUTS[content], TYPES[content]];
      if (content === "images") {
        const folder = (input.files[file]?.path ?? "").replace(/[^/]*$/, "data/");
        return imageStream(input, { id, type, file, folder, layout }, paths);
      }
      const kind = layout.kind;
      return { info: { id, kind, type, stamps: "sensor", sequenced: false }, unit: { kind: "rows", file, layout } };
    });
    return folderIndex("euroc", input, forms ? withTableForms(input, streams, kernels) : streams, spanBytes);
  },

  reader: (input, index, kernels) => folderReader(input, index, kernels, { frames: { image }, rows: readRows }),
};

function find(input: Input): readonly Found[] {
  const found: Found[] = [];
  let looked = 0;
  for (const [file, { path, size }] of input.files.entries()) {
    const isText = /\.(csv|txt)$/.test(path);
    if (!isText || size === 0 || looked++ >= MAX_CANDIDATES) continue;
    const head = readRange(input, file, 0, Math.min(size, HEAD_BYTES));
    const content = contentOf(head, head.length === size);
    if (content === null) continue;
    const sensor = OFFICIAL.exec(path)?.[1] ?? stemOf(path);
    const id = found.some((one) => one.id === sensor) ? path.replace(/(\/data)?\.[a-z]+$/, "") : sensor;
    found.push({ file, content, id });
  }
  return found;
}

/** By the names in the first line; a list of stamps has none. */
function contentOf(head: Uint8Array, complete: boolean): Content | null {
  const line = textOf(head, 0, head.length).split("\n", 1)[0] ?? "";
  if (/^#\s*timestamp/.test(line)) {
    if (!looksLike(head, complete, "comma", (fields) => fields.count > 1 && isStamp(fields))) return null;
    if (line.includes("w_RS_S_x")) return "imu";
    if (/\bq_\w+_w\b/.test(line)) return "pose";
    if (/\bp_\w+_x\b/.test(line)) return "position";
    return line.includes("filename") ? "images" : null;
  }
  return isStampList(head, complete) ? "stamps" : null;
}

/** Nanoseconds since 1970: a number of 16 to 19 digits. */
function isStamp(fields: Fields): boolean {
  return /^\d{16,19}$/.test(fields.text(0));
}

/** Nothing but stamps in the first lines, and more than one of them. */
function isStampList(head: Uint8Array, complete: boolean): boolean {
  const lines = textOf(head, 0, head.length).split(/\r?\n/);
  const whole = (complete ? lines : lines.slice(0, -1)).filter((line) => line !== "").slice(0, 16);
  return whole.length > 1 && whole.every((line) => /^\d{16,19}$/.test(line.trim()));
}
