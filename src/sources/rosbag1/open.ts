/**
 * Opens a bag by its top-level records, from the first to the last, without the chunks' data: what the index section says is
 * compared with them, never believed. Where no record stands the next one is searched for, and the bytes between are named.
 */
import { isZero, MOST_ZEROS } from "../../digest/bytes.ts";
import { InputError } from "../../errors.ts";
import { type Input, readRange } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import type { OpenOptions } from "../../pipeline/source.ts";
import { DamageList } from "../../summary/damages.ts";
import type { ContainerClaims, Damage, Plain, RecordingIndex, Severity, Span } from "../../types.ts";
import { MOST_KEPT_BYTES } from "../mcap/format.ts";
import { type Connection, formed, streamsOf } from "../tables/message-rows.ts";
import { mostInflated, openChunk } from "./chunk.ts";
import { conflicts, connectionOf } from "./connection.ts";
import {
  BAG_HEADER,
  CHUNK,
  CHUNK_INFO,
  CONNECTION,
  type Header,
  headAt,
  INDEX_DATA,
  MAGIC,
  MAX_CHUNK,
  MAX_INDEX,
  nextRecord,
  type RecordHead,
  recordName,
  textOf,
  u32,
  u32Of,
  u64Of,
} from "./format.ts";

/** What a record's head is read in. */
const WINDOW = 256 << 10;
const MAX_CONNECTIONS = 65_536;
/** Chunks whose place in the index is looked at: those of a terabyte. */
const MAX_LISTED = 1 << 20;
/** Places without a record; behind the last of them the rest of the file is given up. */
const MAX_GAPS = 1 << 16;
/** Bytes of one connection record: a definition of a message has kilobytes. */
const MAX_CONNECTION = 4 << 20;

/** What a worker's reader needs. Plain data. */
export interface BagDetail {
  readonly connections: readonly Connection[];
}

export function damage(
  kind: string,
  severity: Severity,
  bytes: readonly [number, number],
  observed: Readonly<Record<string, Plain>>,
  expected: Readonly<Record<string, Plain>> = {},
): Damage {
  return { kind, severity, file: null, bytes, stream: null, timeNs: null, observed, expected };
}

interface Walk {
  readonly damages: DamageList;
  readonly connections: Map<number, Omit<Connection, "stream">>;
  /** Connections index records tell of. */
  readonly indexed: Set<number>;
  /** Positions of the first chunks, and where they end. */
  readonly chunks: Map<number, number>;
  chunkRecords: number;
  /** The first chunk infos: position of the chunk they are about, where they stand. */
  readonly infos: { readonly chunk: number; readonly at: readonly [number, number] }[];
  infoRecords: number;
  /** Messages by connection, as all chunk infos state them. */
  readonly claimed: Map<number, number>;
  readonly spans: Span[];
  bagHeader: { readonly header: Header; readonly at: readonly [number, number] } | null;
  connectionRecords: number;
  /** Of definitions. */
  keptBytes: number;
  lostBytes: number;
  found: number;
}

/** @throws InputError when not one record can be read */
export function openBag(input: Input, kernels: Kernels, { spanBytes, forms }: OpenOptions): RecordingIndex {
  const size = input.files[0]?.size ?? 0;
  const walk = walkRecords(input, size, spanBytes);
  if (walk.found === 0) throw new InputError(`${input.name}: not a ROS 1 bag: no record found in ${size} bytes`);
  const isDefined = [...walk.indexed].every((id) => walk.connections.has(id)) && walk.connections.size > 0;
  if (!isDefined) definitionsInChunks(input, walk, kernels);
  const all = streamsOf([...walk.connections.values()]);
  const { streams, connections } = forms ? formed(all, kernels) : all;
  checkIndex(walk, size);
  return {
    format: "rosbag1",
    name: input.name,
    bytes: size,
    attachments: 0,
    metadata: 0,
    streams,
    spans: walk.spans,
    facts: {
      ...walk.damages.facts(),
      regions: { total: walk.chunkRecords, withChecksum: 0, verified: 0 },
      fold: null,
      lostBytes: walk.lostBytes,
    },
    claims: claimsOf(walk, connections, streams.length),
    detail: { connections } satisfies BagDetail,
  };
}

