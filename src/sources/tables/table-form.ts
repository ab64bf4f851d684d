/**
 * What says how the rows of a table are read and is not in the rows themselves: which column is what, and the lines before the first row.
 * A seal holds it as the text that defines a type (`FrameForm`).
 */

import { type Input, readAll, readRange } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import { blake3Hex, PLAIN_FORM, textForm } from "../../seal/forms.ts";
import type { FrameForm } from "../../types.ts";
import type { FolderStream } from "../folders/folder.ts";
import { Lines, textOf } from "./text.ts";

/** Lines before the first row are looked for in this many bytes. */
const HEAD_BYTES = 64 << 10;

/** Streams of tables with their forms; others as they are. */
export function withTableForms(input: Input, streams: readonly FolderStream[], kernels: Kernels): readonly FolderStream[] {
  return streams.map((stream) => {
    const { info, unit } = stream;
    const layout = unit.kind === "rows" ? unit.layout : unit.kind === "table" ? unit.options : undefined;
    if (unit.kind === "files" || layout === undefined) return stream;
    const { start, ...stated } = layout as { readonly start?: number; readonly comment?: string };
    // Where rows begin at a byte of their own, what comes before is of no frame.
    const lead = start === undefined ? null : blake3Hex(leadOf(input, unit.file, start, stated.comment ?? "#"), kernels);
    return { ...stream, info: { ...info, forms: [columnsForm({ columns: stated, lead }, kernels)] } };
  });
}

/** Of a table whose columns are stated. */
export function columnsForm(stated: unknown, kernels: Kernels): FrameForm {
  const data = new TextEncoder().encode(JSON.stringify(sorted(stated)));
  return { ...PLAIN_FORM, ...textForm({ encoding: "columns", data }, kernels) };
}

/** Of a file that is read with others beside it: what these say is in no frame. */
export function besideForm(input: Input, files: readonly number[], options: unknown, kernels: Kernels): FrameForm {
  const beside = files.map((file) => {
    const { path = "" } = input.files[file] ?? {};
    return [path.slice(path.lastIndexOf("/") + 1), blake3Hex(readAll(input, file), kernels)];
  });
  return columnsForm({ beside, options }, kernels);
}

/** Lines before the first row: comments, and the names of the columns. */
function leadOf(input: Input, file: number, start: number, comment: string): Uint8Array {
  const head = readRange(input, file, 0, Math.min(input.files[file]?.size ?? 0, HEAD_BYTES));
  const lines = new Lines(head);
  let end = start;
  while (lines.next()) {
    const line = textOf(head, lines.start, lines.end).trim();
    if (lines.start >= start && line !== "" && !line.startsWith(comment)) break;
    end = lines.after;
  }
  return head.subarray(0, end);
}

/** Keys in order, at every depth: the same statement is the same text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}
