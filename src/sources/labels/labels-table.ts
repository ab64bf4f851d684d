/**
 * Tables of boxes: CSV (commas, semicolons or tabs), NDJSON (one object a line) and MessagePack (rows one after another, or a list
 * of them; a row is a map, or a list under a stated column map).
 *
 * Which column is what is stated in the folder's `rig.yaml` or in `--rig` (`kind: labels` with `path`, `columns`, `units`, `header`), or
 * told by well-known names in the header or the keys (docs/labels-formats.md). Columns that mean nothing here are left out. A row
 * without a frame number belongs to the frame of its stamp. Rows may be sorted by frame or by track.
 */
import { decode } from "@msgpack/msgpack";
import { type Input, readRange } from "../../input.ts";
import type { RigStream } from "../../rig/rig.ts";
import { splitLine } from "../tables/csv.ts";
import { folderRig } from "../tables/rig.ts";
import { countLines, Lines, textOf } from "../tables/text.ts";
import { isJson, parsed } from "./json.ts";
import { columnsByName, columnsByRig, LabelRows, type LabelTable } from "./label-columns.ts";
import { type Importer, type LabelFile, type LabelSet, labelSource, REASON, stemOf } from "./label-set.ts";
import { rowsOf } from "./messagepack.ts";

type Form = "csv" | "ndjson" | "messagepack";

/** How a table of boxes is read. Plain data. */
export interface LabelTableOptions {
  readonly form: Form;
  readonly table: LabelTable;
  readonly separator: string;
  readonly header: boolean;
}

const HEAD_BYTES = 64 << 10;
/** A first row may be as long as this. */
const MOST_HEAD_BYTES = 16 << 20;
const MAX_CANDIDATES = 256;
const FORMS: Readonly<Record<string, Form>> = {
  csv: "csv",
  tsv: "csv",
  txt: "csv",
  ndjson: "ndjson",
  jsonl: "ndjson",
  msgpack: "messagepack",
  mpk: "messagepack",
};

const importer: Importer = {
  format: "labels-table",
  title: "a table of boxes (CSV, NDJSON or MessagePack) by column names, or by a rig's column map",

  find(input, rig) {
    const stated = [...(rig?.streams ?? []), ...(folderRig(input)?.streams ?? [])].filter(isLabelTable);
    const found: LabelFile[] = [];
    let looked = 0;
    for (const [file, { path, size }] of input.files.entries()) {
      const form = formOf(path);
      const stream = stated.find((one) => one.path === path || (input.kind === "file" && one.path?.split("/").at(-1) === path));
      if ((!form && !stream) || size === 0 || looked++ >= MAX_CANDIDATES) continue;
      const head = headOf(input, file, form ?? "csv");
      const options = stream ? labelTableOptions(stream, head) : guess(form ?? "csv", head);
      if (options) found.push({ file, stem: stream?.id ?? stemOf(path), options });
    }
    return found;
  },

  read(bytes, { options }, out) {
    readLabelRows(bytes, options as LabelTableOptions, out);
  },
};

export const labelsTable = labelSource(importer);

/** Tells `out` the rows of one table. */
export function readLabelRows(bytes: Uint8Array, { form, table, separator, header }: LabelTableOptions, out: LabelSet): void {
  const rows = new LabelRows(table, out);
  if (form === "messagepack") readMessagePack(bytes, rows, out);
  else if (form === "ndjson") readNdjson(bytes, rows, out);
  else readCsv(bytes, separator, header, table, rows, out);
  rows.finish();
}

function readCsv(bytes: Uint8Array, separator: string, header: boolean, { columns }: LabelTable, rows: LabelRows, out: LabelSet): void {
  const needed = Math.max(...Object.values(columns).map(Number)) + 1;
  out.reserve(Math.min(countLines(bytes), bytes.length / (2 * needed)));
  const lines = new Lines(bytes);
  let skip = header;
  while (lines.next() && !out.full) {
    const line = textOf(bytes, lines.start, lines.end);
    if (line.trim() === "" || line.startsWith("#")) continue;
    if (skip) {
      skip = false;
      continue;
    }
    const fields = splitLine(line, separator);
    if (!fields || fields.length < needed) rows.refuse("wrong column count", lines.start, lines.end);
    else rows.add((key) => fields[Number(key)], lines.start, lines.end);
  }
}

