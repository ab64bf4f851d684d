/**
 * Stamps in few bits: second (or first) differences in units of their common divisor, Rice coded. A regular stream takes
 * a bit per frame, one that jitters by a millisecond three bytes.
 *
 *     u8 order (1 or 2), u8 k, u64 unit, i64 first, then per further frame, from the lowest bit of each byte on:
 *     v = zigzag of the difference in units; q = v >> k; q ones and a zero, then the k low bits of v, lowest first;
 *     where q >= 24: 24 ones, then v in 64 bits
 *
 * All arithmetic is modulo 2^64, so every sequence of int64 has a code. Nothing for no stamps.
 */
const HEAD = 18;
/** Ones that announce 64 plain bits. */
const ESCAPE = 24;
/** Largest k: low bits are handled as Numbers. */
const MOST_K = 50;

export function encodeStamps(stampNs: BigInt64Array): Uint8Array {
  const n = stampNs.length;
  if (n === 0) return new Uint8Array(0);
  const steps = differences(stampNs);
  const unit = commonUnit(steps);
  const codes = ([1, 2] as const).map((order) => zigzags(steps, unit, order)).map((v) => ({ v, ...bestK(v) }));
  const [first, second] = codes as [(typeof codes)[0], (typeof codes)[0]];
  const order = second.bits < first.bits ? 2 : 1;
  const { v, k } = order === 2 ? second : first;
  let bits = 0;
  for (const one of v) bits += riceBits(one, k);
  const out = new Uint8Array(HEAD + Math.ceil(bits / 8));
  const view = new DataView(out.buffer);
  view.setUint8(0, order);
  view.setUint8(1, k);
  view.setBigUint64(2, unit, true);
  view.setBigInt64(10, stampNs[0] ?? 0n, true);
  write(out, v, k);
  return out;
}

/** @returns null unless `bytes` is the code of exactly `count` stamps */
export function decodeStamps(bytes: Uint8Array, count: number): BigInt64Array | null {
  if (count === 0) return bytes.length === 0 ? new BigInt64Array(0) : null;
  // A frame takes a bit at least.
  if (bytes.length < HEAD || (bytes.length - HEAD) * 8 < count - 1) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = view.getUint8(0);
  const k = view.getUint8(1);
  const unit = view.getBigUint64(2, true);
  if ((order !== 1 && order !== 2) || k > MOST_K || unit === 0n) return null;
  const stamps = new BigInt64Array(count);
  let stamp = view.getBigInt64(10, true);
  let step = 0n;
  stamps[0] = stamp;
  const bits = new BitReader(bytes, HEAD);
  for (let i = 1; i < count; i++) {
    const v = bits.rice(k);
    if (v === null) return null;
    const difference = v & 1n ? ~(v >> 1n) : v >> 1n;
    step = order === 2 ? step + difference : difference;
    stamp = BigInt.asIntN(64, stamp + step * unit);
    step = BigInt.asIntN(64, step);
    stamps[i] = stamp;
  }
  return bits.isAtEnd() ? stamps : null;
}

/** From each stamp to the next, modulo 2^64. Numbers where all are small: a bigint per frame costs ten times as much. */
function differences(stampNs: BigInt64Array): Float64Array | BigInt64Array {
  const n = stampNs.length;
  const low = new Uint32Array(stampNs.buffer, stampNs.byteOffset, 2 * n);
  const high = new Int32Array(stampNs.buffer, stampNs.byteOffset, 2 * n);
  const steps = new Float64Array(n - 1);
  for (let i = 1; i < n; i++) {
    const h = (high[2 * i + 1] as number) - (high[2 * i - 1] as number);
    // Second differences, doubled by the zigzag, must stay below 2^53.
    if (h >= 2 ** 18 || h <= -(2 ** 18))
      return BigInt64Array.from({ length: n - 1 }, (_, j) => (stampNs[j + 1] ?? 0n) - (stampNs[j] ?? 0n));
    steps[i - 1] = h * 2 ** 32 + ((low[2 * i] as number) - (low[2 * i - 2] as number));
  }
  return steps;
}

/** Greatest common divisor of the steps, 1 where they are all 0. */
function commonUnit(steps: Float64Array | BigInt64Array): bigint {
  if (steps instanceof BigInt64Array) return 1n;
  let unit = 0;
  for (const step of steps) {
    let a = Math.abs(step);
    while (a > 0) [unit, a] = [a, unit % a];
    if (unit === 1) break;
  }
  return BigInt(Math.max(1, unit));
}

