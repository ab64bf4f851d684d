/**
 * The engine in a thread of its own, so that the command line hears a signal whatever the engine is at: opening, reading,
 * concluding or sealing, many a step of which leaves no turn to anything else. Told to stop, a job has a moment to end with what it has; then
 * it is ended. Outputs are whole or absent, so nothing is half done.
 */
import { Worker } from "node:worker_threads";
import { ConfigError, InputError } from "../errors.ts";
import type { Console } from "./console.ts";
import { onInterrupt } from "./interrupt.ts";
import type { Following, FromEngine, JobName, Jobs, SentError, ToEngine } from "./jobs.ts";
import { patience } from "./patience.ts";

/** For a job to end in an orderly way. */
const GRACE_MS = 700;
const MOST_GRACE_MS = 3000;
/** For a thread to end that is told to: only native code it has called keeps it longer. */
const END_MS = 200;
const MOST_END_MS = 2000;

/** Under Node's type stripping (development, tests) this file is .ts, in the package .js: so is its neighbour. */
const THREAD = new URL(import.meta.url.endsWith(".ts") ? "./engine-thread.ts" : "./engine-thread.js", import.meta.url);

/** @returns null when the job was stopped and nothing came of it */
export type RunJob = <Name extends JobName>(
  job: Name,
  task: Jobs[Name]["task"],
  onProgress: Following<Name>["onProgress"],
) => Promise<Jobs[Name]["result"] | null>;

export interface Working<T> {
  readonly result: T;
  readonly interrupted: boolean;
}

/**
 * Signals are answered in an orderly way until `work` is done; before and after that they end the process at once.
 *
 * @param answer what is said to the first one
 */
export async function withEngine<T>(
  console: Console,
  answer: string,
  work: (run: RunJob, signal: AbortSignal) => Promise<T>,
): Promise<Working<T>> {
  const engine = new Engine();
  const interrupt = onInterrupt(
    () => console.say(`interrupted: ${answer} (Ctrl-C again to stop at once)`),
    (by) => engine.end(by),
  );
  try {
    const result = await work((job, task, onProgress) => engine.run(job, task, { signal: interrupt.signal, onProgress }), interrupt.signal);
    return { result, interrupted: interrupt.signal.aborted };
  } finally {
    interrupt.release();
  }
}

/** What is told of the job that runs. */
interface Listener {
  readonly onMessage: (message: FromEngine) => void;
  /** The thread has ended. */
  readonly onEnd: (error: Error) => void;
}

class Engine {
  /** Loads its code while the caller reads its own files. */
  #thread: Worker | null = this.#start();
  #listener: Listener | null = null;

  /** @throws what the job throws, with its class where that is one of ours */
  async run<Name extends JobName>(
    job: Name,
    task: Jobs[Name]["task"],
    { signal, onProgress }: Following<Name>,
  ): Promise<Jobs[Name]["result"] | null> {
    this.#thread ??= this.#start();
    const thread = this.#thread;
    const tell = (message: ToEngine<Name>): void => thread.postMessage(message);
    const ended = new AbortController();
    let cancel = (): void => {};
    try {
      return await new Promise<Jobs[Name]["result"] | null>((resolve, reject) => {
        cancel = () => {
          tell({ type: "cancel" });
          patience(GRACE_MS, MOST_GRACE_MS, ended.signal)
            .then(() => this.end(signal.reason))
            .then(() => resolve(null), reject);
        };
        this.#listener = {
          onMessage(message) {
            if (message.type === "done") resolve(message.result as Jobs[Name]["result"]);
            else if (message.type === "progress") onProgress(message.progress as Jobs[Name]["progress"]);
            else if (signal.aborted && message.error.name === "AbortError") resolve(null);
            else reject(errorFrom(message.error));
          },
          onEnd: reject,
        };
        tell({ type: "run", job, task });
        if (signal.aborted) cancel();
        signal.addEventListener("abort", cancel);
      });
    } finally {
      ended.abort();
      signal.removeEventListener("abort", cancel);
      this.#listener = null;
    }
  }

  /** @param by the signal that asked for it */
  async end(by: NodeJS.Signals): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    this.#listener = null;
    if (!thread) return;
    const ended = new AbortController();
    const isGone = await Promise.race([thread.terminate().then(() => true), patience(END_MS, MOST_END_MS, ended.signal)]);
    ended.abort();
    if (isGone) return;
    // A process waits for its threads when it exits, but not when a signal ends it.
    process.once("exit", () => {
      process.removeAllListeners(by);
      process.kill(process.pid, by);
    });
  }

  #start(): Worker {
    const thread = new Worker(THREAD);
    const ended = (error: Error): void => {
      if (this.#thread === thread) this.#thread = null;
      this.#listener?.onEnd(error);
    };
    thread.on("message", (message: FromEngine) => this.#listener?.onMessage(message));
    thread.on("error", ended);
    thread.on("exit", () => ended(new Error("the engine's thread ended by itself")));
    return thread;
  }
}

/** Errors lose their class on the way; it comes back by name. */
function errorFrom({ name, message, stack, code, syscall, path }: SentError): Error {
  const classes = { InputError, ConfigError, TypeError, RangeError } as const;
  const known = Object.entries(classes).find(([key]) => key === name)?.[1] ?? Error;
  return Object.assign(new known(message), {
    ...(stack !== undefined && { stack }),
    ...(typeof code === "string" && { code, syscall, path }),
  });
}
