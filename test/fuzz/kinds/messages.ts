/** Messages that become columns, in the four encodings: what MCAP and bags of the fuzzer hold. */

import { McapWriter } from "@mcap/core";
import { pngOf } from "../dialects/png.ts";
import {
  type ChannelSchema,
  jpegEncode,
  jsonSchema,
  MemoryWritable,
  protoSchema,
  ros1Schema,
  ros2Schema,
  VISION_NEW,
  write1,
  write2,
  writeJson,
  writeProto,
} from "../house.ts";
import { framesOf, IMAGE, SCENE_FRAMES, stampOf } from "./scene.ts";

export interface Topic {
  readonly topic: string;
  readonly schema: ChannelSchema;
  readonly messages: readonly { readonly timeNs: bigint; readonly data: Uint8Array }[];
}

type Encoding = "ros1" | "ros2" | "protobuf" | "json";

const FRAMES = framesOf((_, boxes) => boxes);
const zero = { x: 0, y: 0, z: 0 };
const upright = { x: 0, y: 0, z: 0, w: 1 };
const POINTS = 90;

/** A wall around the sensor, measured laser by laser. */
function points(frame: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(POINTS * 22));
  for (let i = 0; i < POINTS; i++) {
    const angle = (-2 * Math.PI * i) / POINTS;
    const at = 22 * i;
    for (const [k, value] of [12 * Math.cos(angle) + 0.02 * frame, 12 * Math.sin(angle), (i % 4) - 1, (i * 7) % 90].entries())
      view.setFloat32(at + 4 * k, value, true);
    view.setUint16(at + 16, i % 4, true);
    view.setUint32(at + 18, Math.round((1e8 * i) / POINTS), true);
  }
  return new Uint8Array(view.buffer);
}

const FIELDS = [
  ...["x", "y", "z", "intensity"].map((name, i) => ({ name, offset: 4 * i, datatype: 7, count: 1 })),
  ...[
    { name: "ring", offset: 16, datatype: 4, count: 1 },
    { name: "t", offset: 18, datatype: 6, count: 1 },
  ],
];

function grey(frame: number): (x: number, y: number) => number {
  return (x, y) => ((((x - frame) >> 3) + (y >> 3)) % 2 === 0 ? 60 : 180 + ((7 * x + 3 * y) % 40));
}

/** Pictures that come again in turn: the encoder takes its time. */
const PICTURES = 6;
const drawn = new Map<string, Uint8Array>();

export function image(frame: number, encoding: "png" | "jpeg"): Uint8Array {
  const key = `${encoding} ${frame % PICTURES}`;
  const picture = drawn.get(key) ?? draw(frame % PICTURES, encoding);
  drawn.set(key, picture);
  return picture;
}

function draw(frame: number, encoding: "png" | "jpeg"): Uint8Array {
  const at = grey(frame);
  if (encoding === "png") return pngOf(IMAGE.width, IMAGE.height, 1, at);
  const luma = Uint8Array.from({ length: IMAGE.width * IMAGE.height }, (_, i) => at(i % IMAGE.width, Math.floor(i / IMAGE.width)));
  return jpegEncode(luma, IMAGE.width, IMAGE.height, IMAGE.width, 70);
}

interface Written {
  readonly name: string;
  readonly topic: string;
  readonly hz: number;
  readonly body: (tick: number, frame: number) => Record<string, unknown>;
}

