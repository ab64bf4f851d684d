/**
 * Tables whose every row is a frame: poses, inertial samples, stamps. Cut into spans anywhere: a row belongs to the span its first byte lies in.
 *
 * A row whose stamp reads is a frame, its payload the line with its end. A row of which something else does not read keeps its place in time and has
 * no columns; each such row is a damage of its own, with its bytes, its line and why. Blank lines and comments are no rows.
 */
import { ColumnsBuilder } from "../../columns/builder.ts";
import { InputError } from "../../errors.ts";
import { quaternion } from "../../geometry/rotation.ts";
import type { Input } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import { type Decoded, NO_FACTS } from "../../pipeline/source.ts";
import { DamageList } from "../../summary/damages.ts";
import type { Block, Need, Span } from "../../types.ts";
import { damage, digests, MAX_TABLE_BYTES } from "../parts.ts";
import { Fields, NOT_A_NUMBER, type Separator, textStart } from "./text.ts";

/** Longest line that is read. */
export const MAX_LINE_BYTES = 65536;
/** Lines are counted in pieces of so many bytes. */
const PIECE_BYTES = 1 << 20;
const LF = 10;
const CR = 13;
/** Of the squares of a quaternion, about 1: what time/sensor-offset takes for one. */
const UNIT = [0.9, 1.1] as const;

const POSITION = ["x", "y", "z"] as const;
const ORIENTATION = ["qx", "qy", "qz", "qw"] as const;
const ANGULAR = ["wx", "wy", "wz"] as const;
const LINEAR = ["ax", "ay", "az"] as const;
export type RowColumn =
  | "stamp"
  | "log"
  | "sequence"
  | "roll"
  | "pitch"
  | "yaw"
  | (typeof POSITION | typeof ORIENTATION | typeof ANGULAR | typeof LINEAR)[number];

/** Which column is what. Plain data. */
export interface RowLayout {
  readonly kind: "pose" | "imu" | "stamps";
  readonly separator: Separator;
  /** What a comment begins with. */
  readonly comment: string;
  /** From 0. One of `stamp` and `log` is there; each group of vectors is whole or absent. */
  readonly columns: Readonly<Partial<Record<RowColumn, number>>>;
  /** Ten's exponent of the unit in ns. */
  readonly stampPower: number;
  readonly logPower: number;
  /** Factors to metres, radians, rad/s and m/s^2; 1 where absent. */
  readonly factors: Readonly<Partial<Record<RowColumn, number>>>;
  /** Byte at which the rows begin, behind a line of names. */
  readonly start: number;
}

/** Decodes one span of a file for the streams that are its columns. */
export type ReadRows = (
  input: Input,
  span: Extract<Span, { kind: "bytes" }>,
  streams: readonly { readonly stream: number; readonly layout: RowLayout }[],
  needs: ReadonlySet<Need>,
  kernels: Kernels,
) => Decoded;

