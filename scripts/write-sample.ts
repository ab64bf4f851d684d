/**
 * Writes a small synthetic recording with planted defects: for tests of the package and of browsers.
 * Ten seconds of LiDAR, camera, IMU and 3D labels in chunks with checksums. Every run gives the same bytes.
 *
 *   node scripts/write-sample.ts OUT.mcap
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { parse } from "@foxglove/rosmsg";
import { MessageWriter } from "@foxglove/rosmsg2-serialization";
import { McapWriter } from "@mcap/core";
import { COMPRESSED_IMAGE, IMU, POINT_CLOUD, SCENE_UPDATE } from "./sample-schemas.ts";

/** What is wrong with the sample, in frames of the stream as written (after the dropped ones are gone). */
export const PLANTED = {
  /** Sweeps 40 to 44 were never written: the counter jumps there. */
  dropped: { stream: "/lidar/points", sweeps: [40, 44] },
  /** Frames 60 to 71 repeat frame 59, byte for byte. */
  frozen: { stream: "/camera/front", frames: [60, 71] },
  /** Frame 500 is stamped 40 ms before its place. */
  regression: { stream: "/imu", frame: 500 },
  /** One bit inside the payload of frame 20 is flipped after its chunk's checksum was taken. */
  flipped: { stream: "/camera/front", frame: 20 },
} as const;

const START_NS = 1_700_000_000_000_000_000n;
const TICK_NS = 10_000_000n;
const TICKS = 1000;
const POINTS = 256;
const POINT_BYTES = 22;
const IMAGE = { width: 40, height: 24 };

/** @returns the bytes of the recording */
export async function sampleRecording(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const writer = new McapWriter({
    writable: {
      position: () => BigInt(length),
      write: async (bytes) => {
        parts.push(bytes.slice());
        length += bytes.length;
      },
    },
    chunkSize: 64 << 10,
  });
  await writer.start({ profile: "", library: "plumbline sample" });
  const ros = await rosChannels(writer);
  const labels = await writer.registerChannel({
    schemaId: await writer.registerSchema({
      name: "foxglove.SceneUpdate",
      encoding: "jsonschema",
      data: new TextEncoder().encode(SCENE_UPDATE),
    }),
    topic: "/labels",
    messageEncoding: "json",
    metadata: new Map(),
  });
  const random = generator();
  let image = new Uint8Array();
  let marked = new Uint8Array();

  for (let tick = 0; tick < TICKS; tick++) {
    const logTime = START_NS + BigInt(tick) * TICK_NS;
    const imuStamp = tick === PLANTED.regression.frame ? logTime - 4n * TICK_NS : logTime;
    const add = async (channelId: number, sequence: number, data: Uint8Array): Promise<void> =>
      writer.addMessage({ channelId, sequence, logTime, publishTime: logTime, data });
    await add(ros.imu.id, tick, ros.imu.write(imu(imuStamp, random)));
    if (tick % 10 !== 0) continue;
    const frame = tick / 10;
    if (!within(frame, PLANTED.dropped.sweeps)) await add(ros.lidar.id, frame, ros.lidar.write(sweep(logTime, random)));
    const picture = png(random);
    if (!within(frame, PLANTED.frozen.frames))
      image = ros.camera.write({ header: header(logTime, "camera"), format: "png", data: picture });
    if (frame === PLANTED.flipped.frame) marked = picture;
    await add(ros.camera.id, frame, image);
    await add(labels, frame, new TextEncoder().encode(JSON.stringify(scene(logTime, frame))));
  }
  await writer.end();
  const bytes = Buffer.concat(parts);
  const at = bytes.indexOf(marked) + (marked.length >> 1);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  return new Uint8Array(bytes);
}

function within(frame: number, [first, last]: readonly [number, number]): boolean {
  return frame >= first && frame <= last;
}

interface RosChannel {
  readonly id: number;
  readonly write: (message: unknown) => Uint8Array<ArrayBuffer>;
}

async function rosChannels(writer: McapWriter): Promise<Readonly<Record<"lidar" | "imu" | "camera", RosChannel>>> {
  const channel = async (topic: string, name: string, definition: string): Promise<RosChannel> => {
    const schemaId = await writer.registerSchema({ name, encoding: "ros2msg", data: new TextEncoder().encode(definition) });
    const id = await writer.registerChannel({ schemaId, topic, messageEncoding: "cdr", metadata: new Map() });
    const cdr = new MessageWriter(parse(definition, { ros2: true }));
    return { id, write: (message) => new Uint8Array(cdr.writeMessage(message)) };
  };
  return {
    lidar: await channel("/lidar/points", "sensor_msgs/msg/PointCloud2", POINT_CLOUD),
    imu: await channel("/imu", "sensor_msgs/msg/Imu", IMU),
    camera: await channel("/camera/front", "sensor_msgs/msg/CompressedImage", COMPRESSED_IMAGE),
  };
}

