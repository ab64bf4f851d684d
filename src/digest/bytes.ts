/** Byte arrays one after another as one. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * A search for what comes after damage goes no further through zeros than this: no recorder leaves such a hole, and a file of
 * any size may consist of nothing else.
 */
export const MOST_ZEROS = 2 ** 30;

/** Whether bytes [from, to) are all zero, four at a time. */
export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  for (; at < to && ((bytes.byteOffset + at) & 3) !== 0; at++) if (bytes[at] !== 0) return false;
  if (at >= to) return true;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (to - at) >>> 2);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  for (at += 4 * words.length; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}
