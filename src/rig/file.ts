/**
 * The rig file: YAML to a validated `Rig` and back. Every mistake is a ConfigError of one line that names the place in
 * the file, what was expected and what was there; an unknown key is a mistake, since it would silently mean nothing.
 */

import { Document, isScalar, LineCounter, parseDocument, Scalar, visit } from "yaml";
import { ConfigError } from "../errors.ts";
import { isSafe, yaml } from "../report/escape.ts";
import { short } from "./expect.ts";
import { type Rig, rigOf } from "./rig.ts";

/** A rig of a hundred streams is some 20 KB, one of 30,000 is read in 3 s. */
const MAX_CHARACTERS = 1 << 22;
/** A file that is larger holds more characters than that. */
export const MAX_RIG_BYTES = 4 * MAX_CHARACTERS;
/** Anchors save typing; a file that expands to more than this many nodes per alias is an attack. */
const MAX_ALIASES = 100;

/**
 * @param name of the file, for messages
 * @throws ConfigError
 */
export function parseRig(text: string, name: string): Rig {
  try {
    return rigOf(parseYaml(text), "");
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${name}: ${error.message}`);
    throw error;
  }
}

/**
 * The rig as YAML, keys in the order of the documentation, safe to print; `parseRig` gives it back.
 *
 * @throws ConfigError for one that `parseRig` would refuse
 */
export function formatRig(value: Rig): string {
  const document = new Document(rigOf(value, ""), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === "string" && !isSafe(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const text = yaml(document.toString({ lineWidth: 0 }));
  expectReadable(text);
  return text;
}

function expectReadable(text: string): void {
  if (text.length > MAX_CHARACTERS) throw new ConfigError(`expected a rig of at most ${MAX_CHARACTERS} characters, got ${text.length}`);
}

function parseYaml(text: string): unknown {
  expectReadable(text);
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  try {
    // The library compares every key with every other; `duplicateKey` finds the same in one pass.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: "error" });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new ConfigError(`${at(problem.pos[0])}: expected YAML, got ${reason(problem)}`);
    const twice = duplicateKey(document);
    if (twice) throw new ConfigError(`${at(twice.offset)}: expected each key once, got ${JSON.stringify(short(twice.key))} again`);
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`expected YAML, got ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // The parser recurses: brackets nested by the thousand end its stack.
  return /call stack/.test(message) ? "too deep a nesting" : (message.split("\n", 1)[0] ?? "");
}

function duplicateKey(document: Document.Parsed): { readonly key: string; readonly offset: number } | null {
  let found: { readonly key: string; readonly offset: number } | null = null;
  visit(document, {
    Map(_, map) {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : null;
        if (name !== null && keys.has(name)) {
          found = { key: name, offset: isScalar(key) ? (key.range?.[0] ?? 0) : 0 };
          return visit.BREAK;
        }
        if (name !== null) keys.add(name);
      }
      return undefined;
    },
  });
  return found;
}
