/** Point clouds, in place: sensor_msgs/PointCloud2 and foxglove.PointCloud. */
import type { ColumnsBuilder } from "../../columns/builder.ts";
import { FIELD_BYTES } from "../../columns/point-fields.ts";
import type { FieldType, PointTable } from "../../types.ts";
import type { Place, SchemaColumns } from "./columns.ts";
import { type Bulk, bulkOf, type Message, messagesOf, numberOf, REASON, stringOf, u32Of, type Value } from "./message.ts";

export const POINT_REASON = {
  datatype: "unknown point field type",
  field: "a point field lies outside the point",
  rowStep: "row_step is smaller than width * point_step",
  short: "point data is shorter than its dimensions",
  partial: "point data is not a whole number of points",
  rows: "too many padded rows",
} as const;

/** A cloud is rarely padded and then has one row per laser; more rows than any scanner has are no cloud. */
const MAX_PADDED_ROWS = 65_536;

/** sensor_msgs/PointField: INT8 = 1 to FLOAT64 = 8. https://docs.ros.org/en/api/sensor_msgs/html/msg/PointField.html */
const ROS_TYPES: readonly (FieldType | null)[] = [null, "i8", "u8", "i16", "u16", "i32", "u32", "f32", "f64"];

/** foxglove.PackedElementField.NumericType, unsigned before signed. https://docs.foxglove.dev/docs/visualization/message-schemas/packed-element-field */
const FOXGLOVE_TYPES: readonly (FieldType | null)[] = [null, "u8", "i8", "u16", "i16", "u32", "i32", "f32", "f64"];
const FOXGLOVE_NAMES = ["UNKNOWN", "UINT8", "INT8", "UINT16", "INT16", "UINT32", "INT32", "FLOAT32", "FLOAT64"];

export const POINT_CLOUD_2: SchemaColumns = {
  kind: "points",
  need: "points",
  fields: new Set([
    ...["header", "stamp", "height", "width", "fields", "is_bigendian", "point_step", "row_step", "data"],
    ...["name", "offset", "datatype", "count"],
  ]),
  stamp: [["header", "stamp"]],
  read(message, place, out) {
    const width = u32Of(message["width"]);
    const height = u32Of(message["height"]);
    const stride = u32Of(message["point_step"]);
    const rowStep = u32Of(message["row_step"]);
    const data = bulkOf(message["data"]);
    if (width === null || height === null || stride === null || rowStep === null || !data) return REASON.missing;
    const fields = pointFields(message["fields"], stride, "datatype", (type) => ROS_TYPES[numberOf(type) ?? 0]);
    if (typeof fields === "string") return fields;
    const bigEndian = message["is_bigendian"] === true || message["is_bigendian"] === 1;
    const form = { stride, bigEndian, fields };

    // Below 2^96, far inside what a double can compare with a data length.
    const rowBytes = width * stride;
    if (width === 0 || height === 0) return table(form, data, 0, 0, place, out);
    if (stride === 0) return POINT_REASON.short;
    // One row needs no row_step, and drivers of unorganised clouds are careless with it.
    if (height === 1 || rowStep === rowBytes) {
      return rowBytes * height > data.bytes ? POINT_REASON.short : table(form, data, 0, width * height, place, out);
    }
    if (rowStep < rowBytes) return POINT_REASON.rowStep;
    if (rowStep * (height - 1) + rowBytes > data.bytes) return POINT_REASON.short;
    if (height > MAX_PADDED_ROWS) return POINT_REASON.rows;
    for (let row = 0; row < height; row++) table(form, data, row * rowStep, width, place, out);
    return null;
  },
};

export const FOXGLOVE_POINT_CLOUD: SchemaColumns = {
  kind: "points",
  need: "points",
  fields: new Set(["timestamp", "point_stride", "fields", "data", "name", "offset", "type"]),
  stamp: [["timestamp"]],
  read(message, place, out) {
    const stride = u32Of(message["point_stride"]);
    const data = bulkOf(message["data"]);
    if (stride === null || !data) return REASON.missing;
    const fields = pointFields(message["fields"], stride, "type", foxgloveType);
    if (typeof fields === "string") return fields;
    if (stride === 0 ? data.bytes > 0 : data.bytes % stride !== 0) return POINT_REASON.partial;
    return table({ stride, bigEndian: false, fields }, data, 0, stride === 0 ? 0 : data.bytes / stride, place, out);
  },
};

function foxgloveType(type: Value): FieldType | null | undefined {
  return FOXGLOVE_TYPES[typeof type === "string" ? FOXGLOVE_NAMES.indexOf(type) : (numberOf(type) ?? 0)];
}

function table(
  form: Pick<PointTable, "stride" | "bigEndian" | "fields">,
  data: Bulk,
  offset: number,
  count: number,
  place: Place,
  out: ColumnsBuilder,
): null {
  const pointer = data.view ? place.pointerTo(data.view) + offset : null;
  out.points.push({ frame: place.frame, count, pointer, ...form });
  return null;
}

/** The fields of a point, each inside the point; a field of several values stands for its first. */
function pointFields(
  value: Value,
  stride: number,
  typeName: "datatype" | "type",
  typeOf: (type: Value) => FieldType | null | undefined,
): PointTable["fields"] | string {
  const list = messagesOf(value);
  if (!list) return REASON.missing;
  const fields: PointTable["fields"][number][] = [];
  for (const item of list) {
    const name = stringOf(item["name"]);
    const offset = u32Of(item["offset"]);
    if (name === null || offset === null) return REASON.missing;
    const type = typeOf(item[typeName]);
    if (!type) return POINT_REASON.datatype;
    if (offset + FIELD_BYTES[type] * valuesOf(item) > stride) return POINT_REASON.field;
    fields.push({ name, offset, type });
  }
  return fields;
}

/** PointField.count: how many values the field has. Absent in foxglove; written as 0 for 1 by some drivers. */
function valuesOf(item: Message): number {
  return Math.max(1, u32Of(item["count"]) ?? 1);
}
