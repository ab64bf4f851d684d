/** The fold over a Piscina pool: one long pull task per worker, see DESIGN 5. Never one task per span. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Piscina } from "piscina";
import { compileKernels } from "../kernels.ts";
import type { Executor, Job } from "../pipeline/executor.ts";
import { makeFolder, type Part } from "../pipeline/observe.ts";
import type { InputDescriptor } from "./input.ts";
import { SharedRoom } from "./room.ts";
import { SharedWork } from "./shared.ts";
import type { WorkerMessage, WorkerTask } from "./work.ts";

/** How often progress is told and cancel is seen. */
const TICK_MS = 100;

/** Under Node's type stripping (development, tests) this file is .ts, in the package .js: so is its neighbour. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url).href;

export interface Pool {
  readonly executor: Executor;
  close(): Promise<void>;
}

/** Starts the threads at once: they load their code while the calling thread opens the recording. */
export function startPool(descriptor: InputDescriptor, workers: number): Pool {
  const pool = new Piscina({ filename: WORKER, minThreads: workers, maxThreads: workers, atomics: "disabled", execArgv: [] });
  const loaded = Array.from({ length: workers }, () => pool.run(null, { name: "warm" }));
  // A thread that cannot start says so again when it gets work.
  const settled = Promise.allSettled(loaded);
  return {
    executor: (job) => fold(pool, descriptor, workers, job),
    // Node 24 aborts the whole process when a thread is ended while it loads a module with `require`, as Piscina's own code does.
    close: async () => {
      await settled;
      await pool.destroy();
    },
  };
}

async function fold(pool: Piscina, descriptor: InputDescriptor, workers: number, job: Job): Promise<Part> {
  const { index, plan, early } = job;
  const threads = Math.min(workers, index.spans.length);
  const folder = makeFolder(job.checks, plan, index, job.kernels, early);
  const shared = new SharedWork(threads);
  const memory = job.kernels.budget;
  const room = new SharedRoom(memory.sharedBytes);
  let whole = folder.start();
  const waiting = new Map<number, Part>();
  const take = (part: Part): void => {
    waiting.set(part.first, part);
    if (part.disproved) stop();
    for (let next = waiting.get(whole.end); next; next = waiting.get(whole.end)) {
      waiting.delete(whole.end);
      whole = folder.merge(whole, next);
    }
  };
  let stop = (): void => {};
  // Threads that are still loading their code when the run is cancelled have nothing to give.
  const stoppedEarly = new Promise<void>((resolve) => {
    stop = () => {
      shared.stop();
      room.stop();
      if (!shared.begun) resolve();
    };
  });
  job.signal?.addEventListener("abort", stop);
  if (job.signal?.aborted) stop();
  // What is thrown in a timer or a listener nobody else catches: it would end the process.
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const attempt = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      failed.reject(error);
    }
  };
  const advance = (): void => {
    const { bytes, spans } = shared.progress();
    job.onAdvance(bytes, spans, whole);
  };
  const timer = setInterval(() => attempt(advance), TICK_MS);
  const ports: MessagePort[] = [];
  try {
    const module = await compileKernels();
    const tasks = Array.from({ length: threads }, (_, worker) => {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      const drained = new Promise<void>((resolve) => {
        port1.on("message", (message: WorkerMessage) => attempt(() => (message ? take(message) : resolve())));
        port1.on("close", resolve);
      });
      const task: WorkerTask = {
        worker,
        workers: threads,
        descriptor,
        index,
        plan,
        early,
        module,
        memory,
        room: room.buffer,
        shared: shared.buffer,
        port: port2,
      };
      return Promise.all([pool.run(task, { transferList: [port2] }), drained]);
    });
    await Promise.race([Promise.all(tasks), stoppedEarly, failed.promise]);
    return [...waiting.values()].some(({ disproved }) => disproved) ? { ...whole, disproved: true } : whole;
  } finally {
    shared.stop();
    room.stop();
    clearInterval(timer);
    for (const port of ports) port.close();
    job.signal?.removeEventListener("abort", stop);
  }
}
