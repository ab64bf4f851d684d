/**
 * Protobuf: the schema (a FileDescriptorSet) is read by protobufjs, payloads by a bounded cursor along it.
 *
 * Why not protobufjs for payloads: it compiles a decoder from the schema found in the recording into JavaScript source,
 * which untrusted files should not choose and a page's content security policy forbids, and it allocates an object for
 * every empty submessage of two bytes. It is the reference in the tests.
 */
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor.js";
import { type SchemaColumns, STAMP_PATHS } from "./columns.ts";
import type { MessageDecoder } from "./index.ts";
import { guarded, type Message, REASON, Undecodable, type Value } from "./message.ts";
import { nsOf } from "./time.ts";
import { WIRE, WireCursor } from "./wire.ts";

interface ProtoField {
  readonly name: string;
  readonly repeated: boolean;
  /** A scalar type, "enum", "timestamp" or "message". */
  readonly type: string;
  readonly message: ProtoType | null;
}

/** The wanted fields of a message type by their number. Filled in after it is registered, since types may recurse. */
interface ProtoType {
  readonly fields: Map<number, ProtoField>;
}

/** List items one message may have, and how deep it may nest: protobuf's own limit is 100, real schemas use about five. */
const MAX_ITEMS = 1 << 18;
const MAX_DEPTH = 32;

const WIRE_OF: Readonly<Record<string, number>> = {
  ...{ double: WIRE.i64, fixed64: WIRE.i64, sfixed64: WIRE.i64, float: WIRE.i32, fixed32: WIRE.i32, sfixed32: WIRE.i32 },
  ...{ string: WIRE.bytes, bytes: WIRE.bytes, message: WIRE.bytes, timestamp: WIRE.bytes },
};

const text = new TextDecoder();

/** @returns null where the schema does not parse or has no such message */
export function protobufDecoder(schemaName: string, schemaData: Uint8Array, columns: SchemaColumns | null): MessageDecoder | null {
  const root = rootType(schemaName, schemaData);
  if (!root) return null;
  const paths = (columns?.stamp ?? STAMP_PATHS).map((path) => fieldNumbers(root, path)).filter((path) => path !== null);
  const stampNs = (payload: Uint8Array): bigint | null => firstStamp(payload, paths);
  const stamps = paths.length > 0 ? "sensor" : "log";
  if (!columns) return { kind: "bytes", stamps, stampNs, decode: () => null };
  const type = compile(root, columns.fields);
  return {
    kind: columns.kind,
    stamps,
    stampNs,
    decode(payload, pointer, frame, stampNs, needs, out) {
      if (!needs.has(columns.need)) return null;
      return guarded(() => {
        const message = new ProtoReader(payload).message(type, 0, payload.length, 0, null);
        return columns.read(message, { frame, stampNs, pointerTo: (view) => pointer + (view.byteOffset - payload.byteOffset) }, out);
      });
    },
  };
}

function rootType(name: string, schema: Uint8Array): protobuf.Type | null {
  try {
    // A copy: the library keeps references into what it decodes, and the schema may be a view of kernel memory.
    return protobuf.Root.fromDescriptor(schema.slice(), { keepCase: true }).lookupType(name);
  } catch {
    return null;
  }
}

const isTimestamp = (field: protobuf.Field): boolean => field.resolvedType?.fullName === ".google.protobuf.Timestamp";

function compile(root: protobuf.Type, wanted: ReadonlySet<string>): ProtoType {
  const done = new Map<protobuf.Type, ProtoType>();
  function typeOf(type: protobuf.Type): ProtoType {
    const known = done.get(type);
    if (known) return known;
    const made: ProtoType = { fields: new Map() };
    done.set(type, made);
    for (const field of type.fieldsArray) {
      if (!wanted.has(field.name) || field instanceof protobuf.MapField) continue;
      const { name, repeated, resolvedType } = field;
      if (!(resolvedType instanceof protobuf.Type)) {
        made.fields.set(field.id, { name, repeated, type: resolvedType ? "enum" : field.type, message: null });
      } else if (isTimestamp(field)) made.fields.set(field.id, { name, repeated, type: "timestamp", message: null });
      else made.fields.set(field.id, { name, repeated, type: "message", message: typeOf(resolvedType) });
    }
    return made;
  }
  return typeOf(root);
}

class ProtoReader {
  readonly #payload: Uint8Array;
  #items = 0;

  constructor(payload: Uint8Array) {
    this.#payload = payload;
  }

