/** What the writer writes, read back by the field's own readers and by plumbline's. */
import { createHash } from "node:crypto";
import { parse } from "@foxglove/rosmsg";
import { MessageReader } from "@foxglove/rosmsg2-serialization";
import decompress from "@foxglove/wasm-lz4";
import { McapIndexedReader, McapStreamReader } from "@mcap/core";
import { beforeAll, describe, expect, test } from "vitest";
import { messageOf } from "../../../src/simulate/encode/messages.ts";
import { DriveWriter } from "../../../src/simulate/encode/writer.ts";
import { loadSimulatorKernels, type SimulatorKernels } from "../../../src/simulate/kernels.ts";
import type { Measurement } from "../../../src/simulate/types.ts";
import { mcap } from "../../../src/sources/mcap/source.ts";
import { memoryInput } from "../../memory-input.ts";
import { readAll } from "../../sources/read-all.ts";
import { measurements } from "./measurements.ts";

let kernels: SimulatorKernels;
let pieces: readonly Uint8Array[];
let bytes: Uint8Array;
const written = measurements();

async function write(list: Iterable<Measurement>): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  const writer = await DriveWriter.begin(async (part) => void parts.push(part), kernels, { seed: "1" });
  for (const measurement of list) await writer.add(measurement);
  await writer.end();
  expect(writer.bytes).toBe(parts.reduce((sum, part) => sum + part.length, 0));
  return parts;
}

beforeAll(async () => {
  await decompress.isLoaded;
  kernels = await loadSimulatorKernels();
  pieces = await write(written);
  bytes = Buffer.concat(pieces);
});

const decompressHandlers = { lz4: (data: Uint8Array, size: bigint): Uint8Array => decompress(data, Number(size)) };
const readable = (data: Uint8Array) => ({
  size: async () => BigInt(data.length),
  read: async (offset: bigint, size: bigint) => data.slice(Number(offset), Number(offset + size)),
});

describe("mcap's own readers", () => {
  test("open the index, and read every message back as the values that were written", async () => {
    const reader = await McapIndexedReader.Initialize({ readable: readable(bytes), decompressHandlers });
    expect(reader.header).toMatchObject({ profile: "ros2", library: "plumbline simulate" });
    expect(reader.statistics).toMatchObject({ messageCount: 110n, channelCount: 11, schemaCount: 11 });
    const readers = new Map<number, MessageReader>();
    let i = 0;
    for await (const message of reader.readMessages({ validateCrcs: true })) {
      const channel = reader.channelsById.get(message.channelId);
      const schema = reader.schemasById.get(channel?.schemaId ?? -1);
      const made = readers.get(message.channelId) ?? new MessageReader(parse(new TextDecoder().decode(schema?.data), { ros2: true }));
      readers.set(message.channelId, made);
      const measurement = written[i++];
      if (!measurement || !schema) throw new Error("more messages than were written");
      const { topic, logNs, sequence } = measurement;
      expect(message).toMatchObject({ logTime: logNs, publishTime: logNs, sequence });
      expect([channel?.topic, channel?.messageEncoding, schema.encoding]).toEqual([topic, "cdr", "ros2msg"]);
      const { type, value } = messageOf(measurement);
      expect(schema.name).toBe(type.replace("/", "/msg/"));
      expect(plain(made.readMessage(message.data))).toEqual(plain(value));
    }
    expect(i).toBe(written.length);
  });

  test("every checksum is there and right", () => {
    const reader = new McapStreamReader({ includeChunks: true, decompressHandlers, validateCrcs: true });
    reader.append(bytes);
    const seen = new Map<string, number>();
    for (let record = reader.nextRecord(); record; record = reader.nextRecord()) {
      seen.set(record.type, (seen.get(record.type) ?? 0) + 1);
      if (record.type === "Chunk") expect([record.compression, record.uncompressedCrc !== 0]).toEqual(["lz4", true]);
      if (record.type === "DataEnd") expect(record.dataSectionCrc).not.toBe(0);
      if (record.type === "Footer") expect(record.summaryCrc).not.toBe(0);
    }
    expect([...seen.keys()].sort()).toEqual(expect.arrayContaining(["Chunk", "ChunkIndex", "DataEnd", "Footer", "Metadata", "Statistics"]));
  });
});

