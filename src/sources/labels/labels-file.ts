/**
 * A text file of boxes, one row a line, to label columns: one frame per distinct frame number.
 *
 * Frames come in the order in which their numbers first appear (or by number where the format knows no order). The bytes of
 * a frame are its lines, up to where the next frame's lines begin, so every byte of the file belongs to a frame. Rows of a
 * number that comes again later are not lost: they join its first frame. A line that cannot be read marks the frame it
 * stands in as malformed, by the first such reason, and the other rows stay.
 */
import { LabelColumnsBuilder } from "../../columns/builder.ts";
import type { Kernels } from "../../kernels.ts";
import type { Block, LabelColumns } from "../../types.ts";
import { damage, type LoadedTable, noFrames, type TableFrames } from "../parts.ts";
import { countLines, Fields, Lines, type Separator } from "../tables/text.ts";

/** One row, filled by the layout. Reused: every field but `annotator` is set for every row. */
export interface LabelRowOut {
  /** "" where a row has none. */
  track: string;
  class: string;
  /** "" unless the format knows. */
  annotator: string;
  ignored: boolean;
  confidence: number;
  /** left, top, right, bottom in pixels; all NaN where there is none. */
  readonly box2d: Float64Array;
  /** x, y, z, length, width, height, yaw of the centre; all NaN where there is none. */
  readonly box3d: Float64Array;
}

export interface LabelLayout {
  readonly separator: Separator;
  /** How many columns a row may have; the first is the frame number. */
  readonly columns: readonly [number, number];
  /** Rows may come in any order (sorted by track, say): frames are then ordered by number, and none is out of order. */
  readonly unordered: boolean;
  stampNs(frameNumber: number): bigint;
  /** @returns null, or a short constant reason why the row cannot be read */
  row(fields: Fields, out: LabelRowOut): string | null;
}

/** A frame number is a counter of at most 32 bits. NaN and fractions are none. */
export function isFrameNumber(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
}

/** Whether one of the first lines of a text is a row as `test` expects; also true for a text without any. */
export function looksLike(head: Uint8Array, complete: boolean, separator: Separator, test: (fields: Fields) => boolean): boolean {
  const lines = new Lines(head);
  const fields = new Fields();
  let seen = 0;
  while (seen < 16 && lines.next()) {
    if (!complete && lines.after === head.length) break;
    fields.split(head, lines.start, lines.end, separator);
    if (fields.count === 0) continue;
    if (test(fields)) return true;
    seen++;
  }
  return seen === 0 && complete;
}

export function readLabelFile(table: LoadedTable, kernels: Kernels, layout: LabelLayout): TableFrames {
  const bytes = kernels.u8(table.pointer, table.bytes);
  const lines = new Lines(bytes);
  const fields = new Fields();
  const rows = new Rows();
  // Of the shortest rows there are as many as fit.
  rows.reserve(Math.min(countLines(bytes), bytes.length / (2 * layout.columns[0])));
  const frameOf = new Map<number, number>();
  const numbers: number[] = [];
  const runs: { readonly frame: number; readonly start: number }[] = [];
  const reasons = new Map<number, string>();
  const complain = (frame: number, reason: string): void => {
    if (!reasons.has(frame)) reasons.set(frame, reason);
  };
  const [fewest, most] = layout.columns;
  let current = -1;
  while (lines.next()) {
    fields.split(bytes, lines.start, lines.end, layout.separator);
    if (fields.count === 0) continue;
    // A line of another shape may be cut off inside its frame number, so it opens no frame.
    if (fields.count < fewest || fields.count > most) {
      complain(Math.max(current, 0), "wrong column count");
      continue;
    }
    const number = fields.number(0);
    if (!isFrameNumber(number)) {
      complain(Math.max(current, 0), "frame number out of range");
      continue;
    }
    if (numbers[current] !== number) {
      const known = frameOf.get(number);
      current = known ?? numbers.length;
      runs.push({ frame: current, start: runs.length === 0 ? 0 : lines.start });
      if (known === undefined) {
        frameOf.set(number, current);
        numbers.push(number);
      } else if (!layout.unordered) complain(current, "frame number out of order");
    }
    const reason = layout.row(fields, rows.next);
    if (reason === null) rows.keep(current);
    else complain(current, reason);
  }
  if (numbers.length === 0) {
    const at = { bytes: [0, table.bytes] as const, expected: { columns: fewest } };
    return noFrames([table.bytes === 0 ? damage("empty-file", table.path, { severity: "warning" }) : damage("no-rows", table.path, at)]);
  }
  const rank = layout.unordered ? ranks(numbers) : Int32Array.from(numbers, (_, i) => i);
  const order = inverse(rank);
  const pieces = placeRuns(table, kernels, runs, rank);
  return {
    ...pieces,
    stampNs: BigInt64Array.from(order, (frame) => layout.stampNs(numbers[frame] ?? 0)),
    sequence: Uint32Array.from(order, (frame) => numbers[frame] ?? 0),
    malformed: malformedOf(reasons, rank),
    columns: { labels: rows.columns(rank) },
    damages: [],
  };
}

