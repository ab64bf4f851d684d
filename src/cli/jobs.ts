/**
 * What the command line lets its engine do, in a thread of its own (engine.ts, engine-thread.ts). Arguments and results are
 * plain data, and as little of it as the commands print.
 */

import type { CheckOptions } from "../node/check.ts";
import type { OutputTarget } from "../node/output.ts";
import type { Cost } from "../node/run.ts";
import type { S3Checksums } from "../node/s3.ts";
import type { SealOptions } from "../node/seal.ts";
import type { Simulated, SimulateOptions } from "../node/simulate.ts";
import type { Progress } from "../pipeline/check-options.ts";
import type { Finding, Report } from "../types.ts";

/** Options that survive structured clone. */
type Plain<Options> = Omit<Options, "signal" | "onProgress" | "onCost" | "catalogue">;

export interface SealJob {
  readonly path: string;
  readonly options: Plain<SealOptions>;
  /** Where the seal is written. */
  readonly out: OutputTarget;
  /** Where a copy with the seal inside is written. */
  readonly embed: OutputTarget | null;
  /** Bytes of a part of an upload to S3; null without one. */
  readonly partBytes: number | null;
}

export interface SealDone {
  /** Of the seal. */
  readonly bytes: number;
  readonly damages: readonly Finding[];
  readonly about: {
    readonly frames: number;
    readonly streams: number;
    readonly algorithm: string;
    readonly keyed: boolean;
    readonly signed: boolean;
    readonly root: Uint8Array;
  };
  readonly checksums: readonly S3Checksums[];
}

export interface Jobs {
  readonly check: {
    readonly task: { readonly path: string; readonly options: Plain<CheckOptions> };
    readonly progress: Progress;
    readonly result: { readonly report: Report; readonly cost: Cost | null };
  };
  readonly seal: { readonly task: SealJob; readonly progress: Progress; readonly result: SealDone };
  readonly simulate: {
    readonly task: Plain<SimulateOptions>;
    /** Seconds of the drive that are done. */
    readonly progress: number;
    readonly result: Simulated;
  };
}

export type JobName = keyof Jobs;

/** What stays with whoever runs the job. */
export interface Following<Name extends JobName> {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Jobs[Name]["progress"]) => void;
}

/** First `run`, then perhaps `cancel`; then perhaps the next. */
export type ToEngine<Name extends JobName = JobName> =
  | { readonly type: "run"; readonly job: Name; readonly task: Jobs[Name]["task"] }
  | { readonly type: "cancel" };

/** Any number of `progress`, then one of the others. */
export type FromEngine<Name extends JobName = JobName> =
  | { readonly type: "progress"; readonly progress: Jobs[Name]["progress"] }
  | { readonly type: "done"; readonly result: Jobs[Name]["result"] }
  | { readonly type: "error"; readonly error: SentError };

/** An error loses its class and its own fields on the way. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of an error of the system. */
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly path?: unknown;
}
