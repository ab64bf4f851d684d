/** What messages hold: ROS 1, CDR and protobuf, told by nothing but their bytes; JSON; and images inside any of them. */
import type { Random } from "../house.ts";
import { type Dialect, type Field, type Inner, readInteger, Survey, splice, viewOf } from "../mutate/anatomy.ts";
import { JPEG_HEAD, jpeg } from "./jpeg.ts";
import { json } from "./json.ts";
import { PNG_HEAD, png } from "./png.ts";

/** Numbers of a message that are listed: its head, where lengths are, and some of its data. */
const MOST_BYTES = 600;

/** ROS 1 and CDR: a length or count may be in any u32, a coordinate in any f64. */
const words: Dialect = {
  name: "message",
  survey(bytes) {
    const survey = new Survey(bytes);
    const most = Math.min(bytes.length, MOST_BYTES);
    for (let at = 0; at + 4 <= most; at++) {
      const value = survey.number(at, "u32");
      if (value > 0 && value < 256 && at + 4 + value <= bytes.length) survey.word(at + 4, at + 4 + value, [{ at, width: "u32" }]);
    }
    for (let at = 0; at + 8 <= most; at += 4) survey.number(at, "f64");
    return survey;
  },
  inside: embeddedImage,
};

const protobuf: Dialect = {
  name: "protobuf",
  survey(bytes) {
    const survey = new Survey(bytes);
    surveyProtobuf(survey, 0, Math.min(bytes.length, 20 * MOST_BYTES), [], 0);
    return survey;
  },
  inside: embeddedImage,
};

/** Tags, lengths and values; what has a length may be a message again. Lengths below 128 follow what is in them. */
function surveyProtobuf(survey: Survey, from: number, end: number, owners: readonly Field[], depth: number): void {
  for (let at = from; at < end; ) {
    const start = at;
    const tag = survey.number(at, "u8");
    at = varintEnd(survey.bytes, at, end);
    const wire = tag & 7;
    if (wire === 1) at = survey.numbers(at, "f64");
    else if (wire === 5) at = survey.numbers(at, "u32");
    else if (wire === 0) {
      survey.number(at, "u8");
      at = varintEnd(survey.bytes, at, end);
    } else if (wire === 2) {
      const length = survey.number(at, "u8");
      const isShort = length < 128;
      const body = varintEnd(survey.bytes, at, end);
      const own: readonly Field[] = isShort ? [{ at, width: "u8" }, ...owners] : owners;
      const next = isShort ? body + length : end;
      if (next <= end) survey.word(body, next, own);
      if (depth < 4 && next <= end) surveyProtobuf(survey, body, next, own, depth + 1);
      at = next;
    } else return;
    survey.part("field", start, at, owners);
  }
}

function varintEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] ?? 0) >= 0x80) at++;
  return at + 1;
}

/** @returns what the payload most likely is */
export function payloadDialect(bytes: Uint8Array): Dialect {
  if (bytes[0] === 0x7b || bytes[0] === 0x5b) return json;
  // A CDR encapsulation: 00 and a kind, two bytes of options.
  if (bytes[0] === 0 && (bytes[1] ?? 255) < 12) return words;
  const [first = 0] = bytes;
  return (first & 7) === 2 && first >> 3 > 0 && first >> 3 < 16 && (bytes[1] ?? 0) < 128 ? protobuf : words;
}

/** An image with a u32 of its length before it: the length follows. Base64 is left to JSON. */
function embeddedImage(bytes: Uint8Array, _: Random): Inner | null {
  for (const [head, dialect] of [
    [PNG_HEAD, png],
    [JPEG_HEAD, jpeg],
  ] as const) {
    const start = find(bytes, head);
    if (start < 0) continue;
    const length = bytes.length - start;
    const owner = { at: start - 4, width: "u32" } as const;
    const stated = start >= 4 ? Number(readInteger(viewOf(bytes), owner)) : 0;
    const isOwned = stated > head.length && stated <= length;
    const end = isOwned ? start + stated : bytes.length;
    const place = { start, end, owners: isOwned ? [owner] : [] };
    return {
      name: `${dialect.name} at ${start}`,
      dialect,
      bytes: bytes.slice(start, end),
      pack: (changed) => splice(bytes, place, changed),
    };
  }
  return null;
}

function find(bytes: Uint8Array, head: readonly number[]): number {
  for (let at = bytes.indexOf(head[0] ?? 0); at >= 0; at = bytes.indexOf(head[0] ?? 0, at + 1)) {
    if (head.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
