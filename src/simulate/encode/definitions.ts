/**
 * The ROS 2 message definitions a simulated drive carries, without comments, as published in common_interfaces, geometry2 and
 * vision_msgs 4 (https://github.com/ros2/common_interfaces, https://github.com/ros-perception/vision_msgs), and the label schema of
 * plumbline's own (docs/simulator.md).
 */
const SEPARATOR = `\n${"=".repeat(80)}\n`;

const DEFINITIONS: Readonly<Record<string, string>> = {
  "std_msgs/Header": "builtin_interfaces/Time stamp\nstring frame_id",
  "geometry_msgs/Vector3": "float64 x\nfloat64 y\nfloat64 z",
  "geometry_msgs/Point": "float64 x\nfloat64 y\nfloat64 z",
  "geometry_msgs/Quaternion": "float64 x 0\nfloat64 y 0\nfloat64 z 0\nfloat64 w 1",
  "geometry_msgs/Pose": "geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation",
  "geometry_msgs/PoseWithCovariance": "geometry_msgs/Pose pose\nfloat64[36] covariance",
  "geometry_msgs/Twist": "geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular",
  "geometry_msgs/TwistStamped": "std_msgs/Header header\ngeometry_msgs/Twist twist",
  "geometry_msgs/TwistWithCovariance": "geometry_msgs/Twist twist\nfloat64[36] covariance",
  "geometry_msgs/Transform": "geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation",
  "geometry_msgs/TransformStamped": "std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/Transform transform",
  "tf2_msgs/TFMessage": "geometry_msgs/TransformStamped[] transforms",
  "nav_msgs/Odometry":
    "std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/PoseWithCovariance pose\ngeometry_msgs/TwistWithCovariance twist",
  "sensor_msgs/Imu":
    "std_msgs/Header header\ngeometry_msgs/Quaternion orientation\nfloat64[9] orientation_covariance\n" +
    "geometry_msgs/Vector3 angular_velocity\nfloat64[9] angular_velocity_covariance\n" +
    "geometry_msgs/Vector3 linear_acceleration\nfloat64[9] linear_acceleration_covariance",
  "sensor_msgs/NavSatStatus":
    "int8 STATUS_NO_FIX=-1\nint8 STATUS_FIX=0\nint8 STATUS_SBAS_FIX=1\nint8 STATUS_GBAS_FIX=2\nint8 status\n" +
    "uint16 SERVICE_GPS=1\nuint16 SERVICE_GLONASS=2\nuint16 SERVICE_COMPASS=4\nuint16 SERVICE_GALILEO=8\nuint16 service",
  "sensor_msgs/NavSatFix":
    "std_msgs/Header header\nsensor_msgs/NavSatStatus status\nfloat64 latitude\nfloat64 longitude\nfloat64 altitude\n" +
    "float64[9] position_covariance\nuint8 COVARIANCE_TYPE_UNKNOWN=0\nuint8 COVARIANCE_TYPE_APPROXIMATED=1\n" +
    "uint8 COVARIANCE_TYPE_DIAGONAL_KNOWN=2\nuint8 COVARIANCE_TYPE_KNOWN=3\nuint8 position_covariance_type",
  "sensor_msgs/PointField":
    "uint8 INT8=1\nuint8 UINT8=2\nuint8 INT16=3\nuint8 UINT16=4\nuint8 INT32=5\nuint8 UINT32=6\nuint8 FLOAT32=7\nuint8 FLOAT64=8\n" +
    "string name\nuint32 offset\nuint8 datatype\nuint32 count",
  "sensor_msgs/PointCloud2":
    "std_msgs/Header header\nuint32 height\nuint32 width\nsensor_msgs/PointField[] fields\nbool is_bigendian\n" +
    "uint32 point_step\nuint32 row_step\nuint8[] data\nbool is_dense",
  "sensor_msgs/CompressedImage": "std_msgs/Header header\nstring format\nuint8[] data",
  "sensor_msgs/RegionOfInterest": "uint32 x_offset\nuint32 y_offset\nuint32 height\nuint32 width\nbool do_rectify",
  "sensor_msgs/CameraInfo":
    "std_msgs/Header header\nuint32 height\nuint32 width\nstring distortion_model\nfloat64[] d\nfloat64[9] k\nfloat64[9] r\n" +
    "float64[12] p\nuint32 binning_x\nuint32 binning_y\nsensor_msgs/RegionOfInterest roi",
  "vision_msgs/ObjectHypothesis": "string class_id\nfloat64 score",
  "vision_msgs/ObjectHypothesisWithPose": "vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose",
  "vision_msgs/BoundingBox3D": "geometry_msgs/Pose center\ngeometry_msgs/Vector3 size",
  "vision_msgs/Detection3D":
    "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\nvision_msgs/BoundingBox3D bbox\nstring id",
  "vision_msgs/Detection3DArray": "std_msgs/Header header\nvision_msgs/Detection3D[] detections",
  "vision_msgs/Point2D": "float64 x\nfloat64 y",
  "vision_msgs/Pose2D": "vision_msgs/Point2D position\nfloat64 theta",
  "vision_msgs/BoundingBox2D": "vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y",
  "vision_msgs/Detection2D":
    "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\nvision_msgs/BoundingBox2D bbox\nstring id",
  "vision_msgs/Detection2DArray": "std_msgs/Header header\nvision_msgs/Detection2D[] detections",
  "plumbline_msgs/Label":
    "string track\nstring class_id\nstring annotator\nfloat64 score\nvision_msgs/BoundingBox3D[] box_3d\nvision_msgs/BoundingBox2D[] box_2d\n" +
    "float32 occlusion\nfloat32 truncation\nbool keyframe\nbool gold\nfloat32 seconds_spent",
  "plumbline_msgs/LabelArray": "std_msgs/Header header\nplumbline_msgs/Label[] labels",
};

/**
 * The concatenated definition of a type and of all it refers to, as MCAP's `ros2msg` encoding wants it.
 * @param type "sensor_msgs/Imu", say
 * @throws RangeError for a type that is not in the list
 */
export function definitionOf(type: string): string {
  const texts = new Map<string, string>();
  const add = (name: string): void => {
    const text = DEFINITIONS[name];
    if (text === undefined) throw new RangeError(`expected one of ${Object.keys(DEFINITIONS).join(", ")}, got ${name}`);
    if (texts.has(name)) return;
    texts.set(name, texts.size === 0 ? text : `MSG: ${name}\n${text}`);
    for (const word of text.matchAll(/^(\w+\/\w+)/gm)) if (word[1] && word[1] !== "builtin_interfaces/Time") add(word[1]);
  };
  add(type);
  return [...texts.values()].join(SEPARATOR);
}
