/** The command line: parses, runs one command, and ends the process with its exit code. */
import { Command, CommanderError } from "commander";
import { ConfigError } from "../errors.ts";
import { EXIT } from "../pipeline/exit-code.ts";
import { Console } from "./console.ts";
import { debugTrace } from "./debug.ts";
import { version } from "./version.ts";

const HELP = `
Examples:
  plumbline check drive.mcap
  plumbline check drive.mcap --format json --out report.json
  plumbline rig learn good/*.mcap > rig.yaml
  plumbline explain integrity/container

plumbline COMMAND --help says more.`;

type MakeCommand = (console: Console, done: (code: number) => void) => Command;

/** Only the one that is asked for is loaded. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; load(): Promise<MakeCommand> }>> = {
  check: { summary: "validate recordings and report", load: async () => (await import("./check.ts")).checkCommand },
  info: { summary: "streams and counts of a recording", load: async () => (await import("./info.ts")).infoCommand },
  checks: { summary: "list the checks", load: async () => (await import("./checks.ts")).checksCommand },
  explain: { summary: "what one check asks, finds and cannot see", load: async () => (await import("./explain.ts")).explainCommand },
  rig: { summary: "work with rig files", load: async () => (await import("./rig.ts")).rigCommand },
  seal: { summary: "write down what a recording holds, frame by frame", load: async () => (await import("./seal.ts")).sealCommand },
  verify: { summary: "compare a recording with its seal", load: async () => (await import("./verify.ts")).verifyCommand },
  proof: { summary: "prove that a frame was sealed", load: async () => (await import("./proof.ts")).proofCommand },
  simulate: { summary: "write a simulated drive with known truth", load: async () => (await import("./simulate.ts")).simulateCommand },
};

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
  const program = await build(argv, console, (result) => {
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

async function build(argv: readonly string[], console: Console, done: (code: number) => void): Promise<Command> {
  const program = new Command("plumbline")
    .description("Finds what is silently wrong in a labelled multi-sensor recording, and where exactly.")
    .version(version(), "--version", "print the version")
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("after", HELP);
  const words = argv.slice(2).filter((word) => !word.startsWith("-"));
  const asked = words[0] === "help" ? words[1] : words[0];
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = name === asked ? (await load())(console, done) : new Command(name);
    program.addCommand(command.summary(summary));
  }
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
