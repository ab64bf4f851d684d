/**
 * A JPEG at an eighth of its size, grey: the mean of every 8 x 8 block of luma, which is the block's DC coefficient. Nothing is
 * transformed, and the other coefficients are stepped over by their codes.
 *
 * Source: ITU-T T.81 (https://www.w3.org/Graphics/JPEG/itu-t81.pdf). Baseline, extended and progressive, 8 bits, 1 to 4 components,
 * interleaved or not, restarts. Luma is the first component; of RGB (Adobe transform 0, or components named so) and of CMYK the second,
 * which carries most of it. Of a progressive image only the scans of luma's DC are read, the others are searched for their end.
 *
 * A table of ACs has for each 12 bits all the symbols that lie wholly in them, as one step: bits to consume, coefficients they stand for,
 * and whether the block ends. Where such a step would leave the block (the symbols behind its last coefficient are the next block's), and
 * for longer codes, it is one symbol at a time.
 *
 * Hostile input is normal: every block costs at least one bit of the source, so time is O(length + cells); a marker or the end of the
 * source is as many zeros as are asked for, and TRUNCATED once one of them was used.
 *
 * Not done (UNSUPPORTED): arithmetic coding, lossless, hierarchical, 12 bits, a height given behind the scan, luma that is subsampled.
 *
 * | scratch   | bytes     | holds                                                                              |
 * |-----------|-----------|------------------------------------------------------------------------------------|
 * | P..PAD    | 64        | the bits: u32 P, u32 END, u64 BITS (from the top), i32 HAVE, i32 PAD (zeros added) |
 * | STEPS     | 16        | u32[4]: DC step of each quantisation table, 0 where there is none                  |
 * | PARTS     | 64        | per component, 16 bytes: id, h, v, table, DC table, AC table, -, -; i32 prediction |
 * | CODES     | 8 * 512   | per Huffman table: u8 given, u8 built; u32[16] LIMIT, i32[16] FIRST, u8[256] SYMBOL |
 * | QUICK_DC  | 4 * 1024  | u16[512] per table: length << 8 | symbol, 0 for longer codes                        |
 * | QUICK_AC  | 4 * 8192  | u16[4096] per table: bits | coefficients << 6 | end << 14, 0 for longer codes        |
 * | SINGLE    | 8192      | u16[4096], while a table is built                                                  |
 * | DC        | 2 * cells | i16[cells]                                                                         |
 */
import { FULL, JPEG_LUMA_SCRATCH, MALFORMED, TRUNCATED, UNSUPPORTED } from "../../src/abi";

const P: usize = 0;
const END: usize = 4;
const BITS: usize = 8;
const HAVE: usize = 16;
const PAD: usize = 20;
const STEPS: usize = 64;
const PARTS: usize = 80;
const CODES: usize = 192;
const QUICK_DC: usize = 4352;
const QUICK_AC: usize = 8448;
const SINGLE: usize = 41216;
const DC: usize = JPEG_LUMA_SCRATCH;

const PART: usize = 16;
const PREDICTION: usize = 8;
const CODE: usize = 512;
const LIMIT: usize = 16;
const FIRST: usize = 80;
const SYMBOL: usize = 144;

const END_OF_BLOCK: u32 = 1 << 14;
/** Scans of luma's DC that a progressive image can need: one, and one for each of its bits. Others are hostile. */
const MOST_SCANS: i32 = 32;
/** No DC difference: those are within 16 bits. */
const WRONG: i32 = -0x80000000;

/** Name of a frame the markers describe, 0 before it. */
const SEQUENTIAL: u32 = 1;
const PROGRESSIVE: u32 = 2;

/**
 * @param source u8[length]
 * @param out u8[cells], by rows: ceil(width / 8) times ceil(height / 8); a cell over the border is the mean of what the encoder put there
 * @param outLength of `out`
 * @param scratch u8[JPEG_LUMA_SCRATCH + 2 * outLength], 16-byte aligned
 * @param result u32[2]: width and height in pixels, 0 where the source does not come to them
 * @returns cells, or
 * FULL - outLength is less than the cells, and `result` says how many there are;
 * TRUNCATED - the source ends, or a marker comes, before the image is complete;
 * MALFORMED - not JPEG, or it contradicts itself; UNSUPPORTED - see above
 *
 * O(length + cells)
 */
