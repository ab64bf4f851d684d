/**
 * PCD: point clouds of the Point Cloud Library, one file or a folder of them. A file is a frame; _cloud-files.ts says which files make
 * a stream and where their stamps come from.
 *
 * Binary rows are read in place. Text and compressed columns become rows of the same types first. A field of several values stands for
 * its first one; padding (`_`) is no field. Where a file holds fewer points than it says, those that are there are kept.
 */
import { type Input, readRange } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { Source } from "../../pipeline/source.ts";
import type { PointTable } from "../../types.ts";
import { LZF_MOST_RATIO, lzfDecode } from "../codecs/lzf.ts";
import { type DecodeFrame, folderIndex, folderReader, type LoadedFrame } from "../folders/folder.ts";
import { cloudStreams } from "./cloud-files.ts";
import { readPcdRows } from "./pcd-ascii.ts";
import { looksLikePcd, MAX_HEADER_BYTES, PCD_REASON, type PcdField, type PcdHeader, readPcdHeader } from "./pcd-header.ts";
import { fillRows, settle } from "./point-rows.ts";

/** Rows of one cloud in memory: four times the largest file. */
const MAX_ROWS_BYTES = 2 ** 30;
/** Files looked into before a folder is believed to hold no clouds. */
const LOOKED_AT = 32;

export const pcd: Source = {
  format: "pcd",
  title: "PCD point clouds (ascii, binary, binary_compressed): a file, or folders of them",

  detect(input) {
    const looks = (file: number): boolean => looksLikePcd(readRange(input, file, 0, Math.min(input.files[file]?.size ?? 0, 64)));
    if (input.kind === "file") return looks(0);
    const clouds = input.files.flatMap(({ path, size }, i) => (isPcd(path) && size > 0 ? [i] : []));
    return clouds.slice(0, LOOKED_AT).some(looks);
  },

  open(input, _kernels, _platform, { spanBytes }) {
    return folderIndex("pcd", input, cloudStreams(input, isPcd, "PCD", "points"), spanBytes);
  },

  reader(input: Input, index, kernels) {
    return folderReader(input, index, kernels, { frames: { points: decode } });
  },
};

function isPcd(path: string): boolean {
  return /\.pcd$/i.test(path);
}

/** Rows as they came to lie in kernel memory. */
interface Rows {
  readonly count: number;
  readonly pointer: number;
  readonly stride: number;
  readonly fields: PointTable["fields"];
  readonly reason: string | null;
}

const decode: DecodeFrame = (file, needs, out, kernels) => {
  const header = readPcdHeader(kernels.u8(file.pointer, Math.min(file.bytes, MAX_HEADER_BYTES + 1)));
  if (typeof header === "string") return header;
  if (!needs.has("points")) return header.flaw;
  const rows = READ[header.encoding](file, header, kernels);
  if (typeof rows === "string") return rows;
  const { count, pointer, stride, fields } = rows;
  out.points.push({ frame: file.frame, count, pointer, stride, bigEndian: false, fields });
  return rows.reason ?? header.flaw;
};

const READ: Readonly<Record<PcdHeader["encoding"], (file: LoadedFrame, header: PcdHeader, kernels: Kernels) => Rows | string>> = {
  ascii: readText,
  binary: readBinary,
  binary_compressed: readCompressed,
};

/** In place. */
function readBinary({ pointer, bytes }: LoadedFrame, { points, stride, fields, dataStart }: PcdHeader, kernels: Kernels): Rows {
  const there = bytes - dataStart;
  const count = Math.min(points, Math.floor(there / stride));
  const behind = count === points ? kernels.u8(pointer + dataStart + points * stride, there - points * stride) : new Uint8Array(0);
  const reason = count < points ? PCD_REASON.short : behind.some(isContent) ? PCD_REASON.long : null;
  return { count, pointer: pointer + dataStart, stride, fields: named(fields), reason };
}

