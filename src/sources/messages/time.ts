/** Times as messages write them, to int64 nanoseconds. No time passes through a double. */
import { type Message, messageAt, type Value } from "./message.ts";

const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;

/** Seconds and nanoseconds to ns; null beyond int64 (the year 2262). */
export function nsOf(seconds: bigint, nanoseconds: bigint): bigint | null {
  const ns = seconds * 1_000_000_000n + nanoseconds;
  return ns >= INT64_MIN && ns <= INT64_MAX ? ns : null;
}

/**
 * A time value: int64 ns, `{sec, nsec}` (ROS 1 and foxglove JSON), `{sec, nanosec}` (ROS 2), `{secs, nsecs}` (rospy),
 * `{seconds, nanos}` (protobuf) or an RFC 3339 string (protobuf's JSON form). Null for anything else.
 */
export function timeOf(value: Value): bigint | null {
  if (typeof value === "bigint") return value;
  if (typeof value === "string") return rfc3339Ns(value);
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) return null;
  const time = value as { readonly [field: string]: Value };
  const seconds = integer(time["sec"] ?? time["secs"] ?? time["seconds"]);
  const nanoseconds = integer(time["nsec"] ?? time["nanosec"] ?? time["nsecs"] ?? time["nanos"] ?? 0);
  return seconds === null || nanoseconds === null ? null : nsOf(seconds, nanoseconds);
}

/** The stamp of a message: in its header, or beside its content (foxglove). Null when it has none. */
export function stampOf(message: Message): bigint | null {
  const header = messageAt(message, "header");
  return header ? timeOf(header["stamp"]) : timeOf(message["timestamp"]);
}

function integer(value: Value): bigint | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : null;
  return typeof value === "string" && /^-?\d{1,19}$/.test(value) ? BigInt(value) : null;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d{0,9})?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** An RFC 3339 date and time (section 5.6) to ns since 1970; null when it is not one. Digits beyond ns are dropped. */
export function rfc3339Ns(text: string): bigint | null {
  const match = RFC3339.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const offset = (match[8] === "-" ? -1 : 1) * (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0));
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  // A day the month does not have rolls over; second 60 is a leap second and counts as the next one.
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return null;
  if (hour > 23 || minute > 59 || second > 60) return null;
  const seconds = midnight.getTime() / 1000 + hour * 3600 + (minute - offset) * 60 + second;
  return nsOf(BigInt(seconds), BigInt((match[7] ?? "").padEnd(9, "0")));
}
