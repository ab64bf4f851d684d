/**
 * From where to where the values of a stream lie, by their size: what is said of the places that a list of the largest does
 * not hold, when it is known which of them count. An eighth of an octave is one span. Merging is associative.
 */

/** Frames [first, last], from the stamp before the first to that of the last. */
export interface ValueSpan {
  readonly bin: number;
  readonly first: number;
  readonly last: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** By ascending bin. */
export type ValueSpans = readonly ValueSpan[];

/** A number seen as its words (little-endian); written just before it is read. */
const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);
/** What is left of the mantissa are three bits. */
const BITS_DROPPED = 17;
function binOf(value: number): number {
  DOUBLE[0] = value;
  return (WORDS[1] as number) >>> BITS_DROPPED;
}

interface OpenSpan {
  readonly first: number;
  readonly startRow: number;
  last: number;
  endRow: number;
}

export class ValueSpansBuilder {
  readonly #stampNs: BigInt64Array;
  readonly #spans = new Map<number, OpenSpan>();
  #bin = -1;
  #span: OpenSpan = { first: 0, startRow: 0, last: 0, endRow: 0 };

  /** @param stampNs stamps by row */
  constructor(stampNs: BigInt64Array) {
    this.#stampNs = stampNs;
  }

  /** @param value above 0: what lies between the rows `before` and `row`, which is `frame` */
  add(value: number, frame: number, before: number, row: number): void {
    const bin = binOf(value);
    if (bin !== this.#bin) {
      this.#bin = bin;
      this.#span = this.#spans.get(bin) ?? { first: frame, startRow: before, last: frame, endRow: row };
      this.#spans.set(bin, this.#span);
    }
    this.#span.last = frame;
    this.#span.endRow = row;
  }

  finish(): ValueSpans {
    const stamp = (row: number): bigint => this.#stampNs[row] ?? 0n;
    return [...this.#spans]
      .map(([bin, { first, last, startRow, endRow }]) => ({ bin, first, last, startNs: stamp(startRow), endNs: stamp(endRow) }))
      .sort((a, b) => a.bin - b.bin);
  }
}

/** @param frames frames of the left part: places of `right` move by so many */
export function mergeValueSpans(left: ValueSpans, right: ValueSpans, frames: number): ValueSpans {
  const byBin = new Map(left.map((span) => [span.bin, span]));
  for (const span of right) {
    const moved = { ...span, first: span.first + frames, last: span.last + frames };
    const before = byBin.get(span.bin);
    byBin.set(span.bin, before ? { ...before, last: moved.last, endNs: moved.endNs } : moved);
  }
  return [...byBin.values()].sort((a, b) => a.bin - b.bin);
}

/** Where the values within [low, high] lie, to an eighth of an octave; null where there are none. */
export function spanWithin(spans: ValueSpans, low: number, high: number): ValueSpan | null {
  const [from, to] = [binOf(Math.max(0, low)), binOf(Math.max(0, high))];
  return spans
    .filter(({ bin }) => bin >= from && bin <= to)
    .reduce<ValueSpan | null>((hull, span) => (hull ? joined(hull, span) : span), null);
}

function joined(a: ValueSpan, b: ValueSpan): ValueSpan {
  const [early, late] = [a.first <= b.first ? a : b, a.last >= b.last ? a : b];
  return { bin: a.bin, first: early.first, last: late.last, startNs: early.startNs, endNs: late.endNs };
}
