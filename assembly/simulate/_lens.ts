/** From what a pinhole sees to what a sensor reads: the lens blurs a little, motion blurs along its way, and every pixel is noisy. */
import { scramble } from "./_noise";

/** Pixels beside each row of a padded plane, copies of its ends. */
export const PAD: usize = 16;
/** Of motion along the way: at most so many samples. */
const MOST_TAPS: i32 = 16;
/** No way reaches further than this from its pixel. */
const REACH: i32 = 18;

/** Copies the ends of a padded row outward. */
export function padRow(row: usize, width: i32): void {
  memory.fill(row, load<u8>(row + PAD), PAD);
  memory.fill(row + PAD + usize(width), load<u8>(row + PAD + usize(width) - 1), PAD);
}

/** (a + 2 b + c) / 4 of neighbours, across and down, rounded up at every step; both planes padded. */
export function soften(from: usize, to: usize, width: i32, height: i32): void {
  const stride = usize(width) + 2 * PAD;
  for (let y = 0; y < height; y++) {
    const row = from + usize(y) * stride;
    const above = y > 0 ? row - stride : row;
    const below = y < height - 1 ? row + stride : row;
    for (let x = PAD; x < PAD + usize(width); x += 16) {
      const a = across(above + x);
      const b = across(row + x);
      const c = across(below + x);
      v128.store(to + usize(y) * stride + x, i8x16.avgr_u(i8x16.avgr_u(a, c), b));
    }
    padRow(to + usize(y) * stride, width);
  }
}

function across(p: usize): v128 {
  return i8x16.avgr_u(i8x16.avgr_u(v128.load(p - 1), v128.load(p + 1)), v128.load(p));
}

/**
 * Mean along each pixel's own motion, centred on it, then noise: what two random bytes have more or fewer ones than eight of, of
 * variance 4 and near enough to normal.
 *
 * @param motionX i8[width * height] - quarters of a pixel during the exposure, and motionY
 * @param noise standard deviation, levels
 * @param out u8[width * height]
 * @returns the sum of all pixels
 */
export function expose(soft: usize, motionX: usize, motionY: usize, width: i32, height: i32, noise: f32, seed: i32, out: usize): i64 {
  const stride = usize(width) + 2 * PAD;
  const scale = i16x8.splat(i16(nearest<f32>(noise * 128)));
  const eight = i16x8.splat(8);
  const half = i16x8.splat(128);
  const two = i8x16.splat(2);
  const small = i8x16.splat(~3);
  let sum: i64 = 0;
  for (let y = 0; y < height; y++) {
    const row = soft + usize(y) * stride + PAD;
    for (let x = 0; x < width; x += 16) {
      const i = usize(y) * usize(width) + usize(x);
      let pixels = v128.load(row + usize(x));
      // Less than half a pixel either way leaves a pixel as it is.
      const moving = v128.or(i8x16.add(v128.load(motionX + i), two), i8x16.add(v128.load(motionY + i), two));
      if (v128.any_true(v128.and(moving, small))) {
        for (let n: usize = 0; n < 16; n++) {
          store<u8>(out + i + n, along(soft, stride, x + i32(n), y, load<i8>(motionX + i + n), load<i8>(motionY + i + n), width, height));
        }
        pixels = v128.load(out + i);
      }
      const ones = i8x16.add(i8x16.popcnt(scramble(i32(i), seed)), i8x16.popcnt(scramble(i32(i), ~seed)));
      const low = i16x8.add(i16x8.mul(i16x8.sub(i16x8.extend_low_i8x16_u(ones), eight), scale), half);
      const high = i16x8.add(i16x8.mul(i16x8.sub(i16x8.extend_high_i8x16_u(ones), eight), scale), half);
      const noisy = i8x16.narrow_i16x8_u(
        i16x8.add(i16x8.extend_low_i8x16_u(pixels), i16x8.shr_s(low, 8)),
        i16x8.add(i16x8.extend_high_i8x16_u(pixels), i16x8.shr_s(high, 8)),
      );
      v128.store(out + i, noisy);
      const quads = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(noisy));
      const pair = i32x4.add(quads, i32x4.shuffle(quads, quads, 2, 3, 0, 1));
      sum += i64(i32x4.extract_lane(pair, 0) + i32x4.extract_lane(pair, 1));
    }
  }
  return sum;
}

/** round(65536 / n), n from 0: a product in place of a division. */
// biome-ignore format: a list
const SHARES: usize = memory.data<i32>([
  0, 65536, 32768, 21845, 16384, 13107, 10923, 9362, 8192, 7282, 6554, 5958, 5461, 5041, 4681, 4369, 4096,
]);

/** The mean of one pixel's way: a sample per pixel of length, 16.16 fixed point, nearest pixel, the image's edge beyond it. */
function along(soft: usize, stride: usize, x: i32, y: i32, qx: i32, qy: i32, width: i32, height: i32): u32 {
  const taps = min((max(abs(qx), abs(qy)) + 3) >> 2, MOST_TAPS);
  const plane = soft + PAD;
  if (taps < 2) return load<u8>(plane + usize(y) * stride + usize(x));
  const share = load<i32>(SHARES + (usize(taps) << 2));
  const stepX = (qx * share) >> 2;
  const stepY = (qy * share) >> 2;
  let px = (x << 16) + 32768 - ((stepX * (taps - 1)) >> 1);
  let py = (y << 16) + 32768 - ((stepY * (taps - 1)) >> 1);
  let sum = 0;
  if (x >= REACH && y >= REACH && x < width - REACH && y < height - REACH) {
    for (let n = 0; n < taps; n++) {
      sum += i32(load<u8>(plane + usize(py >> 16) * stride + usize(px >> 16)));
      px += stepX;
      py += stepY;
    }
  } else {
    for (let n = 0; n < taps; n++) {
      const column = max(0, min(width - 1, px >> 16));
      const row = max(0, min(height - 1, py >> 16));
      sum += i32(load<u8>(plane + usize(row) * stride + usize(column)));
      px += stepX;
      py += stepY;
    }
  }
  return u32((sum * share + 32768) >> 16);
}
