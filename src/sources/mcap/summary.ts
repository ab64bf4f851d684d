/**
 * The footer and the summary section: what the file says about itself at its end.
 */

import type { Input } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { DamageList } from "../../summary/damages.ts";
import type { Damage } from "../../types.ts";
import { fileCrc } from "./crc.ts";
import { Cursor } from "./cursor.ts";
import { cutDamage, damage, gapDamage, lengthDamage, plain, unknownOpcode } from "./damage.ts";
import { Definitions } from "./definitions.ts";
import {
  ATTACHMENT_INDEX,
  CHANNEL,
  CHUNK_INDEX,
  FIRST_PRIVATE,
  FOOTER,
  hex,
  LAST_KNOWN,
  MAGIC,
  METADATA_INDEX,
  MOST_KEPT_BYTES,
  RECORD_HEADER,
  SCHEMA,
  STATISTICS,
  SUMMARY_OFFSET,
  TAIL,
  TOO_LARGE_INDEX,
} from "./format.ts";
import { type Conflict, channelConflict, schemaConflict } from "./known.ts";
import {
  type AttachmentIndexRecord,
  type ChunkIndexRecord,
  type MetadataIndexRecord,
  parseAttachmentIndex,
  parseChannel,
  parseChunkIndex,
  parseMetadataIndex,
  parseSchema,
  parseStatistics,
  parseSummaryOffset,
  type StatisticsRecord,
  type SummaryOffsetRecord,
} from "./records.ts";
import type { Effort } from "./resync.ts";
import { recordName, type Visitor, walk } from "./walk.ts";
import { FileWindow } from "./window.ts";

export interface Footer {
  readonly at: number;
  /** 0 when there is no summary. */
  readonly summaryStart: number;
  readonly summaryOffsetStart: number;
  readonly crc: number;
}

export interface At<T> {
  readonly record: T;
  readonly at: number;
  readonly end: number;
}

/** Everything opening shares: one file, one list of damages. */
export interface Session {
  readonly input: Input;
  readonly size: number;
  readonly kernels: Kernels;
  readonly damages: DamageList;
  readonly effort: Effort;
}

export interface Summary {
  readonly definitions: Definitions;
  readonly statistics: At<StatisticsRecord> | null;
  readonly chunks: ReadonlyMap<number, At<ChunkIndexRecord>>;
  readonly attachments: ReadonlyMap<number, At<AttachmentIndexRecord>>;
  readonly metadata: ReadonlyMap<number, At<MetadataIndexRecord>>;
  /** Nothing contradicts it: its checksum, its records, its offsets. */
  readonly sound: boolean;
  readonly start: number;
  /** Bytes no record could be read from. */
  readonly lostBytes: number;
  /** Where its walk ended, and the footer if the walk came upon it. */
  readonly end: number;
  readonly footerAt: number;
}

export function isMagic(bytes: Uint8Array): boolean {
  return bytes.length === MAGIC.length && MAGIC.every((byte, i) => bytes[i] === byte);
}

export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** The footer in the last bytes of the file, when one is there. `magic`: whether the file also ends as it must. */
export function readFooter(
  input: Input,
  size: number,
): { readonly footer: Footer | null; readonly magic: boolean; readonly last: Uint8Array } {
  const tail = new Uint8Array(Math.min(TAIL, size));
  const got = input.read(0, size - tail.length, tail);
  const bytes = tail.subarray(0, got);
  const last = bytes.subarray(Math.max(0, bytes.length - 8));
  const magic = isMagic(last);
  if (bytes.length < TAIL || bytes[0] !== FOOTER) return { footer: null, magic, last };
  const c = new Cursor(bytes, 1);
  const length = c.size();
  const footer = { at: size - TAIL, summaryStart: c.size(), summaryOffsetStart: c.size(), crc: c.u32() };
  return { footer: length === 20 ? footer : null, magic, last };
}

/** Nothing at all: for files without a summary. */
export function noSummary(at: number): Summary {
  return {
    definitions: new Definitions(),
    statistics: null,
    chunks: new Map(),
    attachments: new Map(),
    metadata: new Map(),
    sound: true,
    start: at,
    lostBytes: 0,
    end: at,
    footerAt: -1,
  };
}

