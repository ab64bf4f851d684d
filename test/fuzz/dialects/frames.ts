/** What chunks and messages are compressed with: unpacked to be changed inside, and packed again. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { bunzip2, lz4Frame, lz4Frames, type Random } from "../house.ts";
import { bzip2 } from "./bzip2.ts";

/** What one unpacks to is never larger: mutants may be bombs. */
const MOST = 1 << 20;

/** @returns null where it does not unpack */
export function unpack(compression: string, bytes: Uint8Array): Uint8Array | null {
  try {
    if (compression === "" || compression === "none") return bytes.slice();
    if (compression === "zstd") return new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: MOST }));
    if (compression === "lz4") {
      const { status, bytes: out } = lz4Frames(bytes, MOST);
      return status === 0 ? out : null;
    }
    if (compression !== "bz2") return null;
    const out = new Uint8Array(MOST);
    const { bytes: length, reason } = bunzip2(bytes, out);
    return reason === null ? out.slice(0, length) : null;
  } catch {
    return null;
  }
}

/** @returns null for a compression nobody knows */
export function pack(compression: string, bytes: Uint8Array, random: Random): Uint8Array | null {
  if (compression === "" || compression === "none") return bytes;
  if (compression === "zstd")
    return new Uint8Array(zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: random.below(2) } }));
  if (compression === "bz2") return bzip2(bytes);
  const sums = { contentSum: random.chance(0.5), blockSums: random.chance(0.3), contentSize: random.chance(0.3) };
  return compression === "lz4" ? lz4Frame(bytes, sums) : null;
}
