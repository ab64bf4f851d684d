/** `simulate`: a drive as a file and its truth beside it, both whole or not at all. */

import * as given from "../given.ts";
import { following } from "../pipeline/following.ts";
import { type DriveSummary, writeDrive } from "../simulate/drive.ts";
import { loadSimulatorKernels } from "../simulate/kernels.ts";
import { type DriveOptions, driveOptions, settingsOf } from "../simulate/options.ts";
import { truthPath } from "../simulate/truth.ts";
import { writeFiles } from "./output.ts";
import { checkTargets } from "./targets.ts";

export interface SimulateOptions extends DriveOptions {
  /** Where the MCAP is written; an earlier simulated drive is replaced. */
  readonly out: string;
  /** Default: `out` with `.truth.json` in place of its ending. */
  readonly truth?: string | undefined;
  /** Whether any other file that is there is replaced, too. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((seconds: number) => void) | undefined;
}

const fields: given.Fields<SimulateOptions> = {
  ...driveOptions,
  out: given.path,
  truth: given.path,
  force: given.flag,
  signal: given.signal,
  onProgress: given.callback<(seconds: number) => void>,
};

export interface Simulated extends DriveSummary {
  readonly out: string;
  readonly truth: string;
}

/**
 * Simulates a drive with known truth. Same options, same bytes, on every machine and version of Node.
 *
 * @throws ConfigError when an option is out of its range or a target is not to be replaced, TypeError for other misuse; Error of the file system when a file
 * cannot be written; the reason of `signal`; what `onProgress` throws
 */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { out: _, ...own } = given.optionsOf<SimulateOptions>(options, fields);
  const out = given.path(options.out, "out");
  const { truth = truthPath(out), force = false } = own;
  const settings = settingsOf(own);
  const kernels = await loadSimulatorKernels();
  checkTargets(
    [
      { flag: "out", path: out, kind: "drive" },
      { flag: "truth", path: truth, kind: "truth" },
    ],
    [],
    force,
  );
  const summary = await following(own.signal, own.onProgress, (signal, progress) =>
    writeFiles({ drive: { path: out }, sidecar: { path: truth } }, ({ drive, sidecar }) => {
      const sink = { drive: (bytes: Uint8Array) => drive.write(bytes), truth: (text: string) => sidecar.write(text) };
      return writeDrive(settings, kernels, { ...sink, ...(progress && { progress }) }, signal);
    }),
  );
  return { ...summary, out, truth };
}
