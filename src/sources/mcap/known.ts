/** The definitions a reader works with, and every later one of the same id against them. */
import type { Plain, Severity } from "../../types.ts";
import type { McapDetail } from "./detail.ts";
import { SCHEMA } from "./format.ts";
import { type ChannelRecord, parseChannel, parseSchema, type SchemaRecord } from "./records.ts";

export interface Conflict {
  readonly kind: "schema-conflict" | "channel-conflict" | "malformed-record" | "index-mismatch";
  readonly severity: Severity;
  readonly observed: Record<string, Plain>;
  readonly expected: Record<string, Plain>;
}

export class KnownChannels {
  /** Stream by channel id, -1 where unknown. */
  readonly streamOf = new Int32Array(65_536).fill(-1);
  /** By channel id: which of its stream's forms it has. Null where forms were not asked for, or no stream has several. */
  readonly formOf: Uint16Array | null;
  readonly #channels = new Map<number, ChannelRecord>();
  readonly #schemas = new Map<number, SchemaRecord>();

  constructor(detail: McapDetail) {
    for (const channel of detail.channels) {
      this.streamOf[channel.id] = channel.stream;
      this.#channels.set(channel.id, channel);
    }
    for (const schema of detail.schemas) this.#schemas.set(schema.id, schema);
    this.formOf = detail.channels.some(({ form = 0 }) => form > 0) ? new Uint16Array(65_536) : null;
    for (const { id, form = 0 } of detail.channels) if (this.formOf) this.formOf[id] = form;
  }

  /** @returns null when the record repeats what is known */
  compare(opcode: number, content: Uint8Array): Conflict | null {
    return opcode === SCHEMA ? this.#schema(content) : this.#channel(content);
  }

  #schema(content: Uint8Array): Conflict | null {
    const record = parseSchema(content);
    if (!record) return malformed("Schema");
    const known = this.#schemas.get(record.id);
    if (!known) return unlisted("schema", record.id, record.name);
    return schemaConflict(known, record);
  }

  #channel(content: Uint8Array): Conflict | null {
    const record = parseChannel(content);
    if (!record) return malformed("Channel");
    const known = this.#channels.get(record.id);
    if (!known) return unlisted("channel", record.id, record.topic);
    return channelConflict(known, record);
  }
}

/** @returns null when the second definition of an id repeats the first */
export function schemaConflict(known: SchemaRecord, record: SchemaRecord): Conflict | null {
  const differs = [
    ...(record.name === known.name ? [] : ["name"]),
    ...(record.encoding === known.encoding ? [] : ["encoding"]),
    ...(sameBytes(record.data, known.data) ? [] : ["data"]),
  ];
  if (differs.length === 0) return null;
  return {
    kind: "schema-conflict",
    severity: "error",
    observed: { schema: record.id, name: record.name, differs },
    expected: { name: known.name },
  };
}

/** @returns null when the second definition of an id repeats the first */
export function channelConflict(known: ChannelRecord, record: ChannelRecord): Conflict | null {
  const differs = [
    ...(record.topic === known.topic ? [] : ["topic"]),
    ...(record.schemaId === known.schemaId ? [] : ["schema"]),
    ...(record.messageEncoding === known.messageEncoding ? [] : ["messageEncoding"]),
    ...(record.metadata === known.metadata ? [] : ["metadata"]),
  ];
  if (differs.length === 0) return null;
  return {
    kind: "channel-conflict",
    severity: "error",
    observed: { channel: record.id, topic: record.topic, differs },
    expected: { topic: known.topic },
  };
}

function malformed(record: string): Conflict {
  return { kind: "malformed-record", severity: "error", observed: { record }, expected: {} };
}

/** Defined where no message is: the summary leaves it out. */
function unlisted(what: string, id: number, name: string): Conflict {
  return { kind: "index-mismatch", severity: "info", observed: { [what]: id, name, listed: false }, expected: { listed: true } };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
