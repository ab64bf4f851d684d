/** The two tables of an Argoverse 2 log: annotations (one frame per distinct stamp) and ego poses (one frame per row). */

import { type LabelRow, labelColumns } from "../../columns/builder.ts";
import { DecodeError } from "../../errors.ts";
import { atan2 } from "../../geometry/elementary.ts";
import type { Platform } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { Block, LabelColumns, PoseColumns } from "../../types.ts";
import { damage, type LoadedTable, noFrames, type TableFrames } from "../parts.ts";
import { type Feather, MAX_DECODED_BYTES, readFeather } from "./feather.ts";
import { type Column, readInt64, readNumbers, readStrings, WIDTH } from "./feather-columns.ts";

/** Rows of one table: fifty times what a log has. */
const MAX_ROWS = 1 << 20;

const QUATERNION = ["qx", "qy", "qz", "qw"] as const;
const TRANSLATION = ["tx_m", "ty_m", "tz_m"] as const;
const SIZE = ["length_m", "width_m", "height_m"] as const;

export function readAnnotations(table: LoadedTable, kernels: Kernels, platform: Platform): TableFrames {
  return readTable(table, kernels, platform, (feather) => {
    const stamps = int64(kernels, feather, "timestamp_ns");
    const tracks = names(kernels, feather, "track_uuid");
    const classes = names(kernels, feather, "category");
    const numbers = [...TRANSLATION, ...SIZE, ...QUATERNION].map((name) => reals(kernels, feather, name));
    const score = feather.columns.some((c) => c.name === "score") ? reals(kernels, feather, "score") : null;
    const { frameOf, frames, outOfOrder } = group(stamps);
    const rowOf = (i: number): LabelRow => {
      const [x, y, z, length, width, height, qx, qy, qz, qw] = numbers.map((column) => column[i] ?? Number.NaN) as Ten;
      const yaw = atan2(2 * (qw * qz + qx * qy), 1 - 2 * (qy * qy + qz * qz));
      return {
        frame: frameOf[i] ?? 0,
        track: tracks[i] ?? "",
        class: classes[i] ?? "",
        box3d: [x, y, z, length, width, height, yaw],
        ...(score && { confidence: score[i] ?? Number.NaN }),
      };
    };
    const order = Int32Array.from(frameOf, (_, i) => i).sort((a, b) => (frameOf[a] ?? 0) - (frameOf[b] ?? 0) || a - b);
    return {
      frames,
      order,
      frameOf,
      columns: { labels: labelColumns(rowsIn(order, rowOf)) satisfies LabelColumns },
      malformed: outOfOrder.map((frame) => ({ frame, reason: "stamp out of order" })),
    };
  });
}

function* rowsIn(order: Int32Array, rowOf: (i: number) => LabelRow): Generator<LabelRow> {
  for (const i of order) yield rowOf(i);
}

type Ten = [number, number, number, number, number, number, number, number, number, number];

export function readPoses(table: LoadedTable, kernels: Kernels, platform: Platform): TableFrames {
  return readTable(table, kernels, platform, (feather) => {
    const stamps = int64(kernels, feather, "timestamp_ns");
    const xyz = TRANSLATION.map((name) => reals(kernels, feather, name));
    const quaternion = QUATERNION.map((name) => reals(kernels, feather, name));
    const order = Int32Array.from({ length: feather.rows }, (_, i) => i);
    const poses: PoseColumns = {
      count: feather.rows,
      frame: order,
      stampNs: stamps,
      xyz: rowMajor(xyz, feather.rows),
      quaternion: rowMajor(quaternion, feather.rows),
    };
    return { frames: stamps, order, frameOf: order, columns: { poses }, malformed: [] };
  });
}

function rowMajor(columns: readonly Float64Array[], rows: number): Float64Array {
  const out = new Float64Array(columns.length * rows);
  for (const [c, column] of columns.entries()) for (let i = 0; i < rows; i++) out[i * columns.length + c] = column[i] ?? Number.NaN;
  return out;
}

/** Frames of rows: one per distinct stamp, in order of first appearance; those whose stamp came again later. */
function group(stamps: BigInt64Array): { frameOf: Int32Array; frames: BigInt64Array; outOfOrder: number[] } {
  const frameOf = new Int32Array(stamps.length);
  const known = new Map<bigint, number>();
  const outOfOrder = new Set<number>();
  let previous = -1;
  for (const [i, stamp] of stamps.entries()) {
    const frame = known.get(stamp) ?? known.size;
    if (frame === known.size) known.set(stamp, frame);
    else if (frame !== previous) outOfOrder.add(frame);
    frameOf[i] = frame;
    previous = frame;
  }
  return { frameOf, frames: BigInt64Array.from(known.keys()), outOfOrder: [...outOfOrder].sort((a, b) => a - b) };
}