/**
 * Reads the records of [from, limit), up to a footer if one comes first.
 *
 * @param footer to compare with, when it was found
 */
export function readSummary(session: Session, from: number, limit: number, footer: Footer | null): Summary {
  const { input, size, damages } = session;
  const definitions = new Definitions();
  const chunks = new Map<number, At<ChunkIndexRecord>>();
  const attachments = new Map<number, At<AttachmentIndexRecord>>();
  const metadata = new Map<number, At<MetadataIndexRecord>>();
  const offsets: At<SummaryOffsetRecord>[] = [];
  const groups = new Map<number, [number, number]>();
  let statistics: At<StatisticsRecord> | null = null;
  let footerAt = -1;
  // A footer that points elsewhere is told where the data section's end is known; what it sums up is not sound.
  const isMoved = footer !== null && footer.summaryStart !== from && (footer.summaryStart !== 0 || from !== footer.at);
  let broken = isMoved ? 1 : 0;
  let lostBytes = 0;
  /** Contents of the index records kept. */
  let keptBytes = 0;
  const report = (one: Damage): void => {
    broken++;
    damages.add(one);
  };
  const bytes = new FileWindow(input, size);
  const contents = new FileWindow(input, size);
  const ahead = new FileWindow(input, size);

  /** The content of the record at `at`, valid until the next call. */
  const content = (at: number, end: number): Uint8Array | null => {
    const length = end - at - RECORD_HEADER;
    if (length > TOO_LARGE_INDEX) return null;
    const o = contents.at(at, end - at);
    return o < 0 ? null : contents.u8.subarray(o + RECORD_HEADER, o + RECORD_HEADER + length);
  };
  const keep = <T extends { readonly offset: number }>(into: Map<number, At<T>>, record: T, at: number, end: number): void => {
    keptBytes += end - at;
    if (into.has(record.offset))
      report(damage("index-mismatch", "error", [at, end], { offset: plain(record.offset), entries: 2 }, { entries: 1 }));
    else if (keptBytes <= MOST_KEPT_BYTES) into.set(record.offset, { record, at, end });
  };
  const repeated = (conflict: Conflict | null, at: number, end: number): void => {
    if (conflict) report(damage(conflict.kind, conflict.severity, [at, end], conflict.observed, conflict.expected));
  };
  /** @returns whether the content is what its opcode says */
  const parse = (opcode: number, c: Uint8Array, at: number, end: number): boolean => {
    if (opcode === SCHEMA) {
      const record = parseSchema(c);
      const known = record && definitions.schemas.get(record.id)?.record;
      if (record && known) repeated(schemaConflict(known, record), at, end);
      if (record) definitions.schema(record, [at, end]);
      return record !== null;
    }
    if (opcode === CHANNEL) {
      const record = parseChannel(c);
      const known = record && definitions.channels.get(record.id)?.record;
      if (record && known) repeated(channelConflict(known, record), at, end);
      if (record) definitions.channel(record, [at, end]);
      return record !== null;
    }
    if (opcode === CHUNK_INDEX) {
      const record = parseChunkIndex(c);
      if (record) keep(chunks, record, at, end);
      return record !== null;
    }
    if (opcode === ATTACHMENT_INDEX) {
      const record = parseAttachmentIndex(c);
      if (record) keep(attachments, record, at, end);
      return record !== null;
    }
    if (opcode === METADATA_INDEX) {
      const record = parseMetadataIndex(c);
      if (record) keep(metadata, record, at, end);
      return record !== null;
    }
    if (opcode === STATISTICS) {
      const record = parseStatistics(c);
      if (record && statistics) report(damage("misplaced-record", "warning", [at, end], { record: "Statistics", count: 2 }, { count: 1 }));
      if (record) statistics ??= { record, at, end };
      return record !== null;
    }
    if (opcode === SUMMARY_OFFSET) {
      const record = parseSummaryOffset(c);
      if (record) offsets.push({ record, at, end });
      return record !== null;
    }
    return false;
  };
  const visitor: Visitor = {
    record(at, opcode, end) {
      if (opcode === FOOTER) {
        footerAt = at;
        return false;
      }
      if (opcode > LAST_KNOWN) {
        if (opcode < FIRST_PRIVATE) damages.add(unknownOpcode(at, opcode, end));
        return true;
      }
      const group = groups.get(opcode);
      if (group && group[1] === at) group[1] = end;
      else if (!group) groups.set(opcode, [at, end]);
      const c = content(at, end);
      if (!c)
        report(
          damage(
            "too-large",
            "error",
            [at, at + RECORD_HEADER],
            { record: recordName(opcode), bytes: end - at },
            { bytes: TOO_LARGE_INDEX },
          ),
        );
      else if (!SUMMARY_RECORDS.has(opcode))
        report(damage("misplaced-record", "error", [at, end], { record: recordName(opcode), section: "summary" }));
      else if (!parse(opcode, c, at, end)) report(damage("malformed-record", "error", [at, end], { record: recordName(opcode) }));
      return true;
    },
    gap(at, end, what) {
      lostBytes += end - at;
      report(gapDamage(at, end, what));
    },
    wrongLength: (at, opcode, stated, actual) => report(lengthDamage(at, opcode, stated, actual)),
    cut: (at, opcode, stated, end) => report(cutDamage(at, opcode, stated, end)),
  };
  const closed = footer !== null;
  const options = { from, limit, place: closed ? "summary" : "file", closed, anchors: new Float64Array(0), stopAt: -1 } as const;
  const walked = walk(bytes, ahead, { ...options, effort: session.effort }, visitor);
  if (keptBytes > MOST_KEPT_BYTES) {
    report(damage("too-large", "error", [from, walked.end], { section: "summary", bytes: keptBytes }, { most: MOST_KEPT_BYTES }));
    for (const index of [chunks, attachments, metadata]) index.clear();
  }
  if (footer && (broken === 0 || offsets.length > 0)) checkOffsets(offsets, groups, footer, report);
  let sound = broken === 0;
  if (footer && footer.crc !== 0) sound = checkCrc(session, from, footer, sound) && sound;
  return { definitions, statistics, chunks, attachments, metadata, sound, start: from, end: walked.end, footerAt, lostBytes };
}

