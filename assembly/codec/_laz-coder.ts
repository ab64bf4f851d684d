/**
 * The arithmetic decoder of LASzip, its adaptive models, and integers by prediction and corrector.
 *
 * Models count symbols and turn counts into cumulative shares now and then, ever less often; large alphabets have a table that brings a share near
 * its symbol. (A. Said, Introduction to Arithmetic Coding, HPL-2004-76; M. Isenburg, LASzip: lossless compression of LiDAR data, 2013; Apache-2.0)
 *
 * Hostile input: a decoder reads zeros behind its end and counts them, a share beyond the last symbol is the last symbol, and memory comes from
 * one arena: where that is used up, everything is laid into its first bytes and `isFull` is set.
 */

const MOST_LENGTH: u32 = 0xffffffff;
const LEAST_LENGTH: u32 = 0x01000000;
/** Shares are of 2^15 (symbols) and 2^13 (bits). */
const SHARE: u32 = 15;
const BIT_SHARE: u32 = 13;
/** Bytes at the begin of the arena that are nobody's: larger than any model. */
const SCRAP: usize = 16384;
/** Of a model: symbols, their sum, how long until the next update, and then, entries of the table and its shift; shares, counts and table follow. */
const MODEL_HEAD: usize = 32;
/** Of an integer coder: k of the last corrector, bits, range, contexts; models of k by context, then correctors by k. */
const CODER_HEAD: usize = 16;
const HIGH_BITS: u32 = 8;

let arena: usize = 0;
let arenaEnd: usize = 0;
let arenaNext: usize = 0;
/** Set once the arena is used up: what was decoded since is nothing. */
export let isFull: bool = false;

export function openArena(pointer: usize, bytes: usize): void {
  arena = pointer;
  arenaEnd = pointer + bytes;
  arenaNext = pointer + SCRAP;
  isFull = bytes < SCRAP;
}

/** Zeroed, aligned to 8. */
export function take(bytes: usize): usize {
  const own = arenaNext;
  const next = own + ((bytes + 7) & ~7);
  if (next > arenaEnd) {
    isFull = true;
    return arena;
  }
  arenaNext = next;
  memory.fill(own, 0, bytes);
  return own;
}

/** Decoder: value, length, next byte, end, zeros read behind it. */
export const DECODER_BYTES: usize = 20;

export function openDecoder(decoder: usize, from: usize, to: usize): void {
  store<u32>(decoder, 0);
  store<u32>(decoder, MOST_LENGTH, 4);
  store<u32>(decoder, u32(from), 8);
  store<u32>(decoder, u32(to), 12);
  store<u32>(decoder, 0, 16);
  for (let i = 0; i < 4; i++) store<u32>(decoder, (load<u32>(decoder) << 8) | nextByte(decoder));
}

/** Bytes it would have liked behind its end: a few are usual. */
export function overrun(decoder: usize): u32 {
  return load<u32>(decoder, 16);
}

/** What a decoder may read behind the end of its bytes: encoders may leave out zeros there. */
export const SLACK: u32 = 8;

/**
 * Whether everything before was decoded as it was coded. An encoder ends by one byte of a number just above the low end of what is left, or by two
 * where less is left, and zeros for as many bytes as its decoder has read ahead: so a decoder's value is then almost nothing of its
 * length. One that took a wrong turn anywhere has any other.
 */
export function isAtEnd(decoder: usize): bool {
  const value = load<u32>(decoder);
  if (load<u32>(decoder, 4) > 2 * LEAST_LENGTH) return value - 1 < LEAST_LENGTH;
  return (LEAST_LENGTH >> 1) - value < 0x10000;
}

/** Whether that was where its bytes end. */
export function isUsedUp(decoder: usize): bool {
  return load<u32>(decoder, 8) == load<u32>(decoder, 12) && overrun(decoder) <= SLACK;
}

function nextByte(decoder: usize): u32 {
  const at = load<u32>(decoder, 8);
  if (at >= load<u32>(decoder, 12)) {
    store<u32>(decoder, load<u32>(decoder, 16) + 1, 16);
    return 0;
  }
  store<u32>(decoder, at + 1, 8);
  return load<u8>(usize(at));
}

