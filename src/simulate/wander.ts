/** Errors that come and go: a first-order Gauss-Markov process, stepped at even intervals. */
import { exp } from "../geometry/elementary.ts";
import type { Random } from "./random.ts";

export class Wander {
  readonly #keep: number;
  readonly #push: number;
  readonly #random: Random;
  #value: number;

  /** @param sigma standard deviation; @param memory seconds over which it is forgotten; @param step seconds between values */
  constructor(sigma: number, memory: number, step: number, random: Random) {
    this.#keep = exp(-step / memory);
    this.#push = sigma * Math.sqrt(1 - this.#keep * this.#keep);
    this.#random = random;
    this.#value = random.normal(sigma);
  }

  next(): number {
    this.#value = this.#keep * this.#value + this.#random.normal(this.#push);
    return this.#value;
  }
}
