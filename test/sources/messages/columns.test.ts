/** Every schema that becomes columns, in every encoding it exists in, written by the field's own libraries. */
import { describe, expect, test } from "vitest";
import type { ChannelSchema } from "../../../src/sources/messages/index.ts";
import { VISION_NEW, VISION_OLD } from "./definitions.ts";
import {
  decode,
  FRAME,
  FRAME_NS,
  jsonSchema,
  type Outcome,
  protoSchema,
  ros1Schema,
  ros2Schema,
  write1,
  write2,
  writeJson,
  writeProto,
} from "./harness.ts";

const SEC = 1_700_000_001;
const NSEC = 234_567_891;
const NS = 1_700_000_001_234_567_891n;
const header1 = { seq: 5, stamp: { sec: SEC, nsec: NSEC }, frame_id: "odd" };
const header2 = { stamp: { sec: SEC, nanosec: NSEC }, frame_id: "odd" };
const timestampProto = { seconds: SEC, nanos: NSEC };

const position = { x: 1.5, y: -2.25, z: 3.125 };
const orientation = { x: 0.1, y: 0.2, z: 0.3, w: 0.9 };
const pose = { position, orientation };
const cov36 = { covariance: Float64Array.from({ length: 36 }, (_, i) => i) };

interface Case {
  readonly encoding: string;
  readonly schema: ChannelSchema;
  readonly payload: Uint8Array;
}

/** A ROS type written in both versions; `body` is the message without header or timestamp. */
function ros(name: string, body: object, more: Readonly<Record<string, string>> = {}): readonly Case[] {
  const one = ros1Schema(name, more);
  const two = ros2Schema(name, more);
  return [
    { encoding: "ROS 1", schema: one, payload: write1(one, { header: header1, timestamp: header1.stamp, ...body }) },
    { encoding: "ROS 2", schema: two, payload: write2(two, { header: header2, timestamp: header2.stamp, ...body }) },
  ];
}

/** A foxglove type in all its encodings; binary data as text in JSON. */
function foxglove(name: string, body: Record<string, unknown>): readonly Case[] {
  const text = (_: string, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value);
  const json = JSON.stringify({ timestamp: { sec: SEC, nsec: NSEC }, ...body }, text);
  return [
    ...ros(`foxglove_msgs/${name}`, body),
    {
      encoding: "protobuf",
      schema: protoSchema(`foxglove.${name}`),
      payload: writeProto(`foxglove.${name}`, { timestamp: timestampProto, ...body }),
    },
    { encoding: "JSON", schema: jsonSchema(`foxglove.${name}`), payload: new TextEncoder().encode(json) },
  ];
}

function each(name: string, cases: readonly Case[], expected: (outcome: Outcome, encoding: string) => void): void {
  test.each(cases)(`${name}, $encoding`, ({ encoding, schema, payload }) => {
    const outcome = decode(schema, payload);
    expect(outcome.reason).toBeNull();
    expect(outcome.decoder.stamps).toBe("sensor");
    expect(outcome.stampNs).toBe(NS);
    expected(outcome, encoding);
  });
}

