/** The first 20 bytes of point formats 0 to 5 in pointwise LAZ, version 2. (LASzip, see _laz-coder.ts) */
import { integerOf, lastBits, newInteger, newModel, symbolOf, take } from "./_laz-coder";
import { addTo, MEDIAN_BYTES, medianOf, openMedian } from "./_laz-parts";

/** By number of returns and return number: which of 16 kinds of return, and at which of 8 heights; also for numbers that cannot be. */
const KINDS: usize = memory.data<u8>([
  15, 14, 13, 12, 11, 10, 9, 8, 14, 0, 1, 3, 6, 10, 10, 9, 13, 1, 2, 4, 7, 11, 11, 10, 12, 3, 4, 5, 8, 12, 12, 11, 11, 6, 7, 8, 9, 13, 13,
  12, 10, 10, 11, 12, 13, 14, 14, 13, 9, 10, 11, 12, 13, 14, 15, 14, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/** Models: which values changed, intensity, two of the scan angle, source, dx, dy, z; of each byte before: flags, class, user data. */
const CHANGED: usize = 0;
const INTENSITY: usize = 4;
const ANGLE: usize = 8;
const SOURCE: usize = 16;
const DX: usize = 20;
const DY: usize = 24;
const Z: usize = 28;
const FLAGS: usize = 32;
const CLASSES: usize = FLAGS + 1024;
const USERS: usize = CLASSES + 1024;
/** Last intensities (u16[16]), heights (i32[8]), medians of x and y by kind. */
const INTENSITIES: usize = USERS + 1024;
const HEIGHTS: usize = INTENSITIES + 32;
const X_STEPS: usize = HEIGHTS + 32;
const Y_STEPS: usize = X_STEPS + 16 * MEDIAN_BYTES;
const STATE_BYTES: usize = Y_STEPS + 16 * MEDIAN_BYTES;

export function newPoint10(): usize {
  const state = take(STATE_BYTES);
  store<u32>(state, u32(newModel(64)), CHANGED);
  store<u32>(state, u32(newInteger(16, 4)), INTENSITY);
  store<u32>(state, u32(newModel(256)), ANGLE);
  store<u32>(state, u32(newModel(256)), ANGLE + 4);
  store<u32>(state, u32(newInteger(16, 1)), SOURCE);
  store<u32>(state, u32(newInteger(32, 2)), DX);
  store<u32>(state, u32(newInteger(32, 22)), DY);
  store<u32>(state, u32(newInteger(32, 20)), Z);
  for (let kind: usize = 0; kind < 16; kind++) {
    openMedian(state + X_STEPS + kind * MEDIAN_BYTES);
    openMedian(state + Y_STEPS + kind * MEDIAN_BYTES);
  }
  return state;
}

/** @param item the last point's 20 bytes, and then the next one's */
export function nextPoint10(decoder: usize, state: usize, item: usize): void {
  const changed = symbolOf(decoder, usize(load<u32>(state, CHANGED)));
  if (changed & 32) store<u8>(item, changedByte(decoder, state + FLAGS, load<u8>(item, 14)), 14);
  const flags = load<u8>(item, 14);
  const r = flags & 7;
  const n = (flags >> 3) & 7;
  const kind = usize(load<u8>(KINDS + usize(n) * 8 + usize(r)));
  const height = usize(n > r ? n - r : r - n);
  const intensity = state + INTENSITIES + (kind << 1);
  if (changed & 16) {
    const context = min(u32(kind), 3);
    store<u16>(intensity, u16(integerOf(decoder, usize(load<u32>(state, INTENSITY)), i32(load<u16>(intensity)), context)));
  }
  store<u16>(item, load<u16>(intensity), 12);
  if (changed & 8) store<u8>(item, changedByte(decoder, state + CLASSES, load<u8>(item, 15)), 15);
  if (changed & 4) {
    const angle = usize(load<u32>(state + ANGLE + (usize((flags >> 6) & 1) << 2)));
    store<u8>(item, u8(u32(load<u8>(item, 16)) + symbolOf(decoder, angle)), 16);
  }
  if (changed & 2) store<u8>(item, changedByte(decoder, state + USERS, load<u8>(item, 17)), 17);
  if (changed & 1) store<u16>(item, u16(integerOf(decoder, usize(load<u32>(state, SOURCE)), i32(load<u16>(item, 18)), 0)), 18);

  const isSingle = u32(n == 1);
  const xs = state + X_STEPS + kind * MEDIAN_BYTES;
  const dx = usize(load<u32>(state, DX));
  const x = integerOf(decoder, dx, medianOf(xs), isSingle);
  store<i32>(item, load<i32>(item) + x);
  addTo(xs, x);
  const ys = state + Y_STEPS + kind * MEDIAN_BYTES;
  const dy = usize(load<u32>(state, DY));
  const y = integerOf(decoder, dy, medianOf(ys), isSingle + min(lastBits(dx) & ~1, 20));
  store<i32>(item, load<i32>(item, 4) + y, 4);
  addTo(ys, y);
  const bits = (lastBits(dx) + lastBits(dy)) >> 1;
  const last = state + HEIGHTS + (height << 2);
  store<i32>(last, integerOf(decoder, usize(load<u32>(state, Z)), load<i32>(last), isSingle + min(bits & ~1, 18)));
  store<i32>(item, load<i32>(last), 8);
}

/** A byte by a model of the one before. */
export function changedByte(decoder: usize, models: usize, last: u32): u8 {
  return u8(symbolOf(decoder, modelAt(models, last, 256)));
}

/** The model in a slot, made where it is missing. */
export function modelAt(models: usize, slot: u32, symbols: u32): usize {
  const at = models + (usize(slot) << 2);
  if (load<u32>(at) == 0) store<u32>(at, u32(newModel(symbols)));
  return usize(load<u32>(at));
}
