/**
 * LAS 1.0 to 1.5, point formats 0 to 10, and LAZ: a file is a frame; _cloud-files.ts says which files make a stream and where their stamps come from.
 *
 * Positions are scaled integers in the file and become f64 metres (or the units of its coordinate system). `gps_time` keeps its value;
 * what it counts from is what the header states.
 */
import { InputError } from "../../errors.ts";
import { type Input, readRange } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { Source } from "../../pipeline/source.ts";
import type { FieldType, PointTable } from "../../types.ts";
import { type Unpacked, unpackLaz } from "../codecs/laz.ts";
import { type DecodeFrame, type FolderStream, folderIndex, folderReader } from "../folders/folder.ts";
import { cloudStreams } from "./cloud-files.ts";
import { brokenClaims } from "./las-claims.ts";
import { LAS_HEADER_BYTES, LAS_REASON, type LasHeader, looksLikeLas, readLasHeader } from "./las-header.ts";

const MAX_ROWS_BYTES = 2 ** 30;
/** Files looked into before a folder is believed to hold no clouds. */
const LOOKED_AT = 32;

export const las: Source = {
  format: "las",
  title: "LAS and LAZ point clouds (1.0 to 1.5): a file, or folders of them",

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
    return folderIndex("las", input, distinct(streams), spanBytes);
  },

  reader(input, index, kernels) {
    return folderReader(input, index, kernels, { frames: { points: decode } });
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

/** A folder may hold the same clouds both ways. */
function distinct(streams: readonly FolderStream[]): FolderStream[] {
  const seen = new Set<string>();
  return streams.map((stream) => {
    const id = seen.has(stream.info.id) ? `${stream.info.id} (${stream.info.type})` : stream.info.id;
    seen.add(id);
    return { ...stream, info: { ...stream.info, id } };
  });
}

const decode: DecodeFrame = ({ frame, pointer, bytes, tell }, needs, out, kernels) => {
  const header = readLasHeader(kernels.u8(pointer, Math.min(bytes, LAS_HEADER_BYTES)), bytes);
  if (typeof header === "string") return header;
  const records = recordsOf(kernels, header, pointer, bytes, needs.has("points"));
  if (typeof records === "string") return records;
  const { count } = records;
  for (const { start, end, points } of records.lost)
    tell("chunk-damaged", { bytes: [start, end], observed: { points: 0 }, expected: { points } });
  const reason = records.reason ?? header.flaw;
  if (!needs.has("points")) return reason;
  const { fields, stride } = header.time ? WITH_TIME : WITHOUT_TIME;
  if (count * stride > MAX_ROWS_BYTES) return LAS_REASON.large;
  const { buffer } = kernels.exports.memory;
  const [file, unpacked] = [new DataView(buffer, pointer, bytes), new DataView(buffer, records.pointer, count * header.recordBytes)];
  for (const { kind, ...claim } of brokenClaims(header, file, unpacked, count)) tell(kind, { severity: "warning", ...claim });
  const rows = kernels.alloc(count * stride);
  fill(kernels, header, records.pointer, count, rows, stride);
  out.points.push({
    ...{ frame, count, pointer: rows, stride, bigEndian: false, fields, mapped: true },
    ...(header.time && { time: header.time.states }),
  });
  return reason;
};

/** Records where they lie, or unpacked: that only where points are wanted. */
function recordsOf(kernels: Kernels, header: LasHeader, pointer: number, bytes: number, areWanted: boolean): Unpacked | string {
  const { points, recordBytes, dataStart } = header;
  if (header.compressed) {
    return areWanted ? unpackLaz(kernels, header, pointer, bytes, MAX_ROWS_BYTES) : { pointer, count: points, reason: null, lost: [] };
  }
  const count = Math.min(points, Math.floor((bytes - dataStart) / recordBytes));
  return { pointer: pointer + dataStart, count, reason: count < points ? LAS_REASON.points : null, lost: [] };
}

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
