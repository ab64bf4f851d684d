/** The message's own stamp, read without decoding the message. */
import { describe, expect, test } from "vitest";
import { messageDecoder } from "../../../src/sources/messages/decoders.ts";
import { rfc3339Ns, timeOf } from "../../../src/sources/messages/time.ts";
import { decode, jsonSchema, protoRoot, protoSchema, ros1Schema, ros2Schema, write1, write2, writeJson, writeProto } from "./harness.ts";

const stampOf = (schema: Parameters<typeof decode>[0], payload: Uint8Array): bigint | null => decode(schema, payload).stampNs;

describe("ROS", () => {
  const custom = { "my_msgs/Radar": "uint8 VERSION=3\nstd_msgs/Header head\nwstring note" };
  const at = (sec: number, nsec: number) => ({ seq: 9, stamp: { sec, nsec, nanosec: nsec }, frame_id: "" });

  test("a custom type whose first field is a header has a sensor stamp, even when the rest is not readable", () => {
    const schema = ros2Schema("my_msgs/Radar", custom);
    const header = write2(ros2Schema("std_msgs/Header"), at(12, 34));
    expect(decode(schema, header)).toMatchObject({ stampNs: 12_000_000_034n, reason: null, decoder: { kind: "bytes", stamps: "sensor" } });
    const one = ros1Schema("my_msgs/Radar", { "my_msgs/Radar": "std_msgs/Header head\nfloat64 range" });
    expect(stampOf(one, write1(one, { head: at(12, 34), range: 1 }))).toBe(12_000_000_034n);
  });

  test.each([
    ["stamp first", "time stamp\nstring text", 4],
    ["timestamp after fields of fixed size", "uint8 a\nfloat32[3] b\ntime timestamp", 20],
    ["stamp after an aligned 64-bit number", "float64 a\ntime stamp", 12],
    ["header after a 16-byte identifier", "uint8[16] id\nstd_msgs/Header header", 20],
  ])("%s", (_, text, offset) => {
    const schema = ros2Schema("my_msgs/A", { "my_msgs/A": text });
    const payload = new Uint8Array(64);
    payload[1] = 1;
    const view = new DataView(payload.buffer);
    view.setInt32(offset, -5, true);
    view.setUint32(offset + 4, 250_000_000, true);
    expect(stampOf(schema, payload)).toBe(-4_750_000_000n);
    expect(stampOf(schema, payload.subarray(0, offset + 7))).toBeNull();
    expect(stampOf(schema, payload.subarray(0, offset + 8))).toBe(-4_750_000_000n);
  });

  test.each([
    ["a clock is not a stamp", "time clock"],
    ["a stamp after a string has no fixed place", "string name\ntime stamp"],
    ["a stamp after a list has no fixed place", "uint8[] data\nstd_msgs/Header header"],
    ["a 64-bit stamp is not a ROS time", "uint64 timestamp"],
    ["CDR and CDR 2 place a stamp after an unaligned 64-bit number differently", "uint32 a\nfloat64 b\ntime stamp"],
    ["a list of stamps is not a stamp", "time[] stamp"],
  ])("%s", (_, text) => {
    const decoder = messageDecoder(ros2Schema("my_msgs/A", { "my_msgs/A": text }));
    expect(decoder.stamps).toBe("log");
    expect(decoder.stampNs(new Uint8Array(64).fill(1))).toBeNull();
  });

  test("seconds are signed in ROS 2 and unsigned in ROS 1", () => {
    const two = ros2Schema("std_msgs/Header");
    expect(stampOf(ros2Schema("my_msgs/A", { "my_msgs/A": "std_msgs/Header header" }), write2(two, at(-1, 5)))).toBe(-999_999_995n);
    const one = ros1Schema("my_msgs/A", { "my_msgs/A": "std_msgs/Header header" });
    expect(stampOf(one, write1(one, { header: at(0xffff_fffe, 5) }))).toBe(4_294_967_294_000_000_005n);
  });

  test("a stamp of zero is a stamp", () => {
    const schema = ros1Schema("my_msgs/A", { "my_msgs/A": "std_msgs/Header header" });
    expect(stampOf(schema, write1(schema, { header: at(0, 0) }))).toBe(0n);
  });

  test("the encapsulation byte decides endianness", () => {
    const schema = ros2Schema("my_msgs/A", { "my_msgs/A": "std_msgs/Header header" });
    const big = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 0);
    expect(stampOf(schema, big)).toBe(7_000_000_009n);
    big[1] = 1;
    expect(stampOf(schema, big)).toBe(0x0700_0000n * 1_000_000_000n + 0x0900_0000n);
    big[1] = 3;
    expect(stampOf(schema, big)).toBeNull();
  });

  test("constants before the header take no room", () => {
    const schema = ros2Schema("my_msgs/A", { "my_msgs/A": "int32 X=1\nstring Y=text\nstd_msgs/Header header" });
    expect(stampOf(schema, write2(schema, { header: at(3, 4) }))).toBe(3_000_000_004n);
  });
});

