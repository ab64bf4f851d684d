/**
 * The memory budget: what all threads together may hold of a recording at once, by default 1 GiB. Nothing is allocated because a file says so.
 *
 * A report may depend on the budget, never on how many threads there are or which of them came first. So whether something fits is asked of
 * one unit (a chunk, a message, an image) as if it were alone; waiting until others have given back is a matter of scheduling.
 */
import type { Span } from "./types.ts";

export const DEFAULT_MEMORY_MIB = 1024;
/** An ordinary chunk, an image and a thread. */
export const LEAST_MEMORY_MIB = 64;
export const MOST_MEMORY_MIB = 1 << 20;

/** Kernel memory ends at 4 GiB. */
const MOST_UNIT = 3 * 2 ** 30;

/** One figure, shared out. Plain data. */
export interface MemoryBudget {
  readonly memoryMiB: number;
  /** What one unit may take, compressed and decompressed together: half. What needs more is not read, and damage says so. */
  readonly unitBytes: number;
  /** What a decoded image may take besides: a quarter. */
  readonly imageBytes: number;
  /** What all threads may hold together, each its span: half. A span that takes more is read while no other is. */
  readonly sharedBytes: number;
}

export function memoryBudget(memoryMiB: number = DEFAULT_MEMORY_MIB): MemoryBudget {
  const bytes = memoryMiB * 2 ** 20;
  return {
    memoryMiB,
    unitBytes: Math.min(bytes / 2, MOST_UNIT),
    imageBytes: Math.min(bytes / 4, MOST_UNIT / 2),
    sharedBytes: bytes / 2,
  };
}

/** The damage of a unit that is not read because it needs more than the budget gives one. */
export const OVER_BUDGET = "over-memory-budget";

/** What a thread holds while it looks at a span, as far as that can be known beforehand. */
export function memoryOf(span: Span): number {
  return span.bytes + (span.kind === "bytes" ? (span.inflatedBytes ?? 0) : 0);
}
