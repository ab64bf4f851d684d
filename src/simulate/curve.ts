/**
 * A line in the plane, given by its curvature over its length and integrated as far as it is asked for. The last kilometres are
 * kept, older ones forgotten, so memory does not grow with the drive.
 */
import { cos, sin } from "../geometry/elementary.ts";

/** Curvature (1/m, left is positive) goes from `from` to `to` over `length` metres, with no jump in its first two derivatives. */
export interface Ramp {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  /** Radians, not wrapped. */
  readonly heading: number;
  readonly curvature: number;
}

const STEP = 0.5;
const KEPT = 4096;

export class Curve {
  readonly #next: () => Ramp;
  readonly #x = new Float64Array(KEPT);
  readonly #y = new Float64Array(KEPT);
  readonly #heading = new Float64Array(KEPT);
  readonly #curvature = new Float64Array(KEPT);
  /** Samples 0 to #last are integrated. */
  #last = 0;
  #ramp: Ramp;
  /** Where the ramp begins. */
  #start = 0;

  /**
   * @param x where it begins, on the x axis and heading along it
   * @param next the ramp that follows; asked in order, for ever
   */
  constructor(x: number, next: () => Ramp) {
    this.#x[0] = x;
    this.#next = next;
    this.#ramp = next();
    this.#curvature[0] = this.#ramp.from;
  }

  /** @param s metres from the beginning; at most some 1.5 km behind the furthest point asked for. @throws RangeError when forgotten */
  at(s: number): CurvePoint {
    const i = Math.floor(s / STEP);
    while (this.#last < i + 1) this.#extend();
    if (i < 0 || i <= this.#last - KEPT) throw new RangeError(`expected a place on the curve, got ${s} m`);
    return this.#between(i, s / STEP - i);
  }

  /** Quintic Hermite in position, cubic in heading, linear in curvature: continuous to the second derivative. */
  #between(i: number, u: number): CurvePoint {
    const a = i & (KEPT - 1);
    const b = (i + 1) & (KEPT - 1);
    const ka = this.#curvature[a] ?? 0;
    const kb = this.#curvature[b] ?? 0;
    const ha = this.#heading[a] ?? 0;
    const hb = this.#heading[b] ?? 0;
    const [ca, sa, cb, sb] = [cos(ha), sin(ha), cos(hb), sin(hb)];
    const h2 = STEP * STEP;
    return {
      x: quintic(u, this.#x[a] ?? 0, ca * STEP, -sa * ka * h2, this.#x[b] ?? 0, cb * STEP, -sb * kb * h2),
      y: quintic(u, this.#y[a] ?? 0, sa * STEP, ca * ka * h2, this.#y[b] ?? 0, sb * STEP, cb * kb * h2),
      heading: cubic(u, ha, ka * STEP, hb, kb * STEP),
      curvature: ka + u * (kb - ka),
    };
  }

  /** One more sample: Simpson over the heading, whose own integral is Simpson over the curvature. */
  #extend(): void {
    const a = this.#last & (KEPT - 1);
    const b = (this.#last + 1) & (KEPT - 1);
    const s = this.#last * STEP;
    const k0 = this.#curvature[a] ?? 0;
    const h0 = this.#heading[a] ?? 0;
    const kMid = this.#curvatureAt(s + STEP / 2);
    const k1 = this.#curvatureAt(s + STEP);
    const hMid = h0 + (STEP / 24) * (5 * k0 + 8 * kMid - k1);
    const h1 = h0 + (STEP / 6) * (k0 + 4 * kMid + k1);
    this.#heading[b] = h1;
    this.#curvature[b] = k1;
    this.#x[b] = (this.#x[a] ?? 0) + (STEP / 6) * (cos(h0) + 4 * cos(hMid) + cos(h1));
    this.#y[b] = (this.#y[a] ?? 0) + (STEP / 6) * (sin(h0) + 4 * sin(hMid) + sin(h1));
    this.#last++;
  }

  /** Only ever asked at ascending places. */
  #curvatureAt(s: number): number {
    while (s > this.#start + this.#ramp.length) {
      this.#start += this.#ramp.length;
      this.#ramp = this.#next();
    }
    const { length, from, to } = this.#ramp;
    return from + (to - from) * smooth((s - this.#start) / length);
  }
}

/** 0 to 1 without a jump in the first two derivatives; 0 before, 1 after. */
export function smooth(u: number): number {
  if (u <= 0) return 0;
  if (u >= 1) return 1;
  return u * u * u * (10 + u * (6 * u - 15));
}

/** Values, first and second derivatives (per unit of u) at 0 and 1. */
export function quintic(u: number, p0: number, v0: number, a0: number, p1: number, v1: number, a1: number): number {
  const d = p1 - p0 - v0 - a0 / 2;
  const e = v1 - v0 - a0;
  const f = a1 - a0;
  const c3 = 10 * d - 4 * e + f / 2;
  const c4 = 7 * e - 15 * d - f;
  const c5 = 6 * d - 3 * e + f / 2;
  return p0 + u * (v0 + u * (a0 / 2 + u * (c3 + u * (c4 + u * c5))));
}

/** Values and first derivatives (per unit of u) at 0 and 1. */
export function cubic(u: number, p0: number, v0: number, p1: number, v1: number): number {
  const d = p1 - p0;
  return p0 + u * (v0 + u * (3 * d - 2 * v0 - v1 + u * (v0 + v1 - 2 * d)));
}