export function jpegLuma(source: usize, length: usize, out: usize, outLength: usize, scratch: usize, result: usize): i32 {
  store<u64>(result, 0);
  memory.fill(scratch, 0, CODES + 8 * CODE);
  const end = source + length;
  if (length < 4) return TRUNCATED;
  if (load<u16>(source) != 0xd8ff) return MALFORMED;

  let kind: u32 = 0;
  let count: u32 = 0;
  let luma: u32 = 0;
  let columns: u32 = 0;
  let rows: u32 = 0;
  let interval: u32 = 0;
  let transform: i32 = -1;
  let step: i32 = 0;
  let scans: i32 = 0;
  let p = source + 2;
  while (true) {
    p = nextMarker(p, end);
    if (p == 0) return TRUNCATED;
    const marker = u32(load<u8>(p++));
    if (marker == 0xd9) {
      if (scans == 0) return MALFORMED;
      return means(scratch + DC, out, columns * rows, step);
    }
    if (marker == 0xd8) return MALFORMED;
    if (marker == 0x01 || (marker & 0xf8) == 0xd0) continue;
    if (end - p < 2) return TRUNCATED;
    const size = u16At(p);
    if (size < 2) return MALFORMED;
    if (end - p < usize(size)) return TRUNCATED;
    const body = p + 2;
    p += usize(size);
    const bytes = size - 2;

    if (marker == 0xdb) {
      if (!quantisation(body, p, scratch)) return MALFORMED;
    } else if (marker == 0xc4) {
      if (!huffman(body, p, scratch)) return MALFORMED;
    } else if (marker == 0xdd) {
      if (bytes < 2) return MALFORMED;
      interval = u16At(body);
    } else if (marker == 0xee) {
      if (bytes >= 12 && load<u32>(body) == 0x626f6441 && load<u8>(body, 4) == 0x65) transform = i32(load<u8>(body, 11));
    } else if (marker == 0xdc || marker == 0xde || marker == 0xcc) {
      return UNSUPPORTED;
    } else if ((marker & 0xf0) == 0xc0 && marker != 0xc8) {
      if (marker > 0xc2) return UNSUPPORTED;
      if (kind != 0 || bytes < 6) return MALFORMED;
      count = u32(load<u8>(body, 5));
      if (bytes < 6 + 3 * count || count == 0) return MALFORMED;
      const height = u16At(body + 1);
      const width = u16At(body + 3);
      if (width == 0) return MALFORMED;
      if (load<u8>(body) != 8 || count > 4 || height == 0) return UNSUPPORTED;
      kind = marker == 0xc2 ? PROGRESSIVE : SEQUENTIAL;
      if (!components(body + 6, count, scratch)) return MALFORMED;
      luma = lumaOf(count, transform, scratch);
      columns = (width + 7) >>> 3;
      rows = (height + 7) >>> 3;
      store<u32>(result, width);
      store<u32>(result, height, 4);
      const part = scratch + PARTS + usize(luma) * PART;
      if (u32(load<u8>(part, 1)) != most(count, 1, scratch) || u32(load<u8>(part, 2)) != most(count, 2, scratch)) return UNSUPPORTED;
      if (usize(columns * rows) > outLength) return FULL;
      // A block is a bit at least.
      if (u64(columns) * u64(rows) > u64(length) << 3) return TRUNCATED;
      memory.fill(scratch + DC, 0, usize(columns * rows) << 1);
    } else if (marker == 0xda) {
      if (kind == 0 || bytes < 1) return MALFORMED;
      const n = u32(load<u8>(body));
      if (n == 0 || n > 4 || bytes < 4 + 2 * n) return MALFORMED;
      const from = u32(load<u8>(body + usize(n << 1), 1));
      const to = u32(load<u8>(body + usize(n << 1), 2));
      const high = u32(load<u8>(body + usize(n << 1), 3)) >>> 4;
      const low: u32 = kind == PROGRESSIVE ? u32(load<u8>(body + usize(n << 1), 3)) & 15 : 0;
      if (!holds(body + 1, n, luma, scratch)) continue;
      if (kind == PROGRESSIVE) {
        if (from > 0) continue;
        if (to != 0 || low > 13) return MALFORMED;
        if (high != 0 && scans == 0) return MALFORMED;
      }
      if (++scans > MOST_SCANS) return MALFORMED;
      if (step == 0) step = i32(load<u32>(scratch + STEPS + (usize(load<u8>(scratch + PARTS + usize(luma) * PART, 3)) << 2)));
      if (step == 0) return MALFORMED;
      store<u32>(scratch, u32(p), P);
      store<u32>(scratch, u32(end), END);
      const how = kind == SEQUENTIAL ? WHOLE : high == 0 ? DIFFERENCE : REFINEMENT;
      const status = scan(body + 1, n, count, luma, columns, rows, interval, how, low, scratch);
      if (status < 0) return status;
      if (kind == SEQUENTIAL) return means(scratch + DC, out, columns * rows, step);
      p = usize(load<u32>(scratch, P));
    }
  }
}