describe("points", () => {
  const points = Uint8Array.from({ length: 6 * 20 }, (_, i) => (i * 37) % 251);
  const names = [
    ["x", 0, "f32"],
    ["y", 4, "f32"],
    ["z", 8, "f32"],
    ["intensity", 12, "u8"],
    ["ring", 13, "u16"],
    ["t", 16, "i32"],
  ] as const;
  const fields = names.map(([name, offset, type]) => ({ name, offset, type }));
  const rosTypes = ["i8", "u8", "i16", "u16", "i32", "u32", "f32", "f64"];
  const foxgloveTypes = ["u8", "i8", "u16", "i16", "u32", "i32", "f32", "f64"];

  const cloud = {
    height: 2,
    width: 3,
    fields: fields.map(({ name, offset, type }) => ({ name, offset, datatype: rosTypes.indexOf(type) + 1, count: 1 })),
    is_bigendian: false,
    point_step: 20,
    row_step: 60,
    data: points,
    is_dense: true,
  };

  each("sensor_msgs/PointCloud2", ros("sensor_msgs/PointCloud2", cloud), (outcome) => {
    expect(outcome.decoder.kind).toBe("points");
    expect(outcome.points).toEqual([
      { frame: FRAME, count: 6, stride: 20, bigEndian: false, fields, pointer: outcome.points?.[0]?.pointer },
    ]);
    expect(outcome.at(outcome.points?.[0]?.pointer, points.length)).toEqual([...points]);
  });

  each("big-endian points", ros("sensor_msgs/PointCloud2", { ...cloud, is_bigendian: true }), (outcome) => {
    expect(outcome.points?.[0]?.bigEndian).toBe(true);
  });

  test.each(rosTypes.map((type, i) => [type, i + 1] as const))("PointField type %s is datatype %i", (type, datatype) => {
    const schema = ros2Schema("sensor_msgs/PointCloud2");
    const one = { ...cloud, fields: [{ name: "v", offset: 8, datatype, count: 1 }] };
    expect(decode(schema, write2(schema, { header: header2, ...one })).points?.[0]?.fields).toEqual([{ name: "v", offset: 8, type }]);
  });

  test.each(foxgloveTypes.map((type, i) => [type, i + 1] as const))("PackedElementField type %s is %i", (type, number) => {
    const one = { point_stride: 20, fields: [{ name: "v", offset: 8, type: number }], data: points };
    const { points: tables } = decode(protoSchema("foxglove.PointCloud"), writeProto("foxglove.PointCloud", one));
    expect(tables?.[0]?.fields).toEqual([{ name: "v", offset: 8, type }]);
  });

  each(
    "foxglove.PointCloud",
    foxglove("PointCloud", {
      frame_id: "lidar",
      pose,
      point_stride: 20,
      fields: fields.map(({ name, offset, type }) => ({ name, offset, type: foxgloveTypes.indexOf(type) + 1 })),
      data: points,
    }),
    (outcome, encoding) => {
      const pointer = outcome.points?.[0]?.pointer;
      expect(outcome.points).toEqual([{ frame: FRAME, count: 6, stride: 20, bigEndian: false, fields, pointer }]);
      if (encoding === "JSON") expect(pointer).toBeNull();
      else expect(outcome.at(pointer, points.length)).toEqual([...points]);
    },
  );

  each("padded rows are one table each", ros("sensor_msgs/PointCloud2", { ...cloud, width: 2 }), (outcome) => {
    expect(outcome.points?.map((t) => [t.frame, t.count])).toEqual([
      [FRAME, 2],
      [FRAME, 2],
    ]);
    expect(outcome.at(outcome.points?.[1]?.pointer, 40)).toEqual([...points.subarray(60, 100)]);
  });

  each("a single row needs no row_step", ros("sensor_msgs/PointCloud2", { ...cloud, height: 1, width: 6, row_step: 0 }), (outcome) => {
    expect(outcome.points?.[0]?.count).toBe(6);
  });

  each("no points are a table without rows", ros("sensor_msgs/PointCloud2", { ...cloud, width: 0, row_step: 0, data: [] }), (outcome) => {
    expect(outcome.points?.map((t) => t.count)).toEqual([0]);
  });
});