  /** Reads [start, end) as `type`, into `earlier` when the field was there before (protobuf merges the two). */
  message(type: ProtoType, start: number, end: number, depth: number, earlier: Message | null): Message {
    if (depth > MAX_DEPTH) throw new Undecodable(REASON.malformed);
    const message: Record<string, Value> = { ...(earlier ?? defaultsOf(type, this.#payload)) };
    const cursor = new WireCursor(this.#payload, start, end);
    while (!cursor.done) {
      const { field: number, wire } = cursor.tag();
      const field = type.fields.get(number);
      // Another wire type than the schema's is an unknown field, as is a packed list: no column is made of one.
      if (!field || wire !== (WIRE_OF[field.type] ?? WIRE.varint)) cursor.skip(wire);
      else if (field.repeated) this.#append(message[field.name], this.#value(field, cursor, depth, null));
      else message[field.name] = this.#value(field, cursor, depth, message[field.name]);
    }
    return message;
  }

  #append(list: Value, item: Value): void {
    if (!Array.isArray(list)) return;
    if (++this.#items > MAX_ITEMS) throw new Undecodable(REASON.tooLarge);
    list.push(item);
  }

  #value(field: ProtoField, cursor: WireCursor, depth: number, earlier: Value): Value {
    if (field.message) {
      const { start, end } = cursor.region();
      const known = typeof earlier === "object" && earlier !== null ? (earlier as Message) : null;
      return this.message(field.message, start, end, depth + 1, known);
    }
    if (field.type === "timestamp") return timestampIn(this.#payload, cursor.region());
    return scalar(field.type, cursor);
  }
}

/** proto3: an absent number is 0, absent text or bytes are empty (a view too: it has an address); an absent submessage is absent. */
function defaultsOf(type: ProtoType, payload: Uint8Array): Record<string, Value> {
  const defaults: Record<string, Value> = {};
  for (const { name, repeated, type: scalarType } of type.fields.values()) {
    if (repeated) defaults[name] = [];
    else if (scalarType === "string") defaults[name] = "";
    else if (scalarType === "bytes") defaults[name] = payload.subarray(0, 0);
    else if (scalarType === "bool") defaults[name] = false;
    else if (scalarType !== "message" && scalarType !== "timestamp") defaults[name] = 0;
  }
  return defaults;
}

function scalar(type: string, cursor: WireCursor): Value {
  switch (type) {
    case "double":
    case "fixed64":
    case "sfixed64": {
      const { view, at } = cursor.fixed(8);
      if (type === "double") return view.getFloat64(at, true);
      return type === "fixed64" ? view.getBigUint64(at, true) : view.getBigInt64(at, true);
    }
    case "float":
    case "fixed32":
    case "sfixed32": {
      const { view, at } = cursor.fixed(4);
      if (type === "float") return view.getFloat32(at, true);
      return type === "fixed32" ? view.getUint32(at, true) : view.getInt32(at, true);
    }
    case "string":
    case "bytes": {
      const { start, end } = cursor.region();
      const view = cursor.payload.subarray(start, end);
      return type === "string" ? text.decode(view) : view;
    }
    case "bool":
      return cursor.varint() !== 0 || cursor.high !== 0;
    case "uint32":
      return cursor.varint();
    case "int32":
    case "enum":
      return cursor.varint() | 0;
    case "sint32": {
      const n = cursor.varint();
      return (n >>> 1) ^ -(n & 1);
    }
    default: {
      cursor.varint();
      const n = unsigned64(cursor);
      if (type === "int64") return BigInt.asIntN(64, n);
      return type === "sint64" ? (n >> 1n) ^ -(n & 1n) : n;
    }
  }
}

const unsigned64 = (cursor: WireCursor): bigint => (BigInt(cursor.high) << 32n) | BigInt(cursor.low);

/** The field numbers of a path that ends in a google.protobuf.Timestamp; null when the schema has no such path. */
function fieldNumbers(root: protobuf.Type, path: readonly string[]): readonly number[] | null {
  const numbers: number[] = [];
  let at: protobuf.Type = root;
  for (const [step, name] of path.entries()) {
    const field = at.fields[name];
    if (!field || !(field.resolvedType instanceof protobuf.Type) || field instanceof protobuf.MapField) return null;
    if (step === path.length - 1) return isTimestamp(field) && !field.repeated ? [...numbers, field.id] : null;
    numbers.push(field.id);
    at = field.resolvedType;
  }
  return null;
}

/** Steps over everything but the stamp. What stands before damage is still found. */
function firstStamp(payload: Uint8Array, paths: readonly (readonly number[])[]): bigint | null {
  for (const path of paths) {
    let region: Region | null = { start: 0, end: payload.length };
    for (const [step, number] of path.entries()) {
      if (region) region = regionOf(payload, region, number, step === path.length - 1 ? "last" : "first");
    }
    const stamp = region && timestampIn(payload, region);
    if (stamp !== null) return stamp;
  }
  return null;
}

interface Region {
  readonly start: number;
  readonly end: number;
}

/** Where a submessage field is: the first of a list, the last of a singular field (it overrides). */
function regionOf(payload: Uint8Array, { start, end }: Region, number: number, which: "first" | "last"): Region | null {
  const cursor = new WireCursor(payload, start, end);
  let found: Region | null = null;
  try {
    while (!cursor.done) {
      const { field, wire } = cursor.tag();
      if (field !== number || wire !== WIRE.bytes) cursor.skip(wire);
      else {
        found = cursor.region();
        if (which === "first") return found;
      }
    }
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
  }
  return found;
}

/** google.protobuf.Timestamp: int64 seconds = 1, int32 nanos = 2. Null where it is damaged or beyond int64 ns. */
function timestampIn(payload: Uint8Array, { start, end }: Region): bigint | null {
  const cursor = new WireCursor(payload, start, end);
  let seconds = 0n;
  let nanos = 0;
  try {
    while (!cursor.done) {
      const { field, wire } = cursor.tag();
      if (field > 2 || wire !== WIRE.varint) cursor.skip(wire);
      else {
        cursor.varint();
        if (field === 1) seconds = BigInt.asIntN(64, unsigned64(cursor));
        else nanos = cursor.low | 0;
      }
    }
  } catch (error) {
    if (error instanceof Undecodable) return null;
    throw error;
  }
  return nsOf(seconds, BigInt(nanos));
}
