/**
 * A baseline JPEG of one grey component: what the simulated camera records.
 *
 * Sources: ITU-T T.81 (quantisation table K.1, Huffman tables K.3 and K.5, https://www.w3.org/Graphics/JPEG/itu-t81.pdf), the DCT of Arai,
 * Agui and Nakajima as in jfdctflt.c of the Independent JPEG Group, and its scale of qualities. f32 throughout: + and * in a fixed order are
 * the same bits on every engine. The DCT's scale factors are part of the quantisation, so a coefficient costs one multiplication.
 *
 * Not done: colour, restarts, Huffman tables of the image's own (about 5 % smaller, at twice the time).
 *
 * | scratch | bytes | holds                                                            |
 * |---------|-------|------------------------------------------------------------------|
 * | SAMPLES | 256   | f32[64], of the block; also u8[64] of a block that crosses an edge |
 * | TURNED  | 256   | f32[64], after one dimension, transposed                          |
 * | SCALES  | 256   | f32[64], 1 / (quantisation step * DCT scale), by rows             |
 * | LEVELS  | 128   | i16[64], quantised, by rows                                       |
 * | EDGE    | 64    | u8[64]                                                            |
 * | DC_CODE | 64    | u32[12], length << 16 | code                                      |
 * | AC_CODE | 1024  | u32[256], the same                                                |
 */
import { FULL, JPEG_SCRATCH } from "../../src/abi";

const SAMPLES: usize = 0;
const TURNED: usize = 256;
const SCALES: usize = 512;
const LEVELS: usize = 768;
const EDGE: usize = 896;
const DC_CODE: usize = 960;
const AC_CODE: usize = 1024;

/** Bytes a block can take at most: 64 symbols of 27 bits, every byte stuffed. */
const BLOCK_ROOM: usize = 448;
const HEADERS: usize = 512;

/** T.81 K.1, by rows. */
// biome-ignore format: a matrix
const LUMA_STEPS: usize = memory.data<u8>([
  16, 11, 10, 16, 24, 40, 51, 61,
  12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77,
  24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
]);

/** Place by rows of the k-th coefficient of the scan. */
// biome-ignore format: a matrix
const ZIGZAG: usize = memory.data<u8>([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
  58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
]);

/** T.81 K.3 and K.5: how many codes of 1 to 16 bits, then what they stand for. */
// biome-ignore format: a list
const DC_TABLE: usize = memory.data<u8>([
  0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
]);
const DC_SYMBOLS: usize = 12;
// biome-ignore format: a list
const AC_TABLE: usize = memory.data<u8>([
  0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125,
  0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
  0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0,
  0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28,
  0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
  0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
  0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
  0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
  0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5,
  0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2,
  0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
  0xf9, 0xfa,
]);
const AC_SYMBOLS: usize = 162;
const END_OF_BLOCK: usize = 0x00;
const SIXTEEN_ZEROS: usize = 0xf0;

/** What this DCT leaves out per dimension: 1, then cos(k pi / 16) sqrt(2). */
const DCT_SCALES: usize = memory.data<f64>([1.0, 1.387039845, 1.306562965, 1.175875602, 1.0, 0.785694958, 0.5411961, 0.275899379]);

/** SOI, APP0 (JFIF 1.1, no density), head of DQT. */
const HEAD: usize = memory.data<u8>([
  0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xdb, 0, 67, 0,
]);
const HEAD_BYTES: usize = 25;

/**
 * @param luma u8, rows of `width` pixels, `stride` bytes apart
 * @param width 1 to 65535, as `height`
 * @param quality 1 to 100, as the Independent JPEG Group counts
 * @param target u8[targetLength]
 * @param scratch u8[JPEG_SCRATCH], 16-byte aligned
 * @returns bytes written, or FULL (1 KiB and 7 bytes a pixel, of whole blocks, are always enough; one byte a pixel is for real images)
 *
 * O(pixels)
 */
