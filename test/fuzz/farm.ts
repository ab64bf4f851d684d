/** A child process that tries inputs, watched: one that hangs is killed, one that dies is replaced, one that grew is retired. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Plan } from "./case.ts";
import type { Answer } from "./child.ts";

export interface Limits {
  /** Processor time of one input. */
  readonly cpuMs: number;
  /** Most resident memory of the process while it tries one. */
  readonly bytes: number;
}

export const LIMITS: Limits = { cpuMs: 20_000, bytes: 400e6 };

/** Long after the processor time, for the machine may be busy. */
const KILL_MS = 240_000;
/** Heap beyond which the process ends by itself: memory that grows without bound is a crash. */
const HEAP_MB = 1024;
const INPUTS_PER_CHILD = 400;
/** A process that rests at this much is retired, so that the next input's peak is its own. */
const REST_BYTES = 280e6;
const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

export type Fate = "answered" | "crash" | "hang";

export interface Tried {
  readonly fate: Fate;
  readonly answer: Answer;
}

export class Farm {
  #child: ChildProcess | null = null;
  #inputs = 0;
  #said = "";

  /** Tries one input. With `isAlone`, in a process that has tried nothing before. */
  async try(plan: Plan, isAlone = false): Promise<Tried> {
    if (isAlone) this.close();
    const child = this.#child ?? this.#start();
    this.#inputs++;
    const tried = await new Promise<Tried>((done) => {
      let isHanging = false;
      const timer = setTimeout(() => {
        isHanging = true;
        child.kill("SIGKILL");
      }, KILL_MS);
      const end = (answered: Tried): void => {
        clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit);
        done(answered);
      };
      const onMessage = (answer: Answer): void =>
        end({ fate: answer.words.length === 0 && answer.ending === "failed" ? "crash" : "answered", answer });
      const onExit = (code: number | null, signal: string | null): void =>
        end({ fate: isHanging ? "hang" : "crash", answer: this.#lastWords(code, signal) });
      child.on("message", onMessage).on("exit", onExit);
      child.send(plan);
    });
    const isSpent = this.#inputs >= INPUTS_PER_CHILD || tried.answer.restBytes > REST_BYTES || tried.answer.peakBytes > LIMITS.bytes;
    if (tried.fate !== "answered" || isSpent) this.close();
    return tried;
  }

  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }

  #start(): ChildProcess {
    const execArgv = [`--max-old-space-size=${HEAP_MB}`, "--disable-warning=ExperimentalWarning"];
    const child = fork(CHILD, [], { execArgv, serialization: "json", stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#said = (this.#said + text).slice(-4000);
    });
    this.#child = child;
    this.#inputs = 0;
    return child;
  }

  #lastWords(code: number | null, signal: string | null): Answer {
    const line = this.#said.split("\n").find((one) => /FATAL|Error/.test(one)) ?? "";
    const failure = `process ended (${signal ?? `code ${code}`}) ${line.replace(/\d+/g, "N")}`.trim();
    return { ending: "failed", failure, detail: this.#said, words: [], cpuMs: 0, peakBytes: 0, restBytes: 0 };
  }
}
