/** The library's entry point on a page: it starts a worker, and the page stays free. */
import type { CheckOptions as EngineOptions } from "../engine.ts";
import { ConfigError, InputError } from "../errors.ts";
import type { Report } from "../types.ts";
import { type BrowserRecording, describeFiles } from "./files.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { startWorker } from "./start-worker.ts";

/** As on Node, less what cannot cross to a worker. */
export type CheckOptions = Omit<EngineOptions, "catalogue">;

/**
 * Validates one recording in a module worker, with the report Node gives on the same bytes.
 *
 * @returns the report; with `interrupted: true` and the part done when `signal` aborts
 * @throws InputError when nothing of it can be read; ConfigError, TypeError or RangeError for misuse
 */
export async function check(recording: BrowserRecording, options: CheckOptions = {}): Promise<Report> {
  const input = describeFiles(recording);
  const { signal, onProgress, ...rest } = options;
  const worker = startWorker();
  const tell = (message: ToWorker): void => worker.postMessage(message);
  const cancel = (): void => tell({ type: "cancel" });
  try {
    return await new Promise<Report>((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(`the worker failed: ${event.message || "it could not be loaded"}`));
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "report") resolve(data.report);
        else if (data.type === "error") reject(errorFrom(data));
        else {
          try {
            onProgress?.(data.progress);
          } catch (error) {
            reject(error);
          }
        }
      };
      tell({ type: "check", recording: input, options: rest });
      if (signal?.aborted) cancel();
      signal?.addEventListener("abort", cancel);
    });
  } finally {
    signal?.removeEventListener("abort", cancel);
    worker.terminate();
  }
}

/** Errors lose their class on the way; it comes back by name. */
function errorFrom({ name, message }: Extract<FromWorker, { type: "error" }>): Error {
  const classes = { InputError, ConfigError, TypeError, RangeError } as const;
  const known = Object.entries(classes).find(([key]) => key === name)?.[1];
  return known ? new known(message) : new Error(message);
}