export function jpegEncode(
  luma: usize,
  width: u32,
  height: u32,
  stride: usize,
  quality: u32,
  target: usize,
  targetLength: usize,
  scratch: usize,
): i32 {
  if (targetLength < HEADERS) return FULL;
  const end = target + targetLength;
  memory.fill(scratch, 0, JPEG_SCRATCH);
  let out = headers(target, width, height, quality, scratch);
  codes(DC_TABLE, scratch + DC_CODE);
  codes(AC_TABLE, scratch + AC_CODE);

  const levels = scratch + LEVELS;
  const dc = scratch + DC_CODE;
  const ac = scratch + AC_CODE;
  /** The last `have` bits are yet to be written; the ones above are old. */
  let bits: u64 = 0;
  let have: u32 = 0;
  let before: i32 = 0;
  for (let y: u32 = 0; y < height; y += 8) {
    for (let x: u32 = 0; x < width; x += 8) {
      if (end - out < BLOCK_ROOM) return FULL;
      let block = luma + usize(y) * stride + usize(x);
      let blockStride = stride;
      if (width - x < 8 || height - y < 8) {
        edge(block, stride, min<u32>(width - x, 8), min<u32>(height - y, 8), scratch + EDGE);
        block = scratch + EDGE;
        blockStride = 8;
      }
      quantise(block, blockStride, scratch);

      const level = i32(load<i16>(levels));
      const step = level - before;
      before = level;
      let size = 32 - u32(clz(abs(step)));
      let code = load<u32>(dc + usize(size << 2));
      bits = (bits << (u64(code >>> 16) + u64(size))) | (u64(code & 0xffff) << u64(size)) | u64(tail(step, size));
      have += (code >>> 16) + size;
      if (have >= 32) {
        have -= 32;
        out = word(out, u32(bits >>> u64(have)));
      }

      let zeros: u32 = 0;
      for (let k: usize = 1; k < 64; k++) {
        const value = i32(load<i16>(levels + (usize(load<u8>(ZIGZAG + k)) << 1)));
        if (value == 0) {
          zeros++;
          continue;
        }
        for (; zeros > 15; zeros -= 16) {
          code = load<u32>(ac + (SIXTEEN_ZEROS << 2));
          bits = (bits << u64(code >>> 16)) | u64(code & 0xffff);
          have += code >>> 16;
          if (have >= 32) {
            have -= 32;
            out = word(out, u32(bits >>> u64(have)));
          }
        }
        size = 32 - u32(clz(abs(value)));
        code = load<u32>(ac + usize(((zeros << 4) | size) << 2));
        bits = (bits << (u64(code >>> 16) + u64(size))) | (u64(code & 0xffff) << u64(size)) | u64(tail(value, size));
        have += (code >>> 16) + size;
        if (have >= 32) {
          have -= 32;
          out = word(out, u32(bits >>> u64(have)));
        }
        zeros = 0;
      }
      if (zeros > 0) {
        code = load<u32>(ac + (END_OF_BLOCK << 2));
        bits = (bits << u64(code >>> 16)) | u64(code & 0xffff);
        have += code >>> 16;
        if (have >= 32) {
          have -= 32;
          out = word(out, u32(bits >>> u64(have)));
        }
      }
    }
  }
  // The last byte is filled with ones.
  if (end - out < 16) return FULL;
  for (; have > 0; have -= min<u32>(have, 8)) {
    const byte = have >= 8 ? u32(bits >>> u64(have - 8)) & 255 : (u32(bits << u64(8 - have)) | (0xff >>> have)) & 255;
    store<u8>(out++, byte);
    if (byte == 0xff) store<u8>(out++, 0);
  }
  store<u16>(out, 0xd9ff);
  return i32(out + 2 - target);
}

/** The bits that follow a code: the value, or one less where it is negative. */
function tail(value: i32, size: u32): u32 {
  return u32(value + (value >> 31)) & ((1 << size) - 1);
}

/** Writes four bytes, the highest first; a zero follows every 0xff. @returns the address behind them */
function word(out: usize, value: u32): usize {
  if ((value & ~(value + 0x01010101) & 0x80808080) == 0) {
    store<u32>(out, bswap(value));
    return out + 4;
  }
  for (let shift: i32 = 24; shift >= 0; shift -= 8) {
    const byte = (value >>> shift) & 255;
    store<u8>(out++, byte);
    if (byte == 255) store<u8>(out++, 0);
  }
  return out;
}

/** Eight by eight pixels of which only some are there: the last column and row are repeated. */
function edge(from: usize, stride: usize, columns: u32, rows: u32, to: usize): void {
  for (let y: u32 = 0; y < 8; y++) {
    const row = from + usize(min<u32>(y, rows - 1)) * stride;
    for (let x: u32 = 0; x < 8; x++) store<u8>(to + usize(y * 8 + x), load<u8>(row + usize(min<u32>(x, columns - 1))));
  }
}

/** Pixels to LEVELS. Adding 1.5 * 2^23 rounds to the nearest whole number, ties to even, and leaves it in the low bits. */
function quantise(block: usize, stride: usize, scratch: usize): void {
  const samples = scratch + SAMPLES;
  const middle = i16x8.splat(128);
  for (let y: usize = 0; y < 8; y++) {
    const row = i16x8.sub(v128.load_ext<u8>(block + y * stride), middle);
    v128.store(samples + (y << 5), f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(row)));
    v128.store(samples + (y << 5), f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(row)), 16);
  }
  const turned = scratch + TURNED;
  dct(samples, turned);
  dct(turned, samples);
  const magic = f32x4.splat(12582912.0);
  const bias = i32x4.splat(0x4b400000);
  for (let i: usize = 0; i < 8; i++) {
    const low = f32x4.mul(v128.load(samples + (i << 5)), v128.load(scratch + SCALES + (i << 5)));
    const high = f32x4.mul(v128.load(samples + (i << 5), 16), v128.load(scratch + SCALES + (i << 5), 16));
    const a = i32x4.sub(f32x4.add(low, magic), bias);
    const b = i32x4.sub(f32x4.add(high, magic), bias);
    v128.store(scratch + LEVELS + (i << 4), i16x8.narrow_i32x4_s(a, b));
  }
}