/** What a scan has of a block. */
const WHOLE: u32 = 0;
const DIFFERENCE: u32 = 1;
const REFINEMENT: u32 = 2;

/** All blocks of a scan that holds luma, as P says. @returns 0 or a status; P then lies at or before the next marker */
function scan(list: usize, n: u32, count: u32, luma: u32, columns: u32, rows: u32, interval: u32, how: u32, low: u32, scratch: usize): i32 {
  for (let i: u32 = 0; i < n; i++) {
    const part = partOf(load<u8>(list + usize(i << 1)), count, scratch);
    if (part == 0) return MALFORMED;
    const dcTable = u32(load<u8>(list + usize(i << 1), 1)) >>> 4;
    const acTable = u32(load<u8>(list + usize(i << 1), 1)) & 15;
    if (dcTable > 3 || acTable > 3) return MALFORMED;
    store<u8>(part, u8(dcTable), 4);
    store<u8>(part, u8(acTable), 5);
    if (how != REFINEMENT && !buildDc(dcTable, scratch)) return MALFORMED;
    if (how == WHOLE && !buildAc(acTable, scratch)) return MALFORMED;
  }
  const alone = n == 1;
  const across: u32 = alone ? 1 : most(count, 1, scratch);
  const down: u32 = alone ? 1 : most(count, 2, scratch);
  const unitColumns = (columns + across - 1) / across;
  const unitRows = (rows + down - 1) / down;
  let left = interval;
  let restart: u32 = 0;
  begin(scratch, count);
  for (let unitRow: u32 = 0; unitRow < unitRows; unitRow++) {
    for (let unitColumn: u32 = 0; unitColumn < unitColumns; unitColumn++) {
      if (interval != 0 && left-- == 0) {
        const at = nextMarker(usize(load<u32>(scratch, P)), usize(load<u32>(scratch, END)));
        if (at == 0) return TRUNCATED;
        if (u32(load<u8>(at)) != 0xd0 + restart) return MALFORMED;
        restart = (restart + 1) & 7;
        store<u32>(scratch, u32(at + 1), P);
        begin(scratch, count);
        left = interval - 1;
      }
      for (let i: u32 = 0; i < n; i++) {
        const part = partOf(load<u8>(list + usize(i << 1)), count, scratch);
        const isLuma = part == scratch + PARTS + usize(luma) * PART;
        const h: u32 = alone ? 1 : u32(load<u8>(part, 1));
        const v: u32 = alone ? 1 : u32(load<u8>(part, 2));
        const dc = usize(load<u8>(part, 4));
        const ac = usize(load<u8>(part, 5));
        for (let y: u32 = 0; y < v; y++) {
          for (let x: u32 = 0; x < h; x++) {
            let value: i32 = 0;
            if (how == REFINEMENT) value = i32(bit(scratch)) << i32(low);
            else {
              const change = block(scratch, dc, ac, how == WHOLE);
              if (change == WRONG) return load<i32>(scratch, PAD) > load<i32>(scratch, HAVE) ? TRUNCATED : MALFORMED;
              value = load<i32>(part, PREDICTION) + change;
              store<i32>(part, value, PREDICTION);
              value <<= i32(low);
            }
            const column = unitColumn * h + x;
            const row = unitRow * v + y;
            if (!isLuma || column >= columns || row >= rows) continue;
            const cell = scratch + DC + (usize(row * columns + column) << 1);
            store<i16>(cell, i16(how == REFINEMENT ? i32(load<i16>(cell)) | value : value));
          }
        }
      }
      if (load<i32>(scratch, PAD) > load<i32>(scratch, HAVE)) return TRUNCATED;
    }
  }
  return 0;
}

