/**
 * Validators for configuration: unknown in, a typed value or a ConfigError out, in the words
 * "streams[2].rateHz: expected a number > 0, got "ten"".
 */
import { ConfigError } from "../errors.ts";

export interface Expect<T> {
  /** @throws ConfigError naming `path` */
  (value: unknown, path: string): T;
  /** See `orNone`. */
  readonly orNone?: true;
}

export const text: Expect<string> = (value, path) =>
  typeof value === "string" && value !== "" ? value : wrong(path, "text that is not empty", value);

export const flag: Expect<boolean> = (value, path) => (typeof value === "boolean" ? value : wrong(path, "true or false", value));

export const finite: Expect<number> = number("a number", () => true);
export const positive: Expect<number> = number("a number > 0", (n) => n > 0);
export const notNegative: Expect<number> = number("a number >= 0", (n) => n >= 0);
export const count: Expect<number> = number("an integer >= 1", (n) => Number.isSafeInteger(n) && n >= 1);
/** Of a column, from 0. */
export const index: Expect<number> = number("an integer >= 0", (n) => Number.isSafeInteger(n) && n >= 0);

/** Inside the recording's folder: a rig may come with a recording of unknown origin. */
export const relativePath: Expect<string> = (value, path) => {
  const inside = typeof value === "string" && value !== "" && !/^\/|^[A-Za-z]:|\\|\0/.test(value) && !value.split("/").includes("..");
  return inside ? value : wrong(path, "a path inside the recording's folder, with /", value);
};

/** Ids of two different streams. */
export const pair: Expect<readonly [string, string]> = (value, path) => {
  if (!Array.isArray(value) || value.length !== 2) return wrong(path, "a list of two stream ids", value);
  const [a, b] = [text(value[0], `${path}[0]`), text(value[1], `${path}[1]`)];
  return a === b ? wrong(path, "two different stream ids", value) : [a, b];
};

/** A rotation as x y z w, of length 1 to a thousandth; given back of length 1. */
export const quaternion: Expect<readonly [number, number, number, number]> = (value, path) => {
  const what = "a list of four numbers x, y, z, w whose squares sum to 1";
  if (!Array.isArray(value) || value.length !== 4) return wrong(path, what, value);
  const [x, y, z, w] = [0, 1, 2, 3].map((i) => finite(value[i], `${path}[${i}]`)) as [number, number, number, number];
  const length = Math.sqrt(x * x + y * y + z * z + w * w);
  return Math.abs(length - 1) <= 1e-3 ? [x / length, y / length, z / length, w / length] : wrong(path, what, value);
};

export function oneOf<const T extends string>(...allowed: readonly T[]): Expect<T> {
  return (value, path) =>
    allowed.find((one) => one === value) ??
    wrong(path, allowed.length === 1 ? JSON.stringify(allowed[0]) : `one of ${allowed.join(", ")}`, value);
}

export function listOf<T>(item: Expect<T>): Expect<readonly T[]> {
  return (value, path) => (Array.isArray(value) ? Array.from(value, (one, i) => item(one, `${path}[${i}]`)) : wrong(path, "a list", value));
}

export function mapOf<T>(item: Expect<T>): Expect<Readonly<Record<string, T>>> {
  return (value, path) =>
    isMap(value)
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, item(one, join(path, short(key)))]))
      : wrong(path, "a map of names to values", value);
}

/** Of a field: absent where nothing is written, as YAML leaves a list or a map that is empty. */
export function orNone<T>(expect: Expect<T>): Expect<T> {
  return Object.assign((value: unknown, path: string) => expect(value, path), { orNone: true } as const);
}

/** Fields in the order of `fields`; those not `required` may be absent. An unknown one is refused with the nearest known. */
export function record<T extends object>(
  fields: { readonly [K in keyof T]-?: Expect<Exclude<T[K], undefined>> },
  required: readonly (keyof T & string)[],
): Expect<T> {
  const names = Object.keys(fields);
  return (value, path) => {
    if (!isMap(value)) return wrong(path, "a map", value);
    for (const key of Object.keys(value)) {
      if (names.includes(key)) continue;
      const near = nearest(key, names);
      const hint = near === null ? `expected one of ${names.join(", ")}` : `did you mean ${near}?`;
      throw new ConfigError(`${join(path, short(key))}: unknown key; ${hint}`);
    }
    for (const key of required) if (value[key] === undefined) throw new ConfigError(`${join(path, key)}: expected a value, got nothing`);
    const isGiven = (key: string, { orNone }: Expect<unknown>): boolean => value[key] !== undefined && !(orNone && value[key] === null);
    const given = Object.entries<Expect<unknown>>(fields).filter(([key, expect]) => isGiven(key, expect));
    return Object.fromEntries(given.map(([key, expect]) => [key, expect(value[key], join(path, key))])) as T;
  };
}

/** The candidate a typing mistake away, if there is one. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (word.length > 64) return null;
  const limit = Math.max(1, Math.floor(word.length / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best && best.edits <= limit ? best.candidate : null;
}

/** Levenshtein, two rows. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function number(what: string, holds: (n: number) => boolean): Expect<number> {
  return (value, path) => (typeof value === "number" && Number.isFinite(value) && holds(value) ? value : wrong(path, what, value));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Also of another realm: a frame of a page, a sandbox.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The path of a field. */
export function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function wrong(path: string, expected: string, got: unknown): never {
  throw new ConfigError(`${path === "" ? "" : `${path}: `}expected ${expected}, got ${show(got)}`);
}

/** A short look at what was there; never the whole of something large or circular. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "function") return "a function";
  if (typeof value === "object") return "a map";
  return typeof value === "string" ? JSON.stringify(short(value)) : short(String(value));
}

/** Text of any length in a message of one line. */
export function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
