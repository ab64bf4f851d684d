/** sensor_msgs/Imu: rad/s and m/s^2 in the sensor's own frame. */
import type { SchemaColumns } from "./columns.ts";
import { REASON, tupleOf, XYZ } from "./message.ts";
import { stampOf } from "./time.ts";

export const IMU: SchemaColumns = {
  kind: "imu",
  need: "imu",
  fields: new Set(["header", "stamp", "angular_velocity", "linear_acceleration", "x", "y", "z"]),
  stamp: [["header", "stamp"]],
  read(message, place, out) {
    const angular = tupleOf(message["angular_velocity"], XYZ);
    const linear = tupleOf(message["linear_acceleration"], XYZ);
    if (!angular || !linear) return REASON.missing;
    out.imu(place.frame, stampOf(message) ?? place.stampNs, angular, linear);
    return null;
  },
};