/** Zeros and line ends behind the last point are padding. */
function isContent(byte: number): boolean {
  return byte !== 0 && byte !== 10 && byte !== 13;
}

function readText({ pointer, bytes }: LoadedFrame, { points, stride, fields, dataStart }: PcdHeader, kernels: Kernels): Rows | string {
  const values = fields.reduce((sum, { count }) => sum + count, 0);
  // Each value takes a digit and a blank; the last one of the file may lack its line end.
  // A line that breaks off has begun a row: room for one more.
  const room = stride * (Math.min(points, Math.floor((bytes - dataStart + 1) / (2 * values))) + 1);
  if (room > MAX_ROWS_BYTES) return PCD_REASON.large;
  const mark = kernels.mark();
  const to = kernels.alloc(room);
  const view = new DataView(kernels.exports.memory.buffer, to, room);
  const { rows, reason } = readPcdRows(kernels.u8(pointer, bytes), dataStart, fields, stride, points, view);
  kernels.release(mark);
  kernels.alloc(rows * stride);
  return { count: rows, pointer: to, stride, fields: named(fields), reason };
}

/** u32 compressed bytes, u32 decompressed bytes, then LZF of column after column. */
function readCompressed({ pointer, bytes }: LoadedFrame, header: PcdHeader, kernels: Kernels): Rows | string {
  const { points, fields, dataStart } = header;
  if (bytes - dataStart < 8) return points === 0 ? noRows(header, pointer) : PCD_REASON.short;
  const view = new DataView(kernels.exports.memory.buffer, pointer + dataStart, 8);
  const [packed, size] = [view.getUint32(0, true), view.getUint32(4, true)];
  const there = bytes - dataStart - 8;
  if (packed > there) return PCD_REASON.short;
  if (size !== points * header.stride) return PCD_REASON.compressed;
  if (size > MAX_ROWS_BYTES || size > packed * LZF_MOST_RATIO) return PCD_REASON.large;

  const mark = kernels.mark();
  const columns = kernels.alloc(size);
  const written = lzfDecode(new Uint8Array(kernels.exports.memory.buffer), pointer + dataStart + 8, packed, columns, size);
  if (written < size) {
    kernels.release(mark);
    return PCD_REASON.compressed;
  }
  const { stride, placed } = layout(fields);
  const rows = kernels.alloc(points * stride);
  for (const { field, offset } of placed) {
    const column = { pointer: columns + field.offset * points, step: field.width * field.count, width: field.width };
    fillRows(kernels, column, points, rows + offset, stride);
  }
  const to = settle(kernels, mark, rows, points * stride);
  const behind = kernels.u8(pointer + dataStart + 8 + packed, there - packed);
  const out = placed.map(({ field, offset }) => ({ name: field.name, offset, type: field.type }));
  return { count: points, pointer: to, stride, fields: out, reason: behind.some(isContent) ? PCD_REASON.long : null };
}

function noRows({ stride, fields }: PcdHeader, pointer: number): Rows {
  return { count: 0, pointer, stride, fields: named(fields), reason: null };
}

function named(fields: readonly PcdField[]): PointTable["fields"] {
  return fields.flatMap(({ name, offset, type }) => (isPadding(name) ? [] : [{ name, offset, type }]));
}

function isPadding(name: string): boolean {
  return name === "_";
}

/** Rows of the first values of each field, each at a multiple of its width. */
function layout(fields: readonly PcdField[]): {
  readonly stride: number;
  readonly placed: readonly { readonly field: PcdField; readonly offset: number }[];
} {
  const placed: { field: PcdField; offset: number }[] = [];
  let end = 0;
  let widest = 1;
  for (const field of fields) {
    if (isPadding(field.name)) continue;
    const offset = Math.ceil(end / field.width) * field.width;
    placed.push({ field, offset });
    end = offset + field.width;
    widest = Math.max(widest, field.width);
  }
  return { stride: Math.ceil(end / widest) * widest, placed };
}
