/** `plumbline verify PATH`: is every frame the one that was sealed? */
import { Command } from "commander";
import { EXIT, exitCode } from "../exit-code.ts";
import { checks, InputError, openSeal } from "../index.ts";
import { findSeal } from "../node/seal.ts";
import { formats } from "../report/index.ts";
import { secretsOf } from "./check.ts";
import type { Console } from "./console.ts";
import { deliver } from "./deliver.ts";
import { checkTarget } from "./files.ts";
import {
  type CheckFlags,
  formatOption,
  keyOption,
  notEmpty,
  outOption,
  publicOption,
  recordingPath,
  sourceOption,
  workersOption,
} from "./flags.ts";
import { checkAll } from "./inputs.ts";
import { onInterrupt } from "./interrupt.ts";
import { version } from "./version.ts";

const HELP = `
Compares by payload and time of each frame, so the same recording in another container is equal. Every frame that changed,
vanished, appeared, was duplicated or moved is named. The seal is --seal, else PATH.seal, else the one inside the MCAP.

Exit codes: 0 as sealed, 1 not as sealed, 2 usage or a seal that cannot be believed, 3 nothing could be read,
4 internal error, 130 interrupted.

Examples:
  plumbline verify drive.mcap
  plumbline verify drive.mcap --seal archive/drive.mcap.seal --public public.pem --format json`;

export function verifyCommand(console: Console, done: (code: number) => void): Command {
  return new Command("verify")
    .summary("compare a recording with its seal")
    .description("Compares a recording with its seal and names every frame that is not as it was.")
    .argument("<path>", "recording", recordingPath)
    .option("--seal <file>", "the seal (default: PATH.seal, or the one inside)", notEmpty)
    .addOption(keyOption())
    .addOption(publicOption())
    .addOption(sourceOption())
    .addOption(workersOption())
    .addOption(formatOption())
    .addOption(outOption())
    .addHelpText("after", HELP)
    .action(async (path: string, flags: CheckFlags) => done(await run(path, flags, console)));
}

/** @throws ConfigError before any work is done */
async function run(path: string, flags: CheckFlags, console: Console): Promise<number> {
  const read = [path, ...[flags.seal, flags.key, flags.public].filter((file) => file !== undefined)];
  if (flags.out !== undefined) checkTarget("--out", flags.out, read);
  const seal = await openedSeal(path, flags, console);
  if (!seal) return EXIT.unread;
  const signal = onInterrupt(console);
  const { workers, source } = flags;
  const options = { checks: ["integrity/seal"], ...(workers !== undefined && { workers }), ...(source !== undefined && { source }) };
  const { outcomes, reports, unread } = await checkAll([{ path, rig: null, seal }], options, signal, console);
  const code = exitCode(outcomes, { failOn: "warning", strict: false, interrupted: signal.aborted });
  if (reports.length === 0) return code;
  const toFile = flags.out !== undefined;
  const context = {
    checks,
    version: version(),
    several: false,
    unread,
    color: !toFile && console.color,
    width: toFile ? Number.POSITIVE_INFINITY : console.width,
  };
  return (await deliver(formats[flags.format](reports, context), flags.out, console)) ? code : EXIT.internal;
}

/** Null, and said, when the recording that should hold the seal cannot be read. */
async function openedSeal(path: string, flags: CheckFlags, console: Console): Promise<Awaited<ReturnType<typeof openSeal>> | null> {
  try {
    return await openSeal(flags.seal ?? findSeal(path), secretsOf(flags));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.say(error.message);
    return null;
  }
}
