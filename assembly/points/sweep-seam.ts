/**
 * What a sweep shows twice: the sensor looks at its end where it looked at its beginning, and what it sees there says whether it moved meanwhile,
 * and whether that was taken out of the cloud.
 *
 * Structure: late points against planes through the early points around them. Where the sensor moved and nothing was taken out, walls meet
 * themselves displaced. Beams: each laser looks along its own elevation all the time, so that elevations of early and of late points heap in the
 * same places; moved to one moment, those of one end (or both) are shifted, and heap elsewhere. Both need no poses.
 */
import { SEAM_FIGURES } from "../../src/abi";
import { select } from "../_select";
import { azimuth } from "./_azimuth";
import { loadField, loadSince } from "./_field";
import { BASE_AT, baseRow, isPlaced, sampleSweep, span } from "./_sweep-sample";

const SAMPLE: i32 = 1024;
/** Share of the span that either end lasts. */
const END: f64 = 0.03;
/** Points of an end at most; of more, every so manieth. */
const MOST: i32 = 2048;
/** Late points that are held against planes at most. */
const MOST_HELD: i32 = 256;
/** Neighbours that make a plane, within this distance, metres. */
const NEIGHBOURS: i32 = 8;
const REACH: f64 = 2.5;
/** A plane is thinner than this and broader than that, metres (standard deviations), and no ground. */
const THIN: f64 = 0.07;
const BROAD: f64 = 0.1;
const UPRIGHT: f64 = 0.8;
/** Elevations are counted in steps of a thousandth of a radian, and held against the mean of so many to either side. */
const STEPS: i32 = 3200;
const STEP: f64 = 0.001;
const AROUND: i32 = 8;

/** f32[3 * MOST] each: places of early and late points. f64[STEPS]: how many have an elevation. */
const EARLY: usize = memory.data(MOST * 12, 16);
const LATE: usize = memory.data(MOST * 12, 16);
const EARLY_STEPS: usize = memory.data(STEPS * 8, 16);
const LATE_STEPS: usize = memory.data(STEPS * 8, 16);
const OFF: usize = memory.data(MOST_HELD * 8, 16);
/** f64 and i32[NEIGHBOURS]: squared distances, ascending, and points. */
const NEAR: usize = memory.data(NEIGHBOURS * 8, 16);
const WHO: usize = memory.data(NEIGHBOURS * 4, 16);

/**
 * Parameters as those of `sweepFit`, without lasers.
 * @param out f64[SEAM_FIGURES] - output: points of the beginning and of the end that were looked at; azimuth from one to the other (radians, 0 to pi);
 *   late points that have a plane, and the median of their distances from it (m); how elevations of the beginning heap (1: not at all), of the
 *   end, and of the one where the other has its own
 * @returns late points that have a plane
 * O(n), and O(1) for the planes
 */
