/**
 * The checksums S3 keeps with an object, in one streaming pass of bounded memory.
 *
 * Full object: over all bytes (S3 offers the CRCs). Composite: over the parts' own checksums, one after another, with the
 * number of parts behind it (S3 offers all but CRC-64/NVME).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from "node:crypto";
import type { Input } from "../input.ts";
import { type Kernels, loadKernels } from "../kernels.ts";
import { requireUnchanged } from "../pipeline/changed.ts";
import { type InputDescriptor, openDescriptor } from "./input.ts";

export interface S3Checksums {
  /** Relative to the recording; its base name for a file. */
  readonly path: string;
  readonly bytes: number;
  readonly partBytes: number;
  readonly parts: number;
  /** Base64 by algorithm. */
  readonly full: Readonly<Record<"CRC32" | "CRC32C" | "CRC64NVME" | "SHA256", string>>;
  /** Base64 and the number of parts. */
  readonly composite: Readonly<Record<"CRC32" | "CRC32C" | "SHA256", string>>;
}

const PIECE = 1 << 20;

/** One entry per file of the recording. @throws InputError when a file cannot be read, or changed since it was described */
export async function s3Checksums(recording: InputDescriptor, partBytes: number): Promise<readonly S3Checksums[]> {
  const input = openDescriptor(recording);
  const kernels = await loadKernels();
  try {
    const checksums = input.files.map((_, file) => checksumsOf(input, file, partBytes, kernels));
    requireUnchanged(input);
    return checksums;
  } finally {
    input.close();
  }
}

function checksumsOf(input: Input, file: number, partBytes: number, kernels: Kernels): S3Checksums {
  const { path = "", size = 0 } = input.files[file] ?? {};
  const sums = new Sums(kernels);
  const pointer = kernels.alloc(PIECE);
  let done = 0;
  while (done < size) {
    const want = Math.min(PIECE, size - done, partBytes - (done % partBytes));
    const got = input.read(file, done, kernels.u8(pointer, want));
    sums.add(pointer, got);
    done += got;
    if (got < want || done % partBytes === 0 || done === size) sums.endPart();
    if (got < want) break;
  }
  if (done === 0) sums.endPart();
  const result = { path, bytes: done, partBytes, ...sums.finish() };
  kernels.release();
  return result;
}

/** All algorithms side by side, over the whole and over the current part. */
class Sums {
  readonly #kernels: Kernels;
  /** u64 */
  readonly #crc64: number;
  #crc32 = 0;
  #crc32c = 0;
  #part32 = 0;
  #part32c = 0;
  readonly #sha = createHash("sha256");
  #partSha = createHash("sha256");
  readonly #parts = { crc32: [] as Buffer[], crc32c: [] as Buffer[], sha256: [] as Buffer[] };

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#crc64 = kernels.alloc(8);
    kernels.u8(this.#crc64, 8).fill(0);
  }

  add(pointer: number, length: number): void {
    const { exports } = this.#kernels;
    this.#part32 = exports.crc32(pointer, length, this.#part32) >>> 0;
    this.#part32c = exports.crc32c(pointer, length, this.#part32c) >>> 0;
    this.#crc32 = exports.crc32(pointer, length, this.#crc32) >>> 0;
    this.#crc32c = exports.crc32c(pointer, length, this.#crc32c) >>> 0;
    exports.crc64Nvme(pointer, length, this.#crc64);
    const bytes = this.#kernels.u8(pointer, length);
    this.#sha.update(bytes);
    this.#partSha.update(bytes);
  }

  endPart(): void {
    this.#parts.crc32.push(word(this.#part32));
    this.#parts.crc32c.push(word(this.#part32c));
    this.#parts.sha256.push(this.#partSha.digest());
    this.#part32 = 0;
    this.#part32c = 0;
    this.#partSha = createHash("sha256");
  }

  finish(): Pick<S3Checksums, "parts" | "full" | "composite"> {
    const parts = this.#parts.crc32.length;
    const crc64 = Buffer.alloc(8);
    crc64.writeBigUInt64BE(this.#kernels.u64(this.#crc64, 1)[0] ?? 0n);
    const { exports } = this.#kernels;
    const over = (pieces: readonly Buffer[], crc: (pointer: number, length: number, crc: number) => number): string => {
      const bytes = Buffer.concat(pieces);
      return `${word(crc(this.#kernels.put(bytes), bytes.length, 0) >>> 0).toString("base64")}-${parts}`;
    };
    return {
      parts,
      full: {
        CRC32: word(this.#crc32).toString("base64"),
        CRC32C: word(this.#crc32c).toString("base64"),
        CRC64NVME: crc64.toString("base64"),
        SHA256: this.#sha.digest("base64"),
      },
      composite: {
        CRC32: over(this.#parts.crc32, exports.crc32),
        CRC32C: over(this.#parts.crc32c, exports.crc32c),
        SHA256: `${createHash("sha256").update(Buffer.concat(this.#parts.sha256)).digest("base64")}-${parts}`,
      },
    };
  }
}

/** Big-endian, as S3 writes CRCs. */
function word(crc: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc);
  return out;
}
