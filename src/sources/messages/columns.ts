/** How one schema becomes columns, whatever its encoding. One file per kind of column declares these. */
import type { ColumnsBuilder } from "../../columns/builder.ts";
import type { Need, StreamKind } from "../../types.ts";
import type { Message } from "./message.ts";

/** The place of one message among the columns. */
export interface Place {
  /** Block-relative frame. */
  readonly frame: number;
  /** The frame's stamp, for messages without one of their own. */
  readonly stampNs: bigint;
  /** Kernel address of a view into the payload. */
  pointerTo(view: Uint8Array): number;
}

export interface SchemaColumns {
  readonly kind: StreamKind;
  readonly need: Need;
  /** Field names, at any depth, that `read` looks at. Decoders step over every other field. */
  readonly fields: ReadonlySet<string>;
  /**
   * Where the message's stamp is, as paths of field names; the first that exists counts.
   * A step that is a list means its first item.
   */
  readonly stamp: readonly (readonly string[])[];
  /** Appends the rows of one message, or nothing. @returns null, or a constant reason */
  read(message: Message, place: Place, out: ColumnsBuilder): string | null;
}

/** Where messages of any schema carry their stamp, in order of preference. */
export const STAMP_PATHS: readonly (readonly string[])[] = [["header", "stamp"], ["timestamp"], ["stamp"]];
