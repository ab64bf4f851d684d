/**
 * The engine: open, plan, observe and merge (through an executor), conclude. Thin: it never touches payload bytes.
 * The same function serves Node, browser and tests; they differ in the input, the platform and the executor.
 */

import type { Collected } from "../check/table.ts";
import { checks as allChecks } from "../checks/index.ts";
import type { Input, Platform } from "../input.ts";
import { compileKernels, type Kernels, loadKernels } from "../kernels.ts";
import { memoryBudget } from "../memory.ts";
import type { LeafRecipe } from "../seal/leaves.ts";
import { versionOf } from "../seal/seal.ts";
import type { RecordingIndex, Report } from "../types.ts";
import { changeDamages } from "./changed.ts";
import type { CheckOptions, Progress } from "./check-options.ts";
import { conclude, type Given } from "./conclude.ts";
import type { Executor } from "./executor.ts";
import { following } from "./following.ts";
import type { Part } from "./observe.ts";
import { type Opened, open, SPAN_BYTES } from "./open.ts";
import { makePlan, type Plan, passesOf } from "./plan.ts";

/** Concluding is cheap but not free: findings so far are counted at most this often. */
const FINDINGS_EVERY_MS = 1000;

/** A recording read to its end, or to where the run was cancelled, before anything is concluded. */
export interface Folded {
  readonly plan: Plan;
  readonly index: RecordingIndex;
  readonly part: Part;
  /** What the pass before has collected. */
  readonly early: Collected;
  /** Read for it. */
  readonly bytesBefore: number;
  /** By `performance.now()`. */
  readonly started: number;
  readonly interrupted: boolean;
  readonly kernels: Kernels;
}

/**
 * Validates one recording.
 *
 * @param options as src/pipeline/check-options.ts gives them
 * @throws InputError when nothing can be read; ConfigError for a check or option there is none of; what a callback throws
 */
export function runCheck(input: Input, platform: Platform, executor: Executor, options: CheckOptions = {}): Promise<Report> {
  return following(options.signal, options.onProgress, (signal, onProgress) =>
    checkOnce(input, platform, executor, { ...options, signal, onProgress }),
  );
}

async function checkOnce(input: Input, platform: Platform, executor: Executor, options: CheckOptions): Promise<Report> {
  const checks = options.catalogue ?? allChecks;
  const given: Given = { rig: options.rig ?? null, seal: options.seal ?? null };
  const { seal } = given;
  const leaves = seal && { version: versionOf(seal), algorithm: seal.algorithm, key: seal.leafKey };
  const folded = await fold(input, platform, executor, options, leaves);
  const { plan, index, part, early, interrupted, kernels } = folded;
  const changes = interrupted ? [] : changeDamages(input);
  const report = conclude(checks, plan, index, part, given, interrupted ? "interrupted" : null, kernels, early, changes);
  options.onProgress?.(progressAtEnd(folded, report.summary.findings));
  return report;
}

/** What is told last, also of a run that was too short for anything else to be told. */
export function progressAtEnd({ index, part, bytesBefore, started }: Folded, findings: number): Progress {
  return {
    bytes: bytesBefore + bytesOf(index.spans.slice(0, part.end)),
    totalBytes: bytesBefore + bytesOf(index.spans),
    spans: part.end,
    totalSpans: index.spans.length,
    findings,
    elapsedMs: performance.now() - started,
  };
}

/**
 * Opens, plans, observes and merges.
 *
 * @param leaves how the leaves of a seal are taken; null when none is given or made
 * @throws InputError when nothing can be read; ConfigError for a check or option there is none of; what a callback throws
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
    seed: options.seed ?? 0,
    leaves,
    together: options.rig?.association?.flatMap(({ between }) => between),
  });
  const { spanBytes = SPAN_BYTES } = options;
  const kernels = await loadKernels(await compileKernels(), memoryBudget(options.memoryMiB));
  const run = async (believeIndex: boolean): Promise<Folded> => {
    const asked = { source: options.source, spanBytes, believeIndex, rig: options.rig ?? null, forms: leaves !== null };
    const opened = await open(input, kernels, platform, asked);
    // What opening took is not needed while others work.
    kernels.release();
    kernels.shed(platform);
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
  planned: Plan,
  kernels: Kernels,
  { source, index }: Opened,
): Promise<Folded> {
  const checks = options.catalogue ?? allChecks;
  const { before, plan } = passesOf(checks, planned, index);
  const bytesBefore = before ? bytesOf(before.spans) : 0;
  const totalBytes = bytesBefore + bytesOf(index.spans);
  const started = performance.now();
  let findings = 0;
  let counted = started;
  const given: Given = { rig: options.rig ?? null, seal: options.seal ?? null };
  const tell = (bytes: number, spans: number): void =>
    options.onProgress?.({ bytes, totalBytes, spans, totalSpans: index.spans.length, findings, elapsedMs: performance.now() - started });
  const job = { input, platform, source, checks, kernels, signal: options.signal };
  let early: Collected = {};
  if (before) {
    const { collected, disproved } = await executor({
      ...job,
      index: { ...index, spans: before.spans },
      plan: before.plan,
      early,
      onAdvance: (bytes) => tell(bytes, 0),
    });
    // Nothing folded from a wrong index counts: the main pass finds out too, at once.
    early = disproved ? {} : collected;
  }
  const part = await executor({
    ...job,
    index,
    plan,
    early,
    onAdvance(bytes, spans, soFar) {
      if (!options.onProgress) return;
      if (performance.now() - counted > FINDINGS_EVERY_MS) {
        findings = conclude(checks, plan, index, soFar, given, "provisional", kernels, early).summary.findings;
        counted = performance.now();
      }
      tell(bytesBefore + bytes, spans);
    },
  });
  return { plan, index, part, early, bytesBefore, started, interrupted: part.end < index.spans.length, kernels };
}

function bytesOf(spans: RecordingIndex["spans"]): number {
  return spans.reduce((sum, span) => sum + span.bytes, 0);
}
