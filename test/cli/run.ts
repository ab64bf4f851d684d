/** The command line as a user has it: a process, its two streams and its exit code. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { BUNDLED } from "../../scripts/setup/bundle.mjs";
import { damagedMcap, type SampleOptions, sampleMcap } from "../sample-mcap.ts";

export const NODE = [process.execPath, BUNDLED] as const;

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function plumbline(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const [node, ...rest] = NODE;
  return run(node, [...rest, ...args], options);
}

/** A line of shell in which `plumbline` is the command. */
export function shell(line: string, options: RunOptions = {}): Promise<Ended> {
  const quoted = NODE.map((part) => `'${part}'`).join(" ");
  return run("/bin/sh", ["-c", `plumbline() { ${quoted} "$@"; }\n${line}`], options);
}

export function run(command: string, args: readonly string[], { cwd, env }: RunOptions): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env: { PATH: process.env["PATH"] ?? "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", fail).on("close", (code) => done({ code, stdout, stderr }));
  });
}

/** A folder for one test file, gone when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function writeSample(path: string, options: SampleOptions = {}): Promise<string> {
  writeFileSync(path, await sampleMcap(options));
  return path;
}

export async function writeDamaged(path: string): Promise<string> {
  writeFileSync(path, await damagedMcap());
  return path;
}
