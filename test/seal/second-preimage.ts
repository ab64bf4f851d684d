/**
 * Another frame with the XXH3 of an honest one, of 64 or 128 bits, in no time: why a signature takes BLAKE3.
 *
 * Beyond 240 bytes XXH3 adds up, in each of its eight lanes, data and products: with v = data xor secret,
 *
 *     lane i      += low half of v * high half of v
 *     lane i xor 1 += data
 *
 * Where one half of v is zero the product is, whatever the other half is, and the other half enters the sum of the neighbouring lane as it
 * stands. So two stripes of a block, 128 bytes, steer all eight sums to any value: the first gives the high halves, the second the low
 * ones. The rest of the frame is the forger's to choose; sums, and with them the hash, are the honest frame's.
 *
 * XXH3 never claimed otherwise (https://github.com/Cyan4973/xxHash: "not cryptographic").
 */
import { accumulators, MASK_32, MASK_64, SECRET, word64 } from "../reference/xxh3.ts";

const BLOCK = 1024;
const STRIPE = 64;
const LANES = 8;

/**
 * The `wanted` frame, but for 128 bytes.
 *
 * @param wanted as long as the honest frame, and the same in all blocks of 1,024 bytes but the last
 * @throws RangeError where the last block is too short to hold two stripes before the frame's last 64 bytes
 */
export function secondPreimage(honest: Uint8Array, wanted: Uint8Array): Uint8Array {
  const n = honest.length;
  const start = Math.floor((n - 1) / BLOCK) * BLOCK;
  if (wanted.length !== n || n <= 240 || n - start < 3 * STRIPE) throw new RangeError(`expected frames of one fit length, got ${n}`);
  const forged = wanted.slice();
  const view = new DataView(forged.buffer);
  const keyOf = (stripe: number, lane: number): bigint => word64(SECRET, 8 * (stripe + lane));
  // Both products zero: data that is the secret.
  for (let stripe = 0; stripe < 2; stripe++) {
    for (let lane = 0; lane < LANES; lane++) view.setBigUint64(start + stripe * STRIPE + lane * 8, keyOf(stripe, lane), true);
  }
  const [have, want] = [accumulators(forged, 0n), accumulators(honest, 0n)];
  for (let lane = 0; lane < LANES; lane++) {
    const [first, second] = [keyOf(0, lane), keyOf(1, lane)];
    const lacks = (want[lane ^ 1] ?? 0n) - (have[lane ^ 1] ?? 0n);
    const sum = (first + second + lacks) & MASK_64;
    const low = (sum - (first & MASK_32)) & MASK_32;
    const carry = ((first & MASK_32) + low) >> 32n;
    const high = ((sum >> 32n) - (second >> 32n) - carry) & MASK_32;
    view.setBigUint64(start + lane * 8, (high << 32n) | (first & MASK_32), true);
    view.setBigUint64(start + STRIPE + lane * 8, ((second >> 32n) << 32n) | low, true);
  }
  return forged;
}
