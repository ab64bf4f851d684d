/**
 * Random numbers of the simulation: xoshiro128** on 32-bit integers (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c,
 * public domain), so a seed gives the same numbers on every engine.
 *
 * Every sensor, actor and annotator draws from a stream of its own, named after it: adding one does not change another's noise.
 */
import { log } from "../geometry/elementary.ts";

/** 2^32 over the golden ratio. */
const GOLDEN = 0x9e3779b9;
const TWO_POW_26 = 67_108_864;
const TWO_POW_MINUS_53 = 1.1102230246251565e-16;

/**
 * The stream `name` of a seed.
 *
 * @param seed a whole number, 0 to 2^53 - 1
 * @throws RangeError for any other seed
 */
export function randomStream(seed: number, name: string): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`expected a seed from 0 to 2^53 - 1, got ${seed}`);
  let state = mix(hash(name) ^ mix((seed >>> 0) ^ mix(Math.floor(seed / 4294967296) + GOLDEN)));
  const next = (): number => {
    state = (state + GOLDEN) | 0;
    return mix(state);
  };
  // Four different numbers, as `mix` is a bijection: never all zero.
  return new Random([next(), next(), next(), next()]);
}

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spare: number | null = null;

  /** @param state the generator's own; not all zero */
  constructor([a, b, c, d]: readonly [number, number, number, number]) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /** A whole number, 0 to 2^32 - 1. */
  u32(): number {
    const b5 = Math.imul(this.#b, 5);
    const result = Math.imul((b5 << 7) | (b5 >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** 0 <= x < 1, in steps of 2^-53. */
  uniform(): number {
    const high = this.u32() >>> 5;
    return (high * TWO_POW_26 + (this.u32() >>> 6)) * TWO_POW_MINUS_53;
  }

  /** low <= x < high */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number, 0 <= i < n; n at most 2^32. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** True with the given probability. Draws one number whatever the probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** @throws RangeError when the list is empty */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("expected at least one item to pick from, got none");
    return item;
  }

  /** Normally distributed with mean 0: Marsaglia's polar method, two at a time. */
  normal(sigma = 1): number {
    if (this.#spare !== null) {
      const value = this.#spare;
      this.#spare = null;
      return sigma * value;
    }
    while (true) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * log(s)) / s);
      this.#spare = v * factor;
      return sigma * u * factor;
    }
  }

  /** Positive with mean `mean`: the time to the next event of a memoryless process. */
  exponential(mean: number): number {
    return -mean * log(1 - this.uniform());
  }
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** The finaliser of MurmurHash3: a bijection, so different streams of one seed start differently. */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
