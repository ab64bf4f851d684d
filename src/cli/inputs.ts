/** Working through the given paths one after another: one that fails says so in a line and the others still report. */
import { basename, resolve } from "node:path";
import { ConfigError, InputError } from "../errors.ts";
import type { Cost } from "../node/run.ts";
import type { Outcome } from "../pipeline/exit-code.ts";
import type { Unread } from "../report/render.ts";
import type { Rig } from "../rig/rig.ts";
import type { Seal } from "../seal/seal.ts";
import type { Report } from "../types.ts";
import type { Console } from "./console.ts";
import { debugTrace } from "./debug.ts";
import { type RunJob, withEngine } from "./engine.ts";
import type { CheckFlags } from "./flags.ts";
import { meter } from "./progress.ts";

export interface Job {
  readonly path: string;
  readonly rig: Rig | null;
  readonly seal?: Seal | null;
}

export interface Results {
  /** Of the inputs that were begun, in order. */
  readonly outcomes: readonly Outcome[];
  readonly reports: readonly Report[];
  readonly unread: readonly Unread[];
  readonly costs: readonly (Cost & { readonly recording: string })[];
  readonly interrupted: boolean;
}

type Flags = Pick<CheckFlags, "workers" | "level" | "checks" | "source" | "labels" | "follow"> & {
  readonly memoryMiB?: number | undefined;
};

/** Never rejects. */
export async function checkAll(jobs: readonly Job[], flags: Flags, console: Console): Promise<Results> {
  const { result, interrupted } = await withEngine(console, "reporting what was done so far", (run, signal) =>
    inTurn(jobs, flags, run, signal, console),
  );
  return { ...result, interrupted };
}

async function inTurn(
  jobs: readonly Job[],
  flags: Flags,
  run: RunJob,
  signal: AbortSignal,
  console: Console,
): Promise<Omit<Results, "interrupted">> {
  const outcomes: Outcome[] = [];
  const unread: Unread[] = [];
  const costs: (Cost & { recording: string })[] = [];
  for (const [i, { path, rig, seal }] of jobs.entries()) {
    if (signal.aborted) {
      console.say(`not begun: ${jobs.length - i} of ${jobs.length} recordings`);
      break;
    }
    const name = basename(resolve(path));
    const progress = meter(jobs.length > 1 ? `[${i + 1}/${jobs.length}] ${name}` : name, process.stderr);
    try {
      const options = { ...flags, ...(rig && { rig }), ...(seal && { seal }) };
      const done = await run("check", { path, options }, (now) => progress.update(now));
      progress.end();
      if (!done) {
        console.say(`${path}: ended before anything could be reported`);
        continue;
      }
      outcomes.push({ kind: "report", report: done.report, rig });
      if (done.cost) costs.push({ recording: name, ...done.cost });
    } catch (error) {
      progress.end();
      const outcome = failure(error);
      const message = outcome === "internal" ? `internal error: ${debugTrace(error)}` : located(error, path, name);
      outcomes.push({ kind: outcome });
      unread.push({ name, message: outcome === "internal" ? "internal error" : message });
      console.say(outcome === "internal" ? `${path}: ${message}` : message);
    }
  }
  return { outcomes, unread, costs, reports: outcomes.flatMap((outcome) => (outcome.kind === "report" ? [outcome.report] : [])) };
}

function failure(error: unknown): "unread" | "config" | "internal" {
  if (error instanceof InputError) return "unread";
  return error instanceof ConfigError ? "config" : "internal";
}

/** The message with the path as it was given, which tells apart inputs of the same name. */
function located(error: unknown, path: string, name: string): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith(`${path}:`)) return message;
  return message.startsWith(`${name}:`) ? `${path}${message.slice(name.length)}` : `${path}: ${message}`;
}
