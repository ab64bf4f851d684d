/** One job in a worker of its own, while the page stays free. */

import { ConfigError, InputError } from "../errors.ts";
import type { Progress } from "../pipeline/check-options.ts";
import { following } from "../pipeline/following.ts";
import { type BrowserRecording, describeFiles } from "./files.ts";
import type { FromWorker, JobName, Jobs, ToWorker } from "./messages.ts";
import { startWorker } from "./start-worker.ts";

/** What stays on the page. */
export interface Following {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Labels beside the recording. */
  readonly labels?: readonly BrowserRecording[] | undefined;
}

/** @throws what the job throws, with its class where that is one of ours */
export async function runInWorker<Name extends JobName>(
  job: Name,
  recording: BrowserRecording,
  options: Jobs[Name]["options"],
  { signal, onProgress, labels }: Following = {},
): Promise<Jobs[Name]["result"]> {
  const input = { ...describeFiles(recording), ...(labels && { labels: labels.map(describeFiles) }) };
  const worker = startWorker();
  const send = (message: ToWorker<Name>): void => worker.postMessage(message);
  try {
    return await following<Progress, Jobs[Name]["result"]>(
      signal,
      onProgress,
      (own, tell) =>
        new Promise((resolve, reject) => {
          worker.onerror = (event) => reject(new Error(`the worker failed: ${event.message || "it could not be loaded"}`));
          worker.onmessage = ({ data }: MessageEvent<FromWorker<Name>>) => {
            if (data.type === "done") resolve(data.result);
            else if (data.type === "error") reject(errorFrom(data));
            else {
              try {
                tell?.(data.progress);
              } catch (error) {
                reject(error);
              }
            }
          };
          send({ type: "run", job, recording: input, options });
          const cancel = (): void => send({ type: "cancel" });
          if (own.aborted) cancel();
          own.addEventListener("abort", cancel);
        }),
    );
  } finally {
    worker.terminate();
  }
}

/** Errors lose their class on the way; it comes back by name. */
function errorFrom({ name, message }: Extract<FromWorker, { type: "error" }>): Error {
  const classes = { InputError, ConfigError, TypeError, RangeError } as const;
  const known = Object.entries(classes).find(([key]) => key === name)?.[1];
  return known ? new known(message) : new Error(message);
}