describe("protobuf", () => {
  const root = protoRoot(`syntax = "proto3"; package my;
    message Late { bytes bulk = 1; repeated double list = 2; google.protobuf.Timestamp timestamp = 300; }
    message Number { uint64 timestamp = 1; }
    message Many { repeated google.protobuf.Timestamp timestamp = 1; }
    message Tree { repeated my.Tree children = 1; google.protobuf.Timestamp timestamp = 2; }`);
  const schema = (name: string) => protoSchema(`my.${name}`, root);
  const payload = (name: string, message: Record<string, unknown>) => writeProto(`my.${name}`, message, root);

  test("behind bulk data", () => {
    const late = payload("Late", { bulk: new Uint8Array(5000).fill(0xff), list: [1, 2, 3], timestamp: { seconds: 1, nanos: 2 } });
    expect(decode(schema("Late"), late)).toMatchObject({ stampNs: 1_000_000_002n, decoder: { kind: "bytes", stamps: "sensor" } });
  });

  test("negative seconds, an empty timestamp, none", () => {
    expect(stampOf(schema("Late"), payload("Late", { timestamp: { seconds: -2, nanos: 500_000_000 } }))).toBe(-1_500_000_000n);
    expect(stampOf(schema("Late"), payload("Late", { timestamp: {} }))).toBe(0n);
    expect(stampOf(schema("Late"), payload("Late", { list: [1] }))).toBeNull();
  });

  test("of a child it is not the message's", () => {
    expect(stampOf(schema("Tree"), payload("Tree", { children: [{ timestamp: { seconds: 9 } }] }))).toBeNull();
  });

  test.each(["Number", "Many"])("%s has no Timestamp named timestamp", (name) => {
    expect(messageDecoder(schema(name)).stamps).toBe("log");
  });

  test("seconds beyond int64 nanoseconds are no stamp", () => {
    expect(stampOf(schema("Late"), payload("Late", { timestamp: { seconds: 9_300_000_000 } }))).toBeNull();
    expect(stampOf(schema("Late"), payload("Late", { timestamp: { seconds: 9_200_000_000 } }))).toBe(9_200_000_000_000_000_000n);
  });

  test("what stands before damage is found", () => {
    const late = payload("Late", { timestamp: { seconds: 1, nanos: 2 } });
    expect(stampOf(schema("Late"), Uint8Array.of(...late, 0x0a, 0x7f, 1))).toBe(1_000_000_002n);
    expect(stampOf(schema("Late"), Uint8Array.of(0x0a, 0x7f, 1, ...late))).toBeNull();
  });

  test("of two timestamps the last counts", () => {
    const one = payload("Late", { timestamp: { seconds: 1 } });
    const two = payload("Late", { timestamp: { seconds: 2 } });
    expect(stampOf(schema("Late"), Uint8Array.of(...one, ...two))).toBe(2_000_000_000n);
  });

  test("unknown groups are stepped over", () => {
    const late = payload("Late", { timestamp: { seconds: 1, nanos: 2 } });
    const group = [0x2b, 0x33, 0x08, 0x01, 0x34, 0x12, 0x01, 0x07, 0x2c];
    expect(stampOf(schema("Late"), Uint8Array.of(...group, ...late))).toBe(1_000_000_002n);
  });
});

