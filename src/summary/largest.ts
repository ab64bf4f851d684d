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

/** @param frames frames of the left part: places of `right` move by so many */
export function mergeLargest<T extends Ranked>(
  left: Largest<T>,
  right: Largest<T>,
  frames: number,
  cap: number = KEPT_LARGEST,
): Largest<T> {
  // Most parts of a steady stream have nothing larger to add.
  const floor = left.length >= cap ? (left[cap - 1]?.value ?? 0) : Number.NEGATIVE_INFINITY;
  const moved: T[] = [];
  for (const item of right) {
    if (left.length >= cap && item.value <= floor) break;
    moved.push({ ...item, index: item.index + frames });
  }
  if (moved.length === 0) return left;
  if (left.length === 0) return moved;
  const merged: T[] = [];
  let i = 0;
  let j = 0;
  while (merged.length < cap) {
    const a = left[i];
    const b = moved[j];
    if (a && (!b || byRank(a, b) <= 0)) {
      merged.push(a);
      i++;
    } else if (b) {
      merged.push(b);
      j++;
    } else break;
  }
  return merged;
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
