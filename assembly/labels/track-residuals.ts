/**
 * Boxes against their own tracks: how far each is from the straight line in time between the boxes before and after it, which boxes
 * of a frame lie where another's track expects its own, and how restless a quantity is.
 *
 * A place is four numbers: x, y, z in metres and one that does not count, or the edges left, top, right, bottom of a 2D box. 2D boxes
 * are as far apart as the median over their edges, those at the border of the image left out (bits of `edges`).
 */
import { select } from "../_select";

/** Of a normal distribution, standard deviation over median absolute deviation; and that of a second difference over a value's. */
const PER_MAD: f64 = 1.4826;
const OF_SECOND_DIFFERENCE: f64 = 2.449489742783178;

/**
 * Rows by frame, in each frame in the order they have.
 *
 * @param frame i32[rows] - 0 to frames - 1
 * @param track i32[rows] - rows below 0 have no track and are left out
 * @param starts i32[frames + 1] - output: the rows of frame f are members[starts[f]] to members[starts[f + 1]]
 * @param members i32[rows] - output
 * @returns rows that have a track
 * O(rows + frames); counting sort
 */
export function sortByFrame(frame: usize, track: usize, rows: i32, frames: i32, starts: usize, members: usize): i32 {
  memory.fill(starts, 0, usize(frames + 1) << 2);
  for (let row = 0; row < rows; row++) {
    if (load<i32>(track + (usize(row) << 2)) < 0) continue;
    const slot = starts + (usize(load<i32>(frame + (usize(row) << 2))) << 2);
    store<i32>(slot, load<i32>(slot, 4) + 1, 4);
  }
  for (let f = 0; f < frames; f++) {
    const slot = starts + (usize(f) << 2);
    store<i32>(slot, load<i32>(slot) + load<i32>(slot, 4), 4);
  }
  const count = load<i32>(starts + (usize(frames) << 2));
  for (let row = 0; row < rows; row++) {
    if (load<i32>(track + (usize(row) << 2)) < 0) continue;
    const slot = starts + (usize(load<i32>(frame + (usize(row) << 2))) << 2);
    const at = load<i32>(slot);
    store<i32>(members + (usize(at) << 2), row);
    store<i32>(slot, at + 1);
  }
  // Each beginning has moved to its frame's end, which is where the next frame begins.
  memory.copy(starts + 4, starts, usize(frames) << 2);
  store<i32>(starts, 0);
  return count;
}

/**
 * Links the rows of each track in order of frames: a row in the same frame as the one before it in its track is left out.
 *
 * @param members i32[count] - rows with a track, by frame (sortByFrame)
 * @param track, frame i32[rows]
 * @param mostGap frames between neighbours, at most
 * @param before i32[rows] - output: the row before it in its track, -1 where there is none in reach; likewise `after`
 * @param last i32[tracks] - scratch
 * O(rows + tracks)
 */
export function linkTracks(
  members: usize,
  count: i32,
  track: usize,
  frame: usize,
  rows: i32,
  tracks: i32,
  mostGap: i32,
  before: usize,
  after: usize,
  last: usize,
): void {
  memory.fill(last, 0xff, usize(tracks) << 2);
  memory.fill(before, 0xff, usize(rows) << 2);
  memory.fill(after, 0xff, usize(rows) << 2);
  for (let i = 0; i < count; i++) {
    const row = load<i32>(members + (usize(i) << 2));
    const at = usize(row) << 2;
    const slot = last + (usize(load<i32>(track + at)) << 2);
    const past = load<i32>(slot);
    if (past >= 0) {
      const gap = load<i32>(frame + at) - load<i32>(frame + (usize(past) << 2));
      if (gap <= 0) continue;
      if (gap <= mostGap) {
        store<i32>(before + at, past);
        store<i32>(after + (usize(past) << 2), row);
      }
    }
    store<i32>(slot, row);
  }
}

/**
 * @param place f64[4 * rows]
 * @param seconds f64[frames] - ascending
 * @param frame, before, after i32[rows]
 * @param edges u8[rows] of a bit for every edge that does not count; 0 for places in 3D
 * @param out f64[rows] - output: distance from the line between its neighbours; NaN without both
 * O(rows)
 */
