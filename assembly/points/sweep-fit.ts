/**
 * Do the times of a sweep's points agree with where the sensor was looking? The spin, its axis and each laser's phase are fitted to a sample
 * (assembly/points/_sweep-sample.ts); then every point is held against them, four at a time.
 */
import { FIELD_F32, FIELD_U8, FIELD_U16, SWEEP_FIGURES, SWEEP_LASERS } from "../../src/abi";
import { select } from "../_select";
import { floatColumn, pairColumns, sinceColumn } from "./_columns";
import { loadLaser, loadSince } from "./_field";
import {
  BASE_AT,
  baseRow,
  FARTHEST,
  FIT,
  fitSample,
  LASER,
  leastRow,
  NEAREST,
  offOf,
  PHASE,
  parts,
  STILL,
  sampleSweep,
  span,
  THIN,
} from "./_sweep-sample";

/** Points the fit is made from: its median and each laser's phase are theirs. One in so many, within these: a dozen for each of 128 lasers. */
const THINNED: i32 = 64;
const FEWEST: i32 = 1536;
const SAMPLE: i32 = 2048;
/** A sweep of fewer points, or a sample of fewer that count, says nothing. */
const LEAST: i32 = 200;
const TAU: f64 = 6.283185307179586;
/** A point further off than 0.05 rad is out of place; further than 0.3 no motion of the sensor explains. Their tangents. */
const TAN_OFF: f32 = 0.05004171;
const TAN_FAR: f32 = 0.30933625;
/** Sine and cosine of a turn from -1/2 to 1/2, to 3e-4: least and greatest errors alike. */
const SIN_1: f32 = 6.2786354;
const SIN_3: f32 = -41.093729;
const SIN_5: f32 = 77.930332;
const SIN_7: f32 = -56.086348;
const COS_0: f32 = 0.9999598;
const COS_2: f32 = -19.731042;
const COS_4: f32 = 64.673429;
const COS_6: f32 = -82.403535;
const COS_8: f32 = 45.646522;
/** f32[SWEEP_LASERS]: phases as every point is held against them: in turns, at the base row's time. */
const TURNS: usize = memory.data(SWEEP_LASERS * 4, 16);
/** Points held against the fit together: their columns stay in the first cache. */
const BLOCK: i32 = 512;

/** f32[BLOCK] each. */
const XS: usize = memory.data(BLOCK * 4, 16);
const YS: usize = memory.data(BLOCK * 4, 16);
const ZS: usize = memory.data(BLOCK * 4, 16);
const PHASES: usize = memory.data(BLOCK * 4, 16);
const TIMES: usize = memory.data(BLOCK * 4, 16);
const SIZES: usize = memory.data(SAMPLE * 8, 16);

/**
 * @param rows u8[count * stride] - points in place, little-endian
 * @param x, y, z offsets of the coordinates (metres) in a row; `type` their common field type
 * @param time offset of the time in a row
 * @param ring offset of the laser's number in a row, or -1: then points of one elevation are taken to be of one laser
 * @param out f64[SWEEP_FIGURES + 2 * SWEEP_LASERS] - output: points that count; spin (radians per unit of the time field, counterclockwise); x, y of
 *   the axis (m); mean cosine of the residuals (1: azimuth follows time, 0: it does not); their median in the sample, and share beyond 0.05 rad;
 *   smallest and largest finite time less the base row's; share of steps back in time; share of points with the smallest time of the sample; share of
 *   residuals beyond 0.3 rad; sixteenths of the circle that have points; share of points with the smallest time that are so; the base row, whose time
 *   tells what times count from, and the begin and length of the sweep by most of its times, less that row's; then for each laser its points in the sample and its
 *   phase (radians). Stuck points (many at the smallest time) count as far. Points of lasers with fewer than three in the sample do not count
 * @returns points that count, or 0 where there are fewer than 200 in the sample or all have one time
 * O(n)
 */
export function sweepFit(
  rows: usize,
  count: i32,
  stride: i32,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  ring: i32,
  ringType: i32,
  out: usize,
): i32 {
  memory.fill(out, 0, (SWEEP_FIGURES + 2 * SWEEP_LASERS) << 3);
  if (count == 0) return 0;
  const n = sampleSweep(
    max(FEWEST, min(SAMPLE, count / THINNED)),
    rows,
    count,
    usize(stride),
    x,
    y,
    z,
    type,
    time,
    timeType,
    ring,
    ringType,
  );
  const isFitted = n >= LEAST;
  if (isFitted) {
    fitSample(n, STILL);
    store<f64>(out, load<f64>(FIT) / span, 8);
    store<f64>(out, load<f64>(FIT, 8), 16);
    store<f64>(out, load<f64>(FIT, 16), 24);
    sumUp(n, out);
  }
  store<f64>(out, f64(popcnt(parts)), 96);
  store<f64>(out, baseRow, 112);
  store<f64>(out, -BASE_AT * span, 120);
  store<f64>(out, span, 128);
  return hold(rows, count, usize(stride), x, y, z, type, time, timeType, ring, ringType, isFitted, out);
}