export const readRows: ReadRows = (input, span, streams, needs, kernels) => {
  const { path, size } = input.files[span.file] ?? { path: "", size: 0 };
  const damages = new DamageList();
  // One byte before tells whether a line begins here, and the last line may reach beyond.
  const from = Math.max(0, span.start - 1);
  const until = Math.min(size, span.end + MAX_LINE_BYTES + 1);
  const pointer = kernels.alloc(until - from);
  let read = 0;
  try {
    read = input.read(span.file, from, kernels.u8(pointer, until - from));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    damages.add({ ...damage("unreadable-file", path, { bytes: [span.start, span.end] }), stream: streams[0]?.stream ?? null });
    return { facts: { ...NO_FACTS, ...damages.facts(), lostBytes: span.bytes }, blocks: [] };
  }
  const end = Math.min(span.end, from + read);
  if (end < span.end) {
    const at = { bytes: [end, span.end] as const, observed: { bytes: end }, expected: { bytes: size } };
    damages.add({ ...damage("file-shrunk", path, at), stream: streams[0]?.stream ?? null });
  }
  const bytes = kernels.u8(pointer, read);
  const lines = countedLines(input, span.file, span.start);
  const rows = streams.map(({ stream, layout }) => new Rows(stream, layout, needs));
  let lostBytes = span.end - end;
  let order = 0;
  let passed = 0;
  let p = span.start === 0 ? textStart(bytes) : bytes[0] === LF ? 1 : past(bytes, 1);
  if (span.start > 0 && bytes[0] !== LF) passed++;
  while (from + p < end) {
    const feed = bytes.indexOf(LF, p);
    const after = feed < 0 ? read : feed + 1;
    let last = feed < 0 ? read : feed;
    if (last > p && bytes[last - 1] === CR) last--;
    const isLong = last - p > MAX_LINE_BYTES;
    for (const [i, one] of rows.entries()) {
      const reason = one.add(bytes, p, isLong ? p + MAX_LINE_BYTES : last, after, pointer, from, order + i, isLong);
      if (reason === null) continue;
      if (!one.isKept) lostBytes += isLong ? MAX_LINE_BYTES : after - p;
      const at = [from + p, from + (isLong ? p + MAX_LINE_BYTES : last)] as const;
      const line = lines();
      damages.add({
        ...damage("malformed-row", path, { bytes: at, observed: { reason, ...(line !== null && { line: line + passed + 1 }) } }),
        stream: one.stream,
        timeNs: one.isKept ? [one.stampNs, one.stampNs] : null,
      });
    }
    order += rows.length;
    passed++;
    p = after;
  }
  const blocks = rows.flatMap((one) => one.block(path, needs, kernels) ?? []);
  return { facts: { ...NO_FACTS, ...damages.facts(), lostBytes }, blocks };
};

function past(bytes: Uint8Array, from: number): number {
  const feed = bytes.indexOf(LF, from);
  return feed < 0 ? bytes.length : feed + 1;
}

/** How many lines end before a position: counted when it is first asked, and only in files where that is soon done. */
function countedLines(input: Input, file: number, end: number): () => number | null {
  let count: number | null = null;
  return () => {
    if ((input.files[file]?.size ?? 0) > MAX_TABLE_BYTES) return null;
    if (count !== null) return count;
    count = 0;
    const piece = new Uint8Array(Math.min(end, PIECE_BYTES));
    for (let at = 0; at < end; at += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, end - at));
      const read = input.read(file, at, part);
      for (let p = past(part.subarray(0, read), 0); p > 0 && part[p - 1] === LF; ) {
        count++;
        const next = p < read ? part.indexOf(LF, p) : -1;
        p = next < 0 || next >= read ? 0 : next + 1;
      }
      if (read < part.length) break;
    }
    return count;
  };
}

/** The rows of one stream of a span. */
class Rows {
  readonly stream: number;
  /** Whether the last row added is a frame, and its stamp. */
  isKept = false;
  stampNs = 0n;
  readonly #layout: RowLayout;
  readonly #needs: ReadonlySet<Need>;
  readonly #comment: Uint8Array;
  readonly #needed: number;
  readonly #fields = new Fields();
  readonly #out = new ColumnsBuilder();
  readonly #stamps: bigint[] = [];
  readonly #logs: bigint[] = [];
  readonly #sequence: number[] = [];
  readonly #order: number[] = [];
  readonly #pointer: number[] = [];
  readonly #start: number[] = [];
  readonly #end: number[] = [];

  constructor(stream: number, layout: RowLayout, needs: ReadonlySet<Need>) {
    this.stream = stream;
    this.#layout = layout;
    this.#needs = needs;
    this.#comment = new TextEncoder().encode(layout.comment);
    this.#needed = Math.max(...Object.values(layout.columns)) + 1;
  }