test("plumbline reads the same columns and finds no damage", async () => {
  const whole = await readAll(mcap, memoryInput("drive.mcap", { "drive.mcap": bytes }, { kind: "file" }));
  expect(whole.damages).toEqual([]);
  const of = (topic: string) => whole.streams[topic];
  const first = written.find((one) => one.kind === "points");
  expect(of("/points")?.points[3]).toMatchObject({
    frame: 3,
    count: 3000,
    stride: 24,
    fields: ["x:f32@0", "y:f32@4", "z:f32@8", "intensity:f32@12", "t:u32@16", "ring:u16@20", "return:u16@22"],
  });
  expect(of("/points")?.points[0]?.rows).toEqual(first?.rows);
  expect(of("/points")?.stampNs[0]).toBe(first?.stampNs);
  const imu = written.find((one) => one.kind === "imu");
  expect(of("/imu")?.imu[0]).toEqual({ frame: 0, angular: imu?.angularVelocity, linear: imu?.linearAcceleration });
  expect(of("/odom")?.poses[4]).toMatchObject({ xyz: [4, 0.5, 0.25], quaternion: [0, 0, 0.6, 0.8] });
  expect(of("/tf")?.poses[4]?.stampNs).toBe((of("/odom")?.stampNs[4] ?? 0n) - 1n);
  expect(of("/image")?.images[1]).toMatchObject({ encoding: "jpeg", bytes: 6 });
  const [car, walker] = of("/boxes_3d")?.labels ?? [];
  expect(car).toMatchObject({ track: "3", class: "car", confidence: 1 });
  expect(car?.box3d.map((x) => Math.round(x * 1e9) / 1e9)).toEqual([10, -2, 0.5, 4.5, 1.9, 1.6, 0.75]);
  expect(walker).toMatchObject({ track: "7", class: "pedestrian", confidence: 0.5 });
  expect(of("/boxes_2d")?.labels[0]).toMatchObject({ track: "3", box2d: [100, 50.5, 180, 120.25] });
  expect(of("/work")?.labels).toHaveLength(30);
  expect(of("/work")?.labels[0]).toMatchObject({ track: "3", box2d: [100, 50.5, 180, 120.25] });
  expect(of("/work")?.labels[0]?.box3d[0]).toBe(10);
  expect(of("/work")?.labels[1]?.box2d[0]).toBeNaN();
});

describe("the bytes", () => {
  test("are the same every time and everywhere", async () => {
    const again = Buffer.concat(await write(measurements()));
    expect(again.equals(bytes)).toBe(true);
    expect(createHash("sha256").update(bytes).digest("hex").slice(0, 32)).toBe("30860bbedcdd0d1cfca135ea2a926cb5");
  });

  test("come in pieces no larger than a chunk, and kernel memory is given back", async () => {
    const mark = kernels.mark();
    const one = written.find((m) => m.kind === "points");
    if (!one) throw new Error("no points");
    const sizes: number[] = [];
    const writer = await DriveWriter.begin(async (part) => void sizes.push(part.length), kernels);
    for (let i = 0; i < 120; i++) await writer.add({ ...one, sequence: i, logNs: one.logNs + BigInt(i) });
    await writer.end();
    expect(sizes.filter((size) => size > 1e6).length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(3e6);
    expect(kernels.mark()).toBe(mark);
  });

  test("with a flipped byte differ there alone, and only that chunk's checksum tells", async () => {
    const flipped = written.map((one) => (one.kind === "points" && one.sequence === 4 ? { ...one, flipByte: 1000 } : one));
    const damaged = Buffer.concat(await write(flipped));
    const whole = await readAll(mcap, memoryInput("drive.mcap", { "drive.mcap": damaged }, { kind: "file" }));
    expect(whole.damages.map(({ kind }) => kind)).toEqual(["crc-mismatch"]);
    const good = await readAll(mcap, memoryInput("drive.mcap", { "drive.mcap": bytes }, { kind: "file" }));
    const [a, b] = [[...(whole.streams["/points"]?.payload[4] ?? [])], [...(good.streams["/points"]?.payload[4] ?? [])]];
    expect(a.flatMap((byte, i) => (byte === b[i] ? [] : [[i, byte ^ (b[i] ?? 0)]]))).toEqual([[1000, 0x10]]);
    expect(whole.streams["/points"]?.payload[5]).toEqual(good.streams["/points"]?.payload[5]);
  });
});

test("misuse is refused: a topic of two types, a detection without its box", async () => {
  const [points, imu] = written;
  if (!points || !imu) throw new Error("no measurements");
  await expect(write([points, { ...imu, topic: points.topic }])).rejects.toThrow(
    "expected sensor_msgs/PointCloud2 on /points, got sensor_msgs/Imu",
  );
  const boxless = written.find((one) => one.kind === "labels" && one.schema === "detections2d");
  if (boxless?.kind !== "labels") throw new Error("no labels");
  expect(() => messageOf({ ...boxless, schema: "detections3d" })).toThrow("track 3");
});

/** Typed arrays as lists, single precision applied, `nsec` and constants of either spelling as one. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return [...(value as Uint8Array)];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "number") return Object.is(Math.fround(value), value) ? value : Number(value.toPrecision(7));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key === "nanosec" ? "nsec" : key, plain(inner)]));
}
