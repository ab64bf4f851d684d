/** ROS 1 serialisation: packed, little-endian. http://wiki.ros.org/ROS/Technical%20Overview#Message_serialization_and_msg_MD5_sums */
import type { RosDialect } from "./ros.ts";
import type { RosForm } from "./ros-cursor.ts";

const FORM: RosForm = { origin: 0, littleEndian: true, maxAlign: 1, signedSeconds: false };

export const ROS1: RosDialect = {
  ros2: false,
  formOf: () => FORM,
};
