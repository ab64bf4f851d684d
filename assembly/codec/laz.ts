/**
 * Chunks of LAZ to point records as LAS has them. Pointwise (formats 0 to 5, item versions 1 of wave packets and 2 of all others): one decoder, values
 * of a point after each other. Layered (formats 6 to 10, versions 3 and 4): a decoder for each value, whose layer may be missing where it never
 * changes. (M. Isenburg, LASzip, https://github.com/LASzip/LASzip; Apache-2.0)
 */
import {
  LAZ_BYTE,
  LAZ_BYTE14,
  LAZ_GPSTIME11,
  LAZ_POINT10,
  LAZ_POINT14,
  LAZ_RGB12,
  LAZ_RGB14,
  LAZ_RGBNIR14,
  LAZ_WAVEPACKET13,
  LAZ_WAVEPACKET14,
} from "../../src/abi";
import {
  DECODER_BYTES,
  integerOf,
  isAtEnd,
  isFull,
  isUsedUp,
  newInteger,
  newModel,
  openArena,
  openDecoder,
  overrun,
  SLACK,
  symbolOf,
  take,
} from "./_laz-coder";
import { newColour, nextColour, nextPacket, nextTime, openPacket, openTimes, PACKET_BYTES, TIMES_BYTES } from "./_laz-parts";
import { newPoint10, nextPoint10 } from "./_laz-point10";
import { newPoint14, nextPoint14, POINT14_LAYERS } from "./_laz-point14";

/** Bytes of an item's entry. */
const ITEM: usize = 8;

/**
 * @param chunk, bytes one chunk: a first point as it is, then its coded ones
 * @param count points of the chunk
 * @param items u16[4 * itemCount] - type, bytes, version, 0, as the LASzip record lists them; their types and bytes are known to agree
 * @param arena, arenaBytes memory for models: 6 MiB hold what any format needs, and 10 KiB more for each extra byte
 * @param out u8[count * recordBytes] - output; `recordBytes` is the sum of the items'
 * @returns points that were decoded: fewer than `count` where the chunk is damaged or cut, also where only its end shows it; then none is to be believed
 * O(count)
 */
export function lazChunk(
  chunk: usize,
  bytes: i32,
  count: i32,
  items: usize,
  itemCount: i32,
  recordBytes: i32,
  arena: usize,
  arenaBytes: i32,
  out: usize,
): i32 {
  if (count <= 0 || bytes < recordBytes || itemCount <= 0) return 0;
  openArena(arena, usize(arenaBytes));
  if (isFull) return 0;
  memory.copy(out, chunk, usize(recordBytes));
  const from = chunk + usize(recordBytes);
  const to = chunk + usize(bytes);
  const first = load<u16>(items);
  const done =
    first == LAZ_POINT14
      ? layered(from, to, count, items, itemCount, recordBytes, out)
      : pointwise(from, to, count, items, itemCount, recordBytes, out);
  return isFull ? 0 : done;
}

function pointwise(from: usize, to: usize, count: i32, items: usize, itemCount: i32, recordBytes: i32, out: usize): i32 {
  if (count == 1) return 1;
  const decoder = take(DECODER_BYTES);
  openDecoder(decoder, from, to);
  const states = take(usize(itemCount) << 2);
  let item = out;
  for (let i: usize = 0; i < usize(itemCount); i++) {
    const type = load<u16>(items + i * ITEM);
    const size = load<u16>(items + i * ITEM, 2);
    store<u32>(states + (i << 2), u32(openItem(type, size, item)));
    // The intensity of the first point is no prediction.
    item += usize(size);
  }
  const last = take(usize(recordBytes));
  memory.copy(last, out, usize(recordBytes));
  store<u16>(last, 0, 12);
  for (let k = 1; k < count; k++) {
    if (overrun(decoder) > SLACK || isFull) return k;
    item = last;
    for (let i: usize = 0; i < usize(itemCount); i++) {
      const type = load<u16>(items + i * ITEM);
      const size = load<u16>(items + i * ITEM, 2);
      nextItem(decoder, type, size, usize(load<u32>(states + (i << 2))), item);
      item += usize(size);
    }
    memory.copy(out + usize(k) * usize(recordBytes), last, usize(recordBytes));
  }
  return isAtEnd(decoder) && isUsedUp(decoder) ? count : count - 1;
}

