/**
 * MOTChallenge: one sequence with `gt/gt.txt`, `det/det.txt`, `seqinfo.ini`, `img1/*.jpg`; or a flat folder of `gt.txt`, `det.txt` and
 * result files; or one such file alone. Stream ids are the file names without `.txt`.
 *
 * Rows are `frame,id,left,top,width,height,conf,…`, frames count from 1, and rows may come in any order (the benchmark's own are
 * sorted by track), so frames are ordered by number. There is no clock: stamps are nominal, (frame - 1) / frameRate, 30 Hz where
 * `seqinfo.ini` does not say. Files of 9 columns (MOT16 and later) have a class and a visibility; in files of 10 columns (2D MOT15)
 * columns 8 to 10 are a position and every box is a pedestrian. In `gt` files column 7 is a flag, 0 for a row to ignore; elsewhere it
 * is the score, -1 for none. Formats: https://motchallenge.net/instructions/ and arXiv 1504.01942, 1603.00831, 2003.09003.
 */
import { type Input, readRange } from "../../input.ts";
import type { Source } from "../../pipeline/source.ts";
import type { StreamInfo } from "../../types.ts";
import { type LabelLayout, looksLike, readLabelFile } from "../labels/labels-file.ts";
import { type Fields, Lines, NOT_A_NUMBER, parseNumber, textOf } from "../tables/text.ts";
import { type FolderStream, fileFrames, folderIndex, folderReader } from "./folder.ts";
import { image, imageSize } from "./frames.ts";

const HEAD_BYTES = 4096;
const SECOND_NS = 1_000_000_000n;
const DEFAULT_RATE: Rate = { frames: 30n, seconds: 1n };

/** 1: stem. Folders other than these belong to something else. */
const TABLE_FILE = /^(?:gt\/(?=gt)|det\/(?=det))?([^/]+)\.txt$/;
const IMAGE_FILE = /^([^/]+)\/(\d{1,10})\.(jpg|jpeg|png)$/;

/** Classes of MOT16, MOT17 and MOT20, by number. */
const CLASSES = [
  "",
  "pedestrian",
  "person on vehicle",
  "car",
  "bicycle",
  "motorbike",
  "non motorized vehicle",
  "static person",
  "distractor",
  "occluder",
  "occluder on the ground",
  "occluder full",
  "reflection",
  "crowd",
] as const;

/** Frames per so many seconds, exact. */
interface Rate {
  readonly frames: bigint;
  readonly seconds: bigint;
}

interface SequenceInfo {
  readonly rate: Rate;
  readonly imageFolder: string;
  readonly length: number | null;
  readonly imageSize: Pick<StreamInfo, "imageSize">;
}

interface TableOptions {
  readonly groundTruth: boolean;
  readonly rate: Rate;
}

export const motchallenge: Source = {
  format: "motchallenge",
  title: "MOTChallenge sequence (gt/gt.txt, det/det.txt, seqinfo.ini, img1), or one of its text files",

  detect(input) {
    return findTables(input).length > 0 || (findImages(input, readInfo(input)).length > 0 && fileAt(input, "seqinfo.ini") >= 0);
  },

  open(input, _kernels, _platform, { spanBytes }) {
    const info = readInfo(input);
    const images = findImages(input, info);
    const firstImage = images[0]?.file;
    const size = info.imageSize.imageSize ? info.imageSize : imageSize(input, firstImage);
    const streams: FolderStream[] = findTables(input).map(({ file, id, stem }) => ({
      info: { id, kind: "labels", type: "MOTChallenge boxes", stamps: "nominal", sequenced: false, ...size },
      unit: {
        kind: "table",
        decoder: "labels",
        file,
        options: { groundTruth: stem.startsWith("gt"), rate: info.rate } satisfies TableOptions,
      },
    }));
    if (images.length > 0) {
      const frames = fileFrames(images.map(({ file, number }) => ({ file, sequence: number, stampNs: nominal(number, info.rate) })));
      streams.push({
        info: { id: info.imageFolder, kind: "image", type: "image", stamps: "nominal", sequenced: true, ...imageSize(input, firstImage) },
        unit: { kind: "files", decoder: "image", frames },
      });
    }
    const auxiliary = [fileAt(input, "seqinfo.ini")].filter((i) => i >= 0);
    return folderIndex("motchallenge", input, streams, spanBytes, auxiliary, (index) =>
      images.length > 0 && info.length !== null ? { frames: new Map([[index(info.imageFolder), info.length]]) } : {},
    );
  },

  reader(input, index, kernels) {
    return folderReader(input, index, kernels, {
      frames: { image },
      tables: { labels: (table, _, k) => readLabelFile(table, k, layoutOf(table.options as TableOptions)) },
    });
  },
};

function fileAt(input: Input, path: string): number {
  return input.files.findIndex((f) => f.path === path);
}

