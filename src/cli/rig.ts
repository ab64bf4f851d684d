/** `plumbline rig learn GOOD…`: a rig from good runs. */
import { Command } from "commander";
import { EXIT, exitCode } from "../exit-code.ts";
import { learnRig } from "../learn.ts";
import { formatRig } from "../rig-file.ts";
import type { Console } from "./console.ts";
import { deliver } from "./deliver.ts";
import { checkTarget } from "./files.ts";
import { type CheckFlags, outOption, recordingPaths, sourceOption, workersOption } from "./flags.ts";
import { checkAll } from "./inputs.ts";
import { onInterrupt } from "./interrupt.ts";

const HELP = `
Learns which streams every run has, their kinds, rates and longest gaps. What a person should know before
trusting the rig is said on stderr. Nothing is written unless every run could be read to its end.

Examples:
  plumbline rig learn monday.mcap tuesday.mcap > rig.yaml
  plumbline rig learn good/*.mcap --out rig.yaml`;

export function rigCommand(console: Console, done: (code: number) => void): Command {
  const learn = new Command("learn")
    .summary("write a rig from good runs")
    .description("Writes a rig (what a recording should hold) from runs known to be good.")
    .argument("<good...>", "recordings known to be good", recordingPaths)
    .addOption(sourceOption())
    .addOption(workersOption())
    .addOption(outOption())
    .addHelpText("after", HELP)
    .action(async (paths: readonly string[], flags: CheckFlags) => done(await runLearn(paths, flags, console)));
  return new Command("rig")
    .summary("work with rig files")
    .description("Works with rig files: what a recording should hold.")
    .addCommand(learn);
}

/** @throws ConfigError before any work is done */
async function runLearn(paths: readonly string[], { out, workers, source }: CheckFlags, console: Console): Promise<number> {
  if (out !== undefined) checkTarget("--out", out, paths);
  const flags = { ...(workers !== undefined && { workers }), ...(source !== undefined && { source }) };
  const signal = onInterrupt(console);
  const jobs = paths.map((path) => ({ path, rig: null }));
  const { outcomes, reports } = await checkAll(jobs, flags, signal, console);
  const clean = outcomes.map((outcome) =>
    outcome.kind === "report" ? { ...outcome, report: { ...outcome.report, findings: [] } } : outcome,
  );
  const code = exitCode(clean, { failOn: "error", strict: false, interrupted: signal.aborted });
  if (code !== EXIT.clean) {
    console.say("no rig written: not every run could be read to its end");
    return code;
  }
  const { rig, notes } = learnRig(reports);
  for (const note of notes) console.say(note);
  return (await deliver(formatRig(rig), out, console)) ? EXIT.clean : EXIT.internal;
}
