/** Chooses the decoder of a channel: the encoding says how bytes are read, the schema's name what becomes of them. */
import type { SchemaColumns } from "./columns.ts";
import type { ChannelSchema, MessageDecoder } from "./index.ts";
import { jsonDecoder } from "./json.ts";
import { protobufDecoder } from "./protobuf.ts";
import { rosDecoder } from "./ros.ts";
import { ROS1 } from "./ros1.ts";
import { ROS2 } from "./ros2.ts";
import { columnsOf } from "./schemas.ts";

/** A schema beyond this is not parsed: real ones have kilobytes, and parsing costs time in every worker. */
const MAX_SCHEMA_BYTES = 1 << 20;

/** Anything without typed columns and without a stamp of its own. */
const BYTES: MessageDecoder = { kind: "bytes", stamps: "log", stampNs: () => null, decode: () => null };

/** The name promises columns, the schema does not say where they are. */
const NOT_UNDERSTOOD = "schema not understood";

/**
 * The decoder of one channel. Never throws: a schema that does not parse stays bytes.
 * `ros2idl`, `flatbuffer`, `omgidl` and any other pair stay bytes too. Bytes under the name of a sensor type are `opaque`.
 */
export function messageDecoder(schema: ChannelSchema): MessageDecoder {
  const columns = columnsOf(schema.schemaName);
  const decoder = chosen(schema, columns);
  return columns && decoder.kind === "bytes" ? { ...decoder, opaque: NOT_UNDERSTOOD } : decoder;
}

function chosen(schema: ChannelSchema, columns: SchemaColumns | null): MessageDecoder {
  const { messageEncoding, schemaEncoding, schemaName, schemaData } = schema;
  if (schemaData.length > MAX_SCHEMA_BYTES) return BYTES;
  switch (`${messageEncoding}+${schemaEncoding}`) {
    case "ros1+ros1msg":
      return rosDecoder(textOf(schemaData), columns, ROS1) ?? BYTES;
    case "cdr+ros2msg":
      return rosDecoder(textOf(schemaData), columns, ROS2) ?? BYTES;
    case "protobuf+protobuf":
      return protobufDecoder(schemaName, schemaData, columns) ?? BYTES;
    case "json+jsonschema":
    case "json+":
      return jsonDecoder(textOf(schemaData), columns);
    default:
      return BYTES;
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
