/** The first 30 bytes of point formats 6 to 10 in layered LAZ, versions 3 and 4: each value has a decoder of its own. (LASzip, see _laz-coder.ts) */
import { DECODER_BYTES, integerOf, lastBits, newInteger, newModel, symbolOf, take } from "./_laz-coder";
import { addTo, MEDIAN_BYTES, medianOf, nextTime, openMedian, openTimes, TIMES_BYTES } from "./_laz-parts";
import { modelAt } from "./_laz-point10";

/** Decoders in the order their layers lie in. */
export const POINT14_LAYERS: u32 = 9;
const XY: usize = 0;
const HEIGHT: usize = 1;
const CLASS: usize = 2;
const FLAG: usize = 3;
const LIGHT: usize = 4;
const ANGLE: usize = 5;
const USER: usize = 6;
const SOURCE: usize = 7;
const TIME: usize = 8;

/** By number of returns and return number: which of six kinds of return. */
const KINDS: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5, 1, 0, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 1, 2, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3,
  3, 3, 3, 3, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 3, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4,
  4, 4, 4, 4, 3, 3, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 4, 4, 4, 4, 4, 4, 5, 4,
  4, 4, 4, 4, 4, 4, 5, 3, 4, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 5, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 5, 3, 3, 4, 4, 4, 4, 4,
  4, 4, 4, 5, 5, 4, 4, 4, 5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 4, 4, 5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 4, 5, 3, 3, 4, 4, 4,
  4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5,
]);

/** State of a scanner channel: its last point and whether its time had changed, models, last values, medians, times. */
const LAST: usize = 0;
const TIME_CHANGED: usize = 32;
const CHANGED: usize = 36;
const CHANNEL: usize = CHANGED + 32;
const RETURN_AGAIN: usize = CHANNEL + 4;
const DX: usize = RETURN_AGAIN + 4;
const DY: usize = DX + 4;
const Z: usize = DY + 4;
const INTENSITY: usize = Z + 4;
const SCAN: usize = INTENSITY + 4;
const SOURCES: usize = SCAN + 4;
const RETURNS: usize = SOURCES + 4;
const NUMBERS: usize = RETURNS + 64;
const CLASSES: usize = NUMBERS + 64;
const FLAGS: usize = CLASSES + 256;
const USERS: usize = FLAGS + 256;
const HEIGHTS: usize = USERS + 256;
const INTENSITIES: usize = HEIGHTS + 32;
const TIMES: usize = INTENSITIES + 16;
const X_STEPS: usize = TIMES + ((TIMES_BYTES + 7) & ~7);
const Y_STEPS: usize = X_STEPS + 12 * MEDIAN_BYTES;
const STATE_BYTES: usize = Y_STEPS + 12 * MEDIAN_BYTES;

function newChannel(item: usize): usize {
  const state = take(STATE_BYTES);
  memory.copy(state + LAST, item, 30);
  for (let i: usize = 0; i < 8; i++) store<u32>(state + CHANGED + (i << 2), u32(newModel(128)));
  store<u32>(state, u32(newModel(3)), CHANNEL);
  store<u32>(state, u32(newModel(13)), RETURN_AGAIN);
  store<u32>(state, u32(newInteger(32, 2)), DX);
  store<u32>(state, u32(newInteger(32, 22)), DY);
  store<u32>(state, u32(newInteger(32, 20)), Z);
  store<u32>(state, u32(newInteger(16, 4)), INTENSITY);
  store<u32>(state, u32(newInteger(16, 2)), SCAN);
  store<u32>(state, u32(newInteger(16, 1)), SOURCES);
  for (let i: usize = 0; i < 8; i++) {
    store<i32>(state + HEIGHTS + (i << 2), load<i32>(item, 8));
    store<u16>(state + INTENSITIES + (i << 1), load<u16>(item, 12));
  }
  openTimes(state + TIMES, load<u64>(item, 22), false);
  for (let i: usize = 0; i < 12; i++) {
    openMedian(state + X_STEPS + i * MEDIAN_BYTES);
    openMedian(state + Y_STEPS + i * MEDIAN_BYTES);
  }
  return state;
}

/** u32[4] states by channel, then the channel of the last point. */
export function newPoint14(item: usize): usize {
  const channels = take(20);
  const channel = channelOf(item);
  store<u32>(channels + (usize(channel) << 2), u32(newChannel(item)));
  store<u32>(channels, channel, 16);
  return channels;
}

function channelOf(item: usize): u32 {
  return (u32(load<u8>(item, 15)) >> 4) & 3;
}

/**
 * @param decoders POINT14_LAYERS decoders
 * @param changes a bit for each layer that is there: the others keep their values
 * @param item output: 30 bytes
 * @returns the channel that what follows the point takes models of: in version 4 its own; in version 3 that only where it has just changed, else 0
 */