/** Mean cosine and median of the sample's residuals; each laser's points and phase. */
function sumUp(n: i32, out: usize): void {
  let cosines: f64 = 0;
  let known = 0;
  for (let k = 0; k < n; k++) {
    const off = offOf(k, Infinity);
    if (off == off) {
      cosines += cosine(f64(off));
      known++;
    }
    if (k % THIN == 0) store<f64>(SIZES + (usize(k / THIN) << 3), off == off ? f64(abs(off)) : Infinity);
    const own = out + (usize(SWEEP_FIGURES + 2 * load<i32>(LASER + (usize(k) << 2))) << 3);
    store<f64>(own, load<f64>(own) + 1);
  }
  store<f64>(out, known > 0 ? cosines / f64(known) : 0, 32);
  store<f64>(out, select(SIZES, n / THIN, (n / THIN) >> 1), 40);
  for (let l = 0; l < SWEEP_LASERS; l++) {
    store<f64>(out + (usize(SWEEP_FIGURES + 2 * l) << 3), f64(load<f32>(PHASE + (usize(l) << 2))), 8);
  }
}

/** Every point against the fit, where there is one; all times among themselves in any case. */
function hold(
  rows: usize,
  count: i32,
  stride: usize,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  ring: i32,
  ringType: i32,
  isFitted: bool,
  out: usize,
): i32 {
  const base = rows + usize(baseRow) * stride + usize(time);
  const stuck = f32x4.splat(f32(loadSince(rows + usize(leastRow) * stride + usize(time), base, timeType)));
  const rate = f32x4.splat(f32(load<f64>(FIT) / span / TAU));
  const cx = f32x4.splat(f32(load<f64>(FIT, 8)));
  const cy = f32x4.splat(f32(load<f64>(FIT, 16)));
  for (let l: usize = 0; l < usize(SWEEP_LASERS) << 2; l += 4) {
    store<f32>(TURNS + l, f32((load<f64>(FIT) * BASE_AT + f64(load<f32>(PHASE + l))) / TAU));
  }
  let least = f32x4.splat(Infinity);
  let most = f32x4.splat(-Infinity);
  let seen = i32x4.splat(0);
  let back = i32x4.splat(0);
  let same = i32x4.splat(0);
  let placed = i32x4.splat(0);
  let off = i32x4.splat(0);
  let far = i32x4.splat(0);
  let lost = i32x4.splat(0);
  // The four times before those looked at, also across blocks.
  let before = f32x4.splat(NaN);
  for (let first = 0; first < count; first += BLOCK) {
    const n = min(BLOCK, count - first);
    const row = rows + usize(first) * stride;
    sinceColumn(row + usize(time), n, stride, base, timeType, TIMES);
    for (let k = n; k & 3; k++) store<f32>(TIMES + (usize(k) << 2), NaN);
    for (let at: usize = 0; at < usize(n) << 2; at += 16) {
      const held = v128.load(TIMES + at);
      const isTime = f32x4.le(f32x4.abs(held), f32x4.splat(f32.MAX_VALUE));
      // What is not finite is no time: NaN, which compares with nothing.
      const t = v128.or(held, v128.not(isTime));
      least = f32x4.pmin(least, t);
      most = f32x4.pmax(most, t);
      seen = i32x4.sub(seen, isTime);
      back = i32x4.sub(back, f32x4.lt(t, i8x16.shuffle(before, t, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27)));
      same = i32x4.sub(same, f32x4.eq(t, stuck));
      before = t;
    }
    if (isFitted) {
      if (type == FIELD_F32 && y == x + 4) pairColumns(row + usize(x), n, stride, XS, YS);
      else {
        floatColumn(row + usize(x), n, stride, type, XS);
        floatColumn(row + usize(y), n, stride, type, YS);
      }
      for (let k = n; k & 3; k++) store<f32>(XS + (usize(k) << 2), NaN);
      if (ring < 0) {
        floatColumn(row + usize(z), n, stride, type, ZS);
        phasesByElevation(n);
      } else phasesByRing(row + usize(ring), n, stride, ringType);
      for (let at: usize = 0; at < usize(n) << 2; at += 16) {
        const px = v128.load(XS + at);
        const py = v128.load(YS + at);
        const t = v128.load(TIMES + at);
        // Where it should look, in turns, and how far its place lies along that direction and beside it.
        const turns = f32x4.add(f32x4.mul(rate, t), v128.load(PHASES + at));
        const f = f32x4.sub(turns, f32x4.nearest(turns));
        const s = f32x4.mul(f, f);
        let sine = f32x4.add(f32x4.mul(s, f32x4.splat(SIN_7)), f32x4.splat(SIN_5));
        let cosine = f32x4.add(f32x4.mul(s, f32x4.splat(COS_8)), f32x4.splat(COS_6));
        cosine = f32x4.add(f32x4.mul(cosine, s), f32x4.splat(COS_4));
        sine = f32x4.add(f32x4.mul(sine, s), f32x4.splat(SIN_3));
        cosine = f32x4.add(f32x4.mul(cosine, s), f32x4.splat(COS_2));
        sine = f32x4.mul(f32x4.add(f32x4.mul(sine, s), f32x4.splat(SIN_1)), f);
        cosine = f32x4.add(f32x4.mul(cosine, s), f32x4.splat(COS_0));
        const x = f32x4.sub(px, cx);
        const y = f32x4.sub(py, cy);
        const along = f32x4.add(f32x4.mul(x, cosine), f32x4.mul(y, sine));
        const beside = f32x4.abs(f32x4.sub(f32x4.mul(y, cosine), f32x4.mul(x, sine)));
        const square = f32x4.add(f32x4.mul(px, px), f32x4.mul(py, py));
        const inside = v128.and(f32x4.ge(square, f32x4.splat(NEAREST * NEAREST)), f32x4.lt(square, f32x4.splat(FARTHEST * FARTHEST)));
        const counts = v128.and(inside, f32x4.eq(f, f));
        placed = i32x4.sub(placed, counts);
        const isOff = v128.and(counts, f32x4.gt(beside, f32x4.mul(along, f32x4.splat(TAN_OFF))));
        // Hardly ever, in a good sweep.
        if (!v128.any_true(isOff)) continue;
        const isFar = v128.and(isOff, f32x4.gt(beside, f32x4.mul(along, f32x4.splat(TAN_FAR))));
        off = i32x4.sub(off, isOff);
        far = i32x4.sub(far, isFar);
        lost = i32x4.sub(lost, v128.and(isFar, f32x4.eq(t, stuck)));
      }
    }
  }
  const total = whole(seen);
  if (total == 0) return 0;
  store<f64>(out, f64(smallest(least)), 56);
  store<f64>(out, -f64(smallest(f32x4.neg(most))), 64);
  store<f64>(out, f64(whole(back)) / f64(total), 72);
  store<f64>(out, f64(whole(same)) / f64(total), 80);
  const n = whole(placed);
  if (n == 0) return 0;
  store<f64>(out, f64(n));
  store<f64>(out, f64(whole(off)) / f64(n), 48);
  store<f64>(out, f64(whole(far)) / f64(n), 88);
  store<f64>(out, f64(whole(lost)) / f64(n), 104);
  return n;
}

