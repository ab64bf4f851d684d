/** What the index says of chunks, attachments and metadata against the records themselves. */

import type { Plain } from "../../types.ts";
import { damage, gapDamage, plain } from "./damage.ts";
import { RECORD_HEADER } from "./format.ts";
import type { AttachmentHeader, AttachmentIndexRecord, ChunkHeader, ChunkIndexRecord, MetadataIndexRecord } from "./records.ts";
import type { At, Session, Summary } from "./summary.ts";
import type { Broken } from "./walk.ts";

/** A chunk and the message indexes behind it. */
export interface ChunkPlace {
  readonly at: number;
  readonly end: number;
  readonly header: ChunkHeader | null;
  /** Where the message index of each channel stands. */
  readonly messageIndexes: ReadonlyMap<number, number>;
  readonly indexEnd: number;
}

/** The same while it is put together. */
export interface Group extends ChunkPlace {
  readonly readable: boolean;
  readonly messageIndexes: Map<number, number>;
  indexEnd: number;
}

/** Bytes no record could be read from, and the message indexes behind them. */
export interface Gap {
  readonly at: number;
  readonly end: number;
  readonly broken: Broken;
  indexEnd: number;
  frames: number;
}

/** What a chunk index says of a chunk against the chunk itself; null where it is right. */
export function chunkDiffers(
  index: ChunkIndexRecord,
  group: ChunkPlace,
  header: ChunkHeader,
): { readonly observed: Readonly<Record<string, Plain>>; readonly expected: Readonly<Record<string, Plain>> } | null {
  const observed: Record<string, Plain> = {};
  const expected: Record<string, Plain> = {};
  const same = (name: string, said: number | bigint | string, is: number | bigint | string): void => {
    if (said === is) return;
    observed[name] = typeof said === "number" ? plain(said) : said;
    expected[name] = typeof is === "number" ? plain(is) : is;
  };
  same("chunkLength", index.length, group.end - group.at);
  same("startTime", index.startTime, header.startTime);
  same("endTime", index.endTime, header.endTime);
  same("compression", index.compression, header.compression);
  same("compressedSize", index.compressedSize, header.compressedSize);
  same("uncompressedSize", index.uncompressedSize, header.uncompressedSize);
  same("messageIndexLength", index.messageIndexLength, group.indexEnd - group.end);
  let wrong = 0;
  for (const [channel, offset] of index.messageIndexOffsets) if (group.messageIndexes.get(channel) !== offset) wrong++;
  if (index.messageIndexOffsets.size > 0) {
    for (const channel of group.messageIndexes.keys()) if (!index.messageIndexOffsets.has(channel)) wrong++;
  }
  same("wrongMessageIndexOffsets", wrong, 0);
  return Object.keys(observed).length === 0 ? null : { observed, expected };
}

export function compareChunk(session: Session, entry: At<ChunkIndexRecord>, group: Group, header: ChunkHeader): void {
  const found = chunkDiffers(entry.record, group, header);
  if (!found) return;
  const { observed, expected } = found;
  const times = [header.startTime, header.endTime] as const;
  session.damages.add(
    damage("index-mismatch", "error", [entry.at, entry.end], { record: "ChunkIndex", chunk: group.at, ...observed }, expected, times),
  );
}

export function compareAttachment(
  session: Session,
  entry: At<AttachmentIndexRecord> | undefined,
  header: AttachmentHeader | null,
  at: number,
  end: number,
  seen: Set<number>,
  lacking: (readonly [number, number])[],
): void {
  if (!entry) {
    if (lacking.length < 100) lacking.push([at, at + RECORD_HEADER]);
    return;
  }
  seen.add(at);
  if (!header) return;
  const { record } = entry;
  const wrong: string[] = [];
  if (record.length !== end - at) wrong.push("length");
  if (record.dataSize !== header.dataSize) wrong.push("dataSize");
  if (record.logTime !== header.logTime) wrong.push("logTime");
  if (record.createTime !== header.createTime) wrong.push("createTime");
  if (record.name !== header.name) wrong.push("name");
  if (record.mediaType !== header.mediaType) wrong.push("mediaType");
  if (wrong.length === 0) return;
  const observed = { record: "AttachmentIndex", attachment: at, length: plain(record.length), differs: wrong };
  session.damages.add(damage("index-mismatch", "error", [entry.at, entry.end], observed, { length: end - at }));
}