describe("poses", () => {
  const row = (outcome: Outcome, stampNs: bigint): void => {
    expect(outcome.decoder.kind).toBe("pose");
    expect(outcome.poses).toEqual({
      count: 1,
      frame: Int32Array.of(FRAME),
      stampNs: BigInt64Array.of(stampNs),
      xyz: Float64Array.of(1.5, -2.25, 3.125),
      quaternion: Float64Array.of(0.1, 0.2, 0.3, 0.9),
    });
  };
  const twist = { twist: { linear: { x: 9, y: 9, z: 9 }, angular: { x: 9, y: 9, z: 9 } }, ...cov36 };
  each("nav_msgs/Odometry", ros("nav_msgs/Odometry", { child_frame_id: "base", pose: { pose, ...cov36 }, twist }), (o) => row(o, NS));
  each("geometry_msgs/PoseStamped", ros("geometry_msgs/PoseStamped", { pose }), (o) => row(o, NS));
  each("PoseWithCovarianceStamped", ros("geometry_msgs/PoseWithCovarianceStamped", { pose: { pose, ...cov36 } }), (o) => row(o, NS));
  const transform = { translation: position, rotation: orientation };
  each("TransformStamped", ros("geometry_msgs/TransformStamped", { child_frame_id: "c", transform }), (o) => row(o, NS));
  each("foxglove.PoseInFrame", foxglove("PoseInFrame", { frame_id: "map", pose }), (o) => row(o, NS));
  each("foxglove.FrameTransform", foxglove("FrameTransform", { parent_frame_id: "a", child_frame_id: "b", ...transform }), (o) =>
    row(o, NS),
  );

  const second = { translation: { x: 7, y: 8, z: 9 }, rotation: { x: 0, y: 0, z: 0, w: 1 } };
  const rows = (outcome: Outcome): void => {
    expect(outcome.poses?.stampNs).toEqual(BigInt64Array.of(NS, NS + 1n));
    expect(outcome.poses?.frame).toEqual(Int32Array.of(FRAME, FRAME));
    expect(outcome.poses?.xyz).toEqual(Float64Array.of(1.5, -2.25, 3.125, 7, 8, 9));
    expect(outcome.poses?.quaternion).toEqual(Float64Array.of(0.1, 0.2, 0.3, 0.9, 0, 0, 0, 1));
  };
  for (const name of ["tf2_msgs/TFMessage", "tf/tfMessage"]) {
    const items = (header: object, later: object) => ({
      transforms: [
        { header, child_frame_id: "b", transform },
        { header: { ...header, stamp: later }, child_frame_id: "c", transform: second },
      ],
    });
    const one = ros1Schema(name);
    const two = ros2Schema(name);
    const cases = [
      { encoding: "ROS 1", schema: one, payload: write1(one, items(header1, { sec: SEC, nsec: NSEC + 1 })) },
      { encoding: "ROS 2", schema: two, payload: write2(two, items(header2, { sec: SEC, nanosec: NSEC + 1 })) },
    ];
    each(name, cases, rows);
    test.each(cases)(`${name} without transforms has no stamp, $encoding`, ({ schema }) => {
      const empty = schema.messageEncoding === "ros1" ? write1(schema, { transforms: [] }) : write2(schema, { transforms: [] });
      expect(decode(schema, empty)).toMatchObject({ stampNs: null, reason: null });
    });
  }

  const both = (time: (plus: number) => object) => ({
    transforms: [
      { timestamp: time(0), parent_frame_id: "a", child_frame_id: "b", ...transform },
      { timestamp: time(1), parent_frame_id: "a", child_frame_id: "c", ...second },
    ],
  });
  const two = ros2Schema("foxglove_msgs/FrameTransforms");
  const frames: readonly Case[] = [
    {
      encoding: "ROS 2",
      schema: two,
      payload: write2(
        two,
        both((plus) => ({ sec: SEC, nanosec: NSEC + plus })),
      ),
    },
    {
      encoding: "protobuf",
      schema: protoSchema("foxglove.FrameTransforms"),
      payload: writeProto(
        "foxglove.FrameTransforms",
        both((plus) => ({ seconds: SEC, nanos: NSEC + plus })),
      ),
    },
    {
      encoding: "JSON",
      schema: jsonSchema("foxglove.FrameTransforms"),
      payload: writeJson(both((plus) => ({ sec: SEC, nsec: NSEC + plus }))),
    },
  ];
  each("foxglove.FrameTransforms", frames, rows);

  test("a message without a stamp gets its frame's", () => {
    const outcome = decode(protoSchema("foxglove.PoseInFrame"), writeProto("foxglove.PoseInFrame", { pose }));
    expect(outcome.stampNs).toBeNull();
    row(outcome, FRAME_NS);
  });
});

