/**
 * Pairs of neighbouring frames, whether both lie in one block or one on each side of a cut.
 *
 * A check states its rule once, as a loop over the rows of a `Strip`. Inside a block the strip is the block's own
 * columns; at the seam of a merge it is two rows made of the last frame of the left and the first of the right part.
 */
import { tenTo } from "../geometry/elementary.ts";
import type { Block, FrameColumns, StreamInfo } from "../types.ts";

/** What a part keeps of its first and last frame. `index` counts from the part's own first frame. */
export interface Edge {
  readonly index: number;
  readonly stampNs: bigint;
  readonly logNs: bigint;
  readonly sequence: number;
  readonly bytes: number;
  readonly digest: bigint;
  /** A second fingerprint of the frame, NaN where there is none. */
  readonly content: number;
}

/** Frame columns a pairwise rule reads. */
export interface Strip {
  readonly count: number;
  /** Frame of each row; null when row i is frame i. */
  readonly index: readonly number[] | null;
  readonly stampNs: BigInt64Array;
  readonly logNs: BigInt64Array;
  readonly sequence: Uint32Array;
  readonly bytes: Float64Array;
  readonly digest: BigUint64Array;
  readonly content: Float64Array | null;
}

export function stripOf(frames: FrameColumns, content: Float64Array | null = null): Strip {
  const { count, stampNs, logNs, sequence, bytes, digest } = frames;
  return { count, index: null, stampNs, logNs, sequence, bytes, digest, content };
}

/**
 * The columns for a rule about stamps. Of a payload that does not decode the sensor's stamp is not to be believed:
 * such a frame counts as one without a stamp (0), so that one damaged message is not also a jump in time.
 */
export function stampedStrip({ frames, malformed }: Block, { stamps }: StreamInfo): Strip {
  const strip = stripOf(frames);
  if (malformed.length === 0 || stamps !== "sensor") return strip;
  const stampNs = frames.stampNs.slice();
  for (const { frame } of malformed) stampNs[frame] = 0n;
  return { ...strip, stampNs };
}

/** The two rows either side of a cut; `right` is already numbered in the left part's frames. */
export function seamStrip(left: Edge, right: Edge): Strip {
  return {
    count: 2,
    index: [left.index, right.index],
    stampNs: BigInt64Array.of(left.stampNs, right.stampNs),
    logNs: BigInt64Array.of(left.logNs, right.logNs),
    sequence: Uint32Array.of(left.sequence, right.sequence),
    bytes: Float64Array.of(left.bytes, right.bytes),
    digest: BigUint64Array.of(left.digest, right.digest),
    content: Float64Array.of(left.content, right.content),
  };
}

export function edgeAt(strip: Strip, row: number): Edge {
  return {
    index: strip.index?.[row] ?? row,
    stampNs: strip.stampNs[row] ?? 0n,
    logNs: strip.logNs[row] ?? 0n,
    sequence: strip.sequence[row] ?? 0,
    bytes: strip.bytes[row] ?? 0,
    digest: strip.digest[row] ?? 0n,
    content: strip.content?.[row] ?? Number.NaN,
  };
}

export function shiftEdge(edge: Edge, frames: number): Edge {
  return frames === 0 ? edge : { ...edge, index: edge.index + frames };
}

/** Differences are exact up to here: 2^53 - 1 ns, 104 days. */
export const LONGEST_NS = Number.MAX_SAFE_INTEGER;

/**
 * A column of int64 stamps read by halves: differences are Numbers, exact up to `LONGEST_NS` either way, and beyond it
 * the nearest double. A subtraction of two bigints per frame would cost more than everything else.
 */
export class Clock {
  readonly #high: Int32Array;
  readonly #low: Uint32Array;

  constructor(ns: BigInt64Array) {
    this.#high = new Int32Array(ns.buffer, ns.byteOffset, 2 * ns.length);
    this.#low = new Uint32Array(ns.buffer, ns.byteOffset, 2 * ns.length);
  }

  /** ns from row `a` to row `b`. */
  between(a: number, b: number): number {
    const high = (this.#high[2 * b + 1] as number) - (this.#high[2 * a + 1] as number);
    return high * 4294967296 + ((this.#low[2 * b] as number) - (this.#low[2 * a] as number));
  }

  isZero(row: number): boolean {
    return ((this.#low[2 * row] as number) | (this.#high[2 * row + 1] as number)) === 0;
  }
}

/** From one stamp to another, as `Clock` tells it. */
export function nsBetween(earlier: bigint, later: bigint): number {
  return Number(later - earlier);
}

/** Nanoseconds as milliseconds with all six digits and no more. */
export function ms(ns: number): number {
  return Math.round(ns) / 1e6;
}

/** Rounded to `digits` decimals: figures in a report carry no noise of the last bit. */
export function rounded(value: number, digits = 6): number {
  const scale = tenTo(digits);
  const scaled = value * scale;
  return Number.isFinite(scaled) ? Math.round(scaled) / scale : value;
}
