/**
 * The data section as its records stand: cut into spans, its broken places marked, compared with the index.
 */

import type { Platform } from "../../input.ts";
import type { Span } from "../../types.ts";
import { inflatedBytes } from "./chunk.ts";
import { compareAttachment, compareChunk, compareMetadata, type Gap, type Group, reportGaps, reportUnmatched } from "./compare.ts";
import { Cursor } from "./cursor.ts";
import { cutDamage, damage, lengthDamage, unknownOpcode } from "./damage.ts";
import { Definitions } from "./definitions.ts";
import { CUT, REPAIRED, SKIP, STREAMED } from "./detail.ts";
import {
  ATTACHMENT,
  CHANNEL,
  CHUNK,
  DATA_END,
  FIRST_PRIVATE,
  HEADER,
  isSummaryOnly,
  LAST_KNOWN,
  MESSAGE_INDEX,
  METADATA,
  MOST_INDEX_BYTES,
  RECORD_HEADER,
  SCHEMA,
  STREAM_ABOVE,
  TOO_LARGE,
  TOO_LARGE_INDEX,
} from "./format.ts";
import { define, prescan } from "./prescan.ts";
import type { BelievedChunk } from "./proof.ts";
import { parseAttachmentHeader, parseChunkHeader, parseName } from "./records.ts";
import type { At, Footer, Session, Summary } from "./summary.ts";
import { recordName, type Visitor, walk } from "./walk.ts";
import { FileWindow } from "./window.ts";

export interface DataSection {
  readonly spans: readonly Span[];
  readonly marks: Float64Array;
  /** Start of the DataEnd record, or where the section ends without one. */
  readonly end: number;
  readonly dataEnd: { readonly at: number; readonly end: number; readonly crc: number } | null;
  /** The file ends inside the section. */
  readonly truncated: boolean;
  readonly records: number;
  readonly counts: { readonly chunks: number; readonly attachments: number; readonly metadata: number };
  readonly definitions: Definitions;
  /** Every record of the section was looked at for definitions, also those in chunks. */
  readonly complete: boolean;
  readonly lostBytes: number;
}

/** What the index says about an attachment or chunk header is looked up in this many bytes. */
const HEAD = 64 * 1024;
/** Message indexes of one chunk that are compared with its chunk index. */
const MOST_CHANNELS = 65_536;

