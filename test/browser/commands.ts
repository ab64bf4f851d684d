/**
 * What the browser tests ask of Node: the bytes of a recording, and what Node's commands and digests say of it. These run in
 * vitest's server, each in answer to one call from the page.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BUNDLED } from "../../scripts/setup/bundle.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sample = "sample.mcap";
/** Six simulated seconds with every kind of stream and planted defects. */
const drive = "drive.mcap";
const run = promisify(execFile);

export interface RecordingFile {
  /** Relative to the recording's parent, with `/`: the file's or folder's own name comes first. */
  readonly path: string;
  readonly base64: string;
}

/** What writes a recording to a path. */
const WRITERS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  [sample]: (path) => run(process.execPath, [join(root, "scripts/write-sample.ts"), path]),
  [drive]: (path) => plumbline(["simulate", "--seconds", "6", "--seed", "3", "--lidar", "16x256", "--out", path]),
};

/** Gives `use` the path of a recording: of shared data, or one that is written for the occasion. */
async function withRecording<T>(name: string, use: (path: string) => Promise<T>): Promise<T> {
  const write = WRITERS[name];
  if (!write) return use(join(root, "../shared/data", name));
  return withFolder(async (folder) => {
    const path = join(folder, name);
    await write(path);
    return use(path);
  });
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "plumbline-browser-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @returns Node's JSON report of a recording (a path below ../shared/data, or `sample.mcap`), as the command line prints it */
export function checkOnNode(_context: unknown, name: string): Promise<string> {
  return withRecording(name, (path) => plumbline(["check", path, "--format", "json", "--workers", "2"]));
}

/** @returns Node's JSON report of a file of this text; or, where one is named, of a recording with the file as its labels */
export function checkLabelsOnNode(_context: unknown, file: string, text: string, recording: string | null): Promise<string> {
  return withFolder(async (folder) => {
    const path = join(folder, file);
    await writeFile(path, text);
    const rest = ["--format", "json", "--workers", "2"];
    if (recording === null) return plumbline(["check", path, ...rest]);
    return withRecording(recording, (drive) => plumbline(["check", drive, "--labels", path, ...rest]));
  });
}

/** @returns what the command prints, with or without findings */
async function plumbline(args: readonly string[]): Promise<string> {
  try {
    return (await run(process.execPath, [BUNDLED, ...args], { maxBuffer: 1 << 28 })).stdout;
  } catch (error) {
    // Exit code 1: the report has findings.
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (code === 1 && stdout) return stdout;
    throw error;
  }
}

/**
 * Seals a recording on Node.
 *
 * @param flags of the command; a `--key` in hex; `--embed` alone asks for the copy with the seal inside
 * @returns the seal, or the copy, in base64
 */
export function sealOnNode(_context: unknown, name: string, flags: readonly string[]): Promise<string> {
  return withRecording(name, (path) =>
    withFolder(async (folder) => {
      const at = (file: string): string => join(folder, file);
      const key = flags[flags.indexOf("--key") + 1];
      if (key !== undefined) await writeFile(at("key"), key);
      const isCopy = flags.includes("--embed");
      const rest = isCopy ? ["--embed", at("copy.mcap")] : flags.map((flag) => (flag === key ? at("key") : flag));
      await plumbline(["seal", path, "--out", at("seal"), "--workers", "2", ...rest]);
      return (await readFile(at(isCopy ? "copy.mcap" : "seal"))).toString("base64");
    }),
  );
}

/** @returns Node's JSON report of `plumbline verify` on a file of these bytes with one bit flipped in byte `flip` */
export function verifyOnNode(_context: unknown, name: string, base64: string, flip: number | null, seal: string): Promise<string> {
  return withFolder(async (folder) => {
    const bytes = Buffer.from(base64, "base64");
    if (flip !== null) bytes[flip] = (bytes[flip] ?? 0) ^ 1;
    await writeFile(join(folder, name), bytes);
    await writeFile(join(folder, "seal"), Buffer.from(seal, "base64"));
    return plumbline(["verify", join(folder, name), "--seal", join(folder, "seal"), "--format", "json"]);
  });
}

/** @returns digests by name, of the cases in digest-cases.ts */
export async function digestsOnNode(_context: unknown, lengths: readonly number[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [join(root, "test/browser/digest-cases.ts"), ...lengths.map(String)]);
  return JSON.parse(stdout);
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
