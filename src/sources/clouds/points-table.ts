/** A text table of points, a point a line: those next to each other with the same stamp are one frame. Rows become f64 columns in kernel memory. */
import { FIELD_BYTES } from "../../columns/point-fields.ts";
import { DamageList } from "../../summary/damages.ts";
import type { FieldType, PointField, PointTable } from "../../types.ts";
import { type DecodeTable, damage, noFrames } from "../parts.ts";
import type { PointColumn, PointsLayout } from "../tables/table-columns.ts";
import { Fields, Lines, NOT_A_NUMBER, textOf } from "../tables/text.ts";

const FIELDS: readonly (readonly [Exclude<PointColumn, "stamp">, FieldType])[] = [
  ["x", "f64"],
  ["y", "f64"],
  ["z", "f64"],
  ["time", "i64"],
  ["intensity", "f64"],
  ["ring", "f64"],
];
/** Points of one table. */
const MAX_POINTS = 1 << 22;

export const readPointsTable: DecodeTable = (table, needs, kernels) => {
  const layout = table.options as PointsLayout;
  const { columns, factors } = layout;
  const present = FIELDS.filter(([name]) => columns[name] !== undefined);
  const fields: PointField[] = [];
  let stride = 0;
  for (const [name, type] of present) {
    fields.push({ name, offset: stride, type });
    stride += FIELD_BYTES[type];
  }
  // As many rows as there can be: two bytes for each column, and a line end.
  const needed = Math.max(...Object.values(columns)) + 1;
  const most = Math.min(MAX_POINTS, Math.ceil(table.bytes / (2 * needed)));
  const base = kernels.alloc(most * stride);
  const bytes = kernels.u8(table.pointer, table.bytes);
  const view = new DataView(kernels.exports.memory.buffer, base, most * stride);
  const frames: { readonly stampNs: bigint; readonly start: number; readonly first: number }[] = [];
  const damages = new DamageList();
  const row = new Fields();
  const lines = new Lines(bytes);
  let count = 0;
  let number = 0;
  const read = (): string | null => {
    if (row.count < needed) return "wrong column count";
    const stampNs = row.ns(columns.stamp ?? 0, layout.stampPower);
    if (stampNs === null) return "stamp out of range";
    for (const [i, { name, offset, type }] of fields.entries()) {
      const column = columns[present[i]?.[0] ?? "x"] ?? 0;
      const at = count * stride + offset;
      if (type === "i64") {
        const time = row.ns(column, layout.timePower);
        if (time === null) return NOT_A_NUMBER;
        view.setBigInt64(at, time, true);
      } else {
        const value = row.number(column) * (factors[name as PointColumn] ?? 1);
        if (Number.isNaN(value)) return NOT_A_NUMBER;
        view.setFloat64(at, value, true);
      }
    }
    if (frames.at(-1)?.stampNs !== stampNs) frames.push({ stampNs, start: frames.length === 0 ? 0 : lines.start, first: count });
    count++;
    return null;
  };
  while (lines.next()) {
    number++;
    if (lines.start < layout.start) continue;
    row.split(bytes, lines.start, lines.end, layout.separator);
    if (
      row.count === 0 ||
      textOf(bytes, lines.start, Math.min(lines.end, lines.start + 64))
        .trimStart()
        .startsWith(layout.comment)
    )
      continue;
    if (count >= most) {
      damages.add(damage("table-too-long", table.path, { bytes: [lines.start, table.bytes], expected: { atMostPoints: MAX_POINTS } }));
      break;
    }
    const reason = read();
    if (reason === null) continue;
    damages.add(damage("malformed-row", table.path, { bytes: [lines.start, lines.end], observed: { reason, line: number } }));
  }
  if (frames.length === 0) damages.add(damage(table.bytes === 0 ? "empty-file" : "no-rows", table.path));
  const facts = damages.facts();
  if (frames.length === 0) return noFrames(facts.damages, facts.moreDamages);
  const starts = frames.map(({ start }) => start);
  const ends = starts.map((_, i) => starts[i + 1] ?? table.bytes);
  const points = frames.map(({ first }, frame): PointTable => {
    const rows = (frames[frame + 1]?.first ?? count) - first;
    const time = columns.time === undefined ? {} : { time: { field: "time", unit: "ns" as const } };
    return { frame, count: rows, pointer: base + first * stride, stride, bigEndian: false, fields, ...time };
  });
  return {
    stampNs: BigInt64Array.from(frames, ({ stampNs }) => stampNs),
    sequence: new Uint32Array(frames.length),
    pointer: Uint32Array.from(starts, (start) => table.pointer + start),
    bytes: Uint32Array.from(starts, (start, i) => (ends[i] ?? 0) - start),
    start: Float64Array.from(starts),
    end: Float64Array.from(ends),
    malformed: [],
    columns: needs.has("points") ? { points } : {},
    ...facts,
  };
};
