/**
 * Damage to frames that are rows of a table: lines of a KITTI text file, rows of an Argoverse 2 Feather file. A table is taken apart
 * into frames, the frames are damaged, and the table is written again; so the same frames in another file are also to be had.
 */
import {
  CompressionType,
  compressionRegistry,
  type DataType,
  RecordBatchFileWriter,
  Table,
  tableFromIPC,
  vectorFromArray,
} from "apache-arrow";
import { lz4Frames } from "../reference/lz4.ts";
import { Dice } from "./damage.ts";

/** One table; `Frame` is whatever its rows of one frame are. */
export interface FrameTable<Frame = unknown> {
  readonly file: string;
  readonly stream: string;
  readonly frames: readonly Frame[];
  write(frames: readonly Frame[]): Uint8Array;
  /** The frame with one bit of its content changed. */
  flip(frame: Frame, dice: Dice): Frame;
  /** The frame under a stamp of its own; null where stamps belong to places. */
  restamped(frame: Frame): Frame | null;
  /** What stands in the place of a frame that is dropped; null where the others close up. */
  readonly blank: Frame | null;
  /** Rows of a stamp that comes again join the first frame of that stamp. */
  readonly joins: boolean;
}

/** Characters that shape a line: a bit that makes or breaks one is another damage. */
const SHAPING = new Set([...new TextEncoder().encode(" \t\r\n,")]);

/** Lines begin with their frame's number. */
export function labelTable(file: string, stream: string, bytes: Uint8Array): FrameTable<Uint8Array> {
  const blocks = new Map<string, string>();
  for (const line of linesOf(bytes)) {
    const number = /^\d+/.exec(line)?.[0] ?? "";
    blocks.set(number, (blocks.get(number) ?? "") + line);
  }
  const next = 1 + Math.max(...[...blocks.keys()].map(Number));
  return {
    ...textTable(file, stream, [...blocks.values()]),
    restamped: (frame) => toBytes(toText(frame).replace(/^\d+/gm, `${next}`)),
    blank: null,
    joins: true,
  };
}

/** Every line is the frame of its place. */
export function lineTable(file: string, stream: string, bytes: Uint8Array): FrameTable<Uint8Array> {
  return { ...textTable(file, stream, linesOf(bytes)), restamped: () => null, blank: toBytes("\n"), joins: false };
}

function textTable(file: string, stream: string, blocks: readonly string[]) {
  return {
    file,
    stream,
    frames: blocks.map(toBytes),
    write: (frames: readonly Uint8Array[]): Uint8Array => Uint8Array.from(frames.flatMap((frame) => [...frame])),
    flip(frame: Uint8Array, dice: Dice): Uint8Array {
      for (;;) {
        const bit = dice.below(frame.length * 8);
        const at = bit >> 3;
        const [old, fresh] = [frame[at] ?? 0, (frame[at] ?? 0) ^ (1 << (bit & 7))];
        const lineFrom = frame.lastIndexOf(0x0a, at - 1) + 1;
        const isInNumber = !frame.subarray(lineFrom, at).some((byte) => SHAPING.has(byte));
        if (!SHAPING.has(old) && !SHAPING.has(fresh) && !isInNumber) return frame.with(at, fresh);
      }
    },
  };
}

function linesOf(bytes: Uint8Array): readonly string[] {
  const text = toText(bytes);
  return (text.endsWith("\n") ? text : `${text}\n`).match(/[^\n]*\n/g) ?? [];
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

type Row = Readonly<Record<string, unknown>>;

compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (data) => lz4Frames(data, 2 ** 30).bytes });

