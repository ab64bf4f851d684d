/**
 * XXH3 of an input in parts; the state serves both widths.
 *
 * Blocks of 1,024 bytes are accumulated as soon as it is known that more follows: the last block is not scrambled, and ends with a stripe
 * of the input's last 64 bytes, which may begin in the block before. So 1 to 1,024 bytes are held back, and the 64 before them are kept.
 */
import { accumulate, deriveSecret, initAccumulators } from "./_xxh3";
import { finish64, hash64 } from "./xxh3";
import { finish128, hash128 } from "./xxh3-wide";

/**
 * The caller's state, XXH3_STATE bytes:
 *
 * | offset | type     | what                                                   |
 * |--------|----------|--------------------------------------------------------|
 * | 0      | u64[8]   | accumulators                                           |
 * | 64     | u64      | seed                                                   |
 * | 72     | u64      | bytes so far                                           |
 * | 80     | u32      | bytes held back: 0 only before the first byte          |
 * | 96     | u8[192]  | secret                                                 |
 * | 288    | u8[64]   | the bytes before the buffer                            |
 * | 352    | u8[1024] | buffer                                                 |
 */
const SEED: usize = 64;
const TOTAL: usize = 72;
const HELD: usize = 80;
const STATE_SECRET: usize = 96;
const BEFORE: usize = 288;
const BUFFER: usize = 352;
const BLOCK: usize = 1024;

const ACC: usize = memory.data(64, 16);

/** Begins a hash with the seed u64 at `seed`. @param state u8[XXH3_STATE] */
export function xxh3Init(state: usize, seed: usize): void {
  const value = load<u64>(seed);
  initAccumulators(state);
  deriveSecret(value, state + STATE_SECRET);
  store<u64>(state, value, SEED);
  store<u64>(state, 0, TOTAL);
  store<u32>(state, 0, HELD);
}

/** Continues a hash by the next bytes, of which there may be any number. */
export function xxh3Update(state: usize, pointer: usize, length: usize): void {
  store<u64>(state, load<u64>(state, TOTAL) + u64(length), TOTAL);
  let held = usize(load<u32>(state, HELD));
  if (held + length > BLOCK) {
    if (held > 0) {
      const fill = BLOCK - held;
      memory.copy(state + BUFFER + held, pointer, fill);
      accumulate(state, state + BUFFER, 1, 0, 0, state + STATE_SECRET);
      memory.copy(state + BEFORE, state + BUFFER + BLOCK - 64, 64);
      pointer += fill;
      length -= fill;
      held = 0;
    }
    const blocks = (length - 1) / BLOCK;
    if (blocks > 0) {
      accumulate(state, pointer, blocks, 0, 0, state + STATE_SECRET);
      pointer += blocks * BLOCK;
      length -= blocks * BLOCK;
      memory.copy(state + BEFORE, pointer - 64, 64);
    }
  }
  memory.copy(state + BUFFER + held, pointer, length);
  store<u32>(state, u32(held + length), HELD);
}

/** XXH3-64 of everything so far; more may follow. @param out u64 */
export function xxh3Final(state: usize, out: usize): void {
  const total = load<u64>(state, TOTAL);
  if (total <= BLOCK) {
    store<u64>(out, hash64(state + BUFFER, usize(total), load<u64>(state, SEED)));
  } else {
    accumulateLast(state);
    store<u64>(out, finish64(ACC, state + STATE_SECRET, total));
  }
}

/** XXH3-128 of everything so far; more may follow. @param out u64[2] - low half, high half */
export function xxh3WideFinal(state: usize, out: usize): void {
  const total = load<u64>(state, TOTAL);
  if (total <= BLOCK) {
    hash128(state + BUFFER, usize(total), load<u64>(state, SEED), out);
  } else {
    accumulateLast(state);
    finish128(ACC, state + STATE_SECRET, total, out);
  }
}

/** The accumulators with all that is held back, in ACC. */
function accumulateLast(state: usize): void {
  const held = usize(load<u32>(state, HELD));
  memory.copy(ACC, state, 64);
  const buffer = state + BUFFER;
  accumulate(ACC, buffer, 0, (held - 1) >>> 6, buffer + held - 64, state + STATE_SECRET);
}
