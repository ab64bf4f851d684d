/** The export list of the kernels. Declared to callers as `KernelExports` in src/wasm.ts. */
export { nearestStamps, pairStamps } from "./associate";
export { blake3, blake3Final, blake3Init, blake3Parent, blake3Root, blake3Rows, blake3Subtree, blake3Update } from "./blake3";
export { boxDeltas } from "./box-deltas";
export { axisIou, orientedIou } from "./box-iou";
export { pointsInBoxes } from "./box-points";
export { columnProfile, matchColumns } from "./column-profile";
export { crossCorrelate, meanRates } from "./correlate";
export { crc32, crc32Combine, crc32Rows } from "./crc32";
export { crc32c, crc32cCombine } from "./crc32c";
export { crc64Nvme, crc64NvmeCombine } from "./crc64";
export { formEchoes } from "./echoes";
export { jpegEncode } from "./jpeg-encode";
export { jpegLuma } from "./jpeg-luma";
export { lazChunk, lazChunkTable } from "./laz";
export { lz4Frames } from "./lz4";
export { lz4Compress } from "./lz4-compress";
export { merkleBlocks, merkleTop } from "./merkle";
export { pngLuma } from "./png-luma";
export { matchProfiles, rangeProfile } from "./range-profile";
export { rawLuma } from "./raw-luma";
export { castRays } from "./raycast";
export { scanRecords } from "./records";
export { renderImage } from "./render";
export { lowerLine, robustLine } from "./robust-line";
export { stampsDecode, stampsEncode, stampsPlan } from "./stamps";
export { sweepFit } from "./sweep-fit";
export { sweepMotion } from "./sweep-motion";
export { sweepSeam } from "./sweep-seam";
export { sweepShape } from "./sweep-shape";
export { linkTracks, secondDifferenceMad, sortByFrame, swapPartners, trackResiduals } from "./track-residuals";
export { xxh3, xxh3Seeded } from "./xxh3";
export { xxh3Final, xxh3Init, xxh3Update, xxh3WideFinal } from "./xxh3-stream";
export { xxh3Wide, xxh3WideRows } from "./xxh3-wide";

/** First byte above the kernels' own tables and scratch: where a caller's arena may begin. */
// @ts-ignore: exported as itself, a global of the compiler stays a constant; a copy of it would need a start function.
export { __heap_base as HEAP_BASE };