function openItem(type: u16, size: u16, item: usize): usize {
  if (type == LAZ_POINT10) return newPoint10();
  if (type == LAZ_RGB12) return newColour();
  if (type == LAZ_GPSTIME11) {
    const times = take(TIMES_BYTES);
    openTimes(times, load<u64>(item), true);
    return times;
  }
  if (type == LAZ_WAVEPACKET13) {
    const packet = take(PACKET_BYTES);
    openPacket(packet);
    return packet;
  }
  return newBytes(size);
}

/** A model for each extra byte. */
function newBytes(size: u16): usize {
  const models = take(usize(size) << 2);
  for (let b: usize = 0; b < usize(size); b++) store<u32>(models + (b << 2), u32(newModel(256)));
  return models;
}

function nextItem(decoder: usize, type: u16, size: u16, state: usize, item: usize): void {
  if (type == LAZ_POINT10) nextPoint10(decoder, state, item);
  else if (type == LAZ_GPSTIME11) store<u64>(item, nextTime(decoder, state, true));
  else if (type == LAZ_RGB12) nextColour(decoder, state, item, item);
  else if (type == LAZ_WAVEPACKET13) nextPacket(decoder, state, item, item);
  else if (type == LAZ_BYTE) {
    for (let b: usize = 0; b < usize(size); b++) {
      store<u8>(item + b, u8(u32(load<u8>(item + b)) + symbolOf(decoder, usize(load<u32>(state + (b << 2))))));
    }
  }
}

/** Layers of an item. */
function layersOf(type: u16, size: u16): u32 {
  return type == LAZ_POINT14 ? POINT14_LAYERS : type == LAZ_RGBNIR14 ? 2 : type == LAZ_BYTE14 ? u32(size) : 1;
}

/** Of an item that follows a point: u32[4] models by channel, u8[4 * size] last values by channel, the channel its last value is of. */
function openFollower(size: u16, channel: u32, item: usize): usize {
  const state = take(24 + (usize(size) << 2));
  store<u32>(state, channel, 16);
  memory.copy(state + 24 + usize(channel) * usize(size), item, usize(size));
  return state;
}

function modelsOf(type: u16, size: u16): usize {
  if (type == LAZ_BYTE14) return newBytes(size);
  if (type == LAZ_WAVEPACKET14) {
    const packet = take(PACKET_BYTES);
    openPacket(packet);
    return packet;
  }
  const colour = newColour();
  if (type == LAZ_RGB14) return colour;
  const both = take(16);
  store<u32>(both, u32(colour));
  store<u32>(both, u32(newModel(4)), 4);
  store<u32>(both, u32(newModel(256)), 8);
  store<u32>(both, u32(newModel(256)), 12);
  return both;
}

function layered(from: usize, to: usize, count: i32, items: usize, itemCount: i32, recordBytes: i32, out: usize): i32 {
  let layers: u32 = 0;
  for (let i: usize = 0; i < usize(itemCount); i++) layers += layersOf(load<u16>(items + i * ITEM), load<u16>(items + i * ITEM, 2));
  const sizes = from + 4;
  if (from + 4 + (usize(layers) << 2) > to || load<u32>(from) != u32(count)) return 1;
  const decoders = take(usize(layers) * DECODER_BYTES);
  const present = take(usize(layers));
  if (isFull) return 0;
  let at = sizes + (usize(layers) << 2);
  for (let l: usize = 0; l < usize(layers); l++) {
    const size = usize(load<u32>(sizes + (l << 2)));
    if (size > to - at) return 1;
    store<u8>(present + l, u8(size > 0));
    if (size > 0) openDecoder(decoders + l * DECODER_BYTES, at, at + size);
    at += size;
  }
  if (at != to) return 1;
  let changes: u32 = 0;
  for (let l: u32 = 0; l < POINT14_LAYERS; l++) changes |= u32(load<u8>(present + usize(l))) << l;
  const channels = newPoint14(out);
  let channel = load<u32>(channels, 16);
  const states = take(usize(itemCount) << 2);
  let item = out + 30;
  for (let i: usize = 1; i < usize(itemCount); i++) {
    const size = load<u16>(items + i * ITEM, 2);
    const state = openFollower(size, channel, item);
    store<u32>(state + (usize(channel) << 2), u32(modelsOf(load<u16>(items + i * ITEM), size)));
    store<u32>(states + (i << 2), u32(state));
    item += usize(size);
  }
  for (let k = 1; k < count; k++) {
    if (overrun(decoders) > SLACK || isFull) return k;
    item = out + usize(k) * usize(recordBytes);
    channel = nextPoint14(decoders, changes, channels, load<u16>(items, 4) >= 4, item);
    item += 30;
    let layer = usize(POINT14_LAYERS);
    for (let i: usize = 1; i < usize(itemCount); i++) {
      const type = load<u16>(items + i * ITEM);
      const size = load<u16>(items + i * ITEM, 2);
      const isFourth = load<u16>(items + i * ITEM, 4) >= 4;
      follow(decoders + layer * DECODER_BYTES, present + layer, type, size, isFourth, usize(load<u32>(states + (i << 2))), channel, item);
      layer += usize(layersOf(type, size));
      item += usize(size);
    }
  }
  for (let l: usize = 0; l < usize(layers); l++) {
    const decoder = decoders + l * DECODER_BYTES;
    if (load<u8>(present + l) && !(isAtEnd(decoder) && isUsedUp(decoder))) return count - 1;
  }
  return count;
}

