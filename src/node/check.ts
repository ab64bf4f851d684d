/** The library's two entry points on Node. They never print, never exit and never read the environment. */
import { type CheckOptions as EngineOptions, runCheck } from "../pipeline/engine.ts";
import { inlineExecutor } from "../pipeline/executor.ts";
import { openInput, type Recording } from "../pipeline/recording.ts";
import type { Report } from "../types.ts";
import { describeWithLabels, openDescriptor } from "./input.ts";
import { nodePlatform } from "./platform.ts";
import { type RunOptions, runOn } from "./run.ts";

export interface CheckOptions extends EngineOptions, RunOptions {}

/**
 * Validates the recording at `path`: a file, or a folder holding one recording.
 *
 * @returns the report; with `interrupted: true` and the part done when `signal` aborts
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse
 */
export async function check(path: string, options: CheckOptions = {}): Promise<Report> {
  const { onCost, labels, follow } = options;
  // Workers know the built-in checks only.
  const workers = options.catalogue ? 0 : options.workers;
  return runOn(
    path,
    { workers, onCost, labels, follow },
    (input, executor) => runCheck(input, nodePlatform, options.catalogue ? inlineExecutor : executor, options),
    (report) => report.recording.bytes,
  );
}

/**
 * Opens the recording at `path` for reading.
 *
 * @throws InputError when nothing can be read
 */
export async function openRecording(
  path: string,
  options: { readonly source?: string | undefined } & Pick<RunOptions, "labels" | "follow"> = {},
): Promise<Recording> {
  if (typeof path !== "string") throw new TypeError(`expected a path, got ${typeof path}`);
  return openInput(openDescriptor(describeWithLabels(path, options.labels ?? [], options)), nodePlatform, options);
}