export function nextPoint14(decoders: usize, changes: u32, channels: usize, isFourth: bool, item: usize): u32 {
  const xy = decoders + XY * DECODER_BYTES;
  let channel = load<u32>(channels, 16);
  let state = usize(load<u32>(channels + (usize(channel) << 2)));
  const returns = u32(load<u8>(state, LAST + 14));
  const isFirst = u32((returns & 15) == 1);
  const isLast = u32((returns & 15) >= returns >> 4);
  const context = isFirst + 2 * isLast + 4 * load<u32>(state, TIME_CHANGED);
  const changed = symbolOf(xy, usize(load<u32>(state + CHANGED + (usize(context) << 2))));
  if (changed & 64) {
    channel = (channel + symbolOf(xy, usize(load<u32>(state, CHANNEL))) + 1) & 3;
    const slot = channels + (usize(channel) << 2);
    if (load<u32>(slot) == 0) store<u32>(slot, u32(newChannel(state + LAST)));
    state = usize(load<u32>(slot));
    store<u8>(state, (load<u8>(state, LAST + 15) & 0xcf) | u8(channel << 4), LAST + 15);
    store<u32>(channels, channel, 16);
  }
  const hasTime = (changed >> 4) & 1;
  const last = state + LAST;
  const n = (changed & 4) != 0 ? symbolOf(xy, modelAt(state + RETURNS, u32(load<u8>(last, 14)) >> 4, 16)) : u32(load<u8>(last, 14)) >> 4;
  const r = returnOf(xy, state, changed & 3, u32(load<u8>(last, 14)) & 15, hasTime);
  store<u8>(last, u8(r | (n << 4)), 14);
  const kind = (usize(load<u8>(KINDS + (usize(n) << 4) + usize(r))) << 1) | usize(hasTime);
  const height = usize(min<u32>(7, n > r ? n - r : r - n));
  const place = u32(r == 1) + 2 * u32(r >= n);

  const isSingle = u32(n == 1);
  const xs = state + X_STEPS + kind * MEDIAN_BYTES;
  const dx = usize(load<u32>(state, DX));
  const x = integerOf(xy, dx, medianOf(xs), isSingle);
  store<i32>(last, load<i32>(last) + x);
  addTo(xs, x);
  const ys = state + Y_STEPS + kind * MEDIAN_BYTES;
  const dy = usize(load<u32>(state, DY));
  const y = integerOf(xy, dy, medianOf(ys), isSingle + min(lastBits(dx) & ~1, 20));
  store<i32>(last, load<i32>(last, 4) + y, 4);
  addTo(ys, y);
  if (has(changes, HEIGHT)) {
    const bits = (lastBits(dx) + lastBits(dy)) >> 1;
    const at = state + HEIGHTS + (height << 2);
    const z = integerOf(decoders + HEIGHT * DECODER_BYTES, usize(load<u32>(state, Z)), load<i32>(at), isSingle + min(bits & ~1, 18));
    store<i32>(at, z);
    store<i32>(last, z, 8);
  }
  nextAttributes(decoders, changes, state, changed, place, hasTime);
  memory.copy(item, last, 30);
  store<u32>(state, hasTime, TIME_CHANGED);
  return isFourth || (changed & 64) != 0 ? channel : 0;
}

function returnOf(xy: usize, state: usize, how: u32, last: u32, hasTime: u32): u32 {
  if (how == 0) return last;
  if (how == 1) return (last + 1) & 15;
  if (how == 2) return (last + 15) & 15;
  if (hasTime) return symbolOf(xy, modelAt(state + NUMBERS, last, 16));
  return (last + symbolOf(xy, usize(load<u32>(state, RETURN_AGAIN))) + 2) & 15;
}

function nextAttributes(decoders: usize, changes: u32, state: usize, changed: u32, place: u32, hasTime: u32): void {
  const last = state + LAST;
  if (has(changes, CLASS)) {
    const before = ((u32(load<u8>(last, 16)) & 31) << 1) + u32(place == 3);
    store<u8>(last, u8(symbolOf(decoders + CLASS * DECODER_BYTES, modelAt(state + CLASSES, before, 256))), 16);
  }
  if (has(changes, FLAG)) {
    const own = u32(load<u8>(last, 15));
    const before = ((own >> 2) & 48) | (own & 15);
    const flags = symbolOf(decoders + FLAG * DECODER_BYTES, modelAt(state + FLAGS, before, 64));
    store<u8>(last, u8((own & 48) | (flags & 15) | ((flags & 48) << 2)), 15);
  }
  if (has(changes, LIGHT)) {
    const at = state + INTENSITIES + (usize((place << 1) | hasTime) << 1);
    const value = integerOf(decoders + LIGHT * DECODER_BYTES, usize(load<u32>(state, INTENSITY)), i32(load<u16>(at)), place);
    store<u16>(at, u16(value));
    store<u16>(last, u16(value), 12);
  }
  if (has(changes, ANGLE) && changed & 8) {
    const value = integerOf(decoders + ANGLE * DECODER_BYTES, usize(load<u32>(state, SCAN)), i32(load<i16>(last, 18)), hasTime);
    store<i16>(last, i16(value), 18);
  }
  if (has(changes, USER)) {
    const models = modelAt(state + USERS, u32(load<u8>(last, 17)) >> 2, 256);
    store<u8>(last, u8(symbolOf(decoders + USER * DECODER_BYTES, models)), 17);
  }
  if (has(changes, SOURCE) && changed & 32) {
    const value = integerOf(decoders + SOURCE * DECODER_BYTES, usize(load<u32>(state, SOURCES)), i32(load<u16>(last, 20)), 0);
    store<u16>(last, u16(value), 20);
  }
  if (has(changes, TIME) && hasTime) store<u64>(last, nextTime(decoders + TIME * DECODER_BYTES, state + TIMES, false), 22);
}

function has(changes: u32, layer: usize): bool {
  return ((changes >> u32(layer)) & 1) != 0;
}
