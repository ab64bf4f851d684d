/**
 * Which column of a table of boxes is what: by a stated map, or by the names people give them. And one row to a label.
 */

import { ConfigError } from "../../errors.ts";
import { atan2 } from "../../geometry/elementary.ts";
import type { RigStream } from "../../rig/rig.ts";
import { decimalNs, TIME_UNITS } from "../tables/decimal.ts";
import { allNumbers } from "./json.ts";
import { type LabelSet, REASON } from "./label-set.ts";
import type { LabelRowOut } from "./labels-file.ts";

/** What a column can be, and the names it goes by, lower case. */
const NAMES = {
  frame: ["frame", "frame_id", "frame_index", "frame_number", "frame_idx"],
  stamp: [
    "stamp",
    "timestamp",
    "time",
    "t",
    "stamp_ns",
    "timestamp_ns",
    "time_ns",
    "stamp_us",
    "timestamp_us",
    "stamp_ms",
    "timestamp_ms",
    "stamp_s",
    "timestamp_s",
    "time_s",
  ],
  track: ["track", "track_id", "trackid", "track_uuid", "object_id", "instance_id", "id"],
  class: ["class", "class_name", "category", "category_name", "label", "type"],
  annotator: ["annotator", "annotator_id", "worker", "worker_id"],
  confidence: ["confidence", "conf", "score"],
  ignored: ["ignored", "ignore", "iscrowd"],
  left: ["left", "x1", "xmin", "x_min", "xtl", "bbox_left"],
  top: ["top", "y1", "ymin", "y_min", "ytl", "bbox_top"],
  right: ["right", "x2", "xmax", "x_max", "xbr", "bbox_right"],
  bottom: ["bottom", "y2", "ymax", "y_max", "ybr", "bbox_bottom"],
  boxWidth: ["bbox_width", "box_width", "width_px"],
  boxHeight: ["bbox_height", "box_height", "height_px"],
  x: ["x", "tx", "tx_m", "center_x", "cx"],
  y: ["y", "ty", "ty_m", "center_y", "cy"],
  z: ["z", "tz", "tz_m", "center_z", "cz"],
  length: ["length", "length_m", "l"],
  width: ["width", "width_m", "w"],
  height: ["height", "height_m", "h"],
  yaw: ["yaw", "heading", "rotation_z"],
  qx: ["qx"],
  qy: ["qy"],
  qz: ["qz"],
  qw: ["qw"],
} as const satisfies Record<string, readonly string[]>;

type Column = keyof typeof NAMES;
const COLUMNS = Object.keys(NAMES) as Column[];

/** Where each column stands: its index in a row that is a list, its name in one that is an object. */
export type ColumnMap = Readonly<Partial<Record<Column, number | string>>>;

export interface LabelTable {
  readonly columns: ColumnMap;
  /** Ten's exponent of the stamps' unit in ns; null: by the size of the first. */
  readonly stampPower: number | null;
  /** Factors to metres and radians; 1 where nothing is stated. */
  readonly factors: Readonly<Record<string, number>>;
}

const LENGTHS: Readonly<Record<string, number>> = { m: 1, cm: 0.01, mm: 0.001 };
const ANGLES: Readonly<Record<string, number>> = { rad: 1, deg: Math.PI / 180 };

const PIXELS: Readonly<Record<string, number>> = { px: 1 };
const METRES: ReadonlySet<Column> = new Set<Column>(["x", "y", "z", "length", "width", "height"]);

/** By the names of a header or of an object's keys; null when these are no boxes over frames. */
export function columnsByName(names: readonly string[], keys: "index" | "name"): LabelTable | null {
  const columns: Partial<Record<Column, number | string>> = {};
  let stampPower: number | null = null;
  for (const [i, name] of names.entries()) {
    const lower = name.trim().toLowerCase();
    const column = COLUMNS.find((one) => columns[one] === undefined && (NAMES[one] as readonly string[]).includes(lower));
    if (!column) continue;
    columns[column] = keys === "index" ? i : name;
    if (column === "stamp") stampPower = TIME_UNITS[/_(ns|us|ms|s)$/.exec(lower)?.[1] ?? ""] ?? null;
  }
  // Left, top, width, height: an image's box, unless a third size says that they are metres.
  if (columns.left !== undefined && columns.right === undefined && columns.boxWidth === undefined && columns.length === undefined) {
    if (columns.width !== undefined) columns.boxWidth = columns.width;
    if (columns.height !== undefined) columns.boxHeight = columns.height;
  }
  return isComplete(columns) ? { columns, stampPower, factors: {} } : null;
}

