/** A `timestamps.txt` of KITTI: line N + 1 is the local time of frame N. */
import { Lines, parseLocalTime, textOf } from "../tables/text.ts";

/** Longer than any spelling of a time. */
const MAX_LINE_BYTES = 64;
/** A day at 10 Hz. Later lines are not read: their frames then lack a stamp, and are named for it. */
const MAX_LINES = 1 << 20;

export interface StampsFile {
  readonly path: string;
  /** Lines, without blank ones at the end. */
  readonly count: number;
  /** Time of each line, ns since 1970; a line that is no time has that of the last one before it that is (or of the first after). */
  readonly filledNs: BigInt64Array;
  /** 1 where the line is a time. */
  readonly valid: Uint8Array;
  /** Byte range of lines [first, last], from 0; at the end of the file for lines it does not have. */
  rangeOf(first: number, last: number): readonly [number, number];
}

export function readStamps(path: string, bytes: Uint8Array): StampsFile {
  const filled: bigint[] = [];
  const valid: number[] = [];
  const starts: number[] = [];
  const lines = new Lines(bytes);
  let count = 0;
  while (starts.length < MAX_LINES && lines.next()) {
    const long = lines.end - lines.start > MAX_LINE_BYTES;
    const text = textOf(bytes, lines.start, long ? lines.start : lines.end).trim();
    const stamp = parseLocalTime(text);
    starts.push(lines.start);
    valid.push(stamp === null ? 0 : 1);
    filled.push(stamp ?? filled[filled.length - 1] ?? 0n);
    if (text !== "" || long) count = starts.length;
  }
  const firstValid = valid.indexOf(1);
  filled.fill(filled[firstValid] ?? 0n, 0, Math.max(firstValid, 0));
  return {
    path,
    count,
    filledNs: BigInt64Array.from(filled.slice(0, count)),
    valid: Uint8Array.from(valid.slice(0, count)),
    rangeOf: (first, last) => [starts[first] ?? bytes.length, starts[last + 1] ?? bytes.length],
  };
}
