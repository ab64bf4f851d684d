/** A measurement as the ROS 2 message it is recorded as. Plain objects; `@foxglove/rosmsg2-serialization` makes bytes of them. */

import { cos, sin } from "../../geometry/elementary.ts";
import type { CameraModel, ImuMeasurement, Label, LabelsMeasurement, Measurement, OdometryMeasurement, Rigid } from "../types.ts";
import { POINT_FIELDS, POINT_STRIDE } from "../types.ts";

/** A message's type and its fields. */
export interface RosMessage {
  readonly type: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** sensor_msgs/PointField */
const DATATYPE = { f32: 7, u32: 6, u16: 4 } as const;
const FIELDS = POINT_FIELDS.map(({ name, offset, type }) => ({ name, offset, datatype: DATATYPE[type], count: 1 }));

const NANOS = 1_000_000_000n;

export function messageOf(measurement: Measurement): RosMessage {
  const header = headerOf(measurement.stampNs, measurement.frameId);
  switch (measurement.kind) {
    case "points":
      return { type: "sensor_msgs/PointCloud2", value: { header, ...cloud(measurement.count, measurement.rows) } };
    case "imu":
      return { type: "sensor_msgs/Imu", value: { header, ...imu(measurement) } };
    case "odometry":
      return { type: "nav_msgs/Odometry", value: { header, ...odometry(measurement) } };
    case "fix":
      return {
        type: "sensor_msgs/NavSatFix",
        value: {
          header,
          status: { status: measurement.status, service: 1 },
          latitude: measurement.latitude,
          longitude: measurement.longitude,
          altitude: measurement.altitude,
          position_covariance: diagonal([1, 1, 2.25].map((share) => share * square(measurement.positionNoise))),
          position_covariance_type: measurement.status < 0 ? 0 : 2,
        },
      };
    case "speed":
      return {
        type: "geometry_msgs/TwistStamped",
        value: { header, twist: { linear: xyz([measurement.speed, 0, 0]), angular: xyz([0, 0, 0]) } },
      };
    case "transforms":
      return {
        type: "tf2_msgs/TFMessage",
        value: {
          transforms: measurement.transforms.map(({ stampNs, parent, child, pose }) => ({
            header: headerOf(stampNs, parent),
            child_frame_id: child,
            transform: { translation: xyz([pose.x, pose.y, pose.z]), rotation: rotation(pose) },
          })),
        },
      };
    case "image":
      return { type: "sensor_msgs/CompressedImage", value: { header, format: "jpeg", data: measurement.jpeg } };
    case "cameraInfo":
      return { type: "sensor_msgs/CameraInfo", value: { header, ...cameraInfo(measurement.model) } };
    case "labels":
      return labels(measurement, header);
  }
}

function cloud(count: number, rows: Uint8Array): RosMessage["value"] {
  return {
    height: 1,
    width: count,
    fields: FIELDS,
    is_bigendian: false,
    point_step: POINT_STRIDE,
    row_step: count * POINT_STRIDE,
    data: rows,
    is_dense: true,
  };
}

/** The IMU gives no orientation: -1 in the covariance says so (sensor_msgs/Imu). */
function imu(m: ImuMeasurement): RosMessage["value"] {
  return {
    orientation: { x: 0, y: 0, z: 0, w: 1 },
    orientation_covariance: diagonal([-1, 0, 0]),
    angular_velocity: xyz(m.angularVelocity),
    angular_velocity_covariance: diagonal(square(m.gyroNoise)),
    linear_acceleration: xyz(m.linearAcceleration),
    linear_acceleration_covariance: diagonal(square(m.accelerometerNoise)),
  };
}

function odometry(m: OdometryMeasurement): RosMessage["value"] {
  const position = square(m.positionNoise);
  const angle = square(m.angleNoise);
  return {
    child_frame_id: m.childFrameId,
    pose: { pose: poseOf(m.pose), covariance: diagonal([position, position, position, angle, angle, angle]) },
    twist: { twist: { linear: xyz(m.velocity), angular: xyz(m.angularVelocity) }, covariance: new Float64Array(36) },
  };
}

function cameraInfo(m: CameraModel): RosMessage["value"] {
  return {
    height: m.height,
    width: m.width,
    distortion_model: "plumb_bob",
    d: new Float64Array(5),
    k: Float64Array.of(m.fx, 0, m.cx, 0, m.fy, m.cy, 0, 0, 1),
    r: diagonal(1),
    p: Float64Array.of(m.fx, 0, m.cx, 0, 0, m.fy, m.cy, 0, 0, 0, 1, 0),
    binning_x: 0,
    binning_y: 0,
    roi: { x_offset: 0, y_offset: 0, height: 0, width: 0, do_rectify: false },
  };
}

function labels(m: LabelsMeasurement, header: RosMessage["value"]): RosMessage {
  switch (m.schema) {
    case "detections3d":
      return {
        type: "vision_msgs/Detection3DArray",
        value: { header, detections: m.labels.map((one) => detection(one, header, box3d(one))) },
      };
    case "detections2d":
      return {
        type: "vision_msgs/Detection2DArray",
        value: { header, detections: m.labels.map((one) => detection(one, header, box2d(one))) },
      };
    case "annotations":
      return { type: "plumbline_msgs/LabelArray", value: { header, labels: m.labels.map(annotation) } };
  }
}

function detection(label: Label, header: RosMessage["value"], bbox: RosMessage["value"] | null): RosMessage["value"] {
  if (bbox === null) throw new TypeError(`expected every label of a stream to have its box, got none for track ${label.track}`);
  const hypothesis = { class_id: label.class, score: label.score };
  const pose = label.box3d ? bbox["center"] : poseOf(IDENTITY);
  return { header, results: [{ hypothesis, pose: { pose, covariance: new Float64Array(36) } }], bbox, id: label.track };
}

function annotation(label: Label): RosMessage["value"] {
  const listed = (box: RosMessage["value"] | null): readonly unknown[] => (box === null ? [] : [box]);
  return {
    track: label.track,
    class_id: label.class,
    annotator: label.annotator,
    score: label.score,
    box_3d: listed(box3d(label)),
    box_2d: listed(box2d(label)),
    occlusion: label.occlusion,
    truncation: label.truncation,
    keyframe: label.keyframe,
    gold: label.gold,
    seconds_spent: label.seconds,
  };
}

function box3d({ box3d: box }: Label): RosMessage["value"] | null {
  if (!box) return null;
  const [x, y, z, length, width, height, yaw] = box;
  const orientation = { x: 0, y: 0, z: sin(yaw / 2), w: cos(yaw / 2) };
  return { center: { position: xyz([x, y, z]), orientation }, size: xyz([length, width, height]) };
}

function box2d({ box2d: box }: Label): RosMessage["value"] | null {
  if (!box) return null;
  const [left, top, right, bottom] = box;
  const position = { x: (left + right) / 2, y: (top + bottom) / 2 };
  return { center: { position, theta: 0 }, size_x: right - left, size_y: bottom - top };
}

const IDENTITY: Rigid = { x: 0, y: 0, z: 0, qx: 0, qy: 0, qz: 0, qw: 1 };

function poseOf(pose: Rigid): RosMessage["value"] {
  return { position: xyz([pose.x, pose.y, pose.z]), orientation: rotation(pose) };
}

function rotation(pose: Rigid): RosMessage["value"] {
  return { x: pose.qx, y: pose.qy, z: pose.qz, w: pose.qw };
}

function xyz([x, y, z]: readonly [number, number, number]): RosMessage["value"] {
  return { x, y, z };
}

/** Exact on every engine, which x ** 2 need not be. */
function square(x: number): number {
  return x * x;
}

/** A matrix of zeros but for its diagonal: 3 x 3 of one value, or n x n of n. */
function diagonal(values: number | readonly number[]): Float64Array {
  const list = typeof values === "number" ? [values, values, values] : values;
  const matrix = new Float64Array(list.length * list.length);
  for (const [i, value] of list.entries()) matrix[i * (list.length + 1)] = value;
  return matrix;
}

function headerOf(stampNs: bigint, frameId: string): RosMessage["value"] {
  // Rounded down, as a stamp before 1970 has its nanoseconds counted forward too.
  const nsec = ((stampNs % NANOS) + NANOS) % NANOS;
  return { stamp: { sec: Number((stampNs - nsec) / NANOS), nsec: Number(nsec) }, frame_id: frameId };
}