/**
 * By a rig's map of columns and units.
 *
 * @throws ConfigError for a map that lacks what a box needs, or a unit that is none
 */
export function columnsByRig({ id, columns = {}, units = {} }: RigStream): LabelTable {
  const map: Partial<Record<Column, number>> = {};
  const factors: Record<string, number> = {};
  let stampPower: number | null = null;
  for (const column of COLUMNS) {
    const name = [column, ...NAMES[column]].find((one) => Object.hasOwn(columns, one));
    if (name === undefined) continue;
    map[column] = columns[name] ?? -1;
    const unit = Object.hasOwn(units, name) ? units[name] : undefined;
    if (unit === undefined) continue;
    const known = column === "stamp" ? TIME_UNITS : column === "yaw" ? ANGLES : METRES.has(column) ? LENGTHS : PIXELS;
    const value = Object.hasOwn(known, unit) ? known[unit] : undefined;
    if (value === undefined) {
      throw new ConfigError(`streams ${id}: units.${name}: expected one of ${Object.keys(known).join(", ")}, got ${JSON.stringify(unit)}`);
    }
    if (column === "stamp") stampPower = value;
    else factors[column] = value;
  }
  if (!isComplete(map)) {
    const needed = "frame or stamp, and left, top, right, bottom or x, y, z, length, width, height";
    throw new ConfigError(`streams ${id}: columns: expected ${needed}, got ${Object.keys(columns).join(", ") || "none"}`);
  }
  return { columns: map, stampPower, factors };
}

function isComplete(map: ColumnMap): boolean {
  const has = (...columns: readonly Column[]): boolean => columns.every((column) => map[column] !== undefined);
  const box2d = has("left", "top") && (has("right", "bottom") || has("boxWidth", "boxHeight"));
  const box3d = has("x", "y", "z", "length", "width", "height");
  return (has("frame") || has("stamp")) && (box2d || box3d);
}

/** A value of a row: text, number, bigint, boolean, or nothing. */
export type Cell = (key: number | string) => unknown;

/** Rows of one table, told to a set one after another. */
export class LabelRows {
  readonly #table: LabelTable;
  readonly #out: LabelSet;
  readonly #byStamp = new Map<bigint, number>();
  /** Frames met again, or met after a later one; no fault of a table that goes track by track. */
  readonly #late = new Set<number>();
  #trackRuns = 0;
  #lastTrack: string | null = null;
  #power: number | null;
  #current = -1;
  #number = -1;

  constructor(table: LabelTable, out: LabelSet) {
    this.#table = table;
    this.#out = out;
    this.#power = table.stampPower;
    out.sequence("", { type: "label table", nominalHz: 10, unordered: true });
  }

