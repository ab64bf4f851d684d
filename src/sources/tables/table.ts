/**
 * Plain text tables that a rig names: any CSV or text file becomes a stream of poses, inertial samples, points or stamps (docs/rig.md). The rig is the
 * folder's `rig.yaml` or the one given; tables of boxes it names join as label streams.
 *
 * Stamps are decimal text and become int64 ns without passing through a double. Several streams may be columns of one file.
 */
import { ConfigError } from "../../errors.ts";
import { type Input, readRange } from "../../input.ts";
import type { Source } from "../../pipeline/source.ts";
import type { Rig, RigStream } from "../../rig/rig.ts";
import type { StreamInfo } from "../../types.ts";
import { readPointsTable } from "../clouds/points-table.ts";
import { type FolderStream, folderIndex, folderReader } from "../folders/folder.ts";
import { readLabelTable } from "../labels/label-table.ts";
import { isLabelTable, labelTableOptions } from "../labels/labels-table.ts";
import { damage } from "../parts.ts";
import { folderRig } from "./rig.ts";
import { readRows } from "./rows.ts";
import { isTableKind, tableLayout } from "./table-columns.ts";
import { withTableForms } from "./table-form.ts";

const HEAD_BYTES = 64 << 10;

/** A stream of the rig that is a table, and its file; -1 where that is not there. */
interface Found {
  readonly stream: RigStream;
  readonly file: number;
}

export const table: Source = {
  format: "table",
  title: "text tables of poses, inertial samples, points or stamps, as a rig names them",

  detect(input, rig) {
    return find(input, rig).some(({ stream, file }) => file >= 0 && stream.kind !== "labels");
  },

  open(input, kernels, _platform, { spanBytes, rig, forms }) {
    const found = find(input, rig);
    const tables = found.filter(({ file }) => file >= 0).map((one) => streamOf(input, one, found));
    const streams = forms ? withTableForms(input, tables, kernels) : tables;
    const index = folderIndex("table", input, streams, spanBytes, rigFile(input));
    const absent = found.filter(({ file }) => file < 0);
    const damages = absent.map(({ stream }) => ({ ...damage("missing-file", stream.path ?? "", { severity: "warning" }), stream: null }));
    return { ...index, facts: { ...index.facts, damages: [...damages, ...index.facts.damages] } };
  },

  reader(input, index, kernels) {
    return folderReader(input, index, kernels, { rows: readRows, tables: { points: readPointsTable, labels: readLabelTable } });
  },
};

/** The tables that the given rig names, or else the folder's own. */
function find(input: Input, given: Rig | null | undefined): readonly Found[] {
  const named = tablesOf(given);
  const stated = named.length > 0 ? named : tablesOf(folderRig(input));
  const at = new Map(input.files.map(({ path }, i) => [path, i]));
  return stated.flatMap((stream) => {
    const { path = "" } = stream;
    const own = input.kind === "file" ? path.split("/").at(-1) : path;
    return [{ stream, file: at.get(own ?? "") ?? -1 }];
  });
}

function tablesOf(rig: Rig | null | undefined): readonly RigStream[] {
  return (rig?.streams ?? []).filter(({ path, columns }) => path !== undefined && columns !== undefined);
}

function rigFile(input: Input): readonly number[] {
  const file = input.kind === "folder" ? input.files.findIndex(({ path }) => path === "rig.yaml") : -1;
  return file < 0 ? [] : [file];
}

function streamOf(input: Input, { stream, file }: Found, all: readonly Found[]): FolderStream {
  const { id, kind } = stream;
  const head = readRange(input, file, 0, Math.min(input.files[file]?.size ?? 0, HEAD_BYTES));
  const info = { id, type: "table", sequenced: false };
  if (isLabelTable(stream)) {
    alone(stream, file, all);
    const options = labelTableOptions(stream, head);
    const stamps: StreamInfo["stamps"] = options.table.columns.stamp === undefined ? "nominal" : "sensor";
    return { info: { ...info, kind: "labels", stamps }, unit: { kind: "table", decoder: "labels", file, options } };
  }
  if (!isTableKind(kind)) {
    throw new ConfigError(`streams ${id}: kind: expected pose, imu, points, labels or stamps of a table, got ${kind ?? "nothing"}`);
  }
  const layout = tableLayout(stream, kind, head);
  if (layout.kind !== "points") {
    const { stamp, sequence } = layout.columns;
    const stamps: StreamInfo["stamps"] = stamp === undefined ? "log" : "sensor";
    return { info: { ...info, kind, stamps, sequenced: sequence !== undefined }, unit: { kind: "rows", file, layout } };
  }
  alone(stream, file, all);
  return { info: { ...info, kind, stamps: "sensor" }, unit: { kind: "table", decoder: "points", file, options: layout } };
}

/** A table that is read as a whole is one stream. */
function alone({ id }: RigStream, file: number, all: readonly Found[]): void {
  const other = all.find((one) => one.file === file && one.stream.id !== id);
  if (other) throw new ConfigError(`streams ${id}: path: expected a file of its own, got that of ${other.stream.id}`);
}
