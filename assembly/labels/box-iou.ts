/** How much boxes have in common: intersection over union of 2D boxes, and of oriented boxes from above and as bodies. */

/** Corners of a rectangle cut by four half-planes: eight at most; x and y. */
const POLYGON: usize = memory.data(128);
const CLIPPED: usize = memory.data(128);

/**
 * @param a f64[4n], b f64[4m] - left, top, right, bottom
 * @param pairs i32[2 * count] - index into a, index into b
 * @param out f64[count] - output; 0 for boxes without area, NaN where an edge is NaN
 * O(count)
 */
export function axisIou(a: usize, b: usize, pairs: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const p = a + (usize(load<i32>(pairs + (usize(i) << 3))) << 5);
    const q = b + (usize(load<i32>(pairs + (usize(i) << 3), 4)) << 5);
    const p0 = v128.load(p);
    const p1 = v128.load(p, 16);
    const q0 = v128.load(q);
    const q1 = v128.load(q, 16);
    const zero = f64x2.splat(0);
    const common = f64x2.max(f64x2.sub(f64x2.min(p1, q1), f64x2.max(p0, q0)), zero);
    const both = area(common);
    const union = area(f64x2.max(f64x2.sub(p1, p0), zero)) + area(f64x2.max(f64x2.sub(q1, q0), zero)) - both;
    store<f64>(out + (usize(i) << 3), union == 0 ? 0 : both / union);
  }
}

function area(extent: v128): f64 {
  return f64x2.extract_lane(extent, 0) * f64x2.extract_lane(extent, 1);
}

/**
 * @param a f64[7n], b f64[7m] - x, y, z of the centre, length, width, height (none below 0), yaw
 * @param pairs i32[2 * count] - index into a, index into b
 * @param out f64[2 * count] - output: from above, as bodies; 0 for boxes without area, NaN where a number is NaN
 * O(count); clipping by Sutherland and Hodgman 1974 (doi:10.1145/360767.360802) in the frame of the first box
 */
export function orientedIou(a: usize, b: usize, pairs: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const p = a + usize(load<i32>(pairs + (usize(i) << 3))) * 56;
    const q = b + usize(load<i32>(pairs + (usize(i) << 3), 4)) * 56;
    const ground = commonGround(p, q);
    const own = load<f64>(p, 24) * load<f64>(p, 32);
    const other = load<f64>(q, 24) * load<f64>(q, 32);
    const high = load<f64>(p, 40);
    const tall = load<f64>(q, 40);
    const union = own + other - ground;
    const top = min(load<f64>(p, 16) + high / 2, load<f64>(q, 16) + tall / 2);
    const bottom = max(load<f64>(p, 16) - high / 2, load<f64>(q, 16) - tall / 2);
    const body = ground * max(0, top - bottom);
    const bodies = own * high + other * tall - body;
    store<f64>(out + (usize(i) << 4), union == 0 ? 0 : ground / union);
    store<f64>(out + (usize(i) << 4), bodies == 0 ? 0 : body / bodies, 8);
  }
}

/** Area on the ground that two boxes share. */
function commonGround(p: usize, q: usize): f64 {
  const cos = Math.cos(load<f64>(p, 48));
  const sin = Math.sin(load<f64>(p, 48));
  const dx = load<f64>(q) - load<f64>(p);
  const dy = load<f64>(q, 8) - load<f64>(p, 8);
  const x = dx * cos + dy * sin;
  const y = dy * cos - dx * sin;
  const halfLength = load<f64>(p, 24) / 2;
  const halfWidth = load<f64>(p, 32) / 2;
  const length = load<f64>(q, 24) / 2;
  const width = load<f64>(q, 32) / 2;
  const reach = sqrt(length * length + width * width);
  if (abs(x) > halfLength + reach || abs(y) > halfWidth + reach) return 0;
  const turn = load<f64>(q, 48) - load<f64>(p, 48);
  const c = Math.cos(turn);
  const s = Math.sin(turn);
  corner(0, x + length * c - width * s, y + length * s + width * c);
  corner(1, x - length * c - width * s, y - length * s + width * c);
  corner(2, x - length * c + width * s, y - length * s - width * c);
  corner(3, x + length * c + width * s, y + length * s - width * c);
  let n = clip(POLYGON, CLIPPED, 4, 0, 1, halfLength);
  n = clip(CLIPPED, POLYGON, n, 0, -1, halfLength);
  n = clip(POLYGON, CLIPPED, n, 8, 1, halfWidth);
  n = clip(CLIPPED, POLYGON, n, 8, -1, halfWidth);
  let doubled: f64 = 0;
  for (let i = 0; i < n; i++) {
    const here = POLYGON + (usize(i) << 4);
    const next = POLYGON + (usize(i + 1 == n ? 0 : i + 1) << 4);
    doubled += load<f64>(here) * load<f64>(next, 8) - load<f64>(next) * load<f64>(here, 8);
  }
  return abs(doubled) / 2;
}

function corner(i: i32, x: f64, y: f64): void {
  store<f64>(POLYGON + (usize(i) << 4), x);
  store<f64>(POLYGON + (usize(i) << 4), y, 8);
}

/** Keeps what is inside `sign` * coordinate <= `limit`; the coordinate lies `axis` bytes into a corner. @returns corners left */
function clip(from: usize, to: usize, n: i32, axis: usize, sign: f64, limit: f64): i32 {
  let kept = 0;
  for (let i = 0; i < n; i++) {
    const a = from + (usize(i) << 4);
    const b = from + (usize(i + 1 == n ? 0 : i + 1) << 4);
    const da = limit - sign * load<f64>(a + axis);
    const db = limit - sign * load<f64>(b + axis);
    if (da >= 0) {
      v128.store(to + (usize(kept) << 4), v128.load(a));
      kept++;
    }
    if (da >= 0 != db >= 0) {
      const share = f64x2.splat(da / (da - db));
      const start = v128.load(a);
      v128.store(to + (usize(kept) << 4), f64x2.add(start, f64x2.mul(f64x2.sub(v128.load(b), start), share)));
      kept++;
    }
  }
  return kept;
}