/** The next value of an item that follows a point. */
function follow(decoders: usize, present: usize, type: u16, size: u16, isFourth: bool, state: usize, channel: u32, item: usize): void {
  const before = load<u32>(state, 16);
  let last = state + 24 + usize(before) * usize(size);
  if (before != channel) {
    const own = state + 24 + usize(channel) * usize(size);
    const slot = state + (usize(channel) << 2);
    const isNew = load<u32>(slot) == 0;
    if (isNew) {
      store<u32>(slot, u32(modelsOf(type, size)));
      memory.copy(own, last, usize(size));
    }
    // Version 3 goes on from the channel before; version 4 does not.
    if (isNew || isFourth) last = own;
    store<u32>(state, channel, 16);
  }
  const models = usize(load<u32>(state + (usize(channel) << 2)));
  memory.copy(item, last, usize(size));
  if (type == LAZ_BYTE14) {
    for (let b: usize = 0; b < usize(size); b++) {
      if (!load<u8>(present + b)) continue;
      store<u8>(item + b, u8(u32(load<u8>(last + b)) + symbolOf(decoders + b * DECODER_BYTES, usize(load<u32>(models + (b << 2))))));
    }
  } else if (type == LAZ_WAVEPACKET14) {
    if (load<u8>(present)) nextPacket(decoders, models, last, item);
  } else {
    if (load<u8>(present)) nextColour(decoders, type == LAZ_RGB14 ? models : usize(load<u32>(models)), last, item);
    if (type == LAZ_RGBNIR14 && load<u8>(present, 1)) nextInfrared(decoders + DECODER_BYTES, models, item + 6);
  }
  memory.copy(last, item, usize(size));
}

function nextInfrared(decoder: usize, models: usize, item: usize): void {
  const changed = symbolOf(decoder, usize(load<u32>(models, 4)));
  if (changed & 1) store<u8>(item, u8(u32(load<u8>(item)) + symbolOf(decoder, usize(load<u32>(models, 8)))));
  if (changed & 2) store<u8>(item, u8(u32(load<u8>(item, 1)) + symbolOf(decoder, usize(load<u32>(models, 12)))), 1);
}

/**
 * The table of chunks, itself coded: points and bytes of each.
 *
 * @param table, bytes after its version and count
 * @param count chunks
 * @param isVariable whether points of each are in it: else all have the file's number but the last
 * @param arena, arenaBytes as those of `lazChunk`
 * @param out u32[2 * count] - output: points (0 where they are not in the table) and bytes of each
 * @returns 1, or 0 where the table is cut or damaged, which its end shows; what follows it is nobody's
 * O(count)
 */
export function lazChunkTable(table: usize, bytes: i32, count: i32, isVariable: i32, arena: usize, arenaBytes: i32, out: usize): i32 {
  openArena(arena, usize(arenaBytes));
  if (isFull) return 0;
  const decoder = take(DECODER_BYTES);
  openDecoder(decoder, table, table + usize(max(0, bytes)));
  const coder = newInteger(32, 2);
  let points = 0;
  let size = 0;
  for (let k: usize = 0; k < usize(count); k++) {
    if (overrun(decoder) > SLACK || isFull) return 0;
    if (isVariable) points = integerOf(decoder, coder, points, 0);
    size = integerOf(decoder, coder, size, 1);
    store<i32>(out + (k << 3), points);
    store<i32>(out + (k << 3), size, 4);
  }
  return i32(isAtEnd(decoder) && overrun(decoder) <= SLACK && !isFull);
}
