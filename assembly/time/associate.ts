/**
 * Which stamps of two streams belong together: the nearest one by two pointers, and pairs one to one, the closest first.
 *
 * Differences are taken modulo 2^64 between stamps whose order is known, so they are exact for all of int64.
 */

/** u64 - farthest gap that fits int64. */
const MOST: u64 = 0x7fff_ffff_ffff_ffff;

/**
 * The nearest stamp of `b` for each of `a`; the earlier of two equally near, the first of equal ones.
 *
 * @param a i64[n], b i64[m], m >= 1 - ns, ascending
 * @param index i32[n] - output: row of `b`
 * @param gap i64[n] - output: its stamp less that of `a`, held within int64
 * O(n + m)
 */
export function nearestStamps(a: usize, n: i32, b: usize, m: i32, index: usize, gap: usize): void {
  let at = b;
  const last = b + (usize(m - 1) << 3);
  const end = a + (usize(n) << 3);
  let before = load<i64>(b);
  for (let p = a; p < end; p += 8) {
    const stamp = load<i64>(p);
    // `before` stays the last stamp that is not after `stamp`, or the first of all.
    while (at < last) {
      const next = load<i64>(at, 8);
      if (next > stamp) break;
      at += 8;
      if (next != before) before = next;
    }
    let nearest = at;
    let size: u64 = before > stamp ? u64(before - stamp) : u64(stamp - before);
    let isLater = before > stamp;
    if (at < last && !isLater) {
      const after = u64(load<i64>(at, 8) - stamp);
      if (after < size) {
        size = after;
        nearest = at + 8;
        isLater = true;
      }
    }
    if (size > MOST) size = MOST;
    store<i32>(index, i32((nearest - b) >> 3));
    store<i64>(gap, isLater ? i64(size) : -i64(size));
    index += 4;
    gap += 8;
  }
}

/**
 * Pairs of two streams, each stamp in one pair at most: of all pairs closer than `limit` the closest first, of equally close ones that of
 * the earlier `a`, then of the earlier `b`. This is the rule of the TUM RGB-D benchmark's associate.py
 * (https://cvg.cit.tum.de/data/datasets/rgbd-dataset/tools) in integers.
 *
 * The closest pair always stands side by side in the order of both streams, so only neighbours are looked at: a heap of them, and a list from which
 * paired stamps are taken out. What lies `limit` or more apart is settled by itself, so that the heap stays small.
 *
 * @param a i64[n], b i64[m] - ns, ascending
 * @param limit ns, above 0
 * @param index i32[n] - output: row of `b`, or -1
 * @param scratch u32[7 * (n + m)], aligned to 8
 * @returns how many pairs
 * O((n + m) log c), c the most stamps in a row closer than `limit`
 */
export function pairStamps(a: usize, n: i32, b: usize, m: i32, limit: f64, index: usize, scratch: usize): i32 {
  memory.fill(index, 0xff, usize(n) << 2);
  const total = n + m;
  const reach = limit >= 9.2e18 ? MOST : u64(ceil(limit));
  const heap = scratch;
  const nodes = scratch + (usize(total) << 4);
  let pairs = 0;
  let count = 0;
  let i = 0;
  let j = 0;
  let before: i64 = 0;
  while (i < n || j < m) {
    const isA = j >= m || (i < n && load<i64>(a + (usize(i) << 3)) <= load<i64>(b + (usize(j) << 3)));
    const stamp = isA ? load<i64>(a + (usize(i) << 3)) : load<i64>(b + (usize(j) << 3));
    if (count > 0 && u64(stamp - before) >= reach) {
      pairs += settle(a, b, reach, index, nodes, count, heap);
      count = 0;
    }
    const node = nodes + usize(count) * NODE;
    store<i32>(node, isA ? i : ~j);
    count++;
    before = stamp;
    if (isA) i++;
    else j++;
  }
  return count > 0 ? pairs + settle(a, b, reach, index, nodes, count, heap) : pairs;
}

/**
 * One stamp in the order of both streams.
 *
 * | byte | what                                    |
 * |------|-----------------------------------------|
 * | 0    | i32 row of `a`, or of `b` with its bits turned over |
 * | 4    | i32 node before, -1 for none            |
 * | 8    | i32 node after, -1 for none; -2 once paired |
 */
const NODE: usize = 12;
const PAIRED: i32 = -2;

/** Neighbours that may be paired: u64 how far apart, u32 node, u32 the node after it. */
const ENTRY: usize = 16;