export function sweepSeam(
  rows: usize,
  count: i32,
  stride: i32,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  out: usize,
): i32 {
  memory.fill(out, 0, SEAM_FIGURES << 3);
  if (sampleSweep(SAMPLE, rows, count, usize(stride), x, y, z, type, time, timeType, -1, 0) == 0) return 0;
  memory.fill(EARLY_STEPS, 0, STEPS << 3);
  memory.fill(LATE_STEPS, 0, STEPS << 3);
  const base = rows + usize(baseRow) * usize(stride) + usize(time);
  const thinned = i32(f64(count) * END) / MOST + 1;
  let early = 0;
  let late = 0;
  let row = rows;
  for (let i = 0; i < count; i++, row += usize(stride)) {
    const at = BASE_AT + loadSince(row + usize(time), base, timeType) / span;
    const isEarly = at >= -END && at < END;
    if (!isEarly && !(at > 1 - END && at <= 1 + END)) continue;
    const px = f32(loadField(row + usize(x), type));
    const py = f32(loadField(row + usize(y), type));
    const pz = f32(loadField(row + usize(z), type));
    if (!isPlaced(px * px + py * py) || !(abs(pz) < Infinity)) continue;
    const elevation = azimuth(Math.sqrt(f64(px) * px + f64(py) * py), pz);
    const step = (isEarly ? EARLY_STEPS : LATE_STEPS) + (usize((elevation + 1.6) / STEP) << 3);
    store<f64>(step, load<f64>(step) + 1);
    const seen = isEarly ? early++ : late++;
    if (seen % thinned != 0 || seen / thinned >= MOST) continue;
    const to = (isEarly ? EARLY : LATE) + usize(seen / thinned) * 12;
    store<f32>(to, px);
    store<f32>(to, py, 4);
    store<f32>(to, pz, 8);
  }
  early = min(MOST, (early + thinned - 1) / thinned);
  late = min(MOST, (late + thinned - 1) / thinned);
  store<f64>(out, early);
  store<f64>(out, late, 8);
  if (early == 0 || late == 0) return 0;
  store<f64>(out, apart(early, late), 16);
  store<f64>(out, heaped(EARLY_STEPS, EARLY_STEPS, 1), 40);
  store<f64>(out, heaped(LATE_STEPS, LATE_STEPS, 1), 48);
  store<f64>(out, heaped(EARLY_STEPS, LATE_STEPS, 0), 56);
  let held = 0;
  const each = max(1, late / MOST_HELD);
  for (let k = 0; k < late && held < MOST_HELD; k += each) {
    const off = offPlane(LATE + usize(k) * 12, early);
    if (off != off) continue;
    store<f64>(OFF + (usize(held) << 3), off);
    held++;
  }
  store<f64>(out, held, 24);
  if (held > 0) store<f64>(out, select(OFF, held, held >> 1), 32);
  return held;
}

/** Between the mean directions of both ends. */
function apart(early: i32, late: i32): f64 {
  const turned = abs(meanAzimuth(EARLY, early) - meanAzimuth(LATE, late));
  return turned > Math.PI ? 2 * Math.PI - turned : turned;
}

function meanAzimuth(points: usize, n: i32): f64 {
  let c: f64 = 0;
  let s: f64 = 0;
  for (let k = 0; k < n; k++) {
    const px = f64(load<f32>(points + usize(k) * 12));
    const py = f64(load<f32>(points + usize(k) * 12, 4));
    const r = Math.sqrt(px * px + py * py);
    c += px / r;
    s += py / r;
  }
  return azimuth(c, s);
}

/** How many of `other` a point of `own` finds at its own elevation, against the mean around it. @param self 1 where both are one: without itself */
function heaped(own: usize, other: usize, self: f64): f64 {
  let there: f64 = 0;
  let around: f64 = 0;
  const width = f64(2 * AROUND + 1);
  for (let b = AROUND; b < STEPS - AROUND; b++) {
    const held = load<f64>(own + (usize(b) << 3));
    if (held == 0) continue;
    let sum: f64 = -self;
    for (let k = b - AROUND; k <= b + AROUND; k++) sum += load<f64>(other + (usize(k) << 3));
    there += held * (load<f64>(other + (usize(b) << 3)) - self);
    around += (held * sum) / width;
  }
  return around > 0 ? there / around : 0;
}

