/** The words of `npm run fuzz`. */
import { parseArgs } from "node:util";
import { kinds } from "./kinds/index.ts";

export interface FuzzOptions {
  readonly minutes: number;
  readonly count: number;
  readonly seed: number;
  readonly from: number;
  readonly only: readonly string[];
  readonly jobs: number;
  readonly out: string;
  readonly repeat: string | null;
}

export const USAGE = `npm run fuzz -- [--minutes N] [--count N] [--seed S] [--only KIND,KIND] [--from N] [--jobs N] [--out FOLDER] [--repeat FILE]

Mutates recordings, labels, seals and rigs by what it knows of their formats, and tries each on the library and the command.
Ends after N minutes or N inputs, whichever comes first (default: one minute). The same seed gives the same inputs.
Failures are written to FOLDER (default: build/fuzz) with the way to repeat them; exit code 1 when there is one.

Kinds: ${kinds.map(({ name }) => name).join(", ")}`;

/** @throws Error with one line */
export function optionsOf(args: readonly string[]): FuzzOptions {
  const text = { type: "string" } as const;
  const options = {
    minutes: text,
    count: text,
    seed: text,
    from: text,
    only: text,
    jobs: text,
    out: text,
    repeat: text,
    help: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ args: [...args], options, strict: true });
  if (values.help) throw new Error(USAGE);
  const number = (name: "minutes" | "count" | "seed" | "from" | "jobs", otherwise: number): number => {
    const given = values[name];
    const value = given === undefined ? otherwise : Number(given);
    if (given?.trim() === "" || !(value >= 0) || (name !== "minutes" && value !== Infinity && !Number.isSafeInteger(value))) {
      throw new Error(`--${name}: expected a number, got "${given}"`);
    }
    return value;
  };
  const only = (values.only ?? kinds.map(({ name }) => name).join()).split(",");
  const unknown = only.find((name) => !kinds.some((kind) => kind.name === name));
  if (unknown !== undefined) throw new Error(`--only: expected kinds (${kinds.map(({ name }) => name).join(", ")}), got "${unknown}"`);
  const count = number("count", Infinity);
  return {
    ...{ only, count, minutes: number("minutes", count === Infinity ? 1 : Infinity), seed: number("seed", 1), from: number("from", 0) },
    ...{ jobs: Math.max(1, number("jobs", 1)), out: values.out ?? "build/fuzz", repeat: values.repeat ?? null },
  };
}