/** No bits yet, no prediction yet. */
function begin(scratch: usize, count: u32): void {
  store<u64>(scratch, 0, BITS);
  store<u64>(scratch, 0, HAVE);
  for (let i: usize = 0; i < usize(count); i++) store<i32>(scratch + PARTS + i * PART, 0, PREDICTION);
}

/**
 * Steps over a block, or over the DC alone.
 *
 * @returns the DC's difference to the block before, or WRONG for a code or a length there is none of
 */
function block(scratch: usize, dc: usize, ac: usize, whole: bool): i32 {
  let bits = load<u64>(scratch, BITS);
  let have = load<i32>(scratch, HAVE);
  if (have < 32) {
    refill(scratch, bits, have);
    bits = load<u64>(scratch, BITS);
    have = load<i32>(scratch, HAVE);
  }
  let entry = u32(load<u16>(scratch + QUICK_DC + (dc << 10) + (usize(bits >>> 55) << 1)));
  if (entry == 0) {
    entry = search(scratch + CODES + dc * CODE, u32(bits >>> 48));
  }
  const size = entry & 255;
  if (entry == 0 || size > 15) {
    store<i32>(scratch, have - (entry == 0 ? 16 : i32(entry >>> 8)), HAVE);
    return WRONG;
  }
  bits <<= u64(entry >>> 8);
  // Of no bits at all a shift by 64 would be one by none.
  const tail = u32((bits >>> 1) >>> u64(63 - size));
  bits <<= u64(size);
  have -= i32((entry >>> 8) + size);
  const negative = size > 0 && tail >>> (size - 1) == 0;
  const change = negative ? i32(tail) - (1 << size) + 1 : i32(tail);

  if (whole) {
    const quick = scratch + QUICK_AC + (ac << 13);
    const codes = scratch + CODES + (ac + 4) * CODE;
    let k: u32 = 1;
    while (k < 64) {
      if (have < 32) {
        const p = usize(load<u32>(scratch, P));
        const word = p + 4 <= usize(load<u32>(scratch, END)) ? load<u32>(p) : 0xffffffff;
        if ((word & ~(word + 0x01010101) & 0x80808080) == 0) {
          bits |= u64(bswap(word)) << u64(32 - have);
          have += 32;
          store<u32>(scratch, u32(p + 4), P);
        } else {
          refill(scratch, bits, have);
          bits = load<u64>(scratch, BITS);
          have = load<i32>(scratch, HAVE);
        }
      }
      entry = u32(load<u16>(quick + (usize(bits >>> 52) << 1)));
      const ends = entry >>> 14;
      if (entry != 0 && k + ((entry >>> 6) & 255) + ends <= 64) {
        bits <<= u64(entry & 63);
        have -= i32(entry & 63);
        k += (entry >>> 6) & 255;
        if (ends != 0) break;
        continue;
      }
      entry = search(codes, u32(bits >>> 48));
      if (entry == 0) {
        have -= 16;
        k = 65;
        break;
      }
      const used = (entry >>> 8) + (entry & 15);
      bits <<= u64(used);
      have -= i32(used);
      if ((entry & 15) == 0 && (entry & 255) != 0xf0) break;
      k += ((entry >>> 4) & 15) + 1;
    }
    if (k > 64) {
      store<i32>(scratch, have, HAVE);
      return WRONG;
    }
  }
  store<u64>(scratch, bits, BITS);
  store<i32>(scratch, have, HAVE);
  return change;
}

function bit(scratch: usize): u32 {
  if (load<i32>(scratch, HAVE) < 1) refill(scratch, load<u64>(scratch, BITS), load<i32>(scratch, HAVE));
  const bits = load<u64>(scratch, BITS);
  store<u64>(scratch, bits << 1, BITS);
  store<i32>(scratch, load<i32>(scratch, HAVE) - 1, HAVE);
  return u32(bits >>> 63);
}

