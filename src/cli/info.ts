/** `plumbline info PATH`: what a recording holds, without judging it. */
import { Command } from "commander";
import { EXIT, exitCode } from "../pipeline/exit-code.ts";
import { json } from "../report/escape.ts";
import { jsonRecording } from "../report/json.ts";
import { header } from "../report/text.ts";
import type { Console } from "./console.ts";
import { deliver } from "./deliver.ts";
import {
  type CheckFlags,
  followOption,
  formatOption,
  labelsOption,
  memoryOption,
  recordingPath,
  sourceOption,
  workersOption,
} from "./flags.ts";
import { checkAll } from "./inputs.ts";
import { checkTargets } from "./targets.ts";

const HELP = `
Exit codes: 0, or 2, 3, 4, 130 as for check. Damage is not reported here.

Examples:
  plumbline info drive.mcap
  plumbline info drive.mcap --format json
  plumbline info drive.mcap --labels annotations.xml`;

export function infoCommand(console: Console, done: (code: number) => void): Command {
  return new Command("info")
    .description("Lists the streams of a recording with their counts, reading it once and running no check.")
    .argument("<path>", "recording", recordingPath)
    .addOption(sourceOption())
    .addOption(labelsOption())
    .addOption(followOption())
    .addOption(workersOption())
    .addOption(memoryOption())
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", HELP)
    .action(async (path: string, flags: CheckFlags) => done(await info(path, flags, console)));
}

async function info(
  path: string,
  { format, workers, memory, source, labels, follow = false }: CheckFlags,
  console: Console,
): Promise<number> {
  const flags = {
    checks: [],
    follow,
    memoryMiB: memory,
    ...(workers !== undefined && { workers }),
    ...(source !== undefined && { source }),
    ...(labels && { labels }),
  };
  checkTargets([], [path, ...(labels ?? [])]);
  const { outcomes, reports, interrupted } = await checkAll([{ path, rig: null }], flags, console);
  const code = exitCode(outcomes, { failOn: "error", strict: false, interrupted });
  const [report] = reports;
  if (!report) return code;
  const text = format === "json" ? json(jsonRecording(report.recording), 2) : header(report, console).join("\n");
  return (await deliver(`${text}\n`, undefined, console)) ? code : EXIT.internal;
}