const ROS: readonly Written[] = [
  {
    ...{ name: "sensor_msgs/PointCloud2", topic: "/lidar", hz: 10 },
    body: (_, frame) => ({
      height: 1,
      width: POINTS,
      fields: FIELDS,
      is_bigendian: false,
      point_step: 22,
      row_step: 22 * POINTS,
      data: points(frame),
      is_dense: true,
    }),
  },
  {
    ...{ name: "sensor_msgs/Imu", topic: "/imu", hz: 50 },
    body: (tick) => ({
      ...{
        orientation: upright,
        orientation_covariance: new Float64Array(9),
        angular_velocity_covariance: new Float64Array(9),
        linear_acceleration_covariance: new Float64Array(9),
      },
      ...{ angular_velocity: { x: 0, y: 0, z: Math.sin(tick / 9) }, linear_acceleration: { x: Math.sin(tick / 5), y: 0, z: 9.81 } },
    }),
  },
  {
    ...{ name: "nav_msgs/Odometry", topic: "/odom", hz: 20 },
    body: (tick) => ({
      child_frame_id: "base",
      pose: { pose: { position: { x: tick / 4, y: Math.sin(tick / 9), z: 0 }, orientation: upright }, covariance: new Float64Array(36) },
      twist: { twist: { linear: zero, angular: zero }, covariance: new Float64Array(36) },
    }),
  },
  { name: "sensor_msgs/CompressedImage", topic: "/camera/png", hz: 10, body: (_, frame) => ({ format: "png", data: image(frame, "png") }) },
  {
    name: "sensor_msgs/CompressedImage",
    topic: "/camera/jpeg",
    hz: 10,
    body: (_, frame) => ({ format: "jpeg", data: image(frame, "jpeg") }),
  },
  {
    ...{ name: "tf2_msgs/TFMessage", topic: "/tf", hz: 10 },
    body: (tick, frame) => ({
      transforms: [
        {
          header: headerOf(stampOf(frame), "map"),
          child_frame_id: "base",
          transform: { translation: { x: tick, y: 0, z: 0 }, rotation: upright },
        },
      ],
    }),
  },
  {
    ...{ name: "vision_msgs/Detection3DArray", topic: "/boxes", hz: 10 },
    body: (_, frame) => ({
      detections: (FRAMES[frame] ?? []).map(({ track, class: name, box3d: [x, y, z, length, width, height] }) => ({
        header: headerOf(stampOf(frame), "base"),
        results: [
          {
            hypothesis: { class_id: name, score: 0.9 },
            pose: { pose: { position: zero, orientation: upright }, covariance: new Float64Array(36) },
          },
        ],
        bbox: { center: { position: { x, y, z }, orientation: upright }, size: { x: length, y: width, z: height } },
        id: track,
      })),
    }),
  },
];

const FOXGLOVE: readonly Written[] = [
  {
    ...{ name: "PointCloud", topic: "/lidar", hz: 10 },
    body: (_, frame) => ({
      frame_id: "lidar",
      pose: { position: zero, orientation: upright },
      point_stride: 22,
      fields: FIELDS.slice(0, 4).map(({ name, offset }) => ({ name, offset, type: 7 })),
      data: points(frame),
    }),
  },
  {
    name: "PoseInFrame",
    topic: "/pose",
    hz: 20,
    body: (tick) => ({ frame_id: "map", pose: { position: { x: tick / 4, y: Math.sin(tick / 9), z: 0 }, orientation: upright } }),
  },
  {
    name: "CompressedImage",
    topic: "/camera",
    hz: 10,
    body: (_, frame) => ({ frame_id: "camera", data: image(frame, frame < 10 ? "png" : "jpeg"), format: frame < 10 ? "png" : "jpeg" }),
  },
  {
    ...{ name: "RawImage", topic: "/raw", hz: 5 },
    body: (tick) => ({
      frame_id: "camera",
      width: 16,
      height: 8,
      encoding: "mono8",
      step: 16,
      data: Uint8Array.from({ length: 128 }, (_, i) => i + tick),
    }),
  },
  {
    ...{ name: "SceneUpdate", topic: "/scene", hz: 10 },
    body: (_, frame) => ({
      deletions: [],
      entities: (FRAMES[frame] ?? []).map(({ track, class: name, box3d: [x, y, z, length, width, height] }) => ({
        ...{ timestamp: {}, frame_id: "map", id: track, lifetime: {}, frame_locked: false, metadata: [{ key: "class", value: name }] },
        cubes: [
          {
            pose: { position: { x, y, z }, orientation: upright },
            size: { x: length, y: width, z: height },
            color: { r: 1, g: 0, b: 0, a: 1 },
          },
        ],
      })),
    }),
  },
];

