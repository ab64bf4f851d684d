/** The options of `check` that Node and browser share, and what each may be. */
import type { AnyCheck, Options } from "../check/check.ts";
import { catalogueGiven } from "../check/shape.ts";
import * as given from "../given.ts";
import { LEAST_MEMORY_MIB, MOST_MEMORY_MIB } from "../memory.ts";
import * as is from "../rig/expect.ts";
import { type Rig, rigOf } from "../rig/rig.ts";
import { sealGiven } from "../seal/given.ts";
import type { Seal } from "../seal/seal.ts";

export interface CheckOptions {
  /** What the recording should hold; enables the checks that need to know. */
  readonly rig?: Rig | undefined;
  /** What the recording held when it was sealed (see `openSeal`); enables `integrity/seal`. */
  readonly seal?: Seal | undefined;
  /** Highest level to run: 0 bytes, order and time; 1 points and labels; 2 pixels. Default 2. */
  readonly level?: 0 | 1 | 2 | undefined;
  /** Ids or `domain/*`; all when absent. */
  readonly checks?: readonly string[] | undefined;
  /** Options by check id. */
  readonly options?: Readonly<Record<string, Options>> | undefined;
  /** Format name; skips detection. */
  readonly source?: string | undefined;
  /** For sampled checks; printed in the report. Default 0. */
  readonly seed?: number | undefined;
  /** Grain of the work in bytes; never changes the report. Default 8 MiB. */
  readonly spanBytes?: number | undefined;
  /**
   * What all threads together may hold of the recording, in MiB: chunks decompressed, images decoded, tables. A chunk or message that needs
   * more than half of it by itself is not read, and a finding says so. Default 1024, least 64.
   */
  readonly memoryMiB?: number | undefined;
  /** Cancels: the promise resolves with a partial report, `interrupted: true`. */
  readonly signal?: AbortSignal | undefined;
  /** What it throws, or rejects with while the run is on, ends the run and is what the promise rejects with. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Checks to choose from; the built-in list when absent. Runs inline only: workers know the built-in ones. */
  readonly catalogue?: readonly AnyCheck[] | undefined;
}

export interface Progress {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly spans: number;
  readonly totalSpans: number;
  /** In the part of the recording folded so far. */
  readonly findings: number;
  readonly elapsedMs: number;
}

/** Highest level there is. */
export const MOST_LEVEL = 2;

/** What the options of a check and of a seal have in common. */
export const sharedOptions = {
  source: given.text,
  spanBytes: given.integer(1),
  memoryMiB: given.integer(LEAST_MEMORY_MIB, MOST_MEMORY_MIB),
  signal: given.signal,
  onProgress: given.callback<(progress: Progress) => void>,
};

export const checkOptions: given.Fields<CheckOptions> = {
  ...sharedOptions,
  rig: rigOf,
  seal: sealGiven,
  level: given.integer<0 | 1 | 2>(0, MOST_LEVEL),
  checks: given.listOf("ids", given.text),
  // Which checks and options there are the plan knows.
  options: is.mapOf(is.mapOf(is.finite)),
  seed: given.integer(0),
  catalogue: catalogueGiven,
};
