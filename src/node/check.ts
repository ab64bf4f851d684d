/** The library's two entry points on Node. They never print, never exit and never read the environment. */
import { availableParallelism } from "node:os";
import { type CheckOptions as EngineOptions, runCheck } from "../engine.ts";
import { inlineExecutor } from "../executor.ts";
import { openInput, type Recording } from "../recording.ts";
import type { Report } from "../types.ts";
import { describeInput, openDescriptor } from "./input.ts";
import { nodePlatform } from "./platform.ts";
import { startPool } from "./pool.ts";

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

export interface CheckOptions extends EngineOptions {
  /** Threads: 0 runs inline with the same code and result. Default: one per core; inline when the recording is small. */
  readonly workers?: number | undefined;
  readonly onCost?: ((cost: Cost) => void) | undefined;
}

/** Starting threads costs some 40 ms; below this many bytes they are not worth it, unless asked for. */
const SMALL_BYTES = 4 << 20;

/**
 * Validates the recording at `path`: a file, or a folder holding one recording.
 *
 * @returns the report; with `interrupted: true` and the part done when `signal` aborts
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse
 */
export async function check(path: string, options: CheckOptions = {}): Promise<Report> {
  if (typeof path !== "string") throw new TypeError(`expected a path, got ${typeof path}`);
  const { workers } = options;
  if (workers !== undefined && (!Number.isSafeInteger(workers) || workers < 0 || workers > 256)) {
    throw new RangeError(`workers: expected an integer from 0 to 256, got ${workers}`);
  }
  const started = performance.now();
  const cpu = process.cpuUsage();
  const descriptor = describeInput(path);
  const input = openDescriptor(descriptor);
  const bytes = descriptor.files.reduce((sum, file) => sum + file.size, 0);
  const threads = options.catalogue ? 0 : (workers ?? (bytes < SMALL_BYTES ? 0 : availableParallelism()));
  const pool = threads === 0 ? null : startPool(descriptor, threads);
  try {
    const report = await runCheck(input, nodePlatform, pool?.executor ?? inlineExecutor, options);
    const { user, system } = process.cpuUsage(cpu);
    options.onCost?.({
      wallMs: performance.now() - started,
      cpuMs: (user + system) / 1000,
      workers: threads,
      bytes: report.recording.bytes,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    });
    return report;
  } finally {
    input.close();
    await pool?.close();
  }
}

/**
 * Opens the recording at `path` for reading.
 *
 * @throws InputError when nothing can be read
 */
export async function openRecording(path: string, options: { readonly source?: string | undefined } = {}): Promise<Recording> {
  if (typeof path !== "string") throw new TypeError(`expected a path, got ${typeof path}`);
  return openInput(openDescriptor(describeInput(path)), nodePlatform, options);
}
