/** `plumbline checks`: which questions there are. */
import { Command } from "commander";
import { type AnyCheck, scopeOf } from "../check/check.ts";
import { checks } from "../checks/index.ts";
import { EXIT } from "../pipeline/exit-code.ts";
import { json } from "../report/escape.ts";
import { paint, table } from "../report/terminal.ts";
import type { Console } from "./console.ts";
import { deliver } from "./deliver.ts";

const HELP = `
Examples:
  plumbline checks
  plumbline checks --json
  plumbline explain time/rate`;

export function checksCommand(console: Console, done: (code: number) => void): Command {
  return new Command("checks")
    .description("Lists every check: its id, its level and the question it asks.")
    .option("--json", "as JSON, with kinds, options and blind spots")
    .addHelpText("after", HELP)
    .action(async (flags: { readonly json?: boolean }) => {
      const text = flags.json ? `${json(checks.map(plain), 2)}\n` : list(console.color);
      done((await deliver(text, undefined, console)) ? EXIT.clean : EXIT.internal);
    });
}

/** A check without its functions. */
export function plain(check: AnyCheck): object {
  const { id, title, level, needs, kinds, defaults, ranges = {}, blindSpots } = check;
  return { id, title, level, scope: scopeOf(check), needs, kinds, options: defaults, ranges, blindSpots };
}

function list(color: boolean): string {
  const [head = "", ...rows] = table(
    ["check", "level", "question"],
    checks.map(({ id, level, title }) => [id, `${level}`, title]),
    "lrl",
  );
  return `${[paint(head, "dim", color), ...rows].join("\n")}\n`;
}
