/** The stamp of a decoded message along the paths its schema declares. */
import type { SchemaColumns } from "./columns.ts";
import { isMessage, type Message, type Value } from "./message.ts";
import { timeOf } from "./time.ts";

/** The first stamp at one of `paths`; a step that is a list means its first item. Null when there is none. */
export function stampAlong(message: Message, paths: SchemaColumns["stamp"]): bigint | null {
  for (const path of paths) {
    let at: Value = message;
    for (const name of path) {
      const item: Value = Array.isArray(at) ? at[0] : at;
      at = isMessage(item) ? item[name] : null;
    }
    const stamp = timeOf(at);
    if (stamp !== null) return stamp;
  }
  return null;
}
