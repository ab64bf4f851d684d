/** Values of flags: text in, a checked value out, or commander's one-line usage error. */
import { InvalidArgumentError, Option } from "commander";
import { checks } from "../checks/index.ts";
import { ConfigError } from "../errors.ts";
import { DEFAULT_MEMORY_MIB, LEAST_MEMORY_MIB, MOST_MEMORY_MIB } from "../memory.ts";
import { MOST_WORKERS } from "../node/run.ts";
import { MOST_LEVEL } from "../pipeline/check-options.ts";
import { expectKnown } from "../pipeline/plan.ts";
import { type Format, formats } from "../report/index.ts";
import { sources } from "../sources/index.ts";
import type { Severity } from "../types.ts";

/** Formats the design names and a later version brings. */
const LATER = ["html"];

const names = Object.keys(formats);
const sourceNames = sources.map((source) => source.format);

export const workersOption = (): Option =>
  new Option(
    "--workers <n>",
    `threads, 0 to ${MOST_WORKERS}; 0 adds none to the one that opens and concludes (default: one per core)`,
  ).argParser((value) => integer(value, 0, MOST_WORKERS));

export const memoryOption = (): Option =>
  new Option(
    "--memory <MiB>",
    `what all threads together may hold of the recording, at least ${LEAST_MEMORY_MIB}; a chunk that needs more than half of it is not read, and a finding says so (default: ${DEFAULT_MEMORY_MIB})`,
  ).argParser((value) => integer(value, LEAST_MEMORY_MIB, MOST_MEMORY_MIB));

export const levelOption = (): Option =>
  new Option("--level <n>", "0 bytes, order and time; 1 also points and labels; 2 also pixels (default: 2)").argParser((value) =>
    integer(value, 0, MOST_LEVEL),
  );

export const checksOption = (): Option =>
  new Option("--checks <ids>", "only these, separated by commas: time/rate,integrity/* (see: plumbline checks)").argParser(checkIds);

export const sourceOption = (): Option =>
  new Option("--source <format>", `take it for this format: ${sourceNames.join(", ")}`).argParser((value) => oneOf(value, sourceNames));

export const labelsOption = (): Option =>
  new Option("--labels <path>", "labels beside the recording (a file or folder): their streams join its own; may be repeated").argParser(
    (value: string, before: readonly string[] | undefined) => [...(before ?? []), notEmpty(value)],
  );

export const followOption = (): Option => new Option("--follow", "also read what links lead to outside of a recording's folder");

export const formatOption = (allowed: readonly string[] = names): Option =>
  new Option("--format <format>", allowed.join(", ")).default("text").argParser((value) => {
    if (LATER.includes(value)) throw new InvalidArgumentError(`${value} is not available yet; expected one of ${allowed.join(", ")}.`);
    return oneOf(value, allowed);
  });

export const failOnOption = (): Option =>
  new Option("--fail-on <severity>", "exit 1 for findings of this severity or graver: error, warning, info")
    .default("warning" satisfies Severity)
    .argParser((value) => oneOf(value, ["error", "warning", "info"]));

export const outOption = (): Option =>
  new Option("--out <file>", "write the result here, whole or not at all (default: stdout)").argParser(notEmpty);

export const forceOption = (what = "also replace a file that plumbline did not write; never one that is read"): Option =>
  new Option("--force", what);

export const keyOption = (): Option => new Option("--key <file>", "the key of a keyed seal").argParser(notEmpty);

export const publicOption = (): Option =>
  new Option("--public <public.pem>", "the seal must be signed with the private half of this Ed25519 key").argParser(notEmpty);

/** What commander hands over, once the parsers above have passed it. */
export interface CheckFlags {
  readonly workers?: number;
  readonly memory?: number;
  readonly level?: 0 | 1 | 2;
  readonly checks?: readonly string[];
  readonly source?: string;
  readonly labels?: readonly string[];
  readonly follow?: boolean;
  readonly rig?: string;
  readonly seal?: string;
  readonly key?: string;
  readonly public?: string;
  readonly format: Format;
  readonly out?: string;
  readonly cost?: string;
  readonly force?: boolean;
  readonly failOn: Severity;
  readonly strict?: boolean;
}

export function notEmpty(value: string): string {
  if (value === "") throw new InvalidArgumentError("expected a file, got nothing.");
  return value;
}

/** Of `<path>`. */
export function recordingPath(value: string): string {
  if (value === "") throw new InvalidArgumentError("expected a recording, got nothing.");
  return value;
}

/** Of `<path...>`. */
export function recordingPaths(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), recordingPath(value)];
}

/** The check of this id, or a usage error that names the nearest. */
export function checkId(value: string): string {
  known(value, (id) => id === value);
  return value;
}

function checkIds(value: string): readonly string[] {
  const patterns = value
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  if (patterns.length === 0) throw new InvalidArgumentError("expected ids of checks, got none.");
  for (const pattern of patterns) known(pattern);
  return patterns;
}

function known(pattern: string, isMeant?: (id: string) => boolean): void {
  try {
    expectKnown(checks, pattern, isMeant);
  } catch (error) {
    throw error instanceof ConfigError ? new InvalidArgumentError(error.message) : error;
  }
}

function integer(value: string, least: number, most: number): number {
  const n = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(n >= least && n <= most)) throw new InvalidArgumentError(`expected an integer from ${least} to ${most}.`);
  return n;
}

function oneOf(value: string, allowed: readonly string[]): string {
  if (!allowed.includes(value)) throw new InvalidArgumentError(`expected one of ${allowed.join(", ")}.`);
  return value;
}
