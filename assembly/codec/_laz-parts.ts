/** What pointwise and layered LAZ have in common: running medians, GPS time, colours. (LASzip, see _laz-coder.ts) */
import { bitsOf, integerOf, newInteger, newModel, symbolOf, take } from "./_laz-coder";

/** i32[5] and whether the next value may fall out above. */
export const MEDIAN_BYTES: usize = 24;

export function openMedian(median: usize): void {
  memory.fill(median, 0, 20);
  store<u32>(median, 1, 20);
}

export function medianOf(median: usize): i32 {
  return load<i32>(median, 8);
}

/** The value takes its place; the largest and the smallest fall out in turns. */
export function addTo(median: usize, value: i32): void {
  if (load<u32>(median, 20)) {
    let at: usize = 16;
    const isBelow = value < load<i32>(median, 8);
    const least: usize = isBelow ? 0 : 12;
    for (; at > least && value < load<i32>(median + at - 4); at -= 4) {
      store<i32>(median + at, load<i32>(median + at - 4));
    }
    store<i32>(median + at, value);
    if (!isBelow) store<u32>(median, 0, 20);
  } else {
    let at: usize = 0;
    const isAbove = load<i32>(median, 8) < value;
    const most: usize = isAbove ? 16 : 4;
    for (; at < most && load<i32>(median + at + 4) < value; at += 4) {
      store<i32>(median + at, load<i32>(median + at + 4));
    }
    store<i32>(median + at, value);
    if (!isAbove) store<u32>(median, 1, 20);
  }
}

const MULTIPLES: i32 = 500;
const BACKWARDS: i32 = -10;
/** Times of up to four sequences that take turns: current, last opened; i64[4] times, i32[4] steps, i32[4] how often a step was out of reach; models. */
export const TIMES_BYTES: usize = 8 + 32 + 16 + 16 + 12;
/** Switches of sequence in a row: more than four are no sequence at all. */
const MOST_SWITCHES: i32 = 8;

/** @param isPointwise pointwise files have a symbol for a time that stays */
export function openTimes(times: usize, first: u64, isPointwise: bool): void {
  memory.fill(times, 0, TIMES_BYTES);
  store<u64>(times, first, 8);
  store<u32>(times, u32(newModel(isPointwise ? 516 : 515)), 72);
  store<u32>(times, u32(newModel(isPointwise ? 6 : 5)), 76);
  store<u32>(times, u32(newInteger(32, 9)), 80);
}

export function nextTime(decoder: usize, times: usize, isPointwise: bool): u64 {
  const unchanged = MULTIPLES - BACKWARDS + 1;
  const full = isPointwise ? unchanged + 1 : unchanged;
  const coder = usize(load<u32>(times, 80));
  for (let switches = 0; switches < MOST_SWITCHES; switches++) {
    const own = usize(load<u32>(times));
    const time = times + 8 + (own << 3);
    const step = times + 40 + (own << 2);
    const beyond = times + 56 + (own << 2);
    const last = load<i32>(step);
    if (last == 0) {
      const symbol = i32(symbolOf(decoder, usize(load<u32>(times, 76)))) - i32(isPointwise);
      if (symbol < 0) break;
      if (symbol == 0) {
        const diff = integerOf(decoder, coder, 0, 0);
        store<i32>(step, diff);
        store<i64>(time, load<i64>(time) + diff);
        store<i32>(beyond, 0);
        break;
      }
      if (symbol == 1) {
        openSequence(decoder, times, coder, load<u64>(time));
        break;
      }
      store<u32>(times, (u32(own) + u32(symbol) - 1) & 3);
      continue;
    }
    const multiple = i32(symbolOf(decoder, usize(load<u32>(times, 72))));
    if (multiple > full) {
      store<u32>(times, (u32(own) + u32(multiple - full)) & 3);
      continue;
    }
    if (multiple == full) openSequence(decoder, times, coder, load<u64>(time));
    else if (multiple == 1) {
      store<i64>(time, load<i64>(time) + integerOf(decoder, coder, last, 1));
      store<i32>(beyond, 0);
    } else if (multiple != unchanged || !isPointwise) {
      store<i64>(time, load<i64>(time) + stepOf(decoder, coder, step, beyond, last, multiple));
    }
    break;
  }
  return load<u64>(times + 8 + (usize(load<u32>(times)) << 3));
}

/** A step that is a multiple of the last; those out of reach become the last once there were four. */
function stepOf(decoder: usize, coder: usize, step: usize, beyond: usize, last: i32, multiple: i32): i32 {
  const back = MULTIPLES - multiple;
  const isReached = multiple != 0 && multiple != MULTIPLES && back > BACKWARDS;
  const times = multiple <= MULTIPLES ? multiple : max(back, BACKWARDS);
  const context = multiple == 0 ? 7 : multiple < 10 ? 2 : multiple < MULTIPLES ? 3 : multiple == MULTIPLES ? 4 : back > BACKWARDS ? 5 : 6;
  const diff = integerOf(decoder, coder, times * last, context);
  if (isReached) return diff;
  const often = load<i32>(beyond) + 1;
  store<i32>(beyond, often > 3 ? 0 : often);
  if (often > 3) store<i32>(step, diff);
  return diff;
}

