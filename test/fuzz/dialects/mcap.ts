/** MCAP: records in a file and in chunks, and the summary that is made of them. */
import { crc32 } from "node:zlib";
import type { Random } from "../house.ts";
import { type Dialect, type Field, type Inner, splice, viewOf } from "../mutate/anatomy.ts";
import { pick } from "../mutate/values.ts";
import { pack, unpack } from "./frames.ts";
import { payloadDialect } from "./payload.ts";
import { type Mark, OPCODE, recordsIn, surveyRecords } from "./records.ts";
import { text } from "./text.ts";

const MAGIC_BYTES = 8;

export const mcap: Dialect = {
  name: "mcap",
  survey(bytes) {
    const survey = surveyRecords(bytes, MAGIC_BYTES);
    survey.part("magic", 0, MAGIC_BYTES);
    survey.part("magic", bytes.length - MAGIC_BYTES, bytes.length);
    return survey;
  },
  mend,
  inside: (bytes, random) => insideOf(bytes, MAGIC_BYTES, random),
  covered(bytes) {
    const end = recordsIn(bytes, MAGIC_BYTES).find(({ opcode }) => opcode === OPCODE.dataEnd);
    const isSummed = end && viewOf(bytes).getUint32(end.at, true) !== 0;
    const chunks = recordsIn(bytes, MAGIC_BYTES).flatMap((mark) => {
      const chunk = mark.opcode === OPCODE.chunk ? chunkAt(bytes, mark) : null;
      return chunk && chunk.crc !== 0 ? [{ start: chunk.data, end: mark.end }] : [];
    });
    return isSummed ? [{ start: MAGIC_BYTES, end: end.start }] : chunks;
  },
};

const chunkRecords: Dialect = {
  name: "records",
  survey: (bytes) => surveyRecords(bytes, 0),
  inside: (bytes, random) => insideOf(bytes, 0, random),
};

interface Chunk {
  readonly sizeAt: number;
  readonly crc: number;
  readonly compression: string;
  readonly lengthAt: number;
  readonly data: number;
}

function chunkAt(bytes: Uint8Array, { at, end }: Mark): Chunk | null {
  const view = viewOf(bytes);
  if (at + 40 > end) return null;
  const name = view.getUint32(at + 28, true);
  const lengthAt = at + 32 + name;
  if (lengthAt + 8 > end) return null;
  const compression = new TextDecoder().decode(bytes.subarray(at + 32, lengthAt));
  return { sizeAt: at + 16, crc: view.getUint32(at + 24, true), compression, lengthAt, data: lengthAt + 8 };
}

function insideOf(bytes: Uint8Array, from: number, random: Random): Inner | null {
  const marks = recordsIn(bytes, from).filter(({ opcode }) => INNER.includes(opcode));
  if (marks.length === 0) return null;
  const mark = pick(marks, random);
  if (mark.opcode === OPCODE.chunk) return insideChunk(bytes, mark);
  if (mark.opcode === OPCODE.schema) return insideSchema(bytes, mark);
  const place = { start: mark.at + 22, end: mark.end, owners: [lengthOf(mark)] };
  if (place.start > place.end) return null;
  const payload = bytes.slice(place.start, place.end);
  return {
    name: `message at ${mark.start}`,
    dialect: payloadDialect(payload),
    bytes: payload,
    pack: (changed) => splice(bytes, place, changed),
  };
}

const INNER: readonly number[] = [OPCODE.chunk, OPCODE.message, OPCODE.schema];

function lengthOf({ start }: Mark): Field {
  return { at: start + 1, width: "u64" };
}

/** Its records, packed again; the sum and size are right three times of four. */
function insideChunk(bytes: Uint8Array, mark: Mark): Inner | null {
  const chunk = chunkAt(bytes, mark);
  const records = chunk && unpack(chunk.compression, bytes.subarray(chunk.data, mark.end));
  if (!chunk || !records) return null;
  return {
    name: `chunk at ${mark.start} (${chunk.compression || "plain"})`,
    dialect: chunkRecords,
    bytes: records,
    pack(changed, random) {
      const packed = pack(chunk.compression, changed, random);
      if (!packed) return null;
      const place = { start: chunk.data, end: mark.end, owners: [lengthOf(mark), { at: chunk.lengthAt, width: "u64" }] } as const;
      const out = splice(bytes, place, packed);
      if (random.chance(0.75)) {
        viewOf(out).setBigUint64(chunk.sizeAt, BigInt(changed.length), true);
        viewOf(out).setUint32(chunk.sizeAt + 8, crc32(changed), true);
      }
      return out;
    },
  };
}

function insideSchema(bytes: Uint8Array, mark: Mark): Inner | null {
  const view = viewOf(bytes);
  let at = mark.at + 2;
  for (let i = 0; i < 2 && at + 4 <= mark.end; i++) at += 4 + view.getUint32(at, true);
  if (at + 4 > mark.end || at + 4 + view.getUint32(at, true) > mark.end) return null;
  const place = { start: at + 4, end: at + 4 + view.getUint32(at, true), owners: [{ at, width: "u32" }, lengthOf(mark)] } as const;
  const schema = bytes.slice(place.start, place.end);
  const isText = schema.every((byte) => byte >= 9);
  return {
    name: `schema at ${mark.start}`,
    dialect: isText ? text : payloadDialect(schema),
    bytes: schema,
    pack: (changed) => splice(bytes, place, changed),
  };
}

