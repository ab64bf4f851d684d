/**
 * Was a cloud moved to one moment (deskewed), or is it as it was measured? The place the sensor looked from is fitted as a line in time
 * (assembly/points/_sweep-sample.ts): in a cloud as measured it stays where it is in the sensor's own frame, and the sensor turns at its own spin; in one
 * that was moved to one moment it travels as the sensor did, and the vehicle's turn adds to the spin.
 */
import { MOTION_FIGURES } from "../../src/abi";
import { select } from "../_select";
import { BASE_AT, baseRow, FIT, fitSample, MOVING, offOf, STILL, sampleSweep, span } from "./_sweep-sample";

const SAMPLE: i32 = 4096;
const LEAST: i32 = 500;
const SIZES: usize = memory.data(SAMPLE * 8, 16);

/**
 * Parameters as those of `sweepFit`.
 * @param out f64[MOTION_FIGURES] - output: points of the sample; base row, whose time tells what times count from; begin of the sweep less that, and its
 *   length, in the unit of the time field; spin (radians a span,
 *   counterclockwise) and median residual (radians) about an axis that stays; median residual about one that moves, and the MOVING unknowns of that
 * @returns points of the sample, or 0 where there are fewer than 500
 * O(1): a sample of 4,096 points
 */
export function sweepMotion(
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
  memory.fill(out, 0, MOTION_FIGURES << 3);
  const n = sampleSweep(SAMPLE, rows, count, usize(stride), x, y, z, type, time, timeType, ring, ringType);
  if (n < LEAST) return 0;
  store<f64>(out, n);
  store<f64>(out, baseRow, 8);
  store<f64>(out, -BASE_AT * span, 16);
  store<f64>(out, span, 24);
  fitSample(n, STILL);
  store<f64>(out, load<f64>(FIT), 32);
  store<f64>(out, median(n), 40);
  fitSample(n, MOVING);
  store<f64>(out, median(n), 48);
  memory.copy(out + 56, FIT, MOVING << 3);
  return n;
}

function median(n: i32): f64 {
  for (let k = 0; k < n; k++) {
    const off = offOf(k, Infinity);
    store<f64>(SIZES + (usize(k) << 3), off == off ? f64(abs(off)) : Infinity);
  }
  return select(SIZES, n, n >> 1);
}
