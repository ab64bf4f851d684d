/** A process that tries inputs one after another, as its parent sends them. */
import { readFileSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { caseOf, kindOf, type Plan } from "./case.ts";
import { type Judgement, judge } from "./judge.ts";
import type { Sample } from "./kinds/sample.ts";

/** What the parent is told of each input. */
export interface Answer extends Judgement {
  readonly words: readonly string[];
  readonly cpuMs: number;
  /** Most resident memory while it was tried; that of the process where the system does not tell. */
  readonly peakBytes: number;
  /** Resident when it was done and swept. */
  readonly restBytes: number;
}

setFlagsFromString("--expose-gc");
const sweep = runInNewContext("gc") as () => void;
const SWEEP_BYTES = 260e6;
const samples = new Map<string, Promise<readonly Sample[]>>();

process.on("message", (plan: Plan) => void answer(plan));
process.on("disconnect", () => process.exit());
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const failed: Answer = {
      ending: "failed",
      failure: `${event}: ${stack.split("\n")[0]}`,
      detail: stack,
      words: [],
      cpuMs: 0,
      peakBytes: 0,
      restBytes: 0,
    };
    process.send?.(failed, () => process.exit(1));
  });
}

async function answer(plan: Plan): Promise<void> {
  const list = samples.get(plan.kind) ?? kindOf(plan.kind).samples();
  samples.set(plan.kind, list);
  const one = caseOf(plan, await list);
  if (process.memoryUsage.rss() > SWEEP_BYTES) sweep();
  forgetPeak();
  const before = process.cpuUsage();
  const judgement = await judge(one);
  const { user, system } = process.cpuUsage(before);
  const peakBytes = peak();
  if (process.memoryUsage.rss() > SWEEP_BYTES) sweep();
  const told: Answer = { ...judgement, words: one.words, cpuMs: (user + system) / 1000, peakBytes, restBytes: process.memoryUsage.rss() };
  process.send?.(told);
}

/** Linux counts the peak anew when asked to. */
function forgetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Elsewhere the peak is that of the whole process.
  }
}

function peak(): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}