function keep(decoder: usize, value: u32, length: u32): void {
  let v = value;
  // Never 0: every symbol has a share.
  let l = max(1, length);
  while (l < LEAST_LENGTH) {
    v = (v << 8) | nextByte(decoder);
    l <<= 8;
  }
  store<u32>(decoder, v);
  store<u32>(decoder, l, 4);
}

/** @param symbols 2 to 2048 */
export function newModel(symbols: u32): usize {
  let table: u32 = 0;
  let shift: u32 = 0;
  if (symbols > 16) {
    let bits: u32 = 3;
    while (symbols > u32(1) << (bits + 2)) bits++;
    table = 1 << bits;
    shift = SHARE - bits;
  }
  const model = take(MODEL_HEAD + (usize(symbols) << 3) + (usize(table + 2) << 2));
  store<u32>(model, symbols);
  store<u32>(model, 0, 4);
  store<u32>(model, symbols, 12);
  store<u32>(model, table, 16);
  store<u32>(model, shift, 20);
  const counts = model + MODEL_HEAD + (usize(symbols) << 2);
  for (let s: usize = 0; s < usize(symbols) << 2; s += 4) store<u32>(counts + s, 1);
  update(model);
  const cycle = (symbols + 6) >> 1;
  store<u32>(model, cycle, 8);
  store<u32>(model, cycle, 12);
  return model;
}

function update(model: usize): void {
  const symbols = load<u32>(model);
  const shares = model + MODEL_HEAD;
  const counts = shares + (usize(symbols) << 2);
  let total = load<u32>(model, 4) + load<u32>(model, 12);
  if (total > 1 << SHARE) {
    total = 0;
    for (let s: usize = 0; s < usize(symbols) << 2; s += 4) {
      const half = (load<u32>(counts + s) + 1) >> 1;
      store<u32>(counts + s, half);
      total += half;
    }
  }
  store<u32>(model, total, 4);
  const scale = u32(0x80000000) / total;
  const entries = load<u32>(model, 16);
  const shift = load<u32>(model, 20);
  const table = counts + (usize(symbols) << 2);
  let sum: u32 = 0;
  let entry: u32 = 0;
  for (let s: u32 = 0; s < symbols; s++) {
    const share = (scale * sum) >> (31 - SHARE);
    store<u32>(shares + (usize(s) << 2), share);
    sum += load<u32>(counts + (usize(s) << 2));
    if (entries == 0) continue;
    const to = share >> shift;
    while (entry < to) {
      entry++;
      store<u32>(table + (usize(entry) << 2), s - 1);
    }
  }
  if (entries != 0) {
    store<u32>(table, 0);
    while (entry <= entries) {
      entry++;
      store<u32>(table + (usize(entry) << 2), symbols - 1);
    }
  }
  const cycle = min((5 * load<u32>(model, 12)) >> 2, (symbols + 6) << 3);
  store<u32>(model, cycle, 8);
  store<u32>(model, cycle, 12);
}

export function symbolOf(decoder: usize, model: usize): u32 {
  const symbols = load<u32>(model);
  const shares = model + MODEL_HEAD;
  const counts = shares + (usize(symbols) << 2);
  const value = load<u32>(decoder);
  const whole = load<u32>(decoder, 4);
  const length = whole >> SHARE;
  const share = min(value / length, (1 << SHARE) - 1);
  let low: u32 = 0;
  let high = symbols;
  if (load<u32>(model, 16) != 0) {
    const entry = counts + (usize(symbols) << 2) + (usize(share >> load<u32>(model, 20)) << 2);
    low = load<u32>(entry);
    high = load<u32>(entry, 4) + 1;
  }
  while (high > low + 1) {
    const middle = (low + high) >> 1;
    if (load<u32>(shares + (usize(middle) << 2)) > share) high = middle;
    else low = middle;
  }
  const from = load<u32>(shares + (usize(low) << 2)) * length;
  const to = low == symbols - 1 ? whole : load<u32>(shares + (usize(low) << 2), 4) * length;
  keep(decoder, value - from, to - from);
  const count = counts + (usize(low) << 2);
  store<u32>(count, load<u32>(count) + 1);
  const until = load<u32>(model, 8) - 1;
  store<u32>(model, until, 8);
  if (until == 0) update(model);
  return low;
}

