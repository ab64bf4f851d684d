/** Which schemas become columns. The one list: everything else stays bytes. */
import { LABEL_ARRAY } from "./annotations.ts";
import type { SchemaColumns } from "./columns.ts";
import { DETECTIONS_2D, DETECTIONS_3D } from "./detections.ts";
import { COMPRESSED_IMAGE, RAW_IMAGE } from "./images.ts";
import { IMU } from "./imu.ts";
import { FOXGLOVE_POINT_CLOUD, POINT_CLOUD_2 } from "./points.ts";
import { FRAME_TRANSFORM, FRAME_TRANSFORMS, POSE, POSE_WITH_COVARIANCE, TRANSFORM, TRANSFORMS } from "./poses.ts";
import { SCENE_UPDATE } from "./scene.ts";

const SCHEMAS: ReadonlyMap<string, SchemaColumns> = new Map([
  ["sensor_msgs/PointCloud2", POINT_CLOUD_2],
  ["sensor_msgs/Imu", IMU],
  ["sensor_msgs/Image", RAW_IMAGE],
  ["sensor_msgs/CompressedImage", COMPRESSED_IMAGE],
  ["nav_msgs/Odometry", POSE_WITH_COVARIANCE],
  ["geometry_msgs/PoseStamped", POSE],
  ["geometry_msgs/PoseWithCovarianceStamped", POSE_WITH_COVARIANCE],
  ["geometry_msgs/TransformStamped", TRANSFORM],
  ["tf2_msgs/TFMessage", TRANSFORMS],
  ["tf/tfMessage", TRANSFORMS],
  ["vision_msgs/Detection2DArray", DETECTIONS_2D],
  ["vision_msgs/Detection3DArray", DETECTIONS_3D],
  ["plumbline_msgs/LabelArray", LABEL_ARRAY],
  ["foxglove.PointCloud", FOXGLOVE_POINT_CLOUD],
  ["foxglove.PoseInFrame", POSE],
  ["foxglove.SceneUpdate", SCENE_UPDATE],
  ["foxglove.RawImage", RAW_IMAGE],
  ["foxglove.CompressedImage", COMPRESSED_IMAGE],
  ["foxglove.FrameTransform", FRAME_TRANSFORM],
  ["foxglove.FrameTransforms", FRAME_TRANSFORMS],
]);

/**
 * The columns of a schema, or null.
 * ROS 2 writes `pkg/msg/Type` where ROS 1 writes `pkg/Type`; foxglove's schemas in ROS are the package `foxglove_msgs`.
 */
export function columnsOf(schemaName: string): SchemaColumns | null {
  const name = schemaName.replace(/^([^/]+)\/msg\/([^/]+)$/, "$1/$2").replace(/^foxglove_msgs\//, "foxglove.");
  return SCHEMAS.get(name) ?? null;
}
