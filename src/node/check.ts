/** The library's two entry points on Node. They never print, never exit and never read the environment. */

import * as given from "../given.ts";
import { checkOptions, type CheckOptions as EngineOptions } from "../pipeline/check-options.ts";
import { runCheck } from "../pipeline/engine.ts";
import { inlineExecutor } from "../pipeline/executor.ts";
import { openInput, type Recording } from "../pipeline/recording.ts";
import type { Report } from "../types.ts";
import { describeWithLabels, openDescriptor } from "./input.ts";
import { nodePlatform } from "./platform.ts";
import { type RunOptions, runOn, runOptions } from "./run.ts";

export interface CheckOptions extends EngineOptions, RunOptions {}

/** What each may be. */
export const nodeCheckOptions: given.Fields<CheckOptions> = { ...checkOptions, ...runOptions };

/**
 * Validates the recording at `path`: a file, or a folder holding one recording.
 *
 * @returns the report; with `interrupted: true` and the part done when `signal` aborts
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse; what a callback throws
 */
export async function check(path: string, options: CheckOptions = {}): Promise<Report> {
  const place = given.path(path, "path");
  const own = given.optionsOf(options, nodeCheckOptions);
  // Workers know the built-in checks only.
  const workers = own.catalogue ? 0 : own.workers;
  return runOn(
    place,
    { ...own, workers },
    (input, executor) => runCheck(input, nodePlatform, own.catalogue ? inlineExecutor : executor, own),
    (report) => report.recording.bytes,
  );
}

export interface OpenOptions extends Pick<CheckOptions, "source">, Pick<RunOptions, "labels" | "follow"> {}

/**
 * Opens the recording at `path` for reading.
 *
 * @throws InputError when nothing can be read; ConfigError or TypeError for misuse
 */
export async function openRecording(path: string, options: OpenOptions = {}): Promise<Recording> {
  const place = given.path(path, "path");
  const { labels: beside, follow } = runOptions;
  const own = given.optionsOf<OpenOptions>(options, { source: given.text, labels: beside, follow });
  const { source, labels = [] } = own;
  const input = openDescriptor(describeWithLabels(place, labels, own));
  try {
    return await openInput(input, nodePlatform, { source });
  } catch (error) {
    input.close();
    throw error;
  }
}
