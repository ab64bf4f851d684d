/** Real recordings: every message of every channel decodes or is bytes, and equals what the field's own readers say. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { parse } from "@foxglove/rosmsg";
import { MessageReader as Ros1Reader } from "@foxglove/rosmsg-serialization";
import { MessageReader as Ros2Reader } from "@foxglove/rosmsg2-serialization";
import { McapStreamReader } from "@mcap/core";
import { expect, test } from "vitest";
import { loadKernels } from "../../../src/kernels.ts";
import { messageDecoder } from "../../../src/sources/messages/decoders.ts";
import type { ChannelSchema, MessageDecoder } from "../../../src/sources/messages/index.ts";
import { timeOf } from "../../../src/sources/messages/time.ts";
import { describeShared } from "../../shared-data.ts";
import { decodeWith, FRAME_NS } from "./harness.ts";

interface Recorded {
  readonly schema: ChannelSchema;
  readonly payload: Uint8Array;
}

function* mcapMessages(path: string): Generator<Recorded> {
  const decompressHandlers = { zstd: (bytes: Uint8Array, size: bigint) => zstdDecompressSync(bytes, { maxOutputLength: Number(size) }) };
  const reader = new McapStreamReader({ decompressHandlers });
  reader.append(readFileSync(path));
  const schemas = new Map<number, { name: string; encoding: string; data: Uint8Array }>();
  const channels = new Map<number, ChannelSchema>();
  for (let record = reader.nextRecord(); record; record = reader.nextRecord()) {
    if (record.type === "Schema") schemas.set(record.id, record);
    if (record.type === "Channel" && !channels.has(record.id)) {
      const { name = "", encoding = "", data = new Uint8Array(0) } = schemas.get(record.schemaId) ?? {};
      channels.set(record.id, { messageEncoding: record.messageEncoding, schemaEncoding: encoding, schemaName: name, schemaData: data });
    }
    const schema = record.type === "Message" ? channels.get(record.channelId) : undefined;
    if (record.type === "Message" && schema) yield { schema, payload: record.data };
  }
}

/** Messages of a ROS 1 bag, chunks uncompressed or in LZ4 frames. http://wiki.ros.org/Bags/Format/2.0 */
function* bagMessages(path: string): Generator<Recorded> {
  const channels = new Map<number, ChannelSchema>();
  const text = new TextDecoder();
  function* records(bytes: Uint8Array, start: number): Generator<{ header: Map<string, Uint8Array>; data: Uint8Array }> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = start; at < bytes.length; ) {
      const headerEnd = at + 4 + view.getUint32(at, true);
      const header = new Map<string, Uint8Array>();
      for (at += 4; at < headerEnd; ) {
        const end = at + 4 + view.getUint32(at, true);
        const equals = bytes.indexOf(0x3d, at + 4);
        header.set(text.decode(bytes.subarray(at + 4, equals)), bytes.subarray(equals + 1, end));
        at = end;
      }
      const end = at + 4 + view.getUint32(at, true);
      yield { header, data: bytes.subarray(at + 4, end) };
      at = end;
    }
  }
  const u32 = (bytes: Uint8Array | undefined): number => new DataView(Uint8Array.from(bytes ?? []).buffer).getUint32(0, true);
  const file = readFileSync(path);
  for (const { header, data } of records(file, 13)) {
    if (header.get("op")?.[0] !== 5) continue;
    const chunk = text.decode(header.get("compression")) === "lz4" ? lz4(data, u32(header.get("size"))) : data;
    for (const inner of records(chunk, 0)) {
      const connection = u32(inner.header.get("conn"));
      if (inner.header.get("op")?.[0] === 7) {
        const info = new Map(
          [...records(Uint8Array.of(...lengthOf(inner.data), ...inner.data, 0, 0, 0, 0), 0)].flatMap((r) => [...r.header]),
        );
        const [schemaName, schemaData = new Uint8Array(0)] = [text.decode(info.get("type")), info.get("message_definition")];
        channels.set(connection, { messageEncoding: "ros1", schemaEncoding: "ros1msg", schemaName, schemaData });
      }
      const schema = channels.get(connection);
      if (inner.header.get("op")?.[0] === 2 && schema) yield { schema, payload: inner.data };
    }
  }
}

const kernels = await loadKernels();

function lz4(compressed: Uint8Array, size: number): Uint8Array {
  kernels.release();
  const source = kernels.put(compressed);
  const target = kernels.alloc(size);
  expect(kernels.exports.lz4Frames(source, compressed.length, target, size, kernels.alloc(8))).toBe(size);
  return kernels.u8(target, size).slice();
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Uint32Array.of(bytes.length).buffer);
}