interface Grouped {
  readonly frames: BigInt64Array;
  /** Rows in order of their frames. */
  readonly order: Int32Array;
  readonly frameOf: Int32Array;
  readonly columns: Pick<Block, "labels" | "poses">;
  readonly malformed: Block["malformed"];
}

function readTable(table: LoadedTable, kernels: Kernels, platform: Platform, read: (feather: Feather) => Grouped): TableFrames {
  if (table.bytes === 0) return noFrames([damage("empty-file", table.path, { severity: "warning" })]);
  try {
    const feather = readFeather(kernels, platform, table.pointer, table.bytes, MAX_ROWS);
    const grouped = read(feather);
    const count = grouped.frames.length;
    const payload = writeRows(kernels, feather, grouped);
    return {
      stampNs: grouped.frames,
      sequence: new Uint32Array(count),
      ...payload,
      start: new Float64Array(count).fill(-1),
      end: new Float64Array(count).fill(-1),
      malformed: grouped.malformed,
      columns: grouped.columns,
      damages: [],
    };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const at = Math.min(Math.max(0, error.offset), table.bytes);
    return noFrames([damage("malformed-table", table.path, { bytes: [at, table.bytes], observed: { reason: error.message } })]);
  }
}

/** Payload of every frame: its rows, see av2.ts. */
function writeRows(
  kernels: Kernels,
  { rows, columns }: Feather,
  { frames, order, frameOf }: Grouped,
): Pick<TableFrames, "pointer" | "bytes"> {
  const encoder = new TextEncoder();
  const encoded = new Map<string, Uint8Array>();
  const strings = columns.map((column) => (isNames(column) ? readStrings(kernels, column) : null));
  const bytesOf = (text: string): Uint8Array => {
    const known = encoded.get(text) ?? encoder.encode(text);
    encoded.set(text, known);
    return known;
  };
  const fixed = columns.reduce((sum, column) => sum + (isNames(column) ? 4 : valueWidth(column)), 0);
  const bytes = new Uint32Array(frames.length);
  let total = 0;
  for (let i = 0; i < rows; i++) {
    let size = fixed;
    for (const list of strings) if (list) size += bytesOf(list[i] ?? "").length;
    bytes[frameOf[i] ?? 0] = (bytes[frameOf[i] ?? 0] ?? 0) + size;
    total += size;
  }
  if (total > MAX_DECODED_BYTES) throw new DecodeError("rows too long", 0);
  const base = kernels.alloc(total);
  const pointer = new Uint32Array(frames.length);
  let next = base;
  for (const [frame, size] of bytes.entries()) {
    pointer[frame] = next;
    next += size;
  }
  const memory = kernels.u8(0, base + total);
  const view = new DataView(memory.buffer);
  const rowAt = columns.map((column) => rowPointers(column, rows));
  let to = base;
  for (const row of order) {
    for (const [c, list] of strings.entries()) {
      if (list) {
        const text = bytesOf(list[row] ?? "");
        view.setUint32(to, text.length, true);
        memory.set(text, to + 4);
        to += 4 + text.length;
      } else {
        const width = valueWidth(columns[c]);
        const from = rowAt[c]?.[row] ?? 0;
        memory.copyWithin(to, from, from + width);
        to += width;
      }
    }
  }
  return { pointer, bytes };
}

function isNames({ type }: Column): boolean {
  return type === "utf8" || type === "largeUtf8";
}

function valueWidth(column: Column | undefined): number {
  return column ? WIDTH[column.dictionary?.index ?? column.type] : 0;
}

/** Where each row's value lies, over all record batches. */
function rowPointers(column: Column, rows: number): Uint32Array {
  const out = new Uint32Array(rows);
  const width = valueWidth(column);
  let row = 0;
  for (const chunk of column.chunks) for (let i = 0; i < chunk.rows; i++) out[row++] = chunk.pointer + i * width;
  return out;
}

function columnOf({ columns }: Feather, name: string): Column {
  const column = columns.find((c) => c.name === name);
  if (!column) throw new DecodeError(`no column ${name}`, 0);
  if (column.nulls > 0) throw new DecodeError(`missing values in ${name}`, 0);
  return column;
}

function reals(kernels: Kernels, feather: Feather, name: string): Float64Array {
  const values = readNumbers(kernels, columnOf(feather, name), feather.rows);
  if (!values) throw new DecodeError(`column ${name} of another type`, 0);
  return values;
}

function int64(kernels: Kernels, feather: Feather, name: string): BigInt64Array {
  const values = readInt64(kernels, columnOf(feather, name), feather.rows);
  if (!values) throw new DecodeError(`column ${name} of another type`, 0);
  return values;
}

function names(kernels: Kernels, feather: Feather, name: string): readonly string[] {
  return readStrings(kernels, columnOf(feather, name));
}
