/** The fold over a Piscina pool: one long pull task per worker, see DESIGN 5. Never one task per span. */
import { MessageChannel } from "node:worker_threads";
import { Piscina } from "piscina";
import type { Executor } from "../executor.ts";
import { inlineExecutor } from "../executor.ts";
import { makeFolder, type Part } from "../observe.ts";
import { compileKernels } from "../wasm.ts";
import type { InputDescriptor } from "./input.ts";
import { SharedWork } from "./shared.ts";
import type { WorkerMessage, WorkerTask } from "./worker.ts";

/** How often progress is told and cancel is seen. */
const TICK_MS = 100;

/** Under Node's type stripping (development, tests) this file is .ts, in the package .js: so is its neighbour. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url).href;

/** @param workers at least 1; no more are started than there are spans */
export function poolExecutor(descriptor: InputDescriptor, workers: number): Executor {
  return async (job) => {
    const { index, plan } = job;
    const threads = Math.min(workers, index.spans.length);
    if (threads === 0) return inlineExecutor(job);
    const folder = makeFolder(job.checks, plan, index, job.kernels);
    const shared = new SharedWork(threads);
    const pool = new Piscina({ filename: WORKER, minThreads: threads, maxThreads: threads, atomics: "disabled", execArgv: [] });
    let whole = folder.start();
    const waiting = new Map<number, Part>();
    const take = (part: Part): void => {
      waiting.set(part.first, part);
      for (let next = waiting.get(whole.end); next; next = waiting.get(whole.end)) {
        waiting.delete(whole.end);
        whole = folder.merge(whole, next);
      }
    };
    const stop = (): void => shared.stop();
    job.signal?.addEventListener("abort", stop);
    if (job.signal?.aborted) stop();
    const timer = setInterval(() => {
      const { bytes, spans } = shared.progress();
      job.onAdvance(bytes, spans, whole);
    }, TICK_MS);
    try {
      const module = await compileKernels();
      const tasks = Array.from({ length: threads }, (_, worker) => {
        const { port1, port2 } = new MessageChannel();
        const drained = new Promise<void>((resolve) => {
          port1.on("message", (message: WorkerMessage) => (message ? take(message) : resolve()));
          port1.on("close", resolve);
        });
        const task: WorkerTask = { worker, workers: threads, descriptor, index, plan, module, shared: shared.buffer, port: port2 };
        return Promise.all([pool.run(task, { transferList: [port2] }), drained]);
      });
      await Promise.all(tasks);
      return whole;
    } finally {
      shared.stop();
      clearInterval(timer);
      job.signal?.removeEventListener("abort", stop);
      await pool.destroy();
    }
  };
}