export function trackResiduals(
  place: usize,
  seconds: usize,
  frame: usize,
  before: usize,
  after: usize,
  edges: usize,
  rows: i32,
  out: usize,
): void {
  let row = 0;
  if (edges == 0) {
    // Two at a time: a division and a root take as long as one.
    for (; row + 2 <= rows; row += 2) {
      const at = usize(row) << 2;
      const a = load<i32>(before + at);
      const b = load<i32>(after + at);
      const c = load<i32>(before + at, 4);
      const d = load<i32>(after + at, 4);
      const first = (a | b) >= 0;
      const second = (c | d) >= 0;
      if (!first && !second) {
        v128.store(out + (usize(row) << 3), f64x2.splat(NaN));
        continue;
      }
      // A row without neighbours stands in for them: its answer is replaced.
      const p = first ? a : row;
      const q = first ? b : row;
      const r = second ? c : row + 1;
      const s = second ? d : row + 1;
      const from = f64x2(secondsOf(seconds, frame, p), secondsOf(seconds, frame, r));
      const to = f64x2(secondsOf(seconds, frame, q), secondsOf(seconds, frame, s));
      const own = f64x2(secondsOf(seconds, frame, row), secondsOf(seconds, frame, row + 1));
      const share = f64x2.div(f64x2.sub(own, from), f64x2.sub(to, from));
      const here = place + (usize(row) << 5);
      const squares = f64x2(
        squared(here, place + (usize(p) << 5), place + (usize(q) << 5), f64x2.extract_lane(share, 0)),
        squared(here + 32, place + (usize(r) << 5), place + (usize(s) << 5), f64x2.extract_lane(share, 1)),
      );
      const known = i64x2(first ? -1 : 0, second ? -1 : 0);
      v128.store(out + (usize(row) << 3), v128.bitselect(f64x2.sqrt(squares), f64x2.splat(NaN), known));
    }
  }
  for (; row < rows; row++) {
    const at = usize(row) << 2;
    const a = load<i32>(before + at);
    const b = load<i32>(after + at);
    let distance: f64 = NaN;
    if ((a | b) >= 0) {
      const share = shareAt(seconds, frame, a, row, b);
      const flags = edges == 0 ? -1 : i32(load<u8>(edges + usize(row)));
      distance = apart(place + (usize(row) << 5), place + (usize(a) << 5), place + (usize(b) << 5), share, flags);
    }
    store<f64>(out + (usize(row) << 3), distance);
  }
}

/**
 * For every box that is off its track by more than `least`: the box of its frame, off its own track too, that lies nearest to where
 * this one should be.
 *
 * @param members i32 - rows by frame: those of frame f are members[starts[f]] to members[starts[f + 1]]
 * @param residual f64[rows], least f64[rows]
 * @param most frames with more suspects are left out
 * @param partner i32[rows] - output: that box's row; -1 where there is none
 * @param fit f64[rows] - output: how far it is from there
 * @param suspects i32[rows] - scratch
 * @returns boxes that have a partner
 * O(rows + suspects of a frame squared)
 */
export function swapPartners(
  place: usize,
  seconds: usize,
  frame: usize,
  before: usize,
  after: usize,
  edges: usize,
  members: usize,
  starts: usize,
  frames: i32,
  residual: usize,
  least: usize,
  most: i32,
  partner: usize,
  fit: usize,
  suspects: usize,
): i32 {
  let found = 0;
  for (let f = 0; f < frames; f++) {
    const end = load<i32>(starts + (usize(f + 1) << 2));
    let count = 0;
    for (let i = load<i32>(starts + (usize(f) << 2)); i < end; i++) {
      const row = load<i32>(members + (usize(i) << 2));
      const wide = usize(row) << 3;
      store<i32>(partner + (usize(row) << 2), -1);
      if (!(load<f64>(residual + wide) > load<f64>(least + wide))) continue;
      store<i32>(suspects + (usize(count) << 2), row);
      count++;
    }
    if (count < 2 || count > most) continue;
    for (let i = 0; i < count; i++) {
      const row = load<i32>(suspects + (usize(i) << 2));
      const a = load<i32>(before + (usize(row) << 2));
      const b = load<i32>(after + (usize(row) << 2));
      const share = shareAt(seconds, frame, a, row, b);
      let best = -1;
      let shortest: f64 = Infinity;
      for (let j = 0; j < count; j++) {
        if (j == i) continue;
        const other = load<i32>(suspects + (usize(j) << 2));
        const flags = edges == 0 ? -1 : i32(load<u8>(edges + usize(other)));
        const distance = apart(place + (usize(other) << 5), place + (usize(a) << 5), place + (usize(b) << 5), share, flags);
        if (distance < shortest) {
          shortest = distance;
          best = other;
        }
      }
      store<i32>(partner + (usize(row) << 2), best);
      store<f64>(fit + (usize(row) << 3), shortest);
      found++;
    }
  }
  return found;
}

/**
 * Noise of a quantity along tracks: the median absolute deviation of its second differences over even steps, as the standard deviation
 * of one value.
 *
 * @param values f64, one per `stride` bytes
 * @param angle not 0: differences are taken around the circle
 * @param who i32[rows] - only rows that have `only` here, and whose neighbours have
 * @param scratch f64[rows]
 * @param out f64[2] - output: noise (0 of nothing), second differences it is taken from
 * O(rows)
 */
