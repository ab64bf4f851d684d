/** One message index against the messages of its chunk. */
import { sizeAt } from "./cursor.ts";
import type { Rows } from "./rows.ts";

/** Bytes of an entry: u64 logTime, u64 offset from the first byte of the chunk's uncompressed records. */
const ENTRY = 16;
/** Steps to the next row before it is searched for. */
const STEPS = 8;

export interface IndexVerdict {
  readonly entries: number;
  /** Entries that name no message of this channel and time at their offset, or one that was named before. */
  readonly wrong: number;
}

/** Entries of a message index's content, or null when the content is malformed. */
export function entriesOf(content: Uint8Array): { readonly channel: number; readonly entries: number } | null {
  if (content.length < 6) return null;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const bytes = view.getUint32(2, true);
  if (bytes % ENTRY !== 0 || bytes > content.length - 6) return null;
  return { channel: view.getUint16(0, true), entries: bytes / ENTRY };
}

/**
 * @param rows rows [from, to) are the chunk's messages, ascending by offset
 * @param named u8[to - from] - set to 1 for each message an entry names
 * O(entries log messages).
 */
export function compareIndex(content: Uint8Array, rows: Rows, from: number, to: number, named: Uint8Array): IndexVerdict {
  const head = entriesOf(content);
  if (!head) return { entries: 0, wrong: 0 };
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  let wrong = 0;
  let next = from;
  for (let e = 0, at = 6; e < head.entries; e++, at += ENTRY) {
    const offset = sizeAt(view, at + 8);
    const i = find(rows.offset, offset, next, from, to);
    next = i + 1;
    const isRight =
      i >= 0 &&
      rows.channel[i] === head.channel &&
      rows.log[2 * i] === view.getUint32(at, true) &&
      rows.log[2 * i + 1] === view.getUint32(at + 4, true) &&
      named[i - from] === 0;
    if (isRight) named[i - from] = 1;
    else wrong++;
  }
  return { entries: head.entries, wrong };
}

/** Row in [from, to) with this offset, looked for from `near` on first; -1 when there is none. */
function find(offsets: Uint32Array, offset: number, near: number, from: number, to: number): number {
  for (let i = near; i >= from && i < to && i < near + STEPS; i++) if (offsets[i] === offset) return i;
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle] as number) < offset) low = middle + 1;
    else high = middle;
  }
  return low < to && offsets[low] === offset ? low : -1;
}
