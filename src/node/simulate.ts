/** `simulate`: a drive as a file and its truth beside it, both whole or not at all. */
import { type DriveSummary, writeDrive } from "../simulate/drive.ts";
import { loadSimulatorKernels } from "../simulate/kernels.ts";
import { type DriveOptions, settingsOf } from "../simulate/options.ts";
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

export interface Simulated extends DriveSummary {
  readonly out: string;
  readonly truth: string;
}

/**
 * Simulates a drive with known truth. Same options, same bytes, on every machine and version of Node.
 *
 * @throws ConfigError when an option is out of its range or a target is not to be replaced; Error of the file system when a file cannot be written; the reason of `signal`
 */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { out, truth = truthPath(out), force = false, signal, onProgress } = options;
  const settings = settingsOf(options);
  const kernels = await loadSimulatorKernels();
  checkTargets(
    [
      { flag: "out", path: out, kind: "drive" },
      { flag: "truth", path: truth, kind: "truth" },
    ],
    [],
    force,
  );
  const summary = await writeFiles({ drive: { path: out }, sidecar: { path: truth } }, ({ drive, sidecar }) => {
    const sink = { drive: (bytes: Uint8Array) => drive.write(bytes), truth: (text: string) => sidecar.write(text) };
    return writeDrive(settings, kernels, { ...sink, ...(onProgress && { progress: onProgress }) }, signal);
  });
  return { ...summary, out, truth };
}
