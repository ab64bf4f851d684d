/** A run over one path: the input opened, threads started, what it cost; all released at the end. */
import { availableParallelism } from "node:os";
import * as given from "../given.ts";
import type { Input } from "../input.ts";
import { type Executor, inlineExecutor } from "../pipeline/executor.ts";
import { following } from "../pipeline/following.ts";
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
  /** Follow links that lead out of the recording's folder; by default they are passed over and named. */
  readonly follow?: boolean | undefined;
}

export const MOST_WORKERS = 256;

/** What each may be. */
export const runOptions: given.Fields<RunOptions> = {
  workers: given.integer(0, MOST_WORKERS),
  onCost: given.callback<(cost: Cost) => void>,
  labels: given.listOf("paths", given.path),
  follow: given.flag,
};

/** Starting threads costs some 40 ms; below this many bytes they are not worth it, unless asked for. */
const SMALL_BYTES = 4 << 20;

/**
 * @param options as `runOptions` gives them
 * @param bytesOf what was looked at, of the result
 * @throws InputError when the path cannot be opened; what `onCost` throws
 */
export async function runOn<T>(
  path: string,
  { workers, onCost, labels = [], follow }: RunOptions,
  work: (input: Input, executor: Executor) => Promise<T>,
  bytesOf: (result: T) => number | null = () => null,
): Promise<T> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const descriptor = describeWithLabels(path, labels, { follow });
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
  return following(undefined, onCost, async (_, tell) => {
    try {
      const result = await work(input, executor);
      const { user, system } = process.cpuUsage(cpu);
      tell?.({
        wallMs: performance.now() - started,
        cpuMs: (user + system) / 1000,
        workers: pool ? threads : 0,
        bytes: bytesOf(result) ?? bytes,
        peakRssBytes: process.resourceUsage().maxRSS * 1024,
      });
      return result;
    } finally {
      await (pool as Pool | null)?.close();
      input.close();
    }
  });
}