/** Bytes until there are more than 56 bits, without the zero that follows every 0xff; zeros at a marker and at the end. */
function refill(scratch: usize, bits: u64, have: i32): void {
  let p = usize(load<u32>(scratch, P));
  const end = usize(load<u32>(scratch, END));
  let pad = load<i32>(scratch, PAD);
  while (have <= 56) {
    let byte: u32 = 0;
    if (p >= end) pad += 8;
    else {
      byte = load<u8>(p);
      if (byte != 0xff) p++;
      else if (p + 1 < end && load<u8>(p, 1) == 0) p += 2;
      else {
        byte = 0;
        pad += 8;
      }
    }
    bits |= u64(byte) << u64(56 - have);
    have += 8;
  }
  store<u32>(scratch, u32(p), P);
  store<i32>(scratch, pad, PAD);
  store<u64>(scratch, bits, BITS);
  store<i32>(scratch, have, HAVE);
}

/** The code the 16 bits begin with: length << 8 | symbol; 0 for none. T.81 F.2.2.3, with the codes' limits moved to the top of 16 bits. */
function search(codes: usize, bits: u32): u32 {
  for (let length: u32 = 1; length <= 16; length++) {
    const at = usize((length - 1) << 2);
    if (bits >= load<u32>(codes + at, LIMIT)) continue;
    const index = i32(bits >>> (16 - length)) + load<i32>(codes + at, FIRST);
    return (length << 8) | u32(load<u8>(codes + usize(index), SYMBOL));
  }
  return 0;
}

/** @returns address of the byte behind the 0xff of the next marker; 0 where there is none */
function nextMarker(p: usize, end: usize): usize {
  const ones = i8x16.splat(-1);
  while (true) {
    while (end - p >= 16 && !v128.any_true(i8x16.eq(v128.load(p), ones))) p += 16;
    const stop = min(p + 16, end);
    for (; p < stop; p++) {
      if (load<u8>(p) != 0xff || p + 1 >= end) continue;
      const next = load<u8>(p, 1);
      if (next != 0 && next != 0xff) return p + 1;
    }
    if (p >= end) return 0;
  }
}

function u16At(p: usize): u32 {
  return u32(bswap(load<u16>(p)));
}

/** DQT: only the first step of each table counts. */
function quantisation(p: usize, end: usize, scratch: usize): bool {
  while (p < end) {
    const head = u32(load<u8>(p++));
    const wide = head >>> 4;
    const bytes: usize = wide == 0 ? 64 : 128;
    if (wide > 1 || (head & 15) > 3 || end - p < bytes) return false;
    const step = wide == 0 ? u32(load<u8>(p)) : u16At(p);
    if (step == 0) return false;
    store<u32>(scratch + STEPS + (usize(head & 15) << 2), step);
    p += bytes;
  }
  return true;
}

/** DHT: limits and symbols; the quick tables are made when a scan asks for them. */
function huffman(p: usize, end: usize, scratch: usize): bool {
  while (p < end) {
    const head = u32(load<u8>(p++));
    if ((head & 0xec) != 0 || end - p < 16) return false;
    const codes = scratch + CODES + usize(((head >>> 4) << 2) | (head & 3)) * CODE;
    let code: u32 = 0;
    let first: u32 = 0;
    for (let length: u32 = 1; length <= 16; length++) {
      const n = u32(load<u8>(p + usize(length - 1)));
      const at = codes + usize((length - 1) << 2);
      store<i32>(at, i32(first) - i32(code), FIRST);
      code += n;
      first += n;
      if (code > 1 << length || first > 256) return false;
      store<u32>(at, code << (16 - length), LIMIT);
      code <<= 1;
    }
    p += 16;
    if (end - p < usize(first)) return false;
    memory.fill(codes + SYMBOL, 0, 256);
    memory.copy(codes + SYMBOL, p, usize(first));
    store<u16>(codes, 1);
    p += usize(first);
  }
  return true;
}

/** @returns whether there is such a table */
function buildDc(table: u32, scratch: usize): bool {
  const codes = scratch + CODES + usize(table) * CODE;
  if (load<u8>(codes, 1) == 0) {
    if (load<u8>(codes) == 0) return false;
    store<u8>(codes, 1, 1);
    const quick = scratch + QUICK_DC + (usize(table) << 10);
    for (let i: u32 = 0; i < 512; i++) {
      const entry = search(codes, i << 7);
      store<u16>(quick + usize(i << 1), u16(entry >>> 8 <= 9 ? entry : 0));
    }
  }
  return true;
}