/** Bit model: count of zeros, of all, share of zeros, until the next update, and then. */
function newBit(): usize {
  const model = take(20);
  store<u32>(model, 1);
  store<u32>(model, 2, 4);
  store<u32>(model, 1 << (BIT_SHARE - 1), 8);
  store<u32>(model, 4, 12);
  store<u32>(model, 4, 16);
  return model;
}

function bitOf(decoder: usize, model: usize): u32 {
  const value = load<u32>(decoder);
  const length = load<u32>(decoder, 4);
  const middle = load<u32>(model, 8) * (length >> BIT_SHARE);
  const bit = u32(value >= middle);
  if (bit) keep(decoder, value - middle, length - middle);
  else {
    store<u32>(model, load<u32>(model) + 1);
    keep(decoder, value, middle);
  }
  const until = load<u32>(model, 12) - 1;
  store<u32>(model, until, 12);
  if (until == 0) {
    const cycle = load<u32>(model, 16);
    let all = load<u32>(model, 4) + cycle;
    let zeros = load<u32>(model);
    if (all > 1 << BIT_SHARE) {
      all = (all + 1) >> 1;
      zeros = (zeros + 1) >> 1;
      if (zeros == all) all++;
    }
    store<u32>(model, zeros);
    store<u32>(model, all, 4);
    store<u32>(model, (zeros * (u32(0x80000000) / all)) >> (31 - BIT_SHARE), 8);
    const next = min<u32>(64, (5 * cycle) >> 2);
    store<u32>(model, next, 12);
    store<u32>(model, next, 16);
  }
  return bit;
}

/** Bits as they are, 1 to 32; more than 19 come low half first. */
export function bitsOf(decoder: usize, bits: u32): u32 {
  if (bits > 19) {
    const low = bitsOf(decoder, 16);
    return (bitsOf(decoder, bits - 16) << 16) | low;
  }
  const value = load<u32>(decoder);
  const length = load<u32>(decoder, 4) >> bits;
  const found = value / length;
  keep(decoder, value - found * length, length);
  return found & ((1 << bits) - 1);
}

/** An integer of 16 or 32 bits, told by what it was expected to be. Models come as they are needed. */
export function newInteger(bits: u32, contexts: u32): usize {
  const coder = take(CODER_HEAD + (usize(contexts + bits + 1) << 2));
  store<u32>(coder, bits, 4);
  store<u32>(coder, bits < 32 ? 1 << bits : 0, 8);
  store<u32>(coder, contexts, 12);
  return coder;
}

/** Bits the last corrector had: what follows takes it for how much there was to correct. */
export function lastBits(coder: usize): u32 {
  return load<u32>(coder);
}

export function integerOf(decoder: usize, coder: usize, expected: i32, context: u32): i32 {
  const bits = load<u32>(coder, 4);
  const slot = coder + CODER_HEAD + (usize(context) << 2);
  if (load<u32>(slot) == 0) store<u32>(slot, u32(newModel(bits + 1)));
  const k = symbolOf(decoder, usize(load<u32>(slot)));
  store<u32>(coder, k);
  const value = expected + corrector(decoder, coder, k);
  const range = i32(load<u32>(coder, 8));
  if (range == 0) return value;
  return value < 0 ? value + range : value >= range ? value - range : value;
}

/** In -(2^k - 1) to 2^k, outside of what k - 1 holds; high bits by a model, low ones as they are. */
function corrector(decoder: usize, coder: usize, k: u32): i32 {
  if (k >= 32) return i32.MIN_VALUE;
  const slot = coder + CODER_HEAD + (usize(load<u32>(coder, 12) + k) << 2);
  if (load<u32>(slot) == 0) store<u32>(slot, u32(k == 0 ? newBit() : newModel(1 << min(k, HIGH_BITS))));
  const model = usize(load<u32>(slot));
  if (k == 0) return i32(bitOf(decoder, model));
  let value = symbolOf(decoder, model);
  if (k > HIGH_BITS) value = (value << (k - HIGH_BITS)) | bitsOf(decoder, k - HIGH_BITS);
  return value >= u32(1) << (k - 1) ? i32(value) + 1 : i32(value) - i32((u32(1) << k) - 1);
}
