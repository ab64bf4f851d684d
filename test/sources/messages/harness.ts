/** Decodes one payload as the engine does: as a view of a larger memory, at an address of its own. */
import { parse } from "@foxglove/rosmsg";
import { MessageWriter as Ros1Writer } from "@foxglove/rosmsg-serialization";
import { MessageWriter as Ros2Writer } from "@foxglove/rosmsg2-serialization";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor.js";
import { ColumnsBuilder } from "../../../src/columns/builder.ts";
import { messageDecoder } from "../../../src/sources/messages/decoders.ts";
import type { ChannelSchema, MessageDecoder } from "../../../src/sources/messages/index.ts";
import type { Need } from "../../../src/types.ts";
import { FOXGLOVE_PROTO, rosDefinition } from "./definitions.ts";

export const ALL: ReadonlySet<Need> = new Set<Need>(["frames", "points", "imu", "poses", "labels", "images"]);
export const FRAME = 7;
/** The frame's stamp handed to `decode`; a message with a stamp of its own must not get this one. */
export const FRAME_NS = 77n;
const POINTER = 4096;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export function ros1Schema(name: string, more: Readonly<Record<string, string>> = {}): ChannelSchema {
  return { messageEncoding: "ros1", schemaEncoding: "ros1msg", schemaName: name, schemaData: bytesOf(rosDefinition(1, name, more)) };
}

/** `name` in ROS 1 spelling; the schema says `pkg/msg/Type`. */
export function ros2Schema(name: string, more: Readonly<Record<string, string>> = {}): ChannelSchema {
  const schemaName = name.replace("/", "/msg/");
  return { messageEncoding: "cdr", schemaEncoding: "ros2msg", schemaName, schemaData: bytesOf(rosDefinition(2, name, more)) };
}

export function jsonSchema(schemaName: string, schema: object | null = null): ChannelSchema {
  const schemaData = schema ? bytesOf(JSON.stringify(schema)) : new Uint8Array(0);
  return { messageEncoding: "json", schemaEncoding: schema ? "jsonschema" : "", schemaName, schemaData };
}

export function protoRoot(source: string): protobuf.Root {
  const root = new protobuf.Root();
  root.addJSON(protobuf.common.get("google/protobuf/timestamp.proto")?.nested ?? {});
  root.addJSON(protobuf.common.get("google/protobuf/duration.proto")?.nested ?? {});
  protobuf.parse(source, root, { keepCase: true });
  root.resolveAll();
  return root;
}

export const FOXGLOVE = protoRoot(FOXGLOVE_PROTO);

export function protoSchema(schemaName: string, root: protobuf.Root = FOXGLOVE): ChannelSchema {
  const set = root.toDescriptor("proto3");
  const schemaData = (set.constructor as unknown as protobuf.Type).encode(set).finish();
  return { messageEncoding: "protobuf", schemaEncoding: "protobuf", schemaName, schemaData };
}

export function write1(schema: ChannelSchema, message: unknown): Uint8Array {
  return new Ros1Writer(parse(new TextDecoder().decode(schema.schemaData))).writeMessage(message);
}

export function write2(schema: ChannelSchema, message: unknown): Uint8Array {
  return new Ros2Writer(parse(new TextDecoder().decode(schema.schemaData), { ros2: true })).writeMessage(message);
}

export function writeProto(name: string, message: Record<string, unknown>, root: protobuf.Root = FOXGLOVE): Uint8Array {
  const type = root.lookupType(name);
  return type.encode(type.fromObject(message)).finish();
}

export function writeJson(message: unknown): Uint8Array {
  return bytesOf(JSON.stringify(message));
}

export interface Outcome extends ReturnType<ColumnsBuilder["finish"]> {
  readonly decoder: MessageDecoder;
  readonly stampNs: bigint | null;
  readonly reason: string | null;
  /** The bytes at a pointer that a column holds. */
  at(pointer: number | null | undefined, length: number): number[];
}

/** Decodes one payload, surrounded by other bytes and at an odd offset, so that reaching outside shows. */
export function decode(schema: ChannelSchema, payload: Uint8Array, needs: ReadonlySet<Need> = ALL): Outcome {
  return decodeWith(messageDecoder(schema), payload, needs);
}

export function decodeWith(decoder: MessageDecoder, payload: Uint8Array, needs: ReadonlySet<Need> = ALL): Outcome {
  const memory = new Uint8Array(payload.length + 64).fill(0xa5);
  const view = memory.subarray(13, 13 + payload.length);
  view.set(payload);
  const out = new ColumnsBuilder();
  const stampNs = decoder.stampNs(view);
  const reason = decoder.decode(view, POINTER, FRAME, FRAME_NS, needs, out);
  const at = (pointer: number | null | undefined, length: number): number[] => {
    if (typeof pointer !== "number") throw new TypeError(`expected a pointer, got ${pointer}`);
    const start = pointer - POINTER + 13;
    return [...memory.subarray(start, start + length)];
  };
  return { decoder, stampNs, reason, at, ...out.finish() };
}
