/** The message definitions of the sample recording, as ROS 2 writes them into an MCAP. */

const LINE = "=".repeat(80);

/** A definition and those it refers to, joined as the `ros2msg` schema encoding asks. */
function join(own: string, ...others: readonly (readonly [string, string])[]): string {
  return [own, ...others.map(([name, text]) => `MSG: ${name}\n${text}`)].join(`\n${LINE}\n`);
}

const HEADER = ["std_msgs/Header", "builtin_interfaces/Time stamp\nstring frame_id"] as const;
const TIME = ["builtin_interfaces/Time", "int32 sec\nuint32 nanosec"] as const;

/** sensor_msgs/msg/PointCloud2 */
export const POINT_CLOUD = join(
  `std_msgs/Header header
uint32 height
uint32 width
sensor_msgs/PointField[] fields
bool is_bigendian
uint32 point_step
uint32 row_step
uint8[] data
bool is_dense`,
  ["sensor_msgs/PointField", "string name\nuint32 offset\nuint8 datatype\nuint32 count"],
  HEADER,
  TIME,
);

/** sensor_msgs/msg/Imu */
export const IMU = join(
  `std_msgs/Header header
geometry_msgs/Quaternion orientation
float64[9] orientation_covariance
geometry_msgs/Vector3 angular_velocity
float64[9] angular_velocity_covariance
geometry_msgs/Vector3 linear_acceleration
float64[9] linear_acceleration_covariance`,
  ["geometry_msgs/Quaternion", "float64 x\nfloat64 y\nfloat64 z\nfloat64 w"],
  ["geometry_msgs/Vector3", "float64 x\nfloat64 y\nfloat64 z"],
  HEADER,
  TIME,
);

/** sensor_msgs/msg/CompressedImage */
export const COMPRESSED_IMAGE = join("std_msgs/Header header\nstring format\nuint8[] data", HEADER, TIME);

/** foxglove.SceneUpdate, as a JSON schema: the reader goes by the name, so the fields are only named. */
export const SCENE_UPDATE = JSON.stringify({
  title: "foxglove.SceneUpdate",
  type: "object",
  properties: { deletions: { type: "array" }, entities: { type: "array" } },
});
