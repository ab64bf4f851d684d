/**
 * What the browser tests ask of Node: the bytes of a recording, and what Node's `check` says of it. These run in
 * vitest's server, each in answer to one call from the page.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sample = "sample.mcap";
const run = promisify(execFile);

export interface RecordingFile {
  /** Relative to the recording's parent, with `/`: the file's or folder's own name comes first. */
  readonly path: string;
  readonly base64: string;
}

/** Gives `use` the path of a recording: of shared data, or of the sample, written for the occasion. */
async function withRecording<T>(name: string, use: (path: string) => Promise<T>): Promise<T> {
  if (name !== sample) return use(join(root, "../shared/data", name));
  const folder = await mkdtemp(join(tmpdir(), "plumbline-browser-"));
  try {
    const path = join(folder, sample);
    await run(process.execPath, [join(root, "scripts/write-sample.ts"), path]);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @returns Node's JSON report of a recording (a path below ../shared/data, or `sample.mcap`), as the command line prints it */
export function checkOnNode(_context: unknown, name: string): Promise<string> {
  return withRecording(name, async (path) => {
    const args = [join(root, "src/cli/main.ts"), "check", path, "--format", "json", "--workers", "2"];
    try {
      return (await run(process.execPath, args, { maxBuffer: 1 << 28 })).stdout;
    } catch (error) {
      // Exit code 1: the report has findings.
      const { code, stdout } = error as { code?: unknown; stdout?: string };
      if (code === 1 && stdout) return stdout;
      throw error;
    }
  });
}

/** @returns every file of a recording, or null when it is not there */
export function readRecording(_context: unknown, name: string): Promise<readonly RecordingFile[] | null> {
  return withRecording(name, async (path) => {
    if (!existsSync(path)) return null;
    const parent = join(path, "..");
    const names = (await stat(path)).isFile()
      ? [path]
      : await readdir(path, { recursive: true, withFileTypes: true }).then((all) =>
          all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name)),
        );
    return Promise.all(
      names.map(async (file) => ({
        path: relative(parent, file).split(sep).join("/"),
        base64: (await readFile(file)).toString("base64"),
      })),
    );
  });
}