export function compareMetadata(
  session: Session,
  entry: At<MetadataIndexRecord> | undefined,
  name: string | null,
  at: number,
  end: number,
  seen: Set<number>,
  lacking: (readonly [number, number])[],
): void {
  if (!entry) {
    if (lacking.length < 100) lacking.push([at, at + RECORD_HEADER]);
    return;
  }
  seen.add(at);
  const { record } = entry;
  const wrong = [...(record.length === end - at ? [] : ["length"]), ...(name === null || record.name === name ? [] : ["name"])];
  if (wrong.length === 0) return;
  const observed = { record: "MetadataIndex", metadata: at, length: plain(record.length), differs: wrong };
  session.damages.add(damage("index-mismatch", "error", [entry.at, entry.end], observed, { length: end - at }));
}

/** Offsets of what the index and the file agree to be there. */
export interface Seen {
  readonly chunks: Set<number>;
  readonly attachments: Set<number>;
  readonly metadata: Set<number>;
}

/** What the index says of a gap: the times of the chunks that stood there. Those entries are explained by it. */
export function reportGaps(session: Session, summary: Summary, gaps: readonly Gap[], seen: Seen): void {
  if (gaps.length === 0) return;
  const times = new Map<Gap, readonly [bigint, bigint]>();
  /** The gap that holds `offset`. */
  const gapAt = (offset: number): Gap | undefined => {
    let low = 0;
    let high = gaps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((gaps[middle]?.end ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const gap = gaps[low];
    return gap && gap.at <= offset ? gap : undefined;
  };
  for (const { record } of summary.chunks.values()) {
    const gap = gapAt(record.offset);
    if (!gap) continue;
    seen.chunks.add(record.offset);
    const [start, end] = [BigInt.asIntN(64, record.startTime), BigInt.asIntN(64, record.endTime)];
    const [first, last] = times.get(gap) ?? [start, end];
    times.set(gap, [start < first ? start : first, end > last ? end : last]);
  }
  for (const offset of summary.attachments.keys()) if (gapAt(offset)) seen.attachments.add(offset);
  for (const offset of summary.metadata.keys()) if (gapAt(offset)) seen.metadata.add(offset);
  for (const gap of gaps) {
    session.damages.add(gapDamage(gap.at, gap.end, gap.broken, { frames: gap.frames, times: times.get(gap) ?? null }));
  }
}

/** Index entries that point to nothing; and records without an entry, where that is not the same thing seen twice. */
export function reportUnmatched(session: Session, summary: Summary, seen: Seen, lacking: readonly (readonly [number, number])[]): void {
  let unmatched = 0;
  const miss = (record: string, offset: number, at: number, end: number): void => {
    unmatched++;
    session.damages.add(damage("index-mismatch", "error", [at, end], { record, offset: plain(offset), found: "nothing" }));
  };
  for (const { record, at, end } of summary.chunks.values())
    if (!seen.chunks.has(record.offset)) miss("ChunkIndex", record.offset, at, end);
  for (const { record, at, end } of summary.attachments.values()) {
    if (!seen.attachments.has(record.offset)) miss("AttachmentIndex", record.offset, at, end);
  }
  for (const { record, at, end } of summary.metadata.values()) {
    if (!seen.metadata.has(record.offset)) miss("MetadataIndex", record.offset, at, end);
  }
  if (lacking.length <= unmatched) return;
  for (const bytes of lacking) session.damages.add(damage("index-mismatch", "error", bytes, { indexEntries: 0 }, { indexEntries: 1 }));
}
