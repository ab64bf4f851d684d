/**
 * The records of a span in kernel memory: messages become rows, chunks are opened, message indexes, definitions and
 * checksums compared. One instance per span.
 */

import { RECORD_ROW } from "../../abi.ts";
import type { Platform } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { DamageList } from "../../summary/damages.ts";
import type { Damage, Plain, Severity } from "../../types.ts";
import { checkAttachment } from "./attachment.ts";
import { type OpenChunk, openChunk } from "./chunk.ts";
import { joinedCrc, type SummedBytes } from "./crc.ts";
import { Cursor } from "./cursor.ts";
import { damage, gapDamage, lengthDamage } from "./damage.ts";
import {
  ATTACHMENT,
  CHANNEL,
  CHUNK,
  CHUNK_CRC,
  FIRST_PRIVATE,
  hex,
  LAST_KNOWN,
  MESSAGE,
  MESSAGE_HEADER,
  MESSAGE_INDEX,
  MOST_INDEX_BYTES,
  RECORD_HEADER,
  SCHEMA,
} from "./format.ts";
import type { KnownChannels } from "./known.ts";
import { compareIndex, entriesOf } from "./message-index.ts";
import type { IndexProof } from "./proof.ts";
import { MOST_EFFORT } from "./resync.ts";
import { LENGTH, OFFSET, OPCODE, type Rows } from "./rows.ts";
import { type Broken, recordName, type Visitor, walk } from "./walk.ts";
import { MemoryWindow } from "./window.ts";

/** Rows scanned at a time: the table stays in the second-level cache. */
const BATCH = 8192;
const ROW = RECORD_ROW / 4;

/**
 * Payloads in records from this size are summed as they are found, and the checksums of their chunk and of the data
 * section joined from these. Below, joining costs more than summing the bytes again.
 */
const SUM_FROM = 16 * 1024;

/** Definitions of one chunk that contradict those before: so many of each severity are told. */
const MOST_CONFLICTS = 100;

/** A chunk whose message indexes may follow. */
interface Group {
  readonly at: number;
  readonly end: number;
  readonly chunk: OpenChunk;
  readonly from: number;
  readonly to: number;
  /** Read whole, and nothing wrong with it: only then are indexes compared one by one. */
  readonly intact: boolean;
  readonly found: readonly Damage[];
  readonly named: Uint8Array;
  indexes: number;
  indexed: number;
  indexEnd: number;
  /** Where the message index of each channel stands; kept where an index is to be proved. */
  readonly messageIndexes: Map<number, number>;
}

export class SpanScan {
  readonly regions = { total: 0, withChecksum: 0, verified: 0 };
  lostBytes = 0;
  /** CRC-32 of stretches of the file as it lies in memory, ascending: what sums a larger region joins them. */
  readonly summed: SummedBytes[] = [];
  readonly #rows: Rows;
  readonly #damages: DamageList;
  readonly #kernels: Kernels;
  readonly #platform: Platform;
  readonly #known: KnownChannels;
  readonly #proof: IndexProof | null;
  /** One scan table for a region, one for a chunk inside it. */
  readonly #tables: readonly [number, number];
  readonly #result: number;
  #group: Group | null = null;
  /** End of bytes that were passed over, and of the message indexes behind them: what opening told of already. */
  #gap = { end: -1, indexEnd: -1 };

  /** @param proof told of every chunk; null where the index was compared when the recording was opened */
  constructor(
    known: KnownChannels,
    rows: Rows,
    damages: DamageList,
    kernels: Kernels,
    platform: Platform,
    proof: IndexProof | null = null,
  ) {
    this.#proof = proof;
    this.#rows = rows;
    this.#damages = damages;
    this.#kernels = kernels;
    this.#platform = platform;
    this.#known = known;
    this.#tables = [kernels.alloc(BATCH * RECORD_ROW), kernels.alloc(BATCH * RECORD_ROW)];
    this.#result = kernels.alloc(8);
  }

  get streamOf(): Int32Array {
    return this.#known.streamOf;
  }

