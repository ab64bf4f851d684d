/** When the points of a cloud were measured: the unit of their times, and what they count from. */

import type { Kernels } from "../kernels.ts";
import type { FieldType, PointField, PointTable } from "../types.ts";
import { FIELD_BYTES, fieldOf } from "./point-fields.ts";

/** Seconds per unit. */
const UNIT_S = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 } as const;
/** A sweep lasts between these, seconds: what tells the unit where nobody states it. */
const SHORTEST_SWEEP_S = 0.02;
const LONGEST_SWEEP_S = 0.3;
/** A first point further than this from the stamp has another clock. */
const MOST_S = 1;

/** By this number kernels know the type of a field (src/abi.ts). */
export const FIELD_TYPES: readonly FieldType[] = ["i8", "u8", "i16", "u16", "i32", "u32", "f32", "f64", "f16", "i64"];

export interface PointTimes {
  readonly field: PointField;
  /** Seconds per unit of the field. */
  readonly unitS: number;
  /** Of the base row, seconds after the stamp; null when it is neither near 0 nor near the stamp. */
  readonly baseS: number | null;
}

/**
 * @param span begin and end of the sweep's times less the base row's, in the field's own unit: tells the unit where neither format nor rig does
 * @param stated what the rig says
 * @param baseRow the row whose time tells what times count from: the first, unless a better one is known
 * @returns null where points have no time, or its unit is not to be told
 */
export function pointTimes(
  table: PointTable,
  stampNs: bigint,
  span: readonly [number, number],
  kernels: Kernels,
  stated?: keyof typeof UNIT_S,
  baseRow = 0,
): PointTimes | null {
  const field = fieldOf(table, "time");
  if (!field || table.pointer === null || table.bigEndian || table.count === 0) return null;
  const known = stated ?? table.time?.unit;
  const lasts = (seconds: number): boolean =>
    (span[1] - span[0]) * seconds >= SHORTEST_SWEEP_S && (span[1] - span[0]) * seconds <= LONGEST_SWEEP_S;
  const unitS = known ? UNIT_S[known] : Object.values(UNIT_S).find(lasts);
  return unitS === undefined ? null : { field, unitS, baseS: timeOf(table, field, baseRow, unitS, stampNs, kernels) };
}

/** First and last row's times less the first row's: the span of points that come in order of time. */
export function spanOfEnds(table: PointTable, field: PointField, kernels: Kernels): readonly [number, number] {
  const [first, last] = [0, Math.max(0, table.count - 1)].map((row) => rawTime(table, field, row, kernels));
  if (typeof first === "bigint" && typeof last === "bigint") return [0, Number(last - first)];
  return [0, Number(last) - Number(first)];
}

function timeOf(table: PointTable, field: PointField, row: number, unitS: number, stampNs: bigint, kernels: Kernels): number | null {
  const raw = rawTime(table, field, row, kernels);
  const seconds = Number(raw) * unitS;
  if (Math.abs(seconds) < MOST_S) return seconds;
  const since = typeof raw === "bigint" && unitS === UNIT_S.ns ? Number(raw - stampNs) / 1e9 : seconds - Number(stampNs) / 1e9;
  return Math.abs(since) < MOST_S ? since : null;
}

function rawTime({ pointer, stride }: PointTable, { offset, type }: PointField, row: number, kernels: Kernels): number | bigint {
  return READ[type](new DataView(kernels.exports.memory.buffer, (pointer ?? 0) + row * stride + offset, FIELD_BYTES[type]));
}

const READ: Readonly<Record<FieldType, (view: DataView) => number | bigint>> = {
  i8: (view) => view.getInt8(0),
  u8: (view) => view.getUint8(0),
  i16: (view) => view.getInt16(0, true),
  u16: (view) => view.getUint16(0, true),
  i32: (view) => view.getInt32(0, true),
  u32: (view) => view.getUint32(0, true),
  f32: (view) => view.getFloat32(0, true),
  f64: (view) => view.getFloat64(0, true),
  i64: (view) => view.getBigInt64(0, true),
  f16: () => Number.NaN,
};