type Codes = Float64Array | BigUint64Array;

function zigzags(steps: Float64Array | BigInt64Array, unit: bigint, order: 1 | 2): Codes {
  if (steps instanceof BigInt64Array) {
    return BigUint64Array.from(steps, (step, i) => {
      const d = BigInt.asIntN(64, order === 1 || i === 0 ? step : step - (steps[i - 1] ?? 0n));
      return BigInt.asUintN(64, (d << 1n) ^ (d >> 63n));
    });
  }
  const v = new Float64Array(steps.length);
  const u = Number(unit);
  let before = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = (steps[i] as number) / u;
    const d = order === 1 ? step : step - before;
    before = step;
    v[i] = d < 0 ? -2 * d - 1 : 2 * d;
  }
  return v;
}

/** The k with the fewest bits in all, judged by how many codes are how long: one look at each code. */
function bestK(v: Codes): { readonly k: number; readonly bits: number } {
  const lengths = new Float64Array(65);
  for (const one of v) {
    const length = bitLength(one);
    lengths[length] = (lengths[length] as number) + 1;
  }
  let best = { k: 0, bits: Number.POSITIVE_INFINITY };
  for (let k = 0; k <= MOST_K; k++) {
    let bits = 0;
    for (const [b, count] of lengths.entries()) {
      bits += count * (b <= k ? 1 + k : Math.min(ESCAPE + 64, 1.5 * 2 ** (b - k - 1) + 1 + k));
    }
    if (bits < best.bits) best = { k, bits };
  }
  return best;
}

function bitLength(v: number | bigint): number {
  if (typeof v === "bigint") return v === 0n ? 0 : v.toString(2).length;
  return v < 2 ** 32 ? 32 - Math.clz32(v) : 64 - Math.clz32(v / 2 ** 32);
}

function riceBits(v: number | bigint, k: number): number {
  const q = typeof v === "bigint" ? Number(v >> BigInt(k)) : Math.floor(v / 2 ** k);
  return q < ESCAPE ? q + 1 + k : ESCAPE + 64;
}

function write(out: Uint8Array, codes: Codes, k: number): void {
  let at = HEAD * 8;
  const put = (value: number, bits: number): void => {
    for (let left = bits, rest = value; left > 0; ) {
      const shift = at & 7;
      const take = Math.min(8 - shift, left);
      const low = rest % 2 ** take;
      const byte = (at - shift) / 8;
      out[byte] = (out[byte] ?? 0) | (low << shift);
      rest = (rest - low) / 2 ** take;
      left -= take;
      at += take;
    }
  };
  for (const code of codes) {
    const q = typeof code === "bigint" ? Number(code >> BigInt(k)) : Math.floor(code / 2 ** k);
    if (q < ESCAPE) {
      put(2 ** q - 1, q + 1);
      put(typeof code === "bigint" ? Number(code & ((1n << BigInt(k)) - 1n)) : code % 2 ** k, k);
    } else {
      put(2 ** ESCAPE - 1, ESCAPE);
      const whole = BigInt(code);
      put(Number(whole & 0xffff_ffffn), 32);
      put(Number(whole >> 32n), 32);
    }
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes;
    this.#at = from * 8;
  }

  /** Null where the bits end before the code does. */
  rice(k: number): bigint | null {
    let ones = 0;
    while (ones < ESCAPE && this.#take(1) === 1) ones++;
    const v =
      ones < ESCAPE ? BigInt(ones) * (1n << BigInt(k)) + BigInt(this.#take(k)) : BigInt(this.#take(32)) + (BigInt(this.#take(32)) << 32n);
    return this.#at <= this.#bytes.length * 8 ? v : null;
  }

  /** All but the padding of the last byte is read, and the padding is zero. */
  isAtEnd(): boolean {
    const left = this.#bytes.length * 8 - this.#at;
    return left >= 0 && left < 8 && this.#take(left) === 0;
  }

  #take(bits: number): number {
    let value = 0;
    for (let done = 0; done < bits; ) {
      const shift = this.#at & 7;
      const take = Math.min(8 - shift, bits - done);
      const byte = this.#bytes[(this.#at - shift) / 8] ?? 0;
      value += ((byte >> shift) & (2 ** take - 1)) * 2 ** done;
      done += take;
      this.#at += take;
    }
    return value;
  }
}