/** @param joins whether rows of one stamp are one frame; otherwise each row is one */
export function featherTable(file: string, stream: string, bytes: Uint8Array, joins: boolean): FrameTable<readonly Row[]> {
  const table = tableFromIPC(bytes);
  const fields = table.schema.fields.map(({ name, type }) => ({ name, type: type as DataType }));
  const columns = fields.map(({ name }) => [...(table.getChild(name) ?? [])]);
  const rows = Array.from(
    { length: table.numRows },
    (_, i): Row => Object.fromEntries(fields.map(({ name }, c) => [name, columns[c]?.[i]])),
  );
  const groups = new Map<unknown, Row[]>();
  for (const [i, row] of rows.entries()) {
    const key = joins ? row["timestamp_ns"] : i;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const latest = rows.reduce((last, row) => (stampOf(row) > last ? stampOf(row) : last), 0n);
  return {
    file,
    stream,
    frames: [...groups.values()],
    write(frames) {
      const all = frames.flat();
      const vectors = fields.map(({ name, type }) => {
        const values = all.map((row) => row[name]);
        return [name, vectorFromArray(values, type)] as const;
      });
      const writer = new RecordBatchFileWriter();
      for (const batch of new Table(Object.fromEntries(vectors)).batches) writer.write(batch);
      return writer.finish().toUint8Array(true);
    },
    flip(frame, dice) {
      const at = dice.below(frame.length);
      const reals = Object.entries(frame[at] ?? {}).filter(([, value]) => typeof value === "number");
      const [name, value] = reals[dice.below(reals.length)] ?? ["", 0];
      // Below the exponent: a number stays a number.
      const bits = new DataView(new ArrayBuffer(8));
      bits.setFloat64(0, Number(value));
      bits.setBigUint64(0, bits.getBigUint64(0) ^ (1n << BigInt(dice.below(52))));
      return frame.with(at, { ...frame[at], [name]: bits.getFloat64(0) });
    },
    restamped: (frame) => frame.map((row) => ({ ...row, timestamp_ns: latest + 1n })),
    blank: null,
    joins,
  };
}

function stampOf(row: Row): bigint {
  return BigInt(String(row["timestamp_ns"]));
}

/** A table of any kind: the types of frames differ, what is done with them does not. */
export function anyTable<Frame>(table: FrameTable<Frame>): FrameTable {
  return table as FrameTable;
}

const DAMAGES = ["bit", "dropped", "swapped", "duplicated", "restamped", "tail cut"] as const;

export interface TableCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** As in damage.ts. */
  readonly truth: ReadonlySet<string>;
}

export function damagedTable(table: FrameTable, seed: number): TableCase {
  const { stream, frames, blank } = table;
  const dice = new Dice(seed);
  const name = DAMAGES[dice.below(DAMAGES.length)] ?? "dropped";
  const at = dice.below(frames.length);
  const other = dice.below(frames.length);
  const frame = frames[at];
  const done = (damaged: readonly unknown[], ...truth: readonly string[]): TableCase => ({
    name: `${name} ${table.file}`,
    bytes: table.write(damaged),
    truth: new Set(truth),
  });
  if (name === "bit") return done(frames.with(at, table.flip(frame, dice)), `changed ${stream} ${at}`);
  if (name === "tail cut") {
    const end = Math.max(1, at);
    return done(frames.slice(0, end), ...Array.from({ length: frames.length - end }, (_, i) => `vanished ${stream} ${end + i}`));
  }
  if (name === "swapped" && at !== other) {
    const fate = blank === null ? "moved" : "moved|changed";
    return done(frames.with(at, frames[other]).with(other, frame), `${fate} ${stream} ${at}`, `${fate} ${stream} ${other}`);
  }
  if (name === "restamped" && table.restamped(frame) !== null) {
    return done(frames.with(at, table.restamped(frame)), `changed ${stream} ${at}`);
  }
  if (name === "duplicated" && blank === null) {
    const to = Math.max(at, other) + 1;
    return done(frames.toSpliced(to, 0, frame), table.joins ? `changed ${stream} ${at}` : `duplicated ${stream} ${to}`);
  }
  if (name === "duplicated" && at !== other) return done(frames.with(other, frame), `changed ${stream} ${other}`);
  if (frames.length < 2) return done(frames);
  return done(blank === null ? frames.toSpliced(at, 1) : frames.with(at, blank), `vanished ${stream} ${at}`);
}
