/** The kernels of the product. The build declares them to callers as `KernelExports` (src/kernels.generated.ts). */

export { jpegLuma } from "./codec/jpeg-luma";
export { lazChunk, lazChunkTable } from "./codec/laz";
export { lz4Frames } from "./codec/lz4";
export { pngLuma } from "./codec/png-luma";
export { rawLuma } from "./codec/raw-luma";
export { scanRecords } from "./codec/records";
export { blake3, blake3Final, blake3Init, blake3Parent, blake3Root, blake3Rows, blake3Subtree, blake3Update } from "./hash/blake3";
export { crc32, crc32Combine, crc32Rows } from "./hash/crc32";
export { crc32c, crc32cCombine } from "./hash/crc32c";
export { crc64Nvme, crc64NvmeCombine } from "./hash/crc64";
export { merkleBlocks, merkleTop } from "./hash/merkle";
export { xxh3, xxh3Seeded } from "./hash/xxh3";
export { xxh3Final, xxh3Init, xxh3Update, xxh3WideFinal } from "./hash/xxh3-stream";
export { xxh3Wide, xxh3WideRows } from "./hash/xxh3-wide";
export { boxDeltas } from "./labels/box-deltas";
export { axisIou, orientedIou } from "./labels/box-iou";
export { linkTracks, secondDifferenceMad, sortByFrame, swapPartners, trackResiduals } from "./labels/track-residuals";
export { pointsInBoxes } from "./points/box-points";
export { matchProfiles, rangeProfile } from "./points/range-profile";
export { sweepFit } from "./points/sweep-fit";
export { sweepMotion } from "./points/sweep-motion";
export { sweepSeam } from "./points/sweep-seam";
export { sweepShape } from "./points/sweep-shape";
export { nearestStamps, pairStamps } from "./time/associate";
export { columnProfile, matchColumns } from "./time/column-profile";
export { crossCorrelate, meanRates } from "./time/correlate";
export { lowerLine, robustLine } from "./time/robust-line";
export { stampsDecode, stampsEncode, stampsPlan } from "./time/stamps";

/** First byte above the kernels' own tables and scratch: where a caller's arena may begin. */
// @ts-ignore: exported as itself, a global of the compiler stays a constant; a copy of it would need a start function.
export { __heap_base as HEAP_BASE };
