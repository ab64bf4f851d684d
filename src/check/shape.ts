/** Whether what a program gives as a check is one: told when it is defined, and again where a catalogue comes in. */
import { callback, type Given, integer, isObject, listOf, number, record, text, wrong } from "../given.ts";
import type { Need, Severity } from "../types.ts";

const NEEDS: Readonly<Record<Need, true>> = {
  ...{ frames: true, digests: true, points: true, imu: true, poses: true, labels: true, images: true },
};
const SEVERITIES: Readonly<Record<Severity, true>> = { error: true, warning: true, info: true };
const finite = number("a number", Number.isFinite);
const need = oneOf(NEEDS);
const severity = oneOf(SEVERITIES);

const id: Given<string> = (value, name) => {
  const given = text(value, name);
  if (!/^[^\s/*,]+\/[^\s/*,]+$/.test(given)) throw new RangeError(`${name}: expected domain/name, got ${JSON.stringify(given)}`);
  return given;
};

const kind = record("a kind", { severity, meaning: text }, ["severity", "meaning"]);
const flag: Given<boolean> = (value, name) => (typeof value === "boolean" ? value : wrong(name, "true or false", value));
const table = record(
  "a table",
  { id: text, needs: listOf("needs", need), bytesPerRow: finite, appliesTo: callback, collect: callback, join: callback },
  ["id", "needs", "bytesPerRow", "appliesTo", "collect", "join"],
);
const fold = record("a fold", { looksAt: callback, observe: callback, merge: callback }, ["looksAt", "observe", "merge"]);

/** Itself, not a copy. @throws TypeError or RangeError that names what is missing or wrong */
export function checkGiven<C>(value: unknown, name: string): C {
  const given = fieldsOf(value, name);
  const at = (key: string): string => (name === "" ? key : `${name}.${key}`);
  id(given["id"], at("id"));
  text(given["title"], at("title"));
  integer(0, 2)(given["level"], at("level"));
  listOf("needs", need)(given["needs"], at("needs"));
  const defaults = mapOf(finite, given["defaults"], at("defaults"));
  mapOf(kind, given["kinds"], at("kinds"));
  listOf("texts", text)(given["blindSpots"], at("blindSpots"));
  if (given["sees"] !== undefined) listOf("tables", table)(given["sees"], at("sees"));
  if (given["early"] !== undefined) flag(given["early"], at("early"));
  if (given["requires"] !== undefined && given["requires"] !== "seal") wrong(at("requires"), '"seal"', given["requires"]);
  callback(given["describe"], at("describe"));
  callback(given["conclude"], at("conclude"));
  if (given["fold"] !== undefined) fold(given["fold"], at("fold"));
  if (given["ranges"] !== undefined) rangesOf(given["ranges"], defaults, at("ranges"));
  return value as C;
}

/** The part of a check of streams that `defineStreamCheck` makes a check of. @throws TypeError */
export function streamCheckGiven<C>(value: unknown): C {
  const given = fieldsOf(value, "");
  text(given["absent"], "absent");
  for (const key of ["appliesTo", "observe", "merge", "answer"]) callback(given[key], key);
  return value as C;
}

/** @throws TypeError or RangeError, also where two have one id */
export function catalogueGiven<C extends { readonly id: string }>(value: unknown, name: string): readonly C[] {
  const checks = listOf<C>("checks", checkGiven)(value, name);
  for (const [i, check] of checks.entries()) {
    const before = checks.findIndex((one) => one.id === check.id);
    if (before < i) throw new RangeError(`${name}[${i}].id: expected an id of its own, got "${check.id}" as in ${name}[${before}]`);
  }
  return checks;
}

function rangesOf(value: unknown, defaults: Readonly<Record<string, number>>, name: string): void {
  for (const [option, range] of Object.entries(fieldsOf(value, name))) {
    const { least, most = Number.POSITIVE_INFINITY } = fieldsOf(range, `${name}.${option}`);
    const low = finite(least, `${name}.${option}.least`);
    const high = number("a number", (n) => !Number.isNaN(n))(most, `${name}.${option}.most`);
    const preset = Object.hasOwn(defaults, option) ? (defaults[option] ?? Number.NaN) : Number.NaN;
    if (!(preset >= low && preset <= high))
      throw new RangeError(`${name}.${option}: expected a range that holds the option's default, got another`);
  }
}

function mapOf<T>(item: Given<T>, value: unknown, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(fieldsOf(value, name)).map(([key, one]) => [key, item(one, `${name}.${key}`)]));
}

function fieldsOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  return isObject(value) ? (value as Readonly<Record<string, unknown>>) : wrong(name, "an object", value);
}

function oneOf<T extends string>(allowed: Readonly<Record<T, unknown>>): Given<T> {
  return (value, name) => {
    const given = text(value, name);
    if (!Object.hasOwn(allowed, given))
      throw new RangeError(`${name}: expected one of ${Object.keys(allowed).join(", ")}, got ${JSON.stringify(given)}`);
    return given as T;
  };
}