/** What the field's own library reads, as plain objects; null for encodings without one. */
function reference(schema: ChannelSchema): ((payload: Uint8Array) => Record<string, never>) | null {
  const definition = new TextDecoder().decode(schema.schemaData);
  if (schema.messageEncoding === "json") return (payload) => JSON.parse(new TextDecoder().decode(payload));
  if (schema.schemaEncoding === "ros2msg" && schema.messageEncoding === "cdr") {
    const reader = new Ros2Reader(parse(definition, { ros2: true }));
    return (payload) => reader.readMessage(payload);
  }
  if (schema.messageEncoding !== "ros1") return null;
  const reader = new Ros1Reader(parse(definition));
  return (payload) => reader.readMessage(payload);
}

interface Plain {
  readonly [name: string]: Plain;
}

/** The stamp of a message by its usual names. */
function stampOf(message: Plain): bigint | null {
  const first = Array.isArray(message["transforms"]) ? (message["transforms"][0] as Plain) : message;
  return timeOf((first?.["header"]?.["stamp"] ?? first?.["timestamp"] ?? first?.["stamp"]) as never);
}

const xyz = (v: Plain | undefined): unknown[] => [v?.["x"], v?.["y"], v?.["z"]];
const xyzw = (v: Plain | undefined): unknown[] => [...xyz(v), v?.["w"]];

/** Compares all messages of one recording; returns how many of each kind with what stamps. */
function compare(messages: Iterable<Recorded>): Record<string, number> {
  const channels = new Map<ChannelSchema, { decoder: MessageDecoder; read: ReturnType<typeof reference> }>();
  const tally: Record<string, number> = {};
  for (const { schema, payload } of messages) {
    let channel = channels.get(schema);
    if (!channel) {
      channel = { decoder: messageDecoder(schema), read: reference(schema) };
      channels.set(schema, channel);
    }
    const outcome = decodeWith(channel.decoder, payload);
    const message = channel.read?.(payload) as Plain | undefined;
    const stamp = message ? stampOf(message) : null;
    expect(outcome.reason).toBeNull();
    expect(outcome.stampNs).toBe(stamp);
    expect(outcome.decoder.stamps).toBe(stamp === null ? "log" : "sensor");
    if (message && outcome.poses) comparePoses(outcome.poses, message, stamp ?? FRAME_NS);
    if (message && outcome.imu) {
      expect([...outcome.imu.angularVelocity]).toEqual(xyz(message["angular_velocity"]));
      expect([...outcome.imu.linearAcceleration]).toEqual(xyz(message["linear_acceleration"]));
    }
    if (message && outcome.images) {
      const bytes = Buffer.from(String(message["data"]), "base64").length;
      expect(outcome.images).toMatchObject([{ encoding: String(message["format"]), pointer: null, bytes }]);
    }
    const key = `${schema.schemaName} ${outcome.decoder.kind} ${outcome.decoder.stamps}`;
    tally[key] = (tally[key] ?? 0) + 1;
  }
  return tally;
}

function comparePoses(poses: NonNullable<ReturnType<typeof decodeWith>["poses"]>, message: Plain, stamp: bigint): void {
  const transforms = message["transforms"] as unknown as readonly Plain[] | undefined;
  const pose = message["pose"]?.["pose"] ?? message["pose"];
  const rows = transforms?.map((t) => ({ stamp: stampOf(t), at: t["transform"] })) ?? [{ stamp, at: pose }];
  expect([...poses.stampNs]).toEqual(rows.map((row) => row.stamp));
  expect([...poses.xyz]).toEqual(rows.flatMap(({ at }) => xyz(at?.["position"] ?? at?.["translation"])));
  expect([...poses.quaternion]).toEqual(rows.flatMap(({ at }) => xyzw(at?.["orientation"] ?? at?.["rotation"])));
}

describeShared("recorded messages", (shared) => {
  const folder = join(shared, "1-mcap", "recorded");
  test.each(readdirSync(folder).filter((name) => name.endsWith(".mcap")))("%s", (name) => {
    expect(compare(mcapMessages(join(folder, name)))).toMatchSnapshot();
  });

  test.each(["example.bag", "tf_example.bag", "ouster-512x10_raw.bag"])("%s", (name) => {
    expect(compare(bagMessages(join(shared, "1-rosbag1", name)))).toMatchSnapshot();
  });
});
