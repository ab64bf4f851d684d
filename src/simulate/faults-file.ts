/** The file of `--faults`: YAML to a list of faults. Every mistake is a ConfigError of one line. */
import { parseDocument } from "yaml";
import { ConfigError } from "../errors.ts";
import * as given from "../given.ts";
import * as is from "../rig/expect.ts";
import { type Fault, faultsOf } from "./faults.ts";

const MAX_CHARACTERS = 1 << 16;

const file: is.Expect<{ readonly schema: string; readonly faults: readonly Fault[] }> = is.record(
  { schema: is.oneOf("plumbline.faults/1"), faults: faultsOf },
  ["schema", "faults"],
);

/**
 * @param name of the file, for messages
 * @throws ConfigError; TypeError for what is no text
 */
export function parseFaults(text: string, name: string): readonly Fault[] {
  given.text(text, "faults");
  given.text(name, "name");
  try {
    if (text.length > MAX_CHARACTERS) throw new ConfigError(`expected at most ${MAX_CHARACTERS} characters, got ${text.length}`);
    const document = parseDocument(text, { prettyErrors: false, logLevel: "error" });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new ConfigError(`expected YAML, got ${problem.message.split("\n", 1)[0]}`);
    return file(document.toJS({ maxAliasCount: 10 }), "").faults;
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${name}: ${error.message}`);
    throw error;
  }
}
