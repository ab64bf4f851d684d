/**
 * The rig file: YAML to a validated `Rig` and back. Every mistake is a ConfigError of one line that names the place in
 * the file, what was expected and what was there; an unknown key is a mistake, since it would silently mean nothing.
 */
import { type Document, isScalar, LineCounter, parseDocument, stringify, visit } from "yaml";
import { ConfigError } from "./errors.ts";
import * as is from "./expect.ts";
import { type Rig, type RigStream, SWEEP_CLAUSES } from "./rig.ts";

/** A rig of a hundred streams is some 20 KB. */
const MAX_CHARACTERS = 1 << 18;
/** Anchors save typing; a file that expands to more than this many nodes per alias is an attack. */
const MAX_ALIASES = 100;

const stream: is.Expect<RigStream> = is.record(
  {
    id: is.text,
    kind: is.oneOf("points", "imu", "pose", "image", "labels", "stamps", "bytes"),
    required: is.flag,
    rateHz: is.positive,
    maxGapMs: is.positive,
    sweepPeriodMs: is.positive,
    spin: is.oneOf("clockwise", "counterclockwise"),
    stampReference: is.oneOf("start", "middle", "end"),
    pointTimeUnit: is.oneOf("ns", "us", "ms", "s"),
    deskewed: is.flag,
    classes: is.listOf(is.text),
    extrinsic: is.record({ rotation: is.quaternion }, ["rotation"]),
    path: is.relativePath,
    columns: is.mapOf(is.index),
    units: is.mapOf(is.text),
    header: is.flag,
    separator: is.oneOf("comma", "semicolon", "tab", "space"),
    comment: is.text,
  },
  ["id"],
);

const rig: is.Expect<Rig> = is.record(
  {
    schema: is.oneOf("plumbline.rig/1"),
    framesPerBlock: is.count,
    streams: is.listOf(stream),
    offsets: is.listOf(
      is.record({ between: is.pair, expectedMs: is.finite, toleranceMs: is.notNegative }, ["between", "expectedMs", "toleranceMs"]),
    ),
    association: is.listOf(is.record({ between: is.pair, toleranceMs: is.notNegative }, ["between", "toleranceMs"])),
    accept: is.listOf(
      is.record(
        {
          check: is.text,
          status: is.oneOf("pass", "fail", "not_run", "not_observable"),
          reason: is.text,
          stream: is.text,
          why: is.text,
          by: is.text,
        },
        ["check", "status", "why", "by"],
      ),
    ),
  },
  ["schema"],
);

/**
 * @param name of the file, for messages
 * @throws ConfigError
 */
export function parseRig(text: string, name: string): Rig {
  try {
    const parsed = rig(parseYaml(text), "");
    checkStreams(parsed.streams ?? []);
    return parsed;
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${name}: ${error.message}`);
    throw error;
  }
}

/** The rig as YAML, keys in the order of the documentation; `parseRig` gives it back. */
export function formatRig(value: Rig): string {
  return stringify(rig(value, ""), { lineWidth: 0, aliasDuplicateObjects: false });
}

function parseYaml(text: string): unknown {
  if (text.length > MAX_CHARACTERS) throw new ConfigError(`expected at most ${MAX_CHARACTERS} characters, got ${text.length}`);
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
    if (twice) throw new ConfigError(`${at(twice.offset)}: expected each key once, got ${JSON.stringify(is.short(twice.key))} again`);
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

function checkStreams(streams: readonly RigStream[]): void {
  const seen = new Map<string, number>();
  for (const [i, stream] of streams.entries()) {
    const { id, kind, columns, units } = stream;
    const before = seen.get(id);
    if (before !== undefined)
      throw new ConfigError(`streams[${i}].id: expected an id of its own, got ${JSON.stringify(is.short(id))} as in streams[${before}]`);
    seen.set(id, i);
    const clause = SWEEP_CLAUSES.find((one) => stream[one] !== undefined);
    if (clause && kind !== undefined && kind !== "points")
      throw new ConfigError(`streams[${i}].${clause}: expected a stream of kind points, got ${kind}`);
    for (const unit of Object.keys(units ?? {})) {
      if (columns?.[unit] === undefined)
        throw new ConfigError(`streams[${i}].units.${is.short(unit)}: expected the name of a column, got none of that name in columns`);
    }
  }
}