  /** @returns null, or a short constant reason why the row does not read */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    after: number,
    pointer: number,
    from: number,
    order: number,
    isLong: boolean,
  ): string | null {
    this.isKept = false;
    const { columns, stampPower, logPower } = this.#layout;
    if (from + start < this.#layout.start || this.#isComment(bytes, start, end)) return null;
    if (isLong) return "line too long";
    const fields = this.#fields;
    fields.split(bytes, start, end, this.#layout.separator);
    if (fields.count === 0) return null;
    if (fields.count < this.#needed) return "wrong column count";
    const own = columns.stamp === undefined ? null : fields.ns(columns.stamp, stampPower);
    const log = columns.log === undefined ? null : fields.ns(columns.log, logPower);
    const stampNs = columns.stamp === undefined ? log : own;
    const logNs = columns.log === undefined ? own : log;
    if (stampNs === null || logNs === null) return "stamp out of range";
    const sequence = columns.sequence === undefined ? 0 : fields.number(columns.sequence);
    const frame = this.#stamps.push(stampNs) - 1;
    this.#logs.push(logNs);
    this.#sequence.push(Number.isInteger(sequence) && sequence >= 0 && sequence <= 0xffff_ffff ? sequence : 0);
    this.#order.push(order);
    this.#pointer.push(pointer + start);
    this.#start.push(from + start);
    this.#end.push(from + after);
    this.isKept = true;
    this.stampNs = stampNs;
    return this.#columns(frame, stampNs);
  }

  /** Null where the span has no row. */
  block(path: string, needs: ReadonlySet<Need>, kernels: Kernels): Block | null {
    const count = this.#stamps.length;
    if (count === 0) return null;
    const pointer = Uint32Array.from(this.#pointer);
    const size = Uint32Array.from(this.#start, (start, i) => (this.#end[i] ?? 0) - start);
    return {
      stream: this.stream,
      files: [path],
      frames: {
        count,
        stampNs: BigInt64Array.from(this.#stamps),
        logNs: BigInt64Array.from(this.#logs),
        sequence: Uint32Array.from(this.#sequence),
        bytes: Float64Array.from(size),
        digest: needs.has("digests") ? digests(kernels, pointer, size) : new BigUint64Array(count),
        order: Uint32Array.from(this.#order),
        start: Float64Array.from(this.#start),
        end: Float64Array.from(this.#end),
        pointer,
      },
      ...this.#out.finish(),
    };
  }

  #isComment(bytes: Uint8Array, start: number, end: number): boolean {
    let p = start;
    while (p < end && (bytes[p] === 32 || bytes[p] === 9)) p++;
    return p + this.#comment.length <= end && this.#comment.every((byte, i) => bytes[p + i] === byte);
  }

  #columns(frame: number, stampNs: bigint): string | null {
    const { kind, columns } = this.#layout;
    if (kind === "imu") {
      const [angular, linear] = [this.#vector(ANGULAR), this.#vector(LINEAR)];
      if (!isRead(angular, columns.wx) || !isRead(linear, columns.ax)) return NOT_A_NUMBER;
      if (this.#needs.has("imu")) this.#out.imu(frame, stampNs, angular, linear);
    } else if (kind === "pose") {
      const position = POSITION.map((name) => (columns[name] === undefined && columns.x !== undefined ? 0 : this.#real(name)));
      const turn = this.#orientation();
      if (!isRead(position, columns.x) || !isRead(turn, columns.qw ?? columns.yaw)) return NOT_A_NUMBER;
      const squares = turn.reduce((sum, part) => sum + part * part, 0);
      if (squares < UNIT[0] || squares > UNIT[1]) return "no quaternion of length 1";
      if (this.#needs.has("poses")) this.#out.pose(frame, stampNs, position, turn);
    }
    return null;
  }

  #orientation(): readonly number[] {
    const { columns } = this.#layout;
    if (columns.qw !== undefined) return this.#vector(ORIENTATION);
    if (columns.yaw === undefined) return ORIENTATION.map(() => Number.NaN);
    const angle = (name: "roll" | "pitch" | "yaw"): number => (columns[name] === undefined ? 0 : this.#real(name));
    return quaternion(angle("roll"), angle("pitch"), angle("yaw"));
  }

  #vector(names: readonly RowColumn[]): readonly number[] {
    return names.map((name) => this.#real(name));
  }

  /** NaN where there is no such column, or no number in it. */
  #real(name: RowColumn): number {
    const { columns, factors } = this.#layout;
    const column = columns[name];
    return column === undefined ? Number.NaN : this.#fields.number(column) * (factors[name] ?? 1);
  }
}

/** A vector whose columns there are must be numbers. */
function isRead(values: readonly number[], column: number | undefined): boolean {
  return column === undefined || values.every(Number.isFinite);
}
