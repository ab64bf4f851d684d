/** Published message definitions, comments and constants left out, as recorders store them beside the messages. */

const SEPARATOR = `\n${"=".repeat(80)}\n`;

/** The definitions a type is made of, by name in ROS 1 spelling. `time` is `builtin_interfaces/Time` in ROS 2. */
const ROS: Readonly<Record<string, string>> = {
  "std_msgs/Header": "SEQtime stamp\nstring frame_id",
  "geometry_msgs/Point": "float64 x\nfloat64 y\nfloat64 z",
  "geometry_msgs/Vector3": "float64 x\nfloat64 y\nfloat64 z",
  "geometry_msgs/Quaternion": "float64 x\nfloat64 y\nfloat64 z\nfloat64 w",
  "geometry_msgs/Pose": "geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation",
  "geometry_msgs/PoseWithCovariance": "geometry_msgs/Pose pose\nfloat64[36] covariance",
  "geometry_msgs/Twist": "geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular",
  "geometry_msgs/TwistWithCovariance": "geometry_msgs/Twist twist\nfloat64[36] covariance",
  "geometry_msgs/PoseStamped": "std_msgs/Header header\ngeometry_msgs/Pose pose",
  "geometry_msgs/PoseWithCovarianceStamped": "std_msgs/Header header\ngeometry_msgs/PoseWithCovariance pose",
  "geometry_msgs/Transform": "geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation",
  "geometry_msgs/TransformStamped": "std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/Transform transform",
  "geometry_msgs/Pose2D": "float64 x\nfloat64 y\nfloat64 theta",
  "tf2_msgs/TFMessage": "geometry_msgs/TransformStamped[] transforms",
  "tf/tfMessage": "geometry_msgs/TransformStamped[] transforms",
  "nav_msgs/Odometry":
    "std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/PoseWithCovariance pose\ngeometry_msgs/TwistWithCovariance twist",
  "sensor_msgs/Imu":
    "std_msgs/Header header\ngeometry_msgs/Quaternion orientation\nfloat64[9] orientation_covariance\n" +
    "geometry_msgs/Vector3 angular_velocity\nfloat64[9] angular_velocity_covariance\n" +
    "geometry_msgs/Vector3 linear_acceleration\nfloat64[9] linear_acceleration_covariance",
  "sensor_msgs/PointField": "uint8 INT8=1\nuint8 FLOAT64=8\nstring name\nuint32 offset\nuint8 datatype\nuint32 count",
  "sensor_msgs/PointCloud2":
    "std_msgs/Header header\nuint32 height\nuint32 width\nsensor_msgs/PointField[] fields\nbool is_bigendian\n" +
    "uint32 point_step\nuint32 row_step\nuint8[] data\nbool is_dense",
  "sensor_msgs/Image":
    "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data",
  "sensor_msgs/CompressedImage": "std_msgs/Header header\nstring format\nuint8[] data",
  "foxglove_msgs/PackedElementField": "uint8 UINT8=1\nstring name\nuint32 offset\nuint8 type",
  "foxglove_msgs/PointCloud":
    "time timestamp\nstring frame_id\ngeometry_msgs/Pose pose\nuint32 point_stride\nfoxglove_msgs/PackedElementField[] fields\nuint8[] data",
  "foxglove_msgs/PoseInFrame": "time timestamp\nstring frame_id\ngeometry_msgs/Pose pose",
  "foxglove_msgs/RawImage": "time timestamp\nstring frame_id\nuint32 width\nuint32 height\nstring encoding\nuint32 step\nuint8[] data",
  "foxglove_msgs/CompressedImage": "time timestamp\nstring frame_id\nuint8[] data\nstring format",
  "foxglove_msgs/FrameTransform":
    "time timestamp\nstring parent_frame_id\nstring child_frame_id\ngeometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation",
  "foxglove_msgs/FrameTransforms": "foxglove_msgs/FrameTransform[] transforms",
  "foxglove_msgs/KeyValuePair": "string key\nstring value",
  "foxglove_msgs/Color": "float64 r\nfloat64 g\nfloat64 b\nfloat64 a",
  "foxglove_msgs/CubePrimitive": "geometry_msgs/Pose pose\ngeometry_msgs/Vector3 size\nfoxglove_msgs/Color color",
  "foxglove_msgs/SceneEntityDeletion": "time timestamp\nuint8 type\nstring id",
  // Of its ten kinds of primitives only the cubes, and one list before them.
  "foxglove_msgs/SceneEntity":
    "time timestamp\nstring frame_id\nstring id\nduration lifetime\nbool frame_locked\nfoxglove_msgs/KeyValuePair[] metadata\n" +
    "foxglove_msgs/Color[] colors\nfoxglove_msgs/CubePrimitive[] cubes",
  "foxglove_msgs/SceneUpdate": "foxglove_msgs/SceneEntityDeletion[] deletions\nfoxglove_msgs/SceneEntity[] entities",
  "vision_msgs/BoundingBox3D": "geometry_msgs/Pose center\ngeometry_msgs/Vector3 size",
  "vision_msgs/Detection3DArray": "std_msgs/Header header\nvision_msgs/Detection3D[] detections",
  "vision_msgs/Detection2DArray": "std_msgs/Header header\nvision_msgs/Detection2D[] detections",
};

