/** Feather (Arrow IPC files): flatbuffers of offsets and lengths, and buffers that may be compressed. https://arrow.apache.org/docs/format/Columnar.html */
import type { Random } from "../house.ts";
import { type Dialect, type Inner, readInteger, Survey, splice, viewOf } from "../mutate/anatomy.ts";
import { pick } from "../mutate/values.ts";
import { pack, unpack } from "./frames.ts";

const MAGIC_BYTES = 8;
const CONTINUATION = 0xffffffff;

interface Message {
  readonly start: number;
  /** Of the flatbuffer. */
  readonly meta: number;
  readonly body: number;
  readonly end: number;
}

export const feather: Dialect = {
  name: "feather",
  survey(bytes) {
    const survey = new Survey(bytes);
    survey.word(0, MAGIC_BYTES);
    for (const { start, meta, body, end } of messagesOf(bytes)) {
      survey.numbers(start, "u32", "u32");
      survey.part("message", start, end);
      surveyFlatbuffer(survey, meta, body);
      for (let at = body; at < Math.min(end, body + 64); at += 8) survey.number(at, "u64");
    }
    const footer = bytes.length - 10;
    const length = survey.number(footer, "u32");
    surveyFlatbuffer(survey, footer - length, footer);
    survey.part("footer", footer - length, bytes.length);
    return survey;
  },
  inside: insideBuffer,
};

/** Offsets, lengths and scalars lie at multiples of 4 and 8, tables of offsets in pairs of bytes: each may be any of them. Names are words. */
function surveyFlatbuffer(survey: Survey, from: number, end: number): void {
  const start = Math.max(0, from);
  for (let at = start; at + 4 <= end; at += 4) {
    const value = survey.number(at, "u32");
    if (value > 0 && value < 64 && at + 4 + value < end && isText(survey.bytes.subarray(at + 4, at + 4 + value)))
      survey.word(at + 4, at + 4 + value, [{ at, width: "u32" }]);
  }
  for (let at = start; at + 8 <= end; at += 8) survey.number(at, "u64");
  for (let at = start; at + 2 <= end; at += 2) survey.number(at, "u16");
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}

function messagesOf(bytes: Uint8Array): readonly Message[] {
  const view = viewOf(bytes);
  const messages: Message[] = [];
  for (let start = MAGIC_BYTES; start + 8 <= bytes.length && view.getUint32(start, true) === CONTINUATION; ) {
    const length = view.getUint32(start + 4, true);
    const [meta, body] = [start + 8, start + 8 + length];
    if (length === 0 || body > bytes.length) break;
    const end = body + bodyBytes(view, meta, body);
    if (end > bytes.length || end < body) break;
    messages.push({ start, meta, body, end });
    start = end;
  }
  return messages;
}

/** `bodyLength`, the fourth field of a Message. */
function bodyBytes(view: DataView, meta: number, end: number): number {
  const at = fieldAt(view, meta, end, meta + view.getUint32(meta, true), 3);
  return at === null ? 0 : Number(view.getBigInt64(at, true));
}

/** Where the field of a table is, by its vtable; null where it is not. */
function fieldAt(view: DataView, start: number, end: number, table: number, field: number): number | null {
  if (table < start || table + 4 > end) return null;
  const vtable = table - view.getInt32(table, true);
  if (vtable < start || vtable + 4 > end) return null;
  const slot = vtable + 4 + 2 * field;
  if (slot + 2 > Math.min(end, vtable + view.getUint16(vtable, true))) return null;
  const offset = view.getUint16(slot, true);
  return offset === 0 || table + offset + 8 > end ? null : table + offset;
}

/** A compressed buffer of a record batch: changed inside, it must fit where it was; one byte of codec is told by its head. */
function insideBuffer(bytes: Uint8Array, random: Random): Inner | null {
  const view = viewOf(bytes);
  const found: { readonly at: number; readonly entry: number; readonly length: number; readonly codec: string }[] = [];
  for (const { meta, body, end } of messagesOf(bytes)) {
    for (let entry = meta; entry + 16 <= body; entry += 8) {
      const [offset, length] = [Number(view.getBigInt64(entry, true)), Number(view.getBigInt64(entry + 8, true))];
      const at = body + offset;
      if (!(offset >= 0 && length > 12 && at + length <= end)) continue;
      const head = view.getUint32(at + 8, true);
      const codec = head === 0xfd2fb528 ? "zstd" : head === 0x184d2204 ? "lz4" : null;
      if (codec) found.push({ at, entry, length, codec });
    }
  }
  if (found.length === 0) return null;
  const { at, entry, length, codec } = pick(found, random);
  const content = unpack(codec, bytes.subarray(at + 8, at + length));
  if (!content) return null;
  const room = Math.ceil(length / 8) * 8;
  return {
    name: `${codec} buffer at ${at}`,
    dialect: { name: "column", survey: surveyColumn },
    bytes: content,
    pack(changed, dice) {
      const packed = pack(codec, changed, dice);
      if (!packed || 8 + packed.length > room || at + room > bytes.length) return null;
      const body = new Uint8Array(room);
      viewOf(body).setBigInt64(0, BigInt(dice.chance(0.75) ? changed.length : Number(readInteger(view, { at, width: "u64" }))), true);
      body.set(packed, 8);
      const out = splice(bytes, { start: at, end: at + room, owners: [] }, body);
      viewOf(out).setBigInt64(entry + 8, BigInt(8 + packed.length), true);
      return out;
    },
  };
}

function surveyColumn(bytes: Uint8Array): Survey {
  const survey = new Survey(bytes);
  for (let at = 0; at + 8 <= bytes.length && at < 2048; at += 4) {
    survey.number(at, "u32");
    if (at % 8 === 0) survey.number(at, "u64");
    if (at % 8 === 0) survey.number(at, "f64");
  }
  return survey;
}
