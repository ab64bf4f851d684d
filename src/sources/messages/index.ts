/**
 * Messages of a container to typed columns: one decoder per channel, chosen once from its schema.
 * A schema nobody here knows, or one that does not parse, stays bytes.
 */
import type { ColumnsBuilder } from "../../columns/builder.ts";
import type { Need, StampSource, StreamKind } from "../../types.ts";

export interface ChannelSchema {
  /** "ros1", "cdr", "protobuf", "json", or anything else (stays bytes). */
  readonly messageEncoding: string;
  /** "ros1msg", "ros2msg", "protobuf", "jsonschema", "" … */
  readonly schemaEncoding: string;
  readonly schemaName: string;
  readonly schemaData: Uint8Array;
}

export interface MessageDecoder {
  readonly kind: StreamKind;
  /** `sensor` when messages carry a stamp of their own. */
  readonly stamps: StampSource;
  /** Why messages of a known sensor type stay bytes: a short constant reason. Absent where nothing known is lost. */
  readonly opaque?: string;
  /** The message's own stamp without decoding the rest where the encoding allows; null when it has none or is too short. */
  stampNs(payload: Uint8Array): bigint | null;
  /**
   * Appends the rows of one message to `out`, only those `needs` asks for. `payload` is a view of kernel memory
   * beginning at `pointer`, so bulk data is referred to by pointer, not copied.
   * @param stampNs the frame's stamp, for messages without one of their own
   * @returns null, or a short constant reason why the payload does not decode as its declared type
   */
  decode(
    payload: Uint8Array,
    pointer: number,
    frame: number,
    stampNs: bigint,
    needs: ReadonlySet<Need>,
    out: ColumnsBuilder,
  ): string | null;
}
