/**
 * What a program gives the functions of the library: unknown in, a typed value out. TypeError for a value of another type and for an option
 * there is none of, RangeError for one out of range, in the words "level: expected an integer from 0 to 2, got 7". What is also written in
 * files or on the command line (rigs, ids of checks and their options, names of formats, paths) is configuration: ConfigError, by src/expect.ts.
 */
import { ConfigError } from "./errors.ts";
import { nearest, short, show } from "./rig/expect.ts";

/** @throws TypeError, RangeError or ConfigError naming `name` */
export type Given<T> = (value: unknown, name: string) => T;

/** Of every option what it must be. */
export type Fields<T> = { readonly [K in keyof T]-?: Given<Exclude<T[K], undefined>> };

export const text: Given<string> = (value, name) => (typeof value === "string" ? value : wrong(name, "text", value));

export const flag: Given<boolean> = (value, name) => (typeof value === "boolean" ? value : wrong(name, "true or false", value));

export const bytes: Given<Uint8Array> = (value, name) => (value instanceof Uint8Array ? value : wrong(name, "a Uint8Array", value));

/** Whether it is a path of anything is for the file system to say. */
export const path: Given<string> = (value, name) => {
  if (typeof value !== "string") return wrong(name, "a path", value);
  if (value === "" || value.includes("\0"))
    throw new ConfigError(`${name}: expected a path, got ${value === "" ? "nothing" : show(value)}`);
  return value;
};

/** A callback. What it gives back is looked at by src/pipeline/following.ts. */
export function callback<F extends (...args: never[]) => unknown>(value: unknown, name: string): F {
  return typeof value === "function" ? (value as F) : wrong(name, "a function", value);
}

/** An AbortSignal, also of another realm. */
export const signal: Given<AbortSignal> = (value, name) => {
  const { aborted, addEventListener, removeEventListener } = (isObject(value) ? value : {}) as Partial<AbortSignal>;
  const isSignal = typeof aborted === "boolean" && typeof addEventListener === "function" && typeof removeEventListener === "function";
  return isSignal ? (value as AbortSignal) : wrong(name, "an AbortSignal", value);
};

export function number(what: string, holds: (n: number) => boolean): Given<number> {
  return (value, name) => {
    if (typeof value !== "number") return wrong(name, what, value);
    if (!holds(value)) throw new RangeError(`${name}: expected ${what}, got ${value}`);
    return value;
  };
}

/** @param most without one, any that is still exact */
export function integer<N extends number = number>(least: N, most?: N): Given<N> {
  const what = most === undefined ? `an integer >= ${least}` : `an integer from ${least} to ${most}`;
  return number(what, (n) => Number.isSafeInteger(n) && n >= least && (most === undefined || n <= most)) as Given<N>;
}

export function listOf<T>(what: string, item: Given<T>): Given<readonly T[]> {
  return (value, name) =>
    Array.isArray(value) ? Array.from(value, (one, i) => item(one, `${name}[${i}]`)) : wrong(name, `a list of ${what}`, value);
}

/** So many numbers: `[number, number]` and the like. */
export function tuple<T extends readonly number[]>(count: number, item: Given<number>): Given<T> {
  const what = `a list of ${count} numbers`;
  return (value, name) => {
    if (!Array.isArray(value) || value.length !== count) return wrong(name, what, value);
    return Array.from(value, (one, i) => item(one, `${name}[${i}]`)) as unknown as T;
  };
}

/** Of data that may hold more: a copy of the fields that are known. Those not `required` may be absent. */
export function record<T extends object>(what: string, fields: Fields<T>, required: readonly (keyof T & string)[]): Given<T> {
  const all = Object.entries<Given<unknown>>(fields).map(([key, check]) => ({
    key,
    check,
    isRequired: required.some((one) => one === key),
  }));
  return (value, name) => {
    if (!isObject(value)) return wrong(name, what, value);
    const out: Record<string, unknown> = {};
    for (const { key, check, isRequired } of all) {
      const one = (value as Readonly<Record<string, unknown>>)[key];
      if (one !== undefined || isRequired) out[key] = check(one, `${name}.${key}`);
    }
    return out as T;
  };
}

/** Of a value that is checked where it is used. */
export function unlooked<T>(value: unknown): T {
  return value as T;
}

/**
 * Options, each checked: a copy, so that nothing their owner does later changes a run. Those that are undefined are left out.
 *
 * @param name what they are, for messages
 */
export function optionsOf<T extends object>(value: unknown, fields: Fields<T>, name = "options"): T {
  if (!isObject(value)) return wrong(name, "an object", value);
  const names = Object.keys(fields);
  for (const key of Object.keys(value)) {
    if (names.includes(key)) continue;
    const near = nearest(key, names);
    throw new TypeError(
      `${short(key)}: unknown option; ${near === null ? `expected one of ${names.join(", ")}` : `did you mean ${near}?`}`,
    );
  }
  const values = Object.entries<Given<unknown>>(fields).map(([key, check]) => {
    const one = (value as Readonly<Record<string, unknown>>)[key];
    return [key, one === undefined ? undefined : check(one, key)] as const;
  });
  return Object.fromEntries(values.filter(([, one]) => one !== undefined)) as T;
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws TypeError */
export function wrong(name: string, expected: string, got: unknown): never {
  throw new TypeError(`${name === "" ? "" : `${name}: `}expected ${expected}, got ${show(got)}`);
}