/** vision_msgs 4 (ROS 2 Humble and later). */
export const VISION_NEW: Readonly<Record<string, string>> = {
  "vision_msgs/ObjectHypothesis": "string class_id\nfloat64 score",
  "vision_msgs/ObjectHypothesisWithPose": "vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose",
  "vision_msgs/Detection3D":
    "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\nvision_msgs/BoundingBox3D bbox\nstring id",
  "vision_msgs/Point2D": "float64 x\nfloat64 y",
  "vision_msgs/Pose2D": "vision_msgs/Point2D position\nfloat64 theta",
  "vision_msgs/BoundingBox2D": "vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y",
  "vision_msgs/Detection2D":
    "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\nvision_msgs/BoundingBox2D bbox\nstring id",
};

/** vision_msgs 0 to 1 (ROS 1 and ROS 2 Foxy). */
export const VISION_OLD: Readonly<Record<string, string>> = {
  "vision_msgs/ObjectHypothesisWithPose": "int64 id\nfloat64 score\ngeometry_msgs/PoseWithCovariance pose",
  "vision_msgs/Detection3D":
    "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\nvision_msgs/BoundingBox3D bbox\n" +
    "sensor_msgs/PointCloud2 source_cloud\nbool is_tracking\nstring tracking_id",
  "vision_msgs/BoundingBox2D": "geometry_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y",
  "vision_msgs/Detection2D":
    "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\nvision_msgs/BoundingBox2D bbox\n" +
    "sensor_msgs/Image source_img\nbool is_tracking\nstring tracking_id",
};

/** The concatenated definition of `type` with everything it refers to. `more` adds or replaces definitions. */
export function rosDefinition(version: 1 | 2, type: string, more: Readonly<Record<string, string>> = {}): string {
  const all: Readonly<Record<string, string>> = { ...ROS, ...more };
  const seen = new Set<string>();
  const texts: string[] = [];
  function add(name: string): void {
    const text = all[name];
    if (text === undefined || seen.has(name)) return;
    seen.add(name);
    texts.push(seen.size === 1 ? text : `MSG: ${name}\n${text}`);
    for (const line of text.split("\n")) add((line.split(" ")[0] ?? "").replace(/\[.*$/, ""));
  }
  add(type);
  return texts
    .join(SEPARATOR)
    .replace("SEQ", version === 1 ? "uint32 seq\n" : "")
    .replace(/^(time|duration) /gm, (line, word: string) =>
      version === 1 ? line : `builtin_interfaces/${word === "time" ? "Time" : "Duration"} `,
    );
}

/** The .proto files of foxglove/schemas in one, without comments. */
export const FOXGLOVE_PROTO = `
syntax = "proto3";
package foxglove;
message Vector3 { double x = 1; double y = 2; double z = 3; }
message Quaternion { double x = 1; double y = 2; double z = 3; double w = 4; }
message Pose { foxglove.Vector3 position = 1; foxglove.Quaternion orientation = 2; }
message Color { double r = 1; double g = 2; double b = 3; double a = 4; }
message PackedElementField {
  enum NumericType { UNKNOWN = 0; UINT8 = 1; INT8 = 2; UINT16 = 3; INT16 = 4; UINT32 = 5; INT32 = 6; FLOAT32 = 7; FLOAT64 = 8; }
  string name = 1; fixed32 offset = 2; NumericType type = 3;
}
message PointCloud {
  google.protobuf.Timestamp timestamp = 1; string frame_id = 2; foxglove.Pose pose = 3; fixed32 point_stride = 4;
  repeated foxglove.PackedElementField fields = 5; bytes data = 6;
}
message PoseInFrame { google.protobuf.Timestamp timestamp = 1; string frame_id = 2; foxglove.Pose pose = 3; }
message RawImage {
  google.protobuf.Timestamp timestamp = 1; fixed32 width = 2; fixed32 height = 3; string encoding = 4; fixed32 step = 5;
  bytes data = 6; string frame_id = 7;
}
message CompressedImage { google.protobuf.Timestamp timestamp = 1; bytes data = 2; string format = 3; string frame_id = 4; }
message FrameTransform {
  google.protobuf.Timestamp timestamp = 1; string parent_frame_id = 2; string child_frame_id = 3;
  foxglove.Vector3 translation = 4; foxglove.Quaternion rotation = 5;
}
message FrameTransforms { repeated foxglove.FrameTransform transforms = 1; }
message KeyValuePair { string key = 1; string value = 2; }
message CubePrimitive { foxglove.Pose pose = 1; foxglove.Vector3 size = 2; foxglove.Color color = 3; }
message SceneEntityDeletion {
  enum Type { MATCHING_ID = 0; ALL = 1; }
  google.protobuf.Timestamp timestamp = 1; Type type = 2; string id = 3;
}
message SceneEntity {
  google.protobuf.Timestamp timestamp = 1; string frame_id = 2; string id = 3; google.protobuf.Duration lifetime = 4;
  bool frame_locked = 5; repeated foxglove.KeyValuePair metadata = 6; repeated foxglove.CubePrimitive cubes = 8;
}
message SceneUpdate { repeated foxglove.SceneEntityDeletion deletions = 1; repeated foxglove.SceneEntity entities = 2; }
message Log { google.protobuf.Timestamp timestamp = 1; int32 level = 2; string message = 3; }
`;
