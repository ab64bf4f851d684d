/** Which column of a plain text table is what: a rig's map of columns and units to a layout of rows. */
import { ConfigError } from "../../errors.ts";
import { nearest } from "../../rig/expect.ts";
import type { RigStream } from "../../rig/rig.ts";
import { powerOf } from "../labels/label-columns.ts";
import { decimalNs, TIME_UNITS } from "./decimal.ts";
import type { RowColumn, RowLayout } from "./rows.ts";
import { Fields, Lines, MAX_FIELDS, type Separator, textOf } from "./text.ts";

/** Of a table whose rows are points: those next to each other with the same stamp are one frame. */
export interface PointsLayout {
  readonly kind: "points";
  readonly separator: Separator;
  readonly comment: string;
  readonly columns: Readonly<Partial<Record<PointColumn, number>>>;
  readonly stampPower: number;
  /** Of `time`. */
  readonly timePower: number;
  readonly factors: Readonly<Partial<Record<PointColumn, number>>>;
  readonly start: number;
}

export type PointColumn = "stamp" | "x" | "y" | "z" | "intensity" | "ring" | "time";
type Column = RowColumn | PointColumn;
export type TableKind = "pose" | "imu" | "stamps" | "points";

const COLUMNS: Readonly<Record<TableKind, readonly Column[]>> = {
  pose: ["stamp", "log", "sequence", "x", "y", "z", "qx", "qy", "qz", "qw", "roll", "pitch", "yaw"],
  imu: ["stamp", "log", "sequence", "wx", "wy", "wz", "ax", "ay", "az"],
  stamps: ["stamp", "log", "sequence"],
  points: ["stamp", "x", "y", "z", "intensity", "ring", "time"],
};

/** Other names that columns go by, ending in the axis. */
const ALIASES: readonly (readonly [RegExp, string])[] = [
  [/^(?:t|p|pos_|position_)([xyz])$/, ""],
  [/^(?:g|gyro_|angular_velocity_)([xyz])$/, "w"],
  [/^(?:acc_|accel_|linear_acceleration_)([xyz])$/, "a"],
];
const TIMES: ReadonlySet<string> = new Set(["timestamp", "time", "t"]);

/** Each is there as a whole or not at all. */
const GROUPS: readonly (readonly Column[])[] = [
  ["qx", "qy", "qz", "qw"],
  ["wx", "wy", "wz"],
  ["ax", "ay", "az"],
];

const LENGTHS = { m: 1, km: 1000, cm: 0.01, mm: 0.001 };
const ANGLES = { rad: 1, deg: Math.PI / 180 };
const RATES = { "rad/s": 1, "deg/s": Math.PI / 180 };
const ACCELERATIONS = { "m/s2": 1, "m/s^2": 1, g: 9.80665, mg: 0.00980665 };
/** Factors to our units, by column; a time's are exponents. */
const UNITS: Readonly<Partial<Record<Column, Readonly<Record<string, number>>>>> = {
  ...{ stamp: TIME_UNITS, log: TIME_UNITS, time: TIME_UNITS },
  ...{ x: LENGTHS, y: LENGTHS, z: LENGTHS },
  ...{ roll: ANGLES, pitch: ANGLES, yaw: ANGLES },
  ...{ wx: RATES, wy: RATES, wz: RATES },
  ...{ ax: ACCELERATIONS, ay: ACCELERATIONS, az: ACCELERATIONS },
};

const SEPARATORS: readonly (readonly [string, Separator])[] = [
  [",", "comma"],
  [";", "semicolon"],
  ["\t", "tab"],
];

export function isTableKind(kind: string | undefined): kind is TableKind {
  return kind !== undefined && Object.hasOwn(COLUMNS, kind);
}

/**
 * @param head the file's first bytes
 * @throws ConfigError for columns or units that say nothing of such a stream
 */
