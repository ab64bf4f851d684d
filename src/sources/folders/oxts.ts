/**
 * One OXTS record of KITTI (GPS/IMU, 30 numbers a line) to a pose and an inertial sample.
 *
 * Columns as in the devkit's dataformat.txt: 0 lat, 1 lon (degrees), 2 alt (m), 3 roll, 4 pitch, 5 yaw (rad), 11..13 ax ay az
 * (m/s^2), 17..19 wx wy wz (rad/s, about the vehicle's axes). The position is east, north, up in metres by the devkit's
 * Mercator projection (convertOxtsToPose.m), relative to the recording's first record; the attitude stays that of the
 * record, Rz(yaw) Ry(pitch) Rx(roll), so the parent frame is the local map, not the first pose.
 */

import type { ColumnsBuilder } from "../../columns/builder.ts";
import { cos, log, tan } from "../../geometry/elementary.ts";
import { quaternion } from "../../geometry/rotation.ts";
import type { Need } from "../../types.ts";
import { type Fields, NOT_A_NUMBER } from "../tables/text.ts";

export const OXTS_COLUMNS = 30;
/** Earth radius of the devkit, metres. */
const EARTH_RADIUS_M = 6378137;

/** Where positions count from: plain data, found when the recording is opened. */
export interface OxtsOrigin {
  readonly east: number;
  readonly north: number;
  readonly up: number;
  /** Scale of the projection: cosine of the first latitude. */
  readonly scale: number;
}

/** @returns null when the fields are no OXTS record */
export function oxtsOrigin(fields: Fields): OxtsOrigin | null {
  if (oxtsReason(fields) !== null) return null;
  const scale = cos((fields.number(0) * Math.PI) / 180);
  const [east, north] = mercator(fields.number(0), fields.number(1), scale);
  return { east, north, up: fields.number(2), scale };
}

/** @returns null, or a short constant reason why the fields are no OXTS record */
export function oxtsReason(fields: Fields): string | null {
  if (fields.count !== OXTS_COLUMNS) return "wrong column count";
  for (let i = 0; i < OXTS_COLUMNS; i++) if (Number.isNaN(fields.number(i))) return NOT_A_NUMBER;
  return Math.abs(fields.number(0)) < 90 ? null : "latitude out of range";
}

/** Appends one record `oxtsReason` has nothing against. */
export function appendOxts(
  fields: Fields,
  frame: number,
  stampNs: bigint,
  origin: OxtsOrigin,
  needs: ReadonlySet<Need>,
  out: ColumnsBuilder,
): void {
  const at = (i: number): number => fields.number(i);
  if (needs.has("poses")) {
    const [east, north] = mercator(at(0), at(1), origin.scale);
    out.pose(frame, stampNs, [east - origin.east, north - origin.north, at(2) - origin.up], quaternion(at(3), at(4), at(5)));
  }
  if (needs.has("imu")) out.imu(frame, stampNs, [at(17), at(18), at(19)], [at(11), at(12), at(13)]);
}

function mercator(latitude: number, longitude: number, scale: number): [number, number] {
  const east = (scale * longitude * Math.PI * EARTH_RADIUS_M) / 180;
  const north = scale * EARTH_RADIUS_M * log(tan(((90 + latitude) * Math.PI) / 360));
  return [east, north];
}
