/**
 * Reads a span: whole top-level records, straight into kernel memory, each byte hashed while it is hot.
 *
 * Memory of a span: its bytes, the uncompressed bytes of its compressed chunks, and 56 bytes per message. A record
 * beyond 1 GiB is passed over in pieces: a message of that size is counted and summed but not decoded (the damage
 * `too-large` says so); a chunk or attachment of that size is not opened.
 */

import type { Input, Platform } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { Decoded, Reader } from "../../pipeline/source.ts";
import type { LeafRecipe } from "../../seal/leaves.ts";
import { DamageList } from "../../summary/damages.ts";
import type { Need, Span } from "../../types.ts";
import { messageDecoder } from "../messages/decoders.ts";
import type { MessageDecoder } from "../messages/index.ts";
import { NO_DECODER } from "../tables/message-rows.ts";
import { blocksOf, type FormsOf } from "./blocks.ts";
import { joinedCrc } from "./crc.ts";
import { cutDamage, damage } from "./damage.ts";
import { CUT, channelSchema, type McapDetail, REPAIRED, SKIP, STREAMED } from "./detail.ts";
import { PIECE, RECORD_HEADER } from "./format.ts";
import { KnownChannels } from "./known.ts";
import { IndexProof } from "./proof.ts";
import { Rows } from "./rows.ts";
import { SpanScan } from "./scan.ts";
import { streamRecord } from "./stream-record.ts";

const WHOLE = -1;

interface Part {
  readonly start: number;
  readonly end: number;
  /** WHOLE, or how of a mark. */
  readonly how: number;
}

export class McapReader implements Reader {
  readonly #input: Input;
  readonly #detail: McapDetail;
  readonly #streams: number;
  readonly #kernels: Kernels;
  readonly #platform: Platform;
  readonly #mark: number;
  readonly #rows = new Rows();
  readonly #known: KnownChannels;
  /** Streams whose channels differ in what they state of their messages: form by channel id. */
  readonly #formOf: FormsOf;
  /** By channel id, made when first needed. */
  readonly #decoders: (MessageDecoder | undefined)[] = [];

  constructor(input: Input, detail: McapDetail, streams: number, kernels: Kernels, platform: Platform) {
    this.#input = input;
    this.#detail = detail;
    this.#streams = streams;
    this.#kernels = kernels;
    this.#platform = platform;
    this.#known = new KnownChannels(detail);
    const several = new Set(detail.channels.flatMap(({ stream, form = 0 }) => (form > 0 ? [stream] : [])));
    const { formOf } = this.#known;
    this.#formOf = (stream) => (several.has(stream) ? formOf : null);
    this.#mark = kernels.mark();
  }