function readNdjson(bytes: Uint8Array, rows: LabelRows, out: LabelSet): void {
  const lines = new Lines(bytes);
  while (lines.next() && !out.full) {
    if (textOf(bytes, lines.start, Math.min(lines.end, lines.start + 64)).trim() === "") continue;
    const value = parsed(bytes, lines.start, lines.end);
    if (Array.isArray(value) || isJson(value)) rows.add(cellOf(value), lines.start, lines.end);
    else rows.refuse(REASON.shape, lines.start, lines.end);
  }
}

function readMessagePack(bytes: Uint8Array, rows: LabelRows, out: LabelSet): void {
  const walk = rowsOf(bytes);
  for (const { start, end } of walk) {
    if (out.full) return;
    const value = decoded(bytes.subarray(start, end));
    if (Array.isArray(value) || isJson(value)) rows.add(cellOf(value), start, end);
    else rows.refuse(REASON.shape, start, end);
  }
  if (walk.problem !== null) out.damage("malformed-table", [walk.problem, bytes.length], { reason: "not MessagePack" });
}

function cellOf(row: object): (key: number | string) => unknown {
  return (key) => (Object.hasOwn(row, key) ? (row as Readonly<Record<string, unknown>>)[key] : undefined);
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { useBigInt64: true });
  } catch {
    return undefined;
  }
}

/** The first bytes of a table: of one of objects, a whole row of them. */
function headOf(input: Input, file: number, form: Form): Uint8Array {
  const size = input.files[file]?.size ?? 0;
  for (let bytes = HEAD_BYTES; ; bytes *= 16) {
    const head = readRange(input, file, 0, Math.min(size, bytes));
    if (form === "csv" || head.length < bytes || bytes >= MOST_HEAD_BYTES || holdsRow(form, head)) return head;
  }
}

function holdsRow(form: Form, head: Uint8Array): boolean {
  if (form === "messagepack") return !rowsOf(head)[Symbol.iterator]().next().done;
  return firstLine(head.subarray(0, head.lastIndexOf(10) + 1)) !== "";
}

/** A table whose columns are not stated, by its header or its first row. */
function guess(form: Form, head: Uint8Array): LabelTableOptions | null {
  if (form === "messagepack") {
    const [first] = rowsOf(head);
    const row = first && decoded(head.subarray(first.start, first.end));
    const table = isJson(row) ? columnsByName(Object.keys(row), "name") : null;
    return table && { form, table, separator: "", header: false };
  }
  const line = firstLine(head);
  if (form === "ndjson") {
    const bytes = new TextEncoder().encode(line);
    const row = parsed(bytes, 0, bytes.length);
    const table = isJson(row) ? columnsByName(Object.keys(row), "name") : null;
    return table && { form, table, separator: "", header: false };
  }
  const separator = separatorOf(line);
  const table = columnsByName(splitLine(line, separator) ?? [], "index");
  return table && { form, table, separator, header: true };
}

/** @throws ConfigError for a map of columns that makes no box */
export function labelTableOptions(stream: RigStream, head: Uint8Array): LabelTableOptions {
  const { path = "", header = false } = stream;
  return { form: formOf(path) ?? "csv", table: columnsByRig(stream), separator: separatorOf(firstLine(head)), header };
}

function formOf(path: string): Form | undefined {
  return FORMS[path.slice(path.lastIndexOf(".") + 1).toLowerCase()];
}

export function isLabelTable({ kind, path, columns }: RigStream): boolean {
  return kind === "labels" && path !== undefined && columns !== undefined;
}

/** The first line that is not empty and no comment. */
function firstLine(head: Uint8Array): string {
  const lines = new Lines(head);
  while (lines.next()) {
    const line = textOf(head, lines.start, lines.end);
    if (line.trim() !== "" && !line.startsWith("#")) return line;
  }
  return "";
}

function separatorOf(line: string): string {
  return [",", ";", "\t"].find((one) => line.includes(one)) ?? ",";
}
