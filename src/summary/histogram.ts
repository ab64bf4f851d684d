/**
 * Counts of non-negative numbers in logarithmic bins: a median, quantiles and a spread that merge exactly.
 *
 * A bin is the leading bits of the number's own double: exponent and the first 10 bits of the mantissa, so 1024 bins
 * per octave, whole numbers up to 2048 in bins of their own, and no logarithm (which may differ between engines).
 * Each bin keeps its smallest and largest value, so a stream whose values agree gets them back exactly; else an
 * answer is off by less than 0.05 %. Merging is associative and commutative. At most 53 x 1024 bins for integers.
 */
export interface Histogram {
  readonly count: number;
  /** f64[4n]: bin, how many, smallest, largest; ascending. */
  readonly rows: Float64Array;
}

export const BINS_PER_OCTAVE = 1024;
const MANTISSA_BITS_DROPPED = 10;

export const NO_VALUES: Histogram = { count: 0, rows: new Float64Array(0) };

/** A number seen as its words (little-endian); written just before it is read. */
const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);

export class HistogramBuilder {
  readonly #slots = new Map<number, number>();
  #rows = NO_VALUES.rows;
  #used = 0;
  #count = 0;
  #bin = -1;
  #slot = 0;

  /** @param amount finite and not negative; anything else is left out */
  add(amount: number): void {
    if (!(amount >= 0 && amount < Number.POSITIVE_INFINITY)) return;
    const value = amount + 0; // -0 becomes 0
    DOUBLE[0] = value;
    const bin = (WORDS[1] as number) >>> MANTISSA_BITS_DROPPED;
    if (bin !== this.#bin) {
      this.#bin = bin;
      this.#slot = this.#slots.get(bin) ?? this.#open(bin, value);
    }
    const rows = this.#rows;
    const slot = this.#slot;
    rows[slot + 1] = (rows[slot + 1] as number) + 1;
    if (value < (rows[slot + 2] as number)) rows[slot + 2] = value;
    else if (value > (rows[slot + 3] as number)) rows[slot + 3] = value;
    this.#count++;
  }

  finish(): Histogram {
    const bins = [...this.#slots].sort((a, b) => a[0] - b[0]);
    const rows = new Float64Array(4 * bins.length);
    for (const [i, [, slot]] of bins.entries()) rows.set(this.#rows.subarray(slot, slot + 4), 4 * i);
    return { count: this.#count, rows };
  }

  #open(bin: number, value: number): number {
    const slot = this.#used;
    if (slot === this.#rows.length) {
      const grown = new Float64Array(Math.max(16, 2 * slot));
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#rows[slot] = bin;
    this.#rows[slot + 2] = value;
    this.#rows[slot + 3] = value;
    this.#slots.set(bin, slot);
    this.#used = slot + 4;
    return slot;
  }
}

export function histogramOf(values: Iterable<number>): Histogram {
  const builder = new HistogramBuilder();
  for (const value of values) builder.add(value);
  return builder.finish();
}

export function mergeHistograms(left: Histogram, right: Histogram): Histogram {
  if (left.count === 0) return right;
  if (right.count === 0) return left;
  const a = left.rows;
  const b = right.rows;
  const rows = new Float64Array(a.length + b.length);
  let i = 0;
  let j = 0;
  let n = 0;
  while (i < a.length || j < b.length) {
    const binA = i < a.length ? (a[i] as number) : Number.POSITIVE_INFINITY;
    const binB = j < b.length ? (b[j] as number) : Number.POSITIVE_INFINITY;
    const bin = Math.min(binA, binB);
    rows[n] = bin;
    rows[n + 2] = Math.min(binA === bin ? (a[i + 2] as number) : Infinity, binB === bin ? (b[j + 2] as number) : Infinity);
    rows[n + 3] = Math.max(binA === bin ? (a[i + 3] as number) : 0, binB === bin ? (b[j + 3] as number) : 0);
    rows[n + 1] = (binA === bin ? (a[i + 1] as number) : 0) + (binB === bin ? (b[j + 1] as number) : 0);
    if (binA === bin) i += 4;
    if (binB === bin) j += 4;
    n += 4;
  }
  return { count: left.count + right.count, rows: rows.slice(0, n) };
}

/** One bin as its middle value and its weight. */
export interface Weight {
  readonly value: number;
  readonly count: number;
}

export function weights(histogram: Histogram): readonly Weight[] {
  const all: Weight[] = [];
  const { rows } = histogram;
  for (let i = 0; i < rows.length; i += 4)
    all.push({ value: ((rows[i + 2] as number) + (rows[i + 3] as number)) / 2, count: rows[i + 1] as number });
  return all;
}

/** The smallest value that at least a share `q` of the values does not exceed. @returns NaN when there are none */
export function quantile(histogram: Histogram, q: number): number {
  return weightedQuantile(weights(histogram), histogram.count, q);
}

export function median(histogram: Histogram): number {
  return quantile(histogram, 0.5);
}

/** Median absolute deviation from `centre`. @returns NaN when there are no values */
export function spread(histogram: Histogram, centre: number): number {
  return quantileOf(histogram, (value) => Math.abs(value - centre), 0.5);
}

/** A quantile of `map(value)` over the values. @returns NaN when there are none */
export function quantileOf(histogram: Histogram, map: (value: number) => number, q: number): number {
  const mapped = weights(histogram).map(({ value, count }) => ({ value: map(value), count }));
  mapped.sort((a, b) => a.value - b.value);
  return weightedQuantile(mapped, histogram.count, q);
}

/** How many values lie in [low, high], a bin counting as a whole by its middle. */
export function countWithin(histogram: Histogram, low: number, high: number): number {
  let count = 0;
  for (const w of weights(histogram)) if (w.value >= low && w.value <= high) count += w.count;
  return count;
}

function weightedQuantile(ascending: readonly Weight[], total: number, q: number): number {
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const { value, count } of ascending) {
    seen += count;
    if (seen >= rank) return value;
  }
  return Number.NaN;
}
