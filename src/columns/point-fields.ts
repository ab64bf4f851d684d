/** What the fields of a point mean, by the names that drivers and formats give them. */
import type { FieldType, PointField, PointTable } from "../types.ts";

export const FIELD_BYTES: Readonly<Record<FieldType, number>> = {
  ...{ i8: 1, u8: 1, i16: 2, u16: 2, i32: 4, u32: 4, f32: 4, f64: 8, f16: 2, i64: 8 },
};

export type PointRole = "x" | "y" | "z" | "intensity" | "ring" | "time";

/** Lower case, the most telling first: a cloud with `ring` and `channel` counts its lasers in `ring`. */
const NAMES: Readonly<Record<PointRole, readonly string[]>> = {
  x: ["x"],
  y: ["y"],
  z: ["z"],
  intensity: ["intensity", "intensities", "i", "reflectivity", "reflectance", "remission"],
  ring: ["ring", "ring_id", "laser_id", "laser_number", "laser", "channel", "channel_id", "beam", "beam_id", "line"],
  time: [
    "t",
    "time",
    "timestamp",
    "time_stamp",
    "point_time",
    "offset_ns",
    "offset_time",
    "t_offset",
    "time_offset",
    "gps_time",
    "gpstime",
  ],
};

/** The field that plays a role in a cloud; null where none does. The field that the format itself calls its time comes first. */
export function fieldOf({ fields, time }: Pick<PointTable, "fields" | "time">, role: PointRole): PointField | null {
  const names = role === "time" && time ? [time.field.toLowerCase(), ...NAMES.time] : NAMES[role];
  for (const name of names) {
    const field = fields.find((f) => f.name.toLowerCase() === name);
    if (field) return field;
  }
  return null;
}
