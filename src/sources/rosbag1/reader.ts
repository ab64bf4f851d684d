/** Reads a span of a bag: chunks are opened, their messages become rows, index records are compared with what is there. */

import type { Input } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { Decoded, Reader } from "../../pipeline/source.ts";
import { DamageList } from "../../summary/damages.ts";
import type { Need, RecordingIndex, Span } from "../../types.ts";
import type { MessageDecoder } from "../messages/index.ts";
import { blocksOf, type Connection, decodersOf, type MessageRow, severalForms } from "../tables/message-rows.ts";
import { openChunk } from "./chunk.ts";
import { connectionOf } from "./connection.ts";
import {
  CHUNK,
  CONNECTION,
  type Header,
  headAt,
  INDEX_DATA,
  MAX_INDEX,
  MESSAGE,
  nextRecord,
  recordName,
  timeAt,
  timeOf,
  u32,
  u32Of,
} from "./format.ts";
import { type BagDetail, conflictOf, damage } from "./open.ts";

interface ChunkMessages {
  readonly at: readonly [number, number];
  /** Read without damage: only then is its index compared. */
  readonly intact: boolean;
  /** By offset in the chunk. */
  readonly messages: ReadonlyMap<number, { readonly connection: number; readonly logNs: bigint }>;
  readonly counts: Map<number, number>;
}

export class BagReader implements Reader {
  readonly #input: Input;
  readonly #detail: BagDetail;
  readonly #kernels: Kernels;
  readonly #mark: number;
  readonly #connections: ReadonlyMap<number, Connection>;
  readonly #streamOf: ReadonlyMap<number, number>;
  readonly #decoders: (connection: number) => MessageDecoder;
  readonly #formOf: ReadonlyMap<number, number>;
  #rows: MessageRow[] = [];
  #damages = new DamageList();
  #lostBytes = 0;

  constructor(input: Input, index: RecordingIndex, kernels: Kernels) {
    this.#input = input;
    this.#detail = index.detail as BagDetail;
    this.#kernels = kernels;
    this.#mark = kernels.mark();
    this.#connections = new Map(this.#detail.connections.map((one) => [one.id, one]));
    this.#streamOf = new Map(this.#detail.connections.map(({ id, stream }) => [id, stream]));
    this.#decoders = decodersOf(this.#detail.connections);
    this.#formOf = severalForms(this.#detail.connections);
  }

