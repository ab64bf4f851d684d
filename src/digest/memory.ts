/**
 * Where digests are computed: instances of the kernels, made synchronously when first needed.
 *
 * A thread keeps, between calls, one compiled module, one instance for bytes that must be copied in, and the instances behind `allocate`d
 * arrays for as long as those arrays live. They are caches: no answer depends on what was computed before.
 */
import { BLAKE3_STATE, XXH3_STATE } from "../abi.ts";
import { compileKernelsNow, Kernels } from "../kernels.ts";
import { lazy } from "../lazy.ts";

/** Room for the state of any algorithm. */
export const STATE_BYTES = Math.max(BLAKE3_STATE, XXH3_STATE);
/** Bytes copied in at a time: small enough to be in the cache still when they are hashed. */
const WINDOW_BYTES = 512 * 1024;
const MEMORY_LIMIT = 2 ** 32;

/** Whose running state lies in a bench at the moment. */
export interface Tenant {
  /** Takes its state out: the room is wanted. */
  leave(): void;
}

/** One instance and its regions. All of them are reserved here, so its memory never grows and no view of it dies. */
export class Bench {
  readonly kernels: Kernels;
  /** State of a digest that begins and ends within one call. */
  readonly once: number;
  /** State of a digest that goes on. */
  readonly running: number;
  /** Key or seed. */
  readonly parameter: number;
  readonly out: number;
  readonly pointer: number;
  readonly bytes: number;
  tenant: Tenant | null = null;

  /** @throws RangeError when there is not that much memory */
  constructor(bytes: number) {
    this.kernels = new Kernels(new WebAssembly.Instance(compiled(), {}));
    this.once = this.kernels.alloc(STATE_BYTES);
    this.running = this.kernels.alloc(STATE_BYTES);
    this.parameter = this.kernels.alloc(32);
    this.out = this.kernels.alloc(64);
    this.pointer = this.kernels.alloc(bytes);
    this.bytes = bytes;
  }

  /** Calls `visit` with places in this memory that hold `bytes` one after the other: in place where they are here, copied in otherwise. */
  feed(bytes: Uint8Array, visit: (pointer: number, length: number) => void): void {
    if (bytes.buffer === this.kernels.exports.memory.buffer) {
      visit(bytes.byteOffset, bytes.length);
      return;
    }
    for (let at = 0; at < bytes.length; at += this.bytes) {
      const part = bytes.subarray(at, at + this.bytes);
      this.kernels.u8(this.pointer, part.length).set(part);
      visit(this.pointer, part.length);
    }
  }
}

const compiled = lazy(compileKernelsNow);
const window = lazy(() => new Bench(WINDOW_BYTES));
const allocated = new WeakMap<ArrayBufferLike, Bench>();

/** The bench to digest `bytes` on: the one in whose memory they lie, or else one to copy them to. */
export function benchOf(bytes: Uint8Array): Bench {
  return allocated.get(bytes.buffer) ?? window();
}

/**
 * A zeroed array in kernel memory: `digest` and `createDigest` read it, and any `subarray` of it, without a copy.
 *
 * Every array has a memory of its own, reserved once and never grown: it stays valid as long as anything refers to it, and is freed with it.
 * That costs some 50 µs and an address range each, so allocate a few and fill them again and again. Its `buffer` is larger than the array
 * and belongs to the kernels outside it; it cannot be transferred to another thread.
 *
 * @throws RangeError when `length` is not an integer from 0 on, or there is not that much memory (always from 4 GiB on)
 */
export function allocate(length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length >= MEMORY_LIMIT) {
    throw new RangeError(`expected a length from 0 to ${MEMORY_LIMIT - 1}, got ${String(length)}`);
  }
  const bench = new Bench(length);
  const bytes = bench.kernels.u8(bench.pointer, length);
  allocated.set(bytes.buffer, bench);
  return bytes;
}

/** The bench for what needs no bytes. */
export function anyBench(): Bench {
  return window();
}
