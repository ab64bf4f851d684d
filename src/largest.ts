/**
 * The K largest values of a stream with their places, for thresholds that are known only at the end: a gap is long
 * against a median that takes the whole recording. Ties go to the smaller index. Merging is associative: the K
 * largest of a whole are among the K largest of its parts.
 */
export const KEPT_LARGEST = 100;

export interface Ranked {
  readonly value: number;
  readonly index: number;
}

/** Largest first. */
export type Largest<T extends Ranked> = readonly T[];

export function mergeLargest<T extends Ranked>(left: Largest<T>, right: Largest<T>, cap: number = KEPT_LARGEST): Largest<T> {
  if (left.length === 0 || right.length === 0) return left.length === 0 ? right : left;
  return [...left, ...right].sort(byRank).slice(0, cap);
}

/** The same values, `frames` later. */
export function shiftLargest<T extends Ranked>(list: Largest<T>, frames: number): Largest<T> {
  return frames === 0 ? list : list.map((item) => ({ ...item, index: item.index + frames }));
}

function byRank(a: Ranked, b: Ranked): number {
  return b.value - a.value || a.index - b.index;
}

/** Collects in ascending order of index. Ask `wants` first: most values need no place made for them. */
export class LargestBuilder<T extends Ranked> {
  readonly #cap: number;
  readonly #list: T[] = [];
  #floor = Number.NEGATIVE_INFINITY;

  constructor(cap: number = KEPT_LARGEST) {
    this.#cap = cap;
  }

  wants(value: number): boolean {
    return value > this.#floor || (this.#list.length < this.#cap && value === this.#floor);
  }

  add(item: T): void {
    const list = this.#list;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (byRank(list[middle] as T, item) <= 0) low = middle + 1;
      else high = middle;
    }
    list.splice(low, 0, item);
    if (list.length > this.#cap) list.pop();
    if (list.length === this.#cap) this.#floor = (list[list.length - 1] as T).value;
  }

  finish(): Largest<T> {
    return this.#list;
  }
}