/** @returns whether there is such a table */
function buildAc(table: u32, scratch: usize): bool {
  const codes = scratch + CODES + usize(table + 4) * CODE;
  if (load<u8>(codes, 1) != 0) return true;
  if (load<u8>(codes) == 0) return false;
  store<u8>(codes, 1, 1);
  // First what each 12 bits begin with: length << 8 | symbol. All bits that share a code are neighbours.
  memory.fill(scratch + SINGLE, 0, 8192);
  let i: u32 = 0;
  while (i < 4096) {
    const entry = search(codes, i << 4);
    const length = entry >>> 8;
    const same: u32 = entry == 0 || length > 12 ? 1 : 1 << (12 - length);
    if (entry != 0 && length <= 12) for (let j: u32 = 0; j < same; j++) store<u16>(scratch + SINGLE + usize((i + j) << 1), u16(entry));
    i += same;
  }
  const quick = scratch + QUICK_AC + (usize(table) << 13);
  for (i = 0; i < 4096; i++) {
    let bits: u32 = 0;
    let coefficients: u32 = 0;
    let ends: u32 = 0;
    while (bits < 12) {
      const entry = u32(load<u16>(scratch + SINGLE + usize(((i << bits) & 4095) << 1)));
      const length = entry >>> 8;
      if (entry == 0 || length > 12 - bits) break;
      bits += length + (entry & 15);
      if ((entry & 15) == 0 && (entry & 255) != 0xf0) {
        ends = END_OF_BLOCK;
        break;
      }
      coefficients += ((entry >>> 4) & 15) + 1;
    }
    store<u16>(quick + usize(i << 1), u16(bits | (coefficients << 6) | ends));
  }
  return true;
}

/** SOF's list: identifier, sampling, quantisation table. */
function components(p: usize, count: u32, scratch: usize): bool {
  for (let i: usize = 0; i < usize(count); i++) {
    const part = scratch + PARTS + i * PART;
    const h = u32(load<u8>(p + 3 * i, 1)) >>> 4;
    const v = u32(load<u8>(p + 3 * i, 1)) & 15;
    const table = u32(load<u8>(p + 3 * i, 2));
    if (h < 1 || h > 4 || v < 1 || v > 4 || table > 3) return false;
    for (let j: usize = 0; j < i; j++) if (load<u8>(scratch + PARTS + j * PART) == load<u8>(p + 3 * i)) return false;
    store<u8>(part, load<u8>(p + 3 * i));
    store<u8>(part, u8(h), 1);
    store<u8>(part, u8(v), 2);
    store<u8>(part, u8(table), 3);
  }
  return true;
}

/** YCbCr, grey, YCCK (transform 2): the first. RGB, CMYK: the second. */
function lumaOf(count: u32, transform: i32, scratch: usize): u32 {
  if (count == 3) {
    const named = load<u8>(scratch + PARTS) == 0x52 && load<u8>(scratch + PARTS + PART) == 0x47;
    return transform == 0 || (transform < 0 && named) ? 1 : 0;
  }
  return count == 4 && transform != 2 ? 1 : 0;
}

/** The largest sampling factor. */
function most(count: u32, field: usize, scratch: usize): u32 {
  let value: u32 = 1;
  for (let i: usize = 0; i < usize(count); i++) value = max<u32>(value, u32(load<u8>(scratch + PARTS + i * PART + field)));
  return value;
}

/** The component a scan names; 0 for none. */
function partOf(id: u32, count: u32, scratch: usize): usize {
  for (let i: usize = 0; i < usize(count); i++) {
    const part = scratch + PARTS + i * PART;
    if (u32(load<u8>(part)) == id) return part;
  }
  return 0;
}

function holds(list: usize, n: u32, luma: u32, scratch: usize): bool {
  const id = load<u8>(scratch + PARTS + usize(luma) * PART);
  for (let i: u32 = 0; i < n; i++) if (load<u8>(list + usize(i << 1)) == id) return true;
  return false;
}

/** A DC is eight times the mean of its block, which is 128 away from the pixels. */
function means(dc: usize, out: usize, cells: u32, step: i32): i32 {
  for (let i: usize = 0; i < usize(cells); i++) {
    const mean = ((i32(load<i16>(dc + (i << 1))) * step + 4) >> 3) + 128;
    store<u8>(out + i, u8(min(max(mean, 0), 255)));
  }
  return i32(cells);
}