/** The phase of each point's laser, to PHASES; `ring` is the field in the first row. */
function phasesByRing(ring: usize, n: i32, stride: usize, type: i32): void {
  const last = PHASES + (usize(n) << 2);
  let to = PHASES;
  if (type == FIELD_U8) for (; to < last; to += 4, ring += stride) store<u32>(to, load<u32>(TURNS + (usize(load<u8>(ring)) << 2)));
  else if (type == FIELD_U16) {
    for (; to < last; to += 4, ring += stride) store<u32>(to, load<u32>(TURNS + (usize(load<u16>(ring) & (SWEEP_LASERS - 1)) << 2)));
  }
  for (; to < last; to += 4, ring += stride) {
    store<u32>(to, load<u32>(TURNS + (usize(loadLaser(ring, type)) << 2)));
  }
}

/** The same by elevation, from the columns of coordinates: see `elevationPart`. */
function phasesByElevation(n: i32): void {
  for (let at: usize = 0; at < usize(n) << 2; at += 16) {
    const px = v128.load(XS + at);
    const py = v128.load(YS + at);
    const up = v128.load(ZS + at);
    const over = f32x4.sqrt(f32x4.add(f32x4.mul(px, px), f32x4.mul(py, py)));
    const share = f32x4.div(up, f32x4.add(f32x4.abs(up), over));
    const scaled = f32x4.mul(f32x4.add(f32x4.add(share, share), f32x4.splat(1)), f32x4.splat(f32(SWEEP_LASERS >> 1)));
    const part = i32x4.shl(i32x4.max_s(i32x4.min_s(i32x4.trunc_sat_f32x4_s(scaled), i32x4.splat(SWEEP_LASERS - 1)), i32x4.splat(0)), 2);
    store<u32>(PHASES + at, load<u32>(TURNS + usize(i32x4.extract_lane(part, 0))));
    store<u32>(PHASES + at, load<u32>(TURNS + usize(i32x4.extract_lane(part, 1))), 4);
    store<u32>(PHASES + at, load<u32>(TURNS + usize(i32x4.extract_lane(part, 2))), 8);
    store<u32>(PHASES + at, load<u32>(TURNS + usize(i32x4.extract_lane(part, 3))), 12);
  }
}

/** Of an angle from -pi to pi, to 2e-3. (Bhaskara I) */
function cosine(angle: f64): f64 {
  // From a right angle on: the cosine of what is left, negative.
  const isBack = abs(angle) > 1.5707963267948966;
  const a = isBack ? 3.141592653589793 - abs(angle) : angle;
  const value = (9.869604401089358 - 4 * a * a) / (9.869604401089358 + a * a);
  return isBack ? -value : value;
}

function smallest(values: v128): f32 {
  const two = f32x4.min(values, i8x16.shuffle(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return min(f32x4.extract_lane(two, 0), f32x4.extract_lane(two, 1));
}

function whole(counts: v128): i32 {
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}
