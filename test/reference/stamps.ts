/** Stamps in few bits as docs/seal.md writes them down, a bit at a time. */
const ESCAPE = 24;
const MOST_K = 50;

export interface Plan {
  readonly order: 1 | 2;
  readonly k: number;
  readonly unit: bigint;
  readonly first: bigint;
}

/** Of the orders and of k the first ones with the fewest bits, every code taken for the middle one of its length. */
export function stampsPlan(stamps: readonly bigint[]): Plan {
  const unit = commonUnit(stamps);
  let best = { order: 1 as 1 | 2, k: 0, bits: Number.POSITIVE_INFINITY };
  for (const order of [1, 2] as const) {
    const lengths = codes(stamps, order, unit).map((v) => (v === 0n ? 0 : v.toString(2).length));
    for (let k = 0; k <= MOST_K; k++) {
      const bits = lengths.reduce((sum, b) => sum + (b <= k ? 1 + k : Math.min(ESCAPE + 64, 1.5 * 2 ** (b - k - 1) + 1 + k)), 0);
      if (bits < best.bits) best = { order, k, bits };
    }
  }
  return { order: best.order, k: best.k, unit, first: stamps[0] ?? 0n };
}

export function stampsEncode(stamps: readonly bigint[], { order, k, unit, first }: Plan): Uint8Array {
  const bits = codes(stamps, order, unit).flatMap((v) => {
    const ones = v >> BigInt(k);
    return ones < ESCAPE
      ? [...new Array<number>(Number(ones)).fill(1), 0, ...bitsOf(v, k)]
      : [...new Array<number>(ESCAPE).fill(1), ...bitsOf(v, 64)];
  });
  const out = new Uint8Array(18 + Math.ceil(bits.length / 8));
  const view = new DataView(out.buffer);
  view.setUint8(0, order);
  view.setUint8(1, k);
  view.setBigUint64(2, unit, true);
  view.setBigInt64(10, first, true);
  for (const [i, bit] of bits.entries()) out[18 + (i >> 3)] = (out[18 + (i >> 3)] ?? 0) | (bit << (i & 7));
  return out;
}

/** Null unless it is the code of exactly `count` > 0 stamps. */
export function stampsDecode(code: Uint8Array, count: number): readonly bigint[] | null {
  if (code.length < 18) return null;
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const [order, k, unit] = [view.getUint8(0), view.getUint8(1), view.getBigUint64(2, true)];
  if ((order !== 1 && order !== 2) || k > MOST_K || unit === 0n) return null;
  const bits = [...code.subarray(18)].flatMap((byte) => bitsOf(BigInt(byte), 8));
  const take = (n: number): bigint | null => {
    const taken = bits.splice(0, n);
    return taken.length < n ? null : taken.reduce((sum, bit, i) => sum + (BigInt(bit) << BigInt(i)), 0n);
  };
  const stamps = [view.getBigInt64(10, true)];
  let step = 0n;
  while (stamps.length < count) {
    let ones = 0;
    while (ones < ESCAPE && bits[0] === 1) {
      bits.shift();
      ones++;
    }
    if (ones < ESCAPE && take(1) === null) return null;
    const low = take(ones < ESCAPE ? k : 64);
    if (low === null) return null;
    const v = ones < ESCAPE ? (BigInt(ones) << BigInt(k)) + low : low;
    const difference = v & 1n ? ~(v >> 1n) : v >> 1n;
    step = order === 2 ? step + difference : difference;
    stamps.push(BigInt.asIntN(64, (stamps.at(-1) ?? 0n) + step * unit));
  }
  return bits.length < 8 && bits.every((bit) => bit === 0) ? stamps : null;
}

function steps(stamps: readonly bigint[]): readonly bigint[] {
  return stamps.slice(1).map((stamp, i) => BigInt.asIntN(64, stamp - (stamps[i] ?? 0n)));
}

function commonUnit(stamps: readonly bigint[]): bigint {
  let unit = 0n;
  for (const step of steps(stamps)) {
    let a = step < 0n ? -step : step;
    while (a > 0n) [unit, a] = [a, unit % a];
  }
  return unit === 0n ? 1n : unit;
}

function codes(stamps: readonly bigint[], order: 1 | 2, unit: bigint): readonly bigint[] {
  const units = steps(stamps).map((step) => step / unit);
  return units.map((one, i) => {
    const d = BigInt.asIntN(64, order === 2 ? one - (units[i - 1] ?? 0n) : one);
    return d < 0n ? -2n * d - 1n : 2n * d;
  });
}

/** The low `count` bits, lowest first. */
function bitsOf(value: bigint, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => Number((value >> BigInt(i)) & 1n));
}