/** Offsets, sizes and sums of the summary, as the records they speak of now lie; kinds are taken in their order. */
function mend(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const view = viewOf(copy);
  const marks = recordsIn(copy, MAGIC_BYTES);
  const of = (opcode: number): readonly Mark[] => marks.filter((mark) => mark.opcode === opcode);
  const chunks = of(OPCODE.chunk);
  for (const mark of chunks) {
    const chunk = chunkAt(copy, mark);
    const records = chunk && unpack(chunk.compression, copy.subarray(chunk.data, mark.end));
    if (records && chunk.crc !== 0) view.setUint32(chunk.sizeAt + 8, crc32(records), true);
    if (records) mendIndexes(copy, records, indexesBehind(marks, mark));
  }
  for (const [i, { at, end }] of of(OPCODE.chunkIndex).entries()) {
    const mark = chunks[i];
    if (!mark || at + 36 > end) continue;
    view.setBigUint64(at + 16, BigInt(mark.start), true);
    view.setBigUint64(at + 24, BigInt(mark.end - mark.start), true);
    const indexes = indexesBehind(marks, mark);
    const rows = view.getUint32(at + 32, true) / 10;
    for (let k = 0; k < rows && at + 36 + 10 * k + 10 <= end; k++) {
      const index = indexes.find((one) => view.getUint16(one.at, true) === view.getUint16(at + 36 + 10 * k, true));
      if (index) view.setBigUint64(at + 38 + 10 * k, BigInt(index.start), true);
    }
  }
  for (const [kind, index] of [
    [OPCODE.attachment, OPCODE.attachmentIndex],
    [OPCODE.metadata, OPCODE.metadataIndex],
  ] as const) {
    const there = of(kind);
    for (const [i, { at }] of of(index).entries()) if (there[i]) view.setBigUint64(at, BigInt(there[i].start), true);
  }
  return mendFooter(copy, marks);
}

function indexesBehind(marks: readonly Mark[], chunk: Mark): readonly Mark[] {
  const behind = marks.slice(marks.indexOf(chunk) + 1);
  const end = behind.findIndex(({ opcode }) => opcode !== OPCODE.messageIndex);
  return end < 0 ? behind : behind.slice(0, end);
}

/** Where the messages of a channel now begin, where an index has as many rows. */
function mendIndexes(bytes: Uint8Array, records: Uint8Array, indexes: readonly Mark[]): void {
  const [view, inner] = [viewOf(bytes), viewOf(records)];
  const messages = recordsIn(records, 0).filter(({ opcode, at, end }) => opcode === OPCODE.message && at + 22 <= end);
  for (const { at, end } of indexes) {
    if (at + 6 > end) continue;
    const mine = messages.filter((message) => inner.getUint16(message.at, true) === view.getUint16(at, true));
    const rows = view.getUint32(at + 2, true) / 16;
    if (mine.length !== rows || at + 6 + 16 * rows > end) continue;
    for (const [k, message] of mine.entries()) {
      view.setBigUint64(at + 6 + 16 * k, inner.getBigUint64(message.at + 6, true), true);
      view.setBigUint64(at + 14 + 16 * k, BigInt(message.start), true);
    }
  }
}

function mendFooter(bytes: Uint8Array, marks: readonly Mark[]): Uint8Array {
  const view = viewOf(bytes);
  const end = marks.find(({ opcode }) => opcode === OPCODE.dataEnd);
  const footer = marks.findLast(({ opcode }) => opcode === OPCODE.footer);
  if (end && end.at + 4 <= end.end && view.getUint32(end.at, true) !== 0) view.setUint32(end.at, crc32(bytes.subarray(0, end.start)), true);
  if (!end || !footer || footer.start < end.end || footer.at + 20 > footer.end) return bytes;
  const offsets = marks.filter(({ opcode, start }) => opcode === OPCODE.summaryOffset && start >= end.end);
  for (const { at } of offsets) {
    const group = marks.filter((mark) => mark.opcode === view.getUint8(at) && mark.start >= end.end);
    const [first, last] = [group[0], group.at(-1)];
    if (!first || !last) continue;
    view.setBigUint64(at + 1, BigInt(first.start), true);
    view.setBigUint64(at + 9, BigInt(last.end - first.start), true);
  }
  const hasSummary = footer.start > end.end;
  view.setBigUint64(footer.at, BigInt(hasSummary ? end.end : 0), true);
  view.setBigUint64(footer.at + 8, BigInt(offsets[0]?.start ?? 0), true);
  if (view.getUint32(footer.at + 16, true) === 0) return bytes;
  view.setUint32(footer.at + 16, crc32(bytes.subarray(hasSummary ? end.end : footer.start, footer.at + 16)), true);
  return bytes;
}
