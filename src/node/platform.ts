/** Node's own zstd: faster than any WebAssembly build. */
import { zstdDecompressSync } from "node:zlib";
import type { Platform } from "../input.ts";

export const nodePlatform: Platform = {
  zstd(compressed, size) {
    if (compressed.length === 0) return size === 0 ? compressed : null;
    const first = decompressFrame(compressed, size);
    if (!first) return null;
    if (first.consumed === compressed.length) return first.output.length === size ? first.output : null;
    return decompressRest(compressed, first, size);
  },
};

interface Frame {
  readonly output: Uint8Array;
  /** Compressed bytes it took. */
  readonly consumed: number;
}

/** Node stops after one frame; the further ones are decoded from where it stopped. */
function decompressRest(compressed: Uint8Array, first: Frame, size: number): Uint8Array | null {
  const whole = new Uint8Array(size);
  let written = 0;
  let read = 0;
  for (let frame: Frame | null = first; ; frame = decompressFrame(compressed.subarray(read), size - written)) {
    if (!frame || frame.consumed === 0) return null;
    whole.set(frame.output, written);
    written += frame.output.length;
    read += frame.consumed;
    if (read === compressed.length) return written === size ? whole : null;
  }
}

function decompressFrame(compressed: Uint8Array, most: number): Frame | null {
  try {
    // One output buffer of the right size: the default of 16 KiB pieces costs half the speed.
    const options = { maxOutputLength: Math.max(most, 1), chunkSize: Math.max(most, 1024), info: true };
    // What `info` returns is missing from Node's types.
    const { buffer, engine } = zstdDecompressSync(compressed, options) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    return buffer.length <= most ? { output: buffer, consumed: engine.bytesWritten } : null;
  } catch {
    return null;
  }
}
