/** `plumbline rig learn GOOD…`: a rig from good runs. */
import { Command } from "commander";
import { asLearnt } from "../node/ours.ts";
import { EXIT, exitCode, type Outcome } from "../pipeline/exit-code.ts";
import { formatRig } from "../rig/file.ts";
import { learnRig } from "../rig/learn.ts";
import type { Console } from "./console.ts";
import { deliver } from "./deliver.ts";
import {
  type CheckFlags,
  followOption,
  forceOption,
  memoryOption,
  outOption,
  recordingPaths,
  sourceOption,
  workersOption,
} from "./flags.ts";
import { checkAll } from "./inputs.ts";
import { checkTargets } from "./targets.ts";

const HELP = `
Learns which streams every run has, their kinds, rates and longest gaps. What a person should know before
trusting the rig is said on stderr. Nothing is written unless every run could be read to its end. A rig is replaced as long as
it is as it was learnt; one that somebody has changed, and any other file, only with --force.

Examples:
  plumbline rig learn monday.mcap tuesday.mcap > rig.yaml
  plumbline rig learn good/*.mcap --out rig.yaml`;

export function rigCommand(console: Console, done: (code: number) => void): Command {
  const learn = new Command("learn")
    .summary("write a rig from good runs")
    .description("Writes a rig (what a recording should hold) from runs known to be good.")
    .argument("<good...>", "recordings known to be good", recordingPaths)
    .addOption(sourceOption())
    .addOption(followOption())
    .addOption(workersOption())
    .addOption(memoryOption())
    .addOption(outOption())
    .addOption(forceOption("also replace a rig that a person has changed, or any other file that is not read"))
    .addHelpText("after", HELP)
    .action(async (paths: readonly string[], flags: CheckFlags) => done(await runLearn(paths, flags, console)));
  return new Command("rig").description("Works with rig files: what a recording should hold.").addCommand(learn);
}

/** @throws ConfigError before any work is done */
async function runLearn(paths: readonly string[], flags: CheckFlags, console: Console): Promise<number> {
  const { out, force, workers, memory, source, follow = false } = flags;
  checkTargets([["--out", out, "rig"]], paths, force);
  const options = { follow, memoryMiB: memory, ...(workers !== undefined && { workers }), ...(source !== undefined && { source }) };
  const jobs = paths.map((path) => ({ path, rig: null }));
  const { outcomes, reports, interrupted } = await checkAll(jobs, options, console);
  const clean = outcomes.map((outcome): Outcome => {
    if (outcome.kind !== "report") return outcome;
    const { recording, findings } = outcome.report;
    const isMoving = findings.some(({ check, kind }) => check === "integrity/container" && kind === "changed-while-read");
    if (isMoving) console.say(`${recording.name}: changed while it was read`);
    return isMoving ? { kind: "unread" } : { ...outcome, report: { ...outcome.report, findings: [] } };
  });
  const code = exitCode(clean, { failOn: "error", strict: false, interrupted });
  if (code !== EXIT.clean) {
    console.say("no rig written: not every run could be read to its end");
    return code;
  }
  const { rig, notes } = learnRig(reports);
  for (const note of notes) console.say(note);
  return (await deliver(asLearnt(formatRig(rig)), out, console)) ? EXIT.clean : EXIT.internal;
}
