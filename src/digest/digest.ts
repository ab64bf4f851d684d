/**
 * Checksums and hashes of bytes: synchronous, the same in Node and browser.
 *
 * A digest is lower-case hex. CRCs and XXH3 are numbers and shown most significant byte first, as their specifications print them (XXH3's
 * "canonical representation"); BLAKE3 is 32 bytes in order.
 */

import { type Fields, optionsOf, unlooked } from "../given.ts";
import { show } from "../rig/expect.ts";
import { ALGORITHMS, type Algorithm, type AlgorithmName, type Parameter } from "./algorithms.ts";
import { anyBench, type Bench, benchOf, STATE_BYTES } from "./memory.ts";

export type { AlgorithmName } from "./algorithms.ts";
export { allocate } from "./memory.ts";

/** Every byte as two hex digits. */
const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** What each may be is for the algorithm to say. */
const FIELDS: Fields<DigestOptions> = { seed: unlooked, key: unlooked };

/** The names `digest` and `createDigest` know. */
export const algorithms: readonly AlgorithmName[] = Object.freeze(Object.keys(ALGORITHMS) as AlgorithmName[]);

export interface DigestOptions {
  /** XXH3 only: 0 to 2^64 - 1, 0 if absent. A number must be a safe integer. */
  readonly seed?: bigint | number;
  /** BLAKE3 only: 32 bytes make it a keyed hash. */
  readonly key?: Uint8Array;
}

/** A digest of bytes that come in parts. */
export interface Digest {
  /** Continues by the next bytes, which are read before this returns. */
  update(bytes: Uint8Array): this;
  /** The digest of everything so far, as hex; more may follow. */
  digest(): string;
}

/**
 * The digest of `bytes` as hex. Bytes from `allocate` are read in place; others are copied in, half a MiB at a time.
 *
 * @throws TypeError for bytes, a seed or a key that are none, or that the algorithm does not take
 * @throws RangeError for an unknown algorithm, a seed out of range or a key of another length
 */
export function digest(bytes: Uint8Array, algorithm: AlgorithmName, options: DigestOptions = {}): string {
  const kind = algorithmOf(algorithm);
  const parameter = parameterOf(kind, algorithm, options);
  const bench = benchOf(bytesOf(bytes));
  kind.begin(bench.kernels, bench.once, place(bench, kind, parameter));
  bench.feed(bytes, (pointer, length) => kind.update(bench.kernels, bench.once, pointer, length));
  return finish(bench, kind, bench.once);
}

/** A digest of bytes that come in parts. @throws as `digest` */
export function createDigest(algorithm: AlgorithmName, options: DigestOptions = {}): Digest {
  const kind = algorithmOf(algorithm);
  return new RunningDigest(kind, parameterOf(kind, algorithm, options));
}

/**
 * CRC-32 of A followed by B, from their CRCs and B's length in bytes. Takes and gives numbers, or hex as `digest` gives.
 *
 * @throws TypeError or RangeError for what is no CRC-32, or a length that is no safe integer from 0 on
 */
export function crc32Combine(a: number, b: number, lengthB: number): number;
export function crc32Combine(a: string, b: string, lengthB: number): string;
export function crc32Combine(a: number | string, b: number | string, lengthB: number): number | string {
  if (!Number.isSafeInteger(lengthB) || lengthB < 0) {
    throw new RangeError(`expected a length from 0 to 2^53 - 1, got ${String(lengthB)}`);
  }
  const crc = anyBench().kernels.exports.crc32Combine(crcOf(a), crcOf(b), lengthB) >>> 0;
  return typeof a === "string" ? crc.toString(16).padStart(8, "0") : crc;
}

/** The state lies on the bench of the bytes that came last; when another digest needs the room it is kept here. */
class RunningDigest implements Digest {
  readonly #kind: Algorithm;
  readonly #kept = new Uint8Array(STATE_BYTES);
  #bench: Bench | null = null;

  constructor(kind: Algorithm, parameter: Uint8Array | null) {
    this.#kind = kind;
    const bench = anyBench();
    kind.begin(bench.kernels, bench.once, place(bench, kind, parameter));
    this.#kept.set(bench.kernels.u8(bench.once, STATE_BYTES));
  }

