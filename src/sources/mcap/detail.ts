/**
 * What opening hands to the readers, and the streams it makes of channels. Plain data: it crosses worker boundaries.
 */

import type { StreamInfo } from "../../types.ts";
import { messageDecoder } from "../messages/decoders.ts";
import type { ChannelSchema, MessageDecoder } from "../messages/index.ts";
import type { Definitions } from "./definitions.ts";
import type { ChannelRecord, SchemaRecord } from "./records.ts";

/** How the bytes of a mark are to be read; all other bytes of a span are whole records as they stand. */
export const SKIP = 0;
/** One record that ends at the mark's end, whatever its frame says. */
export const REPAIRED = 1;
/** One large record that is never loaded whole. */
export const STREAMED = 2;
/** One record that the end of the file cuts off. */
export const CUT = 3;

/** Marks as triples (start, end, how), ascending and disjoint. */
export type Marks = Float64Array;

/** Plain data: crosses worker boundaries. Chunks ascend. */
export interface BelievedIndex {
  /** Where each chunk begins in the file. */
  readonly at: Float64Array;
  /** Where the content of each chunk's index record begins and ends in `records`. */
  readonly recordAt: Float64Array;
  readonly recordEnd: Float64Array;
  readonly records: Uint8Array;
}

export interface McapChannel extends ChannelRecord {
  readonly stream: number;
  /** Index into the stream's forms, where they were asked for. */
  readonly form?: number;
}

export interface McapDetail {
  readonly channels: readonly McapChannel[];
  readonly schemas: readonly SchemaRecord[];
  readonly marks: Marks;
  /** Whether the readers compute the CRC of the data section. */
  readonly fold: boolean;
  /** Where the spans are cut by an index nobody has compared with the chunks yet; null when it was. */
  readonly believed: BelievedIndex | null;
}

export function channelSchema(channel: ChannelRecord, schema: SchemaRecord | undefined): ChannelSchema {
  return {
    messageEncoding: channel.messageEncoding,
    schemaEncoding: schema?.encoding ?? "",
    schemaName: schema?.name ?? "",
    schemaData: schema?.data ?? new Uint8Array(0),
  };
}

export interface Streams {
  readonly streams: readonly StreamInfo[];
  readonly channels: readonly McapChannel[];
}

/**
 * One stream per topic: channels of one topic are joined when schema name and encodings agree; the others get an id of
 * their own, `topic [channel N]`. In order of channel id.
 */
export function streamsOf(definitions: Definitions): Streams {
  const records = [...definitions.channels.values()].map(({ record }) => record).sort((a, b) => a.id - b.id);
  const streams: StreamInfo[] = [];
  const channels: McapChannel[] = [];
  /** By topic and what must agree; by id. */
  const byKind = new Map<string, number>();
  const taken = new Set(records.map((record) => record.topic));
  const used = new Set<string>();
  /** By schema and encoding: thousands of channels may share a schema, which is parsed once. */
  const decoders = new Map<string, MessageDecoder>();
  for (const record of records) {
    const schema = definitions.schemas.get(record.schemaId)?.record;
    const key = JSON.stringify([record.topic, schema?.name ?? "", schema?.encoding ?? "", record.messageEncoding]);
    let stream = byKind.get(key);
    if (stream === undefined) {
      stream = streams.length;
      byKind.set(key, stream);
      const id = uniqueId(record, taken, used);
      used.add(id);
      const form = `${record.schemaId} ${record.messageEncoding}`;
      const decoder = decoders.get(form) ?? messageDecoder(channelSchema(record, schema));
      decoders.set(form, decoder);
      const { kind, stamps, opaque } = decoder;
      streams.push({ id, kind, type: schema?.name ?? "", stamps, sequenced: true, ...(opaque !== undefined && { opaque }) });
    }
    channels.push({ ...record, stream });
  }
  return { streams, channels };
}

function uniqueId(record: ChannelRecord, taken: ReadonlySet<string>, used: ReadonlySet<string>): string {
  if (!used.has(record.topic)) return record.topic;
  let id = `${record.topic} [channel ${record.id}]`;
  while (taken.has(id) || used.has(id)) id += "'";
  return id;
}
