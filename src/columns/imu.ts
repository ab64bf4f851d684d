/** Inertial samples of whole streams: 60 bytes a row. */
import type { Table } from "../check/table.ts";
import type { ImuColumns } from "../types.ts";
import { joinColumns, leftOut, type MotionPiece } from "./_motion.ts";

/** Pieces in file order. */
export type ImuRows = readonly MotionPiece<ImuColumns>[];

export const imuRows: Table<ImuRows> = {
  id: "imu",
  needs: ["imu"],
  bytesPerRow: 60,
  appliesTo: ({ kind }) => kind === "imu",
  collect: ({ frames, imu }) => [{ frames: frames.count, columns: imu ?? null }],
  join: (left, right, { skipped }) => [...left, ...leftOut(skipped), ...right],
};

/** All samples of a stream; `frame` is the frame of the stream. */
export function imuTable(pieces: ImuRows): ImuColumns {
  const { count, frame, stampNs, values } = joinColumns({ angularVelocity: 3, linearAcceleration: 3 }, pieces);
  return { count, frame, stampNs, ...values };
}
