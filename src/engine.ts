/**
 * The engine: open, plan, observe and merge (through an executor), conclude. Thin: it never touches payload bytes.
 * The same function serves Node, browser and tests; they differ in the input, the platform and the executor.
 */
import type { Check, Options } from "./check.ts";
import { checks as allChecks } from "./checks/index.ts";
import { conclude, type Given } from "./conclude.ts";
import type { Executor } from "./executor.ts";
import type { Input, Platform } from "./input.ts";
import type { GatheredParts, Part } from "./observe.ts";
import { type Opened, open, SPAN_BYTES } from "./open.ts";
import { makePlan, type Plan, planBefore } from "./plan.ts";
import type { Rig } from "./rig.ts";
import type { LeafRecipe } from "./seal/leaves.ts";
import type { Seal } from "./seal/seal.ts";
import type { RecordingIndex, Report } from "./types.ts";
import { compileKernels, type Kernels, loadKernels } from "./wasm.ts";

export interface CheckOptions {
  /** What the recording should hold; enables the checks that need to know. */
  readonly rig?: Rig | undefined;
  /** What the recording held when it was sealed (see `parseSeal`); enables `integrity/seal`. */
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
  /** Cancels: the promise resolves with a partial report, `interrupted: true`. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Checks to choose from; the built-in list when absent. Runs inline only: workers know the built-in ones. */
  readonly catalogue?: readonly Check[] | undefined;
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

/** Concluding is cheap but not free: findings so far are counted at most this often. */
const FINDINGS_EVERY_MS = 1000;

/** A recording read to its end, or to where the run was cancelled, before anything is concluded. */
export interface Folded {
  readonly plan: Plan;
  readonly index: RecordingIndex;
  readonly part: Part;
  /** What was collected before, for the checks that know it. */
  readonly known: GatheredParts;
  /** Read for it. */
  readonly bytesBefore: number;
  readonly interrupted: boolean;
  readonly kernels: Kernels;
}

/**
 * Validates one recording.
 *
 * @throws InputError when nothing can be read; ConfigError, TypeError or RangeError for misuse
 */
export async function runCheck(input: Input, platform: Platform, executor: Executor, options: CheckOptions = {}): Promise<Report> {
  const checks = options.catalogue ?? allChecks;
  const started = performance.now();
  const given: Given = { rig: options.rig ?? null, seal: options.seal ?? null };
  const { seal } = given;
  const leaves = seal && { algorithm: seal.algorithm, key: seal.leafKey };
  const { plan, index, part, known, bytesBefore, interrupted, kernels } = await fold(input, platform, executor, options, leaves);
  const report = conclude(checks, plan, index, part, given, interrupted, kernels, known);
  options.onProgress?.({
    bytes: bytesBefore + bytesOf(index.spans.slice(0, part.end)),
    totalBytes: bytesBefore + bytesOf(index.spans),
    spans: part.end,
    totalSpans: index.spans.length,
    findings: report.summary.findings,
    elapsedMs: performance.now() - started,
  });
  return report;
}

/**
 * Opens, plans, observes and merges.
 *
 * @param leaves how the leaves of a seal are taken; null when none is given or made
 * @throws InputError when nothing can be read; ConfigError, TypeError or RangeError for misuse
 */
export async function fold(
  input: Input,
  platform: Platform,
  executor: Executor,
  options: CheckOptions,
  leaves: LeafRecipe | null,
): Promise<Folded> {
  const checks = options.catalogue ?? allChecks;
  const plan = makePlan(checks, {
    level: options.level ?? 2,
    checks: options.checks,
    options: options.options,
    seed: integer(options.seed ?? 0, "seed", 0),
    leaves,
  });
  const spanBytes = integer(options.spanBytes ?? SPAN_BYTES, "spanBytes", 1);
  const kernels = await loadKernels(await compileKernels());
  const run = async (believeIndex: boolean): Promise<Folded> => {
    const opened = await open(input, kernels, platform, { source: options.source, spanBytes, believeIndex, rig: options.rig ?? null });
    return foldSpans(input, platform, executor, options, plan, kernels, opened);
  };
  const folded = await run(true);
  return folded.part.disproved ? run(false) : folded;
}

async function foldSpans(
  input: Input,
  platform: Platform,
  executor: Executor,
  options: CheckOptions,
  plan: Plan,
  kernels: Kernels,
  { source, index }: Opened,
): Promise<Folded> {
  const checks = options.catalogue ?? allChecks;
  const before = planBefore(checks, plan, index);
  const bytesBefore = before ? bytesOf(before.spans) : 0;
  const totalBytes = bytesBefore + bytesOf(index.spans);
  const started = performance.now();
  let findings = 0;
  let counted = started;
  const given: Given = { rig: options.rig ?? null, seal: options.seal ?? null };
  const tell = (bytes: number, spans: number): void =>
    options.onProgress?.({ bytes, totalBytes, spans, totalSpans: index.spans.length, findings, elapsedMs: performance.now() - started });
  const job = { input, platform, source, checks, kernels, signal: options.signal };
  let known: GatheredParts = {};
  if (before) {
    const { gathered, disproved } = await executor({
      ...job,
      index: { ...index, spans: before.spans },
      plan: before.plan,
      known,
      onAdvance: (bytes) => tell(bytes, 0),
    });
    // Nothing folded from a wrong index counts: the main pass finds out too, at once.
    known = disproved ? {} : gathered;
  }
  const part = await executor({
    ...job,
    index,
    plan,
    known,
    onAdvance(bytes, spans, soFar) {
      if (!options.onProgress) return;
      if (performance.now() - counted > FINDINGS_EVERY_MS) {
        findings = conclude(checks, plan, index, soFar, given, true, kernels, known).summary.findings;
        counted = performance.now();
      }
      tell(bytesBefore + bytes, spans);
    },
  });
  return { plan, index, part, known, bytesBefore, interrupted: part.end < index.spans.length, kernels };
}

function bytesOf(spans: RecordingIndex["spans"]): number {
  return spans.reduce((sum, span) => sum + span.bytes, 0);
}

function integer(value: number, name: string, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) throw new RangeError(`${name}: expected an integer >= ${least}, got ${value}`);
  return value;
}
