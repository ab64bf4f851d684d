/** The payload walks against the field's own readers, over generated schemas and values. */
import { parse } from "@foxglove/rosmsg";
import { MessageReader as Ros1Reader, MessageWriter as Ros1Writer } from "@foxglove/rosmsg-serialization";
import { MessageReader as Ros2Reader, MessageWriter as Ros2Writer } from "@foxglove/rosmsg2-serialization";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RosCursor } from "../../../src/sources/messages/ros-cursor.ts";
import { compile } from "../../../src/sources/messages/ros-layout.ts";
import { ROS1 } from "../../../src/sources/messages/ros1.ts";
import { ROS2 } from "../../../src/sources/messages/ros2.ts";
import { decode, protoRoot, protoSchema, ros2Schema, writeProto } from "./harness.ts";

/** Every name is wanted. */
const EVERYTHING = { has: () => true } as unknown as ReadonlySet<string>;

const f32 = fc.float({ noNaN: true });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const i64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const int = (min: number, max: number) => fc.integer({ min, max });
const time = fc.record({ sec: int(0, 0x7fff_ffff), nsec: int(0, 999_999_999) }).map((t) => ({ ...t, nanosec: t.nsec }));

const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: int(-128, 127),
  uint8: int(0, 255),
  int16: int(-32768, 32767),
  uint16: int(0, 65535),
  int32: int(-(2 ** 31), 2 ** 31 - 1),
  uint32: int(0, 2 ** 32 - 1),
  int64: i64,
  uint64: u64,
  float32: f32,
  float64: fc.double({ noNaN: true }),
  time,
  duration: time,
  string: fc.string({ unit: "grapheme", maxLength: 9 }).filter((s) => !s.includes("\0")),
};

/** A definition and a value of it. Struct fields draw from `nested`, itself one such pair. */
interface Shape {
  readonly text: string;
  readonly value: fc.Arbitrary<Record<string, unknown>>;
}

const fields = (nested: Shape | null): fc.Arbitrary<Shape> =>
  fc
    .array(
      fc.tuple(fc.constantFrom(...Object.keys(VALUES), ...(nested ? ["a_msgs/N", "a_msgs/E"] : [])), fc.constantFrom("", "[]", "[2]")),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((list) => {
      const of = (type: string) => (type === "a_msgs/N" && nested ? nested.value : (VALUES[type] ?? fc.constant({})));
      const bounds = (array: string) => (array === "[2]" ? { minLength: 2, maxLength: 2 } : { maxLength: 4 });
      const values = list.map(([type, array], i) => [`f${i}`, array === "" ? of(type) : fc.array(of(type), bounds(array))] as const);
      return { text: list.map(([type, array], i) => `${type}${array} f${i}`).join("\n"), value: fc.record(Object.fromEntries(values)) };
    });

const message = fields(null)
  .chain((inner) => fields(inner).map((outer) => ({ inner, outer })))
  .chain(({ inner, outer }) => {
    const rule = `\n${"=".repeat(80)}\n`;
    const text = `${outer.text}${rule}MSG: a_msgs/N\n${inner.text}${rule}MSG: a_msgs/E\nint32 ONLY=1`;
    return outer.value.map((value) => ({ text, value }));
  });

/** The library's value as the cursor gives it: times in ns, bytes as bytes, and no lists of numbers, strings or times. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array || value instanceof Int8Array) return [...new Uint8Array(value.buffer, value.byteOffset, value.length)];
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === "boolean") && value.length > 0) return value.map(Number);
    return value.every((item) => typeof item === "object" && !("sec" in item)) && value.length > 0 ? value.map(plain) : undefined;
  }
  if (ArrayBuffer.isView(value) || typeof value !== "object" || value === null) return ArrayBuffer.isView(value) ? undefined : value;
  if ("sec" in value) {
    const { sec, nsec, nanosec } = value as { sec: number; nsec?: number; nanosec?: number };
    return BigInt(sec) * 1_000_000_000n + BigInt(nsec ?? nanosec ?? 0);
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

/** The cursor's value in the same form. Empty lists of any kind are left out: the library does not tell them apart. */
function walked(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.length > 0 ? value.map(walked) : undefined;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, walked(field)]));
}

const tidy = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : Array.isArray(v) && v.length === 0 ? undefined : v)),
  );