export function tableLayout(stream: RigStream, kind: TableKind, head: Uint8Array): RowLayout | PointsLayout {
  const columns = columnsOf(stream, kind);
  const factors: Partial<Record<Column, number>> = {};
  const powers: Partial<Record<Column, number>> = {};
  for (const [name, unit] of Object.entries(stream.units ?? {})) {
    const column = columnNamed(name, kind);
    const known = (column && UNITS[column]) ?? { "": 1 };
    const value = Object.hasOwn(known, unit) ? known[unit] : undefined;
    if (column === null || value === undefined) {
      const expected = column && UNITS[column] ? `one of ${Object.keys(known).join(", ")}` : "no unit";
      throw new ConfigError(`streams ${stream.id}: units.${name}: expected ${expected}, got ${JSON.stringify(unit)}`);
    }
    if (known === TIME_UNITS) powers[column] = value;
    else factors[column] = value;
  }
  const comment = stream.comment ?? "#";
  const first = firstRow(stream, columns, comment, head);
  const power = (column: "stamp" | "log"): number => powers[column] ?? powerOf(first.text(columns[column]));
  const common = { separator: first.separator, comment, columns, factors, start: first.start };
  if (kind === "points") return { kind, ...common, stampPower: power("stamp"), timePower: powers.time ?? 9 };
  return { kind, ...common, stampPower: power("stamp"), logPower: power("log") };
}

function columnsOf({ id, columns = {} }: RigStream, kind: TableKind): Readonly<Partial<Record<Column, number>>> {
  const known: readonly string[] = COLUMNS[kind];
  const map: Partial<Record<Column, number>> = {};
  for (const [name, column] of Object.entries(columns)) {
    const meant = columnNamed(name, kind);
    if (meant === null) {
      const near = nearest(name, known);
      const hint = near === null ? `expected one of ${known.join(", ")}` : `did you mean ${near}?`;
      throw new ConfigError(`streams ${id}: columns.${name}: unknown column of a table of kind ${kind}; ${hint}`);
    }
    if (column >= MAX_FIELDS) throw new ConfigError(`streams ${id}: columns.${name}: expected a column below ${MAX_FIELDS}, got ${column}`);
    map[meant] = column;
  }
  const has = (...names: readonly Column[]): boolean => names.every((name) => map[name] !== undefined);
  const missing = (needed: string): never => {
    throw new ConfigError(`streams ${id}: columns: expected ${needed}, got ${Object.keys(columns).join(", ") || "none"}`);
  };
  for (const group of GROUPS) if (group.some((name) => has(name)) && !has(...group)) missing(group.join(", "));
  if (!has("stamp") && (kind === "points" || !has("log"))) missing(kind === "points" ? "stamp" : "stamp or log");
  if (kind === "pose" && !has("x", "y") && !has("qw") && !has("yaw")) missing("x, y, z or qx, qy, qz, qw or yaw");
  if (kind === "imu" && !has("wx") && !has("ax")) missing("wx, wy, wz or ax, ay, az");
  if (kind === "points" && !has("x", "y", "z")) missing("x, y, z");
  return map;
}

/** What a name of a rig's map means; null for nothing here. */
function columnNamed(name: string, kind: TableKind): Column | null {
  const known: readonly string[] = COLUMNS[kind];
  const isKnown = (one: string): one is Column => known.includes(one);
  if (isKnown(name)) return name;
  if (TIMES.has(name)) return "stamp";
  for (const [pattern, prefix] of ALIASES) {
    const meant = prefix + (pattern.exec(name)?.[1] ?? "?");
    if (isKnown(meant)) return meant;
  }
  return null;
}

interface FirstRow {
  readonly separator: Separator;
  readonly start: number;
  /** "" where there is no row. */
  text(column: number | undefined): string;
}

/** The separator, where the rows begin, and the first of them. */
function firstRow(stream: RigStream, columns: Readonly<Partial<Record<Column, number>>>, comment: string, head: Uint8Array): FirstRow {
  const lines = new Lines(head);
  const fields = new Fields();
  const text = (column: number | undefined): string => (column === undefined ? "" : fields.text(column));
  let separator = stream.separator;
  let start = 0;
  let isFirst = true;
  while (lines.next()) {
    const line = textOf(head, lines.start, lines.end);
    if (line.trim() === "" || line.trimStart().startsWith(comment)) continue;
    separator ??= SEPARATORS.find(([sign]) => line.includes(sign))?.[1] ?? "space";
    fields.split(head, lines.start, lines.end, separator);
    const isNumber = decimalNs(text(columns.stamp ?? columns.log), 0) !== null;
    if (!isFirst || !(stream.header ?? !isNumber)) break;
    isFirst = false;
    start = lines.after;
    fields.split(head, 0, 0, separator);
  }
  return { separator: separator ?? "space", start, text };
}