function findTables(input: Input): { readonly file: number; readonly id: string; readonly stem: string }[] {
  const found: { file: number; id: string; stem: string }[] = [];
  for (const [file, { path, size }] of input.files.entries()) {
    const stem = TABLE_FILE.exec(path)?.[1] ?? (input.kind === "file" ? path : null);
    if (stem === null) continue;
    const named = stem === "gt" || stem === "det";
    const head = readRange(input, file, 0, Math.min(size, HEAD_BYTES));
    if (head.length === 0 ? !named : !looksLike(head, head.length === size, "comma", named ? isRow : isResultRow)) continue;
    const taken = found.some((f) => f.id === stem);
    found.push({ file, id: taken ? path.replace(/\.txt$/, "") : stem, stem });
  }
  return found;
}

/** What the name promises must at least be rows of numbers. */
function isRow(fields: Fields): boolean {
  if (fields.count < 7 || fields.count > 12 || !Number.isInteger(fields.number(0)) || !Number.isInteger(fields.number(1))) return false;
  for (let i = 2; i < 7; i++) if (Number.isNaN(fields.number(i))) return false;
  return true;
}

/** A file of any other name must look the part in every column: plain numbers are common. */
function isResultRow(fields: Fields): boolean {
  if (!isRow(fields) || fields.number(0) < 0 || !(fields.number(4) > 0 && fields.number(5) > 0)) return false;
  if (fields.count === 9) return Number.isInteger(fields.number(7)) && Math.abs(fields.number(8)) <= 1;
  return fields.count === 10 && [7, 8, 9].every((i) => fields.number(i) === -1);
}

function findImages(input: Input, info: SequenceInfo): { readonly file: number; readonly number: number }[] {
  const found: { file: number; number: number }[] = [];
  for (const [file, { path }] of input.files.entries()) {
    const match = IMAGE_FILE.exec(path);
    const number = Number(match?.[2] ?? Number.NaN);
    if (match?.[1] === info.imageFolder && number <= 0xffff_ffff) found.push({ file, number });
  }
  return found.sort((a, b) => a.number - b.number);
}

/** `seqinfo.ini`: lines of `key=value`. What is absent or unreadable stays unknown. */
function readInfo(input: Input): SequenceInfo {
  const values = new Map<string, string>();
  const file = fileAt(input, "seqinfo.ini");
  const bytes = file < 0 ? new Uint8Array(0) : readRange(input, file, 0, Math.min(input.files[file]?.size ?? 0, HEAD_BYTES));
  const lines = new Lines(bytes);
  while (lines.next()) {
    const [key, value] = textOf(bytes, lines.start, lines.end).split("=", 2);
    if (key !== undefined && value !== undefined) values.set(key.trim().toLowerCase(), value.trim());
  }
  const whole = (key: string): number | null => {
    const text = new TextEncoder().encode(values.get(key) ?? "");
    const value = parseNumber(text, 0, text.length);
    return Number.isInteger(value) && value > 0 && value <= 0xffff_ffff ? value : null;
  };
  const [width, height] = [whole("imwidth"), whole("imheight")];
  return {
    rate: parseRate(values.get("framerate")) ?? DEFAULT_RATE,
    imageFolder: values.get("imdir") || "img1",
    length: whole("seqlength"),
    imageSize: width && height ? { imageSize: { width, height } } : {},
  };
}

/** A decimal such as `29.97` as a fraction. */
function parseRate(text: string | undefined): Rate | null {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text ?? "");
  if (!match) return null;
  const fraction = match[2] ?? "";
  const frames = BigInt((match[1] ?? "") + fraction);
  return frames > 0n ? { frames, seconds: 10n ** BigInt(fraction.length) } : null;
}

function nominal(number: number, { frames, seconds }: Rate): bigint {
  return ((BigInt(number) - 1n) * SECOND_NS * seconds) / frames;
}

function layoutOf({ groundTruth, rate }: TableOptions): LabelLayout {
  return {
    separator: "comma",
    columns: [7, 12],
    unordered: true,
    stampNs: (number) => nominal(number, rate),
    row(fields, out) {
      for (let i = 1; i < fields.count; i++) if (Number.isNaN(fields.number(i))) return NOT_A_NUMBER;
      const id = fields.number(1);
      if (!Number.isInteger(id)) return "track id is not an integer";
      const conf = fields.number(6);
      const type = fields.count === 9 ? fields.number(7) : -1;
      out.track = id < 0 ? "" : String(id);
      out.class = type === -1 ? "pedestrian" : CLASSES[type] || String(type);
      out.ignored = groundTruth && conf === 0;
      out.confidence = groundTruth || conf === -1 ? Number.NaN : conf;
      out.box2d[0] = fields.number(2);
      out.box2d[1] = fields.number(3);
      out.box2d[2] = fields.number(2) + fields.number(4);
      out.box2d[3] = fields.number(3) + fields.number(5);
      out.box3d.fill(Number.NaN);
      return null;
    },
  };
}