function timeOf(ns: bigint): { readonly sec: number; readonly nsec: number; readonly nanosec: number } {
  const nsec = Number(ns % 1_000_000_000n);
  return { sec: Number(ns / 1_000_000_000n), nsec, nanosec: nsec };
}

function headerOf(ns: bigint, frameId: string): Record<string, unknown> {
  return { seq: 0, stamp: timeOf(ns), frame_id: frameId };
}

export function topicsIn(encoding: Encoding): readonly Topic[] {
  const list = encoding === "ros1" || encoding === "ros2" ? ROS : FOXGLOVE;
  return list.map(({ name, topic, hz, body }) => {
    const schema = schemaOf(encoding, name);
    const count = Math.round((SCENE_FRAMES * hz) / 10);
    const messages = Array.from({ length: count }, (_, tick) => {
      const timeNs = stampOf(0) + BigInt(Math.round((1e9 * tick) / hz));
      const frame = Math.min(SCENE_FRAMES - 1, Math.floor((10 * tick) / hz));
      return { timeNs, data: write(encoding, name, schema, timeNs, body(tick, frame)) };
    });
    return { topic, schema, messages };
  });
}

function schemaOf(encoding: Encoding, name: string): ChannelSchema {
  if (encoding === "ros1") return ros1Schema(name, VISION_NEW);
  if (encoding === "ros2") return ros2Schema(name, VISION_NEW);
  return encoding === "protobuf" ? protoSchema(`foxglove.${name}`) : jsonSchema(`foxglove.${name}`);
}

function write(encoding: Encoding, name: string, schema: ChannelSchema, ns: bigint, body: Record<string, unknown>): Uint8Array {
  const { sec, nsec } = timeOf(ns);
  if (encoding === "ros1") return write1(schema, { header: headerOf(ns, "base"), ...body });
  if (encoding === "ros2") return write2(schema, { header: headerOf(ns, "base"), ...body });
  if (encoding === "protobuf")
    return writeProto(`foxglove.${name}`, { timestamp: { seconds: sec, nanos: nsec }, ...stamped(body, { seconds: sec, nanos: nsec }) });
  return writeJson({ timestamp: { sec, nsec }, ...base64(stamped(body, { sec, nsec })) });
}

/** Entities of a scene carry its time. */
function stamped(body: Record<string, unknown>, timestamp: object): Record<string, unknown> {
  const { entities } = body;
  return Array.isArray(entities) ? { ...body, entities: entities.map((entity) => ({ ...entity, timestamp, lifetime: {} })) } : body;
}

function base64(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key, value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value]),
  );
}

/** All topics in one MCAP, in the order of their times. */
export async function mcapOf(
  topics: readonly Topic[],
  chunkSize: number,
  compress: (data: Uint8Array) => Uint8Array,
  compression: string,
): Promise<Uint8Array> {
  const writable = new MemoryWritable();
  const compressChunk = (data: Uint8Array): { compression: string; compressedData: Uint8Array } => ({
    compression,
    compressedData: compress(data.slice()),
  });
  const writer = new McapWriter({ writable, chunkSize, compressChunk });
  await writer.start({ profile: "", library: "fuzz" });
  const all: { readonly channelId: number; readonly timeNs: bigint; readonly data: Uint8Array; readonly sequence: number }[] = [];
  for (const { topic, schema, messages } of topics) {
    const { schemaName, schemaEncoding, schemaData, messageEncoding } = schema;
    const schemaId = await writer.registerSchema({ name: schemaName, encoding: schemaEncoding, data: schemaData });
    const channelId = await writer.registerChannel({ schemaId, topic, messageEncoding, metadata: new Map() });
    all.push(...messages.map((message, sequence) => ({ ...message, channelId, sequence })));
  }
  all.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : a.channelId - b.channelId));
  for (const { channelId, timeNs, data, sequence } of all) {
    await writer.addMessage({ channelId, sequence, logTime: timeNs, publishTime: timeNs, data });
  }
  await writer.end();
  return writable.bytes();
}
