/** `plumbline check PATH…`: validates recordings and reports. */
import { Command } from "commander";
import { checks } from "../checks/index.ts";
import { ConfigError } from "../errors.ts";
import { openSeal } from "../node/seal-file.ts";
import { EXIT, exitCode } from "../pipeline/exit-code.ts";
import { json } from "../report/escape.ts";
import { type Format, formats } from "../report/index.ts";
import type { OpenSealOptions } from "../seal/trust.ts";
import type { Console } from "./console.ts";
import { deliver, write } from "./deliver.ts";
import { folderRig, readKey, readRig, readSmall } from "./files.ts";
import {
  type CheckFlags,
  checksOption,
  failOnOption,
  followOption,
  forceOption,
  formatOption,
  keyOption,
  labelsOption,
  levelOption,
  memoryOption,
  notEmpty,
  outOption,
  publicOption,
  recordingPaths,
  sourceOption,
  workersOption,
} from "./flags.ts";
import { checkAll } from "./inputs.ts";
import { checkTargets } from "./targets.ts";
import { version } from "./version.ts";

const STATES_UNREAD: readonly Format[] = ["sarif", "junit"];

const HELP = `
Exit codes:
  0    clean
  1    findings at or above --fail-on (damaged but readable is 1)
  2    usage or configuration
  3    an input of which nothing could be read; a seal that does not show all of the recording; with --strict,
       anything not run or not looked at in full; unless the rig accepts it
  4    internal error
  130  interrupted by Ctrl-C or SIGTERM: the report covers what was done. Where a second is not enough for it, or at a
       second signal, the run is ended: by the signal itself (128 + its number) when nothing else does
  Several inputs: the gravest of 4, 2, 3, 1, 0. The others still report.

Nothing is written onto or into what is read. A report or cost of an earlier run is replaced, any other file only with --force.
Of a folder only regular files are read. Pipes, sockets, devices and links to nothing are findings. Links that lead out
of the folder are named and not followed without --follow; links that stay inside are, and PATH may itself be a link.

Examples:
  plumbline check drive.mcap
  plumbline check drive.mcap --format json --out report.json
  plumbline check kitti/2011_09_26_drive_0001_sync --rig rig.yaml --strict
  plumbline check drive.mcap --labels boxes.json --labels tracks.xml
  plumbline check *.mcap --checks integrity/*,time/rate --format junit > report.xml`;

/** @param done is told the exit code */
export function checkCommand(console: Console, done: (code: number) => void): Command {
  return new Command("check")
    .description("Validates each recording (a file, or a folder holding one) and reports what is wrong, where, and what was not checked.")
    .argument("<path...>", "recordings", recordingPaths)
    .option("--rig <file>", "what the recordings should hold (default: rig.yaml in a folder)", notEmpty)
    .option("--seal <file>", "compare with this seal, frame by frame (see: plumbline seal)", notEmpty)
    .addOption(keyOption())
    .addOption(publicOption())
    .addOption(sourceOption())
    .addOption(labelsOption())
    .addOption(followOption())
    .addOption(workersOption())
    .addOption(memoryOption())
    .addOption(levelOption())
    .addOption(checksOption())
    .addOption(formatOption())
    .addOption(outOption())
    .option("--cost <file>", "write what the run cost here, as JSON", notEmpty)
    .addOption(forceOption())
    .addOption(failOnOption())
    .option("--strict", "exit 3 when a question was not answered in full")
    .addHelpText("after", HELP)
    .action(async (paths: readonly string[], flags: CheckFlags) => done(await runCheck(paths, flags, console)));
}

/** What it takes to believe a seal. @throws ConfigError */
export function secretsOf({ key, public: pem }: Pick<CheckFlags, "key" | "public">): OpenSealOptions {
  return {
    ...(key !== undefined && { key: readKey(key) }),
    ...(pem !== undefined && { publicKey: readSmall(pem, "a public key") }),
  };
}

/** @throws ConfigError before any work is done */
async function runCheck(paths: readonly string[], flags: CheckFlags, console: Console): Promise<number> {
  checkTargets(
    [
      ["--out", flags.out, "report"],
      ["--cost", flags.cost, "cost"],
    ],
    [...paths, ...(flags.labels ?? []), flags.rig, flags.seal, flags.key, flags.public],
    flags.force,
  );
  const given = flags.rig === undefined ? null : readRig(flags.rig);
  const sealed = flags.seal === undefined ? null : await openSeal(flags.seal, secretsOf(flags));
  if (!sealed && (flags.key ?? flags.public) !== undefined) throw new ConfigError("--key, --public: expected --seal with them");
  if (flags.labels && paths.length > 1) throw new ConfigError(`--labels: expected one recording with them, got ${paths.length}`);
  const jobs = paths.map((path) => ({ path, rig: given ?? folderRig(path, flags.follow ?? false), seal: sealed }));

  const { workers, memory, level, checks: ids, source, labels, follow, failOn, strict = false } = flags;
  const options = { memoryMiB: memory, ...(workers !== undefined && { workers }), ...(level !== undefined && { level }) };
  const selection = {
    ...(ids && { checks: ids }),
    ...(source !== undefined && { source }),
    ...(labels && { labels }),
    ...(follow && { follow }),
  };
  const { outcomes, reports, unread, costs, interrupted } = await checkAll(jobs, { ...options, ...selection }, console);

  const several = paths.length > 1;
  const required = sealed ? ["integrity/seal"] : [];
  const code = exitCode(outcomes, { failOn, strict, required, interrupted });
  const toFile = flags.out !== undefined;
  const context = {
    checks,
    version: version(),
    several,
    unread,
    color: !toFile && console.color,
    width: toFile ? Number.POSITIVE_INFINITY : console.width,
    required,
  };
  // Of a single input that could not be read there is nothing to print, except where the format can say just that.
  const sayable = reports.length > 0 || several || STATES_UNREAD.includes(flags.format);
  const text = sayable ? formats[flags.format](reports, context) : null;
  const delivered = text === null || (await deliver(text, flags.out, console));
  const costed = flags.cost === undefined || (await write(flags.cost, `${json(several ? costs : (costs[0] ?? null), 2)}\n`, console));
  return delivered && costed ? code : EXIT.internal;
}
