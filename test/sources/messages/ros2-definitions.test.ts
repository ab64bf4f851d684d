/** The built-in definitions against those of @foxglove/rosmsg-msgs-common, of every distribution that has them. */
import { parse } from "@foxglove/rosmsg";
import { ros2galactic, ros2humble, ros2iron, ros2jazzy } from "@foxglove/rosmsg-msgs-common";
import { MessageWriter } from "@foxglove/rosmsg2-serialization";
import { describe, expect, test } from "vitest";
import { ros2Definition } from "../../../src/sources/messages/ros2-definitions.ts";
import { rosbag2 } from "../../../src/sources/rosbag2/source.ts";
import { memoryInput } from "../../memory-input.ts";
import { type BagTopic, bagBytes } from "../db3-write.ts";
import { readAll } from "../read-all.ts";

type Definition = ReturnType<typeof parse>[number];

const BECOME_COLUMNS = [
  ...["sensor_msgs/PointCloud2", "sensor_msgs/Imu", "sensor_msgs/Image", "sensor_msgs/CompressedImage", "nav_msgs/Odometry"],
  ...["geometry_msgs/PoseStamped", "geometry_msgs/PoseWithCovarianceStamped", "geometry_msgs/TransformStamped", "tf2_msgs/TFMessage"],
];
const DISTRIBUTIONS = { ros2galactic, ros2humble, ros2iron, ros2jazzy } as unknown as Readonly<
  Record<string, Readonly<Record<string, Definition>>>
>;

const fields = ({ definitions }: Definition) =>
  definitions
    .filter(({ isConstant }) => isConstant !== true)
    .map(({ name, type, isArray, arrayLength }) => ({
      name,
      type: type.replace(/^builtin_interfaces\/(msg\/)?Time$/, "time"),
      isArray: isArray ?? false,
      arrayLength,
    }));

describe.each(Object.entries(DISTRIBUTIONS))("%s", (_, theirs) => {
  test.each(BECOME_COLUMNS)("%s, with all its parts", (type) => {
    const [root, ...parts] = parse(ros2Definition(type) ?? "", { ros2: true });
    for (const [name, own] of [[type, root] as const, ...parts.map((part) => [part.name ?? "", part] as const)]) {
      expect([name, own && fields(own)]).toEqual([name, fields(theirs[name] as Definition)]);
    }
    const used = [root, ...parts]
      .flatMap((one) => (one ? fields(one) : []))
      .filter(({ type }) => type.includes("/"))
      .map(({ type }) => type);
    expect(new Set(used)).toEqual(new Set(parts.map(({ name }) => name)));
  });

  test("what only its stamp is read of begins with its header", () => {
    const stamped = Object.keys(theirs).filter((type) => ros2Definition(type) !== null && !ros2Definition(type)?.startsWith("float64"));
    const known = stamped.filter((type) => ros2Definition(type)?.startsWith("std_msgs/Header header"));
    expect(known.length).toBeGreaterThan(25);
    for (const type of known) expect([type, theirs[type]?.definitions[0]?.type]).toEqual([type, "std_msgs/Header"]);
  });
});

test("unknown types, and names an object has by nature", () => {
  for (const name of ["vision_msgs/msg/Detection3DArray", "std_msgs/msg/String", "constructor/toString", "sensor_msgs", ""])
    expect(ros2Definition(name)).toBeNull();
});

test("messages of a bag without definitions become columns; without a known type they stay bytes", async () => {
  const stamp = { sec: 1_700_000_000, nanosec: 123_456_789 };
  const header = { stamp, frame_id: "base" };
  const vector = { x: 1, y: 2, z: 3 };
  const pose = { position: vector, orientation: { x: 0, y: 0, z: 0, w: 1 } };
  const bodies: Readonly<Record<string, object>> = {
    "sensor_msgs/msg/Imu": { header, angular_velocity: vector, linear_acceleration: { x: 4, y: 5, z: 6 } },
    "nav_msgs/msg/Odometry": { header, child_frame_id: "car", pose: { pose } },
    "tf2_msgs/msg/TFMessage": {
      transforms: [{ header, child_frame_id: "a", transform: { translation: vector, rotation: pose.orientation } }],
    },
    "sensor_msgs/msg/PointCloud2": {
      ...{ header, height: 1, width: 2, is_bigendian: false, point_step: 4, row_step: 8, data: new Uint8Array(8), is_dense: true },
      fields: [{ name: "x", offset: 0, datatype: 7, count: 1 }],
    },
    "sensor_msgs/msg/Image": { header, height: 2, width: 3, encoding: "mono8", is_bigendian: 0, step: 3, data: new Uint8Array(6) },
    "sensor_msgs/msg/NavSatFix": { header },
  };
  const topics: BagTopic[] = Object.keys(bodies).map((type, i) => ({ id: i + 1, name: type, type }));
  const messages = topics.map(({ id, type }) => {
    const definitions = parse(ros2Definition(type) ?? "", { ros2: true });
    return { topic: id, logNs: 5n, data: new MessageWriter(definitions).writeMessage(bodies[type]) };
  });
  topics.push({ id: 99, name: "/other", type: "acme_msgs/msg/Thing" });
  messages.push({ topic: 99, logNs: 6n, data: new Uint8Array(8) });
  const idl = { ...topics[0], id: 100, name: "/idl", definition: { encoding: "ros2idl", text: "module sensor_msgs {}" } } as BagTopic;
  const bytes = bagBytes([...topics, idl], [...messages, { ...messages[0], topic: 100 } as (typeof messages)[number]]);
  const { streams, damages } = await readAll(rosbag2, memoryInput("a.db3", { "a.db3": bytes }, { kind: "file" }));
  expect(damages).toEqual([]);
  expect(Object.values(streams).flatMap(({ malformed }) => malformed)).toEqual([]);
  const stampNs = 1_700_000_000_123_456_789n;
  for (const { name } of topics.slice(0, -1)) expect([name, streams[name]?.stampNs]).toEqual([name, [stampNs]]);
  for (const name of ["sensor_msgs/msg/Imu", "/idl"]) expect(streams[name]?.imu).toMatchObject([{ angular: [1, 2, 3], linear: [4, 5, 6] }]);
  for (const name of ["nav_msgs/msg/Odometry", "tf2_msgs/msg/TFMessage"])
    expect(streams[name]?.poses).toMatchObject([{ stampNs, xyz: [1, 2, 3] }]);
  expect(streams["sensor_msgs/msg/PointCloud2"]?.points).toMatchObject([{ count: 2, fields: ["x:f32@0"] }]);
  expect(streams["sensor_msgs/msg/Image"]?.images).toMatchObject([{ encoding: "mono8", width: 3, height: 2, bytes: 6 }]);
  expect(streams["/other"]?.info).toMatchObject({ kind: "bytes", stamps: "log" });
  expect(Object.values(streams).map(({ info }) => info.schema)).toEqual(Object.values(streams).map(() => undefined));
});
