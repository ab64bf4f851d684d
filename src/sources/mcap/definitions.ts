/** Schemas and channels by id: the first definition of an id is the one that counts. */
import { MOST_KEPT_BYTES } from "./format.ts";
import type { ChannelRecord, SchemaRecord } from "./records.ts";

/** Where a definition stands: its record, or the chunk it lies in. */
export type Place = readonly [number, number];

export interface Defined<T> {
  readonly record: T;
  readonly at: Place;
}

export class Definitions {
  readonly schemas = new Map<number, Defined<SchemaRecord>>();
  readonly channels = new Map<number, Defined<ChannelRecord>>();
  readonly #also: Definitions | null;
  #bytes = 0;

  /** @param also told of what is new here, so that it need not be compared as a whole */
  constructor(also: Definitions | null = null) {
    this.#also = also;
  }

  schema(record: SchemaRecord, at: Place): void {
    if (this.schemas.has(record.id) || !this.#fits(record.data.length)) return;
    this.schemas.set(record.id, { record, at });
    this.#also?.schema(record, at);
  }

  channel(record: ChannelRecord, at: Place): void {
    if (this.channels.has(record.id) || !this.#fits(record.metadata.length)) return;
    this.channels.set(record.id, { record, at });
    this.#also?.channel(record, at);
  }

  #fits(bytes: number): boolean {
    if (this.#bytes + bytes > MOST_KEPT_BYTES) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Takes over what is not defined here yet. */
  addMissing(others: Definitions): void {
    for (const { record, at } of others.schemas.values()) this.schema(record, at);
    for (const { record, at } of others.channels.values()) this.channel(record, at);
  }
}
