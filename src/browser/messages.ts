/** What a page and its worker say to each other. */
import type { CheckOptions as EngineOptions, Progress } from "../engine.ts";
import type { Report } from "../types.ts";
import type { BrowserInput } from "./files.ts";

/** Options that survive structured clone. */
export type WorkerOptions = Omit<EngineOptions, "signal" | "onProgress" | "catalogue">;

/** First `check`, then perhaps `cancel`. */
export type ToWorker =
  | { readonly type: "check"; readonly recording: BrowserInput; readonly options: WorkerOptions }
  | { readonly type: "cancel" };

/** Any number of `progress`, then one of the others. */
export type FromWorker =
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "report"; readonly report: Report }
  | { readonly type: "error"; readonly name: string; readonly message: string };