function walkRecords(input: Input, size: number, spanBytes: number): Walk {
  const walk: Walk = {
    damages: new DamageList(),
    connections: new Map(),
    indexed: new Set(),
    chunks: new Map(),
    chunkRecords: 0,
    infos: [],
    infoRecords: 0,
    claimed: new Map(),
    spans: [],
    bagHeader: null,
    connectionRecords: 0,
    keptBytes: 0,
    lostBytes: 0,
    found: 0,
  };
  let window = { at: 0, bytes: readRange(input, 0, 0, Math.min(size, WINDOW)) };
  const look = (at: number, least: number): Uint8Array => {
    if (at < window.at || at + Math.min(least, size - at) > window.at + window.bytes.length) {
      window = { at, bytes: readRange(input, 0, at, Math.min(Math.max(WINDOW, least), size - at)) };
    }
    return window.bytes.subarray(at - window.at);
  };
  let spanStart = -1;
  let weight = 0;
  const cut = (at: number): void => {
    const bytes = at - spanStart;
    const inflatedBytes = Math.max(0, weight - bytes);
    if (spanStart >= 0) walk.spans.push({ kind: "bytes", file: 0, start: spanStart, end: at, bytes, inflatedBytes });
    spanStart = -1;
    weight = 0;
  };
  const first = new TextDecoder().decode(look(0, MAGIC.length).subarray(0, MAGIC.length));
  if (first !== MAGIC) walk.damages.add(damage("bad-magic", "error", [0, Math.min(size, MAGIC.length)], { first }, { first: MAGIC }));
  let at = first === MAGIC ? MAGIC.length : 0;
  let gaps = 0;
  let indexBytes = 0;
  while (at < size) {
    const head = headAt(look(at, 1024), 0) ?? headAt(look(at, 80 << 10), 0);
    const end = head ? at + head.dataAt + head.dataBytes : 0;
    if (!head || (end > size && hasRecordBefore(at, end))) {
      cut(at);
      const next = ++gaps > MAX_GAPS ? size : search(at + 1);
      gap(at, next, head);
      at = next;
      continue;
    }
    walk.found++;
    const to = Math.min(end, size);
    if (end > size) {
      walk.damages.add(damage("truncated", "error", [at, size], { record: recordName(head.op), bytes: size - at }, { bytes: end - at }));
      if (head.op !== CHUNK) walk.lostBytes += size - at;
    }
    if (to - at > MAX_CHUNK) {
      walk.damages.add(damage("too-large", "error", [at, to], { record: recordName(head.op), bytes: to - at }, { most: MAX_CHUNK }));
      walk.lostBytes += to - at;
      cut(at);
      at = to;
      continue;
    }
    // Index records stay with their chunk: they are compared with it.
    indexBytes = head.op === INDEX_DATA ? indexBytes + to - at : 0;
    const more = head.op === CHUNK ? inflated(head) : to - at;
    if (weight > 0 && weight + more > spanBytes && (indexBytes === 0 || indexBytes > MAX_INDEX)) cut(at);
    if (spanStart < 0) spanStart = at;
    weight += more;
    note(walk, head, at, to, (bytes) => look(at + head.dataAt, bytes).subarray(0, Math.min(bytes, to - at - head.dataAt)));
    at = to;
  }
  cut(size);
  return walk;

  /** A length that leads past the end is wrong where records follow, and the file cut where none does. */
  function hasRecordBefore(from: number, end: number): boolean {
    const next = search(from + 16);
    return next < Math.min(end, size);
  }

  function search(from: number): number {
    let zeros = 0;
    for (let at = from; at < size; ) {
      const bytes = look(at, 8192);
      zeros = isZero(bytes, 0, bytes.length) ? zeros + bytes.length : 0;
      if (zeros > MOST_ZEROS) return size;
      const found = nextRecord(bytes, 0);
      if (found >= 0) return at + found;
      if (at + bytes.length >= size) return size;
      // A header may straddle the windows.
      at += Math.max(1, bytes.length - 4096);
    }
    return size;
  }

  /** @param head of a record whose length is wrong; null where none stands */
  function gap(from: number, to: number, head: RecordHead | null): void {
    const zeros = onlyZeros(from, Math.min(to, from + MOST_ZEROS));
    const observed = { ...(head && { record: recordName(head.op) }), skippedBytes: to - from, ...(zeros && { zeros }) };
    walk.damages.add(damage(head ? "record-length" : "unreadable", zeros ? "warning" : "error", [from, to], observed));
    if (!zeros) walk.lostBytes += to - from;
  }

  function onlyZeros(from: number, to: number): boolean {
    for (let at = from; at < to; at += WINDOW) {
      const bytes = look(at, Math.min(WINDOW, to - at));
      if (!isZero(bytes, 0, Math.min(WINDOW, to - at, bytes.length))) return false;
    }
    return true;
  }
}