  /** Whole records of [at, at + length). `isShort`: the file ended before the region did. */
  region(pointer: number, length: number, at: number, isShort: boolean): void {
    const done = this.#scan(this.#tables[0], pointer, length, at, (opcode, offset, content) => {
      this.#record(opcode, pointer + offset, content, at + offset, at + offset + RECORD_HEADER + content, false);
    });
    if (done === length) return;
    if (isShort) {
      this.record(pointer + done, length - done, at + done, true);
    } else {
      // Only when the file changed after it was opened.
      this.lostBytes += length - done;
      this.#damages.add(damage("unreadable", "error", [at + done, at + length], { skippedBytes: length - done }));
    }
  }

  /**
   * One record whose frame does not tell its end, or that the end of the file cuts off.
   * @returns messages read from it
   */
  record(pointer: number, length: number, at: number, isCut: boolean): number {
    const before = this.#rows.count;
    if (length < RECORD_HEADER) {
      this.lostBytes += length;
      return 0;
    }
    const opcode = this.#kernels.u8(pointer, 1)[0] ?? 0;
    if (isCut && opcode !== CHUNK) {
      this.lostBytes += length;
      return 0;
    }
    this.#record(opcode, pointer, length - RECORD_HEADER, at, at + length, isCut);
    return this.#rows.count - before;
  }

  /** Bytes before `end` were passed over. */
  skipped(end: number): void {
    this.#finishGroup();
    this.#gap = { end, indexEnd: end };
  }

  /** Ends the span. */
  finish(): void {
    this.#finishGroup();
  }

  /**
   * Rows of a region: messages are added, other records go to `other`.
   * @returns bytes scanned; fewer than `length` where a record is broken
   */
  #scan(
    table: number,
    pointer: number,
    length: number,
    fileAt: number,
    other: (opcode: number, offset: number, content: number) => void,
  ): number {
    const kernels = this.#kernels;
    const rows = this.#rows;
    const { streamOf } = this.#known;
    const isTop = table === this.#tables[0];
    let done = 0;
    while (done < length) {
      const n = kernels.exports.scanRecords(pointer + done, length - done, table, BATCH, this.#result);
      const consumed = kernels.u32(this.#result, 1)[0] ?? 0;
      rows.reserve(n);
      let view = kernels.u32(table, n * ROW);
      for (let r = 0; r < n; r++) {
        const opcode = view[r * ROW + OPCODE] as number;
        if (opcode === MESSAGE) {
          rows.add(view, r, pointer + done, done, fileAt < 0 ? -1 : fileAt + done, streamOf);
          if ((view[r * ROW + LENGTH] as number) >= SUM_FROM) this.#sum(rows.count - 1);
          if (isTop && (rows.stream[rows.count - 1] as number) < 0) this.#unknownChannel(rows.count - 1);
          continue;
        }
        other(opcode, done + (view[r * ROW + OFFSET] as number), view[r * ROW + LENGTH] as number);
        // What `other` did may have grown memory, or taken the room reserved.
        view = kernels.u32(table, n * ROW);
        rows.reserve(n - r);
      }
      done += consumed;
      if (n < BATCH) break;
    }
    return done;
  }

  #sum(i: number): void {
    const rows = this.#rows;
    const pointer = rows.pointer[i] as number;
    const bytes = rows.bytes[i] as number;
    const crc = this.#kernels.exports.crc32(pointer, bytes, 0) >>> 0;
    rows.sum(i, crc);
    this.summed.push({ pointer, bytes, crc });
  }

  #record(opcode: number, pointer: number, length: number, at: number, end: number, isCut: boolean): void {
    const content = pointer + RECORD_HEADER;
    if (opcode === MESSAGE_INDEX && this.#group?.indexEnd === at && end - this.#group.end <= MOST_INDEX_BYTES) {
      this.#messageIndex(this.#group, content, length, at, end);
      return;
    }
    this.#finishGroup();
    if (opcode === MESSAGE_INDEX && this.#gap.indexEnd === at && end - this.#gap.end <= MOST_INDEX_BYTES) {
      this.#gap.indexEnd = end;
      return;
    }
    if (opcode === CHUNK) this.#chunk(content, length, at, end, isCut);
    else if (opcode === ATTACHMENT) checkAttachment(content, length, at, end, this.#kernels, this.#damages, this.regions);
    else if (opcode === SCHEMA || opcode === CHANNEL) this.#definition(opcode, content, length, at, end);
    else if (opcode === MESSAGE_INDEX) {
      const head = entriesOf(this.#kernels.u8(content, length));
      const observed = { record: "MessageIndex", chunk: false, channel: head?.channel ?? null, framesIndexed: head?.entries ?? 0 };
      this.#damages.add(damage("misplaced-record", "warning", [at, end], observed, { chunk: true }));
    } else if (opcode === MESSAGE) this.#oneMessage(pointer, length, at);
  }

  /** A message whose frame is repaired. */
  #oneMessage(pointer: number, length: number, at: number): void {
    const c = new Cursor(this.#kernels.u8(pointer, RECORD_HEADER + length), RECORD_HEADER);
    const channel = c.u16();
    const sequence = c.u32();
    const logTime = c.u64();
    if (!c.ok || length < MESSAGE_HEADER) return;
    const payload = pointer + RECORD_HEADER + MESSAGE_HEADER;
    this.#rows.addOne(this.streamOf[channel] ?? -1, channel, sequence, logTime, payload, length - MESSAGE_HEADER, 0, at);
    if ((this.streamOf[channel] ?? -1) < 0) this.#unknownChannel(this.#rows.count - 1);
  }

  #definition(opcode: number, content: number, length: number, at: number, end: number): void {
    const one = this.#known.compare(opcode, this.#kernels.u8(content, length));
    if (one) this.#damages.add(damage(one.kind, one.severity, [at, end], one.observed, one.expected));
  }

  /** A top-level message on a channel nothing defines. */
  #unknownChannel(i: number): void {
    const rows = this.#rows;
    const at = rows.start[i] ?? 0;
    const time = BigInt.asIntN(64, rows.logTime(i));
    const bytes = [at, at + RECORD_HEADER + MESSAGE_HEADER + (rows.bytes[i] ?? 0)] as const;
    this.#damages.add(damage("unknown-channel", "error", bytes, { channel: rows.channel[i] ?? 0, frames: 1 }, {}, [time, time]));
  }

  #chunk(content: number, length: number, at: number, end: number, isCut: boolean): void {
    const kernels = this.#kernels;
    const chunk = openChunk({ pointer: content, length, cut: isCut }, kernels, this.#platform);
    const { header } = chunk;
    const found: Damage[] = [];
    const from = this.#rows.count;
    const records = [at + RECORD_HEADER + CHUNK_CRC, end] as const;
    const times = header ? ([BigInt.asIntN(64, header.startTime), BigInt.asIntN(64, header.endTime)] as const) : null;
    const tell = (kind: string, severity: Severity, observed: Record<string, Plain>, expected: Record<string, Plain> = {}): void => {
      found.push(damage(kind, severity, records, observed, expected, times));
    };
    if (chunk.problem) {
      const { kind, observed, expected } = chunk.problem;
      tell(kind, kind === "unsupported-compression" ? "warning" : "error", { ...observed }, { ...expected });
    }
    const before = this.summed.length;
    const base = chunk.inPlace && header ? at + RECORD_HEADER + header.recordsAt : -1;
    const lost = this.#chunkRecords(chunk, base, isCut, tell, found);
    const summed = this.summed.splice(before);
    const isEmpty = header?.uncompressedSize === 0 && header.crc === 0;
    if (!isEmpty) this.regions.total++;
    let crc = -1;
    if (header && header.crc !== 0) {
      this.regions.withChecksum++;
      if (chunk.whole) {
        this.regions.verified++;
        crc = joinedCrc(kernels, chunk.pointer, chunk.bytes, summed, 0);
        if (crc !== header.crc) tell("crc-mismatch", "error", { region: "chunk", crc: hex(crc, 8) }, { crc: hex(header.crc, 8) });
      }
    }
    const sums = crc >= 0 ? [{ pointer: chunk.pointer, bytes: chunk.bytes, crc }] : summed;
    if (chunk.inPlace) for (const one of sums) this.summed.push(one);
    // Compressed bytes count where nothing came out of them.
    const stored = header ? Math.min(header.compressedSize, Math.max(0, length - header.recordsAt)) : length;
    this.lostBytes += chunk.bytes === 0 && !isEmpty ? stored : lost;
    const to = this.#rows.count;
    const intact = chunk.whole && found.every(({ severity }) => severity === "info");
    if (intact && header) this.#chunkTimes(header.startTime, header.endTime, from, to, at, found);
    this.#group = {
      at,
      end,
      chunk,
      from,
      to,
      intact,
      found,
      named: new Uint8Array(intact ? to - from : 0),
      indexes: 0,
      indexed: 0,
      indexEnd: end,
      messageIndexes: new Map(),
    };
  }

  /** @returns bytes of the records that could not be read */
  #chunkRecords(
    chunk: OpenChunk,
    base: number,
    isCut: boolean,
    tell: (kind: string, severity: Severity, observed: Record<string, Plain>, expected?: Record<string, Plain>) => void,
    found: Damage[],
  ): number {
    const kernels = this.#kernels;
    const rows = this.#rows;
    const from = rows.count;
    /** Problems of one kind in a chunk are one damage. */
    const counts = { unknownOpcodes: 0, misplaced: 0, firstUnknown: 0, firstMisplaced: 0 };
    const conflicts: {
      readonly kind: string;
      readonly severity: Severity;
      readonly observed: Record<string, Plain>;
      readonly expected: Record<string, Plain>;
    }[] = [];
    const other = (opcode: number, offset: number, content: number): void => {
      if (opcode === SCHEMA || opcode === CHANNEL) {
        const one = this.#known.compare(opcode, kernels.u8(chunk.pointer + offset + RECORD_HEADER, content));
        // What is only told must not hide what is wrong.
        const alike = one ? conflicts.filter(({ severity }) => severity === one.severity).length : 0;
        if (one && alike < MOST_CONFLICTS) conflicts.push(one);
      } else if (opcode <= LAST_KNOWN) {
        if (counts.misplaced++ === 0) counts.firstMisplaced = opcode;
      } else if (opcode < FIRST_PRIVATE && counts.unknownOpcodes++ === 0) counts.firstUnknown = opcode;
    };
    let done = this.#scan(this.#tables[1], chunk.pointer, chunk.bytes, base, other);
    let lost = 0;
    if (done < chunk.bytes) {
      const isEnd = !chunk.whole;
      if (!isEnd) {
        // Once more from the start, slowly, with recovery.
        rows.count = from;
        conflicts.length = 0;
        counts.misplaced = 0;
        counts.unknownOpcodes = 0;
        lost = this.#recover(chunk, base, other, found, tell);
        done = chunk.bytes;
      } else {
        lost = chunk.bytes - done;
      }
    }
    if (isCut) lost = chunk.bytes - done;
    const { misplaced, unknownOpcodes } = counts;
    if (misplaced > 0)
      tell("misplaced-record", "warning", { record: recordName(counts.firstMisplaced), records: misplaced, section: "chunk" });
    if (unknownOpcodes > 0) tell("unknown-opcode", "info", { opcode: hex(counts.firstUnknown, 2), records: unknownOpcodes });
    for (const { kind, severity, observed, expected } of conflicts) tell(kind, severity, observed, expected);
    const unknown = new Map<number, number>();
    for (let i = from; i < rows.count; i++) {
      if ((rows.stream[i] as number) >= 0) continue;
      const channel = rows.channel[i] as number;
      unknown.set(channel, (unknown.get(channel) ?? 0) + 1);
    }
    if (unknown.size > 0) {
      const channels = [...unknown.keys()].sort((a, b) => a - b);
      let frames = 0;
      for (const n of unknown.values()) frames += n;
      tell("unknown-channel", "error", { channels: channels.slice(0, 20), frames });
    }
    return lost;
  }

  /** Walks the records of a damaged chunk. @returns bytes passed over */
  #recover(
    chunk: OpenChunk,
    base: number,
    other: (opcode: number, offset: number, content: number) => void,
    found: Damage[],
    tell: (kind: string, severity: Severity, observed: Record<string, Plain>, expected?: Record<string, Plain>) => void,
  ): number {
    const rows = this.#rows;
    const memory = new MemoryWindow(this.#kernels.u8(chunk.pointer, chunk.bytes));
    let lost = 0;
    let gaps = 0;
    const visitor: Visitor = {
      record: (at, opcode, end) => {
        if (opcode !== MESSAGE) {
          other(opcode, at, end - at - RECORD_HEADER);
          return true;
        }
        const { view } = memory;
        const channel = view.getUint16(at + 9, true);
        const payload = chunk.pointer + at + RECORD_HEADER + MESSAGE_HEADER;
        const bytes = end - at - RECORD_HEADER - MESSAGE_HEADER;
        const stream = this.streamOf[channel] ?? -1;
        rows.addOne(
          stream,
          channel,
          view.getUint32(at + 11, true),
          view.getBigUint64(at + 15, true),
          payload,
          bytes,
          at,
          base < 0 ? -1 : base + at,
        );
        return true;
      },
      gap: (at, end, broken: Broken) => {
        lost += end - at;
        gaps++;
        if (base >= 0 && found.length < 100) found.push(gapDamage(base + at, base + end, broken));
      },
      wrongLength: (at, opcode, stated, actual) => {
        gaps++;
        if (base >= 0 && found.length < 100) found.push(lengthDamage(base + at, opcode, stated, actual));
      },
      cut: () => {},
    };
    const options = { from: 0, limit: chunk.bytes, place: "chunk", closed: true, anchors: new Float64Array(0), stopAt: -1 } as const;
    walk(memory, memory, { ...options, effort: { left: MOST_EFFORT } }, visitor);
    if (base < 0) tell("record-length", "error", { places: gaps, skippedBytes: lost, section: "chunk" });
    return lost;
  }

  /** Times outside what the header says are wrong; a header that says too much is only loose. */
  #chunkTimes(start: bigint, end: bigint, from: number, to: number, at: number, found: Damage[]): void {
    const times = this.#rows.times(from, to);
    if (!times || (times[0] === start && times[1] === end)) return;
    const isOutside = times[0] < start || times[1] > end;
    const bytes = [at + RECORD_HEADER, at + RECORD_HEADER + 16] as const;
    const observed = { record: "Chunk", startTime: start, endTime: end };
    const expected = { startTime: times[0], endTime: times[1] };
    const place = [BigInt.asIntN(64, times[0]), BigInt.asIntN(64, times[1])] as const;
    found.push(damage("index-mismatch", isOutside ? "error" : "info", bytes, observed, expected, place));
  }

  #messageIndex(group: Group, content: number, length: number, at: number, end: number): void {
    const bytes = this.#kernels.u8(content, length);
    group.indexEnd = end;
    group.indexes++;
    const head = entriesOf(bytes);
    if (!head) {
      this.#damages.add(damage("malformed-record", "error", [at, end], { record: "MessageIndex" }));
      return;
    }
    group.indexed += head.entries;
    if (this.#proof) group.messageIndexes.set(head.channel, at);
    if (!group.intact) return;
    const { entries, wrong } = compareIndex(bytes, this.#rows, group.from, group.to, group.named);
    if (wrong === 0) return;
    const observed = { record: "MessageIndex", channel: head.channel, entries, wrong };
    this.#damages.add(damage("index-mismatch", "error", [at, end], observed, { wrong: 0 }));
  }

  #finishGroup(): void {
    const group = this.#group;
    if (!group) return;
    this.#group = null;
    this.#proof?.meet({ ...group, header: group.chunk.header });
    const frames = group.to - group.from;
    const isLost = group.indexes > 0 && !group.intact;
    for (const one of group.found) {
      const counts = { framesRead: frames, ...(isLost && { framesLost: Math.max(0, group.indexed - frames) }) };
      this.#damages.add(group.intact ? one : { ...one, observed: { ...one.observed, ...counts } });
    }
    if (!group.intact || group.indexes === 0) return;
    let unnamed = 0;
    for (const one of group.named) if (one === 0) unnamed++;
    if (unnamed === 0) return;
    const observed = { record: "MessageIndex", chunk: group.at, messages: frames, indexed: frames - unnamed };
    this.#damages.add(damage("index-mismatch", "error", [group.end, group.indexEnd], observed, { indexed: frames }));
  }
}
