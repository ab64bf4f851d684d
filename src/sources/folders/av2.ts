/**
 * Argoverse 2: one log folder (or the folder that holds it) with `annotations.feather`, `city_SE3_egovehicle.feather`,
 * `sensors/lidar/STAMP.feather` and `sensors/cameras/CAMERA/STAMP.jpg`; also one of its two tables alone.
 *
 * Stamps are the file's own: the `timestamp_ns` column, or the file name. Boxes are in the ego vehicle's frame at their stamp, with
 * the yaw of the quaternion about z; poses are the ego vehicle in the city frame. Points are in the ego frame, with the file's own
 * values and types; `offset_ns` counts from the sweep's stamp.
 *
 * A row of a compressed column table has no bytes of its own in the file. The payload of a frame of the two tables is therefore
 * its rows written out: column after column as in the schema, numbers little-endian in the file's type, names as u32 length and
 * UTF-8. So the digest of a frame is of its values, however the file was compressed.
 */
import { DecodeError } from "../../errors.ts";
import { type Input, type Platform, readRange } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { Source } from "../../pipeline/source.ts";
import type { FieldType, PointTable } from "../../types.ts";
import { columnsForm } from "../tables/table-form.ts";
import { readAnnotations, readPoses } from "./av2-tables.ts";
import { type Feather, featherColumns, isFeather, readFeather } from "./feather.ts";
import { type Column, WIDTH } from "./feather-columns.ts";
import { type DecodeFrame, type FolderStream, fileFrames, folderIndex, folderReader } from "./folder.ts";
import { image, imageSize } from "./frames.ts";

/** Points of one sweep: eighty times what a log has. */
const MAX_POINTS = 1 << 23;

/** 1: log folder; 2: table; 3: sensor folder; 4: stamp; 5: extension. */
const FILE =
  /^((?:[^/]+\/)?)(?:(annotations|city_SE3_egovehicle)\.feather|(sensors\/lidar|sensors\/cameras\/[^/]+)\/(\d{1,19})\.(feather|jpg|png))$/;
const AUXILIARY = /^(?:[^/]+\/)?(?:calibration\/[^/]+\.feather|map\/[^/]+\.json)$/;
const MAX_STAMP = (1n << 63n) - 1n;

interface Found {
  readonly log: string;
  readonly name: string;
  readonly files: { readonly file: number; readonly stampNs: bigint; readonly sequence: number }[];
}

export const av2: Source = {
  format: "av2",
  title: "Argoverse 2 log folder (annotations.feather, city_SE3_egovehicle.feather, sensors/)",

  detect(input) {
    return find(input).some(({ name, files }) => {
      if (name !== "annotations") return true;
      // The only name here that others use too.
      const file = files[0]?.file ?? -1;
      return input.files[file]?.size === 0 || isFeather(readRange(input, file, 0, 6));
    });
  },

  open(input, kernels, _platform, { spanBytes, forms }) {
    const found = find(input);
    const several = new Set(found.map((f) => f.log)).size > 1;
    const streams = found.map((f) => {
      const stream = streamOf(input, f, several ? f.log + f.name : f.name);
      const { info, unit } = stream;
      // A sweep is a file, and says it by itself.
      const columns = forms && unit.kind === "table" ? featherColumns(input, unit.file) : null;
      return columns ? { ...stream, info: { ...info, forms: [columnsForm(columns, kernels)] } } : stream;
    });
    const auxiliary = input.files.flatMap(({ path }, i) => (AUXILIARY.test(path) ? [i] : []));
    return folderIndex("av2", input, streams, spanBytes, auxiliary);
  },

  reader(input, index, kernels, platform) {
    return folderReader(input, index, kernels, {
      frames: { points: decodePoints(platform), image },
      tables: {
        annotations: (table, _, k) => readAnnotations(table, k, platform),
        poses: (table, _, k) => readPoses(table, k, platform),
      },
    });
  },
};

function find(input: Input): Found[] {
  const found = new Map<string, Found>();
  for (const [file, { path }] of input.files.entries()) {
    const match = FILE.exec(path);
    if (!match) continue;
    const [, log = "", table, sensor, stamp, extension] = match;
    if (sensor && (sensor === "sensors/lidar") !== (extension === "feather")) continue;
    const name = table ?? sensor ?? "";
    const stampNs = BigInt(stamp ?? 0);
    if (stampNs > MAX_STAMP) continue;
    const stream = found.get(log + name) ?? { log, name, files: [] };
    found.set(log + name, stream);
    stream.files.push({ file, stampNs, sequence: 0 });
  }
  for (const { files } of found.values()) files.sort((a, b) => (a.stampNs < b.stampNs ? -1 : a.stampNs > b.stampNs ? 1 : 0));
  return [...found.values()];
}

