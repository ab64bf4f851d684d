/** Raw images (sensor_msgs/Image, foxglove.RawImage): which bytes of a pixel count. */

import type { Kernels } from "../kernels.ts";
import type { ImageTable } from "../types.ts";
import { CELL_PX, type Luma, MOST_PIXELS, type NoLuma } from "./types.ts";

/** Bytes of a pixel in the first plane, places of red, green and blue. Of two bytes a sample, `wide`, the high one counts. */
interface Layout {
  readonly pixelBytes: number;
  readonly rgb: readonly [number, number, number];
  readonly wide?: true;
}

const GREY8: Layout = { pixelBytes: 1, rgb: [0, 0, 0] };
const GREY16: Layout = { pixelBytes: 2, rgb: [0, 0, 0], wide: true };
const RGB8: Layout = { pixelBytes: 3, rgb: [0, 1, 2] };
const BGR8: Layout = { pixelBytes: 3, rgb: [2, 1, 0] };
const LUMA_FIRST: Layout = { pixelBytes: 2, rgb: [0, 0, 0] };
const LUMA_SECOND: Layout = { pixelBytes: 2, rgb: [1, 1, 1] };

/** sensor_msgs/image_encodings.hpp; ROS calls UYVY yuv422. Of nv12 and nv21 the first plane, which is all luma. */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  mono8: GREY8,
  "8UC1": GREY8,
  mono16: GREY16,
  "16UC1": GREY16,
  rgb8: RGB8,
  bgr8: BGR8,
  "8UC3": BGR8,
  rgba8: { ...RGB8, pixelBytes: 4 },
  bgra8: { ...BGR8, pixelBytes: 4 },
  "8UC4": { ...BGR8, pixelBytes: 4 },
  rgb16: { pixelBytes: 6, rgb: [0, 2, 4], wide: true },
  bgr16: { pixelBytes: 6, rgb: [4, 2, 0], wide: true },
  rgba16: { pixelBytes: 8, rgb: [0, 2, 4], wide: true },
  bgra16: { pixelBytes: 8, rgb: [4, 2, 0], wide: true },
  ...Object.fromEntries(["rggb", "bggr", "gbrg", "grbg"].map((order) => [`bayer_${order}8`, GREY8])),
  ...Object.fromEntries(["rggb", "bggr", "gbrg", "grbg"].map((order) => [`bayer_${order}16`, GREY16])),
  nv12: GREY8,
  nv21: GREY8,
  nv24: GREY8,
  yuv422: LUMA_SECOND,
  uyvy: LUMA_SECOND,
  yuv422_yuy2: LUMA_FIRST,
  yuyv: LUMA_FIRST,
  yuy2: LUMA_FIRST,
};

type Raw = ImageTable & { readonly pointer: number };

export function rawLuma({ encoding, width, height, step, bigEndian, pointer, bytes }: Raw, kernels: Kernels): Luma | NoLuma {
  const layout = LAYOUTS[encoding];
  if (!layout) return { kind: "unread", reason: "encoding of the images is not read" };
  if (!width || !height) return { kind: "broken", reason: "image without a size" };
  if (width * height > MOST_PIXELS) return { kind: "unread", reason: "image is larger than 2^28 pixels" };
  const rowBytes = width * layout.pixelBytes;
  const stride = step ?? rowBytes;
  if (stride < rowBytes || stride * (height - 1) + rowBytes > bytes)
    return { kind: "broken", reason: "image data is shorter than its size" };
  const high = layout.wide && !bigEndian ? 1 : 0;
  const [red, green, blue] = layout.rgb;
  const columns = Math.ceil(width / CELL_PX);
  const rows = Math.ceil(height / CELL_PX);
  const out = kernels.alloc(columns * rows);
  kernels.exports.rawLuma(pointer, width, height, stride, layout.pixelBytes, red + high, green + high, blue + high, out);
  return { pointer: out, columns, rows, width, height };
}
