/** The whole core in a module worker: one check, then the page ends it. Cancel gets through between spans. */
import { runCheck } from "../engine.ts";
import { inlineExecutor } from "../executor.ts";
import { BlobInput } from "./input.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { browserPlatform } from "./platform.ts";

const cancelled = new AbortController();

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "cancel") cancelled.abort();
  else void work(data).then(say);
});

function say(message: FromWorker): void {
  postMessage(message);
}

async function work({ recording, options }: Extract<ToWorker, { type: "check" }>): Promise<FromWorker> {
  const input = new BlobInput(recording);
  try {
    const report = await runCheck(input, await browserPlatform(), inlineExecutor, {
      ...options,
      signal: cancelled.signal,
      onProgress: (progress) => say({ type: "progress", progress }),
    });
    return { type: "report", report };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { type: "error", name, message };
  } finally {
    input.close();
  }
}
