/** What a page and its worker say to each other. */
import type { CheckOptions as EngineOptions, Progress } from "../pipeline/check-options.ts";
import type { Sealed } from "../seal/make.ts";
import type { SealOptions } from "../seal/options.ts";
import type { Report } from "../types.ts";
import type { BrowserInput } from "./files.ts";

/** Options that survive structured clone. */
type Plain<Options> = Omit<Options, "signal" | "onProgress" | "catalogue">;

/** What a worker can be asked to do with a recording: with which options, and what comes of it. */
export interface Jobs {
  readonly check: { readonly options: Plain<EngineOptions>; readonly result: Report };
  readonly seal: { readonly options: Plain<SealOptions>; readonly result: Sealed };
  /** The bytes of the seal inside, or null. */
  readonly embeddedSeal: { readonly options: Record<never, never>; readonly result: Uint8Array | null };
}

export type JobName = keyof Jobs;

/** First `run`, then perhaps `cancel`. */
export type ToWorker<Name extends JobName = JobName> =
  | { readonly type: "run"; readonly job: Name; readonly recording: BrowserInput; readonly options: Jobs[Name]["options"] }
  | { readonly type: "cancel" };

/** Any number of `progress`, then one of the others. */
export type FromWorker<Name extends JobName = JobName> =
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "done"; readonly result: Jobs[Name]["result"] }
  | { readonly type: "error"; readonly name: string; readonly message: string };
