/** The whole core in a module worker: one job, then the page ends it. Cancel gets through between spans. */

import type { Input } from "../input.ts";
import type { Progress } from "../pipeline/check-options.ts";
import { runCheck } from "../pipeline/engine.ts";
import { inlineExecutor } from "../pipeline/executor.ts";
import { embeddedSeal } from "../seal/embedded.ts";
import { makeSeal } from "../seal/make.ts";
import { BlobInput } from "./input.ts";
import type { FromWorker, JobName, Jobs, ToWorker } from "./messages.ts";
import { browserPlatform } from "./platform.ts";

const cancelled = new AbortController();

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "cancel") cancelled.abort();
  else void work(data).then(say);
});

function say(message: FromWorker): void {
  postMessage(message);
}

const following = { signal: cancelled.signal, onProgress: (progress: Progress) => say({ type: "progress", progress }) };

const jobs: { readonly [Name in JobName]: (input: Input, options: Jobs[Name]["options"]) => Promise<Jobs[Name]["result"]> } = {
  check: async (input, options) => runCheck(input, await browserPlatform(), inlineExecutor, { ...options, ...following }),
  seal: async (input, options) => makeSeal(input, await browserPlatform(), inlineExecutor, { ...options, ...following }),
  embeddedSeal: async (input) => embeddedSeal(input),
};

async function work({ job, recording, options }: Extract<ToWorker, { type: "run" }>): Promise<FromWorker> {
  const input = new BlobInput(recording);
  try {
    return { type: "done", result: await jobs[job](input, options) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { type: "error", name, message };
  } finally {
    input.close();
  }
}
