/**
 * plumbline_msgs/LabelArray: labels with what vision_msgs has no place for, above all who drew them (docs/simulator.md).
 * A label has a box in three dimensions, in two, or both; each is a list of none or one.
 */
import type { LabelRow } from "../../columns/builder.ts";
import type { SchemaColumns } from "./columns.ts";
import { BOX_2D_FIELDS, BOX_3D_FIELDS, box2dOf, box3dOf } from "./detections.ts";
import { messagesOf, numberOf, REASON, stringOf } from "./message.ts";

export const LABEL_ARRAY: SchemaColumns = {
  kind: "labels",
  need: "labels",
  fields: new Set([
    ...["header", "stamp", "labels", "track", "class_id", "annotator", "score", "box_3d", "box_2d"],
    ...BOX_3D_FIELDS,
    ...BOX_2D_FIELDS,
  ]),
  stamp: [["header", "stamp"]],
  read(message, place, out) {
    const items = messagesOf(message["labels"]);
    if (!items) return REASON.missing;
    const rows: LabelRow[] = [];
    for (const item of items) {
      const [solid] = messagesOf(item["box_3d"]) ?? [];
      const [flat] = messagesOf(item["box_2d"]) ?? [];
      const box3d = solid ? box3dOf(solid) : {};
      const box2d = flat ? box2dOf(flat) : {};
      const track = stringOf(item["track"]);
      const annotator = stringOf(item["annotator"]);
      const confidence = numberOf(item["score"]);
      if (!box3d || !box2d || !(solid || flat) || track === null || annotator === null || confidence === null) return REASON.missing;
      const named = { ...(track && { track }), ...(annotator && { annotator }) };
      rows.push({ frame: place.frame, class: stringOf(item["class_id"]) || "unknown", confidence, ...named, ...box3d, ...box2d });
    }
    for (const row of rows) out.label(row);
    return null;
  },
};