function inflated({ header, dataBytes }: RecordHead): number {
  const compression = textOf(header, "compression");
  const size = u32Of(header, "size") ?? 0;
  return compression === "none" || size > mostInflated(compression, dataBytes) ? dataBytes : dataBytes + size;
}

/** @param data up to so many bytes of the record's data */
function note(walk: Walk, { op, header, dataBytes }: RecordHead, at: number, to: number, data: (bytes: number) => Uint8Array): void {
  if (op === CHUNK) {
    walk.chunkRecords++;
    if (walk.chunks.size < MAX_LISTED) walk.chunks.set(at, to);
  } else if (op === BAG_HEADER) {
    if (walk.bagHeader) walk.damages.add(damage("misplaced-record", "warning", [at, to], { record: "BagHeader" }, { first: true }));
    else walk.bagHeader = { header, at: [at, to] };
  } else if (op === CONNECTION) {
    walk.connectionRecords++;
    define(walk, header, data(Math.min(dataBytes, MAX_CONNECTION)), [at, to]);
  } else if (op === INDEX_DATA) {
    const id = u32Of(header, "conn");
    if (id !== null && walk.indexed.size < MAX_CONNECTIONS) walk.indexed.add(id);
  } else if (op === CHUNK_INFO) {
    const chunk = u64Of(header, "chunk_pos");
    const count = u32Of(header, "count");
    if (chunk === null || count === null || dataBytes !== 8 * count || count > MAX_CONNECTIONS) {
      walk.damages.add(damage("malformed-record", "error", [at, to], { record: "ChunkInfo", bytes: dataBytes, count }));
      return;
    }
    const bytes = data(8 * count);
    for (let i = 0; i + 8 <= bytes.length; i += 8) {
      const id = u32(bytes, i);
      const known = walk.claimed.get(id);
      if (known !== undefined || walk.claimed.size < MAX_CONNECTIONS) walk.claimed.set(id, (known ?? 0) + u32(bytes, i + 4));
    }
    walk.infoRecords++;
    if (walk.infos.length < MAX_LISTED) walk.infos.push({ chunk, at: [at, to] });
  }
}

/** Notes a connection; the first of an id counts. */
function define(walk: Walk, header: Header, data: Uint8Array, at: readonly [number, number]): void {
  const connection = connectionOf(header, data);
  if (!connection) {
    walk.damages.add(damage("malformed-record", "error", at, { record: "Connection", connection: u32Of(header, "conn") }));
    return;
  }
  const { id, schema } = connection;
  const known = walk.connections.get(id);
  if (known) {
    const conflict = conflictOf(known, connection, at);
    if (conflict) walk.damages.add(conflict);
    return;
  }
  if (walk.connections.size === MAX_CONNECTIONS || walk.keptBytes + schema.schemaData.length > MOST_KEPT_BYTES) return;
  walk.keptBytes += schema.schemaData.length;
  walk.connections.set(id, connection);
}

/** One id that is defined twice, differently: which of the two counts depends on who reads. */
export function conflictOf(
  known: Omit<Connection, "stream">,
  other: Omit<Connection, "stream">,
  at: readonly [number, number],
): Damage | null {
  const differs = conflicts(known, other);
  if (differs.length === 0) return null;
  return damage("channel-conflict", "error", at, { connection: other.id, topic: other.topic, differs }, { topic: known.topic });
}