/** Distance of a point from the plane through its nearest early points; NaN where they are far, or make no upright plane. */
function offPlane(point: usize, early: i32): f64 {
  const px = f64(load<f32>(point));
  const py = f64(load<f32>(point, 4));
  const pz = f64(load<f32>(point, 8));
  let found = 0;
  for (let k = 0; k < early; k++) {
    const other = EARLY + usize(k) * 12;
    const dx = f64(load<f32>(other)) - px;
    const dy = f64(load<f32>(other, 4)) - py;
    const dz = f64(load<f32>(other, 8)) - pz;
    const square = dx * dx + dy * dy + dz * dz;
    if (square > REACH * REACH) continue;
    if (found == NEIGHBOURS && square >= load<f64>(NEAR + ((NEIGHBOURS - 1) << 3))) continue;
    let at = found < NEIGHBOURS ? found++ : NEIGHBOURS - 1;
    for (; at > 0 && load<f64>(NEAR + (usize(at - 1) << 3)) > square; at--) {
      store<f64>(NEAR + (usize(at) << 3), load<f64>(NEAR + (usize(at - 1) << 3)));
      store<i32>(WHO + (usize(at) << 2), load<i32>(WHO + (usize(at - 1) << 2)));
    }
    store<f64>(NEAR + (usize(at) << 3), square);
    store<i32>(WHO + (usize(at) << 2), k);
  }
  if (found < NEIGHBOURS) return NaN;
  let mx: f64 = 0;
  let my: f64 = 0;
  let mz: f64 = 0;
  for (let k = 0; k < NEIGHBOURS; k++) {
    const other = EARLY + usize(load<i32>(WHO + (usize(k) << 2))) * 12;
    mx += f64(load<f32>(other)) / NEIGHBOURS;
    my += f64(load<f32>(other, 4)) / NEIGHBOURS;
    mz += f64(load<f32>(other, 8)) / NEIGHBOURS;
  }
  let xx: f64 = 0;
  let xy: f64 = 0;
  let xz: f64 = 0;
  let yy: f64 = 0;
  let yz: f64 = 0;
  let zz: f64 = 0;
  for (let k = 0; k < NEIGHBOURS; k++) {
    const other = EARLY + usize(load<i32>(WHO + (usize(k) << 2))) * 12;
    const dx = f64(load<f32>(other)) - mx;
    const dy = f64(load<f32>(other, 4)) - my;
    const dz = f64(load<f32>(other, 8)) - mz;
    xx += (dx * dx) / NEIGHBOURS;
    xy += (dx * dy) / NEIGHBOURS;
    xz += (dx * dz) / NEIGHBOURS;
    yy += (dy * dy) / NEIGHBOURS;
    yz += (dy * dz) / NEIGHBOURS;
    zz += (dz * dz) / NEIGHBOURS;
  }
  return offOf(px - mx, py - my, pz - mz, xx, xy, xz, yy, yz, zz);
}

/**
 * Distance along the thin direction of a covariance. Eigenvalues of a symmetric 3 x 3 matrix by the cosine of a third (O. K. Smith, CACM 1961); the
 * eigenvector is the longest product of two rows of what is left.
 */
function offOf(dx: f64, dy: f64, dz: f64, xx: f64, xy: f64, xz: f64, yy: f64, yz: f64, zz: f64): f64 {
  const mean = (xx + yy + zz) / 3;
  const a = xx - mean;
  const b = yy - mean;
  const c = zz - mean;
  const radius = Math.sqrt((a * a + b * b + c * c + 2 * (xy * xy + xz * xz + yz * yz)) / 6);
  if (!(radius > 0)) return NaN;
  const determinant = a * (b * c - yz * yz) - xy * (xy * c - yz * xz) + xz * (xy * yz - b * xz);
  const angle = Math.acos(max<f64>(-1, min<f64>(1, determinant / (2 * radius * radius * radius)))) / 3;
  const most = mean + 2 * radius * Math.cos(angle);
  const least = mean + 2 * radius * Math.cos(angle + 2.0943951023931953);
  if (least > THIN * THIN || 3 * mean - most - least < BROAD * BROAD) return NaN;
  let nx: f64 = 0;
  let ny: f64 = 0;
  let nz: f64 = 0;
  let length: f64 = 0;
  const p = xx - least;
  const q = yy - least;
  const r = zz - least;
  for (let pair = 0; pair < 3; pair++) {
    const ux = pair == 0 ? xy * yz - xz * q : pair == 1 ? xy * r - xz * yz : q * r - yz * yz;
    const uy = pair == 0 ? xz * xy - p * yz : pair == 1 ? xz * xz - p * r : yz * xz - xy * r;
    const uz = pair == 0 ? p * q - xy * xy : pair == 1 ? p * yz - xy * xz : xy * yz - q * xz;
    const square = ux * ux + uy * uy + uz * uz;
    if (square <= length) continue;
    length = square;
    nx = ux;
    ny = uy;
    nz = uz;
  }
  if (length == 0) return NaN;
  const size = Math.sqrt(length);
  if (abs(nz) > UPRIGHT * size) return NaN;
  return abs(dx * nx + dy * ny + dz * nz) / size;
}
