/** Input that lies: a constant reason, never an exception, never memory by the count a message claims. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ColumnsBuilder } from "../../../src/columns/builder.ts";
import { messageDecoder } from "../../../src/sources/messages/decoders.ts";
import { IMAGE_REASON } from "../../../src/sources/messages/images.ts";
import type { ChannelSchema } from "../../../src/sources/messages/index.ts";
import { REASON } from "../../../src/sources/messages/message.ts";
import { POINT_REASON } from "../../../src/sources/messages/points.ts";
import type { Need } from "../../../src/types.ts";
import { VISION_OLD } from "./definitions.ts";
import { decode, jsonSchema, protoRoot, protoSchema, ros1Schema, ros2Schema, write1, write2, writeJson, writeProto } from "./harness.ts";

const stamp = { sec: 1, nsec: 2, nanosec: 2 };
const header = { seq: 1, stamp, frame_id: "lidar" };
const pose = { position: { x: 1, y: 2, z: 3 }, orientation: { x: 0, y: 0, z: 0, w: 1 } };
const size = { x: 4, y: 2, z: 1 };

const REASONS = new Set<string>([
  ...Object.values(REASON),
  ...Object.values(POINT_REASON),
  ...Object.values(IMAGE_REASON),
  "not plain CDR",
]);

describe("point clouds", () => {
  const field = { name: "x", offset: 0, datatype: 7, count: 1 };
  const cloud = {
    header,
    height: 1,
    width: 4,
    fields: [field],
    is_bigendian: false,
    point_step: 8,
    row_step: 32,
    data: new Uint8Array(32),
    is_dense: true,
  };

  test.each([
    ["shorter than claimed", { data: new Uint8Array(31) }, POINT_REASON.short],
    ["more points than bytes", { width: 5 }, POINT_REASON.short],
    ["width * height * point_step beyond 2^64", { width: 0xffff_ffff, height: 0xffff_ffff, point_step: 0xffff_ffff }, POINT_REASON.rowStep],
    ["the product is 2^32", { width: 0x1_0000, height: 0x1_0000, point_step: 8, row_step: 0x8_0000 }, POINT_REASON.short],
    ["row_step below a row", { width: 2, height: 2, row_step: 15 }, POINT_REASON.rowStep],
    ["padded rows beyond the data", { width: 1, height: 4, row_step: 9 }, POINT_REASON.short],
    [
      "as many rows as bytes",
      { width: 1, height: 70_000, point_step: 1, row_step: 2, fields: [], data: new Uint8Array(140_000) },
      POINT_REASON.rows,
    ],
    ["points of no bytes", { point_step: 0, row_step: 0, fields: [] }, POINT_REASON.short],
    ["a field beyond the point", { fields: [{ ...field, offset: 5 }] }, POINT_REASON.field],
    ["a field of many values beyond the point", { fields: [{ ...field, count: 3 }] }, POINT_REASON.field],
    ["a field of 2^32 values", { fields: [{ ...field, count: 0xffff_ffff }] }, POINT_REASON.field],
    ["a field at 2^32", { fields: [{ ...field, offset: 0xffff_ffff }] }, POINT_REASON.field],
    ["datatype 0", { fields: [{ ...field, datatype: 0 }] }, POINT_REASON.datatype],
    ["datatype 9", { fields: [{ ...field, datatype: 9 }] }, POINT_REASON.datatype],
  ])("%s", (_, change, reason) => {
    for (const [schema, write] of [
      [ros1Schema("sensor_msgs/PointCloud2"), write1] as const,
      [ros2Schema("sensor_msgs/PointCloud2"), write2] as const,
    ]) {
      const outcome = decode(schema, write(schema, { ...cloud, ...change }));
      expect(outcome.reason).toBe(reason);
      expect(outcome.points).toBeUndefined();
    }
  });

  test.each([
    ["a part of a point", { data: new Uint8Array(9) }, POINT_REASON.partial],
    ["stride 0 with data", { point_stride: 0, fields: [] }, POINT_REASON.partial],
    ["an unknown type", { fields: [{ name: "x", offset: 0, type: 0 }] }, POINT_REASON.datatype],
    ["a field beyond the point", { fields: [{ name: "x", offset: 1, type: 8 }] }, POINT_REASON.field],
  ])("foxglove: %s", (_, change, reason) => {
    const points = { point_stride: 8, fields: [{ name: "x", offset: 0, type: 8 }], data: new Uint8Array(16) };
    expect(decode(protoSchema("foxglove.PointCloud"), writeProto("foxglove.PointCloud", points)).reason).toBeNull();
    expect(decode(protoSchema("foxglove.PointCloud"), writeProto("foxglove.PointCloud", { ...points, ...change })).reason).toBe(reason);
  });

  test.each([
    ["big-endian", { is_bigendian: true }, 4],
    ["one point", { width: 1, row_step: 8, data: new Uint8Array(8) }, 1],
    ["no points in no bytes", { width: 0, row_step: 0, data: new Uint8Array(0) }, 0],
    ["no points of no size", { width: 0, height: 0, point_step: 0, row_step: 0, fields: [], data: new Uint8Array(0) }, 0],
    ["times that are NaN", { fields: [field, { ...field, name: "time", offset: 4 }], data: new Uint8Array(32).fill(0xff) }, 4],
    ["no fields at all", { fields: [] }, 4],
  ])("what is odd but whole is a cloud: %s", (_, change, count) => {
    for (const [schema, write] of [
      [ros1Schema("sensor_msgs/PointCloud2"), write1] as const,
      [ros2Schema("sensor_msgs/PointCloud2"), write2] as const,
    ]) {
      const { reason, points } = decode(schema, write(schema, { ...cloud, ...change }));
      expect([reason, points?.map((table) => [table.count, table.bigEndian])]).toEqual([null, [[count, "is_bigendian" in change]]]);
    }
  });

  test("a data length beyond the payload does not reach into what lies behind it", () => {
    for (const [schema, write] of [
      [ros1Schema("sensor_msgs/PointCloud2"), write1] as const,
      [ros2Schema("sensor_msgs/PointCloud2"), write2] as const,
    ]) {
      const payload = write(schema, { ...cloud, width: 5, data: new Uint8Array(32).fill(0x5a) });
      const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
      const at = payload.indexOf(0x5a) - 4;
      expect(view.getUint32(at, true)).toBe(32);
      view.setUint32(at, 40, true);
      expect(decode(schema, payload).reason).toBe(REASON.truncated);
    }
  });
});

test("an image shorter than its dimensions", () => {
  const image = { header, height: 2, width: 4, encoding: "mono8", is_bigendian: 0, step: 4, data: new Uint8Array(8) };
  const schema = ros2Schema("sensor_msgs/Image");
  expect(decode(schema, write2(schema, image)).reason).toBeNull();
  for (const change of [{ step: 5 }, { step: 0, width: 5 }, { height: 3 }, { height: 0xffff_ffff, step: 0xffff_ffff }]) {
    expect(decode(schema, write2(schema, { ...image, ...change })).reason).toBe(IMAGE_REASON.short);
  }
});

describe("counts", () => {
  const huge = [0xff, 0xff, 0xff, 0xff];
  test.each([
    ["ROS 1", ros1Schema("tf2_msgs/TFMessage"), huge],
    ["ROS 2", ros2Schema("tf2_msgs/TFMessage"), [0, 1, 0, 0, ...huge]],
  ])("a list of 2^32 in 20 bytes, %s", (_, schema, start) => {
    const payload = Uint8Array.of(...start, ...new Array<number>(20 - start.length).fill(0));
    expect(decode(schema, payload).reason).toBe(REASON.truncated);
  });

  test.each([1, 2] as const)("2^32 items without a byte each, ROS %i", (version) => {
    const more = {
      "a_msgs/Nothing": "int32 ONLY=1",
      "tf2_msgs/TFMessage": "a_msgs/Nothing[] none\na_msgs/Nothing[4000000000] also\na_msgs/Nothing[] transforms",
    };
    const schema = version === 1 ? ros1Schema("tf2_msgs/TFMessage", more) : ros2Schema("tf2_msgs/TFMessage", more);
    const payload = Uint8Array.of(...(version === 1 ? [] : [0, 1, 0, 0]), ...huge, ...huge, 0, 0, 0, 0);
    expect(decode(schema, payload).reason).toBe(version === 1 ? REASON.tooLarge : REASON.truncated);
  });

  test("many small items stay few objects", () => {
    const more = { "a_msgs/Tiny": "uint8 x", "tf2_msgs/TFMessage": "a_msgs/Tiny[] transforms" };
    const payload = new Uint8Array(2_000_004);
    new DataView(payload.buffer).setUint32(0, 2_000_000, true);
    expect(decode(ros1Schema("tf2_msgs/TFMessage", more), payload).reason).toBe(REASON.tooLarge);
    const root = protoRoot('syntax = "proto3"; package foxglove; message T {} message FrameTransforms { repeated T transforms = 1; }');
    const empties = Uint8Array.from({ length: 2_000_000 }, (_, i) => (i % 2 === 0 ? 0x0a : 0));
    expect(decode(protoSchema("foxglove.FrameTransforms", root), empties).reason).toBe(REASON.tooLarge);
  });

  test("fixed lists of fixed lists that multiply beyond any payload", () => {
    const more = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`a_msgs/L${i}`, i === 11 ? "uint8 x" : `a_msgs/L${i + 1}[1000] l`]),
    );
    const schema = ros2Schema("sensor_msgs/Imu", { ...more, "sensor_msgs/Imu": "std_msgs/Header header\na_msgs/L0 l" });
    expect(decode(schema, Uint8Array.of(0, 1, 0, 0, ...new Array<number>(100).fill(0))).reason).toBe(REASON.truncated);
  });
});

describe("schemas", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const ros2 = (text: string): ChannelSchema => ({ ...ros2Schema("sensor_msgs/Imu"), schemaData: bytes(text) });
  const recursive = `a_msgs/A a\n${"=".repeat(80)}\nMSG: a_msgs/A\na_msgs/A a`;
  test.each([
    ["garbage", ros2("\0\u00ff not a definition")],
    ["empty", ros2("")],
    ["comments only", ros2("# nothing\n\n")],
    ["a type without definition", ros2("std_msgs/Header header")],
    ["a recursive type", ros2(recursive)],
    ["a wide string", ros2("float64 x\nwstring w")],
    ["beyond a megabyte", ros2(`# ${"x".repeat(1 << 20)}\nfloat64 x`)],
    ["not a descriptor", { ...protoSchema("foxglove.PoseInFrame"), schemaData: bytes("not a descriptor") }],
    ["an empty descriptor", { ...protoSchema("foxglove.PoseInFrame"), schemaData: new Uint8Array(0) }],
    ["a descriptor without the message", { ...protoSchema("foxglove.PoseInFrame"), schemaName: "foxglove.Missing" }],
    ["ros2idl", { ...ros2Schema("sensor_msgs/Imu"), schemaEncoding: "ros2idl" }],
    ["an unknown encoding", { ...ros2Schema("sensor_msgs/Imu"), messageEncoding: "wrong_format" }],
    ["encodings that do not belong together", { ...ros2Schema("sensor_msgs/Imu"), messageEncoding: "ros1" }],
  ])("%s stays bytes", (_, schema) => {
    const decoder = messageDecoder(schema);
    expect(decoder).toMatchObject({ kind: "bytes", stamps: "log" });
    expect(decode(schema, new Uint8Array(64).fill(1))).toMatchObject({ stampNs: null, reason: null });
  });

  test("another layout under a known name says what is missing", () => {
    const schema = ros2Schema("sensor_msgs/Imu", { "sensor_msgs/Imu": "std_msgs/Header header\nfloat64 temperature" });
    expect(decode(schema, write2(schema, { header, temperature: 20 })).reason).toBe(REASON.missing);
  });

  test("an encapsulation that is not plain CDR", () => {
    const schema = ros2Schema("sensor_msgs/Imu");
    expect(decode(schema, Uint8Array.of(0, 3, 0, 0, ...new Array<number>(400).fill(0))).reason).toBe("not plain CDR");
    expect(decode(schema, Uint8Array.of(0, 1)).reason).toBe(REASON.truncated);
  });

  test("damaged descriptors never throw", () => {
    const { schemaData } = protoSchema("foxglove.SceneUpdate");
    fc.assert(
      fc.property(fc.nat(schemaData.length - 1), fc.nat(255), fc.nat(schemaData.length), (at, value, cut) => {
        const damaged = schemaData.slice(0, Math.max(cut, at + 1));
        damaged[at] = value;
        const schema = { ...protoSchema("foxglove.SceneUpdate"), schemaData: damaged };
        expect(decode(schema, new Uint8Array(40).fill(10)).reason ?? REASON.malformed).toSatisfy((reason: string) => REASONS.has(reason));
      }),
      { numRuns: 300 },
    );
  });
});

describe("protobuf", () => {
  const schema = protoSchema("foxglove.PoseInFrame");
  test.each([
    ["an unterminated varint", new Array<number>(12).fill(0xff), REASON.malformed],
    ["a varint cut short", [0x0a, 0x80], REASON.truncated],
    ["field number 0", [0x02, 0x00], REASON.malformed],
    ["a length beyond the payload", [0x12, 0x7f, 1, 2], REASON.truncated],
    ["a length of 2^63", [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], REASON.truncated],
    ["a length of 2^32 + 1", [0x12, 0x81, 0x80, 0x80, 0x80, 0x10, 0x20], REASON.truncated],
    ["wire type 7", [0x17], REASON.malformed],
    ["an end without a group", [0x14], REASON.malformed],
    ["a group without an end", [0x2b, 0x08, 0x01], REASON.truncated],
    ["nothing at all", [], REASON.missing],
  ])("%s", (_, payload, reason) => {
    expect(decode(schema, Uint8Array.from(payload)).reason).toBe(reason);
  });

  test("a field of another wire type is an unknown field", () => {
    const real = writeProto("foxglove.PoseInFrame", { pose });
    expect(decode(schema, Uint8Array.of(...real, 0x18, 0x05)).poses?.xyz).toEqual(Float64Array.of(1, 2, 3));
  });

  test("a hundred thousand nested groups", () => {
    const groups = Uint8Array.from({ length: 200_000 }, (_, i) => (i < 100_000 ? 0x2b : 0x2c));
    expect(decode(schema, groups).reason).toBe(REASON.missing);
  });

  test("a message that contains itself, deeper than any schema", () => {
    const root = protoRoot('syntax = "proto3"; package foxglove; message FrameTransforms { repeated FrameTransforms transforms = 1; }');
    let payload = new Uint8Array(0);
    for (let i = 0; i < 100; i++) {
      const length = payload.length < 128 ? [payload.length] : [(payload.length & 0x7f) | 0x80, payload.length >> 7];
      payload = Uint8Array.of(0x0a, ...length, ...payload);
    }
    expect(decode(protoSchema("foxglove.FrameTransforms", root), payload).reason).toBe(REASON.malformed);
  });
});

describe("JSON", () => {
  const schema = jsonSchema("foxglove.FrameTransforms");
  test.each([
    ["not JSON", "{", REASON.malformed],
    ["not an object", "[1]", REASON.malformed],
    ["null", "null", REASON.malformed],
    ["a list of nulls", '{"transforms":[null]}', REASON.missing],
    ["numbers as words", '{"transforms":[{"translation":{"x":"far","y":0,"z":0},"rotation":{"x":0,"y":0,"z":0,"w":1}}]}', REASON.missing],
    ["keys of the prototype", '{"__proto__":{"transforms":[]},"constructor":1}', REASON.missing],
  ])("%s", (_, text, reason) => {
    expect(decode(schema, new TextEncoder().encode(text)).reason).toBe(reason);
  });

  test("brackets nested a million deep", () => {
    const deep = new TextEncoder().encode("[".repeat(1_000_000));
    expect(decode(schema, deep)).toMatchObject({ stampNs: null, reason: REASON.malformed });
    const closed = new TextEncoder().encode(`{"transforms":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
    expect(decode(schema, closed).reason).toBe(REASON.missing);
  });

  test("bytes that are not UTF-8", () => {
    expect(decode(schema, Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)).reason).toBe(REASON.malformed);
  });

  test("more text than is worth parsing", () => {
    const decoder = messageDecoder(schema);
    const payload = new Uint8Array((64 << 20) + 1);
    expect(decoder.decode(payload, 0, 0, 0n, new Set<Need>(["poses"]), new ColumnsBuilder())).toBe(REASON.tooLarge);
  });

  test("numbers that JSON cannot write", () => {
    const text = '{"transforms":[{"translation":{"x":"NaN","y":"-Infinity","z":0},"rotation":{"x":0,"y":0,"z":0,"w":1}}]}';
    expect(decode(schema, new TextEncoder().encode(text)).poses?.xyz).toEqual(Float64Array.of(Number.NaN, Number.NEGATIVE_INFINITY, 0));
  });

  test("base64 of an impossible length", () => {
    const cloud = { point_stride: 4, fields: [], data: "AAAAA" };
    expect(decode(jsonSchema("foxglove.PointCloud"), writeJson(cloud)).reason).toBe(REASON.missing);
  });
});

describe("generated damage", () => {
  const cov = { covariance: new Float64Array(36) };
  const cloud = {
    ...{
      header,
      height: 2,
      width: 2,
      is_bigendian: false,
      point_step: 8,
      row_step: 16,
      data: new Uint8Array(32).fill(0xee),
      is_dense: true,
    },
    fields: [{ name: "x", offset: 0, datatype: 7, count: 1 }],
  };
  const transforms = [
    { header, child_frame_id: "a", transform: { translation: pose.position, rotation: pose.orientation } },
    { header, child_frame_id: "b", transform: { translation: pose.position, rotation: pose.orientation } },
  ];
  const source_cloud = cloud;
  const results = [{ id: 3n, score: 0.5, pose: { pose, ...cov } }];
  const detections = [{ header, results, bbox: { center: pose, size }, source_cloud, is_tracking: true, tracking_id: "17" }];
  const entity = { timestamp: stamp, id: "e", metadata: [{ key: "class", value: "car" }], cubes: [{ pose, size }] };
  const fields = [{ name: "x", offset: 0, type: 7 }];

  function both(name: string, message: object, more: Readonly<Record<string, string>> = {}): [string, ChannelSchema, Uint8Array][] {
    const one = ros1Schema(name, more);
    const two = ros2Schema(name, more);
    return [
      [`${name}, ROS 1`, one, write1(one, message)],
      [`${name}, ROS 2`, two, write2(two, message)],
    ];
  }
  const ros = [
    ...both("sensor_msgs/PointCloud2", cloud),
    ...both("tf2_msgs/TFMessage", { transforms }),
    ...both("vision_msgs/Detection3DArray", { header, detections }, VISION_OLD),
  ];
  const others: [string, ChannelSchema, Uint8Array][] = [
    ["SceneUpdate, protobuf", protoSchema("foxglove.SceneUpdate"), writeProto("foxglove.SceneUpdate", { entities: [entity, entity] })],
    [
      "PointCloud, protobuf",
      protoSchema("foxglove.PointCloud"),
      writeProto("foxglove.PointCloud", { point_stride: 8, fields, data: new Uint8Array(32) }),
    ],
    ["SceneUpdate, JSON", jsonSchema("foxglove.SceneUpdate"), writeJson({ entities: [entity, entity] })],
  ];

  test.each(ros)("%s cut anywhere is truncated and adds no rows", (_, schema, payload) => {
    // `is_dense` and the like at the end are not read, but belong to the message.
    for (let length = 0; length < payload.length; length++) {
      const outcome = decode(schema, payload.subarray(0, length));
      expect(outcome.reason).toBe(REASON.truncated);
      expect(outcome.points ?? outcome.poses ?? outcome.labels).toBeUndefined();
    }
    expect(decode(schema, payload).reason).toBeNull();
  });

  test.each([...ros, ...others])("%s with bytes changed and cut never throws", (_, schema, payload) => {
    const decoder = messageDecoder(schema);
    const place = fc.nat(payload.length - 1);
    const value = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255));
    fc.assert(
      fc.property(fc.array(fc.tuple(place, value), { minLength: 1, maxLength: 8 }), fc.nat(payload.length), (changes, cut) => {
        const damaged = payload.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        const outcome = decode(schema, cut % 3 === 0 ? damaged.subarray(0, cut) : damaged);
        expect(outcome.reason === null || REASONS.has(outcome.reason)).toBe(true);
        for (const table of outcome.points ?? []) {
          const start = (table.pointer ?? 0) - 4096;
          expect(start).toBeGreaterThanOrEqual(0);
          expect(start + table.count * table.stride).toBeLessThanOrEqual(damaged.length);
        }
      }),
      { numRuns: 400 },
    );
    expect(decoder.kind).not.toBe("bytes");
  });

  test("any bytes under any schema never throw", () => {
    const schemas = [...ros, ...others].map(([, schema]) => schema);
    fc.assert(
      fc.property(fc.constantFrom(...schemas), fc.uint8Array({ maxLength: 200 }), (schema, payload) => {
        const { reason } = decode(schema, payload);
        expect(reason === null || REASONS.has(reason)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