/** The one-dimensional DCT of the eight columns, four at a time, written transposed. */
function dct(from: usize, to: usize): void {
  const diagonal = f32x4.splat(0.707106781);
  for (let half: usize = 0; half < 32; half += 16) {
    const p = from + half;
    const d0 = v128.load(p);
    const d1 = v128.load(p, 32);
    const d2 = v128.load(p, 64);
    const d3 = v128.load(p, 96);
    const d4 = v128.load(p, 128);
    const d5 = v128.load(p, 160);
    const d6 = v128.load(p, 192);
    const d7 = v128.load(p, 224);
    const s0 = f32x4.add(d0, d7);
    const s1 = f32x4.add(d1, d6);
    const s2 = f32x4.add(d2, d5);
    const s3 = f32x4.add(d3, d4);
    const t4 = f32x4.sub(d3, d4);
    const t5 = f32x4.sub(d2, d5);
    const t6 = f32x4.sub(d1, d6);
    const t7 = f32x4.sub(d0, d7);

    const e0 = f32x4.add(s0, s3);
    const e3 = f32x4.sub(s0, s3);
    const e1 = f32x4.add(s1, s2);
    const e2 = f32x4.sub(s1, s2);
    const z1 = f32x4.mul(f32x4.add(e2, e3), diagonal);

    const o0 = f32x4.add(t4, t5);
    const o1 = f32x4.add(t5, t6);
    const o2 = f32x4.add(t6, t7);
    const z5 = f32x4.mul(f32x4.sub(o0, o2), f32x4.splat(0.382683433));
    const z2 = f32x4.add(f32x4.mul(o0, f32x4.splat(0.5411961)), z5);
    const z4 = f32x4.add(f32x4.mul(o2, f32x4.splat(1.306562965)), z5);
    const z3 = f32x4.mul(o1, diagonal);
    const z11 = f32x4.add(t7, z3);
    const z13 = f32x4.sub(t7, z3);

    const q = to + (half << 3);
    const odd3 = f32x4.sub(z13, z2);
    transpose(f32x4.add(e0, e1), f32x4.add(z11, z4), f32x4.add(e3, z1), odd3, q);
    transpose(f32x4.sub(e0, e1), f32x4.add(z13, z2), f32x4.sub(e3, z1), f32x4.sub(z11, z4), q + 16);
  }
}

/** Four vectors as four columns, 32 bytes from row to row. */
function transpose(a: v128, b: v128, c: v128, d: v128, to: usize): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 32);
  v128.store(to, i64x2.shuffle(ab2, cd2, 0, 2), 64);
  v128.store(to, i64x2.shuffle(ab2, cd2, 1, 3), 96);
}

/** Codes in the order of their lengths (T.81 C.2): table[symbol] = length << 16 | code. */
function codes(list: usize, table: usize): void {
  let code: u32 = 0;
  let symbol = list + 16;
  for (let length: u32 = 1; length <= 16; length++) {
    for (let n = u32(load<u8>(list + usize(length - 1))); n > 0; n--) {
      store<u32>(table + (usize(load<u8>(symbol++)) << 2), (length << 16) | code);
      code++;
    }
    code <<= 1;
  }
}

/** Everything before the scan's data; fills SCALES. @returns the address behind it */
function headers(target: usize, width: u32, height: u32, quality: u32, scratch: usize): usize {
  memory.copy(target, HEAD, HEAD_BYTES);
  const scale = quality < 50 ? 5000 / max<u32>(quality, 1) : 200 - 2 * min<u32>(quality, 100);
  let out = target + HEAD_BYTES;
  for (let k: usize = 0; k < 64; k++) {
    const i = usize(load<u8>(ZIGZAG + k));
    const step = min<u32>(max<u32>((u32(load<u8>(LUMA_STEPS + i)) * scale + 50) / 100, 1), 255);
    store<u8>(out++, step);
    const size = load<f64>(DCT_SCALES + ((i >> 3) << 3)) * load<f64>(DCT_SCALES + ((i & 7) << 3)) * 8.0;
    store<f32>(scratch + SCALES + (i << 2), f32(1.0 / (f64(step) * size)));
  }
  // SOF0: 8 bits, one component of no subsampling, table 0.
  store<u32>(out, 0x0b00c0ff);
  store<u8>(out, 8, 4);
  store<u16>(out, bswap(u16(height)), 5);
  store<u16>(out, bswap(u16(width)), 7);
  store<u32>(out, 0x00110101, 9);
  out = table(out + 13, 0x00, DC_TABLE, DC_SYMBOLS);
  out = table(out, 0x10, AC_TABLE, AC_SYMBOLS);
  // SOS: component 1 by tables 0, coefficients 0 to 63.
  store<u64>(out, 0x0000_0101_0800_daff);
  store<u16>(out, 0x003f, 8);
  return out + 10;
}

/** One DHT segment. */
function table(out: usize, id: u32, list: usize, symbols: usize): usize {
  store<u16>(out, 0xc4ff);
  store<u16>(out, bswap(u16(symbols + 19)), 2);
  store<u8>(out, id, 4);
  memory.copy(out + 5, list, 16 + symbols);
  return out + 21 + symbols;
}
