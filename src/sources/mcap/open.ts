/** Opening: magic, footer and summary, then the data section as it stands; what contradicts what is damage. */

import { InputError } from "../../errors.ts";
import type { Input, Platform } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { OpenOptions } from "../../pipeline/source.ts";
import { PLAIN_FORM, type Stated, schemaFingerprint, textForm, withForms } from "../../seal/forms.ts";
import { DamageList } from "../../summary/damages.ts";
import type { ContainerClaims, Plain, RecordingIndex } from "../../types.ts";
import { sizeAt } from "./cursor.ts";
import { damage, plain } from "./damage.ts";
import { type DataSection, readData } from "./data.ts";
import { Definitions, type Place } from "./definitions.ts";
import { type McapDetail, type Streams, streamsOf } from "./detail.ts";
import { DATA_END, isSummaryOnly, MAGIC, RECORD_HEADER, TAIL } from "./format.ts";
import { type Conflict, channelConflict, schemaConflict } from "./known.ts";
import { believedChunks, packed } from "./proof.ts";
import type { StatisticsRecord } from "./records.ts";
import { isChain, MOST_EFFORT } from "./resync.ts";
import { strictEnd } from "./structure.ts";
import { type At, type Footer, hexBytes, isMagic, noSummary, readFooter, readSummary, type Session, type Summary } from "./summary.ts";
import { type Visitor, walk } from "./walk.ts";
import { FileWindow } from "./window.ts";

const MAGIC_TEXT = hexBytes(Uint8Array.from(MAGIC));

/** A DataEnd record: a checksum and nothing else. */
const DATA_END_BYTES = RECORD_HEADER + 4;

/** Magic at either end, or records where they should begin. */
export function detectMcap(input: Input): boolean {
  const size = input.kind === "file" && input.files.length === 1 ? (input.files[0]?.size ?? 0) : 0;
  if (size < 8) return false;
  const first = new Uint8Array(8);
  if (input.read(0, 0, first) === 8 && isMagic(first)) return true;
  if (readFooter(input, size).magic) return true;
  return isChain(new FileWindow(input, size), 8, size, "file");
}

/**
 * By its index where that may be believed and nothing speaks against it, else record by record.
 * @throws InputError when the file holds not one record
 */
export function openMcap(input: Input, kernels: Kernels, platform: Platform, options: OpenOptions): RecordingIndex {
  const quick = options.believeIndex ? openAs(input, kernels, platform, options, true) : null;
  return quick ?? openAs(input, kernels, platform, options, false);
}

/** @param believing null is returned where the index cannot be believed */
function openAs(input: Input, kernels: Kernels, platform: Platform, options: OpenOptions, believing: false): RecordingIndex;
function openAs(input: Input, kernels: Kernels, platform: Platform, options: OpenOptions, believing: boolean): RecordingIndex | null;
function openAs(input: Input, kernels: Kernels, platform: Platform, options: OpenOptions, believing: boolean): RecordingIndex | null {
  const size = input.files[0]?.size ?? 0;
  if (input.kind !== "file" || input.files.length !== 1) throw new InputError(`${input.name}: not an MCAP file: expected one file`);
  if (size === 0) throw new InputError(`${input.name}: empty file`);
  const mark = kernels.mark();
  const damages = new DamageList();
  const session: Session = { input, size, kernels, damages, effort: { left: MOST_EFFORT } };
  const tail = readFooter(input, size);
  const footer = plausibleFooter(tail.footer, size);
  const start = readStart(session);
  const limit = footer ? footer.at : tail.magic ? size - 8 : size;
  const closed = footer !== null || tail.magic;
  const summary = footer ? summaryOf(session, footer, start) : { ...noSummary(limit), sound: false };
  const chunks = believing ? believedChunks(summary, start) : [];
  const believed = chunks && chunks.length > 0 ? packed(session, chunks) : null;
  if (!chunks || (believing && !believed)) return null;
  const data = readData(session, platform, summary, footer, start, limit, closed, options.spanBytes, chunks);
  if (data.records === 0) throw new InputError(`${input.name}: not an MCAP file: no record found in ${size} bytes`);
  const late = footer || !data.dataEnd ? null : readSummary(session, data.dataEnd.end, limit, null);
  checkEnd(session, footer, tail, data, late);
  checkStart(session, footer, data);
  const definitions = new Definitions();
  for (const from of summary.sound ? [summary.definitions, data.definitions] : [data.definitions, summary.definitions]) {
    definitions.addMissing(from);
  }
  if (late) definitions.addMissing(late.definitions);
  // Where the summary is believed, the readers compare every definition with it.
  if (!summary.sound) compareDefinitions(session, definitions, summary.definitions);
  const statistics = summary.statistics ?? late?.statistics ?? null;
  checkSchemas(session, definitions);
  if (statistics) checkStatistics(session, statistics, data, definitions, summary);
  const found = streamsOf(definitions);
  const { streams, channels } = options.forms ? formed(found, definitions, kernels) : found;
  const claims = claimsOf(data, statistics, { streams, channels });
  const detail: McapDetail = {
    channels,
    schemas: [...definitions.schemas.values()].map(({ record }) => record),
    marks: data.marks,
    fold: claims.crc !== undefined,
    believed,
  };
  // The magic at the start is the one mark of a sound file.
  const isWhole = data.complete && data.marks.length === 3 && data.dataEnd?.end === summary.start;
  if (believing && !(isWhole && damages.length === 0)) return null;
  kernels.release(mark);
  return {
    format: "mcap",
    name: input.name,
    bytes: size,
    attachments: data.counts.attachments,
    metadata: data.counts.metadata,
    streams,
    spans: data.spans,
    facts: {
      ...damages.facts(),
      regions: {
        total: 2,
        withChecksum: (claims.crc ? 1 : 0) + (footer && footer.crc !== 0 ? 1 : 0),
        verified: footer && footer.crc !== 0 ? 1 : 0,
      },
      fold: null,
      lostBytes: data.lostBytes + (summary.start >= data.end ? summary.lostBytes : 0) + (late?.lostBytes ?? 0),
    },
    claims,
    detail,
  };
}

