/** A run over one path: the input opened, threads started, what it cost; all released at the end. */
import { availableParallelism } from "node:os";
import { type Executor, inlineExecutor } from "../executor.ts";
import type { Input } from "../input.ts";
import { describeWithLabels, openDescriptor } from "./input.ts";
import { type Pool, startPool } from "./pool.ts";

/** What a run cost this process, all its threads together. */
export interface Cost {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  /** 0: inline. */
  readonly workers: number;
  readonly bytes: number;
  /** Of the process since it began. */
  readonly peakRssBytes: number;
}

export interface RunOptions {
  /** Threads: 0 runs inline with the same code and result. Default: one per core; inline when the recording is small. */
  readonly workers?: number | undefined;
  readonly onCost?: ((cost: Cost) => void) | undefined;
  /** Paths of label files or folders beside the recording: their label streams join its streams. */
  readonly labels?: readonly string[] | undefined;
}

/** Starting threads costs some 40 ms; below this many bytes they are not worth it, unless asked for. */
const SMALL_BYTES = 4 << 20;

/**
 * @param bytesOf what was looked at, of the result
 * @throws InputError when the path cannot be opened; TypeError or RangeError for misuse
 */
export async function runOn<T>(
  path: string,
  { workers, onCost, labels = [] }: RunOptions,
  work: (input: Input, executor: Executor) => Promise<T>,
  bytesOf: (result: T) => number | null = () => null,
): Promise<T> {
  if (typeof path !== "string") throw new TypeError(`expected a path, got ${typeof path}`);
  if (workers !== undefined && (!Number.isSafeInteger(workers) || workers < 0 || workers > 256)) {
    throw new RangeError(`workers: expected an integer from 0 to 256, got ${workers}`);
  }
  const started = performance.now();
  const cpu = process.cpuUsage();
  const descriptor = describeWithLabels(path, labels);
  const input = openDescriptor(descriptor);
  const bytes = descriptor.files.reduce((sum, file) => sum + file.size, 0);
  const threads = workers ?? (bytes < SMALL_BYTES ? 0 : availableParallelism());
  let pool: Pool | null = null;
  const executor: Executor = (job) => {
    // A single span is one thread's work: others would only take memory.
    if (threads === 0 || job.index.spans.length < 2) return inlineExecutor(job);
    pool ??= startPool(descriptor, threads);
    return pool.executor(job);
  };
  try {
    const result = await work(input, executor);
    const { user, system } = process.cpuUsage(cpu);
    onCost?.({
      wallMs: performance.now() - started,
      cpuMs: (user + system) / 1000,
      workers: pool ? threads : 0,
      bytes: bytesOf(result) ?? bytes,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    });
    return result;
  } finally {
    input.close();
    await (pool as Pool | null)?.close();
  }
}
