/**
 * Pixels as they are to the mean luma of every 8 x 8 cell: what the DC of a JPEG is, of images that are none.
 *
 * A pixel is a group of bytes of which one to three count; of 16-bit samples that is the high byte. Luma is (77 R + 150 G + 29 B) / 256
 * (ITU-R BT.601 to eight bits). Of a Bayer pattern every pixel counts alike, which makes a cell's mean R + 2 G + B.
 */

/**
 * @param source u8, `height` rows `step` bytes apart
 * @param pixelBytes bytes from one pixel to the next
 * @param red offset of its byte in a pixel, as `green` and `blue`; all three equal for grey
 * @param out u8[ceil(width / 8) * ceil(height / 8)], by rows; a cell at the border is the mean of what is there, rounded half up
 * @returns cells
 *
 * O(width * height)
 */
export function rawLuma(
  source: usize,
  width: u32,
  height: u32,
  step: usize,
  pixelBytes: usize,
  red: usize,
  green: usize,
  blue: usize,
  out: usize,
): i32 {
  const columns = (width + 7) >>> 3;
  const rows = (height + 7) >>> 3;
  const colour = red != green || green != blue;
  for (let row: u32 = 0; row < rows; row++) {
    const down = min<u32>(8, height - row * 8);
    const band = source + usize(row) * 8 * step;
    const cells = out + usize(row * columns);
    let column: u32 = 0;
    if (pixelBytes == 1 && down == 8) {
      for (; column * 8 + 16 <= width; column += 2) {
        let sums = i16x8.splat(0);
        for (let y: usize = 0; y < 8; y++)
          sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(v128.load(band + y * step + usize(column << 3))));
        const fours = i32x4.extadd_pairwise_i16x8_u(sums);
        store<u8>(cells + usize(column), u8((i32x4.extract_lane(fours, 0) + i32x4.extract_lane(fours, 1) + 32) >>> 6));
        store<u8>(cells + usize(column), u8((i32x4.extract_lane(fours, 2) + i32x4.extract_lane(fours, 3) + 32) >>> 6), 1);
      }
    }
    for (; column < columns; column++) {
      const across = min<u32>(8, width - column * 8);
      const first = band + usize(column << 3) * pixelBytes;
      const last = first + usize(across) * pixelBytes;
      let sum: u32 = 0;
      for (let y: usize = 0; y < usize(down); y++) {
        const to = last + y * step;
        if (colour) {
          for (let p = first + y * step; p < to; p += pixelBytes) {
            sum += (77 * u32(load<u8>(p + red)) + 150 * u32(load<u8>(p + green)) + 29 * u32(load<u8>(p + blue)) + 128) >>> 8;
          }
        } else for (let p = first + y * step; p < to; p += pixelBytes) sum += u32(load<u8>(p + red));
      }
      const pixels = across * down;
      store<u8>(cells + usize(column), u8((sum + (pixels >>> 1)) / pixels));
    }
  }
  return i32(columns * rows);
}