/** Pairs among `count` nodes in a row. */
function settle(a: usize, b: usize, reach: u64, index: usize, nodes: usize, count: i32, heap: usize): i32 {
  if (count == 1) return 0;
  if (count == 2) {
    const x = load<i32>(nodes);
    const y = load<i32>(nodes, NODE);
    if (x >= 0 == y >= 0) return 0;
    store<i32>(index + (usize(x >= 0 ? x : y) << 2), x >= 0 ? ~y : ~x);
    return 1;
  }
  let size = 0;
  for (let k = 0; k < count; k++) {
    const node = nodes + usize(k) * NODE;
    store<i32>(node, k - 1, 4);
    store<i32>(node, k + 1 < count ? k + 1 : -1, 8);
    if (k > 0) size = offer(a, b, reach, nodes, k - 1, k, heap, size);
  }
  let pairs = 0;
  while (size > 0) {
    const left = load<i32>(heap, 8);
    const right = load<i32>(heap, 12);
    size = removeTop(a, b, nodes, heap, size);
    const x = nodes + usize(left) * NODE;
    const y = nodes + usize(right) * NODE;
    if (load<i32>(x, 8) != right || load<i32>(y, 8) == PAIRED) continue;
    const before = load<i32>(x, 4);
    const after = load<i32>(y, 8);
    store<i32>(x, PAIRED, 8);
    store<i32>(y, PAIRED, 8);
    const p = load<i32>(x);
    const q = load<i32>(y);
    store<i32>(index + (usize(p >= 0 ? p : q) << 2), p >= 0 ? ~q : ~p);
    pairs++;
    if (before >= 0) store<i32>(nodes + usize(before) * NODE, after, 8);
    if (after >= 0) store<i32>(nodes + usize(after) * NODE, before, 4);
    if (before >= 0 && after >= 0) size = offer(a, b, reach, nodes, before, after, heap, size);
  }
  return pairs;
}

/** Adds two neighbours to the heap if they are of both streams and close enough. Returns its size. */
function offer(a: usize, b: usize, reach: u64, nodes: usize, left: i32, right: i32, heap: usize, size: i32): i32 {
  const x = load<i32>(nodes + usize(left) * NODE);
  const y = load<i32>(nodes + usize(right) * NODE);
  if (x >= 0 == y >= 0) return size;
  const apart = u64(stampOf(a, b, y) - stampOf(a, b, x));
  if (apart >= reach) return size;
  let at = size;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const entry = heap + usize(parent) * ENTRY;
    if (!isBefore(a, b, nodes, apart, left, right, entry)) break;
    memory.copy(heap + usize(at) * ENTRY, entry, ENTRY);
    at = parent;
  }
  const entry = heap + usize(at) * ENTRY;
  store<u64>(entry, apart);
  store<i32>(entry, left, 8);
  store<i32>(entry, right, 12);
  return size + 1;
}

/** Takes the first entry out. Returns the heap's size. */
function removeTop(a: usize, b: usize, nodes: usize, heap: usize, size: i32): i32 {
  const rest = size - 1;
  const moved = heap + usize(rest) * ENTRY;
  const apart = load<u64>(moved);
  const left = load<i32>(moved, 8);
  const right = load<i32>(moved, 12);
  let at = 0;
  while (true) {
    let child = 2 * at + 1;
    if (child >= rest) break;
    let entry = heap + usize(child) * ENTRY;
    if (child + 1 < rest) {
      const other = entry + ENTRY;
      if (isBefore(a, b, nodes, load<u64>(other), load<i32>(other, 8), load<i32>(other, 12), entry)) {
        child++;
        entry = other;
      }
    }
    if (isBefore(a, b, nodes, apart, left, right, entry)) break;
    memory.copy(heap + usize(at) * ENTRY, entry, ENTRY);
    at = child;
  }
  const entry = heap + usize(at) * ENTRY;
  store<u64>(entry, apart);
  store<i32>(entry, left, 8);
  store<i32>(entry, right, 12);
  return rest;
}

/** By how far apart, then by the row of `a`, then by that of `b`. */
function isBefore(a: usize, b: usize, nodes: usize, apart: u64, left: i32, right: i32, entry: usize): bool {
  const other = load<u64>(entry);
  if (apart != other) return apart < other;
  const x = load<i32>(nodes + usize(left) * NODE);
  const y = load<i32>(nodes + usize(right) * NODE);
  const p = load<i32>(nodes + usize(load<i32>(entry, 8)) * NODE);
  const q = load<i32>(nodes + usize(load<i32>(entry, 12)) * NODE);
  const rowA = max(x, y);
  const otherA = max(p, q);
  return rowA != otherA ? rowA < otherA : ~min(x, y) < ~min(p, q);
}

/** @param row of `a`, or of `b` with its bits turned over */
function stampOf(a: usize, b: usize, row: i32): i64 {
  return row >= 0 ? load<i64>(a + (usize(row) << 3)) : load<i64>(b + (usize(~row) << 3));
}
