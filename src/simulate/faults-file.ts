/** The file of `--faults`: YAML to a list of faults. Every mistake is a ConfigError of one line. */
import { parseDocument } from "yaml";
import { ConfigError } from "../errors.ts";
import * as is from "../rig/expect.ts";
import { FAULT_KINDS, type Fault, type FaultKind } from "./faults.ts";

const MAX_CHARACTERS = 1 << 16;

const file: is.Expect<{ readonly schema: string; readonly faults: readonly Fault[] }> = is.record(
  {
    schema: is.oneOf("plumbline.faults/1"),
    faults: is.listOf(
      is.record<Fault>(
        {
          kind: is.oneOf(...(Object.keys(FAULT_KINDS) as FaultKind[])),
          stream: is.text,
          from: is.notNegative,
          to: is.positive,
          amount: is.positive,
        },
        ["kind", "stream", "from"],
      ),
    ),
  },
  ["schema", "faults"],
);

/**
 * @param name of the file, for messages
 * @throws ConfigError
 */
export function parseFaults(text: string, name: string): readonly Fault[] {
  try {
    if (text.length > MAX_CHARACTERS) throw new ConfigError(`expected at most ${MAX_CHARACTERS} characters, got ${text.length}`);
    const document = parseDocument(text, { prettyErrors: false, logLevel: "error" });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new ConfigError(`expected YAML, got ${problem.message.split("\n", 1)[0]}`);
    const { faults } = file(document.toJS({ maxAliasCount: 10 }), "");
    for (const [i, { kind, from, to, amount }] of faults.entries()) {
      if (to !== undefined && to <= from) throw new ConfigError(`faults[${i}].to: expected a moment after from (${from}), got ${to}`);
      if (kind === "rate-drop" && amount !== undefined && (!Number.isInteger(amount) || amount < 2)) {
        throw new ConfigError(`faults[${i}].amount: expected a whole number >= 2, got ${amount}`);
      }
    }
    return faults;
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${name}: ${error.message}`);
    throw error;
  }
}