/** Connection records inside the chunks, for a bag whose index section is missing or lacks some. */
function definitionsInChunks(input: Input, walk: Walk, kernels: Kernels): void {
  const base = kernels.mark();
  for (const [at, end] of walk.chunks) {
    kernels.release(base);
    const pointer = kernels.alloc(end - at);
    const got = input.read(0, at, kernels.u8(pointer, end - at));
    const head = headAt(kernels.u8(pointer, got), 0);
    if (!head) continue;
    const chunk = openChunk(head.header, pointer + head.dataAt, Math.min(head.dataBytes, got - head.dataAt), kernels);
    const bytes = kernels.u8(chunk.pointer, chunk.bytes);
    for (let p = 0; p < bytes.length; ) {
      const inner = headAt(bytes, p);
      if (!inner) {
        const next = nextRecord(bytes, p + 1);
        if (next < 0) break;
        p = next;
        continue;
      }
      const data = bytes.slice(p + inner.dataAt, p + inner.dataAt + Math.min(inner.dataBytes, MAX_CONNECTION));
      if (inner.op === CONNECTION) define(walk, inner.header, data, [at, end]);
      p += inner.dataAt + inner.dataBytes;
    }
  }
  kernels.release(base);
}

/** The bag's header and chunk infos against what was met. */
function checkIndex(walk: Walk, size: number): void {
  const { bagHeader, damages } = walk;
  if (!bagHeader) {
    damages.add(
      damage("misplaced-record", "warning", [0, Math.min(size, MAGIC.length + 8)], { first: "no BagHeader" }, { first: "BagHeader" }),
    );
  } else {
    const { header, at } = bagHeader;
    const indexAt = u64Of(header, "index_pos");
    if (indexAt === 0 || indexAt === null) {
      damages.add(damage("no-footer", "error", at, { indexPos: indexAt }, { indexed: true }));
    } else if (indexAt > size) {
      damages.add(damage("truncated", "error", [Math.max(0, size - 1), size], { bytes: size, index: false }, { indexPos: indexAt }));
    } else {
      const said = { chunk_count: u32Of(header, "chunk_count"), conn_count: u32Of(header, "conn_count") };
      const is = { chunk_count: walk.chunkRecords, conn_count: walk.connectionRecords };
      if (said.chunk_count !== is.chunk_count || said.conn_count !== is.conn_count) {
        damages.add(damage("statistics-mismatch", "error", at, { record: "BagHeader", ...said }, is));
      }
    }
  }
  if (walk.chunkRecords > MAX_LISTED) return;
  for (const { chunk, at } of walk.infos) {
    if (!walk.chunks.has(chunk)) damages.add(damage("index-mismatch", "error", at, { record: "ChunkInfo", chunk }, { chunk: null }));
  }
  if (walk.infos.length > 0 && walk.infos.length < walk.chunks.size) {
    const listed = new Set(walk.infos.map(({ chunk }) => chunk));
    for (const chunk of walk.chunks.keys())
      if (!listed.has(chunk)) damages.add(damage("index-mismatch", "error", [chunk, chunk + 8], { indexed: false }, { indexed: true }));
  }
}

/** Messages per stream as the chunk infos state them, where they tell of every chunk. */
function claimsOf(walk: Walk, connections: readonly Connection[], streams: number): ContainerClaims {
  if (walk.infoRecords !== walk.chunkRecords || walk.infoRecords === 0) return {};
  const streamOf = new Map(connections.map(({ id, stream }) => [id, stream]));
  const frames = new Map<number, number>(Array.from({ length: streams }, (_, i) => [i, 0]));
  for (const [id, count] of walk.claimed) {
    const stream = streamOf.get(id);
    if (stream !== undefined) frames.set(stream, (frames.get(stream) ?? 0) + count);
  }
  const [first, last] = [walk.infos[0]?.at[0] ?? 0, walk.infos[walk.infos.length - 1]?.at[1] ?? 0];
  return { frames, at: [first, Math.max(first + 1, last)] };
}
