/** Inertial samples of whole streams: 60 bytes a row. */
import type { Gather } from "../check/gather.ts";
import type { ImuColumns } from "../types.ts";
import { joinColumns, type MotionPiece } from "./_motion.ts";

/** Pieces in file order. */
export type ImuRows = readonly MotionPiece<ImuColumns>[];

export const imuRows: Gather<ImuRows> = {
  id: "imu",
  needs: ["imu"],
  appliesTo: ({ kind }) => kind === "imu",
  observe: ({ frames, imu }) => [{ frames: frames.count, columns: imu ?? null }],
  merge: (left, right) => [...left, ...right],
};

/** All samples of a stream; `frame` is the frame of the stream. */
export function imuTable(pieces: ImuRows): ImuColumns {
  const { count, frame, stampNs, values } = joinColumns({ angularVelocity: 3, linearAcceleration: 3 }, pieces);
  return { count, frame, stampNs, ...values };
}