/** A time that no step reaches begins the next of the four sequences. */
function openSequence(decoder: usize, times: usize, coder: usize, last: u64): void {
  const next = (load<u32>(times, 4) + 1) & 3;
  const high = u64(u32(integerOf(decoder, coder, i32(last >> 32), 8)));
  store<u64>(times + 8 + (usize(next) << 3), (high << 32) | u64(bitsOf(decoder, 32)));
  store<u32>(times, next);
  store<u32>(times, next, 4);
  store<i32>(times + 40 + (usize(next) << 2), 0);
  store<i32>(times + 56 + (usize(next) << 2), 0);
}

/** Models of a colour: which bytes change, and the six differences. */
export function newColour(): usize {
  const colour = take(28);
  store<u32>(colour, u32(newModel(128)));
  for (let i: usize = 1; i < 7; i++) store<u32>(colour + (i << 2), u32(newModel(256)));
  return colour;
}

/** u16[3] at `last` to `item`: green by what red did, blue by what both did. */
export function nextColour(decoder: usize, colour: usize, last: usize, item: usize): void {
  const changed = symbolOf(decoder, usize(load<u32>(colour)));
  const r0 = changedByte(decoder, colour, changed, 0, i32(load<u8>(last)), i32(load<u8>(last)));
  const r1 = changedByte(decoder, colour, changed, 1, i32(load<u8>(last, 1)), i32(load<u8>(last, 1)));
  let g0 = r0;
  let g1 = r1;
  let b0 = r0;
  let b1 = r1;
  if (changed & 64) {
    let diff = r0 - i32(load<u8>(last));
    g0 = changedByte(decoder, colour, changed, 2, clamped(diff + i32(load<u8>(last, 2))), i32(load<u8>(last, 2)));
    diff = (diff + g0 - i32(load<u8>(last, 2))) / 2;
    b0 = changedByte(decoder, colour, changed, 4, clamped(diff + i32(load<u8>(last, 4))), i32(load<u8>(last, 4)));
    diff = r1 - i32(load<u8>(last, 1));
    g1 = changedByte(decoder, colour, changed, 3, clamped(diff + i32(load<u8>(last, 3))), i32(load<u8>(last, 3)));
    diff = (diff + g1 - i32(load<u8>(last, 3))) / 2;
    b1 = changedByte(decoder, colour, changed, 5, clamped(diff + i32(load<u8>(last, 5))), i32(load<u8>(last, 5)));
  }
  store<u16>(item, u16(r0 | (r1 << 8)));
  store<u16>(item, u16(g0 | (g1 << 8)), 2);
  store<u16>(item, u16(b0 | (b1 << 8)), 4);
}

function changedByte(decoder: usize, colour: usize, changed: u32, bit: u32, expected: i32, last: i32): i32 {
  if (!(changed & (1 << bit))) return last;
  return (expected + i32(symbolOf(decoder, usize(load<u32>(colour + (usize(bit + 1) << 2)))))) & 255;
}

function clamped(value: i32): i32 {
  return max(0, min(255, value));
}

/** Models of wave packets (29 bytes): descriptor, four of how the offset goes on, and integers of offset, size, return point and direction. */
export const PACKET_BYTES: usize = 48;

export function openPacket(packet: usize): void {
  memory.fill(packet, 0, PACKET_BYTES);
  store<u32>(packet, u32(newModel(256)), 8);
  for (let i: usize = 0; i < 4; i++) store<u32>(packet + 12 + (i << 2), u32(newModel(4)));
  for (let i: usize = 0; i < 4; i++) store<u32>(packet + 28 + (i << 2), u32(newInteger(32, i == 3 ? 3 : 1)));
}

/** u8[29] at `last` to `item`. */
export function nextPacket(decoder: usize, packet: usize, last: usize, item: usize): void {
  store<u8>(item, u8(symbolOf(decoder, usize(load<u32>(packet, 8)))));
  const how = symbolOf(decoder, usize(load<u32>(packet + 12 + (usize(load<u32>(packet, 4)) << 2))));
  store<u32>(packet, how, 4);
  const offset = load<u64>(last, 1);
  if (how == 0) store<u64>(item, offset, 1);
  else if (how == 1) store<u64>(item, offset + u64(load<u32>(last, 9)), 1);
  else if (how == 2) {
    const diff = integerOf(decoder, usize(load<u32>(packet, 28)), load<i32>(packet), 0);
    store<i32>(packet, diff);
    store<u64>(item, offset + u64(i64(diff)), 1);
  } else {
    const low = u64(bitsOf(decoder, 32));
    store<u64>(item, low | (u64(bitsOf(decoder, 32)) << 32), 1);
  }
  store<i32>(item, integerOf(decoder, usize(load<u32>(packet, 32)), load<i32>(last, 9), 0), 9);
  store<i32>(item, integerOf(decoder, usize(load<u32>(packet, 36)), load<i32>(last, 13), 0), 13);
  for (let axis: u32 = 0; axis < 3; axis++) {
    const at = usize(17 + 4 * axis);
    store<i32>(item + at, integerOf(decoder, usize(load<u32>(packet, 40)), load<i32>(last + at), axis));
  }
}
