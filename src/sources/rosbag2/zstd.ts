/** The head of a zstd frame (RFC 8878, 3.1.1.1). */

/** Bytes a frame decompresses to, as it says itself; null where it does not, or is none. */
export function zstdContentBytes(frame: Uint8Array): number | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) return null;
  const descriptor = frame[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const bytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  if (bytes === 0 || at + bytes > frame.length) return null;
  if (bytes === 1) return frame[at] ?? 0;
  if (bytes === 2) return view.getUint16(at, true) + 256;
  return bytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
