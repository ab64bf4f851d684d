/**
 * LAS 1.0 to 1.5, point formats 0 to 10: a file is a frame; _cloud-files.ts says which files make a stream and where their stamps come from.
 *
 * Positions are scaled integers in the file and become f64 metres (or the units of its coordinate system). `gps_time` keeps its value;
 * what it counts from is what the header states. LAZ is recognised, counted and digested as bytes: its points are not read.
 */
import { InputError } from "../errors.ts";
import { type Input, readRange } from "../input.ts";
import type { Source } from "../source.ts";
import type { FieldType, PointTable } from "../types.ts";
import type { Kernels } from "../wasm.ts";
import { cloudStreams } from "./_cloud-files.ts";
import { type DecodeFrame, type FolderStream, folderIndex, folderReader } from "./_folder.ts";
import { isCompressed, LAS_HEADER_BYTES, LAS_REASON, type LasHeader, looksLikeLas, readLasHeader } from "./_las-header.ts";

const MAX_ROWS_BYTES = 2 ** 30;
/** Files looked into before a folder is believed to hold no clouds. */
const LOOKED_AT = 32;

export const las: Source = {
  format: "las",
  title: "LAS point clouds (1.0 to 1.5): a file, or folders of them; LAZ as bytes",

  detect(input) {
    if (input.kind === "file") return looksLikeLas(headOf(input, 0));
    const clouds = input.files.flatMap(({ path, size }, i) => (isLas(path) && size > 0 ? [i] : []));
    return clouds.slice(0, LOOKED_AT).some((file) => looksLikeLas(headOf(input, file)));
  },

  open(input, _kernels, _platform, { spanBytes }) {
    const streams = [
      ...cloudStreams(input, (path) => /\.las$/i.test(path), "LAS", "points"),
      ...(input.kind === "folder" ? cloudStreams(input, (path) => /\.laz$/i.test(path), "LAZ", "points") : []),
    ];
    const known = streams.map((stream) => (isPacked(input, stream) ? packed(stream) : stream));
    return folderIndex("las", input, distinct(known), spanBytes);
  },

  reader(input, index, kernels) {
    return folderReader(input, index, kernels, {
      frames: { points: decode, laz: (file, _, __, k) => headerFlaw(k, file.pointer, file.bytes) },
    });
  },
};

function isLas(path: string): boolean {
  return /\.la[sz]$/i.test(path);
}

function headOf(input: Input, file: number): Uint8Array {
  try {
    return readRange(input, file, 0, Math.min(input.files[file]?.size ?? 0, LAS_HEADER_BYTES));
  } catch (error) {
    // Its reader will name it as damage.
    if (error instanceof InputError) return new Uint8Array(0);
    throw error;
  }
}

/** By the first file that is a LAS at all. */
function isPacked(input: Input, { unit }: FolderStream): boolean {
  if (unit.kind !== "files") return false;
  const head = [...unit.frames.file.subarray(0, LOOKED_AT)].map((file) => headOf(input, file)).find(looksLikeLas);
  return head !== undefined && isCompressed(head);
}

function packed(stream: FolderStream): FolderStream {
  const { info, unit } = stream;
  if (unit.kind !== "files") return stream;
  return { info: { ...info, kind: "bytes", type: "LAZ", opaque: LAS_REASON.compressed }, unit: { ...unit, decoder: "laz" } };
}

/** A folder may hold the same clouds both ways. */
function distinct(streams: readonly FolderStream[]): FolderStream[] {
  const seen = new Set<string>();
  return streams.map((stream) => {
    const id = seen.has(stream.info.id) ? `${stream.info.id} (${stream.info.type})` : stream.info.id;
    seen.add(id);
    return { ...stream, info: { ...stream.info, id } };
  });
}

function headerFlaw(kernels: Kernels, pointer: number, bytes: number): string | null {
  const header = readLasHeader(kernels.u8(pointer, Math.min(bytes, LAS_HEADER_BYTES)), bytes);
  return typeof header === "string" ? header : header.flaw;
}

const decode: DecodeFrame = ({ frame, pointer, bytes }, needs, out, kernels) => {
  const header = readLasHeader(kernels.u8(pointer, Math.min(bytes, LAS_HEADER_BYTES)), bytes);
  if (typeof header === "string") return header;
  if (header.compressed) return LAS_REASON.compressed;
  const count = Math.min(header.points, Math.floor((bytes - header.dataStart) / header.recordBytes));
  const reason = count < header.points ? LAS_REASON.points : header.flaw;
  if (!needs.has("points")) return reason;
  const { fields, stride } = header.time ? WITH_TIME : WITHOUT_TIME;
  if (count * stride > MAX_ROWS_BYTES) return LAS_REASON.large;
  const rows = kernels.alloc(count * stride);
  fill(kernels, header, pointer + header.dataStart, count, rows, stride);
  out.points.push({
    ...{ frame, count, pointer: rows, stride, bigEndian: false, fields, mapped: true },
    ...(header.time && { time: header.time.states }),
  });
  return reason;
};

/** A row of 24 bytes of position, 8 of what every point has, and 8 of time. */
const field = (name: string, offset: number, type: FieldType): PointTable["fields"][number] => ({ name, offset, type });
const COMMON = [
  ...[
    field("x", 0, "f64"),
    field("y", 8, "f64"),
    field("z", 16, "f64"),
    field("intensity", 24, "u16"),
    field("point_source_id", 26, "u16"),
  ],
  ...[
    field("return_number", 28, "u8"),
    field("number_of_returns", 29, "u8"),
    field("classification", 30, "u8"),
    field("scanner_channel", 31, "u8"),
  ],
];
const WITHOUT_TIME = { fields: COMMON, stride: 32 };
const WITH_TIME = { fields: [...COMMON, field("gps_time", 32, "f64")], stride: 40 };

/** Formats 6 to 10 have wider returns and classes, and a scanner channel; the others have none, which is channel 0. */
function fill(kernels: Kernels, header: LasHeader, records: number, count: number, rows: number, stride: number): void {
  const { recordBytes, scale, offset, time, format } = header;
  const view = new DataView(kernels.exports.memory.buffer);
  const wide = format >= 6;
  const [sx, sy, sz] = scale;
  const [ox, oy, oz] = offset;
  const sourceAt = wide ? 20 : 18;
  for (let i = 0, from = records, to = rows; i < count; i++, from += recordBytes, to += stride) {
    view.setFloat64(to, view.getInt32(from, true) * sx + ox, true);
    view.setFloat64(to + 8, view.getInt32(from + 4, true) * sy + oy, true);
    view.setFloat64(to + 16, view.getInt32(from + 8, true) * sz + oz, true);
    view.setUint16(to + 24, view.getUint16(from + 12, true), true);
    view.setUint16(to + 26, view.getUint16(from + sourceAt, true), true);
    const returns = view.getUint8(from + 14);
    const flags = view.getUint8(from + 15);
    view.setUint8(to + 28, wide ? returns & 15 : returns & 7);
    view.setUint8(to + 29, wide ? returns >>> 4 : (returns >>> 3) & 7);
    view.setUint8(to + 30, wide ? view.getUint8(from + 16) : flags & 31);
    view.setUint8(to + 31, wide ? (flags >>> 4) & 3 : 0);
    if (time) view.setBigUint64(to + 32, view.getBigUint64(from + time.at, true), true);
  }
}