  update(bytes: Uint8Array): this {
    const bench = this.#enter(benchOf(bytesOf(bytes)));
    bench.feed(bytes, (pointer, length) => this.#kind.update(bench.kernels, bench.running, pointer, length));
    return this;
  }

  digest(): string {
    const bench = this.#enter(this.#bench ?? anyBench());
    return finish(bench, this.#kind, bench.running);
  }

  leave(): void {
    if (!this.#bench) return;
    this.#kept.set(this.#bench.kernels.u8(this.#bench.running, STATE_BYTES));
    this.#bench.tenant = null;
    this.#bench = null;
  }

  #enter(bench: Bench): Bench {
    if (this.#bench === bench) return bench;
    this.leave();
    bench.tenant?.leave();
    bench.kernels.u8(bench.running, STATE_BYTES).set(this.#kept);
    bench.tenant = this;
    this.#bench = bench;
    return bench;
  }
}

/** Puts the parameter where the kernels look. @returns the pointer for `begin` */
function place(bench: Bench, kind: Algorithm, parameter: Uint8Array | null): number {
  if (parameter === null && kind.takes !== "seed") return 0;
  const room = bench.kernels.u8(bench.parameter, 32).fill(0);
  if (parameter) room.set(parameter);
  return bench.parameter;
}

function finish(bench: Bench, kind: Algorithm, state: number): string {
  kind.finish(bench.kernels, state, bench.out);
  const bytes = bench.kernels.u8(bench.out, kind.digestBytes);
  let hex = "";
  if (kind.gives === "number") for (const byte of bytes) hex = PAIRS[byte] + hex;
  else for (const byte of bytes) hex += PAIRS[byte];
  return hex;
}

function algorithmOf(name: AlgorithmName): Algorithm {
  if (!Object.hasOwn(ALGORITHMS, name)) throw new RangeError(`expected one of ${algorithms.join(", ")}, got ${show(name)}`);
  return ALGORITHMS[name];
}

function bytesOf(bytes: Uint8Array): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, got ${kindOf(bytes)}`);
  return bytes;
}

/** The seed as u64, least significant byte first, or the key; null without. */
function parameterOf(kind: Algorithm, name: string, options: DigestOptions): Uint8Array | null {
  const { seed, key } = optionsOf<DigestOptions>(options, FIELDS);
  if (seed !== undefined && key !== undefined) throw new TypeError("expected a seed or a key, got both");
  if (seed !== undefined) {
    expectTaken(kind, name, "seed");
    return seedBytes(seed);
  }
  if (key !== undefined) {
    expectTaken(kind, name, "key");
    if (!(key instanceof Uint8Array)) throw new TypeError(`expected a key of 32 bytes, got ${kindOf(key)}`);
    if (key.length !== 32) throw new RangeError(`expected a key of 32 bytes, got ${key.length}`);
    return key;
  }
  return null;
}

function expectTaken(kind: Algorithm, name: string, given: Parameter): void {
  if (kind.takes !== given) throw new TypeError(`expected no ${given} for ${name}, got one`);
}

function seedBytes(seed: bigint | number): Uint8Array {
  if (typeof seed !== "bigint" && typeof seed !== "number") throw new TypeError(`expected a seed, got ${kindOf(seed)}`);
  if ((typeof seed === "number" && !Number.isSafeInteger(seed)) || seed < 0 || seed > 0xffff_ffff_ffff_ffffn) {
    throw new RangeError(`expected a seed from 0 to 2^64 - 1 (a number up to 2^53 - 1), got ${String(seed)}`);
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(seed), true);
  return bytes;
}

function crcOf(value: number | string): number {
  if (typeof value === "string") {
    if (!/^[0-9a-f]{8}$/i.test(value)) throw new RangeError(`expected 8 hex digits, got ${JSON.stringify(value)}`);
    return Number.parseInt(value, 16);
  }
  if (typeof value !== "number") throw new TypeError(`expected a CRC-32, got ${kindOf(value)}`);
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError(`expected a CRC-32 from 0 to 2^32 - 1, got ${value}`);
  }
  return value;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