describe("JSON", () => {
  const object = { type: "object" };
  const schema = (properties: object) => jsonSchema("Any", { type: "object", properties });

  test.each([
    [{ timestamp: { sec: 1, nsec: 2 } }, 1_000_000_002n],
    [{ timestamp: { sec: 1, nanosec: 2 } }, 1_000_000_002n],
    [{ timestamp: { secs: 1, nsecs: 2 } }, 1_000_000_002n],
    [{ timestamp: { seconds: "1", nanos: 2 } }, 1_000_000_002n],
    [{ timestamp: { sec: 0, nsec: 0 } }, 0n],
    [{ timestamp: "1970-01-01T00:00:01.000000002Z" }, 1_000_000_002n],
    [{ timestamp: 5 }, null],
    [{ timestamp: { sec: 1.5, nsec: 2 } }, null],
    [{ timestamp: null }, null],
    [{ timestamp: [] }, null],
    [{}, null],
    [[], null],
    [7, null],
  ])("%j", (message, expected) => {
    expect(stampOf(schema({ timestamp: object }), writeJson(message))).toBe(expected);
  });

  test("in a header", () => {
    const withHeader = schema({ header: { type: "object", properties: { stamp: object } } });
    expect(stampOf(withHeader, writeJson({ header: { stamp: { sec: 1, nanosec: 2 } } }))).toBe(1_000_000_002n);
  });

  test("only a schema, or a known name, promises one", () => {
    expect(messageDecoder(schema({ timestamp: object })).stamps).toBe("sensor");
    expect(messageDecoder(schema({ timestamp: { type: "number" } })).stamps).toBe("log");
    expect(messageDecoder(schema({ x: object })).stamps).toBe("log");
    expect(messageDecoder(jsonSchema("Any")).stamps).toBe("log");
    expect(messageDecoder(jsonSchema("foxglove.PoseInFrame")).stamps).toBe("sensor");
    expect(stampOf(jsonSchema("Any"), writeJson({ timestamp: { sec: 1, nsec: 2 } }))).toBeNull();
  });
});

describe("RFC 3339", () => {
  test.each([
    ["1970-01-01T00:00:00Z", 0n],
    ["1969-12-31T23:59:59.5Z", -500_000_000n],
    ["2024-02-29T12:34:56.123456789Z", 1_709_210_096_123_456_789n],
    ["2024-02-29T14:34:56.1234567899+02:00", 1_709_210_096_123_456_789n],
    ["2024-02-29t07:04:56.123456789-05:30", 1_709_210_096_123_456_789n],
    ["2016-12-31T23:59:60Z", 1_483_228_800_000_000_000n],
    ["0001-01-01T00:00:00Z", null],
    ["2023-02-29T12:34:56Z", null],
    ["2024-13-01T00:00:00Z", null],
    ["2024-01-01T24:00:00Z", null],
    ["2024-01-01T00:00:00", null],
    ["2024-01-01", null],
    ["", null],
  ])("%s is %s", (text, expected) => {
    expect(rfc3339Ns(text)).toBe(expected);
    expect(timeOf(text)).toBe(expected);
  });
});

describe("sensor types nobody can read", () => {
  const opaque = (schemaName: string, messageEncoding: string, schemaEncoding: string, text: string): string | undefined =>
    messageDecoder({ schemaName, messageEncoding, schemaEncoding, schemaData: new TextEncoder().encode(text) }).opaque;

  test.each([
    ["empty", "cdr", "ros2msg", ""],
    ["garbage", "cdr", "ros2msg", "\u0000 }{"],
    ["ros2idl", "cdr", "ros2idl", "module sensor_msgs {};"],
    ["garbage protobuf", "protobuf", "protobuf", "garbage"],
    ["too large", "cdr", "ros2msg", " ".repeat((1 << 20) + 1)],
    ["recursive", "ros1", "ros1msg", "sensor_msgs/Image a\n===\nMSG: sensor_msgs/Image\nsensor_msgs/Image a"],
  ])("%s", (_name, encoding, schemaEncoding, text) => {
    expect(opaque("sensor_msgs/Image", encoding, schemaEncoding, text)).toBe("schema not understood");
    expect(opaque("std_msgs/String", encoding, schemaEncoding, text)).toBe(undefined);
  });

  test("a schema that is understood is not opaque", () => {
    expect(opaque("foxglove.PoseInFrame", "json", "jsonschema", "")).toBe(undefined);
    expect(opaque("sensor_msgs/Image", "ros1", "ros1msg", "uint32 height\nuint8[] data")).toBe(undefined);
  });
});
