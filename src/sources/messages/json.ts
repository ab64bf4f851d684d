/** JSON messages, with a JSON Schema or none. Bulk data is base64 text: it is counted, not read. */
import { type SchemaColumns, STAMP_PATHS } from "./columns.ts";
import type { MessageDecoder } from "./index.ts";
import { guarded, isMessage, type Message, REASON, Undecodable, type Value } from "./message.ts";
import { stampAlong } from "./stamps.ts";

/** A parsed text takes up to some twenty times its size. */
const MAX_BYTES = 64 << 20;

const text = new TextDecoder("utf-8", { fatal: true });

/**
 * @param schema JSON Schema text, or empty
 * Never null: a JSON message needs no schema to be read, only to promise a stamp.
 */
export function jsonDecoder(schema: string, columns: SchemaColumns | null): MessageDecoder {
  const paths = columns ? columns.stamp : STAMP_PATHS.filter((path) => declares(schema, path));
  const stamps = paths.length > 0 ? "sensor" : "log";
  const stampNs = (payload: Uint8Array): bigint | null => stampOfText(payload, paths);
  if (!columns) return { kind: "bytes", stamps, stampNs, decode: () => null };
  return {
    kind: columns.kind,
    stamps,
    stampNs,
    decode(payload, _pointer, frame, stampNs, needs, out) {
      if (!needs.has(columns.need)) return null;
      const pointerTo = () => {
        throw new Undecodable(REASON.malformed);
      };
      return guarded(() => columns.read(parse(payload), { frame, stampNs, pointerTo }, out));
    },
  };
}

/** @throws Undecodable when the payload is no JSON object */
function parse(payload: Uint8Array): Message {
  if (payload.length > MAX_BYTES) throw new Undecodable(REASON.tooLarge);
  let value: Value;
  try {
    value = JSON.parse(text.decode(payload)) as Value;
  } catch {
    throw new Undecodable(REASON.malformed);
  }
  if (!isMessage(value)) throw new Undecodable(REASON.malformed);
  return value;
}

function stampOfText(payload: Uint8Array, paths: SchemaColumns["stamp"]): bigint | null {
  if (paths.length === 0) return null;
  try {
    return stampAlong(parse(payload), paths);
  } catch {
    return null;
  }
}

/** Whether a JSON Schema has a property along `path` that can be a time: an object or a string. */
function declares(schema: string, path: readonly string[]): boolean {
  try {
    let at = JSON.parse(schema) as Value;
    for (const name of path) {
      const properties = isMessage(at) ? at["properties"] : null;
      at = isMessage(properties) && Object.hasOwn(properties, name) ? properties[name] : null;
    }
    return isMessage(at) && (at["type"] === "object" || at["type"] === "string");
  } catch {
    return false;
  }
}
