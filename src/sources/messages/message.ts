/**
 * What every encoding decodes to before it becomes columns: plain values under the field names of the schema, and only
 * the fields that were asked for. Getters are tolerant, because the same message looks slightly different in ROS 1,
 * ROS 2, protobuf and JSON; what is absent or of another type is `undefined` or null, never an exception.
 */
/** `bigint` is a 64-bit integer or, in the place of a time, int64 ns. `Uint8Array` is a view of the payload, never a copy. */
export type Value = null | undefined | boolean | number | bigint | string | Uint8Array | readonly Value[] | Message;

export interface Message {
  readonly [field: string]: Value;
}

/** Why a payload does not decode. Constant text: it ends up in reports, which must not depend on a library's wording. */
export const REASON = {
  truncated: "truncated",
  malformed: "malformed",
  missing: "a required field is missing",
  tooLarge: "too large to decode",
} as const;

/** Thrown inside a decoder where bytes contradict their schema; `reason` is one of `REASON`. Caught by `guarded`. */
export class Undecodable extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** Runs a decoder. Whatever it throws, its own or a library's or the runtime's, becomes a constant reason. */
export function guarded(decode: () => string | null): string | null {
  try {
    return decode();
  } catch (error) {
    return error instanceof Undecodable ? error.reason : REASON.malformed;
  }
}

export function isMessage(value: Value): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** The submessage at a path of field names; null when any step is not there. */
export function messageAt(message: Message, ...path: readonly string[]): Message | null {
  let at: Value = message;
  for (const name of path) {
    if (!isMessage(at)) return null;
    at = at[name];
  }
  return isMessage(at) ? at : null;
}

/** A number; protobuf's JSON form writes 64-bit integers and non-finite numbers as strings. */
export function numberOf(value: Value): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) return Number(value);
  return null;
}

/** An unsigned 32-bit integer such as a width, an offset or a stride. */
export function u32Of(value: Value): number | null {
  const n = numberOf(value);
  return n !== null && Number.isInteger(n) && n >= 0 && n <= 0xffffffff ? n : null;
}

export function stringOf(value: Value): string | null {
  return typeof value === "string" ? value : null;
}

/** The items of a repeated submessage; null when there is no such list or an item is no message. */
export function messagesOf(value: Value): readonly Message[] | null {
  if (!Array.isArray(value)) return null;
  const list: readonly Value[] = value;
  return list.every(isMessage) ? (list as readonly Message[]) : null;
}

/** Numbers under `names`, in that order; null when one is missing. */
export function tupleOf<const N extends readonly string[]>(value: Value, names: N): { [K in keyof N]: number } | null {
  if (!isMessage(value)) return null;
  const tuple: number[] = [];
  for (const name of names) {
    const n = numberOf(value[name]);
    if (n === null) return null;
    tuple.push(n);
  }
  return tuple as { [K in keyof N]: number };
}

export const XYZ = ["x", "y", "z"] as const;
export const XYZW = ["x", "y", "z", "w"] as const;

/** Bulk data: where it lies in the payload, or null for text that stands for it, and how many bytes it is. */
export interface Bulk {
  readonly view: Uint8Array | null;
  readonly bytes: number;
}

/** Bytes as they are; base64 text or a list of byte values (JSON) only by their size. */
export function bulkOf(value: Value): Bulk | null {
  if (value instanceof Uint8Array) return { view: value, bytes: value.length };
  if (Array.isArray(value)) return { view: null, bytes: value.length };
  if (typeof value !== "string") return null;
  const padding = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0;
  const digits = value.length - padding;
  return digits % 4 === 1 ? null : { view: null, bytes: Math.floor((digits * 3) / 4) };
}