describe("imu", () => {
  const cov = Float64Array.from({ length: 9 }, () => 4);
  const imu = {
    orientation,
    orientation_covariance: cov,
    angular_velocity: { x: 0.01, y: 0.02, z: -0.03 },
    angular_velocity_covariance: cov,
    linear_acceleration: { x: 0.5, y: -0.25, z: 9.81 },
    linear_acceleration_covariance: cov,
  };
  each("sensor_msgs/Imu", ros("sensor_msgs/Imu", imu), (outcome) => {
    expect(outcome.decoder.kind).toBe("imu");
    expect(outcome.imu).toEqual({
      count: 1,
      frame: Int32Array.of(FRAME),
      stampNs: BigInt64Array.of(NS),
      angularVelocity: Float64Array.of(0.01, 0.02, -0.03),
      linearAcceleration: Float64Array.of(0.5, -0.25, 9.81),
    });
  });
});

describe("images", () => {
  const data = Uint8Array.from({ length: 24 }, (_, i) => 200 + i);
  const raw = { height: 2, width: 4, encoding: "rgb8", is_bigendian: 0, step: 12, data };
  const check = (outcome: Outcome, encoding: string, image: object): void => {
    const pointer = outcome.images?.[0]?.pointer;
    expect(outcome.decoder.kind).toBe("image");
    expect(outcome.images).toEqual([{ frame: FRAME, pointer, bytes: 24, ...image }]);
    if (encoding === "JSON") expect(pointer).toBeNull();
    else expect(outcome.at(pointer, 24)).toEqual([...data]);
  };
  each("sensor_msgs/Image", ros("sensor_msgs/Image", raw), (o, e) => check(o, e, { encoding: "rgb8", width: 4, height: 2, step: 12 }));
  each("foxglove.RawImage", foxglove("RawImage", { frame_id: "c", ...raw }), (o, e) =>
    check(o, e, { encoding: "rgb8", width: 4, height: 2, step: 12 }),
  );
  const unknown = { width: null, height: null };
  each("sensor_msgs/CompressedImage", ros("sensor_msgs/CompressedImage", { format: "rgb8; jpeg compressed bgr8", data }), (o, e) =>
    check(o, e, { encoding: "jpeg", ...unknown }),
  );
  each("foxglove.CompressedImage", foxglove("CompressedImage", { frame_id: "c", format: "png", data }), (o, e) =>
    check(o, e, { encoding: "png", ...unknown }),
  );
  test.each([
    ["32FC1; compressedDepth png", [], "compressedDepth"],
    ["JPG", [], "jpeg"],
    ["webp", [], "webp"],
    ["", [0xff, 0xd8, 0xff, 0xe0], "jpeg"],
    ["", [0x89, 0x50, 0x4e, 0x47], "png"],
    ["", [1, 2, 3], ""],
  ])("format %j with data %j is %j", (format, bytes, encoding) => {
    const schema = ros2Schema("sensor_msgs/CompressedImage");
    const outcome = decode(schema, write2(schema, { header: header2, format, data: Uint8Array.from(bytes) }));
    expect(outcome.images?.[0]?.encoding).toBe(encoding);
  });
});

