/**
 * After a broken place: where do records begin again? Linear in the bytes skipped, with a bounded number of far reads.
 */

import { isZero, MOST_ZEROS } from "../../digest/bytes.ts";
import { sizeAt } from "./cursor.ts";
import { CHANNEL, DATA_END, FOOTER, LAST_KNOWN, MESSAGE, MIN_CONTENT, RECORD_HEADER, SCHEMA } from "./format.ts";
import { type Place, strictEnd } from "./structure.ts";
import type { Bytes } from "./window.ts";

/** Records in a row that make a chain. */
const CHAIN = 3;
/** Bytes searched per look. */
const LOOK = 64 * 1024;

/** How much hostile bytes may make a search do, over a whole file: candidates that are followed. */
export interface Effort {
  left: number;
}

/** Each candidate costs a few small reads. */
export const MOST_EFFORT = 200_000;

/**
 * First position in [from, to) where a chain of plausible records begins.
 *
 * @param scan window the search moves through
 * @param follow another window on the same bytes, for looking ahead
 * @param limit end of the bytes records may fill
 * @returns -1 when there is none
 */
export function resync(scan: Bytes, follow: Bytes, from: number, to: number, limit: number, place: Place, effort: Effort): number {
  const last = Math.min(to, limit - RECORD_HEADER + 1);
  let zeros = 0;
  for (let at = from; at < last; ) {
    const want = Math.min(LOOK, limit - at);
    const o = scan.at(at, want);
    if (o < 0) return -1;
    const { u8, view } = scan;
    const end = o + Math.min(want - RECORD_HEADER + 1, last - at);
    if (isZero(u8, o, end)) {
      zeros += end - o;
      if (zeros > MOST_ZEROS) return -1;
      at += end - o;
      continue;
    }
    zeros = 0;
    for (let i = o; i < end; i++) {
      const opcode = u8[i] ?? 0;
      // A length below 2^40: no file is longer, and most bytes are refused here.
      if (opcode === 0 || opcode > LAST_KNOWN || u8[i + 8] !== 0 || u8[i + 7] !== 0 || u8[i + 6] !== 0) continue;
      if (place === "chunk" && opcode !== MESSAGE && opcode !== SCHEMA && opcode !== CHANNEL) continue;
      const position = at + i - o;
      const length = sizeAt(view, i + 1);
      if (length < (MIN_CONTENT[opcode] ?? 0) || position + RECORD_HEADER + length > limit) continue;
      if (effort.left-- <= 0) return -1;
      if (isChain(follow, position, limit, place)) return position;
    }
    at += end - o;
  }
  return -1;
}

/** Several plausible records in a row, or fewer that end where the section or the file does. */
export function isChain(bytes: Bytes, from: number, limit: number, place: Place): boolean {
  let at = from;
  for (let n = 0; n < CHAIN; n++) {
    const end = strictEnd(bytes, at, limit, place);
    if (end < 0) return false;
    if (end === limit) return true;
    const opcode = bytes.u8[bytes.at(at, 1)];
    if (opcode === DATA_END || opcode === FOOTER) return true;
    at = end;
  }
  return true;
}
