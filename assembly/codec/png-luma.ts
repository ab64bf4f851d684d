/**
 * Inflated PNG data to the mean luma of every 8 x 8 cell.
 *
 * Source: PNG specification, third edition (https://www.w3.org/TR/png-3/), sections 7 to 9; Adler-32 of RFC 1950. Filters are undone in
 * place. Samples of one byte or two are averaged where they lie; palettes, smaller samples and interlaced images are first spread out to
 * a grey byte per pixel. Alpha does not count.
 */
import { CHECKSUM, MALFORMED } from "../../src/abi";
import { rawLuma } from "./raw-luma";

/** Adam7: x, y of the first pixel and steps across and down, per pass. */
// biome-ignore format: one row per pass
const PASSES: usize = memory.data<u8>([
  0, 0, 8, 8,
  4, 0, 8, 8,
  0, 4, 4, 8,
  2, 0, 4, 4,
  0, 2, 2, 4,
  1, 0, 2, 2,
  0, 1, 1, 2,
]);

/**
 * @param data u8[length], inflated: rows of a filter byte and samples; overwritten
 * @param adler what the zlib stream says its Adler-32 is
 * @param width at least 1, as `height`
 * @param depth bits of a sample, a legal one for `colour`
 * @param colour 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
 * @param interlaced 0, or 1 for Adam7
 * @param shades u8[256] - grey of each index of the palette, or of each sample of less than 8 bits
 * @param out u8[ceil(width / 8) * ceil(height / 8)]
 * @param scratch u8[width * height]
 * @returns cells, or MALFORMED - not as long as the image, an unknown filter; CHECKSUM
 *
 * O(length)
 */
export function pngLuma(
  data: usize,
  length: usize,
  adler: u32,
  width: u32,
  height: u32,
  depth: u32,
  colour: u32,
  interlaced: u32,
  shades: usize,
  out: usize,
  scratch: usize,
): i32 {
  if (adler32(data, length) != adler) return CHECKSUM;
  const samples: u32 = colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1;
  const bits = samples * depth;
  const pixelBytes = usize(max<u32>(1, bits >>> 3));
  const two = usize(depth >>> 4);
  const green: usize = colour == 2 || colour == 6 ? 1 << two : 0;
  if (interlaced == 0 && depth >= 8 && colour != 3) {
    const rowBytes = usize(width) * pixelBytes;
    if (length != (rowBytes + 1) * usize(height)) return MALFORMED;
    if (!unfilter(data, rowBytes, height, pixelBytes)) return MALFORMED;
    return rawLuma(data + 1, width, height, rowBytes + 1, pixelBytes, 0, green, 2 * green, out);
  }

  let p = data;
  const end = data + length;
  for (let pass: u32 = 0; pass < 7; pass++) {
    const at = PASSES + usize(pass << 2);
    const x0: u32 = interlaced ? load<u8>(at) : 0;
    const y0: u32 = interlaced ? load<u8>(at, 1) : 0;
    const dx: u32 = interlaced ? load<u8>(at, 2) : 1;
    const dy: u32 = interlaced ? load<u8>(at, 3) : 1;
    if (x0 < width && y0 < height) {
      const across = (width - x0 + dx - 1) / dx;
      const down = (height - y0 + dy - 1) / dy;
      const rowBytes = usize((u64(across) * u64(bits) + 7) >>> 3);
      if (u64(end - p) < u64(rowBytes + 1) * u64(down)) return MALFORMED;
      if (!unfilter(p, rowBytes, down, pixelBytes)) return MALFORMED;
      for (let y: u32 = 0; y < down; y++) {
        const to = scratch + usize(y0 + y * dy) * usize(width) + usize(x0);
        const from = p + 1;
        for (let x: u32 = 0; x < across; x++) {
          store<u8>(to + usize(x * dx), pixel(from, x, depth, colour, pixelBytes, two, green, shades));
        }
        p += rowBytes + 1;
      }
    }
    if (!interlaced) break;
  }
  return p == end ? rawLuma(scratch, width, height, usize(width), 1, 0, 0, 0, out) : MALFORMED;
}

/** Grey of one pixel. */
function pixel(row: usize, x: u32, depth: u32, colour: u32, pixelBytes: usize, two: usize, green: usize, shades: usize): u8 {
  if (depth < 8 || colour == 3) {
    const bit = x * depth;
    const value = (u32(load<u8>(row + usize(bit >>> 3))) >>> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    return load<u8>(shades + usize(value));
  }
  const p = row + usize(x) * pixelBytes;
  if (green == 0) return load<u8>(p);
  return u8((77 * u32(load<u8>(p)) + 150 * u32(load<u8>(p + green)) + 29 * u32(load<u8>(p + 2 * green)) + 128) >>> 8);
}

/** Undoes the filters of rows, in place. @returns false for an unknown one */
function unfilter(data: usize, rowBytes: usize, height: u32, pixelBytes: usize): bool {
  let above: usize = 0;
  for (let y: u32 = 0; y < height; y++) {
    const filter = load<u8>(data);
    const row = data + 1;
    const head = row + min(pixelBytes, rowBytes);
    const end = row + rowBytes;
    if (filter == 1) {
      for (let p = head; p < end; p++) store<u8>(p, u8(load<u8>(p) + load<u8>(p - pixelBytes)));
    } else if (filter == 2) {
      if (above != 0) {
        let p = row;
        const up = row - above;
        for (; p + 16 <= end; p += 16) v128.store(p, i8x16.add(v128.load(p), v128.load(p - up)));
        for (; p < end; p++) store<u8>(p, u8(load<u8>(p) + load<u8>(p - up)));
      }
    } else if (filter == 3) {
      for (let p = row; p < end; p++) {
        const left = p < head ? 0 : u32(load<u8>(p - pixelBytes));
        const top = above == 0 ? 0 : u32(load<u8>(p - row + above));
        store<u8>(p, u8(u32(load<u8>(p)) + ((left + top) >>> 1)));
      }
    } else if (filter == 4) {
      for (let p = row; p < end; p++) {
        const left = p < head ? 0 : i32(load<u8>(p - pixelBytes));
        const top = above == 0 ? 0 : i32(load<u8>(p - row + above));
        const corner = above == 0 || p < head ? 0 : i32(load<u8>(p - row + above - pixelBytes));
        const toLeft = abs(top - corner);
        const toTop = abs(left - corner);
        const toCorner = abs(left + top - 2 * corner);
        const nearest = toLeft <= toTop && toLeft <= toCorner ? left : toTop <= toCorner ? top : corner;
        store<u8>(p, u8(i32(load<u8>(p)) + nearest));
      }
    } else if (filter != 0) return false;
    above = row;
    data = end;
  }
  return true;
}

/** RFC 1950; 5552 bytes are the most whose sums stay below 2^32. */
function adler32(p: usize, length: usize): u32 {
  let a: u32 = 1;
  let b: u32 = 0;
  const end = p + length;
  while (p < end) {
    const stop = min(p + 5552, end);
    for (; p < stop; p++) {
      a += u32(load<u8>(p));
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return (b << 16) | a;
}