/** Numbers in [0, 1) from a linear congruential generator (Numerical Recipes): the same in every run. */
function generator(): () => number {
  let state = 20260101;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function time(stampNs: bigint): { sec: number; nanosec: number } {
  return { sec: Number(stampNs / 1_000_000_000n), nanosec: Number(stampNs % 1_000_000_000n) };
}

function header(stampNs: bigint, frameId: string): unknown {
  return { stamp: time(stampNs), frame_id: frameId };
}

/** Level and at rest: gravity upwards, a little noise. */
function imu(stampNs: bigint, random: () => number): unknown {
  const noise = (): number => (random() - 0.5) * 0.02;
  const unknown = new Array<number>(9).fill(0);
  return {
    header: header(stampNs, "imu"),
    orientation: { x: 0, y: 0, z: 0, w: 1 },
    orientation_covariance: unknown,
    angular_velocity: { x: noise(), y: noise(), z: noise() },
    angular_velocity_covariance: unknown,
    linear_acceleration: { x: noise(), y: noise(), z: 9.81 + noise() },
    linear_acceleration_covariance: unknown,
  };
}

/** One turn of a 16-ring sensor in 100 ms, seen from the middle of a round room of 12 m. */
function sweep(stampNs: bigint, random: () => number): unknown {
  const data = new Uint8Array(POINTS * POINT_BYTES);
  const view = new DataView(data.buffer);
  for (let i = 0; i < POINTS; i++) {
    const turn = i / POINTS;
    const range = 12 + random() * 0.05;
    const at = i * POINT_BYTES;
    view.setFloat32(at, range * Math.cos(2 * Math.PI * turn), true);
    view.setFloat32(at + 4, range * Math.sin(2 * Math.PI * turn), true);
    view.setFloat32(at + 8, (i % 16) * 0.2 - 1.6, true);
    view.setFloat32(at + 12, Math.floor(random() * 256), true);
    view.setUint32(at + 16, Math.floor(turn * 100_000_000), true);
    view.setUint16(at + 20, i % 16, true);
  }
  const [uint16, uint32, float32] = [4, 6, 7];
  const fields = [
    ...["x", "y", "z", "intensity"].map((name, i) => ({ name, offset: 4 * i, datatype: float32, count: 1 })),
    { name: "t", offset: 16, datatype: uint32, count: 1 },
    { name: "ring", offset: 20, datatype: uint16, count: 1 },
  ];
  const shape = { height: 1, width: POINTS, is_bigendian: false, point_step: POINT_BYTES, row_step: POINTS * POINT_BYTES, is_dense: true };
  return { header: header(stampNs, "lidar"), ...shape, fields, data };
}

/** A grey noise image; stored, not compressed, so that no library's version changes a byte. https://www.w3.org/TR/png-3/ */
function png(random: () => number): Uint8Array<ArrayBuffer> {
  const rows = new Uint8Array((IMAGE.width + 1) * IMAGE.height);
  for (let i = 0; i < rows.length; i++) rows[i] = i % (IMAGE.width + 1) === 0 ? 0 : Math.floor(random() * 256);
  const shape = Buffer.alloc(13);
  shape.writeUInt32BE(IMAGE.width, 0);
  shape.writeUInt32BE(IMAGE.height, 4);
  shape[8] = 8;
  const chunk = (type: string, content: Uint8Array): Buffer => {
    const out = Buffer.alloc(content.length + 12);
    out.writeUInt32BE(content.length, 0);
    out.write(type, 4, "latin1");
    out.set(content, 8);
    out.writeUInt32BE(crc32(out.subarray(4, content.length + 8)), content.length + 8);
    return out;
  };
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return new Uint8Array(
    Buffer.concat([signature, chunk("IHDR", shape), chunk("IDAT", deflateSync(rows, { level: 0 })), chunk("IEND", Buffer.alloc(0))]),
  );
}

/** Two cars, one parked, one passing at 10 m/s. */
function scene(stampNs: bigint, frame: number): unknown {
  const { sec, nanosec } = time(stampNs);
  const car = (id: string, x: number, y: number): unknown => ({
    timestamp: { sec, nsec: nanosec },
    frame_id: "map",
    id,
    metadata: [{ key: "class", value: "car" }],
    cubes: [{ pose: { position: { x, y, z: 0.8 }, orientation: { x: 0, y: 0, z: 0, w: 1 } }, size: { x: 4.2, y: 1.8, z: 1.6 } }],
  });
  return { deletions: [], entities: [car("parked", 8, 4), car("passing", frame - 50, -3)] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const out = process.argv[2];
  if (!out) throw new TypeError("expected a path to write to");
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, await sampleRecording());
}
