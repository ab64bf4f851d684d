/** What the browser lends the engine besides bytes: zstd from a WebAssembly build of the reference decoder. */
import { ZSTDDecoder } from "zstddec";
import type { Platform } from "../input.ts";

/** The decoder's memory ends at 2 GiB, and input and output lie in it together. */
const MOST_BYTES = 2 ** 31 - 2 ** 24;

/** A whole zstd frame of the one byte 0, stored. https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames */
const ONE_BYTE = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 0b1001, 0, 0, 0);

/**
 * The decoder answers any error (damage, a wrong checksum, more output than `size`, trailing bytes) with an empty
 * array, so damage is told apart by the length alone. That leaves size 0, where empty is also the right answer: there
 * a frame of one byte is appended, and must come out.
 */
export async function browserPlatform(): Promise<Platform> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  const decode = (compressed: Uint8Array, size: number): Uint8Array | null => {
    if (compressed.length + size > MOST_BYTES) return null;
    try {
      const out = decoder.decode(compressed, size);
      return out.length === size ? out : null;
    } catch {
      return null;
    }
  };
  return {
    zstd(compressed, target) {
      if (target.length > 0) {
        const out = decode(compressed, target.length);
        if (out) target.set(out);
        return out !== null;
      }
      const probe = new Uint8Array(compressed.length + ONE_BYTE.length);
      probe.set(compressed);
      probe.set(ONE_BYTE, compressed.length);
      return decode(probe, 1) !== null;
    },
  };
}
