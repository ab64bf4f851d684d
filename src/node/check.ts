/** The library's two entry points on Node. They never print, never exit and never read the environment. */

import { checkOptions, type CheckOptions as EngineOptions } from "../check-options.ts";
import { runCheck } from "../engine.ts";

import { inlineExecutor } from "../executor.ts";
import * as given from "../given.ts";
import { openInput, type Recording } from "../recording.ts";
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

export interface OpenOptions extends Pick<CheckOptions, "source">, Pick<RunOptions, "labels"> {}

/**
 * Opens the recording at `path` for reading.
 *
 * @throws InputError when nothing can be read; ConfigError or TypeError for misuse
 */
export async function openRecording(path: string, options: OpenOptions = {}): Promise<Recording> {
  const place = given.path(path, "path");
  const { source, labels = [] } = given.optionsOf<OpenOptions>(options, { source: given.text, labels: runOptions.labels });
  const input = openDescriptor(describeWithLabels(place, labels));
  try {
    return await openInput(input, nodePlatform, { source });
  } catch (error) {
    input.close();
    throw error;
  }
}
