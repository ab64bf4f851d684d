/**
 * The messages of one span as columns, in file order, and their grouping by stream. Typed arrays throughout: spans of
 * small messages hold hundreds of thousands.
 */
import { RECORD_ROW } from "../../abi.ts";
import { MESSAGE_HEADER, RECORD_HEADER } from "./format.ts";

const ROW = RECORD_ROW / 4;
/** Columns of a scanned row, as u32: opcode, offset, content length, channel, sequence, -, logTime low and high. */
export const OPCODE = 0;
export const OFFSET = 1;
export const LENGTH = 2;
const CHANNEL = 3;
const SEQUENCE = 4;
const LOG_LOW = 6;
const LOG_HIGH = 7;

const PREFIX = RECORD_HEADER + MESSAGE_HEADER;

export class Rows {
  count = 0;
  #room = 0;
  /** -1 where the channel is unknown. */
  stream = new Int32Array(0);
  channel = new Uint16Array(0);
  sequence = new Uint32Array(0);
  /** Pairs (low, high). */
  log = new Uint32Array(0);
  /** Payload in kernel memory. */
  pointer = new Uint32Array(0);
  bytes = new Float64Array(0);
  /** Of the record, from the first byte of its chunk's records or of its region. */
  offset = new Uint32Array(0);
  /** Of the record in the file; -1 inside a compressed chunk. */
  start = new Float64Array(0);
  /** CRC-32 of the payload where `isSummed` is 1. */
  crc = new Uint32Array(0);
  isSummed = new Uint8Array(0);

  clear(): void {
    this.count = 0;
  }

  reserve(more: number): void {
    const need = this.count + more;
    if (need <= this.#room) return;
    const room = Math.max(need, 2 * this.#room, 1024);
    this.#room = room;
    this.stream = grown(this.stream, new Int32Array(room));
    this.channel = grown(this.channel, new Uint16Array(room));
    this.sequence = grown(this.sequence, new Uint32Array(room));
    this.log = grown(this.log, new Uint32Array(2 * room));
    this.pointer = grown(this.pointer, new Uint32Array(room));
    this.bytes = grown(this.bytes, new Float64Array(room));
    this.offset = grown(this.offset, new Uint32Array(room));
    this.start = grown(this.start, new Float64Array(room));
    this.crc = grown(this.crc, new Uint32Array(room));
    this.isSummed = grown(this.isSummed, new Uint8Array(room));
  }

  /**
   * Appends the message in row `r` of a scan table. Call `reserve` first.
   *
   * @param base pointer the row's offset counts from
   * @param shift added to the row's offset to count from the first byte of the chunk's records
   * @param fileAt position in the file of `base`, or -1
   */
  add(table: Uint32Array, r: number, base: number, shift: number, fileAt: number, streamOf: Int32Array): void {
    const at = r * ROW;
    const n = this.count++;
    const offset = table[at + OFFSET] as number;
    const channel = table[at + CHANNEL] as number;
    this.stream[n] = streamOf[channel] as number;
    this.channel[n] = channel;
    this.sequence[n] = table[at + SEQUENCE] as number;
    this.log[2 * n] = table[at + LOG_LOW] as number;
    this.log[2 * n + 1] = table[at + LOG_HIGH] as number;
    this.pointer[n] = base + offset + PREFIX;
    this.bytes[n] = (table[at + LENGTH] as number) - MESSAGE_HEADER;
    this.offset[n] = offset + shift;
    this.start[n] = fileAt < 0 ? -1 : fileAt + offset;
    this.isSummed[n] = 0;
  }

  /** Notes the CRC-32 of the payload of row `i`. */
  sum(i: number, crc: number): void {
    this.crc[i] = crc;
    this.isSummed[i] = 1;
  }

  /** Appends a message that was found without a scan table; the arguments are its fields. */
  addOne(
    stream: number,
    channel: number,
    sequence: number,
    logTime: bigint,
    pointer: number,
    bytes: number,
    offset: number,
    start: number,
  ): void {
    this.reserve(1);
    const n = this.count++;
    this.stream[n] = stream;
    this.channel[n] = channel;
    this.sequence[n] = sequence;
    this.log[2 * n] = Number(logTime & 0xffff_ffffn);
    this.log[2 * n + 1] = Number(logTime >> 32n);
    this.pointer[n] = pointer;
    this.bytes[n] = bytes;
    this.offset[n] = offset;
    this.start[n] = start;
    this.isSummed[n] = 0;
  }

  /** First and last logged time of rows [from, to); null when there are none. */
  times(from: number, to: number): readonly [bigint, bigint] | null {
    if (from >= to) return null;
    const { log } = this;
    let first = from;
    let last = from;
    for (let i = from + 1; i < to; i++) {
      const low = log[2 * i] as number;
      const high = log[2 * i + 1] as number;
      const firstHigh = log[2 * first + 1] as number;
      const lastHigh = log[2 * last + 1] as number;
      if (high < firstHigh || (high === firstHigh && low < (log[2 * first] as number))) first = i;
      if (high > lastHigh || (high === lastHigh && low > (log[2 * last] as number))) last = i;
    }
    return [this.logTime(first), this.logTime(last)];
  }

  logTime(i: number): bigint {
    return (BigInt(this.log[2 * i + 1] ?? 0) << 32n) | BigInt(this.log[2 * i] ?? 0);
  }
}

function grown<T extends { set(from: T): void; readonly length: number }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Rows of each stream in file order: stream s has rows[start[s]] … rows[start[s + 1] - 1]. A counting sort. */
export function groupByStream(rows: Rows, streams: number): { readonly start: Uint32Array; readonly rows: Uint32Array } {
  const start = new Uint32Array(streams + 1);
  for (let i = 0; i < rows.count; i++) {
    const s = rows.stream[i] as number;
    if (s >= 0) start[s + 1] = (start[s + 1] as number) + 1;
  }
  for (let s = 0; s < streams; s++) start[s + 1] = (start[s + 1] as number) + (start[s] as number);
  const next = start.slice();
  const out = new Uint32Array(start[streams] ?? 0);
  for (let i = 0; i < rows.count; i++) {
    const s = rows.stream[i] as number;
    if (s < 0) continue;
    const at = next[s] as number;
    next[s] = at + 1;
    out[at] = i;
  }
  return { start, rows: out };
}
