/** `simulate`: a drive as a file and its truth beside it, both whole or not at all. */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigError } from "../errors.ts";
import { following } from "../following.ts";
import * as given from "../given.ts";
import { type DriveSummary, writeDrive } from "../simulate/drive.ts";
import { type DriveOptions, type DriveSettings, driveOptions, settingsOf } from "../simulate/options.ts";
import { loadKernels } from "../wasm.ts";

export interface SimulateOptions extends DriveOptions {
  /** Where the MCAP is written; a file that is there is replaced. */
  readonly out: string;
  /** Default: `out` with `.truth.json` in place of its ending. */
  readonly truth?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((seconds: number) => void) | undefined;
}

const fields: given.Fields<SimulateOptions> = {
  ...driveOptions,
  out: given.path,
  truth: given.path,
  signal: given.signal,
  onProgress: given.callback<(seconds: number) => void>,
};

export interface Simulated extends DriveSummary {
  readonly out: string;
  readonly truth: string;
}

/** The truth of a drive lies beside it. */
export function truthPath(out: string): string {
  return `${out.replace(/\.mcap$/i, "")}.truth.json`;
}

/**
 * Simulates a drive with known truth. Same options, same bytes, on every machine and version of Node.
 *
 * @throws ConfigError when an option is out of its range or a target is no file, TypeError for other misuse; Error of the file system when a file
 * cannot be written; the reason of `signal`; what `onProgress` throws
 */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { out: _, ...own } = given.optionsOf<SimulateOptions>(options, fields);
  const out = given.path(options.out, "out");
  const { truth = truthPath(out) } = own;
  const settings = settingsOf(own);
  return following(own.signal, own.onProgress, (signal, progress) => write(settings, out, truth, signal, progress));
}

async function write(
  settings: DriveSettings,
  out: string,
  truth: string,
  signal: AbortSignal,
  progress: ((seconds: number) => void) | undefined,
): Promise<Simulated> {
  const drive = await Part.begin(out);
  try {
    const sidecar = await Part.begin(truth);
    try {
      const summary = await writeDrive(
        settings,
        await loadKernels(),
        {
          drive: (bytes) => drive.write(bytes),
          truth: (text) => sidecar.write(new TextEncoder().encode(text)),
          ...(progress && { progress }),
        },
        signal,
      );
      await drive.finish();
      await sidecar.finish();
      return { ...summary, out, truth };
    } finally {
      await sidecar.discard();
    }
  } finally {
    await drive.discard();
  }
}

/** A file under a temporary name until it is complete. */
class Part {
  readonly #path: string;
  readonly #temporary: string;
  #file: FileHandle | null;

  static async begin(path: string): Promise<Part> {
    const there = await stat(path).catch(() => null);
    if (there && !there.isFile()) throw new ConfigError(`${path}: expected a file to write, got a folder or device`);
    const temporary = join(dirname(path), `.plumbline-${randomUUID()}.tmp`);
    return new Part(path, temporary, await open(temporary, "wx"));
  }

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#file?.writeFile(bytes);
  }

  async finish(): Promise<void> {
    await this.#file?.close();
    await rename(this.#temporary, this.#path);
    this.#file = null;
  }

  /** Leaves nothing behind; after `finish`, does nothing. */
  async discard(): Promise<void> {
    if (this.#file === null) return;
    await this.#file.close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
    this.#file = null;
  }
}
