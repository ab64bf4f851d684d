/** What Node lends the engine besides bytes: its own zstd, faster than any WebAssembly build. */
import { constants, createZstdDecompress, zstdDecompressSync } from "node:zlib";
import type { Platform } from "../input.ts";
import { collect } from "./collect.ts";

export const nodePlatform: Platform = {
  zstd: frameByFrame(decompress),
  collect,
};

interface Step {
  /** Compressed bytes it took. */
  readonly read: number;
  readonly written: number;
}

/** @returns null where the data is damaged or holds more than the target */
type Decompress = (compressed: Uint8Array, target: Uint8Array) => Step | null;

/** Node stops after a frame; what follows is decoded from there. */
export function frameByFrame(decompress: Decompress): Platform["zstd"] {
  return (compressed, target) => {
    let [read, written] = [0, 0];
    while (read < compressed.length) {
      const step = decompress(compressed.subarray(read), target.subarray(written));
      if (!step || step.read === 0) return false;
      read += step.read;
      written += step.written;
    }
    return written === target.length;
  };
}

/** What lies behind the public stream. Older than zstd in Node, but not in its documentation: see `decompressCopied`. */
interface Engine {
  readonly _handle?: {
    writeSync?(flush: number, from: Uint8Array, at: number, bytes: number, to: Uint8Array, toAt: number, room: number): void;
    close(): void;
  } | null;
  /** Room and input left. */
  readonly _writeState?: Uint32Array;
  readonly errored: Error | null;
  on(event: "error", listener: () => void): void;
}

/** zstd writes where it is told to, while Node's synchronous function would return memory of its own, as large again. */
function decompress(compressed: Uint8Array, target: Uint8Array): Step | null {
  const engine = createZstdDecompress({ chunkSize: 64 }) as unknown as Engine;
  const [handle, left] = [engine._handle, engine._writeState];
  // Told of a moment later; `errored` says so at once.
  engine.on("error", () => {});
  if (!handle?.writeSync || !left) return decompressCopied(compressed, target);
  try {
    const spare = new Uint8Array(1);
    let read = 0;
    let written = 0;
    while (true) {
      // A frame ends, or turns out to be cut or to hold more, only when there is room for more.
      const isFull = written === target.length;
      const [to, at, room] = isFull ? [spare, 0, spare.length] : [target, written, target.length - written];
      handle.writeSync(constants.ZSTD_e_end, compressed, read, compressed.length - read, to, at, room);
      const [roomLeft = 0, inputLeft = 0] = left;
      if (engine.errored || (isFull && roomLeft < room)) return null;
      read = compressed.length - inputLeft;
      written += isFull ? 0 : room - roomLeft;
      if (isFull || roomLeft > 0) return { read, written };
    }
  } finally {
    // Not by `destroy`, which keeps the engine until the event loop turns: a thread at work does not let it.
    handle.close();
  }
}

/** By Node's documented functions alone, for a Node whose inside has changed: twice the memory. */
export function decompressCopied(compressed: Uint8Array, target: Uint8Array): Step | null {
  try {
    // One output buffer of the right size: the default of 16 KiB pieces costs half the speed.
    const options = { maxOutputLength: Math.max(target.length, 1), chunkSize: Math.max(target.length, 1024), info: true };
    // What `info` returns is missing from Node's types.
    const { buffer, engine } = zstdDecompressSync(compressed, options) as unknown as {
      readonly buffer: Uint8Array<ArrayBuffer>;
      readonly engine: { readonly bytesWritten: number };
    };
    if (buffer.length > target.length) return null;
    target.set(buffer);
    return { read: engine.bytesWritten, written: buffer.length };
  } catch {
    return null;
  }
}
