/**
 * How far something has come along its path, stepped with bounded jerk. Between steps the jerk is constant, so acceleration has no
 * jump; the last seconds are kept.
 */

/** Steps of the world per second: exact in binary, so that no time ever needs rounding. */
export const STEPS_PER_SECOND = 64;
export const STEP_SECONDS = 1 / STEPS_PER_SECOND;

const KEPT = 256;
const MOST_JERK = 6;
const HARDEST_BRAKING = -6;
const FASTEST_ACCELERATION = 2.2;

export class Progress {
  readonly #s = new Float64Array(KEPT);
  readonly #v = new Float64Array(KEPT);
  readonly #a = new Float64Array(KEPT);
  #step: number;

  /** @param step of the world at which it is at `s` with speed `v` */
  constructor(step: number, s: number, v: number) {
    this.#step = step;
    this.#s[step % KEPT] = s;
    this.#v[step % KEPT] = v;
  }

  get s(): number {
    return this.#s[this.#step % KEPT] ?? 0;
  }

  get v(): number {
    return this.#v[this.#step % KEPT] ?? 0;
  }

  /** @param wanted acceleration, m/s^2; approached as fast as jerk and engine allow */
  advance(wanted: number): void {
    const from = this.#step % KEPT;
    const to = (this.#step + 1) % KEPT;
    const [s, v, a] = [this.#s[from] ?? 0, this.#v[from] ?? 0, this.#a[from] ?? 0];
    // Comes to rest like e^-t, not with a jolt.
    const gentle = Math.max(wanted, -v / 0.45, HARDEST_BRAKING);
    const change = MOST_JERK * STEP_SECONDS;
    const next = Math.min(Math.max(Math.min(gentle, FASTEST_ACCELERATION), a - change), a + change);
    const speed = v + ((a + next) / 2) * STEP_SECONDS;
    const rests = speed <= 0;
    this.#a[to] = rests ? 0 : next;
    this.#v[to] = rests ? 0 : speed;
    this.#s[to] = rests ? s : s + STEP_SECONDS * (v + (STEP_SECONDS * (2 * a + next)) / 6);
    this.#step++;
  }

  /** @param t seconds; from where it began or some 4 s ago to its last step */
  at(t: number): { readonly s: number; readonly v: number; readonly a: number } {
    const step = Math.min(Math.floor(t * STEPS_PER_SECOND), this.#step);
    const u = t - step * STEP_SECONDS;
    const at = step % KEPT;
    const [s, v, a] = [this.#s[at] ?? 0, this.#v[at] ?? 0, this.#a[at] ?? 0];
    if (step === this.#step) return { s: s + u * v, v, a };
    const v1 = this.#v[(step + 1) % KEPT] ?? 0;
    if (v1 === 0 && v === 0) return { s, v, a: 0 };
    const jerk = ((this.#a[(step + 1) % KEPT] ?? 0) - a) * STEPS_PER_SECOND;
    return { s: s + u * (v + u * (a / 2 + (u * jerk) / 6)), v: v + u * (a + (u * jerk) / 2), a: a + u * jerk };
  }
}

/** A driver's temper (Treiber, Hennecke, Helbing 2000, Intelligent Driver Model). */
export interface Temper {
  /** m/s on a straight road. */
  readonly speed: number;
  /** Seconds to the vehicle in front. */
  readonly headway: number;
  /** m/s^2 sideways in a bend. */
  readonly lateral: number;
}

const ACCELERATION = 1.5;
const BRAKING = 1.9;
const STANDING_GAP = 2.5;

/**
 * The acceleration the Intelligent Driver Model wants.
 *
 * @param limit m/s, of the road here
 * @param gap metres to the bumper in front; Infinity when there is none
 * @param closing m/s by which the gap shrinks
 */
export function follow(v: number, limit: number, { headway }: Temper, gap: number, closing: number): number {
  const wish = STANDING_GAP + Math.max(0, v * headway + (v * closing) / (2 * Math.sqrt(ACCELERATION * BRAKING)));
  const pressure = wish / Math.max(gap, 0.1);
  const ratio = v / limit;
  // Above the limit the model's fourth power would brake like before a wall.
  const free = ratio > 1 ? Math.max(-BRAKING, 4 * (1 - ratio)) : 1 - ratio * ratio * ratio * ratio;
  return ACCELERATION * (free - pressure * pressure);
}
