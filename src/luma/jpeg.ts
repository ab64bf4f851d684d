/** JPEG: the kernel reads it; here is what it says in words. */
import { FULL, JPEG_LUMA_SCRATCH, TRUNCATED, UNSUPPORTED } from "../abi.ts";
import type { Kernels } from "../kernels.ts";
import { CELL_PX, type Luma, MOST_PIXELS, type NoLuma } from "./types.ts";

export function jpegLuma(pointer: number, bytes: number, kernels: Kernels): Luma | NoLuma {
  const mark = kernels.mark();
  const result = kernels.alloc(8);
  // Nothing fits: the kernel stops where the header says how large the image is.
  const status = kernels.exports.jpegLuma(pointer, bytes, 0, 0, kernels.alloc(JPEG_LUMA_SCRATCH), result);
  const [width = 0, height = 0] = kernels.u32(result, 2);
  kernels.release(mark);
  if (status !== FULL) return refusal(status);
  if (width * height > MOST_PIXELS) return { kind: "unread", reason: "image is larger than 2^28 pixels" };
  const columns = Math.ceil(width / CELL_PX);
  const rows = Math.ceil(height / CELL_PX);
  // A block is a bit at least: no memory for sizes that the data cannot fill.
  if (columns * rows > 8 * bytes) return refusal(TRUNCATED);
  const out = kernels.alloc(columns * rows);
  const kept = kernels.mark();
  const scratch = kernels.alloc(JPEG_LUMA_SCRATCH + 2 * columns * rows);
  const cells = kernels.exports.jpegLuma(pointer, bytes, out, columns * rows, scratch, kernels.alloc(8));
  kernels.release(cells < 0 ? mark : kept);
  return cells < 0 ? refusal(cells) : { pointer: out, columns, rows, width, height };
}

function refusal(status: number): NoLuma {
  if (status === UNSUPPORTED) return { kind: "unread", reason: "a form of JPEG that is not read" };
  return { kind: "broken", reason: status === TRUNCATED ? "JPEG ends early" : "malformed JPEG" };
}