/** What each channel states of its messages, and each stream with all of that. */
function formed({ streams, channels }: Streams, { schemas }: Definitions, kernels: Kernels): Streams {
  /** By schema id: many channels share one. */
  const texts = new Map<number, Pick<Stated, "form" | "fingerprint">>();
  const textOf = (id: number): Pick<Stated, "form" | "fingerprint"> => {
    const schema = schemas.get(id)?.record;
    const known = texts.get(id) ?? {
      form: schema ? { ...PLAIN_FORM, ...textForm(schema, kernels) } : PLAIN_FORM,
      fingerprint: schema ? schemaFingerprint(schema, kernels) : null,
    };
    texts.set(id, known);
    return known;
  };
  const stated = channels.map(({ stream, schemaId, topic, messageEncoding, metadata }): Stated => {
    const { form, fingerprint } = textOf(schemaId);
    return { stream, form: { ...form, topic, messageEncoding, typeHash: typeHashIn(metadata) }, fingerprint };
  });
  const all = withForms(streams, stated);
  return { streams: all.streams, channels: channels.map((channel, i) => ({ ...channel, form: all.formOf[i] ?? 0 })) };
}

/** As `mcap convert` and rosbag2 write it into a channel's metadata. */
const TYPE_HASHES: ReadonlySet<string> = new Set(["md5sum", "topic_type_hash"]);

function typeHashIn(metadata: string): string | null {
  const pairs = JSON.parse(metadata) as readonly (readonly [string, string])[];
  const hashes = pairs.filter(([key, value]) => TYPE_HASHES.has(key) && value !== "").map(([, value]) => value);
  return hashes.length > 0 ? hashes.join("\n") : null;
}

/** A footer that could be one: bytes that only look like it must not cut the file short. */
function plausibleFooter(footer: Footer | null, size: number): Footer | null {
  return footer && footer.at >= 8 && Number.isFinite(footer.summaryStart) && size > 0 ? footer : null;
}

/** Where the first record begins; a wrong magic is told. */
function readStart(session: Session): number {
  const { input, size, damages } = session;
  const first = new Uint8Array(Math.min(8, size));
  const got = input.read(0, 0, first);
  if (isMagic(first)) return 8;
  const bytes = new FileWindow(input, size);
  damages.add(damage("bad-magic", "error", [0, Math.min(8, size)], { first: hexBytes(first.subarray(0, got)) }, { first: MAGIC_TEXT }));
  return strictEnd(bytes, 8, size, "file") >= 0 ? 8 : 0;
}

/** The summary begins where the data section ends; where the footer says something else, the section is walked for its end. */
function summaryOf(session: Session, footer: Footer, start: number): Summary {
  const { summaryStart, at } = footer;
  if (summaryStart === 0) return readSummary(session, at, at, footer);
  const isInside = summaryStart >= 8 && summaryStart <= at;
  const from = isInside && isDataEnd(session, summaryStart - DATA_END_BYTES) ? summaryStart : findSummary(session, start, at);
  if (from !== null) return readSummary(session, from, at, footer);
  if (isInside) return readSummary(session, summaryStart, at, footer);
  const bytes = [at + RECORD_HEADER, at + RECORD_HEADER + 8] as const;
  session.damages.add(damage("index-mismatch", "error", bytes, { record: "Footer", summaryStart: plain(summaryStart) }, { most: at }));
  return { ...noSummary(at), sound: false };
}

