/** SQLite databases and the logs beside them: https://www.sqlite.org/fileformat2.html. */
import type { Random } from "../house.ts";
import { type Dialect, type Inner, Survey, splice, viewOf } from "../mutate/anatomy.ts";
import { pick } from "../mutate/values.ts";
import { pack, unpack } from "./frames.ts";
import { payloadDialect } from "./payload.ts";

const HEADER_BYTES = 100;
const TABLE_LEAF = 0x0d;
const [INDEX_INNER, TABLE_INNER] = [0x02, 0x05];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

export const sqlite: Dialect = {
  name: "db3",
  survey(bytes) {
    const survey = new Survey(bytes);
    survey.word(0, 16);
    // Page size, versions, reserved bytes, fractions; counts, free list, cookies, encoding.
    survey.numbers(16, "u16be", "u8", "u8", "u8", "u8", "u8", "u8");
    for (let at = 24; at < HEADER_BYTES; at += 4) survey.number(at, "u32be");
    const size = pageBytes(bytes);
    for (let page = 0; page * size < bytes.length; page++) {
      survey.part("page", page * size, (page + 1) * size);
      surveyPage(survey, page * size, page === 0 ? HEADER_BYTES : 0, size);
    }
    return survey;
  },
  inside: insideRow,
};

export const wal: Dialect = {
  name: "wal",
  survey(bytes) {
    const survey = new Survey(bytes);
    for (let at = 0; at < 32; at += 4) survey.number(at, "u32be");
    const frame = 24 + viewOf(bytes.length >= 12 ? bytes : new Uint8Array(12)).getUint32(8);
    for (let start = 32; start + 24 <= bytes.length; start += frame) {
      survey.numbers(start, "u32be", "u32be", "u32be", "u32be", "u32be", "u32be");
      survey.part("frame", start, start + frame);
    }
    return survey;
  },
};

function pageBytes(bytes: Uint8Array): number {
  const stated = bytes.length >= 18 ? viewOf(bytes).getUint16(16) : 0;
  return stated === 1 ? 65_536 : stated >= 512 ? stated : 4096;
}

/** A page of a tree; one of overflow or of the free list is a number and bytes. */
function surveyPage(survey: Survey, start: number, skip: number, size: number): void {
  const at = start + skip;
  survey.number(start, "u32be");
  const type = survey.number(at, "u8");
  survey.numbers(at + 1, "u16be", "u16be", "u16be", "u8");
  const isInner = type === TABLE_INNER || type === INDEX_INNER;
  if (isInner) survey.number(at + 8, "u32be");
  for (const cell of cellsOf(survey.bytes, start, skip, size)) {
    survey.number(cell.pointer, "u16be");
    survey.part("cell pointer", cell.pointer, cell.pointer + 2);
    if (isInner) survey.number(cell.at, "u32be");
    // Lengths, row id, header and first columns, a byte each: most are varints.
    for (let b = cell.at; b < Math.min(cell.at + 16, start + size); b++) survey.number(b, "u8");
  }
}

function cellsOf(
  bytes: Uint8Array,
  start: number,
  skip: number,
  size: number,
): readonly { readonly pointer: number; readonly at: number }[] {
  const view = viewOf(bytes);
  const at = start + skip;
  if (at + 8 > bytes.length) return [];
  const type = view.getUint8(at);
  if (![INDEX_INNER, TABLE_INNER, 0x0a, TABLE_LEAF].includes(type)) return [];
  const head = at + (type === TABLE_INNER || type === INDEX_INNER ? 12 : 8);
  const count = Math.min(view.getUint16(at + 3), Math.floor((size - skip) / 2));
  const cells = Array.from({ length: count }, (_, i) => head + 2 * i).filter(
    (pointer) => pointer + 2 <= Math.min(bytes.length, start + size),
  );
  return cells.map((pointer) => ({ pointer, at: start + view.getUint16(pointer) }));
}

/** The payload of a row that lies whole in its leaf, where it begins like something known: changed, it keeps its length. */
function insideRow(bytes: Uint8Array, random: Random): Inner | null {
  const size = pageBytes(bytes);
  const page = random.below(Math.max(1, Math.floor(bytes.length / size)));
  const skip = page === 0 ? HEADER_BYTES : 0;
  if (bytes[page * size + skip] !== TABLE_LEAF) return null;
  const cells = cellsOf(bytes, page * size, skip, size);
  if (cells.length === 0) return null;
  const { at } = pick(cells, random);
  const [length, afterLength] = varint(bytes, at);
  const [, body] = varint(bytes, afterLength);
  const [header] = varint(bytes, body);
  const [start, end] = [body + header, Math.min(body + length, (page + 1) * size, bytes.length)];
  const marks = [ZSTD, [0, 1, 0, 0]];
  const from = marks.map((mark) => indexOf(bytes, mark, start, end)).filter((found) => found >= 0);
  const first = from[0];
  if (first === undefined) return null;
  const place = { start: first, end, owners: [] };
  const own = bytes.slice(first, end);
  const put = (changed: Uint8Array): Uint8Array => {
    const same = new Uint8Array(end - first);
    same.set(changed.subarray(0, same.length));
    return splice(bytes, place, same);
  };
  const unpacked = own[0] === ZSTD[0] ? unpack("zstd", own) : null;
  if (!unpacked) return { name: `row at ${at}`, dialect: payloadDialect(own), bytes: own, pack: put };
  const again = (changed: Uint8Array, dice: Random): Uint8Array | null => {
    const packed = pack("zstd", changed, dice);
    return packed && packed.length <= end - first ? put(packed) : null;
  };
  return { name: `packed row at ${at}`, dialect: payloadDialect(unpacked), bytes: unpacked, pack: again };
}

function varint(bytes: Uint8Array, from: number): readonly [value: number, next: number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[from + i] ?? 0;
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, from + i + 1];
  }
  return [value, from + 9];
}

function indexOf(bytes: Uint8Array, mark: readonly number[], from: number, to: number): number {
  for (let at = from; at + mark.length <= to; at++) if (mark.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}
