/**
 * A recording opened by its index alone, and the proof of that index by the readers.
 *
 * Looking at every chunk before the work begins costs a tenth of the work. Where nothing contradicts the summary, its
 * chunk indexes say where every chunk and the message indexes behind it begin and end; they are believed, and each
 * reader compares what it meets in its span with what was believed of it. One difference, and the recording is opened
 * again, record by record: what is reported is the same either way.
 */
import { type ChunkPlace, chunkDiffers } from "./compare.ts";
import type { BelievedIndex } from "./detail.ts";
import { RECORD_HEADER, TOO_LARGE } from "./format.ts";
import { type ChunkIndexRecord, parseChunkIndex } from "./records.ts";
import type { At, Session, Summary } from "./summary.ts";

/** A chunk and its message indexes as its index record has them. */
export interface BelievedChunk extends ChunkIndexRecord {
  readonly end: number;
  readonly indexEnd: number;
}

/** Chunk indexes of a summary, ascending; null where they cannot be what places the records of the data section. */
export function believedChunks(summary: Summary, start: number): readonly At<BelievedChunk>[] | null {
  const { chunks, statistics, attachments, metadata } = summary;
  const counts = statistics?.record;
  if (!summary.sound || chunks.size === 0 || !counts) return null;
  if (counts.chunkCount !== chunks.size || counts.attachmentCount !== attachments.size || counts.metadataCount !== metadata.size)
    return null;
  const sorted: At<BelievedChunk>[] = [];
  for (const { record, at, end } of chunks.values()) {
    const chunkEnd = record.offset + record.length;
    sorted.push({ record: { ...record, end: chunkEnd, indexEnd: chunkEnd + record.messageIndexLength }, at, end });
  }
  sorted.sort((a, b) => a.record.offset - b.record.offset);
  let next = start;
  for (const { record } of sorted) {
    const isPossible = record.offset >= next && record.length > RECORD_HEADER && record.length <= TOO_LARGE;
    // Without message indexes nothing says which channels a chunk holds: it has to be opened for its definitions.
    if (!isPossible || record.indexEnd > summary.start || record.messageIndexOffsets.size === 0) return null;
    next = record.indexEnd;
  }
  return sorted;
}

/** For the readers. Null where the index records do not stand together. */
export function packed({ input }: Session, chunks: readonly At<BelievedChunk>[]): BelievedIndex | null {
  const first = chunks.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const bytes = chunks.reduce((sum, { at, end }) => sum + end - at, 0);
  if (chunks.some(({ end }) => end > first + bytes)) return null;
  const records = new Uint8Array(bytes);
  if (input.read(0, first, records) < bytes) return null;
  return {
    at: Float64Array.from(chunks, ({ record }) => record.offset),
    recordAt: Float64Array.from(chunks, ({ at }) => at - first + RECORD_HEADER),
    recordEnd: Float64Array.from(chunks, ({ end }) => end - first),
    records,
  };
}

/** What the chunks of one span turn out to be, against what was believed of them. */
export class IndexProof {
  readonly #believed: BelievedIndex;
  /** The chunk that must come next, and the first one behind the span. */
  #next: number;
  readonly #end: number;
  #holds = true;

  constructor(believed: BelievedIndex, start: number, end: number) {
    this.#believed = believed;
    this.#next = lowerBound(believed.at, start);
    this.#end = lowerBound(believed.at, end);
  }

  /** A chunk was read, and the message indexes behind it. */
  meet(group: ChunkPlace): void {
    const i = this.#next++;
    const { at, records, recordAt, recordEnd } = this.#believed;
    const index = i < this.#end && at[i] === group.at ? parseChunkIndex(records.subarray(recordAt[i], recordEnd[i])) : null;
    if (!index || !group.header || chunkDiffers(index, group, group.header)) this.#holds = false;
  }

  /** The span is read. @returns whether all its chunks were met, and as they were believed to be */
  get holds(): boolean {
    return this.#holds && this.#next === this.#end;
  }
}

/** First index whose value is not below `value`. */
function lowerBound(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