  read(span: Span, needs: ReadonlySet<Need>, leaves: LeafRecipe | null = null): Decoded {
    if (span.kind !== "bytes") throw new TypeError(`expected a span of bytes, got ${span.kind}`);
    const kernels = this.#kernels;
    kernels.release(this.#mark);
    const rows = this.#rows;
    rows.clear();
    const damages = new DamageList();
    const { believed } = this.#detail;
    const proof = believed && new IndexProof(believed, span.start, span.end);
    const scan = new SpanScan(this.#known, rows, damages, kernels, this.#platform, proof);
    const fold = { crc: 0, bytes: 0 };
    /** Leaves of the messages that are passed over in pieces, by row. */
    const large = new Map<number, Uint8Array>();
    let lostBytes = 0;
    for (const part of this.#parts(span)) {
      const length = part.end - part.start;
      if (part.how === SKIP) {
        scan.skipped(part.end);
        if (this.#detail.fold) this.#pass(part, fold, () => {});
        continue;
      }
      if (part.how === STREAMED) {
        scan.finish();
        const record = streamRecord(part.start, part.end, damages, kernels, leaves);
        this.#pass(part, fold, (pointer, bytes) => record.piece(pointer, bytes));
        const leaf = record.finish(rows, scan);
        if (leaf) large.set(rows.count - 1, leaf);
        scan.skipped(part.end);
        continue;
      }
      const pointer = alignedTo(part.start, length, kernels);
      const got = this.#load(part, pointer);
      if (got < length) {
        lostBytes += length - got;
        damages.add(damage("shrunk", "error", [part.start + got, part.end], { bytes: got }, { bytes: length }));
      }
      if (part.how === REPAIRED || part.how === CUT) {
        const isCut = part.how === CUT || got < length;
        const read = scan.record(pointer, got, part.start, isCut);
        if (part.how === CUT) damages.add(cutAt(kernels, pointer, got, part.start, read));
      } else {
        scan.region(pointer, got, part.start, got < length);
      }
      if (this.#detail.fold) {
        fold.crc = joinedCrc(kernels, pointer, got, scan.summed, fold.crc);
        fold.bytes += got;
      }
    }
    scan.finish();
    // A file that shrank is told as such: opening it again would only find another file.
    const disproved = proof !== null && lostBytes === 0 && !proof.holds;
    lostBytes += scan.lostBytes;
    const decoder = (channel: number): MessageDecoder => this.#decoder(channel);
    const blocks = blocksOf(rows, this.#streams, decoder, needs, kernels, this.#formOf, large);
    return {
      facts: {
        ...damages.facts(),
        regions: scan.regions,
        fold: this.#detail.fold ? { crc: fold.crc >>> 0, bytes: fold.bytes } : null,
        lostBytes,
      },
      blocks,
      disproved,
    };
  }

  /** The span cut at the marks inside it. */
  #parts(span: { readonly start: number; readonly end: number }): readonly Part[] {
    const { marks } = this.#detail;
    const parts: Part[] = [];
    let low = 0;
    let high = marks.length / 3;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((marks[3 * middle + 1] ?? 0) <= span.start) low = middle + 1;
      else high = middle;
    }
    let at = span.start;
    for (let m = low; 3 * m < marks.length && (marks[3 * m] ?? 0) < span.end; m++) {
      const start = marks[3 * m] ?? 0;
      const end = Math.min(marks[3 * m + 1] ?? 0, span.end);
      if (start > at) parts.push({ start: at, end: start, how: WHOLE });
      parts.push({ start, end, how: marks[3 * m + 2] ?? SKIP });
      at = end;
    }
    if (at < span.end) parts.push({ start: at, end: span.end, how: WHOLE });
    return parts;
  }

  /** Reads a part to `pointer` in pieces. @returns bytes read: fewer when the file shrank */
  #load(part: Part, pointer: number): number {
    const kernels = this.#kernels;
    const length = part.end - part.start;
    for (let done = 0; done < length; ) {
      const want = Math.min(PIECE, length - done);
      const got = this.#input.read(0, part.start + done, kernels.u8(pointer + done, want));
      done += got;
      if (got < want) return done;
    }
    return length;
  }

  /** Passes a part through one piece of memory. */
  #pass(part: Part, fold: { crc: number; bytes: number }, piece: (pointer: number, bytes: number) => void): void {
    const kernels = this.#kernels;
    const mark = kernels.mark();
    const pointer = kernels.alloc(Math.min(PIECE, part.end - part.start));
    for (let at = part.start; at < part.end; ) {
      const want = Math.min(PIECE, part.end - at);
      const got = this.#input.read(0, at, kernels.u8(pointer, want));
      if (this.#detail.fold) {
        fold.crc = kernels.exports.crc32(pointer, got, fold.crc);
        fold.bytes += got;
      }
      piece(pointer, got);
      at += got;
      if (got < want) break;
    }
    kernels.release(mark);
  }

  #decoder(channel: number): MessageDecoder {
    let decoder = this.#decoders[channel];
    if (!decoder) {
      const record = this.#detail.channels.find(({ id }) => id === channel);
      const schema = record && this.#detail.schemas.find(({ id }) => id === record.schemaId);
      decoder = record ? messageDecoder(channelSchema(record, schema)) : NO_DECODER;
      this.#decoders[channel] = decoder;
    }
    return decoder;
  }
}

/** Copying a page of the system's cache to an address that is not a page's own is two to three times slower. */
const PAGE = 4096;

/** Reserves room for bytes from `position` of a file on, so that the file's pages fall on pages of memory. */
function alignedTo(position: number, bytes: number, kernels: Kernels): number {
  const from = kernels.alloc(bytes + 2 * PAGE);
  return Math.ceil(from / PAGE) * PAGE + (position % PAGE);
}

function cutAt(kernels: Kernels, pointer: number, bytes: number, at: number, frames: number): ReturnType<typeof cutDamage> {
  if (bytes < RECORD_HEADER) return cutDamage(at, 0, 0n, at + bytes, frames);
  const head = kernels.u8(pointer, RECORD_HEADER).slice();
  return cutDamage(at, head[0] ?? 0, new DataView(head.buffer).getBigUint64(1, true), at + bytes, frames);
}
