/** Validation on a page. */

import * as given from "../given.ts";
import { checkOptions, type CheckOptions as EngineOptions } from "../pipeline/check-options.ts";
import type { Report } from "../types.ts";
import type { BrowserRecording } from "./files.ts";
import { runInWorker } from "./run.ts";

/** As on Node, less what cannot cross to a worker. */
export interface CheckOptions extends Omit<EngineOptions, "catalogue"> {
  /** Label files or folders beside the recording: their label streams join its streams. */
  readonly labels?: readonly BrowserRecording[] | undefined;
}

const { catalogue: _, ...shared } = checkOptions;

/** What each may be. */
export const browserCheckOptions: given.Fields<CheckOptions> = {
  ...shared,
  labels: given.listOf("recordings", (value) => value as BrowserRecording),
};

/**
 * Validates one recording in a module worker, with the report Node gives on the same bytes.
 *
 * @returns the report; with `interrupted: true` and the part done when `signal` aborts
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse; what a callback throws
 */
export async function check(recording: BrowserRecording, options: CheckOptions = {}): Promise<Report> {
  const { signal, onProgress, labels, ...rest } = given.optionsOf<CheckOptions>(options, browserCheckOptions);
  return runInWorker("check", recording, rest, { signal, onProgress, labels });
}
