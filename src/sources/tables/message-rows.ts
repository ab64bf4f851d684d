/** Messages of a container to blocks: rows as they are met in the file, grouped by stream, with stamps, digests and typed columns. */
import { ColumnsBuilder } from "../../columns/builder.ts";
import type { Kernels } from "../../kernels.ts";
import { PLAIN_FORM, type SchemaText, type Stated, schemaFingerprint, textForm, withForms } from "../../seal/forms.ts";
import type { Block, Need, StreamInfo, StreamKind } from "../../types.ts";
import { messageDecoder } from "../messages/decoders.ts";
import type { ChannelSchema, MessageDecoder } from "../messages/index.ts";
import { digests } from "../parts.ts";

/** A connection or topic of the container. Plain data. */
export interface Connection {
  readonly id: number;
  readonly topic: string;
  readonly stream: number;
  readonly schema: ChannelSchema;
  /** The definition the container carries: messages may be read by another, which is built in. Null where it carries none. */
  readonly stated: SchemaText | null;
  /** Hash of the type, as the recorder states it. */
  readonly typeHash: string | null;
  /** Index into the stream's forms, where they were asked for. */
  readonly form?: number;
}

/** Streams of connections: one per topic and type, in order of their ids. */
export function streamsOf(found: readonly Omit<Connection, "stream">[]): {
  readonly streams: readonly StreamInfo[];
  readonly connections: readonly Connection[];
} {
  const streams: StreamInfo[] = [];
  const byKind = new Map<string, number>();
  const taken = new Set(found.map(({ topic }) => topic));
  const used = new Set<string>();
  const connections = [...found]
    .sort((a, b) => a.id - b.id)
    .map((one): Connection => {
      const key = JSON.stringify([one.topic, one.schema.schemaName, one.schema.messageEncoding]);
      let stream = byKind.get(key);
      if (stream === undefined) {
        stream = streams.length;
        byKind.set(key, stream);
        let id = used.has(one.topic) ? `${one.topic} [connection ${one.id}]` : one.topic;
        while (used.has(id) || (id !== one.topic && taken.has(id))) id += "'";
        used.add(id);
        const { kind, stamps, opaque } = messageDecoder(one.schema);
        streams.push({ id, kind, type: one.schema.schemaName, stamps, sequenced: false, ...(opaque !== undefined && { opaque }) });
      }
      return { ...one, stream };
    });
  return { streams, connections };
}

/** What each connection states of its messages, and each stream with all of that. */
export function formed(
  { streams, connections }: ReturnType<typeof streamsOf>,
  kernels: Kernels,
): { readonly streams: readonly StreamInfo[]; readonly connections: readonly Connection[] } {
  const stated = connections.map(({ stream, topic, schema, stated, typeHash }): Stated => {
    const text = stated && textForm(stated, kernels);
    return {
      stream,
      form: { ...PLAIN_FORM, ...text, topic, messageEncoding: schema.messageEncoding, typeHash },
      fingerprint: stated && stated.data.length > 0 ? schemaFingerprint(stated, kernels) : null,
    };
  });
  const all = withForms(streams, stated);
  return { streams: all.streams, connections: connections.map((one, i) => ({ ...one, form: all.formOf[i] ?? 0 })) };
}

/** Of the connections of streams that have several forms: which of these is theirs. */
export function severalForms(connections: readonly Connection[]): ReadonlyMap<number, number> {
  const several = new Set(connections.flatMap(({ stream, form = 0 }) => (form > 0 ? [stream] : [])));
  return new Map(connections.flatMap(({ id, stream, form = 0 }) => (several.has(stream) ? [[id, form]] : [])));
}

/** Decoders by connection id, each made when it is first needed. */
export function decodersOf(connections: readonly Connection[]): (id: number) => MessageDecoder {
  const byId = new Map(connections.map((one) => [one.id, one]));
  const made = new Map<number, MessageDecoder>();
  return (id) => {
    let decoder = made.get(id);
    if (!decoder) {
      const connection = byId.get(id);
      decoder = connection ? messageDecoder(connection.schema) : NO_DECODER;
      made.set(id, decoder);
    }
    return decoder;
  };
}

export const NO_DECODER: MessageDecoder = { kind: "bytes", stamps: "log", stampNs: () => null, decode: () => null };

/** One message: its payload in kernel memory, its record's byte range in the file (-1 where it has none). */
export interface MessageRow {
  readonly connection: number;
  readonly stream: number;
  readonly logNs: bigint;
  readonly pointer: number;
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
}

/** Which need makes messages of a kind be decoded. */
export const NEED_OF: Readonly<Record<StreamKind, Need | null>> = {
  points: "points",
  imu: "imu",
  pose: "poses",
  image: "images",
  labels: "labels",
  stamps: null,
  bytes: null,
};

/** @param formOf by connection, see `severalForms` */
export function blocksOf(
  rows: readonly MessageRow[],
  decoders: (connection: number) => MessageDecoder,
  needs: ReadonlySet<Need>,
  kernels: Kernels,
  formOf: ReadonlyMap<number, number>,
): readonly Block[] {
  const byStream = new Map<number, number[]>();
  for (const [i, { stream }] of rows.entries()) {
    const list = byStream.get(stream);
    if (list) list.push(i);
    else byStream.set(stream, [i]);
  }
  const pointers = Uint32Array.from(rows, (row) => row.pointer);
  const sizes = Uint32Array.from(rows, (row) => row.bytes);
  const digest = needs.has("digests") ? digests(kernels, pointers, sizes) : new BigUint64Array(rows.length);
  return [...byStream.entries()]
    .sort(([a], [b]) => a - b)
    .map(([stream, order]) => {
      const mine = order.flatMap((i) => rows[i] ?? []);
      const out = new ColumnsBuilder();
      const stampNs = BigInt64Array.from(mine, (row, frame) => {
        const decoder = decoders(row.connection);
        const payload = kernels.u8(row.pointer, row.bytes);
        const stamp = decoder.stampNs(payload) ?? row.logNs;
        const need = NEED_OF[decoder.kind];
        if (need === null || !needs.has(need)) return stamp;
        const reason = decoder.decode(payload, row.pointer, frame, stamp, needs, out);
        if (reason !== null) out.malformed.push({ frame, reason });
        return stamp;
      });
      return {
        stream,
        frames: {
          count: mine.length,
          stampNs,
          logNs: BigInt64Array.from(mine, (row) => row.logNs),
          sequence: new Uint32Array(mine.length),
          bytes: Float64Array.from(mine, (row) => row.bytes),
          digest: BigUint64Array.from(order, (i) => digest[i] ?? 0n),
          order: Uint32Array.from(order),
          start: Float64Array.from(mine, (row) => row.start),
          end: Float64Array.from(mine, (row) => row.end),
          pointer: Uint32Array.from(mine, (row) => row.pointer),
          ...(formOf.has(mine[0]?.connection ?? -1) && { form: Uint16Array.from(mine, (row) => formOf.get(row.connection) ?? 0) }),
        },
        ...out.finish(),
      };
    });
}