export function readData(
  session: Session,
  platform: Platform,
  summary: Summary,
  footer: Footer | null,
  start: number,
  limit: number,
  closed: boolean,
  spanBytes: number,
  /** Chunks not to be looked at; empty: every record is. */
  believed: readonly At<BelievedChunk>[],
): DataSection {
  const { input, size, damages } = session;
  const bytes = new FileWindow(input, size);
  const ahead = new FileWindow(input, size);
  const contents = new FileWindow(input, size);
  const known = new Definitions();
  if (summary.sound) known.addMissing(summary.definitions);
  const definitions = new Definitions(known);
  /** Channels the statistics count messages of, and how many of them, from the first, are known. */
  const counted = summary.sound ? [...(summary.statistics?.record.channelMessageCounts.keys() ?? [])] : [];
  let countedKnown = 0;
  const spans: Span[] = [];
  const marks: number[] = [];
  const lacking: (readonly [number, number])[] = [];
  const gaps: Gap[] = [];
  const seen = { chunks: new Set<number>(), attachments: new Set<number>(), metadata: new Set<number>() };
  const counts = { chunks: 0, attachments: 0, metadata: 0 };
  let lostBytes = 0;
  let records = 0;
  let end = -1;
  let dataEnd: DataSection["dataEnd"] = null;
  let truncated = false;
  let complete = true;
  let group: Group | null = null;
  let spanStart = 0;
  let weight = 0;

  const cutSpan = (at: number): void => {
    const bytes = at - spanStart;
    if (bytes > 0) spans.push({ kind: "bytes", file: 0, start: spanStart, end: at, bytes, inflatedBytes: Math.max(0, weight - bytes) });
    spanStart = at;
    weight = 0;
  };
  /** A unit of work begins at `at` and weighs `more`: never cut inside. */
  const unit = (at: number, more: number): void => {
    if (weight > 0 && weight + more > spanBytes) cutSpan(at);
    weight += more;
  };
  /** The first bytes of the content of the record [at, end). */
  const content = (at: number, to: number, most: number): Uint8Array => {
    const length = Math.min(to - at - RECORD_HEADER, most);
    const from = bytes.has(at + RECORD_HEADER, length) ? bytes : contents;
    const o = from.at(at + RECORD_HEADER, length);
    return o < 0 ? new Uint8Array(0) : from.u8.subarray(o, o + length);
  };

  const chunkIndexed = (g: Group): void => {
    if (summary.chunks.size === 0) return;
    const entry = summary.chunks.get(g.at);
    if (!entry) {
      if (lacking.length < 100) lacking.push([g.at, g.at + RECORD_HEADER]);
      return;
    }
    seen.chunks.add(g.at);
    if (g.header) compareChunk(session, entry, g, g.header);
  };
  /** Opens a chunk for its schemas and channels where nothing proves that all of them are known. */
  const defined = (g: Group): void => {
    const isDefined = (id: number): boolean => known.channels.has(id) && hasSchema(known, id);
    let isKnown = false;
    if (g.messageIndexes.size > 0) isKnown = [...g.messageIndexes.keys()].every(isDefined);
    else if (counted.length > 0) {
      // What is known stays known: no channel is asked for twice, however many chunks there are.
      while (countedKnown < counted.length && isDefined(counted[countedKnown] ?? 0)) countedKnown++;
      isKnown = countedKnown === counted.length;
    } else if (summary.sound && summary.statistics?.record.messageCount === 0) return;
    if (isKnown || !g.readable || !prescan(session, platform, g.at, g.end, false, definitions)) complete = false;
  };
  /** A chunk that is believed to be what its index says, without a look at it. */
  const believe = ({ record }: At<BelievedChunk>): void => {
    counts.chunks++;
    records++;
    seen.chunks.add(record.offset);
    unit(record.offset, record.length + inflatedBytes(record, session.kernels));
    weight += record.messageIndexLength;
    for (const channel of record.messageIndexOffsets.keys()) complete &&= known.channels.has(channel) && hasSchema(known, channel);
  };
  const finishGroup = (): void => {
    if (!group) return;
    const g = group;
    group = null;
    chunkIndexed(g);
    defined(g);
  };

  const visitor: Visitor = {
    record(at, opcode, to, repaired) {
      records++;
      if (opcode === DATA_END) {
        finishGroup();
        const c = content(at, to, 4);
        dataEnd = { at, end: to, crc: new Cursor(c).u32() };
        end = at;
        return false;
      }
      if (isSummaryOnly(opcode)) {
        finishGroup();
        end = at;
        return false;
      }
      const whole = to - at;
      const isInert = opcode === ATTACHMENT || opcode === METADATA || opcode > LAST_KNOWN;
      if (whole > (isInert ? STREAM_ABOVE : TOO_LARGE)) marks.push(at, to, STREAMED);
      else if (repaired) marks.push(at, to, REPAIRED);
      if (records === 1 && opcode !== HEADER) {
        damages.add(
          damage("misplaced-record", "warning", [at, Math.min(to, at + RECORD_HEADER)], { first: recordName(opcode) }, { first: "Header" }),
        );
      }
      if (opcode === MESSAGE_INDEX) {
        if (group && group.indexEnd === at && to - group.end <= MOST_INDEX_BYTES) {
          const c = content(at, to, 2);
          const channel = (c[0] ?? 0) | ((c[1] ?? 0) << 8);
          if (group.messageIndexes.size < MOST_CHANNELS) group.messageIndexes.set(channel, at);
          group.indexEnd = to;
          weight += whole;
          return true;
        }
        finishGroup();
        const gap = gaps[gaps.length - 1];
        if (gap && gap.indexEnd === at && to - gap.end <= MOST_INDEX_BYTES) {
          gap.indexEnd = to;
          gap.frames += Math.floor(new Cursor(content(at, to, 6), 2).u32() / 16);
          weight += whole;
          return true;
        }
        unit(at, whole);
        return true;
      }
      finishGroup();
      if (opcode === CHUNK) {
        counts.chunks++;
        const header = parseChunkHeader(content(at, to, 512));
        unit(at, whole + (header ? inflatedBytes(header, session.kernels) : 0));
        group = { at, end: to, header, readable: whole <= TOO_LARGE, messageIndexes: new Map(), indexEnd: to };
        return true;
      }
      unit(at, whole);
      if (opcode === SCHEMA || opcode === CHANNEL) {
        define(content(at, to, TOO_LARGE_INDEX), opcode, [at, to], definitions);
      } else if (opcode === ATTACHMENT) {
        counts.attachments++;
        const header = parseAttachmentHeader(content(at, to, HEAD));
        if (summary.attachments.size > 0)
          compareAttachment(session, summary.attachments.get(at), header, at, to, seen.attachments, lacking);
      } else if (opcode === METADATA) {
        counts.metadata++;
        const name = parseName(content(at, to, TOO_LARGE_INDEX));
        if (summary.metadata.size > 0) compareMetadata(session, summary.metadata.get(at), name, at, to, seen.metadata, lacking);
      } else if (opcode === HEADER) {
        if (records > 1) damages.add(damage("misplaced-record", "warning", [at, to], { record: "Header" }, { first: true }));
      } else if (opcode > LAST_KNOWN && opcode < FIRST_PRIVATE) {
        damages.add(unknownOpcode(at, opcode, to));
      }
      return true;
    },
    gap(at, to, broken) {
      finishGroup();
      complete = false;
      lostBytes += to - at;
      marks.push(at, to, SKIP);
      unit(at, to - at);
      gaps.push({ at, end: to, broken, indexEnd: to, frames: 0 });
    },
    wrongLength(at, opcode, stated, actual) {
      damages.add(lengthDamage(at, opcode, stated, actual));
    },
    cut(at, opcode, stated, to) {
      finishGroup();
      truncated = true;
      complete = false;
      if (to - at > TOO_LARGE) {
        lostBytes += to - at;
        marks.push(at, to, SKIP);
        damages.add(cutDamage(at, opcode, stated, to));
        return;
      }
      // The reader tells of it, with what it could still read.
      if (opcode === CHUNK && to - at > RECORD_HEADER) prescan(session, platform, at, to, true, definitions);
      marks.push(at, to, CUT);
      unit(at, to - at);
    },
  };

  if (start > 0) marks.push(0, start, SKIP);
  const stopAt = footer && footer.summaryStart > 0 && summary.sound ? footer.summaryStart : -1;
  const anchors = summary.sound && believed.length === 0 ? anchorsOf(summary, footer) : new Float64Array(0);
  const section = { place: "data", anchors, effort: session.effort } as const;
  let from = start;
  for (const chunk of believed) {
    const { offset, indexEnd } = chunk.record;
    if (from < offset) walk(bytes, ahead, { ...section, from, limit: offset, closed: true, stopAt: -1 }, visitor);
    finishGroup();
    believe(chunk);
    from = indexEnd;
  }
  const walked = walk(bytes, ahead, { ...section, from, limit, closed, stopAt }, visitor);
  finishGroup();
  if (end < 0) end = walked.end;
  cutSpan(end);
  reportGaps(session, summary, gaps, seen);
  reportUnmatched(session, summary, seen, lacking);
  return {
    spans,
    marks: Float64Array.from(marks.filter((_, i) => (marks[i - (i % 3)] ?? 0) < end)),
    end,
    dataEnd,
    truncated,
    records,
    counts,
    definitions,
    complete,
    lostBytes,
  };
}

function hasSchema(known: Definitions, channel: number): boolean {
  const id = known.channels.get(channel)?.record.schemaId ?? 0;
  return id === 0 || known.schemas.has(id);
}

/** Where the index says that records begin, ascending: places to go on at after damage. */
function anchorsOf(summary: Summary, footer: Footer | null): Float64Array {
  const places = new Set<number>([...summary.attachments.keys(), ...summary.metadata.keys()]);
  for (const { record } of summary.chunks.values()) {
    places.add(record.offset);
    for (const offset of record.messageIndexOffsets.values()) places.add(offset);
  }
  const end = (footer?.summaryStart || footer?.at) ?? 0;
  if (end > 0) places.add(end - RECORD_HEADER - 4);
  return Float64Array.from([...places].filter(Number.isFinite)).sort();
}
