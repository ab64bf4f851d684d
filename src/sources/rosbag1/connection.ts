/** A connection record: a topic and the type of its messages, as a publisher announced them. */
import type { Connection } from "../tables/message-rows.ts";
import { fieldsOf, type Header, textOf, u32Of } from "./format.ts";

/** @returns null when the record is not what its header says */
export function connectionOf(header: Header, data: Uint8Array): Omit<Connection, "stream"> | null {
  const id = u32Of(header, "conn");
  const fields = fieldsOf(data);
  const topic = textOf(header, "topic");
  if (id === null || !fields || topic === "") return null;
  const text = fields.get("message_definition") ?? null;
  return {
    id,
    topic,
    schema: {
      messageEncoding: "ros1",
      schemaEncoding: "ros1msg",
      schemaName: textOf(fields, "type"),
      schemaData: text ?? new Uint8Array(0),
    },
    stated: text && { encoding: "ros1msg", data: text },
    typeHash: textOf(fields, "md5sum") || null,
  };
}

/** What a second record of one id says otherwise than the first. */
export function conflicts(known: Omit<Connection, "stream">, other: Omit<Connection, "stream">): readonly string[] {
  const [a, b] = [known.schema.schemaData, other.schema.schemaData];
  return [
    ...(known.topic === other.topic ? [] : ["topic"]),
    ...(known.schema.schemaName === other.schema.schemaName ? [] : ["type"]),
    ...(a.length === b.length && a.every((byte, i) => byte === b[i]) ? [] : ["definition"]),
    ...(known.typeHash === other.typeHash ? [] : ["md5sum"]),
  ];
}
