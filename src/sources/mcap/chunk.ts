/**
 * A chunk's records, uncompressed in kernel memory: in place, or decompressed into the arena.
 * Nothing a header claims is believed before it is compared with what is there.
 */
import { CHECKSUM } from "../../abi.ts";
import type { Platform } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import { OVER_BUDGET } from "../../memory.ts";
import type { Plain } from "../../types.ts";
import { LZ4_RATIO, TOO_LARGE, ZSTD_RATIO } from "./format.ts";
import { type ChunkHeader, parseChunkHeader } from "./records.ts";

/** Where a chunk record's content lies in kernel memory; `length` may be less than its frame says when the file is cut. */
export interface ChunkContent {
  readonly pointer: number;
  readonly length: number;
  /** True when the file ends inside the chunk. */
  readonly cut: boolean;
}

export interface ChunkProblem {
  readonly kind: "malformed-record" | "too-large" | typeof OVER_BUDGET | "unsupported-compression" | "chunk-damaged" | "index-mismatch";
  readonly observed: Readonly<Record<string, Plain>>;
  readonly expected: Readonly<Record<string, Plain>>;
}

export interface OpenChunk {
  readonly header: ChunkHeader | null;
  /** The records that can be read: all, or those before the damage. */
  readonly pointer: number;
  readonly bytes: number;
  /** True when all records are there, so that a checksum can be compared. */
  readonly whole: boolean;
  /** True when `pointer` lies inside the content itself. */
  readonly inPlace: boolean;
  readonly problem: ChunkProblem | null;
}

/** Longest compression name looked at. */
const HEAD = 512;

/** Allocates from the arena where the chunk is compressed; the caller releases. */
export function openChunk(content: ChunkContent, kernels: Kernels, platform: Platform): OpenChunk {
  const header = parseChunkHeader(kernels.u8(content.pointer, Math.min(content.length, HEAD)));
  if (!header || (!content.cut && header.recordsAt + header.compressedSize > content.length)) {
    const observed = { record: "Chunk", bytes: content.length, records: header ? size(header.compressedSize) : null };
    return none(header, content.cut ? null : { kind: "malformed-record", observed, expected: {} });
  }
  const pointer = content.pointer + header.recordsAt;
  const stored = Math.min(header.compressedSize, content.length - header.recordsAt);
  const whole = stored === header.compressedSize;
  const { uncompressedSize, compression } = header;
  if (compression === "") {
    const same = uncompressedSize === header.compressedSize;
    const problem: ChunkProblem | null = same
      ? null
      : {
          kind: "index-mismatch",
          observed: { uncompressedSize: size(uncompressedSize) },
          expected: { uncompressedSize: header.compressedSize },
        };
    return { header, pointer, bytes: stored, whole, inPlace: true, problem };
  }
  if (compression !== "lz4" && compression !== "zstd") {
    return none(header, {
      kind: "unsupported-compression",
      observed: { compression: compression.slice(0, 32) },
      expected: { compression: ["", "lz4", "zstd"] },
    });
  }
  const most = mostInflated(header);
  if (uncompressedSize > most) {
    return none(header, {
      kind: "too-large",
      observed: { uncompressedSize: size(uncompressedSize), compressedSize: header.compressedSize },
      expected: { most },
    });
  }
  const needed = header.compressedSize + uncompressedSize;
  if (needed > kernels.budget.unitBytes) {
    return none(header, { kind: OVER_BUDGET, observed: { memoryBytes: needed }, expected: { most: kernels.budget.unitBytes } });
  }
  return compression === "lz4"
    ? openLz4(header, pointer, stored, whole, kernels)
    : openZstd(header, pointer, stored, whole, kernels, platform);
}

/** What a chunk becomes when it is opened; 0 where it is not. */
export function inflatedBytes(
  header: Pick<ChunkHeader, "compression" | "compressedSize" | "uncompressedSize">,
  { budget }: Kernels,
): number {
  const { compression, compressedSize, uncompressedSize } = header;
  const isOpened = compression !== "" && uncompressedSize <= mostInflated(header) && compressedSize + uncompressedSize <= budget.unitBytes;
  return isOpened ? uncompressedSize : 0;
}

/** More than this a compressed chunk cannot hold, or is not opened for. */
function mostInflated({ compression, compressedSize }: Pick<ChunkHeader, "compression" | "compressedSize">): number {
  const ratio = compression === "lz4" ? LZ4_RATIO : ZSTD_RATIO;
  return Math.min(TOO_LARGE, ratio * compressedSize + 65_536);
}

function openLz4(header: ChunkHeader, pointer: number, stored: number, whole: boolean, kernels: Kernels): OpenChunk {
  const want = header.uncompressedSize;
  const result = kernels.alloc(8);
  const target = kernels.alloc(want);
  const status = kernels.exports.lz4Frames(pointer, stored, target, want, result);
  const written = Math.min(kernels.u32(result, 2)[0] ?? 0, want);
  const complete = status >= 0 && written === want;
  const reason = status === CHECKSUM ? "lz4 checksum" : status < 0 ? "lz4 data" : "size";
  const problem = complete || !whole ? null : damaged(reason, written, want);
  return { header, pointer: target, bytes: written, whole: complete, inPlace: false, problem };
}

function openZstd(header: ChunkHeader, pointer: number, stored: number, whole: boolean, kernels: Kernels, platform: Platform): OpenChunk {
  const want = header.uncompressedSize;
  if (!whole) return none(header, null);
  const target = kernels.alloc(want);
  if (!platform.zstd(kernels.u8(pointer, stored), kernels.u8(target, want))) return none(header, damaged("zstd data", 0, want));
  return { header, pointer: target, bytes: want, whole: true, inPlace: false, problem: null };
}

function damaged(reason: string, bytes: number, want: number): ChunkProblem {
  return { kind: "chunk-damaged", observed: { reason, bytes }, expected: { bytes: want } };
}

function none(header: ChunkHeader | null, problem: ChunkProblem | null): OpenChunk {
  return { header, pointer: 0, bytes: 0, whole: false, inPlace: false, problem };
}

function size(n: number): Plain {
  return Number.isFinite(n) ? n : ">= 2^53";
}