function malformedOf(reasons: ReadonlyMap<number, string>, rank: Int32Array): Block["malformed"] {
  return [...reasons].map(([frame, reason]) => ({ frame: rank[frame] ?? 0, reason })).sort((a, b) => a.frame - b.frame);
}

/** Position of each number in ascending order. */
function ranks(numbers: readonly number[]): Int32Array {
  const sorted = Int32Array.from(numbers, (_, i) => i).sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
  return inverse(sorted);
}

function inverse(permutation: Int32Array): Int32Array {
  const out = new Int32Array(permutation.length);
  for (const [i, p] of permutation.entries()) out[p] = i;
  return out;
}

/**
 * Payload of each frame: its bytes where they lie together, else a copy of them one after another.
 *
 * @param runs which frame the bytes from `start` belong to, up to where the next run starts; ascending
 * @param rank where each frame goes
 */
export function placeRuns(
  table: Pick<LoadedTable, "pointer" | "bytes">,
  kernels: Kernels,
  runs: readonly { readonly frame: number; readonly start: number }[],
  rank: Int32Array,
): Pick<TableFrames, "pointer" | "bytes" | "start" | "end"> {
  const count = rank.length;
  const pointer = new Uint32Array(count);
  const bytes = new Uint32Array(count);
  const start = new Float64Array(count).fill(-1);
  const end = new Float64Array(count).fill(-1);
  const pieces = new Uint32Array(count);
  const ends = runs.map((_, i) => runs[i + 1]?.start ?? table.bytes);
  for (const [i, run] of runs.entries()) {
    const frame = rank[run.frame] ?? 0;
    const length = (ends[i] ?? 0) - run.start;
    if (pieces[frame] === 0) {
      pointer[frame] = table.pointer + run.start;
      start[frame] = run.start;
      end[frame] = run.start + length;
    }
    pieces[frame] = (pieces[frame] ?? 0) + 1;
    bytes[frame] = (bytes[frame] ?? 0) + length;
  }
  if (runs.length === count) return { pointer, bytes, start, end };

  let scattered = 0;
  for (let frame = 0; frame < count; frame++) if ((pieces[frame] ?? 0) > 1) scattered += bytes[frame] ?? 0;
  let free = kernels.alloc(scattered);
  const memory = kernels.u8(0, free + scattered);
  const next = new Uint32Array(count);
  for (let frame = 0; frame < count; frame++) {
    if ((pieces[frame] ?? 0) < 2) continue;
    pointer[frame] = free;
    next[frame] = free;
    free += bytes[frame] ?? 0;
  }
  for (const [i, run] of runs.entries()) {
    const frame = rank[run.frame] ?? 0;
    if ((pieces[frame] ?? 0) < 2) continue;
    const from = table.pointer + run.start;
    const length = (ends[i] ?? 0) - run.start;
    memory.copyWithin(next[frame] ?? 0, from, from + length);
    next[frame] = (next[frame] ?? 0) + length;
  }
  return { pointer, bytes, start, end };
}

/** Rows in the order of the file. */
export class Rows {
  readonly next: LabelRowOut = {
    track: "",
    class: "",
    annotator: "",
    ignored: false,
    confidence: Number.NaN,
    box2d: new Float64Array(4),
    box3d: new Float64Array(7),
  };
  readonly #columns = new LabelColumnsBuilder();

  get count(): number {
    return this.#columns.count;
  }

  /** Makes room for so many: memory that need not grow is held once. */
  reserve(rows: number): void {
    this.#columns.reserve(rows);
  }

  /** How many different tracks they have. */
  get trackNames(): number {
    return this.#columns.trackNames;
  }

  /** Appends `next` to a frame. */
  keep(frame: number): void {
    const { track, class: name, annotator, confidence, box2d, box3d, ignored } = this.next;
    this.#columns.add(frame, track || undefined, name, annotator || undefined, confidence, box2d, box3d, ignored);
  }

  /** Columns ordered by frame; rows of one frame stay in file order. The rows are gone then. */
  columns(rank: Int32Array): LabelColumns {
    return this.#columns.finish(rank);
  }
}
