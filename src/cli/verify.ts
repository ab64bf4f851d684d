/** `plumbline verify PATH`: is every frame the one that was sealed? */
import { Command } from "commander";
import { checks } from "../checks/index.ts";
import { InputError } from "../errors.ts";
import { findSeal, openSeal, sealPath } from "../node/seal-file.ts";
import { EXIT, exitCode } from "../pipeline/exit-code.ts";
import { formats } from "../report/index.ts";
import { secretsOf } from "./check.ts";
import type { Console } from "./console.ts";
import { deliver } from "./deliver.ts";
import {
  type CheckFlags,
  followOption,
  forceOption,
  formatOption,
  keyOption,
  memoryOption,
  notEmpty,
  outOption,
  publicOption,
  recordingPath,
  sourceOption,
  workersOption,
} from "./flags.ts";
import { checkAll } from "./inputs.ts";
import { checkTargets } from "./targets.ts";
import { version } from "./version.ts";

const HELP = `
Compares by payload and time of each frame, and by what it means: type, encoding and schema. The same recording in another
container is equal. Every frame that changed, vanished, appeared, was duplicated or moved is named. The seal is --seal, else
PATH.seal, else the one inside the MCAP. With --public its leaves must be BLAKE3, as --sign makes them.

Exit codes: 0 as sealed, 1 not as sealed, 2 usage or a seal that cannot be believed, 3 nothing could be read, it changed
while it was read, or the seal does not show all of it, 4 internal error, 130 interrupted.

Examples:
  plumbline verify drive.mcap
  plumbline verify drive.mcap --seal archive/drive.mcap.seal --public public.pem --format json`;

/** The one question; what the seal does not show is no answer. */
const SEAL: readonly string[] = ["integrity/seal"];

export function verifyCommand(console: Console, done: (code: number) => void): Command {
  return new Command("verify")
    .description("Compares a recording with its seal and names every frame that is not as it was.")
    .argument("<path>", "recording", recordingPath)
    .option("--seal <file>", "the seal (default: PATH.seal, or the one inside)", notEmpty)
    .addOption(keyOption())
    .addOption(publicOption())
    .addOption(sourceOption())
    .addOption(followOption())
    .addOption(workersOption())
    .addOption(memoryOption())
    .addOption(formatOption())
    .addOption(outOption())
    .addOption(forceOption())
    .addHelpText("after", HELP)
    .action(async (path: string, flags: CheckFlags) => done(await run(path, flags, console)));
}

/** @throws ConfigError before any work is done */
async function run(path: string, flags: CheckFlags, console: Console): Promise<number> {
  checkTargets([["--out", flags.out, "report"]], [path, flags.seal ?? sealPath(path), flags.key, flags.public], flags.force);
  const seal = await openedSeal(path, flags, console);
  if (!seal) return EXIT.unread;
  const { workers, memory, source, follow = false } = flags;
  const options = {
    checks: SEAL,
    follow,
    memoryMiB: memory,
    ...(workers !== undefined && { workers }),
    ...(source !== undefined && { source }),
  };
  const { outcomes, reports, unread, interrupted } = await checkAll([{ path, rig: null, seal }], options, console);
  const code = exitCode(outcomes, { failOn: "warning", strict: true, required: SEAL, interrupted });
  if (reports.length === 0) return code;
  const toFile = flags.out !== undefined;
  const context = {
    checks,
    version: version(),
    several: false,
    unread,
    color: !toFile && console.color,
    width: toFile ? Number.POSITIVE_INFINITY : console.width,
    required: SEAL,
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
