/**
 * One instance of the kernels (assembly/) and its linear memory: a bump allocator over everything above the kernels' own data.
 *
 * Pointers, counts and strides go in, results to an output region; statuses are in abi.ts, documentation with each kernel.
 *
 * Views die when memory grows (length 0), so a view is made after the last `alloc` it must outlive and never kept.
 */
import type { Platform } from "./input.ts";
import { type KernelExports, WASM_BASE64 } from "./kernels.generated.ts";
import { type MemoryBudget, memoryBudget } from "./memory.ts";

/** A region of kernel memory. */
export interface Region {
  readonly pointer: number;
  readonly bytes: number;
}

/** Memory below this is not worth giving back: a span and its tables. */
const KEPT_BYTES = 16 << 20;

/** What every module of kernels exports beside its functions. */
interface Memory {
  readonly memory: WebAssembly.Memory;
  readonly HEAP_BASE: WebAssembly.Global;
}

/** Kernel memory. @typeParam E the functions of the module */
export class Arena<E extends Memory> {
  /** Others after `renew`. */
  exports: E;
  /** Null where the instance cannot be made again. */
  readonly #module: WebAssembly.Module | null;
  readonly #base: number;
  #top: number;

  constructor(instance: WebAssembly.Instance, module: WebAssembly.Module | null = null) {
    this.#module = module;
    this.exports = instance.exports as unknown as E;
    this.#base = (Number(this.exports.HEAP_BASE.value) + 63) & ~63;
    this.#top = this.#base;
  }

  /**
   * Reserves `bytes` (rounded up to 64, plus 64 bytes of slack that kernels may read but not use).
   * @throws RangeError beyond 4 GiB in all
   */
  alloc(bytes: number): number {
    const pointer = this.#top;
    const top = pointer + Math.ceil((bytes + 64) / 64) * 64;
    const have = this.exports.memory.buffer.byteLength;
    if (top > have) this.exports.memory.grow(Math.ceil((top - have) / 65536));
    this.#top = top;
    return pointer;
  }

  /** Position of the allocator, to go back to with `release`. */
  mark(): number {
    return this.#top;
  }

  /** Gives back everything allocated since `mark` was taken; everything when called without one. */
  release(mark: number = this.#base): void {
    this.#top = mark;
  }

  /** As it has grown. */
  get bytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Memory of an instance never shrinks: where it has grown and nothing is reserved, a new one takes its place. */
  shed({ collect }: Pick<Platform, "collect">): void {
    if (!this.#module || this.#top !== this.#base || this.bytes <= KEPT_BYTES) return;
    this.exports = new WebAssembly.Instance(this.#module, {}).exports as unknown as E;
    collect?.();
  }

  u8(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, pointer, length);
  }

  u32(pointer: number, length: number): Uint32Array {
    return new Uint32Array(this.exports.memory.buffer, pointer, length);
  }

  u64(pointer: number, length: number): BigUint64Array {
    return new BigUint64Array(this.exports.memory.buffer, pointer, length);
  }

  i64(pointer: number, length: number): BigInt64Array {
    return new BigInt64Array(this.exports.memory.buffer, pointer, length);
  }

  /** Copies bytes in. @returns the pointer */
  put(bytes: Uint8Array): number {
    const pointer = this.alloc(bytes.length);
    this.u8(pointer, bytes.length).set(bytes);
    return pointer;
  }
}

/** Of whatever module. */
export type AnyArena = Arena<Memory>;

export class Kernels extends Arena<KernelExports> {
  /** What one unit may take of it is asked by those who decompress. */
  readonly budget: MemoryBudget;

  constructor(instance: WebAssembly.Instance, module: WebAssembly.Module | null = null, budget: MemoryBudget = memoryBudget()) {
    super(instance, module);
    this.budget = budget;
  }
}

/** Compiles once; the module is shared with workers, each instantiates its own. */
export async function compileKernels(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytesOf(WASM_BASE64));
}

/** Compiles while the caller waits: a few milliseconds. */
export function compileKernelsNow(): WebAssembly.Module {
  return new WebAssembly.Module(bytesOf(WASM_BASE64));
}

/** The bytes of a module that the build has embedded. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  // A callback for each byte would take as long as everything else at start-up.
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export async function loadKernels(module?: WebAssembly.Module, budget: MemoryBudget = memoryBudget()): Promise<Kernels> {
  const compiled = module ?? (await compileKernels());
  return new Kernels(await WebAssembly.instantiate(compiled, {}), compiled, budget);
}
