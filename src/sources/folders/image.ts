/** What an encoded image says of itself: format and size, from its header alone. */

export interface ImageHeader {
  readonly encoding: "png" | "jpeg";
  /** Pixels; null when the header ends before the size. */
  readonly width: number | null;
  readonly height: number | null;
}

/** First bytes enough for the size of any image without an embedded preview. */
export const IMAGE_HEADER_BYTES = 65536;

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** @returns null when the bytes begin neither a PNG nor a JPEG */
export function imageHeader(bytes: Uint8Array): ImageHeader | null {
  if (PNG.every((byte, i) => bytes[i] === byte)) return pngHeader(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return jpegHeader(bytes);
  return null;
}

/** PNG 1.2, section 4.1.1: IHDR comes first, width and height are its first two big-endian u32. */
function pngHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || view.getUint32(12) !== 0x49484452) return { encoding: "png", width: null, height: null };
  return { encoding: "png", width: view.getUint32(16), height: view.getUint32(20) };
}

/** ITU-T T.81, annex B: segments until a start-of-frame (SOF0..SOF15 without DHT, JPG and DAC), which has the size. */
function jpegHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let p = 2;
  while (p + 9 <= bytes.length && bytes[p] === 0xff) {
    const marker = bytes[p + 1] ?? 0;
    if (marker === 0xff) {
      p++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { encoding: "jpeg", width: view.getUint16(p + 7), height: view.getUint16(p + 5) };
    if (marker === 0xda || marker === 0xd9) break;
    p += 2 + Math.max(2, view.getUint16(p + 2));
  }
  return { encoding: "jpeg", width: null, height: null };
}
