/** Poses and transforms. A transform is the pose of its child frame in its parent frame. */
import type { SchemaColumns } from "./columns.ts";
import { type Message, messageAt, messagesOf, REASON, tupleOf, XYZ, XYZW } from "./message.ts";
import { stampOf } from "./time.ts";

interface Rigid {
  readonly xyz: readonly number[];
  readonly quaternion: readonly number[];
}

/** A pose (`position`, `orientation`) or a transform (`translation`, `rotation`); null when parts are missing. */
export function rigidOf(message: Message | null): Rigid | null {
  if (!message) return null;
  const xyz = tupleOf(message["position"] ?? message["translation"], XYZ);
  const quaternion = tupleOf(message["orientation"] ?? message["rotation"], XYZW);
  return xyz && quaternion ? { xyz, quaternion } : null;
}

export const RIGID_FIELDS = ["position", "orientation", "translation", "rotation", "x", "y", "z", "w"];
const STAMP_FIELDS = ["header", "stamp", "timestamp"];

/** One pose per message, found at `path`. */
function pose(path: readonly string[]): SchemaColumns {
  return {
    kind: "pose",
    need: "poses",
    fields: new Set([...STAMP_FIELDS, ...path, ...RIGID_FIELDS]),
    stamp: [["header", "stamp"], ["timestamp"]],
    read(message, place, out) {
      const rigid = rigidOf(messageAt(message, ...path));
      if (!rigid) return REASON.missing;
      out.pose(place.frame, stampOf(message) ?? place.stampNs, rigid.xyz, rigid.quaternion);
      return null;
    },
  };
}

/** One pose per item of `transforms`, each with a stamp of its own. They mix frames, as the message does. */
function transforms(path: readonly string[], stamp: readonly string[]): SchemaColumns {
  return {
    kind: "pose",
    need: "poses",
    fields: new Set([...STAMP_FIELDS, "transforms", ...path, ...RIGID_FIELDS]),
    stamp: [["transforms", ...stamp]],
    read(message, place, out) {
      const items = messagesOf(message["transforms"]);
      if (!items) return REASON.missing;
      const rows: (Rigid & { readonly stampNs: bigint })[] = [];
      for (const item of items) {
        const rigid = rigidOf(messageAt(item, ...path));
        if (!rigid) return REASON.missing;
        rows.push({ ...rigid, stampNs: stampOf(item) ?? place.stampNs });
      }
      for (const { stampNs, xyz, quaternion } of rows) out.pose(place.frame, stampNs, xyz, quaternion);
      return null;
    },
  };
}

/** geometry_msgs/PoseStamped, foxglove.PoseInFrame */
export const POSE = pose(["pose"]);
/** nav_msgs/Odometry, geometry_msgs/PoseWithCovarianceStamped */
export const POSE_WITH_COVARIANCE = pose(["pose", "pose"]);
/** geometry_msgs/TransformStamped */
export const TRANSFORM = pose(["transform"]);
/** foxglove.FrameTransform */
export const FRAME_TRANSFORM = pose([]);
/** tf2_msgs/TFMessage, tf/tfMessage */
export const TRANSFORMS = transforms(["transform"], ["header", "stamp"]);
/** foxglove.FrameTransforms */
export const FRAME_TRANSFORMS = transforms([], ["timestamp"]);