describe.each([1, 2] as const)("ROS %i", (version) => {
  const ros2 = version === 2;
  test("generated messages read as the library reads them", () => {
    fc.assert(
      fc.property(message, ({ text, value }) => {
        const definitions = parse(
          ros2 ? text.replace(/^(time|duration)/gm, (w) => `builtin_interfaces/${w === "time" ? "Time" : "Duration"}`) : text,
          { ros2 },
        );
        const payload = ros2 ? new Ros2Writer(definitions).writeMessage(value) : new Ros1Writer(definitions).writeMessage(value);
        const expected = ros2 ? new Ros2Reader(definitions).readMessage(payload) : new Ros1Reader(definitions).readMessage(payload);
        const form = (ros2 ? ROS2 : ROS1).formOf(payload);
        if (typeof form === "string") throw new Error(`expected a form, got ${form}`);
        const layout = compile(definitions, EVERYTHING, ros2 ? 1 : 0);
        const got = new RosCursor(payload, form).struct(layout);
        expect(tidy(walked(got))).toEqual(tidy(plain(expected)));
        // Stepping over a message ends where reading it ends: one byte less is too short for both.
        const skipAll = compile(definitions, new Set(), ros2 ? 1 : 0);
        expect(() => new RosCursor(payload, form).struct(skipAll)).not.toThrow();
        const short = payload.subarray(0, payload.length - 1);
        if (payload.length > form.origin) expect(() => new RosCursor(short, form).struct(skipAll)).toThrow("truncated");
      }),
      { numRuns: 300 },
    );
  });
});

// The string ends at 17 bytes after the header: CDR aligns the first number to 24, CDR 2 to 20.
test.each([
  ["CDR_BE", 0x00, 24],
  ["CDR_LE", 0x01, 24],
  ["CDR2_BE", 0x06, 20],
  ["CDR2_LE", 0x07, 20],
  ["PLAIN_CDR2_BE", 0x10, 20],
  ["PLAIN_CDR2_LE", 0x11, 20],
])("a pose in %s", (_, kind, start) => {
  const numbers = [1.5, -2.5, 3.5, 0, 0, 0.6, 0.8];
  const payload = new Uint8Array(4 + start + 8 * numbers.length);
  const view = new DataView(payload.buffer);
  const little = kind % 2 === 1;
  payload[1] = kind;
  view.setInt32(4, -3, little);
  view.setUint32(8, 5, little);
  view.setUint32(12, 5, little);
  payload.set(new TextEncoder().encode("maps"), 16);
  for (const [i, n] of numbers.entries()) view.setFloat64(4 + start + 8 * i, n, little);
  const outcome = decode(ros2Schema("geometry_msgs/PoseStamped"), payload);
  expect(outcome).toMatchObject({ reason: null, stampNs: -2_999_999_995n });
  expect([...(outcome.poses?.xyz ?? []), ...(outcome.poses?.quaternion ?? [])]).toEqual(numbers);
});

describe("protobuf scalars", () => {
  const types: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    double: fc.double({ noNaN: true, noDefaultInfinity: true }),
    float: fc.float({ noNaN: true, noDefaultInfinity: true }),
    int32: int(-(2 ** 31), 2 ** 31 - 1),
    uint32: int(0, 2 ** 32 - 1),
    sint32: int(-(2 ** 31), 2 ** 31 - 1),
    fixed32: int(0, 2 ** 32 - 1),
    sfixed32: int(-(2 ** 31), 2 ** 31 - 1),
    int64: i64.map(String),
    uint64: u64.map(String),
    sint64: i64.map(String),
    fixed64: u64.map(String),
    sfixed64: i64.map(String),
  };
  test.each(Object.entries(types))("%s", (type, values) => {
    const root = protoRoot(`syntax = "proto3"; package foxglove;
      message V { ${type} x = 1; ${type} y = 2; ${type} z = 300; }
      message Q { double x = 1; double y = 2; double z = 3; double w = 4; }
      message P { V position = 1; Q orientation = 2; }
      message PoseInFrame { repeated ${type} list = 1; P pose = 2; map<string, ${type}> named = 3; }`);
    const schema = protoSchema("foxglove.PoseInFrame", root);
    fc.assert(
      fc.property(fc.array(values, { minLength: 3, maxLength: 3 }), ([x, y, z]) => {
        const pose = { position: { x, y, z }, orientation: {} };
        const payload = writeProto("foxglove.PoseInFrame", { list: [x, y, z], pose, named: { x, y } }, root);
        const outcome = decode(schema, payload);
        expect(outcome.reason).toBeNull();
        expect([...(outcome.poses?.xyz ?? [])]).toEqual([x, y, z].map(Number));
      }),
      { numRuns: 60 },
    );
  });

  test("a submessage in two parts is merged", () => {
    const schema = protoSchema("foxglove.PoseInFrame");
    const orientation = { x: 0, y: 0, z: 0, w: 1 };
    const first = writeProto("foxglove.PoseInFrame", { pose: { position: { x: 1, y: 2 } } });
    const second = writeProto("foxglove.PoseInFrame", { pose: { position: { y: 5, z: 3 }, orientation } });
    expect([...(decode(schema, Uint8Array.of(...first, ...second)).poses?.xyz ?? [])]).toEqual([1, 5, 3]);
  });
});
