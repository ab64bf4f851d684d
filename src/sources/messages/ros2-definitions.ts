/**
 * Definitions of well-known ROS 2 messages, for bags from before Iron (2023), which carry none. All are as in
 * https://github.com/ros2/common_interfaces since Dashing (2019). vision_msgs has changed since: without a definition it stays bytes.
 */

const STAMPED = "std_msgs/Header header";

const FIELDS: ReadonlyMap<string, string> = new Map([
  ["std_msgs/Header", "builtin_interfaces/Time stamp\nstring frame_id"],
  ["geometry_msgs/Point", "float64 x\nfloat64 y\nfloat64 z"],
  ["geometry_msgs/Vector3", "float64 x\nfloat64 y\nfloat64 z"],
  ["geometry_msgs/Quaternion", "float64 x\nfloat64 y\nfloat64 z\nfloat64 w"],
  ["geometry_msgs/Pose", "geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation"],
  ["geometry_msgs/PoseWithCovariance", "geometry_msgs/Pose pose\nfloat64[36] covariance"],
  ["geometry_msgs/Twist", "geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular"],
  ["geometry_msgs/TwistWithCovariance", "geometry_msgs/Twist twist\nfloat64[36] covariance"],
  ["geometry_msgs/Transform", "geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation"],
  ["geometry_msgs/PoseStamped", `${STAMPED}\ngeometry_msgs/Pose pose`],
  ["geometry_msgs/PoseWithCovarianceStamped", `${STAMPED}\ngeometry_msgs/PoseWithCovariance pose`],
  ["geometry_msgs/TransformStamped", `${STAMPED}\nstring child_frame_id\ngeometry_msgs/Transform transform`],
  ["tf2_msgs/TFMessage", "geometry_msgs/TransformStamped[] transforms"],
  [
    "nav_msgs/Odometry",
    `${STAMPED}\nstring child_frame_id\ngeometry_msgs/PoseWithCovariance pose\ngeometry_msgs/TwistWithCovariance twist`,
  ],
  [
    "sensor_msgs/Imu",
    `${STAMPED}\ngeometry_msgs/Quaternion orientation\nfloat64[9] orientation_covariance
geometry_msgs/Vector3 angular_velocity\nfloat64[9] angular_velocity_covariance
geometry_msgs/Vector3 linear_acceleration\nfloat64[9] linear_acceleration_covariance`,
  ],
  ["sensor_msgs/PointField", "string name\nuint32 offset\nuint8 datatype\nuint32 count"],
  [
    "sensor_msgs/PointCloud2",
    `${STAMPED}\nuint32 height\nuint32 width\nsensor_msgs/PointField[] fields\nbool is_bigendian\nuint32 point_step\nuint32 row_step
uint8[] data\nbool is_dense`,
  ],
  ["sensor_msgs/Image", `${STAMPED}\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data`],
  ["sensor_msgs/CompressedImage", `${STAMPED}\nstring format\nuint8[] data`],
]);

/** Messages of which only the stamp is read: it stands in the header they begin with. */
const ONLY_STAMPED: Readonly<Record<string, readonly string[]>> = {
  geometry_msgs: ["AccelStamped", "PointStamped", "PolygonStamped", "PoseArray", "QuaternionStamped", "TwistStamped", "Vector3Stamped"],
  nav_msgs: ["GridCells", "OccupancyGrid", "Path"],
  sensor_msgs: [
    ...["CameraInfo", "FluidPressure", "Illuminance", "JointState", "Joy", "LaserScan", "MagneticField", "MultiEchoLaserScan"],
    ...["NavSatFix", "Range", "RelativeHumidity", "Temperature", "TimeReference"],
  ],
};

/** The definition of `pkg/msg/Type` with those of its parts, as `ros2msg`; null for a type that is not known here. */
export function ros2Definition(schemaName: string): string | null {
  const name = schemaName.replace(/^([^/]+)\/msg\//, "$1/");
  const [folder = "", type = ""] = name.split("/");
  const isStamped = Object.hasOwn(ONLY_STAMPED, folder) && ONLY_STAMPED[folder]?.includes(type);
  const text = FIELDS.get(name) ?? (isStamped ? STAMPED : null);
  if (text === null) return null;
  const parts = new Set<string>();
  const collect = (fields: string): void => {
    for (const [part] of fields.matchAll(/^\w+\/\w+/gm)) {
      const inner = FIELDS.get(part);
      if (inner === undefined || parts.has(part)) continue;
      parts.add(part);
      collect(inner);
    }
  };
  collect(text);
  return [text, ...[...parts].map((part) => `${"=".repeat(80)}\nMSG: ${part}\n${FIELDS.get(part)}`)].join("\n");
}