function streamOf(input: Input, { name, files }: Found, id: string): FolderStream {
  const common = { id, stamps: "sensor" as const, sequenced: false };
  const file = files[0]?.file ?? -1;
  if (name === "annotations")
    return { info: { ...common, kind: "labels", type: "AV2 annotations" }, unit: { kind: "table", decoder: "annotations", file } };
  if (name === "city_SE3_egovehicle")
    return { info: { ...common, kind: "pose", type: "AV2 ego pose" }, unit: { kind: "table", decoder: "poses", file } };
  const frames = fileFrames(files);
  if (name === "sensors/lidar")
    return { info: { ...common, kind: "points", type: "AV2 lidar sweep" }, unit: { kind: "files", decoder: "points", frames } };
  return {
    info: { ...common, kind: "image", type: "image", ...imageSize(input, file) },
    unit: { kind: "files", decoder: "image", frames },
  };
}

/** A sweep: its columns become rows, each value with the file's own type, in the file's column order. */
function decodePoints(platform: Platform): DecodeFrame {
  return ({ frame, pointer, bytes }, needs, out, kernels) => {
    if (!needs.has("points")) return isFeather(kernels.u8(pointer, bytes)) ? null : "no ARROW1 magic";
    const mark = kernels.mark();
    try {
      const table = interleave(kernels, readFeather(kernels, platform, pointer, bytes, MAX_POINTS), mark);
      if (typeof table === "string") return table;
      out.points.push({ frame, ...table });
      return null;
    } catch (error) {
      kernels.release(mark);
      if (error instanceof DecodeError) return error.message;
      throw error;
    }
  };
}

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly type: FieldType;
  readonly column: Column;
}

/** Rows at `mark`, the columns' own memory given back. @returns a reason where there are no points in the columns */
function interleave(kernels: Kernels, { rows, columns }: Feather, mark: number): Omit<PointTable, "frame"> | string {
  const fields: Field[] = [];
  let end = 0;
  let widest = 1;
  for (const column of columns) {
    const { name, type, dictionary } = column;
    if (type === "utf8" || type === "largeUtf8" || type === "u64" || dictionary) continue;
    if (column.nulls > 0) return "missing values";
    const offset = Math.ceil(end / WIDTH[type]) * WIDTH[type];
    fields.push({ name, type, column, offset });
    end = offset + WIDTH[type];
    widest = Math.max(widest, WIDTH[type]);
  }
  if (!["x", "y", "z"].every((name) => fields.some((f) => f.name === name))) return "no x, y, z columns";
  const stride = Math.ceil(end / widest) * widest;
  const scratch = kernels.alloc(rows * stride);
  for (const { offset, type, column } of fields) copyColumn(kernels, column, WIDTH[type], scratch + offset, stride);
  kernels.release(mark);
  const pointer = kernels.alloc(rows * stride);
  new Uint8Array(kernels.exports.memory.buffer).copyWithin(pointer, scratch, scratch + rows * stride);
  return {
    ...{ count: rows, pointer, stride, bigEndian: false, fields: fields.map(({ name, offset, type }) => ({ name, offset, type })) },
    ...(fields.some(({ name }) => name === "offset_ns") && { time: { field: "offset_ns", unit: "ns", reference: "stamp" } as const }),
  };
}

/** Values are moved as unsigned words of their width: no value changes, NaN bits included. */
function copyColumn(kernels: Kernels, { chunks }: Column, width: number, to: number, stride: number): void {
  const { buffer } = kernels.exports.memory;
  let at = to;
  for (const { pointer, rows } of chunks) {
    if (width === 1) {
      const [from, out] = [new Uint8Array(buffer, pointer, rows), new Uint8Array(buffer)];
      for (let i = 0; i < rows; i++, at += stride) out[at] = from[i] ?? 0;
    } else if (width === 2) {
      const [from, out] = [new Uint16Array(buffer, pointer, rows), new Uint16Array(buffer)];
      for (let i = 0; i < rows; i++, at += stride) out[at >>> 1] = from[i] ?? 0;
    } else if (width === 4) {
      const [from, out] = [new Uint32Array(buffer, pointer, rows), new Uint32Array(buffer)];
      for (let i = 0; i < rows; i++, at += stride) out[at >>> 2] = from[i] ?? 0;
    } else {
      const [from, out] = [new BigUint64Array(buffer, pointer, rows), new BigUint64Array(buffer)];
      for (let i = 0; i < rows; i++, at += stride) out[at / 8] = from[i] ?? 0n;
    }
  }
}
