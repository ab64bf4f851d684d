/** foxglove.SceneUpdate: its cubes as 3D labels. The entity is the track, its metadata names the class. */
import type { LabelRow } from "../../columns/builder.ts";
import type { SchemaColumns } from "./columns.ts";
import { yawOf } from "./detections.ts";
import { type Message, messageAt, messagesOf, REASON, stringOf, tupleOf, XYZ } from "./message.ts";
import { RIGID_FIELDS, rigidOf } from "./poses.ts";

/** Metadata keys that name the class, the first present counts. */
const CLASS_KEYS = ["class", "label", "category"];

export const SCENE_UPDATE: SchemaColumns = {
  kind: "labels",
  need: "labels",
  fields: new Set(["deletions", "entities", "timestamp", "id", "metadata", "key", "value", "cubes", "pose", "size", ...RIGID_FIELDS]),
  // The update itself has no stamp: its first entity's, or its first deletion's.
  stamp: [
    ["entities", "timestamp"],
    ["deletions", "timestamp"],
  ],
  read(message, place, out) {
    const entities = messagesOf(message["entities"] ?? []);
    if (!entities) return REASON.missing;
    const rows: LabelRow[] = [];
    for (const entity of entities) {
      const cubes = messagesOf(entity["cubes"] ?? []);
      const metadata = messagesOf(entity["metadata"] ?? []);
      if (!cubes || !metadata) return REASON.missing;
      const id = stringOf(entity["id"]);
      const shared = { frame: place.frame, class: classOf(metadata), ...(id && { track: id }) };
      for (const cube of cubes) {
        const pose = rigidOf(messageAt(cube, "pose"));
        const size = tupleOf(cube["size"], XYZ);
        if (!pose || !size) return REASON.missing;
        const [x = Number.NaN, y = Number.NaN, z = Number.NaN] = pose.xyz;
        rows.push({ ...shared, box3d: [x, y, z, ...size, yawOf(pose.quaternion)] });
      }
    }
    for (const row of rows) out.label(row);
    return null;
  },
};

function classOf(metadata: readonly Message[]): string {
  for (const key of CLASS_KEYS) {
    const pair = metadata.find((item) => item["key"] === key);
    const value = pair && stringOf(pair["value"]);
    if (value) return value;
  }
  return "unknown";
}