describe("labels", () => {
  const size = { x: 4.5, y: 1.75, z: 1.5 };
  /** A heading of 30 degrees. */
  const turned = { position, orientation: { x: 0, y: 0, z: Math.sin(Math.PI / 12), w: Math.cos(Math.PI / 12) } };
  const withPose = { pose: { pose, ...cov36 } };
  const box3d = (outcome: Outcome, row: number): number[] => [...(outcome.labels?.box3d.subarray(7 * row, 7 * row + 7) ?? [])];

  function rows3d(outcome: Outcome): void {
    expect(outcome.decoder.kind).toBe("labels");
    expect(outcome.labels).toMatchObject({ count: 2, frame: Int32Array.of(FRAME, FRAME), tracks: ["17"], track: Int32Array.of(0, -1) });
    expect(outcome.labels?.confidence).toEqual(Float64Array.of(0.75, Number.NaN));
    expect(box3d(outcome, 0).slice(0, 6)).toEqual([1.5, -2.25, 3.125, 4.5, 1.75, 1.5]);
    expect(box3d(outcome, 0)[6]).toBeCloseTo(Math.PI / 6, 12);
    expect(outcome.labels?.box2d).toEqual(new Float64Array(0));
  }

  const bbox = { center: turned, size };
  const hypotheses = [
    { hypothesis: { class_id: "truck", score: 0.2 }, ...withPose },
    { hypothesis: { class_id: "car", score: 0.75 }, ...withPose },
  ];
  const newer = [
    { header: header2, results: hypotheses, bbox, id: "17" },
    { header: header2, results: [], bbox, id: "" },
  ];
  each("Detection3DArray, newer layout", ros("vision_msgs/Detection3DArray", { detections: newer }, VISION_NEW), (outcome) => {
    rows3d(outcome);
    expect(outcome.labels?.classes).toEqual(["car", "unknown"]);
  });

  const header = { ...header1, stamp: { sec: SEC, nsec: NSEC, nanosec: NSEC } };
  const source_cloud = {
    header,
    height: 0,
    width: 0,
    fields: [],
    is_bigendian: false,
    point_step: 0,
    row_step: 0,
    data: [9, 9, 9],
    is_dense: true,
  };
  const source_img = { header, height: 0, width: 0, encoding: "", is_bigendian: 0, step: 0, data: [9, 9] };
  const fixedFields = { header, source_cloud, source_img };
  const ids = [
    { id: 3n, score: 0.75, ...withPose },
    { id: 4n, score: 0.25, ...withPose },
  ];
  const older = [
    { ...fixedFields, results: ids, bbox, is_tracking: true, tracking_id: "17" },
    { ...fixedFields, results: [], bbox, is_tracking: false, tracking_id: "stale" },
  ];
  each("Detection3DArray, older layout", ros("vision_msgs/Detection3DArray", { detections: older }, VISION_OLD), (outcome) => {
    rows3d(outcome);
    expect(outcome.labels?.classes).toEqual(["3", "unknown"]);
  });

  const rows2d = (outcome: Outcome): void => {
    expect(outcome.labels?.box2d.subarray(0, 4)).toEqual(Float64Array.of(80, 45, 120, 55));
    expect(outcome.labels?.box2d[4]).toBeCloseTo(100 - 5, 9);
    expect(outcome.labels?.box2d[5]).toBeCloseTo(50 - 20, 9);
    expect(outcome.labels?.box2d.subarray(8, 12)).toEqual(Float64Array.of(120, 45, 80, 55));
    expect(outcome.labels?.box3d).toEqual(new Float64Array(0));
    expect(outcome.labels?.tracks).toEqual(["17"]);
  };
  const detections = (center: (theta: number) => object, rest: object, results: object) =>
    [
      { center: center(0), size_x: 40, size_y: 10 },
      { center: center(Math.PI / 2), size_x: 40, size_y: 10 },
      { center: center(0), size_x: -40, size_y: 10 },
    ].map((box) => ({ header: header2, ...rest, results, bbox: box }));
  each(
    "Detection2DArray, newer layout",
    ros(
      "vision_msgs/Detection2DArray",
      { detections: detections((theta) => ({ position: { x: 100, y: 50 }, theta }), { id: "17" }, hypotheses) },
      VISION_NEW,
    ),
    rows2d,
  );
  each(
    "Detection2DArray, older layout",
    ros(
      "vision_msgs/Detection2DArray",
      { detections: detections((theta) => ({ x: 100, y: 50, theta }), { ...fixedFields, is_tracking: true, tracking_id: "17" }, ids) },
      VISION_OLD,
    ),
    rows2d,
  );

  const scene = (time: object) => ({
    deletions: [],
    entities: [
      {
        timestamp: time,
        frame_id: "map",
        id: "car-1",
        lifetime: {},
        frame_locked: true,
        colors: [{ r: 1, g: 1, b: 1, a: 1 }],
        metadata: [
          { key: "color", value: "red" },
          { key: "category", value: "vehicle" },
          { key: "class", value: "car" },
        ],
        cubes: [{ pose: turned, size, color: { r: 1, g: 0, b: 0, a: 1 } }],
      },
      {
        timestamp: time,
        frame_id: "map",
        id: "",
        lifetime: {},
        frame_locked: false,
        colors: [],
        metadata: [],
        cubes: [
          { pose, size, color: { r: 1, g: 0, b: 0, a: 1 } },
          { pose: turned, size, color: { r: 1, g: 0, b: 0, a: 1 } },
        ],
      },
    ],
  });
  const scene1 = ros1Schema("foxglove_msgs/SceneUpdate");
  const scene2 = ros2Schema("foxglove_msgs/SceneUpdate");
  const scenes: readonly Case[] = [
    { encoding: "ROS 1", schema: scene1, payload: write1(scene1, scene({ sec: SEC, nsec: NSEC })) },
    { encoding: "ROS 2", schema: scene2, payload: write2(scene2, scene({ sec: SEC, nanosec: NSEC })) },
    {
      encoding: "protobuf",
      schema: protoSchema("foxglove.SceneUpdate"),
      payload: writeProto("foxglove.SceneUpdate", scene(timestampProto)),
    },
    {
      encoding: "JSON",
      schema: jsonSchema("foxglove.SceneUpdate"),
      payload: writeJson(scene({ sec: SEC, nsec: NSEC })),
    },
  ];
  each("foxglove.SceneUpdate", scenes, (outcome) => {
    expect(outcome.decoder.kind).toBe("labels");
    expect(outcome.labels).toMatchObject({
      count: 3,
      tracks: ["car-1"],
      track: Int32Array.of(0, -1, -1),
      classes: ["car", "unknown"],
      class: Int32Array.of(0, 1, 1),
    });
    expect(box3d(outcome, 0).slice(0, 6)).toEqual([1.5, -2.25, 3.125, 4.5, 1.75, 1.5]);
    expect(box3d(outcome, 0)[6]).toBeCloseTo(Math.PI / 6, 12);
    expect(box3d(outcome, 1)[6]).toBeCloseTo(Math.atan2(2 * (0.9 * 0.3 + 0.1 * 0.2), 1 - 2 * (0.04 + 0.09)), 12);
  });

  test("a scene update that only deletes has the deletion's stamp", () => {
    const deletion = { deletions: [{ timestamp: { sec: SEC, nsec: NSEC }, type: 0, id: "car-1" }], entities: [] };
    expect(decode(scene1, write1(scene1, deletion)).stampNs).toBe(NS);
    const proto = { deletions: [{ timestamp: timestampProto, type: 0, id: "car-1" }] };
    expect(decode(protoSchema("foxglove.SceneUpdate"), writeProto("foxglove.SceneUpdate", proto)).stampNs).toBe(NS);
  });
});

test("columns nobody needs are not made", () => {
  const schema = ros2Schema("geometry_msgs/PoseStamped");
  const payload = write2(schema, { header: header2, pose });
  expect(decode(schema, payload, new Set(["frames", "points"])).poses).toBeUndefined();
});
