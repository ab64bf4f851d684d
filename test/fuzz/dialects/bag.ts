/** ROS 1 bags: records of `name=value` headers and data, in the file and in its chunks. */
import { concat, type Random } from "../house.ts";
import { type Dialect, type Field, type Inner, Survey, splice, viewOf, type Width } from "../mutate/anatomy.ts";
import { pick } from "../mutate/values.ts";
import { pack, unpack } from "./frames.ts";
import { payloadDialect } from "./payload.ts";
import { text } from "./text.ts";

export const BAG_MAGIC = "#ROSBAG V2.0\n";
const OP = { message: 2, header: 3, index: 4, chunk: 5, chunkInfo: 6, connection: 7 } as const;
const WIDTHS: Readonly<Record<number, Width>> = { 1: "u8", 4: "u32", 8: "u64" };

interface Value {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface Mark {
  readonly start: number;
  readonly values: readonly Value[];
  readonly op: number;
  /** Of the data, behind its length. */
  readonly data: number;
  readonly end: number;
}

export const bag: Dialect = {
  name: "bag",
  survey(bytes) {
    const survey = surveyRecords(bytes, BAG_MAGIC.length);
    survey.word(0, BAG_MAGIC.length);
    return survey;
  },
  mend,
  inside: (bytes, random) => insideOf(bytes, BAG_MAGIC.length, random),
};

const chunkRecords: Dialect = {
  name: "bag records",
  survey: (bytes) => surveyRecords(bytes, 0),
  inside: (bytes, random) => insideOf(bytes, 0, random),
};

function recordsIn(bytes: Uint8Array, from: number): readonly Mark[] {
  const view = viewOf(bytes);
  const marks: Mark[] = [];
  for (let start = from; start + 8 <= bytes.length; ) {
    const header = start + 4 + view.getUint32(start, true);
    if (header + 4 > bytes.length) break;
    const end = header + 4 + view.getUint32(header, true);
    if (end > bytes.length) break;
    const values = valuesIn(bytes, start + 4, header);
    const op = values.find(({ name }) => name === "op");
    marks.push({ start, values, op: op ? (bytes[op.start] ?? 0) : 0, data: header + 4, end });
    start = end;
  }
  return marks;
}

function valuesIn(bytes: Uint8Array, from: number, to: number): readonly Value[] {
  const view = viewOf(bytes);
  const values: Value[] = [];
  for (let at = from; at + 4 <= to; ) {
    const end = at + 4 + view.getUint32(at, true);
    const equals = bytes.indexOf(0x3d, at + 4);
    if (end > to || equals < 0 || equals >= end) break;
    values.push({ name: String.fromCharCode(...bytes.subarray(at + 4, equals)), start: equals + 1, end });
    at = end;
  }
  return values;
}

function surveyRecords(bytes: Uint8Array, from: number): Survey {
  const survey = new Survey(bytes);
  for (const { start, values, op, data, end } of recordsIn(bytes, from)) {
    const header: Field = { at: start, width: "u32" };
    survey.number(start, "u32");
    survey.number(data - 4, "u32");
    survey.part("record", start, end);
    let at = start + 4;
    for (const value of values) {
      const own: Field = { at, width: "u32" };
      survey.number(at, "u32");
      survey.part("header field", at, value.end, [header]);
      survey.word(at + 4, value.start - 1, [own, header]);
      const width = WIDTHS[value.end - value.start];
      if (width) survey.number(value.start, width);
      else survey.word(value.start, value.end, [own, header]);
      at = value.end;
    }
    if (op === OP.index) for (let row = data; row + 12 <= end; row += 12) survey.numbers(row, "u32", "u32", "u32");
    if (op === OP.chunkInfo) for (let row = data; row + 8 <= end; row += 8) survey.numbers(row, "u32", "u32");
    survey.word(data, end, [{ at: data - 4, width: "u32" }]);
  }
  return survey;
}

function textOf(bytes: Uint8Array, { values }: Mark, name: string): string {
  const value = values.find((one) => one.name === name);
  return value ? String.fromCharCode(...bytes.subarray(value.start, value.end)) : "";
}

function insideOf(bytes: Uint8Array, from: number, random: Random): Inner | null {
  const marks = recordsIn(bytes, from).filter(({ op }) => INNER.includes(op));
  if (marks.length === 0) return null;
  const mark = pick(marks, random);
  const place = { start: mark.data, end: mark.end, owners: [{ at: mark.data - 4, width: "u32" }] } as const;
  const data = bytes.slice(mark.data, mark.end);
  if (mark.op === OP.message)
    return {
      name: `message at ${mark.start}`,
      dialect: payloadDialect(data),
      bytes: data,
      pack: (changed) => splice(bytes, place, changed),
    };
  if (mark.op === OP.connection) return insideConnection(bytes, mark);
  const compression = textOf(bytes, mark, "compression");
  const records = unpack(compression, data);
  const size = mark.values.find(({ name, start, end }) => name === "size" && end === start + 4);
  return (
    records && {
      name: `chunk at ${mark.start} (${compression})`,
      dialect: chunkRecords,
      bytes: records,
      pack(changed, random) {
        const packed = pack(compression, changed, random);
        const out = packed && splice(bytes, place, packed);
        if (out && size && random.chance(0.75)) viewOf(out).setUint32(size.start, changed.length, true);
        return out;
      },
    }
  );
}

const INNER: readonly number[] = [OP.message, OP.chunk, OP.connection];

/** The definition of its messages, a header field in the data. */
function insideConnection(bytes: Uint8Array, mark: Mark): Inner | null {
  const value = valuesIn(bytes, mark.data, mark.end).find(({ name }) => name === "message_definition");
  if (!value) return null;
  const own = value.start - 4 - "message_definition=".length;
  const place = {
    ...value,
    owners: [
      { at: own, width: "u32" },
      { at: mark.data - 4, width: "u32" },
    ],
  } as const;
  return {
    name: `definition at ${value.start}`,
    dialect: text,
    bytes: bytes.slice(value.start, value.end),
    pack: (changed) => splice(bytes, place, changed),
  };
}

/** Where the index section and the chunks now begin. */
function mend(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const view = viewOf(copy);
  const marks = recordsIn(copy, BAG_MAGIC.length);
  const chunks = marks.filter(({ op }) => op === OP.chunk);
  const behind = marks.findLastIndex(({ op }) => op === OP.chunk || op === OP.index) + 1;
  const set = ({ values }: Mark, name: string, value: number): void => {
    const place = values.find((one) => one.name === name && one.end === one.start + 8);
    if (place) view.setBigUint64(place.start, BigInt(value), true);
  };
  const [header, index] = [marks.find(({ op }) => op === OP.header), marks[behind]];
  if (header && index) set(header, "index_pos", index.start);
  for (const [i, info] of marks.filter(({ op }) => op === OP.chunkInfo).entries()) if (chunks[i]) set(info, "chunk_pos", chunks[i].start);
  return copy;
}

export interface BagMessage {
  readonly connection: number;
  readonly timeNs: bigint;
  readonly data: Uint8Array;
}

export interface BagConnection {
  readonly id: number;
  readonly topic: string;
  readonly type: string;
  readonly definition: string;
}

/** A bag with its index, `perChunk` messages in each chunk. */
export function bagOf(
  connections: readonly BagConnection[],
  messages: readonly BagMessage[],
  compression: string,
  perChunk: number,
  random: Random,
): Uint8Array {
  const parts: Uint8Array[] = [ascii(BAG_MAGIC)];
  let size = BAG_MAGIC.length;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    size += part.length;
  };
  const bagHeader = (indexPos: number, chunks: number): Uint8Array => {
    const header = headerOf({
      op: u8(OP.header),
      index_pos: u64(BigInt(indexPos)),
      conn_count: u32(connections.length),
      chunk_count: u32(chunks),
    });
    return record(header, new Uint8Array(4096 - 8 - header.length).fill(0x20));
  };
  const chunkCount = Math.ceil(messages.length / perChunk);
  add(bagHeader(0, chunkCount));
  const infos: Uint8Array[] = [];
  for (let c = 0; c < chunkCount; c++) {
    const own = messages.slice(c * perChunk, (c + 1) * perChunk);
    const rows = new Map<number, Uint8Array[]>();
    const content: Uint8Array[] = [];
    let at = 0;
    const put = (part: Uint8Array): void => {
      content.push(part);
      at += part.length;
    };
    for (const { connection, timeNs, data } of own) {
      if (!rows.has(connection)) {
        rows.set(connection, []);
        for (const one of connections) if (one.id === connection) put(connectionRecord(one));
      }
      rows.get(connection)?.push(concat([time(timeNs), u32(at)]));
      put(record(headerOf({ op: u8(OP.message), conn: u32(connection), time: time(timeNs) }), data));
    }
    const start = size;
    const plain = concat(content);
    add(
      record(
        headerOf({ op: u8(OP.chunk), compression: ascii(compression), size: u32(plain.length) }),
        pack(compression, plain, random) ?? plain,
      ),
    );
    for (const [connection, list] of rows) {
      add(record(headerOf({ op: u8(OP.index), ver: u32(1), conn: u32(connection), count: u32(list.length) }), concat(list)));
    }
    const counts = concat([...rows].map(([connection, list]) => concat([u32(connection), u32(list.length)])));
    const [first, last] = [own[0]?.timeNs ?? 0n, own.at(-1)?.timeNs ?? 0n];
    infos.push(
      record(
        headerOf({
          op: u8(OP.chunkInfo),
          ver: u32(1),
          chunk_pos: u64(BigInt(start)),
          start_time: time(first),
          end_time: time(last),
          count: u32(rows.size),
        }),
        counts,
      ),
    );
  }
  const indexPos = size;
  for (const one of [...connections.map(connectionRecord), ...infos]) add(one);
  const whole = concat(parts);
  whole.set(bagHeader(indexPos, chunkCount), BAG_MAGIC.length);
  return whole;
}

function connectionRecord({ id, topic, type, definition }: BagConnection): Uint8Array {
  const data = headerOf({ topic: ascii(topic), type: ascii(type), md5sum: ascii("0".repeat(32)), message_definition: ascii(definition) });
  return record(headerOf({ op: u8(OP.connection), conn: u32(id), topic: ascii(topic) }), data);
}

function headerOf(fields: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return concat(Object.entries(fields).map(([name, value]) => concat([u32(name.length + 1 + value.length), ascii(`${name}=`), value])));
}

function record(header: Uint8Array, data: Uint8Array): Uint8Array {
  return concat([u32(header.length), header, u32(data.length), data]);
}

function ascii(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function u64(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}

function time(ns: bigint): Uint8Array {
  return concat([u32(Number(ns / 1_000_000_000n)), u32(Number(ns % 1_000_000_000n))]);
}
