/** The sensors' clocks: true seconds in, stamps out. */
import type { Random } from "./random.ts";
import { type Clock, START_NS, type Timing } from "./types.ts";

/** True time as nanoseconds: what the recorder's clock shows. */
export function trueNs(t: number): bigint {
  return START_NS + BigInt(Math.round(t * 1e9));
}

/** What a clock shows at true time t, without its jitter. */
export function shown({ offsetSeconds, driftPpm }: Clock, t: number): number {
  return t + offsetSeconds + driftPpm * 1e-6 * t;
}

/** A sensor's clock and the way of its messages to the recorder. */
export class Timer {
  readonly #timing: Timing;
  readonly #random: Random;

  constructor(timing: Timing, random: Random) {
    this.#timing = timing;
    this.#random = random;
  }

  /** True time of measurement `index`. */
  time(index: number): number {
    return this.#timing.phaseSeconds + index / this.#timing.rateHz;
  }

  /** @param end true time at which the measurement is complete. Draws two numbers. */
  stamp(t: number, end: number): { readonly stampNs: bigint; readonly logNs: bigint } {
    const { clock, latencySeconds, latencyJitterSeconds } = this.#timing;
    // Beyond three deviations a stamp could overtake its neighbour.
    const noise = Math.max(-3, Math.min(3, this.#random.normal()));
    const late = latencySeconds + latencyJitterSeconds * this.#random.uniform();
    return { stampNs: trueNs(shown(clock, t) + clock.jitterSeconds * noise), logNs: trueNs(end + late) };
  }
}
