/**
 * How much the luma inside a box differs from the luma inside the same box moved, in the next image: for a whole grid of moves.
 *
 * The sum of absolute differences, after the first image was made as bright as the second (exposure). 16 cells at a time; the last ones
 * of a row are masked, so boxes of 4 cells cost as much as of 16.
 */

/** 16 bytes of ones, 16 of zeros: loaded from 16 - n, n bytes of ones. */
// biome-ignore format: a list
const MASKS: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
], 16);

/**
 * @param before u8[columns * rows], and 15 bytes behind it that are read but do not count; as `after`
 * @param left x of the box in `before`, in cells; 0 <= left < left + width <= columns, likewise `top` and `height`
 * @param gain brightness of `after` over that of `before`, times 128; at most 256. Products round half up and saturate
 * @param moveLeft x of the first move, in cells, and `moveTop`; `movesAcross` and `movesDown` are how many there are, one cell apart
 * @param out u32[movesAcross * movesDown], by rows; all ones where the moved box is not wholly inside
 * @returns how many moves are inside
 *
 * O(moves * width * height)
 */
export function boxDeltas(
  before: usize,
  after: usize,
  columns: i32,
  rows: i32,
  left: i32,
  top: i32,
  width: i32,
  height: i32,
  gain: i32,
  moveLeft: i32,
  moveTop: i32,
  movesAcross: i32,
  movesDown: i32,
  out: usize,
): i32 {
  let inside = 0;
  const from = before + usize(top * columns + left);
  for (let j = 0; j < movesDown; j++) {
    const y = top + moveTop + j;
    for (let i = 0; i < movesAcross; i++, out += 4) {
      const x = left + moveLeft + i;
      if (x < 0 || y < 0 || x + width > columns || y + height > rows) {
        store<u32>(out, 0xffffffff);
        continue;
      }
      store<u32>(out, difference(from, after + usize(y * columns + x), usize(columns), usize(width), usize(height), gain));
      inside++;
    }
  }
  return inside;
}

function difference(a: usize, b: usize, stride: usize, width: usize, height: usize, gain: i32): u32 {
  const factor = i16x8.splat(i16(gain));
  const half = i16x8.splat(64);
  const tail = v128.load(MASKS + 16 - (((width - 1) & 15) + 1));
  const last = (width - 1) & ~15;
  let sums = i32x4.splat(0);
  for (let y: usize = 0; y < height; y++) {
    for (let x: usize = 0; x <= last; x += 16) {
      const p = v128.load(a + x);
      const q = v128.load(b + x);
      const low = i16x8.shr_u(i16x8.add(i16x8.mul(i16x8.extend_low_i8x16_u(p), factor), half), 7);
      const high = i16x8.shr_u(i16x8.add(i16x8.mul(i16x8.extend_high_i8x16_u(p), factor), half), 7);
      const lit = i8x16.narrow_i16x8_u(low, high);
      let apart = v128.or(i8x16.sub_sat_u(lit, q), i8x16.sub_sat_u(q, lit));
      if (x == last) apart = v128.and(apart, tail);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(apart)));
    }
    a += stride;
    b += stride;
  }
  return u32(i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3));
}
