/** `plumbline explain CHECK`: what a check asks, finds, reads, and cannot see. */
import { Argument, Command } from "commander";
import { type AnyCheck, scopeOf } from "../check/check.ts";
import { limitOf, MOST_LOCATED } from "../check/gravest.ts";
import { checks } from "../checks/index.ts";
import { EXIT } from "../pipeline/exit-code.ts";
import { rangeText } from "../pipeline/plan.ts";
import { paint, table, wrap } from "../report/terminal.ts";
import type { Console } from "./console.ts";
import { deliver } from "./deliver.ts";
import { checkId } from "./flags.ts";

const HELP = `
Examples:
  plumbline explain integrity/container
  plumbline explain time/rate`;

const LEVELS: Readonly<Record<AnyCheck["level"], string>> = { 0: "bytes, order and time", 1: "points and labels", 2: "pixels" };
const SCOPES: Readonly<Record<ReturnType<typeof scopeOf>, string>> = {
  stream: "every stream by itself",
  streams: "all streams together",
  container: "the container of the recording",
  recording: "the recording as a whole, against the rig",
};

export function explainCommand(console: Console, done: (code: number) => void): Command {
  return new Command("explain")
    .description("Explains one check: its question, what it can find and how grave that is, its options, and its blind spots.")
    .addArgument(new Argument("<check>", "its id, as `plumbline checks` lists it").argParser(checkId))
    .addHelpText("after", HELP)
    .action(async (id: string) => {
      const text = checks.filter((check) => check.id === id).map((check) => explain(check, console));
      done((await deliver(text.join(""), undefined, console)) ? EXIT.clean : EXIT.internal);
    });
}

function located(check: AnyCheck): string {
  const all = scopeOf(check) === "container" ? "" : ` per stream, ${MOST_LOCATED} in all`;
  return `at most ${limitOf(check)} findings${all}: the gravest; the others are counted by kind, with the frames and the time they lie in`;
}

function explain(check: AnyCheck, { color, width }: Pick<Console, "color" | "width">): string {
  const title = (text: string): string => paint(text, "bold", color);
  const kinds = Object.entries(check.kinds).flatMap(([kind, { severity, meaning }]) => [
    `  ${kind} (${severity})`,
    ...wrap(meaning, width, "      ", "      "),
  ]);
  const options = table(
    ["option", "default", "range"],
    Object.entries(check.defaults).map(([name, value]) => [name, `${value}`, rangeText(check, name)]),
    "lrl",
  );
  return [
    title(check.id),
    ...wrap(check.title, width, "", ""),
    "",
    `${title("level")}     ${check.level}, ${LEVELS[check.level]}`,
    `${title("looks at")}  ${SCOPES[scopeOf(check)]}`,
    `${title("needs")}     ${check.needs.length > 0 ? check.needs.join(", ") : "nothing but the counts of streams"}`,
    ...wrap(`${title("locates")}   ${located(check)}`, width, "", " ".repeat(10)),
    "",
    title("finds"),
    ...kinds,
    "",
    title("options"),
    ...(Object.keys(check.defaults).length > 0 ? options.map((row) => `  ${row}`) : ["  none"]),
    "",
    title("cannot see"),
    ...check.blindSpots.flatMap((spot) => wrap(spot, width, "  - ", "    ")),
    "",
  ].join("\n");
}
