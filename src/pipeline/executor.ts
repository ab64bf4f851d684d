/**
 * Who runs the fold. The engine hands an executor the job; it returns the fold of a prefix of the spans: all of them
 * unless it was cancelled. Inline here; a worker pool in src/node/pool.ts.
 */
import type { AnyCheck } from "../check/check.ts";
import type { Collected } from "../check/table.ts";
import type { Input, Platform } from "../input.ts";
import type { Kernels } from "../kernels.ts";
import type { RecordingIndex } from "../types.ts";
import { makeFolder, type Part } from "./observe.ts";
import type { Plan } from "./plan.ts";
import type { Source } from "./source.ts";

export interface Job {
  readonly input: Input;
  readonly platform: Platform;
  readonly source: Source;
  readonly index: RecordingIndex;
  readonly checks: readonly AnyCheck[];
  readonly plan: Plan;
  /** What the pass before has collected. */
  readonly early: Collected;
  readonly kernels: Kernels;
  readonly signal: AbortSignal | undefined;
  /** Told now and then how far the work is: bytes and spans done, and the fold of the spans known so far. */
  readonly onAdvance: (bytes: number, spans: number, part: Part) => void;
}

/** @returns the fold of spans [0, end); end < spans only when cancelled, or when the index is disproved */
export type Executor = (job: Job) => Promise<Part>;

/** Give the event loop a turn this often, so that cancel and progress get through. */
const TURN_MS = 50;

/** The whole fold on the calling thread, with the same code and result as in workers. */
export const inlineExecutor: Executor = async (job) => {
  const { input, platform, source, index, kernels } = job;
  const folder = makeFolder(job.checks, job.plan, index, kernels, job.early);
  const mark = kernels.mark();
  const reader = source.reader(input, index, kernels, platform);
  let part = folder.start();
  let bytes = 0;
  let turn = performance.now() + TURN_MS;
  for (const [i, span] of index.spans.entries()) {
    if (job.signal?.aborted || part.disproved) break;
    part = folder.merge(part, folder.observe(reader, i));
    bytes += span.bytes;
    if (performance.now() < turn) continue;
    job.onAdvance(bytes, i + 1, part);
    await new Promise((resolve) => setTimeout(resolve));
    turn = performance.now() + TURN_MS;
  }
  // What the last span was read into: parts are plain data.
  kernels.release(mark);
  return part;
};
