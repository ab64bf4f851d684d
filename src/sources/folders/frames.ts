/** Decoders of files that are one frame each, shared by the folder formats. */
import { InputError } from "../../errors.ts";
import { type Input, readRange } from "../../input.ts";
import type { StreamInfo } from "../../types.ts";
import type { DecodeFrame } from "./folder.ts";
import { IMAGE_HEADER_BYTES, imageHeader } from "./image.ts";

/** Bytes per point of a KITTI scan: little-endian f32 x, y, z (metres, sensor frame), reflectance. */
const KITTI_POINT_BYTES = 16;

/** A KITTI `.bin`, read in place. A file that ends inside a point keeps the whole points before it. */
export const kittiPoints: DecodeFrame = ({ frame, pointer, bytes }, needs, out) => {
  if (needs.has("points")) {
    out.points.push({
      frame,
      count: Math.floor(bytes / KITTI_POINT_BYTES),
      pointer,
      stride: KITTI_POINT_BYTES,
      bigEndian: false,
      fields: [
        { name: "x", offset: 0, type: "f32" },
        { name: "y", offset: 4, type: "f32" },
        { name: "z", offset: 8, type: "f32" },
        { name: "intensity", offset: 12, type: "f32" },
      ],
    });
  }
  return bytes % KITTI_POINT_BYTES === 0 ? null : "ends inside a point";
};

/** A PNG or JPEG file, left encoded. */
export const image: DecodeFrame = ({ frame, pointer, bytes }, needs, out, kernels) => {
  const header = imageHeader(kernels.u8(pointer, bytes));
  if (!header) return "neither PNG nor JPEG";
  if (needs.has("images")) out.images.push({ frame, pointer, bytes, ...header });
  return header.width === null ? "image header without a size" : null;
};

/** `imageSize` of a stream from its first image; nothing where that says none. */
export function imageSize(input: Input, file: number | undefined): Pick<StreamInfo, "imageSize"> {
  const size = file === undefined ? 0 : (input.files[file]?.size ?? 0);
  if (file === undefined || size === 0) return {};
  try {
    const header = imageHeader(readRange(input, file, 0, Math.min(size, IMAGE_HEADER_BYTES)));
    return header?.width && header.height ? { imageSize: { width: header.width, height: header.height } } : {};
  } catch (error) {
    // Its reader will name it as damage.
    if (error instanceof InputError) return {};
    throw error;
  }
}
