/** Validation on a page. */
import type { CheckOptions as EngineOptions } from "../engine.ts";
import type { Report } from "../types.ts";
import type { BrowserRecording } from "./files.ts";
import { runInWorker } from "./run.ts";

/** As on Node, less what cannot cross to a worker. */
export type CheckOptions = Omit<EngineOptions, "catalogue">;

/**
 * Validates one recording in a module worker, with the report Node gives on the same bytes.
 *
 * @returns the report; with `interrupted: true` and the part done when `signal` aborts
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse
 */
export async function check(recording: BrowserRecording, options: CheckOptions = {}): Promise<Report> {
  const { signal, onProgress, ...rest } = options;
  return runInWorker("check", recording, rest, { signal, onProgress });
}
