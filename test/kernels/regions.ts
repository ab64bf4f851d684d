/** Input for kernel tests, and places in kernel memory where a stray read or write shows. */
import { expect } from "vitest";
import { type AnyArena, type Kernels, loadKernels } from "../../src/kernels.ts";

const PAGE = 65536;
const GUARD = 96;
const GUARD_BYTE = 0xa5;

/** A cycle of 251 bytes, xored with a seeded generator: no two places are alike, so swapped or shifted vectors change the answer. */
export function painted(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = (i % 251) ^ (state >>> 24);
  }
  return bytes;
}

/** The input of xxHash's published vectors (cli/xsum_sanity_check.c). */
export function xxhashInput(length: number): Uint8Array {
  let state = 2654435761n;
  return Uint8Array.from({ length }, () => {
    const byte = Number(state >> 56n);
    state = (state * 11400714785074694797n) & 0xffffffffffffffffn;
    return byte;
  });
}

/** A region between guard bytes. */
export interface Guarded {
  readonly pointer: number;
  readonly length: number;
  /** Fails when a byte around the region was written. */
  expectIntact(): void;
}

/** Reserves `length` bytes, `offset` past a multiple of 16. */
export function guarded(kernels: AnyArena, length: number, offset = 0): Guarded {
  const before = GUARD + offset;
  const start = kernels.alloc(before + length + GUARD);
  kernels.u8(start, before + length + GUARD).fill(GUARD_BYTE);
  return {
    pointer: start + before,
    length,
    expectIntact() {
      expect(kernels.u8(start, before).every((byte) => byte === GUARD_BYTE)).toBe(true);
      expect(kernels.u8(start + before + length, GUARD).every((byte) => byte === GUARD_BYTE)).toBe(true);
    },
  };
}

/** Bytes between guard bytes. */
export function guardedBytes(kernels: AnyArena, bytes: Uint8Array, offset = 0): Guarded {
  const region = guarded(kernels, bytes.length, offset);
  kernels.u8(region.pointer, bytes.length).set(bytes);
  return region;
}

/**
 * Kernels whose last `reserved` bytes of memory belong to the caller: a read or write past the end traps.
 *
 * @param load the product's kernels when absent
 * @returns `place(bytes)` puts bytes so that they end where memory ends, and returns the pointer; `room(n)` likewise, without bytes
 */
export async function atTheEnd<K extends AnyArena = Kernels>(
  reserved: number,
  load: () => Promise<K> = loadKernels as unknown as () => Promise<K>,
): Promise<{ kernels: K; place: (bytes: Uint8Array) => number; room: (length: number) => number }> {
  const kernels = await load();
  // Scratch for the test first, so that the allocator never grows into the reserved pages.
  kernels.release(kernels.alloc(4 * PAGE));
  kernels.exports.memory.grow(Math.ceil(reserved / PAGE) + 5);
  const room = (length: number): number => {
    if (length > reserved) throw new RangeError(`expected at most ${reserved} bytes, got ${length}`);
    return kernels.exports.memory.buffer.byteLength - length;
  };
  const place = (bytes: Uint8Array): number => {
    const pointer = room(bytes.length);
    kernels.u8(pointer, bytes.length).set(bytes);
    return pointer;
  };
  return { kernels, place, room };
}
