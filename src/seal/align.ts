/**
 * Which frames of two sequences are the same, in order: a longest common subsequence of small integers.
 *
 * Of several longest ones the one that leaves most of the others opposite each other, so that an exchanged pair with a
 * frame between them stays a pair, and not a frame that jumped twice; then the one that keeps the earlier copy.
 *
 * Common beginnings and ends cost one comparison per frame. A window of up to MOST_CELLS goes through the full table
 * (exact). A larger one is first cut at long straight runs of a patience alignment (Bram Cohen; longest increasing
 * subsequence of the k-th occurrences, exact where all frames differ), O(n log n); what stays too large keeps that.
 */

/** Cells of one table: a byte each, a few ms per million. */
const MOST_CELLS = 4_000_000;
/** Cells of all tables of one call: two seconds at most, whatever the input. */
const ALL_CELLS = 400_000_000;
/** A straight run this long is no accident: a window is cut there. */
const STRAIGHT = 16;

export const NONE = -1;

/** @returns i32 per item of `b`: its partner in `a`, or NONE */
export function align(a: Int32Array, b: Int32Array): Int32Array {
  const partner = new Int32Array(b.length).fill(NONE);
  const budget = { cells: ALL_CELLS };
  solve(a, b, 0, a.length, 0, b.length, partner, budget, true);
  return partner;
}

interface Budget {
  cells: number;
}

function solve(
  a: Int32Array,
  b: Int32Array,
  aFrom: number,
  aTo: number,
  bFrom: number,
  bTo: number,
  partner: Int32Array,
  budget: Budget,
  mayCut: boolean,
): void {
  let [a0, a1, b0, b1] = [aFrom, aTo, bFrom, bTo];
  while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) partner[b0++] = a0++;
  while (a0 < a1 && b0 < b1 && a[a1 - 1] === b[b1 - 1]) partner[--b1] = --a1;
  if (a0 === a1 || b0 === b1) return;
  const cells = (a1 - a0) * (b1 - b0);
  if (cells <= MOST_CELLS && cells <= budget.cells) {
    budget.cells -= cells;
    table(a, b, a0, a1, b0, b1, partner);
    return;
  }
  const rough = patience(a.subarray(a0, a1), b.subarray(b0, b1));
  if (!mayCut) {
    for (let j = b0; j < b1; j++) partner[j] = rough[j - b0] === NONE ? NONE : (rough[j - b0] as number) + a0;
    return;
  }
  // Between straight runs, each a window of its own.
  let [aAt, bAt] = [a0, b0];
  for (let j = 0; j < rough.length; ) {
    let end = j;
    while (end < rough.length && rough[end] !== NONE && (end === j || rough[end] === (rough[end - 1] as number) + 1)) end++;
    if (end - j >= STRAIGHT) {
      const start = (rough[j] as number) + a0;
      solve(a, b, aAt, start, bAt, b0 + j, partner, budget, false);
      for (let k = j; k < end; k++) partner[b0 + k] = (rough[k] as number) + a0;
      [aAt, bAt] = [start + end - j, b0 + end];
    }
    j = Math.max(end, j + 1);
  }
  solve(a, b, aAt, a1, bAt, b1, partner, budget, false);
}

const DIAGONAL = 1;
const UP = 2;

/** The full table over [a0, a1) x [b0, b1): a pair counts more than all frames left opposite each other together. */
function table(a: Int32Array, b: Int32Array, a0: number, a1: number, b0: number, b1: number, partner: Int32Array): void {
  const rows = a1 - a0;
  const columns = b1 - b0;
  const pair = Math.min(rows, columns) + 1;
  const step = new Uint8Array(rows * columns);
  // Row i holds the best score of a[a0 + i …] with b[b0 + j …]; from the ends, so that the walk keeps earlier copies.
  let below = new Float64Array(columns + 1);
  let row = new Float64Array(columns + 1);
  for (let i = rows - 1; i >= 0; i--) {
    const item = a[a0 + i];
    for (let j = columns - 1; j >= 0; j--) {
      const diagonal = (below[j + 1] as number) + (item === b[b0 + j] ? pair : 1);
      const up = below[j] as number;
      const right = row[j + 1] as number;
      const best = diagonal >= up ? (diagonal >= right ? diagonal : right) : up >= right ? up : right;
      row[j] = best;
      step[i * columns + j] = best === diagonal ? DIAGONAL : best === up ? UP : 0;
    }
    [row, below] = [below, row];
  }
  for (let i = 0, j = 0; i < rows && j < columns; ) {
    const next = step[i * columns + j];
    if (next === DIAGONAL) {
      if (a[a0 + i] === b[b0 + j]) partner[b0 + j] = a0 + i;
      i++;
      j++;
    } else if (next === UP) i++;
    else j++;
  }
}

/** Longest increasing subsequence over the k-th occurrence of each value in either sequence. */
function patience(a: Int32Array, b: Int32Array): Int32Array {
  const places = new Map<number, number[]>();
  for (const [i, value] of a.entries()) {
    const list = places.get(value);
    if (list) list.push(i);
    else places.set(value, [i]);
  }
  const taken = new Map<number, number>();
  const target = new Int32Array(b.length).fill(NONE);
  for (const [j, value] of b.entries()) {
    const k = taken.get(value) ?? 0;
    const place = places.get(value)?.[k];
    if (place === undefined) continue;
    taken.set(value, k + 1);
    target[j] = place;
  }
  // tails[n]: the item of b that ends an increasing run of n + 1 with the smallest target.
  const tails: number[] = [];
  const before = new Int32Array(b.length).fill(NONE);
  for (let j = 0; j < b.length; j++) {
    const place = target[j] as number;
    if (place === NONE) continue;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((target[tails[middle] as number] as number) < place) low = middle + 1;
      else high = middle;
    }
    before[j] = low > 0 ? (tails[low - 1] as number) : NONE;
    tails[low] = j;
  }
  const partner = new Int32Array(b.length).fill(NONE);
  for (let j = tails.at(-1) ?? NONE; j !== NONE; j = before[j] as number) partner[j] = target[j] as number;
  return partner;
}
