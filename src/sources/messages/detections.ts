/**
 * Labels of vision_msgs: Detection3DArray and Detection2DArray.
 *
 * Two layouts are in use and both are read. Until ROS 2 Galactic a hypothesis is `{id, score}` (`id` int64 in ROS 1) and
 * a track `is_tracking` with `tracking_id`; since then it is `{hypothesis: {class_id, score}}` and the track is `id`.
 * A 2D centre is `{x, y, theta}` or `{position: {x, y}, theta}`. https://github.com/ros-perception/vision_msgs
 */

import type { LabelRow } from "../../columns/builder.ts";
import { atan2, cos, sin } from "../../geometry/elementary.ts";
import type { SchemaColumns } from "./columns.ts";
import { type Message, messageAt, messagesOf, numberOf, REASON, tupleOf, type Value, XYZ } from "./message.ts";
import { RIGID_FIELDS, rigidOf } from "./poses.ts";

/** Heading about z of a quaternion x y z w, in radians. */
export function yawOf(quaternion: readonly number[]): number {
  const [x = 0, y = 0, z = 0, w = 1] = quaternion;
  return atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
}

function detections(fields: readonly string[], boxOf: (bbox: Message) => Pick<LabelRow, "box2d" | "box3d"> | null): SchemaColumns {
  return {
    kind: "labels",
    need: "labels",
    fields: new Set([
      ...["header", "stamp", "detections", "results", "hypothesis", "class_id", "id", "score", "is_tracking", "tracking_id"],
      ...["bbox", ...fields],
    ]),
    stamp: [["header", "stamp"]],
    read(message, place, out) {
      const items = messagesOf(message["detections"]);
      if (!items) return REASON.missing;
      const rows: LabelRow[] = [];
      for (const item of items) {
        const bbox = messageAt(item, "bbox");
        const results = messagesOf(item["results"]);
        const box = bbox && boxOf(bbox);
        if (!box || !results) return REASON.missing;
        rows.push({ frame: place.frame, ...trackOf(item), ...bestOf(results), ...box });
      }
      for (const row of rows) out.label(row);
      return null;
    },
  };
}

/** Fields of vision_msgs/BoundingBox3D and BoundingBox2D that `box3dOf` and `box2dOf` read. */
export const BOX_3D_FIELDS = ["center", "size", ...RIGID_FIELDS];
export const BOX_2D_FIELDS = ["center", "position", "x", "y", "theta", "size_x", "size_y"];

/** vision_msgs/BoundingBox3D; null when parts are missing. */
export function box3dOf(bbox: Message): Required<Pick<LabelRow, "box3d">> | null {
  const center = rigidOf(messageAt(bbox, "center"));
  const size = tupleOf(bbox["size"], XYZ);
  if (!center || !size) return null;
  const [x = Number.NaN, y = Number.NaN, z = Number.NaN] = center.xyz;
  return { box3d: [x, y, z, ...size, yawOf(center.quaternion)] };
}

/** vision_msgs/BoundingBox2D; null when parts are missing. */
export function box2dOf(bbox: Message): Required<Pick<LabelRow, "box2d">> | null {
  const center = messageAt(bbox, "center");
  const xy = tupleOf(center?.["position"] ?? center, ["x", "y"]);
  const size = tupleOf(bbox, ["size_x", "size_y"]);
  if (!center || !xy || !size) return null;
  const theta = numberOf(center["theta"]) ?? 0;
  const [halfX, halfY] = halfExtent(size[0], size[1], theta);
  return { box2d: [xy[0] - halfX, xy[1] - halfY, xy[0] + halfX, xy[1] + halfY] };
}

export const DETECTIONS_3D = detections(BOX_3D_FIELDS, box3dOf);

export const DETECTIONS_2D = detections(BOX_2D_FIELDS, box2dOf);

/** Half the upright rectangle around a box turned by `theta`. A box that is not turned keeps its size, a negative one too. */
function halfExtent(sizeX: number, sizeY: number, theta: number): readonly [number, number] {
  const c = Math.abs(cos(theta));
  const s = Math.abs(sin(theta));
  return [(c * sizeX + s * sizeY) / 2, (s * sizeX + c * sizeY) / 2];
}

function trackOf(item: Message): { readonly track?: string } {
  if (item["is_tracking"] === false) return {};
  const track = nameOf(item["id"]) || nameOf(item["tracking_id"]);
  return track === "" ? {} : { track };
}

/** The most confident hypothesis. A detection without one is of class "unknown". */
function bestOf(results: readonly Message[]): { readonly class: string; readonly confidence?: number } {
  let best: { class: string; confidence: number } | null = null;
  for (const result of results) {
    const hypothesis = messageAt(result, "hypothesis") ?? result;
    const confidence = numberOf(hypothesis["score"]) ?? Number.NaN;
    if (best && !(confidence > best.confidence)) continue;
    best = { class: nameOf(hypothesis["class_id"]) || nameOf(hypothesis["id"]) || "unknown", confidence };
  }
  return best ?? { class: "unknown" };
}

/** A name, or the number that stands for one. */
function nameOf(value: Value): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? String(value) : "";
}
