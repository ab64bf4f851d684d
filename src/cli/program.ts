/** The command line: parses, runs one command, and ends the process with its exit code. */
import { Command, CommanderError } from "commander";
import { ConfigError } from "../errors.ts";
import { EXIT } from "../pipeline/exit-code.ts";
import { checkCommand } from "./check.ts";
import { checksCommand } from "./checks.ts";
import { Console } from "./console.ts";
import { debugTrace } from "./debug.ts";
import { explainCommand } from "./explain.ts";
import { infoCommand } from "./info.ts";
import { proofCommand } from "./proof.ts";
import { rigCommand } from "./rig.ts";
import { sealCommand } from "./seal.ts";
import { simulateCommand } from "./simulate.ts";
import { verifyCommand } from "./verify.ts";
import { version } from "./version.ts";

const HELP = `
Examples:
  plumbline check drive.mcap
  plumbline check drive.mcap --format json --out report.json
  plumbline rig learn good/*.mcap > rig.yaml
  plumbline explain integrity/container

plumbline COMMAND --help says more.`;

/** Ends the process. */
export async function run(argv: readonly string[]): Promise<never> {
  const console = new Console();
  const crash = (error: unknown): void => {
    console.say(`internal error: ${debugTrace(error)}`);
    process.exit(EXIT.internal);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  return console.exit(await execute(argv, console));
}

/** Runs one command and says what is wrong with it. @returns its exit code */
export async function execute(argv: readonly string[], console: Console): Promise<number> {
  let code: number = EXIT.clean;
  const program = build(console, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    // Commander has printed by itself: help and version end with 0, everything else is wrong usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.clean : EXIT.usage;
    if (error instanceof ConfigError) {
      console.say(error.message);
      return EXIT.usage;
    }
    console.say(`internal error: ${debugTrace(error)}`);
    return EXIT.internal;
  }
}

function build(console: Console, done: (code: number) => void): Command {
  const program = new Command("plumbline")
    .description("Finds what is silently wrong in a labelled multi-sensor recording, and where exactly.")
    .version(version(), "--version", "print the version")
    .addHelpText("after", HELP)
    .addCommand(checkCommand(console, done))
    .addCommand(infoCommand(console, done))
    .addCommand(checksCommand(console, done))
    .addCommand(explainCommand(console, done))
    .addCommand(rigCommand(console, done))
    .addCommand(sealCommand(console, done))
    .addCommand(verifyCommand(console, done))
    .addCommand(proofCommand(console, done))
    .addCommand(simulateCommand(console, done));
  for (const command of family(program)) {
    const full = command === program ? "plumbline" : `plumbline ${command.name()}`;
    command.exitOverride().configureOutput({
      outputError: (text) => console.say(oneLine(text)),
      // Only the help of a command that was given no command comes here, in parts: one line is clearer than a page.
      writeErr: (part) => part.startsWith("Usage:") && console.say(`expected a command (see: ${full} --help)`),
    });
  }
  return program;
}

/** A command and all below it: settings are not inherited by commands built apart. */
function family(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(family)];
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /, "")
    .trim()
    .replace(/\s*\n\s*/g, " ");
}
