/** Points as a sensor's message holds them, in rows of any layout: for kernels that read them in place. */
import { FIELD_BYTES, type PointRole } from "../src/columns/point-fields.ts";
import { FIELD_TYPES } from "../src/columns/point-times.ts";
import type { FieldType } from "../src/types.ts";

export interface RowPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** In the field's own unit; whole where the field is. */
  readonly time: number | bigint;
  readonly laser: number;
  readonly intensity: number;
}

export interface Layout {
  /** Common type of x, y and z. */
  readonly place?: FieldType;
  readonly time?: FieldType;
  readonly ring?: FieldType;
  readonly intensity?: FieldType;
  /** Fields in the order they lie, after a byte that makes all of them odd. */
  readonly order?: readonly PointRole[];
  /** Bytes of a row behind its last field. */
  readonly tail?: number;
}

export interface PointRows {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly stride: number;
  /** Offset of a field in a row, and its type as kernels number them. */
  readonly at: Readonly<Record<PointRole, readonly [number, number]>>;
  /** The points as the fields hold them. */
  readonly points: readonly RowPoint[];
}

const LEAD = 1;
const ORDER: readonly PointRole[] = ["x", "y", "z", "time", "ring", "intensity"];

export function rowsOf(points: readonly Partial<RowPoint>[], layout: Layout = {}): PointRows {
  const { place = "f32", time = "f64", ring = "u8", intensity = "u8", order = ORDER, tail = 3 } = layout;
  const types: Readonly<Record<PointRole, FieldType>> = { x: place, y: place, z: place, time, ring, intensity };
  const offsets = order.map((_, i) => order.slice(0, i).reduce((sum, role) => sum + FIELD_BYTES[types[role]], LEAD));
  const where = (role: PointRole): readonly [number, number] => [offsets[order.indexOf(role)] ?? 0, FIELD_TYPES.indexOf(types[role])];
  const at = { x: where("x"), y: where("y"), z: where("z"), time: where("time"), ring: where("ring"), intensity: where("intensity") };
  const stride = order.reduce((sum, role) => sum + FIELD_BYTES[types[role]], LEAD) + tail;
  const bytes = new Uint8Array(stride * points.length).fill(0xa7);
  const view = new DataView(bytes.buffer);
  const held = points.map((point, i) => {
    const put = (role: PointRole, value: number | bigint): number | bigint => {
      const [set, get] = ACCESS[types[role]];
      set(view, stride * i + at[role][0], value);
      return get(view, stride * i + at[role][0]);
    };
    const { x = 0, y = 0, z = 0, time = 0, laser = 0, intensity = 0 } = point;
    return {
      ...{ x: Number(put("x", x)), y: Number(put("y", y)), z: Number(put("z", z)), time: put("time", time) },
      ...{ laser: Number(put("ring", laser)), intensity: Number(put("intensity", intensity)) },
    };
  });
  return { bytes, count: points.length, stride, at, points: held };
}

type Access = readonly [(view: DataView, at: number, value: number | bigint) => void, (view: DataView, at: number) => number | bigint];

const ACCESS: Readonly<Record<FieldType, Access>> = {
  i8: [(view, at, value) => view.setInt8(at, Number(value)), (view, at) => view.getInt8(at)],
  u8: [(view, at, value) => view.setUint8(at, Number(value)), (view, at) => view.getUint8(at)],
  i16: [(view, at, value) => view.setInt16(at, Number(value), true), (view, at) => view.getInt16(at, true)],
  u16: [(view, at, value) => view.setUint16(at, Number(value), true), (view, at) => view.getUint16(at, true)],
  i32: [(view, at, value) => view.setInt32(at, Number(value), true), (view, at) => view.getInt32(at, true)],
  u32: [(view, at, value) => view.setUint32(at, Number(value), true), (view, at) => view.getUint32(at, true)],
  f16: [(view, at, value) => view.setFloat16(at, Number(value), true), (view, at) => view.getFloat16(at, true)],
  f32: [(view, at, value) => view.setFloat32(at, Number(value), true), (view, at) => view.getFloat32(at, true)],
  f64: [(view, at, value) => view.setFloat64(at, Number(value), true), (view, at) => view.getFloat64(at, true)],
  i64: [
    (view, at, value) => view.setBigInt64(at, typeof value === "bigint" ? value : BigInt(Math.round(value)), true),
    (view, at) => view.getBigInt64(at, true),
  ],
};
