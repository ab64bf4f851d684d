/** Images, in place: raw (sensor_msgs/Image, foxglove.RawImage) and compressed (sensor_msgs/CompressedImage, foxglove.CompressedImage). */
import type { SchemaColumns } from "./columns.ts";
import { type Bulk, bulkOf, REASON, stringOf, u32Of } from "./message.ts";

export const IMAGE_REASON = { short: "image data is shorter than its dimensions" } as const;

const STAMP: SchemaColumns["stamp"] = [["header", "stamp"], ["timestamp"]];

export const RAW_IMAGE: SchemaColumns = {
  kind: "image",
  need: "images",
  fields: new Set(["header", "stamp", "timestamp", "width", "height", "encoding", "is_bigendian", "step", "data"]),
  stamp: STAMP,
  read(message, place, out) {
    const width = u32Of(message["width"]);
    const height = u32Of(message["height"]);
    const step = u32Of(message["step"]);
    const encoding = stringOf(message["encoding"]);
    const data = bulkOf(message["data"]);
    if (width === null || height === null || step === null || encoding === null || !data) return REASON.missing;
    // No encoding in use has less than one byte per pixel and row of its first plane.
    if (height * Math.max(step, width) > data.bytes) return IMAGE_REASON.short;
    const pointer = data.view ? place.pointerTo(data.view) : null;
    const bigEndian = message["is_bigendian"] === true || message["is_bigendian"] === 1;
    out.images.push({
      ...{ frame: place.frame, encoding, width, height, step },
      ...(bigEndian && { bigEndian }),
      ...{ pointer, bytes: data.bytes },
    });
    return null;
  },
};

export const COMPRESSED_IMAGE: SchemaColumns = {
  kind: "image",
  need: "images",
  fields: new Set(["header", "stamp", "timestamp", "format", "data"]),
  stamp: STAMP,
  read(message, place, out) {
    const format = stringOf(message["format"]);
    const data = bulkOf(message["data"]);
    if (format === null || !data) return REASON.missing;
    const pointer = data.view ? place.pointerTo(data.view) : null;
    out.images.push({ frame: place.frame, encoding: codecOf(format, data), width: null, height: null, pointer, bytes: data.bytes });
    return null;
  },
};

/**
 * The codec a format names. ROS writes "jpeg", "png", "rgb8; jpeg compressed bgr8", or for depth images
 * "32FC1; compressedDepth png" (which puts a header of its own before the PNG). An empty format asks the data.
 */
function codecOf(format: string, data: Bulk): string {
  const text = format.toLowerCase();
  if (text.includes("compresseddepth")) return "compressedDepth";
  if (text.includes("jpeg") || text.includes("jpg")) return "jpeg";
  if (text.includes("png")) return "png";
  if (text !== "") return text.slice(0, 32);
  const [a, b, c] = data.view ?? [];
  if (a === 0xff && b === 0xd8 && c === 0xff) return "jpeg";
  return a === 0x89 && b === 0x50 && c === 0x4e ? "png" : "";
}