function isDataEnd({ input, size }: Session, at: number): boolean {
  const bytes = new FileWindow(input, size);
  const o = at < 8 ? -1 : bytes.at(at, RECORD_HEADER);
  return o >= 0 && bytes.u8[o] === DATA_END && sizeAt(bytes.view, o + 1) === DATA_END_BYTES - RECORD_HEADER;
}

/** End of the DataEnd record, or null. */
function findSummary({ input, size, effort }: Session, from: number, limit: number): number | null {
  let found: number | null = null;
  const ignore = (): void => {};
  const visitor: Visitor = {
    record(_at, opcode, end) {
      if (opcode === DATA_END) found = end;
      return opcode !== DATA_END && !isSummaryOnly(opcode);
    },
    gap: ignore,
    wrongLength: ignore,
    cut: ignore,
  };
  const options = { from, limit, place: "data", closed: true, anchors: new Float64Array(0), stopAt: -1, effort } as const;
  walk(new FileWindow(input, size), new FileWindow(input, size), options, visitor);
  return found;
}

/** The end of the file: footer, closing magic, nothing behind it. One finding for one cut. */
function checkEnd(
  session: Session,
  footer: Footer | null,
  tail: ReturnType<typeof readFooter>,
  data: DataSection,
  late: Summary | null,
): void {
  const { size, damages } = session;
  const end = [Math.max(0, size - 8), size] as const;
  const last = hexBytes(tail.last);
  if (footer) {
    if (!tail.magic) damages.add(damage("bad-magic", "error", end, { last }, { last: MAGIC_TEXT }));
  } else if (late && late.footerAt >= 0 && !tail.magic) {
    // The footer is whole: what lacks is the magic behind it, or all but the start of it.
    const footerEnd = late.footerAt + TAIL - 8;
    const isCut =
      size - footerEnd < 8 &&
      MAGIC.slice(0, size - footerEnd).every((byte, i) => tail.last[tail.last.length - size + footerEnd + i] === byte);
    if (isCut) {
      const place = [size > footerEnd ? footerEnd : late.footerAt, size] as const;
      damages.add(damage("truncated", "error", place, { last, footer: true }, { last: MAGIC_TEXT, footer: true }));
    } else {
      damages.add(damage("trailing-bytes", "error", [Math.min(size - 1, late.footerAt + TAIL), size], { last }, { last: MAGIC_TEXT }));
    }
  } else if (tail.magic) {
    damages.add(damage("no-footer", "error", [Math.max(0, size - 37), size - 8], { footer: false }, { footer: true }));
  } else if (!data.truncated) {
    damages.add(
      damage("truncated", "error", end, { last, footer: false, dataEnd: data.dataEnd !== null }, { last: MAGIC_TEXT, footer: true }),
    );
  }
  if (!data.dataEnd && (footer || tail.magic)) {
    damages.add(
      damage(
        "no-data-end",
        "error",
        [Math.max(0, data.end - RECORD_HEADER), Math.min(size, data.end + RECORD_HEADER)],
        { dataEnd: false },
        { dataEnd: true },
      ),
    );
  }
}

/** The summary must begin where the data section ends. */
function checkStart(session: Session, footer: Footer | null, data: DataSection): void {
  if (!footer || !data.dataEnd || footer.summaryStart === data.dataEnd.end) return;
  if (footer.summaryStart === 0 && data.dataEnd.end === footer.at) return;
  const bytes = [footer.at + RECORD_HEADER, footer.at + RECORD_HEADER + 8] as const;
  session.damages.add(
    damage(
      "index-mismatch",
      "error",
      bytes,
      { record: "Footer", summaryStart: plain(footer.summaryStart) },
      { summaryStart: data.dataEnd.end },
    ),
  );
}

/** A summary that is not believed may still be what others read. */
function compareDefinitions(session: Session, known: Definitions, others: Definitions): void {
  const tell = (conflict: Conflict | null, at: Place): void => {
    if (conflict) session.damages.add(damage(conflict.kind, conflict.severity, at, conflict.observed, conflict.expected));
  };
  for (const { record, at } of others.schemas.values()) tell(schemaConflict(known.schemas.get(record.id)?.record ?? record, record), at);
  for (const { record, at } of others.channels.values()) tell(channelConflict(known.channels.get(record.id)?.record ?? record, record), at);
}