  read(span: Span, needs: ReadonlySet<Need>): Decoded {
    if (span.kind !== "bytes") throw new TypeError(`expected a span of bytes, got ${span.kind}`);
    const kernels = this.#kernels;
    kernels.release(this.#mark);
    this.#rows = [];
    this.#damages = new DamageList();
    this.#lostBytes = 0;
    const pointer = kernels.alloc(span.end - span.start);
    const got = this.#input.read(0, span.start, kernels.u8(pointer, span.end - span.start));
    if (got < span.end - span.start) {
      this.#damages.add(damage("shrunk", "error", [span.start + got, span.end], { bytes: got }, { bytes: span.end - span.start }));
      this.#lostBytes += span.end - span.start - got;
    }
    let chunk: ChunkMessages | null = null;
    let indexBytes = 0;
    for (let p = 0; p < got; ) {
      const head = headAt(kernels.u8(pointer + p, got - p), 0);
      if (!head) break;
      const at = span.start + p;
      const data = pointer + p + head.dataAt;
      const stored = Math.max(0, Math.min(head.dataBytes, got - p - head.dataAt));
      const end = at + head.dataAt + stored;
      p = end - span.start;
      indexBytes = head.op === INDEX_DATA ? indexBytes + end - at : 0;
      if (head.op === CHUNK) {
        this.#missing(chunk);
        chunk = this.#chunk(head.header, data, stored, stored === head.dataBytes, [at, end], at + head.dataAt);
      } else if (head.op === INDEX_DATA && indexBytes <= MAX_INDEX) {
        if (chunk) this.#compare(chunk, head.header, kernels.u8(data, stored), [at, end]);
      } else {
        // A span may begin here: an index behind it is not of the chunk before.
        this.#missing(chunk);
        chunk = null;
        if (head.op === MESSAGE && stored === head.dataBytes) this.#message(head.header, data, stored, at, end, [at, end]);
      }
    }
    this.#missing(chunk);
    return {
      facts: { ...this.#damages.facts(), regions: { total: 0, withChecksum: 0, verified: 0 }, fold: null, lostBytes: this.#lostBytes },
      blocks: blocksOf(this.#rows, this.#decoders, needs, kernels, this.#formOf),
    };
  }

  /** @param dataAt position of the chunk's data in the file */
  #chunk(header: Header, data: number, stored: number, whole: boolean, at: readonly [number, number], dataAt: number): ChunkMessages {
    const kernels = this.#kernels;
    const chunk = openChunk(header, data, stored, kernels);
    if (chunk.problem && whole) {
      const { kind, observed, expected } = chunk.problem;
      this.#damages.add(damage(kind, kind === "unsupported-compression" ? "warning" : "error", at, observed, expected));
      if (chunk.compressed && chunk.bytes === 0) this.#lostBytes += stored;
    }
    /** Of bytes of the chunk's content in the file; the chunk as a whole where that is compressed. */
    const place = (from: number, to: number): readonly [number, number] => (chunk.compressed ? at : [dataAt + from, dataAt + to]);
    const messages = new Map<number, { connection: number; logNs: bigint }>();
    const counts = new Map<number, number>();
    let intact = whole && chunk.problem === null;
    const bytes = kernels.u8(chunk.pointer, chunk.bytes);
    for (let p = 0; p < bytes.length; ) {
      const head = headAt(bytes, p);
      const end = head ? p + head.dataAt + head.dataBytes : 0;
      const isMisplaced = head !== null && head.op !== MESSAGE && head.op !== CONNECTION;
      if (!head || end > bytes.length) {
        const next = nextRecord(bytes, p + 1);
        const to = next < 0 ? bytes.length : next;
        // The end of a chunk that lacks its end is no damage of its own.
        if (next >= 0 || intact) {
          const observed = { ...(head && { record: recordName(head.op) }), skippedBytes: to - p };
          this.#damages.add(damage(head ? "record-length" : "unreadable", "error", place(p, to), observed));
        }
        this.#lostBytes += chunk.compressed ? 0 : to - p;
        intact = false;
        p = to;
        continue;
      }
      if (isMisplaced) this.#damages.add(damage("misplaced-record", "warning", place(p, end), { record: recordName(head.op) }));
      if (head.op === CONNECTION) this.#connection(head.header, bytes.slice(p + head.dataAt, end), place(p, end));
      if (head.op === MESSAGE) {
        const [start, stop] = chunk.compressed ? [-1, -1] : [dataAt + p, dataAt + end];
        const row = this.#message(head.header, chunk.pointer + p + head.dataAt, head.dataBytes, start, stop, place(p, end));
        if (row) {
          messages.set(p, row);
          counts.set(row.connection, (counts.get(row.connection) ?? 0) + 1);
        }
      }
      p = end;
    }
    return { at, intact, messages, counts };
  }

  /** A chunk repeats the connections whose messages begin in it: another definition of the same id is told. */
  #connection(header: Header, data: Uint8Array, at: readonly [number, number]): void {
    const connection = connectionOf(header, data);
    const known = connection && this.#connections.get(connection.id);
    const conflict = connection && known && conflictOf(known, connection, at);
    if (conflict) this.#damages.add(conflict);
  }

  #message(
    header: Header,
    pointer: number,
    bytes: number,
    start: number,
    end: number,
    at: readonly [number, number],
  ): { readonly connection: number; readonly logNs: bigint } | null {
    const connection = u32Of(header, "conn");
    const logNs = timeOf(header, "time");
    if (connection === null || logNs === null) {
      this.#damages.add(damage("malformed-record", "error", at, { record: "Message", connection }));
      return null;
    }
    const stream = this.#streamOf.get(connection);
    if (stream === undefined) {
      this.#damages.add(damage("unknown-channel", "error", at, { connection }, { defined: true }));
      return null;
    }
    this.#rows.push({ connection, stream, logNs, pointer, bytes, start, end });
    return { connection, logNs };
  }

  /** An index record against the chunk before it: every entry is a message of its connection at its offset and time. */
  #compare(chunk: ChunkMessages, header: Header, data: Uint8Array, at: readonly [number, number]): void {
    const connection = u32Of(header, "conn");
    const count = u32Of(header, "count");
    if (connection === null || count === null || data.length !== 12 * count) {
      this.#damages.add(damage("malformed-record", "error", at, { record: "IndexData", bytes: data.length, count }));
      return;
    }
    if (!chunk.intact) return;
    let wrong = 0;
    for (let i = 0; i < data.length; i += 12) {
      const message = chunk.messages.get(u32(data, i + 8));
      if (!message || message.connection !== connection || message.logNs !== timeAt(data, i)) wrong++;
    }
    const messages = chunk.counts.get(connection) ?? 0;
    chunk.counts.delete(connection);
    if (wrong === 0 && count === messages) return;
    this.#damages.add(
      damage("index-mismatch", "error", at, { record: "IndexData", connection, entries: count, wrong }, { entries: messages, wrong: 0 }),
    );
  }

  /** Connections of a chunk that no index record followed for. */
  #missing(chunk: ChunkMessages | null): void {
    if (!chunk?.intact) return;
    const connections = [...chunk.counts.keys()].sort((a, b) => a - b);
    if (connections.length === 0) return;
    this.#damages.add(
      damage(
        "index-mismatch",
        "warning",
        chunk.at,
        { connectionsWithoutIndex: connections.slice(0, 20), indexed: false },
        { indexed: true },
      ),
    );
  }
}