const SUMMARY_RECORDS: ReadonlySet<number> = new Set([
  SCHEMA,
  CHANNEL,
  STATISTICS,
  CHUNK_INDEX,
  ATTACHMENT_INDEX,
  METADATA_INDEX,
  SUMMARY_OFFSET,
]);

/** A wrong checksum is told only where nothing narrower was found wrong. @returns whether it is right */
function checkCrc(session: Session, from: number, footer: Footer, clean: boolean): boolean {
  const end = footer.at + RECORD_HEADER + 16;
  const crc = fileCrc(session.input, session.kernels, from, end);
  if (crc === footer.crc) return true;
  if (clean) {
    const observed = { region: "summary", crc: hex(crc, 8) };
    session.damages.add(damage("crc-mismatch", "error", [from, end + 4], observed, { crc: hex(footer.crc, 8) }));
  }
  return false;
}

function checkOffsets(
  offsets: readonly At<SummaryOffsetRecord>[],
  groups: ReadonlyMap<number, readonly [number, number]>,
  footer: Footer,
  report: (damage: Damage) => void,
): void {
  const start = offsets[0]?.at ?? footer.at;
  if (footer.summaryOffsetStart !== 0 && footer.summaryOffsetStart !== start) {
    const bytes = [footer.at + RECORD_HEADER + 8, footer.at + RECORD_HEADER + 16] as const;
    report(
      damage("index-mismatch", "error", bytes, { summaryOffsetStart: plain(footer.summaryOffsetStart) }, { summaryOffsetStart: start }),
    );
  }
  for (const { record, at, end } of offsets) {
    const group = groups.get(record.opcode);
    // Some writers list the groups they left out, with length 0.
    if (!group && record.length === 0) continue;
    const expected = group ? { start: group[0], length: group[1] - group[0] } : { start: null, length: 0 };
    if (record.start === expected.start && record.length === expected.length) continue;
    const observed = { group: recordName(record.opcode), start: plain(record.start), length: plain(record.length) };
    report(damage("index-mismatch", "error", [at, end], observed, expected));
  }
}
