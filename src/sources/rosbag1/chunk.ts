/** A chunk's records, uncompressed in kernel memory. Nothing its header claims is believed before it is compared. */
import { CHECKSUM } from "../../abi.ts";
import type { Kernels } from "../../kernels.ts";
import { OVER_BUDGET } from "../../memory.ts";
import type { Plain } from "../../types.ts";
import { bunzip2 } from "../codecs/bzip2.ts";
import { LZ4_RATIO } from "../mcap/format.ts";
import { type Header, MAX_CHUNK, textOf, u32Of } from "./format.ts";

/** A bzip2 block holds at most 900,000 bytes, each five of which stand for up to 259, and takes no less than some 40. */
const BZ2_RATIO = 1_200_000;

export interface OpenChunk {
  readonly pointer: number;
  /** The bytes that can be read: all, or those before the damage. */
  readonly bytes: number;
  readonly compressed: boolean;
  readonly problem: {
    readonly kind: string;
    readonly observed: Readonly<Record<string, Plain>>;
    readonly expected: Readonly<Record<string, Plain>>;
  } | null;
}

/** @param pointer the chunk record's data, `stored` bytes of it */
export function openChunk(header: Header, pointer: number, stored: number, kernels: Kernels): OpenChunk {
  const compression = textOf(header, "compression");
  const size = u32Of(header, "size") ?? 0;
  if (compression === "none") {
    const problem = size === stored ? null : { kind: "index-mismatch", observed: { size }, expected: { size: stored } };
    return { pointer, bytes: stored, compressed: false, problem };
  }
  const none = (problem: OpenChunk["problem"]): OpenChunk => ({ pointer: 0, bytes: 0, compressed: true, problem });
  if (compression !== "lz4" && compression !== "bz2") {
    const observed = { compression: compression.slice(0, 32) };
    return none({ kind: "unsupported-compression", observed, expected: { compression: ["none", "bz2", "lz4"] } });
  }
  const most = mostInflated(compression, stored);
  if (size > most) return none({ kind: "too-large", observed: { size, compressedSize: stored }, expected: { most } });
  if (stored + size > kernels.budget.unitBytes) {
    return none({ kind: OVER_BUDGET, observed: { memoryBytes: stored + size }, expected: { most: kernels.budget.unitBytes } });
  }
  const target = kernels.alloc(size);
  const { bytes, reason } =
    compression === "lz4" ? lz4(pointer, stored, target, size, kernels) : bunzip2(kernels.u8(pointer, stored), kernels.u8(target, size));
  const problem =
    reason === null ? null : { kind: "chunk-damaged", observed: { reason: `${compression} ${reason}`, bytes }, expected: { bytes: size } };
  return { pointer: target, bytes, compressed: true, problem };
}

/** More than this a chunk cannot hold, or is not opened for. */
export function mostInflated(compression: string, stored: number): number {
  return Math.min(MAX_CHUNK, (compression === "lz4" ? LZ4_RATIO : BZ2_RATIO) * stored + 65_536);
}

function lz4(
  pointer: number,
  stored: number,
  target: number,
  size: number,
  kernels: Kernels,
): { readonly bytes: number; readonly reason: string | null } {
  const result = kernels.alloc(8);
  const status = kernels.exports.lz4Frames(pointer, stored, target, size, result);
  const bytes = Math.min(kernels.u32(result, 1)[0] ?? 0, size);
  if (status === CHECKSUM) return { bytes, reason: "checksum" };
  return { bytes, reason: status < 0 ? "data" : bytes === size ? null : "size" };
}
