/** What checks of sweeps share: where a cloud's fields lie, as kernels take them, and how long a turn takes. */
import { fieldOf, type PointRole } from "../../columns/point-fields.ts";
import { FIELD_TYPES } from "../../columns/point-times.ts";
import type { PointTable } from "../../types.ts";

export interface SweepRows {
  /** Pointer, rows, stride, offsets of x, y and z, and their common type. */
  readonly place: readonly [number, number, number, number, number, number, number];
  /** Offset and type of a point's time. */
  readonly time: readonly [number, number] | null;
  /** Offset and type of its laser's number; -1 where points name none. */
  readonly ring: readonly [number, number];
}

/** Null where the rows are not in kernel memory, big-endian, empty, or have no place of one type. */
export function sweepRows(table: PointTable): SweepRows | null {
  const [x, y, z] = (["x", "y", "z"] as const).map((axis) => fieldOf(table, axis));
  if (table.pointer === null || table.bigEndian || table.count === 0 || !x || !y || !z) return null;
  if (x.type !== y.type || x.type !== z.type) return null;
  const where = (role: PointRole): readonly [number, number] | null => {
    const field = fieldOf(table, role);
    return field && [field.offset, FIELD_TYPES.indexOf(field.type)];
  };
  return {
    place: [table.pointer, table.count, table.stride, x.offset, y.offset, z.offset, FIELD_TYPES.indexOf(x.type)],
    time: where("time"),
    ring: where("ring") ?? [-1, 0],
  };
}

/** Median time between the stamps of neighbouring sweeps, s; 0 of fewer than two. */
export function periodOf(sweeps: readonly { readonly frame: number; readonly stampNs: bigint }[]): number {
  const gaps = sweeps.flatMap(({ frame, stampNs }, i) => {
    const next = sweeps[i + 1];
    return next && next.frame === frame + 1 && next.stampNs > stampNs ? [Number(next.stampNs - stampNs) / 1e9] : [];
  });
  return gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
}