/** What messages of these definitions are serialised as; of any other form they stay bytes. */
const FORM_OF: ReadonlyMap<string, string> = new Map([
  ["ros1msg", "ros1"],
  ["ros2msg", "cdr"],
  ["ros2idl", "cdr"],
]);

function checkSchemas(session: Session, definitions: Definitions): void {
  for (const { record, at } of definitions.channels.values()) {
    const schema = definitions.schemas.get(record.schemaId)?.record;
    const form = schema && FORM_OF.get(schema.encoding);
    if (form !== undefined && record.messageEncoding !== form) {
      const observed = { channel: record.id, topic: record.topic, serializationFormat: record.messageEncoding.slice(0, 64) };
      session.damages.add(damage("unknown-encoding", "warning", at, observed, { serializationFormat: form }));
    }
    if (record.schemaId === 0 || schema) continue;
    const observed = { channel: record.id, topic: record.topic, schema: record.schemaId, defined: false };
    session.damages.add(damage("unknown-schema", "error", at, observed, { defined: true }));
  }
}

/** Counts of records against what was met. Counts of messages are compared when all spans are read. */
function checkStatistics(
  session: Session,
  { record, at, end }: At<StatisticsRecord>,
  data: DataSection,
  definitions: Definitions,
  summary: Summary,
): void {
  const observed: Record<string, Plain> = {};
  const expected: Record<string, Plain> = {};
  const same = (name: string, said: number, is: number, exact: boolean): void => {
    if (said === is || (!exact && said > is)) return;
    observed[name] = plain(said);
    expected[name] = plain(is);
  };
  const exact = data.lostBytes === 0 && !data.truncated;
  same("chunkCount", record.chunkCount, data.counts.chunks, exact);
  same("attachmentCount", record.attachmentCount, data.counts.attachments, exact);
  same("metadataCount", record.metadataCount, data.counts.metadata, exact);
  const listed = summary.sound ? summary.definitions : new Definitions();
  const used = usedOf(record, definitions);
  for (const [name, said, kind] of [
    ["schemaCount", record.schemaCount, "schemas"],
    ["channelCount", record.channelCount, "channels"],
  ] as const) {
    // More than there are is wrong where all were met: in the summary, or in every chunk. Fewer is wrong where even those that have
    // messages are more: recorders that count while they write leave out what only the summary defines, as rosbag2's does.
    if (said >= used[kind] && said < definitions[kind].size) continue;
    same(name, said, definitions[kind].size, exact && (data.complete || listed[kind].size > 0));
  }
  let sum = 0;
  for (const n of record.channelMessageCounts.values()) sum += n;
  if (record.channelMessageCounts.size > 0) same("messageCount", record.messageCount, sum, true);
  if (record.startTime > record.endTime) same("startAfterEnd", 1, 0, true);
  if (Object.keys(observed).length === 0) return;
  session.damages.add(damage("statistics-mismatch", "error", [at, end], { record: "Statistics", ...observed }, expected));
}

/** How many of the definitions messages were counted of; all where they were not counted by channel. */
function usedOf({ channelMessageCounts }: StatisticsRecord, { schemas, channels }: Definitions): Record<"schemas" | "channels", number> {
  if (channelMessageCounts.size === 0) return { schemas: schemas.size, channels: channels.size };
  const used = [...channels.values()].filter(({ record }) => (channelMessageCounts.get(record.id) ?? 0) > 0);
  return { schemas: new Set(used.map(({ record }) => record.schemaId).filter((id) => id > 0)).size, channels: used.length };
}

function claimsOf(data: DataSection, statistics: At<StatisticsRecord> | null, { streams, channels }: Streams): ContainerClaims {
  const crc = data.dataEnd && data.dataEnd.crc !== 0 ? { value: data.dataEnd.crc, bytes: [0, data.dataEnd.at] as const } : null;
  if (!statistics) return { ...(crc && { crc }) };
  const { record, at, end } = statistics;
  const frames = new Map<number, number>();
  if (record.channelMessageCounts.size > 0 || record.messageCount === 0) {
    for (let i = 0; i < streams.length; i++) frames.set(i, 0);
    for (const { id, stream } of channels) frames.set(stream, (frames.get(stream) ?? 0) + (record.channelMessageCounts.get(id) ?? 0));
  } else if (streams.length === 1) {
    frames.set(0, record.messageCount);
  }
  const isTimed = record.messageCount > 0 && record.startTime <= record.endTime;
  const timeNs = [BigInt.asIntN(64, record.startTime), BigInt.asIntN(64, record.endTime)] as const;
  return { ...(crc && { crc }), frames, ...(isTimed && { timeNs }), at: [at, end] };
}
