/**
 * Images at an eighth of their size, grey: enough to see what moves, small enough to keep two of them.
 *
 * One cell is the mean luma of 8 x 8 pixels, whatever the image was: a JPEG is read by its DC coefficients alone, everything else is
 * averaged. The same code in Node and browser, so the same bytes of luma everywhere.
 */

import type { Kernels } from "../kernels.ts";
import type { ImageTable } from "../types.ts";
import { jpegLuma } from "./jpeg.ts";
import { pngLuma } from "./png.ts";
import { rawLuma } from "./raw.ts";
import type { Luma, NoLuma } from "./types.ts";

export function smallLuma(image: ImageTable, kernels: Kernels): Luma | NoLuma {
  const { encoding, pointer, bytes } = image;
  if (pointer === null) return { kind: "unread", reason: "image data is text inside JSON" };
  if (encoding === "jpeg") return jpegLuma(pointer, bytes, kernels);
  if (encoding === "png") return pngLuma(pointer, bytes, kernels);
  return rawLuma({ ...image, pointer }, kernels);
}

export function hasLuma(luma: Luma | NoLuma): luma is Luma {
  return "pointer" in luma;
}