export function secondDifferenceMad(
  values: usize,
  stride: usize,
  angle: i32,
  frame: usize,
  before: usize,
  after: usize,
  who: usize,
  only: i32,
  rows: i32,
  scratch: usize,
  out: usize,
): void {
  let n = 0;
  for (let row = 0; row < rows; row++) {
    const at = usize(row) << 2;
    const a = load<i32>(before + at);
    const b = load<i32>(after + at);
    if ((a | b) < 0 || load<i32>(who + at) != only) continue;
    if (load<i32>(who + (usize(a) << 2)) != only || load<i32>(who + (usize(b) << 2)) != only) continue;
    const own = load<i32>(frame + at);
    if (own - load<i32>(frame + (usize(a) << 2)) != load<i32>(frame + (usize(b) << 2)) - own) continue;
    const value = load<f64>(values + usize(row) * stride);
    let bend = turn(load<f64>(values + usize(b) * stride) - value, angle) - turn(value - load<f64>(values + usize(a) * stride), angle);
    bend = turn(bend, angle);
    if (isNaN(bend)) continue;
    store<f64>(scratch + (usize(n) << 3), bend);
    n++;
  }
  store<f64>(out, 0);
  store<f64>(out, f64(n), 8);
  if (n == 0) return;
  const middle = select(scratch, n, n >> 1);
  for (let i = 0; i < n; i++) {
    const slot = scratch + (usize(i) << 3);
    store<f64>(slot, abs(load<f64>(slot) - middle));
  }
  store<f64>(out, (PER_MAD / OF_SECOND_DIFFERENCE) * select(scratch, n, n >> 1));
}

function turn(by: f64, angle: i32): f64 {
  return angle == 0 ? by : by - 2 * Math.PI * nearest(by / (2 * Math.PI));
}

/** Where between rows a and b, as a share of the time between them, the frame of a row lies. */
function shareAt(seconds: usize, frame: usize, a: i32, row: i32, b: i32): f64 {
  const from = secondsOf(seconds, frame, a);
  return (secondsOf(seconds, frame, row) - from) / (secondsOf(seconds, frame, b) - from);
}

function secondsOf(seconds: usize, frame: usize, row: i32): f64 {
  return load<f64>(seconds + (usize(load<i32>(frame + (usize(row) << 2))) << 3));
}

/** Squared distance of a place in 3D from the one that lies `share` of the way from `a` to `b`. */
function squared(own: usize, a: usize, b: usize, share: f64): f64 {
  const s = f64x2.splat(share);
  const a0 = v128.load(a);
  const d0 = f64x2.sub(v128.load(own), f64x2.add(a0, f64x2.mul(f64x2.sub(v128.load(b), a0), s)));
  const a1 = load<f64>(a, 16);
  const z = load<f64>(own, 16) - (a1 + (load<f64>(b, 16) - a1) * share);
  const squares = f64x2.mul(d0, d0);
  return f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1) + z * z;
}

/** Distance of a place from the one that lies `share` of the way from `a` to `b`; `flags` below 0 for places in 3D. */
function apart(own: usize, a: usize, b: usize, share: f64, flags: i32): f64 {
  if (flags < 0) return sqrt(squared(own, a, b, share));
  const s = f64x2.splat(share);
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const d0 = f64x2.sub(v128.load(own), f64x2.add(a0, f64x2.mul(f64x2.sub(v128.load(b), a0), s)));
  const d1 = f64x2.sub(v128.load(own, 16), f64x2.add(a1, f64x2.mul(f64x2.sub(v128.load(b, 16), a1), s)));
  return middle(
    abs(f64x2.extract_lane(d0, 0)),
    abs(f64x2.extract_lane(d0, 1)),
    abs(f64x2.extract_lane(d1, 0)),
    abs(f64x2.extract_lane(d1, 1)),
    flags,
  );
}

/** Median of those whose bit is not set; 0 of none. */
function middle(p: f64, q: f64, r: f64, s: f64, flags: i32): f64 {
  let sum: f64 = 0;
  let least: f64 = Infinity;
  let most: f64 = 0;
  let n = 0;
  for (let e = 0; e < 4; e++) {
    if ((flags >> e) & 1) continue;
    const v = e == 0 ? p : e == 1 ? q : e == 2 ? r : s;
    sum += v;
    least = min(least, v);
    most = max(most, v);
    n++;
  }
  if (n == 4) return (sum - least - most) / 2;
  if (n == 3) return sum - least - most;
  return n == 0 ? 0 : sum / f64(n);
}
