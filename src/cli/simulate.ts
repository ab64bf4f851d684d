/** `plumbline simulate --out drive.mcap`: a drive whose truth is known. */
import { Command, InvalidArgumentError } from "commander";
import { ConfigError } from "../errors.ts";
import type { Simulated } from "../node/simulate.ts";
import { EXIT } from "../pipeline/exit-code.ts";
import { visible } from "../report/escape.ts";
import { bytesText } from "../report/units.ts";
import { FAULT_KINDS } from "../simulate/faults.ts";
import { parseFaults } from "../simulate/faults-file.ts";
import type { DriveOptions } from "../simulate/options.ts";
import { truthPath } from "../simulate/truth.ts";
import type { Console } from "./console.ts";
import { cannotWrite, deliver } from "./deliver.ts";
import { withEngine } from "./engine.ts";
import { readSmall } from "./files.ts";
import { forceOption, notEmpty } from "./flags.ts";
import { checkTargets } from "./targets.ts";

const HELP = `
Writes FILE (MCAP with ROS 2 messages) and its truth beside it (FILE without .mcap, .truth.json). Same options, same bytes, on
every machine. An earlier drive is replaced, any other file only with --force. A file of defects to plant looks like this (docs/simulator.md):
  schema: plumbline.faults/1
  faults:
    - { kind: clock-offset, stream: /imu/data, from: 5, amount: 80 }
Kinds: ${Object.keys(FAULT_KINDS).join(", ")}.

Exit codes: 0 written, 2 usage, 4 internal error or nothing could be written, 130 interrupted; then no file is left.

Examples:
  plumbline simulate --out drive.mcap
  plumbline simulate --seed 7 --seconds 60 --lidar 32x1024 --camera none --out drive.mcap
  plumbline simulate --faults faults.yaml --out drive.mcap`;

interface SimulateFlags {
  readonly seed?: number;
  readonly seconds?: number;
  readonly lidar?: { readonly rings: number; readonly columns: number };
  readonly returns?: number;
  readonly camera?: { readonly width: number; readonly height: number } | "none";
  readonly rate?: number;
  readonly annotators?: number;
  readonly faults?: string;
  readonly out: string;
  readonly truth?: string;
  readonly force?: boolean;
}

export function simulateCommand(console: Console, done: (code: number) => void): Command {
  return new Command("simulate")
    .description("Simulates a drive: a labelled multi-sensor recording of which everything is known, defects included.")
    .requiredOption("--out <file>", "write the recording here", notEmpty)
    .option("--truth <file>", "write the truth here (default: beside the recording)", notEmpty)
    .addOption(forceOption("also replace files that are no simulated drive and its truth; never one that is read"))
    .option("--seed <n>", "same seed, same bytes (default: 1)", number)
    .option("--seconds <n>", "how long it is (default: 20)", number)
    .option("--lidar <rings>x<columns>", "rays of a sweep (default: 64x1800)", (value) => {
      const [rings, columns] = sides(value);
      return { rings, columns };
    })
    .option("--returns <n>", "echoes per beam, 1 or 2 (default: 1)", number)
    .option("--camera <width>x<height>", "pixels of an image, or none (default: 960x540)", (value) => {
      // Commander takes a null for an empty text.
      if (value === "none") return "none";
      const [width, height] = sides(value);
      return { width, height };
    })
    .option("--rate <hz>", "sweeps and images a second (default: 10)", number)
    .option("--annotators <n>", "people who label (default: 5)", number)
    .option("--faults <file>", "plant these defects", notEmpty)
    .addHelpText("after", HELP)
    .action(async (flags: SimulateFlags) => done(await run(flags, console)));
}

/** @throws ConfigError before any work is done */
async function run(flags: SimulateFlags, console: Console): Promise<number> {
  const { out, truth = truthPath(flags.out), force } = flags;
  checkTargets(
    [
      ["--out", out, "drive"],
      ["--truth", truth, "truth"],
    ],
    [flags.faults],
    force,
  );
  const faults = flags.faults === undefined ? [] : parseFaults(readSmall(flags.faults, "a file of defects"), flags.faults);
  const seconds = flags.seconds ?? 20;
  const options = {
    ...{ seed: flags.seed, seconds, camera: flags.camera === "none" ? null : flags.camera, rateHz: flags.rate },
    ...{ annotators: flags.annotators, faults, out, truth, force },
    ...lidarOption(flags),
  };
  const line = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  };
  let told = 0;
  const onProgress = (now: number): void => {
    const tenth = Math.floor((10 * now) / seconds);
    if (tenth > told) line(`${visible(out)}: ${10 * tenth} %`);
    told = tenth;
  };
  try {
    const { result: done } = await withEngine(console, "nothing is written", (run) => run("simulate", options, onProgress));
    line("");
    if (!done) return EXIT.interrupted;
    return (await deliver(summary(done, seconds, faults.length), undefined, console)) ? EXIT.clean : EXIT.internal;
  } catch (error) {
    line("");
    if (error instanceof ConfigError || !(error instanceof Error && "code" in error)) throw error;
    console.say(cannotWrite(error, out));
    return EXIT.internal;
  }
}

function lidarOption({ lidar, returns }: SimulateFlags): Pick<DriveOptions, "lidar"> {
  if (lidar === undefined && returns === undefined) return {};
  // Checked like every other option, where its range is known.
  return { lidar: { rings: 64, columns: 1800, ...lidar, ...(returns !== undefined && { returns: returns as 1 | 2 }) } };
}

function summary({ bytes, messages, out, truth }: Simulated, seconds: number, faults: number): string {
  const count = Object.values(messages).reduce((sum, n) => sum + n, 0);
  return [
    `simulated  ${seconds} s, ${count} messages of ${Object.keys(messages).length} streams${faults > 0 ? `, ${faults} planted defects` : ""}`,
    `written    ${visible(out)} (${bytesText(bytes)})`,
    `truth      ${visible(truth)}`,
    "",
  ].join("\n");
}

function number(value: string): number {
  const n = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(n)) throw new InvalidArgumentError("expected a number.");
  return n;
}

function sides(value: string): readonly [number, number] {
  const [, a, b] = /^(\d{1,6})x(\d{1,6})$/.exec(value) ?? [];
  if (a === undefined || b === undefined) throw new InvalidArgumentError("expected two whole numbers such as 64x1800.");
  return [Number(a), Number(b)];
}