  add(cell: Cell, start: number, end: number): void {
    const { columns } = this.#table;
    const value = (column: Column): unknown => (columns[column] === undefined ? undefined : cell(columns[column]));
    const stampNs = columns.stamp === undefined ? null : this.#stamp(value("stamp"));
    if (columns.stamp !== undefined && stampNs === null) {
      this.refuse(REASON.stamp, start, end);
      return;
    }
    const number = columns.frame === undefined ? this.#byTime(stampNs ?? 0n) : toNumber(value("frame"));
    const known = this.#out.has("", number);
    const frame = this.#out.frame("", number, stampNs);
    if (frame < 0) {
      this.refuse(REASON.number, start, end);
      return;
    }
    if ((known && frame !== this.#current) || (!known && number < this.#number)) this.#late.add(frame);
    this.#current = frame;
    this.#number = Math.max(this.#number, number);
    this.#out.run(frame, start);
    const reason = this.#fill(value, this.#out.next);
    if (reason === null) {
      this.#followTrack(this.#out.next.track);
      this.#out.keep(frame);
    } else {
      this.#out.clear();
      this.#out.complain(frame, reason);
    }
  }

  /** A row that cannot be read marks the frame it stands in. */
  refuse(reason: string, start: number, end: number): void {
    this.#out.complain(this.#current, reason, [start, end]);
  }

  /** A table sorted by track may go back in time with every track; any other may not. */
  finish(): void {
    const byTrack = this.#trackRuns > 0 && this.#trackRuns === this.#out.trackNames;
    if (byTrack || this.#late.size === 0) return;
    this.#out.inFileOrder("");
    for (const frame of this.#late) this.#out.complain(frame, REASON.again);
  }

  /** The unit is decided once: a table whose unit changes has stamps that jump. */
  #stamp(value: unknown): bigint | null {
    this.#power ??= powerOf(value);
    return decimalNs(value, this.#power);
  }

  /** Frames of a table without frame numbers are its distinct stamps. */
  #byTime(stampNs: bigint): number {
    const known = this.#byStamp.get(stampNs);
    if (known !== undefined) return known;
    this.#byStamp.set(stampNs, this.#byStamp.size);
    return this.#byStamp.size - 1;
  }

  #followTrack(track: string): void {
    if (track === "" || track === this.#lastTrack) return;
    this.#lastTrack = track;
    this.#trackRuns++;
  }

  #fill(value: (column: Column) => unknown, next: LabelRowOut): string | null {
    const { columns, factors } = this.#table;
    const real = (column: Column): number => toNumber(value(column)) * (factors[column] ?? 1);
    next.track = toName(value("track"));
    next.class = toName(value("class"));
    next.annotator = toName(value("annotator"));
    next.ignored = ["1", "true"].includes(toName(value("ignored")).toLowerCase());
    if (columns.confidence !== undefined && !isEmpty(value("confidence"))) next.confidence = toNumber(value("confidence"));
    if (columns.left !== undefined && columns.top !== undefined && !isEmpty(value("left"))) {
      const [left, top] = [toNumber(value("left")), toNumber(value("top"))];
      const right = columns.right === undefined ? left + toNumber(value("boxWidth")) : toNumber(value("right"));
      const bottom = columns.bottom === undefined ? top + toNumber(value("boxHeight")) : toNumber(value("bottom"));
      next.box2d.set([left, top, right, bottom]);
      if (!allNumbers(next.box2d)) return REASON.notANumber;
    }
    if (columns.x !== undefined && columns.length !== undefined && !isEmpty(value("x"))) {
      next.box3d.set([real("x"), real("y"), real("z"), real("length"), real("width"), real("height"), this.#yaw(real)]);
      if (!allNumbers(next.box3d)) return REASON.notANumber;
    }
    return Number.isNaN(next.box2d[0]) && Number.isNaN(next.box3d[0]) ? REASON.notANumber : null;
  }

  #yaw(real: (column: Column) => number): number {
    const { columns } = this.#table;
    if (columns.yaw !== undefined) return real("yaw");
    if (columns.qw === undefined) return 0;
    const [qx, qy, qz, qw] = [real("qx"), real("qy"), real("qz"), real("qw")];
    return atan2(2 * (qw * qz + qx * qy), 1 - 2 * (qy * qy + qz * qz));
  }
}

/** Ten's exponent of a stamp's unit, told by its size: each unit is a thousand times the other, and recordings are of 1973 to 2286. */
export function powerOf(value: unknown): number {
  const stamp = decimalNs(value, 0) ?? 0n;
  const size = stamp < 0n ? -stamp : stamp;
  return size >= 10n ** 17n ? 0 : size >= 10n ** 14n ? 3 : size >= 10n ** 11n ? 6 : 9;
}

function isEmpty(value: unknown): boolean {
  return value === "" || value === null || value === undefined;
}

/** NaN for anything but a finite number or its decimal text. */
function toNumber(value: unknown): number {
  if (typeof value === "number") return Number.isFinite(value) ? value : Number.NaN;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string" || !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(value)) return Number.NaN;
  const number = Number(value);
  return Number.isFinite(number) ? number : Number.NaN;
}

function toName(value: unknown): string {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "bigint" || typeof value === "boolean"
      ? String(value)
      : "";
}
