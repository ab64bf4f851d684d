/**
 * TUM RGB-D: a sequence with `rgb.txt`, `depth.txt` (stamp, file), `accelerometer.txt` (stamp, ax ay az) and `groundtruth.txt`; trajectories of any name,
 * `t x y z qx qy qz qw` a line, as SLAM tools write them; and the association lists of associate.py, `t file t file`.
 *
 * Stamps are decimal seconds, read as text: what is written is what is compared. ORB-SLAM's trajectories of EuRoC are the same rows in
 * nanoseconds (SaveTrajectoryEuRoC): dates that as seconds are beyond int64. A list of associations is two streams of stamps.
 * Formats: https://cvg.cit.tum.de/data/datasets/rgbd-dataset/file_formats
 */
import { square } from "../../geometry/elementary.ts";
import { type Input, readRange } from "../../input.ts";
import type { Source } from "../../pipeline/source.ts";
import { type FolderStream, folderIndex, folderReader } from "../folders/folder.ts";
import { image } from "../folders/frames.ts";
import { imageStream } from "../folders/image-list.ts";
import { looksLike } from "../labels/labels-file.ts";
import { type RowLayout, readRows } from "./rows.ts";
import { withTableForms } from "./table-form.ts";
import { Fields, Lines } from "./text.ts";

const HEAD_BYTES = 4096;
/** Text files looked into. */
const MAX_CANDIDATES = 256;
const IMAGE = /\.(png|jpg|jpeg)$/i;

type Content = "trajectory" | "nanosecond trajectory" | "accelerometer" | "images" | "association";

interface Found {
  readonly file: number;
  readonly content: Content;
  /** Path without what all share and without the extension. */
  readonly id: string;
}

/** 1973: below it a whole number may be a short time since start, in any unit. */
const FIRST_DATE_NS = 100_000_000_000_000_000n;
const POSE = { stamp: 0, x: 1, y: 2, z: 3, qx: 4, qy: 5, qz: 6, qw: 7 };
const ROWS = { separator: "space", comment: "#", stampPower: 9, logPower: 9, factors: {}, start: 0 } as const;
const LAYOUTS: Readonly<Record<Content, RowLayout>> = {
  trajectory: { ...ROWS, kind: "pose", columns: POSE },
  "nanosecond trajectory": { ...ROWS, kind: "pose", columns: POSE, stampPower: 0, logPower: 0 },
  accelerometer: { ...ROWS, kind: "imu", columns: { stamp: 0, ax: 1, ay: 2, az: 3 } },
  images: { ...ROWS, kind: "stamps", columns: { stamp: 0 } },
  association: { ...ROWS, kind: "stamps", columns: { stamp: 0 } },
};
const SECOND: RowLayout = { ...ROWS, kind: "stamps", columns: { stamp: 2 } };

export const tum: Source = {
  format: "tum",
  title:
    "TUM RGB-D sequence (rgb.txt, depth.txt, accelerometer.txt, groundtruth.txt), trajectories t x y z qx qy qz qw, or association lists",

  detect: (input) => find(input).length > 0,

  open(input, kernels, _platform, { spanBytes, forms }) {
    const paths = new Map(input.files.map(({ path }, i) => [path, i]));
    const streams = find(input).flatMap((found) => streamsOf(input, found, paths));
    return folderIndex("tum", input, forms ? withTableForms(input, streams, kernels) : streams, spanBytes);
  },

  reader: (input, index, kernels) => folderReader(input, index, kernels, { frames: { image }, rows: readRows }),
};

function streamsOf(input: Input, { file, content, id }: Found, paths: ReadonlyMap<string, number>): readonly FolderStream[] {
  const layout = LAYOUTS[content];
  const common = { kind: layout.kind, stamps: "sensor", sequenced: false } as const;
  if (content === "association") {
    const [first, second] = sidesOf(input, file);
    return [
      { info: { ...common, id: `${id}/${first}`, type: "TUM association" }, unit: { kind: "rows", file, layout } },
      { info: { ...common, id: `${id}/${second}`, type: "TUM association" }, unit: { kind: "rows", file, layout: SECOND } },
    ];
  }
  if (content === "images") {
    const folder = (input.files[file]?.path ?? "").replace(/[^/]*$/, "");
    return [imageStream(input, { id, type: "image", file, folder, layout }, paths)];
  }
  const type = content === "accelerometer" ? "TUM accelerometer" : `TUM ${content}`;
  return [{ info: { ...common, id, type }, unit: { kind: "rows", file, layout } }];
}

function find(input: Input): readonly Found[] {
  const found: { file: number; content: Content; path: string }[] = [];
  let looked = 0;
  for (const [file, { path, size }] of input.files.entries()) {
    if (!/\.(txt|tum)$/.test(path) || size === 0 || looked++ >= MAX_CANDIDATES) continue;
    const content = contentOf(readRange(input, file, 0, Math.min(size, HEAD_BYTES)), size, path);
    if (content !== null) found.push({ file, content, path });
  }
  const folders = found.map(({ path }) => path.slice(0, path.lastIndexOf("/") + 1));
  const shared = folders.reduce((a, b) => commonFolder(a, b), folders[0] ?? "");
  return found.map(({ file, content, path }) => ({ file, content, id: path.slice(shared.length).replace(/\.[^./]*$/, "") }));
}

/** The folders two paths begin with, with a slash. */
function commonFolder(a: string, b: string): string {
  let end = 0;
  for (let i = 0; i < a.length && a[i] === b[i]; i++) if (a[i] === "/") end = i + 1;
  return a.slice(0, end);
}

function contentOf(head: Uint8Array, size: number, path: string): Content | null {
  const complete = head.length === size;
  const like = (test: (fields: Fields) => boolean): boolean => looksLike(head, complete, "space", test);
  const rows = (test: (fields: Fields) => boolean): boolean => like((fields) => fields.ns(0, 9) !== null && test(fields));
  if (rows(isPose)) return "trajectory";
  if (like((fields) => (fields.ns(0, 0) ?? 0n) >= FIRST_DATE_NS && isPose(fields))) return "nanosecond trajectory";
  if (rows((fields) => fields.count === 4 && IMAGE.test(fields.text(1)) && IMAGE.test(fields.text(3)))) return "association";
  if (rows((fields) => fields.count === 2 && IMAGE.test(fields.text(1)))) return "images";
  const isNumbers = (fields: Fields): boolean => fields.count === 4 && [1, 2, 3].every((i) => Number.isFinite(fields.number(i)));
  return /(^|\/)accelerometer\.txt$/.test(path) && rows(isNumbers) ? "accelerometer" : null;
}

/** Eight numbers, the last four a rotation. */
function isPose(fields: Fields): boolean {
  let squares = 0;
  for (let i = 4; i < 8; i++) squares += square(fields.number(i));
  return fields.count === 8 && Math.abs(squares - 1) < 0.02 && [1, 2, 3].every((i) => Number.isFinite(fields.number(i)));
}

/** What the two files of an association's row are called: their folders, where these differ. */
function sidesOf(input: Input, file: number): readonly [string, string] {
  const head = readRange(input, file, 0, Math.min(input.files[file]?.size ?? 0, HEAD_BYTES));
  const lines = new Lines(head);
  const fields = new Fields();
  while (lines.next()) {
    fields.split(head, lines.start, lines.end, "space");
    if (fields.count !== 4 || head[lines.start] === 35) continue;
    const [a, b] = [1, 3].map((i) => /^([\w-]+)\//.exec(fields.text(i))?.[1]);
    return a !== undefined && b !== undefined && a !== b ? [a, b] : ["first", "second"];
  }
  return ["first", "second"];
}
