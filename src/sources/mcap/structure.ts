/**
 * Is there a record here? Its frame (opcode, length), and the length its own fields imply.
 *
 * Most records say twice how long they are: in the frame, and by the lengths of their fields. That tells a corrupt
 * length from a corrupt place, and lets a record be read although its frame is wrong.
 */

import { sizeAt } from "./cursor.ts";
import {
  ATTACHMENT,
  ATTACHMENT_INDEX,
  CHANNEL,
  CHUNK,
  CHUNK_FIXED,
  CHUNK_INDEX,
  DATA_END,
  FOOTER,
  HEADER,
  LAST_KNOWN,
  MESSAGE,
  MESSAGE_INDEX,
  METADATA,
  METADATA_INDEX,
  MIN_CONTENT,
  MOST_PADDING,
  RECORD_HEADER,
  SCHEMA,
  STATISTICS,
  SUMMARY_OFFSET,
} from "./format.ts";
import type { Bytes } from "./window.ts";

/** Which opcodes may stand where. */
export type Place = "data" | "summary" | "chunk" | "file";

/** Content length of the record at `at` as its frame says, `Infinity` beyond 2^53, or -1 where no frame fits. */
export function frameLength(bytes: Bytes, at: number): number {
  const o = bytes.at(at, RECORD_HEADER);
  return o < 0 ? -1 : sizeAt(bytes.view, o + 1);
}

/** End of the record at `at` when its frame is possible within `limit`, else -1. */
export function frameEnd(bytes: Bytes, at: number, limit: number): number {
  if (at + RECORD_HEADER > limit) return -1;
  const o = bytes.at(at, RECORD_HEADER);
  if (o < 0) return -1;
  const opcode = bytes.u8[o] ?? 0;
  const length = sizeAt(bytes.view, o + 1);
  const end = at + RECORD_HEADER + length;
  return opcode !== 0 && end <= limit && length >= (MIN_CONTENT[opcode] ?? 0) ? end : -1;
}

/**
 * Content length that the fields of the record at `at` add up to, without padding; -1 where they do not say
 * (a message, an unknown opcode) or cannot be read. At most `limit` is looked at.
 */
export function impliedLength(bytes: Bytes, at: number, limit: number): number {
  const content = at + RECORD_HEADER;
  const head = bytes.at(at, RECORD_HEADER);
  const opcode = head < 0 ? 0 : (bytes.u8[head] ?? 0);
  if (opcode === 0 || opcode > LAST_KNOWN || opcode === MESSAGE) return -1;
  if (opcode === FOOTER || opcode === SUMMARY_OFFSET || opcode === DATA_END) return MIN_CONTENT[opcode] ?? -1;
  let length = 0;
  /** Skips fixed fields. */
  const fixed = (n: number): void => {
    length = length < 0 || content + length + n > limit ? -1 : length + n;
  };
  /** Skips a field with a length before it. */
  const counted = (wide: boolean): void => {
    const width = wide ? 8 : 4;
    const o = length < 0 || content + length + width > limit ? -1 : bytes.at(content + length, width);
    if (o < 0) {
      length = -1;
      return;
    }
    const n = wide ? sizeAt(bytes.view, o) : bytes.view.getUint32(o, true);
    length = content + length + width + n > limit ? -1 : length + width + n;
  };
  switch (opcode) {
    case HEADER:
      counted(false);
      counted(false);
      break;
    case SCHEMA:
      fixed(2);
      counted(false);
      counted(false);
      counted(false);
      break;
    case CHANNEL:
      fixed(4);
      counted(false);
      counted(false);
      counted(false);
      break;
    case CHUNK:
      fixed(CHUNK_FIXED - 4);
      counted(false);
      counted(true);
      break;
    case MESSAGE_INDEX:
      fixed(2);
      counted(false);
      break;
    case CHUNK_INDEX:
      fixed(32);
      counted(false);
      fixed(8);
      counted(false);
      fixed(16);
      break;
    case ATTACHMENT:
      fixed(16);
      counted(false);
      counted(false);
      counted(true);
      fixed(4);
      break;
    case ATTACHMENT_INDEX:
      fixed(40);
      counted(false);
      counted(false);
      break;
    case STATISTICS:
      fixed(42);
      counted(false);
      break;
    case METADATA:
      counted(false);
      counted(false);
      break;
    case METADATA_INDEX:
      fixed(16);
      counted(false);
      break;
  }
  return length;
}

/** Largest honest content of the records with a fixed layout: a resync does not believe in more. */
function tooLong(opcode: number, length: number): boolean {
  if (opcode === DATA_END || opcode === FOOTER || opcode === SUMMARY_OFFSET) return length > MOST_PADDING;
  return false;
}

/** End of the record at `at` when frame and fields agree and it may stand in `place`, else -1. For resync. */
export function strictEnd(bytes: Bytes, at: number, limit: number, place: Place): number {
  const end = frameEnd(bytes, at, limit);
  if (end < 0) return -1;
  const o = bytes.at(at, 1);
  const opcode = bytes.u8[o] ?? 0;
  if (opcode > LAST_KNOWN || !mayStand(opcode, place)) return -1;
  const length = end - at - RECORD_HEADER;
  if (tooLong(opcode, length)) return -1;
  if (opcode === MESSAGE) return end;
  const implied = impliedLength(bytes, at, end);
  return implied >= 0 && implied <= length && length - implied <= MOST_PADDING ? end : -1;
}

function mayStand(opcode: number, place: Place): boolean {
  if (place === "chunk") return opcode === SCHEMA || opcode === CHANNEL || opcode === MESSAGE;
  if (place === "summary") {
    return opcode !== HEADER && opcode !== MESSAGE && opcode !== CHUNK && opcode !== MESSAGE_INDEX && opcode !== ATTACHMENT;
  }
  return true;
}
