/** Poses of whole streams: 68 bytes a row. */
import type { Table } from "../check/table.ts";
import type { PoseColumns } from "../types.ts";
import { joinColumns, leftOut, type MotionPiece } from "./_motion.ts";

/** Pieces in file order. */
export type PoseRows = readonly MotionPiece<PoseColumns>[];

export const poseRows: Table<PoseRows> = {
  id: "poses",
  needs: ["poses"],
  bytesPerRow: 68,
  appliesTo: ({ kind }) => kind === "pose",
  collect: ({ frames, poses }) => [{ frames: frames.count, columns: poses ?? null }],
  join: (left, right, { skipped }) => [...left, ...leftOut(skipped), ...right],
};

/** All poses of a stream; `frame` is the frame of the stream. */
export function poseTable(pieces: PoseRows): PoseColumns {
  const { count, frame, stampNs, values } = joinColumns({ xyz: 3, quaternion: 4 }, pieces);
  return { count, frame, stampNs, ...values };
}
